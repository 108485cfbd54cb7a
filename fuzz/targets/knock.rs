//! What is said at a door, as text and as bytes that somebody with the link has sealed.
#![no_main]
use engine::{EpochId, RoomId, crypto::keys::EpochKeys, crypto::seal, protocol::PeerId};
use engine::{room::door::Door, signal::knock::Threshold};
const ROOM: RoomId = RoomId([3; 32]);
static KEYS: std::sync::LazyLock<EpochKeys> =
    std::sync::LazyLock::new(|| EpochKeys::derive(&ROOM, &EpochId::FIRST, &[5; 32]));
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (applicant, keeper) = (PeerId(7), PeerId(8));
    let at = Threshold { room: &ROOM, epoch: &EpochId::FIRST, applicant, keeper };
    let data = [&[1][..], &ROOM.0, &[0; 16], &7_u64.to_be_bytes(), &8_u64.to_be_bytes()].concat();
    let door = Door::of(EpochId::FIRST, &KEYS).keys();
    let sealed = seal::seal(door.sealing(), &[0; 24], &data, bytes);
    let _ = at.open_knock(&KEYS, &data_encoding::BASE64URL_NOPAD.encode(&sealed));
    let _ = str::from_utf8(bytes).map(|text| at.open_knock(&KEYS, text));
});
