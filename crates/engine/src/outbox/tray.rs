//! The tray of what could not be delivered: own messages that a member refused, or that expired
//! before it held them, each with its history: when it was tried, and why that failed.
//!
//! Refusals are counted; a message counts as undelivered once one member has refused it
//! [`limits::REFUSALS`] times, or for good. A member that holds it after all leaves the tray.
//! What a person has put away or deleted is kept in mind, as long as there is room: whoever has
//! refused it for good says so again whenever it says what it holds, and that is neither news nor
//! another attempt, nor is it when yet another member refuses it.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{EntryId, MemberId};
use crate::io::Millis;
use crate::limits;
use crate::simulation::{Planted, planted};
use crate::view::{Attempt, Failure, FailureReason, Undelivered};

/// How a message was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It may be offered again.
    ForNow,
    /// Never offered again, but on request.
    ForGood,
}

/// What is known of one message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Case {
    failures: Vec<Failure>,
    history: Vec<Attempt>,
}

impl Case {
    /// The record as it is stored: the history behind the failures, if there is any.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = postcard::to_allocvec(&self.failures).unwrap_or_default();
        if !self.history.is_empty() {
            bytes.extend(postcard::to_allocvec(&self.history).unwrap_or_default());
        }
        bytes
    }

    /// Reads a stored record, also one from before there was a history.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Case> {
        let (failures, rest) = postcard::take_from_bytes(bytes).ok()?;
        let history = match rest {
            [] => Vec::new(),
            rest => postcard::from_bytes(rest).ok()?,
        };
        Some(Case { failures, history })
    }
}

/// See the module.
#[derive(Debug, Default)]
pub struct Tray {
    cases: BTreeMap<EntryId, Case>,
    dirty: BTreeSet<EntryId>,
    /// True if pages have to be told.
    pub stale: bool,
}

/// The attempts of a failure that nobody wants to hear of any more.
const PUT_AWAY: u32 = u32::MAX;

fn is_put_away(failure: &Failure) -> bool {
    failure.attempts == PUT_AWAY
}

fn is_final(failure: &Failure) -> bool {
    failure.attempts >= limits::REFUSALS && !is_put_away(failure)
}

impl Case {
    fn is_put_away(&self) -> bool {
        self.failures.iter().any(is_put_away)
    }
}

impl Tray {
    /// True if nothing new is said by this: it was said before and the message was not offered
    /// again since, or nobody wants to hear of it.
    #[must_use]
    pub fn knows(
        &self,
        entry: &EntryId,
        member: &MemberId,
        (reason, how): (FailureReason, Refused),
    ) -> bool {
        self.cases.get(entry).is_some_and(|case| {
            let said = |failure: &Failure| {
                (failure.member, failure.reason) == (*member, reason) && is_final(failure)
            };
            case.is_put_away() || (how == Refused::ForGood && case.failures.iter().any(said))
        })
    }

    /// A member has refused a message, or it expired before the member held it. True if the
    /// message counts as undelivered from now on.
    pub fn refused(
        &mut self,
        entry: EntryId,
        member: MemberId,
        (reason, how): (FailureReason, Refused),
        wall: Millis,
    ) -> bool {
        let known = self.cases.contains_key(&entry);
        if !known && self.cases.len() >= limits::UNDELIVERED {
            self.drop_oldest();
        }
        let Case { failures, history } = self.cases.entry(entry).or_default();
        history.push(Attempt { member, reason, at: wall });
        history.drain(..history.len().saturating_sub(limits::ATTEMPTS));
        let place = failures.iter().position(|failure| failure.member == member);
        let place = place.unwrap_or_else(|| {
            failures.push(Failure { member, reason, attempts: 0, last: wall });
            failures.len() - 1
        });
        let Some(failure) = failures.get_mut(place) else { return false };
        let before = is_final(failure);
        if before && failure.reason == FailureReason::Expired {
            // The entry may still be refused; its words are over, whatever becomes of it.
            self.dirty.insert(entry);
            return false;
        }
        let away = if planted(Planted::BackoffCountsOffline) {
            wall.saturating_sub(failure.last)
        } else {
            0
        };
        let waits = u32::try_from(away / 30_000).unwrap_or(limits::REFUSALS);
        (failure.reason, failure.last) = (reason, wall);
        failure.attempts = match how {
            Refused::ForNow => failure.attempts.saturating_add(1 + waits).min(PUT_AWAY - 1),
            Refused::ForGood => failure.attempts.max(limits::REFUSALS),
        };
        let after = is_final(failure);
        self.dirty.insert(entry);
        self.stale |= after;
        after && !before
    }

    fn drop_oldest(&mut self) {
        let last = |case: &Case| case.failures.iter().map(|failure| failure.last).max();
        let oldest = self.cases.iter().min_by_key(|(_, case)| (!case.is_put_away(), last(case)));
        if let Some(oldest) = oldest.map(|(entry, _)| *entry) {
            self.cases.remove(&oldest);
            self.dirty.insert(oldest);
            self.stale = true;
        }
    }

    /// A member holds the message after all. True if that changed anything.
    pub fn held(&mut self, entry: &EntryId, member: &MemberId) -> bool {
        let Some(Case { failures, .. }) = self.cases.get_mut(entry) else { return false };
        let before = failures.len();
        // Who holds what has expired holds no words: that stays undelivered. What was put away
        // stays so, though one of those who refused it has it now: the next one may refuse it.
        failures.retain(|failure| {
            let stays = failure.reason == FailureReason::Expired || is_put_away(failure);
            failure.member != *member || stays
        });
        if failures.len() == before {
            return false;
        }
        if failures.is_empty() {
            self.cases.remove(entry);
        }
        self.dirty.insert(*entry);
        self.stale = true;
        true
    }

    /// A message is offered again: what was refused before counts no more, but stays in its
    /// history. False if it does not count as undelivered.
    pub fn again(&mut self, entry: &EntryId) -> bool {
        let case = self.cases.get_mut(entry).filter(|case| !case.is_put_away());
        let Some(case) = case else { return false };
        let lost = case.failures.iter().any(is_final);
        case.failures.iter_mut().for_each(|failure| failure.attempts = 0);
        self.dirty.insert(*entry);
        self.stale |= lost;
        lost
    }

    /// How often a member has refused messages of which `counts` is true, since it was given any
    /// of them.
    #[must_use]
    pub fn attempts(&self, member: &MemberId, counts: impl Fn(&EntryId) -> bool) -> u64 {
        let of = |case: &Case| -> u64 {
            let theirs = case.failures.iter();
            let theirs =
                theirs.filter(|failure| failure.member == *member && !is_put_away(failure));
            theirs.map(|failure| u64::from(failure.attempts)).sum()
        };
        self.cases.iter().filter(|(entry, _)| counts(entry)).map(|(_, case)| of(case)).sum()
    }

    /// Takes a message out: it is deleted, or a person has seen it. False if it is not in the tray.
    pub fn remove(&mut self, entry: &EntryId) -> bool {
        let case = self.cases.get_mut(entry).filter(|case| !case.is_put_away());
        let Some(Case { failures, history }) = case else { return false };
        // Also of what has expired: whoever was away says that it came too late.
        failures.iter_mut().for_each(|failure| failure.attempts = PUT_AWAY);
        history.clear();
        if failures.is_empty() || planted(Planted::PutAwayComesBack) {
            self.cases.remove(entry);
        }
        self.dirty.insert(*entry);
        self.stale = true;
        true
    }

    /// Puts what is known of a message as it was stored, unless something newer is known.
    pub fn load(&mut self, entry: EntryId, case: Case) {
        let known = self.cases.contains_key(&entry) || self.dirty.contains(&entry);
        if !known && self.cases.len() < limits::UNDELIVERED {
            self.cases.insert(entry, case);
            self.stale = true;
        }
    }

    /// True if a message counts as undelivered.
    #[must_use]
    pub fn holds(&self, entry: &EntryId) -> bool {
        self.cases.get(entry).is_some_and(|case| case.failures.iter().any(is_final))
    }

    /// True if nothing comes of a message any more by itself: it has expired, or each of those who
    /// lack it, if there is anybody, has refused it for good, also if a person has put that away.
    #[must_use]
    pub fn is_over(&self, entry: &EntryId, lacking: impl Iterator<Item = MemberId>) -> bool {
        let Some(Case { failures, .. }) = self.cases.get(entry) else { return false };
        let expired = failures.iter().any(|failure| failure.reason == FailureReason::Expired);
        let refused = |member: MemberId| {
            let theirs = failures.iter().filter(|failure| failure.member == member);
            theirs.map(|failure| failure.attempts).any(|attempts| attempts >= limits::REFUSALS)
        };
        let mut lacking = lacking.map(refused).peekable();
        expired || lacking.peek().is_some() && lacking.all(|refused| refused)
    }

    /// The messages that something is known of, in a log from one seq to another.
    pub fn within(&self, first: EntryId, last: EntryId) -> Vec<EntryId> {
        self.cases.range(first..=last).map(|(entry, _)| *entry).collect()
    }

    /// What a person is shown.
    #[must_use]
    pub fn all(&self) -> Vec<Undelivered> {
        let shown = |(entry, case): (&EntryId, &Case)| {
            let failures: Vec<Failure> =
                case.failures.iter().filter(|failure| is_final(failure)).cloned().collect();
            let history = case.history.clone();
            (!failures.is_empty()).then_some(Undelivered { entry: *entry, failures, history })
        };
        self.cases.iter().filter_map(shown).collect()
    }

    /// True if something has to be stored.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        !self.dirty.is_empty()
    }

    /// Takes what has to be stored again, or deleted if nothing failed any more.
    pub fn take_dirty(&mut self) -> Vec<(EntryId, Option<Case>)> {
        let dirty = std::mem::take(&mut self.dirty);
        dirty.into_iter().map(|entry| (entry, self.cases.get(&entry).cloned())).collect()
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
    fn what_has_expired_stays_so_whatever_its_member_says_of_it_later() {
        let mut tray = Tray::default();
        assert!(tray.refused(entry(1), ANA, (FailureReason::Expired, Refused::ForGood), 1));
        assert!(!tray.refused(entry(1), ANA, (FailureReason::NoSpace, Refused::ForNow), 2));
        let case = tray.all().remove(0);
        let failure = &case.failures[0];
        assert_eq!((failure.reason, failure.attempts), (FailureReason::Expired, limits::REFUSALS));
        assert_eq!(case.history.last().map(|one| one.reason), Some(FailureReason::NoSpace));
    }

    #[test]
    fn nothing_is_over_while_nobody_lacks_it_or_one_may_still_take_it() {
        let mut tray = Tray::default();
        let (blocked, full) =
            ((FailureReason::Blocked, Refused::ForGood), (FailureReason::NoSpace, Refused::ForNow));
        tray.refused(entry(1), ANA, blocked, 1);
        tray.refused(entry(1), BEN, full, 2);
        let is_over = |lacking: &[MemberId]| tray.is_over(&entry(1), lacking.iter().copied());
        assert!(is_over(&[ANA]) && !is_over(&[ANA, BEN]) && !is_over(&[BEN]));
        assert!(!is_over(&[]), "whoever had refused it is gone");
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
    fn what_is_said_again_is_no_attempt_and_what_was_put_away_stays_so() {
        let mut tray = Tray::default();
        let blocked = (FailureReason::Blocked, Refused::ForGood);
        assert!(!tray.knows(&entry(1), &BEN, blocked));
        assert!(tray.refused(entry(1), BEN, blocked, 1));
        assert!(tray.knows(&entry(1), &BEN, blocked), "it has said so");
        assert!(!tray.knows(&entry(1), &ANA, blocked), "another one has not");
        assert!(!tray.knows(&entry(1), &BEN, (FailureReason::NotAllowed, Refused::ForGood)));
        assert!(tray.again(&entry(1)));
        assert!(!tray.knows(&entry(1), &BEN, blocked), "it is refused once more");
        tray.refused(entry(1), BEN, blocked, 2);

        assert!(tray.remove(&entry(1)));
        let (_, case) = tray.take_dirty().remove(0);
        let stored = Case::decode(&case.unwrap().encode()).unwrap();
        let mut later = Tray::default();
        later.load(entry(1), stored);
        for tray in [&mut tray, &mut later] {
            assert!(!tray.holds(&entry(1)) && tray.all().is_empty());
            assert!(tray.knows(&entry(1), &BEN, blocked));
            assert!(tray.knows(&entry(1), &ANA, (FailureReason::NoSpace, Refused::ForNow)));
            assert!(!tray.again(&entry(1)) && !tray.remove(&entry(1)));
            assert_eq!(tray.attempts(&BEN, |_| true), 0);
            assert!(!tray.held(&entry(1), &BEN));
            assert!(tray.knows(&entry(1), &ANA, blocked), "nobody wants to hear of the next one");
        }
    }

    #[test]
    fn what_has_expired_and_was_put_away_stays_so_when_its_member_is_back() {
        let mut tray = Tray::default();
        let late = (FailureReason::Expired, Refused::ForGood);
        assert!(tray.refused(entry(1), ANA, late, 1));
        assert!(tray.remove(&entry(1)));
        assert!(tray.knows(&entry(1), &ANA, late), "it says that it came too late");
        assert!(!tray.held(&entry(1), &ANA) && tray.knows(&entry(1), &BEN, late));
    }

    #[test]
    fn what_is_tried_again_keeps_its_history_and_counts_from_the_start() {
        let mut tray = Tray::default();
        assert!(!tray.again(&entry(1)));
        let full = (FailureReason::NoSpace, Refused::ForNow);
        for at in 1..=u64::from(limits::REFUSALS) {
            tray.refused(entry(1), ANA, full, at);
        }
        tray.refused(entry(1), BEN, full, 9);
        assert_eq!(tray.attempts(&ANA, |_| true), u64::from(limits::REFUSALS));
        assert_eq!((tray.attempts(&BEN, |_| true), tray.attempts(&BEN, |_| false)), (1, 0));
        assert!(tray.again(&entry(1)));
        assert!(!tray.again(&entry(1)), "it does not count as undelivered any more");
        assert_eq!((tray.all(), tray.attempts(&ANA, |_| true)), (vec![], 0));
        for at in 20..20 + 2 * u64::try_from(limits::ATTEMPTS).unwrap() {
            tray.refused(entry(1), ANA, full, at);
        }
        let history = &tray.all()[0].history;
        assert_eq!((history.len(), history[15].at), (limits::ATTEMPTS, 51));
        let case = tray.take_dirty().remove(0).1.unwrap();
        assert_eq!(Case::decode(&case.encode()), Some(case.clone()));
        let old = postcard::to_allocvec(&case.failures).unwrap();
        assert_eq!(Case::decode(&old), Some(Case { history: vec![], ..case }));
        assert_eq!(Case::decode(&[0xff]), None);
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
