//! An epoch's secret on its way: sealed to a member's X25519 key, or under a later epoch's secret.
//!
//! ```text
//!  to a member   key = derive(X25519(once, member), once's public key, member's, room, epoch)
//!  for those who come later   key = derive(room, later epoch, later secret)
//! ```
//! Each sealing to members draws a key pair that is used for it alone. What is sealed to whom, and
//! under what, is part of the associated data, so that nothing sealed can be moved.

use zeroize::Zeroizing;

use crate::crypto::exchange::{Exchange, ExchangeKey};
use crate::crypto::hash::derive_key;
use crate::crypto::random::Random;
use crate::crypto::seal;
use crate::ids::{EpochId, RoomId};

/// Seals one epoch's secret, to any number of members.
pub struct Sealing {
    once: Exchange,
    room: RoomId,
    epoch: EpochId,
}

impl Sealing {
    /// Draws the key pair of this sealing.
    #[must_use]
    pub fn new(room: RoomId, epoch: EpochId, random: &mut Random) -> Sealing {
        let seed = Zeroizing::new(random.bytes());
        Sealing { once: Exchange::from_seed(&seed), room, epoch }
    }

    /// Its public key: who opens needs it.
    #[must_use]
    pub fn key(&self) -> ExchangeKey {
        self.once.public()
    }

    /// Seals the secret to the owner of a key; nothing if that key is no use.
    pub fn seal(
        &self,
        to: &ExchangeKey,
        secret: &[u8; 32],
        random: &mut Random,
    ) -> Option<Vec<u8>> {
        let shared = self.once.agree(to).ok()?;
        let key = share_key(&shared, &self.key(), to, (&self.room, &self.epoch));
        let nonce = seal::nonce(&key, random.bytes(), &[secret]);
        Some(seal::seal(&key, &nonce, &self.epoch.0, secret))
    }
}

/// Opens what was sealed to oneself.
#[must_use]
pub fn open(
    mine: &Exchange,
    once: &ExchangeKey,
    (room, epoch): (&RoomId, &EpochId),
    sealed: &[u8],
) -> Option<Zeroizing<[u8; 32]>> {
    let shared = mine.agree(once).ok()?;
    let key = share_key(&shared, once, &mine.public(), (room, epoch));
    secret(seal::open(&key, &epoch.0, sealed).ok()?)
}

/// Seals the secret of an earlier epoch for those who know a later one's.
#[must_use]
pub fn seal_earlier(
    (room, later, under): (&RoomId, &EpochId, &[u8; 32]),
    (earlier, secret): (&EpochId, &[u8; 32]),
    random: &mut Random,
) -> Vec<u8> {
    let key = earlier_key(room, later, under);
    let nonce = seal::nonce(&key, random.bytes(), &[&earlier.0, secret]);
    seal::seal(&key, &nonce, &earlier.0, secret)
}

/// Opens what [`seal_earlier`] sealed.
#[must_use]
pub fn open_earlier(
    (room, later, under): (&RoomId, &EpochId, &[u8; 32]),
    earlier: &EpochId,
    sealed: &[u8],
) -> Option<Zeroizing<[u8; 32]>> {
    secret(seal::open(&earlier_key(room, later, under), &earlier.0, sealed).ok()?)
}

fn share_key(
    shared: &[u8; 32],
    once: &ExchangeKey,
    to: &ExchangeKey,
    (room, epoch): (&RoomId, &EpochId),
) -> Zeroizing<[u8; 32]> {
    derive_key("confab/1/epoch/share", &[shared, &once.0, &to.0, &room.0, &epoch.0])
}

fn earlier_key(room: &RoomId, later: &EpochId, under: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    derive_key("confab/1/epoch/earlier", &[&room.0, &later.0, under])
}

fn secret(plain: Vec<u8>) -> Option<Zeroizing<[u8; 32]>> {
    let plain = Zeroizing::new(plain);
    <[u8; 32]>::try_from(plain.as_slice()).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::sign::Keypair;
    use crate::limits;

    const ROOM: RoomId = RoomId([1; 32]);
    const EPOCH: EpochId = EpochId([2; 16]);

    #[test]
    fn a_share_opens_for_its_member_in_its_room_and_epoch_only() {
        let mut random = Random::new([5; 32]);
        let (ana, ben) = (Keypair::from_seed(&[1; 32]), Keypair::from_seed(&[2; 32]));
        let sealing = Sealing::new(ROOM, EPOCH, &mut random);
        let sealed = sealing.seal(&ana.exchange().public(), &[7; 32], &mut random).unwrap();
        assert_eq!(sealed.len(), limits::SHARE_BYTES);
        let once = sealing.key();
        let read = |who: &Keypair, room, epoch| open(who.exchange(), &once, (room, epoch), &sealed);
        assert_eq!(read(&ana, &ROOM, &EPOCH), Some(Zeroizing::new([7; 32])));
        assert_eq!(read(&ben, &ROOM, &EPOCH), None);
        assert_eq!(read(&ana, &RoomId([9; 32]), &EPOCH), None);
        assert_eq!(read(&ana, &ROOM, &EpochId([9; 16])), None);
        assert!(sealing.seal(&ExchangeKey([0; 32]), &[7; 32], &mut random).is_none());
    }

    #[test]
    fn an_earlier_secret_opens_for_who_knows_the_later_one() {
        let mut random = Random::new([5; 32]);
        let (later, earlier) = ((&ROOM, &EPOCH, &[7; 32]), EpochId::FIRST);
        let sealed = seal_earlier(later, (&earlier, &[3; 32]), &mut random);
        assert_eq!(sealed.len(), limits::SHARE_BYTES);
        assert_eq!(open_earlier(later, &earlier, &sealed), Some(Zeroizing::new([3; 32])));
        assert_eq!(open_earlier((&ROOM, &EPOCH, &[8; 32]), &earlier, &sealed), None);
        assert_eq!(open_earlier(later, &EpochId([1; 16]), &sealed), None);
    }
}
