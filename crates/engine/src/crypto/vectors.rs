//! The primitives as others define them, for published test vectors: no purpose, no lengths.
//!
//! Only with the feature `vectors`, which no page and no driver asks for: whatever the engine
//! signs, derives or agrees on goes through the modules beside this one. Each function here is the
//! line of code that those call, so that what the vectors show holds for them, too.

use zeroize::Zeroizing;

use crate::crypto::exchange::{Exchange, ExchangeKey};
use crate::crypto::sign::{Signature, verify_message};
use crate::ids::MemberId;

/// True if this is a signature of the key over the message, as [`sign`](super::sign) verifies it.
#[must_use]
pub fn ed25519_verifies(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    verify_message(&MemberId(*key), message, &Signature::from_bytes(*signature)).is_ok()
}

/// What the owner of a secret key and that of a public key come to; nothing if it would be zero.
#[must_use]
pub fn x25519(secret: &[u8; 32], public: &[u8; 32]) -> Option<Zeroizing<[u8; 32]>> {
    Exchange::from_secret(*secret).agree(&ExchangeKey(*public)).ok()
}

/// The hash, in the three modes: bare, under a key, and for a purpose.
#[must_use]
pub fn blake3_modes(key: &[u8; 32], context: &str, input: &[u8]) -> [[u8; 32]; 3] {
    let modes = [
        blake3::Hasher::new(),
        blake3::Hasher::new_keyed(key),
        blake3::Hasher::new_derive_key(context),
    ];
    modes.map(|mut hasher| hasher.update(input).finalize().into())
}
