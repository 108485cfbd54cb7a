//! What is new in a visit of a room: the divider, where the list is held, and what is counted.

use super::*;

fn rows_of_ben(lamports: std::ops::RangeInclusive<u64>, unread: bool) -> Vec<Row> {
    lamports.map(|lamport| Row { unread, ..row(BEN, lamport, "words") }).collect()
}

fn tell(state: &mut ChatState, rows: Vec<Row>) -> Vec<Errand> {
    state.apply(told(Event::Rows(rows)))
}

fn older(state: &mut ChatState, more: bool) -> Vec<Errand> {
    state.apply(told(Event::Older { more }))
}

/// A room in which so many were read and the rest up to there were not.
fn with_unread(read: u64, last: u64) -> ChatState {
    let mut state = in_room();
    let mut rows = rows_of_ben(1..=read, false);
    rows.extend(rows_of_ben(read + 1..=last, true));
    tell(&mut state, rows);
    older(&mut state, false);
    state
}

/// Above which messages there is a divider, by their place, and what it says.
fn dividers(state: &ChatState) -> Vec<(u64, Divider)> {
    let rows = state.rows.iter();
    rows.filter_map(|row| Some((row.order()?.lamport, row.divider?))).collect()
}

/// The message at which the list is held.
fn held_at(state: &ChatState) -> Option<u64> {
    let key = state.room.visit.holds_at()?;
    let drawn = &state.rows[state.span.range(&state.rows)];
    drawn.iter().find(|row| row.key == key)?.order().map(|order| order.lamport)
}

fn see(state: &mut ChatState, lamports: std::ops::RangeInclusive<u64>) {
    let entries = lamports.map(|lamport| row(BEN, lamport, "").entry).collect();
    state.apply(PageEvent::Seen(entries));
}

const LOAD: [Errand; 1] = [Errand::Command(ROOM, Command::LoadOlder)];

#[test]
fn a_room_opens_at_the_first_message_that_was_not_read() {
    let state = with_unread(10, 500);
    assert_eq!(dividers(&state), [(11, Divider::Begins)]);
    assert_eq!((held_at(&state), unread(&state.rows)), (Some(11), 490));
    assert_eq!(state.room.news, None, "it is not said aloud again");
}

#[test]
fn a_room_without_unread_ones_opens_at_its_end() {
    let state = with_unread(500, 500);
    assert_eq!((dividers(&state), held_at(&state)), (vec![], None));
    assert_eq!((state.span, unread(&state.rows)), (Span::End, 0));
}

#[test]
fn own_messages_and_rows_without_words_are_never_unread() {
    let mut state = in_room();
    let said = |author, lamport| Row { unread: true, ..row(author, lamport, "words") };
    let gone = Row { body: Body::Gone, ..said(BEN, 2) };
    tell(&mut state, vec![said(ME, 1), gone.clone()]);
    older(&mut state, false);
    tell(&mut state, vec![Row { body: Body::Newer, ..said(BEN, 3) }]);
    assert_eq!((unread(&state.rows), dividers(&state)), (0, vec![]));
    tell(&mut state, vec![said(BEN, 4)]);
    assert_eq!((unread(&state.rows), dividers(&state)), (1, vec![(4, Divider::Begins)]));
    tell(&mut state, vec![Row { body: Body::Gone, ..said(BEN, 4) }]);
    assert_eq!(unread(&state.rows), 0, "its words are gone");
}

#[test]
fn the_divider_stays_where_it_was_while_the_person_reads() {
    let mut state = with_unread(10, 500);
    state.apply(PageEvent::Turned(Turn::Free));
    assert_eq!(state.room.visit.holds_at(), None);
    see(&mut state, 11..=200);
    tell(&mut state, rows_of_ben(501..=510, true));
    assert_eq!(dividers(&state), [(11, Divider::Begins)]);
    assert_eq!((unread(&state.rows), state.room.visit.holds_at()), (310, None));
}

#[test]
fn whoever_has_seen_all_that_is_new_is_held_no_more() {
    let mut state = with_unread(10, 14);
    see(&mut state, 11..=13);
    assert_eq!(held_at(&state), Some(11));
    see(&mut state, 14..=14);
    assert_eq!((held_at(&state), dividers(&state)), (None, vec![(11, Divider::Begins)]));
    state.apply(PageEvent::Turned(Turn::End));
    assert_eq!(state.span, Span::End, "the list follows its end again");
}

#[test]
fn a_list_that_is_held_does_not_follow_its_end() {
    let mut state = with_unread(10, 14);
    state.apply(PageEvent::Turned(Turn::End));
    assert_ne!(state.span, Span::End);
    tell(&mut state, rows_of_ben(15..=900, true));
    assert_eq!((held_at(&state), dividers(&state)), (Some(11), vec![(11, Divider::Begins)]));
}

#[test]
fn what_nobody_saw_come_moves_the_divider_up_and_what_comes_now_does_not() {
    let mut state = with_unread(50, 50);
    tell(&mut state, rows_of_ben(101..=200, true));
    assert_eq!(held_at(&state), Some(101));
    tell(&mut state, rows_of_ben(51..=100, true));
    assert_eq!((held_at(&state), dividers(&state)), (Some(51), vec![(51, Divider::Begins)]));
    tell(&mut state, rows_of_ben(201..=201, false));
    assert_eq!((held_at(&state), unread(&state.rows)), (Some(51), 151));
}

#[test]
fn what_comes_before_the_eyes_of_the_person_has_no_divider() {
    let mut state = with_unread(50, 50);
    tell(&mut state, rows_of_ben(51..=60, false));
    assert_eq!((dividers(&state), state.span), (vec![], Span::End));
    assert_eq!(unread(&state.rows), 10, "until they are on the screen");
}

#[test]
fn what_comes_while_nobody_looks_has_one_if_the_list_was_at_its_end() {
    let mut state = with_unread(10, 14);
    see(&mut state, 11..=14);
    state.apply(PageEvent::Turned(Turn::End));
    state.apply(PageEvent::Watched(false));
    tell(&mut state, rows_of_ben(15..=20, false));
    state.apply(PageEvent::Watched(true));
    assert_eq!((dividers(&state), held_at(&state)), (vec![(15, Divider::Begins)], Some(15)));
}

#[test]
fn whoever_reads_further_up_is_not_led_away() {
    let mut state = with_unread(500, 500);
    state.apply(PageEvent::Turned(Turn::Leave));
    let span = state.span;
    tell(&mut state, rows_of_ben(501..=600, true));
    assert_eq!((dividers(&state), state.span), (vec![(501, Divider::Begins)], span));
    assert_eq!(state.room.visit.holds_at(), None);
}

#[test]
fn older_messages_are_read_until_one_that_was_read_is_there() {
    let mut state = in_room();
    tell(&mut state, rows_of_ben(301..=400, true));
    assert_eq!(older(&mut state, true), LOAD);
    assert_eq!((state.room.older, state.room.finds()), (Older::Loading, true));
    tell(&mut state, rows_of_ben(201..=300, true));
    assert_eq!(older(&mut state, true), LOAD);
    let mut page = rows_of_ben(101..=150, false);
    page.extend(rows_of_ben(151..=200, true));
    tell(&mut state, page);
    assert_eq!(older(&mut state, true), []);
    assert_eq!((held_at(&state), dividers(&state)), (Some(151), vec![(151, Divider::Begins)]));
    assert_eq!((state.room.older, state.room.finds()), (Older::More, false));
    assert_eq!(state.room.news, None, "older ones do not come in");
}

#[test]
fn beyond_the_bound_of_the_list_the_divider_says_that_there_are_more() {
    let mut state = in_room();
    tell(&mut state, rows_of_ben(301..=400, true));
    assert_eq!(older(&mut state, true), LOAD);
    let reason = Refusal::WindowFull { limit: 10_000 };
    assert_eq!(state.apply(told(Event::Refused { draft: None, reason })), []);
    assert_eq!(dividers(&state), [(301, Divider::MoreAbove)]);
    assert_eq!((state.notices(), state.room.older), (vec![], Older::More), "nobody asked for it");
    assert_eq!(tell(&mut state, rows_of_ben(401..=401, true)), [], "it is not tried again");
}

#[test]
fn a_divider_that_has_left_the_full_list_stands_above_the_oldest_that_is_left() {
    let mut state = with_unread(0, 100);
    assert_eq!(held_at(&state), Some(1));
    let bound = u64::try_from(browser::limits::WINDOW_ROWS).unwrap();
    tell(&mut state, rows_of_ben(101..=bound + 5, true));
    assert_eq!((held_at(&state), dividers(&state)), (Some(6), vec![(6, Divider::MoreAbove)]));
}

#[test]
fn a_reader_who_moves_ends_the_reading_of_older_ones() {
    let mut state = in_room();
    tell(&mut state, rows_of_ben(301..=400, true));
    assert_eq!(older(&mut state, true), LOAD);
    state.apply(PageEvent::Turned(Turn::Free));
    assert!(!state.room.finds());
    tell(&mut state, rows_of_ben(201..=300, true));
    assert_eq!(older(&mut state, true), []);
}

#[test]
fn nothing_counts_as_read_while_what_was_missed_is_still_coming() {
    let mut state = with_unread(50, 50);
    let gap = browser::Gap { author: BEN, missing: 50, asking: None };
    state.apply(told(Event::Gaps(vec![gap])));
    tell(&mut state, rows_of_ben(101..=200, true));
    assert!(state.room.finds());
    state.apply(told(Event::Gaps(vec![])));
    assert!(!state.room.finds());
}

/// A room that was joined, or made, just now.
fn just_entered(founder: MemberId) -> ChatState {
    let mut state = ChatState::default();
    state.apply(plain(None));
    state.apply(ready(&[]));
    state.apply(PageEvent::Asked);
    state.apply(opened(ROOM));
    state.apply(told(Event::Room(RoomView { founder, ..view(ROOM) })));
    state.apply(told(Event::Gaps(vec![])));
    older(&mut state, false);
    state
}

#[test]
fn whoever_has_just_joined_has_missed_nothing_until_the_history_is_there() {
    let mut state = just_entered(BEN);
    let gap = browser::Gap { author: BEN, missing: 100, asking: None };
    state.apply(told(Event::Gaps(vec![gap])));
    tell(&mut state, rows_of_ben(1..=100, true));
    assert_eq!((dividers(&state), state.span), (vec![], Span::End));
    state.apply(told(Event::Gaps(vec![])));
    tell(&mut state, rows_of_ben(101..=110, true));
    assert_eq!(held_at(&state), None, "it comes in parts");
    state.apply(PageEvent::Watched(false));
    state.apply(PageEvent::Watched(true));
    tell(&mut state, rows_of_ben(111..=120, true));
    assert_eq!(held_at(&state), Some(111), "the link was lost for a while");
}

#[test]
fn whoever_has_just_made_a_room_misses_what_comes_while_nobody_looks() {
    let mut state = just_entered(ME);
    tell(&mut state, rows_of_ben(1..=10, false));
    assert_eq!(held_at(&state), None);
    tell(&mut state, rows_of_ben(11..=20, true));
    assert_eq!(held_at(&state), Some(11));
    let mut state = just_entered(BEN);
    state.apply(PageEvent::Watched(false));
    tell(&mut state, rows_of_ben(1..=10, false));
    assert_eq!(held_at(&state), Some(1));
}

#[test]
fn a_visit_ends_when_the_person_leaves_the_room() {
    let mut state = with_unread(10, 20);
    see(&mut state, 11..=20);
    state.apply(PageEvent::Left);
    tell(&mut state, rows_of_ben(21..=22, false));
    state.apply(PageEvent::Went(ROOM));
    assert_eq!((dividers(&state), held_at(&state)), (vec![(21, Divider::Begins)], Some(21)));
    see(&mut state, 21..=22);
    state.apply(PageEvent::Left);
    state.apply(PageEvent::Went(ROOM));
    assert_eq!((dividers(&state), state.span), (vec![], Span::End));
}

#[test]
fn what_was_passed_on_the_way_to_what_was_seen_is_not_new_unless_it_came_late() {
    let mut state = with_unread(0, 100);
    let late = Row { late: true, ..row(BEN, 0, "late") };
    tell(&mut state, vec![late]);
    see(&mut state, 90..=95);
    assert_eq!(unread(&state.rows), 6);
}

#[test]
fn what_is_new_below_the_view_is_counted() {
    let mut state = with_unread(10, 100);
    let key =
        |state: &ChatState, lamport: u64| state.rows.of(&row(BEN, lamport, "").entry).unwrap().key;
    assert_eq!(unread_below(&state.rows, Some(key(&state, 3))), 90);
    assert_eq!(unread_below(&state.rows, Some(key(&state, 40))), 60);
    assert_eq!(unread_below(&state.rows, Some(key(&state, 100))), 0);
    see(&mut state, 90..=100);
    assert_eq!(unread_below(&state.rows, None), 0);
}
