//! What an epoch's secret opens: one key for each purpose. The door's secret alone gives a way to
//! knock and nothing to read.
//!
//! ```text
//!  secret ─► signaling secret ─► rendezvous (all that the server sees), signaling key
//!         ├► content key ─► body key of a log
//!         ├► binding key (MAC of a link's proof), registers key
//!         └► door secret, keeper's key pair: see `room/door.rs`
//! ```

use zeroize::Zeroizing;

use crate::crypto::exchange::Exchange;
use crate::crypto::hash::derive_key;
use crate::ids::{EpochId, LogId, RoomId};
use crate::simulation::Planted;
use protocol::Rendezvous;

/// The keys of one epoch. Gone from memory when dropped.
pub struct EpochKeys {
    rendezvous: Rendezvous,
    signaling: Zeroizing<[u8; 32]>,
    content: Zeroizing<[u8; 32]>,
    binding: Zeroizing<[u8; 32]>,
    registers: Zeroizing<[u8; 32]>,
    door: Zeroizing<[u8; 32]>,
    keeper: Zeroizing<[u8; 32]>,
}

impl EpochKeys {
    /// The keys that this secret gives for this epoch of this room.
    #[must_use]
    pub fn derive(room: &RoomId, epoch: &EpochId, secret: &[u8; 32]) -> EpochKeys {
        let key = |context| derive_key(context, &[&room.0, &epoch.0, secret]);
        let meeting = key("confab/1/epoch/signaling-secret");
        EpochKeys {
            rendezvous: match crate::simulation::planted(Planted::RoomToldToServer) {
                true => Rendezvous::from_bytes(room.0),
                false => Rendezvous::from_bytes(*derive_key("confab/1/rendezvous", &[&*meeting])),
            },
            signaling: derive_key("confab/1/signaling", &[&*meeting]),
            content: key("confab/1/epoch/content"),
            binding: key("confab/1/epoch/binding"),
            registers: key("confab/1/epoch/registers"),
            door: key("confab/1/epoch/door-secret"),
            keeper: key("confab/1/epoch/keeper"),
        }
    }

    /// Where members meet at the signaling server.
    #[must_use]
    pub fn rendezvous(&self) -> Rendezvous {
        self.rendezvous.clone()
    }

    /// Seals signaling payloads.
    #[must_use]
    pub fn signaling(&self) -> &[u8; 32] {
        &self.signaling
    }

    /// The key that body keys come from.
    #[must_use]
    pub fn content(&self) -> &[u8; 32] {
        &self.content
    }

    /// The key of the MAC in a link's proof.
    #[must_use]
    pub fn binding(&self) -> &[u8; 32] {
        &self.binding
    }

    /// Seals the values of registers.
    #[must_use]
    pub fn registers(&self) -> &[u8; 32] {
        &self.registers
    }

    /// What the link into a room that approves its members carries of the epoch.
    #[must_use]
    pub fn door(&self) -> &Zeroizing<[u8; 32]> {
        &self.door
    }

    /// The key pair that whoever knows the epoch's secret has: knocks are sealed to it.
    #[must_use]
    pub fn keeper(&self) -> Exchange {
        Exchange::from_seed(&self.keeper)
    }

    /// Seals the bodies of one log.
    #[must_use]
    pub fn body_key(&self, log: &LogId) -> Zeroizing<[u8; 32]> {
        derive_key("confab/1/body-key", &[&*self.content, &log.bytes()])
    }
}

impl std::fmt::Debug for EpochKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EpochKeys").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Incarnation, MemberId};
    use data_encoding::HEXLOWER;

    fn all(keys: &EpochKeys) -> [[u8; 32]; 7] {
        let log = LogId { member: MemberId([4; 32]), incarnation: Incarnation([5; 16]) };
        [
            *keys.signaling(),
            *keys.content(),
            *keys.binding(),
            *keys.registers(),
            *keys.body_key(&log),
            **keys.door(),
            keys.keeper().public().0,
        ]
    }

    #[test]
    fn every_key_is_another_in_another_room_or_epoch_or_of_another_secret() {
        let mut seen = Vec::new();
        for (room, epoch, secret) in [(1, 0, 3), (2, 0, 3), (1, 1, 3), (1, 0, 4)] {
            let keys = EpochKeys::derive(&RoomId([room; 32]), &EpochId([epoch; 16]), &[secret; 32]);
            seen.extend(all(&keys).map(|key| HEXLOWER.encode(&key)));
            seen.push(keys.rendezvous().to_string());
        }
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 32);
    }

    #[test]
    fn each_log_has_its_own_body_key() {
        let keys = EpochKeys::derive(&RoomId([1; 32]), &EpochId::FIRST, &[3; 32]);
        let log = |member, life| LogId {
            member: MemberId([member; 32]),
            incarnation: Incarnation([life; 16]),
        };
        assert_ne!(keys.body_key(&log(1, 1)), keys.body_key(&log(1, 2)));
        assert_ne!(keys.body_key(&log(1, 1)), keys.body_key(&log(2, 1)));
    }

    #[test]
    fn golden_keys() {
        let keys = EpochKeys::derive(&RoomId([1; 32]), &EpochId::FIRST, &[3; 32]);
        assert_eq!(keys.rendezvous().as_str(), GOLDEN_RENDEZVOUS);
        assert_eq!(all(&keys).map(|key| HEXLOWER.encode(&key)), GOLDEN_KEYS);
    }

    const GOLDEN_RENDEZVOUS: &str = "N5Flfljy6M14iw6vqqb1hrvm0UqQFPrWueTa_MsiVCU";
    const GOLDEN_KEYS: [&str; 7] = [
        "8091e3c8d0ec6a8545c83b4b22ca8b8d58795338e01ea01f4acde6fb7b58e5a1",
        "e2e913f6e3454495e9918c1b83b0497d74e72bf1dbc2dc91793f16dca582705b",
        "b127ed562f2356eab71b902a76349d49a1b707f3e470609329439a23a69cb67f",
        "a476048beeee0b217594b7be04544bb0b85fa5bb4c55a7ba11bc13e747ed9c2b",
        "bfd5fa9ead4ad7b993ec26295bf409812db0e7d9ea080b320cdd1d62ce9c64d6",
        "f4382cd53f0f16ede3440ad86a44c3cc687599a5e190baac17eec30953116aa4",
        "20d0825a9f23d453f84f6b22209b0a6f56e28ec9587a97f2e20ae3b8b3183f0d",
    ];
}
