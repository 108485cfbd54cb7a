//! A private body: what an entry says to one member, sealed to it and to its author, and to nobody
//! else. Every member carries it.
//!
//! ```text
//!  body   = version | HPKE(recipient, key) | HPKE(author, key) | XChaCha20-Poly1305(key, letter)
//!  letter = length | packed( to, what it is about, content ) | zeros up to a size of the list
//! ```
//! Both sealings and the letter are bound to room, epoch, log, seq and kind: a body that is copied
//! into another place opens for nobody. Whoever carries it sees its author, when it was written,
//! its class, when it expires and which of a few sizes it has; for whom it is it does not see.

use serde_bytes::ByteBuf;
use zeroize::Zeroizing;

use crate::crypto::exchange::ExchangeKey;
use crate::crypto::hash::derive_key;
use crate::crypto::random::Random;
use crate::crypto::sign::Keypair;
use crate::crypto::{hpke, seal};
use crate::ids::MemberId;
use crate::limits;
use crate::log::entry::{Content, Kind, Place, Target};
use crate::log::pack;

/// The version of this form.
const VERSION: u8 = 1;
/// A key, sealed to one of the two.
const KEY_BYTES: usize = 32 + hpke::OVERHEAD_BYTES;
/// The length in front of a letter.
const LENGTH_BYTES: usize = 4;
/// Bytes of a body that are not its letter.
const OVERHEAD_BYTES: usize = 1 + 2 * KEY_BYTES + seal::OVERHEAD_BYTES;
/// Bytes of a letter besides the words, at most.
const FRAME_BYTES: usize = 256 - LENGTH_BYTES;

/// What one says to the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// To whom.
    pub to: MemberId,
    /// What it is about, if that is not to be seen in the header.
    pub about: Option<Target>,
    /// What it says; nothing if a newer version wrote it.
    pub content: Option<Content>,
}

impl Letter {
    /// Its bytes, padded to one of [`limits::PRIVATE_SIZES`]; nothing if it is too long, or says
    /// what only a newer version knows.
    #[must_use]
    pub fn encode(&self) -> Option<Vec<u8>> {
        let content = postcard::to_allocvec(self.content.as_ref()?).ok()?;
        let parts = (self.to, &self.about, ByteBuf::from(content));
        let packed = pack::pack(&postcard::to_allocvec(&parts).ok()?);
        let mut padded = u32::try_from(packed.len()).ok()?.to_be_bytes().to_vec();
        padded.extend(packed);
        padded.resize(bucket(padded.len())?, 0);
        Some(padded)
    }

    /// Reads the bytes of a letter; nothing if they are none, or padded in another way.
    #[must_use]
    pub fn decode(padded: &[u8]) -> Option<Letter> {
        let (length, rest) = padded.split_first_chunk::<LENGTH_BYTES>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (packed, padding) = rest.split_at_checked(length)?;
        let shortest = bucket(LENGTH_BYTES + length) == Some(padded.len());
        if !shortest || padding.iter().any(|byte| *byte != 0) {
            return None;
        }
        let parts = pack::unpack(packed).ok()?;
        let (to, about, content) =
            match postcard::take_from_bytes::<(MemberId, Option<Target>, ByteBuf)>(&parts) {
                Ok((parts, [])) => parts,
                Ok(_) | Err(_) => return None,
            };
        Some(Letter { to, about, content: postcard::from_bytes(&content).ok() })
    }

    /// The other one of the two.
    #[must_use]
    pub fn other(&self, author: &MemberId, me: &MemberId) -> MemberId {
        if author == me { self.to } else { *author }
    }
}

/// What a private body is to whoever carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// For somebody else, as far as can be told.
    Others,
    /// Of a newer version: for whom cannot be told.
    Newer,
    /// No private body at all.
    Damaged,
    /// For oneself, and it does not read.
    Unreadable,
    /// For oneself, or from oneself.
    Mine(Letter),
}

/// Bytes that a private body takes for words of this length, at most.
#[must_use]
pub fn body_bytes(words: usize) -> usize {
    OVERHEAD_BYTES + bucket(LENGTH_BYTES + FRAME_BYTES + words).unwrap_or(limits::BODY_BYTES)
}

/// The size to which a letter is padded.
fn bucket(bytes: usize) -> Option<usize> {
    limits::PRIVATE_SIZES.into_iter().find(|size| bytes <= *size)
}

impl Place<'_> {
    fn info(&self, kind: Kind) -> Vec<u8> {
        let mut info = b"confab/1/private".to_vec();
        info.extend(self.associated_data(kind));
        info
    }

    /// Seals what one says to the owner of a key, and to oneself. Nothing if that key is no use.
    #[must_use]
    pub fn seal_letter(
        &self,
        kind: Kind,
        letter: &Letter,
        (to, own): (&ExchangeKey, &Keypair),
        random: &mut Random,
    ) -> Option<Vec<u8>> {
        let (info, data) = (self.info(kind), self.associated_data(kind));
        let padded = Zeroizing::new(letter.encode()?);
        // From what is said, too: a copied profile that draws the same never seals two texts alike.
        let fresh: [u8; 32] = random.bytes();
        let drawn = |purpose: &[u8]| {
            derive_key("confab/1/private/once", &[&fresh, purpose, &info, &to.0, &padded])
        };
        let key = drawn(b"key");
        let mut body = vec![VERSION];
        for (slot, whom) in [(0, to), (1, &own.exchange().public())] {
            let place: (&[u8], &[u8]) = (&info, &[slot]);
            body.extend(hpke::seal(drawn(&[slot]), whom, place, &*key)?);
        }
        let nonce = seal::nonce(&key, random.bytes(), &[&data, &padded]);
        body.extend(seal::seal(&key, &nonce, &data, &padded));
        Some(body)
    }

    /// Opens a private body, whatever its bytes are.
    #[must_use]
    pub fn open_letter(&self, kind: Kind, body: &[u8], own: &Keypair) -> Opened {
        let Some((version, rest)) = body.split_first() else { return Opened::Damaged };
        if *version != VERSION {
            return Opened::Newer;
        }
        let size = body.len().checked_sub(OVERHEAD_BYTES);
        if size.is_none_or(|size| !limits::PRIVATE_SIZES.contains(&size)) {
            return Opened::Damaged;
        }
        let Some((keys, text)) = rest.split_at_checked(2 * KEY_BYTES) else {
            return Opened::Damaged;
        };
        let (me, author) = (own.member(), self.log.member);
        let (theirs, mine) = keys.split_at(KEY_BYTES);
        let (slot, sealed) = if author == me { (1, mine) } else { (0, theirs) };
        let place: (&[u8], &[u8]) = (&self.info(kind), &[slot]);
        let Some(key) = hpke::open(own.exchange(), place, sealed) else { return Opened::Others };
        let letter = self.read_letter(kind, &key, text);
        let meant = |letter: &Letter| (letter.to == me) != (author == me);
        letter.filter(meant).map_or(Opened::Unreadable, Opened::Mine)
    }

    fn read_letter(&self, kind: Kind, key: &[u8], text: &[u8]) -> Option<Letter> {
        let key: Zeroizing<[u8; 32]> = Zeroizing::new(key.try_into().ok()?);
        let padded = seal::open(&key, &self.associated_data(kind), text).ok()?;
        Letter::decode(&Zeroizing::new(padded))
    }
}

#[cfg(test)]
mod tests;
