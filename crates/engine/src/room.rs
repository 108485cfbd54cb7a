//! A room from the outside: the invite that travels as a link, the record that stays on disk.
//!
//! ```text
//!  RoomId = hash(founder's key, founding nonce)          invite ─ join ─► record ─► keys
//! ```
//! Both carry what the room's id is made of, so that the id is computed and never believed. Who is
//! in the room and what was said there is elsewhere.

pub mod backup;
pub mod door;
pub mod invite;
pub mod keyring;
pub mod record;
pub mod vault;

use serde::{Deserialize, Serialize};

use crate::crypto::hash::hash;
use crate::ids::{MemberId, RoomId};

/// Bytes of the nonce that its founder draws for a room.
pub const FOUNDING_NONCE_BYTES: usize = 16;

/// How one gets into a room. Its founder chooses, and it is part of the room's id: no link can lead
/// into a room in another way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Entrance {
    /// Whoever has the link is in.
    #[default]
    Link,
    /// Whoever has the link may knock; a member has to approve.
    Approval,
}

/// What makes a room this room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Founding {
    /// Who founded it.
    pub founder: MemberId,
    /// Tells apart the rooms of one founder.
    pub nonce: [u8; FOUNDING_NONCE_BYTES],
    /// How one gets in.
    pub entrance: Entrance,
}

impl Founding {
    /// The room's id.
    pub fn room(&self) -> RoomId {
        let context = match self.entrance {
            Entrance::Link => "confab/1/room",
            Entrance::Approval => "confab/1/room/approving",
        };
        RoomId(hash(context, &[&self.founder.0, &self.nonce]))
    }
}
