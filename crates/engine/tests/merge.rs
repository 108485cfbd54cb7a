//! Small runs become large ones when nothing else happens, and nobody notices.

mod driver;

use driver::{Tables, World, founder, guest, two};
use engine::log::run::Run;
use engine::{Act, Command, Priority, Table, Terms};

fn runs(store: &Tables) -> usize {
    store.keys().filter(|(table, _)| *table == Table::Runs).count()
}

fn places(store: &Tables) -> usize {
    store.keys().filter(|(table, _)| *table == Table::Timeline).count()
}

/// Somebody types so many lines, one after the other.
fn typed(world: &mut World, peer: usize, from: usize, count: usize) -> Vec<String> {
    let lines: Vec<String> = (from..from + count).map(|line| format!("line {line}")).collect();
    for line in &lines {
        world.say(peer, line, Priority::Normal);
        world.pass(500);
    }
    lines
}

#[test]
fn lines_that_were_typed_one_by_one_are_one_run_soon_after() {
    let mut world = two();
    let lines = typed(&mut world, 0, 0, 40);
    assert!(runs(&world.peers[0].store) >= 40, "nothing is merged while somebody types");
    world.pass(5_000);
    for peer in [0, 1] {
        assert!(runs(&world.peers[peer].store) <= 2, "{}", runs(&world.peers[peer].store));
        assert_eq!(places(&world.peers[peer].store), runs(&world.peers[peer].store));
        assert_eq!(world.words(peer), lines);
    }
    // What was merged is still signed as a whole, opens again, and is handed on by either.
    let room = founder().room();
    let stored = world.peers[0].store.iter().filter(|((table, _), _)| *table == Table::Runs);
    assert!(
        stored.map(|(_, bytes)| Run::verify(&room, bytes).unwrap()).all(|run| !run.is_chained())
    );
    let store = world.stop(0);
    let third = world.start(guest(2), Tables::new());
    world.connect(third);
    world.pass(20_000);
    assert_eq!(world.words(third), lines);
    let again = world.start(founder(), store);
    world.connect(again);
    world.pass(20_000);
    assert_eq!(world.words(again), lines);
    let more = typed(&mut world, again, 40, 40);
    world.pass(10_000);
    for peer in [1, third, again] {
        assert_eq!(world.words(peer), [lines.clone(), more.clone()].concat());
    }
}

#[test]
fn a_few_lines_and_what_goes_by_itself_stay_as_they_are() {
    let mut world = two();
    typed(&mut world, 0, 0, 10);
    world.pass(10_000);
    assert_eq!(runs(&world.peers[1].store), 10);
    for line in 10..40 {
        let expires = Terms { expires_after: Some(3_600_000), ..Terms::default() };
        let draft = world.draft(0, &format!("line {line}"), Priority::Normal).on(expires);
        world.command(0, Command::Send(draft));
        world.pass(100);
    }
    for line in 40..80 {
        let draft = world.draft(0, &format!("line {line}"), Priority::Normal);
        world.command(0, Command::Send(draft.doing(Act::SayFor { after: 60_000 })));
        world.pass(100);
    }
    world.pass(10_000);
    assert!(runs(&world.peers[1].store) > 70, "{}", runs(&world.peers[1].store));
}

#[test]
fn a_store_that_fails_while_runs_are_merged_loses_none() {
    let mut world = two();
    let lines = typed(&mut world, 0, 0, 40);
    world.peers[1].full = true;
    world.pass(60_000);
    assert_eq!(runs(&world.peers[1].store), 40, "its disk takes nothing");
    world.peers[1].full = false;
    world.pass(60_000);
    assert!(runs(&world.peers[1].store) <= 2, "{}", runs(&world.peers[1].store));
    let store = world.stop(1);
    let again = world.start(guest(1), store);
    world.pass(5_000);
    assert_eq!(world.words(again), lines);
}
