//! Deleting all that is stored: what is said before, and what comes of it.

use browser::{Gist, Role, Shelf};

use super::*;

const CHOICES: PageEvent = PageEvent::Manages(DeviceDeed::Ask(Some(DeviceQuestion::Choices)));
const CLOSE: PageEvent = PageEvent::Manages(DeviceDeed::Ask(None));
const WIPE: PageEvent = PageEvent::Manages(DeviceDeed::Wipe);

#[test]
fn nothing_is_deleted_before_it_was_said_and_nothing_is_asked_afterwards() {
    let mut state = ChatState::default();
    state.apply(ready(&[ROOM]));
    assert!(state.apply(CHOICES).is_empty());
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
