//! What this device has refused for now: it is asked for again after a while that doubles, so that
//! what never has a place costs little, and nothing else waits for it.
//!
//! ```text
//!  refused ──rests──► asked for again ──refused──► rests twice as long, at most REST_MAX
//!                            └──stored, or nobody offers it any more──► forgotten
//! ```

use std::collections::BTreeMap;

use crate::ids::{LogId, Seq};
use crate::io::Millis;
use crate::limits;
use crate::log::ranges::RangeSet;
use crate::simulation::{Planted, planted};

struct Rest {
    last: Seq,
    /// How often it was refused.
    times: u32,
    /// Until when it is not asked for; none if that is over.
    until: Option<Millis>,
}

/// See the module; by log and first entry. At most [`limits::RESTS`].
#[derive(Default)]
pub struct Rests {
    rests: BTreeMap<(LogId, Seq), Rest>,
}

impl Rests {
    /// Entries were refused for now. `below` draws a number below another.
    pub fn refused(
        &mut self,
        log: LogId,
        (first, last): (Seq, Seq),
        now: Millis,
        below: impl FnOnce(Millis) -> Millis,
    ) {
        let known = self.rests.range((log, 0)..=(log, last));
        let known = known.filter(|(_, rest)| rest.last >= first);
        let known: Vec<_> = known.map(|(place, rest)| (*place, rest.times)).collect();
        let times = known.iter().map(|(_, times)| *times).max().unwrap_or(0);
        for (place, _) in &known {
            self.rests.remove(place);
        }
        if self.rests.len() >= limits::RESTS {
            self.forget_soonest();
        }
        let doubled = (limits::REST << times.min(16)).min(limits::REST_MAX);
        let doubled = if planted(Planted::RefusedAskedAtOnce) { 1 } else { doubled };
        let until = Some(now + doubled - below(doubled / 4 + 1));
        self.rests.insert((log, first), Rest { last, times: times.saturating_add(1), until });
    }

    /// What of a log is not asked for yet.
    #[must_use]
    pub fn of(&self, log: &LogId) -> RangeSet {
        let mut resting = RangeSet::default();
        for ((_, first), rest) in self.rests.range((*log, 0)..=(*log, Seq::MAX)) {
            if rest.until.is_some() {
                resting.insert(*first, rest.last);
            }
        }
        resting
    }

    /// Keeps what is still missing, or has come and may be refused once more, and ends the waits
    /// that are over.
    pub fn keep(
        &mut self,
        missing: &BTreeMap<LogId, RangeSet>,
        inbox: &BTreeMap<LogId, RangeSet>,
        now: Millis,
    ) {
        let among = |all: &BTreeMap<LogId, RangeSet>, log: &LogId, rest: &RangeSet| {
            all.get(log).is_some_and(|all| !all.and(rest).is_empty())
        };
        self.rests.retain(|(log, first), rest| {
            let rest = RangeSet::of(*first, rest.last);
            among(missing, log, &rest) || among(inbox, log, &rest)
        });
        for rest in self.rests.values_mut() {
            rest.until = rest.until.filter(|until| now < *until);
        }
    }

    /// When the next wait is over.
    #[must_use]
    pub fn deadline(&self) -> Option<Millis> {
        self.rests.values().filter_map(|rest| rest.until).min()
    }

    fn forget_soonest(&mut self) {
        let soonest = self.rests.iter().min_by_key(|(_, rest)| rest.until);
        if let Some(place) = soonest.map(|(place, _)| *place) {
            self.rests.remove(&place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Incarnation, MemberId};

    const LOG: LogId = LogId { member: MemberId([9; 32]), incarnation: Incarnation([0; 16]) };

    fn missing(first: Seq, last: Seq) -> BTreeMap<LogId, RangeSet> {
        BTreeMap::from([(LOG, RangeSet::of(first, last))])
    }

    #[test]
    fn a_wait_doubles_up_to_its_bound_less_a_quarter_at_most() {
        let mut rests = Rests::default();
        let mut now = 0;
        for times in 0..20 {
            rests.refused(LOG, (3, 5), now, |most| if times % 2 == 0 { 0 } else { most - 1 });
            let waits = rests.deadline().unwrap() - now;
            let doubled = (limits::REST << times.min(16)).min(limits::REST_MAX);
            let chance = if times % 2 == 0 { 0 } else { doubled / 4 };
            assert_eq!(waits, doubled - chance);
            rests.keep(&missing(0, 9), &BTreeMap::new(), now + waits - 1);
            assert_eq!(rests.of(&LOG), RangeSet::of(3, 5));
            now += waits;
            rests.keep(&missing(0, 9), &BTreeMap::new(), now);
            assert_eq!((rests.of(&LOG), rests.deadline()), (RangeSet::default(), None));
        }
    }

    #[test]
    fn what_is_refused_in_another_cut_waits_as_long_and_what_is_stored_is_forgotten() {
        let mut rests = Rests::default();
        rests.refused(LOG, (3, 5), 0, |_| 0);
        rests.refused(LOG, (7, 7), 0, |_| 0);
        rests.refused(LOG, (5, 6), 1_000, |_| 0);
        assert_eq!(rests.of(&LOG).ranges(), [(5, 7)]);
        assert_eq!(rests.deadline(), Some(limits::REST));
        rests.keep(&missing(0, 5), &BTreeMap::new(), 1_000);
        assert_eq!(rests.of(&LOG).ranges(), [(5, 6)]);
        assert_eq!(rests.deadline(), Some(1_000 + 2 * limits::REST));
        // Here and not stored yet: it may be refused once more.
        rests.keep(&missing(0, 4), &missing(6, 6), 1_000);
        assert_eq!(rests.of(&LOG).ranges(), [(5, 6)]);
        rests.keep(&missing(0, 4), &BTreeMap::new(), 1_000);
        assert_eq!(rests.deadline(), None);
    }

    #[test]
    fn i6_the_one_that_is_due_first_goes_where_there_are_too_many() {
        let mut rests = Rests::default();
        let most = u64::try_from(limits::RESTS).unwrap();
        for seq in 0..=most {
            rests.refused(LOG, (2 * seq, 2 * seq), seq, |_| 0);
        }
        assert_eq!(rests.rests.len(), limits::RESTS);
        assert_eq!(rests.of(&LOG).first(), Some(2));
    }
}
