//! The signaling messages, and their one form on the wire: JSON objects tagged by `type`.
//!
//! ```text
//! page ── join, leave, signal{to}, ping, pong ──────────────────────────────────► server
//! page ◄─ relays, joined, peer_joined, peer_left, signal{from}, error, ping, pong ─ server
//! ```
//!
//! Unknown fields are ignored, unknown types are an error with their name. Golden texts in
//! `tests/golden` hold the form still: a change of it is a change of the protocol.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use crate::limits;
use crate::{PeerId, Relays, Rendezvous};

/// What a page says to the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage {
    /// Enter a room; the answer is [`ServerMessage::Joined`]. Joining a room again asks who is
    /// there now, and tells nobody.
    Join {
        /// The room's rendezvous.
        room: Rendezvous,
    },
    /// Leave a room. Nothing is answered.
    Leave {
        /// The room's rendezvous.
        room: Rendezvous,
    },
    /// Hand a payload to one peer of a room that both are in.
    Signal {
        /// The room's rendezvous.
        room: Rendezvous,
        /// The peer that is to have it.
        to: PeerId,
        /// Sealed base64url text of at most [`limits::PAYLOAD_CHARS`] characters.
        #[serde(deserialize_with = "payload")]
        payload: String,
    },
    /// Asks for a [`ServerMessage::Pong`]; pages send it when they wake.
    Ping,
    /// Answers a [`ServerMessage::Ping`].
    Pong,
}

/// What the server says to a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// Relays for your connections: comes once you are not alone in a room, before the
    /// [`ServerMessage::Joined`] or [`ServerMessage::PeerJoined`] that says so, and again before
    /// the account ends. A server without relays never says it.
    Relays(Relays),
    /// You are in the room.
    Joined {
        /// The room's rendezvous.
        room: Rendezvous,
        /// Your own id in it, until you leave or the connection ends.
        you: PeerId,
        /// Who else is there, in no order that means anything.
        peers: Vec<PeerId>,
    },
    /// A peer entered the room.
    PeerJoined {
        /// The room's rendezvous.
        room: Rendezvous,
        /// Its id.
        peer: PeerId,
    },
    /// A peer left the room, or its connection ended.
    PeerLeft {
        /// The room's rendezvous.
        room: Rendezvous,
        /// Its id.
        peer: PeerId,
    },
    /// A payload from a peer. The server vouches for nothing in it.
    Signal {
        /// The room's rendezvous.
        room: Rendezvous,
        /// The peer that sent it, as the server says.
        from: PeerId,
        /// Sealed base64url text of at most [`limits::PAYLOAD_CHARS`] characters.
        #[serde(deserialize_with = "payload")]
        payload: String,
    },
    /// Something that you sent was refused. The connection stays open unless a close follows.
    Error {
        /// The cause, for code.
        code: ErrorCode,
        /// The cause in words, for people and logs.
        message: String,
    },
    /// Asks for a [`ClientMessage::Pong`].
    Ping,
    /// Answers a [`ClientMessage::Ping`].
    Pong,
}

/// Why the server refused something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Not JSON, or a field is missing or wrong.
    BadMessage,
    /// A `type` that this server does not know.
    UnknownType,
    /// A message longer than the limit; a close follows.
    TooLarge,
    /// A signal or leave for a room that this connection is not in.
    NotInRoom,
    /// A signal to a peer that is not (or no longer) in the room.
    UnknownPeer,
    /// The room has as many members as it may have.
    RoomFull,
    /// This connection is in as many rooms as it may be.
    TooManyRooms,
    /// This connection sends faster than it may; a close follows.
    TooManyMessages,
    /// This address, or the whole server, has as many connections as it may have; a close follows.
    TooManyConnections,
    /// No valid first message came in time; a close follows.
    FirstMessageLate,
    /// Over HTTP: this request, or pages of this origin, are not allowed.
    NotAllowed,
    /// Over HTTP: this address speaks WebSocket only.
    NotWebSocket,
    /// The server failed; its log says how.
    Failed,
    /// A code of a later version.
    #[serde(other)]
    Unknown,
}

/// Why a text is no message.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// It is longer than [`limits::MESSAGE_BYTES`].
    #[error("a message has at most {limit} bytes, not {0}", limit = limits::MESSAGE_BYTES)]
    TooLong(usize),
    /// It is not a JSON object with a `type`.
    #[error("a message is a JSON object with a type: {0}")]
    NotJson(String),
    /// Its `type` is not one of this version (at most 32 characters of it are kept).
    #[error("the type {0:?} is not known")]
    UnknownType(String),
    /// A field of a known type is missing or wrong.
    #[error("a message of type {kind}: {cause}")]
    BadField {
        /// The message's `type`.
        kind: String,
        /// What is wrong, in words.
        cause: String,
    },
}

impl ClientMessage {
    const KINDS: &[&str] = &["join", "leave", "signal", "ping", "pong"];

    /// The message as JSON text.
    #[must_use]
    pub fn encode(&self) -> String {
        encode(self)
    }

    /// Reads a message from JSON text.
    ///
    /// # Errors
    /// [`DecodeError`], if the text is too long or is no message.
    pub fn decode(text: &str) -> Result<Self, DecodeError> {
        decode(text, Self::KINDS)
    }
}

impl ServerMessage {
    const KINDS: &[&str] =
        &["relays", "joined", "peer_joined", "peer_left", "signal", "error", "ping", "pong"];

    /// The message as JSON text.
    #[must_use]
    pub fn encode(&self) -> String {
        encode(self)
    }

    /// Reads a message from JSON text.
    ///
    /// # Errors
    /// [`DecodeError`], if the text is too long or is no message.
    pub fn decode(text: &str) -> Result<Self, DecodeError> {
        decode(text, Self::KINDS)
    }
}

fn encode<M: Serialize>(message: &M) -> String {
    let encoded = serde_json::to_string(message);
    debug_assert!(encoded.is_ok(), "strings, lists and unit variants always encode");
    encoded.unwrap_or_default()
}

fn decode<M: DeserializeOwned>(text: &str, kinds: &[&str]) -> Result<M, DecodeError> {
    if text.len() > limits::MESSAGE_BYTES {
        return Err(DecodeError::TooLong(text.len()));
    }
    serde_json::from_str(text).map_err(|error| explain(text, kinds, &error))
}

/// Reads only the `type` of a text that is no message, to say which of the causes it was.
fn explain(text: &str, kinds: &[&str], error: &serde_json::Error) -> DecodeError {
    #[derive(Deserialize)]
    struct Tag {
        r#type: String,
    }
    match serde_json::from_str::<Tag>(text) {
        Err(error) => DecodeError::NotJson(error.to_string()),
        Ok(tag) if kinds.contains(&tag.r#type.as_str()) => {
            DecodeError::BadField { kind: tag.r#type, cause: error.to_string() }
        }
        Ok(tag) => DecodeError::UnknownType(tag.r#type.chars().take(32).collect()),
    }
}

/// A payload is checked for length and alphabet only: what it seals is not the server's to know.
fn payload<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.len() > limits::PAYLOAD_CHARS {
        return Err(D::Error::custom(format_args!(
            "a payload has at most {} characters, this one has {}",
            limits::PAYLOAD_CHARS,
            text.len()
        )));
    }
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
        return Err(D::Error::custom("a payload is base64url text without padding"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
