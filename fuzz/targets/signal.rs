//! A signaling payload, as text and as bytes that somebody in the room has sealed.
#![no_main]
use engine::{EpochId, RoomId, crypto::keys::EpochKeys, crypto::seal, protocol::PeerId, signal};
const ROOM: RoomId = RoomId([3; 32]);
static KEYS: std::sync::LazyLock<EpochKeys> =
    std::sync::LazyLock::new(|| EpochKeys::derive(&ROOM, &EpochId::FIRST, &[5; 32]));
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let call = signal::Call { room: &ROOM, epoch: &EpochId::FIRST, keys: &KEYS };
    let data = [&ROOM.0[..], &EpochId::FIRST.0].concat();
    let sealed = seal::seal(KEYS.signaling(), &[0; 24], &data, bytes);
    let sealed = data_encoding::BASE64URL_NOPAD.encode(&sealed);
    let _ = call.open(&sealed, PeerId(7), PeerId(8));
    let _ = str::from_utf8(bytes).map(|text| call.open(text, PeerId(7), PeerId(8)));
});
