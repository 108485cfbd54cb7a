//! What an entry says once it is opened: what decodes is sealed and opened again as the same.
#![no_main]
use std::sync::LazyLock;

use engine::crypto::keys::EpochKeys;
use engine::crypto::random::Random;
use engine::log::entry::{Content, Kind, Place};
use engine::{EpochId, Incarnation, LogId, MemberId, Priority, RoomId};

const ROOM: RoomId = RoomId([3; 32]);
static KEYS: LazyLock<EpochKeys> =
    LazyLock::new(|| EpochKeys::derive(&ROOM, &EpochId::FIRST, &[5; 32]));

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let log = LogId { member: MemberId([1; 32]), incarnation: Incarnation([2; 16]) };
    let (epoch, class) = (&EpochId::FIRST, Priority::Normal);
    let place = Place { room: &ROOM, log: &log, seq: 7, epoch, class };
    assert!(place.open_content(Kind::MESSAGE, bytes, &KEYS).is_err(), "nothing was sealed here");
    let Ok(content) = postcard::from_bytes::<Content>(bytes) else { return };
    let mut random = Random::new([1; 32]);
    let sealed = place.seal_body(Kind::MESSAGE, 9, &content, &KEYS, &mut random);
    assert_eq!(place.open_content(Kind::MESSAGE, &sealed, &KEYS), Ok(Some(content)));
});
