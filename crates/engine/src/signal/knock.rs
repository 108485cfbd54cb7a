//! What is said at the door of a room that approves its members: knocks, and answers to them.
//!
//! ```text
//!  knock  = base64url( sealed for the door: member, its signed exchange key, session, box )
//!  answer = base64url( box )
//!  box    = sealed with X25519(applicant's exchange key, keeper's key)
//! ```
//! The box shows both sides who is there: only the owner of the exchange key and whoever knows the
//! epoch's secret can make or open it, other applicants and the server cannot. Addresses and the
//! session are part of every seal, so that nothing can be said again to or by somebody else. At the
//! door there is nothing but this: no connection is made, so an applicant learns no address of a
//! member. When to knock and what is answered is decided elsewhere.

use data_encoding::BASE64URL_NOPAD;
use protocol::PeerId;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use zeroize::Zeroizing;

use crate::crypto::exchange::{Exchange, ExchangeKey, SignedExchangeKey};
use crate::crypto::hash::derive_key;
use crate::crypto::keys::EpochKeys;
use crate::crypto::random::Random;
use crate::crypto::seal;
use crate::crypto::sign::Keypair;
use crate::ids::{EpochId, MemberId, RoomId};
use crate::limits;
use crate::room::door::Door;

/// Characters of what is said at a door. Longer texts are refused before anything is decoded.
pub const KNOCK_CHARS: usize = 1024;

/// Binds answers to one asking of one life.
pub type Session = [u8; 16];

/// What an applicant says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Asking {
    /// Let me in.
    Knock {
        /// What it calls itself: at most [`limits::NAME_BYTES`].
        name: String,
    },
    /// I do not ask any more.
    Leave,
}

/// What a member says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// Your knock was heard: somebody has to approve it.
    Heard,
    /// So many wait that yours was not taken: it may be, later.
    Later,
    /// You are not let in.
    TurnedAway,
    /// The link has changed: this door is closed for good.
    Changed,
    /// You are in: the epoch's secret, sealed to you.
    Approved {
        /// The key of the sealing, used once.
        key: ExchangeKey,
        /// The secret.
        sealed: ByteBuf,
    },
}

/// Where something is said: between two addresses at the door of an epoch.
#[derive(Clone, Copy, Debug)]
pub struct Threshold<'a> {
    /// The room.
    pub room: &'a RoomId,
    /// The epoch.
    pub epoch: &'a EpochId,
    /// The applicant's address at the server.
    pub applicant: PeerId,
    /// The other's.
    pub keeper: PeerId,
}

/// A knock that was opened by a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Knock {
    /// Who knocks, proven.
    pub member: MemberId,
    /// Its exchange key, with its signature.
    pub exchange: SignedExchangeKey,
    /// To be named in the answer.
    pub session: Session,
    /// What it says.
    pub asking: Asking,
}

/// Why something said at the door is to be dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KnockError {
    /// Longer than [`KNOCK_CHARS`].
    #[error("what was said at the door is longer than allowed")]
    TooLong,
    /// Not base64url without padding, or not what is said at a door.
    #[error("what was said at the door does not decode")]
    Encoding,
    /// Not made for this door, these addresses and this session, or by somebody else than it says.
    #[error("what was said at the door does not open")]
    Sealed,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    member: MemberId,
    exchange: SignedExchangeKey,
    session: Session,
    content: ByteBuf,
}

impl Threshold<'_> {
    /// Knocks, or takes that back.
    #[must_use]
    pub fn knock(
        &self,
        door: &Door,
        (keypair, session): (&Keypair, &Session),
        asking: &Asking,
        random: &mut Random,
    ) -> Option<String> {
        let (exchange, keeper) = (keypair.exchange_key(self.room), door.keeper());
        let key = self.key(keypair.exchange(), &keeper, (&exchange.claimed(), &keeper))?;
        let data = self.data(Side::Applicant, Some(session));
        let content = close(&key, &data, asking, random);
        let (member, session) = (keypair.member(), *session);
        let wire = Wire { member, exchange, session, content: ByteBuf::from(content) };
        let sealed = close(door.keys().sealing(), &self.data(Side::Applicant, None), &wire, random);
        Some(BASE64URL_NOPAD.encode(&sealed))
    }

    /// Opens a knock, as somebody who knows the epoch's secret.
    ///
    /// # Errors
    /// If it is none, or not by the member that it names. It is to be dropped then.
    pub fn open_knock(&self, keys: &EpochKeys, text: &str) -> Result<Knock, KnockError> {
        let door = Door::of(*self.epoch, keys);
        let outer = self.data(Side::Applicant, None);
        let wire: Wire = open(door.keys().sealing(), &outer, &read(text)?)?;
        let claimed = wire.exchange.verify(self.room, &wire.member);
        let claimed = claimed.map_err(|_| KnockError::Sealed)?;
        let key = self.key(&keys.keeper(), &claimed, (&claimed, &door.keeper()));
        let key = key.ok_or(KnockError::Sealed)?;
        let inner = self.data(Side::Applicant, Some(&wire.session));
        let asking = open(&key, &inner, &wire.content)?;
        let long = |name: &String| name.len() > limits::NAME_BYTES;
        if matches!(&asking, Asking::Knock { name } if long(name)) {
            return Err(KnockError::Encoding);
        }
        let (member, exchange, session) = (wire.member, wire.exchange, wire.session);
        Ok(Knock { member, exchange, session, asking })
    }

    /// Answers a knock, as somebody who knows the epoch's secret.
    #[must_use]
    pub fn answer(
        &self,
        keys: &EpochKeys,
        (to, session): (&ExchangeKey, &Session),
        answer: &Answer,
        random: &mut Random,
    ) -> Option<String> {
        let keeper = keys.keeper();
        let key = self.key(&keeper, to, (to, &keeper.public()))?;
        let sealed = close(&key, &self.data(Side::Keeper, Some(session)), answer, random);
        Some(BASE64URL_NOPAD.encode(&sealed))
    }

    /// Opens an answer to one's own knock.
    ///
    /// # Errors
    /// If it is none, or not by somebody who knows the epoch's secret. It is to be dropped then.
    pub fn open_answer(
        &self,
        door: &Door,
        (keypair, session): (&Keypair, &Session),
        text: &str,
    ) -> Result<Answer, KnockError> {
        let (mine, keeper) = (keypair.exchange(), door.keeper());
        let key = self.key(mine, &keeper, (&mine.public(), &keeper)).ok_or(KnockError::Sealed)?;
        let answer = open(&key, &self.data(Side::Keeper, Some(session)), &read(text)?)?;
        match &answer {
            Answer::Approved { sealed, .. } if sealed.len() > limits::SHARE_BYTES => {
                Err(KnockError::Encoding)
            }
            Answer::Approved { .. }
            | Answer::Heard
            | Answer::Later
            | Answer::TurnedAway
            | Answer::Changed => Ok(answer),
        }
    }

    /// The key that the two ends have in common.
    fn key(
        &self,
        mine: &Exchange,
        theirs: &ExchangeKey,
        (applicant, keeper): (&ExchangeKey, &ExchangeKey),
    ) -> Option<Zeroizing<[u8; 32]>> {
        let shared = mine.agree(theirs).ok()?;
        let parts: [&[u8]; 5] = [&*shared, &applicant.0, &keeper.0, &self.room.0, &self.epoch.0];
        Some(derive_key("confab/1/door/box", &parts))
    }

    /// What has to be the same on both sides.
    fn data(&self, by: Side, session: Option<&Session>) -> Vec<u8> {
        let mut data = Vec::with_capacity(1 + 32 + 16 + 2 * 8 + 16);
        data.push(by as u8);
        data.extend_from_slice(&self.room.0);
        data.extend_from_slice(&self.epoch.0);
        data.extend_from_slice(&self.applicant.0.to_be_bytes());
        data.extend_from_slice(&self.keeper.0.to_be_bytes());
        data.extend(session.into_iter().flatten());
        data
    }
}

#[derive(Clone, Copy)]
enum Side {
    Applicant = 1,
    Keeper = 2,
}

fn close<T: Serialize>(key: &[u8; 32], data: &[u8], what: &T, random: &mut Random) -> Vec<u8> {
    let plain = postcard::to_allocvec(what);
    debug_assert!(plain.is_ok(), "bytes, numbers and texts always encode");
    let plain = plain.unwrap_or_default();
    let nonce = seal::nonce(key, random.bytes(), &[data, &plain]);
    seal::seal(key, &nonce, data, &plain)
}

fn open<T>(key: &[u8; 32], data: &[u8], sealed: &[u8]) -> Result<T, KnockError>
where
    T: for<'de> Deserialize<'de>,
{
    let plain = seal::open(key, data, sealed).map_err(|_| KnockError::Sealed)?;
    match postcard::take_from_bytes(&plain) {
        Ok((what, [])) => Ok(what),
        Ok(_) | Err(_) => Err(KnockError::Encoding),
    }
}

fn read(text: &str) -> Result<Vec<u8>, KnockError> {
    if text.len() > KNOCK_CHARS {
        return Err(KnockError::TooLong);
    }
    BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| KnockError::Encoding)
}

#[cfg(test)]
mod tests;
