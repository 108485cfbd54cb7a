//! The signaling server: it introduces browsers to each other, and serves them the page.
//!
//! [`Rooms`] is the whole decision, pure, and what the simulator runs. The feature `server` (on by
//! default) puts sockets around it: [`run`] serves `/signal`, the page, `/config.json` and
//! `/healthz`. The feature `embed` builds the page into the binary. The server never sees a
//! message, a name or a key: payloads are sealed by the pages and pass through as text.
#![warn(missing_docs)]

#[cfg(feature = "server")]
mod page;
mod rooms;
#[cfg(feature = "server")]
mod server;

pub use rooms::{ConnectionId, Deliver, Refusal, RoomLimits, Rooms};
#[cfg(feature = "server")]
pub use server::{
    Config, ConfigError, Flags, IceServers, IceServersError, Limits, Networks, NetworksError,
    Origin, OriginError, Pace, Seconds, ServeError, SourceLimits, TlsError, TurnAddresses,
    TurnError, TurnSecret, address, run,
};
