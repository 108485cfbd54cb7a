//! Signatures: Ed25519, strict (RFC 8032 with no small-order keys), each for one purpose.
//!
//! What is signed is the purpose and the parts, each behind its length (8 bytes, big-endian):
//! no signature can be read as one over other parts or for another purpose.

use std::fmt;

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use crate::crypto::exchange::{Exchange, ExchangeKey, SignedExchangeKey};
use crate::crypto::hash::length;
use crate::ids::{MemberId, RoomId};

/// What a signature is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// A run of entries.
    Run,
    /// A register's value.
    Register,
    /// The proof of a link.
    Binding,
    /// A signaling payload.
    Signal,
    /// A member's X25519 key.
    ExchangeKey,
}

impl Domain {
    fn context(self) -> &'static str {
        match self {
            Domain::Run => "confab/1/sign/run",
            Domain::Register => "confab/1/sign/register",
            Domain::Binding => "confab/1/sign/binding",
            Domain::Signal => "confab/1/sign/signal",
            Domain::ExchangeKey => "confab/1/sign/exchange-key",
        }
    }

    fn message(self, parts: &[&[u8]]) -> Vec<u8> {
        let context = self.context().as_bytes();
        let bytes = parts.iter().map(|part| 8 + part.len()).sum::<usize>();
        let mut message = Vec::with_capacity(8 + context.len() + bytes);
        for part in std::iter::once(&context).chain(parts) {
            message.extend_from_slice(&length(part));
            message.extend_from_slice(part);
        }
        message
    }
}

/// A signature: always 64 bytes on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    r: [u8; 32],
    s: [u8; 32],
}

impl Signature {
    /// The signature with these bytes; whether it is one shows when it is verified.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 64]) -> Signature {
        let signature = ed25519_dalek::Signature::from_bytes(&bytes);
        Signature { r: *signature.r_bytes(), s: *signature.s_bytes() }
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> [u8; 64] {
        ed25519_dalek::Signature::from_components(self.r, self.s).to_bytes()
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({})", data_encoding::BASE64URL_NOPAD.encode(&self.r[..6]))
    }
}

/// The member did not sign this for this purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature is not one of this member over these bytes")]
pub struct BadSignature;

/// Verifies a signature over a purpose and parts.
///
/// # Errors
/// [`BadSignature`] also if the member's key is no key, or one of small order.
pub fn verify(
    member: &MemberId,
    domain: Domain,
    parts: &[&[u8]],
    signature: &Signature,
) -> Result<(), BadSignature> {
    #[cfg(feature = "simulation")]
    if crate::simulation::is_quick() {
        let right = quick(member, &domain.message(parts)) == *signature;
        return if right { Ok(()) } else { Err(BadSignature) };
    }
    verify_message(member, &domain.message(parts), signature)
}

/// Verifies a signature over the whole of a message, its purpose included.
pub(super) fn verify_message(
    member: &MemberId,
    message: &[u8],
    signature: &Signature,
) -> Result<(), BadSignature> {
    let key = VerifyingKey::from_bytes(&member.0).map_err(|_| BadSignature)?;
    let signature = ed25519_dalek::Signature::from_components(signature.r, signature.s);
    key.verify_strict(message, &signature).map_err(|_| BadSignature)
}

/// What stands for a signature where the simulator has no time for one: anybody could make it.
#[cfg(feature = "simulation")]
fn quick(member: &MemberId, message: &[u8]) -> Signature {
    let r = crate::crypto::hash::mac(&member.0, "confab/1/simulated", &[message]);
    Signature { r, s: [0; 32] }
}

/// The keys of a member, all from one seed. Gone from memory when dropped.
pub struct Keypair {
    signing: SigningKey,
    exchange: Exchange,
}

impl Keypair {
    /// The keys of this seed.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Keypair {
        Keypair { signing: SigningKey::from_bytes(seed), exchange: Exchange::from_seed(seed) }
    }

    /// The public key, which is the member's name to all others.
    #[must_use]
    pub fn member(&self) -> MemberId {
        MemberId(self.signing.verifying_key().to_bytes())
    }

    /// Signs parts for a purpose.
    #[must_use]
    pub fn sign(&self, domain: Domain, parts: &[&[u8]]) -> Signature {
        #[cfg(feature = "simulation")]
        if crate::simulation::is_quick() {
            return quick(&self.member(), &domain.message(parts));
        }
        Signature::from_bytes(self.signing.sign(&domain.message(parts)).to_bytes())
    }

    /// The key that others seal to.
    #[must_use]
    pub fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    /// The public half of [`Keypair::exchange`], signed for a room.
    #[must_use]
    pub fn exchange_key(&self, room: &RoomId) -> SignedExchangeKey {
        let key: ExchangeKey = self.exchange.public();
        let signature = self.sign(Domain::ExchangeKey, &[&room.0, &key.0]);
        SignedExchangeKey { key, signature }
    }
}

impl fmt::Debug for Keypair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keypair({:?})", self.member())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;
    use proptest::prelude::*;

    #[test]
    fn a_signature_is_void_for_other_parts_purposes_and_members() {
        let (ana, ben) = (Keypair::from_seed(&[1; 32]), Keypair::from_seed(&[2; 32]));
        let signature = ana.sign(Domain::Run, &[b"ab", b"c"]);
        let check = |member, domain, parts: &[&[u8]]| verify(&member, domain, parts, &signature);
        assert_eq!(check(ana.member(), Domain::Run, &[b"ab", b"c"]), Ok(()));
        assert_eq!(check(ana.member(), Domain::Run, &[b"a", b"bc"]), Err(BadSignature));
        assert_eq!(check(ana.member(), Domain::Run, &[b"abc"]), Err(BadSignature));
        assert_eq!(check(ana.member(), Domain::Register, &[b"ab", b"c"]), Err(BadSignature));
        assert_eq!(check(ben.member(), Domain::Run, &[b"ab", b"c"]), Err(BadSignature));
    }

    #[test]
    fn a_key_of_small_order_signs_nothing() {
        let neutral = {
            let mut bytes = [0; 32];
            bytes[0] = 1;
            bytes
        };
        let mut forged = [0; 64];
        forged[..32].copy_from_slice(&neutral);
        let signature = Signature::from_bytes(forged);
        assert_eq!(verify(&MemberId(neutral), Domain::Run, &[b"x"], &signature), Err(BadSignature));
    }

    #[test]
    fn a_signature_is_64_bytes_on_the_wire() {
        let signature = Keypair::from_seed(&[1; 32]).sign(Domain::Run, &[b"x"]);
        let bytes = postcard::to_allocvec(&signature).unwrap();
        assert_eq!(bytes, signature.bytes());
        assert_eq!(postcard::from_bytes::<Signature>(&bytes).unwrap(), signature);
    }

    #[test]
    fn golden_keys_and_signature() {
        let keypair = Keypair::from_seed(&[7; 32]);
        assert_eq!(HEXLOWER.encode(&keypair.member().0), GOLDEN_MEMBER);
        let signature = keypair.sign(Domain::Run, &[b"one", b"", b"three"]);
        assert_eq!(HEXLOWER.encode(&signature.bytes()), GOLDEN_SIGNATURE);
        let contexts = [
            (Domain::Run, "confab/1/sign/run"),
            (Domain::Register, "confab/1/sign/register"),
            (Domain::Binding, "confab/1/sign/binding"),
            (Domain::Signal, "confab/1/sign/signal"),
            (Domain::ExchangeKey, "confab/1/sign/exchange-key"),
        ];
        for (domain, context) in contexts {
            assert_eq!(domain.context(), context);
        }
    }

    const GOLDEN_MEMBER: &str = "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c";
    const GOLDEN_SIGNATURE: &str = "\
        48d157e364ebdd650b42615bfefb3bf78099eebba9bea7fd31ea5df089b6436d\
        dcf3d6e08a8804c02fdfa85e59380c209310354c8cde41f1b901aad5568c910b";

    proptest! {
        #[test]
        fn any_change_of_a_signature_is_refused(bit in 0_usize..512) {
            let keypair = Keypair::from_seed(&[3; 32]);
            let mut bytes = keypair.sign(Domain::Run, &[b"text"]).bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let changed = Signature::from_bytes(bytes);
            prop_assert_eq!(
                verify(&keypair.member(), Domain::Run, &[b"text"], &changed),
                Err(BadSignature)
            );
        }

        #[test]
        fn any_bytes_may_be_a_key_and_a_signature(key: [u8; 32], r: [u8; 32], s: [u8; 32]) {
            let signature = Signature { r, s };
            prop_assert!(verify(&MemberId(key), Domain::Run, &[b"x"], &signature).is_err());
        }
    }
}
