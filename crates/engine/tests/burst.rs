//! Many messages in one go, as a program writes them: in order, once each, and with work that
//! grows with their number and no quicker. Work is counted, not timed.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

mod driver;

use driver::{World, two};
use engine::{Body, Command, Event, Input, Priority, QueueView, RowState, limits};

const MANY: usize = 10_000;

fn write(world: &mut World, count: usize, priority: impl Fn(usize) -> Priority) {
    for n in 0..count {
        let draft = world.draft(0, &n.to_string(), priority(n));
        let now = world.clock();
        world.peers[0].engine.command(Command::Send(draft), now);
    }
}

/// Rows that a page was told of, each as often as it was.
fn rows_told(world: &World, peer: usize) -> usize {
    let rows = |event: &Event| if let Event::Rows(rows) = event { rows.len() } else { 0 };
    world.peers[peer].events.iter().map(rows).sum()
}

/// The largest number of rows that a page was told of at once.
fn most_at_once(world: &World, peer: usize) -> usize {
    let rows = |event: &Event| if let Event::Rows(rows) = event { rows.len() } else { 0 };
    world.peers[peer].events.iter().map(rows).max().unwrap_or(0)
}

fn depth(view: &QueueView) -> u64 {
    view.peers.iter().flat_map(|peer| &peer.lanes).map(|lane| lane.messages).sum()
}

/// What the inspector of the first has shown, one after another.
fn depths(world: &World) -> Vec<u64> {
    let seen =
        |event: &Event| if let Event::Queue(view) = event { Some(depth(view)) } else { None };
    world.peers[0].events.iter().filter_map(seen).collect()
}

#[test]
fn i4_ten_thousand_messages_keep_their_order_and_each_is_there_once() {
    let mut world = two();
    world.command(0, Command::Watch(true));
    write(&mut world, MANY, |_| Priority::Normal);
    world.pass(10_000);
    let expected: Vec<String> = (0..MANY).map(|n| n.to_string()).collect();
    for peer in 0..2 {
        assert_eq!(world.words(peer), expected);
        assert!(rows_told(&world, peer) <= 3 * MANY, "a row for each state that it was in");
        assert!(world.peers[peer].ops <= 3 * MANY, "{} records", world.peers[peer].ops);
        let most = most_at_once(&world, peer);
        assert!(most <= 2 * limits::BATCH_ENTRIES, "{most} rows at once keep a page busy");
    }
    let delivered = |row: &engine::Row| row.state == RowState::Delivered;
    assert!(world.peers[0].rows.values().all(delivered));
    let events = &world.peers[0].events;
    assert!(!events.iter().any(|event| matches!(event, Event::Refused { .. })));
    assert_eq!(depths(&world).last(), Some(&0));
}

#[test]
fn what_is_urgent_overtakes_ten_thousand_that_wait_for_the_disk() {
    let mut world = two();
    write(&mut world, MANY, |n| if n + 1 == MANY { Priority::Urgent } else { Priority::Low });
    world.pass(10_000);
    let urgent = (MANY - 1).to_string();
    let place = world.words(1).iter().position(|text| *text == urgent).unwrap();
    // The batch that was with the store when it was written goes before it, and no more.
    assert!(place <= limits::BATCH_ENTRIES, "at place {place}");
    assert_eq!(world.words(1).len(), MANY);
}

#[test]
fn a_slow_receiver_slows_its_sender_and_nobody_else_and_the_queue_is_seen_to_drain() {
    let mut world = two();
    world.command(0, Command::Watch(true));
    let third = world.start(driver::guest(2), driver::Tables::new());
    world.connect(third);
    world.pass(5_000);
    let before = world.peers[1].heard;
    world.peers[1].slow = Some(vec![]);
    let text = |n: usize| format!("{n} {}", noise(n, 8_000));
    let count = 400;
    for n in 0..count {
        let draft = world.draft(0, &text(n), Priority::Normal);
        let now = world.clock();
        world.peers[0].engine.command(Command::Send(draft), now);
    }
    world.pass(3_000);
    let credit = usize::try_from(limits::CREDIT_BYTES).unwrap();
    let came = world.peers[1].heard - before;
    // Two others have it and send no more than their credit, and little else.
    let most = 2 * credit + 64 * 1024;
    assert!(came < most, "{came} bytes came for a store that does not answer");
    assert_eq!(world.peers[2].rows.len(), count, "another gets all of it meanwhile");
    assert!(world.peers[1].rows.is_empty());
    let shown = depths(&world);
    assert!(shown.last().is_some_and(|waits| *waits > 0), "what waits is shown: {shown:?}");
    // What is urgent has credit of its own, and waits for the disk only.
    let stuck = world.peers[1].heard;
    world.say(0, "urgent", Priority::Urgent);
    world.pass(1_000);
    assert!(world.peers[1].heard > stuck, "an urgent one comes over the same link");
    for batch in world.peers[1].slow.take().unwrap() {
        world.peers[1].inputs.push_back(engine::Input::Committed(batch));
    }
    world.pass(20_000);
    let words: Vec<Body> = world.peers[1].rows.values().map(|row| row.body.clone()).collect();
    assert_eq!(words.len(), count + 1);
    let texts = world.words(1);
    assert!((0..count).all(|n| texts[n] == text(n)), "all of it, in its order");
    assert_eq!(depths(&world).last(), Some(&0));
}

/// Letters that do not compress much.
fn noise(seed: usize, length: usize) -> String {
    let mut state = u64::try_from(seed).unwrap() + 1;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'!' + u8::try_from(state % 90).unwrap())
    };
    (0..length).map(next).collect()
}

#[test]
fn i7_what_is_not_urgent_is_stored_however_much_urgent_is_written() {
    /// Words that fill a batch eight times over each time.
    const EACH: usize = 64;
    // More than the few bytes that urgent messages leave of a batch.
    let [low, usual] = ["no hurry ", "as usual "].map(|words| words.repeat(500));
    let mut world = two();
    world.peers[0].slow = Some(vec![]);
    for batch in 0..4 {
        for n in 0..EACH {
            let words = format!("{batch}:{n} {}", "x".repeat(limits::TEXT_BYTES - 10));
            world.say(0, &words, Priority::Urgent);
        }
        if batch == 0 {
            world.say(0, &low, Priority::Low);
            world.say(0, &usual, Priority::Normal);
        }
        let stored = world.peers[0].slow.replace(vec![]).unwrap();
        let answers = stored.into_iter().map(Input::Committed);
        world.peers[0].inputs.extend(answers);
        world.run();
    }
    let said = world.texts(0);
    for words in [low, usual] {
        assert!(said.iter().any(|(text, _)| *text == words), "{words}");
    }
}
