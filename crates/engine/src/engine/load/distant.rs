//! Messages that are not in memory: what is said of them here, and what pages are told of them.
//!
//! ```text
//!  a draft about one ──┐                                      ┌─► the draft can be an entry
//!                      ├─► its run ─► the notes on it ─► row ─┤
//!  a change of one ────┤                                      ├─► Event::Changed
//!  a reply to one ─────┘                                      └─► Event::Quoted
//! ```
//! Only a window of rows is in memory, and a page may show more: it outlives the worker that told
//! it of them. One message is read at a time, those that drafts are about first.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::load::{PAGE_NOTES, Purpose};
use crate::engine::{Engine, keys};
use crate::ids::{EntryHash, EntryId, MemberId};
use crate::io::{Record, Table};
use crate::limits;
use crate::log::Logs;
use crate::log::entry::Target;
use crate::log::run::Run;
use crate::simulation::{Mark, Planted, mark, planted};
use crate::timeline::notes::{Fold, Note};
use crate::timeline::{Found, Timeline};
use crate::view::{Body, Draft, Event, Original, Quote};

/// What is known of a message that something is to be said of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// It can be named so.
    Here {
        /// How.
        target: Target,
        /// True if its words go after they were read.
        vanishes: bool,
        /// Who else can read it, if that is one member alone.
        private: Option<MemberId>,
    },
    /// Its body is gone.
    Gone,
    /// It is not on this device.
    Absent,
}

/// The message that is being read.
#[derive(Debug)]
struct Reading {
    entry: EntryId,
    found: Option<Found>,
    fold: Fold,
    scans: u32,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Distant {
    reading: Option<Reading>,
    /// Messages that drafts are about, to be read.
    asked: BTreeSet<EntryId>,
    /// Those that were read for drafts.
    known: BTreeMap<EntryId, Subject>,
    /// Those of which the drafts were taken.
    used: Vec<EntryId>,
    /// Messages of which pages have to be told again.
    changed: BTreeSet<EntryId>,
    /// Messages that others answer, and the hashes by which those name them.
    quoted: BTreeSet<(EntryId, EntryHash)>,
}

impl Distant {
    /// The store is read again: so is what was being read.
    pub fn reset(&mut self) {
        let (changed, quoted) =
            (std::mem::take(&mut self.changed), std::mem::take(&mut self.quoted));
        let reading = self.reading.take().map(|reading| reading.entry);
        let changed = changed.into_iter().chain(reading).collect();
        *self = Distant { changed, quoted, ..Distant::default() };
    }

    /// A message will be read.
    pub fn ask(&mut self, entry: EntryId) {
        self.asked.insert(entry);
    }

    /// A draft about a message was taken, or is not wanted any more.
    pub fn used(&mut self, entry: EntryId) {
        self.used.push(entry);
    }

    /// Forgets what is not asked for any more.
    pub fn forget_used(&mut self) {
        for entry in std::mem::take(&mut self.used) {
            self.known.remove(&entry);
        }
        if self.known.len() > limits::EARLY_NOTES {
            // Of drafts that were taken back: what is still wanted is read again.
            self.known.clear();
        }
    }

    /// What is known of the message that a draft is about; nothing if it has to be read first.
    pub fn subject(
        &self,
        entry: &EntryId,
        (timeline, logs): (&Timeline, &Logs),
    ) -> Option<Subject> {
        if timeline.knows(entry) {
            let vanishes = timeline.vanishes(entry);
            let private = timeline.private(entry);
            let here = timeline.target(entry);
            let here = here.map(|target| Subject::Here { target, vanishes, private });
            return Some(here.unwrap_or(Subject::Gone));
        }
        let held = logs.class_of(entry).is_some();
        if !held || planted(Planted::DistantRefused) {
            return Some(Subject::Absent);
        }
        self.known.get(entry).cloned()
    }

    /// True if a draft can be taken; asks for what it is about otherwise.
    pub fn is_ready(&mut self, draft: &Draft, world: (&Timeline, &Logs)) -> bool {
        let Some(entry) = draft.act.about() else { return true };
        let ready = self.subject(&entry, world).is_some();
        if !ready {
            self.ask(entry);
        }
        ready
    }
}

impl Engine {
    /// A message has changed that may be shown somewhere and is not in memory.
    pub(in crate::engine) fn changed_afar(&mut self, entry: EntryId) {
        let changed = &mut self.distant.changed;
        if !self.timeline.knows(&entry) && changed.len() < limits::WINDOW_ROWS {
            changed.insert(entry);
        }
    }

    /// A page shows a message that answers this one: it is told what that says, once it was read if
    /// it is not in memory.
    pub(in crate::engine) fn quote(&mut self, target: Target) {
        let Target { entry, hash } = target;
        let in_memory = self.timeline.knows(&entry);
        let stored = !in_memory && self.logs.class_of(&entry).is_some();
        if stored {
            // Beyond the bound nothing is told: it is asked for again when its row is told again.
            if self.distant.quoted.len() < limits::QUOTES {
                self.distant.quoted.insert((entry, hash));
            }
            return;
        }
        let row = self.timeline.row(&entry).filter(|_| self.timeline.is_called(&entry, hash));
        let original = row.filter(|_| !planted(Planted::QuoteOfNothing)).map(Original::of);
        let quote = Quote { target, original };
        self.out.push_back(crate::Output::Event(Event::Quoted(Box::new(quote))));
    }

    /// A message was read, or is not there: pages are told who show what answers it.
    fn quote_found(&mut self, entry: EntryId, found: Option<&Found>) {
        let of_entry = (entry, EntryHash([0; 32]))..=(entry, EntryHash([u8::MAX; 32]));
        let asked: Vec<_> = self.distant.quoted.range(of_entry).copied().collect();
        for (entry, hash) in asked {
            self.distant.quoted.remove(&(entry, hash));
            let found = found.filter(|found| found.hash == hash);
            let original = found.map(|found| Original::of(&found.row));
            let quote = Quote { target: Target { entry, hash }, original };
            self.out.push_back(crate::Output::Event(Event::Quoted(Box::new(quote))));
        }
    }

    /// Reads the next message that is not in memory, if one has to be read.
    pub(in crate::engine) fn tend_distant(&mut self) {
        if !self.is_open() || self.commits.reload || self.distant.reading.is_some() {
            return;
        }
        let Distant { asked, changed, quoted, .. } = &self.distant;
        let quoted = quoted.first().map(|(entry, _)| entry);
        let next = asked.first().or(changed.first()).or(quoted).copied();
        let Some(entry) = next else { return };
        mark(Mark::DistantRead);
        let (found, fold) = (None, Fold::default());
        self.distant.reading = Some(Reading { entry, found, fold, scans: 0 });
        let from = keys::run(&self.room, &entry.log, 0);
        let to = keys::run(&self.room, &entry.log, entry.seq.saturating_add(1));
        self.scan(Purpose::DistantRun, Table::Runs, (from, to), true, 1);
    }

    pub(in crate::engine) fn on_distant_run(&mut self, records: &[Record]) {
        let Some(entry) = self.distant.reading.as_ref().map(|reading| reading.entry) else {
            return;
        };
        let run = records.first().and_then(|(_, bytes)| Run::verify(&self.room, bytes).ok());
        let holds = |run: &Run| (run.first..=run.last()).contains(&entry.seq);
        let run = run.filter(|run| run.log == entry.log && holds(run));
        let mut rows = run.iter().flat_map(|run| self.rows_of(run));
        let found = rows.find(|found| found.row.entry == entry);
        let (there, ranges) = (found.is_some(), note_ranges(&self.room, &entry));
        if let Some(reading) = self.distant.reading.as_mut().filter(|_| there) {
            (reading.found, reading.scans) = (found, 2);
            for range in ranges {
                self.scan(Purpose::DistantNotes, Table::Projections, range, true, PAGE_NOTES);
            }
        } else {
            self.end_distant();
        }
    }

    pub(in crate::engine) fn on_distant_notes(&mut self, records: Vec<Record>) {
        let Some(reading) = self.distant.reading.as_mut() else { return };
        let hash = reading.found.as_ref().map(|found| found.hash);
        for (_, value) in records {
            let note = postcard::from_bytes::<Note>(&value).ok();
            let counts =
                |note: &Note| self.governance.membership.reach(&note.by.log).covers(note.by.seq);
            if let Some(note) = note.filter(|note| Some(note.target) == hash && counts(note)) {
                reading.fold.add(&note, &self.room, &self.ring);
            }
        }
        reading.scans = reading.scans.saturating_sub(1);
        if reading.scans == 0 {
            self.end_distant();
        }
    }

    /// A message was read, or is not there.
    fn end_distant(&mut self) {
        let Some(Reading { entry, found, fold, .. }) = self.distant.reading.take() else { return };
        let found = found.map(|mut found| {
            fold.apply(&mut found.row);
            found
        });
        if self.distant.asked.remove(&entry) {
            let subject = match &found {
                None => Subject::Absent,
                Some(found) if found.row.body == Body::Gone => Subject::Gone,
                Some(Found { row, hash, .. }) => Subject::Here {
                    target: Target { entry, hash: *hash },
                    vanishes: row.vanishes.is_some(),
                    private: row.private,
                },
            };
            self.distant.known.insert(entry, subject);
        }
        self.quote_found(entry, found.as_ref());
        let changed = self.distant.changed.remove(&entry);
        if let Some(found) = found.filter(|_| changed && !self.timeline.knows(&entry)) {
            self.out.push_back(crate::Output::Event(Event::Changed(Box::new(found.row))));
        }
    }
}

/// Where the notes on a message are.
fn note_ranges(room: &crate::ids::RoomId, entry: &EntryId) -> [(Vec<u8>, Vec<u8>); 2] {
    let end = entry.seq.saturating_add(1);
    let notes = keys::notes(room, &entry.log, entry.seq, end);
    [notes, keys::early_notes(room, &entry.log, entry.seq, end)]
}
