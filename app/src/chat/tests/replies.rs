//! What answers a message shows what that says now, and nothing that is not for whoever reads it.

use browser::{Act, Command, Original, Quote, Target, limits};

use super::story::{composes, revises};
use super::*;
use crate::chat::{Compose, Heard, Lead, Subject, Task, Trail};

fn target(lamport: u64) -> Target {
    let Row { entry, hash, .. } = row(BEN, lamport, "");
    Target { entry, hash }
}

fn answer(lamport: u64, to: Target) -> Row {
    Row { reply_to: Some(Box::new(to)), ..row(ME, lamport, "yes") }
}

fn rows(rows: Vec<Row>) -> PageEvent {
    told(Event::Rows(rows))
}

fn quoted(target: Target, text: Option<&str>) -> PageEvent {
    let body = |text: &str| Body::Text(text.to_owned());
    let said = |text| Original { author: BEN, body: body(text), vanishes: None, private: None };
    told(Event::Quoted(Box::new(Quote { target, original: text.map(said) })))
}

/// What stands above a message.
fn above(state: &ChatState, at: usize) -> Option<&'static str> {
    match state.rows.heard(&state.rows[at])? {
        Heard::Asked => Some("asked"),
        Heard::Absent => Some("absent"),
        Heard::Here(original, _) => match original.body {
            Body::Text(text) => Some(String::leak(text)),
            Body::Gone => Some("gone"),
            Body::Decided(_) | Body::Newer | Body::Unreadable => Some("other"),
        },
    }
}

fn wants(state: &ChatState, at: usize) -> Option<Target> {
    state.rows.wants(&state.rows[at])
}

/// The page draws a message, and asks for what it wants.
fn draws(state: &mut ChatState, at: usize) {
    let target = wants(state, at).unwrap();
    let asks = state.apply(PageEvent::Quotes(target));
    assert_eq!(asks, [Errand::Command(ROOM, Command::Quote(target))]);
    assert_eq!(wants(state, at), None, "it is asked for once");
}

#[test]
fn what_stands_in_the_list_is_shown_as_it_is_there() {
    let mut state = in_live_room();
    state.apply(rows(vec![row(BEN, 1, "shall we"), answer(2, target(1))]));
    assert_eq!((above(&state, 1), wants(&state, 1)), (Some("shall we"), None));
    state.apply(rows(vec![Row { edited: true, ..row(BEN, 1, "shall we go") }]));
    assert_eq!(above(&state, 1), Some("shall we go"));
    state.apply(rows(vec![Row { body: Body::Gone, ..row(BEN, 1, "") }]));
    assert_eq!(above(&state, 1), Some("gone"));
}

#[test]
fn what_is_further_up_is_read_and_led_to_or_said_to_be_lost() {
    let mut state = in_room();
    let goes = |state: &mut ChatState, lamport| {
        let trail = Trail::To(target(lamport).entry);
        assert!(state.apply(PageEvent::Follows(trail)).is_empty());
    };
    state.apply(rows(vec![row(BEN, 8, "so"), answer(9, target(1))]));
    assert_eq!(state.lead_back(), Lead::Waits);
    goes(&mut state, 1);
    assert_eq!(state.lead_back(), Lead::Waits, "what is stored is still being read");
    state.apply(told(Event::Older { more: true }));
    assert_eq!(state.lead_back(), Lead::Older(2));
    state.apply(PageEvent::AskedOlder);
    assert_eq!(state.lead_back(), Lead::Waits);
    state.apply(rows(vec![row(BEN, 1, "shall we")]));
    state.apply(told(Event::Older { more: true }));
    assert_eq!(state.lead_back(), Lead::Here(target(1).entry));
    state.apply(PageEvent::Follows(Trail::None));
    assert_eq!(state.lead_back(), Lead::Waits);
    // Beyond what is kept, and where there is nothing more.
    goes(&mut state, 3);
    state.apply(PageEvent::AskedOlder);
    let reason = Refusal::WindowFull { limit: 10_000 };
    state.apply(told(Event::Refused { draft: None, reason }));
    let lost = Trail::Lost(target(3).entry);
    assert_eq!((state.lead_back(), state.room.trail), (Lead::Waits, lost));
    assert_eq!(state.room.problem, None, "it is said where it was pressed");
    goes(&mut state, 3);
    state.apply(told(Event::Older { more: false }));
    assert_eq!(state.lead_back(), Lead::Absent);
}

#[test]
fn what_does_not_is_asked_for_once_and_again_when_it_has_changed() {
    let mut state = in_live_room();
    let to = target(1);
    state.apply(rows(vec![answer(2, to), answer(3, to)]));
    assert_eq!(above(&state, 0), Some("asked"));
    draws(&mut state, 0);
    state.apply(quoted(to, Some("shall we")));
    assert_eq!([0, 1].map(|at| above(&state, at)), [Some("shall we"); 2]);
    state.apply(rows(vec![Row { state: RowState::Delivered, ..answer(2, to) }]));
    assert_eq!(wants(&state, 0), None, "nothing of it has changed");
    // Its words go, further up than the list begins.
    let gone = Box::new(Row { body: Body::Gone, ..row(BEN, 1, "") });
    state.apply(told(Event::Changed(gone)));
    draws(&mut state, 1);
    state.apply(quoted(to, None));
    assert_eq!(above(&state, 0), Some("absent"));
}

#[test]
fn who_was_asked_and_died_is_asked_again_with_the_next_row() {
    let mut state = in_live_room();
    state.apply(rows(vec![answer(2, target(1))]));
    draws(&mut state, 0);
    state.apply(rows(vec![answer(2, target(1))]));
    draws(&mut state, 0);
}

#[test]
fn another_version_of_a_message_is_not_shown_and_takes_nothing_from_the_right_one() {
    let mut state = in_live_room();
    let forged = Target { hash: EntryHash([6; 32]), ..target(1) };
    state.apply(rows(vec![answer(2, target(1)), answer(3, forged)]));
    draws(&mut state, 0);
    draws(&mut state, 1);
    state.apply(quoted(target(1), Some("shall we")));
    state.apply(quoted(forged, None));
    assert_eq!([0, 1].map(|at| above(&state, at)), [Some("shall we"), Some("absent")]);
    state.apply(rows(vec![row(BEN, 1, "shall we")]));
    assert_eq!([1, 2].map(|at| above(&state, at)), [Some("shall we"), Some("absent")]);
}

#[test]
fn nothing_in_the_open_shows_what_two_can_read_and_no_reply_what_goes_after_the_reading() {
    let mut state = in_live_room();
    let private = Row { private: Some(BEN), ..row(BEN, 1, "between us") };
    let among = Row { private: Some(BEN), ..answer(3, target(1)) };
    let fleeting = Row { vanishes: Some(60_000), ..row(BEN, 4, "psst") };
    let replies = vec![private, answer(2, target(1)), among, fleeting, answer(5, target(4))];
    state.apply(rows(replies));
    let shown = [1, 2, 4].map(|at| above(&state, at));
    assert_eq!(shown, [Some("absent"), Some("between us"), Some("")]);
}

#[test]
fn an_own_reply_shows_what_it_answers_before_it_is_stored_and_after() {
    let mut state = in_live_room();
    state.apply(rows(vec![row(BEN, 1, "shall we")]));
    let to = state.rows[0].target().unwrap();
    composes(&mut state, Compose::Reply(Some(to)));
    assert_eq!(state.room.writing.answers(), Some(to));
    let draft = draft(9, "yes").doing(Act::Say.in_reply_to(to));
    state.apply(PageEvent::Wrote { draft, wall: 1_000 });
    assert_eq!(above(&state, 1), Some("shall we"));
    let stored = Row { draft: Some(DraftId([9; 16])), ..answer(2, to) };
    state.apply(rows(vec![stored]));
    assert_eq!(above(&state, 1), Some("shall we"));
}

#[test]
fn what_is_said_again_answers_what_it_answered() {
    let mut state = in_live_room();
    let to = target(1);
    state.apply(rows(vec![answer(2, to)]));
    revises(&mut state, Subject::Undelivered(answer(2, to).entry));
    let Task::Resend(_, manner) = state.room.writing.task.clone() else { panic!("not so") };
    assert_eq!(manner.act, Act::Reply { target: to, member: None, after: None });
    assert_eq!(state.room.writing.answers(), Some(to));
}

#[test]
fn i6_what_is_known_of_what_is_answered_has_a_bound() {
    let mut state = in_live_room();
    state.apply(rows((1..2_000).map(|at| answer(at, target(at + 10_000))).collect()));
    for at in 0..1_999 {
        draws(&mut state, at);
        let known = (0..=at).filter(|at| wants(&state, *at).is_none()).count();
        assert!((1..=limits::QUOTES).contains(&known));
    }
}
