//! The structures of the queue: what waits for its turn, and what waits for its time.
//!
//! ```text
//!  Lanes   control ▸▸      strictly first            Wheel   64 slots of 1 ms
//!          urgent  ▸                                         64 slots of 64 ms
//!          normal  ▸▸▸     by weight, with aging             64 slots of 4 s … 11 levels
//! ```
//! Both put items in and take them out in the order of memory, and find one that is cancelled by
//! its ticket, so that a step costs the same with ten items and with a million, but for what the
//! cache does not hold; in the same order on every device (I8). Nothing here knows what an item
//! is, and nothing here has a clock.

mod class;
mod lanes;
mod wheel;

pub use class::Class;
pub use lanes::{Lanes, Ticket};
pub use wheel::{Full, Timer, Wheel};
