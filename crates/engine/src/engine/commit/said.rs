//! What was said goes into a batch: as runs at the end of the own log, each of one class.

use crate::engine::commit::Batch;
use crate::engine::say::Prepared;
use crate::engine::{Engine, keys};
use crate::ids::{EntryHash, EntryId, Seq};
use crate::io::{StoreOp, Table};
use crate::limits;
use crate::log::entry::Group;
use crate::log::run::{Run, Start, Unsigned};
use crate::simulation::{Planted, planted};
use crate::view::{Draft, Priority};

/// Bytes that a sealed body and its header take besides the text, at most.
const ENTRY_OVERHEAD: usize = 256;
/// Bytes that a run takes besides its entries, at most: its log, place, epoch and signature.
const RUN_OVERHEAD: usize = 512;
/// Bytes of the lengths of a header and a body in a run, at most.
const FRAMING: usize = 8;

impl Engine {
    pub(super) fn stage_drafts(&mut self, batch: &mut Batch) {
        // What is said beside a decision might be sealed in an epoch that ends with it.
        let may = batch.motion.is_none() && self.may_seal();
        if self.outbox.is_empty() || !may || !self.may_write() {
            return;
        }
        let mut bytes = limits::BATCH_BYTES;
        for mut priority in Priority::ALL {
            if planted(Planted::UrgentLastInBatch) {
                priority = Priority::ALL[2 - usize::from(priority.number())];
            }
            let world = (&self.timeline, &self.logs);
            let ready = |draft: &Draft| self.distant.is_ready(draft, world);
            let items = self.outbox.take(priority, &mut bytes, ready);
            let mut room = limits::RUN_BYTES;
            let mut run: Vec<Prepared> = Vec::new();
            for item in items {
                let (drafts, item) = self.prepare(item);
                batch.items.extend((!drafts.is_empty()).then_some(drafts));
                let alone = item.iter().chain(&run).any(Prepared::is_fleeting);
                let size = item.iter().map(|one| one.bytes() + ENTRY_OVERHEAD).sum::<usize>();
                if alone || size > room || run.len() + item.len() > limits::RUN_ENTRIES {
                    self.append(batch, priority, std::mem::take(&mut run));
                    room = limits::RUN_BYTES;
                }
                room = room.saturating_sub(size);
                run.extend(item);
            }
            self.append(batch, priority, run);
        }
        self.distant.forget_used();
    }

    /// Where the own log goes on: the next place, the hash before it, and the Lamport time.
    pub(super) fn own_end(&mut self, batch: &mut Batch) -> (Seq, EntryHash, u64) {
        let head = batch.stage(&self.own, self).head();
        let (first, previous, mut lamport) = match head {
            Some((seq, hash, lamport)) => (seq + 1, hash, lamport),
            None => (0, self.last_words(), 0),
        };
        self.life.write();
        // Nobody can push this log's Lamport time further than one step allows.
        let most = lamport + limits::LAMPORT_STEP - limits::LAMPORT_STEP / 2;
        if !planted(Planted::LamportNotAdvanced) {
            lamport = lamport.max(self.logs.clock().min(most));
        }
        (first, previous, lamport)
    }

    /// Appends drafts to the own log: as one run, or as several if one does not hold them. That
    /// happens to what is seen together only, which each of them says.
    fn append(&mut self, batch: &mut Batch, class: Priority, said: Vec<Prepared>) {
        if said.is_empty() {
            return;
        }
        let own = self.own;
        let (first, previous, mut lamport) = self.own_end(batch);
        let mut unsigned = Vec::with_capacity(said.len());
        let mut group: Option<Group> = None;
        for (seq, one) in (first..).zip(said) {
            lamport += 1;
            group = match one.together() {
                Some(count) => Some(Group { first: seq, count }),
                None => group.filter(|group| seq < group.first + u64::from(group.count)),
            };
            unsigned.extend(self.seal((class, seq, lamport), &one, group.clone()));
            let (key, id) = (keys::draft(&self.room, &own, seq), one.id());
            if !planted(Planted::DraftIdNotStored) {
                batch.ops.push(StoreOp::Put(Table::State, key, id.0.to_vec()));
            }
            if self.outbox.waits.contains(&id) {
                let key = keys::waiting(&self.room, &id);
                batch.ops.push(StoreOp::Delete(Table::State, key));
            }
            if let Some(old) = seq.checked_sub(limits::REMEMBERED_DRAFTS as u64) {
                let key = keys::draft(&self.room, &own, old);
                batch.ops.push(StoreOp::Delete(Table::State, key));
            }
            batch.drafts.push((id, EntryId { log: own, seq }));
        }
        let (room, epoch) = (self.room, self.ring.current());
        let mut start = Start { room, log: own, first, previous, epoch, class };
        for unsigned in in_runs(unsigned) {
            let run = Run::sign(&start, unsigned, &self.keypair);
            (start.first, start.previous) = (run.last() + 1, run.head());
            self.stage_whole(batch, run);
        }
    }
}

/// Entries in as many parts as there have to be for each to fit into a run.
fn in_runs(entries: Vec<Unsigned>) -> Vec<Vec<Unsigned>> {
    let mut parts = vec![Vec::new()];
    let mut room = limits::RUN_BYTES - RUN_OVERHEAD;
    for entry in entries {
        let size = entry.header.encode().len() + entry.body.len() + FRAMING;
        if size > room {
            parts.push(Vec::new());
            room = limits::RUN_BYTES - RUN_OVERHEAD;
        }
        room = room.saturating_sub(size);
        if let Some(part) = parts.last_mut() {
            part.push(entry);
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}
