//! What members tell each other of what they hold: the acknowledgement and the offer in one.
//!
//! A `Have` only ever adds: what a member holds it does not lose while its link lives. So a delta
//! has the same form as the whole, and the order in which deltas arrive does not matter.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::ids::{EntryHash, LogId, Seq};
use crate::limits;
use crate::log::branch::Branch;
use crate::log::ranges::RangeSet;
use crate::log::refusal;
use crate::log::{LogState, Logs};

/// Consecutive entries that a member holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HaveRange {
    /// The first of them.
    pub first: Seq,
    /// The last of them.
    pub last: Seq,
    /// The hash of the last, which names all before it.
    pub head: EntryHash,
}

impl HaveRange {
    /// True if it is one.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.first <= self.last && self.last < Seq::MAX
    }
}

/// What a member holds of one log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogHave {
    /// The log.
    pub log: LogId,
    /// What it holds.
    pub ranges: Vec<HaveRange>,
    /// What it refused for good: first, last, reason.
    pub refused: Vec<(Seq, Seq, u8)>,
}

impl LogHave {
    /// What of it came after its time was over there, though it is held.
    #[must_use]
    pub fn late(&self) -> RangeSet {
        let late = self.refused.iter().filter(|(first, last, reason)| {
            *reason == refusal::EXPIRED && first <= last && *last < Seq::MAX
        });
        RangeSet::from_ranges(late.map(|(first, last, _)| (*first, *last)))
    }

    /// Adds what came too late.
    pub fn tell_late(&mut self, late: &RangeSet) {
        let late = late.ranges().iter().map(|(first, last)| (*first, *last, refusal::EXPIRED));
        self.refused.extend(late);
    }

    /// Cuts into pieces that each fit a frame.
    #[must_use]
    pub fn pieces(self) -> Vec<LogHave> {
        if self.ranges.len() <= limits::FRAME_RANGES && self.refused.len() <= limits::FRAME_RANGES {
            return vec![self];
        }
        let log = self.log;
        let ranges = self.ranges.chunks(limits::FRAME_RANGES).map(<[_]>::to_vec);
        let refused = self.refused.chunks(limits::FRAME_RANGES).map(<[_]>::to_vec);
        let held = ranges.map(|ranges| LogHave { log, ranges, refused: Vec::new() });
        let settled = refused.map(|refused| LogHave { log, ranges: Vec::new(), refused });
        // What came too late is said before it is said to be held.
        settled.chain(held).collect()
    }
}

/// What one linked member is known to hold and to have refused, of one log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeerLog {
    /// What it holds.
    pub held: RangeSet,
    /// What it says it holds where something else is here, from a place below on that is not known
    /// yet: it counts again once that has gone from here.
    aside: RangeSet,
    /// What it refused for good.
    pub refused: RangeSet,
    /// Its version differs from ours, and where is not known yet: what it holds counts for nothing.
    pub disputed: bool,
    /// Its version was compared with ours at this seq, and is the same up to there.
    pub agreed: Option<Seq>,
    /// Where a branch of it is known here, and what this member has there is something else.
    pub marked: BTreeSet<Seq>,
}

/// All that one linked member is known to hold.
#[derive(Clone, Debug, Default)]
pub struct PeerHave {
    logs: BTreeMap<LogId, PeerLog>,
    branches: BTreeMap<LogId, Branch>,
}

impl PeerHave {
    /// What it is known to hold of one log.
    #[must_use]
    pub fn of(&self, log: &LogId) -> Option<&PeerLog> {
        self.logs.get(log)
    }

    /// All logs that it holds something of.
    pub fn iter(&self) -> impl Iterator<Item = (&LogId, &PeerLog)> {
        self.logs.iter()
    }

    /// The branches that it has told of.
    pub fn branches(&self) -> impl Iterator<Item = &Branch> {
        self.branches.values()
    }

    /// The branch of this name, if it has told of it.
    #[must_use]
    pub fn branch(&self, log: &LogId) -> Option<&Branch> {
        self.branches.get(log)
    }

    /// It tells of a branch: what it said of the log that it branches off is void from there on.
    /// False if that is no branch, or one too many.
    pub fn announce(&mut self, branch: Branch) -> bool {
        let known = self.branches.contains_key(&branch.log());
        let full = self.branches.len() >= limits::LOGS && !known;
        if full || branch.parent.member != branch.origin.member || branch.mark.at == Seq::MAX {
            return false;
        }
        self.forget_from(&branch.parent, branch.mark.at);
        self.branches.insert(branch.log(), branch);
        true
    }

    /// What it holds of a log counts for nothing, or counts again; also what it has yet to say.
    pub fn dispute(&mut self, log: &LogId, disputed: bool) {
        if disputed && self.logs.len() < limits::LOGS {
            self.logs.entry(*log).or_default();
        }
        if let Some(peer) = self.logs.get_mut(log) {
            peer.disputed = disputed;
        }
    }

    /// Nothing is in dispute any more: what is will be found again.
    pub fn settle_disputes(&mut self) {
        self.logs.values_mut().for_each(|peer| peer.disputed = false);
    }

    /// Its version of a log is the same as ours up to a seq.
    pub fn agree(&mut self, log: &LogId, seq: Seq) {
        if let Some(peer) = self.logs.get_mut(log) {
            // Also below an earlier one: less may be here by this name than was then.
            peer.agreed = Some(seq);
        }
    }

    /// Where a branch begins, it has the entry of another version.
    pub fn mark(&mut self, log: &LogId, at: Seq) {
        if let Some(peer) = self.logs.get_mut(log) {
            peer.marked.insert(at);
        }
    }

    /// What it holds of a log from a seq on is something else than what is here, and where the two
    /// part is not known: it does not count until [`PeerHave::count_again`].
    pub fn set_aside(&mut self, log: &LogId, first: Seq) {
        let Some(peer) = self.logs.get_mut(log) else { return };
        let mut aside = peer.held.and(&RangeSet::of(first, Seq::MAX - 1));
        aside.union(&peer.aside);
        self.forget_from(log, first);
        if let Some(peer) =
            self.logs.get_mut(log).filter(|_| aside.ranges().len() <= limits::RANGES)
        {
            peer.aside = aside;
        }
    }

    /// What was set aside counts, up to where something else is here still: what is behind hangs on
    /// what is not here.
    pub fn count_again(&mut self, log: &LogId, ours: &RangeSet) {
        let Some(peer) = self.logs.get_mut(log) else { return };
        let mut free = peer.aside.clone();
        if let Some(first) = free.and(ours).first() {
            free.remove(first, Seq::MAX - 1);
        }
        peer.aside.subtract(&free);
        peer.held.union(&free);
    }

    /// The same for all logs, since it is not known which of ours have changed.
    pub fn count_all_again(&mut self, ours: &Logs) {
        let waits = self.logs.iter().filter(|(_, peer)| !peer.aside.is_empty());
        for log in waits.map(|(log, _)| *log).collect::<Vec<_>>() {
            self.count_again(&log, &ours.of(&log).map(LogState::held).unwrap_or_default());
        }
    }

    /// What it holds of a log from a seq on is not known any more.
    pub fn forget_from(&mut self, log: &LogId, first: Seq) {
        if let Some(peer) = self.logs.get_mut(log) {
            peer.held.remove(first, Seq::MAX - 1);
            peer.aside.remove(first, Seq::MAX - 1);
            peer.refused.remove(first, Seq::MAX - 1);
            peer.agreed = None;
            peer.marked.retain(|at| *at < first);
        }
    }

    /// It holds some entries by another name than it says: they are not asked for.
    pub fn forget(&mut self, log: &LogId, first: Seq, last: Seq) {
        if let Some(peer) = self.logs.get_mut(log) {
            peer.held.remove(first, last);
            peer.aside.remove(first, last);
            peer.agreed = None;
        }
    }

    /// What it has refused may be offered to it again.
    pub fn forget_refusal(&mut self, log: &LogId, first: Seq, last: Seq) {
        if let Some(peer) = self.logs.get_mut(log) {
            peer.refused.remove(first, last);
        }
    }

    /// Takes in what the member tells, of a log always the whole. Bounded by [`limits::LOGS`] and
    /// [`limits::RANGES`]: what is beyond is not learned, so at worst an entry is sent again.
    pub fn learn(&mut self, have: &LogHave) {
        if self.logs.len() >= limits::LOGS && !self.logs.contains_key(&have.log) {
            return;
        }
        let peer = self.logs.entry(have.log).or_default();
        let ranges = have.ranges.iter().filter(|range| range.is_valid());
        // What it holds elsewhere by now, it does not name any more.
        let told = ranges.clone().map(|range| (range.first, range.last));
        peer.aside = peer.aside.and(&RangeSet::from_ranges(told));
        for range in ranges {
            if peer.held.ranges().len() < limits::RANGES {
                peer.held.insert(range.first, range.last);
            }
        }
        for (first, last, _) in &have.refused {
            if peer.refused.ranges().len() < limits::RANGES && *last < Seq::MAX {
                peer.refused.insert(*first, *last);
            }
        }
    }

    /// False for what cannot be asked for yet: a branch that has not shown to be one, a version
    /// that differs from ours.
    #[must_use]
    pub fn counts(&self, log: &LogId, peer: &PeerLog, ours: &Logs) -> bool {
        let branch = || ours.of(log).is_some_and(|state| state.branch().is_some());
        !peer.disputed && (!self.branches.contains_key(log) || branch())
    }
}

/// What these members hold and we do not: neither stored, nor settled, nor coming.
#[must_use]
pub fn missing<'a>(
    members: impl Iterator<Item = &'a PeerHave>,
    ours: &Logs,
    coming: &BTreeMap<LogId, RangeSet>,
) -> BTreeMap<LogId, RangeSet> {
    let mut missing: BTreeMap<LogId, RangeSet> = BTreeMap::new();
    for member in members {
        let counts = |(log, peer): &(&LogId, &PeerLog)| member.counts(log, peer, ours);
        for (log, peer) in member.iter().filter(counts) {
            missing.entry(*log).or_default().union(&peer.held);
        }
    }
    for (log, set) in &mut missing {
        if let Some(state) = ours.of(log) {
            set.subtract(&state.held());
            set.subtract(&state.refused());
        }
        if let Some(coming) = coming.get(log) {
            set.subtract(coming);
        }
    }
    missing.retain(|_, set| !set.is_empty());
    missing
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Incarnation, MemberId};

    const LOG: LogId = LogId { member: MemberId([1; 32]), incarnation: Incarnation([2; 16]) };

    fn told(first: Seq, last: Seq) -> PeerHave {
        let mut peer = PeerHave::default();
        let range = HaveRange { first, last, head: EntryHash([3; 32]) };
        peer.learn(&LogHave { log: LOG, ranges: vec![range], refused: Vec::new() });
        peer
    }

    fn held(peer: &PeerHave) -> &[(Seq, Seq)] {
        peer.of(&LOG).unwrap().held.ranges()
    }

    #[test]
    fn what_is_set_aside_counts_again_where_nothing_else_is_here_any_more() {
        let mut peer = told(0, 9);
        peer.set_aside(&LOG, 4);
        assert_eq!(held(&peer), [(0, 3)]);
        // Twice, as when two of its ends were compared.
        peer.set_aside(&LOG, 2);
        assert_eq!(held(&peer), [(0, 1)]);
        peer.count_again(&LOG, &RangeSet::of(6, 7));
        assert_eq!(held(&peer), [(0, 5)], "what is behind hangs on something else");
        peer.count_again(&LOG, &RangeSet::default());
        assert_eq!(held(&peer), [(0, 9)]);
    }

    #[test]
    fn what_is_set_aside_and_not_named_any_more_does_not_count_again() {
        let mut peer = told(0, 9);
        peer.set_aside(&LOG, 4);
        let range = HaveRange { first: 0, last: 6, head: EntryHash([4; 32]) };
        peer.learn(&LogHave { log: LOG, ranges: vec![range], refused: Vec::new() });
        peer.count_all_again(&Logs::default());
        assert_eq!(held(&peer), [(0, 6)]);
    }

    #[test]
    fn what_is_set_aside_and_turns_out_to_be_a_branch_does_not_count_again() {
        let mut peer = told(0, 9);
        peer.set_aside(&LOG, 4);
        peer.forget_from(&LOG, 7);
        peer.count_again(&LOG, &RangeSet::default());
        assert_eq!(held(&peer), [(0, 6)]);
    }
}
