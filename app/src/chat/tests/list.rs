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
        held_alone: 0,
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
fn beside_the_room_that_is_shown_stand_its_last_line_and_what_is_new_on_the_screen() {
    let mut state = in_live_room();
    let short = |state: &ChatState, room| {
        let told = Gist { last: None, ..gist(9_000, 7) };
        let gist = beside(&told, room, &state.room, &state.rows, 50_000);
        let said = gist.last.map(|line| match line.body {
            Body::Text(text) => (line.own, text),
            other @ (Body::Gone | Body::Decided(_) | Body::Newer | Body::Unreadable) => {
                panic!("it says {other:?}")
            }
        });
        (said, gist.at, gist.unread)
    };
    let says = |own, text: &str| Some((own, text.to_owned()));
    assert_eq!(short(&state, ROOM), (None, 0, 0), "nothing is said there");
    state.apply(told(Event::Rows(vec![row(ME, 1, "mine"), row(BEN, 2, "yours")])));
    assert_eq!(short(&state, ROOM), (says(false, "yours"), 2_000, 1));
    let decided = Body::Decided(browser::Decided::Merged);
    state.apply(told(Event::Rows(vec![Row { body: decided, ..row(BEN, 3, "") }])));
    assert_eq!(short(&state, ROOM).0, says(false, "yours"), "a decision is no word");
    let draft = Draft::new(DraftId([8; 16]), "new", Priority::Normal);
    state.apply(PageEvent::Wrote { draft, wall: 60_000 });
    assert_eq!(short(&state, ROOM), (says(true, "new"), 50_000, 1), "never later than now");
    let refused = Event::Refused { draft: Some(DraftId([8; 16])), reason: Refusal::Empty };
    state.apply(told(refused));
    assert_eq!(short(&state, ROOM).0, says(false, "yours"), "it is not said");
    assert_eq!(short(&state, OTHER_ROOM), (None, 9_000, 7), "of others the worker tells");
    let opening = in_room();
    assert_eq!(short(&opening, ROOM), (None, 9_000, 7), "its messages are not here yet");
}

#[test]
fn rooms_are_found_by_their_names_also_without_one_and_put_away() {
    let away = Gist { shelf: Shelf { archived: true, ..Shelf::default() }, ..gist(1, 0) };
    let named = |at: u8, name: &str, gist| RoomSummary {
        room: RoomId([at; 32]),
        name: name.to_owned(),
        gist,
    };
    let rooms = [
        named(1, "Old nights", None),
        named(2, "Night train", Some(away)),
        named(3, "", None),
        named(4, "Overnight", None),
    ];
    let meant = |typed: &str| {
        let meant = rooms_meant(&rooms, typed, "Unnamed room");
        meant.into_iter().map(|room| room.0[0]).collect::<Vec<u8>>()
    };
    assert_eq!(meant(" NIGHT "), [2, 1, 4], "the likeliest first");
    assert_eq!(meant("unnamed"), [3]);
    assert!(meant("day").is_empty());
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

#[test]
fn a_room_that_is_paused_says_so_while_it_is_shown_and_cannot_be_kept_from_it() {
    let mut state = in_live_room();
    assert_eq!(state.notices(), []);
    let paused = Gist { shelf: Shelf { paused: true, ..Shelf::default() }, ..gist(4, 0) };
    state.apply(summed(OTHER_ROOM, paused.clone()));
    assert_eq!(state.notices(), [], "that is another room");
    state.apply(summed(ROOM, paused));
    assert_eq!(state.notices(), [Notice::Paused]);
    assert!(!Notice::Paused.can_be_put_away());
    state.apply(summed(ROOM, gist(4, 0)));
    assert_eq!(state.notices(), []);
}
