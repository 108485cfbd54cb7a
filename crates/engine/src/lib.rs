//! The peer, without its world: log, queue, link, sync and cryptography of one room.
//!
//! ```text
//!               Input, Now                                        Output
//!  driver ────────────────►  engine.rs  ── routes ──►  parts  ────────────►  driver
//!                            (only place that knows more than one part)
//! ```
//! No clock, no randomness source, no socket, no storage, no await: the same seed and the same
//! inputs give the same outputs (I8). The browser's worker and the simulator drive the same code.
//! Start reading at [`Engine`], then `link.rs` and `sync.rs` for how messages travel.

#![warn(missing_docs)]

pub mod crypto;
mod engine;
pub mod frame;
pub mod hello;
pub mod ids;
pub mod io;
pub mod limits;
mod link;
pub mod log;
pub mod members;
mod outbox;
pub mod queue;
pub mod register;
pub mod room;
pub mod signal;
mod sync;
mod timeline;
pub mod view;

pub use engine::Engine;
#[cfg(feature = "simulation")]
pub use engine::Sizes;
pub use ids::*;
pub use io::*;
pub use protocol;
pub use room::Entrance;
pub use room::invite::{Invite, InviteError};
pub use room::record::{RecordError, RoomRecord};
pub use view::*;
