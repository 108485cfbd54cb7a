//! A message of a channel: what decodes is encoded and decoded again to the same.
#![no_main]
use engine::frame::decode;
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(frames) = decode(bytes) else { return };
    let again: Vec<u8> = frames.iter().flat_map(|frame| frame.encode()).collect();
    let read = decode(&again).map(|frames| format!("{frames:?}"));
    assert_eq!(read, Ok(format!("{frames:?}")));
});
