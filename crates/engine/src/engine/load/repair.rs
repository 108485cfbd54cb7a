//! What is held and cannot be read: it is let go of, so that whoever has it is asked for it again.
//!
//! ```text
//!  damage or a gap is met while reading ──► the last good run below ──► the first good run above
//!      ──► one batch: the log holds what lies between no more, and the damaged records go
//! ```
//! Nothing is done without having read the runs on both sides: their hashes are the new edges of
//! what is held. A log of one's own that lost its end is not continued: another one is opened.

use std::collections::VecDeque;

use crate::engine::Engine;
use crate::engine::commit::Batch;
use crate::engine::keys;
use crate::engine::load::Purpose;
use crate::ids::{EntryHash, EntryId, LogId, RoomId, Seq};
use crate::io::{Record, StoreOp, Table};
use crate::limits;
use crate::log::Hole;
use crate::log::run::Run;
use crate::view::Trouble;

/// Runs that are read at once.
const RUNS: u32 = 8;

/// One place that cannot be read.
#[derive(Debug)]
struct Job {
    entry: EntryId,
    /// The keys of records that are damaged.
    bad: Vec<Vec<u8>>,
    /// The last readable run below: its last seq, with hash and Lamport time.
    below: Option<(Seq, EntryHash, u64)>,
}

/// What is let go of in a log, and the keys of its damaged records.
#[derive(Debug)]
struct Ready {
    log: LogId,
    hole: Hole,
    bad: Vec<Vec<u8>>,
}

/// What cannot be read.
#[derive(Debug, Default)]
pub struct Repairs {
    found: VecDeque<EntryId>,
    job: Option<Job>,
    ready: Vec<Ready>,
}

impl Repairs {
    /// True if there is something to store.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }
}

impl Engine {
    /// A record cannot be read: that is said.
    pub(in crate::engine) fn damaged(&mut self, table: Table) {
        self.trouble(Trouble::Damaged(format!("{table:?}")));
    }

    /// A stored entry cannot be read. Bounded: what is beyond is found again.
    pub(super) fn repair(&mut self, entry: EntryId) {
        let known = self.repairs.found.contains(&entry);
        if !known && self.repairs.found.len() < limits::REPAIRS {
            self.repairs.found.push_back(entry);
        }
        self.repair_next();
    }

    fn repair_next(&mut self) {
        while self.repairs.job.is_none() {
            let Some(entry) = self.repairs.found.pop_front() else { return };
            if !self.logs.of(&entry.log).is_some_and(|state| state.held().contains(entry.seq)) {
                continue;
            }
            self.repairs.job = Some(Job { entry, bad: vec![], below: None });
            let to = keys::run(&self.room, &entry.log, entry.seq.saturating_add(1));
            self.repair_below(to);
        }
    }

    fn repair_below(&mut self, to: Vec<u8>) {
        let Some(job) = &self.repairs.job else { return };
        let from = keys::run(&self.room, &job.entry.log, 0);
        self.scan(Purpose::RepairBelow, Table::Runs, (from, to), true, RUNS);
    }

    fn repair_above(&mut self, from: Vec<u8>) {
        let Some(job) = &self.repairs.job else { return };
        let to = keys::run(&self.room, &job.entry.log, Seq::MAX);
        self.scan(Purpose::RepairAbove, Table::Runs, (from, to), false, RUNS);
    }

    pub(super) fn on_repair_below(&mut self, records: Vec<Record>) {
        let last = records.last().map(|(key, _)| key.clone());
        let full = u32::try_from(records.len()).is_ok_and(|count| count >= RUNS);
        let room = self.room;
        let Some(job) = &mut self.repairs.job else { return };
        let entry = job.entry;
        let good = records.into_iter().find_map(|(key, bytes)| {
            let run = readable(&room, &entry.log, (&key, &bytes));
            job.bad.extend(run.is_none().then_some(key));
            run
        });
        match good {
            Some(run) if run.last() >= entry.seq => {
                // Another reading found it: nothing is wrong, or not any more.
                self.repairs.job = None;
                return self.repair_next();
            }
            Some(run) => job.below = Some((run.last(), run.head(), run.lamports().1)),
            None => {
                if let Some(to) = last.filter(|_| full) {
                    return self.repair_below(to);
                }
            }
        }
        self.repair_above(keys::run(&self.room, &entry.log, entry.seq.saturating_add(1)));
    }

    pub(super) fn on_repair_above(&mut self, records: Vec<Record>) {
        let last = records.last().map(|(key, _)| key.clone());
        let full = u32::try_from(records.len()).is_ok_and(|count| count >= RUNS);
        let room = self.room;
        let Some(job) = &mut self.repairs.job else { return };
        let log = job.entry.log;
        let good = records.into_iter().find_map(|(key, bytes)| {
            let run = readable(&room, &log, (&key, &bytes));
            job.bad.extend(run.is_none().then_some(key));
            run
        });
        if let (None, Some(mut from), true) = (&good, last, full) {
            from.push(0);
            return self.repair_above(from);
        }
        let above = good.map(|run| (run.first, run.previous, run.lamports().0));
        if let Some(Job { entry, bad, below }) = self.repairs.job.take() {
            let EntryId { log, seq } = entry;
            self.repairs.ready.push(Ready { log, hole: Hole { seq, below, above }, bad });
        }
        self.repair_next();
    }

    /// What is lost is held no more, from this batch on.
    pub(in crate::engine) fn stage_repairs(&mut self, batch: &mut Batch) {
        for Ready { log, hole, bad } in std::mem::take(&mut self.repairs.ready) {
            let state = batch.stage(&log, self);
            let end = state.head().map(|head| head.0);
            if !state.lose(&hole) {
                continue;
            }
            self.damaged(Table::Runs);
            let shorter = state.head().map(|head| head.0) < end;
            batch.ops.extend(bad.into_iter().map(|key| StoreOp::Delete(Table::Runs, key)));
            batch.strict = true;
            if log == self.own && shorter {
                self.open_log();
            }
        }
    }
}

/// A stored run, if it is one.
pub(super) fn readable(room: &RoomId, log: &LogId, record: (&[u8], &[u8])) -> Option<Run> {
    let run = Run::verify(room, record.1).ok()?;
    (run.log == *log && keys::run_seq(record.0) == Some(run.first)).then_some(run)
}
