//! What a person does with what waits or has failed: said now after all, tried again, put away;
//! and what the inspector shows of all this.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
#![expect(clippy::wildcard_enum_match_arm, reason = "a test picks the events it looks at")]

mod driver;

use driver::{Tables, World, founder, guest, two};
use engine::{
    Command, Draft, EntryId, Event, FailureReason, PeerQueue, Priority, QueueView, Refusal, Terms,
    Undelivered, When, limits,
};

fn last<T>(world: &World, peer: usize, pick: impl Fn(&Event) -> Option<T>) -> Option<T> {
    world.peers[peer].events.iter().rev().find_map(pick)
}

fn undelivered(world: &World, peer: usize) -> Vec<Undelivered> {
    let pick = |event: &Event| match event {
        Event::Undelivered(undelivered) => Some(undelivered.clone()),
        _ => None,
    };
    last(world, peer, pick).unwrap_or_default()
}

fn refusal(world: &World, peer: usize) -> Option<Refusal> {
    last(world, peer, |event| match event {
        Event::Refused { reason, .. } => Some(reason.clone()),
        _ => None,
    })
}

fn entry(world: &World, peer: usize, text: &str) -> EntryId {
    let body = engine::Body::Text(text.to_owned());
    world.peers[peer].rows.values().find(|row| row.body == body).unwrap().entry
}

fn queue(world: &mut World, peer: usize) -> QueueView {
    world.command(peer, Command::Watch(true));
    world.pass(1_500);
    let view = last(world, peer, |event| match event {
        Event::Queue(view) => Some(view.clone()),
        _ => None,
    });
    world.command(peer, Command::Watch(false));
    view.unwrap()
}

fn only_peer(world: &mut World) -> PeerQueue {
    let mut view = queue(world, 0);
    assert_eq!(view.peers.len(), 1);
    view.peers.remove(0)
}

#[test]
fn a_draft_that_waits_is_said_at_once_when_it_is_changed_to_be() {
    let mut world = two();
    let at = world.clock().wall + 3_600_000;
    let later = Terms { when: When::At(at), ..Terms::default() };
    let waits: Vec<Draft> = ["in an hour", "in an hour, too"]
        .map(|text| world.draft(0, text, Priority::Low).on(later))
        .to_vec();
    for draft in &waits {
        world.command(0, Command::Send(draft.clone()));
    }
    world.pass(2_000);
    assert!(world.words(1).is_empty());
    let now = Draft { priority: Priority::Urgent, ..waits[0].clone().on(Terms::default()) };
    world.command(0, Command::Replace(now));
    world.pass(2_000);
    assert_eq!(world.words(1), ["in an hour"]);
    assert_eq!(world.peers[1].rows.values().next().unwrap().priority, Priority::Urgent);
    // The same for one whose page is closed in the same moment.
    world.command(0, Command::Replace(waits[1].clone().on(Terms::default())));
    let store = world.stop(0);
    let again = world.start(founder(), store);
    world.connect(again);
    world.pass(20_000);
    world.command(again, Command::Replace(waits[1].clone().on(Terms::default())));
    world.pass(2_000);
    assert_eq!(world.words(1), ["in an hour", "in an hour, too"]);
}

#[test]
fn the_tray_keeps_when_it_was_tried_across_restarts_and_retries_until_it_is_put_away() {
    let mut world = two();
    world.peers[1].full = true;
    world.say(0, "does not fit", Priority::Normal);
    world.pass(10 * 60_000);
    let id = entry(&world, 0, "does not fit");
    let before = undelivered(&world, 0).remove(0);
    assert!(before.history.len() >= 5 && before.history.len() <= limits::ATTEMPTS);
    assert!(before.history.is_sorted_by_key(|attempt| attempt.at));
    assert!(before.history.iter().all(|attempt| attempt.reason == FailureReason::NoSpace));
    let store = world.stop(0);
    let again = world.start(founder(), store);
    world.pass(1_000);
    assert_eq!(undelivered(&world, again), std::slice::from_ref(&before));
    world.connect(again);
    world.pass(1_000);
    world.command(again, Command::Retry(id));
    assert!(undelivered(&world, again).is_empty());
    world.pass(10 * 60_000);
    let after = undelivered(&world, again).remove(0);
    assert!(after.history.last().unwrap().at > before.history.last().unwrap().at);
    assert_eq!(after.failures[0].member, guest(1).keypair().member());
    world.command(again, Command::Dismiss(id));
    assert!(undelivered(&world, again).is_empty());
    world.command(again, Command::Dismiss(id));
    assert_eq!(refusal(&world, again), Some(Refusal::NoSuchMessage));
    let store = world.stop(again);
    let last = world.start(founder(), store);
    world.pass(1_000);
    assert!(undelivered(&world, last).is_empty());
}

#[test]
fn the_inspector_shows_depth_age_and_attempts_by_class_also_for_who_is_away() {
    let mut world = two();
    world.peers[1].full = true;
    world.say(0, "refused", Priority::Urgent);
    world.pass(20_000);
    let peer = only_peer(&mut world);
    assert!(peer.link.is_some());
    assert!(peer.lanes[1].attempts > 0, "{peer:?}");
    let others = [0, 2, 3, 4, 5].map(|place| peer.lanes[place].attempts);
    assert_eq!(others, [0; 5], "nothing of these was refused");
    assert!(peer.lanes[1].oldest.is_some() && peer.lanes[2].oldest.is_none(), "{peer:?}");
    let store = world.stop(1);
    world.pass(20_000);
    let written = world.clock().wall;
    for number in 0..3 {
        world.say(0, &number.to_string(), Priority::Low);
    }
    world.pass(1_000);
    let peer = only_peer(&mut world);
    assert!(peer.link.is_none() && peer.member == guest(1).keypair().member());
    let depths: Vec<u64> = peer.lanes.iter().map(|lane| lane.messages).collect();
    assert_eq!(depths, [0, 1, 0, 3, 0, 0]);
    let size = |priority| -> u64 {
        let rows = world.peers[0].rows.values().filter(|row| row.priority == priority);
        rows.map(|row| u64::from(row.size)).sum()
    };
    let (urgent, low) = (size(Priority::Urgent), size(Priority::Low));
    // A seal alone takes 16 bytes.
    assert!(urgent > 16 && low > 3 * 16, "{urgent} {low}");
    let bytes: Vec<u64> = peer.lanes.iter().map(|lane| lane.bytes).collect();
    assert_eq!(bytes, [0, urgent, 0, low, 0, 0]);
    assert!(peer.lanes.iter().all(|lane| lane.unmeasured == 0), "{peer:?}");
    assert!(peer.lanes[3].oldest.is_some_and(|at| at.abs_diff(written) < 10));
    assert_eq!(peer.oldest, peer.lanes[1].oldest);
    let back = world.start(guest(1), store);
    world.connect(back);
    world.pass(60_000);
    let peer = only_peer(&mut world);
    assert!(peer.lanes.iter().all(|lane| lane.messages == 0 && lane.oldest.is_none()), "{peer:?}");
    assert!(peer.lanes.iter().all(|lane| lane.attempts == 0) && peer.oldest.is_none());
}

#[test]
fn attempts_and_what_waits_are_those_of_the_member_that_refuses_and_of_no_other() {
    let mut world = two();
    let cid = world.start(guest(2), Tables::new());
    world.connect(cid);
    world.pass(5_000);
    world.peers[1].full = true;
    world.say(0, "refused by one", Priority::Urgent);
    world.pass(20_000);
    let both = |world: &mut World| {
        let view = queue(world, 0);
        [1, 2].map(|number| {
            let member = guest(number).keypair().member();
            view.peers.iter().find(|peer| peer.member == member).unwrap().clone()
        })
    };
    let [ben, cid] = both(&mut world);
    let refused = |peer: &PeerQueue| -> Vec<bool> {
        peer.lanes.iter().map(|lane| lane.attempts > 0).collect()
    };
    assert_eq!(refused(&ben), [false, true, false, false, false, false]);
    assert_eq!(refused(&cid), [false; 6]);
    assert!(ben.oldest.is_some() && cid.oldest.is_none());
    world.stop(1);
    world.pass(20_000);
    let [ben, cid] = both(&mut world);
    let waits =
        |peer: &PeerQueue| -> Vec<u64> { peer.lanes.iter().map(|lane| lane.messages).collect() };
    assert_eq!((waits(&ben), waits(&cid)), (vec![0, 1, 0, 0, 0, 0], vec![0; 6]));
    assert_eq!((refused(&ben)[1], refused(&cid)), (true, vec![false; 6]));
}

/// Two messages whose moments are one after another, and a store that answers nothing: the first
/// is with the store, and the second waits for it in the outbox.
fn due_at_a_slow_store(world: &mut World) -> [Draft; 2] {
    let moment = world.clock().wall + 10_000;
    let later = |world: &mut World, text: &str, after: u64| {
        let terms = Terms { when: When::At(moment + after), ..Terms::default() };
        let draft = world.draft(0, text, Priority::Normal).on(terms);
        world.command(0, Command::Send(draft.clone()));
        draft
    };
    let drafts = [later(world, "the first", 0), later(world, "the second", 1_000)];
    world.pass(5_000);
    world.peers[0].slow = Some(vec![]);
    world.pass(10_000);
    drafts
}

fn go_on(world: &mut World) {
    for batch in world.peers[0].slow.take().unwrap() {
        world.peers[0].inputs.push_back(engine::Input::Committed(batch));
    }
    world.pass(5_000);
}

#[test]
fn other_words_for_what_is_due_are_said_or_refused_and_never_lost() {
    let mut world = two();
    let [first, second] = due_at_a_slow_store(&mut world);
    let other = |draft: Draft, text: &str| Draft { text: text.to_owned(), ..draft };
    world.command(0, Command::Replace(other(second, "other words")));
    world.command(0, Command::Replace(other(first, "too late")));
    assert_eq!(refusal(&world, 0), None, "nobody knows yet whether it is stored");
    go_on(&mut world);
    assert_eq!(world.words(1), ["the first", "other words"]);
    assert_eq!(refusal(&world, 0), Some(Refusal::TooLate));
}

#[test]
fn what_is_due_is_taken_back_though_it_is_with_the_store() {
    let mut world = two();
    let [first, second] = due_at_a_slow_store(&mut world);
    let ben = world.stop(1);
    for draft in [first, second] {
        world.command(0, Command::Cancel(draft.id));
    }
    go_on(&mut world);
    assert_eq!((world.words(0), refusal(&world, 0)), (vec!["Gone".to_owned()], None));
    let again = world.start(guest(1), ben);
    world.connect(again);
    world.pass(5_000);
    assert_eq!(world.words(again), ["Gone"], "the first was an entry already, without words now");
}

#[test]
fn bytes_of_what_is_not_in_memory_are_said_to_be_unknown() {
    let mut world = two();
    world.stop(1);
    world.pass(20_000);
    for number in 0..1_000 {
        world.say(0, &number.to_string(), Priority::Low);
    }
    world.pass(5_000);
    let before = only_peer(&mut world).lanes[3];
    assert_eq!((before.messages, before.unmeasured), (1_000, 0));
    let store = world.stop(0);
    world.peers.clear();
    world.start(founder(), store);
    world.pass(1_000);
    let after = only_peer(&mut world).lanes[3];
    assert_eq!(after.messages, 1_000);
    assert!(after.unmeasured > 0 && after.unmeasured < 1_000, "{after:?}");
    assert!(after.bytes > 0 && after.bytes < before.bytes, "{after:?} {before:?}");
    // The oldest is none of those in memory: when it was written is read.
    assert!(after.oldest.is_some() && after.oldest == before.oldest, "{after:?} {before:?}");
}

#[test]
fn the_inspector_shows_the_oldest_of_all_own_logs() {
    let mut world = two();
    world.peers[1].full = true;
    world.say(0, "first", Priority::Normal);
    world.pass(20_000);
    let written = world.peers[0].rows.values().next().unwrap().wall;
    let store = world.stop(0);
    // Another log of the same member, before the first one in any list.
    let mut record = founder();
    record.set_incarnation(engine::Incarnation([0; 16]));
    let again = world.start(record, store);
    world.connect(again);
    world.pass(60_000);
    world.say(again, "second", Priority::Normal);
    world.pass(20_000);
    world.command(again, Command::Watch(true));
    world.pass(2_000);
    let events = world.peers[again].events.iter().rev();
    let queue = { events }
        .find_map(|event| if let Event::Queue(queue) = event { Some(queue) } else { None });
    let peer = queue.unwrap().peers.iter().find(|peer| peer.link.is_some()).unwrap();
    assert_eq!(peer.lanes[2].oldest, Some(written), "{peer:?}");
}

#[test]
fn what_is_steered_and_is_not_there_or_anothers_is_refused_in_words_and_nothing_changes() {
    let mut world = two();
    world.say(0, "mine", Priority::Normal);
    world.say(1, "theirs", Priority::Normal);
    world.pass(5_000);
    let theirs = entry(&world, 0, "theirs");
    let nowhere = EntryId { seq: 9_999, ..entry(&world, 0, "mine") };
    let before = (world.texts(0), world.texts(1));
    let draft = world.draft(0, "never said", Priority::Normal);
    world.command(0, Command::Cancel(draft.id));
    let mut refused = 1;
    for entry in [theirs, nowhere] {
        let priority = Priority::Urgent;
        for command in [
            Command::Reclass { entry, priority },
            Command::Retry(entry),
            Command::Dismiss(entry),
            Command::Trace(entry),
        ] {
            world.command(0, command);
            refused += 1;
        }
    }
    world.pass(5_000);
    assert_eq!(world.refusals(0), vec![Refusal::NoSuchMessage; refused]);
    assert_eq!((world.texts(0), world.texts(1)), before);
}
