//! A register: whatever the bytes are, only what its owner has signed is verified.
#![no_main]
use engine::register::Register;
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(register) = Register::verify(&engine::RoomId([3; 32]), bytes) else { return };
    assert_eq!(register.bytes(), bytes);
});
