//! The gates of descriptions and candidates: what passes has one line of media, and no candidate
//! that would have to be looked up.
#![no_main]
use engine::signal::candidate::{is_usable, usable};
use engine::signal::sdp::{gate, gate_candidate, version};
libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = gate_candidate(text);
    if is_usable(text) {
        assert!(!text.contains(".example") && text.split(' ').count() >= 8);
    }
    if gate(text).is_ok() {
        assert_eq!(text.matches("\nm=").count(), 1);
        assert_eq!(usable(text), text);
        let _ = version(text);
    }
});
