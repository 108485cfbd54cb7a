//! Notes on private messages and on those that are for all do not mix.

use super::*;
use crate::crypto::random::Random;
use crate::crypto::sign::Keypair;
use crate::ids::Incarnation;
use crate::log::entry::{Header, body_hash};
use crate::log::private::Letter;
use crate::log::run::{Start, Unsigned};
use crate::view::RowState;

const ROOM: RoomId = RoomId([3; 32]);
const EPOCH: EpochId = EpochId::FIRST;
const MESSAGE: EntryHash = EntryHash([8; 32]);
const CLASS: Priority = Priority::Normal;

/// Ana is 1, Ben 2, Carl 3.
fn keypair(who: u8) -> Keypair {
    Keypair::from_seed(&[who; 32])
}

fn log(who: u8) -> LogId {
    LogId { member: keypair(who).member(), incarnation: Incarnation([2; 16]) }
}

fn ring(who: u8) -> Keyring {
    Keyring::new((ROOM, EPOCH), &zeroize::Zeroizing::new([5; 32]), keypair(who))
}

fn message() -> EntryId {
    EntryId { log: log(1), seq: 4 }
}

fn run(author: u8, kind: Kind, target: Option<Target>, body: Vec<u8>) -> Run {
    let header = Header {
        kind,
        lamport: 9,
        wall: 0,
        expiry: None,
        target,
        group: None,
        body_len: u32::try_from(body.len()).unwrap(),
        body_hash: body_hash(&body),
    };
    let (log, previous) = (log(author), EntryHash::NONE);
    let start = Start { room: ROOM, log, first: 7, previous, epoch: EPOCH, class: CLASS };
    Run::sign(&start, vec![Unsigned { header, body }], &keypair(author))
}

/// What somebody notes about Ana's message: in the open, or to one member alone.
fn noted(author: u8, to: Option<u8>, content: Content) -> Noted {
    let (log, target) = (log(author), Target { entry: message(), hash: MESSAGE });
    let place = Place { room: &ROOM, log: &log, seq: 7, epoch: &EPOCH, class: CLASS };
    let reacts = matches!(content, Content::Reaction { .. });
    let kind = if reacts { Kind::REACTION } else { Kind::EDIT };
    let mut random = Random::new([6; 32]);
    let Some(to) = to.map(keypair) else {
        let keys = ring(author);
        let body = place.seal_body(kind, 9, &content, keys.keys().unwrap(), &mut random);
        let run = run(author, kind, Some(target), body);
        return Noted::of(&run, 7, &run.entries[0]).unwrap();
    };
    let about = reacts.then_some(target);
    let letter = Letter { to: to.member(), about, content: Some(content) };
    let (kind, named) = if reacts { (Kind::PRIVATE, None) } else { (kind, Some(target)) };
    let whom = (&to.exchange().public(), &keypair(author));
    let body = place.seal_letter(kind, &letter, whom, &mut random).unwrap();
    let run = run(author, kind, named, body);
    let entry = &run.entries[0];
    let open = Noted::of(&run, 7, entry);
    open.or_else(|| Noted::in_letter(&run, 7, entry, &target)).unwrap()
}

/// Ana's message as somebody shows it with a note.
fn shown(who: u8, private: Option<u8>, noted: &Noted) -> Row {
    let mut row = Row {
        entry: message(),
        hash: EntryHash([0; 32]),
        draft: None,
        author: log(1).member,
        own: who == 1,
        order: Order { lamport: 5, log: log(1), seq: 4 },
        wall: 0,
        priority: CLASS,
        body: Body::Text("words".to_owned()),
        size: 20,
        state: RowState::Received,
        held_by: 0,
        recipient: None,
        late: false,
        unread: false,
        edited: false,
        reactions: vec![],
        expiry: None,
        vanishes: None,
        reply_to: None,
        private: private.map(|other| keypair(other).member()),
    };
    let mut fold = Fold::default();
    fold.add(&noted.note, &ROOM, &ring(who));
    fold.apply(&mut row);
    row
}

fn other_words() -> Content {
    Content::Text("other words".to_owned())
}

fn emoji() -> Content {
    Content::Reaction { emoji: "👍".to_owned(), on: true }
}

#[test]
fn a_private_message_takes_notes_between_the_same_two() {
    for (who, other) in [(1, 2), (2, 1)] {
        assert!(shown(who, Some(other), &noted(1, Some(2), other_words())).edited);
        for (author, to) in [(1, 2), (2, 1)] {
            let row = shown(who, Some(other), &noted(author, Some(to), emoji()));
            assert_eq!(row.reactions[0].members, [keypair(author).member()]);
        }
    }
}

#[test]
fn what_is_noted_in_the_open_says_nothing_of_a_private_message() {
    for (who, other) in [(1, 2), (2, 1)] {
        assert!(!shown(who, Some(other), &noted(1, None, other_words())).edited);
        for author in 1..=3 {
            assert!(shown(who, Some(other), &noted(author, None, emoji())).reactions.is_empty());
        }
    }
}

#[test]
fn a_note_between_two_says_nothing_of_what_is_between_others_or_open_to_all() {
    for private in [Some(1), None] {
        let by_carl = noted(3, Some(2), emoji());
        assert!(shown(2, private, &by_carl).reactions.is_empty(), "Carl does not read it");
    }
    assert!(!shown(2, None, &noted(1, Some(2), other_words())).edited, "not one to each");
    assert!(shown(2, None, &noted(1, Some(2), emoji())).reactions.is_empty());
    assert!(shown(3, None, &noted(1, Some(2), emoji())).reactions.is_empty());
}
