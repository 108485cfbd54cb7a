//! The signaling server: it introduces browsers to each other, and serves them the page.
//!
//! [`Rooms`] is the whole decision, pure, and what the simulator runs. It never sees a message, a
//! name or a key: payloads are sealed by the pages and pass through as text.
#![warn(missing_docs)]

mod rooms;

pub use rooms::{ConnectionId, Deliver, Refusal, RoomLimits, Rooms};
