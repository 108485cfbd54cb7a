//! Words that go some time after they were read.
//!
//! ```text
//!  a reader's device   read here ──── N ────► the body goes from this device
//!  the author's        read by all ── N ────► a deletion in the log: it goes everywhere
//! ```
//! A reader's device cannot prove to others that a body is gone, so what it lacks it does not pass
//! on: whoever has not read it yet gets it from the author or from another holder. The deletion is
//! the proof that ends it for all. It waits like a draft, so that it outlives the page.
//!
//! What goes so has a record ('z') until its body has gone, or is known to go at a moment ('x'), so
//! what was read is found though no row of it is in memory: all records are walked through after a
//! start, and those of a log where something was read since.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::crypto::hash::hash;
use crate::engine::commit::Batch;
use crate::engine::load::Purpose;
use crate::engine::load::distant::Subject;
use crate::engine::say::private::Said;
use crate::engine::{Engine, keys};
use crate::ids::{DraftId, EntryHash, EntryId, LogId, MemberId, RoomId, Seq};
use crate::io::{Millis, Record, StoreOp, Table};
use crate::limits;
use crate::log::entry::Kind;
use crate::log::ranges::RangeSet;
use crate::log::run::{Run, RunEntry};
use crate::simulation::{Planted, planted};
use crate::view::{Act, Draft, Priority, RowState, Terms, When};

/// What is stored of a message that goes after it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fleeting {
    /// How long after, in milliseconds.
    pub after: Millis,
    /// Who else can read it, if that is one member alone.
    pub private: Option<MemberId>,
    /// Which version of its place it is.
    pub hash: EntryHash,
}

impl Fleeting {
    /// The record as it is stored.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_allocvec(self).unwrap_or_default()
    }

    /// Reads a stored record, also one of a later version, which says more.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Fleeting> {
        postcard::take_from_bytes(bytes).ok().map(|(fleeting, _)| fleeting)
    }
}

/// Where something may have been read that goes after that. Bounded by [`limits::LOGS`] and by the
/// rows in memory, however many messages go.
#[derive(Debug, Default)]
pub struct Vanishing {
    /// True if rows in memory are to be looked at.
    rows: bool,
    /// Rows in memory that are on their way.
    begun: BTreeSet<EntryId>,
    /// The first and the last message that goes, of each log that has one.
    logs: BTreeMap<LogId, (Seq, Seq)>,
    /// Where something was read that no record was looked at for.
    news: BTreeMap<LogId, (Seq, Seq)>,
    /// The keys that are still to be walked through: after a start, all.
    rest: Option<(Vec<u8>, Vec<u8>)>,
    /// True while records are being read.
    reading: bool,
}

impl Vanishing {
    /// The store is read again, and so are all records.
    pub fn reset(&mut self, room: &RoomId) {
        let rest = Some(keys::all_vanishing(room));
        *self = Vanishing { rows: true, rest, ..Vanishing::default() };
    }

    /// Other rows are in memory.
    pub fn look_at_rows(&mut self) {
        self.rows = true;
    }

    /// Messages of a log were read, here or elsewhere.
    pub fn look_at(&mut self, log: LogId, seqs: &RangeSet) {
        self.rows = true;
        self.look_for(log, seqs);
    }

    /// The same of what has no row in memory.
    fn look_for(&mut self, log: LogId, seqs: &RangeSet) {
        let Some((first, last)) = seqs.first().zip(seqs.last()) else { return };
        let walks = self.rest.is_some() || self.reading;
        let within = match self.logs.get(&log) {
            Some((lowest, highest)) => (first.max(*lowest), last.min(*highest)),
            None => (first, last),
        };
        // Until all records were seen, nobody knows of which logs there are any.
        if walks {
            widen(&mut self.news, log, (first, last));
        } else if self.logs.contains_key(&log) && within.0 <= within.1 {
            widen(&mut self.news, log, within);
        }
    }

    /// A record is stored.
    fn holds(&mut self, EntryId { log, seq }: EntryId) {
        widen(&mut self.logs, log, (seq, seq));
    }

    /// The records to be read next, of a log for which that is worth it.
    fn next(
        &mut self,
        room: &RoomId,
        worth: impl Fn(&LogId) -> bool,
    ) -> Option<(Vec<u8>, Vec<u8>)> {
        if let Some(rest) = self.rest.take() {
            return Some(rest);
        }
        self.news.retain(|log, _| self.logs.contains_key(log));
        let log = self.news.keys().find(|log| worth(log)).copied()?;
        let (first, last) = self.news.remove(&log)?;
        Some(keys::vanishing_within(room, &log, first, last))
    }
}

fn widen(stretches: &mut BTreeMap<LogId, (Seq, Seq)>, log: LogId, (first, last): (Seq, Seq)) {
    let stretch = stretches.entry(log).or_insert((first, last));
    *stretch = (stretch.0.min(first), stretch.1.max(last));
}

impl Engine {
    /// Takes note of an entry that goes after it was read: it has a run of its own.
    pub(super) fn stage_vanishing(
        &self,
        batch: &mut Batch,
        run: &Run,
        (seq, entry): (Seq, &RunEntry),
    ) {
        if run.entries.len() > 1 || entry.body.is_none() || entry.header.kind.is_note() {
            return;
        }
        let said = match entry.header.kind {
            Kind::PRIVATE => self.said_privately(run, seq, entry, false),
            _ => Some(self.said_openly(run, seq, entry, false)),
        };
        let Some(Said { vanishes: Some(after), private, .. }) = said else { return };
        let id = EntryId { log: run.log, seq };
        let value = Fleeting { after, private, hash: entry.hash }.encode();
        let key = keys::vanishing(&self.room, &id);
        batch.ops.push(StoreOp::Put(Table::Projections, key, value));
        batch.vanishing.push((id, private));
    }

    /// The body of an entry is gone with this batch, or goes at a moment that is stored with it.
    pub(super) fn stage_vanished(&self, batch: &mut Batch, entry: &EntryId) {
        let key = keys::vanishing(&self.room, entry);
        batch.ops.push(StoreOp::Delete(Table::Projections, key));
    }

    /// What goes after it was read is stored: it may have been read by another name.
    pub(super) fn on_vanishing_stored(&mut self, stored: &[(EntryId, Option<MemberId>)]) {
        for (entry, private) in stored {
            self.commits.vanishing.holds(*entry);
            if self.is_over(entry, *private) {
                let seqs = RangeSet::of(entry.seq, entry.seq);
                self.commits.vanishing.look_at(entry.log, &seqs);
            }
        }
    }

    /// Starts the time of what was read since the last look.
    pub(super) fn tend_vanishing(&mut self) {
        if !self.is_open() {
            return;
        }
        if std::mem::take(&mut self.commits.vanishing.rows) {
            self.look_at_rows();
        }
        // What is owed changes records: they are read once that is stored.
        let changes = self.commits.is_out() || self.commits.reload || self.commits.fades.owes();
        let memory_only = planted(Planted::VanishingInMemoryOnly);
        if changes || self.commits.vanishing.reading || memory_only {
            return;
        }
        let (full, me) = (self.outbox.waits.is_full(), self.own.member);
        let worth = |log: &LogId| !full || log.member != me;
        if let Some((from, to)) = self.commits.vanishing.next(&self.room, worth) {
            self.commits.vanishing.reading = true;
            let purpose = Purpose::Vanishing(to.clone());
            self.scan(purpose, Table::Projections, (from, to), false, limits::VANISHING);
        }
    }

    fn look_at_rows(&mut self) {
        let timeline = &self.timeline;
        self.commits.vanishing.begun.retain(|entry| timeline.knows(entry));
        let over = |row: &&crate::view::Row| match row.own {
            true => was_read(row.state),
            false => self.has_read(&row.entry),
        };
        let read = self.timeline.vanishing().filter(over);
        let read: Vec<((EntryId, EntryHash), Millis)> =
            read.map(|row| ((row.entry, row.hash), row.vanishes.unwrap_or_default())).collect();
        read.into_iter().for_each(|(entry, after)| self.begin_vanishing(entry, after));
    }

    /// Records of what goes after it was read were read, of those up to a key.
    pub(super) fn on_vanishing(&mut self, records: &[Record], to: Vec<u8>) {
        let vanishing = &mut self.commits.vanishing;
        vanishing.reading = false;
        if let Some((key, _)) = records.get(limits::VANISHING as usize - 1) {
            vanishing.rest = Some(([key.as_slice(), &[0]].concat(), to));
        }
        for (key, value) in records {
            let fleeting = Fleeting::decode(value);
            let Some((entry, fleeting)) = keys::read_vanishing(key).zip(fleeting) else {
                self.damaged(Table::Projections);
                continue;
            };
            self.commits.vanishing.holds(entry);
            if self.is_over(&entry, fleeting.private) {
                self.begin_vanishing((entry, fleeting.hash), fleeting.after);
            }
        }
    }

    /// True if the time of a message that goes after it was read has begun.
    fn is_over(&self, entry: &EntryId, private: Option<MemberId>) -> bool {
        let EntryId { log, seq } = entry;
        if log.member != self.own.member {
            return self.has_read(entry);
        }
        let only = private.or_else(|| self.members.addressee(log, *seq));
        was_read(self.members.delivery_to(log, *seq, only).state)
    }

    /// The time of a message begins, unless it has.
    fn begin_vanishing(&mut self, (entry, hash): (EntryId, EntryHash), after: Millis) {
        let shown = self.timeline.knows(&entry);
        if shown && !self.commits.vanishing.begun.insert(entry) {
            return;
        }
        let at = self.now.wall.saturating_add(after);
        match entry.log.member == self.own.member {
            true => self.delete_at(entry, at),
            false => self.commits.fades.owe(entry, at, Some(hash)),
        }
    }

    /// The author's deletion, once; it is no news if it waits already or was made.
    fn delete_at(&mut self, entry: EntryId, at: Millis) {
        let id = deletion_of(&entry);
        if self.outbox.waits.contains(&id) || self.outbox.known(&id).is_some() {
            return;
        }
        let terms = Terms { when: When::At(at), ..Terms::default() };
        let deletion = Draft::new(id, "", Priority::Normal).doing(Act::Delete(entry)).on(terms);
        let full = self.outbox.waits.is_full();
        if self.outbox.waits.put(deletion, self.now.wall).is_err() {
            // Too many wait already: it is found again when one of them is said.
            self.commits.vanishing.begun.remove(&entry);
            if full {
                self.commits.vanishing.look_for(entry.log, &RangeSet::of(entry.seq, entry.seq));
            }
        }
    }

    /// True if a draft that is due has to wait a little longer, or for ever: for the key of whom it
    /// is for, or until the message that it deletes was read, or has come again if it was lost.
    pub(super) fn holds_off(&mut self, draft: &Draft) -> bool {
        if let Some(member) = draft.act.to() {
            // Nothing can be sealed to it just now, or it was removed: the draft is not lost.
            return self.letterbox(&member).is_err();
        }
        let Act::Delete(entry) = draft.act else { return false };
        let gone = match self.distant.subject(&entry, (&self.timeline, &self.logs)) {
            Some(Subject::Here { .. }) => return false,
            None => {
                self.distant.ask(entry);
                return true;
            }
            Some(Subject::Gone) => true,
            Some(Subject::Absent) => false,
        };
        self.distant.used(entry);
        self.outbox.waits.remove(&draft.id);
        if !gone {
            let at = self.now.wall.saturating_add(limits::VANISH_RETRY);
            let terms = Terms { when: When::At(at), ..draft.terms };
            let _ = self.outbox.waits.put(draft.clone().on(terms), self.now.wall);
        }
        true
    }
}

/// True if all have read an own message for whom it is.
fn was_read(state: RowState) -> bool {
    let too_soon = planted(Planted::VanishesUnread) && state == RowState::Delivered;
    state == RowState::Read || too_soon
}

/// Every life of this device draws the same id, so the deletion is made once.
pub(super) fn deletion_of(entry: &EntryId) -> DraftId {
    let full = hash("confab/1/vanish", &[&entry.log.bytes(), &entry.seq.to_be_bytes()]);
    let mut id = [0; 16];
    id.copy_from_slice(&full[..16]);
    DraftId(id)
}

#[cfg(test)]
mod tests;
