//! A signaling payload, as text and as bytes that somebody in the room has sealed.
#![no_main]
use engine::{EpochId, RoomId, crypto::keys::EpochKeys, crypto::seal, protocol::PeerId, signal};
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (room, epoch) = (&RoomId([3; 32]), &EpochId::FIRST);
    let call = signal::Call { room, epoch, keys: &EpochKeys::derive(room, epoch, &[5; 32]) };
    let data = [&room.0[..], &epoch.0].concat();
    let sealed = seal::seal(call.keys.signaling(), &[0; 24], &data, bytes);
    for text in [bytes, data_encoding::BASE64URL_NOPAD.encode(&sealed).as_bytes()] {
        let _ = call.open(&String::from_utf8_lossy(text), PeerId(7), PeerId(8));
    }
});
