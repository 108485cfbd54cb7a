//! The search in all rooms: who is asked, what is heard, and the way to what was found.

use browser::find::Excerpt;
use browser::{Command, FindId, Found, FoundEnd, Match};

use super::*;
use crate::chat::{Goal, Lead, Progress, Seek, Spot, Wish};

const FIND: FindId = FindId([1; 16]);
const NEXT: FindId = FindId([2; 16]);

fn room(number: u8) -> RoomId {
    RoomId([number; 32])
}

fn seek(state: &mut ChatState, seek: Seek) -> Vec<Errand> {
    state.apply(PageEvent::Seeks(seek))
}

fn words(state: &mut ChatState, text: &str, find: FindId) -> Vec<Errand> {
    seek(state, Seek::Words(text.to_owned(), find))
}

/// Shows a room and is in so many others, and searches all of them.
fn searching(others: u8) -> ChatState {
    let mut state = in_live_room();
    let rooms = std::iter::once(ROOM).chain((0..others).map(|number| room(10 + number)));
    state.apply(PageEvent::Client(ClientEvent::Rooms(rooms.map(summary).collect())));
    assert_eq!(seek(&mut state, Seek::Everywhere(true)), []);
    state
}

fn found(room: RoomId, find: FindId, lamport: &[u64], end: Option<FoundEnd>) -> PageEvent {
    let excerpt =
        Excerpt { before: String::new(), found: "night".to_owned(), behind: String::new() };
    let matches = lamport.iter().map(|lamport| {
        let row = row(BEN, *lamport, "night");
        let (name, excerpt) = ("Ben".to_owned(), excerpt.clone());
        let Row { entry, order, author, wall, .. } = row;
        Match { entry, order, author, name, wall, excerpt }
    });
    let event = Event::Found(Found { find, matches: matches.collect(), end });
    PageEvent::Client(ClientEvent::Room { room, event })
}

fn asked(errands: &[Errand]) -> Vec<RoomId> {
    let rooms = errands.iter().filter_map(|errand| {
        let Errand::Command(room, Command::Find(..)) = errand else { return None };
        Some(*room)
    });
    rooms.collect()
}

fn ended(errands: &[Errand]) -> Vec<RoomId> {
    let rooms = errands.iter().filter_map(|errand| {
        let Errand::Command(room, Command::EndFind(FIND)) = errand else { return None };
        Some(*room)
    });
    rooms.collect()
}

#[test]
fn a_few_rooms_are_read_at_once_and_the_next_begins_when_one_is_done() {
    let mut state = searching(6);
    let first = words(&mut state, " night ", FIND);
    assert_eq!(asked(&first).len(), 4);
    assert_eq!(first[0], Errand::Command(ROOM, Command::Find(FIND, "night".to_owned())));
    assert_eq!(words(&mut state, "night", NEXT), [], "it is looked for already");
    assert_eq!(state.apply(found(ROOM, FIND, &[9, 8], None)), []);
    let next = state.apply(found(ROOM, FIND, &[3], Some(FoundEnd::Whole)));
    assert_eq!(asked(&next).len(), 1);
    assert_eq!(state.everywhere.count(), (3, 1));
    let last: Vec<u64> =
        state.everywhere.of(ROOM).unwrap().matches.iter().map(|it| it.order.lamport).collect();
    assert_eq!(last, [9, 8, 3]);
    assert!(state.everywhere.goes_on());
    let rooms: Vec<RoomId> = state.everywhere.rooms.iter().map(|it| it.room).collect();
    for other in rooms.into_iter().skip(1) {
        state.apply(found(other, FIND, &[], Some(FoundEnd::Whole)));
    }
    assert!(!state.everywhere.goes_on());
    assert_eq!(state.everywhere.count(), (3, 1));
}

#[test]
fn other_words_end_what_is_read_and_what_was_asked_before_is_not_heard() {
    let mut state = searching(1);
    words(&mut state, "night", FIND);
    let errands = words(&mut state, "day", NEXT);
    assert_eq!(ended(&errands), [ROOM, room(10)]);
    assert_eq!(asked(&errands), [ROOM, room(10)]);
    state.apply(found(ROOM, FIND, &[9], Some(FoundEnd::Ended)));
    assert_eq!(state.everywhere.count(), (0, 0));
    assert_eq!(state.everywhere.of(ROOM).unwrap().progress, Progress::Reads);
    assert_eq!(asked(&words(&mut state, "  ", FIND)), []);
    assert!(state.everywhere.rooms.is_empty() && state.everywhere.on);
}

#[test]
fn a_search_gives_way_to_one_of_another_tab_and_asks_no_further_room() {
    let mut state = searching(6);
    let rooms = asked(&words(&mut state, "night", FIND));
    state.apply(found(rooms[0], FIND, &[9], Some(FoundEnd::Whole)));
    assert_eq!(state.apply(found(rooms[1], FIND, &[], Some(FoundEnd::Ended))), []);
    assert!(!state.everywhere.goes_on());
    let ended = |it: &&crate::chat::Sought| it.progress == Progress::Over(FoundEnd::Ended);
    assert_eq!(state.everywhere.rooms.iter().filter(ended).count(), 6);
    state.apply(found(rooms[2], FIND, &[9], Some(FoundEnd::Whole)));
    assert_eq!(state.everywhere.count(), (1, 1), "it says that it has ended");
    assert_eq!(asked(&words(&mut state, "nights", NEXT)).len(), 4, "and can begin again");
}

#[test]
fn it_ends_with_the_switch_and_where_the_person_goes_by_another_way() {
    for other in
        [PageEvent::Seeks(Seek::Everywhere(false)), PageEvent::Left, PageEvent::Went(room(10))]
    {
        let mut state = searching(1);
        words(&mut state, "night", FIND);
        state.apply(found(ROOM, FIND, &[9], Some(FoundEnd::Whole)));
        let errands = state.apply(other.clone());
        assert_eq!(ended(&errands), [room(10)], "{other:?}");
        assert_eq!(state.everywhere, Default::default(), "{other:?}");
    }
}

#[test]
fn a_match_opens_its_room_and_older_messages_are_read_until_it_is_there() {
    let mut state = searching(1);
    let other = room(10);
    words(&mut state, "night", FIND);
    state.apply(found(other, FIND, &[3], Some(FoundEnd::Whole)));
    let entry = state.everywhere.of(other).unwrap().matches[0].entry;
    assert_eq!(seek(&mut state, Seek::Go(other, entry)), [Errand::Open(other)]);
    assert_eq!(state.lead(), Lead::Waits);
    state.apply(opened(other));
    assert_eq!(state.everywhere.count(), (1, 1), "what was found stays");
    let tell = |event| PageEvent::Client(ClientEvent::Room { room: other, event });
    state.apply(tell(Event::Rows(vec![row(BEN, 3, "night"), row(BEN, 7, "day")])));
    assert_eq!(state.lead(), Lead::Waits, "the visit may still begin elsewhere");
    state.apply(tell(Event::Older { more: true }));
    assert_eq!(state.lead(), Lead::Here(entry));
    let above = row(BEN, 1, "evening");
    seek(&mut state, Seek::Go(other, above.entry));
    assert_eq!(state.lead(), Lead::Older(2));
    state.apply(PageEvent::AskedOlder);
    assert_eq!(state.lead(), Lead::Waits);
    state.apply(tell(Event::Rows(vec![above.clone()])));
    state.apply(tell(Event::Older { more: false }));
    assert_eq!(state.lead(), Lead::Here(above.entry));
    seek(&mut state, Seek::Arrived);
    assert_eq!(state.lead(), Lead::Waits);
    seek(&mut state, Seek::Go(other, row(BEN, 100, "").entry));
    assert_eq!(state.lead(), Lead::Absent);
    seek(&mut state, Seek::Missed);
    assert_eq!(state.everywhere.goal, Goal::Missed);
    // There is no room for what is further up: it is not asked for again and again.
    state.apply(tell(Event::Older { more: true }));
    seek(&mut state, Seek::Go(other, row(BEN, 100, "").entry));
    assert_eq!(state.lead(), Lead::Older(3));
    state.apply(PageEvent::AskedOlder);
    let reason = Refusal::WindowFull { limit: 10_000 };
    state.apply(tell(Event::Refused { draft: None, reason }));
    assert_eq!((state.lead(), state.everywhere.goal), (Lead::Waits, Goal::Missed));
}

#[test]
fn a_room_that_is_left_is_searched_no_more_and_another_leader_is_asked_again() {
    let mut state = searching(5);
    let rooms = asked(&words(&mut state, "night", FIND));
    state.apply(found(rooms[1], FIND, &[9], None));
    state.apply(found(rooms[2], FIND, &[9], Some(FoundEnd::Whole)));
    let left = state.apply(PageEvent::Client(ClientEvent::Left { room: rooms[3] }));
    assert_eq!(asked(&left).len(), 1);
    let again = state.apply(PageEvent::Client(ClientEvent::Leader(false)));
    assert_eq!(asked(&again).len(), 4);
    assert!(asked(&again).contains(&rooms[1]) && !asked(&again).contains(&rooms[2]));
    assert_eq!(state.everywhere.count(), (1, 1), "what is read again is not listed twice");
}

#[test]
fn all_that_is_not_searched_is_said_in_both_languages() {
    let ends =
        [FoundEnd::Many, FoundEnd::Far, FoundEnd::Unread, FoundEnd::Outside, FoundEnd::Ended];
    for language in Language::ALL {
        assert_eq!(language.found_end(FoundEnd::Whole), None);
        let said: Vec<String> = ends.iter().filter_map(|end| language.found_end(*end)).collect();
        assert_eq!(said.len(), ends.len());
        let mut state = searching(1);
        assert_eq!(language.sought(&state.everywhere), "");
        words(&mut state, "night", FIND);
        assert!(language.sought(&state.everywhere).ends_with('…'));
        for room in [ROOM, room(10)] {
            state.apply(found(room, FIND, &[], Some(FoundEnd::Whole)));
        }
        assert!(language.sought(&state.everywhere).contains('2'));
    }
}

#[test]
fn the_palette_leads_to_the_search_in_all_rooms_and_to_the_one_in_the_room() {
    let mut state = in_live_room();
    let does = |state: &mut ChatState, wish| {
        state.apply(PageEvent::Lays(crate::chat::Lay::Do(crate::chat::Offer::Wish(wish))))
    };
    let switch = |on| Errand::Soon(vec![PageEvent::Seeks(Seek::Everywhere(on))]);
    let errands = does(&mut state, Wish::SearchEverywhere);
    assert_eq!(errands, [switch(true), Errand::Press(Spot::Search)]);
    seek(&mut state, Seek::Everywhere(true));
    assert_eq!(does(&mut state, Wish::SearchEverywhere), [Errand::Press(Spot::Search)]);
    let errands = does(&mut state, Wish::Search);
    assert_eq!(errands, [switch(false), Errand::Press(Spot::Search)]);
}
