//! Many messages: what is drawn of them, what is kept of them, and that each is there once.

use std::collections::BTreeSet;

use super::*;
use crate::chat::span::{DRAWN, FRESH, STEP};

fn id(n: u64) -> DraftId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&n.to_be_bytes());
    DraftId(bytes)
}

/// A room in which messages with these numbers were written.
fn with_drafts(count: u64) -> ChatState {
    let mut state = in_live_room();
    for n in 0..count {
        let draft = Draft::new(id(n), n.to_string(), Priority::Normal);
        state.apply(PageEvent::Wrote { draft, wall: 1_000 });
    }
    state
}

fn with_rows(count: u64) -> ChatState {
    let mut state = in_live_room();
    state.apply(told(Event::Rows((1..=count).map(|n| row(BEN, n, "")).collect())));
    state
}

fn stored(n: u64, lamport: u64) -> Row {
    Row { draft: Some(id(n)), ..row(ME, lamport, &n.to_string()) }
}

fn drawn(state: &ChatState) -> (usize, usize) {
    let range = state.span.range(&state.rows);
    (range.start, range.end)
}

#[test]
fn many_drafts_become_rows_each_once_in_whatever_order_they_are_stored() {
    let mut state = with_drafts(1_000);
    let keys: BTreeSet<u64> = state.rows.iter().map(|row| row.key).collect();
    // The last of them overtakes all; one is refused, one taken back.
    state.apply(told(Event::Rows(vec![stored(999, 1)])));
    let reason = Refusal::Busy { waiting: 1 };
    state.apply(told(Event::Refused { draft: Some(id(500)), reason }));
    state.apply(told(Event::Cancelled(id(501))));
    for n in (0..999).filter(|n| ![500, 501].contains(n)) {
        state.apply(told(Event::Rows(vec![stored(n, n + 2)])));
    }
    let rest = (0..999).filter(|n| ![500, 501].contains(n));
    let expected: Vec<String> =
        [999].into_iter().chain(rest).chain([500]).map(|n: u64| n.to_string()).collect();
    assert_eq!(bodies(&state), expected);
    assert!(state.rows.iter().all(|row| keys.contains(&row.key)), "each is the line it was");
    let above: Vec<bool> = state.rows.iter().map(|row| row.above.is_some()).collect();
    assert!(!above[0] && above[1..].iter().all(|above| *above));
}

#[test]
fn i6_long_messages_leave_the_page_before_they_fill_it() {
    let mut state = in_live_room();
    let text = "x".repeat(1024 * 1024);
    for lamport in 1..=20 {
        state.apply(told(Event::Rows(vec![row(BEN, lamport, &text)])));
    }
    assert_eq!(state.rows.len(), browser::limits::WINDOW_BYTES / text.len());
    assert!(state.rows.of(&row(BEN, 1, "").entry).is_none());
    assert!(state.rows.of(&row(BEN, 20, "").entry).is_some());
}

#[test]
fn a_part_of_the_list_is_drawn_and_a_reader_gets_to_all_of_it() {
    let mut state = with_rows(1_000);
    assert_eq!(drawn(&state), (1_000 - DRAWN, 1_000));
    state.apply(PageEvent::Turned(Turn::Leave));
    state.apply(told(Event::Rows(vec![row(BEN, 1_001, "")])));
    assert_eq!(drawn(&state), (1_000 - DRAWN, 1_000), "nothing moves under the reader's eyes");
    let (mut first, mut turns) = (drawn(&state).0, 0);
    while first > 0 {
        state.apply(PageEvent::Turned(Turn::Up));
        let (now, end) = drawn(&state);
        assert!(now < first && first - now <= STEP && end - now == DRAWN);
        (first, turns) = (now, turns + 1);
    }
    assert_eq!((state.span, turns), (Span::Top, 700_usize.div_ceil(STEP)));
    while drawn(&state).1 < 1_001 {
        state.apply(PageEvent::Turned(Turn::Down));
    }
    assert_ne!(state.span, Span::End, "the reader may still be in the middle of it");
    state.apply(PageEvent::Turned(Turn::To(state.rows[500].key)));
    assert_eq!(drawn(&state), (500 - DRAWN / 2, 500 + DRAWN / 2));
    state.apply(PageEvent::Turned(Turn::End));
    assert_eq!(drawn(&state), (1_001 - DRAWN, 1_001));
}

#[test]
fn older_messages_that_were_asked_for_are_drawn_above_and_what_is_trimmed_is_no_anchor() {
    let mut state = in_live_room();
    let rows = |from: u64, to: u64| (from..to).map(|n| row(BEN, n, "")).collect::<Vec<_>>();
    state.apply(told(Event::Rows(rows(100, 200))));
    state.apply(PageEvent::Turned(Turn::Leave));
    assert_eq!(state.span, Span::Top);
    state.apply(told(Event::Rows(rows(1, 100))));
    assert_eq!(drawn(&state), (0, 199));
    state.apply(told(Event::Rows(rows(200, 1_000))));
    state.apply(PageEvent::Turned(Turn::Up));
    assert_eq!(drawn(&state), (0, DRAWN));
    state.span = Span::From(u64::MAX);
    assert_eq!(drawn(&state), (0, DRAWN));
}

#[test]
fn what_comes_quicker_than_it_can_be_read_is_drawn_from_its_end() {
    let state = with_rows(1_000);
    let mut drawn: BTreeSet<u64> = state.rows[..500].iter().map(|row| row.key).collect();
    let mut range = state.span.growing(&state.rows, &drawn);
    assert_eq!(range, 1_000 - FRESH..1_000);
    let mut drawings = 1;
    while range != state.span.range(&state.rows) {
        drawn = state.rows[range].iter().map(|row| row.key).collect();
        range = state.span.growing(&state.rows, &drawn);
        drawings += 1;
    }
    assert_eq!(drawings, DRAWN.div_ceil(FRESH));
    let elsewhere = Span::Top.growing(&state.rows, &BTreeSet::new());
    assert_eq!(elsewhere, 0..DRAWN, "a reader who goes there wants to see it");
}
