//! Drafts on their way into the own log: what was said and is not stored yet.
//!
//! A draft waits here until a batch forms, urgent ones first, and is remembered by its id once it
//! is an entry, so that a page which repeats the call says nothing twice.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::ids::{DraftId, EntryId};
use crate::limits;
use crate::view::{Draft, Priority, Refusal};

/// What happened to a draft that was put here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It waits now.
    Waiting,
    /// It waits already, or is being stored.
    Repeated,
    /// It is this entry already.
    Stored(EntryId),
}

/// The drafts that wait, and the ids of those that are entries.
#[derive(Debug, Default)]
pub struct Outbox {
    lanes: [VecDeque<Draft>; 3],
    waiting: BTreeSet<DraftId>,
    bytes: usize,
    stored: BTreeMap<DraftId, EntryId>,
    drafts: BTreeMap<EntryId, DraftId>,
    order: VecDeque<DraftId>,
}

fn lane(priority: Priority) -> usize {
    usize::from(priority.number())
}

impl Outbox {
    /// Takes a draft in.
    ///
    /// # Errors
    /// If it says nothing, too much, or too many wait.
    pub fn put(&mut self, draft: Draft) -> Result<Put, Refusal> {
        if self.waiting.contains(&draft.id) {
            return Ok(Put::Repeated);
        }
        if let Some(entry) = self.stored.get(&draft.id) {
            return Ok(Put::Stored(*entry));
        }
        let length = draft.text.len();
        if draft.text.trim().is_empty() {
            return Err(Refusal::Empty);
        }
        if length > limits::TEXT_BYTES {
            let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
            return Err(Refusal::TooLong {
                bytes: number(length),
                limit: number(limits::TEXT_BYTES),
            });
        }
        let full = self.waiting.len() >= limits::DRAFTS;
        if full || self.bytes + length > limits::DRAFT_BYTES {
            let waiting = u64::try_from(self.waiting.len()).unwrap_or(u64::MAX);
            return Err(Refusal::Busy { waiting });
        }
        self.waiting.insert(draft.id);
        self.bytes += length;
        self.lanes[lane(draft.priority)].push_back(draft);
        Ok(Put::Waiting)
    }

    /// True if nothing waits to be taken into a batch.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lanes.iter().all(VecDeque::is_empty)
    }

    /// Takes drafts of one priority, up to some bytes and at least one if there is one. They count
    /// as waiting until [`Outbox::settle`] or [`Outbox::put_back`].
    pub fn take(&mut self, priority: Priority, bytes: &mut usize) -> Vec<Draft> {
        let lane = &mut self.lanes[lane(priority)];
        let mut taken = Vec::new();
        while let Some(draft) = lane.front() {
            if *bytes < draft.text.len() && !(taken.is_empty() && *bytes == limits::BATCH_BYTES) {
                break;
            }
            *bytes = bytes.saturating_sub(draft.text.len());
            taken.extend(lane.pop_front());
        }
        taken
    }

    /// The batch was not stored: its drafts wait again, in front and in their order.
    pub fn put_back(&mut self, drafts: Vec<Draft>) {
        for draft in drafts.into_iter().rev() {
            self.lanes[lane(draft.priority)].push_front(draft);
        }
    }

    /// A draft is stored as this entry.
    pub fn settle(&mut self, draft: &Draft, entry: EntryId) {
        if self.waiting.remove(&draft.id) {
            self.bytes = self.bytes.saturating_sub(draft.text.len());
        }
        self.remember(draft.id, entry);
    }

    /// Remembers a stored draft's id, and forgets the oldest beyond the bound.
    pub fn remember(&mut self, id: DraftId, entry: EntryId) {
        if self.stored.insert(id, entry).is_none() {
            self.order.push_back(id);
            self.drafts.insert(entry, id);
        }
        if self.order.len() > limits::REMEMBERED_DRAFTS
            && let Some(oldest) = self.order.pop_front()
        {
            let entry = self.stored.remove(&oldest);
            entry.map(|entry| self.drafts.remove(&entry));
        }
    }

    /// The draft that an entry was, while it is remembered.
    #[must_use]
    pub fn draft_of(&self, entry: &EntryId) -> Option<DraftId> {
        self.drafts.get(entry).copied()
    }

    /// The truth is about to be read again: forgets which drafts are stored.
    pub fn forget_stored(&mut self) {
        self.stored.clear();
        self.drafts.clear();
        self.order.clear();
    }

    /// After the truth was read again: drafts that turn out to be stored wait no more.
    pub fn drop_stored(&mut self) {
        for lane in &mut self.lanes {
            lane.retain(|draft| {
                let stored = self.stored.contains_key(&draft.id);
                if stored && self.waiting.remove(&draft.id) {
                    self.bytes = self.bytes.saturating_sub(draft.text.len());
                }
                !stored
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Incarnation, LogId, MemberId};

    fn draft(id: u8, priority: Priority, text: &str) -> Draft {
        Draft { id: DraftId([id; 16]), text: text.into(), priority }
    }

    fn entry(seq: u64) -> EntryId {
        let log = LogId { member: MemberId([0; 32]), incarnation: Incarnation([0; 16]) };
        EntryId { log, seq }
    }

    #[test]
    fn i3_a_repeated_draft_waits_once_and_is_known_when_stored() {
        let mut outbox = Outbox::default();
        let hello = draft(1, Priority::Normal, "hello");
        assert_eq!(outbox.put(hello.clone()), Ok(Put::Waiting));
        assert_eq!(outbox.put(hello.clone()), Ok(Put::Repeated));
        let mut bytes = limits::BATCH_BYTES;
        let taken = outbox.take(Priority::Normal, &mut bytes);
        assert_eq!(taken.len(), 1);
        assert_eq!(outbox.put(hello.clone()), Ok(Put::Repeated));
        outbox.settle(&hello, entry(3));
        assert_eq!(outbox.put(hello), Ok(Put::Stored(entry(3))));
    }

    #[test]
    fn what_could_not_be_stored_waits_again_in_its_order() {
        let mut outbox = Outbox::default();
        for id in 0..4 {
            outbox.put(draft(id, Priority::Low, "text")).unwrap();
        }
        let mut bytes = 8;
        let taken = outbox.take(Priority::Low, &mut bytes);
        assert_eq!(taken.len(), 2);
        outbox.put_back(taken);
        bytes = limits::BATCH_BYTES;
        let ids: Vec<u8> =
            outbox.take(Priority::Low, &mut bytes).iter().map(|draft| draft.id.0[0]).collect();
        assert_eq!(ids, [0, 1, 2, 3]);
    }

    #[test]
    fn i6_empty_and_oversized_drafts_and_too_many_are_refused_in_words() {
        let mut outbox = Outbox::default();
        assert_eq!(outbox.put(draft(0, Priority::Normal, " \n")), Err(Refusal::Empty));
        let long = "x".repeat(limits::TEXT_BYTES + 1);
        assert!(matches!(
            outbox.put(draft(1, Priority::Normal, &long)),
            Err(Refusal::TooLong { .. })
        ));
        let most = "x".repeat(limits::TEXT_BYTES);
        let mut refused = None;
        for id in 0..=u64::try_from(limits::DRAFTS).unwrap() {
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&id.to_be_bytes());
            let draft =
                Draft { id: DraftId(bytes), text: most.clone(), priority: Priority::Normal };
            refused = outbox.put(draft).err();
            if refused.is_some() {
                break;
            }
        }
        assert!(matches!(refused, Some(Refusal::Busy { .. })));
    }
}
