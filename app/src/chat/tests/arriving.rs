//! What a tab shows: by its address, by an invite, and by what it showed before.

use super::*;

#[test]
fn the_plain_address_returns_to_the_last_room() {
    let state = in_room();
    assert_eq!(state.place, Place::Room(ROOM));
}

#[test]
fn a_last_room_that_is_gone_leads_to_the_start_page() {
    let mut state = ChatState::default();
    state.apply(plain(Some(ROOM)));
    assert_eq!(state.apply(ready(&[OTHER_ROOM])), [Errand::ShowNone]);
    assert_eq!(state.place, Place::Start);
}

#[test]
fn a_first_visit_leads_to_the_start_page_and_a_new_room() {
    let mut state = ChatState::default();
    state.apply(plain(None));
    assert_eq!(state.place, Place::Starting { wanted: None });
    state.apply(ready(&[]));
    assert_eq!(state.place, Place::Start);
    state.apply(PageEvent::Asked);
    assert_eq!(state.apply(opened(ROOM)), [Errand::Show(ROOM)]);
    assert_eq!((&state.place, &state.request), (&Place::Room(ROOM), &Request::None));
}

#[test]
fn the_only_room_is_the_last_one_unless_the_tab_showed_the_list() {
    let mut state = ChatState::default();
    state.apply(plain(None));
    assert_eq!(state.apply(ready(&[ROOM])), [Errand::Open(ROOM)]);

    let mut state = ChatState::default();
    state.apply(PageEvent::Arrived(Arrival::AtList));
    assert!(state.apply(ready(&[ROOM])).is_empty());
    assert_eq!(state.place, Place::Start);

    let mut state = ChatState::default();
    state.apply(plain(None));
    state.apply(PageEvent::Asked);
    state.apply(ready(&[ROOM]));
    assert_eq!(state.place, Place::Start, "another room was asked for");
}

#[test]
fn a_room_that_was_asked_for_before_the_client_answered_is_shown() {
    let mut state = ChatState::default();
    state.apply(plain(None));
    state.apply(PageEvent::Asked);
    state.apply(ready(&[]));
    state.apply(opened(ROOM));
    assert_eq!(state.place, Place::Room(ROOM));
}

#[test]
fn an_invite_asks_for_a_name_and_joins() {
    let mut state = ChatState::default();
    state.apply(invited(ROOM));
    assert!(state.apply(ready(&[OTHER_ROOM])).is_empty());
    assert!(matches!(state.place, Place::Join(_)));
    state.apply(PageEvent::Asked);
    assert_eq!(state.apply(opened(ROOM)), [Errand::Show(ROOM)]);
}

#[test]
fn a_known_invite_opens_the_existing_room() {
    let mut state = ChatState::default();
    state.apply(invited(ROOM));
    assert_eq!(state.apply(ready(&[ROOM])), [Errand::Open(ROOM)]);
}

#[test]
fn the_invite_of_the_room_that_is_shown_changes_nothing() {
    let mut state = in_live_room();
    state.apply(told(Event::Rows(vec![row(BEN, 1, "hello")])));
    assert_eq!(state.apply(invited(ROOM)), [Errand::Show(ROOM)]);
    assert_eq!(state.place, Place::Room(ROOM));
    assert_eq!(bodies(&state), ["hello"]);
}

#[test]
fn an_invite_that_cannot_be_read_is_told_and_leaves_the_room_open() {
    let mut state = in_room();
    state.apply(PageEvent::Arrived(Arrival::Misled(browser::InviteError::Damaged)));
    assert_eq!(state.place, Place::Room(ROOM));
    assert_eq!(state.notices(), [Notice::Request(ClientRefusal::InviteDamaged)]);
    state.apply(PageEvent::Dismissed(Notice::Request(ClientRefusal::InviteDamaged)));
    assert!(state.notices().is_empty());
}

#[test]
fn a_refused_room_leads_back_to_the_form_with_words() {
    let mut state = ChatState::default();
    state.apply(plain(Some(ROOM)));
    state.apply(ready(&[ROOM]));
    let refusal = ClientRefusal::UnknownRoom { room: ROOM };
    let errands = state.apply(PageEvent::Client(ClientEvent::Refused(refusal.clone())));
    assert_eq!(errands, [Errand::ShowNone]);
    assert_eq!((&state.place, &state.request), (&Place::Start, &Request::Refused(refusal)));
}

#[test]
fn a_new_leader_that_opens_all_rooms_again_moves_no_tab() {
    let mut state = in_live_room();
    state.apply(told(Event::Rows(vec![row(BEN, 1, "hello")])));
    state.apply(PageEvent::Client(ClientEvent::Leader(false)));
    assert!(state.apply(opened(OTHER_ROOM)).is_empty());
    assert!(state.apply(opened(ROOM)).is_empty());
    assert_eq!((&state.place, &state.worker), (&Place::Room(ROOM), &Worker::Follows));
    assert_eq!(bodies(&state), ["hello"]);
}

#[test]
fn events_of_another_room_are_left_alone() {
    let mut state = in_live_room();
    let event = Event::Rows(vec![row(BEN, 1, "elsewhere")]);
    state.apply(PageEvent::Client(ClientEvent::Room { room: OTHER_ROOM, event }));
    assert!(state.rows.is_empty());
}

#[test]
fn leaving_keeps_the_room_and_coming_back_shows_it() {
    let mut state = in_live_room();
    assert_eq!(state.apply(PageEvent::Left), [Errand::ShowNone]);
    state.apply(told(Event::Rows(vec![row(BEN, 1, "meanwhile")])));
    assert_eq!(state.apply(plain(Some(ROOM))), [Errand::Show(ROOM)]);
    assert_eq!(bodies(&state), ["meanwhile"]);
}
