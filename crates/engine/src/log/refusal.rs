//! Why entries are refused, as numbers on the wire and as words' causes.
//!
//! Some refusals are for good and travel in a `Have`: those seqs are settled. Others are for now
//! and travel as frames: whoever refused asks again.

use crate::view::FailureReason;

/// The log has forked: another version of it is kept.
pub const FORK: u8 = 1;
/// Its Lamport times do not grow as they have to.
pub const LAMPORT: u8 = 2;
/// More logs, or more gaps of a log, than are kept.
pub const TOO_MUCH: u8 = 3;
/// The device gives no more space.
pub const NO_SPACE: u8 = 4;

/// What a person is told of a number.
#[must_use]
pub fn reason(number: u8) -> FailureReason {
    match number {
        FORK | LAMPORT => FailureReason::NotAllowed,
        TOO_MUCH => FailureReason::TooMuch,
        NO_SPACE => FailureReason::NoSpace,
        other => FailureReason::Other(other),
    }
}
