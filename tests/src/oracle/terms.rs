//! What the oracle knows of messages on other terms: seen together, later, for a while, changed,
//! taken back.
//!
//! Also here nothing is lost, doubled or half seen, and what is gone is gone on every disk.

use std::collections::{BTreeMap, BTreeSet};

use engine::{Body, Draft, DraftId, EntryHash, EntryId, Event, Order, Qos, Refusal, Row, When};

use crate::oracle::verdict::Present;
use crate::oracle::{Oracle, Screen, cut};
use crate::store::Store;

/// How long after its time a message may still wait, or its body be there, in milliseconds.
const LATE: u64 = 5_000;
/// The same of an open page whose disk does what it is told.
const AT_ONCE: u64 = 2_000;

/// See the module.
#[derive(Default)]
pub struct Known {
    bundles: Vec<BTreeSet<String>>,
    bundle_of: BTreeMap<String, usize>,
    expiring: BTreeSet<String>,
    gone: BTreeSet<EntryHash>,
    edits: BTreeMap<EntryHash, BTreeSet<String>>,
    /// Notes that their author's page was not told to be stored yet.
    notes: BTreeMap<DraftId, Note>,
    /// What was changed or deleted by the name that it had then, and on which devices.
    edited: BTreeMap<Target, BTreeSet<usize>>,
    deleted: BTreeMap<Target, BTreeSet<usize>>,
    live: BTreeMap<DraftId, Qos>,
    heard: BTreeSet<(usize, u32, DraftId)>,
    reclassed: BTreeSet<EntryHash>,
    /// When a draft may be said at the earliest: the earliest of all that was said of it.
    due: BTreeMap<DraftId, u64>,
    /// Drafts of which a page was told that they wait.
    accepted: BTreeSet<(DraftId, usize)>,
    /// Drafts that wait on more than one disk, or again: each may say them.
    again: BTreeSet<DraftId>,
    /// What was said of each draft.
    words: BTreeMap<DraftId, BTreeSet<String>>,
    cancelled: BTreeSet<String>,
    /// Drafts that were to be taken back: whether that was in time only [`Event::Cancelled`] says.
    unwanted: BTreeSet<DraftId>,
    /// The latest time that each device's clock has shown.
    walls: BTreeMap<usize, u64>,
}

/// A message, and what it is called.
type Target = (EntryId, EntryHash);

#[derive(Clone, Copy, Debug)]
enum Note {
    Edit(Target),
    Delete(Target),
    React(Target),
}

impl Oracle {
    pub(super) fn said_on_terms(&mut self, draft: &Draft) {
        self.terms.words.entry(draft.id).or_default().insert(draft.text.clone());
        let at = match draft.terms.when {
            When::At(at) => at,
            When::Now | When::Online(_) => 0,
        };
        let due = self.terms.due.entry(draft.id).or_insert(at);
        *due = at.min(*due);
    }

    pub(crate) fn said_together(&mut self, drafts: &[Draft]) {
        let bundle = self.terms.bundles.len();
        self.terms.bundles.push(drafts.iter().map(|draft| draft.text.clone()).collect());
        let of = drafts.iter().map(|draft| (draft.text.clone(), bundle));
        self.terms.bundle_of.extend(of);
    }

    pub(crate) fn not_wanted(&mut self, draft: DraftId) {
        self.terms.unwanted.insert(draft);
    }

    pub(crate) fn will_expire(&mut self, draft: &Draft) {
        self.terms.expiring.insert(draft.text.clone());
    }

    pub(crate) fn may_be_gone(&mut self, hash: EntryHash) {
        self.terms.gone.insert(hash);
    }

    pub(crate) fn will_edit(&mut self, target: Target, draft: &Draft) {
        self.terms.edits.entry(target.1).or_default().insert(draft.text.clone());
        self.terms.notes.insert(draft.id, Note::Edit(target));
    }

    pub(crate) fn will_delete(&mut self, target: Target, draft: &Draft) {
        self.may_be_gone(target.1);
        self.terms.notes.insert(draft.id, Note::Delete(target));
    }

    pub(crate) fn will_react(&mut self, target: Target, draft: &Draft) {
        self.terms.notes.insert(draft.id, Note::React(target));
    }

    /// A device's disk went back: what it was told to have stored may be gone with it.
    pub(super) fn forget_terms(&mut self, peer: usize) {
        for devices in self.terms.edited.values_mut().chain(self.terms.deleted.values_mut()) {
            devices.remove(&peer);
        }
        self.terms.accepted.retain(|(_, device)| *device != peer);
        self.is_odd(peer);
    }

    /// What waits on this disk is said from there, whatever became of it elsewhere or before.
    pub(super) fn waits_again(&mut self, peer: usize, store: &Store) {
        let waits: Vec<DraftId> =
            self.terms.words.keys().filter(|draft| store.waits(draft)).copied().collect();
        self.terms.accepted.extend(waits.iter().map(|draft| (*draft, peer)));
        self.terms.again.extend(waits);
    }

    /// True if this may be said by more than one device, or by more than one life of a disk: a copy
    /// of what waits cannot know that it is one.
    pub(super) fn may_be_said_again(&self, text: &str) -> bool {
        let mut again = self.terms.again.iter().filter_map(|draft| self.terms.words.get(draft));
        again.any(|words| words.contains(text))
    }

    pub(crate) fn said_live(&mut self, draft: &Draft, screen: &Screen) {
        self.said_without(&draft.text, screen);
        self.terms.live.insert(draft.id, draft.terms.qos);
    }

    /// True if a page was told of something live in this life of its worker.
    pub(super) fn was_told_live(&self, peer: usize, draft: DraftId) -> bool {
        let life = self.lives.get(&peer).copied().unwrap_or(0);
        self.terms.heard.contains(&(peer, life, draft))
    }

    pub(crate) fn reclassed(&mut self, hash: EntryHash) {
        self.terms.reclassed.insert(hash);
    }

    pub(super) fn was_reclassed(&self, entry: &EntryHash) -> bool {
        self.terms.reclassed.contains(entry)
    }

    pub(super) fn fades(&self, entry: &EntryHash) -> bool {
        self.expires(entry) || self.vanishes(entry)
    }

    fn expires(&self, entry: &EntryHash) -> bool {
        self.texts.get(entry).is_some_and(|text| self.terms.expiring.contains(text))
    }

    /// True if a body may be gone: its time can be over, or its author wants it gone.
    pub(super) fn may_lack_body(&self, entry: &EntryHash) -> bool {
        self.may_be_taken_back(entry) || self.vanishes(entry)
    }

    /// True if a body may be gone that nobody has read.
    pub(super) fn may_be_taken_back(&self, entry: &EntryHash) -> bool {
        // What was never shown as words anywhere was gone before.
        let unknown = !self.texts.contains_key(entry);
        // What was taken back while it was being stored is an entry that is deleted. Its author's
        // page may not show it: after a commit of unknown outcome it may stand further up.
        let mut unwanted = self.terms.unwanted.iter();
        let text = self.texts.get(entry);
        let of = |draft: &DraftId| {
            let words = self.terms.words.get(draft);
            let said = words.zip(text).is_some_and(|(words, text)| words.contains(text));
            said || self.drafts.get(draft).is_some_and(|all| all.contains(entry))
        };
        let taken_back = unwanted.any(of);
        self.terms.gone.contains(entry) || self.expires(entry) || unknown || taken_back
    }

    /// True if its author may have deleted it.
    pub(super) fn is_unwanted(&self, entry: &EntryHash) -> bool {
        self.terms.gone.contains(entry)
    }

    pub(super) fn is_edit(&self, entry: &EntryHash, text: &str) -> bool {
        self.terms.edits.get(entry).is_some_and(|edits| edits.contains(text))
    }

    /// The clock of a device shows this.
    pub(crate) fn wall(&mut self, peer: usize, wall: u64) {
        let latest = self.terms.walls.entry(peer).or_default();
        *latest = wall.max(*latest);
    }

    /// A page is told something that is no row.
    pub(super) fn told_on_terms(&mut self, peer: usize, event: &Event, screen: &mut Screen) {
        match event {
            Event::Waiting(waiting) => {
                screen.waiting.clone_from(waiting);
                for waiting in waiting {
                    self.terms.accepted.insert((waiting.draft.id, peer));
                }
            }
            Event::Cancelled(draft) => {
                let words = self.terms.words.get(draft).cloned().unwrap_or_default();
                self.terms.accepted.remove(&(*draft, peer));
                self.terms.cancelled.extend(words);
            }
            Event::Stored(draft) => match self.terms.notes.remove(draft) {
                Some(Note::Edit(target)) => {
                    self.terms.edited.entry(target).or_default().insert(peer);
                }
                Some(Note::Delete(target)) => {
                    self.terms.deleted.entry(target).or_default().insert(peer);
                }
                Some(Note::React(_)) | None => {}
            },
            Event::Live(live) => {
                self.overhears(peer, &live.text);
                let life = self.lives.get(&peer).copied().unwrap_or(0);
                let again = !self.terms.heard.insert((peer, life, live.draft));
                match self.terms.live.get(&live.draft) {
                    // One's own is told again when somebody acknowledges it.
                    Some(Qos::AtMostOnce) if again && self.mallory.is_none() => {
                        self.fail("§5", format!("peer {peer} hears {:?} twice", live.text));
                    }
                    None if self.mallory.is_none() => {
                        self.fail("I10", format!("peer {peer} hears {:?}", live.text));
                    }
                    Some(_) | None => {}
                }
            }
            Event::Rows(_)
            | Event::Changed(_)
            | Event::Moved(_)
            | Event::Room(_)
            | Event::Members(_)
            | Event::Older { .. }
            | Event::Pending(_)
            | Event::LinkState(_)
            | Event::SignalState(_)
            | Event::Gaps(_)
            | Event::Undelivered(_)
            | Event::Queue(_)
            | Event::Trace(_)
            | Event::Comparison(_)
            | Event::Quoted(_)
            | Event::Found(_)
            | Event::Typing { .. }
            | Event::Refused { .. }
            | Event::Applicants(_)
            | Event::Admission(_)
            | Event::Trouble(_) => {}
        }
    }

    /// A draft was refused: an edit or a reaction not while its message is there.
    pub(super) fn refused(
        &mut self,
        peer: usize,
        draft: Option<DraftId>,
        reason: &Refusal,
        store: &Store,
    ) {
        let note = draft.and_then(|draft| self.terms.notes.get(&draft)).copied();
        let (entry, hash) = match (note, reason) {
            (Some(Note::Edit(target) | Note::React(target)), Refusal::NoSuchMessage) => target,
            _ => return,
        };
        let stored = self.room.as_ref().is_some_and(|(room, _)| {
            store.hash(room, &entry) == Some(hash) && store.body(room, &entry).is_some()
        });
        if stored && !self.may_lack_body(&hash) && self.mallory.is_none() {
            self.fail(
                "§5",
                format!("peer {peer} is refused what it says of {entry}, which is there"),
            );
        }
    }

    /// A row with words is shown: not before its time, and not if it was taken back.
    pub(super) fn words_on_terms(&mut self, peer: usize, draft: Option<DraftId>, text: &str) {
        if self.terms.cancelled.contains(text) && !self.may_be_said_again(text) {
            self.fail("§5", format!("{:?} was taken back and is shown at {peer}", cut(text)));
        }
        let due = draft.and_then(|draft| self.terms.due.get(&draft)).copied().unwrap_or(0);
        // Another device of the member may have said it, by its own clock.
        let same = |device: &usize| self.member_of(*device) == self.member_of(peer);
        let walls = self.terms.walls.iter().filter(|(device, _)| same(device));
        let wall = walls.map(|(_, wall)| *wall).max().unwrap_or(0);
        if due > wall {
            self.fail("§5", format!("{:?} is said {} ms early", cut(text), due - wall));
        }
    }

    /// After rows were shown: what is seen together is all there, or nothing of it.
    pub(super) fn together(&mut self, peer: usize, screen: &Screen, texts: &BTreeSet<String>) {
        let touched: BTreeSet<usize> =
            texts.iter().filter_map(|text| self.terms.bundle_of.get(text)).copied().collect();
        for bundle in touched {
            let rows = screen.rows.values();
            let texts = rows.filter_map(|row| self.first_words(screen, &row.entry));
            // For a moment something may be there by two names.
            let here = texts.filter(|text| self.terms.bundles[bundle].contains(*text));
            let here = here.collect::<BTreeSet<_>>().len();
            let all = self.terms.bundles[bundle].len();
            if here != all {
                let what = format!("peer {peer} shows {here} of {all} that are seen together");
                self.fail("§5", what);
            }
        }
    }

    /// After a device has done what there was to do: words go when their time is over, whatever
    /// goes later (§5). What is known to be late is so for a while, too, before it counts: a clock
    /// may have jumped, and the disk takes its time.
    pub(crate) fn goes_in_time(
        &mut self,
        peer: usize,
        (now, wall): (u64, u64),
        screen: &mut Screen,
    ) {
        let has_words = |order: &Order, at: u64| {
            let row = screen.rows.get(order);
            row.is_some_and(|row| row.expiry == Some(at) && matches!(row.body, Body::Text(_)))
        };
        while let Some((at, order)) = screen.fading.first().copied()
            && !has_words(&order, at)
        {
            screen.fading.pop_first();
        }
        let late =
            screen.fading.first().filter(|(at, _)| at + AT_ONCE < wall).map(|(_, order)| *order);
        let before = screen.overdue.filter(|(order, _)| late == Some(*order));
        screen.overdue = before.or(late.map(|order| (order, now)));
        if let Some((order, since)) = screen.overdue.filter(|(_, since)| since + AT_ONCE < now) {
            let text = screen.rows.get(&order).map(|row| row.entry);
            let what = format!("{text:?} at {peer} is over for {} ms and is shown", now - since);
            self.fail("§5", what);
        }
    }

    /// The last word: what was to be said is said, and what is to be gone is gone.
    pub(super) fn terms_kept(&mut self, one: &Present<'_>, present: &[Present<'_>]) {
        for waiting in &one.screen.waiting {
            let late = match waiting.draft.terms.when {
                When::Now => true,
                When::At(at) => at + LATE < one.wall,
                When::Online(member) => {
                    present.iter().any(|other| self.member_of(other.peer) == Some(member))
                }
            };
            if late && !self.is_for_nobody(&waiting.draft.id, one.screen) {
                let text = cut(&waiting.draft.text).to_owned();
                self.fail("§5", format!("{text:?} of {} still waits", one.peer));
            }
        }
        let rows = one.screen.rows.values();
        let shown: BTreeSet<&String> =
            rows.filter_map(|row| self.first_words(one.screen, &row.entry)).collect();
        let unwanted = |id: &DraftId| self.terms.unwanted.contains(id);
        let waits = |id: &DraftId| one.screen.waiting.iter().any(|waiting| waiting.draft.id == *id);
        let said = |id: &DraftId| {
            let words = self.terms.words.get(id);
            words.is_some_and(|words| words.iter().any(|text| shown.contains(text)))
        };
        let mut accepted = self.terms.accepted.iter();
        let lost = accepted
            .find(|(id, peer)| *peer == one.peer && !waits(id) && !said(id) && !unwanted(id));
        if let Some((id, _)) = lost {
            let words = self.terms.words.get(id);
            let what = format!("{words:?} waited at {} and is lost", one.peer);
            self.fail("I3", what);
        }
        for row in one.screen.rows.values() {
            self.row_kept(one, row, present);
        }
    }

    fn row_kept(&mut self, one: &Present<'_>, row: &Row, present: &[Present<'_>]) {
        let Some(hash) = one.screen.which.get(&row.entry) else { return };
        let over = row.expiry.is_some_and(|expiry| expiry + LATE < one.wall);
        // What its author did to it and did not pass on before it went is not known yet. What has
        // another name since is another message to such a note.
        let here = |notes: &BTreeMap<Target, BTreeSet<usize>>| {
            let devices = notes.get(&(row.entry, *hash));
            let here = |other: &Present<'_>| devices.is_some_and(|of| of.contains(&other.peer));
            present.iter().any(here)
        };
        let (deleted, edited) = (here(&self.terms.deleted), here(&self.terms.edited));
        let words = matches!(row.body, Body::Text(_));
        if (over || deleted) && words {
            let what = format!("{} is to be gone and is shown at {}", row.entry, one.peer);
            self.fail("§5", what);
        }
        if (over || deleted) && self.has_body(one, &row.entry) {
            let what = format!("the body of {} is still stored at {}", row.entry, one.peer);
            self.fail("§5", what);
        }
        if edited && words && !row.edited && !self.forks(&row.author) {
            self.fail("I9", format!("{} is shown unedited at {}", row.entry, one.peer));
        }
    }

    pub(super) fn has_body(&self, one: &Present<'_>, entry: &EntryId) -> bool {
        let Some((room, _)) = self.room.as_ref() else { return false };
        one.store.body(room, entry).is_some()
    }
}
