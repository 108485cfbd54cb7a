//! What a peer is told of what was not taken: joined where many wait, and so many at a time that it
//! does not close the link for it.

use std::collections::BTreeMap;

use crate::frame::Refusal;
use crate::ids::LogId;
use crate::io::Millis;
use crate::limits;
use crate::log::ranges::RangeSet;
use crate::log::refusal;

/// Refusals that wait for a link.
#[derive(Debug, Default)]
pub struct Refusing {
    waiting: BTreeMap<(u8, LogId), RangeSet>,
    /// When the first of those that count was told, and how many there are.
    told: (Millis, usize),
}

impl Refusing {
    /// Some entries were not taken, for a reason of [`crate::log::refusal`].
    pub fn add(&mut self, refused: Refusal) {
        let Refusal { log, first, last, reason } = refused;
        let waiting = self.waiting.entry((reason, log)).or_default();
        waiting.insert(first, last);
        // Who expired is settled by it; all else comes again.
        let apart = waiting.ranges().len() > limits::REFUSALS_APART;
        if apart && reason != refusal::EXPIRED {
            let hull = waiting.first().zip(waiting.last());
            *waiting = hull.map(|(first, last)| RangeSet::of(first, last)).unwrap_or_default();
        }
    }

    /// True if so many wait that the peer gets no credit for more.
    #[must_use]
    pub fn is_full(&self) -> bool {
        let ranges = self.waiting.values().map(|ranges| ranges.ranges().len());
        ranges.sum::<usize>() >= limits::REFUSALS_WAITING
    }

    /// True if none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// What the peer can be told now.
    pub fn take(&mut self, now: Millis) -> Vec<Refusal> {
        if now >= self.told.0 + limits::REFUSE_EVERY {
            self.told = (now, 0);
        }
        let mut taken = Vec::new();
        while self.told.1 < limits::REFUSALS_AT_ONCE
            && let Some(mut of) = self.waiting.first_entry()
        {
            let (reason, log) = *of.key();
            match of.get().ranges().first().copied() {
                Some((first, last)) => {
                    of.get_mut().remove(first, last);
                    taken.push(Refusal { log, first, last, reason });
                    self.told.1 += 1;
                }
                None => _ = of.remove(),
            }
        }
        self.waiting.retain(|_, ranges| !ranges.is_empty());
        taken
    }

    /// When the next can be told, if any waits.
    #[must_use]
    pub fn due(&self) -> Option<Millis> {
        (!self.is_empty()).then_some(self.told.0 + limits::REFUSE_EVERY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Incarnation, MemberId, Seq};

    fn refused(log: u8, seq: Seq, reason: u8) -> Refusal {
        let member = MemberId([log; 32]);
        let log = LogId { member, incarnation: Incarnation([log; 16]) };
        Refusal { log, first: seq, last: seq, reason }
    }

    #[test]
    fn a_few_are_told_at_once_and_a_storm_is_joined_and_paced() {
        let mut refusing = Refusing::default();
        refusing.add(refused(1, 4, refusal::EXPIRED));
        assert_eq!(refusing.take(5_000), [refused(1, 4, refusal::EXPIRED)]);
        assert_eq!((refusing.due(), refusing.is_empty()), (None, true));
        for seq in (0..200).map(|seq| 2 * seq) {
            refusing.add(refused(1, seq, refusal::EXPIRED));
        }
        let mut told = refusing.take(5_050).len();
        assert_eq!(told, limits::REFUSALS_AT_ONCE - 1, "one was told in this time");
        assert_eq!(refusing.due(), Some(5_100));
        let mut now = 5_050;
        while let Some(due) = refusing.due() {
            assert!(refusing.take(due - 1).is_empty() || due == now);
            now = due;
            let taken = refusing.take(now);
            assert!(taken.len() <= limits::REFUSALS_AT_ONCE);
            told += taken.len();
        }
        assert_eq!((told, now), (200, 5_300), "each is told: none of them comes again");
        (0..200).for_each(|seq| refusing.add(refused(1, seq, refusal::EXPIRED)));
        let joined = refusing.take(now + limits::REFUSE_EVERY);
        assert_eq!(joined.iter().map(|one| (one.first, one.last)).collect::<Vec<_>>(), [(0, 199)]);
    }

    #[test]
    fn what_comes_again_is_refused_in_one_where_too_much_waits_apart() {
        let mut refusing = Refusing::default();
        for seq in 0..=limits::REFUSALS_APART as u64 {
            refusing.add(refused(1, 2 * seq, refusal::QUOTA));
        }
        let told = refusing.take(1_000);
        let last = 2 * limits::REFUSALS_APART as u64;
        assert_eq!(told.iter().map(|one| (one.first, one.last)).collect::<Vec<_>>(), [(0, last)]);
        assert!(!refusing.is_full());
        for seq in 0..limits::REFUSALS_WAITING as u64 {
            refusing.add(refused(1, 2 * seq, refusal::EXPIRED));
        }
        assert!(refusing.is_full());
    }
}
