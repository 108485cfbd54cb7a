//! A room whose connections go through relays alone: which are opened, and what of this device's
//! addresses leaves it.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

mod driver;

use driver::{World, founder, two};
use engine::{Command, Input, LinkId, Output, Priority, RowState};
use protocol::ClientMessage;

const HOST: &str = r#"{"candidate":"candidate:1 1 udp 1 192.168.1.7 5 typ host","sdpMid":"0"}"#;
const RELAYED: &str = r#"{"candidate":"candidate:1 1 udp 1 192.0.2.7 5 typ relay","sdpMid":"0"}"#;

/// How many payloads leave when the browser finds a candidate.
fn payloads(world: &mut World, peer: usize, candidate: &str) -> usize {
    let link = world.wires.keys().find(|(index, _)| *index == peer).map(|(_, link)| *link);
    let (link, candidate): (LinkId, String) = (link.unwrap(), candidate.to_owned());
    let now = world.clock();
    let engine = &mut world.peers[peer].engine;
    engine.handle(Input::RtcCandidate { link, candidate }, now);
    let outputs: Vec<Output> = std::iter::from_fn(|| engine.poll_output()).collect();
    let is_payload =
        |output: &&Output| matches!(output, Output::Signal(ClientMessage::Signal { .. }));
    outputs.iter().filter(is_payload).count()
}

#[test]
fn a_room_goes_through_relays_alone_from_the_moment_its_member_says_so_until_it_takes_that_back() {
    let mut world = two();
    assert!(world.peers.iter().all(|peer| !peer.relayed.contains(&true)));
    assert_eq!(payloads(&mut world, 0, HOST), 1);
    let before = world.wires.clone();
    world.command(0, Command::RelayOnly(true));
    world.pass(30_000);
    let kept: Vec<_> = before.keys().filter(|wire| world.wires.contains_key(wire)).collect();
    assert!(kept.is_empty() && !world.wires.is_empty(), "another link is there");
    assert_eq!(world.peers[0].relayed.last(), Some(&true));
    assert_eq!(world.peers[1].relayed.last(), Some(&false), "it is a matter of one's own");
    assert_eq!((payloads(&mut world, 0, HOST), payloads(&mut world, 0, RELAYED)), (0, 1));
    world.say(0, "through a relay", Priority::Normal);
    world.pass(2_000);
    assert_eq!(world.texts(0), [("through a relay".to_owned(), RowState::Delivered)]);
    // It is stored, and counts from the first connection of the next life on.
    let store = world.stop(0);
    let again = world.start(founder(), store);
    world.connect(again);
    world.pass(30_000);
    let opened = world.peers[again].relayed.clone();
    assert!(!opened.is_empty() && opened.iter().all(|relayed| *relayed), "{opened:?}");
    world.command(again, Command::RelayOnly(false));
    assert_eq!(payloads(&mut world, again, HOST), 1, "what is there goes on");
}
