//! Why entries are refused, as numbers on the wire and as words' causes.
//!
//! Some refusals are for good and travel in a `Have`: those seqs are settled. Others are for now
//! and travel as frames: whoever refused asks again.

use crate::view::FailureReason;

/// Not allowed, for good: its Lamport times do not grow as they have to. No engine of ours writes
/// that; another program may, or a disk that was mended by hand, and could push the room's time to
/// its end. What a removed member says is no such thing: it is held, since a decision of its own
/// may be among it, shown to nobody, and gone from its author's page once that knows of it.
pub const LAMPORT: u8 = 2;
/// More logs, or more gaps of a log, than are kept.
pub const TOO_MUCH: u8 = 3;
/// The device gives no more space.
pub const NO_SPACE: u8 = 4;
/// The member has blocked the author. Told to the author alone, and settled until it is unblocked.
pub const BLOCKED: u8 = 5;
/// The member's version cannot do anything with it. No version so far says so: what is newer than
/// it understands, each keeps and hands on, and says in its place that a newer one is needed. What
/// was refused instead would be missing between members who do understand it, and here after an
/// update; a log with a hole cannot be verified as one. The number is kept for a version that knows
/// better, and is listened to, for now and for good: its author sees it as undelivered.
pub const NOT_UNDERSTOOD: u8 = 6;

/// Its time was over when it came, by the clock of the device there: nobody has seen the words. The
/// entry is held all the same.
pub const EXPIRED: u8 = 7;
/// The author has said more than the member's device takes from one at once. It asks again.
pub const QUOTA: u8 = 8;

/// What a person is told of a number.
#[must_use]
pub fn reason(number: u8) -> FailureReason {
    match number {
        LAMPORT => FailureReason::NotAllowed,
        TOO_MUCH => FailureReason::TooMuch,
        NO_SPACE => FailureReason::NoSpace,
        BLOCKED => FailureReason::Blocked,
        NOT_UNDERSTOOD => FailureReason::NotUnderstood,
        EXPIRED => FailureReason::Expired,
        QUOTA => FailureReason::Quota,
        other => FailureReason::Other(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_that_may_come_has_words_of_its_own_and_an_unknown_one_is_kept() {
        assert_eq!(reason(LAMPORT), FailureReason::NotAllowed);
        assert_eq!(reason(TOO_MUCH), FailureReason::TooMuch);
        assert_eq!(reason(NO_SPACE), FailureReason::NoSpace);
        assert_eq!(reason(BLOCKED), FailureReason::Blocked);
        assert_eq!(reason(QUOTA), FailureReason::Quota);
        assert_eq!(reason(NOT_UNDERSTOOD), FailureReason::NotUnderstood);
        assert_eq!(reason(EXPIRED), FailureReason::Expired);
        let named = |number: &u8| !matches!(reason(*number), FailureReason::Other(_));
        assert_eq!((0..=u8::MAX).filter(named).collect::<Vec<_>>(), [2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(reason(200), FailureReason::Other(200));
    }
}
