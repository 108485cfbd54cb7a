//! What stands alone in a log, or was taken for a branch: it goes where it shows that it belongs.
//!
//! ```text
//!  L   [0 .. 9]   [12 .. 15]      12 hangs on an entry that a branch holds, not on the log's
//!  L'     [5 .. 11]               as soon as that shows, L' is [5 .. 15]
//! ```
//! That shows when what it hangs on comes, or when it comes itself, whichever is later: each run
//! that is stored is looked at both ways, and what is on disk is read for it. The beginning of `L`
//! need not be there: what it holds without a gap from 5 on is none of `L'`.

use crate::engine::Engine;
use crate::engine::forks::Why;
use crate::engine::forks::moves::{Job, Place};
use crate::ids::{EntryHash, LogId, Seq};
use crate::limits;
use crate::log::LogState;
use crate::log::branch::Mark;
use crate::log::ranges::RangeSet;
use crate::log::run::Run;
use crate::simulation;

impl Engine {
    /// A run shows that what hung on nothing, or was taken for a branch, is part of its log: it is
    /// stored there.
    pub(in crate::engine) fn absorb(&mut self, run: &Run) {
        let Some(state) = self.logs.of(&run.log) else { return };
        let place = Place::of(&run.log, state);
        let below = if state.is_rooted(run.first) {
            let begin = state.branch().map(|branch| branch.mark.at);
            begin.filter(|at| (run.first..=run.last()).contains(at))
        } else {
            run.first.checked_sub(1)
        };
        self.look_below(place, below);
        let Some(state) = self.logs.of(&run.log) else { return };
        let within = |seq: Seq| (run.first..=run.last() + 1).contains(&seq);
        let loose = |(log, state): (&LogId, &LogState)| {
            let begins = state.branch().map(|branch| branch.mark);
            let same = begins.filter(|mark| run.hash_at(mark.at) == Some(mark.hash));
            let same = same.filter(|mark| within(mark.at) && self.takes(&place, state, *mark));
            let at = same.map(|mark| mark.at);
            let island = || {
                // Its beginning may have gone elsewhere: then its first range stands alone, too.
                let base = begins.map_or(0, |mark| mark.at);
                let first = !state.held().contains(base) || self.may_come_next(state, &place);
                state.hangs_on(first, &within, &|seq| run.hash_at(seq))
            };
            at.or_else(island).map(|at| (*log, at, place))
        };
        let related = self.related(&place).into_iter();
        let related = related.filter(|(_, other)| is_known(state, run.first, other));
        let parts: Vec<(LogId, Seq, Place)> = related.filter_map(loose).collect();
        for part in parts {
            self.begin(part, None);
        }
        self.look_behind(place, run.last() + 1);
    }

    /// True if a run is held by another name already, in a log that holds all before it, too.
    pub(in crate::engine) fn is_held_elsewhere(&self, run: &Run) -> bool {
        let none = LogState::default();
        let own = self.logs.of(&run.log).unwrap_or(&none);
        self.related(&Place::of(&run.log, own)).into_iter().any(|(log, state)| {
            let last = run.last();
            let rooted = |seq: Seq| is_known(state, seq, own);
            let known = || self.forks.known.get(&(*log, last)).copied();
            let same = || state.hash_at(last).or_else(known) == Some(run.head());
            run.first.checked_sub(1).is_some_and(rooted) && rooted(last) && same()
        })
    }

    /// The other logs of which something may turn out to belong to this one.
    fn related(&self, place: &Place) -> Vec<(&LogId, &LogState)> {
        let (named, of) = (place.log(), place.origin());
        let origin = |log, state: &LogState| state.branch().map_or(log, |branch| branch.origin);
        let logs = self.logs.iter();
        logs.filter(|(log, state)| origin(**log, state) == of && **log != named).collect()
    }

    /// True if a branch that begins with an entry which stands in this place, too, is part of it.
    /// The end of its own log may be on its way to the branch, which has its beginning last or from
    /// others; or something else was shown to be there, and the rest goes to the branch again.
    fn takes(&self, place: &Place, branch: &LogState, mark: Mark) -> bool {
        match place {
            Place::Branch(_) => true,
            Place::Origin(log) => branch.held().contains(mark.at) && !self.is_denied(log, mark),
        }
    }

    /// True if a branch may be what comes next in a log: it was taken for a branch because it hung
    /// on nothing, and nothing shows that it is one of this log.
    fn may_come_next(&self, state: &LogState, place: &Place) -> bool {
        let log = place.log();
        let branch = state.branch().zip(self.logs.of(&log));
        branch.is_some_and(|(branch, other)| !self.is_shown(&log, branch.mark, other))
    }

    /// What a log has from a seq on goes where it belongs. What was taken for a branch goes back
    /// only if it is the same as all that it meets there, which is known up to the last that was
    /// compared. Otherwise it is another version: its end would go there without what it hangs on,
    /// and come back for ever.
    pub(super) fn begin(&mut self, part: (LogId, Seq, Place), compared: Option<Seq>) {
        let (from, at, to) = part;
        let (job, jobs) = (Job::absorb(from, at, to), &self.forks.jobs);
        if jobs.len() >= limits::LOGS || !jobs.iter().all(|other| job.may_follow(other)) {
            return;
        }
        let end = self.logs.of(&from).and_then(|state| state.around(at));
        let moves = end.map_or_else(RangeSet::default, |(_, end)| RangeSet::of(at, end));
        let there = self.logs.of(&to.log()).map(|state| state.held().and(&moves));
        let mut met = there.iter().flat_map(RangeSet::ranges).map(|range| range.1);
        let goes_back = matches!(to, Place::Origin(_));
        if let Some(met) = met.find(|met| goes_back && Some(*met) > compared) {
            return self.look_up(to.log(), met, Why::Fits(part, None));
        }
        simulation::mark(simulation::Mark::WentBack);
        self.forks.jobs.push_back(job);
    }

    /// A log comes to be held without a gap from here to where that ends: whether something that
    /// stands alone in another log hangs on that, or was taken for a branch that begins there, is
    /// read.
    pub(super) fn look_behind(&mut self, place: Place, from: Seq) {
        let named = place.log();
        let Some(own) = self.logs.of(&named) else { return };
        let Some((_, end)) = own.around(from) else { return };
        let behind = |seq: &Seq| (from + 1..=end.saturating_add(1)).contains(seq);
        let mut places = Vec::new();
        let related = self.related(&place).into_iter();
        for (log, state) in related.filter(|(_, other)| is_known(own, from, other)) {
            let begins = state.branch().map(|branch| branch.mark).filter(|mark| mark.at <= end);
            let begins = begins.filter(|mark| self.takes(&place, state, *mark));
            let begins = begins.map(|mark| mark.at);
            let held = state.held();
            // Its beginning may have gone elsewhere: then its first range stands alone, too.
            let base = state.branch().map_or(0, |branch| branch.mark.at);
            let rooted = |seq: &Seq| *seq == base && !self.may_come_next(state, &place);
            let alone = held.ranges().iter().map(|range| range.0);
            let alone = alone.filter(|seq| behind(seq) && !rooted(seq)).map(|seq| seq - 1);
            let at = begins.filter(|at| *at >= from).into_iter().chain(alone);
            places.extend(at.map(|seq| (*log, seq)));
        }
        for (log, seq) in places {
            self.look_up(named, seq, Why::Absorb(log, place));
        }
    }

    /// Something stands alone in a log, behind this seq, or is a branch that begins there: whether
    /// another log holds without a gap what it hangs on, or the same, is read.
    fn look_below(&mut self, place: Place, seq: Option<Seq>) {
        let Some((below, state)) = seq.zip(self.logs.of(&place.log())) else { return };
        let others = self.related(&place).into_iter();
        let others = others.filter(|(_, other)| is_known(other, below, state));
        let others: Vec<Place> = others.map(|(log, state)| Place::of(log, state)).collect();
        for other in others {
            self.look_up(other.log(), below, Why::Absorb(place.log(), other));
        }
    }

    /// The hash of an entry of a log is read: what hangs on it, or is a branch that begins with it,
    /// is part of that log.
    pub(in crate::engine) fn absorb_from(
        &mut self,
        log: LogId,
        (seq, hash): (Seq, EntryHash),
        to: Place,
    ) {
        let Some(state) = self.logs.of(&log) else { return };
        let mark = Mark { at: seq, hash };
        let begins = state.branch().is_some_and(|branch| branch.mark == mark);
        let parted = begins && matches!(to, Place::Origin(log) if self.is_denied(&log, mark));
        let begins = begins && self.takes(&to, state, mark);
        let hangs = !state.held().contains(seq) && state.hash_at(seq) == Some(hash);
        if parted {
            // It was being moved to the branch when a commit failed, and others brought it whole.
            self.part(to.log(), mark);
        } else if begins || hangs {
            let at = if begins { seq } else { seq + 1 };
            self.begin((log, at, to), None);
        }
    }
}

/// True if it is known of which version an entry is that a log holds, seen from another one of the
/// same origin: nothing is missing between it and the beginning, or the place where the other
/// branched off, which has its own beginning.
fn is_known(state: &LogState, seq: Seq, other: &LogState) -> bool {
    let begin = other.branch().map(|branch| branch.mark.at);
    let begin = begin.filter(|at| other.held().contains(*at));
    let reaches = |at: Seq| state.around(at).is_some_and(|range| range.0 <= seq && seq <= range.1);
    state.is_rooted(seq) || begin.is_some_and(|at| at <= seq && reaches(at))
}
