//! Registers: signed last-value cells that a member owns. The newest counter wins.
//!
//! The value is sealed like a body, so it is sealed on disk too. Registers travel through any
//! member: a receipt is true also when sender and receiver never meet.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::crypto::keys::EpochKeys;
use crate::crypto::random::Random;
use crate::crypto::seal;
use crate::crypto::sign::{Domain, Keypair, Signature, verify};
use crate::ids::{EpochId, LogId, MemberId, RoomId, Seq};
use crate::limits;
use crate::log::have::LogHave;
use crate::simulation::{Planted, planted};

/// Which of a member's registers. Unknown ones are kept and passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RegisterKind(pub u8);

impl RegisterKind {
    /// [`Profile`]
    pub const PROFILE: RegisterKind = RegisterKind(0);
    /// [`Receipt`]
    pub const RECEIPT: RegisterKind = RegisterKind(1);
    /// [`RoomInfo`], of the founder only.
    pub const ROOM: RegisterKind = RegisterKind(2);
    /// The member's X25519 key: a
    /// [`SignedExchangeKey`](crate::crypto::exchange::SignedExchangeKey).
    /// That it is sealed under an epoch shows that the member has come so far.
    pub const EXCHANGE: RegisterKind = RegisterKind(3);
    /// Registers that one member may have.
    pub const COUNT: u8 = 8;
}

/// What a member says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Its name.
    pub name: String,
}

/// What the founder says of the room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomInfo {
    /// The room's name.
    pub name: String,
}

/// What a member holds and has read, for information.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// What it holds.
    pub held: Vec<LogHave>,
    /// What it has read.
    pub read: Vec<(LogId, Vec<(Seq, Seq)>)>,
}

/// Why bytes are no register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegisterError {
    /// Not the encoding, or more than that, or too large.
    #[error("a register does not decode")]
    Encoding,
    /// Not signed by its owner.
    #[error("a register is not signed by its owner")]
    Signature,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Wire {
    member: MemberId,
    kind: RegisterKind,
    counter: u64,
    epoch: EpochId,
    value: ByteBuf,
    signature: Signature,
}

/// A verified register.
#[derive(Clone, Debug)]
pub struct Register {
    /// Who owns it.
    pub member: MemberId,
    /// Which.
    pub kind: RegisterKind,
    /// Grows with every value.
    pub counter: u64,
    /// The epoch whose keys seal the value.
    pub epoch: EpochId,
    value: Vec<u8>,
    bytes: Vec<u8>,
}

/// Which register of whom.
pub type RegisterKey = (MemberId, RegisterKind);

impl Register {
    /// Seals and signs a new value of one's own register.
    pub fn sign<T: Serialize>(
        (room, epoch): (&RoomId, &EpochId),
        (kind, counter): (RegisterKind, u64),
        value: &T,
        (keypair, keys): (&Keypair, &EpochKeys),
        random: &mut Random,
    ) -> Register {
        let member = keypair.member();
        let data = associated_data(room, epoch, &member, kind, counter);
        let plain = postcard::to_allocvec(value).unwrap_or_default();
        let key = keys.registers();
        let nonce = seal::nonce(key, random.bytes(), &[&data, &plain]);
        let value = seal::seal(key, &nonce, &data, &plain);
        let signature = keypair.sign(Domain::Register, &[&data, &value]);
        let wire = Wire {
            member,
            kind,
            counter,
            epoch: *epoch,
            value: ByteBuf::from(value.clone()),
            signature,
        };
        let bytes = postcard::to_allocvec(&wire).unwrap_or_default();
        Register { member, kind, counter, epoch: *epoch, value, bytes }
    }

    /// Decodes and verifies a register.
    ///
    /// # Errors
    /// If it is not one, or not signed by its owner.
    pub fn verify(room: &RoomId, bytes: &[u8]) -> Result<Register, RegisterError> {
        let wire = match postcard::take_from_bytes::<Wire>(bytes) {
            Ok((wire, [])) => wire,
            Ok(_) | Err(_) => return Err(RegisterError::Encoding),
        };
        if wire.value.len() > limits::REGISTER_BYTES || wire.kind.0 >= RegisterKind::COUNT {
            return Err(RegisterError::Encoding);
        }
        let data = associated_data(room, &wire.epoch, &wire.member, wire.kind, wire.counter);
        if !planted(Planted::RegisterSignatureUnchecked) {
            verify(&wire.member, Domain::Register, &[&data, &wire.value], &wire.signature)
                .map_err(|_| RegisterError::Signature)?;
        }
        Ok(Register {
            member: wire.member,
            kind: wire.kind,
            counter: wire.counter,
            epoch: wire.epoch,
            value: wire.value.into_vec(),
            bytes: bytes.to_vec(),
        })
    }

    /// The bytes, exactly as they were signed or came.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Which register of whom.
    #[must_use]
    pub fn key(&self) -> RegisterKey {
        (self.member, self.kind)
    }

    /// Opens the value; `None` if it does not open or is of a newer version.
    #[must_use]
    pub fn open<T: for<'de> Deserialize<'de>>(&self, room: &RoomId, keys: &EpochKeys) -> Option<T> {
        let data = associated_data(room, &self.epoch, &self.member, self.kind, self.counter);
        let plain = seal::open(keys.registers(), &data, &self.value).ok()?;
        postcard::from_bytes(&plain).ok()
    }
}

fn associated_data(
    room: &RoomId,
    epoch: &EpochId,
    member: &MemberId,
    kind: RegisterKind,
    counter: u64,
) -> Vec<u8> {
    let mut data = Vec::with_capacity(32 + 16 + 32 + 1 + 8);
    data.extend_from_slice(&room.0);
    data.extend_from_slice(&epoch.0);
    data.extend_from_slice(&member.0);
    data.push(kind.0);
    data.extend_from_slice(&counter.to_be_bytes());
    data
}

/// The newest value of every register known.
#[derive(Clone, Debug, Default)]
pub struct Registers {
    cells: BTreeMap<RegisterKey, Register>,
}

impl Registers {
    /// The newest value.
    #[must_use]
    pub fn of(&self, key: &RegisterKey) -> Option<&Register> {
        self.cells.get(key)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Register> {
        self.cells.values()
    }

    /// The counter of the newest value, 0 if there is none.
    #[must_use]
    pub fn counter(&self, key: &RegisterKey) -> u64 {
        self.cells.get(key).map_or(0, |register| register.counter)
    }

    /// True if the register is newer than the one held, and there is room for it.
    #[must_use]
    pub fn wants(&self, register: &Register) -> bool {
        let most = limits::MEMBERS * usize::from(RegisterKind::COUNT);
        match self.cells.get(&register.key()) {
            Some(held) if planted(Planted::OlderRegisterWins) => held.counter != register.counter,
            Some(held) => held.counter < register.counter,
            None => self.cells.len() < most,
        }
    }

    /// Puts a register that is stored now.
    pub fn put(&mut self, register: Register) {
        if self.wants(&register) {
            self.cells.insert(register.key(), register);
        }
    }
}
