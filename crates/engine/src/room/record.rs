//! The record of a room on this device: its keys, and who one is there. The engine's only secret
//! on disk.
//!
//! ```text
//!  version (1) | founder, nonce, epoch, secret, seed, incarnation, name in postcard | check (8)
//!  version (2) | founder, nonce, place, seed, incarnation, name, alias in postcard   | check (8)
//!  version (3) | nothing                                                             | check (8)
//! ```
//! The second is of rooms that approve their members: one is inside, or outside with the door that
//! the link gave, and what one will be called inside is not said there yet. The third is what is
//! left of a room that this device leaves: its keys are gone, and what else is stored goes next.
//!
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
use crate::room::door::Door;
use crate::room::invite::{Invite, Way};
use crate::room::keyring::Keyring;
use crate::room::{Entrance, FOUNDING_NONCE_BYTES, Founding};

/// The version of records of rooms whose link lets in.
pub const RECORD_VERSION: u8 = 1;
/// The version of records of rooms that approve their members.
pub const APPROVING_VERSION: u8 = 2;
/// The version of records of rooms that were left.
pub const LEFT_VERSION: u8 = 3;
/// Bytes of a record; a longer one is refused before anything is decoded.
pub const RECORD_BYTES: usize = 1024;

const CHECK_BYTES: usize = 8;

/// One's place in one room. Its secret parts are gone from memory when it is dropped.
#[derive(Clone)]
pub struct RoomRecord {
    founding: Founding,
    place: Place,
    seed: Zeroizing<[u8; 32]>,
    me: MemberId,
    incarnation: Incarnation,
    name: String,
    alias: String,
}

/// Where one stands.
#[derive(Clone)]
enum Place {
    /// In the room, with the secret with which one came.
    Inside(EpochId, Zeroizing<[u8; 32]>),
    /// At its door.
    Outside { door: Door, plea: Plea },
}

/// How things stand for whoever is at the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Plea {
    /// It asks to be let in.
    Asks,
    /// It was turned away.
    TurnedAway,
    /// The door is closed for good: another link leads to the room.
    Closed,
}

impl Zeroize for Plea {
    fn zeroize(&mut self) {
        *self = Plea::Asks;
    }
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
    /// The room was left: what else is stored of it has to go.
    #[error("this device has left the room")]
    Left,
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

/// The fields of a record of a room that approves its members.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct Approving {
    founder: [u8; 32],
    nonce: [u8; FOUNDING_NONCE_BYTES],
    place: Standing,
    seed: [u8; 32],
    incarnation: [u8; 16],
    name: String,
    alias: String,
}

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
enum Standing {
    Inside { epoch: [u8; 16], secret: [u8; 32] },
    Outside { epoch: [u8; 16], door: [u8; 32], keeper: [u8; 32], plea: Plea },
}

impl RoomRecord {
    /// Founds a room whose link lets in. `entropy` comes from the system's generator and is used
    /// for nothing else.
    #[must_use]
    pub fn create(entropy: &[u8; 128]) -> RoomRecord {
        RoomRecord::found(entropy, Entrance::Link)
    }

    /// Founds a room. `entropy` as for [`RoomRecord::create`].
    #[must_use]
    pub fn found(entropy: &[u8; 128], entrance: Entrance) -> RoomRecord {
        let (seed, incarnation) = identity(entropy);
        let me = Keypair::from_seed(&seed).member();
        let nonce = cut(&derive_key("confab/1/new/founding-nonce", &[entropy]));
        RoomRecord {
            founding: Founding { founder: me, nonce, entrance },
            place: Place::Inside(
                EpochId::FIRST,
                derive_key("confab/1/new/epoch-secret", &[entropy]),
            ),
            seed,
            me,
            incarnation,
            name: String::new(),
            alias: String::new(),
        }
    }

    /// Enters a room as a new member, or comes to its door. `entropy` as for
    /// [`RoomRecord::create`].
    #[must_use]
    pub fn join(invite: &Invite, entropy: &[u8; 128]) -> RoomRecord {
        let (seed, incarnation) = identity(entropy);
        RoomRecord {
            founding: invite.founding,
            place: match &invite.way {
                Way::Inside(epoch, secret) => Place::Inside(*epoch, secret.clone()),
                Way::Door(door) => Place::Outside { door: door.clone(), plea: Plea::Asks },
            },
            me: Keypair::from_seed(&seed).member(),
            seed,
            incarnation,
            name: String::new(),
            alias: String::new(),
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

    /// The epoch with whose secret, or to whose door, one came.
    #[must_use]
    pub fn epoch(&self) -> EpochId {
        match &self.place {
            Place::Inside(epoch, _) => *epoch,
            Place::Outside { door, .. } => door.epoch(),
        }
    }

    /// The keys of that epoch, if one is inside.
    #[must_use]
    pub fn epoch_keys(&self) -> Option<EpochKeys> {
        match &self.place {
            Place::Inside(epoch, secret) => Some(EpochKeys::derive(&self.room(), epoch, secret)),
            Place::Outside { .. } => None,
        }
    }

    /// The secret with which one came; none at the door.
    #[must_use]
    pub fn keyring(&self) -> Keyring {
        match &self.place {
            Place::Inside(epoch, secret) => {
                Keyring::new((self.room(), *epoch), secret, self.keypair())
            }
            Place::Outside { door, .. } => {
                Keyring::empty((self.room(), door.epoch()), self.keypair())
            }
        }
    }

    /// How one gets into the room.
    #[must_use]
    pub fn entrance(&self) -> Entrance {
        self.founding.entrance
    }

    /// The door at which one stands, if one is not inside.
    #[must_use]
    pub fn door(&self) -> Option<&Door> {
        match &self.place {
            Place::Inside(..) => None,
            Place::Outside { door, .. } => Some(door),
        }
    }

    /// How things stand at the door, if one is not inside.
    #[must_use]
    pub fn plea(&self) -> Option<Plea> {
        match &self.place {
            Place::Inside(..) => None,
            Place::Outside { plea, .. } => Some(*plea),
        }
    }

    /// Notes how things stand at the door. Whoever is inside stays there.
    pub fn set_plea(&mut self, now: Plea) {
        if let Place::Outside { plea, .. } = &mut self.place {
            *plea = now;
        }
    }

    /// Goes to the door to which a newer link leads. False if it leads elsewhere, or one is inside.
    pub fn follow(&mut self, invite: &Invite) -> bool {
        match (&mut self.place, &invite.way) {
            (Place::Outside { door, plea }, Way::Door(to)) if invite.founding == self.founding => {
                (*door, *plea) = (to.clone(), Plea::Asks);
                true
            }
            (Place::Outside { .. } | Place::Inside(..), Way::Door(_) | Way::Inside(..)) => false,
        }
    }

    /// Goes in with the secret of the door's epoch. False if it is not that.
    pub fn enter(&mut self, secret: &Zeroizing<[u8; 32]>) -> bool {
        let room = self.room();
        match &self.place {
            Place::Outside { door, .. } if door.opens_with(&room, secret) => {
                self.place = Place::Inside(door.epoch(), secret.clone());
                true
            }
            Place::Outside { .. } | Place::Inside(..) => false,
        }
    }

    /// What one is to be called inside; empty if that was not said at the door.
    #[must_use]
    pub fn alias(&self) -> &str {
        &self.alias
    }

    /// Notes what one is to be called inside, at most [`limits::NAME_BYTES`] of it.
    pub fn set_alias(&mut self, mut alias: String) {
        alias.truncate(alias.floor_char_boundary(limits::NAME_BYTES));
        self.alias = alias;
    }

    /// The way into the room, for others, as one came oneself.
    #[must_use]
    pub fn invite(&self) -> Invite {
        let way = match &self.place {
            Place::Inside(epoch, secret) => self.way(*epoch, secret),
            Place::Outside { door, .. } => Way::Door(door.clone()),
        };
        Invite { founding: self.founding, way }
    }

    /// The way into the room by the epoch in force.
    #[must_use]
    pub fn invite_by(&self, ring: &Keyring) -> Invite {
        let epoch = ring.current();
        match ring.secret(&epoch) {
            Some(secret) => Invite { founding: self.founding, way: self.way(epoch, secret) },
            None => self.invite(),
        }
    }

    fn way(&self, epoch: EpochId, secret: &Zeroizing<[u8; 32]>) -> Way {
        match self.founding.entrance {
            Entrance::Link => Way::Inside(epoch, secret.clone()),
            Entrance::Approval => {
                Way::Door(Door::of(epoch, &EpochKeys::derive(&self.room(), &epoch, secret)))
            }
        }
    }

    /// Its key in `Table::Rooms`.
    #[must_use]
    pub fn key(&self) -> Vec<u8> {
        self.room().0.to_vec()
    }

    /// Its bytes. They hold secrets.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let (founder, nonce) = (self.founding.founder.0, self.founding.nonce);
        let (seed, incarnation) = (*self.seed, self.incarnation.0);
        let name = self.name.clone();
        let (version, body) = match (&self.place, self.founding.entrance) {
            (Place::Inside(epoch, secret), Entrance::Link) => {
                let (epoch, secret) = (epoch.0, **secret);
                let wire = Wire { founder, nonce, epoch, secret, seed, incarnation, name };
                (RECORD_VERSION, postcard::to_allocvec(&wire))
            }
            (place, _) => {
                let (place, alias) = (place.standing(), self.alias.clone());
                let wire = Approving { founder, nonce, place, seed, incarnation, name, alias };
                (APPROVING_VERSION, postcard::to_allocvec(&wire))
            }
        };
        debug_assert!(body.is_ok(), "arrays and texts always encode");
        let body = Zeroizing::new(body.unwrap_or_default());
        let mut bytes = Vec::with_capacity(1 + body.len() + CHECK_BYTES);
        bytes.push(version);
        bytes.extend_from_slice(&body);
        let check = checksum(&bytes);
        bytes.extend_from_slice(&check);
        bytes
    }

    /// What stands in the place of a record from the moment at which this device leaves the room:
    /// no key, and that the deletion of all else has begun.
    #[must_use]
    pub fn left() -> Vec<u8> {
        let check = checksum(&[LEFT_VERSION]);
        std::iter::once(LEFT_VERSION).chain(check).collect()
    }

    /// Reads what [`RoomRecord::encode`] wrote.
    ///
    /// # Errors
    /// [`RecordError`] if it is damaged, of a newer version, or what [`RoomRecord::left`] gives.
    pub fn decode(bytes: &[u8]) -> Result<RoomRecord, RecordError> {
        let (content, check) =
            bytes.split_last_chunk::<CHECK_BYTES>().ok_or(RecordError::Damaged)?;
        let (version, body) = content.split_first().ok_or(RecordError::Damaged)?;
        if checksum(content) != *check {
            return Err(RecordError::Damaged);
        }
        let fits = bytes.len() <= RECORD_BYTES;
        let record = match *version {
            RECORD_VERSION if fits => whole(body).map(|wire| RoomRecord::from_wire(&wire)),
            APPROVING_VERSION if fits => whole(body).map(|wire| RoomRecord::approving(&wire)),
            LEFT_VERSION if body.is_empty() => return Err(RecordError::Left),
            0 | RECORD_VERSION | APPROVING_VERSION | LEFT_VERSION => None,
            _ => return Err(RecordError::Newer),
        };
        let named =
            |record: &RoomRecord| record.name.len().max(record.alias.len()) <= limits::NAME_BYTES;
        record.filter(named).ok_or(RecordError::Damaged)
    }

    fn from_wire(wire: &Wire) -> RoomRecord {
        let entrance = Entrance::Link;
        RoomRecord {
            founding: Founding { founder: MemberId(wire.founder), nonce: wire.nonce, entrance },
            place: Place::Inside(EpochId(wire.epoch), Zeroizing::new(wire.secret)),
            seed: Zeroizing::new(wire.seed),
            me: Keypair::from_seed(&wire.seed).member(),
            incarnation: Incarnation(wire.incarnation),
            name: wire.name.clone(),
            alias: String::new(),
        }
    }

    fn approving(wire: &Approving) -> RoomRecord {
        let entrance = Entrance::Approval;
        RoomRecord {
            founding: Founding { founder: MemberId(wire.founder), nonce: wire.nonce, entrance },
            place: match &wire.place {
                Standing::Inside { epoch, secret } => {
                    Place::Inside(EpochId(*epoch), Zeroizing::new(*secret))
                }
                Standing::Outside { epoch, door, keeper, plea } => {
                    let door = Door::new(EpochId(*epoch), *door, *keeper);
                    Place::Outside { door, plea: *plea }
                }
            },
            seed: Zeroizing::new(wire.seed),
            me: Keypair::from_seed(&wire.seed).member(),
            incarnation: Incarnation(wire.incarnation),
            name: wire.name.clone(),
            alias: wire.alias.clone(),
        }
    }
}

impl Place {
    fn standing(&self) -> Standing {
        match self {
            Place::Inside(epoch, secret) => Standing::Inside { epoch: epoch.0, secret: **secret },
            Place::Outside { door, plea } => Standing::Outside {
                epoch: door.epoch().0,
                door: **door.secret(),
                keeper: door.keeper().0,
                plea: *plea,
            },
        }
    }
}

fn whole<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Option<T> {
    match postcard::take_from_bytes(body) {
        Ok((wire, [])) => Some(wire),
        Ok(_) | Err(_) => None,
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
