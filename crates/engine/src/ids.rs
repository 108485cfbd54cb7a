//! The names of things: rooms, members, logs, entries, drafts.
//!
//! Every id is a newtype over fixed bytes or a number, ordered and cheap to copy, and prints as
//! base64url without padding. None of them is ever built from an unchecked length.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

/// Text that should have been an id and is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id has to be {expected} bytes in base64url")]
pub struct IdError {
    /// The number of bytes the id has.
    pub expected: usize,
}

macro_rules! byte_id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name(pub [u8; $len]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&BASE64URL_NOPAD.encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let text = self.to_string();
                write!(f, "{}({})", stringify!($name), text.get(..8).unwrap_or(&text))
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let error = IdError { expected: $len };
                let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| error)?;
                bytes.try_into().map($name).map_err(|_| error)
            }
        }
    };
}

byte_id!(
    /// A room, for ever: the hash of its founder's key and the founding nonce.
    RoomId, 32
);
byte_id!(
    /// A member: the Ed25519 public key of one device in one room.
    MemberId, 32
);
byte_id!(
    /// Which of a member's logs: random, a new one for each life that must not continue the last.
    Incarnation, 16
);
byte_id!(
    /// An epoch of a room's secret; all zero for the first.
    EpochId, 16
);
byte_id!(
    /// The hash of an entry, over everything that the entry says and where it stands.
    EntryHash, 32
);
byte_id!(
    /// Drawn by the page that wrote a draft: repeating a call with it doubles nothing.
    DraftId, 16
);
byte_id!(
    /// Drawn by the page that looks for words: names what is found in its answer.
    FindId, 16
);

impl EpochId {
    /// The first epoch of every room.
    pub const FIRST: EpochId = EpochId([0; 16]);
}

impl EntryHash {
    /// What stands in place of a previous hash before the first entry of a member's first log.
    pub const NONE: EntryHash = EntryHash([0; 32]);
}

impl MemberId {
    /// Eight letters and digits that stand beside a name, so that two members who give themselves
    /// the same name can be told apart. A convenience for the eye, not a proof: proof needs the
    /// whole key.
    #[must_use]
    pub fn mark(&self) -> String {
        let hash = blake3::derive_key("confab/1/mark", &self.0);
        let text = data_encoding::BASE32_NOPAD.encode(&hash[..5]);
        format!("{}-{}", &text[..4], &text[4..])
    }
}

/// A log: who writes it, and in which life.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LogId {
    /// The author of every entry in it.
    pub member: MemberId,
    /// The author's life.
    pub incarnation: Incarnation,
}

impl LogId {
    /// The 48 bytes that stand in keys and under signatures.
    #[must_use]
    pub fn bytes(&self) -> [u8; 48] {
        let mut bytes = [0; 48];
        bytes[..32].copy_from_slice(&self.member.0);
        bytes[32..].copy_from_slice(&self.incarnation.0);
        bytes
    }
}

impl fmt::Debug for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}/{:?}", self.member, self.incarnation)
    }
}

/// The place of an entry in its log, from 0.
pub type Seq = u64;

/// The address of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EntryId {
    /// The log it stands in.
    pub log: LogId,
    /// Its place there.
    pub seq: Seq,
}

impl fmt::Display for EntryId {
    /// `member.incarnation.seq`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.log.member, self.log.incarnation, self.seq)
    }
}

impl FromStr for EntryId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<EntryId, IdError> {
        let error = IdError { expected: 56 };
        let (log, seq) = text.rsplit_once('.').ok_or(error)?;
        let (member, incarnation) = log.split_once('.').ok_or(error)?;
        let log = LogId { member: member.parse()?, incarnation: incarnation.parse()? };
        Ok(EntryId { log, seq: seq.parse().map_err(|_| error)? })
    }
}

/// One attempt to connect with one peer. Drawn by the engine, never reused in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LinkId(pub u64);

impl RoomId {
    /// The first key of a room's records in any table, and the first beyond them.
    #[must_use]
    pub fn records(&self) -> (Vec<u8>, Vec<u8>) {
        (self.0.to_vec(), [&self.0[..], &[0xff; 64]].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_prints() {
        let id = RoomId([7; 32]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("short".parse::<RoomId>(), Err(IdError { expected: 32 }));
        let log = LogId { member: MemberId([1; 32]), incarnation: Incarnation([2; 16]) };
        let entry = EntryId { log, seq: 300 };
        assert_eq!(entry.to_string().parse(), Ok(entry));
        for damaged in ["", "a.b.c", &format!("{}.x", log.member), &format!("{entry}x")] {
            assert!(damaged.parse::<EntryId>().is_err(), "{damaged}");
        }
    }

    #[test]
    fn a_mark_differs_between_keys() {
        assert_ne!(MemberId([1; 32]).mark(), MemberId([2; 32]).mark());
        assert_eq!(MemberId([1; 32]).mark().len(), 9);
    }
}
