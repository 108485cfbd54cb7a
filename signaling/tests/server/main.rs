//! The server over real sockets on port 0: every bad input, every limit, every header.
//!
//! One binary, so that it links once. Each test has its own server, with short times where it waits
//! for one; nothing sleeps, everything waits for a condition with a deadline.
#![cfg(not(target_arch = "wasm32"))]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "what tests share is a test too: it fails by panicking"
)]

mod conformance;
mod connections;
mod deadlines;
mod exchange;
mod limits;
mod page;
#[cfg(unix)]
mod process;
mod raw;
mod refusals;
mod relays;
#[cfg(target_os = "linux")]
mod siege;
mod sources;
mod support;
mod tls;
