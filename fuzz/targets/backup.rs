//! A backup: whatever the file is, it is read or refused, within bounds.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    engine::room::backup::Unpacker::fuzz(bytes);
});
