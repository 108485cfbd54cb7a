//! The simulator: many engines, one clock, one seed, and an oracle that sees everything.
//!
//! It drives the same engine as the browser's worker does, with the real signaling `Rooms`, and
//! with everything that can go wrong: crashes, partitions, sleep, failing stores, noise. Begin with
//! `world.rs`; what must hold is in `oracle.rs`; what happens to a room in `seed.rs`.

pub mod bug;
mod faults;
mod links;
pub mod oracle;
pub mod peer;
pub mod seed;
pub mod store;
pub mod wire;
pub mod world;
