//! The gates of descriptions and candidates: what passes has one line of media.
#![no_main]
use engine::signal::sdp::{gate, gate_candidate};
libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = gate_candidate(text);
    if gate(text).is_ok() {
        assert_eq!(text.matches("\nm=").count(), 1);
    }
});
