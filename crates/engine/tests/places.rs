//! Whoever is inside can sign decisions without end, by as many keys as it likes: the places for
//! what the founder and admins decide stay theirs.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
#![expect(clippy::wildcard_enum_match_arm, reason = "a test picks the events it looks at")]

mod driver;

use driver::{Tables, World, founder, guest};
use engine::frame::{Frame, Part};
use engine::log::decision::{Decision, Ruling};
use engine::log::entry::{Header, Kind, body_hash};
use engine::log::run::{Run, Start, Unsigned};
use engine::{
    Channel, Command, EntryHash, Event, Incarnation, Input, LogId, MemberId, Priority, Role,
    RoomRecord, limits,
};

/// Keys that the attacker makes up beside its own.
const KEYS: u8 = 24;
/// What each of them decides.
const EACH: usize = 64;
const ADMIN: u8 = 1;
const ATTACKER: u8 = 2;

fn me(number: u8) -> MemberId {
    guest(number).me()
}

/// The founder (0), an admin (1) and the attacker (2).
fn room() -> World {
    let mut world = World::new();
    for record in [founder(), guest(ADMIN), guest(ATTACKER)] {
        let peer = world.start(record, Tables::new());
        world.connect(peer);
        world.run();
    }
    world.pass(5_000);
    world.command(0, Command::Promote(me(ADMIN)));
    world.pass(5_000);
    world
}

/// What somebody decides in a log of its own, whatever it may.
fn decides(record: &RoomRecord, decisions: Vec<Decision>) -> Run {
    let log = LogId { member: record.me(), incarnation: Incarnation([99; 16]) };
    let entry = |(lamport, decision): (u64, Decision)| {
        let body = decision.encode();
        let header = Header {
            kind: Kind::GOVERNANCE,
            lamport,
            wall: 0,
            expiry: None,
            target: None,
            group: None,
            body_len: u32::try_from(body.len()).unwrap(),
            body_hash: body_hash(&body),
        };
        Unsigned { header, body }
    };
    let (room, epoch, class) = (record.room(), record.epoch(), Priority::Urgent);
    let start = Start { room, log, first: 0, previous: EntryHash::NONE, epoch, class };
    Run::sign(&start, (1..).zip(decisions).map(entry).collect(), &record.keypair())
}

/// Decisions that change nothing.
fn worthless(count: usize) -> Vec<Decision> {
    let newer = |at: usize| Ruling::Newer(vec![250, u8::try_from(at % 256).unwrap()]);
    (0..count).map(|at| Decision { deps: vec![], ruling: newer(at) }).collect()
}

/// The attacker's device, which is the last, hands a run to another one.
fn hands(world: &mut World, to: usize, run: &Run) {
    let part = Frame::Part(Part { class: 1, last: true, bytes: run.bytes().to_vec() });
    let attacker = world.peers.len() - 1;
    let mut wires = world.wires.iter();
    let wire = wires.find(|((from, _), (at, _))| (*from, *at) == (attacker, to));
    let (_, (_, link)) = wire.unwrap();
    let (link, channel, bytes) = (*link, Channel::Messages, part.encode());
    world.peers[to].inputs.push_back(Input::Frame { link, channel, bytes });
}

fn floods(world: &mut World, to: &[usize]) {
    for key in 0..KEYS {
        let run = decides(&guest(100 + key), worthless(EACH + usize::from(key % 2)));
        to.iter().for_each(|to| hands(world, *to, &run));
        world.pass(1_000);
    }
    world.pass(60_000);
}

/// What members are, as a peer knows.
fn roles(world: &World, peer: usize, members: &[MemberId]) -> Vec<Role> {
    let events = world.peers[peer].engine.snapshot();
    let mut views = events.into_iter().filter_map(|event| match event {
        Event::Members(views) => Some(views),
        _ => None,
    });
    let views = views.next_back().unwrap();
    let role = |member: &MemberId| views.iter().find(|view| view.member == *member).unwrap().role;
    members.iter().map(role).collect()
}

#[test]
fn i6_the_places_for_decisions_are_bounded_and_the_founders_and_the_admins_stay_theirs() {
    assert!(usize::from(KEYS) * EACH >= limits::DECISIONS_OF_OTHERS + limits::DECISIONS);
    let mut world = room();
    floods(&mut world, &[0, 1]);
    let stored = |world: &World, peer: usize| {
        let runs = world.peers[peer].store.iter();
        runs.filter(|((_, key), _)| key.get(32) == Some(&b'g')).count()
    };
    for peer in [0, 1] {
        let stored = stored(&world, peer);
        assert!(stored <= limits::DECISIONS_OF_OTHERS + 1, "{stored} records at {peer}");
    }
    world.command(1, Command::Remove(me(ATTACKER)));
    world.pass(10_000);
    for peer in [0, 1] {
        assert_eq!(roles(&world, peer, &[me(ATTACKER)]), [Role::Removed], "at {peer}");
    }
    world.command(0, Command::NewLink);
    world.pass(10_000);
    world.say(0, "among ourselves", Priority::Normal);
    world.pass(5_000);
    assert!(world.words(1).iter().any(|words| words == "among ourselves"));
}

#[test]
fn what_found_no_place_has_one_once_its_author_is_known_to_be_an_admin() {
    let promotion =
        |member: MemberId, deps: Vec<EntryHash>| Decision { deps, ruling: Ruling::Promote(member) };
    let by_founder = decides(&founder(), vec![promotion(me(ADMIN), vec![])]);
    let first = by_founder.hash_at(0).unwrap();
    let by_admin = decides(&guest(ADMIN), vec![promotion(me(ATTACKER), vec![first])]);
    let mut world = World::new();
    for record in [guest(30), guest(ATTACKER)] {
        let peer = world.start(record, Tables::new());
        world.connect(peer);
        world.run();
    }
    world.pass(5_000);
    floods(&mut world, &[0]);
    hands(&mut world, 0, &by_admin);
    world.pass(5_000);
    assert_eq!(roles(&world, 0, &[me(ATTACKER)]), [Role::Member], "nobody knows of an admin");
    hands(&mut world, 0, &by_founder);
    world.pass(5_000);
    assert_eq!(roles(&world, 0, &[me(ATTACKER)]), [Role::Admin]);
    // And after a start, too.
    let store = world.stop(0);
    let again = world.start(guest(30), store);
    world.pass(5_000);
    assert_eq!(roles(&world, again, &[me(ATTACKER)]), [Role::Admin]);
}
