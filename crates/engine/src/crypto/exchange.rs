//! A member's X25519 key: what others seal private texts and epoch secrets to.
//!
//! It comes from the member's seed, and the member signs its public half for the room, so that
//! nobody can put another key under a member's name. Results of all zeros are refused (RFC 7748,
//! section 6.1): they are the same for everybody.

use serde::{Deserialize, Serialize};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use crate::crypto::hash::derive_key;
use crate::crypto::sign::{BadSignature, Domain, Signature, verify};
use crate::ids::{MemberId, RoomId};

/// The public half.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExchangeKey(pub [u8; 32]);

/// The public half with its owner's signature, as it travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedExchangeKey {
    pub(super) key: ExchangeKey,
    pub(super) signature: Signature,
}

impl SignedExchangeKey {
    /// The key, if this member signed it for this room.
    ///
    /// # Errors
    /// [`BadSignature`] if it did not.
    pub fn verify(&self, room: &RoomId, member: &MemberId) -> Result<ExchangeKey, BadSignature> {
        verify(member, Domain::ExchangeKey, &[&room.0, &self.key.0], &self.signature)?;
        Ok(self.key)
    }

    /// The key as it is claimed, not verified.
    #[must_use]
    pub fn claimed(&self) -> ExchangeKey {
        self.key
    }
}

/// The other side's key has small order: everybody would get the same secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key of the other side is unusable for a key exchange")]
pub struct WeakKey;

/// The secret half. Gone from memory when dropped.
pub struct Exchange(StaticSecret);

impl Exchange {
    pub(super) fn from_seed(seed: &[u8; 32]) -> Exchange {
        let secret = derive_key("confab/1/exchange", &[seed]);
        Exchange(StaticSecret::from(*secret))
    }

    /// The secret half itself, for whoever computes with it: see `hpke.rs`.
    pub(super) fn secret(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The secret half as published vectors give it.
    #[cfg(any(test, feature = "vectors"))]
    pub(super) fn from_secret(secret: [u8; 32]) -> Exchange {
        Exchange(StaticSecret::from(secret))
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> ExchangeKey {
        ExchangeKey(PublicKey::from(&self.0).to_bytes())
    }

    /// The secret that both sides come to. To be put through [`derive_key`], with both public
    /// keys, before it is used.
    ///
    /// # Errors
    /// [`WeakKey`] if the secret would be all zeros.
    pub fn agree(&self, theirs: &ExchangeKey) -> Result<Zeroizing<[u8; 32]>, WeakKey> {
        let shared = self.0.diffie_hellman(&PublicKey::from(theirs.0));
        if shared.was_contributory() { Ok(Zeroizing::new(shared.to_bytes())) } else { Err(WeakKey) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::sign::Keypair;
    use data_encoding::HEXLOWER;

    const ROOM: RoomId = RoomId([9; 32]);

    #[test]
    fn both_sides_come_to_the_same_secret() {
        let (ana, ben) = (Keypair::from_seed(&[1; 32]), Keypair::from_seed(&[2; 32]));
        let one = ana.exchange().agree(&ben.exchange().public()).unwrap();
        let two = ben.exchange().agree(&ana.exchange().public()).unwrap();
        assert_eq!(one, two);
        assert_ne!(*one, [0; 32]);
    }

    #[test]
    fn a_key_that_gives_all_zeros_is_refused() {
        let ana = Keypair::from_seed(&[1; 32]);
        assert_eq!(ana.exchange().agree(&ExchangeKey([0; 32])), Err(WeakKey));
        let mut one = [0; 32];
        one[0] = 1;
        assert_eq!(ana.exchange().agree(&ExchangeKey(one)), Err(WeakKey));
    }

    #[test]
    fn an_exchange_key_is_its_owners_in_its_room_only() {
        let (ana, ben) = (Keypair::from_seed(&[1; 32]), Keypair::from_seed(&[2; 32]));
        let signed = ana.exchange_key(&ROOM);
        assert_eq!(signed.verify(&ROOM, &ana.member()), Ok(ana.exchange().public()));
        assert_eq!(signed.verify(&ROOM, &ben.member()), Err(BadSignature));
        assert_eq!(signed.verify(&RoomId([8; 32]), &ana.member()), Err(BadSignature));
        let swapped = SignedExchangeKey { key: ben.exchange().public(), ..signed };
        assert_eq!(swapped.verify(&ROOM, &ana.member()), Err(BadSignature));
    }

    #[test]
    fn golden_exchange_key() {
        let key = Keypair::from_seed(&[7; 32]).exchange().public();
        assert_eq!(HEXLOWER.encode(&key.0), GOLDEN);
    }

    const GOLDEN: &str = "d89c070b474c7bdffcae7566adf579c696523ff2e00ae17c34ce26c88b9a1407";
}
