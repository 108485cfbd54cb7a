//! The head of a vault, and a sealed value: whatever lies on the disk, it is read or refused.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    engine::room::vault::fuzz(bytes);
});
