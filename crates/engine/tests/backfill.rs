//! A newcomer to a room with much history: the newest screen first, all of it in the end, and one
//! signature to check for each log. `CONFAB_ENTRIES=100000` makes the history longer.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

mod driver;

use driver::{Tables, World, founder, guest, number, wanted};
use engine::log::run::Run;
use engine::{Command, Event, Input, Priority, Table, limits};

/// Two members who have said `entries` messages, in bursts as programs say them.
fn history(entries: usize) -> World {
    let mut world = World::new();
    for record in [founder(), guest(1)] {
        let peer = world.start(record, Tables::new());
        world.connect(peer);
        world.run();
    }
    let mut said = 0;
    while said < entries {
        let peer = (said / 100) % 2;
        for _ in 0..100.min(entries - said) {
            let draft = world.draft(peer, &format!("message {said}"), Priority::Normal);
            let now = world.clock();
            world.peers[peer].engine.command(Command::Send(draft), now);
            said += 1;
        }
        world.run();
    }
    world.pass(5_000);
    world
}

#[test]
fn a_newcomer_sees_the_newest_first_and_verifies_a_log_by_its_last_entry() {
    let entries = usize::try_from(wanted("CONFAB_ENTRIES", 4_000)).unwrap();
    let mut world = history(entries);
    let newcomer = world.start(guest(2), Tables::new());
    world.connect(newcomer);
    // The first rows that it is told are the last that were said.
    let mut first = None;
    let mut steps = 0_u32;
    while first.is_none() {
        let moved = (0..3).fold(false, |moved, peer| world.step(peer) | moved);
        if !moved {
            world.now += 100;
            world.peers.iter_mut().for_each(|peer| peer.inputs.push_back(Input::Tick));
        }
        steps += 1;
        assert!(steps < 100_000, "something comes");
        let rows = &world.peers[newcomer].rows;
        first = rows.values().next_back().map(|row| row.order.lamport);
    }
    let newest = world.peers[0].rows.values().next_back().unwrap().order.lamport;
    assert!(newest - first.unwrap() < 1_000, "{first:?} of {newest}");
    for _ in 0..600 {
        world.pass(1_000);
        if missing(&world, newcomer) == 0 {
            break;
        }
    }
    let runs = runs_of(&world, newcomer);
    let signed = runs.iter().filter(|run| !run.is_chained()).count();
    assert_eq!(missing(&world, newcomer), 0);
    let stored: usize = runs.iter().map(|run| run.entries.len()).sum();
    assert_eq!(stored, entries, "all of it is here in the end");
    assert!(world.words(newcomer).len() >= entries.min(limits::WINDOW_ROWS));
    assert!(signed <= 4, "{signed} of {} runs were verified by their signature", runs.len());
}

/// The runs that a device has: those it has verified by their own signature are not chained.
fn runs_of(world: &World, peer: usize) -> Vec<Run> {
    let room = world.peers[peer].engine.room();
    let runs = world.peers[peer].store.iter().filter(|((table, _), _)| *table == Table::Runs);
    runs.map(|(_, bytes)| Run::verify(&room, bytes).unwrap()).collect()
}

fn missing(world: &World, peer: usize) -> u64 {
    let gaps =
        world.peers[peer].events.iter().rev().find_map(|event| {
            if let Event::Gaps(gaps) = event { Some(gaps.clone()) } else { None }
        });
    gaps.unwrap_or_default().iter().map(|gap| gap.missing).sum()
}

#[test]
#[should_panic(expected = "CONFAB_ENTRIES is \"many\", which is no number from 1 on")]
fn a_number_of_entries_that_is_none_is_refused_in_words() {
    assert_eq!(number("CONFAB_ENTRIES", "20"), 20);
    number("CONFAB_ENTRIES", "many");
}
