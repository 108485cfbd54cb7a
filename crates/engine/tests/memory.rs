//! What a room costs in memory does not grow with what it has said: measured in live bytes, by an
//! allocator that counts.

mod driver;

use driver::{Tables, World, founder, read};
use engine::{Command, Engine, Input, Now, Output, Priority, limits};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// A store in which somebody has said so much, to nobody.
fn said(entries: usize, class: impl Fn(usize) -> Priority) -> Tables {
    let mut world = World::new();
    let peer = world.start(founder(), Tables::new());
    for n in 0..entries {
        let draft = world.draft(peer, "a short one", class(n));
        let now = world.clock();
        world.peers[peer].engine.command(Command::Send(draft), now);
        if n % 1_000 == 999 {
            world.run();
            world.peers[peer].events.clear();
            world.peers[peer].rows.clear();
        }
    }
    world.run();
    world.stop(peer)
}

/// Live bytes of an engine that was opened on a store.
fn opened(store: &Tables) -> (Engine, usize) {
    let before = ALLOCATED.current_usage();
    let now = Now { mono: 1, wall: 1_700_000_000_000 };
    let mut engine = Engine::open(founder(), [1; 32], now);
    while let Some(output) = engine.poll_output() {
        if let Output::Scan(scan) = output {
            let records = read(store, &scan);
            engine.handle(Input::Scanned(scan.scan, Ok(records)), now);
        }
    }
    assert!(engine.is_open());
    let bytes = ALLOCATED.current_usage() - before;
    (engine, bytes)
}

/// What an engine costs beyond another one that differs by so many entries, in thousandths of a
/// byte an entry.
fn growth(class: impl Fn(usize) -> Priority, few: usize, many: usize) -> usize {
    let [few_bytes, many_bytes] = [few, many].map(|entries| opened(&said(entries, &class)).1);
    many_bytes.saturating_sub(few_bytes) * 1_000 / (many - few)
}

#[test]
fn i6_a_room_of_two_hundred_thousand_entries_costs_no_more_memory_than_one_of_thirty_thousand() {
    let (few, many) = (30_000, 200_000);
    let usual = growth(|_| Priority::Normal, few, many);
    assert!(usual < 100, "{usual} thousandths of a byte an entry");
    let (_engine, bytes) = opened(&said(few, |_| Priority::Normal));
    let most = limits::WINDOW_ROWS * 2_048;
    assert!(bytes < most, "{bytes} bytes for a full window of short rows");
}
