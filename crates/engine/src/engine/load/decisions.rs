//! Decisions whose records cannot be read, or have no check: the runs are looked through for what
//! was decided, and it is stored again.
//!
//! Who is in the room has to be known before anything else is, so the start waits for that. It
//! takes as long as all runs take to be read, and happens after damage, and once with what an older
//! build has stored.

use std::collections::BTreeSet;

use crate::engine::commit::Batch;
use crate::engine::load::Purpose;
use crate::engine::{Engine, keys};
use crate::ids::EntryHash;
use crate::io::{Record, StoreOp, Table};
use crate::limits;
use crate::log::run::Run;
use crate::members::membership::Ruled;

/// Runs that are read at once.
const RUNS: u32 = 64;

/// The search, and the records that it found, to be stored again.
#[derive(Debug, Default)]
pub struct Decisions {
    /// The record of a decision could not be read.
    pub lost: bool,
    /// What records say that have no check: it counts where no run says anything else.
    pub unchecked: Vec<Ruled>,
    found: Vec<Record>,
}

impl Decisions {
    /// True if there is something to store.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !self.found.is_empty()
    }
}

impl Engine {
    /// All records are read: decisions are looked for if one was lost or has no check.
    pub(super) fn find_decisions(&mut self) {
        let lost = std::mem::take(&mut self.loads.decisions.lost);
        if lost || !self.loads.decisions.unchecked.is_empty() {
            self.scan_decisions(keys::whole_room(&self.room).0);
        } else {
            self.end_decisions();
        }
    }

    fn scan_decisions(&mut self, from: Vec<u8>) {
        let to = keys::whole_room(&self.room).1;
        self.scan(Purpose::Decisions, Table::Runs, (from, to), false, RUNS);
    }

    pub(super) fn on_decision_runs(&mut self, records: &[Record]) {
        let read = self.governance.read.iter();
        let mut known: BTreeSet<EntryHash> = read.map(|ruled| ruled.hash).collect();
        for (_, bytes) in records {
            // What cannot be read either is repaired when it is its turn.
            let Ok(run) = Run::verify(&self.room, bytes) else { continue };
            for (ruled, record) in self.decisions_in(&run) {
                let most = limits::DECISIONS + limits::DECISIONS_WAITING;
                if known.len() < most && known.insert(ruled.hash) {
                    self.governance.read.push(ruled);
                    self.loads.decisions.found.push(record);
                }
            }
        }
        match records.last() {
            Some((key, _)) if u32::try_from(records.len()).is_ok_and(|count| count >= RUNS) => {
                let mut from = key.clone();
                from.push(0);
                self.scan_decisions(from);
            }
            Some(_) | None => self.end_decisions(),
        }
    }

    fn end_decisions(&mut self) {
        for ruled in std::mem::take(&mut self.loads.decisions.unchecked) {
            let found = self.governance.read.iter().find(|read| read.hash == ruled.hash);
            match found.map(|found| *found == ruled) {
                Some(true) => {}
                Some(false) => self.damaged(Table::Projections),
                None => self.governance.read.push(ruled),
            }
        }
        self.on_decisions_read();
        self.load_readings();
    }

    /// What was found is stored again.
    pub(in crate::engine) fn stage_found_decisions(&mut self, batch: &mut Batch) {
        let found = std::mem::take(&mut self.loads.decisions.found).into_iter();
        batch.ops.extend(found.map(|(key, value)| StoreOp::Put(Table::Projections, key, value)));
    }
}
