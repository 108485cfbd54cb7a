//! What is said to one member alone: letters, one of them sealed, and what is stored of them.

use super::*;
use crate::log::private::{Letter, Opened};

fn letters() -> [(&'static str, Letter); 4] {
    let to = keypair(2).member();
    let target = target();
    let letter = |about, content| Letter { to, about, content: Some(content) };
    let text = "hello".to_owned();
    let about = Box::new(target);
    let emoji = "👍".to_owned();
    [
        ("message", letter(None, Content::Text(text.clone()))),
        ("fleeting", letter(None, Content::Fleeting { text: text.clone(), after: 60_000 })),
        ("reply", letter(None, Content::Reply { to: about, text, after: Some(60_000) })),
        ("reaction", letter(Some(target), Content::Reaction { emoji, on: true })),
    ]
}

fn sealed() -> Vec<u8> {
    let [(_, letter), ..] = letters();
    let (to, mut random) = (keypair(2).exchange().public(), Random::new([6; 32]));
    let whom = (&to, &keypair(1));
    place(0, &log()).seal_letter(Kind::PRIVATE, &letter, whom, &mut random).unwrap()
}

fn run() -> Run {
    let body = sealed();
    let header = Header {
        kind: Kind::PRIVATE,
        lamport: 1,
        wall: 1_700_000_000_000,
        expiry: None,
        target: None,
        group: None,
        body_len: u32::try_from(body.len()).unwrap(),
        body_hash: body_hash(&body),
    };
    let (previous, class) = (EntryHash::NONE, Priority::Urgent);
    let start = Start { room: ROOM, log: log(), first: 0, previous, epoch: EPOCH, class };
    Run::sign(&start, vec![Unsigned { header, body }], &keypair(1))
}

/// With what was private, which records of older versions lack.
fn member() -> Member {
    let mut members = Members::default();
    let id = keypair(2).member();
    members.know(id, log(), &RangeSet::of(0, 9));
    members.share(&id, log(), 300);
    members.take_dirty().remove(0).1
}

fn waiting() -> Waiting {
    let act = Act::SayTo { member: keypair(2).member(), after: Some(60_000) };
    let terms = Terms { when: When::At(1_700_000_060_000), ..Terms::default() };
    let draft = Draft::new(DraftId([4; 16]), "hello", Priority::Low).on(terms).doing(act);
    Waiting { draft, since: 1_700_000_000_000 }
}

fn reply_waiting() -> Waiting {
    let act = Act::Reply { target: target(), member: None, after: None };
    let Waiting { draft, since } = waiting();
    Waiting { draft: draft.doing(act), since }
}

pub(super) fn all() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let letters = letters().into_iter();
    let mut all: Vec<_> =
        letters.map(|(name, letter)| ("letter", name, letter.encode().unwrap())).collect();
    all.push(("letter", "sealed", sealed()));
    all.push(("run", "private", run().bytes().to_vec()));
    all.push(("store", "member-private", member().encode()));
    all.push(("store", "waiting-private", postcard::to_allocvec(&waiting()).unwrap()));
    all.push(("store", "waiting-reply", postcard::to_allocvec(&reply_waiting()).unwrap()));
    all
}

#[test]
fn golden_letters_are_read() {
    for (name, letter) in letters() {
        assert_eq!(Letter::decode(&read(&format!("letter/{name}"))), Some(letter));
    }
    let run = Run::verify(&ROOM, &read("run/private")).unwrap();
    let body = run.entries[0].body.clone().unwrap();
    assert_eq!(body, read("letter/sealed"));
    let open = |who| place(0, &log()).open_letter(Kind::PRIVATE, &body, &keypair(who));
    let [(_, letter), ..] = letters();
    assert_eq!(open(1), Opened::Mine(letter.clone()));
    assert_eq!(open(2), Opened::Mine(letter));
    assert_eq!(open(3), Opened::Others);
}

#[test]
fn golden_records_of_what_is_private_are_read() {
    assert_eq!(Member::decode(&read("store/member-private")), Some(member()));
    assert_eq!(postcard::from_bytes(&read("store/waiting-private")), Ok(waiting()));
    assert_eq!(postcard::from_bytes(&read("store/waiting-reply")), Ok(reply_waiting()));
    let before = Member::decode(&read("store/member")).unwrap();
    assert_eq!(before, super::member(), "an older record has nothing private");
}
