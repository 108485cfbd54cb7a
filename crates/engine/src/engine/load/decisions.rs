//! Decisions whose records cannot be read, or have no check, or for which there was no place: the
//! runs are looked through for what was decided, and it is stored again.
//!
//! Who is in the room has to be known before anything else is, so the start waits for that. It
//! takes as long as all runs take to be read, and happens after damage, once with what an older
//! build has stored, and while somebody without authority has taken all places that there are for
//! its like.

use std::collections::BTreeSet;

use crate::engine::commit::Batch;
use crate::engine::load::Purpose;
use crate::engine::{Engine, keys};
use crate::ids::EntryHash;
use crate::io::{Record, StoreOp, Table};
use crate::limits;
use crate::log::run::Run;
use crate::members::membership::{Ruled, Standing};

/// Runs that are read at once.
const RUNS: u32 = 64;
/// How often all runs are looked through at one start: what is found may give others authority.
const PASSES: u8 = 4;

/// The search, and the records that it found, to be stored again.
#[derive(Debug, Default)]
pub struct Decisions {
    /// The record of a decision could not be read.
    pub lost: bool,
    /// What records say that have no check: it counts where no run says anything else.
    pub unchecked: Vec<Ruled>,
    found: Vec<Record>,
    passes: u8,
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
            self.begin_search();
        } else {
            self.end_decisions();
        }
    }

    fn begin_search(&mut self) {
        self.loads.decisions.passes += 1;
        self.governance.left_out = false;
        self.scan_decisions(keys::whole_room(&self.room).0);
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
                let place = self.governance.membership.has_place(&ruled, &self.governance.read);
                if !place {
                    self.governance.left_out = true;
                } else if known.insert(ruled.hash) {
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
        let before = self.governance.membership.standing().promoted.len();
        self.on_decisions_read();
        if self.looks_again(before) {
            return self.begin_search();
        }
        self.load_readings();
    }

    /// True if all runs are looked through for what found no place: once if there may be such, and
    /// again when others than before have authority.
    fn looks_again(&self, promoted: usize) -> bool {
        let (passes, governance) = (self.loads.decisions.passes, &self.governance);
        let (membership, left_out) = (&governance.membership, governance.left_out);
        let news = membership.standing().promoted.len() > promoted;
        let first = passes == 0 && (left_out || membership.is_crowded());
        first || (passes < PASSES && left_out && news)
    }

    /// What found no place is looked for again in what is stored: it may be of somebody who has
    /// authority by now, or be named by somebody who has.
    pub(in crate::engine) fn look_again(&mut self, before: &Standing) {
        let governance = &mut self.governance;
        let promoted = governance.membership.standing().promoted != before.promoted;
        let due = governance.looked.is_none_or(|at| at + limits::DECISIONS_AGAIN <= self.now.mono);
        let why = promoted || (due && governance.membership.lacks_some());
        if why && (governance.left_out || governance.membership.is_crowded()) {
            governance.looked = Some(self.now.mono);
            self.commits.reload = true;
        }
    }

    /// What was found is stored again.
    pub(in crate::engine) fn stage_found_decisions(&mut self, batch: &mut Batch) {
        let found = std::mem::take(&mut self.loads.decisions.found).into_iter();
        batch.ops.extend(found.map(|(key, value)| StoreOp::Put(Table::Projections, key, value)));
    }
}
