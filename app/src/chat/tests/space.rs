//! What a person is told of the space on the disk: once, and no longer than it lasts.

use super::*;
use crate::text::Language;

fn storage(state: StorageState) -> PageEvent {
    PageEvent::Client(ClientEvent::Storage(state))
}

#[test]
fn a_full_disk_is_told_once_and_no_longer_than_it_lasts() {
    let full = [Notice::Storage(StorageState::Full)];
    let trouble = || told(Event::Trouble(Trouble::Store(StoreFault::Full)));
    let mut state = in_live_room();
    state.apply(storage(StorageState::Full));
    state.apply(trouble());
    assert_eq!(state.notices(), full);
    state.apply(storage(StorageState::Open { persistent: true }));
    assert_eq!(state.notices(), []);
    // The other way round.
    state.apply(trouble());
    state.apply(storage(StorageState::Full));
    assert_eq!(state.notices(), full);
    state.apply(storage(StorageState::Open { persistent: true }));
    assert_eq!(state.notices(), []);
    let other = Trouble::Store(StoreFault::Failed("it broke".to_owned()));
    state.apply(told(Event::Trouble(other.clone())));
    state.apply(storage(StorageState::Open { persistent: true }));
    assert_eq!(state.notices(), [Notice::Problem(Problem::Trouble(other))]);
}

#[test]
fn that_storage_may_be_deleted_is_said_once_there_is_something_of_ones_own_and_put_away_for_good() {
    let open =
        |persistent| PageEvent::Client(ClientEvent::Storage(StorageState::Open { persistent }));
    let writes = |state: &mut ChatState, lamport| {
        state.apply(told(Event::Rows(vec![row(ME, lamport, "words")])));
    };
    let mut state = in_room();
    state.apply(open(false));
    writes(&mut state, 1);
    state.apply(told(Event::Older { more: false }));
    state.apply(PageEvent::Passed);
    assert_eq!(state.notices(), [], "what was stored before is no occasion");
    writes(&mut state, 2);
    assert_eq!(state.notices(), [], "the browser is being asked");
    let mut kept = state.clone();
    kept.apply(open(true));
    kept.apply(PageEvent::Passed);
    assert_eq!(kept.notices(), []);
    state.apply(PageEvent::Passed);
    let note = Notice::Storage(StorageState::Open { persistent: false });
    assert_eq!(state.notices(), std::slice::from_ref(&note));
    assert!(note.is_of_keeping());
    state.apply(PageEvent::Dismissed(note));
    state.apply(open(false));
    writes(&mut state, 3);
    state.apply(PageEvent::Passed);
    assert_eq!(state.notices(), []);
}

#[test]
fn a_full_disk_that_is_told_again_stays_put_away_until_something_changes() {
    let mut state = in_room();
    let full = Notice::Storage(StorageState::Full);
    let storage = |state| PageEvent::Client(ClientEvent::Storage(state));
    state.apply(storage(StorageState::Full));
    assert_eq!(state.notices(), std::slice::from_ref(&full));
    state.apply(PageEvent::Dismissed(full.clone()));
    state.apply(storage(StorageState::Full));
    assert_eq!(state.notices(), []);
    state.apply(storage(StorageState::Open { persistent: true }));
    state.apply(storage(StorageState::Full));
    assert_eq!(state.notices(), [full]);
}

#[test]
fn what_is_stored_is_measured_when_one_looks_and_kept_when_the_browser_agrees() {
    let mut state = in_room();
    let look = |state: &mut ChatState| {
        let ask = DeviceDeed::Ask(Some(DeviceQuestion::Choices));
        state.apply(PageEvent::Manages(ask))
    };
    let measured = |state: &mut ChatState, persistent| {
        let space = browser::Space { bytes: Some((5_000, 9_000_000)), persistent };
        state.apply(PageEvent::Client(ClientEvent::Space(space)));
    };
    let keep = |state: &mut ChatState| state.apply(PageEvent::Manages(DeviceDeed::Keep));
    assert_eq!(look(&mut state), [Errand::MeasureSpace]);
    measured(&mut state, false);
    assert_eq!(state.stock.asked, Keeping::Unasked);
    let said = Language::English.kept(&state.stock);
    assert_eq!(said, "The browser may delete it when space runs short.");
    assert_eq!(keep(&mut state), [Errand::Persist]);
    assert!(keep(&mut state).is_empty(), "it is being asked");
    measured(&mut state, false);
    assert_eq!(state.stock.asked, Keeping::Declined);
    look(&mut state);
    assert_eq!(state.stock.asked, Keeping::Unasked, "it can be asked again");
    keep(&mut state);
    measured(&mut state, true);
    assert_eq!(state.stock.asked, Keeping::Unasked);
    for language in Language::ALL {
        let [used, allowed] = [5_000, 9_000_000].map(|bytes| language.size(bytes));
        let said = language.stock(state.stock.space);
        assert!(said.contains(&used) && said.contains(&allowed), "{said}");
    }
}
