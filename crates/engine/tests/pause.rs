//! The queue at rest: what is paused, and what is on its way.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
#![expect(clippy::wildcard_enum_match_arm, reason = "a test picks the events it looks at")]

mod driver;

use std::collections::BTreeMap;

use driver::{World, founder, guest, two};
use engine::{Command, Event, LaneView, Priority, Qos, Refusal, Role, Terms, limits};

fn last<T>(world: &World, peer: usize, pick: impl Fn(&Event) -> Option<T>) -> Option<T> {
    world.peers[peer].events.iter().rev().find_map(pick)
}

fn refusal(world: &World, peer: usize) -> Option<Refusal> {
    last(world, peer, |event| match event {
        Event::Refused { reason, .. } => Some(reason.clone()),
        _ => None,
    })
}

/// What a peer shows. Two who have not heard of each other say things at the same place.
fn sorted(world: &World, peer: usize) -> Vec<String> {
    let mut words = world.words(peer);
    words.sort_unstable();
    words
}

/// What the founder's only peer is shown to lack, in a class.
fn lane(world: &mut World, class: usize) -> LaneView {
    world.command(0, Command::Watch(true));
    world.pass(10);
    world.command(0, Command::Watch(false));
    let view = last(world, 0, |event| match event {
        Event::Queue(view) => Some(view.clone()),
        _ => None,
    });
    view.unwrap().peers[0].lanes[class]
}

#[test]
fn what_is_paused_hands_nothing_on_and_goes_on_where_it_was_also_after_a_restart() {
    let mut world = two();
    world.say(1, "hello", Priority::Normal);
    world.pass(5_000);
    world.command(0, Command::Pause(true));
    world.say(0, "mine", Priority::Urgent);
    world.say(1, "theirs", Priority::Normal);
    world.pass(20_000);
    assert_eq!(sorted(&world, 0), ["hello", "mine", "theirs"], "what others say comes");
    assert_eq!(world.words(1), ["hello", "theirs"]);
    let lane_of_ben = lane(&mut world, 1);
    assert_eq!((lane_of_ben.messages, lane_of_ben.in_flight), (1, 0));
    let live = Terms { qos: Qos::AtMostOnce, ..Terms::default() };
    let live = world.draft(0, "now or never", Priority::Normal).on(live);
    world.command(0, Command::Send(live));
    assert_eq!(refusal(&world, 0), Some(Refusal::Paused));
    // Nor what others have said, to whoever comes later.
    let store = world.stop(0);
    let founder = world.start(founder(), store);
    world.connect(founder);
    world.pass(5_000);
    let ben = world.stop(1);
    let carl = world.start(guest(2), BTreeMap::new());
    world.connect(carl);
    world.pass(30_000);
    assert_eq!((world.words(founder).len(), world.words(carl).len()), (3, 0));
    world.command(founder, Command::Pause(false));
    world.pass(10_000);
    assert_eq!(sorted(&world, carl), ["hello", "mine", "theirs"]);
    let ben = world.start(guest(1), ben);
    world.connect(ben);
    world.pass(10_000);
    assert_eq!(sorted(&world, ben), ["hello", "mine", "theirs"]);
}

#[test]
fn what_is_sent_and_not_held_yet_is_in_flight() {
    let mut world = two();
    world.peers[1].full = true;
    world.say(0, "on its way", Priority::Low);
    world.pass(400);
    let low = lane(&mut world, 3);
    assert_eq!((low.messages, low.in_flight), (0, 1), "{low:?}");
    world.peers[1].full = false;
    world.pass(30_000);
    let low = lane(&mut world, 3);
    assert_eq!((low.messages, low.in_flight), (0, 0));
}

#[test]
fn who_has_paused_decides_nothing_that_nobody_would_hear_of() {
    let mut world = two();
    let ben = world.peers[1].engine.me();
    world.command(0, Command::Pause(true));
    for decision in [Command::Remove(ben), Command::Promote(ben), Command::NewLink] {
        world.peers[0].events.clear();
        world.command(0, decision);
        assert_eq!(refusal(&world, 0), Some(Refusal::Paused));
    }
    world.command(0, Command::Pause(false));
    world.command(0, Command::Promote(ben));
    world.pass(5_000);
    let role = last(&world, 1, |event| match event {
        Event::Members(members) => members.iter().find(|one| one.me).map(|one| one.role),
        _ => None,
    });
    assert_eq!(role, Some(Role::Admin), "it is heard of again");
}

#[test]
fn what_is_owed_live_waits_for_the_end_of_the_pause() {
    let mut world = two();
    let heard = |world: &World| {
        let is_live = |event: &&Event| matches!(event, Event::Live(_));
        world.peers[1].events.iter().filter(is_live).count()
    };
    let owed = Terms { qos: Qos::AtLeastOnce, ..Terms::default() };
    let owed = world.draft(0, "answer me", Priority::Normal).on(owed);
    let now = world.clock();
    // Nothing is carried out before they are apart.
    world.peers[0].engine.command(Command::Send(owed), now);
    world.peers[0].engine.command(Command::Pause(true), now);
    world.take_to(1, 1);
    world.pass(1_000);
    world.take_to(1, 0);
    world.pass(limits::LIVE_FOR / 2);
    assert!(!world.wires.is_empty(), "they are linked again");
    assert_eq!(heard(&world), 0, "it is not repeated");
    world.command(0, Command::Pause(false));
    world.pass(limits::LIVE_FOR / 4);
    assert_eq!(heard(&world), 1);
}
