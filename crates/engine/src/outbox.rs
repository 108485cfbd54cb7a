//! Drafts on their way into the own log: what was said and is not stored yet.
//!
//! ```text
//!  put ─► waits (later) ─┐ due
//!     └──────────────────┴─► lane of its priority ─► batch ─► stored ─► remembered by its id
//!                                    └─ cancel          └─ put_back
//! ```
//! A draft waits in a lane until a batch forms, urgent ones first, and is remembered by its id once
//! it is an entry, so that a page which repeats the call says nothing twice. Drafts that are to be
//! seen together stay one item of a lane. Which lane is next is decided by who forms the batch.

pub mod live;
pub mod traces;
pub mod tray;
pub mod waits;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::ids::{DraftId, EntryId};
use crate::limits;
use crate::outbox::live::Live;
use crate::outbox::traces::Traces;
use crate::outbox::tray::Tray;
use crate::outbox::waits::Waits;
use crate::queue::{Class, Lanes, Ticket};
use crate::simulation::{Mark, Planted, mark, planted};
use crate::view::{Act, Draft, Priority, Refusal, Waiting};

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

/// Where a draft is that is not stored yet.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// In its lane, alone or with those that are seen together with it.
    Lane(Ticket),
    /// In the batch that is formed, or with the store.
    Taken,
}

/// The drafts that wait, and the ids of those that are entries.
#[derive(Debug, Default)]
pub struct Outbox {
    /// Drafts that wait for their time.
    pub waits: Waits,
    /// What could not be delivered.
    pub tray: Tray,
    /// The stations of what was said.
    pub traces: Traces,
    /// What is said live.
    pub live: Live,
    /// One draft, or several that are seen together.
    lanes: Lanes<Vec<Draft>>,
    waiting: BTreeMap<DraftId, Place>,
    bytes: usize,
    stored: BTreeMap<DraftId, EntryId>,
    drafts: BTreeMap<EntryId, DraftId>,
    order: VecDeque<DraftId>,
}

fn number(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// Checks that a draft says something, and not too much.
///
/// # Errors
/// In words.
pub fn check(draft: &Draft) -> Result<(), Refusal> {
    let length = draft.text.len();
    match draft.act {
        Act::Delete(_) => return Ok(()),
        Act::React { .. } if length == 0 || length > limits::REACTION_BYTES => {
            return Err(Refusal::Reaction { limit: number(limits::REACTION_BYTES) });
        }
        Act::React { .. }
        | Act::Say
        | Act::SayFor { .. }
        | Act::SayTo { .. }
        | Act::Reply { .. }
        | Act::Edit(_) => {}
    }
    if draft.text.trim().is_empty() {
        return Err(Refusal::Empty);
    }
    if length > limits::TEXT_BYTES {
        let (bytes, limit) = (number(length), number(limits::TEXT_BYTES));
        return Err(Refusal::TooLong { bytes, limit });
    }
    Ok(())
}

impl Outbox {
    /// What is known of a draft's id, if anything.
    #[must_use]
    pub fn known(&self, id: &DraftId) -> Option<Put> {
        if let Some(entry) = self.stored.get(id) {
            return Some(Put::Stored(*entry));
        }
        let waits = self.waiting.contains_key(id) && !planted(Planted::DraftTakenTwice);
        waits.then_some(Put::Repeated)
    }

    /// Takes a draft in.
    ///
    /// # Errors
    /// If it says nothing, too much, or too many wait.
    pub fn put(&mut self, draft: Draft) -> Result<Put, Refusal> {
        if let Some(known) = self.known(&draft.id) {
            return Ok(known);
        }
        check(&draft)?;
        self.put_all(vec![draft])
    }

    /// Takes drafts in that are to be seen together.
    ///
    /// # Errors
    /// If one of them says nothing or too much, if they are too many, of several priorities or do
    /// something else than say, or if too many wait.
    pub fn put_together(&mut self, drafts: Vec<Draft>) -> Result<Put, Refusal> {
        let Some(first) = drafts.first() else { return Err(Refusal::Empty) };
        if let Some(known) = self.known(&first.id) {
            return Ok(known);
        }
        drafts.iter().try_for_each(check)?;
        let bytes: usize = drafts.iter().map(|draft| draft.text.len()).sum();
        let ids: BTreeSet<DraftId> = drafts.iter().map(|draft| draft.id).collect();
        let alike = drafts.iter().all(|draft| {
            draft.priority == first.priority
                // One of them may answer something.
                && draft.act.to() == first.act.to()
                && draft.act.after() == first.act.after()
                && draft.act.says()
                && draft.terms == first.terms
                && self.known(&draft.id).is_none()
        });
        let fits = drafts.len() <= limits::TOGETHER && bytes <= limits::TOGETHER_BYTES;
        if !alike || !fits || ids.len() != drafts.len() {
            let (limit, bytes) = (number(limits::TOGETHER), number(limits::TOGETHER_BYTES));
            return Err(Refusal::TooMuchTogether { limit, bytes });
        }
        self.put_all(drafts)
    }

    fn put_all(&mut self, drafts: Vec<Draft>) -> Result<Put, Refusal> {
        let bytes: usize = drafts.iter().map(|draft| draft.text.len()).sum();
        let full = self.waiting.len() + drafts.len() > limits::DRAFTS;
        if full || self.bytes + bytes > limits::DRAFT_BYTES {
            return Err(Refusal::Busy { waiting: number(self.waiting.len()) });
        }
        self.bytes += bytes;
        self.queue(drafts, Lanes::push);
        Ok(Put::Waiting)
    }

    /// Puts an item into its lane, at the end that `put` is for.
    fn queue(
        &mut self,
        item: Vec<Draft>,
        put: fn(&mut Lanes<Vec<Draft>>, Class, Vec<Draft>) -> Ticket,
    ) {
        let Some(class) = item.first().map(|first| Class::from(first.priority)) else { return };
        let ids: Vec<DraftId> = item.iter().map(|draft| draft.id).collect();
        let place = Place::Lane(put(&mut self.lanes, class, item));
        self.waiting.extend(ids.into_iter().map(|id| (id, place)));
    }

    /// Drops a draft that waits for a batch; one that is seen together with others takes them with
    /// it. Those dropped; none if it does not wait, or is being stored.
    pub fn cancel(&mut self, id: &DraftId) -> Vec<DraftId> {
        let Some(Place::Lane(ticket)) = self.waiting.get(id) else { return Vec::new() };
        let item = self.lanes.cancel(*ticket).unwrap_or_default();
        for draft in &item {
            self.forget(draft);
        }
        item.into_iter().map(|draft| draft.id).collect()
    }

    /// True if a draft is in a batch whose outcome is open.
    #[must_use]
    pub fn is_taken(&self, id: &DraftId) -> bool {
        matches!(self.waiting.get(id), Some(Place::Taken))
    }

    /// A draft waits no more. False if it did not.
    fn forget(&mut self, draft: &Draft) -> bool {
        let waited = self.waiting.remove(&draft.id).is_some();
        if waited {
            self.bytes = self.bytes.saturating_sub(draft.text.len());
        }
        waited
    }

    /// True if a draft, or what was asked of one, is not stored yet.
    #[must_use]
    pub fn has_unsaved(&self) -> bool {
        !self.waiting.is_empty() || self.waits.has_unsaved() || self.tray.is_dirty()
    }

    /// True if nothing waits to be taken into a batch.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }

    /// How many drafts of each priority wait for a batch.
    #[must_use]
    pub fn depths(&self) -> [u64; 3] {
        Priority::ALL.map(|priority| {
            number(self.lanes.iter(Class::from(priority)).map(|(_, item)| item.len()).sum())
        })
    }

    /// Bytes of text in all drafts that are not stored yet.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        number(self.bytes)
    }

    /// Takes drafts of one priority that are ready, up to some bytes and [`limits::BATCH_ENTRIES`],
    /// and at least one item if there is one: what is written all the time holds up no lower
    /// priority for ever. They count as waiting until [`Outbox::drop_taken`] or
    /// [`Outbox::put_back`].
    pub fn take(
        &mut self,
        priority: Priority,
        bytes: &mut usize,
        mut ready: impl FnMut(&Draft) -> bool,
    ) -> Vec<Vec<Draft>> {
        let (mut tickets, mut count) = (Vec::new(), 0);
        for (ticket, item) in self.lanes.iter(Class::from(priority)) {
            if !item.iter().all(&mut ready) {
                continue;
            }
            count += item.len();
            if count > limits::BATCH_ENTRIES {
                break;
            }
            let size = item.iter().map(|draft| draft.text.len()).sum();
            if *bytes < size && !tickets.is_empty() {
                break;
            }
            *bytes = bytes.saturating_sub(size);
            tickets.push(ticket);
        }
        let taken = self.take_out(tickets);
        let ids = taken.iter().flatten().map(|draft| draft.id);
        self.waiting.extend(ids.map(|id| (id, Place::Taken)));
        taken
    }

    fn take_out(&mut self, tickets: Vec<Ticket>) -> Vec<Vec<Draft>> {
        tickets.into_iter().filter_map(|ticket| self.lanes.cancel(ticket)).collect()
    }

    /// The batch was not stored: its drafts wait again, in front and in their order.
    pub fn put_back(&mut self, mut items: Vec<Vec<Draft>>) {
        if planted(Planted::FailedCommitReordered) {
            items.reverse();
        }
        for item in items.into_iter().rev() {
            self.queue(item, Lanes::put_back);
        }
    }

    /// A draft that was taken is an entry now, or will not be one after all.
    pub fn drop_taken(&mut self, draft: &Draft) {
        self.forget(draft);
    }

    /// A stored draft is known by another name.
    pub fn rename(&mut self, id: DraftId, entry: EntryId) {
        if let Some(old) = self.stored.insert(id, entry) {
            self.drafts.remove(&old);
        } else {
            self.order.push_back(id);
        }
        self.drafts.insert(entry, id);
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

    /// After the truth was read again: drafts that turn out to be stored wait no more. Gives those
    /// that make no rows: nothing else tells pages of them.
    pub fn drop_stored(&mut self) -> Vec<DraftId> {
        let stored = |draft: &Draft| self.stored.contains_key(&draft.id);
        let items = Class::DATA.into_iter().flat_map(|class| self.lanes.iter(class));
        let items = items.filter(|(_, item)| item.iter().any(stored));
        let tickets: Vec<Ticket> = items.map(|(ticket, _)| ticket).collect();
        let mut notes = Vec::new();
        for draft in self.take_out(tickets).iter().flatten() {
            if self.forget(draft) {
                notes.extend((draft.act != Act::Say).then_some(draft.id));
                mark(Mark::DraftWasStored);
            }
        }
        let stored = &self.stored;
        let said = |waiting: &Waiting| stored.contains_key(&waiting.draft.id);
        let said: Vec<Waiting> = self.waits.all().into_iter().filter(said).collect();
        for waiting in said {
            self.waits.remove(&waiting.draft.id);
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Incarnation, LogId, MemberId};

    fn draft(id: u8, priority: Priority, text: &str) -> Draft {
        Draft::new(DraftId([id; 16]), text, priority)
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
        let taken = outbox.take(Priority::Normal, &mut bytes, |_| true);
        assert_eq!(taken.len(), 1);
        assert_eq!(outbox.put(hello.clone()), Ok(Put::Repeated));
        outbox.drop_taken(&hello);
        outbox.remember(hello.id, entry(3));
        assert_eq!(outbox.put(hello), Ok(Put::Stored(entry(3))));
    }

    #[test]
    fn what_could_not_be_stored_waits_again_in_its_order() {
        let mut outbox = Outbox::default();
        for id in 0..4 {
            outbox.put(draft(id, Priority::Low, "text")).unwrap();
        }
        let mut bytes = 8;
        let taken = outbox.take(Priority::Low, &mut bytes, |_| true);
        assert_eq!(taken.len(), 2);
        outbox.put_back(taken);
        bytes = limits::BATCH_BYTES;
        let ids: Vec<u8> = outbox
            .take(Priority::Low, &mut bytes, |_| true)
            .iter()
            .map(|item| item[0].id.0[0])
            .collect();
        assert_eq!(ids, [0, 1, 2, 3]);
    }

    #[test]
    fn what_is_not_ready_keeps_its_place_and_holds_up_nothing() {
        let mut outbox = Outbox::default();
        for id in 0..3 {
            outbox.put(draft(id, Priority::Low, "text")).unwrap();
        }
        let mut take = |ready: fn(&Draft) -> bool| -> Vec<u8> {
            let mut bytes = limits::BATCH_BYTES;
            let taken = outbox.take(Priority::Low, &mut bytes, ready);
            taken.iter().flatten().map(|draft| draft.id.0[0]).collect()
        };
        assert_eq!(take(|draft| draft.id.0[0] == 1), [1]);
        assert_eq!(take(|_| true), [0, 2]);
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
            let draft = Draft::new(DraftId(bytes), most.clone(), Priority::Normal);
            refused = outbox.put(draft).err();
            if refused.is_some() {
                break;
            }
        }
        assert!(matches!(refused, Some(Refusal::Busy { .. })));
    }

    #[test]
    fn a_cancelled_draft_is_not_said_and_one_that_is_being_stored_is() {
        let mut outbox = Outbox::default();
        for id in 0..3 {
            outbox.put(draft(id, Priority::Normal, "text")).unwrap();
        }
        assert_eq!(outbox.cancel(&DraftId([1; 16])).len(), 1);
        assert!(outbox.cancel(&DraftId([1; 16])).is_empty());
        assert_eq!(outbox.depths(), [0, 2, 0]);
        let mut bytes = limits::BATCH_BYTES;
        assert_eq!(outbox.take(Priority::Normal, &mut bytes, |_| true).len(), 2);
        assert!(outbox.cancel(&DraftId([0; 16])).is_empty(), "it may be stored already");
        outbox.put_back(vec![vec![draft(0, Priority::Normal, "text")]]);
        assert_eq!(outbox.cancel(&DraftId([0; 16])), [DraftId([0; 16])]);
        assert_eq!(outbox.put(draft(1, Priority::Normal, "text")), Ok(Put::Waiting));
    }

    #[test]
    fn what_is_seen_together_is_taken_together_or_refused_together() {
        let mut outbox = Outbox::default();
        let together = |ids: std::ops::Range<u8>, text: &str| {
            ids.map(|id| draft(id, Priority::Low, text)).collect::<Vec<_>>()
        };
        assert_eq!(outbox.put_together(together(0..3, "text")), Ok(Put::Waiting));
        assert_eq!(outbox.put_together(together(0..3, "text")), Ok(Put::Repeated));
        let mut bytes = limits::BATCH_BYTES;
        let taken = outbox.take(Priority::Low, &mut bytes, |_| true);
        assert_eq!(taken[0].len(), 3);
        outbox.put_back(taken);
        assert_eq!((outbox.cancel(&DraftId([1; 16])).len(), outbox.bytes()), (3, 0));
        assert_eq!(outbox.put_together(vec![]), Err(Refusal::Empty));
        assert_eq!(outbox.put_together(together(10..12, " ")), Err(Refusal::Empty));
        let mut mixed = together(10..12, "text");
        mixed[1].priority = Priority::Urgent;
        let long = together(20..23, &"x".repeat(limits::TOGETHER_BYTES / 2));
        let twice = vec![draft(30, Priority::Low, "a"), draft(30, Priority::Low, "b")];
        for wrong in [mixed, long, twice] {
            let refused = outbox.put_together(wrong);
            assert!(matches!(refused, Err(Refusal::TooMuchTogether { .. })), "{refused:?}");
        }
        assert!(outbox.is_empty());
    }
}
