//! Packed content: unpacking ends within its bound, and what is packed unpacks.
#![no_main]
use engine::limits::UNPACKED_BYTES;
use engine::log::pack::{pack, unpack};
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    assert!(unpack(bytes).map_or(0, |content| content.len()) <= UNPACKED_BYTES);
    assert_eq!(unpack(&pack(bytes)).as_deref(), Ok(bytes));
});
