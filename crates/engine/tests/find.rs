//! The search in a room: what is found is what its list shows, newest first, however far up.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

mod driver;

use driver::{World, founder, guest, two};
use engine::{
    Act, Body, Command, EntryId, Event, FindId, FoundEnd, Input, Match, Output, Priority, Record,
    Table, Terms, limits,
};

const FIRST: FindId = FindId([1; 16]);
const SECOND: FindId = FindId([2; 16]);

/// What a peer was told of a search: all that was found, and each end.
fn told(world: &World, peer: usize, find: FindId) -> (Vec<Match>, Vec<FoundEnd>) {
    let (mut matches, mut ends) = (Vec::new(), Vec::new());
    for event in &world.peers[peer].events {
        if let Event::Found(found) = event
            && found.find == find
        {
            matches.extend(found.matches.clone());
            ends.extend(found.end);
        }
    }
    (matches, ends)
}

fn said(found: &Match) -> String {
    let excerpt = &found.excerpt;
    format!("{}[{}]{}", excerpt.before, excerpt.found, excerpt.behind)
}

/// Looks for words, to the end.
fn find(world: &mut World, peer: usize, words: &str) -> (Vec<String>, FoundEnd) {
    world.peers[peer].events.clear();
    world.command(peer, Command::Find(FIRST, words.to_owned()));
    let (matches, ends) = told(world, peer, FIRST);
    assert!(matches.windows(2).all(|pair| pair[0].order > pair[1].order), "newest first");
    assert_eq!(ends.len(), 1, "an end is told once");
    (matches.iter().map(said).collect(), ends[0])
}

fn found(world: &mut World, peer: usize, words: &str) -> Vec<String> {
    let (found, end) = find(world, peer, words);
    assert_eq!(end, FoundEnd::Whole);
    found
}

fn entry(world: &World, peer: usize, text: &str) -> EntryId {
    let rows = &world.peers[peer].rows;
    rows.values().find(|row| row.body == Body::Text(text.to_owned())).unwrap().entry
}

fn act(world: &mut World, peer: usize, text: &str, act: Act) {
    let draft = world.draft(peer, text, Priority::Normal).doing(act);
    world.command(peer, Command::Send(draft));
    world.pass(2_000);
}

/// Messages of two members, each of them in two classes in turn, so that no two become one run.
fn talk(world: &mut World, count: usize, text: impl Fn(usize) -> String) {
    for number in 0..count {
        let class = if number / 2 % 2 == 0 { Priority::Normal } else { Priority::Low };
        world.say(number % 2, &text(number), class);
    }
    world.pass(5_000);
}

#[test]
fn words_are_found_in_any_order_and_script_with_their_author_at_every_member() {
    let mut world = two();
    world.command(1, Command::SetName("Ben".to_owned()));
    world.say(0, "the Night train", Priority::Normal);
    world.say(1, "a train at night", Priority::Low);
    world.say(0, "我们明天坐火车去北京", Priority::Normal);
    world.pass(5_000);
    for peer in [0, 1] {
        let both = ["a train at [night]", "the [Night] train"];
        assert_eq!(found(&mut world, peer, "NIGHT train"), both);
        let (matches, _) = told(&world, peer, FIRST);
        assert_eq!(matches[0].name, "Ben");
        assert_eq!(matches[0].entry, entry(&world, peer, "a train at night"));
        assert_eq!(found(&mut world, peer, "北京 火车"), ["我们明天坐火车去[北京]"]);
        assert_eq!(found(&mut world, peer, "plane"), [""; 0]);
        assert_eq!(found(&mut world, peer, "  "), [""; 0]);
    }
}

#[test]
fn what_stands_far_above_what_is_in_memory_is_found_in_order() {
    let mut world = two();
    let count = usize::try_from(limits::PAGE_RUNS).unwrap() + 40;
    talk(&mut world, count, |number| match number % 40 {
        3 => format!("needle {number}"),
        _ => format!("hay {number}"),
    });
    let store = world.stop(0);
    let peer = world.start(founder(), store);
    world.run();
    assert!(world.peers[peer].rows.len() < count, "some are not in memory");
    let expected = [123, 83, 43, 3].map(|number| format!("[needle] {number}"));
    assert_eq!(found(&mut world, peer, "needle"), expected);
    let rows = world.peers[peer].rows.len();
    assert!(rows < count, "what was looked at is not kept");
}

#[test]
fn what_was_changed_is_found_by_its_new_words_and_what_is_gone_or_expired_is_not() {
    let mut world = two();
    talk(&mut world, 6, |number| format!("old {number}"));
    let brief = Terms { expires_after: Some(60_000), ..Terms::default() };
    let draft = world.draft(0, "old and brief", Priority::Normal).on(brief);
    world.command(0, Command::Send(draft));
    world.pass(2_000);
    assert_eq!(found(&mut world, 1, "old").len(), 7);
    let (changed, deleted) = (entry(&world, 0, "old 0"), entry(&world, 0, "old 2"));
    act(&mut world, 0, "quite new", Act::Edit(changed));
    act(&mut world, 0, "", Act::Delete(deleted));
    world.pass(120_000);
    for peer in [0, 1] {
        let left = ["[old] 5", "[old] 4", "[old] 3", "[old] 1"];
        assert_eq!(found(&mut world, peer, "old"), left, "at {peer}");
        assert_eq!(found(&mut world, peer, "quite"), ["[quite] new"], "at {peer}");
    }
}

#[test]
fn who_is_blocked_is_not_found_and_words_that_go_after_reading_only_by_their_author() {
    let mut world = two();
    let act = Act::SayFor { after: 60_000 };
    let draft = world.draft(0, "words that go", Priority::Normal).doing(act);
    world.command(0, Command::Send(draft));
    world.say(0, "words that stay", Priority::Low);
    world.pass(5_000);
    assert_eq!(found(&mut world, 0, "words").len(), 2);
    assert_eq!(found(&mut world, 1, "words"), ["[words] that stay"]);
    let author = world.peers[0].engine.me();
    world.command(1, Command::Block(author));
    world.pass(5_000);
    assert_eq!(found(&mut world, 1, "words"), [""; 0]);
    world.command(1, Command::Unblock(author));
    world.pass(5_000);
    assert_eq!(found(&mut world, 1, "words"), ["[words] that stay"]);
}

#[test]
fn of_many_the_newest_are_found_and_the_rest_is_not_read() {
    let mut world = two();
    let most = limits::FIND_MATCHES;
    talk(&mut world, most, |number| format!("again {number}"));
    let (all, end) = find(&mut world, 0, "again");
    assert_eq!((all.len(), end), (most, FoundEnd::Whole));
    talk(&mut world, 60, |number| format!("once more again {number}"));
    let (newest, end) = find(&mut world, 0, "again");
    assert_eq!((newest.len(), end), (most, FoundEnd::Many));
    assert!(newest.iter().all(|text| text.starts_with("once more")), "{newest:?}");
}

/// Takes all outputs of an engine; gives the scans among them, answered from the store.
fn scans(world: &mut World, peer: usize) -> Vec<(engine::Scan, Vec<Record>)> {
    let mut scans = Vec::new();
    while let Some(output) = world.peers[peer].engine.poll_output() {
        match output {
            Output::Scan(scan) => {
                let records = driver::read(&world.peers[peer].store, &scan);
                scans.push((scan, records));
            }
            Output::Event(event) => world.peers[peer].events.push(event),
            Output::Commit { ops, .. } => assert!(ops.is_empty(), "a search has stored something"),
            Output::Signal(_) | Output::Rtc { .. } => {}
        }
    }
    scans
}

fn answer(world: &mut World, peer: usize, (scan, records): (engine::Scan, Vec<Record>)) {
    let now = world.clock();
    world.peers[peer].engine.handle(Input::Scanned(scan.scan, Ok(records)), now);
}

/// Looks for words by hand, to the end; gives how many records each read brought.
fn steps(world: &mut World, peer: usize, words: &str) -> Vec<(Table, usize)> {
    let now = world.clock();
    world.peers[peer].engine.command(Command::Find(SECOND, words.to_owned()), now);
    let mut reads = Vec::new();
    let mut out = scans(world, peer);
    while let Some(read) = out.pop() {
        reads.push((read.0.table, read.1.len()));
        answer(world, peer, read);
        out.extend(scans(world, peer));
    }
    reads
}

#[test]
fn it_reads_in_small_steps_stores_nothing_and_what_is_said_meanwhile_is_stored_at_once() {
    let mut world = two();
    talk(&mut world, 120, |number| format!("hay {number}"));
    let reads = steps(&mut world, 0, "needle");
    let most = usize::try_from(limits::FIND_RUNS).unwrap();
    assert!(reads.iter().filter(|(table, _)| *table == Table::Timeline).count() > 5, "{reads:?}");
    let runs = |(table, _): &&(Table, usize)| *table != Table::Projections;
    assert!(reads.iter().filter(runs).all(|(_, count)| *count <= most), "{reads:?}");
    assert_eq!(told(&world, 0, SECOND).1, [FoundEnd::Whole]);
    // While a step is out, a message goes to the disk like ever.
    let now = world.clock();
    world.peers[0].engine.command(Command::Find(FIRST, "needle".to_owned()), now);
    let out = scans(&mut world, 0);
    let draft = world.draft(0, "a needle", Priority::Normal);
    let now = world.clock();
    world.peers[0].engine.command(Command::Send(draft), now);
    let commits = std::iter::from_fn(|| world.peers[0].engine.poll_output());
    assert!(commits.into_iter().any(|output| matches!(output, Output::Commit { .. })));
    out.into_iter().for_each(|read| answer(&mut world, 0, read));
}

#[test]
fn another_search_ends_the_one_before_and_what_is_read_for_that_counts_for_nothing() {
    let mut world = two();
    talk(&mut world, 40, |number| format!("hay {number}"));
    let now = world.clock();
    world.peers[0].engine.command(Command::Find(FIRST, "hay".to_owned()), now);
    let late = scans(&mut world, 0);
    assert_eq!(late.len(), 1);
    world.peers[0].engine.command(Command::Find(SECOND, "needle".to_owned()), now);
    assert_eq!(scans(&mut world, 0).len(), 1, "the second begins at once");
    assert_eq!(told(&world, 0, FIRST), (vec![], vec![FoundEnd::Ended]));
    late.into_iter().for_each(|read| answer(&mut world, 0, read));
    assert!(scans(&mut world, 0).is_empty(), "nothing is read for what has ended");
    // An end that comes too late does not end what has begun since.
    world.peers[0].engine.command(Command::EndFind(FIRST), now);
    assert_eq!(told(&world, 0, SECOND).1, []);
    world.peers[0].engine.command(Command::EndFind(SECOND), now);
    assert!(scans(&mut world, 0).is_empty());
    assert_eq!(told(&world, 0, SECOND), (vec![], vec![FoundEnd::Ended]));
    assert_eq!(found(&mut world, 0, "hay 39"), ["[hay] 39"]);
}

#[test]
fn what_cannot_be_read_is_said_and_the_rest_is_found() {
    let mut world = two();
    talk(&mut world, 40, |number| format!("hay {number}"));
    let store = &mut world.peers[0].store;
    let runs = store.iter_mut().filter(|((table, _), _)| *table == Table::Runs);
    let run = runs.map(|(_, bytes)| bytes).nth(4).unwrap();
    let middle = run.len() / 2;
    run[middle] ^= 1;
    let (rest, end) = find(&mut world, 0, "hay");
    assert_eq!(end, FoundEnd::Unread);
    assert!(rest.len() > 20 && rest.len() < 40, "{}", rest.len());
    world.peers[0].unread = 1;
    assert_eq!(find(&mut world, 0, "hay"), (vec![], FoundEnd::Unread));
}

#[test]
fn what_is_looked_for_before_all_is_read_is_found_and_goes_on_when_the_store_is_read_again() {
    let mut world = two();
    talk(&mut world, 40, |number| format!("hay {number}"));
    let store = world.stop(1);
    let peer = world.start(guest(1), store);
    world.command(peer, Command::Find(SECOND, "hay".to_owned()));
    let (matches, ends) = told(&world, peer, SECOND);
    assert_eq!((matches.len(), ends), (40, vec![FoundEnd::Whole]));
}
