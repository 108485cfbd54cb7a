//! Deleting all that is stored: what is said before, and what comes of it.

use browser::{BackupNews, Gist, Role, Shelf};

use super::*;
use crate::chat::device::PART_BYTES;

const CHOICES: PageEvent = PageEvent::Manages(DeviceDeed::Ask(Some(DeviceQuestion::Choices)));
const CLOSE: PageEvent = PageEvent::Manages(DeviceDeed::Ask(None));
const WIPE: PageEvent = PageEvent::Manages(DeviceDeed::Wipe);

#[test]
fn nothing_is_deleted_before_it_was_said_and_nothing_is_asked_afterwards() {
    let mut state = ChatState::default();
    state.apply(ready(&[ROOM]));
    assert_eq!(state.apply(CHOICES), [Errand::MeasureSpace]);
    assert_eq!(state.device, Device::Asks(DeviceQuestion::Choices));
    assert!(state.apply(CLOSE).is_empty());
    assert_eq!(state.device, Device::Rests);
    assert_eq!(state.apply(WIPE), [Errand::Wipe]);
    for event in [CHOICES, CLOSE, WIPE] {
        assert!(state.apply(event).is_empty(), "it is asked of the client once");
        assert_eq!(state.device, Device::Wiping);
    }
    let errands = state.apply(PageEvent::Client(ClientEvent::Wiped));
    assert_eq!((errands, state.worker), (vec![Errand::BeginAnew], Worker::Ended));
}

#[test]
fn what_is_lost_is_added_up_and_what_is_not_known_is_said() {
    let gist = |pending, waiting| Gist {
        last: None,
        at: 0,
        unread: 0,
        pending,
        at_stake: pending,
        held_alone: pending,
        waiting,
        knocking: 0,
        link: LinkState::Offline,
        role: Role::Member,
        shelf: Shelf::default(),
    };
    let of = |room, gist| RoomSummary { gist, ..summary(room) };
    let rooms =
        [of(ROOM, Some(gist(2, 1))), of(OTHER_ROOM, Some(gist(3, 0))), of(OTHER_ROOM, None)];
    let loss = Loss { rooms: 3, pending: 5, waiting: 1, unknown: 1 };
    assert_eq!(loss_of(&rooms), loss);
    assert_eq!(loss_of(&[]), Loss::default());
}

fn news(news: BackupNews) -> PageEvent {
    PageEvent::Client(ClientEvent::Backup(news))
}

fn deed(deed: DeviceDeed) -> PageEvent {
    PageEvent::Manages(deed)
}

#[test]
fn a_backup_is_kept_part_by_part_and_saved_when_it_is_whole() {
    let mut state = ChatState::default();
    assert!(state.apply(deed(DeviceDeed::Export)).is_empty());
    for part in [vec![1, 2], vec![3]] {
        let kept = state.apply(news(BackupNews::Part(part.clone())));
        assert_eq!(kept, [Errand::KeepPart(part)]);
    }
    assert_eq!(state.device, Device::Exporting(3));
    assert_eq!(state.apply(news(BackupNews::Made { rooms: 2 })), [Errand::SaveBackup]);
    assert_eq!(state.device, Device::Exported(2));
    assert!(state.apply(CLOSE).is_empty());
    assert!(state.apply(news(BackupNews::Part(vec![4]))).is_empty(), "nothing is asked for");
}

#[test]
fn a_file_is_handed_over_part_by_part_as_it_is_asked_for() {
    let mut state = ChatState::default();
    state.apply(deed(DeviceDeed::Import(PART_BYTES + 5)));
    let mut taken = || state.apply(news(BackupNews::Taken));
    assert_eq!(taken(), [Errand::SendPart(0, PART_BYTES)]);
    assert_eq!(taken(), [Errand::SendPart(PART_BYTES, PART_BYTES + 5)]);
    assert_eq!(taken(), [Errand::EndParts]);
    assert!(state.apply(news(BackupNews::Imported { added: 1, known: 2 })).is_empty());
    assert_eq!(state.device, Device::Imported { added: 1, known: 2 });
}

#[test]
fn a_backup_that_comes_to_nothing_says_why_and_can_be_asked_for_again() {
    let wrong = ClientRefusal::Backup(browser::BackupError::Passphrase);
    let refused = news(BackupNews::Refused(wrong.clone()));
    let another_leader = PageEvent::Client(ClientEvent::Leader(true));
    for (event, failure) in [
        (refused, BackupFailure::Refused(wrong)),
        (another_leader, BackupFailure::Interrupted),
        (deed(DeviceDeed::Unreadable), BackupFailure::Unreadable),
    ] {
        for (begin, task) in [
            (DeviceDeed::Export, DeviceQuestion::Export),
            (DeviceDeed::Import(5), DeviceQuestion::Import),
        ] {
            let mut state = ChatState::default();
            state.apply(deed(begin));
            assert_eq!(state.apply(event.clone()), [Errand::DropBackup]);
            assert_eq!(state.device, Device::Failed(task, failure.clone()));
            assert!(state.apply(event.clone()).is_empty(), "it has failed already");
            state.apply(CLOSE);
            assert_eq!(state.device, Device::Rests);
        }
    }
    let mut state = ChatState::default();
    state.apply(deed(DeviceDeed::Export));
    assert_eq!(state.apply(CLOSE), [Errand::DropBackup], "given up by the person");
    state.apply(deed(DeviceDeed::Export));
    state.apply(news(BackupNews::Made { rooms: 1 }));
    state.apply(deed(DeviceDeed::Unreadable));
    let unsaved = Device::Failed(DeviceQuestion::Export, BackupFailure::Unreadable);
    assert_eq!(state.device, unsaved, "made, and not saved");
}
