//! What members say to each other through the signaling server, which they do not trust.
//!
//! ```text
//!  text = base64url( nonce | sealed( from, sender, recipient, session, what, signature ) )
//! ```
//! A payload opens only in its room and epoch and between the two peers it was made for, and what
//! it carries has passed the gates of [`sdp`] and [`candidate`]. What does not open is dropped
//! before any connection exists. Who offers to whom is decided elsewhere. What is said at the door
//! of a room that approves its members is in [`knock`].

pub mod candidate;
pub mod knock;
pub mod payload;
pub(crate) mod peers;
pub mod relayed;
pub mod sdp;

pub use payload::{Call, PAYLOAD_CHARS, SignalError, SignalKind, SignalPayload};
