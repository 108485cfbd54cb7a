//! Other words are never lost, never said by mistake, and change the words only.

use browser::{Act, Terms, When};

use super::story::{composes, revises, waiting};
use super::*;
use crate::chat::{Compose, Subject, Task};

fn rescued(state: &ChatState) -> &[String] {
    &state.room.writing.revised.rescued
}

fn refused(id: u8, reason: Refusal) -> PageEvent {
    told(Event::Refused { draft: Some(DraftId([id; 16])), reason })
}

/// Replaces a draft that waits by one with these words, as the page does.
fn replace(state: &mut ChatState, id: u8, text: &str) {
    composes(state, Compose::Replaced(draft(id, text)));
    composes(state, Compose::Revised);
}

#[test]
fn the_newest_own_message_is_not_passed_over_while_it_is_being_stored() {
    let mut state = in_live_room();
    state.apply(told(Event::Rows(vec![row(ME, 1, "before")])));
    state.apply(wrote(9, "the newest"));
    revises(&mut state, Subject::LastRow);
    assert_eq!(state.room.writing.task, Task::New);
    let newest = Row { draft: Some(DraftId([9; 16])), ..row(ME, 2, "the newest") };
    state.apply(told(Event::Rows(vec![newest.clone()])));
    revises(&mut state, Subject::LastRow);
    assert_eq!(state.room.writing.task, Task::Edit(newest.entry));
    // One that was refused is none that could be edited.
    composes(&mut state, Compose::Revised);
    state.apply(wrote(8, "too much"));
    state.apply(refused(8, Refusal::Busy { waiting: 9 }));
    revises(&mut state, Subject::LastRow);
    assert_eq!(state.room.writing.task, Task::Edit(newest.entry));
}

#[test]
fn other_words_for_a_waiting_draft_leave_its_newest_class_and_time() {
    let mut state = in_live_room();
    state.apply(told(Event::Waiting(vec![waiting(1, "later")])));
    revises(&mut state, Subject::Waiting(DraftId([1; 16])));
    let serial = state.room.writing.serial;
    let mut newest = waiting(1, "later");
    newest.draft.priority = Priority::Urgent;
    newest.draft.terms = Terms { when: When::At(77_000), ..Terms::default() };
    state.apply(told(Event::Waiting(vec![waiting(2, "another"), newest.clone()])));
    assert_eq!(state.room.writing.task, Task::Replace(newest.draft));
    assert_eq!(state.room.writing.serial, serial, "the words in the composer stay");
}

#[test]
fn what_was_cancelled_elsewhere_is_no_new_message_and_nothing_that_was_put_aside() {
    let mut state = in_live_room();
    state.apply(told(Event::Waiting(vec![waiting(1, "later")])));
    revises(&mut state, Subject::Waiting(DraftId([1; 16])));
    composes(&mut state, Compose::Words("later, or never".to_owned()));
    let serial = state.room.writing.serial;
    state.apply(told(Event::Cancelled(DraftId([1; 16]))));
    let writing = &state.room.writing;
    assert!(matches!(writing.task, Task::Anew(manner) if manner.terms.when == When::Now));
    assert_eq!((writing.words(), writing.serial), ("later, or never", serial));
    composes(&mut state, Compose::Revised);
    let writing = &state.room.writing;
    assert!(writing.task == Task::New && writing.serial > serial, "what was put aside comes back");
}

#[test]
fn a_message_that_is_not_shown_any_more_is_still_being_edited() {
    let mut state = in_live_room();
    let mine = row(ME, 1, "far up");
    state.apply(told(Event::Rows(vec![mine.clone()])));
    revises(&mut state, Subject::Row(mine.entry));
    let bound = u64::try_from(browser::limits::WINDOW_ROWS).unwrap();
    let rows = (2..bound + 5).map(|at| row(BEN, at, "")).collect();
    state.apply(told(Event::Rows(rows)));
    assert!(state.rows.of(&mine.entry).is_none());
    assert_eq!(state.room.writing.task, Task::Edit(mine.entry));
}

#[test]
fn other_words_that_are_refused_come_back_and_those_that_are_taken_do_not() {
    let mut state = in_live_room();
    let said = row(ME, 1, "said");
    state.apply(told(Event::Rows(vec![said.clone()])));
    for id in [1, 2] {
        let draft = draft(id, "in other words").doing(Act::Edit(said.entry));
        state.apply(PageEvent::Wrote { draft, wall: 1_000 });
    }
    state.apply(told(Event::Stored(DraftId([1; 16]))));
    assert!(rescued(&state).is_empty());
    state.apply(refused(1, Refusal::NoSuchMessage));
    assert!(rescued(&state).is_empty(), "it was stored");
    state.apply(refused(2, Refusal::NoSuchMessage));
    assert_eq!(rescued(&state), ["in other words"]);
    composes(&mut state, Compose::Rescued);
    assert!(rescued(&state).is_empty());
}

#[test]
fn other_words_for_what_was_said_before_they_came_come_back() {
    let mut state = in_live_room();
    state.apply(told(Event::Waiting(vec![waiting(1, "one"), waiting(2, "two")])));
    replace(&mut state, 1, "one!");
    replace(&mut state, 2, "two!");
    replace(&mut state, 2, "two!!");
    state.apply(told(Event::Waiting(vec![waiting(1, "one!"), waiting(2, "two!")])));
    let row = Row { draft: Some(DraftId([2; 16])), ..row(ME, 1, "two!") };
    state.apply(told(Event::Rows(vec![row])));
    for id in [1, 2] {
        state.apply(refused(id, Refusal::TooLate));
    }
    assert_eq!(rescued(&state), ["two!!"]);
}

#[test]
fn other_words_stay_in_the_composer_of_their_room() {
    let mut state = in_live_room();
    let mine = row(ME, 1, "a slip");
    state.apply(told(Event::Rows(vec![mine.clone()])));
    revises(&mut state, Subject::Row(mine.entry));
    composes(&mut state, Compose::Words("no slip".to_owned()));
    let draft = draft(2, "other").doing(Act::Edit(mine.entry));
    state.apply(PageEvent::Wrote { draft, wall: 1_000 });
    let go_to = |state: &mut ChatState, room| {
        state
            .apply(PageEvent::Client(ClientEvent::Rooms(vec![summary(ROOM), summary(OTHER_ROOM)])));
        assert_eq!(state.apply(plain(Some(room))), [Errand::Open(room)]);
        state.apply(opened(room));
    };
    go_to(&mut state, OTHER_ROOM);
    assert_eq!(state.room.writing, Writing::default());
    state.apply(refused(2, Refusal::NoSuchMessage));
    go_to(&mut state, ROOM);
    state.apply(told(Event::Rows(vec![row(BEN, 9, "meanwhile")])));
    let writing = &state.room.writing;
    assert_eq!((&writing.task, writing.words()), (&Task::Edit(mine.entry), "no slip"));
    assert_eq!(writing.revised.rescued, ["other"], "refused while another room was shown");
}

#[test]
fn i6_unanswered_words_are_bounded() {
    let mut state = in_live_room();
    for id in 0..200 {
        replace(&mut state, id, &id.to_string());
    }
    for id in 0..200 {
        state.apply(refused(id, Refusal::TooLate));
    }
    assert_eq!((rescued(&state).len(), rescued(&state)[0].as_str()), (64, "136"));
}

#[test]
fn private_words_that_come_back_are_for_the_same_member_still() {
    let mut state = in_live_room();
    let said = Row { private: Some(BEN), ..row(ME, 1, "only to Ben") };
    state.apply(told(Event::Rows(vec![said.clone()])));
    let edit = draft(1, "other words").doing(Act::Edit(said.entry));
    state.apply(PageEvent::Wrote { draft: edit, wall: 1_000 });
    state.apply(refused(1, Refusal::NoKey));
    let only = |state: &ChatState| state.room.writing.revised.only;
    assert_eq!((rescued(&state), only(&state)), (&["other words".to_owned()][..], Some(BEN)));
    composes(&mut state, Compose::Rescued);
    assert_eq!(only(&state), None);
    composes(&mut state, Compose::Rescue("refused".to_owned(), Some(BEN)));
    composes(&mut state, Compose::Rescue("to all".to_owned(), None));
    assert_eq!(only(&state), Some(BEN), "what was for one is not said to all with the rest");
}

#[test]
fn what_is_said_again_is_for_the_same_member() {
    let mut state = in_live_room();
    let said = Row { private: Some(BEN), ..row(ME, 1, "only to Ben") };
    state.apply(told(Event::Rows(vec![said.clone()])));
    revises(&mut state, Subject::Undelivered(said.entry));
    let Task::Resend(_, manner) = &state.room.writing.task else { panic!("it is said again") };
    assert_eq!(manner.act, Act::SayTo { member: BEN, after: None });
}
