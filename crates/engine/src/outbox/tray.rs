//! The tray of what could not be delivered: own messages that a member refused, or that expired
//! before it held them, each with its history.
//!
//! Refusals are counted; a message counts as undelivered once one member has refused it
//! [`limits::REFUSALS`] times, or for good. A member that holds it after all leaves the tray.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{EntryId, MemberId};
use crate::io::Millis;
use crate::limits;
use crate::view::{Failure, FailureReason, Undelivered};

/// How a message was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It may be offered again.
    ForNow,
    /// Never offered again, but on request.
    ForGood,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Tray {
    failures: BTreeMap<EntryId, Vec<Failure>>,
    dirty: BTreeSet<EntryId>,
    /// True if pages have to be told.
    pub stale: bool,
}

fn is_final(failure: &Failure) -> bool {
    failure.attempts >= limits::REFUSALS
}

impl Tray {
    /// A member has refused a message, or it expired before the member held it. True if the
    /// message counts as undelivered from now on.
    pub fn refused(
        &mut self,
        entry: EntryId,
        member: MemberId,
        (reason, how): (FailureReason, Refused),
        wall: Millis,
    ) -> bool {
        let known = self.failures.contains_key(&entry);
        if !known && self.failures.len() >= limits::UNDELIVERED {
            self.drop_oldest();
        }
        let failures = self.failures.entry(entry).or_default();
        let place = failures.iter().position(|failure| failure.member == member);
        let place = place.unwrap_or_else(|| {
            failures.push(Failure { member, reason, attempts: 0, last: wall });
            failures.len() - 1
        });
        let Some(failure) = failures.get_mut(place) else { return false };
        let before = is_final(failure);
        (failure.reason, failure.last) = (reason, wall);
        failure.attempts = match how {
            Refused::ForNow => failure.attempts.saturating_add(1),
            Refused::ForGood => failure.attempts.max(limits::REFUSALS),
        };
        let after = is_final(failure);
        self.dirty.insert(entry);
        self.stale |= after;
        after && !before
    }

    fn drop_oldest(&mut self) {
        let last = |failures: &Vec<Failure>| failures.iter().map(|failure| failure.last).max();
        let oldest = self.failures.iter().min_by_key(|(_, failures)| last(failures));
        if let Some(oldest) = oldest.map(|(entry, _)| *entry) {
            self.remove(&oldest);
        }
    }

    /// A member holds the message after all. True if that changed anything.
    pub fn held(&mut self, entry: &EntryId, member: &MemberId) -> bool {
        let Some(failures) = self.failures.get_mut(entry) else { return false };
        let before = failures.len();
        // Who holds what has expired holds no words: that stays undelivered.
        failures.retain(|failure| {
            failure.member != *member || failure.reason == FailureReason::Expired
        });
        if failures.len() == before {
            return false;
        }
        if failures.is_empty() {
            self.failures.remove(entry);
        }
        self.dirty.insert(*entry);
        self.stale = true;
        true
    }

    /// Takes a message out: it is offered again, or deleted. False if it is not in the tray.
    pub fn remove(&mut self, entry: &EntryId) -> bool {
        let removed = self.failures.remove(entry).is_some();
        if removed {
            self.dirty.insert(*entry);
            self.stale = true;
        }
        removed
    }

    /// Puts failures as they were stored, unless something newer is known.
    pub fn load(&mut self, entry: EntryId, failures: Vec<Failure>) {
        let known = self.failures.contains_key(&entry) || self.dirty.contains(&entry);
        if !known && self.failures.len() < limits::UNDELIVERED {
            self.failures.insert(entry, failures);
            self.stale = true;
        }
    }

    /// True if a message counts as undelivered.
    #[must_use]
    pub fn holds(&self, entry: &EntryId) -> bool {
        self.failures.get(entry).is_some_and(|failures| failures.iter().any(is_final))
    }

    /// The messages that something is known of, in a log from one seq to another.
    pub fn within(&self, first: EntryId, last: EntryId) -> Vec<EntryId> {
        self.failures.range(first..=last).map(|(entry, _)| *entry).collect()
    }

    /// What a person is shown.
    #[must_use]
    pub fn all(&self) -> Vec<Undelivered> {
        let shown = |(entry, failures): (&EntryId, &Vec<Failure>)| {
            let failures: Vec<Failure> =
                failures.iter().filter(|failure| is_final(failure)).cloned().collect();
            (!failures.is_empty()).then_some(Undelivered { entry: *entry, failures })
        };
        self.failures.iter().filter_map(shown).collect()
    }

    /// True if something has to be stored.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        !self.dirty.is_empty()
    }

    /// Takes what has to be stored again, or deleted if nothing failed any more.
    pub fn take_dirty(&mut self) -> Vec<(EntryId, Option<Vec<Failure>>)> {
        let dirty = std::mem::take(&mut self.dirty);
        dirty.into_iter().map(|entry| (entry, self.failures.get(&entry).cloned())).collect()
    }

    /// These were not stored after all.
    pub fn mark_dirty(&mut self, entries: impl IntoIterator<Item = EntryId>) {
        self.dirty.extend(entries);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Incarnation, LogId};

    const ANA: MemberId = MemberId([1; 32]);
    const BEN: MemberId = MemberId([2; 32]);

    fn entry(seq: u64) -> EntryId {
        let log = LogId { member: MemberId([0; 32]), incarnation: Incarnation([0; 16]) };
        EntryId { log, seq }
    }

    #[test]
    fn a_message_is_undelivered_after_some_refusals_and_leaves_when_it_is_held() {
        let mut tray = Tray::default();
        let full = (FailureReason::NoSpace, Refused::ForNow);
        for attempt in 1..limits::REFUSALS {
            assert!(!tray.refused(entry(1), ANA, full, u64::from(attempt)));
        }
        assert_eq!(tray.all(), []);
        assert!(tray.refused(entry(1), ANA, full, 9));
        assert!(!tray.refused(entry(1), ANA, full, 10), "it is told once");
        assert!(tray.holds(&entry(1)));
        assert_eq!(tray.all()[0].failures[0].attempts, limits::REFUSALS + 1);
        assert!(!tray.held(&entry(1), &BEN));
        assert!(tray.held(&entry(1), &ANA));
        assert_eq!(tray.all(), []);
        assert_eq!(tray.take_dirty(), vec![(entry(1), None)]);
    }

    #[test]
    fn one_member_that_refuses_for_good_is_enough() {
        let mut tray = Tray::default();
        assert!(tray.refused(entry(1), ANA, (FailureReason::NotAllowed, Refused::ForGood), 1));
        assert!(!tray.refused(entry(1), BEN, (FailureReason::NoSpace, Refused::ForNow), 2));
        assert_eq!(tray.all()[0].failures.len(), 1);
        assert!(tray.remove(&entry(1)));
        assert!(!tray.holds(&entry(1)));
    }

    #[test]
    fn i6_the_oldest_leaves_a_full_tray() {
        let mut tray = Tray::default();
        let most = u64::try_from(limits::UNDELIVERED).unwrap();
        for seq in 0..=most {
            tray.refused(entry(seq), ANA, (FailureReason::NotAllowed, Refused::ForGood), seq);
        }
        assert_eq!(tray.all().len(), limits::UNDELIVERED);
        assert!(!tray.holds(&entry(0)) && tray.holds(&entry(most)));
    }
}
