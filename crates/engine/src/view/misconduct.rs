//! What the signaling server can be caught at. It can forge nothing that is said in a room; what it
//! can do is to keep members apart, and to tell lies of who is there.
//!
//! Only what no server that keeps to the rules does is in here, so that a person can be told.

use serde::{Deserialize, Serialize};

/// How the signaling server breaks its rules.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    thiserror::Error,
)]
pub enum Misconduct {
    /// What it says is no message.
    #[error("it says what is no message")]
    Unreadable,
    /// It sends more at once than a message may have, or what is no text.
    #[error("it sends more than a message may have, or what is no text")]
    Oversized,
    /// It speaks of a room that was not joined.
    #[error("it speaks of a room that was not joined")]
    ForeignRoom,
    /// What it hands over as a member's words was made by nobody in the room, was altered, or is
    /// for somebody else.
    #[error("what it hands over was altered, invented, or made for somebody else")]
    Payload,
    /// It names more peers than a room can have, or many of whom nobody is there.
    #[error("it names more peers than there can be, or many that do not answer")]
    Crowd,
    /// What it says of who is in a room contradicts itself.
    #[error("what it says of who is in the room contradicts itself")]
    Contradiction,
    /// An address of a STUN server or relay that it hands out is none.
    #[error("relays that it hands out have no address that can be used")]
    Relays,
}
