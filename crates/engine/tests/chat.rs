//! The journey of messages between engines, on the smallest driver there can be.

mod driver;

use driver::{Peer, Tables, World, founder, guest, two};
use engine::{Channel, Command, Draft, DraftId, Event, Input, Output, Priority, Row, RowState};
use protocol::{PeerId, ServerMessage};

#[test]
fn two_engines_chat_and_know_it() {
    let mut world = two();
    world.say(0, "hello", Priority::Normal);
    world.say(1, "hello to you", Priority::Normal);
    world.pass(5_000);
    assert_eq!(world.words(0), ["hello", "hello to you"]);
    assert_eq!(world.words(0), world.words(1));
    assert_eq!(world.texts(0)[0].1, RowState::Delivered);
    assert_eq!(world.texts(0)[1].1, RowState::Received);
    assert_eq!(world.texts(1)[1].1, RowState::Delivered);
}

#[test]
fn i2_i3_what_is_said_to_nobody_survives_a_restart_and_arrives_once_and_in_order() {
    let mut world = two();
    world.stop(1);
    world.pass(20_000);
    for number in 0..5 {
        world.say(0, &number.to_string(), Priority::Normal);
    }
    assert!(world.texts(0).iter().all(|(_, state)| *state == RowState::Saved));
    assert!(world.peers[0].events.contains(&Event::Pending(5)));
    let store = world.stop(0);
    let again = world.start(founder(), store);
    world.run();
    assert_eq!(world.words(again), ["0", "1", "2", "3", "4"]);
    world.connect(again);
    let ben = world.start(guest(1), Tables::new());
    world.connect(ben);
    world.pass(5_000);
    assert_eq!(world.words(ben), ["0", "1", "2", "3", "4"]);
    assert!(world.texts(again).iter().all(|(_, state)| *state == RowState::Delivered));
    assert_eq!(world.peers[again].events.last(), Some(&Event::Pending(0)));
}

#[test]
fn i12_a_third_member_delivers_what_an_author_said_who_has_left() {
    let mut world = two();
    world.say(0, "from Ana", Priority::Normal);
    world.pass(3_000);
    world.stop(0);
    world.pass(20_000);
    let carl = world.start(guest(2), Tables::new());
    world.connect(carl);
    world.pass(5_000);
    assert_eq!(world.words(carl), ["from Ana"]);
}

#[test]
fn urgent_overtakes_what_waits_for_a_member() {
    let mut world = two();
    world.stop(1);
    world.pass(20_000);
    for number in 0..200 {
        world.say(0, &format!("low {number} {}", "x".repeat(500)), Priority::Low);
    }
    world.say(0, "urgent", Priority::Urgent);
    let ben = world.start(guest(1), Tables::new());
    world.connect(ben);
    world.pass(10_000);
    let mut arrived: Vec<Row> = vec![];
    for event in &world.peers[ben].events {
        if let Event::Rows(rows) = event {
            arrived.extend(rows.clone());
        }
    }
    let place = arrived.iter().position(|row| row.priority == Priority::Urgent).unwrap();
    assert!(place <= 60, "it was number {place} to arrive");
    assert_eq!(world.words(ben).len(), 201);
    assert_eq!(world.words(ben)[200], "urgent");
}

#[test]
fn a_name_and_the_rooms_name_reach_everybody() {
    let mut world = two();
    let now = world.clock();
    world.peers[0].engine.command(Command::SetName("Ana".into()), now);
    world.peers[0].engine.command(Command::SetRoomName("Kitchen".into()), now);
    world.peers[1].engine.command(Command::SetRoomName("Mine".into()), now);
    world.pass(3_000);
    let ana = world.peers[0].engine.me();
    let is_ana =
        |view: &engine::MemberView| view.member == ana && view.name == "Ana" && view.online;
    let named = |event: Event| matches!(event, Event::Members(views) if views.iter().any(is_ana));
    assert!(world.peers[1].engine.snapshot().into_iter().any(named));
    let room = |event: Event| matches!(event, Event::Room(view) if view.name == "Kitchen");
    assert!(world.peers[1].engine.snapshot().into_iter().any(room));
    assert!(world.peers[1].events.iter().any(|event| matches!(event, Event::Refused { .. })));
}

#[test]
fn links_outlive_the_signaling_server_and_are_kept_when_it_returns() {
    let mut world = two();
    let wires = world.wires.clone();
    for peer in &mut world.peers {
        peer.inputs.push_back(Input::SignalClosed);
        peer.joined = false;
    }
    world.say(0, "nobody in between", Priority::Normal);
    world.pass(3_000);
    assert_eq!(world.texts(0)[0].1, RowState::Delivered);
    for (index, id) in [(0, 200), (1, 201)] {
        world.peers[index].id = PeerId(id);
        world.connect(index);
        world.run();
    }
    world.pass(60_000);
    assert_eq!(world.wires, wires);
    world.say(1, "still here", Priority::Normal);
    world.pass(3_000);
    assert_eq!(world.words(0), ["nobody in between", "still here"]);
}

fn troubles(peer: &Peer) -> usize {
    peer.events.iter().filter(|event| matches!(event, Event::Trouble(_))).count()
}

#[test]
fn i5_what_is_no_protocol_closes_the_link_in_words_and_the_link_is_built_anew() {
    let mut random = engine::crypto::random::Random::new([3; 32]);
    for round in 0..200 {
        let mut world = two();
        world.say(0, "before", Priority::Normal);
        let link = world.wires.keys().find(|(peer, _)| *peer == 0).unwrap().1;
        let length = usize::try_from(random.below(60)).unwrap() + 1;
        let mut bytes: Vec<u8> = (0..length).map(|_| random.bytes::<1>()[0]).collect();
        if round % 2 == 0 {
            // A frame of a known kind with a body of noise.
            bytes[0] = u8::try_from(length - 1).unwrap();
            bytes.get_mut(1).into_iter().for_each(|kind| *kind %= 12);
        }
        let frame = Input::Frame { link, channel: Channel::Messages, bytes };
        world.peers[0].inputs.push_back(frame);
        world.pass(30_000);
        world.say(0, "after", Priority::Normal);
        world.pass(10_000);
        assert_eq!(world.words(1), ["before", "after"], "round {round}");
        assert!(troubles(&world.peers[0]) <= 1 && troubles(&world.peers[1]) == 0, "round {round}");
    }
}

#[test]
fn i1_a_store_that_fails_acknowledges_nothing_and_loses_nothing() {
    let mut world = two();
    world.say(0, "first", Priority::Normal);
    world.pass(3_000);
    let now = world.clock();
    let draft = Draft::new(DraftId([9; 16]), "second", Priority::Urgent);
    let engine = &mut world.peers[0].engine;
    engine.command(Command::Send(draft.clone()), now);
    let batch = loop {
        match engine.poll_output() {
            Some(Output::Commit { batch, .. }) => break batch,
            Some(_) => {}
            None => panic!("a draft forms a batch"),
        }
    };
    let fault = engine::StoreFault::Full;
    world.peers[0].inputs.push_back(Input::CommitFailed(batch, fault));
    world.run();
    assert_eq!(world.words(0), ["first"]);
    assert_eq!(world.words(1), ["first"]);
    let now = world.clock();
    world.peers[0].engine.command(Command::Send(draft), now);
    world.pass(5_000);
    assert_eq!(world.words(0), ["first", "second"]);
    assert_eq!(world.texts(0)[1].1, RowState::Delivered);
    assert_eq!(world.words(1), ["first", "second"]);
}

#[test]
fn i6_what_goes_wrong_again_and_again_is_told_once_a_minute() {
    let mut world = World::new();
    let ana = world.start(founder(), Tables::new());
    world.connect(ana);
    world.run();
    let refuse = |world: &mut World, message: String| {
        let refused = ServerMessage::Error { code: protocol::ErrorCode::TooManyMessages, message };
        world.peers[ana].inputs.push_back(Input::Signal(refused));
        world.run();
    };
    let told = |world: &World| {
        let is = |event: &&Event| matches!(event, Event::Trouble(_));
        world.peers[ana].events.iter().filter(is).count()
    };
    refuse(&mut world, "too fast".to_owned());
    refuse(&mut world, "too fast".to_owned());
    assert_eq!(told(&world), 1);
    (0..500).for_each(|n| refuse(&mut world, n.to_string()));
    assert_eq!(told(&world), engine::limits::TROUBLES);
    world.pass(engine::limits::TROUBLE_EVERY);
    refuse(&mut world, "too fast".to_owned());
    assert_eq!(told(&world), engine::limits::TROUBLES + 1);
}
