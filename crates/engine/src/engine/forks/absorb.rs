//! What stands alone in a log, or was taken for a branch: it goes where it shows that it belongs.

use crate::engine::Engine;
use crate::engine::forks::Why;
use crate::engine::forks::moves::{Job, Place};
use crate::ids::{EntryHash, LogId, Seq};
use crate::log::LogState;
use crate::log::branch::Mark;
use crate::log::run::Run;

impl Engine {
    /// A run shows that what hung on nothing, or was taken for a branch, is part of its log: it is
    /// stored there.
    pub(in crate::engine) fn absorb(&mut self, run: &Run) {
        let Some(state) = self.logs.of(&run.log).filter(|state| state.is_rooted(run.first)) else {
            return;
        };
        let branch = state.branch().copied();
        let place = branch.map_or(Place::Origin(run.log), Place::Branch);
        let within = |seq: Seq| (run.first..=run.last() + 1).contains(&seq);
        let loose = |(log, state): (&LogId, &LogState)| {
            let begins = state.branch().map(|branch| branch.mark);
            let same = begins.filter(|mark| run.hash_at(mark.at) == Some(mark.hash));
            let at = same.map(|mark| mark.at).filter(|at| within(*at) && place.takes(state, *at));
            let island = || state.hangs_on(&within, &|seq| run.hash_at(seq));
            at.or_else(island).map(|at| Job::absorb(*log, at, place))
        };
        let related = self.related(&place);
        let jobs: Vec<Job> = related.into_iter().filter_map(loose).collect();
        for job in jobs {
            self.begin(job);
        }
        self.look_behind(place, run.last() + 1);
    }

    /// The other logs of which something may turn out to belong to this one.
    fn related(&self, place: &Place) -> Vec<(&LogId, &LogState)> {
        let (named, of) = (place.log(), place.origin());
        let origin = |log, state: &LogState| state.branch().map_or(log, |branch| branch.origin);
        let logs = self.logs.iter();
        logs.filter(|(log, state)| origin(**log, state) == of && **log != named).collect()
    }

    fn begin(&mut self, job: Job) {
        if !self.moves(&job.from) && !self.moves(&job.to.log()) {
            self.forks.jobs.push_back(job);
        }
    }

    /// A log comes to be held without a gap from here to where that ends: whether something that
    /// stands alone in another log hangs on that, or was taken for a branch that begins there, is
    /// read.
    pub(super) fn look_behind(&mut self, place: Place, from: Seq) {
        let named = place.log();
        let end = self.logs.of(&named).and_then(|state| state.around(from));
        let Some((_, end)) = end else { return };
        let behind = |seq: &Seq| (from + 1..=end.saturating_add(1)).contains(seq);
        let mut places = Vec::new();
        for (log, state) in self.related(&place) {
            let begins = state.branch().map(|branch| branch.mark.at).filter(|at| *at <= end);
            let begins = begins.filter(|at| place.takes(state, *at));
            let held = state.held();
            let alone = held.ranges().iter().skip(1).map(|range| range.0);
            let alone = alone.filter(behind).map(|seq| seq - 1);
            let at = begins.filter(|at| *at >= from).into_iter().chain(alone);
            places.extend(at.map(|seq| (*log, seq)));
        }
        for (log, seq) in places {
            self.look_up(named, seq, Why::Absorb(log, place));
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
        let begins = state.branch().is_some_and(|branch| branch.mark == Mark { at: seq, hash });
        let begins = begins && to.takes(state, seq);
        let hangs = !state.held().contains(seq) && state.hash_at(seq) == Some(hash);
        if begins || hangs {
            let at = if begins { seq } else { seq + 1 };
            self.begin(Job::absorb(log, at, to));
        }
    }
}
