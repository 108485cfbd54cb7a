//! What is said to one member alone: it shows at the two and nowhere else, every member carries it,
//! and it comes as far as anything that is said.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

mod driver;

use driver::{Tables, World, founder, guest, two};
use engine::frame::{Frame, Part};
use engine::log::entry::{Header, Kind, body_hash};
use engine::log::run::{Run, Start, Unsigned};
use engine::register::{Receipt, Register, RegisterKind};
use engine::{
    Act, Body, Channel, Command, Draft, EntryHash, EntryId, Event, Has, Incarnation, Input, LogId,
    MemberId, Passage, Priority, Qos, Refusal, Row, RowState, Table, Terms, When,
};

const MINUTE: u64 = 60_000;
const NONE: [&str; 0] = [];

/// Ana (0), Ben (1) and Carl (2), who know each other.
fn three() -> World {
    let mut world = two();
    let third = world.start(guest(2), Tables::new());
    world.connect(third);
    world.pass(5_000);
    world
}

fn member(world: &World, peer: usize) -> MemberId {
    world.peers[peer].engine.me()
}

fn letter(world: &mut World, from: usize, to: usize, text: &str) -> Draft {
    let act = Act::SayTo { member: member(world, to), after: None };
    let draft = world.draft(from, text, Priority::Normal).doing(act);
    world.command(from, Command::Send(draft.clone()));
    draft
}

fn row(world: &World, peer: usize, text: &str) -> Row {
    let mut rows = world.peers[peer].rows.values();
    rows.find(|row| row.body == Body::Text(text.to_owned())).unwrap().clone()
}

fn shown(world: &World, peer: usize, entry: &EntryId) -> Row {
    world.peers[peer].rows.values().find(|row| row.entry == *entry).unwrap().clone()
}

fn note(world: &mut World, peer: usize, text: &str, act: Act) {
    let draft = world.draft(peer, text, Priority::Normal).doing(act);
    world.command(peer, Command::Send(draft));
    world.pass(3_000);
}

fn restart(world: &mut World, peer: usize, record: engine::RoomRecord) -> usize {
    let store = world.stop(peer);
    let again = world.start(record, store);
    world.connect(again);
    world.pass(10_000);
    again
}

/// All runs on a peer's disk, verified.
fn runs(world: &World, peer: usize) -> Vec<Run> {
    let peer = &world.peers[peer];
    let runs = peer.store.iter().filter(|((table, _), _)| *table == Table::Runs);
    runs.map(|(_, bytes)| Run::verify(&peer.engine.room(), bytes).unwrap()).collect()
}

/// How many private bodies a peer's disk holds.
fn carried(world: &World, peer: usize) -> usize {
    let private = |run: &Run| {
        let entries = run.entries.iter().filter(|entry| entry.header.kind == Kind::PRIVATE);
        entries.filter(|entry| entry.body.is_some()).count()
    };
    runs(world, peer).iter().map(private).sum()
}

/// True if a member's receipt, as it lies on Ana's disk, says that it has read an entry.
fn says_read(world: &World, who: MemberId, entry: &EntryId) -> bool {
    let (room, keys) = (world.peers[0].engine.room(), founder().epoch_keys().unwrap());
    let records = world.peers[0].store.iter();
    let registers = records.filter_map(|(_, bytes)| Register::verify(&room, bytes).ok());
    let mut receipts = registers.filter(|cell| cell.key() == (who, RegisterKind::RECEIPT));
    let receipt: Receipt = receipts.next().unwrap().open(&room, &keys).unwrap();
    let read = receipt.read.iter().filter(|(log, _)| *log == entry.log);
    let mut ranges = read.flat_map(|(_, ranges)| ranges);
    ranges.any(|(first, last)| (*first..=*last).contains(&entry.seq))
}

/// True if a text stands anywhere on a peer's disk.
fn on_disk(world: &World, peer: usize, text: &str) -> bool {
    let within = |bytes: &Vec<u8>| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    world.peers[peer].store.iter().any(|((_, key), value)| within(key) || within(value))
}

#[test]
fn it_shows_at_the_two_and_the_third_carries_it() {
    let mut world = three();
    letter(&mut world, 0, 1, "only to Ben");
    world.say(0, "to all", Priority::Normal);
    world.pass(3_000);
    assert_eq!(world.words(0), ["only to Ben", "to all"]);
    assert_eq!(world.words(1), ["only to Ben", "to all"]);
    assert_eq!(world.words(2), ["to all"]);
    assert_eq!(carried(&world, 2), 1);
    let (ana, ben) = (member(&world, 0), member(&world, 1));
    assert_eq!(row(&world, 0, "only to Ben").private, Some(ben));
    assert_eq!(row(&world, 1, "only to Ben").private, Some(ana));
    assert_eq!(row(&world, 1, "to all").private, None);
    let all: Vec<_> = world.peers[2].events.iter().map(|event| format!("{event:?}")).collect();
    assert!(all.iter().all(|event| !event.contains("only to Ben")), "no event tells of it");
    assert!((0..3).all(|peer| !on_disk(&world, peer, "only to Ben")), "sealed on every disk");
}

#[test]
fn nothing_in_the_header_tells_for_whom_it_is() {
    let mut world = three();
    letter(&mut world, 0, 1, "x");
    letter(&mut world, 0, 2, "a somewhat longer text than the other one was");
    world.pass(3_000);
    let runs = runs(&world, 2);
    let entries = runs.iter().flat_map(|run| &run.entries);
    let private: Vec<_> = entries.filter(|entry| entry.header.kind == Kind::PRIVATE).collect();
    assert_eq!(private.len(), 2);
    assert_eq!(private[0].header.body_len, private[1].header.body_len);
    for entry in private {
        assert_eq!((&entry.header.target, &entry.header.group), (&None, &None));
        let bytes = [&entry.header_bytes[..], entry.body.as_ref().unwrap()].concat();
        for who in 0..3 {
            let id = member(&world, who).0;
            assert!(!bytes.windows(32).any(|part| part == id), "no member is named");
        }
    }
}

#[test]
fn only_the_recipient_counts_for_how_far_it_has_come() {
    let mut world = three();
    let ben = world.stop(1);
    world.pass(20_000);
    let draft = Draft {
        act: Act::SayTo { member: member(&world, 1), after: None },
        ..world.draft(0, "only to Ben", Priority::Normal)
    };
    world.command(0, Command::Send(draft));
    world.pass(3_000);
    let entry = row(&world, 0, "only to Ben").entry;
    let state = |world: &World| (shown(world, 0, &entry).state, shown(world, 0, &entry).held_by);
    assert_eq!(state(&world), (RowState::Held, 1), "Carl carries it");
    let ben = world.start(guest(1), ben);
    world.connect(ben);
    world.pass(20_000);
    assert_eq!(state(&world), (RowState::Delivered, 2));
    world.command(ben, Command::MarkRead(vec![entry]));
    world.pass(5_000);
    assert_eq!(state(&world), (RowState::Read, 2));
    let again = restart(&mut world, 0, founder());
    assert_eq!(shown(&world, again, &entry).state, RowState::Read, "also after a restart");
}

#[test]
fn what_the_recipient_holds_is_delivered_though_others_do_not() {
    let mut world = three();
    world.stop(2);
    world.pass(20_000);
    letter(&mut world, 0, 1, "only to Ben");
    world.say(0, "to all", Priority::Normal);
    world.pass(5_000);
    assert_eq!(row(&world, 0, "only to Ben").state, RowState::Delivered);
    assert_eq!(row(&world, 0, "to all").state, RowState::Held);
    let entry = row(&world, 1, "only to Ben").entry;
    world.command(1, Command::MarkRead(vec![entry]));
    world.pass(5_000);
    assert_eq!(row(&world, 0, "only to Ben").state, RowState::Read);
}

#[test]
fn i12_who_cannot_read_it_hands_it_on() {
    let mut world = three();
    let ben = world.stop(1);
    world.pass(20_000);
    letter(&mut world, 0, 1, "only to Ben");
    world.pass(5_000);
    let ana = world.stop(0);
    world.pass(20_000);
    let ben = world.start(guest(1), ben);
    world.connect(ben);
    world.pass(20_000);
    assert_eq!(world.words(ben), ["only to Ben"], "by Carl, who reads nothing of it");
    assert_eq!(world.words(2), NONE);
    let ana = world.start(founder(), ana);
    world.connect(ana);
    world.pass(20_000);
    assert_eq!(row(&world, ana, "only to Ben").state, RowState::Delivered);
}

#[test]
fn everything_is_there_after_a_restart_and_a_newcomer_carries_it_too() {
    let mut world = three();
    letter(&mut world, 0, 1, "only to Ben");
    letter(&mut world, 1, 0, "only to Ana");
    world.say(2, "to all", Priority::Normal);
    world.pass(5_000);
    let late = world.start(guest(3), Tables::new());
    world.connect(late);
    world.pass(20_000);
    assert_eq!((world.words(late), carried(&world, late)), (vec!["to all".to_owned()], 2));
    let (ana, ben) = (member(&world, 0), member(&world, 1));
    let one = restart(&mut world, 0, founder());
    let other = restart(&mut world, 1, guest(1));
    let third = restart(&mut world, 2, guest(2));
    let both = ["only to Ben", "only to Ana", "to all"];
    assert_eq!(
        (world.words(one), world.words(other)),
        (both.map(String::from).to_vec(), both.map(String::from).to_vec())
    );
    assert_eq!(world.words(third), ["to all"]);
    assert_eq!(row(&world, one, "only to Ana").private, Some(ben));
    assert_eq!(row(&world, other, "only to Ana").private, Some(ana));
}

#[test]
fn other_words_and_reactions_stay_between_the_two() {
    let mut world = three();
    letter(&mut world, 0, 1, "first words");
    world.say(0, "to all", Priority::Normal);
    world.pass(3_000);
    let entry = row(&world, 0, "first words").entry;
    note(&mut world, 0, "other words", Act::Edit(entry));
    note(&mut world, 1, "👍", Act::React { target: entry, on: true });
    note(&mut world, 0, "🎉", Act::React { target: entry, on: true });
    for peer in 0..2 {
        let row = shown(&world, peer, &entry);
        assert_eq!((row.body, row.edited), (Body::Text("other words".to_owned()), true));
        let emojis: Vec<_> = row.reactions.iter().map(|one| one.emoji.as_str()).collect();
        assert_eq!(emojis, ["🎉", "👍"], "at {peer}");
    }
    assert_eq!(world.words(2), ["to all"]);
    assert_eq!(carried(&world, 2), 3, "the message and two reactions, which look alike");
    let named: Vec<_> = runs(&world, 2)
        .iter()
        .flat_map(|run| run.entries.iter().map(|entry| entry.header.clone()))
        .filter(|header| header.target.is_some())
        .map(|header| header.kind)
        .collect();
    assert_eq!(named, [Kind::EDIT], "a reaction does not show whose message it is about");
    note(&mut world, 1, "👍", Act::React { target: entry, on: false });
    let again = restart(&mut world, 0, founder());
    let row = shown(&world, again, &entry);
    assert_eq!((row.body, row.reactions.len()), (Body::Text("other words".to_owned()), 1));
}

#[test]
fn who_carries_it_can_say_nothing_about_it() {
    let mut world = three();
    letter(&mut world, 0, 1, "only to Ben");
    world.pass(3_000);
    let entry = row(&world, 0, "only to Ben").entry;
    note(&mut world, 2, "👍", Act::React { target: entry, on: true });
    assert_eq!(world.refusals(2), [Refusal::NoSuchMessage]);
    assert!((0..2).all(|peer| shown(&world, peer, &entry).reactions.is_empty()));
}

#[test]
fn what_is_taken_back_goes_from_every_disk_and_the_chain_is_whole() {
    let mut world = three();
    letter(&mut world, 0, 1, "first words");
    world.pass(3_000);
    let entry = row(&world, 0, "first words").entry;
    note(&mut world, 0, "other words", Act::Edit(entry));
    note(&mut world, 0, "", Act::Delete(entry));
    world.say(0, "to all", Priority::Normal);
    world.pass(5_000);
    for peer in 0..3 {
        assert_eq!(carried(&world, peer), 0, "at {peer}");
    }
    assert_eq!(world.words(0), ["Gone", "to all"]);
    assert_eq!(world.words(1), ["Gone", "to all"]);
    assert_eq!(world.words(2), ["to all"]);
    let one = restart(&mut world, 0, founder());
    let other = restart(&mut world, 1, guest(1));
    let third = restart(&mut world, 2, guest(2));
    for peer in [one, other] {
        assert_eq!(world.words(peer), ["Gone", "to all"], "the two remember that it was theirs");
    }
    world.stop(one);
    world.stop(other);
    world.pass(20_000);
    let late = world.start(guest(3), Tables::new());
    world.connect(late);
    world.pass(20_000);
    assert_eq!(
        (world.words(third), world.words(late)),
        (vec!["to all".into()], vec!["to all".into()])
    );
}

#[test]
fn it_expires_everywhere_and_is_undelivered_to_the_recipient_alone() {
    let mut world = three();
    for away in [1, 2] {
        world.stop(away);
    }
    world.pass(20_000);
    let act = Act::SayTo { member: member(&world, 1), after: None };
    let terms = Terms { expires_after: Some(MINUTE), ..Terms::default() };
    let draft = world.draft(0, "soon over", Priority::Normal).doing(act).on(terms);
    world.command(0, Command::Send(draft));
    world.pass(2 * MINUTE);
    assert_eq!(world.texts(0), [("Gone".to_owned(), RowState::Expired)]);
    let undelivered = world.peers[0].events.iter().rev().find_map(|event| {
        let Event::Undelivered(undelivered) = event else { return None };
        Some(undelivered.clone())
    });
    let failures = &undelivered.unwrap()[0].failures;
    let whom: Vec<MemberId> = failures.iter().map(|failure| failure.member).collect();
    assert_eq!(whom, [member(&world, 1)]);
}

#[test]
fn its_words_go_some_time_after_the_recipient_has_read_them() {
    let mut world = three();
    let act = Act::SayTo { member: member(&world, 1), after: Some(MINUTE) };
    let draft = world.draft(0, "between us", Priority::Normal).doing(act);
    world.command(0, Command::Send(draft));
    world.say(0, "to all", Priority::Normal);
    world.pass(3_000);
    let entry = row(&world, 1, "between us").entry;
    let open = row(&world, 2, "to all").entry;
    world.command(2, Command::MarkRead(vec![open]));
    world.pass(2 * MINUTE);
    assert_eq!(world.words(1), ["between us", "to all"], "Carl has read what is behind it");
    world.command(1, Command::MarkRead(vec![entry]));
    world.pass(MINUTE + 10_000);
    assert_eq!(world.words(0), ["Gone", "to all"]);
    assert_eq!(world.words(1), ["Gone", "to all"]);
    assert_eq!((0..3).map(|peer| carried(&world, peer)).sum::<usize>(), 0);
}

#[test]
fn receipts_do_not_tell_for_whom_it_is() {
    let mut world = three();
    letter(&mut world, 0, 1, "only to Ben");
    world.say(0, "to all", Priority::Normal);
    world.pass(3_000);
    let entry = row(&world, 0, "only to Ben").entry;
    for peer in [1, 2] {
        let shown: Vec<EntryId> = world.peers[peer].rows.values().map(|row| row.entry).collect();
        world.command(peer, Command::MarkRead(shown));
    }
    world.pass(5_000);
    let (ben, carl) = (member(&world, 1), member(&world, 2));
    assert!(says_read(&world, ben, &entry) && says_read(&world, carl, &entry));
    world.command(0, Command::Trace(entry));
    let trace = world.peers[0].events.iter().rev().find_map(|event| {
        let Event::Trace(trace) = event else { return None };
        Some(trace.clone())
    });
    let trace = trace.unwrap();
    let recipients: Vec<_> = trace.recipients.iter().map(|one| (one.member, one.has)).collect();
    assert_eq!(recipients, [(ben, Has::Read)], "who carries it is none");
    let stations = trace.stations;
    let readers = stations.iter().filter_map(|station| {
        let Passage::ReadBy(reader) = station.what else { return None };
        Some(reader)
    });
    assert_eq!(readers.collect::<Vec<_>>(), [ben], "its author is told of the recipient only");
}

#[test]
fn what_cannot_be_sealed_is_refused_in_words_and_nothing_is_said() {
    let mut world = World::new();
    let ana = world.start(founder(), Tables::new());
    world.connect(ana);
    world.pass(2_000);
    let (me, nobody) = (member(&world, ana), MemberId([9; 32]));
    for to in [me, nobody] {
        let act = Act::SayTo { member: to, after: None };
        let draft = world.draft(ana, "only to you", Priority::Normal).doing(act);
        world.command(ana, Command::Send(draft));
    }
    assert_eq!(world.refusals(ana), [Refusal::NoSuchMember, Refusal::NoSuchMember]);
    let live = Terms { qos: Qos::AtMostOnce, ..Terms::default() };
    let act = Act::SayTo { member: nobody, after: None };
    let draft = world.draft(ana, "only to you", Priority::Normal).doing(act);
    world.command(ana, Command::Send(draft.clone().on(live)));
    assert!(matches!(world.refusals(ana)[2], Refusal::Terms(_)));
    let other = world.draft(ana, "to all", Priority::Normal);
    world.command(ana, Command::SendTogether(vec![draft, other]));
    assert!(matches!(world.refusals(ana)[3], Refusal::Terms(_)));
    world.pass(2_000);
    assert_eq!(world.words(ana), NONE);
}

#[test]
fn a_member_whose_key_is_not_known_yet_gets_it_once_it_is() {
    let mut world = three();
    let ben = member(&world, 1);
    // Ana knows Ben, and his key has not come.
    let mut keyless = world.stop(0);
    let kind = RegisterKind::EXCHANGE.0.to_be_bytes();
    let last = [&ben.0[..], &kind].concat();
    let before = keyless.len();
    keyless.retain(|(table, key), _| *table != Table::Projections || !key.ends_with(&last));
    assert_eq!(keyless.len(), before - 1);
    world.stop(1);
    world.stop(2);
    let ana = world.start(founder(), keyless);
    world.pass(2_000);
    let act = Act::SayTo { member: ben, after: None };
    let draft = world.draft(ana, "only to Ben", Priority::Normal).doing(act);
    world.command(ana, Command::Send(draft.clone()));
    assert_eq!(world.refusals(ana), [Refusal::NoKey]);
    assert_eq!(world.words(ana), NONE);
    let again = world.start(guest(1), Tables::new());
    world.connect(ana);
    world.connect(again);
    world.pass(10_000);
    world.command(ana, Command::Send(draft));
    world.pass(3_000);
    assert_eq!(world.words(again), ["only to Ben"], "sent again with the same id");
}

#[test]
fn one_that_waits_for_its_time_is_sealed_when_that_has_come() {
    let mut world = three();
    let at = world.clock().wall + MINUTE;
    let act = Act::SayTo { member: member(&world, 1), after: None };
    let terms = Terms { when: When::At(at), ..Terms::default() };
    let draft = world.draft(0, "only to Ben", Priority::Normal).doing(act).on(terms);
    world.command(0, Command::Send(draft));
    world.pass(3_000);
    assert_eq!((world.words(1), world.words(0)), (vec![], vec![]));
    let ana = restart(&mut world, 0, founder());
    world.pass(MINUTE);
    assert_eq!(world.words(1), ["only to Ben"]);
    assert_eq!(world.words(2), NONE);
    assert_eq!(row(&world, ana, "only to Ben").private, Some(member(&world, 1)));
}

#[test]
fn nothing_is_sealed_to_who_was_removed_and_what_waits_is_kept() {
    let mut world = three();
    let ben = member(&world, 1);
    let act = Act::SayTo { member: ben, after: None };
    let terms = Terms { when: When::At(world.clock().wall + MINUTE), ..Terms::default() };
    let later = world.draft(0, "later", Priority::Normal).doing(act).on(terms);
    world.command(0, Command::Send(later));
    letter(&mut world, 0, 1, "before");
    world.pass(3_000);
    world.command(0, Command::Remove(ben));
    world.pass(5_000);
    letter(&mut world, 0, 1, "after");
    world.pass(2 * MINUTE);
    assert_eq!(world.refusals(0), [Refusal::NoSuchMember]);
    assert_eq!(world.said(0), ["before"]);
    let waiting = world.peers[0].events.iter().rev().find_map(|event| {
        let Event::Waiting(waiting) = event else { return None };
        Some(waiting.len())
    });
    assert_eq!(waiting, Some(1), "the draft is not lost");
}

#[test]
fn what_is_due_while_its_recipient_is_being_removed_is_kept() {
    let mut world = three();
    let ben = member(&world, 1);
    let act = Act::SayTo { member: ben, after: None };
    let terms = Terms { when: When::At(world.clock().wall + MINUTE), ..Terms::default() };
    let later = world.draft(0, "later", Priority::Normal).doing(act).on(terms);
    world.command(0, Command::Send(later));
    world.pass(MINUTE - 1_000);
    // Both are with the store, or wait for it, when its time comes.
    world.peers[0].slow = Some(vec![]);
    world.say(0, "to all", Priority::Normal);
    world.pass(500);
    world.command(0, Command::Remove(ben));
    world.pass(2_000);
    let slow = world.peers[0].slow.take().unwrap();
    for batch in slow {
        world.peers[0].inputs.push_back(Input::Committed(batch));
    }
    world.pass(MINUTE);
    assert_eq!(world.said(0), ["to all"]);
    let waiting = world.peers[0].events.iter().rev().find_map(|event| {
        let Event::Waiting(waiting) = event else { return None };
        Some(waiting.len())
    });
    assert_eq!(waiting, Some(1));
}

/// Carl sends Ana and Ben a private entry with this body, in a log of his own.
fn carl_forges(world: &mut World, log: u8, body: Vec<u8>) {
    let record = guest(2);
    let log = LogId { member: record.me(), incarnation: Incarnation([log; 16]) };
    let header = Header {
        kind: Kind::PRIVATE,
        lamport: 1,
        wall: 0,
        expiry: None,
        target: None,
        group: None,
        body_len: u32::try_from(body.len()).unwrap(),
        body_hash: body_hash(&body),
    };
    let (room, epoch, previous) = (record.room(), record.epoch(), EntryHash::NONE);
    let start = Start { room, log, first: 0, previous, epoch, class: Priority::Normal };
    let run = Run::sign(&start, vec![Unsigned { header, body }], &record.keypair());
    let part = Frame::Part(Part { class: 2, last: true, bytes: run.bytes().to_vec() });
    for to in 0..2 {
        let mut wires = world.wires.iter().filter(|((from, _), (at, _))| (*from, *at) == (2, to));
        let (_, (_, link)) = wires.next().unwrap();
        let (link, channel, bytes) = (*link, Channel::Messages, part.encode());
        world.peers[to].inputs.push_back(Input::Frame { link, channel, bytes });
    }
    world.pass(5_000);
}

#[test]
fn i10_a_letter_that_is_copied_into_another_log_is_shown_to_nobody() {
    let mut world = three();
    letter(&mut world, 0, 1, "only to Ben");
    world.pass(3_000);
    let body = runs(&world, 2).iter().flat_map(|run| run.entries.clone()).find_map(|entry| {
        let private = entry.header.kind == Kind::PRIVATE;
        entry.body.filter(|_| private)
    });
    carl_forges(&mut world, 7, body.unwrap());
    for peer in 0..2 {
        assert_eq!(world.words(peer), ["only to Ben"], "once, and not as Carl's");
        assert_eq!(carried(&world, peer), 2, "it verifies, so it is carried");
    }
    assert_eq!(world.words(2), ["Unreadable"], "who copies it does not read it");
}

#[test]
fn what_is_no_letter_is_said_to_be_unreadable_or_newer_and_the_room_goes_on() {
    let mut world = three();
    let bodies: [&[u8]; 5] = [&[], &[1], &[1; 457], &[1; 48 * 1024], &[2, 7, 7]];
    for (log, body) in (10..).zip(bodies) {
        carl_forges(&mut world, log, body.to_vec());
    }
    world.say(0, "to all", Priority::Normal);
    world.pass(5_000);
    for peer in 0..2 {
        let mut words = world.words(peer);
        words.sort();
        // One has the size of a letter: for whom it would be nobody can tell.
        assert_eq!(words, ["Newer", "Unreadable", "Unreadable", "Unreadable", "to all"]);
    }
}

#[test]
fn history_that_is_not_in_memory_opens_when_it_is_shown() {
    let mut world = two();
    let ben = member(&world, 1);
    let act = Act::SayTo { member: ben, after: None };
    for n in 0..250 {
        let draft = world.draft(0, &n.to_string(), Priority::Normal);
        let private = n % 2 == 0;
        world.command(0, Command::Send(if private { draft.doing(act) } else { draft }));
        world.pass(50);
    }
    world.pass(10_000);
    let third = world.start(guest(2), Tables::new());
    world.connect(third);
    world.pass(30_000);
    assert_eq!(world.words(third).len(), 125);
    let ben = restart(&mut world, 1, guest(1));
    for _ in 0..4 {
        world.command(ben, Command::LoadOlder);
        world.pass(1_000);
    }
    let all: Vec<String> = (0..250).map(|n| n.to_string()).collect();
    assert_eq!(world.words(ben), all);
    let ana = restart(&mut world, 0, founder());
    for _ in 0..4 {
        world.command(ana, Command::LoadOlder);
        world.pass(1_000);
    }
    assert_eq!(world.words(ana), all);
    let states: Vec<_> = world.texts(ana).into_iter().map(|(_, state)| state).collect();
    assert!(states[..250].iter().step_by(2).all(|state| *state == RowState::Delivered));
}
