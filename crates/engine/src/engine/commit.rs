//! Batches: what was said and what came becomes part of the room, all of it or nothing.
//!
//! ```text
//!  outbox ─┐                                          ┌─► Have to peers: the acknowledgement (I1)
//!  inbox ──┼─► form_batch ─► Commit ─► on_committed ──┼─► rows: saved, received
//!  members ┘    (staged)                              └─► links: only now may it leave (I2)
//! ```
//! One batch is out at a time and what arrives meanwhile forms the next (group commit). Nothing is
//! visible before the commit; if it fails, the truth is read again from the store.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::{Engine, keys};
use crate::ids::{EntryHash, EntryId, LinkId, LogId, MemberId};
use crate::io::{BatchId, Durability, Millis, Output, StoreFault, StoreOp, Table};
use crate::limits;
use crate::log::entry::{Content, Header, Kind, Place, body_hash};
use crate::log::ranges::RangeSet;
use crate::log::run::{Run, Start, Unsigned};
use crate::log::{LogError, LogState};
use crate::queue::Class;
use crate::register::Register;
use crate::view::{Draft, Priority, Trouble};

/// Bytes that a sealed body and its header take besides the text, at most.
const ENTRY_OVERHEAD: usize = 256;

/// A batch that is with the store.
#[derive(Default)]
struct Batch {
    id: Option<BatchId>,
    ops: Vec<StoreOp>,
    strict: bool,
    logs: BTreeMap<LogId, LogState>,
    runs: Vec<Run>,
    drafts: Vec<(Draft, EntryId)>,
    credit: Vec<(LinkId, Class, usize)>,
    suppliers: BTreeMap<LogId, BTreeSet<LinkId>>,
    registers: Vec<Register>,
    members: Vec<MemberId>,
}

/// Where batches stand.
#[derive(Default)]
pub struct Commits {
    next: u64,
    out: Option<Batch>,
    failures: u32,
    not_before: Millis,
    /// The store has to be read again before anything is written.
    pub reload: bool,
    /// The room's record has changed.
    pub record_dirty: bool,
    /// When the next receipt is due.
    pub receipt_at: Option<Millis>,
    last_receipt: Option<Millis>,
}

impl Commits {
    /// When something has to be tried again, or a receipt is due.
    #[must_use]
    pub fn deadline(&self, work: bool) -> Option<Millis> {
        let retry = self.out.is_none() && self.failures > 0 && (work || self.reload);
        let retry = retry.then_some(self.not_before);
        let receipt = self.receipt_at.filter(|_| self.out.is_none() && !self.reload);
        [retry, receipt].into_iter().flatten().min()
    }

    /// Waits a while before the store is used again.
    pub fn hold_off(&mut self, now: Millis) {
        let doubled = limits::COMMIT_BACKOFF << self.failures.min(6);
        self.failures = self.failures.saturating_add(1);
        self.not_before = now + doubled;
    }

    /// A receipt has something to say.
    pub fn owe_receipt(&mut self, now: Millis) {
        let earliest = self.last_receipt.map_or(now, |last| last + limits::RECEIPT_EVERY);
        self.receipt_at.get_or_insert(earliest.max(now));
    }
}

impl Batch {
    fn stage<'a>(&'a mut self, log: &LogId, engine: &Engine) -> &'a mut LogState {
        let stored = || engine.logs.of(log).cloned().unwrap_or_default();
        self.logs.entry(*log).or_insert_with(stored)
    }

    fn put_run(&mut self, run: Run, engine: &Engine) {
        let key = keys::run(&engine.room, &run.log, run.first);
        self.ops.push(StoreOp::Put(Table::Runs, key, run.bytes().to_vec()));
        let (_, lamport) = run.lamports();
        let key = keys::timeline(&engine.room, lamport, &run.log, run.first);
        self.ops.push(StoreOp::Put(Table::Timeline, key, run.last().to_be_bytes().to_vec()));
        self.stage(&run.log, engine).insert(&run);
        self.strict = true;
        self.runs.push(run);
    }
}

impl Engine {
    pub(super) fn has_work(&self) -> bool {
        self.is_open()
            && (!self.outbox.is_empty()
                || !self.inbox.is_empty()
                || self.members.is_dirty()
                || self.commits.record_dirty)
    }

    /// Forms the next batch, if none is out and there is something to store.
    pub(super) fn form_batch(&mut self) {
        let now = self.now.mono;
        if self.commits.out.is_some()
            || (self.commits.failures > 0 && now < self.commits.not_before)
        {
            return;
        }
        if self.commits.reload {
            self.commits.reload = false;
            return self.load();
        }
        if !self.is_open() {
            return;
        }
        if self.commits.receipt_at.is_some_and(|at| at <= now) {
            self.commits.receipt_at = None;
            self.commits.last_receipt = Some(now);
            self.publish_receipt();
        }
        if !self.has_work() {
            return;
        }
        let mut batch = Batch::default();
        self.stage_drafts(&mut batch);
        self.stage_runs(&mut batch);
        self.stage_records(&mut batch);
        self.commit(batch);
    }

    fn commit(&mut self, mut batch: Batch) {
        for (log, state) in &batch.logs {
            let value = postcard::to_allocvec(state).unwrap_or_default();
            let key = keys::log(&self.room, log);
            batch.ops.push(StoreOp::Put(Table::Projections, key, value));
        }
        let id = BatchId(self.commits.next);
        self.commits.next += 1;
        batch.id = Some(id);
        let ops = std::mem::take(&mut batch.ops);
        let durability = if batch.strict { Durability::Strict } else { Durability::Relaxed };
        self.commits.out = Some(batch);
        self.out.push_back(Output::Commit { batch: id, ops, durability });
    }

    fn stage_drafts(&mut self, batch: &mut Batch) {
        let mut bytes = limits::BATCH_BYTES;
        for priority in Priority::ALL {
            let mut drafts = self.outbox.take(priority, &mut bytes).into_iter().peekable();
            while drafts.peek().is_some() {
                let mut room = limits::RUN_BYTES;
                let mut run = Vec::new();
                while let Some(draft) = drafts.next_if(|draft| {
                    run.len() < limits::RUN_ENTRIES && draft.text.len() + ENTRY_OVERHEAD <= room
                }) {
                    room -= draft.text.len() + ENTRY_OVERHEAD;
                    run.push(draft);
                }
                self.append(batch, priority, run);
            }
        }
    }

    /// Appends drafts to the own log, as one run.
    fn append(&mut self, batch: &mut Batch, class: Priority, drafts: Vec<Draft>) {
        let own = self.own;
        let head = batch.stage(&own, self).head();
        let (first, previous, mut lamport) = match head {
            Some((seq, hash, lamport)) => (seq + 1, hash, lamport),
            None => (0, EntryHash::NONE, 0),
        };
        // Nobody can push this log's Lamport time further than one step allows.
        let most = lamport + limits::LAMPORT_STEP - limits::LAMPORT_STEP / 2;
        lamport = lamport.max(self.logs.clock().min(most));
        let mut unsigned = Vec::with_capacity(drafts.len());
        for (seq, draft) in (first..).zip(drafts) {
            lamport += 1;
            unsigned.push(self.seal(class, seq, lamport, &draft));
            let key = keys::draft(&self.room, &own, seq);
            batch.ops.push(StoreOp::Put(Table::State, key, draft.id.0.to_vec()));
            if let Some(old) = seq.checked_sub(limits::REMEMBERED_DRAFTS as u64) {
                let key = keys::draft(&self.room, &own, old);
                batch.ops.push(StoreOp::Delete(Table::State, key));
            }
            batch.drafts.push((draft, EntryId { log: own, seq }));
        }
        let (room, epoch) = (self.room, self.epoch);
        let start = Start { room, log: own, first, previous, epoch, class };
        let run = Run::sign(&start, unsigned, &self.keypair);
        batch.put_run(run, self);
    }

    fn seal(&mut self, class: Priority, seq: u64, lamport: u64, draft: &Draft) -> Unsigned {
        let place = Place { room: &self.room, log: &self.own, seq, epoch: &self.epoch, class };
        let content = Content::Text(draft.text.clone());
        let body = place.seal_body(Kind::MESSAGE, lamport, &content, &self.keys, &mut self.random);
        let header = Header {
            kind: Kind::MESSAGE,
            lamport,
            wall: self.now.wall,
            expiry: None,
            target: None,
            group: None,
            body_len: u32::try_from(body.len()).unwrap_or(u32::MAX),
            body_hash: body_hash(&body),
        };
        Unsigned { header, body }
    }

    fn stage_runs(&mut self, batch: &mut Batch) {
        for incoming in self.inbox.take() {
            batch.credit.push((incoming.link, incoming.class, incoming.bytes));
            let (log, member) = (incoming.run.log, self.member_of(incoming.link));
            match self.stage_run(batch, incoming.run) {
                Ok(()) => {
                    batch.suppliers.entry(log).or_default().insert(incoming.link);
                }
                Err(error) => {
                    self.trouble(Trouble::Peer { member, what: error.to_string() });
                }
            }
        }
    }

    fn stage_run(&self, batch: &mut Batch, run: Run) -> Result<(), LogError> {
        let known = self.logs.of(&run.log).is_some() || batch.logs.contains_key(&run.log);
        if !known && self.logs.count() + batch.logs.len() >= limits::LOGS {
            return Err(LogError::Logs);
        }
        let state = batch.stage(&run.log, self);
        match state.fit(&run) {
            Ok(new) if new.is_empty() => Ok(()),
            Ok(new) => {
                // What is held already at its beginning is left out; the rest is a run again.
                let first = new.first().unwrap_or(run.first);
                let suffix = new.ranges().len() == 1 && new.last() == Some(run.last());
                let run = if suffix { run.suffix(first) } else { run };
                batch.put_run(run, self);
                Ok(())
            }
            Err(error @ (LogError::Fork | LogError::Lamport)) => {
                // Settled: nobody is asked for it again.
                let mut new = RangeSet::of(run.first, run.last());
                new.subtract(&state.held());
                for (first, last) in new.ranges() {
                    state.refuse(*first, *last, refusal(error));
                }
                batch.strict = true;
                Err(error)
            }
            Err(error @ (LogError::Gaps | LogError::Logs)) => Err(error),
        }
    }

    fn stage_records(&mut self, batch: &mut Batch) {
        for register in self.inbox.take_registers() {
            if self.registers.wants(&register) {
                batch.strict |= register.member == self.own.member;
                let key = keys::register(&self.room, &register.key());
                let value = register.bytes().to_vec();
                batch.ops.push(StoreOp::Put(Table::Projections, key, value));
                batch.registers.push(register);
            }
        }
        for (id, member) in self.members.take_dirty() {
            let value = postcard::to_allocvec(&member).unwrap_or_default();
            let key = keys::member(&self.room, &id);
            batch.ops.push(StoreOp::Put(Table::Projections, key, value));
            batch.members.push(id);
            batch.strict = true;
        }
        if std::mem::take(&mut self.commits.record_dirty) {
            let (key, value) = (self.record.key(), self.record.encode());
            batch.ops.push(StoreOp::Put(Table::Rooms, key, value));
        }
    }

    pub(super) fn on_committed(&mut self, id: BatchId) {
        let Some(batch) = self.commits.out.take_if(|batch| batch.id == Some(id)) else { return };
        self.commits.failures = 0;
        for (log, state) in &batch.logs {
            self.logs.put(*log, state.clone());
            self.know(log.member);
        }
        for (draft, entry) in &batch.drafts {
            self.outbox.settle(draft, *entry);
        }
        for run in &batch.runs {
            self.cache.put(run.log, run.first, run.last(), run.bytes());
        }
        self.surface(&batch.runs);
        for register in batch.registers {
            self.registers.put(register.clone());
            self.on_register_stored(&register);
        }
        self.release(&batch.credit);
        for log in batch.logs.keys() {
            self.tell_log(log, batch.suppliers.get(log));
        }
        self.wants_stale = true;
    }

    pub(super) fn on_commit_failed(&mut self, id: BatchId, fault: StoreFault) {
        let Some(batch) = self.commits.out.take_if(|batch| batch.id == Some(id)) else { return };
        self.commits.hold_off(self.now.mono);
        self.commits.reload = true;
        self.commits.record_dirty = true;
        self.outbox.put_back(batch.drafts.into_iter().map(|(draft, _)| draft).collect());
        for register in batch.registers {
            self.inbox.put_register(register);
        }
        self.members.mark_dirty(batch.members);
        // What came is dropped, unacknowledged: it is asked for again.
        self.release(&batch.credit);
        self.wants_stale = true;
        self.trouble(Trouble::Store(fault));
    }
}

/// The reason of a settled seq, as a number on the wire.
fn refusal(error: LogError) -> u8 {
    match error {
        LogError::Fork => 1,
        LogError::Lamport => 2,
        LogError::Gaps | LogError::Logs => 3,
    }
}
