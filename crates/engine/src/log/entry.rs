//! An entry: one thing said in a log, as a header and a sealed body.
//!
//! ```text
//!  EntryHash = hash(RoomId, log, seq, previous EntryHash, epoch, class, header)
//!  header    = kind, lamport, wall, expiry, target, group, length and hash of the sealed body
//!  body      = nonce | XChaCha20-Poly1305( codec, declared length, packed content )
//! ```
//! The hash covers the hash of the *sealed* body, so a body can go and the chain still verifies.
//! Headers are kept as the bytes that came: nothing is encoded again in order to verify.

use serde::{Deserialize, Serialize};

use crate::crypto::hash::hash;
use crate::crypto::keys::EpochKeys;
use crate::crypto::random::Random;
use crate::crypto::seal;
use crate::ids::{EntryHash, EntryId, EpochId, LogId, RoomId, Seq};
use crate::io::Millis;
use crate::limits;
use crate::log::pack;
use crate::view::{Body, Priority};

/// What an entry is. Unknown kinds are kept and passed on: a newer member wrote them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kind(pub u8);

impl Kind {
    /// Something to read.
    pub const MESSAGE: Kind = Kind(0);
    /// Other words for an own message.
    pub const EDIT: Kind = Kind(1);
    /// An own message is taken back.
    pub const DELETE: Kind = Kind(2);
    /// An emoji put on a message, or taken away.
    pub const REACTION: Kind = Kind(3);
    /// A decision about who is in the room; its body is not sealed.
    pub const GOVERNANCE: Kind = Kind(4);
    /// Something said to one member, sealed as `log/private.rs` says: a message or a reaction.
    pub const PRIVATE: Kind = Kind(5);

    /// True for what says something of another entry and is no row of its own.
    #[must_use]
    pub fn is_note(self) -> bool {
        matches!(self, Kind::EDIT | Kind::DELETE | Kind::REACTION)
    }
}

/// The class of an entry: its priority as a number on the wire.
impl Priority {
    /// All of them, most urgent first; the index is the number on the wire.
    pub const ALL: [Priority; 3] = [Priority::Urgent, Priority::Normal, Priority::Low];

    /// The number on the wire.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Priority::Urgent => 0,
            Priority::Normal => 1,
            Priority::Low => 2,
        }
    }

    /// The priority with this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Priority> {
        Priority::ALL.into_iter().find(|priority| priority.number() == number)
    }
}

/// An entry that another one is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Target {
    /// Its address.
    pub entry: EntryId,
    /// Its hash, so that a fork cannot put another in its place.
    pub hash: EntryHash,
}

/// Entries that become visible together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The first of them.
    pub first: Seq,
    /// How many.
    pub count: u32,
}

impl Group {
    /// The last of them: whatever it says, not more than [`limits::TOGETHER`] are one group.
    #[must_use]
    pub fn last(&self) -> Seq {
        let count = u64::from(self.count).min(limits::TOGETHER as u64);
        self.first.saturating_add(count.saturating_sub(1))
    }
}

/// What an entry says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// What it is.
    pub kind: Kind,
    /// Its Lamport time: 1 to [`limits::LAMPORT_STEP`] more than that of the entry before it.
    pub lamport: u64,
    /// Milliseconds since 1970 by the author's clock; for show.
    pub wall: Millis,
    /// When its body goes, by the same clock.
    pub expiry: Option<Millis>,
    /// What it is about.
    pub target: Option<Target>,
    /// What it becomes visible with.
    pub group: Option<Group>,
    /// Bytes of the sealed body.
    pub body_len: u32,
    /// Hash of the sealed body.
    pub body_hash: [u8; 32],
}

/// Why bytes are no entry, or a chain of entries no chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Not the header's encoding.
    #[error("an entry's header does not decode")]
    Header,
    /// Over a bound of `limits`.
    #[error("an entry is larger than allowed")]
    TooLarge,
    /// The body is another one than the header names.
    #[error("an entry's body is not the one that its header names")]
    Body,
    /// The Lamport time does not follow.
    #[error("an entry's Lamport time does not follow from the one before")]
    Lamport,
}

impl Header {
    /// Decodes the bytes of a header.
    ///
    /// # Errors
    /// If they are too many, or not a header, or more than one.
    pub fn decode(bytes: &[u8]) -> Result<Header, EntryError> {
        if bytes.len() > limits::HEADER_BYTES {
            return Err(EntryError::TooLarge);
        }
        match postcard::take_from_bytes::<Header>(bytes) {
            Ok((header, [])) => Ok(header),
            Ok(_) | Err(_) => Err(EntryError::Header),
        }
    }

    /// Encodes a header, once, when the entry is written.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_allocvec(self).unwrap_or_default()
    }

    /// Checks that a body is the one this header names.
    ///
    /// # Errors
    /// If it is longer than allowed, or another.
    pub fn check_body(&self, body: &[u8]) -> Result<(), EntryError> {
        if body.len() > limits::BODY_BYTES {
            return Err(EntryError::TooLarge);
        }
        let right =
            usize::try_from(self.body_len) == Ok(body.len()) && self.body_hash == body_hash(body);
        if right { Ok(()) } else { Err(EntryError::Body) }
    }
}

/// Where an entry stands: all that its hash covers besides its header.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The room.
    pub room: &'a RoomId,
    /// The log.
    pub log: &'a LogId,
    /// The place in the log.
    pub seq: Seq,
    /// The epoch whose keys seal the body.
    pub epoch: &'a EpochId,
    /// Its class.
    pub class: Priority,
}

impl Place<'_> {
    /// The hash of the entry with this header that follows `previous` here.
    #[must_use]
    pub fn hash(&self, previous: &EntryHash, header: &[u8]) -> EntryHash {
        EntryHash(hash(
            "confab/1/entry",
            &[
                &self.room.0,
                &self.log.bytes(),
                &self.seq.to_be_bytes(),
                &previous.0,
                &self.epoch.0,
                &[self.class.number()],
                header,
            ],
        ))
    }

    /// Associated data: a sealed body opens only where it was written.
    pub(super) fn associated_data(&self, kind: Kind) -> Vec<u8> {
        let mut data = Vec::with_capacity(32 + 16 + 48 + 8 + 1);
        data.extend_from_slice(&self.room.0);
        data.extend_from_slice(&self.epoch.0);
        data.extend_from_slice(&self.log.bytes());
        data.extend_from_slice(&self.seq.to_be_bytes());
        data.push(kind.0);
        data
    }

    /// Packs and seals what an entry of this kind says here.
    pub fn seal_body(
        &self,
        kind: Kind,
        lamport: u64,
        content: &Content,
        keys: &EpochKeys,
        random: &mut Random,
    ) -> Vec<u8> {
        let packed = pack::pack(&postcard::to_allocvec(content).unwrap_or_default());
        let key = keys.body_key(self.log);
        let data = self.associated_data(kind);
        let nonce = seal::nonce(&key, random.bytes(), &[&data, &lamport.to_be_bytes(), &packed]);
        seal::seal(&key, &nonce, &data, &packed)
    }

    /// Opens a body. What does not open is shown as such: it verified, so it is kept.
    #[must_use]
    pub fn open_body(&self, kind: Kind, sealed: &[u8], keys: &EpochKeys) -> Body {
        self.open_said(kind, sealed, keys).body
    }

    /// Like [`Place::open_body`], with all that a row shows of it.
    #[must_use]
    pub fn open_said(&self, kind: Kind, sealed: &[u8], keys: &EpochKeys) -> Words {
        if kind != Kind::MESSAGE {
            return Body::Newer.into();
        }
        let said = self.open_content(kind, sealed, keys).map(Content::said);
        said.unwrap_or_else(|_| Body::Unreadable.into())
    }

    /// Opens what an entry says; nothing if a newer version wrote it.
    ///
    /// # Errors
    /// If the body does not open or unpack.
    pub fn open_content(
        &self,
        kind: Kind,
        sealed: &[u8],
        keys: &EpochKeys,
    ) -> Result<Option<Content>, EntryError> {
        let key = keys.body_key(self.log);
        let packed = seal::open(&key, &self.associated_data(kind), sealed);
        let content = packed.ok().and_then(|packed| pack::unpack(&packed).ok());
        let content = content.ok_or(EntryError::Body)?;
        Ok(postcard::from_bytes::<Content>(&content).ok())
    }
}

/// What a message says. New variants are added at the end: an older member shows them as newer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// Words: of a message, or other words for one.
    Text(String),
    /// An emoji that is put on a message, or taken away.
    Reaction {
        /// At most [`limits::REACTION_BYTES`] bytes.
        emoji: String,
        /// True if it is put there.
        on: bool,
    },
    /// A deletion says nothing more.
    Nothing,
    /// Words that go some time after they were read.
    Fleeting {
        /// The words.
        text: String,
        /// Milliseconds after the reading.
        after: Millis,
    },
    /// Words in answer to a message.
    Reply {
        /// The message.
        to: Box<Target>,
        /// The words.
        text: String,
        /// Milliseconds after the reading, if they go then.
        after: Option<Millis>,
    },
}

/// What a row shows of what a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// What it says.
    pub body: Body,
    /// How long after the reading the words go, if they do.
    pub vanishes: Option<Millis>,
    /// The message that it answers, if it answers one.
    pub reply_to: Option<Target>,
}

impl From<Body> for Words {
    fn from(body: Body) -> Words {
        Words { body, vanishes: None, reply_to: None }
    }
}

impl Content {
    /// What a row shows of what a message says.
    #[must_use]
    pub fn said(content: Option<Content>) -> Words {
        let (text, after, reply_to) = match content {
            Some(Content::Text(text)) => (text, None, None),
            Some(Content::Fleeting { text, after }) => (text, Some(after), None),
            Some(Content::Reply { to, text, after }) => (text, after, Some(*to)),
            Some(Content::Reaction { .. } | Content::Nothing) => return Body::Unreadable.into(),
            None => return Body::Newer.into(),
        };
        if text.len() > limits::TEXT_BYTES {
            return Body::Unreadable.into();
        }
        let within = |after: Millis| after.clamp(limits::EXPIRES_AT_LEAST, limits::WAIT_AT_MOST);
        Words { body: Body::Text(text), vanishes: after.map(within), reply_to }
    }
}

/// The hash of a sealed body.
#[must_use]
pub fn body_hash(sealed: &[u8]) -> [u8; 32] {
    hash("confab/1/body", &[sealed])
}
