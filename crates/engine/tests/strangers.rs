//! A server that invents peers: what it costs, whom it keeps from whom, and that it is told.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

mod driver;

use std::collections::BTreeSet;

use driver::{Tables, World, founder, guest};
use engine::{Event, Input, LinkId, Misconduct, Output, Priority, RtcCall, Trouble, limits};
use protocol::{PeerId, Rendezvous, ServerMessage};

/// The meeting of a peer that has joined one.
fn meeting(world: &World, peer: usize) -> Rendezvous {
    world.peers[peer].rooms.first().unwrap().clone()
}

fn invented(number: usize) -> PeerId {
    PeerId(u64::try_from(number).unwrap() + 1)
}

fn hear(world: &mut World, peer: usize, message: ServerMessage) {
    world.peers[peer].inputs.push_back(Input::Signal(message));
}

fn caught(world: &World, peer: usize) -> Vec<Misconduct> {
    let of = |event: &Event| {
        let Event::Trouble(Trouble::Server(misconduct)) = event else { return None };
        Some(*misconduct)
    };
    world.peers[peer].events.iter().filter_map(of).collect()
}

/// Brings one peer to rest, and follows which connections it has.
fn follow(world: &mut World, peer: usize, open: &mut BTreeSet<LinkId>) {
    loop {
        while let Some(output) = world.peers[peer].engine.poll_output() {
            if let Output::Rtc { link, call } = &output {
                match call {
                    RtcCall::Open { .. } => _ = open.insert(*link),
                    RtcCall::Close => _ = open.remove(link),
                    RtcCall::Remote { .. } | RtcCall::Candidate(_) | RtcCall::RestartIce => {}
                }
            }
            world.carry_out(peer, output);
        }
        let Some(input) = world.peers[peer].inputs.pop_front() else { return };
        let now = world.clock();
        world.peers[peer].engine.handle(input, now);
    }
}

fn alone() -> (World, usize, Rendezvous) {
    let mut world = World::new();
    let ana = world.start(founder(), Tables::new());
    world.connect(ana);
    world.run();
    let room = meeting(&world, ana);
    (world, ana, room)
}

#[test]
fn i6_of_five_thousand_invented_peers_a_few_are_called_at_once_and_the_server_is_told_of() {
    let (mut world, ana, room) = alone();
    for number in 0..5_000 {
        let joined = ServerMessage::PeerJoined { room: room.clone(), peer: invented(number) };
        hear(&mut world, ana, joined);
    }
    let (mut open, mut called) = (BTreeSet::new(), 0);
    for _ in 0..240 {
        world.peers[ana].inputs.push_back(Input::Tick);
        follow(&mut world, ana, &mut open);
        assert!(open.len() <= limits::STRANGERS, "{} are called at once", open.len());
        called = called.max(open.len());
        world.now += 500;
    }
    assert_eq!(called, limits::STRANGERS);
    assert!(caught(&world, ana).contains(&Misconduct::Crowd));
}

#[test]
fn i6_an_engine_that_waits_for_strangers_is_not_woken_for_nothing() {
    let (mut world, ana, room) = alone();
    let peers = (0..limits::PEERS).map(invented).collect();
    let you = world.address(ana, &room);
    hear(&mut world, ana, ServerMessage::Joined { room, you, peers });
    world.run();
    let mut wakings = 0;
    while let Some(next) = world.peers[ana].engine.deadline().filter(|next| *next < 60_000) {
        world.now = world.now.max(next);
        world.peers[ana].inputs.push_back(Input::Tick);
        world.run();
        wakings += 1;
    }
    assert!((10..1_000).contains(&wakings), "{wakings} wakings in a minute");
}

#[test]
fn i9_two_members_among_a_crowd_of_invented_ones_find_each_other_in_bounded_time() {
    let mut world = World::new();
    for record in [founder(), guest(1)] {
        let peer = world.start(record, Tables::new());
        // The server shows them nobody at first.
        world.peers[peer].side = u8::try_from(peer).unwrap();
        world.connect(peer);
        world.run();
    }
    assert!(world.wires.is_empty());
    world.peers[1].side = 0;
    let room = meeting(&world, 0);
    for (peer, other) in [(0, 1), (1, 0)] {
        let (you, other) = (world.address(peer, &room), world.address(other, &room));
        let mut peers: Vec<PeerId> = (0..limits::PEERS - 1).map(|n| PeerId(n as u64 + 1)).collect();
        peers.retain(|peer| *peer != you && *peer != other);
        peers.push(other);
        hear(&mut world, peer, ServerMessage::Joined { room: room.clone(), you, peers });
    }
    world.pass(60_000);
    world.say(0, "found", Priority::Normal);
    world.pass(5_000);
    assert_eq!(world.words(1), ["found"]);
}

#[test]
fn what_a_server_says_that_contradicts_itself_or_opens_for_nobody_is_told_once_a_second() {
    let (mut world, ana, room) = alone();
    let you = world.address(ana, &room);
    let joined = |peer| ServerMessage::PeerJoined { room: room.clone(), peer };
    for message in [
        joined(you),
        ServerMessage::PeerLeft { room: room.clone(), peer: you },
        ServerMessage::Joined { room: room.clone(), you, peers: vec![you] },
        joined(invented(7)),
        joined(invented(7)),
    ] {
        hear(&mut world, ana, message);
    }
    world.run();
    assert_eq!(caught(&world, ana), [Misconduct::Contradiction]);
    let payload = "A".repeat(800);
    let from = invented(7);
    hear(&mut world, ana, ServerMessage::Signal { room: room.clone(), from, payload });
    world.pass(limits::MISCONDUCT_EVERY);
    hear(&mut world, ana, joined(you));
    world.run();
    let three = [Misconduct::Contradiction, Misconduct::Payload, Misconduct::Contradiction];
    assert_eq!(caught(&world, ana), three);
}

#[test]
fn an_honest_server_is_accused_of_nothing() {
    let mut world = driver::two();
    let store = world.stop(1);
    world.pass(40_000);
    let ben = world.start(guest(1), store);
    world.connect(ben);
    world.pass(40_000);
    world.say(0, "hello", Priority::Normal);
    world.pass(5_000);
    assert_eq!(world.words(ben), ["hello"]);
    assert!((0..3).all(|peer| caught(&world, peer).is_empty()));
}
