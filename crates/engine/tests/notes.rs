//! What a member signs of somebody else's message: other words and deletions of it are nobody's but
//! the author's to make, a reaction is of whoever signed it.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

mod driver;

use driver::{Tables, World, founder, guest, two};
use engine::crypto::random::Random;
use engine::frame::{Frame, Part};
use engine::log::entry::{Content, Header, Kind, Place, Target, body_hash};
use engine::log::run::{Run, Start, Unsigned};
use engine::{
    Channel, EntryHash, EntryId, Incarnation, Input, LogId, Priority, RoomRecord, Row, Table,
};

const MINE: &str = "mine";

/// Ana (0), who has said something, Ben (1) and Carl (2).
fn three() -> World {
    let mut world = two();
    let third = world.start(guest(2), Tables::new());
    world.connect(third);
    world.pass(5_000);
    world.say(0, MINE, Priority::Normal);
    world.pass(5_000);
    world
}

fn row(world: &World, peer: usize) -> Row {
    world.peers[peer].rows.values().next().unwrap().clone()
}

fn runs(world: &World, peer: usize) -> Vec<Run> {
    let records = world.peers[peer].store.iter().filter(|((table, _), _)| *table == Table::Runs);
    records.map(|(_, bytes)| Run::verify(&founder().room(), bytes).unwrap()).collect()
}

/// Ana's message by its name and its hash.
fn target(world: &World) -> Target {
    let entry = row(world, 0).entry;
    let run = runs(world, 0).into_iter().find(|run| run.log == entry.log).unwrap();
    Target { entry, hash: run.hash_at(entry.seq).unwrap() }
}

/// What somebody signs of a message in a log of its own, of this number.
fn signs(record: &RoomRecord, log: u8, target: Target, kind: Kind, content: &Content) -> Run {
    let log = LogId { member: record.me(), incarnation: Incarnation([log; 16]) };
    let (room, epoch, class) = (record.room(), record.epoch(), Priority::Normal);
    let place = Place { room: &room, log: &log, seq: 0, epoch: &epoch, class };
    let keys = record.epoch_keys().unwrap();
    let lamport = 1_000;
    let body = place.seal_body(kind, lamport, content, &keys, &mut Random::new([5; 32]));
    let header = Header {
        kind,
        lamport,
        wall: 0,
        expiry: None,
        target: Some(target),
        group: None,
        body_len: u32::try_from(body.len()).unwrap(),
        body_hash: body_hash(&body),
    };
    let start = Start { room, log, first: 0, previous: EntryHash::NONE, epoch, class };
    Run::sign(&start, vec![Unsigned { header, body }], &record.keypair())
}

/// Carl's device sends a run to these.
fn sent(world: &mut World, to: &[usize], run: &Run) {
    let part = Frame::Part(Part { class: 2, last: true, bytes: run.bytes().to_vec() });
    for to in to {
        let mut wires = world.wires.iter().filter(|((from, _), (at, _))| (*from, *at) == (2, *to));
        let (_, (_, link)) = wires.next().unwrap();
        let (link, channel, bytes) = (*link, Channel::Messages, part.encode());
        world.peers[*to].inputs.push_back(Input::Frame { link, channel, bytes });
    }
    world.pass(5_000);
}

fn notes() -> [(Kind, Content); 3] {
    let emoji = "👍".to_owned();
    [
        (Kind::EDIT, Content::Text("yours".to_owned())),
        (Kind::DELETE, Content::Nothing),
        (Kind::REACTION, Content::Reaction { emoji, on: true }),
    ]
}

#[test]
fn i10_what_a_member_signs_of_anothers_message_changes_none_of_its_words() {
    let mut world = three();
    let target = target(&world);
    let carl = guest(2).me();
    for (log, (kind, content)) in (40..).zip(notes()) {
        let run = signs(&guest(2), log, target, kind, &content);
        sent(&mut world, &[0, 1], &run);
        let held = |peer: usize| runs(&world, peer).iter().any(|held| held.log == run.log);
        assert!(held(0) && held(1), "it is kept and passed on, so that logs stay whole");
    }
    // After a minute every body that goes has gone, and what is stored says the same.
    world.pass(60_000);
    let store = world.stop(0);
    let again = world.start(founder(), store);
    world.connect(again);
    world.pass(5_000);
    for peer in [again, 1, 2] {
        assert_eq!(world.words(peer), [MINE], "at {peer}");
        let row = row(&world, peer);
        assert_eq!((row.edited, row.author), (false, founder().me()));
        if peer != 2 {
            let reactions: Vec<_> =
                row.reactions.iter().map(|one| (one.emoji.as_str(), &one.members[..])).collect();
            assert_eq!(reactions, [("👍", &[carl][..])], "it counts as Carl's");
        }
        let run = runs(&world, peer).into_iter().find(|run| run.log == target.entry.log).unwrap();
        assert!(run.entries.iter().all(|entry| entry.body.is_some()), "no body is gone");
    }
}

/// The same entries, signed by the author on another of its devices, count: so the ones above are
/// without effect because of who signed them, and of nothing else.
#[test]
fn what_an_author_signs_of_its_message_in_another_of_its_logs_counts() {
    let mut world = three();
    let target = target(&world);
    let [(edit, words), (delete, nothing), _] = notes();
    let run = signs(&founder(), 41, target, edit, &words);
    sent(&mut world, &[1], &run);
    assert_eq!((world.words(1), row(&world, 1).edited), (vec!["yours".to_owned()], true));
    let run = signs(&founder(), 42, target, delete, &nothing);
    sent(&mut world, &[1], &run);
    assert_eq!(world.words(1), ["Gone"]);
}

/// A note of another version of a log, or of no message at all, says nothing here.
#[test]
fn a_note_that_names_another_hash_or_nothing_that_there_is_does_no_harm() {
    let mut world = three();
    let right = target(&world);
    let wrong = [
        Target { hash: EntryHash([7; 32]), ..right },
        Target { entry: EntryId { seq: u64::MAX, ..right.entry }, ..right },
    ];
    for (log, target) in (50..).zip(wrong) {
        for (step, (kind, content)) in (0..).zip(notes()) {
            let run = signs(&guest(2), log + 10 * step, target, kind, &content);
            sent(&mut world, &[0, 1], &run);
        }
    }
    for peer in 0..2 {
        assert_eq!(
            (world.words(peer), row(&world, peer).reactions),
            (vec![MINE.to_owned()], vec![])
        );
    }
}
