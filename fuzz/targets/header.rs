//! The header of an entry: what decodes is encoded and decoded again to the same.
#![no_main]
use engine::log::entry::Header;
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(header) = Header::decode(bytes) else { return };
    assert_eq!(Header::decode(&header.encode()), Ok(header));
});
