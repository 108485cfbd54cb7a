//! The palette of commands: what it offers, what is meant by what is typed, and what follows.

use browser::{Command, Role};

use super::people::member;
use super::*;
use crate::chat::Offer::Wish as Wished;
use crate::chat::{Lay, Move, Offer, Overlay, Palette, Spot, Wish};

fn lays(state: &mut ChatState, lay: Lay) -> Vec<Errand> {
    state.apply(PageEvent::Lays(lay))
}

/// A founder with Ben in one room, and with another room.
fn with_ben() -> ChatState {
    let mut state = in_live_room();
    let ben = MemberView { name: "Ben".to_owned(), ..member(BEN, Role::Member, true) };
    state.apply(told(Event::Members(vec![member(ME, Role::Founder, true), ben])));
    let garden = RoomSummary { name: "Garden".to_owned(), ..summary(OTHER_ROOM) };
    state.apply(PageEvent::Client(ClientEvent::Rooms(vec![summary(ROOM), garden])));
    state
}

fn listed(state: &ChatState, language: Language, typed: &str) -> Vec<Offer> {
    language.palette(state, typed).into_iter().map(|(offer, _)| offer).collect()
}

#[test]
fn rooms_members_and_commands_are_found_by_their_names_in_either_language() {
    let state = with_ben();
    for language in Language::ALL {
        let first = |typed| listed(&state, language, typed).first().copied();
        assert_eq!(first("gard"), Some(Offer::Room(OTHER_ROOM)));
        assert_eq!(first("  SEARCH "), Some(Wished(Wish::Search)));
        assert_eq!(first("搜索"), Some(Wished(Wish::Search)));
        assert_eq!(first("mute ben"), Some(Offer::Choice(BEN, Choice::Mute)));
        assert_eq!(first("ben verify"), Some(Offer::Choice(BEN, Choice::Compare)));
        assert_eq!(first("no such thing"), None);
        let speaks = Wished(Wish::Speak(language));
        assert!(!listed(&state, language, "").contains(&speaks), "it is spoken already");
    }
    let name = Language::Chinese.palette(&state, "search")[0].1.clone();
    assert_eq!(name, Language::Chinese.words().search, "shown in the language of the page");
}

#[test]
fn what_begins_so_comes_before_what_has_it_inside_and_choices_only_once_a_word_is_typed() {
    let state = with_ben();
    let all = listed(&state, Language::English, "");
    assert_eq!(all[0], Offer::Room(OTHER_ROOM), "rooms first");
    assert!(!all.contains(&Offer::Room(ROOM)), "it is shown already");
    assert!(all.contains(&Offer::Member(BEN)) && all.len() > 8);
    assert!(!all.iter().any(|offer| matches!(offer, Offer::Choice(..))));
    let import = listed(&state, Language::English, "im");
    assert_eq!(import[0], Wished(Wish::Device(DeviceQuestion::Import)), "{import:?}");
}

#[test]
fn outside_of_a_room_nothing_of_a_room_is_offered() {
    let mut state = with_ben();
    state.apply(PageEvent::Left);
    let offers = state.offers();
    assert_eq!(offers[..2], [Offer::Room(ROOM), Offer::Room(OTHER_ROOM)]);
    let connections = Wished(Wish::Connections);
    for offer in [
        Wished(Wish::Search),
        Wished(Wish::Queue),
        connections,
        Wished(Wish::AllRooms),
        Offer::Member(BEN),
    ] {
        assert!(!offers.contains(&offer), "{offer:?}");
    }
    assert!(offers.contains(&Wished(Wish::NewRoom)));
}

#[test]
fn arrows_mark_and_other_words_mark_the_first_again() {
    let mut state = with_ben();
    lays(&mut state, Lay::Palette);
    lays(&mut state, Lay::Mark(Move::Down, 5));
    lays(&mut state, Lay::Mark(Move::Down, 5));
    let at = |state: &ChatState| match &state.overlay {
        Overlay::Palette(palette) => Some((palette.text.clone(), palette.at)),
        Overlay::None | Overlay::Shortcuts => None,
    };
    assert_eq!(at(&state), Some((String::new(), 2)));
    lays(&mut state, Lay::Type("b".to_owned()));
    assert_eq!(at(&state), Some(("b".to_owned(), 0)));
    lays(&mut state, Lay::Palette);
    assert_eq!(at(&state), None, "the same key puts it away");
    lays(&mut state, Lay::Type("late".to_owned()));
    assert_eq!(at(&state), None);
}

#[test]
fn what_a_message_says_goes_to_another_room_as_a_quotation_that_is_not_sent_yet() {
    let mut state = with_ben();
    let secret = Row { private: Some(ME), ..row(BEN, 2, "between us") };
    let fleeting = Row { vanishes: Some(60_000), ..row(BEN, 3, "gone soon") };
    let said = row(BEN, 1, "one\ntwo");
    let entries = [said.entry, secret.entry, fleeting.entry];
    state.apply(told(Event::Rows(vec![said, secret, fleeting])));
    for entry in &entries[1..] {
        lays(&mut state, Lay::Forward(*entry));
        assert_eq!(state.overlay, Overlay::None, "it stays where it was said");
    }
    lays(&mut state, Lay::Forward(entries[0]));
    let offer = Offer::Forward(entries[0], OTHER_ROOM);
    assert_eq!(state.offers(), [offer], "the rooms but this one");
    lays(&mut state, Lay::Type("gard".to_owned()));
    assert_eq!(listed(&state, Language::English, "gard"), [offer]);
    let words = "> Ben:\n> one\n> two\n".to_owned();
    let kept = Errand::KeepWords(OTHER_ROOM, words, None);
    let went = Errand::Soon(vec![PageEvent::Went(OTHER_ROOM)]);
    assert_eq!(lays(&mut state, Lay::Do(offer)), [kept, went]);
    assert_eq!(state.overlay, Overlay::None);
    assert!(lays(&mut state, Lay::Do(offer)).is_empty(), "a command is chosen by then");
}

#[test]
fn what_is_chosen_happens_once_the_palette_is_away_and_nothing_that_is_not_offered() {
    let mut state = with_ben();
    lays(&mut state, Lay::Palette);
    let errands = lays(&mut state, Lay::Do(Offer::Room(OTHER_ROOM)));
    assert_eq!(errands, [Errand::Soon(vec![PageEvent::Went(OTHER_ROOM)])]);
    assert_eq!(state.overlay, Overlay::None);
    let search = lays(&mut state, Lay::Do(Wished(Wish::Search)));
    assert_eq!(search, [Errand::Press(Spot::Search)]);
    let queue = lays(&mut state, Lay::Do(Wished(Wish::Queue)));
    assert_eq!(queue, [Errand::Press(Spot::Queue)]);
    let told = lays(&mut state, Lay::Do(Wished(Wish::Notifications)));
    assert_eq!(told.last(), Some(&Errand::Press(Spot::Notifications)), "in its dialog");
    assert!(lays(&mut state, Lay::Do(Offer::Room(RoomId([99; 32])))).is_empty());

    let mut run = |offer| {
        let errands = lays(&mut state, Lay::Do(offer));
        let mut events = Vec::new();
        for errand in errands {
            if let Errand::Soon(all) = errand {
                events.extend(all);
            } else {
                assert_eq!(errand, Errand::Press(Spot::Panel));
            }
        }
        events.into_iter().flat_map(|event| state.apply(event)).collect::<Vec<Errand>>()
    };
    let mute = run(Offer::Choice(BEN, Choice::Mute));
    assert_eq!(mute, [Errand::Command(ROOM, Command::MuteMember(BEN, true))]);
    let connections = run(Wished(Wish::Connections));
    assert_eq!(connections, [Errand::Command(ROOM, Command::Watch(true))]);
    assert_eq!(run(Wished(Wish::Mute(true))), [Errand::Command(ROOM, Command::Mute(true))]);
    assert!(run(Wished(Wish::Leave)).is_empty(), "it is asked once more");
    assert!(run(Offer::Choice(BEN, Choice::Remove)).is_empty());
    assert_eq!(state.asks, Some(RoomQuestion::Leave(ROOM)));
    assert_eq!(state.room.asks, Some(Question::Remove(BEN)));
}

#[test]
fn nothing_is_offered_while_all_is_locked() {
    let mut state = with_ben();
    lays(&mut state, Lay::Palette);
    assert_eq!(state.overlay, Overlay::Palette(Palette::default()));
    state.apply(PageEvent::Client(ClientEvent::Locked));
    assert_eq!(state.overlay, Overlay::None);
    for lay in [Lay::Palette, Lay::Shortcuts, Lay::Do(Wished(Wish::Search))] {
        assert!(lays(&mut state, lay).is_empty());
        assert_eq!(state.overlay, Overlay::None);
    }
}
