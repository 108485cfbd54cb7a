//! Why a member may refuse a message, from the wire to the tray of what could not be delivered.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

mod driver;

use driver::{Tables, World, founder, guest, two};
use engine::frame::{Frame, Refusal};
use engine::log::LogState;
use engine::log::checked;
use engine::log::have::LogHave;
use engine::log::refusal::{LAMPORT, NOT_UNDERSTOOD};
use engine::log::run::{Run, Start, Unsigned};
use engine::{
    Channel, Command, EntryId, Event, FailureReason, Incarnation, Input, LogId, Priority, RowState,
    Table, Trouble, Undelivered, limits,
};

const ANA: usize = 0;
const BEN: usize = 1;

fn tray(world: &World, peer: usize) -> Vec<Undelivered> {
    let mut told = world.peers[peer].engine.snapshot().into_iter().filter_map(|event| {
        let Event::Undelivered(tray) = event else { return None };
        Some(tray)
    });
    told.next_back().unwrap_or_default()
}

fn entry(world: &World, peer: usize, text: &str) -> EntryId {
    let place = world.words(peer).iter().position(|said| said == text).unwrap();
    world.peers[peer].rows.values().nth(place).unwrap().entry
}

fn state(world: &World, peer: usize, text: &str) -> RowState {
    world.texts(peer).into_iter().find(|(said, _)| said == text).unwrap().1
}

/// Alters the last message on its author's disk as if its log had leapt: its time is further ahead
/// of the one before than any step may be. `before` is the disk without it.
fn leap(before: &Tables, store: &mut Tables) {
    let is_new = |(key, _): &(&(Table, Vec<u8>), &Vec<u8>)| !before.contains_key(*key);
    let new: Vec<_> = store.iter().filter(is_new).map(|(key, _)| key.clone()).collect();
    let only = |table| new.iter().find(|(of, _)| *of == table).unwrap().clone();
    let (run_key, line_key) = (only(Table::Runs), only(Table::Timeline));
    let run = Run::verify(&founder().room(), &store[&run_key]).unwrap();
    let (room, epoch) = (founder().room(), run.epoch);
    let (log, first, previous, class) = (run.log, run.first, run.previous, run.class);
    let start = Start { room, log, first, previous, epoch, class };
    let mut header = run.entries[0].header.clone();
    header.lamport += limits::LAMPORT_STEP + 1;
    let (lamport, body) = (header.lamport, run.entries[0].body.clone().unwrap());
    let leapt = Run::sign(&start, vec![Unsigned { header, body }], &founder().keypair());
    // The log's record: what it was before, and this.
    let of_log = |(_, key): &&(Table, Vec<u8>)| key[32] == b'l' && key[33..81] == log.bytes();
    let mut records = before.keys().filter(|key| key.0 == Table::Projections);
    let log_key = records.find(of_log).unwrap().clone();
    let mut state = LogState::decode(checked::open(&log_key.1, &before[&log_key]).0).unwrap();
    state.insert(&leapt);
    let record = checked::seal(&log_key.1, state.encode());
    store.insert(log_key, record);
    store.insert(run_key, leapt.bytes().to_vec());
    let line = store.remove(&line_key).unwrap();
    let mut at = line_key.1;
    at[32..40].copy_from_slice(&lamport.to_be_bytes());
    store.insert((Table::Timeline, at), line);
}

/// Somebody's log leaps: another program wrote it, or a disk that was mended by hand. Nobody can be
/// made to take it, so that nobody pushes the room's time to its end.
#[test]
fn what_is_not_allowed_is_refused_for_good_and_its_author_is_told_so_in_its_tray() {
    let mut world = two();
    world.say(ANA, "allowed", Priority::Normal);
    world.pass(5_000);
    world.take_to(BEN, 9);
    world.pass(20_000);
    let before = world.peers[ANA].store.clone();
    world.say(ANA, "leaps", Priority::Normal);
    let mut store = world.stop(ANA);
    leap(&before, &mut store);
    let ana = world.start(founder(), store);
    world.connect(ana);
    world.pass(5_000);
    assert_eq!(state(&world, ana, "leaps"), RowState::Saved, "nobody has refused it yet");
    assert_eq!(tray(&world, ana), []);
    let refused_at = world.clock().wall;
    world.take_to(BEN, 0);
    world.pass(20_000);
    assert_eq!(world.words(BEN), ["allowed"]);
    let mut events = world.peers[BEN].events.iter();
    let named = |event: &Event| {
        matches!(event, Event::Trouble(Trouble::Peer { member, .. })
            if *member == Some(founder().me()))
    };
    assert!(events.any(named), "Ben is told who leaps");
    let [case] = &tray(&world, ana)[..] else { panic!("it is in the tray") };
    assert_eq!(case.entry, entry(&world, ana, "leaps"));
    let [failure] = &case.failures[..] else { panic!("Ben alone has refused it") };
    assert_eq!((failure.member, failure.reason), (guest(1).me(), FailureReason::NotAllowed));
    assert!(failure.last >= refused_at);
    let history = case.history.iter().map(|one| (one.member, one.reason));
    assert_eq!(history.collect::<Vec<_>>(), [(guest(1).me(), FailureReason::NotAllowed)]);
    assert_eq!(state(&world, ana, "leaps"), RowState::Failed);
    // It is settled: a restart of both sides neither offers it again nor forgets why.
    let (ben, mine) = (world.stop(BEN), world.stop(ana));
    let (ana, ben) = (world.start(founder(), mine), world.start(guest(1), ben));
    world.connect(ana);
    world.connect(ben);
    world.pass(60_000);
    assert_eq!(world.words(ben), ["allowed"]);
    assert_eq!(tray(&world, ana)[0].failures[0].reason, FailureReason::NotAllowed);
    assert_eq!(LAMPORT, 2, "the number on the wire");
    let settled = (Table::Projections, &founder().me().0[..]);
    let logs = world.peers[ben].store.iter().filter(|((table, key), _)| {
        *table == settled.0 && key[32] == b'l' && key[33..65] == *settled.1
    });
    let refused: Vec<_> = logs
        .filter_map(|((_, key), value)| LogState::decode(checked::open(key, value).0))
        .map(|state| state.have(case.entry.log).refused)
        .collect();
    assert_eq!(refused, [vec![(case.entry.seq, case.entry.seq, LAMPORT)]]);
}

/// Ana says something that Ben's device has not stored yet, and he says nothing of himself.
fn said_and_not_stored() -> (World, EntryId) {
    let mut world = two();
    world.pass(5_000);
    world.peers[BEN].slow = Some(vec![]);
    world.say(ANA, "in words of tomorrow", Priority::Normal);
    world.pass(1_000);
    let entry = entry(&world, ANA, "in words of tomorrow");
    (world, entry)
}

/// Something comes over Ana's link with Ben, as another version of his might say it.
fn hears(world: &mut World, frame: &Frame) {
    let link = world.wires.keys().find(|(peer, _)| *peer == ANA).unwrap().1;
    let (channel, bytes) = (Channel::Messages, frame.encode());
    world.peers[ANA].inputs.push_back(Input::Frame { link, channel, bytes });
    world.run();
}

/// Ben's store answers, and it turns out that he takes what is offered again.
fn takes_it_after_all(world: &mut World, entry: EntryId) {
    world.command(ANA, Command::Retry(entry));
    assert_eq!(tray(world, ANA), []);
    let stored = world.peers[BEN].slow.take().unwrap();
    world.peers[BEN].inputs.extend(stored.into_iter().map(Input::Committed));
    world.pass(60_000);
    assert_eq!(state(world, ANA, "in words of tomorrow"), RowState::Delivered);
    assert_eq!(tray(world, ANA), []);
}

#[test]
fn what_another_version_does_not_understand_is_told_with_its_history_and_can_be_tried_again() {
    let (mut world, entry) = said_and_not_stored();
    let EntryId { log, seq } = entry;
    let refused = Frame::Refuse(Refusal { log, first: seq, last: seq, reason: NOT_UNDERSTOOD });
    for _ in 1..limits::REFUSALS {
        hears(&mut world, &refused);
        world.pass(100);
        assert_eq!(tray(&world, ANA), [], "it may be updated meanwhile");
    }
    hears(&mut world, &refused);
    let [case] = &tray(&world, ANA)[..] else { panic!("it is in the tray") };
    assert_eq!((case.entry, case.failures.len()), (entry, 1));
    let failure = &case.failures[0];
    assert_eq!((failure.member, failure.reason), (guest(1).me(), FailureReason::NotUnderstood));
    assert_eq!(failure.attempts, limits::REFUSALS);
    assert_eq!(case.history.len(), 5);
    assert!(case.history.iter().all(|one| one.reason == FailureReason::NotUnderstood));
    assert!(case.history.windows(2).all(|two| two[0].at + 100 <= two[1].at));
    assert_eq!(state(&world, ANA, "in words of tomorrow"), RowState::Failed);
    takes_it_after_all(&mut world, entry);
}

#[test]
fn what_another_version_settles_as_not_understood_is_in_the_tray_at_once_and_stays_there() {
    let (mut world, entry) = said_and_not_stored();
    let refused = vec![(entry.seq, entry.seq, NOT_UNDERSTOOD)];
    hears(&mut world, &Frame::Have(vec![LogHave { log: entry.log, ranges: vec![], refused }]));
    let [case] = &tray(&world, ANA)[..] else { panic!("it is in the tray") };
    assert_eq!(case.failures[0].reason, FailureReason::NotUnderstood);
    assert_eq!(case.history.len(), 1);
    world.pass(1_000);
    let store = world.stop(ANA);
    let again = world.start(founder(), store);
    world.pass(5_000);
    assert_eq!(tray(&world, again), std::slice::from_ref(case), "also after a restart");
    let (mut world, entry) = said_and_not_stored();
    let refused = vec![(entry.seq, entry.seq, NOT_UNDERSTOOD)];
    hears(&mut world, &Frame::Have(vec![LogHave { log: entry.log, ranges: vec![], refused }]));
    takes_it_after_all(&mut world, entry);
}

/// How long a message may take, in milliseconds, whatever else is refused.
const WITHIN: u64 = 1_000;
const CARL: usize = 2;

/// Ana, Ben and Carl. While Ben is elsewhere Ana says something that his device is not going to
/// take; then he is back.
fn poisoned() -> (World, EntryId) {
    let mut world = two();
    let carl = world.start(guest(2), Tables::new());
    world.connect(carl);
    world.pass(5_000);
    world.take_to(BEN, 9);
    world.pass(20_000);
    world.say(ANA, "poison", Priority::Normal);
    world.pass(1_000);
    let poison = entry(&world, ANA, "poison");
    world.peers[BEN].refuses = Some(poison);
    world.take_to(BEN, 0);
    world.pass(10_000);
    (world, poison)
}

#[test]
fn a_message_that_one_member_refuses_again_and_again_holds_up_nobody() {
    let (mut world, poison) = poisoned();
    for round in 0..120 {
        let priority = Priority::ALL[round % 3];
        for author in [ANA, BEN, CARL] {
            let text = format!("{round} of {author}");
            world.say(author, &text, priority);
            world.pass(WITHIN);
            for reader in [ANA, BEN, CARL] {
                assert!(world.words(reader).contains(&text), "{text} is not at {reader}");
            }
        }
        assert!(!world.words(BEN).contains(&"poison".to_owned()));
    }
    assert!(world.words(CARL).contains(&"poison".to_owned()));
    let [case] = &tray(&world, ANA)[..] else { panic!("it alone is in the tray") };
    assert_eq!((case.entry, case.failures.len()), (poison, 1));
    let failure = &case.failures[0];
    assert_eq!((failure.member, failure.reason), (guest(1).me(), FailureReason::NoSpace));
    let attempts = failure.attempts;
    // Half a second, doubled up to 16 s, less a quarter at most by chance.
    assert!((limits::REFUSALS..40).contains(&attempts), "{attempts} in six minutes");
    world.peers[BEN].refuses = None;
    world.pass(60_000);
    assert!(world.words(BEN).contains(&"poison".to_owned()));
    assert_eq!((tray(&world, ANA), state(&world, ANA, "poison")), (vec![], RowState::Delivered));
}

#[test]
fn i6_a_log_more_than_a_device_keeps_is_refused_and_its_author_is_told_that_it_was_too_much() {
    for (known, refused) in [(limits::LOGS - 1, false), (limits::LOGS, true)] {
        let mut world = two();
        world.pass(5_000);
        let mut store = world.stop(BEN);
        for number in 0..known {
            let mut incarnation = [0; 16];
            incarnation[..8].copy_from_slice(&number.to_be_bytes());
            let log = LogId { member: guest(9).me(), incarnation: Incarnation(incarnation) };
            let key = [&founder().room().0[..], b"l", &log.bytes()].concat();
            let record = checked::seal(&key, LogState::default().encode());
            store.insert((Table::Projections, key), record);
        }
        let ben = world.start(guest(1), store);
        world.connect(ben);
        world.pass(20_000);
        world.say(ANA, "of one log more", Priority::Normal);
        world.pass(10 * 60_000);
        let failures = tray(&world, ANA).into_iter().flat_map(|one| one.failures);
        let failures: Vec<_> = failures.map(|why| (why.member, why.reason)).collect();
        if refused {
            assert_eq!(failures, [(guest(1).me(), FailureReason::TooMuch)]);
            assert_eq!(state(&world, ANA, "of one log more"), RowState::Failed);
            assert!(world.words(ben).is_empty());
        } else {
            assert_eq!((failures, world.words(ben)), (vec![], vec!["of one log more".to_owned()]));
        }
    }
}
