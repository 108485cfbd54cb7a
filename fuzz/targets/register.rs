//! A register: whatever the bytes are, only what its owner has signed is verified; and whatever an
//! owner signs as a value is read or refused.
#![no_main]
use std::sync::LazyLock;

use engine::crypto::keys::EpochKeys;
use engine::crypto::random::Random;
use engine::crypto::sign::Keypair;
use engine::register::{Profile, Receipt, Register, RegisterKind};
use engine::{EpochId, RoomId};
use serde::ser::{Serialize, SerializeTuple, Serializer};

const ROOM: RoomId = RoomId([3; 32]);
static KEYS: LazyLock<EpochKeys> =
    LazyLock::new(|| EpochKeys::derive(&ROOM, &EpochId::FIRST, &[5; 32]));
static KEYPAIR: LazyLock<Keypair> = LazyLock::new(|| Keypair::from_seed(&[1; 32]));

/// Bytes that are a value as they are.
struct Raw<'a>(&'a [u8]);

impl Serialize for Raw<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(self.0.len())?;
        self.0.iter().try_for_each(|byte| tuple.serialize_element(byte))?;
        tuple.end()
    }
}

fn sign(kind: RegisterKind, value: &impl Serialize) -> Register {
    let mut random = Random::new([1; 32]);
    Register::sign((&ROOM, &EpochId::FIRST), (kind, 1), value, (&KEYPAIR, &KEYS), &mut random)
}

/// True if these bytes are to be signed as a value, which takes most of the time: all that are one,
/// and some of those that are none.
fn is_worth_signing(bytes: &[u8]) -> bool {
    let is_value = || postcard::from_bytes::<Receipt>(bytes).is_ok();
    bytes.len().is_multiple_of(32) || is_value() || postcard::from_bytes::<Profile>(bytes).is_ok()
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(register) = Register::verify(&ROOM, bytes) {
        assert_eq!(register.bytes(), bytes);
    }
    if !is_worth_signing(bytes) {
        return;
    }
    let register = sign(RegisterKind::RECEIPT, &Raw(bytes));
    if let Some(receipt) = register.open::<Receipt>(&ROOM, &KEYS) {
        let again = sign(RegisterKind::RECEIPT, &receipt).open::<Receipt>(&ROOM, &KEYS);
        assert_eq!(again, Some(receipt));
    }
    if let Some(profile) = register.open::<Profile>(&ROOM, &KEYS) {
        let again = sign(RegisterKind::PROFILE, &profile).open::<Profile>(&ROOM, &KEYS);
        assert_eq!(again, Some(profile));
    }
});
