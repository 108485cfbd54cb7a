//! A device with a passphrase: what is shown before somebody unlocks, and what is kept when all is
//! locked.

use browser::GuardRefusal;

use super::*;

fn client(event: ClientEvent) -> PageEvent {
    PageEvent::Client(event)
}

#[test]
fn nothing_is_known_before_somebody_unlocks_and_a_refusal_changes_nothing() {
    let mut state = ChatState::default();
    assert!(state.apply(client(ClientEvent::Locked)).is_empty());
    assert!(state.guard.locked && state.rooms.is_empty());
    state.apply(PageEvent::Guards(GuardDeed::Ask));
    assert_eq!(state.guard.asked, Asked::Waiting);
    let wrong = GuardRefusal::Passphrase;
    state.apply(client(ClientEvent::Guarded(Err(wrong.clone()))));
    assert_eq!(state.guard.asked, Asked::Refused(wrong));
    assert!(state.guard.locked && state.worker == Worker::Starting);
    state.apply(ready(&[ROOM]));
    assert!(!state.guard.locked && state.guard.asked == Asked::Nothing);
    assert_eq!(state.rooms.len(), 1);
}

#[test]
fn what_was_being_changed_is_kept_when_all_is_locked_and_the_page_begins_anew() {
    let mut state = ChatState::default();
    state.apply(ready(&[ROOM]));
    state.apply(PageEvent::Went(ROOM));
    state.apply(opened(ROOM));
    state.apply(told(Event::Room(view(ROOM))));
    state.apply(told(Event::Rows(vec![row(ME, 1, "said so")])));
    state.apply(PageEvent::Composes(Compose::Revise(Subject::LastRow)));
    state.apply(PageEvent::Composes(Compose::Words("said otherwise".to_owned())));
    assert_eq!(state.apply(PageEvent::Guards(GuardDeed::Lock)), [Errand::Lock]);
    let kept = Errand::KeepWords(ROOM, "said otherwise".to_owned(), None);
    assert_eq!(state.apply(client(ClientEvent::Shut)), [kept, Errand::Reload]);
    assert!(state.guard.locked && state.worker.is_over());
}

#[test]
fn words_for_one_member_alone_are_kept_for_that_member_when_all_is_locked() {
    let mut state = ChatState::default();
    state.apply(ready(&[ROOM]));
    state.apply(PageEvent::Went(ROOM));
    state.apply(opened(ROOM));
    state.apply(told(Event::Room(view(ROOM))));
    let private = Row { private: Some(BEN), ..row(ME, 1, "between us") };
    state.apply(told(Event::Rows(vec![private])));
    state.apply(PageEvent::Composes(Compose::Revise(Subject::LastRow)));
    state.apply(PageEvent::Composes(Compose::Words("between us two".to_owned())));
    let kept = Errand::KeepWords(ROOM, "between us two".to_owned(), Some(BEN));
    assert_eq!(state.apply(client(ClientEvent::Shut)), [kept, Errand::Reload]);
}

#[test]
fn whoever_waits_for_an_answer_that_will_not_come_can_type_again() {
    let mut state = ChatState::default();
    state.apply(client(ClientEvent::Locked));
    state.apply(PageEvent::Guards(GuardDeed::Ask));
    // Another tab holds what is stored now, and was asked nothing.
    state.apply(client(ClientEvent::Locked));
    assert_eq!(state.guard.asked, Asked::Refused(GuardRefusal::Interrupted));
}

#[test]
fn a_lock_that_is_refused_says_why_and_what_another_tab_takes_over_is_said() {
    let mut state = ChatState::default();
    state.apply(ready(&[ROOM]));
    state.apply(PageEvent::Guards(GuardDeed::Lock));
    state.apply(client(ClientEvent::Guarded(Err(GuardRefusal::Unsaved))));
    assert_eq!(state.guard.asked, Asked::Refused(GuardRefusal::Unsaved));
    assert!(!state.guard.locked, "it goes on");
    state.apply(PageEvent::Manages(DeviceDeed::Ask(Some(DeviceQuestion::Choices))));
    assert_eq!(state.guard.asked, Asked::Nothing, "said once");
    state.apply(PageEvent::Guards(GuardDeed::Ask));
    state.apply(client(ClientEvent::Leader(true)));
    assert_eq!(state.guard.asked, Asked::Refused(GuardRefusal::Interrupted));
}
