//! Throughput follows the link: ten thousand messages that were written at once take as long as
//! their bytes take over the line, whatever its rate, and nothing else holds them up.

mod driver;

use driver::{Line, two};
use engine::{Command, Priority};

const MANY: usize = 10_000;
/// Milliseconds from end to end, as between two cities.
const DELAY: u64 = 40;
/// A line may be idle for so much of the time, in percent.
const IDLE: u64 = 15;

/// What ten thousand messages took over a line.
struct Drain {
    /// Milliseconds from the writing until the receiver had all.
    took: u64,
    /// Bytes that the receiver got.
    bytes: u64,
}

impl Drain {
    /// Milliseconds that the line takes for the bytes alone.
    fn least(&self, rate: u64) -> u64 {
        self.bytes / rate
    }
}

/// Words of which no two are alike and no compression makes much less.
fn words(number: usize) -> String {
    let mut state = u64::try_from(number).unwrap_or_default().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut word = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        format!("{:x}", state >> 32)
    };
    format!("{number} {} {} {} {}", word(), word(), word(), word())
}

fn drain(rate: u64) -> Drain {
    let mut world = two();
    world.pass(5_000);
    world.line = Some(Line::new(rate, DELAY));
    let (begun, before) = (world.now, world.peers[1].heard);
    for number in 0..MANY {
        let draft = world.draft(0, &words(number), Priority::Normal);
        let now = world.clock();
        world.peers[0].engine.command(Command::Send(draft), now);
    }
    let written = world.now - begun;
    while world.peers[1].rows.len() < MANY {
        assert!(world.now < begun + 600_000, "{} have come", world.peers[1].rows.len());
        world.pass(50);
    }
    let expected: Vec<String> = (0..MANY).map(words).collect();
    assert_eq!(world.words(1), expected, "in order, each once");
    let bytes = u64::try_from(world.peers[1].heard - before).unwrap_or_default();
    // The clock goes on by one with each draft, for its id.
    Drain { took: world.now - begun - written, bytes }
}

#[test]
fn ten_thousand_messages_drain_as_quickly_as_the_link_allows() {
    let drains = [100, 1_000].map(|rate| (rate, drain(rate)));
    for (rate, drain) in &drains {
        let (took, least) = (drain.took, drain.least(*rate));
        println!("{rate} kB/s: {} bytes in {took} ms, {least} ms at the least", drain.bytes);
        assert!(took >= least, "the line is quicker than it is");
        // A message has to be answered before the next credit, and the end of it is a round trip.
        let most = least * 100 / (100 - IDLE) + 4 * DELAY;
        assert!(took <= most, "{rate} kB/s: {took} ms, where {least} ms would do");
    }
    let [(slow, first), (quick, second)] = &drains;
    let (ratio, wanted) = (first.took * 100 / second.took, quick / slow * 100);
    let near = wanted * (100 - 2 * IDLE) / 100..=wanted * (100 + 2 * IDLE) / 100;
    assert!(near.contains(&ratio), "ten times the rate takes 1/{} of the time", ratio / 100);
}
