//! What this device reads with: the secrets of the epochs that it knows, of which one is in force,
//! and its own keys.
//!
//! Nothing of it is stored but the secret with which one came and the seed of one's keys (in the
//! record): the other secrets are found again in the governance entries, sealed to oneself or under
//! a later epoch.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use crate::crypto::keys::EpochKeys;
use crate::crypto::sign::Keypair;
use crate::ids::{EpochId, RoomId};
use crate::limits;

/// The epochs' secrets. Gone from memory when dropped.
pub struct Keyring {
    room: RoomId,
    own: Keypair,
    epochs: BTreeMap<EpochId, (Zeroizing<[u8; 32]>, EpochKeys)>,
    current: EpochId,
}

impl Keyring {
    /// The ring of somebody who came with this secret.
    #[must_use]
    pub fn new(
        (room, epoch): (RoomId, EpochId),
        secret: &Zeroizing<[u8; 32]>,
        own: Keypair,
    ) -> Keyring {
        let mut ring = Keyring::empty((room, epoch), own);
        ring.learn(epoch, secret.clone());
        ring
    }

    /// The ring of somebody who stands at the door of an epoch: no secret is on it.
    #[must_use]
    pub fn empty((room, epoch): (RoomId, EpochId), own: Keypair) -> Keyring {
        Keyring { room, own, epochs: BTreeMap::new(), current: epoch }
    }

    /// One's own keys: what is said to oneself alone opens with them.
    #[must_use]
    pub fn own(&self) -> &Keypair {
        &self.own
    }

    /// Takes note of an epoch's secret. True if it is news. Bounded by [`limits::EPOCHS`].
    pub fn learn(&mut self, epoch: EpochId, secret: Zeroizing<[u8; 32]>) -> bool {
        if self.epochs.contains_key(&epoch) || self.epochs.len() >= limits::EPOCHS {
            return false;
        }
        let keys = EpochKeys::derive(&self.room, &epoch, &secret);
        self.epochs.insert(epoch, (secret, keys));
        true
    }

    /// The keys of an epoch, if its secret is known.
    #[must_use]
    pub fn of(&self, epoch: &EpochId) -> Option<&EpochKeys> {
        self.epochs.get(epoch).map(|(_, keys)| keys)
    }

    /// The secret of an epoch, if it is known.
    #[must_use]
    pub fn secret(&self, epoch: &EpochId) -> Option<&Zeroizing<[u8; 32]>> {
        self.epochs.get(epoch).map(|(secret, _)| secret)
    }

    /// The epoch in force: what is said from now on is sealed in it.
    #[must_use]
    pub fn current(&self) -> EpochId {
        self.current
    }

    /// Goes on to another epoch. False if its secret is not known.
    pub fn turn(&mut self, epoch: EpochId) -> bool {
        let known = self.epochs.contains_key(&epoch);
        if known {
            self.current = epoch;
        }
        known
    }

    /// The keys of the epoch in force: none at the door.
    #[must_use]
    pub fn keys(&self) -> Option<&EpochKeys> {
        self.of(&self.current)
    }
}

impl std::fmt::Debug for Keyring {
    /// Without the secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring").field("current", &self.current).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: (RoomId, EpochId) = (RoomId([1; 32]), EpochId::FIRST);

    fn own() -> Keypair {
        Keypair::from_seed(&[1; 32])
    }

    fn secret(byte: u8) -> Zeroizing<[u8; 32]> {
        Zeroizing::new([byte; 32])
    }

    #[test]
    fn only_an_epoch_whose_secret_is_known_comes_into_force() {
        let mut ring = Keyring::new(PLACE, &secret(1), own());
        let next = EpochId([2; 16]);
        assert!(!ring.turn(next) && ring.current() == EpochId::FIRST);
        let before = ring.keys().unwrap().rendezvous();
        assert!(ring.learn(next, secret(2)) && !ring.learn(next, secret(3)));
        assert!(ring.turn(next) && ring.current() == next);
        assert_ne!(ring.keys().unwrap().rendezvous(), before);
        assert_eq!(ring.of(&EpochId::FIRST).map(EpochKeys::rendezvous), Some(before));
        assert_eq!(ring.secret(&next), Some(&secret(2)));
    }

    #[test]
    fn an_empty_ring_has_no_keys_until_it_learns_a_secret() {
        let mut ring = Keyring::empty(PLACE, own());
        assert!(ring.keys().is_none() && !ring.turn(EpochId::FIRST));
        assert!(ring.learn(EpochId::FIRST, secret(1)) && ring.keys().is_some());
    }

    #[test]
    fn i6_a_ring_is_bounded() {
        let mut ring = Keyring::new(PLACE, &secret(1), own());
        let mut id = [0; 16];
        for number in 0..2 * u16::try_from(limits::EPOCHS).unwrap() {
            id[..2].copy_from_slice(&number.to_be_bytes());
            ring.learn(EpochId(id), secret(2));
        }
        assert_eq!(ring.epochs.len(), limits::EPOCHS);
    }
}
