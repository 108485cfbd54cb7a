//! Every bound of the signaling protocol, with its unit.
//!
//! These are the defaults. The server's operator may change those that its `--help` lists, and
//! `/config.json` tells the page what is in force ([`crate::PageLimits`]). A page must obey them:
//! the server answers a breach with an error or a close, never with a silent drop.

use core::time::Duration;

/// Largest message in either direction, in bytes of JSON text. A longer one closes the connection.
pub const MESSAGE_BYTES: usize = 64 * 1024;

/// Longest payload of a signal, in base64url characters. Less than [`MESSAGE_BYTES`], so that the
/// message around it fits on its way up and on its way down.
pub const PAYLOAD_CHARS: usize = 60 * 1024;

/// Most members in a room at once. The next to join is refused with `room_full`.
pub const MEMBERS_PER_ROOM: usize = 64;

/// Most of them from one address (for IPv6 a /64 counts as one address): a quarter, so that nobody
/// takes all places alone, and a family or an office behind one address has enough. The next is
/// refused with `room_full`, too.
pub const MEMBERS_PER_ADDRESS: usize = MEMBERS_PER_ROOM / 4;

/// Most rooms that one connection may be in at once. One more is refused with `too_many_rooms`.
pub const ROOMS_PER_CONNECTION: usize = 64;

/// Bytes of the address of a STUN or TURN server that a page uses: a host name and some more.
pub const ICE_URL_BYTES: usize = 300;

/// Addresses of one such server, and servers, that a page uses.
pub const ICE_URLS: usize = 8;

/// Bytes of a user name or a password at one.
pub const ICE_ACCOUNT_BYTES: usize = 512;

/// Time between two pings of the server on an otherwise silent connection.
pub const PING_EVERY: Duration = Duration::from_secs(20);

/// A connection that has sent nothing, not even a pong, for this many pings is gone.
pub const PINGS_MISSED: u32 = 2;

/// A new connection must send its first valid message within this time, or it is closed.
pub const FIRST_MESSAGE_WITHIN: Duration = Duration::from_secs(10);

/// Most connections that one address may have open at once (for IPv6 a /64 counts as one address).
pub const CONNECTIONS_PER_ADDRESS: usize = 128;

/// Most connections of one network at once: of an IPv4 /24, of an IPv6 /48.
pub const CONNECTIONS_PER_PREFIX: usize = 1_024;

/// Most connections in all. What they may hold in memory follows from it: see the server's
/// `Config::memory`.
pub const CONNECTIONS: usize = 4_096;

/// Messages a second that one connection may send over a long time.
pub const MESSAGES_PER_SECOND: u32 = 50;

/// Messages that one connection may send at once, before [`MESSAGES_PER_SECOND`] holds it back.
/// Room for an offer and thirty candidates to each member of a full room.
pub const MESSAGE_BURST: u32 = 2_000;

/// Bytes a second that one connection may send over a long time.
pub const BYTES_PER_SECOND: u32 = 128 * 1024;

/// Bytes that one connection may send at once, before [`BYTES_PER_SECOND`] holds it back.
pub const BYTE_BURST: u32 = 1024 * 1024;

/// Messages that may wait for one slow receiver. One more, and the slow connection is dropped.
/// More than [`MESSAGE_BURST`], so that no single sender can have another connection dropped.
pub const QUEUED_MESSAGES: usize = 4_096;

/// Bytes that may wait for one slow receiver. One more, and the slow connection is dropped.
/// More than [`BYTE_BURST`], for the same reason.
pub const QUEUED_BYTES: usize = 2 * 1024 * 1024;

/// Bytes that may wait for all slow receivers together. Over it, those are dropped for whom more
/// than a few messages wait.
pub const QUEUED_BYTES_IN_ALL: usize = 128 * 1024 * 1024;

/// Bytes that may wait for any receiver, however many wait for others.
pub const QUEUED_BYTES_ALWAYS: usize = 16 * 1024;

/// A connection that takes no byte of a message for this long is dropped.
pub const WRITE_WITHIN: Duration = Duration::from_secs(10);

/// The head of a request must have come this long after the connection, or after the request
/// before it, or the connection is closed. A TLS handshake has as long.
pub const HEAD_WITHIN: Duration = Duration::from_secs(10);

/// All requests of a connection, and their answers, must be over after this long.
pub const HTTP_WITHIN: Duration = Duration::from_secs(120);

/// How long open connections may take to end once the server shuts down.
pub const DRAIN_WITHIN: Duration = Duration::from_millis(1_500);

/// Read and write buffer of one connection, in bytes. Small, because most connections are idle.
pub const SOCKET_BUFFER_BYTES: usize = 4 * 1024;

const _: () = {
    // One message up becomes at most one message down at any one receiver, and little longer.
    assert!(QUEUED_MESSAGES > MESSAGE_BURST as usize);
    assert!(QUEUED_BYTES > BYTE_BURST as usize + BYTE_BURST as usize / 2);
    assert!(MESSAGE_BYTES >= PAYLOAD_CHARS + 1024);
};
