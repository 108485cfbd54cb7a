//! Bodies that go: their time is over, or their author has deleted them. The entry stays, and so
//! does the chain of its log.
//!
//! ```text
//!  entry with an expiry ─┐ 'x' records, by time     due ─► list ─► its run ─► without the body
//!  deletion (time 0) ────┘                           one transaction: the run; the record goes
//! ```
//! The records are read when they are due and a few at a time, so a million messages that expire
//! next year cost no memory. A crash in between leaves the record: the work is done again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::engine::commit::Batch;
use crate::engine::load::Purpose;
use crate::engine::{Engine, keys};
use crate::ids::{EntryHash, EntryId, MemberId};
use crate::io::{Millis, Output, Record, StoreOp, Table};
use crate::limits;
use crate::log::entry::Kind;
use crate::log::run::Run;
use crate::outbox::tray::Refused;
use crate::simulation::{Mark, Planted, mark, planted};
use crate::timeline::notes::Note;
use crate::view::{Body, Event, FailureReason, Passage, Row, RowState};

/// Bodies to be removed, read a few at a time.
#[derive(Debug, Default)]
pub struct Fades {
    /// When the next body goes; 0 also if that is not known.
    next: Option<Millis>,
    /// True while the list or a run is being read, or the batch is with the store.
    busy: bool,
    todo: VecDeque<Fade>,
    runs: BTreeMap<Vec<u8>, Run>,
    records: Vec<Vec<u8>>,
    gone: Vec<Fade>,
    /// The hashes of what was deleted: in a log that forks another message may have the name.
    deleted: BTreeSet<EntryHash>,
    /// Bodies found that go: to be stored as such, with the moment.
    owed: BTreeMap<EntryId, Owed>,
}

/// When a body goes, and the version that is meant, if one alone is.
type Owed = (Millis, Option<EntryHash>);

/// One body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fade {
    at: Millis,
    entry: EntryId,
    /// The version that is meant, if one alone is: in a log that forks another may have its place.
    of: Option<EntryHash>,
}

impl Fades {
    /// A body goes at this moment.
    pub fn expect(&mut self, at: Millis) {
        if self.next.is_some_and(|next| at < next) {
            mark(Mark::GoesSooner);
        }
        let head = planted(Planted::ExpiryOnlyAtHead);
        self.next = Some(self.next.map_or(at, |next| if head { next } else { next.min(at) }));
    }

    /// A body was found that goes at this moment; 0 if it should be gone. If a version is named, no
    /// other goes.
    pub fn owe(&mut self, entry: EntryId, at: Millis, of: Option<EntryHash>) {
        self.owed.insert(entry, (at, of));
    }

    /// True if bodies were found that should be gone.
    #[must_use]
    pub fn owes(&self) -> bool {
        !self.owed.is_empty()
    }

    /// The store is read again: what was under way is forgotten, and found again.
    pub fn reset(&mut self) {
        let owed = std::mem::take(&mut self.owed);
        *self = Fades { next: Some(0), owed, ..Fades::default() };
    }

    /// What was given to the store may be stored or not. If it is, nothing there says any more that
    /// these bodies go, and nobody was told that they are gone: it is all done again.
    pub fn not_stored(&mut self, faded: Faded) {
        self.owed.extend(faded.owed);
        self.owed.extend(faded.gone.into_iter().map(|Fade { at, entry, of }| (entry, (at, of))));
    }

    /// When the next body goes, in milliseconds since 1970, if nothing is under way.
    #[must_use]
    pub fn next(&self) -> Option<Millis> {
        self.next.filter(|_| !self.busy)
    }

    /// True while runs are changed.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.busy
    }

    /// True if runs without their bodies are ready to be stored.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.busy && self.todo.is_empty() && !self.records.is_empty()
    }
}

/// What the store changes when bodies go.
#[derive(Default)]
pub struct Faded {
    /// True if there is anything: what is being read for the next batch is not touched otherwise.
    staged: bool,
    runs: Vec<Run>,
    gone: Vec<Fade>,
    /// Bodies found that go, of which note was taken in the batch.
    owed: BTreeMap<EntryId, Owed>,
}

impl Engine {
    pub(super) fn stage_fade(&mut self, batch: &mut Batch, at: Millis, entry: &EntryId) {
        self.stage_fade_of(batch, (at, None), entry);
    }

    fn stage_fade_of(&mut self, batch: &mut Batch, (at, of): Owed, entry: &EntryId) {
        let key = keys::fade(&self.room, at, entry);
        let value = of.map_or_else(Vec::new, |of| of.0.to_vec());
        batch.ops.push(StoreOp::Put(Table::Projections, key, value));
        batch.fade_at = Some(batch.fade_at.map_or(at, |before: Millis| before.min(at)));
    }

    /// Reads what is due.
    pub(super) fn fade_due(&mut self) {
        let due = self.commits.fades.next().is_some_and(|at| at <= self.now.wall);
        if !self.is_open() || !due || !self.forks.jobs.is_empty() {
            return;
        }
        // What is stored from now on says for itself when it goes.
        (self.commits.fades.busy, self.commits.fades.next) = (true, None);
        let range = keys::fades(&self.room, Millis::MAX);
        self.scan(Purpose::Fades, Table::Projections, range, false, limits::FADES);
    }

    /// The next bodies that go were read, those of the future, too: the first of them is the next.
    pub(super) fn on_fades(&mut self, records: &[Record]) {
        let fades = records.iter().filter_map(|(key, value)| {
            let (at, entry) = keys::read_fade(key)?;
            // Older records, and those of what expires, name no version.
            let of = value.first_chunk().copied().map(EntryHash);
            Some((key, Fade { at, entry, of }))
        });
        let (wall, full) = (self.now.wall, records.len() >= limits::FADES as usize);
        for (key, fade) in fades {
            if fade.at > wall {
                self.commits.fades.expect(fade.at);
                break;
            }
            self.commits.fades.records.push(key.clone());
            self.commits.fades.todo.push_back(fade);
        }
        if full && self.commits.fades.todo.len() == records.len() {
            // All of these are due, and there may be more.
            mark(Mark::MuchGoes);
            self.commits.fades.expect(wall);
        }
        self.fade_next();
    }

    /// Reads what the next body to go needs: the notes on it, or the run that holds it.
    fn fade_next(&mut self) {
        let fades = &mut self.commits.fades;
        let done = |fade: &Fade, runs: &BTreeMap<Vec<u8>, Run>| {
            runs.values().any(|run| {
                let (first, last) = (run.first, run.last());
                run.log == fade.entry.log && (first..=last).contains(&fade.entry.seq)
            })
        };
        while let Some(fade) = fades.todo.front().copied() {
            if fade.at == 0 && !fades.gone.contains(&fade) {
                fades.gone.push(fade);
                let (log, seq) = (fade.entry.log, fade.entry.seq);
                let range = keys::notes(&self.room, &log, seq, seq.saturating_add(1));
                let limit = u32::try_from(limits::EARLY_NOTES).unwrap_or(u32::MAX);
                return self.scan(Purpose::FadeNotes, Table::Projections, range, false, limit);
            }
            if !done(&fade, &fades.runs) {
                let (log, seq) = (fade.entry.log, fade.entry.seq);
                let from = keys::run(&self.room, &log, 0);
                let to = keys::run(&self.room, &log, seq.saturating_add(1));
                return self.scan(Purpose::FadeRun, Table::Runs, (from, to), true, 1);
            }
            fades.todo.pop_front();
            let seq = fade.entry.seq;
            let meant = fades.runs.values().any(|run| {
                let here = run.log == fade.entry.log && (run.first..=run.last()).contains(&seq);
                here && run.hash_at(seq).is_some_and(|hash| match fade.at {
                    0 => fades.deleted.contains(&hash),
                    _ => fade.of.is_none_or(|of| of == hash),
                })
            });
            if !meant {
                fades.gone.retain(|gone| *gone != fade);
                continue;
            }
            if !fades.gone.contains(&fade) {
                fades.gone.push(fade);
            }
            for run in fades.runs.values_mut().filter(|run| run.log == fade.entry.log) {
                if !planted(Planted::DeletedBodyKept) {
                    run.drop_body(fade.entry.seq);
                }
            }
        }
        fades.deleted.clear();
        fades.busy = !fades.records.is_empty();
    }

    /// The notes on a deleted message were read: other words for it go, too.
    pub(super) fn on_fade_notes(&mut self, records: Vec<Record>) {
        let notes = records.into_iter();
        let notes =
            notes.filter_map(|(key, value)| Some((key, postcard::from_bytes(&value).ok()?)));
        let notes: Vec<(Vec<u8>, Note)> = notes.collect();
        let deletions = notes.iter().filter(|(_, note)| note.kind == Kind::DELETE);
        self.commits.fades.deleted.extend(deletions.map(|(_, note)| note.target));
        for (key, note) in notes {
            let deleted = self.commits.fades.deleted.contains(&note.target);
            if deleted && note.kind == Kind::EDIT {
                let entry = EntryId { log: note.by.log, seq: note.by.seq };
                self.commits.fades.records.push(key);
                // Not 0: nothing is said of an edit itself.
                self.commits.fades.todo.push_back(Fade { at: 1, entry, of: None });
            }
        }
        self.fade_next();
    }

    /// The run that holds a body to go was read.
    pub(super) fn on_fade_run(&mut self, records: Vec<Record>) {
        let Some(fade) = self.commits.fades.todo.front().copied() else { return };
        let read = records.into_iter().next();
        let run = read.and_then(|(key, value)| Some((key, Run::verify(&self.room, &value).ok()?)));
        let holds = |run: &Run| (run.first..=run.last()).contains(&fade.entry.seq);
        match run.filter(|(_, run)| run.log == fade.entry.log && holds(run)) {
            Some((key, run)) => {
                self.commits.fades.runs.insert(key, run);
            }
            None => {
                // Damaged, or not here: there is no body to remove.
                self.commits.fades.todo.pop_front();
            }
        }
        self.fade_next();
    }

    /// Runs without the bodies that go become part of the batch.
    pub(super) fn stage_fades(&mut self, batch: &mut Batch) {
        batch.faded.owed = std::mem::take(&mut self.commits.fades.owed);
        for (entry, owed) in batch.faded.owed.clone() {
            self.stage_fade_of(batch, owed, &entry);
            if owed.0 > 0 {
                // From now on that says when it goes.
                self.stage_vanished(batch, &entry);
            }
        }
        if !self.commits.fades.is_ready() {
            return;
        }
        let gone = std::mem::take(&mut self.commits.fades.gone);
        gone.iter().for_each(|fade| self.stage_vanished(batch, &fade.entry));
        let fades = &mut self.commits.fades;
        for key in std::mem::take(&mut fades.records) {
            batch.ops.push(StoreOp::Delete(Table::Projections, key));
        }
        for (key, run) in std::mem::take(&mut fades.runs) {
            batch.ops.push(StoreOp::Put(Table::Runs, key, run.bytes().to_vec()));
            batch.faded.runs.push(run);
        }
        batch.faded.staged = true;
        batch.faded.gone = gone;
        batch.strict = true;
    }

    /// Bodies are gone: rows, the cache and the undelivered follow.
    pub(super) fn on_faded(&mut self, faded: Faded) {
        if !faded.staged {
            return;
        }
        for run in faded.runs {
            self.carry(&run);
            self.cache.put(run.log, run.first, run.last(), run.bytes());
        }
        let mut rows: Vec<Row> = Vec::new();
        for Fade { at, entry, .. } in faded.gone {
            let (expired, own) = (at > 1, entry.log.member == self.own.member);
            rows.extend(self.timeline.fade(&entry, expired));
            self.changed_afar(entry);
            if own {
                self.outbox.traces.note(entry, self.now.wall, Passage::Gone);
            }
            let state = self.members.delivery(&entry.log, entry.seq).state;
            if own && expired && state < RowState::Delivered {
                for member in self.members.lacking(&entry.log, entry.seq) {
                    self.members.misses(&member, entry.log, entry.seq);
                    self.note_failure(entry, member, (FailureReason::Expired, Refused::ForGood));
                }
            }
        }
        if !rows.is_empty() {
            self.out.push_back(Output::Event(Event::Rows(rows)));
        }
        self.commits.fades.busy = false;
    }

    /// A recipient does not have an own message, and why.
    pub(super) fn note_failure(
        &mut self,
        entry: EntryId,
        member: MemberId,
        why: (FailureReason, Refused),
    ) {
        // A deletion, an edit or a reaction is nothing that a person could send again.
        let gone = |row: &Row| row.body == Body::Gone && why.0 != FailureReason::Expired;
        let moot = self.timeline.row(&entry).map_or(self.timeline.is_note(&entry), gone);
        let kept_back = match why.0 == FailureReason::Expired {
            true => planted(Planted::ExpiredNotTold),
            false => planted(Planted::RefusedNotTold),
        };
        if moot || kept_back || self.outbox.tray.knows(&entry, &member, why) {
            return;
        }
        let undelivered = self.outbox.tray.refused(entry, member, why, self.now.wall);
        self.outbox.traces.note(entry, self.now.wall, Passage::RefusedBy(member));
        if undelivered && why.0 != FailureReason::Expired {
            let delivery = self.members.delivery(&entry.log, entry.seq);
            let failed = crate::members::Delivery {
                state: RowState::Failed.max(delivery.state),
                ..delivery
            };
            let row = self.timeline.update(&entry, failed);
            self.out.extend(row.map(|row| Output::Event(Event::Rows(vec![row]))));
        }
    }
}
