//! The proof of a later epoch on a link that exists.
//!
//! The link has shown who is at its ends; what is shown again is knowledge of another secret. The
//! session was drawn for this link, so that nothing can be said again on another one.

use serde::{Deserialize, Serialize};

use crate::crypto::hash::{mac, mac_matches};
use crate::crypto::keys::EpochKeys;
use crate::ids::{EpochId, MemberId, RoomId};

/// One end of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Who is there.
    pub member: MemberId,
    /// In which life.
    pub boot: [u8; 16],
}

/// The sender knows the secret of this epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Again {
    /// The epoch.
    pub epoch: EpochId,
    /// Under its binding key.
    pub mac: [u8; 32],
}

const CONTEXT: &str = "confab/1/again";

impl Again {
    /// Proves an epoch to the other end of a link.
    #[must_use]
    pub fn prove(
        (room, epoch): (&RoomId, EpochId),
        keys: &EpochKeys,
        session: &[u8; 16],
        (prover, other): (End, End),
    ) -> Again {
        let parts = parts(room, &epoch, session, &prover, &other);
        Again { epoch, mac: mac(keys.binding(), CONTEXT, &parts) }
    }

    /// True if the prover knows the secret that these keys come from.
    #[must_use]
    pub fn holds(
        &self,
        room: &RoomId,
        keys: &EpochKeys,
        session: &[u8; 16],
        (prover, other): (End, End),
    ) -> bool {
        let parts = parts(room, &self.epoch, session, &prover, &other);
        mac_matches(keys.binding(), CONTEXT, &parts, &self.mac)
    }
}

fn parts<'a>(
    room: &'a RoomId,
    epoch: &'a EpochId,
    session: &'a [u8; 16],
    prover: &'a End,
    other: &'a End,
) -> [&'a [u8]; 7] {
    let (one, two) = ((&prover.member.0, &prover.boot), (&other.member.0, &other.boot));
    [&room.0, &epoch.0, session, one.0, one.1, two.0, two.1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_void_for_another_epoch_link_direction_and_secret() {
        let room = RoomId([1; 32]);
        let (epoch, other) = (EpochId([2; 16]), EpochId([3; 16]));
        let keys = EpochKeys::derive(&room, &epoch, &[4; 32]);
        let end = |byte| End { member: MemberId([byte; 32]), boot: [byte; 16] };
        let again = Again::prove((&room, epoch), &keys, &[5; 16], (end(1), end(2)));
        assert!(again.holds(&room, &keys, &[5; 16], (end(1), end(2))));
        assert!(!again.holds(&room, &keys, &[6; 16], (end(1), end(2))));
        assert!(!again.holds(&room, &keys, &[5; 16], (end(2), end(1))));
        let wrong = EpochKeys::derive(&room, &epoch, &[9; 32]);
        assert!(!again.holds(&room, &wrong, &[5; 16], (end(1), end(2))));
        let moved = Again { epoch: other, ..again };
        assert!(!moved.holds(&room, &keys, &[5; 16], (end(1), end(2))));
    }
}
