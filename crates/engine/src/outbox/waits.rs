//! Drafts that wait for their time: a moment on the clock, or a member's return.
//!
//! They are stored, so that they outlive the page, and only this device can release them. A device
//! that slept past the moment releases them when it wakes, oldest first.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{DraftId, MemberId};
use crate::io::Millis;
use crate::limits;
use crate::simulation::{Planted, planted};
use crate::view::{Draft, Refusal, Waiting, When};

/// When a draft is due by the clock; one that was changed to be said now is due already.
fn moment(waiting: &Waiting) -> Option<Millis> {
    match waiting.draft.terms.when {
        When::Now => Some(0),
        When::At(at) => Some(at),
        When::Online(_) => None,
    }
}

/// See the module.
#[derive(Debug, Default)]
pub struct Waits {
    waiting: BTreeMap<DraftId, Waiting>,
    by_time: BTreeSet<(Millis, DraftId)>,
    dirty: BTreeSet<DraftId>,
    /// With the store at this moment.
    storing: BTreeSet<DraftId>,
    /// Taken back by a person; told once the store knows.
    cancelled: BTreeSet<DraftId>,
    /// True if pages have to be told.
    stale: bool,
}

impl Waits {
    /// True if this draft waits here.
    #[must_use]
    pub fn contains(&self, id: &DraftId) -> bool {
        self.waiting.contains_key(id)
    }

    /// The draft, if it waits here.
    #[must_use]
    pub fn of(&self, id: &DraftId) -> Option<&Waiting> {
        self.waiting.get(id)
    }

    /// Puts a draft, or another one in its place.
    ///
    /// # Errors
    /// If too many wait, or its time is too far away.
    pub fn put(&mut self, draft: Draft, wall: Millis) -> Result<(), Refusal> {
        if let When::At(at) = draft.terms.when
            && at > wall.saturating_add(limits::WAIT_AT_MOST)
        {
            return Err(Refusal::Terms("the time is more than a year away".to_owned()));
        }
        let before = self.remove(&draft.id);
        if before.is_none() && self.waiting.len() >= limits::WAITING {
            let limit = u64::try_from(limits::WAITING).unwrap_or(u64::MAX);
            return Err(Refusal::TooManyWaiting { limit });
        }
        let since = before.map_or(wall, |before| before.since);
        self.dirty.insert(draft.id);
        self.insert(Waiting { draft, since });
        Ok(())
    }

    /// Puts a draft as it was stored, unless something newer is known of it.
    pub fn load(&mut self, waiting: Waiting) {
        let id = waiting.draft.id;
        let known = self.waiting.contains_key(&id) || self.dirty.contains(&id);
        if !known && self.waiting.len() < limits::WAITING {
            self.insert(waiting);
        }
    }

    fn insert(&mut self, waiting: Waiting) {
        let id = waiting.draft.id;
        if let Some(at) = moment(&waiting) {
            self.by_time.insert((at, id));
        }
        self.waiting.insert(id, waiting);
        self.stale = true;
    }

    /// Takes a draft out: released, cancelled or replaced.
    pub fn remove(&mut self, id: &DraftId) -> Option<Waiting> {
        let waiting = self.waiting.remove(id)?;
        if let Some(at) = moment(&waiting) {
            self.by_time.remove(&(at, *id));
        }
        self.dirty.insert(*id);
        self.stale = true;
        Some(waiting)
    }

    /// Takes a draft out because a person does not want it said.
    pub fn cancel(&mut self, id: &DraftId) -> bool {
        let waited = self.remove(id).is_some();
        if waited {
            self.cancelled.insert(*id);
        }
        waited
    }

    /// True if it was taken back a moment ago.
    #[must_use]
    pub fn is_cancelled(&self, id: &DraftId) -> bool {
        self.cancelled.contains(id)
    }

    /// Pages have to be told again.
    pub fn repeat(&mut self) {
        self.stale = true;
    }

    /// What pages are to be told, if anything: what waits, and what was taken back. Only what is
    /// stored is told, since a page forgets what it has heard of.
    pub fn take_news(&mut self) -> Option<(Vec<Waiting>, BTreeSet<DraftId>)> {
        let settled = self.dirty.is_empty() && self.storing.is_empty();
        if !(settled || planted(Planted::WaitingToldUnstored)) || !std::mem::take(&mut self.stale) {
            return None;
        }
        Some((self.said(), std::mem::take(&mut self.cancelled)))
    }

    /// A draft is an entry, and what was stored of it here is gone with the same transaction.
    pub fn settle(&mut self, id: &DraftId) {
        if self.remove(id).is_some() {
            self.dirty.remove(id);
        }
    }

    /// The drafts whose time has come, by time, then in the order of their ids. They stay here,
    /// until their entries are stored.
    #[must_use]
    pub fn due(&self, wall: Millis, online: impl Fn(&MemberId) -> bool) -> Vec<DraftId> {
        let timed = self.by_time.iter().take_while(|(at, _)| *at <= wall).map(|(_, id)| *id);
        let mut meeting: Vec<(Millis, DraftId)> = Vec::new();
        for (id, waiting) in &self.waiting {
            if let When::Online(member) = waiting.draft.terms.when
                && online(&member)
            {
                meeting.push((waiting.since, *id));
            }
        }
        meeting.sort_unstable();
        timed.chain(meeting.into_iter().map(|(_, id)| id)).collect()
    }

    /// The next moment after this one, in milliseconds since 1970.
    #[must_use]
    pub fn next_after(&self, wall: Millis) -> Option<Millis> {
        let first = (wall.saturating_add(1), DraftId([0; 16]));
        self.by_time.range(first..).next().map(|(at, _)| *at)
    }

    /// All that wait and are stored so: what a page that comes now is told.
    #[must_use]
    pub fn stored_ones(&self) -> Vec<Waiting> {
        let mut all = self.said();
        all.retain(|waiting| {
            let id = &waiting.draft.id;
            !self.dirty.contains(id) && !self.storing.contains(id)
        });
        all
    }

    /// All that wait: those with a moment by it, then the others as they came.
    #[must_use]
    pub fn all(&self) -> Vec<Waiting> {
        let timed = self.by_time.iter().filter_map(|(_, id)| self.waiting.get(id));
        let untimed = |waiting: &&Waiting| matches!(waiting.draft.terms.when, When::Online(_));
        let mut meeting: Vec<&Waiting> = self.waiting.values().filter(untimed).collect();
        meeting.sort_by_key(|waiting| waiting.since);
        timed.chain(meeting).cloned().collect()
    }

    /// What a person is shown: not the changes that this device makes by itself.
    fn said(&self) -> Vec<Waiting> {
        self.all().into_iter().filter(|waiting| waiting.draft.act.says()).collect()
    }

    /// True if something has to be stored.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        !self.dirty.is_empty()
    }

    /// Takes what has to be stored again, or deleted if it waits no more.
    pub fn take_dirty(&mut self) -> Vec<(DraftId, Option<Waiting>)> {
        let dirty = std::mem::take(&mut self.dirty);
        self.storing.extend(&dirty);
        dirty.into_iter().map(|id| (id, self.waiting.get(&id).cloned())).collect()
    }

    /// What was taken to be stored is.
    pub fn stored(&mut self) {
        self.storing.clear();
    }

    /// What was taken to be stored is not, or nobody knows.
    pub fn not_stored(&mut self) {
        self.dirty.append(&mut self.storing);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{Priority, Terms};

    const ANA: MemberId = MemberId([1; 32]);

    fn draft(id: u8, when: When) -> Draft {
        let terms = Terms { when, ..Terms::default() };
        Draft::new(DraftId([id; 16]), "later", Priority::Normal).on(terms)
    }

    fn ids(drafts: Vec<DraftId>) -> Vec<u8> {
        drafts.into_iter().map(|id| id.0[0]).collect()
    }

    #[test]
    fn drafts_come_due_by_time_also_after_a_sleep() {
        let mut waits = Waits::default();
        waits.put(draft(1, When::At(300)), 0).unwrap();
        waits.put(draft(2, When::At(100)), 0).unwrap();
        waits.put(draft(3, When::Online(ANA)), 0).unwrap();
        assert_eq!((waits.next_after(0), waits.next_after(100)), (Some(100), Some(300)));
        assert!(waits.due(99, |_| false).is_empty());
        assert_eq!(ids(waits.due(1_000, |_| false)), [2, 1]);
        assert_eq!(ids(waits.due(99, |member| *member == ANA)), [3]);
    }

    #[test]
    fn a_draft_can_be_replaced_and_taken_back_while_it_waits() {
        let mut waits = Waits::default();
        waits.put(draft(1, When::At(100)), 5).unwrap();
        waits.put(draft(1, When::At(200)), 50).unwrap();
        assert_eq!(waits.all().len(), 1);
        assert_eq!((waits.all()[0].since, waits.next_after(0)), (5, Some(200)));
        assert!(waits.remove(&DraftId([1; 16])).is_some());
        assert_eq!(
            (waits.next_after(0), waits.take_dirty()),
            (None, vec![(DraftId([1; 16]), None)])
        );
    }

    #[test]
    fn i1_pages_are_told_of_what_is_stored_only() {
        let mut waits = Waits::default();
        waits.put(draft(1, When::At(100)), 5).unwrap();
        assert!(waits.take_news().is_none());
        assert_eq!(waits.take_dirty().len(), 1);
        assert!(waits.take_news().is_none());
        assert!(waits.stored_ones().is_empty());
        waits.not_stored();
        assert!(waits.take_news().is_none());
        assert_eq!(waits.take_dirty().len(), 1);
        waits.stored();
        let (told, cancelled) = waits.take_news().unwrap();
        assert_eq!((told.len(), cancelled.len(), waits.stored_ones().len()), (1, 0, 1));
        assert!(waits.cancel(&DraftId([1; 16])));
        assert!(waits.take_news().is_none());
        waits.take_dirty();
        waits.stored();
        let (told, cancelled) = waits.take_news().unwrap();
        assert_eq!((told.len(), cancelled.contains(&DraftId([1; 16]))), (0, true));
    }

    #[test]
    fn i6_too_many_and_too_far_away_is_refused_in_words() {
        let mut waits = Waits::default();
        let far = draft(1, When::At(limits::WAIT_AT_MOST + 1));
        assert!(matches!(waits.put(far, 0), Err(Refusal::Terms(_))));
        for id in 0..limits::WAITING {
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&u64::try_from(id).unwrap().to_be_bytes());
            let draft = Draft { id: DraftId(bytes), ..draft(0, When::At(5)) };
            waits.put(draft, 0).unwrap();
        }
        let refused = waits.put(draft(9, When::At(5)), 0);
        assert!(matches!(refused, Err(Refusal::TooManyWaiting { .. })));
    }
}
