//! A program says ten thousand things at once: nothing is refused, and all of it arrives, once and
//! in order, in a few batches.
#![expect(clippy::wildcard_enum_match_arm, reason = "a test picks the events it looks at")]

mod driver;

use driver::two;
use engine::{Command, Event, Priority, QueueView};

const LINES: usize = 10_000;

fn depth(view: &QueueView) -> u64 {
    view.peers.iter().flat_map(|peer| &peer.lanes).map(|lane| lane.messages).sum()
}

#[test]
fn i4_ten_thousand_at_once_arrive_once_and_in_order_and_the_queue_is_seen_to_drain() {
    let mut world = two();
    world.command(0, Command::Watch(true));
    let lines: Vec<String> = (0..LINES).map(|line| line.to_string()).collect();
    for line in &lines {
        let (draft, now) = (world.draft(0, line, Priority::Normal), world.clock());
        world.peers[0].engine.command(Command::Send(draft), now);
    }
    world.run();
    world.pass(10_000);
    assert_eq!(world.words(0), lines);
    assert_eq!(world.words(1), lines);
    let events = &world.peers[0].events;
    assert!(!events.iter().any(|event| matches!(event, Event::Refused { .. })));
    let told = events.iter().filter(|event| matches!(event, Event::Rows(_))).count();
    assert!(told < LINES / 4, "pages are told of many at once: {told}");
    let mut seen = events.iter().filter_map(|event| match event {
        Event::Queue(view) => Some(depth(view)),
        _ => None,
    });
    assert_eq!(seen.next_back(), Some(0), "what is watched is told until nothing waits");
}
