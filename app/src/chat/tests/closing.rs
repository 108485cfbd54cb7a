//! What is said about closing the page.

use browser::{Gist, Role, Shelf};

use super::*;
use crate::chat::{Closing, at_stake, closing_of};

fn room(room: RoomId, counts: Option<(u64, u32)>) -> RoomSummary {
    let gist = counts.map(|(pending, waiting)| Gist {
        last: None,
        at: 0,
        unread: 3,
        pending,
        at_stake: pending,
        held_alone: pending,
        waiting,
        knocking: 0,
        link: LinkState::Offline,
        role: Role::Member,
        shelf: Shelf::default(),
    });
    RoomSummary { gist, ..summary(room) }
}

#[test]
fn the_page_is_safe_to_close_once_nothing_waits_in_any_room() {
    let shown = RoomState { room: Some(ROOM), ..RoomState::default() };
    let of = |rooms: &[RoomSummary]| closing_of(rooms, &shown, false);
    let calm = || room(ROOM, Some((0, 0)));
    assert_eq!(of(&[calm()]), Closing::Calm);
    assert_eq!(of(&[calm(), room(OTHER_ROOM, None)]), Closing::Unknown, "it is being read");
    assert_eq!(of(&[]), Closing::Unknown);
    assert_eq!(of(&[calm(), room(OTHER_ROOM, Some((2, 1)))]), Closing::Waits(3));
    assert_eq!(of(&[room(ROOM, Some((1, 0))), room(OTHER_ROOM, None)]), Closing::Waits(1));
}

#[test]
fn the_room_that_is_shown_may_know_more_than_the_list_and_what_is_not_stored_comes_first() {
    let shown = RoomState { room: Some(ROOM), pending: 2, ..RoomState::default() };
    let rooms = [room(ROOM, Some((0, 0))), room(OTHER_ROOM, Some((1, 0)))];
    assert_eq!(closing_of(&rooms, &shown, false), Closing::Waits(3));
    assert_eq!(closing_of(&rooms, &shown, true), Closing::Unsaved);
}

#[test]
fn it_is_asked_before_others_are_left_without_what_nobody_else_holds_in_any_room() {
    let known = |of: RoomId, at_stake: u64| {
        let mut summary = room(of, Some((2, 1)));
        summary.gist.as_mut().unwrap().at_stake = at_stake;
        summary
    };
    assert_eq!(at_stake(&[known(ROOM, 0), room(OTHER_ROOM, None)]), 0, "nobody else is there");
    assert_eq!(at_stake(&[known(ROOM, 1), known(OTHER_ROOM, 2)]), 3);
}

#[test]
fn what_is_written_and_not_kept_is_told_until_it_is_and_anew_the_next_time() {
    let mut state = in_live_room();
    let told = |state: &mut ChatState, unkept| {
        state.apply(PageEvent::Unkept(unkept));
        state.notices() == [Notice::Unkept]
    };
    assert!(told(&mut state, true) && !told(&mut state, false) && told(&mut state, true));
    state.apply(PageEvent::Dismissed(Notice::Unkept));
    assert!(state.notices().is_empty());
    assert!(!told(&mut state, false) && told(&mut state, true), "it is another time");
}

#[test]
fn what_was_written_is_unsaved_until_it_is_a_row() {
    let mut state = with_own_message("saved");
    assert!(!state.rows.are_unsaved());
    let draft = Draft::new(DraftId([77; 16]), "not yet", Priority::Normal);
    state.apply(PageEvent::Wrote { draft: draft.clone(), wall: 5 });
    assert!(state.rows.are_unsaved());
    state.rows.withdraw(&[draft.id]);
    assert!(!state.rows.are_unsaved());
}
