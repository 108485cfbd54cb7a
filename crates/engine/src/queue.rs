//! The structures of the queue: what waits for its turn, and what waits for its time.
//!
//! ```text
//!  Lanes   control ▸▸      strictly first            Wheel   64 slots of 1 ms
//!          urgent  ▸                                         64 slots of 64 ms
//!          normal  ▸▸▸     by weight, with aging             64 slots of 4 s … 11 levels
//! ```
//! Both keep their items in [`lists`]: a slab of nodes that are linked into lists, so that putting
//! in, taking out and moving cost the same with ten items and with a million, in the same order
//! on every device (I8). Nothing here knows what an item is, and nothing here has a clock.

mod class;
mod lanes;
mod lists;
mod wheel;

pub use class::Class;
pub use lanes::Lanes;
pub use lists::Ticket;
pub use wheel::{Full, Wheel};
