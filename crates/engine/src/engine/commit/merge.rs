//! Small runs that stand side by side become one when there is nothing else to do: a chat that was
//! typed line by line is then read, kept and handed on like one that was pasted.
//!
//! ```text
//!  [7][8][9] + their places in the timeline  ── one batch ──►  [7..9] + its place
//! ```
//! The hashes stay, and the signature of the last run is over all of them. Only runs that were
//! stored in this life are looked at; what is left over stays as it is. A body that may go before
//! others keeps its run to itself, and no run grows across the edge of what pages have read.

use std::collections::{BTreeMap, VecDeque};

use crate::engine::Engine;
use crate::engine::commit::Batch;
use crate::engine::keys;
use crate::engine::load::Purpose;
use crate::ids::{LogId, Seq};
use crate::io::{Millis, Record, StoreOp, Table};
use crate::limits;
use crate::log::run::Run;
use crate::simulation::{Mark, Planted, mark, merge_runs, planted};

/// A run that may be joined with what is beside it.
#[derive(Clone, Copy, Debug)]
struct Small {
    first: Seq,
    last: Seq,
}

/// A run, and those of which it was made.
#[derive(Debug)]
struct Joined {
    run: Run,
    parts: Vec<Run>,
}

/// Runs that were stored in this life.
#[derive(Debug, Default)]
pub struct Merges {
    small: BTreeMap<LogId, VecDeque<Small>>,
    /// Nothing was stored for a while then.
    quiet_at: Millis,
    reading: Option<LogId>,
    ready: Vec<Joined>,
}

impl Merges {
    /// A run was stored. Bounded by [`limits::MERGE_LOGS`] and [`limits::MERGE_RUNS`].
    pub fn note(&mut self, run: &Run, now: Millis) {
        self.quiet_at = now + limits::MERGE_QUIET;
        let small = run.entries.len() <= limits::MERGE_ENTRIES;
        let known = self.small.contains_key(&run.log);
        if !small || !known && self.small.len() >= limits::MERGE_LOGS {
            self.small.remove(&run.log);
            return;
        }
        let side = self.small.entry(run.log).or_default();
        let one = Small { first: run.first, last: run.last() };
        let below = side.front().is_some_and(|first| one.last.saturating_add(1) == first.first);
        let above = side.back().is_some_and(|last| last.last.saturating_add(1) == one.first);
        if side.len() >= limits::MERGE_RUNS || !(below || above) {
            side.clear();
        }
        if below { side.push_front(one) } else { side.push_back(one) }
    }

    fn due(&self) -> Option<LogId> {
        let many = |(_, side): &(&LogId, &VecDeque<Small>)| side.len() >= merge_runs();
        self.small.iter().find(many).map(|(log, _)| *log)
    }

    /// When runs are merged, if nothing else happens before.
    #[must_use]
    pub fn deadline(&self) -> Option<Millis> {
        let idle = self.reading.is_none() && self.ready.is_empty();
        self.due().filter(|_| idle).map(|_| self.quiet_at)
    }

    /// Something else is stored: what was read may be old.
    pub fn give_way(&mut self) {
        self.reading = None;
        self.ready.clear();
    }
}

impl Engine {
    /// True if there is nothing else to do for the store.
    pub(in crate::engine) fn may_merge(&self) -> bool {
        let quiet =
            !self.has_work() && !self.commits.fades.is_busy() && !self.timeline.is_loading();
        quiet && self.is_open() && self.forks.jobs.is_empty() && !self.commits.is_out()
    }

    /// Reads small runs that stand side by side.
    pub(in crate::engine) fn tend_merges(&mut self) {
        let due = self.commits.merges.deadline().is_some_and(|at| at <= self.now.mono);
        if !due || !self.may_merge() {
            return;
        }
        let merges = &mut self.commits.merges;
        let Some(log) = merges.due() else { return };
        let Some(side) = merges.small.get(&log) else { return };
        let (Some(first), Some(last)) = (side.front(), side.back()) else { return };
        let range =
            (keys::run(&self.room, &log, first.first), keys::run(&self.room, &log, last.last + 1));
        merges.reading = Some(log);
        let limit = u32::try_from(limits::MERGE_RUNS).unwrap_or(u32::MAX);
        self.scan(Purpose::Merge(log), Table::Runs, range, false, limit);
    }

    pub(in crate::engine) fn on_merge_read(&mut self, log: LogId, records: &[Record]) {
        if self.commits.merges.reading.take() != Some(log) {
            return;
        }
        let runs = records.iter().filter_map(|(_, bytes)| Run::verify(&self.room, bytes).ok());
        let mut groups: Vec<Joined> = Vec::new();
        for run in runs {
            if let Some(joined) = groups.last_mut()
                && self.joins(&joined.run, &run)
                && let Some(both) = joined.run.join(&run)
            {
                joined.run = both;
                joined.parts.push(run);
            } else {
                groups.push(Joined { run: run.clone(), parts: vec![run] });
            }
        }
        groups.retain(|joined| joined.parts.len() > 1);
        if groups.is_empty() {
            self.commits.merges.small.remove(&log);
        } else {
            self.commits.merges.ready = groups;
        }
    }

    /// True if two runs may become one: nothing of them will go by itself, and pages have read
    /// both or none.
    fn joins(&self, one: &Run, other: &Run) -> bool {
        let lasts = |run: &Run| {
            let whole =
                run.entries.iter().all(|it| it.body.is_some() && it.header.expiry.is_none());
            whole && self.rows_of(run).iter().all(|found| found.row.vanishes.is_none())
        };
        let place = |run: &Run| keys::timeline(&self.room, run.lamports().1, &run.log, run.first);
        let read = |run: &Run| self.timeline.has_read(&place(run));
        let size = one.bytes().len() + other.bytes().len();
        size <= limits::MERGED_BYTES && read(one) == read(other) && lasts(one) && lasts(other)
    }

    /// The merged runs become a batch of their own.
    pub(super) fn stage_merges(&mut self, batch: &mut Batch) {
        for Joined { run, parts } in std::mem::take(&mut self.commits.merges.ready) {
            for part in parts {
                let place = keys::timeline(&self.room, part.lamports().1, &run.log, part.first);
                batch.ops.push(StoreOp::Delete(Table::Timeline, place));
                let key = keys::run(&self.room, &run.log, part.first);
                batch.ops.push(StoreOp::Delete(Table::Runs, key));
            }
            mark(Mark::RunsMerged);
            if !planted(Planted::MergedRunLost) {
                batch.put_bytes(&run, self);
            }
            batch.merged.push(run);
        }
    }

    /// Runs were merged: the rest of that log is left as it is.
    pub(super) fn on_merged(&mut self, merged: Vec<Run>) {
        for run in merged {
            self.commits.merges.small.remove(&run.log);
            self.cache.put(run.log, run.first, run.last(), run.bytes());
        }
    }
}
