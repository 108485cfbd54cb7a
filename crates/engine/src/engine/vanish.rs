//! Words that go some time after they were read.
//!
//! ```text
//!  a reader's device   read here ──── N ────► the body goes from this device
//!  the author's        read by all ── N ────► a deletion in the log: it goes everywhere
//! ```
//! A reader's device cannot prove to others that a body is gone, so what it lacks it does not pass
//! on: whoever has not read it yet gets it from the author or from another holder. The deletion is
//! the proof that ends it for all. It waits like a draft, so that it outlives the page; what was
//! read while a page was closing is found when its rows are read again.

use crate::crypto::hash::hash;
use crate::engine::Engine;
use crate::engine::load::distant::Subject;
use crate::ids::{DraftId, EntryId};
use crate::io::Millis;
use crate::limits;
use crate::view::{Act, Draft, Priority, RowState, Terms, When};

impl Engine {
    /// Starts the time of what was read since the last look.
    pub(super) fn tend_vanishing(&mut self) {
        if !self.is_open() || !self.commits.fades.take_look() {
            return;
        }
        let over = |row: &&crate::view::Row| match row.own {
            true => row.state == RowState::Read,
            false => self.has_read(&row.entry),
        };
        let read = self.timeline.vanishing().filter(over);
        let read: Vec<(EntryId, bool, Millis)> =
            read.map(|row| (row.entry, row.own, row.vanishes.unwrap_or_default())).collect();
        for (entry, own, after) in read {
            if self.commits.fades.begins(entry) {
                let at = self.now.wall.saturating_add(after);
                match own {
                    true => self.delete_at(entry, at),
                    false => self.commits.fades.owe(entry, at),
                }
            }
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
        if self.outbox.waits.put(deletion, self.now.wall).is_err() {
            // Too many wait already: the next look does it.
            self.commits.fades.begins_again(&entry);
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

/// Every life of this device draws the same id, so the deletion is made once.
fn deletion_of(entry: &EntryId) -> DraftId {
    let full = hash("confab/1/vanish", &[&entry.log.bytes(), &entry.seq.to_be_bytes()]);
    let mut id = [0; 16];
    id.copy_from_slice(&full[..16]);
    DraftId(id)
}
