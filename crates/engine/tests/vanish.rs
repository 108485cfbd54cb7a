//! Words that go some time after they were read: here after one's own reading, everywhere after
//! everybody's; across restarts, and without anybody losing what is still unread.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
#![expect(clippy::wildcard_enum_match_arm, reason = "a test picks the events it looks at")]

mod driver;

use driver::{Tables, World, founder, guest, two};
use engine::log::run::Run;
use engine::{
    Act, Body, Command, Draft, EntryId, Event, Priority, Qos, Refusal, RowState, Table, Terms,
    Waiting,
};

const MINUTE: u64 = 60_000;

fn three() -> World {
    let mut world = two();
    let third = world.start(guest(2), Tables::new());
    world.connect(third);
    world.pass(5_000);
    world
}

fn whisper(world: &mut World, peer: usize, text: &str) -> Draft {
    let act = Act::SayFor { after: MINUTE };
    let draft = world.draft(peer, text, Priority::Normal).doing(act);
    world.command(peer, Command::Send(draft.clone()));
    draft
}

fn entry(world: &World, peer: usize, text: &str) -> EntryId {
    let rows = &world.peers[peer].rows;
    rows.values().find(|row| row.body == Body::Text(text.to_owned())).unwrap().entry
}

fn read(world: &mut World, peer: usize, entry: EntryId) {
    world.command(peer, Command::MarkRead(vec![entry]));
}

fn refusal(world: &World, peer: usize) -> Option<Refusal> {
    world.peers[peer].events.iter().rev().find_map(|event| match event {
        Event::Refused { reason, .. } => Some(reason.clone()),
        _ => None,
    })
}

/// Closes a page and opens it again on what it has stored.
fn restart(world: &mut World, peer: usize, record: engine::RoomRecord) -> usize {
    let store = world.stop(peer);
    let again = world.start(record, store);
    world.connect(again);
    world.pass(5_000);
    again
}

/// Bodies of messages on a peer's disk. Every run is verified on the way.
fn bodies(world: &World, peer: usize) -> usize {
    let peer = &world.peers[peer];
    let runs = peer.store.iter().filter(|((table, _), _)| *table == Table::Runs);
    let runs = runs.map(|(_, bytes)| Run::verify(&peer.engine.room(), bytes).unwrap());
    runs.map(|run| run.entries.iter().filter(|entry| entry.body.is_some()).count()).sum()
}

#[test]
fn words_go_from_the_reader_first_and_from_everybody_when_all_have_read_them() {
    let mut world = three();
    whisper(&mut world, 0, "between us");
    world.say(0, "for ever", Priority::Normal);
    world.pass(3_000);
    let id = entry(&world, 1, "between us");
    assert_eq!(world.peers[1].rows.values().next().unwrap().vanishes, Some(MINUTE));
    world.pass(10 * MINUTE);
    assert_eq!(world.words(1), ["between us", "for ever"], "nobody has read it");
    read(&mut world, 1, id);
    world.pass(MINUTE - 5_000);
    assert_eq!(world.words(1), ["between us", "for ever"], "it is not over yet");
    world.pass(10_000);
    assert_eq!(world.words(1), ["Gone", "for ever"]);
    assert_eq!((bodies(&world, 0), bodies(&world, 1), bodies(&world, 2)), (2, 1, 2));
    assert_eq!(world.words(2), ["between us", "for ever"], "the third has not read it");
    read(&mut world, 2, id);
    world.pass(MINUTE + 10_000);
    for peer in 0..3 {
        assert_eq!(world.words(peer), ["Gone", "for ever"], "at {peer}");
        // What is left beside "for ever" is the deletion, which says nothing but that.
        assert_eq!(bodies(&world, peer), 2, "at {peer}");
    }
    let state = world.peers[0].rows.values().find(|row| row.entry == id).unwrap().state;
    assert_eq!(state, RowState::Read);
    let late = world.start(guest(3), Tables::new());
    world.connect(late);
    world.pass(20_000);
    assert_eq!(world.words(late), ["Gone", "for ever"], "the chain is whole");
}

#[test]
fn the_time_runs_on_while_pages_are_closed() {
    let mut world = two();
    whisper(&mut world, 0, "between us");
    world.pass(3_000);
    let id = entry(&world, 1, "between us");
    read(&mut world, 1, id);
    world.pass(10_000);
    let waiting = |world: &World, peer: usize| {
        world.peers[peer].events.iter().rev().find_map(|event| match event {
            Event::Waiting(waiting) => Some(waiting.clone()),
            _ => None,
        })
    };
    let none: Option<Vec<Waiting>> = Some(vec![]);
    assert!(waiting(&world, 0).is_none() || waiting(&world, 0) == none, "no draft of a person's");
    let (first, second) = (world.stop(0), world.stop(1));
    world.pass(MINUTE);
    let reader = world.start(guest(1), second);
    world.pass(2_000);
    assert_eq!((world.words(reader), bodies(&world, reader)), (vec!["Gone".to_owned()], 0));
    let author = world.start(founder(), first);
    world.pass(2_000);
    assert_eq!(world.words(author), ["Gone"]);
    let author = restart(&mut world, author, founder());
    let deletions = |world: &World| {
        let rows = &world.peers[author].store;
        rows.keys().filter(|(table, _)| *table == Table::Runs).count()
    };
    let before = deletions(&world);
    world.pass(30 * MINUTE);
    assert_eq!(deletions(&world), before, "it is deleted once");
}

#[test]
fn who_has_not_read_it_gets_it_from_the_author_though_the_reader_has_lost_it() {
    let mut world = three();
    let third = world.stop(2);
    world.pass(20_000);
    for text in ["one", "two"] {
        whisper(&mut world, 0, text);
    }
    world.say(0, "for ever", Priority::Normal);
    world.pass(3_000);
    let id = entry(&world, 1, "one");
    read(&mut world, 1, id);
    world.pass(2 * MINUTE);
    let author = world.stop(0);
    world.pass(20_000);
    let third = world.start(guest(2), third);
    world.connect(third);
    world.pass(MINUTE);
    assert_eq!(world.words(third), ["two", "for ever"], "what is left arrives by the reader");
    let author = world.start(founder(), author);
    world.connect(author);
    world.pass(MINUTE);
    assert_eq!(world.words(third), ["one", "two", "for ever"]);
}

#[test]
fn what_vanishes_is_not_edited_and_terms_that_contradict_it_are_refused() {
    let mut world = two();
    whisper(&mut world, 0, "between us");
    world.pass(2_000);
    let id = entry(&world, 0, "between us");
    let edit = world.draft(0, "other words", Priority::Normal).doing(Act::Edit(id));
    world.command(0, Command::Send(edit));
    world.pass(1_000);
    assert_eq!(refusal(&world, 0), Some(Refusal::NoSuchMessage));
    let live = Terms { qos: Qos::AtMostOnce, ..Terms::default() };
    let wrong = [
        world.draft(0, "no", Priority::Normal).doing(Act::SayFor { after: 10 }),
        world.draft(0, "no", Priority::Normal).doing(Act::SayFor { after: u64::MAX }),
        world.draft(0, "no", Priority::Normal).doing(Act::SayFor { after: MINUTE }).on(live),
    ];
    for draft in wrong {
        world.peers[0].events.clear();
        world.command(0, Command::Send(draft));
        assert!(matches!(refusal(&world, 0), Some(Refusal::Terms(_))));
    }
    assert_eq!(world.words(1), ["between us"]);
}
