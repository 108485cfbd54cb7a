//! Who breaks the rules of a proven link is named to the person; before the proof nobody is.

mod driver;

use driver::{Tables, World, founder, guest, two};
use engine::frame::{Frame, Want};
use engine::log::have::{HaveRange, LogHave};
use engine::{
    Channel, EntryHash, Event, Incarnation, Input, LinkId, LogId, MemberId, Trouble, limits,
};

/// What a peer was told of others that broke the rules.
fn told(world: &World, peer: usize) -> Vec<(Option<MemberId>, String)> {
    let events = world.peers[peer].events.iter();
    let told = events.filter_map(|event| {
        let Event::Trouble(Trouble::Peer { member, what }) = event else { return None };
        Some((*member, what.clone()))
    });
    told.collect()
}

fn hears(world: &mut World, peer: usize, link: LinkId, frame: &Frame) {
    let (channel, bytes) = (Channel::Messages, frame.encode());
    world.peers[peer].inputs.push_front(Input::Frame { link, channel, bytes });
}

#[test]
fn i6_more_ranges_than_are_allowed_close_the_link_in_the_name_of_whoever_sent_them() {
    let member = guest(1).me();
    let log = LogId { member, incarnation: Incarnation([1; 16]) };
    let many = |count: usize| (0..count as u64).map(|at| (3 * at, 3 * at + 1));
    let held = |count: usize| {
        let range = |(first, last)| HaveRange { first, last, head: EntryHash([2; 32]) };
        let ranges = many(count).map(range).collect();
        Frame::Have(vec![LogHave { log, ranges, refused: vec![] }])
    };
    let settled = |count: usize| {
        let refused = many(count).map(|(first, last)| (first, last, 1)).collect();
        Frame::Have(vec![LogHave { log, ranges: vec![], refused }])
    };
    let asked = |count: usize| Frame::Want(Want { log, ranges: many(count).collect() });
    let frames: [&dyn Fn(usize) -> Frame; 3] = [&held, &settled, &asked];
    for frame in frames {
        let mut world = two();
        let link = world.wires.keys().find(|(peer, _)| *peer == 0).unwrap().1;
        hears(&mut world, 0, link, &frame(limits::FRAME_RANGES));
        world.run();
        assert_eq!(told(&world, 0), []);
        hears(&mut world, 0, link, &frame(limits::FRAME_RANGES + 1));
        world.run();
        let [(who, what)] = &told(&world, 0)[..] else { panic!("it is told once") };
        assert_eq!(*who, Some(member));
        assert!(what.contains("more ranges than are allowed"), "{what}");
    }
}

#[test]
fn i5_who_speaks_before_its_proof_is_told_of_and_nobody_is_named_for_it() {
    let mut world = World::new();
    for record in [founder(), guest(1)] {
        let peer = world.start(record, Tables::new());
        world.connect(peer);
    }
    // Until one side has taken the other's offer.
    while world.wires.is_empty() {
        world.step(0);
        world.step(1);
    }
    let (peer, link) = *world.wires.keys().next().unwrap();
    hears(&mut world, peer, link, &Frame::Have(vec![]));
    world.run();
    let what = "it spoke before it had proven itself".to_owned();
    assert_eq!(told(&world, peer), [(None, what)]);
}

#[test]
fn i6_messages_of_which_nothing_is_known_count_against_the_pace_too() {
    let mut world = two();
    let link = world.wires.keys().find(|(peer, _)| *peer == 0).unwrap().1;
    let unknown = || Input::Frame { link, channel: Channel::Messages, bytes: vec![1, 200] };
    let send = |world: &mut World, count: u32| {
        (0..count).for_each(|_| world.peers[0].inputs.push_back(unknown()));
        world.run();
    };
    world.pass(2_000);
    send(&mut world, limits::CONTROL_RATE / 2);
    assert_eq!(told(&world, 0), [], "a newer version may say what is not known here");
    send(&mut world, limits::CONTROL_RATE);
    let [(who, what)] = &told(&world, 0)[..] else { panic!("it is told once") };
    assert_eq!((*who, what.as_str()), (Some(guest(1).me()), "control frames come too fast"));
}
