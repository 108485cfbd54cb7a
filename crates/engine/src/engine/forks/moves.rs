//! The end of a log becomes a branch: its runs go from one log's place in the store to another's.
//!
//! ```text
//!  L   [0 .. 57][58 .. 71][72 .. 90]   newest first, a few runs a transaction
//!  L'            [60 .. 71][72 .. 90]   [58, 59] stays in L, without its signature
//! ```
//! A transaction takes a run from one and puts it into the other, so at no moment is anything
//! lost. Entries are shown again under their new names; who holds and has read them is kept.

use std::collections::BTreeMap;

use crate::engine::commit::Batch;
use crate::engine::forks::Why;
use crate::engine::load::Purpose;
use crate::engine::vanish::deletion_of;
use crate::engine::{Engine, keys};
use crate::ids::{EntryHash, EntryId, LogId, Seq};
use crate::io::{Output, Record, StoreOp, Table};
use crate::link::Link;
use crate::log::LogState;
use crate::log::branch::Branch;
use crate::log::ranges::RangeSet;
use crate::log::run::Run;
use crate::members::Member;
use crate::simulation::{Planted, planted};
use crate::view::Event;

/// Runs read for one step; the lowest of them is only looked at.
const RUNS: u32 = 8;

/// The end of a log that moves.
#[derive(Debug)]
pub struct Job {
    from: LogId,
    at: Seq,
    to: Place,
    /// Some of it, or all, is stored as part of the branch already.
    merge: bool,
    step: Step,
}

/// What the end of a log becomes part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A branch.
    Branch(Branch),
    /// The log in which it was written: it had been taken for a branch.
    Origin(LogId),
}

impl Place {
    pub(super) fn of(log: &LogId, state: &LogState) -> Place {
        state.branch().copied().map_or(Place::Origin(*log), Place::Branch)
    }

    pub(super) fn log(&self) -> LogId {
        match self {
            Place::Branch(branch) => branch.log(),
            Place::Origin(log) => *log,
        }
    }

    pub(super) fn origin(&self) -> LogId {
        match self {
            Place::Branch(branch) => branch.origin,
            Place::Origin(log) => *log,
        }
    }

    fn rename(&self, run: Run) -> Run {
        match self {
            Place::Branch(branch) => run.in_branch(branch.mark),
            Place::Origin(_) => run.in_origin(),
        }
    }
}

#[derive(Debug)]
enum Step {
    Idle,
    Reading,
    /// What the other log has at a seq is read.
    Comparing(Found, Seq),
    Ready(Found),
    Storing {
        last: bool,
    },
}

/// Runs that were read to be moved.
#[derive(Debug)]
struct Found {
    runs: Vec<Run>,
    damaged: Vec<Vec<u8>>,
    last: bool,
    /// What is where they go already, at the ends of those that end within it; none if that cannot
    /// be read.
    there: BTreeMap<Seq, Option<EntryHash>>,
}

impl Found {
    /// What a run has to be compared with, as far as that is known: it names all before it.
    fn differs(&self, run: &Run) -> bool {
        self.there.get(&run.last()).is_some_and(|there| *there != Some(run.head()))
    }
}

/// What a batch has moved: a part of a log, and where to.
#[derive(Clone, Copy, Debug)]
pub struct Moved {
    /// Where it was.
    pub log: LogId,
    /// The first and the last of it.
    pub part: (Seq, Seq),
    /// Where it is.
    pub to: LogId,
}

impl Moved {
    /// What a member holds and has read goes by the new names.
    pub fn rename_in(&self, member: &mut Member) {
        member.branch_off(self.log, self.part, self.to);
    }
}

impl Job {
    /// The end of a branch's parent becomes that branch.
    pub fn branch(branch: Branch) -> Job {
        let (from, at) = (branch.parent, branch.mark.at);
        Job { from, at, to: Place::Branch(branch), merge: false, step: Step::Idle }
    }

    /// True if this branch comes of it.
    pub fn makes(&self, branch: &Branch) -> bool {
        self.to == Place::Branch(*branch)
    }

    /// True if it can begin after another one: both move parts of other logs, or the same log's to
    /// the same place.
    pub(super) fn may_follow(&self, other: &Job) -> bool {
        let same = other.merge && other.to == self.to && other.at != self.at;
        (other.from != self.from || same) && other.from != self.to.log()
    }

    /// What a log has from here on is part of another one that is here, too: it goes there.
    pub(super) fn absorb(from: LogId, at: Seq, to: Place) -> Job {
        Job { from, at, to, merge: true, step: Step::Idle }
    }
}

impl Engine {
    /// True while the end of a log moves: nothing of it is stored meanwhile.
    pub(in crate::engine) fn moves(&self, log: &LogId) -> bool {
        self.forks.jobs.iter().any(|job| job.from == *log)
    }

    /// True if runs are ready to be moved.
    pub(in crate::engine) fn has_moves(&self) -> bool {
        self.forks.jobs.front().is_some_and(|job| matches!(job.step, Step::Ready(_)))
    }

    /// Reads the next runs to move, when nothing else changes runs.
    pub(in crate::engine) fn tend_moves(&mut self) {
        let free = self.is_open() && !self.commits.is_out() && !self.commits.fades.is_busy();
        let Some(job) = self.forks.jobs.front_mut().filter(|_| free) else { return };
        if matches!(job.step, Step::Idle) {
            job.step = Step::Reading;
            let log = job.from;
            let around = self.logs.of(&log).and_then(|state| state.around(job.at));
            // What stands alone behind it may be of either branch: that shows later.
            let end = around.map_or(job.at, |(_, last)| last.saturating_add(1));
            let (from, to) = (keys::run(&self.room, &log, 0), keys::run(&self.room, &log, end));
            self.scan(Purpose::Move, Table::Runs, (from, to), true, RUNS);
        }
    }

    pub(in crate::engine) fn on_move_read(&mut self, records: Vec<Record>) {
        let Some(job) = self.forks.jobs.front_mut() else { return };
        let (at, from) = (job.at, job.from);
        if let Step::Comparing(mut found, seq) = std::mem::replace(&mut job.step, Step::Idle) {
            let run = records.first().and_then(|(_, bytes)| Run::verify(&self.room, bytes).ok());
            let run = run.filter(|run| run.log == job.to.log());
            found.there.insert(seq, run.and_then(|run| run.hash_at(seq)));
            return self.compare_moves(found);
        }
        let (mut runs, mut damaged) = (Vec::new(), Vec::new());
        let full = records.len() >= RUNS as usize;
        for (key, bytes) in records {
            match Run::verify(&self.room, &bytes) {
                Ok(run) if run.log == from => runs.push(run),
                Ok(_) | Err(_) => damaged.push(key),
            }
        }
        let below = runs.last().is_some_and(|run| run.last() < at);
        let last = below || !full;
        self.compare_moves(Found { runs, damaged, last, there: BTreeMap::new() });
    }

    fn holds(&self, log: &LogId, seq: Seq) -> bool {
        self.logs.of(log).is_some_and(|state| state.held().contains(seq))
    }

    /// What is where a run goes may be another version: its hash there is read. Both may hang on
    /// the same, and one is not thrown away for the other.
    fn compare_moves(&mut self, found: Found) {
        let Some(job) = self.forks.jobs.front() else { return };
        let (at, to) = (job.at, job.to.log());
        let mut ends = found.runs.iter().map(Run::last).filter(|last| *last >= at);
        let open = ends.find(|last| self.holds(&to, *last) && !found.there.contains_key(last));
        let Some(job) = self.forks.jobs.front_mut() else { return };
        let Some(seq) = open else {
            job.step = Step::Ready(found);
            return;
        };
        job.step = Step::Comparing(found, seq);
        let (from, to) =
            (keys::run(&self.room, &to, 0), keys::run(&self.room, &to, seq.saturating_add(1)));
        self.scan(Purpose::Move, Table::Runs, (from, to), true, 1);
    }

    /// Moves what was read; before anything else in a batch.
    pub(in crate::engine) fn stage_moves(&mut self, batch: &mut Batch) {
        if !self.has_moves() {
            return;
        }
        let Some(job) = self.forks.jobs.front_mut() else { return };
        let (from, at, to, merge) = (job.from, job.at, job.to, job.merge);
        let step = std::mem::replace(&mut job.step, Step::Idle);
        let Step::Ready(mut found) = step else { return };
        let (mut runs, mut last) = (std::mem::take(&mut found.runs), found.last);
        let readable = found.damaged.is_empty();
        for key in std::mem::take(&mut found.damaged) {
            batch.ops.push(StoreOp::Delete(Table::Runs, key));
        }
        // The lowest is only looked at, to know what the one above it hangs on.
        let lamports: Vec<(Seq, u64)> =
            runs.iter().map(|run| (run.last() + 1, run.lamports().1)).collect();
        if !last {
            runs.pop();
        }
        let (mut lowest, mut highest) = (None, None);
        for run in runs.into_iter().filter(|run| run.last() >= at) {
            if self.holds(&to.log(), run.last()) && !found.there.contains_key(&run.last()) {
                // It came since: it is read again, and compared.
                last = false;
                break;
            }
            let put = if merge { self.is_new(batch, &run, at, to) } else { Some(true) };
            let Some(put) = put.filter(|_| !found.differs(&run)) else {
                // It is of a third version after all, and stays where it is.
                last = true;
                break;
            };
            highest = highest.max(Some(run.last()));
            lowest = Some(self.stage_move(batch, run, at, to, put));
        }
        if lowest.is_none() && readable {
            return self.nothing_moves(from, last);
        }
        if let Some(job) = self.forks.jobs.front_mut() {
            job.step = Step::Storing { last };
        }
        if let (Some((first, (previous, lamport))), Some(end)) = (lowest, highest) {
            let part = (first, end);
            let below =
                lamports.iter().find(|(next, _)| *next == first).map(|(_, lamport)| *lamport);
            batch.stage(&from, self).cut(part, previous, below.or(lamport).unwrap_or(0));
            batch.moved.push(Moved { log: from, part, to: to.log() });
        }
        let state = batch.stage(&from, self);
        let spent = last && merge && state.branch().is_some() && state.held().is_empty();
        if spent {
            // It was none, or is known by another name: nobody is told of it again.
            batch.spent.push(from);
        }
        if spent || (last && !merge) {
            let higher = |other: &&Branch| other.parent == from && (spent || other.mark.at > at);
            let others = self.logs.branches().filter(higher).map(Branch::log);
            for other in others.filter(|other| *other != to.log()).collect::<Vec<_>>() {
                batch.stage(&other, self).set_parent(to.log());
            }
        }
        batch.strict = true;
    }

    /// What was to move is not here any more: no batch will say that it is stored.
    fn nothing_moves(&mut self, from: LogId, last: bool) {
        let Some(job) = self.forks.jobs.front_mut() else { return };
        job.step = Step::Idle;
        if last {
            self.forks.jobs.pop_front();
            self.end_searches(&from);
            self.wants_stale = true;
        }
    }

    /// Whether a log that is here lacks what of a run goes there; none if that does not fit.
    fn is_new(&self, batch: &mut Batch, run: &Run, at: Seq, to: Place) -> Option<bool> {
        let moved = to.rename(run.clone().suffix(at));
        let new = batch.stage(&to.log(), self).fit(&moved).ok()?;
        Some(!new.is_empty())
    }

    /// Moves one run, or its end; gives where that begins, and what stands before it.
    fn stage_move(
        &mut self,
        batch: &mut Batch,
        run: Run,
        at: Seq,
        place: Place,
        put: bool,
    ) -> (Seq, (EntryHash, Option<u64>)) {
        self.stage_removal(batch, &run, at);
        let (prefix, moved) = (run.clone().prefix(at), run.suffix(at));
        let first = moved.first;
        let before = (moved.previous, prefix.as_ref().map(|prefix| prefix.lamports().1));
        if let Some(prefix) = prefix {
            batch.put_bytes(&prefix, self);
        }
        let to = place.log();
        let own = to.member == self.own.member;
        for seq in moved.first..=moved.last() {
            let old = EntryId { log: moved.log, seq };
            if let Some(id) = self.outbox.draft_of(&old).filter(|_| own) {
                let key = keys::draft(&self.room, &to, seq);
                batch.ops.push(StoreOp::Put(Table::State, key, id.0.to_vec()));
                let key = keys::draft(&self.room, &old.log, seq);
                batch.ops.push(StoreOp::Delete(Table::State, key));
                batch.renamed.push((id, EntryId { log: to, seq }));
            }
        }
        if put {
            if let Place::Branch(branch) = place {
                batch.stage_branch(branch, self);
            }
            if !planted(Planted::MovedRunLost) {
                self.stage_whole(batch, place.rename(moved));
            }
        }
        (first, before)
    }

    /// Takes a run out of the store with all that was stored beside its entries from `at` on.
    fn stage_removal(&self, batch: &mut Batch, run: &Run, at: Seq) {
        let (room, (_, lamport)) = (&self.room, run.lamports());
        let mut delete = |table, key| batch.ops.push(StoreOp::Delete(table, key));
        delete(Table::Runs, keys::run(room, &run.log, run.first));
        delete(Table::Timeline, keys::timeline(room, lamport, &run.log, run.first));
        for (seq, entry) in run.iter().filter(|(seq, _)| *seq >= at) {
            let id = EntryId { log: run.log, seq };
            if let Some(expiry) = entry.header.expiry {
                delete(Table::Projections, keys::fade(room, expiry, &id));
            }
            delete(Table::Projections, keys::vanishing(room, &id));
            if run.log.member == self.own.member {
                delete(Table::State, keys::waiting(room, &deletion_of(&id)));
            }
            if let Some(noted) = self.noted(run, seq, entry) {
                let by = noted.note.by;
                delete(Table::Projections, keys::note(room, &noted.target, &by));
                delete(Table::Projections, keys::early(room, &noted.target, &by));
            }
        }
    }

    /// Entries are stored under other names: rows, receipts and what was read follow.
    pub(in crate::engine) fn on_moved(&mut self, moved: &[Moved]) {
        for Moved { log, part, to } in moved.iter().copied() {
            self.cache.forget(&log);
            self.forks.forget(log, part);
            self.timeline.withdraw(&log, part);
            // A page that has outlived its worker shows more than is in memory.
            let gone = (part.0..=part.1).map(|seq| EntryId { log, seq }).collect();
            self.out.push_back(Output::Event(Event::Moved(gone)));
            self.follow_move(&Moved { log, part, to });
            for flow in self.links.values_mut().filter_map(Link::flow_mut) {
                flow.offer_again(log, part.0, part.1);
            }
        }
        let Some(job) = self.forks.jobs.front_mut() else { return };
        let Step::Storing { last } = job.step else { return };
        job.step = Step::Idle;
        if !last {
            return;
        }
        let (from, at, to, merge) = (job.from, job.at, job.to, job.merge);
        self.forks.jobs.pop_front();
        self.end_searches(&from);
        self.wants_stale = true;
        self.weigh_again(&from);
        if merge {
            // What was said of that place counted for nothing meanwhile: those who have the same
            // there say it again.
            self.look_up(to.log(), at, Why::Tell);
        }
        if let Place::Branch(branch) = to {
            self.tell_of_branch(branch);
        }
        self.tell_log(&from, None);
        self.tell_log(&to.log(), None);
    }

    /// Who holds and has read what moved is kept.
    fn follow_move(&mut self, moved: &Moved) {
        let Moved { log, part, to } = *moved;
        self.members.branch_off(log, part, to);
        self.told.read.rename(moved);
        for seq in (part.0..=part.1).filter(|_| log.member == self.own.member) {
            // It names what may be another message by now, and is made anew.
            self.outbox.waits.settle(&deletion_of(&EntryId { log, seq }));
        }
        self.commits.vanishing.look_at(to, &RangeSet::of(part.0, part.1));
        if let Some(late) =
            self.told.late.get_mut(&log).map(|late| late.take(&RangeSet::of(part.0, part.1)))
        {
            self.told.came_late(to, &late);
        }
    }

    /// The store was read: what of it may have moved in a batch that seemed to fail shows.
    fn settle_moves(&mut self) {
        for moved in std::mem::take(&mut self.forks.unsure) {
            let first = moved.part.0;
            if self.holds(&moved.to, first) && !self.holds(&moved.log, first) {
                self.follow_move(&moved);
                self.update_rows(moved.to, &RangeSet::of(first, moved.part.1));
            }
        }
    }

    /// A batch that moved something was not stored, or was: it is read again, and pages are shown
    /// it by the names that it has then.
    pub(in crate::engine) fn on_move_failed(&mut self, moved: &[Moved]) {
        for Moved { log, part, .. } in moved {
            // Until then nothing else may show it: a receipt would, by a name that may be gone.
            self.timeline.withdraw(log, *part);
            let gone = (part.0..=part.1).map(|seq| EntryId { log: *log, seq }).collect();
            self.out.push_back(Output::Event(Event::Moved(gone)));
        }
        self.forks.unsure.extend_from_slice(moved);
        if let Some(job) = self.forks.jobs.front_mut() {
            job.step = Step::Idle;
        }
    }

    /// After a start: a branch that lacks its beginning may have been moved only in part.
    pub(in crate::engine) fn resume_moves(&mut self) {
        self.settle_moves();
        let logs = &self.logs;
        for flow in self.links.values_mut().filter_map(Link::flow_mut) {
            flow.have.count_all_again(logs);
        }
        let lacks = |(_, state): &(&LogId, &LogState)| {
            let Some(branch) = state.branch() else { return false };
            let (held, at) = (state.held(), branch.mark.at);
            let rest = self.logs.of(&branch.parent).is_some_and(|log| log.held().contains(at));
            rest && !held.is_empty() && !held.contains(at)
        };
        let branches = self.logs.iter().filter(lacks).filter_map(|(_, state)| state.branch());
        for branch in branches.copied().collect::<Vec<_>>() {
            self.look_up(branch.parent, branch.mark.at, Why::Resume(branch));
        }
        // The commit that moved the last of one may have seemed to fail: nobody was told of it.
        for branch in self.logs.branches().copied().collect::<Vec<_>>() {
            self.tell_of_branch(branch);
        }
        let branches = self.logs.branches().copied();
        let places = branches.flat_map(|branch| {
            let origin = Place::Origin(branch.origin);
            [(Place::Branch(branch), branch.mark.at), (origin, 0), (origin, branch.mark.at)]
        });
        for (place, from) in places.collect::<Vec<_>>() {
            self.look_behind(place, from);
        }
    }
}
