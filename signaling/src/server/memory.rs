//! What the server may take in memory at most, as a sum of its bounds.
//!
//! ```text
//!   WebSockets     × ( 2 messages being read      a frame, and the message that fragments make
//!                    + 1 message being written
//!                    + what may always wait       QUEUED_BYTES_ALWAYS
//!                    + its stays in rooms         rooms_per_connection × ROOM_BYTES
//!                    + its task, TLS and buffers  CONNECTION_BYTES )
//! + other wires    × ( request and answer         2 × HTTP_BUFFER_BYTES
//!                    + its task, TLS and buffers  CONNECTION_BYTES )
//! + what waits for all slow receivers             queued_bytes_in_all
//! + what is remembered of addresses and networks  2 × tracked_sources × ENTRY_BYTES
//! ```
//! Beside it are the program and the page's files, and the system's own buffers of each connection,
//! which are not the process's. A test of a flood holds the server to it.

use protocol::limits;

use super::config::Config;
use super::sources::SourceLimits;
use super::{HTTP_BUFFER_BYTES, HTTP_SHARE};

/// A connection's tasks, its TLS records and its small buffers.
const CONNECTION_BYTES: usize = 64 * 1024;
/// A member in a room: its entries in two maps, with the room's name in each.
const ROOM_BYTES: usize = 512;

impl Config {
    /// What all connections together may take in memory, in bytes: see the sum in the source.
    #[must_use]
    pub fn memory(&self) -> usize {
        let limits = &self.limits;
        let socket = limits
            .message_bytes
            .saturating_mul(3)
            .saturating_add(limits.rooms_per_connection.saturating_mul(ROOM_BYTES))
            .saturating_add(limits::QUEUED_BYTES_ALWAYS + CONNECTION_BYTES);
        let wire = 2 * HTTP_BUFFER_BYTES + CONNECTION_BYTES;
        let others = limits.connections.saturating_mul(HTTP_SHARE - 1);
        let sources = self.sources.tracked_sources.saturating_mul(2 * SourceLimits::ENTRY_BYTES);
        limits
            .connections
            .saturating_mul(socket)
            .saturating_add(others.saturating_mul(wire))
            .saturating_add(limits.queued_bytes_in_all)
            .saturating_add(sources)
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::Limits;
    use super::*;

    #[test]
    fn the_sum_is_what_the_bounds_say() {
        let mib = Config::default().memory() >> 20;
        assert_eq!(mib, 1_752, "4096 × (304 + 96) KiB + 128 MiB + 24 MiB");
        let small = Limits { connections: 100, message_bytes: 8 * 1024, ..Limits::default() };
        let small = Config { limits: small, ..Config::default() };
        assert!(small.memory() >> 20 < 180, "{}", small.memory());
        let most = Limits { connections: usize::MAX, ..Limits::default() };
        assert_eq!(Config { limits: most, ..Config::default() }.memory(), usize::MAX);
    }
}
