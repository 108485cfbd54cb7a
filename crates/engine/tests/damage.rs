//! Disks that give back something else than was stored: nothing that somebody holds is lost.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

mod driver;

use driver::{Tables, World, guest, two};
use engine::{Body, Event, Priority, Table, Trouble};

/// Two who have talked, and the second one's disk. Its first life is over.
fn talked() -> (World, Tables) {
    let mut world = two();
    for number in 0..9 {
        world.say(number % 2, &format!("{number}"), Priority::Normal);
        world.pass(3_000);
    }
    assert_eq!(world.words(1).len(), 9);
    let store = world.stop(1);
    (world, store)
}

/// The keys of all runs, by log and seq.
fn runs(store: &Tables) -> Vec<Vec<u8>> {
    store.keys().filter(|(table, _)| *table == Table::Runs).map(|(_, key)| key.clone()).collect()
}

fn spoil(store: &mut Tables, table: Table, key: &[u8]) {
    let value = store.get_mut(&(table, key.to_vec())).unwrap();
    let middle = value.len() / 2;
    value[middle] ^= 1;
}

fn damaged(world: &World, peer: usize) -> bool {
    let told = |event: &Event| matches!(event, Event::Trouble(Trouble::Damaged(_)));
    world.peers[peer].events.iter().any(told)
}

fn all() -> Vec<String> {
    (0..9).map(|number| number.to_string()).collect()
}

/// Starts the second one again with nobody there, and lets it meet the other.
fn again(world: &mut World, store: Tables) -> usize {
    let peer = world.start(guest(1), store);
    world.pass(5_000);
    peer
}

#[test]
fn a_damaged_run_is_said_and_fetched_again_wherever_it_is() {
    let (_, store) = talked();
    let count = runs(&store).len();
    assert_eq!(count, 9, "each message has a run");
    for which in 0..count {
        let (mut world, mut store) = talked();
        let key = runs(&store)[which].clone();
        spoil(&mut store, Table::Runs, &key);
        let peer = again(&mut world, store);
        assert!(damaged(&world, peer), "run {which}");
        assert_eq!(world.words(peer).len(), 8, "run {which}: all others are shown");
        world.connect(peer);
        world.pass(20_000);
        assert_eq!(world.words(peer), all(), "run {which}");
        assert_eq!(world.words(0), all(), "run {which}");
        let store = world.stop(peer);
        let peer = again(&mut world, store);
        assert!(!damaged(&world, peer), "run {which} is whole again");
        assert_eq!(world.words(peer), all(), "run {which}");
    }
}

#[test]
fn runs_that_are_not_there_any_more_are_fetched_again() {
    for lost in [vec![0, 1, 2], vec![3, 4, 5], vec![6, 7, 8], (0..9).collect()] {
        let (mut world, mut store) = talked();
        let keys = runs(&store);
        for which in &lost {
            let key: &Vec<u8> = &keys[*which];
            store.remove(&(Table::Runs, key.clone()));
        }
        let peer = again(&mut world, store);
        assert!(damaged(&world, peer), "{lost:?}");
        world.connect(peer);
        world.pass(30_000);
        assert_eq!(world.words(peer), all(), "{lost:?}");
        world.say(peer, "still there", Priority::Normal);
        world.say(0, "so am I", Priority::Normal);
        world.pass(10_000);
        assert_eq!(world.words(peer), world.words(0), "{lost:?}");
        assert_eq!(world.words(0).len(), 11, "{lost:?}");
    }
}

#[test]
fn an_own_log_that_lost_its_end_is_not_written_a_second_time() {
    let (mut world, mut store) = talked();
    let own = engine_log(&store, &world);
    let last = runs(&store).into_iter().rfind(|key| key[32..80] == own).unwrap();
    spoil(&mut store, Table::Runs, &last);
    let peer = again(&mut world, store);
    // Nobody is there to say what the lost entry was, and it goes on writing.
    world.say(peer, "alone", Priority::Normal);
    world.pass(5_000);
    let alone = world.peers[peer].rows.values().find(|row| row.body == Body::Text("alone".into()));
    let log = alone.unwrap().entry.log;
    assert_ne!(
        [&log.member.0[..], &log.incarnation.0[..]].concat(),
        own,
        "it has a log of its own"
    );
    world.connect(peer);
    world.pass(30_000);
    let mut words = all();
    words.push("alone".to_owned());
    for peer in [0, peer] {
        let mut shown = world.words(peer);
        shown.sort();
        assert_eq!(shown, words, "{peer}");
    }
}

/// The bytes of the log in which the second one has written.
fn engine_log(store: &Tables, world: &World) -> Vec<u8> {
    let mine = world.peers[1].rows.values().find(|row| row.own).unwrap().entry.log;
    let key = runs(store).into_iter().find(|key| key[32..64] == mine.member.0).unwrap();
    key[32..80].to_vec()
}

#[test]
fn what_is_known_of_a_log_is_made_again_from_what_others_hold() {
    let (_, store) = talked();
    let projections = store.keys().filter(|(table, _)| *table == Table::Projections);
    let logs: Vec<Vec<u8>> =
        projections.map(|(_, key)| key.clone()).filter(|key| key[32] == b'l').collect();
    assert_eq!(logs.len(), 2);
    for key in logs {
        let (mut world, mut store) = talked();
        store.insert((Table::Projections, key.clone()), vec![255; 9]);
        let peer = again(&mut world, store);
        assert!(damaged(&world, peer));
        world.connect(peer);
        world.pass(30_000);
        world.say(peer, "still there", Priority::Normal);
        world.pass(10_000);
        assert_eq!(world.words(peer), world.words(0));
        assert_eq!(world.words(0).len(), 10);
    }
}

#[test]
fn a_member_whose_disk_is_damaged_hands_on_what_it_can_read() {
    let (mut world, mut store) = talked();
    let key = runs(&store)[2].clone();
    spoil(&mut store, Table::Runs, &key);
    world.stop(0);
    let peer = again(&mut world, store);
    world.connect(peer);
    world.pass(2_000);
    let third = world.start(guest(2), Tables::new());
    world.connect(third);
    world.pass(30_000);
    assert_eq!(world.words(third), world.words(peer));
    assert_eq!(world.words(third).len(), 8);
}

/// More than a page shows: beyond it nothing is read at a start.
const MANY: usize = 150;

fn blamed(world: &World) -> bool {
    let told = |event: &Event| matches!(event, Event::Trouble(Trouble::Peer { .. }));
    world.peers.iter().any(|peer| peer.events.iter().any(told))
}

#[test]
fn what_is_damaged_far_up_is_not_handed_on_and_nobody_is_blamed_for_it() {
    let mut world = two();
    for number in 0..MANY {
        world.say(0, &format!("{number}"), Priority::Normal);
    }
    world.pass(30_000);
    assert_eq!(world.words(1).len(), MANY);
    let mut store = world.stop(1);
    world.stop(0);
    world.pass(30_000);
    for (which, key) in runs(&store).into_iter().take(3).enumerate() {
        // In the words, in the signature, and in a run that does not decode any more.
        let value = store.get_mut(&(Table::Runs, key)).unwrap();
        let length = value.len();
        match which {
            0 => value[length / 2] ^= 1,
            1 => value[length - 3] ^= 1,
            _ => value.truncate(length / 2),
        }
    }
    let ben = again(&mut world, store);
    assert!(!damaged(&world, ben), "nothing was read that far up");
    world.connect(ben);
    let cid = world.start(guest(2), Tables::new());
    world.connect(cid);
    world.pass(30_000);
    assert!(!blamed(&world), "{:?}", world.peers[cid].events);
    assert_eq!(world.wires.len(), 2, "the link stands");
    assert!(damaged(&world, ben), "who has it knows of it");
    assert_eq!(world.words(cid).len(), MANY - 3, "all the others have come");
}
