//! A backup that is taken in elsewhere: history is there, what was pending arrives once, and what
//! is written from then on is in another log, whether the old device goes on or not.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

mod driver;

use driver::{Tables, World, guest, two};
use engine::crypto::passphrase::{Cost, LEAST_KIB};
use engine::room::backup::{Item, Packer, Unpacker};
use engine::{Body, Event, Incarnation, LogId, Priority, RoomRecord, Table};
use zeroize::Zeroizing;

const PASSPHRASE: &str = "correct horse battery";
const FRESH: Incarnation = Incarnation([5; 16]);

fn pack(record: &RoomRecord, store: &Tables) -> Vec<u8> {
    let cost = Cost { kib: LEAST_KIB, passes: 1 };
    let (mut packer, mut file) = Packer::begin(PASSPHRASE, cost, [9; 32]).unwrap();
    let bytes = record.encode();
    file.extend(packer.put(Table::Rooms, (&record.key(), &bytes)).unwrap());
    for ((table, key), value) in store.iter().filter(|((table, _), _)| *table != Table::Rooms) {
        file.extend(packer.put(*table, (key, value)).unwrap());
    }
    file.extend(packer.end().unwrap());
    file
}

fn unpack(file: &[u8]) -> (RoomRecord, Tables) {
    let mut unpacker = Unpacker::new(Zeroizing::new(PASSPHRASE.to_owned()));
    let (mut record, mut store) = (None, Tables::new());
    for item in unpacker.take(file).unwrap() {
        match item {
            Item::Room(room) => record = Some(*room),
            Item::Record(table, key, value) => {
                store.insert((table, key), value);
            }
        }
    }
    unpacker.end().unwrap();
    let mut record = record.unwrap();
    record.set_incarnation(FRESH);
    store.insert((Table::Rooms, record.key()), record.encode());
    (record, store)
}

/// A device with history and a message that nobody else holds, its backup, and the store of the
/// only other member, who is away.
fn before() -> (World, Vec<u8>, Tables) {
    let mut world = two();
    world.say(0, "hello", Priority::Normal);
    world.say(1, "hello yourself", Priority::Normal);
    world.pass(5_000);
    let ben = world.stop(1);
    world.pass(30_000);
    world.say(0, "pending", Priority::Normal);
    world.pass(5_000);
    let file = pack(world.peers[0].engine.record(), &world.peers[0].store);
    (world, file, ben)
}

fn start(world: &mut World, (record, store): (RoomRecord, Tables)) -> usize {
    let peer = world.start(record, store);
    world.connect(peer);
    world.pass(10_000);
    peer
}

fn log_of(world: &World, peer: usize, text: &str) -> LogId {
    let mut rows = world.peers[peer].rows.values();
    rows.find(|row| row.body == Body::Text(text.to_owned())).unwrap().entry.log
}

fn expect_no_trouble(world: &World) {
    for peer in &world.peers {
        let trouble = peer.events.iter().find(|event| matches!(event, Event::Trouble(_)));
        assert_eq!(trouble, None);
    }
}

#[test]
fn what_was_pending_arrives_once_and_one_goes_on_in_another_log() {
    let (mut world, file, ben) = before();
    world.stop(0);
    let new = start(&mut world, unpack(&file));
    assert_eq!(world.said(new), ["hello", "hello yourself", "pending"]);
    let ben = start(&mut world, (guest(1), ben));
    assert_eq!(world.said(ben), ["hello", "hello yourself", "pending"]);
    world.say(new, "from the new device", Priority::Normal);
    world.pass(5_000);
    world.say(ben, "welcome", Priority::Normal);
    world.pass(5_000);
    let all = ["hello", "hello yourself", "pending", "from the new device", "welcome"];
    assert_eq!(
        (world.said(new), world.said(ben)),
        (all.map(Into::into).into(), all.map(Into::into).into())
    );
    let (old_log, new_log) =
        (log_of(&world, ben, "pending"), log_of(&world, ben, "from the new device"));
    assert_eq!((old_log.member, new_log.incarnation), (new_log.member, FRESH));
    assert_ne!(old_log, new_log);
    expect_no_trouble(&world);
}

#[test]
fn the_old_device_may_go_on_and_no_log_forks() {
    let (mut world, file, ben) = before();
    let new = start(&mut world, unpack(&file));
    world.say(0, "still here", Priority::Normal);
    world.say(new, "here, too", Priority::Normal);
    world.pass(5_000);
    let ben = start(&mut world, (guest(1), ben));
    world.pass(20_000);
    world.say(0, "once more", Priority::Normal);
    world.say(new, "and once more", Priority::Normal);
    world.pass(20_000);
    let mut said = world.said(ben);
    assert_eq!((world.said(0), world.said(new)), (said.clone(), said.clone()));
    said.sort();
    let mut all = [
        "hello",
        "hello yourself",
        "pending",
        "still here",
        "here, too",
        "once more",
        "and once more",
    ];
    all.sort_unstable();
    assert_eq!(said, all);
    assert_ne!(log_of(&world, ben, "pending"), log_of(&world, ben, "here, too"));
    assert_ne!(log_of(&world, ben, "still here"), log_of(&world, ben, "here, too"));
    expect_no_trouble(&world);
}
