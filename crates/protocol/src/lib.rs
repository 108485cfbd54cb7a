//! What a page and the signaling server say to each other: messages, ids, limits, configuration.
//!
//! Pure data: no clock, no socket, no randomness, the same code native and in wasm. Everything that
//! comes from outside goes through [`ClientMessage::decode`] or [`ServerMessage::decode`], which
//! never panic and bound what they accept. What a payload holds is the engine's matter: here it is
//! opaque base64url text.
#![warn(missing_docs)]

mod config;
mod ice;
mod ids;
pub mod limits;
mod message;

pub use config::{IceServer, PageConfig, PageLimits, Relays};
pub use ice::{IceKind, ice_kind};
pub use ids::{PeerId, PeerIdError, Rendezvous, RendezvousError};
pub use message::{ClientMessage, DecodeError, ErrorCode, ServerMessage};
