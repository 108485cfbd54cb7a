//! The simulator: many engines, one clock, one seed, and an oracle that sees everything.
//!
//! It drives the same engine as the browser's worker does, with the real signaling `Rooms`, and
//! with everything that can go wrong: crashes, partitions, sleep, failing stores, liars, noise.
//! Begin with `world.rs`; what must hold is in `oracle.rs`; what happens to a room in `plan.rs`.

mod device;
pub mod fault;
mod faults;
mod links;
mod mallory;
pub mod oracle;
pub mod peer;
pub mod plan;
#[cfg(not(target_family = "wasm"))]
pub mod search;
pub mod seed;
mod server;
pub mod shrink;
pub mod store;
mod stories;
mod switch;
mod transition;
pub mod wire;
pub mod world;
