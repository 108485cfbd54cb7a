//! What is said of a message in the open: other words, that it is taken back, an emoji; and the
//! register that says to which key a member's secrets are sealed.

use super::*;
use crate::crypto::exchange::SignedExchangeKey;
use crate::timeline::notes::Noted;

/// A new kind of note belongs here, too.
fn notes() -> [(&'static str, Kind, Content); 3] {
    let (text, emoji) = ("other words".to_owned(), "👍".to_owned());
    [
        ("edit", Kind::EDIT, Content::Text(text)),
        ("delete", Kind::DELETE, Content::Nothing),
        ("reaction", Kind::REACTION, Content::Reaction { emoji, on: true }),
    ]
}

fn run(kind: Kind, content: &Content) -> Run {
    let (log, keys, mut random) = (log(), epoch_keys(), Random::new([6; 32]));
    let body = place(0, &log).seal_body(kind, 301, content, &keys, &mut random);
    let header = Header {
        kind,
        lamport: 301,
        wall: 1_700_000_000_000,
        expiry: None,
        target: Some(target()),
        group: None,
        body_len: u32::try_from(body.len()).unwrap(),
        body_hash: body_hash(&body),
    };
    let (previous, class) = (EntryHash::NONE, Priority::Urgent);
    let start = Start { room: ROOM, log, first: 0, previous, epoch: EPOCH, class };
    Run::sign(&start, vec![Unsigned { header, body }], &keypair(1))
}

pub(super) fn all() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let runs = notes().into_iter().map(|(name, kind, content)| {
        let run = run(kind, &content);
        ("run", name, run.bytes().to_vec())
    });
    let key = register(RegisterKind::EXCHANGE, &keypair(1).exchange_key(&ROOM));
    runs.chain([("register", "exchange", key.bytes().to_vec())]).collect()
}

#[test]
fn golden_notes_are_read() {
    for (name, kind, content) in notes() {
        let run = Run::verify(&ROOM, &read(&format!("run/{name}"))).unwrap();
        let (seq, entry) = run.iter().next().unwrap();
        assert_eq!((entry.header.kind, entry.header.target), (kind, Some(target())));
        let body = entry.body.as_ref().unwrap();
        let opened = place(seq, &run.log).open_content(kind, body, &epoch_keys());
        assert_eq!(opened, Ok(Some(content)));
        let noted = Noted::of(&run, seq, entry).unwrap();
        assert_eq!((noted.target, noted.note.target), (target().entry, target().hash));
    }
}

#[test]
fn golden_keys_to_which_secrets_are_sealed_are_read() {
    let register = Register::verify(&ROOM, &read("register/exchange")).unwrap();
    let signed: SignedExchangeKey = register.open(&ROOM, &epoch_keys()).unwrap();
    let (member, key) = (keypair(1).member(), keypair(1).exchange().public());
    assert_eq!(register.key(), (member, RegisterKind::EXCHANGE));
    assert_eq!(signed.verify(&ROOM, &member), Ok(key));
}
