//! The cryptography, one of each: Ed25519, X25519, XChaCha20-Poly1305, BLAKE3; HPKE to one member;
//! Argon2id for what is under a passphrase.
//!
//! ```text
//!  seed ──► Keypair (sign, exchange)        epoch's secret ──► EpochKeys (rendezvous, seal, MAC)
//! ```
//! The rest of the engine calls these modules and never a cipher's crate. Each signature and each
//! derivation names its purpose (`confab/1/…`), so that bytes made for one are void for another.
//! What is signed, sealed or derived from here is wire and disk: golden vectors hold it still.

pub mod exchange;
pub mod hash;
pub mod hpke;
pub mod keys;
pub mod passphrase;
pub mod random;
pub mod safety;
pub mod seal;
pub mod share;
pub mod sign;
#[cfg(feature = "vectors")]
pub mod vectors;
