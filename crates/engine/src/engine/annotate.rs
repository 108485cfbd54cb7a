//! Notes on messages on their way into the store and onto rows: edits, deletions, reactions.
//!
//! A note is stored beside its message in the same transaction as the entry that says it, under a
//! key of its own, so that nothing is read in order to write. If its message is not here yet it is
//! stored as early, and moves when the message comes.

use crate::engine::commit::Batch;
use crate::engine::{Engine, keys};
use crate::ids::{EntryHash, EntryId, LogId, MemberId};
use crate::io::{Output, Record, StoreOp, Table};
use crate::log::entry::Kind;
use crate::log::ranges::RangeSet;
use crate::log::run::Run;
use crate::simulation::{Mark, Planted, mark, planted};
use crate::timeline::notes::{Note, Noted};
use crate::view::{Event, Row};

impl Engine {
    /// Stores the notes that a run's entries are, and those that came before its entries.
    pub(super) fn stage_notes(&mut self, batch: &mut Batch, run: &Run) {
        for (seq, entry) in run.iter() {
            let id = EntryId { log: run.log, seq };
            let goes = entry.body.is_some() && entry.header.kind != Kind::GOVERNANCE;
            if let Some(expiry) = entry.header.expiry.filter(|_| goes) {
                self.stage_fade(batch, expiry, &id);
            }
            self.stage_vanishing(batch, run, (seq, entry));
            let mut early = self.timeline.early(&id).to_vec();
            // What is behind it may come first, and be in the same batch.
            early.extend(batch.early.remove(&id).into_iter().flatten());
            for note in early {
                mark(Mark::NoteWasEarly);
                let early = keys::early(&self.room, &id, &note.by);
                batch.ops.push(StoreOp::Delete(Table::Projections, early));
                self.stage_note(batch, &Noted { target: id, note }, entry.hash);
            }
            let noted = match self.letter(run, seq, entry) {
                Some((_, letter)) if letter.about.is_some() => self.noted(run, seq, entry),
                Some((other, _)) => {
                    batch.shared.push((other, id));
                    None
                }
                None => Noted::of(run, seq, entry),
            };
            let Some(noted) = noted else { continue };
            if batch.holds(&noted.target, self) {
                let hash = noted.note.target;
                self.stage_note(batch, &noted, hash);
            } else {
                let key = keys::early(&self.room, &noted.target, &noted.note.by);
                let value = postcard::to_allocvec(&noted.note).unwrap_or_default();
                if planted(Planted::EarlyNoteDropped) {
                    continue;
                }
                mark(Mark::NoteCameEarly);
                batch.ops.push(StoreOp::Put(Table::Projections, key, value));
                batch.early.entry(noted.target).or_default().push(noted.note.clone());
            }
            batch.notes.push(noted);
        }
    }

    fn stage_note(&mut self, batch: &mut Batch, noted: &Noted, hash: EntryHash) {
        let key = keys::note(&self.room, &noted.target, &noted.note.by);
        let value = postcard::to_allocvec(&noted.note).unwrap_or_default();
        batch.ops.push(StoreOp::Put(Table::Projections, key, value));
        let counts = self.note_counts(&noted.note.by);
        if counts && noted.note.kind == Kind::DELETE && noted.note.target == hash {
            self.stage_fade(batch, 0, &noted.target);
        }
    }

    /// Notes are stored: rows in memory follow, and what is about nothing yet is kept in mind.
    pub(super) fn on_noted(&mut self, notes: Vec<Noted>) {
        let mut rows: Vec<Row> = Vec::new();
        for noted in notes {
            if !self.note_counts(&noted.note.by) {
                continue;
            }
            self.note_deleted(&noted);
            let held = self.logs.of(&noted.target.log).map(crate::log::LogState::held);
            if !held.unwrap_or_default().contains(noted.target.seq) {
                self.timeline.keep_early(noted);
                continue;
            }
            self.changed_afar(noted.target);
            let row = self.timeline.note(&noted, &self.room, &self.ring);
            if let Some(row) = row {
                rows.retain(|known| known.entry != row.entry);
                rows.push(row);
            }
            if noted.note.kind == Kind::DELETE {
                self.outbox.tray.remove(&noted.target);
            }
        }
        if !rows.is_empty() {
            self.out.push_back(Output::Event(Event::Rows(rows)));
        }
    }

    /// Notes on the messages of a page were read.
    pub(super) fn on_notes(&mut self, records: Vec<Record>) {
        for (key, value) in records {
            match (keys::read_note(&key), postcard::from_bytes::<Note>(&value)) {
                (Some(target), Ok(note)) => self.on_page_note(Noted { target, note }),
                (Some(_) | None, Ok(_) | Err(_)) => self.damaged(Table::Projections),
            }
        }
    }

    /// A note on a message of a page. A deletion that came when too many notes waited for their
    /// messages has not taken its body away: it does so now.
    fn on_page_note(&mut self, noted: Noted) {
        if !self.note_counts(&noted.note.by) {
            return;
        }
        let here = self.timeline.target(&noted.target);
        let right = here.is_some_and(|here| here.hash == noted.note.target);
        if right && noted.note.kind == Kind::DELETE {
            self.commits.fades.owe(noted.target, 0, None);
        }
        self.note_deleted(&noted);
        self.timeline.note(&noted, &self.room, &self.ring);
    }

    /// What a deletion names may be known by another name, or come by one.
    fn note_deleted(&mut self, noted: &Noted) {
        let (target, hash) = (&noted.target, noted.note.target);
        if noted.note.kind == Kind::DELETE && !self.timeline.is_called(target, hash) {
            self.timeline.keep_deleted(target.log.member, hash);
        }
    }

    /// True if there is proof that a body is gone: its time is over, or its author deleted it, or
    /// the message for which it was other words. Of what is not in memory a deletion is not seen.
    pub(super) fn may_be_gone(&self, run: &Run, deleted: &[(MemberId, EntryHash)]) -> bool {
        let taken_back = |entry: &EntryId, hash: EntryHash| {
            deleted.contains(&(entry.log.member, hash)) || self.timeline.is_deleted(entry, hash)
        };
        run.iter().filter(|(_, entry)| entry.body.is_none()).all(|(seq, entry)| {
            let over = entry.header.expiry.is_some_and(|at| at <= self.now.wall);
            let edit = Noted::of(run, seq, entry).filter(|noted| noted.note.kind == Kind::EDIT);
            over || taken_back(&EntryId { log: run.log, seq }, entry.hash)
                || edit.is_some_and(|edit| taken_back(&edit.target, edit.note.target))
        })
    }

    /// The messages that entries of a run delete: of its author, whatever they are called by now.
    pub(super) fn deletions(run: &Run) -> impl Iterator<Item = (MemberId, EntryHash)> {
        let notes = run.iter().filter_map(|(seq, entry)| Noted::of(run, seq, entry));
        let deletion = |noted: &Noted| noted.note.kind == Kind::DELETE;
        notes.filter(deletion).map(|noted| (noted.target.log.member, noted.note.target))
    }
}

impl Batch {
    /// True if the entry is held once this batch is stored.
    fn holds(&self, entry: &EntryId, engine: &Engine) -> bool {
        let of = |log: &LogId| self.logs.get(log).or_else(|| engine.logs.of(log));
        let held: RangeSet = of(&entry.log).map(crate::log::LogState::held).unwrap_or_default();
        held.contains(entry.seq)
    }
}
