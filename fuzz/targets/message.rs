//! Messages of the signaling server and to it: what decodes is encoded and decoded to the same.
#![no_main]
use protocol::{ClientMessage, ServerMessage};
libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(message) = ClientMessage::decode(text) {
        assert_eq!(ClientMessage::decode(&message.encode()), Ok(message));
    }
    let Ok(message) = ServerMessage::decode(text) else { return };
    assert_eq!(ServerMessage::decode(&message.encode()), Ok(message));
});
