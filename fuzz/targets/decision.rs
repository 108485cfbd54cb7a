//! What a governance entry says: what decodes is encoded and decoded again to the same.
#![no_main]
use engine::log::decision::Decision;
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(decision) = Decision::decode(bytes) else { return };
    assert_eq!(Decision::decode(&decision.encode()), Ok(decision));
});
