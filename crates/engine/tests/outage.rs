//! The queue while somebody is away, is late or dies: attempts count only while there is a link,
//! what is said live is dropped first, and what is sent together is seen together or not at all.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

mod driver;

use driver::{Line, Peer, World, founder, guest, two};
use engine::crypto::random::Random;
use engine::log::entry::Target;
use engine::log::run::Run;
use engine::{
    Act, Body, Command, Draft, Ending, Event, FailureReason, Input, MemberId, PeerQueue, Priority,
    Qos, Refusal, Row, RowState, StoreFault, Table, Terms, When, limits,
};

const HOUR: u64 = 60 * 60_000;
/// Another network, from which nobody is reached.
const ELSEWHERE: u8 = 9;

fn ben() -> MemberId {
    guest(1).keypair().member()
}

/// What Ana is shown of what waits for Ben.
fn waits_for_ben(world: &World) -> PeerQueue {
    let mut events = world.peers[0].events.iter().rev();
    let view =
        events.find_map(|event| if let Event::Queue(view) = event { Some(view) } else { None });
    view.unwrap().peers.iter().find(|peer| peer.member == ben()).unwrap().clone()
}

fn attempts(world: &World) -> u64 {
    waits_for_ben(world).lanes.iter().map(|lane| lane.attempts).sum()
}

/// What a device has stored of messages that were refused.
fn refused(world: &World, peer: usize) -> Vec<Vec<u8>> {
    let key = |key: &[u8]| key.get(32) == Some(&b'u');
    let store = world.peers[peer].store.iter();
    store.filter(|((_, bytes), _)| key(bytes)).map(|(_, value)| value.clone()).collect()
}

fn lives(world: &World, peer: usize) -> Vec<String> {
    let events = world.peers[peer].events.iter();
    let live =
        |event: &Event| if let Event::Live(live) = event { Some(live.text.clone()) } else { None };
    events.filter_map(live).collect()
}

/// A draft that is said only live, handed over without anything being carried out yet.
fn say_live(world: &mut World, peer: usize, text: &str, qos: Qos) {
    let terms = Terms { qos, ..Terms::default() };
    let draft = world.draft(peer, text, Priority::Normal).on(terms);
    let now = world.clock();
    world.peers[peer].engine.command(Command::Send(draft), now);
}

#[test]
fn attempts_count_only_while_there_is_a_link() {
    let mut world = two();
    world.command(0, Command::Watch(true));
    world.peers[1].full = true;
    world.say(0, "does not fit", Priority::Normal);
    let second = (0..600).find(|_| {
        world.pass(1_000);
        attempts(&world) == 2
    });
    assert!(second.is_some(), "Ben refuses it twice");
    world.take_to(1, ELSEWHERE);
    world.pass(2_000);
    let before = (attempts(&world), refused(&world, 0));
    assert_eq!((before.0, before.1.len()), (2, 1));
    world.pass(HOUR);
    assert_eq!(waits_for_ben(&world).link, None);
    assert_eq!((attempts(&world), refused(&world, 0)), before);
    assert_eq!(world.texts(0)[0].1, RowState::Saved, "it has not failed: Ben was not there");
    // The next one after the hour is the third, and the fifth makes it undelivered.
    world.take_to(1, 0);
    let third = (0..600).find(|_| {
        world.pass(1_000);
        attempts(&world) > 2
    });
    assert!(third.is_some_and(|seconds| seconds < 90), "the wait before it has not grown");
    assert_eq!((attempts(&world), world.texts(0)[0].1), (3, RowState::Saved));
    world.peers[1].full = false;
    world.pass(5 * 60_000);
    assert_eq!(world.words(1), ["does not fit"]);
}

/// When each of two members without space refused one message, by the author's tray.
fn refused_by_two() -> [Vec<u64>; 2] {
    let mut world = World::new();
    for record in [founder(), guest(1), guest(2)] {
        let peer = world.start(record, Default::default());
        world.connect(peer);
        world.pass(5_000);
    }
    world.peers[1].full = true;
    world.peers[2].full = true;
    world.say(0, "does not fit", Priority::Normal);
    world.pass(10 * 60_000);
    let trays = world.peers[0].engine.snapshot().into_iter().filter_map(|event| {
        let Event::Undelivered(tray) = event else { return None };
        Some(tray)
    });
    let history = trays.flatten().next().unwrap().history;
    [guest(1), guest(2)].map(|record| {
        let by = record.keypair().member();
        history.iter().filter(|one| one.member == by).map(|one| one.at).collect()
    })
}

#[test]
fn those_who_refuse_ask_again_after_waits_that_differ_by_chance() {
    let times = refused_by_two();
    let waits = |at: &Vec<u64>| at.windows(2).map(|at| at[1] - at[0]).collect::<Vec<u64>>();
    let [ben, cid] = [waits(&times[0]), waits(&times[1])];
    let most = limits::COMMIT_BACKOFF_MAX;
    for waits in [&ben, &cid] {
        assert!(waits.len() >= 5, "{waits:?}");
        // The way there and back is a few steps of the clock.
        assert!(waits.iter().all(|wait| (most * 3 / 4..most + 20).contains(wait)), "{waits:?}");
        let (least, longest) = (waits.iter().min().unwrap(), waits.iter().max().unwrap());
        assert!(longest - least > most / 32, "they are all alike: {waits:?}");
    }
    let same = ben.iter().zip(&cid).filter(|(ben, cid)| ben.abs_diff(**cid) < 20).count();
    assert!(same <= 1, "both wait alike: {ben:?} and {cid:?}");
    assert_eq!(refused_by_two(), times, "I8: chance is the engine's own");
}

#[test]
fn what_is_owed_live_is_repeated_at_once_when_its_member_is_back() {
    let mut world = two();
    say_live(&mut world, 0, "are you there?", Qos::AtLeastOnce);
    world.take_to(1, ELSEWHERE);
    world.pass(limits::LIVE_FOR / 2);
    assert!(lives(&world, 1).is_empty());
    world.take_to(1, 0);
    let until = |world: &mut World, done: fn(&World) -> bool| {
        (0..2_000).find(|_| {
            world.pass(10);
            done(world)
        })
    };
    until(&mut world, |world| !world.wires.is_empty()).unwrap();
    let steps = until(&mut world, |world| !lives(world, 1).is_empty()).unwrap();
    // The first wait with its jitter: it has not doubled while nobody was there.
    assert!(10 * steps <= limits::LIVE_BACKOFF * 5 / 4 + 20, "it took {steps} steps of 10 ms");
    assert_eq!(lives(&world, 1), ["are you there?"]);
}

#[test]
fn what_is_said_at_most_once_is_dropped_first_and_what_is_kept_goes_on() {
    let mut world = two();
    let most = limits::EPHEMERAL;
    // Nothing is carried out in between: the channels are full.
    for number in 0..most + 36 {
        say_live(&mut world, 0, &format!("live {number}"), Qos::AtMostOnce);
        if number % 10 == 0 {
            let draft = world.draft(0, &format!("kept {number}"), Priority::Low);
            let now = world.clock();
            world.peers[0].engine.command(Command::Send(draft), now);
        }
    }
    say_live(&mut world, 0, "surely", Qos::AtLeastOnce);
    world.pass(5_000);
    let newest: Vec<String> = (36..most + 36).map(|number| format!("live {number}")).collect();
    let mut heard = lives(&world, 1);
    assert!(heard.iter().any(|text| text == "surely"), "what is owed is not dropped");
    heard.retain(|text| text != "surely");
    assert_eq!(heard, newest, "the oldest are dropped");
    let kept: Vec<String> = (0..most + 36).step_by(10).map(|n| format!("kept {n}")).collect();
    assert_eq!(world.words(1), kept);
    assert!(world.texts(0).iter().all(|(_, state)| *state == RowState::Delivered));
}

/// A disk that says that it has failed and has not: what is gone there is gone, and nothing on it
/// says any more that somebody has to be told.
#[test]
fn what_expired_in_a_commit_of_unknown_outcome_is_told_as_undelivered_all_the_same() {
    let mut world = two();
    world.take_to(1, ELSEWHERE);
    world.pass(20_000);
    let terms = Terms { expires_after: Some(5_000), ..Terms::default() };
    let draft = world.draft(0, "for a moment", Priority::Normal).on(terms);
    world.command(0, Command::Send(draft));
    world.pass(2_000);
    let bodies = |world: &World| {
        let entries = runs(&world.peers[0]).into_iter().flat_map(|run| run.entries);
        entries.filter(|entry| entry.body.is_some()).count()
    };
    assert_eq!(bodies(&world), 1);
    world.peers[0].slow = Some(vec![]);
    world.pass(10_000);
    assert_eq!(bodies(&world), 0, "it is gone from the disk");
    let unknown = world.peers[0].slow.take().unwrap();
    let failed = || StoreFault::Failed("the transaction was aborted".to_owned());
    let answers = unknown.into_iter().map(|batch| Input::CommitFailed(batch, failed()));
    world.peers[0].inputs.extend(answers);
    world.pass(20_000);
    assert_eq!(world.texts(0), [("Gone".to_owned(), RowState::Expired)]);
    let trays = world.peers[0].engine.snapshot().into_iter().filter_map(|event| {
        let Event::Undelivered(tray) = event else { return None };
        Some(tray)
    });
    let failures: Vec<_> = trays.flatten().flat_map(|case| case.failures).collect();
    let told: Vec<_> = failures.iter().map(|one| (one.member, one.reason)).collect();
    assert_eq!(told, [(ben(), FailureReason::Expired)]);
}

const BEFORE: &str = "before";

fn runs(peer: &Peer) -> Vec<Run> {
    let records = peer.store.iter().filter(|((table, _), _)| *table == Table::Runs);
    records.map(|(_, bytes)| Run::verify(&founder().room(), bytes).unwrap()).collect()
}

/// A bundle at its bounds: as many drafts and bytes of text as there can be, in words that do not
/// shrink, each in answer to a message, so that one run does not hold it.
fn bundle(world: &mut World) -> Vec<Draft> {
    let mut random = Random::new([9; 32]);
    let mut letter = || char::from(b'!' + u8::try_from(random.below(94)).unwrap());
    let mut text = || (0..limits::TOGETHER_BYTES / limits::TOGETHER).map(|_| letter()).collect();
    let texts: Vec<String> = (0..limits::TOGETHER).map(|_| text()).collect();
    let answered = world.peers[0].rows.values().next();
    let target = answered.map(|row| Target { entry: row.entry, hash: row.hash });
    let act = target.map(|target| Act::Reply { target, member: None, after: None });
    let draft = |text: &String| {
        let draft = world.draft(0, text, Priority::Normal);
        act.map_or(draft.clone(), |act| draft.doing(act))
    };
    texts.iter().map(draft).collect()
}

/// How many messages a page showed after each time that it was told of some.
fn shown_over_time(world: &World, peer: usize) -> Vec<usize> {
    let mut rows: std::collections::BTreeMap<engine::Order, Row> = Default::default();
    let mut shown = vec![0];
    for event in &world.peers[peer].events {
        if let Event::Rows(told) = event {
            let of_it = told.iter().filter(|row| row.body != Body::Text(BEFORE.to_owned()));
            rows.extend(of_it.map(|row| (row.order, row.clone())));
            shown.push(rows.len());
        }
    }
    shown
}

/// Ben's device dies after it has stored so many batches of a bundle at its bounds. Gives how many
/// messages of it were on its disk then.
fn dies_after(batches: usize) -> usize {
    let mut world = two();
    world.say(0, BEFORE, Priority::Normal);
    world.pass(5_000);
    world.peers[1].slow = Some(vec![]);
    let drafts = bundle(&mut world);
    world.command(0, Command::SendTogether(drafts));
    for _ in 1..batches {
        let stored = world.peers[1].slow.replace(vec![]).unwrap();
        let answers = stored.into_iter().map(Input::Committed);
        world.peers[1].inputs.extend(answers);
        world.pass(500);
    }
    let all_or_none = |world: &World, peer: usize| {
        let shown = shown_over_time(world, peer);
        assert!(shown.iter().all(|rows| [0, limits::TOGETHER].contains(rows)), "{shown:?}");
        *shown.last().unwrap()
    };
    all_or_none(&world, 1);
    let ana = founder().me();
    let of_ana = runs(&world.peers[1]).into_iter().filter(|run| run.log.member == ana);
    // Without what was said before.
    let stored = of_ana.map(|run| run.entries.len()).sum::<usize>() - 1;
    // The page is opened on what there is, far from everybody.
    let store = world.stop(1);
    let ben = world.start(guest(1), store);
    world.pass(60_000);
    let expected = if stored == limits::TOGETHER { limits::TOGETHER } else { 0 };
    assert_eq!(all_or_none(&world, ben), expected, "{stored} are stored");
    world.connect(ben);
    world.pass(60_000);
    assert_eq!(all_or_none(&world, ben), limits::TOGETHER);
    assert!(world.texts(0).iter().all(|(_, state)| *state == RowState::Delivered));
    stored
}

#[test]
fn what_is_sent_together_at_its_bounds_is_seen_whole_also_after_a_crash_in_its_middle() {
    let stored: Vec<usize> = (1..8).map(dies_after).collect();
    assert!(stored.is_sorted(), "{stored:?}");
    let middle = |stored: &usize| (1..limits::TOGETHER).contains(stored);
    assert!(stored.iter().any(middle), "no crash fell into its middle: {stored:?}");
    assert_eq!(stored.last(), Some(&limits::TOGETHER));
}

#[test]
fn what_is_sent_together_beyond_its_bounds_is_refused_whole() {
    let mut world = two();
    let mut drafts = bundle(&mut world);
    drafts[0].text.push('x');
    world.command(0, Command::SendTogether(drafts));
    let mut drafts = bundle(&mut world);
    drafts.push(world.draft(0, "one too many", Priority::Normal));
    world.command(0, Command::SendTogether(drafts));
    world.pass(5_000);
    let refusals = world.refusals(0);
    let why = |refusal: &Refusal| matches!(refusal, Refusal::TooMuchTogether { .. });
    assert_eq!(refusals.len(), 2 * limits::TOGETHER + 1, "each draft is answered");
    assert!(refusals.iter().all(why), "{refusals:?}");
    assert!(world.words(0).is_empty() && world.words(1).is_empty());
}

/// What Ana is shown of how the last link with Ben has ended.
fn ended_with_ben(world: &World) -> Option<Ending> {
    waits_for_ben(world).ended.map(|ended| ended.why)
}

#[test]
fn why_a_link_has_ended_is_told_of_the_member_with_its_time() {
    let mut world = two();
    world.command(0, Command::Watch(true));
    world.pass(2_000);
    assert_eq!((waits_for_ben(&world).link.is_some(), ended_with_ben(&world)), (true, None));
    // What is sent reaches nobody, and no end hears that it is so.
    world.wires.clear();
    world.pass(25_000);
    let silent = waits_for_ben(&world).ended.unwrap();
    assert_eq!(silent.why, Ending::Silent);
    assert!(silent.at.abs_diff(world.clock().wall) < 25_000);
    world.pass(60_000);
    let back = waits_for_ben(&world);
    assert!(back.link.is_some(), "they find each other again");
    assert_eq!(back.ended, Some(silent), "and it is still known what was");
    let store = world.stop(1);
    world.pass(5_000);
    assert_eq!(ended_with_ben(&world), Some(Ending::Closed));
    drop(store);
}

#[test]
fn what_was_read_is_known_though_the_page_closed_as_the_receipt_was_stored() {
    let mut world = two();
    world.say(0, "hello", Priority::Normal);
    world.pass(3_000);
    // The receipt is stored, and the page never hears that it is.
    world.peers[0].slow = Some(vec![]);
    let entry = world.peers[1].rows.values().next().unwrap().entry;
    world.command(1, Command::MarkRead(vec![entry]));
    world.pass(5_000);
    assert_eq!(world.texts(0), [("hello".to_owned(), RowState::Delivered)]);
    let store = world.stop(0);
    let again = world.start(founder(), store);
    world.pass(1_000);
    assert_eq!(world.texts(again), [("hello".to_owned(), RowState::Read)], "nobody is linked");
}

/// How often a device asks to be woken within so many milliseconds in which nothing reaches it.
fn wakes(world: &mut World, peer: usize, millis: u64) -> usize {
    let end = world.now + millis;
    let mut wakes = 0;
    while let Some(at) = world.peers[peer].engine.deadline().filter(|at| *at <= end) {
        wakes += 1;
        world.now = at.max(world.now + 1);
        world.peers[peer].inputs.push_back(Input::Tick);
        world.run();
    }
    wakes
}

/// How often a device asks to be woken while it waits for own words that its disk has lost. It
/// could not read that disk at first, and says something so long after it came back.
fn wakes_while_behind(says_after: u64) -> usize {
    let mut world = two();
    world.say(0, "before", Priority::Normal);
    world.pass(3_000);
    let backup = world.peers[0].store.clone();
    world.say(0, "not in the backup", Priority::Normal);
    world.pass(20_000);
    world.stop(0);
    world.line = Some(Line::new(1_000, 400));
    let ana = world.start(founder(), backup);
    world.peers[ana].unread = 1;
    world.pass(2_000);
    world.connect(ana);
    world.pass(says_after);
    world.say(ana, "after", Priority::Normal);
    wakes(&mut world, ana, limits::OWN_GRACE)
}

#[test]
fn i6_whoever_could_not_read_its_disk_and_may_not_write_yet_sleeps_until_it_may() {
    let wakes: Vec<usize> = (0..40).map(|tenth| wakes_while_behind(100 * tenth)).collect();
    assert!(wakes.iter().all(|wakes| *wakes < 60), "{wakes:?}");
}

#[test]
fn what_cannot_be_taken_in_while_the_store_is_not_read_is_refused_by_its_id() {
    let mut world = World::new();
    let ana = world.start(founder(), Default::default());
    world.peers[ana].unread = 1;
    world.run();
    (0..64).for_each(|_| world.command(ana, Command::LoadOlder));
    let terms = Terms { when: When::At(world.clock().wall + HOUR), ..Terms::default() };
    let draft = world.draft(ana, "later", Priority::Normal).on(terms);
    world.command(ana, Command::Send(draft.clone()));
    let refused = world.peers[ana].events.iter().filter_map(|event| {
        let Event::Refused { draft, reason } = event else { return None };
        Some((*draft, reason.clone()))
    });
    let busy = Refusal::Busy { waiting: 64 };
    assert_eq!(refused.collect::<Vec<_>>(), [(Some(draft.id), busy)], "its page waits for it");
}
