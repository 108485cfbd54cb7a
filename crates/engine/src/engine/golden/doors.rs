//! What there is of rooms that approve their members: the link, records on both sides of the door,
//! and what is said there.

use serde_bytes::ByteBuf;

use super::{RECIPIENT, SENDER, read, text};
use crate::crypto::exchange::ExchangeKey;
use crate::crypto::random::Random;
use crate::ids::{EpochId, RoomId};
use crate::room::Entrance;
use crate::room::invite::Invite;
use crate::room::record::{Plea, RoomRecord};
use crate::signal::knock::{Answer, Asking, Threshold};

const SESSION: [u8; 16] = [6; 16];

fn founder() -> RoomRecord {
    RoomRecord::found(&[7; 128], Entrance::Approval)
}

/// Somebody at the door.
fn applicant(plea: Plea) -> RoomRecord {
    let mut record = RoomRecord::join(&founder().invite(), &[8; 128]);
    record.set_alias("Ben".to_owned());
    record.set_plea(plea);
    record
}

fn at(room: &RoomId) -> Threshold<'_> {
    Threshold { room, epoch: &EpochId::FIRST, applicant: SENDER, keeper: RECIPIENT }
}

fn asking() -> [(&'static str, Asking); 2] {
    [("knock", Asking::Knock { name: "Ben".to_owned() }), ("leave", Asking::Leave)]
}

/// A new answer makes this fail to build: give it bytes in [`answers`], too.
fn name(answer: &Answer) -> &'static str {
    match answer {
        Answer::Heard => "answer-heard",
        Answer::Later => "answer-later",
        Answer::TurnedAway => "answer-turned-away",
        Answer::Changed => "answer-changed",
        Answer::Approved { .. } => "answer-approved",
    }
}

fn answers() -> [Answer; 5] {
    let (key, sealed) = (ExchangeKey([7; 32]), ByteBuf::from(vec![8; 72]));
    let approved = Answer::Approved { key, sealed };
    [Answer::Heard, Answer::Later, Answer::TurnedAway, Answer::Changed, approved]
}

fn said() -> Vec<(&'static str, String)> {
    let (keypair, mut random) = (applicant(Plea::Asks).keypair(), Random::new([6; 32]));
    let (room, keys) = (founder().room(), founder().epoch_keys().unwrap());
    let record = applicant(Plea::Asks);
    let door = record.door().unwrap();
    let mut said = vec![];
    for (name, asking) in asking() {
        let text = at(&room).knock(door, (&keypair, &SESSION), &asking, &mut random);
        said.push((name, text.unwrap()));
    }
    for answer in answers() {
        let to = (&keypair.exchange().public(), &SESSION);
        let text = at(&room).answer(&keys, to, &answer, &mut random);
        said.push((name(&answer), text.unwrap()));
    }
    said
}

pub(super) fn all() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let said = said().into_iter().map(|(name, text)| ("knock", name, text.into_bytes()));
    let mut all: Vec<_> = said.collect();
    all.extend([
        ("invite", "door", founder().invite().to_string().into_bytes()),
        ("store", "room-inside", founder().encode()),
        ("store", "room-asks", applicant(Plea::Asks).encode()),
        ("store", "room-turned-away", applicant(Plea::TurnedAway).encode()),
        ("store", "room-closed", applicant(Plea::Closed).encode()),
    ]);
    all
}

#[test]
fn golden_words_at_a_door_are_read() {
    let (room, record) = (founder().room(), applicant(Plea::Asks));
    for (name, asking) in asking() {
        let keys = founder().epoch_keys().unwrap();
        let knock = at(&room).open_knock(&keys, &text(&format!("knock/{name}"))).unwrap();
        assert_eq!((knock.member, knock.session, knock.asking), (record.me(), SESSION, asking));
    }
    for answer in answers() {
        let text = text(&format!("knock/{}", name(&answer)));
        let me = (&record.keypair(), &SESSION);
        assert_eq!(at(&room).open_answer(record.door().unwrap(), me, &text), Ok(answer));
    }
}

#[test]
fn golden_links_and_records_of_both_sides_of_a_door_are_read() {
    assert_eq!(Invite::parse(&text("invite/door")), Ok(founder().invite()));
    let inside = RoomRecord::decode(&read("store/room-inside")).unwrap();
    assert_eq!((inside.room(), inside.me()), (founder().room(), founder().me()));
    assert!(inside.keyring().secret(&EpochId::FIRST).is_some());
    for (file, plea) in [
        ("store/room-asks", Plea::Asks),
        ("store/room-turned-away", Plea::TurnedAway),
        ("store/room-closed", Plea::Closed),
    ] {
        let outside = RoomRecord::decode(&read(file)).unwrap();
        assert_eq!((outside.door(), outside.plea()), (applicant(plea).door(), Some(plea)));
        assert_eq!((outside.alias(), outside.me()), ("Ben", applicant(plea).me()));
    }
}
