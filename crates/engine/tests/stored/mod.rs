//! Databases as devices had left them (`tests/databases`), and what a page shows of them: for the
//! tests here, and for those of the browser's store, which put them into IndexedDB first.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
#![expect(clippy::wildcard_enum_match_arm, reason = "a test picks the events it looks at")]
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::fmt::Write;

use engine::crypto::passphrase::{Cost, LEAST_KIB};
use engine::crypto::random::Random;
use engine::room::vault::{DeviceKey, Head, Note, Phase, Stored, Vault};
use engine::{Event, RoomRecord, Table, Trouble};

use crate::driver::{Tables, World};

pub const DAY: u64 = 24 * 60 * 60 * 1_000;
/// What opens the sealed databases.
pub const PASSPHRASE: &str = "night train to nowhere";

/// The records of a database.
pub type Records = Vec<(Table, Vec<u8>, Vec<u8>)>;

/// A database as it is kept in a file: the record of its room, and all its records in order.
pub fn decode(bytes: &[u8]) -> (RoomRecord, Tables) {
    let (record, records): (Vec<u8>, Records) = postcard::from_bytes(bytes).unwrap();
    (RoomRecord::decode(&record).unwrap(), tables(records))
}

pub fn encode(record: &RoomRecord, tables: &Tables) -> Vec<u8> {
    postcard::to_allocvec(&(record.encode(), records(tables))).unwrap()
}

/// A database under a passphrase: the head of its vault, and all its records as they lie sealed.
pub fn decode_sealed(bytes: &[u8]) -> (Head, Tables) {
    let (head, records): (Vec<u8>, Records) = postcard::from_bytes(bytes).unwrap();
    (Head::decode(&head).unwrap(), tables(records))
}

/// Seals a database, the same each time.
pub fn seal(plain: &Tables) -> Vec<u8> {
    let mut random = Random::new([5; 32]);
    let key = DeviceKey::draw(&mut random);
    let note = Note { phase: Phase::Sealed, idle_minutes: 5 };
    let cost = Cost { kib: LEAST_KIB, passes: 1 };
    let head = Head::make(PASSPHRASE, cost, (&key, note), &mut random).unwrap();
    let vault = Vault::new(key, note);
    let sealed = plain.iter().filter_map(|((table, key), value)| {
        let stored = vault.put((*table, key), value, random.bytes());
        let Stored::Sealed(sealed) = stored else { return None };
        Some((*table, key.clone(), sealed))
    });
    let sealed: Records = sealed.collect();
    assert_eq!(sealed.len(), plain.len(), "a value is not sealed");
    postcard::to_allocvec(&(head.encode(), sealed)).unwrap()
}

/// Opens all that lies sealed.
pub fn unseal((head, sealed): &(Head, Tables)) -> Tables {
    let key = head.open(PASSPHRASE).unwrap();
    let note = head.note(&key).unwrap();
    let vault = Vault::new(key, note);
    let open = |((table, key), value): (&(Table, Vec<u8>), &Vec<u8>)| {
        let stored = Stored::Sealed(value.clone());
        ((*table, key.clone()), vault.get((*table, key), stored).unwrap())
    };
    sealed.iter().map(open).collect()
}

fn tables(records: Records) -> Tables {
    records.into_iter().map(|(table, key, value)| ((table, key), value)).collect()
}

fn records(tables: &Tables) -> Records {
    let tables = tables.clone().into_iter();
    tables.map(|((table, key), value)| (table, key, value)).collect()
}

/// Opens a room a day later, with nobody there.
pub fn open((record, store): (RoomRecord, Tables)) -> (World, usize) {
    let mut world = World::new();
    world.now = DAY;
    let peer = world.start(record, store);
    world.connect(peer);
    world.pass(10_000);
    (world, peer)
}

/// True if anything of what was stored could not be read.
pub fn is_damaged(world: &World, peer: usize) -> bool {
    let damaged = |event: &Event| matches!(event, Event::Trouble(Trouble::Damaged(_)));
    world.peers[peer].events.iter().any(damaged)
}

fn last<T>(world: &World, peer: usize, pick: impl Fn(&Event) -> Option<T>) -> Option<T> {
    world.peers[peer].events.iter().rev().find_map(pick)
}

/// What a page shows of a room, as text.
pub fn shown(world: &World, peer: usize) -> String {
    let mut text = String::new();
    let name = last(world, peer, |event| match event {
        Event::Room(room) => Some(room.name.clone()),
        _ => None,
    });
    let members = last(world, peer, |event| match event {
        Event::Members(members) => Some(members.clone()),
        _ => None,
    });
    let names = members.unwrap().into_iter().map(|member| member.name).collect::<Vec<_>>();
    writeln!(text, "room {:?}, members {names:?}", name.unwrap()).unwrap();
    for row in world.peers[peer].rows.values() {
        let marks = row.reactions.iter().map(|reaction| &reaction.emoji).collect::<Vec<_>>();
        let (body, state, class) = (&row.body, row.state, row.priority);
        writeln!(text, "{body:?} {class:?} {state:?} edited {} {marks:?}", row.edited).unwrap();
    }
    let waiting = last(world, peer, |event| match event {
        Event::Waiting(waiting) => Some(waiting.clone()),
        _ => None,
    });
    for one in waiting.unwrap() {
        writeln!(text, "waits: {:?}", one.draft.text).unwrap();
    }
    let undelivered = last(world, peer, |event| match event {
        Event::Undelivered(undelivered) => Some(undelivered.clone()),
        _ => None,
    });
    for one in undelivered.unwrap() {
        let reasons: Vec<_> = one.failures.iter().map(|failure| &failure.reason).collect();
        writeln!(text, "undelivered: {} {reasons:?}", one.entry.seq).unwrap();
    }
    let pending = last(world, peer, |event| match event {
        Event::Pending(pending) => Some(*pending),
        _ => None,
    });
    writeln!(text, "pending {}", pending.unwrap()).unwrap();
    text
}

/// What a page shows of who is in a room and how each is treated, of what messages answer and for
/// whom they are, and of how the room is kept, as text.
pub fn people(world: &mut World, peer: usize) -> String {
    let mut text = String::new();
    let members = last(world, peer, |event| match event {
        Event::Members(members) => Some(members.clone()),
        _ => None,
    });
    for member in members.unwrap() {
        let (name, role, treatment) = (&member.name, member.role, member.treatment);
        writeln!(text, "{name:?} {role:?} {treatment:?} {:?}", member.verified).unwrap();
    }
    for row in world.peers[peer].rows.values() {
        let answers = row.reply_to.as_ref().map(|target| target.entry.seq);
        let private = row.private.is_some();
        writeln!(text, "{:?} answers {answers:?} private {private}", row.body).unwrap();
    }
    writeln!(text, "{:?}", world.peers[peer].engine.poll_gist().unwrap().shelf).unwrap();
    text
}
