//! A run: whatever the bytes are, only what its author has signed is verified.
#![no_main]
use engine::log::run::Run;
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let extent = Run::extent(bytes);
    let Ok(run) = Run::verify(&engine::RoomId([3; 32]), bytes) else { return };
    assert_eq!(extent, Some((run.log, run.first, run.last())));
    assert_eq!(run.bytes(), bytes);
});
