//! What is said to one member: any body may be opened, and what reads as a letter reads back.
#![no_main]
use engine::crypto::sign::Keypair;
use engine::log::entry::{Kind, Place};
use engine::log::private::{Letter, Opened};
use engine::{EpochId, Incarnation, LogId, MemberId, Priority, RoomId};
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let log = LogId { member: MemberId([1; 32]), incarnation: Incarnation([2; 16]) };
    let (room, epoch, class) = (&RoomId([3; 32]), &EpochId::FIRST, Priority::Normal);
    let place = Place { room, log: &log, seq: 7, epoch, class };
    let opened = place.open_letter(Kind::PRIVATE, bytes, &Keypair::from_seed(&[1; 32]));
    assert!(!matches!(opened, Opened::Mine(_)), "nothing was sealed here");
    let Some(letter) = Letter::decode(bytes) else { return };
    let again = letter.encode().map(|bytes| Letter::decode(&bytes));
    assert!(again.is_none_or(|again| again == Some(letter)));
});
