//! A server that repeats what two members said to each other on their way to a link, or brings it
//! late: what of it reaches their browsers, and whether the link stays.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

mod driver;

use driver::{World, sdp, two};
use engine::protocol::{ClientMessage, ServerMessage};
use engine::{Input, LinkId, Output, RtcCall, RtcState, SdpKind, limits};

/// A description as a browser makes it for the same connection later.
fn newer(peer: usize, link: LinkId, version: u64) -> String {
    let same = sdp(&format!("{peer}-{}", link.0), u8::try_from(peer).unwrap());
    same.replace("o=- 1 2 ", &format!("o=- 1 {version} "))
}

/// The link of a peer with the other.
fn link(world: &World, peer: usize) -> LinkId {
    world.wires.keys().find(|(index, _)| *index == peer).unwrap().1
}

/// The peer that offered, and the one that answered.
fn sides(world: &World) -> [usize; 2] {
    let offered = |peer: &usize| {
        let open =
            |(_, call): &(LinkId, RtcCall)| matches!(call, RtcCall::Open { offerer: true, .. });
        world.peers[*peer].calls.iter().any(open)
    };
    let offerer = [0, 1].into_iter().find(offered).unwrap();
    [offerer, 1 - offerer]
}

/// Which descriptions a peer's browser was told, of whatever connection.
fn told(world: &World, peer: usize) -> Vec<(SdpKind, String)> {
    let description = |(_, call): &(LinkId, RtcCall)| match call {
        RtcCall::Remote { kind, sdp } => Some((*kind, sdp.clone())),
        RtcCall::Open { .. } | RtcCall::Candidate(_) | RtcCall::RestartIce | RtcCall::Close => None,
    };
    world.peers[peer].calls.iter().filter_map(description).collect()
}

/// A peer's browser says something: the payloads that leave because of it, undelivered.
fn payloads(world: &mut World, peer: usize, input: Input) -> Vec<ServerMessage> {
    let now = world.clock();
    let engine = &mut world.peers[peer].engine;
    engine.handle(input, now);
    let outputs: Vec<Output> = std::iter::from_fn(|| engine.poll_output()).collect();
    let mut payloads = vec![];
    for output in outputs {
        let Output::Signal(ClientMessage::Signal { room, payload, .. }) = output else {
            world.carry_out(peer, output);
            continue;
        };
        let from = world.address(peer, &room);
        payloads.push(ServerMessage::Signal { room, from, payload });
    }
    payloads
}

fn describe(world: &mut World, peer: usize, kind: SdpKind, version: u64) -> ServerMessage {
    let link = link(world, peer);
    let sdp = newer(peer, link, version);
    payloads(world, peer, Input::RtcDescription { link, kind, sdp }).remove(0)
}

fn deliver(world: &mut World, peer: usize, message: &ServerMessage) {
    let now = world.clock();
    world.peers[peer].engine.handle(Input::Signal(message.clone()), now);
    while let Some(output) = world.peers[peer].engine.poll_output() {
        // The driver's browsers link at every answer; here it is looked at what they are told.
        if let Output::Rtc { link, call } = output {
            world.peers[peer].calls.push((link, call));
        } else {
            world.carry_out(peer, output);
        }
    }
}

/// Everything that was ever said, again.
fn replay(world: &mut World) {
    for (peer, message) in world.post.clone() {
        deliver(world, peer, &message);
    }
}

#[test]
fn i10_what_is_repeated_of_a_live_session_reaches_no_browser() {
    let mut world = two();
    let before = [told(&world, 0), told(&world, 1)];
    assert_eq!(before.iter().map(Vec::len).sum::<usize>(), 2, "an offer and an answer");
    for _ in 0..3 {
        replay(&mut world);
        world.pass(1_000);
    }
    assert_eq!([told(&world, 0), told(&world, 1)], before);
}

#[test]
fn i10_of_another_path_each_description_counts_once_and_none_that_is_older() {
    let mut world = two();
    let [offerer, answerer] = sides(&world);
    let late = describe(&mut world, offerer, SdpKind::Offer, 3);
    let offer = describe(&mut world, offerer, SdpKind::Offer, 4);
    let before = [told(&world, offerer), told(&world, answerer)];
    deliver(&mut world, answerer, &offer);
    let [to_offerer, to_answerer] = [link(&world, offerer), link(&world, answerer)];
    let fresh = (SdpKind::Offer, newer(offerer, to_offerer, 4));
    assert_eq!(told(&world, answerer)[before[1].len()..], [fresh], "a newer path is taken");
    for message in [&late, &offer] {
        deliver(&mut world, answerer, message);
    }
    assert_eq!(told(&world, answerer).len(), before[1].len() + 1, "once, and none before it");
    // The answer is due: that to the first offer does not stand in for it.
    replay(&mut world);
    assert_eq!(told(&world, offerer), before[0]);
    let answer = describe(&mut world, answerer, SdpKind::Answer, 3);
    for _ in 0..2 {
        deliver(&mut world, offerer, &answer);
    }
    let fresh = (SdpKind::Answer, newer(answerer, to_answerer, 3));
    assert_eq!(told(&world, offerer)[before[0].len()..], [fresh]);
}

#[test]
fn i6_candidates_of_a_session_are_not_endless_either_way() {
    let mut world = two();
    let [offerer, answerer] = sides(&world);
    let most = usize::try_from(limits::CANDIDATES).unwrap();
    let (link, mut sent) = (link(&world, offerer), vec![]);
    for port in 1..=1_000 {
        let candidate =
            format!(r#"{{"candidate":"candidate:1 1 udp 1 192.0.2.7 {port} typ host"}}"#);
        sent.extend(payloads(&mut world, offerer, Input::RtcCandidate { link, candidate }));
    }
    assert_eq!(sent.len(), most);
    for _ in 0..3 {
        for message in &sent {
            deliver(&mut world, answerer, message);
        }
    }
    let is_candidate = |(_, call): &&(LinkId, RtcCall)| matches!(call, RtcCall::Candidate(_));
    assert_eq!(world.peers[answerer].calls.iter().filter(is_candidate).count(), most);
}

#[test]
fn a_path_that_is_lost_is_sought_anew_and_its_answer_arrives() {
    let mut world = two();
    let [offerer, answerer] = sides(&world);
    for peer in [offerer, answerer] {
        let link = link(&world, peer);
        world.peers[peer].inputs.push_back(Input::RtcState { link, state: RtcState::Disconnected });
    }
    world.pass(limits::RESTART_AFTER + 1_000);
    let restarts = |peer: usize| {
        let is_restart = |(_, call): &&(LinkId, RtcCall)| matches!(call, RtcCall::RestartIce);
        world.peers[peer].calls.iter().filter(is_restart).count()
    };
    assert_eq!((restarts(offerer), restarts(answerer)), (1, 0));
    let before = [told(&world, offerer).len(), told(&world, answerer).len()];
    let offer = describe(&mut world, offerer, SdpKind::Offer, 3);
    deliver(&mut world, answerer, &offer);
    let answer = describe(&mut world, answerer, SdpKind::Answer, 3);
    deliver(&mut world, offerer, &answer);
    let after = [told(&world, offerer).len(), told(&world, answerer).len()];
    assert_eq!(after, before.map(|count| count + 1));
}
