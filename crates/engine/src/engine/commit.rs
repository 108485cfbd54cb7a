//! Batches: what was said and what came becomes part of the room, all of it or nothing.
//!
//! ```text
//!  outbox ─┐                                          ┌─► Have to peers: the acknowledgement (I1)
//!  inbox ──┼─► form_batch ─► Commit ─► on_committed ──┼─► rows: saved, received
//!  members ┘    (staged)                              └─► links: only now may it leave (I2)
//! ```
//! One batch is out at a time and what arrives meanwhile forms the next (group commit). Nothing is
//! visible before the commit; if it fails, the truth is read again from the store.

pub(super) mod govern;
mod incoming;
pub(super) mod merge;
mod said;

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::commit::govern::Motion;
use crate::engine::commit::merge::Merges;
use crate::engine::fade::{Faded, Fades};
use crate::engine::forks::moves::Moved;
use crate::engine::inbox::{Away, Offered};
use crate::engine::vanish::Vanishing;
use crate::engine::{Engine, keys};
use crate::ids::{DraftId, EntryId, LinkId, LogId, MemberId, Seq};
use crate::io::{BatchId, Durability, Millis, Output, StoreFault, StoreOp, Table};
use crate::limits;
use crate::log::branch::Branch;
use crate::log::checked;
use crate::log::run::Run;
use crate::log::{LogState, refusal};
use crate::members::membership::Ruled;
use crate::queue::Class;
use crate::register::{Register, RegisterKey};
use crate::simulation::{Mark, Planted, mark, planted};
use crate::timeline::notes::{Note, Noted};
use crate::view::{Draft, Event, Passage, Priority, Trouble};

/// A batch that is with the store.
#[derive(Default)]
pub struct Batch {
    id: Option<BatchId>,
    pub ops: Vec<StoreOp>,
    pub strict: bool,
    pub logs: BTreeMap<LogId, LogState>,
    runs: Vec<Run>,
    /// What was said, as it was taken from the outbox, and the entries that it became.
    items: Vec<Vec<Draft>>,
    drafts: Vec<(DraftId, EntryId)>,
    pub credit: Vec<(LinkId, Class, usize)>,
    pub suppliers: BTreeMap<LogId, BTreeSet<LinkId>>,
    registers: Vec<Register>,
    members: Vec<MemberId>,
    pub notes: Vec<Noted>,
    /// Messages that only one member and oneself can read.
    pub shared: Vec<(MemberId, EntryId)>,
    /// What is decided by one's own entry, and by all entries.
    motion: Option<Motion>,
    decided: Vec<Ruled>,
    /// Notes in this batch whose messages are not here, by message.
    pub early: BTreeMap<EntryId, Vec<Note>>,
    pub fade_at: Option<Millis>,
    pub faded: Faded,
    /// Messages that go after they were read.
    pub vanishing: Vec<(EntryId, Option<MemberId>)>,
    pub undelivered: Vec<EntryId>,
    reclassed: BTreeMap<EntryId, Priority>,
    /// Runs that were several.
    merged: Vec<Run>,
    /// Runs that came: link, log, first, last.
    offered: Vec<Offered>,
    /// What is settled because its author is blocked.
    pub away: Vec<Away>,
    pub moved: Vec<Moved>,
    /// Branches of which nothing is left.
    pub spent: Vec<LogId>,
    /// Logs of which it is stored what was read.
    pub readings: BTreeSet<LogId>,
    /// Drafts whose entries have other names.
    pub renamed: Vec<(DraftId, EntryId)>,
}

/// Where batches stand.
#[derive(Default)]
pub struct Commits {
    next: u64,
    out: Option<Batch>,
    failures: u32,
    not_before: Millis,
    /// When it was last looked at what there is to store.
    tried: Millis,
    /// The store has to be read again before anything is written.
    pub reload: bool,
    /// The room's record has changed.
    pub record_dirty: bool,
    /// Own entries whose class is to be another, from the next batch on.
    pub reclassed: BTreeMap<EntryId, Priority>,
    /// Bodies that go.
    pub fades: Fades,
    /// What goes after it was read.
    pub vanishing: Vanishing,
    /// Small runs that become one.
    pub merges: Merges,
    /// When the next receipt is due.
    pub receipt_at: Option<Millis>,
    last_receipt: Option<Millis>,
}

impl Commits {
    /// When something has to be tried again, or a receipt is due once the store was read.
    #[must_use]
    pub fn deadline(&self, work: bool, open: bool) -> Option<Millis> {
        if self.out.is_some() {
            return None;
        }
        let retry = (self.failures > 0 && (work || self.reload)).then_some(self.not_before);
        // What could not be written then waits for something else than the store.
        let retry = retry.filter(|at| *at > self.tried);
        let receipt = self.receipt_at.filter(|_| open && !self.reload);
        // A store that has just failed is left alone, whatever is due.
        let receipt =
            receipt.map(|at| if self.failures > 0 { at.max(self.not_before) } else { at });
        [retry, receipt].into_iter().flatten().min()
    }

    /// True if the store may be used now: no batch is with it, and it has not just failed.
    #[must_use]
    pub fn may_begin(&self, now: Millis) -> bool {
        self.out.is_none() && (self.failures == 0 || now >= self.not_before)
    }

    /// True while a batch is with the store.
    #[must_use]
    pub fn is_out(&self) -> bool {
        self.out.is_some()
    }

    /// The entries that are with the store.
    pub fn staged(&self) -> impl Iterator<Item = (LogId, Seq, Seq)> {
        let runs = self.out.iter().flat_map(|batch| &batch.runs);
        runs.map(|run| (run.log, run.first, run.last()))
    }

    /// The counter of a register that is with the store, 0 if there is none.
    #[must_use]
    pub fn counter(&self, key: &RegisterKey) -> u64 {
        let registers = self.out.iter().flat_map(|batch| &batch.registers);
        registers.filter(|cell| cell.key() == *key).map(|cell| cell.counter).max().unwrap_or(0)
    }

    /// Up to which of its entries a run is vouched for by one that is being stored.
    #[must_use]
    pub fn vouched_to(&self, run: &Run) -> Option<Seq> {
        self.out.as_ref()?.logs.get(&run.log)?.vouched_to(run)
    }

    /// Waits a while before the store is used again, and what was refused is asked for again: up to
    /// a quarter less than the doubled wait, so that those who refused at once do not ask at once.
    /// `below` draws a number below another.
    fn hold_off(&mut self, now: Millis, below: impl FnOnce(Millis) -> Millis) {
        let most = if planted(Planted::CommitBackoffForever) { 20 } else { 5 };
        let doubled = limits::COMMIT_BACKOFF << self.failures.min(most);
        let doubled = if planted(Planted::CommitBackoffZero) { 1 } else { doubled };
        self.failures = self.failures.saturating_add(1);
        self.not_before = now + doubled - below(doubled / 4 + 1);
    }

    /// A receipt has something to say.
    pub fn owe_receipt(&mut self, now: Millis) {
        let earliest = self.last_receipt.map_or(now, |last| last + limits::RECEIPT_EVERY);
        self.owe_receipt_at(earliest.max(now));
    }

    /// A receipt is due then, if not earlier.
    pub fn owe_receipt_at(&mut self, at: Millis) {
        self.receipt_at = Some(self.receipt_at.map_or(at, |due| due.min(at)));
    }
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.ops.is_empty() && self.logs.is_empty() && self.credit.is_empty()
    }

    pub(super) fn stage<'a>(&'a mut self, log: &LogId, engine: &Engine) -> &'a mut LogState {
        let stored = || engine.logs.of(log).cloned().unwrap_or_default();
        self.logs.entry(*log).or_insert_with(stored)
    }

    /// A log that is a branch becomes known with its first run.
    pub(super) fn stage_branch(&mut self, branch: Branch, engine: &Engine) {
        let stored = || engine.logs.of(&branch.log()).cloned();
        let new = || stored().unwrap_or_else(|| LogState::of_branch(branch));
        self.logs.entry(branch.log()).or_insert_with(new);
    }

    /// Stores a run whose entries are held already.
    pub(super) fn put_bytes(&mut self, run: &Run, engine: &Engine) {
        let key = keys::run(&engine.room, &run.log, run.first);
        self.ops.push(StoreOp::Put(Table::Runs, key, run.bytes().to_vec()));
        let (_, lamport) = run.lamports();
        let key = keys::timeline(&engine.room, lamport, &run.log, run.first);
        let lost = planted(Planted::TimelineRecordMissing) && run.entries.len() > 1;
        let table = if lost { Table::State } else { Table::Timeline };
        self.ops.push(StoreOp::Put(table, key, run.last().to_be_bytes().to_vec()));
        self.strict = true;
    }

    fn put_run(&mut self, run: Run, engine: &Engine) {
        self.put_bytes(&run, engine);
        self.stage(&run.log, engine).insert(&run);
        self.runs.push(run);
    }
}

impl Engine {
    pub(super) fn has_work(&self) -> bool {
        self.is_open()
            && (!self.outbox.is_empty()
                || !self.inbox.is_empty()
                || self.members.is_dirty()
                || self.told.read.is_marked()
                || self.outbox.waits.is_dirty()
                || self.outbox.tray.is_dirty()
                || self.commits.fades.is_ready()
                || self.commits.fades.owes()
                || self.has_moves()
                || self.repairs.is_ready()
                || self.loads.decisions.is_ready()
                || !self.commits.reclassed.is_empty()
                || self.governance.has_motions()
                || self.commits.record_dirty)
    }

    /// Forms the next batch, if none is out and there is something to store.
    pub(super) fn form_batch(&mut self) {
        let now = self.now.mono;
        if !self.commits.may_begin(now) {
            return;
        }
        self.commits.tried = now;
        if self.commits.reload {
            self.commits.reload = false;
            return self.load();
        }
        if !self.is_open() {
            return;
        }
        let due = self.commits.receipt_at.is_some_and(|at| at <= now);
        if due && self.owes_refusals() {
            // It would tell that what came too late is held before anybody hears that it did.
            self.commits.receipt_at = Some(now + limits::REFUSE_EVERY);
        } else if due {
            self.commits.receipt_at = None;
            self.commits.last_receipt = Some(now);
            self.publish_receipt();
        }
        let mut batch = Batch::default();
        if !self.has_work() {
            if self.may_merge() {
                self.stage_merges(&mut batch);
            }
            if !batch.is_empty() {
                self.commit(batch);
            }
            return;
        }
        self.commits.merges.give_way();
        self.stage_repairs(&mut batch);
        self.stage_found_decisions(&mut batch);
        self.stage_moves(&mut batch);
        self.stage_motion(&mut batch);
        self.stage_drafts(&mut batch);
        self.stage_runs(&mut batch);
        self.stage_fades(&mut batch);
        self.stage_outbox(&mut batch);
        self.stage_acquaintances(&mut batch);
        self.stage_records(&mut batch);
        self.stage_readings(&mut batch);
        if batch.is_empty() {
            // What was said was about nothing any more.
            return;
        }
        self.commit(batch);
    }

    fn commit(&mut self, mut batch: Batch) {
        for (log, state) in &batch.logs {
            let key = keys::log(&self.room, log);
            batch.ops.push(if batch.spent.contains(log) {
                StoreOp::Delete(Table::Projections, key)
            } else {
                let value = checked::seal(&key, state.encode());
                StoreOp::Put(Table::Projections, key, value)
            });
        }
        let id = BatchId(self.commits.next);
        self.commits.next += 1;
        batch.id = Some(id);
        let ops = std::mem::take(&mut batch.ops);
        #[cfg(feature = "simulation")]
        self.leak(&batch.logs, &batch.runs);
        let strict = batch.strict && !planted(Planted::RelaxedDurability);
        let durability = if strict { Durability::Strict } else { Durability::Relaxed };
        self.commits.out = Some(batch);
        self.out.push_back(Output::Commit { batch: id, ops, durability });
    }

    /// Stages a run that fits, and the notes in it.
    pub(super) fn stage_whole(&mut self, batch: &mut Batch, run: Run) {
        batch.put_run(run, self);
        if let Some(run) = batch.runs.pop() {
            self.stage_notes(batch, &run);
            self.stage_decided(batch, &run);
            batch.runs.push(run);
        }
    }

    fn stage_records(&mut self, batch: &mut Batch) {
        if self.told.late_news && !self.owes_refusals() {
            self.told.late_news = false;
            self.publish_receipt();
        }
        for register in self.inbox.take_registers() {
            if self.registers.wants(&register) {
                batch.strict |= register.member == self.own.member;
                let key = keys::register(&self.room, &register.key());
                let value = register.bytes().to_vec();
                batch.ops.push(StoreOp::Put(Table::Projections, key, value));
                batch.registers.push(register);
            } else if self.registers.counter(&register.key()) == register.counter {
                // A commit of unknown outcome had stored it: it comes into force now.
                self.on_register_stored(&register);
            }
        }
        batch.moved.iter().for_each(|moved| self.members.touch(&moved.log));
        for (id, mut member) in self.members.take_dirty() {
            // By the names that entries have once this is stored.
            batch.moved.iter().for_each(|moved| moved.rename_in(&mut member));
            let key = keys::member(&self.room, &id);
            let value = checked::seal(&key, member.encode());
            batch.ops.push(StoreOp::Put(Table::Projections, key, value));
            batch.members.push(id);
            batch.strict = true;
        }
        batch.reclassed = std::mem::take(&mut self.commits.reclassed);
        for (entry, class) in batch.reclassed.clone() {
            batch.stage(&entry.log, self).reclass(entry.seq, class);
            batch.strict = true;
        }
        if std::mem::take(&mut self.commits.record_dirty) {
            batch.ops.push(StoreOp::Put(Table::Rooms, self.record.key(), self.record.encode()));
            batch.ops.extend(self.shelf_op());
        }
    }

    pub(super) fn on_committed(&mut self, id: BatchId) {
        let Some(batch) = self.commits.out.take_if(|batch| batch.id == Some(id)) else { return };
        self.commits.failures = 0;
        for (log, state) in &batch.logs {
            self.pass_on_branch(log, state);
            // More is shown than came: it is read like everything that is stored.
            let before = self.logs.of(log).map_or(0, LogState::unshown);
            self.commits.reload |= state.unshown() < before;
            self.logs.put(*log, state.clone());
            self.know(log.member);
        }
        for (draft, entry) in &batch.drafts {
            self.outbox.remember(*draft, *entry);
            self.outbox.waits.settle(draft);
            self.outbox.traces.note(*entry, self.now.wall, Passage::Saved);
        }
        self.outbox.waits.stored();
        for draft in batch.items.iter().flatten() {
            self.outbox.drop_taken(draft);
            if !draft.act.says() {
                self.out.push_back(Output::Event(Event::Stored(draft.id)));
            }
        }
        self.charge(&batch.runs);
        for run in &batch.runs {
            self.cache.put(run.log, run.first, run.last(), run.bytes());
            self.wants.stored(&run.log);
            self.commits.merges.note(run, self.now.mono);
            self.forks.note(run.log, run.last(), run.head());
        }
        for (entry, class) in batch.reclassed {
            let row = self.timeline.reclass(&entry, class);
            self.out.extend(row.map(|row| Output::Event(Event::Rows(vec![row]))));
        }
        batch.renamed.iter().for_each(|(draft, entry)| self.outbox.rename(*draft, *entry));
        self.on_merged(batch.merged);
        self.on_moved(&batch.moved);
        self.on_decided(batch.decided);
        batch.spent.iter().for_each(|log| self.logs.remove(log));
        batch.runs.iter().for_each(|run| self.absorb(run));
        batch.logs.keys().for_each(|log| self.meet_log(log));
        self.on_shared(&batch.shared);
        self.surface(&batch.runs);
        self.on_noted(batch.notes);
        batch.fade_at.into_iter().for_each(|at| self.commits.fades.expect(at));
        self.on_faded(batch.faded);
        self.on_vanishing_stored(&batch.vanishing);
        self.read_groups(&batch.runs);
        for register in batch.registers {
            self.registers.put(register.clone());
            self.on_register_stored(&register);
        }
        self.release(&batch.credit);
        for log in batch.logs.keys() {
            self.tell_log(log, batch.suppliers.get(log));
            self.weigh_again(log);
        }
        self.wants_stale = true;
        if self.loads.is_open() && !self.commits.reload {
            self.obey_early();
        }
    }

    /// The store has failed: it is left alone for a while.
    pub(super) fn hold_off(&mut self) {
        let random = &mut self.random;
        self.commits.hold_off(self.now.mono, |most| random.below(most));
    }

    pub(super) fn on_commit_failed(&mut self, id: BatchId, fault: StoreFault) {
        let Some(batch) = self.commits.out.take_if(|batch| batch.id == Some(id)) else { return };
        self.hold_off();
        mark(Mark::CommitFailed);
        self.commits.reload = !planted(Planted::UnknownCommitTrusted);
        self.commits.record_dirty = true;
        self.on_move_failed(&batch.moved);
        self.on_motion_failed(batch.motion);
        if !planted(Planted::FailedCommitDropped) {
            self.outbox.put_back(batch.items);
        }
        for (entry, class) in batch.reclassed {
            self.commits.reclassed.entry(entry).or_insert(class);
        }
        self.commits.fades.not_stored(batch.faded);
        self.outbox.waits.not_stored();
        self.outbox.tray.mark_dirty(batch.undelivered);
        if fault == StoreFault::Full {
            self.refuse_runs(&batch.offered, refusal::NO_SPACE);
        }
        for register in batch.registers {
            self.inbox.put_register(register);
        }
        self.members.mark_dirty(batch.members);
        self.told.read.mark_dirty(batch.readings);
        self.inbox.put_away(batch.away);
        // What came is dropped, unacknowledged: it is asked for again.
        self.release(&batch.credit);
        self.wants_stale = true;
        self.trouble(Trouble::Store(fault));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::random::Random;

    #[test]
    fn the_wait_after_a_failure_doubles_up_to_half_a_minute_less_a_quarter_at_most_by_chance() {
        let mut random = Random::new([1; 32]);
        let mut waits: Vec<Vec<Millis>> = vec![Vec::new(); 9];
        for _ in 0..200 {
            let mut commits = Commits::default();
            for waits in &mut waits {
                commits.hold_off(1_000, |most| random.below(most));
                assert!(!commits.may_begin(commits.not_before - 1));
                assert!(commits.may_begin(commits.not_before));
                waits.push(commits.not_before - 1_000);
            }
        }
        for (failures, waits) in waits.iter().enumerate() {
            let doubled = (limits::COMMIT_BACKOFF << failures).min(limits::COMMIT_BACKOFF_MAX);
            let (least, most) = (waits.iter().min().copied(), waits.iter().max().copied());
            let (least, most) = (least.unwrap_or(0), most.unwrap_or(0));
            assert!(least >= doubled * 3 / 4 && most <= doubled, "{least} to {most}");
            assert!(most - least > doubled / 5, "no chance in {least} to {most}");
        }
    }
}
