//! The list of rooms: its order, what is new, muting, putting away, leaving, and the way back.

use browser::{Gist, LastLine, Role, Shelf};

use super::*;

fn gist(at: u64, unread: u32) -> Gist {
    let body = Body::Text("words".to_owned());
    let last = (at > 0).then(|| LastLine { author: BEN, name: "Ben".into(), own: false, body });
    Gist {
        last,
        at,
        unread,
        pending: 0,
        at_stake: 0,
        waiting: 0,
        knocking: 0,
        link: LinkState::Offline,
        role: Role::Member,
        shelf: Shelf::default(),
    }
}

fn summed(room: RoomId, gist: Gist) -> PageEvent {
    let summary = RoomSummary { gist: Some(gist), ..summary(room) };
    PageEvent::Client(ClientEvent::Summary(summary))
}

fn left(room: RoomId) -> PageEvent {
    PageEvent::Client(ClientEvent::Left { room })
}

fn order(state: &ChatState) -> Vec<RoomId> {
    state.rooms.iter().map(|summary| summary.room).collect()
}

#[test]
fn the_room_with_the_latest_word_is_first_and_nothing_moves_without_reason() {
    let mut state = ChatState::default();
    let quiet = RoomId([9; 32]);
    state.apply(ready(&[ROOM, OTHER_ROOM, quiet]));
    assert_eq!(order(&state), [ROOM, OTHER_ROOM, quiet]);
    state.apply(summed(OTHER_ROOM, gist(5, 0)));
    state.apply(summed(ROOM, gist(4, 0)));
    assert_eq!(order(&state), [OTHER_ROOM, ROOM, quiet]);
    state.apply(summed(ROOM, gist(5, 1)));
    assert_eq!(order(&state), [ROOM, OTHER_ROOM, quiet], "of one moment: always the same");
    state.apply(summed(quiet, gist(0, 0)));
    assert_eq!(order(&state), [quiet, ROOM, OTHER_ROOM], "nobody has spoken there yet");
}

#[test]
fn what_is_new_in_muted_rooms_is_not_counted_together() {
    let mut state = ChatState::default();
    state.apply(ready(&[ROOM, OTHER_ROOM]));
    state.apply(summed(ROOM, gist(4, 2)));
    state.apply(summed(OTHER_ROOM, gist(5, 3)));
    assert_eq!(unread_in(&state.rooms, None), 5);
    assert_eq!(unread_in(&state.rooms, Some(ROOM)), 3);
    let muted = Gist { shelf: Shelf { muted: true, ..Shelf::default() }, ..gist(5, 3) };
    state.apply(summed(OTHER_ROOM, muted));
    assert_eq!(unread_in(&state.rooms, None), 2);
}

#[test]
fn a_room_is_left_after_one_was_asked_twice_and_others_stay() {
    let mut state = ChatState::default();
    state.apply(ready(&[ROOM, OTHER_ROOM]));
    assert_eq!(state.apply(PageEvent::Keeps(Keep::Leave)), [], "nothing was asked");
    state.apply(PageEvent::Keeps(Keep::Ask(Some(RoomQuestion::Choices(ROOM)))));
    assert_eq!(state.apply(PageEvent::Keeps(Keep::Leave)), []);
    assert_eq!(state.asks, Some(RoomQuestion::Leave(ROOM)));
    assert_eq!(state.apply(PageEvent::Keeps(Keep::Leave)), [Errand::Leave(ROOM)]);
    assert_eq!(state.asks, None);
    assert_eq!(state.apply(left(ROOM)), [Errand::Forget(ROOM)]);
    assert_eq!(order(&state), [OTHER_ROOM]);
}

#[test]
fn every_tab_that_shows_a_room_that_was_left_goes_to_the_list_and_knows_nothing_of_it() {
    let mut state = with_own_message("words");
    state.apply(PageEvent::Keeps(Keep::Ask(Some(RoomQuestion::Leave(ROOM)))));
    assert_eq!(state.apply(left(ROOM)), [Errand::Forget(ROOM), Errand::ShowNone]);
    assert_eq!((&state.place, state.walked), (&Place::Start, false));
    assert!(state.rows.is_empty() && state.room == RoomState::default() && state.asks.is_none());
    // The way back leads to a room that is there no more.
    assert_eq!(state.apply(plain(Some(ROOM))), [Errand::ShowNone]);
    assert!(!state.walked, "which makes no further step");
}

#[test]
fn muting_and_putting_away_are_asked_of_the_room_that_the_dialog_is_about() {
    let mut state = ChatState::default();
    state.apply(ready(&[ROOM]));
    for (keep, command) in [
        (Keep::Mute(true), Command::Mute(true)),
        (Keep::Archive(true), Command::Archive(true)),
        (Keep::Relay(true), Command::RelayOnly(true)),
        (Keep::TellRead(false), Command::TellRead(false)),
        (Keep::TellTyping(false), Command::TellTyping(false)),
    ] {
        state.apply(PageEvent::Keeps(Keep::Ask(Some(RoomQuestion::Choices(ROOM)))));
        assert_eq!(state.apply(PageEvent::Keeps(keep)), [Errand::Command(ROOM, command)]);
        assert_eq!(state.asks, None);
    }
    let fault = |fault| PageEvent::Client(browser::ClientEvent::Fault(fault));
    state.apply(fault(browser::Fault::NoRelay));
    for (on, told) in [(true, 1), (false, 0)] {
        state.apply(PageEvent::Keeps(Keep::Ask(Some(RoomQuestion::Choices(ROOM)))));
        state.apply(PageEvent::Keeps(Keep::Relay(on)));
        assert_eq!(state.faults.len(), told, "that there is no relay matters no more");
    }
    let unknown = RoomQuestion::Choices(OTHER_ROOM);
    state.apply(PageEvent::Keeps(Keep::Ask(Some(unknown))));
    assert_eq!(state.asks, None);
}

#[test]
fn only_what_a_person_presses_is_a_step_to_come_back_from() {
    let mut state = in_live_room();
    assert!(!state.walked, "the tab has opened its last room by itself");
    state.apply(ready(&[ROOM, OTHER_ROOM]));
    assert_eq!(state.apply(PageEvent::Went(OTHER_ROOM)), [Errand::Open(OTHER_ROOM)]);
    assert_eq!(state.apply(opened(OTHER_ROOM)), [Errand::Show(OTHER_ROOM)]);
    assert!(state.walked);
    state.apply(plain(Some(ROOM)));
    assert_eq!(state.apply(opened(ROOM)), [Errand::Show(ROOM)]);
    assert!(!state.walked, "back through the history");
    state.apply(PageEvent::Left);
    assert!(state.walked);
}
