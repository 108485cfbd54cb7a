//! One key and more than one life of it: restored backups, copied profiles, logs that fork.
//!
//! Whatever happens to a device's disk, nothing that was said is lost, everybody sees the same, and
//! nobody is blamed.
#![expect(clippy::wildcard_enum_match_arm, reason = "a test picks the events it looks at")]

mod driver;

use std::collections::BTreeSet;

use driver::{Tables, World, founder, guest};
use engine::{EntryId, Event, LogId, Priority, RowState, Trouble};

fn everybody(world: &mut World, guests: u8) {
    for seed in 0..=guests {
        let record = if seed == 0 { founder() } else { guest(seed) };
        let peer = world.start(record, Tables::new());
        world.connect(peer);
        world.pass(1_000);
    }
    world.pass(5_000);
}

fn say(world: &mut World, peer: usize, text: &str) {
    world.say(peer, text, Priority::Normal);
}

/// Opens a page of the founder on a store, as it is after a backup was restored.
fn restore(world: &mut World, store: &Tables) -> usize {
    let record = record_of(store);
    let peer = world.start(record, store.clone());
    world.run();
    peer
}

/// The record in a store, as the driver of a page reads it; the founder's if none was stored.
fn record_of(store: &Tables) -> engine::RoomRecord {
    let mut records = store.iter().filter(|((table, _), _)| *table == engine::Table::Rooms);
    let stored = records.find_map(|(_, value)| engine::RoomRecord::decode(value).ok());
    stored.unwrap_or_else(founder)
}

fn logs(world: &World, peer: usize) -> BTreeSet<LogId> {
    world.peers[peer].rows.values().map(|row| row.entry.log).collect()
}

fn entries(world: &World, peer: usize) -> Vec<EntryId> {
    world.peers[peer].rows.values().map(|row| row.entry).collect()
}

fn states(world: &World, peer: usize) -> Vec<RowState> {
    world.peers[peer].rows.values().map(|row| row.state).collect()
}

fn blamed(world: &World, peer: usize) -> Vec<Trouble> {
    let troubles = world.peers[peer].events.iter().filter_map(|event| match event {
        Event::Trouble(trouble) => Some(trouble.clone()),
        _ => None,
    });
    troubles.collect()
}

#[test]
fn a_restored_backup_gets_its_own_words_back_and_goes_on() {
    let mut world = World::new();
    everybody(&mut world, 1);
    say(&mut world, 0, "one");
    say(&mut world, 1, "two");
    world.pass(3_000);
    let backup = world.peers[0].store.clone();
    say(&mut world, 0, "three");
    say(&mut world, 0, "four");
    world.pass(3_000);
    world.stop(0);
    let again = restore(&mut world, &backup);
    assert_eq!(world.words(again), ["one", "two"]);
    world.connect(again);
    world.pass(5_000);
    assert_eq!(world.words(again), ["one", "two", "three", "four"]);
    assert_eq!(states(&world, again)[2..], [RowState::Delivered, RowState::Delivered]);
    say(&mut world, again, "five");
    world.pass(5_000);
    assert_eq!(world.words(1), ["one", "two", "three", "four", "five"]);
    assert_eq!(logs(&world, 1).len(), 2, "the founder goes on in the log that it had");
    assert_eq!(entries(&world, 1), entries(&world, again));
    assert_eq!((blamed(&world, 1), blamed(&world, again)), (vec![], vec![]));
}

#[test]
fn what_was_said_before_the_old_words_came_back_goes_to_a_new_log() {
    let mut world = World::new();
    everybody(&mut world, 1);
    say(&mut world, 0, "one");
    world.pass(3_000);
    let backup = world.peers[0].store.clone();
    let text = "x".repeat(30_000);
    (0..20).for_each(|n| say(&mut world, 0, &format!("{n} {text}")));
    world.pass(5_000);
    world.stop(0);
    let again = restore(&mut world, &backup);
    world.connect(again);
    // As soon as the link is proven and the other's Have is there.
    while !matches!(world.peers[again].events.last(), Some(Event::Gaps(_))) {
        assert!(world.step(again) | world.step(1), "the link is made");
    }
    let draft = world.draft(again, "at once", Priority::Urgent);
    let now = world.clock();
    world.peers[again].engine.command(engine::Command::Send(draft), now);
    world.pass(5_000);
    assert_eq!(world.words(again).len(), 22);
    assert_eq!(world.words(1), world.words(again));
    assert_eq!((blamed(&world, 1), blamed(&world, again)), (vec![], vec![]));
}

#[test]
fn two_copies_that_meet_at_the_server_write_logs_of_their_own() {
    let mut world = World::new();
    everybody(&mut world, 1);
    say(&mut world, 0, "before");
    world.pass(3_000);
    let copy = world.peers[0].store.clone();
    let second = restore(&mut world, &copy);
    world.connect(second);
    world.pass(20_000);
    for round in 0..5 {
        say(&mut world, 0, &format!("first {round}"));
        say(&mut world, second, &format!("second {round}"));
    }
    world.pass(10_000);
    for peer in [0, 1, second] {
        assert_eq!(world.words(peer).len(), 11, "{peer}");
        assert_eq!(entries(&world, peer), entries(&world, 1), "{peer}");
        assert_eq!(blamed(&world, peer), vec![], "{peer}");
    }
    assert_eq!(logs(&world, 1).len(), 3);
    // What a life has written it goes on with, after its page was closed.
    let store = world.stop(second);
    let third = restore(&mut world, &store);
    world.connect(third);
    world.pass(5_000);
    say(&mut world, third, "again");
    world.pass(5_000);
    assert_eq!(world.words(0), world.words(third));
    assert!(world.words(1).contains(&"again".to_owned()));
}
