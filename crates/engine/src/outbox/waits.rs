//! Drafts that wait for their time: a moment on the clock, or a member's return.
//!
//! ```text
//!  ahead (timer wheel) ─ the clock passes ─► due ─► released: here until its entry is stored
//!         └────── the clock goes back ◄───────┘
//! ```
//! They are stored, so that they outlive the page, and only this device can release them. A device
//! that slept past the moment releases them when it wakes, oldest first. The clock is the device's,
//! which may go back: what is ahead of it again waits again.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{DraftId, MemberId};
use crate::io::Millis;
use crate::limits;
use crate::queue::{Full, Timer, Wheel};
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

/// Those with a moment by it, then the others as they came.
fn rank(waiting: &Waiting) -> (bool, Millis) {
    match moment(waiting) {
        Some(at) => (false, at),
        None => (true, waiting.since),
    }
}

/// Where a draft waits.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// In the wheel.
    Ahead(Timer),
    /// Among those whose moment has come.
    Due,
    /// For a member.
    Meeting,
}

/// See the module.
#[derive(Debug)]
pub struct Waits {
    waiting: BTreeMap<DraftId, (Waiting, Place)>,
    /// By the device's clock as of the last [`Waits::pass`].
    ahead: Wheel<DraftId>,
    /// By moment.
    due: BTreeSet<(Millis, DraftId)>,
    /// Those that wait for a member, as they came.
    meeting: BTreeSet<(Millis, DraftId)>,
    dirty: BTreeSet<DraftId>,
    /// With the store at this moment, as they will be there.
    storing: BTreeMap<DraftId, Option<Waiting>>,
    /// What the store has of those that have changed since: true until the change is stored.
    on_disk: BTreeMap<DraftId, Waiting>,
    /// Taken back by a person; told once the store knows.
    cancelled: BTreeSet<DraftId>,
    /// True if pages have to be told.
    stale: bool,
}

impl Default for Waits {
    fn default() -> Waits {
        Waits {
            waiting: BTreeMap::new(),
            ahead: Wheel::new(0, limits::WAITING),
            due: BTreeSet::new(),
            meeting: BTreeSet::new(),
            dirty: BTreeSet::new(),
            storing: BTreeMap::new(),
            on_disk: BTreeMap::new(),
            cancelled: BTreeSet::new(),
            stale: false,
        }
    }
}

impl Waits {
    /// True if this draft waits here.
    #[must_use]
    pub fn contains(&self, id: &DraftId) -> bool {
        self.waiting.contains_key(id)
    }

    /// True if no further one fits.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= limits::WAITING
    }

    /// The draft, if it waits here.
    #[must_use]
    pub fn of(&self, id: &DraftId) -> Option<&Waiting> {
        self.waiting.get(id).map(|(waiting, _)| waiting)
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
        let (id, before) = (draft.id, self.remove(&draft.id));
        let since = before.map_or(wall, |before| before.since);
        let limit = u64::try_from(limits::WAITING).unwrap_or(u64::MAX);
        let put = self.insert(Waiting { draft, since });
        put.map_err(|Full { .. }| Refusal::TooManyWaiting { limit })?;
        self.dirty.insert(id);
        Ok(())
    }

    /// Puts a draft as it was stored, unless something newer is known of it, or too many wait.
    pub fn load(&mut self, waiting: Waiting) {
        let id = waiting.draft.id;
        if self.dirty.contains(&id) {
            self.on_disk.insert(id, waiting);
        } else if !self.waiting.contains_key(&id) {
            let _ = self.insert(waiting);
        }
    }

    fn insert(&mut self, waiting: Waiting) -> Result<(), Full> {
        if self.is_full() {
            return Err(Full { most: limits::WAITING });
        }
        let place = self.place(&waiting)?;
        self.waiting.insert(waiting.draft.id, (waiting, place));
        self.stale = true;
        Ok(())
    }

    /// Puts a draft where it waits, by the clock as it stands.
    fn place(&mut self, waiting: &Waiting) -> Result<Place, Full> {
        let id = waiting.draft.id;
        Ok(match moment(waiting) {
            Some(at) if at > self.ahead.now() => Place::Ahead(self.ahead.insert(at, id)?),
            Some(at) => {
                self.due.insert((at, id));
                Place::Due
            }
            None => {
                self.meeting.insert((waiting.since, id));
                Place::Meeting
            }
        })
    }

    /// Takes a draft out: released, cancelled or replaced.
    pub fn remove(&mut self, id: &DraftId) -> Option<Waiting> {
        let (waiting, place) = self.waiting.remove(id)?;
        match place {
            Place::Ahead(timer) => drop(self.ahead.cancel(timer)),
            Place::Due => drop(self.due.remove(&(moment(&waiting).unwrap_or_default(), *id))),
            Place::Meeting => drop(self.meeting.remove(&(waiting.since, *id))),
        }
        if self.is_stored(id) {
            self.on_disk.insert(*id, waiting.clone());
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
            self.on_disk.remove(id);
        }
    }

    /// The device's clock shows this, in milliseconds since 1970.
    pub fn pass(&mut self, wall: Millis) {
        if wall < self.ahead.now() {
            self.go_back(wall);
        }
        let Waits { ahead, due, waiting, .. } = self;
        ahead.expire(wall, |id| {
            if let Some((waiting, place)) = waiting.get_mut(&id) {
                due.extend(moment(waiting).map(|at| (at, id)));
                *place = Place::Due;
            }
        });
    }

    /// The clock was put back: what is ahead of it again must wait again.
    fn go_back(&mut self, wall: Millis) {
        self.ahead = Wheel::new(wall, limits::WAITING);
        self.due.clear();
        self.meeting.clear();
        for (waiting, _) in std::mem::take(&mut self.waiting).into_values() {
            // As many as fitted in before.
            if let Ok(place) = self.place(&waiting) {
                self.waiting.insert(waiting.draft.id, (waiting, place));
            }
        }
    }

    /// The drafts whose time had come at the last [`Waits::pass`], by time, then in the order of
    /// their ids; then those whose members are there, as they came. They stay here, until their
    /// entries are stored.
    #[must_use]
    pub fn due(&self, online: impl Fn(&MemberId) -> bool) -> Vec<DraftId> {
        let there = |id: &DraftId| match self.of(id).map(|waiting| waiting.draft.terms.when) {
            Some(When::Online(member)) => online(&member),
            Some(When::Now | When::At(_)) | None => false,
        };
        let meeting = self.meeting.iter().map(|(_, id)| *id).filter(there);
        self.due.iter().map(|(_, id)| *id).chain(meeting).collect()
    }

    /// The next moment after this one, in milliseconds since 1970; a moment that came since the
    /// last [`Waits::pass`] counts as the next millisecond. It may be early if many moments lie
    /// close together and one was taken back ([`Wheel::next`]).
    #[must_use]
    pub fn next_after(&self, wall: Millis) -> Option<Millis> {
        let first = wall.saturating_add(1);
        let due = self.due.range((first, DraftId([0; 16]))..).next().map(|(at, _)| *at);
        due.or_else(|| self.ahead.next().map(|at| at.max(first)))
    }

    /// True if the store has it as it is here.
    fn is_stored(&self, id: &DraftId) -> bool {
        !self.dirty.contains(id) && !self.storing.contains_key(id)
    }

    /// All that wait, as they are stored: what a page that comes now is told.
    #[must_use]
    pub fn stored_ones(&self) -> Vec<Waiting> {
        let stored = |waiting: Waiting| match self.is_stored(&waiting.draft.id) {
            true => Some(waiting),
            false => self.on_disk.get(&waiting.draft.id).cloned(),
        };
        let mut all: Vec<Waiting> = self.said().into_iter().filter_map(stored).collect();
        all.sort_by_key(rank);
        all
    }

    /// All that wait: those with a moment by it, then the others as they came.
    #[must_use]
    pub fn all(&self) -> Vec<Waiting> {
        let mut all: Vec<Waiting> =
            self.waiting.values().map(|(waiting, _)| waiting.clone()).collect();
        all.sort_by_key(rank);
        all
    }

    /// What a person is shown: not the changes that this device makes by itself.
    fn said(&self) -> Vec<Waiting> {
        self.all().into_iter().filter(|waiting| waiting.draft.act.says()).collect()
    }

    /// True if something has to be stored, or is with the store.
    #[must_use]
    pub fn has_unsaved(&self) -> bool {
        !(self.dirty.is_empty() && self.storing.is_empty())
    }

    /// True if something has to be stored.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        !self.dirty.is_empty()
    }

    /// Takes what has to be stored again, or deleted if it waits no more.
    pub fn take_dirty(&mut self) -> Vec<(DraftId, Option<Waiting>)> {
        let dirty = std::mem::take(&mut self.dirty).into_iter();
        let taken: Vec<_> = dirty.map(|id| (id, self.of(&id).cloned())).collect();
        self.storing.extend(taken.iter().cloned());
        taken
    }

    /// What was taken to be stored is.
    pub fn stored(&mut self) {
        for (id, waiting) in std::mem::take(&mut self.storing) {
            match waiting.filter(|_| self.dirty.contains(&id)) {
                Some(waiting) => self.on_disk.insert(id, waiting),
                None => self.on_disk.remove(&id),
            };
        }
    }

    /// What was taken to be stored is not, or nobody knows.
    pub fn not_stored(&mut self) {
        self.dirty.extend(std::mem::take(&mut self.storing).into_keys());
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
        assert_eq!(waits.next_after(0), Some(100));
        waits.pass(99);
        assert!(waits.due(|_| false).is_empty());
        assert_eq!(ids(waits.due(|member| *member == ANA)), [3]);
        waits.pass(100);
        assert_eq!((ids(waits.due(|_| false)), waits.next_after(100)), (vec![2], Some(300)));
        waits.pass(1_000);
        assert_eq!(ids(waits.due(|_| true)), [2, 1, 3]);
        assert_eq!(waits.next_after(1_000), None);
    }

    #[test]
    fn a_clock_that_was_put_back_makes_nothing_come_early() {
        let mut waits = Waits::default();
        waits.put(draft(1, When::At(300)), 0).unwrap();
        waits.put(draft(2, When::At(900)), 0).unwrap();
        waits.pass(500);
        assert_eq!(ids(waits.due(|_| true)), [1]);
        waits.put(draft(3, When::At(400)), 100).unwrap();
        waits.pass(100);
        waits.put(draft(4, When::At(200)), 100).unwrap();
        assert!(waits.due(|_| true).is_empty());
        assert_eq!(waits.next_after(100), Some(200));
        waits.pass(350);
        assert_eq!(ids(waits.due(|_| true)), [4, 1]);
        assert!(waits.remove(&DraftId([1; 16])).is_some());
        waits.pass(1_000);
        assert_eq!(ids(waits.due(|_| true)), [4, 3, 2]);
    }

    #[test]
    fn what_has_one_moment_is_due_in_the_order_of_the_ids() {
        let mut waits = Waits::default();
        for id in [3, 1, 2] {
            waits.put(draft(id, When::At(100)), 0).unwrap();
        }
        waits.put(draft(9, When::Now), 0).unwrap();
        waits.pass(100);
        assert_eq!(ids(waits.due(|_| true)), [9, 1, 2, 3]);
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
    fn i1_a_change_that_is_not_stored_leaves_what_is_stored_to_be_told() {
        let mut waits = Waits::default();
        let told = |waits: &Waits| -> Vec<String> {
            waits.stored_ones().into_iter().map(|waiting| waiting.draft.text).collect()
        };
        let words = |text: &str| Draft { text: text.to_owned(), ..draft(1, When::At(100)) };
        waits.put(words("old"), 0).unwrap();
        waits.take_dirty();
        waits.stored();
        waits.put(words("new"), 0).unwrap();
        assert_eq!(told(&waits), ["old"]);
        waits.take_dirty();
        waits.put(words("newer"), 0).unwrap();
        assert_eq!(told(&waits), ["old"], "the store has not answered");
        waits.not_stored();
        waits.load(Waiting { draft: words("old"), since: 0 });
        assert_eq!(told(&waits), ["old"], "read again, after a failure");
        waits.take_dirty();
        waits.put(words("newest"), 0).unwrap();
        waits.stored();
        assert_eq!(told(&waits), ["newer"]);
        waits.take_dirty();
        waits.stored();
        assert_eq!(told(&waits), ["newest"]);
        assert!(waits.on_disk.is_empty() && waits.storing.is_empty());
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
