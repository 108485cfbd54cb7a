//! The record of a room on this device: its keys, and who one is there. The engine's only secret
//! on disk.
//!
//! ```text
//!  version (1) | founder, nonce, epoch, secret, seed, incarnation, name in postcard | check (8)
//! ```
//! The check finds damage and proves nothing: whoever can write the disk can write the record. It
//! stands in the same place in every version, so that a newer record is told from a damaged one.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::crypto::hash::{derive_key, hash};
use crate::crypto::keys::EpochKeys;
use crate::crypto::sign::Keypair;
use crate::ids::{EpochId, Incarnation, MemberId, RoomId};
use crate::limits;
use crate::room::invite::Invite;
use crate::room::keyring::Keyring;
use crate::room::{FOUNDING_NONCE_BYTES, Founding};

/// The version of records that this code writes, and the only one that it reads.
pub const RECORD_VERSION: u8 = 1;
/// Bytes of a record; a longer one is refused before anything is decoded.
pub const RECORD_BYTES: usize = 1024;

const CHECK_BYTES: usize = 8;

/// One's place in one room. Its secret parts are gone from memory when it is dropped.
#[derive(Clone)]
pub struct RoomRecord {
    founding: Founding,
    epoch: EpochId,
    secret: Zeroizing<[u8; 32]>,
    seed: Zeroizing<[u8; 32]>,
    me: MemberId,
    incarnation: Incarnation,
    name: String,
}

/// Why bytes are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Part of it is missing or changed: only an invite helps.
    #[error("the record of a room is damaged")]
    Damaged,
    /// A newer version wrote it: reload or update.
    #[error("the record of a room was written by a newer version: update this one")]
    Newer,
}

/// The fields as they lie on disk, in this order.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct Wire {
    founder: [u8; 32],
    nonce: [u8; FOUNDING_NONCE_BYTES],
    epoch: [u8; 16],
    secret: [u8; 32],
    seed: [u8; 32],
    incarnation: [u8; 16],
    name: String,
}

impl RoomRecord {
    /// Founds a room. `entropy` comes from the system's generator and is used for nothing else.
    #[must_use]
    pub fn create(entropy: &[u8; 128]) -> RoomRecord {
        let (seed, incarnation) = identity(entropy);
        let me = Keypair::from_seed(&seed).member();
        let nonce = cut(&derive_key("confab/1/new/founding-nonce", &[entropy]));
        RoomRecord {
            founding: Founding { founder: me, nonce },
            epoch: EpochId::FIRST,
            secret: derive_key("confab/1/new/epoch-secret", &[entropy]),
            seed,
            me,
            incarnation,
            name: String::new(),
        }
    }

    /// Enters a room as a new member. `entropy` as for [`RoomRecord::create`].
    #[must_use]
    pub fn join(invite: &Invite, entropy: &[u8; 128]) -> RoomRecord {
        let (seed, incarnation) = identity(entropy);
        RoomRecord {
            founding: invite.founding,
            epoch: invite.epoch,
            secret: invite.secret.clone(),
            me: Keypair::from_seed(&seed).member(),
            seed,
            incarnation,
            name: String::new(),
        }
    }

    /// The room.
    #[must_use]
    pub fn room(&self) -> RoomId {
        self.founding.room()
    }

    /// Who founded it.
    #[must_use]
    pub fn founder(&self) -> MemberId {
        self.founding.founder
    }

    /// Oneself.
    #[must_use]
    pub fn me(&self) -> MemberId {
        self.me
    }

    /// One's keys.
    #[must_use]
    pub fn keypair(&self) -> Keypair {
        Keypair::from_seed(&self.seed)
    }

    /// Which log one writes.
    #[must_use]
    pub fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    /// Begins another log: after an import, on a damaged store, when one's own log has forked.
    /// Drawn at random by the caller.
    pub fn set_incarnation(&mut self, incarnation: Incarnation) {
        self.incarnation = incarnation;
    }

    /// The room's name as last known; empty if it is not.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Notes the room's name, at most [`limits::NAME_BYTES`] of it.
    pub fn set_name(&mut self, mut name: String) {
        name.truncate(name.floor_char_boundary(limits::NAME_BYTES));
        self.name = name;
    }

    /// The present epoch.
    #[must_use]
    pub fn epoch(&self) -> EpochId {
        self.epoch
    }

    /// The keys of the present epoch.
    #[must_use]
    pub fn epoch_keys(&self) -> EpochKeys {
        EpochKeys::derive(&self.room(), &self.epoch, &self.secret)
    }

    /// The secret with which one came.
    #[must_use]
    pub fn keyring(&self) -> Keyring {
        Keyring::new(self.room(), self.epoch, &self.secret)
    }

    /// The way into the room, for others, as one came oneself.
    #[must_use]
    pub fn invite(&self) -> Invite {
        Invite { founding: self.founding, epoch: self.epoch, secret: self.secret.clone() }
    }

    /// The way into the room by the epoch in force.
    #[must_use]
    pub fn invite_by(&self, ring: &Keyring) -> Invite {
        let epoch = ring.current();
        let secret = ring.secret(&epoch).unwrap_or(&self.secret).clone();
        Invite { founding: self.founding, epoch, secret }
    }

    /// Its key in `Table::Rooms`.
    #[must_use]
    pub fn key(&self) -> Vec<u8> {
        self.room().0.to_vec()
    }

    /// Its bytes. They hold secrets.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let wire = Wire {
            founder: self.founding.founder.0,
            nonce: self.founding.nonce,
            epoch: self.epoch.0,
            secret: *self.secret,
            seed: *self.seed,
            incarnation: self.incarnation.0,
            name: self.name.clone(),
        };
        let body = postcard::to_allocvec(&wire);
        debug_assert!(body.is_ok(), "arrays and texts always encode");
        let body = Zeroizing::new(body.unwrap_or_default());
        let mut bytes = Vec::with_capacity(1 + body.len() + CHECK_BYTES);
        bytes.push(RECORD_VERSION);
        bytes.extend_from_slice(&body);
        let check = checksum(&bytes);
        bytes.extend_from_slice(&check);
        bytes
    }

    /// Reads what [`RoomRecord::encode`] wrote.
    ///
    /// # Errors
    /// [`RecordError`] if it is damaged or of a newer version.
    pub fn decode(bytes: &[u8]) -> Result<RoomRecord, RecordError> {
        let (content, check) =
            bytes.split_last_chunk::<CHECK_BYTES>().ok_or(RecordError::Damaged)?;
        let (version, body) = content.split_first().ok_or(RecordError::Damaged)?;
        if checksum(content) != *check {
            return Err(RecordError::Damaged);
        }
        match *version {
            0 => return Err(RecordError::Damaged),
            RECORD_VERSION if bytes.len() <= RECORD_BYTES => {}
            RECORD_VERSION => return Err(RecordError::Damaged),
            _ => return Err(RecordError::Newer),
        }
        match postcard::take_from_bytes::<Wire>(body) {
            Ok((wire, [])) if wire.name.len() <= limits::NAME_BYTES => {
                Ok(RoomRecord::from_wire(&wire))
            }
            Ok(_) | Err(_) => Err(RecordError::Damaged),
        }
    }

    fn from_wire(wire: &Wire) -> RoomRecord {
        RoomRecord {
            founding: Founding { founder: MemberId(wire.founder), nonce: wire.nonce },
            epoch: EpochId(wire.epoch),
            secret: Zeroizing::new(wire.secret),
            seed: Zeroizing::new(wire.seed),
            me: Keypair::from_seed(&wire.seed).member(),
            incarnation: Incarnation(wire.incarnation),
            name: wire.name.clone(),
        }
    }
}

impl fmt::Debug for RoomRecord {
    /// Without the secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoomRecord")
            .field("room", &self.room())
            .field("me", &self.me)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

fn identity(entropy: &[u8; 128]) -> (Zeroizing<[u8; 32]>, Incarnation) {
    let incarnation = cut(&derive_key("confab/1/new/incarnation", &[entropy]));
    (derive_key("confab/1/new/seed", &[entropy]), Incarnation(incarnation))
}

fn cut(bytes: &[u8; 32]) -> [u8; 16] {
    let mut first = [0; 16];
    first.copy_from_slice(&bytes[..16]);
    first
}

fn checksum(content: &[u8]) -> [u8; CHECK_BYTES] {
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&hash("confab/1/record-check", &[content])[..CHECK_BYTES]);
    check
}

#[cfg(test)]
mod tests;
