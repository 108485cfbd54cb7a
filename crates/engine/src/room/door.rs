//! The door of a room that approves its members: where to knock, and to whom a knock is sealed.
//!
//! ```text
//!  epoch's secret ─► door secret ─► rendezvous of the door, its sealing key ─┐ the link carries
//!                 └► keeper's key pair ─► its public half ───────────────────┘ these, no secret
//! ```
//! Members stand at the door beside their own meeting, so an applicant does not even see where they
//! meet. Whoever knows the epoch's secret is the keeper: that is how an applicant tells a member
//! from another applicant. What is said at the door is in `signal/knock.rs`.

use protocol::Rendezvous;
use zeroize::Zeroizing;

use crate::crypto::exchange::ExchangeKey;
use crate::crypto::hash::derive_key;
use crate::crypto::keys::EpochKeys;
use crate::ids::{EpochId, RoomId};

/// Bytes of a door in an invite.
pub(super) const DOOR_BYTES: usize = 16 + 32 + 32;

/// The way to knock at a room. Its secret is gone from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Door {
    epoch: EpochId,
    secret: Zeroizing<[u8; 32]>,
    keeper: ExchangeKey,
}

impl Door {
    /// The door of an epoch, by whoever knows its secret.
    #[must_use]
    pub fn of(epoch: EpochId, keys: &EpochKeys) -> Door {
        Door { epoch, secret: keys.door().clone(), keeper: keys.keeper().public() }
    }

    pub(crate) fn new(epoch: EpochId, secret: [u8; 32], keeper: [u8; 32]) -> Door {
        Door { epoch, secret: Zeroizing::new(secret), keeper: ExchangeKey(keeper) }
    }

    pub(super) fn from_bytes(bytes: &[u8; DOOR_BYTES]) -> Option<Door> {
        let (epoch, rest) = bytes.split_first_chunk::<16>()?;
        let (secret, keeper) = rest.split_first_chunk::<32>()?;
        Some(Door::new(EpochId(*epoch), *secret, keeper.try_into().ok()?))
    }

    pub(super) fn parts(&self) -> [&[u8]; 3] {
        [&self.epoch.0, &*self.secret, &self.keeper.0]
    }

    pub(super) fn secret(&self) -> &Zeroizing<[u8; 32]> {
        &self.secret
    }

    /// The epoch whose door it is.
    #[must_use]
    pub fn epoch(&self) -> EpochId {
        self.epoch
    }

    /// The key to which a knock is sealed: whoever knows the epoch's secret has the other half.
    #[must_use]
    pub fn keeper(&self) -> ExchangeKey {
        self.keeper
    }

    /// Where it is, and what is said there is sealed with.
    #[must_use]
    pub fn keys(&self) -> DoorKeys {
        DoorKeys::derive(&self.secret)
    }

    /// True if this is the secret of the door's epoch: nobody can hand out another one.
    #[must_use]
    pub fn opens_with(&self, room: &RoomId, secret: &[u8; 32]) -> bool {
        *self == Door::of(self.epoch, &EpochKeys::derive(room, &self.epoch, secret))
    }
}

impl std::fmt::Debug for Door {
    /// Without the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Door").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

/// What a door's secret gives. Gone from memory when dropped.
pub struct DoorKeys {
    rendezvous: Rendezvous,
    sealing: Zeroizing<[u8; 32]>,
}

impl DoorKeys {
    /// The keys of the door with this secret.
    #[must_use]
    pub fn derive(secret: &[u8; 32]) -> DoorKeys {
        DoorKeys {
            rendezvous: Rendezvous::from_bytes(*derive_key("confab/1/door/rendezvous", &[secret])),
            sealing: derive_key("confab/1/door/sealing", &[secret]),
        }
    }

    /// Where it is at the signaling server.
    #[must_use]
    pub fn rendezvous(&self) -> Rendezvous {
        self.rendezvous.clone()
    }

    /// Keeps what is said there from the server.
    #[must_use]
    pub fn sealing(&self) -> &[u8; 32] {
        &self.sealing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: RoomId = RoomId([1; 32]);

    fn door(secret: u8) -> Door {
        Door::of(EpochId::FIRST, &EpochKeys::derive(&ROOM, &EpochId::FIRST, &[secret; 32]))
    }

    #[test]
    fn only_the_secret_of_its_epoch_opens_a_door() {
        assert!(door(3).opens_with(&ROOM, &[3; 32]));
        assert!(!door(3).opens_with(&ROOM, &[4; 32]));
        assert!(!door(3).opens_with(&RoomId([2; 32]), &[3; 32]));
        let moved = Door { epoch: EpochId([9; 16]), ..door(3) };
        assert!(!moved.opens_with(&ROOM, &[3; 32]));
    }

    #[test]
    fn a_door_leads_nowhere_that_members_meet() {
        let keys = EpochKeys::derive(&ROOM, &EpochId::FIRST, &[3; 32]);
        let door = door(3).keys();
        assert_ne!(door.rendezvous(), keys.rendezvous());
        let members =
            [keys.signaling(), keys.content(), keys.binding(), keys.registers()].map(|key| *key);
        assert!(!members.contains(door.sealing()));
    }

    #[test]
    fn what_is_printed_for_debugging_has_no_secret() {
        let text = format!("{:?}", door(3));
        assert!(!text.contains("secret"), "{text}");
    }
}
