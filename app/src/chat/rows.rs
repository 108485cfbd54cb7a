//! The list of messages: stored ones by their order, own drafts that are none yet at the end.
//!
//! ```text
//!  [ stored … by (lamport, log, seq) … ][ writing or refused, as they were written ]
//! ```
//! A row that was a draft takes the draft's key, so that it is the same line on the screen. What
//! one message costs does not grow with their number: nothing here looks through all of them for
//! one of them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Deref;
use std::sync::Arc;

use browser::{Body, Quote, Target, limits};
use browser::{Draft, DraftId, EntryId, LogId, MemberId, Millis, Order};
use browser::{Refusal, Row, RowState};

use super::message::{Above, Message, Shown, Standing};
use super::replies::Quotes;
use super::room::Divider;

/// Expired messages of which the words are kept, and how many characters of each.
const LAST_WORDS: usize = 100;
const BEGINNING: usize = 200;

/// What has come into the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrived {
    /// Messages of others that have just come in, with words or without.
    pub news: Vec<Shown>,
    /// Those that are new to the person, and that nobody saw come.
    pub missed: Vec<Shown>,
}

/// See the module. At most [`limits::WINDOW_ROWS`] stored ones, with at most
/// [`limits::WINDOW_BYTES`] of words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    list: Vec<Shown>,
    /// Where stored messages stand.
    orders: BTreeMap<EntryId, Order>,
    /// The keys of messages that this device wrote.
    keys: BTreeMap<DraftId, u64>,
    /// The words of own messages that expired here, by which a person knows them, newest last.
    last_words: VecDeque<(EntryId, Arc<str>)>,
    /// What messages say that others here answer.
    pub(super) quotes: Quotes,
    /// Bytes of words in stored messages.
    bytes: usize,
    last_key: u64,
}

impl Deref for Rows {
    type Target = [Shown];

    fn deref(&self) -> &[Shown] {
        &self.list
    }
}

impl Rows {
    /// The stored message at this address.
    pub fn of(&self, entry: &EntryId) -> Option<&Shown> {
        self.list.get(self.place(entry)?)
    }

    /// The message that this draft is or was.
    pub fn of_draft(&self, draft: &DraftId) -> Option<&Shown> {
        let place = self.place_of_draft(draft);
        let draft = Some(*draft);
        let stored = || self.list[..self.stored()].iter().rev().find(|row| row.draft == draft);
        place.and_then(|at| self.list.get(at)).or_else(stored)
    }

    /// Puts an own message that is no row yet. A draft that is there already stays as it is.
    pub fn write(&mut self, draft: Draft, me: MemberId, wall: Millis) {
        if self.keys.contains_key(&draft.id) {
            return;
        }
        let key = self.draw();
        self.keys.insert(draft.id, key);
        self.list.push(Shown::from(Message {
            key,
            draft: Some(draft.id),
            author: me,
            own: true,
            wall,
            priority: draft.priority,
            body: Body::Text(draft.text),
            standing: Standing::Writing,
            late: false,
            unread: false,
            divider: None,
            edited: false,
            reactions: Vec::new(),
            expiry: None,
            vanishes: draft.act.after(),
            private: draft.act.to(),
            reply_to: draft.act.reply_to(),
            hash: None,
            above: None,
        }));
        self.join_at(self.list.len() - 1);
    }

    /// Puts rows of the engine, or brings them up to date. `comes_in` says whether one that was not
    /// here comes in now and is news, if another wrote it; `is_missed`, that nobody saw one come.
    pub fn settle(
        &mut self,
        new: Vec<Row>,
        comes_in: impl Fn(&Row) -> bool,
        is_missed: impl Fn(&Row) -> bool,
    ) -> Arrived {
        let mut arrived = Arrived::default();
        for row in new {
            if let Some(draft) = row.draft.filter(|draft| !self.keys.contains_key(draft)) {
                let key = self.draw();
                self.keys.insert(draft, key);
            }
            row.reply_to.iter().for_each(|target| self.quotes.retell(target));
            match self.search(&row.order) {
                Ok(at) => self.renew(at, row),
                Err(at) => {
                    let comes_in = !row.own && comes_in(&row);
                    let missed = is_missed(&row) && (row.unread || comes_in);
                    let shown = self.put(at, row, comes_in);
                    arrived.missed.extend((missed && shown.unread).then(|| shown.clone()));
                    arrived.news.extend(comes_in.then_some(shown));
                }
            }
        }
        self.trim();
        arrived
    }

    /// True if something that was written is no row yet.
    pub fn are_unsaved(&self) -> bool {
        self.list[self.stored()..].iter().any(|row| row.standing == Standing::Writing)
    }

    /// A message is asked for that others here answer.
    pub fn ask(&mut self, target: Target) {
        self.quotes.ask(target);
    }

    /// Such a message was told of.
    pub fn quote(&mut self, quote: Quote) {
        self.quotes.hear(quote);
    }

    /// Brings a row up to date if it is here; what answers it follows in any case.
    pub fn bring_up_to_date(&mut self, row: Row) {
        self.quotes.renew(&row.entry);
        if let Ok(at) = self.search(&row.order) {
            self.renew(at, row);
        }
    }

    /// The words of an own message that expired while it was shown: their beginning.
    pub fn last_words(&self, entry: &EntryId) -> Option<&str> {
        let known = self.last_words.iter().find(|(known, _)| known == entry);
        known.map(|(_, words)| &**words)
    }

    fn renew(&mut self, at: usize, row: Row) {
        let expires = row.own && row.state == RowState::Expired && row.body == Body::Gone;
        if let (true, Body::Text(text)) = (expires, &self.list[at].body) {
            if self.last_words.len() == LAST_WORDS {
                self.last_words.pop_front();
            }
            let beginning: String = text.chars().take(BEGINNING).collect();
            self.last_words.push_back((row.entry, beginning.into()));
        }
        self.change(at, |message| update(message, row));
    }

    /// Puts a row where none is. What has no words has nothing to read.
    fn put(&mut self, at: usize, row: Row, comes_in: bool) -> Shown {
        let draft = row.draft.and_then(|draft| self.place_of_draft(&draft));
        let key = row.draft.and_then(|draft| self.keys.get(&draft).copied());
        if let Some(place) = draft {
            self.list.remove(place);
            self.join_at(place);
        }
        let key = key.unwrap_or_else(|| self.draw());
        let has_words = !row.own && matches!(row.body, Body::Text(_));
        let unread = has_words && (comes_in || row.unread);
        let shown = Shown::from(message(row, unread, key));
        if let (Some(entry), Some(order)) = (shown.entry(), shown.order()) {
            self.orders.insert(entry, order);
        }
        self.bytes += weight(&shown);
        self.list.insert(at, shown.clone());
        self.join_at(at);
        self.join_at(at + 1);
        shown
    }

    /// The oldest beyond the bounds go; they can be read again.
    fn trim(&mut self) {
        let stored = self.stored();
        let (mut spare, mut bytes) = (0, self.bytes);
        while stored - spare > limits::WINDOW_ROWS
            || bytes > limits::WINDOW_BYTES && spare + 1 < stored
        {
            bytes -= weight(&self.list[spare]);
            spare += 1;
        }
        if spare > 0 {
            for row in self.list.drain(..spare) {
                row.entry().map(|entry| self.orders.remove(&entry));
                row.draft.map(|draft| self.keys.remove(&draft));
            }
            self.bytes = bytes;
            self.join_at(0);
        }
    }

    /// Says of a draft that it was refused; false if it is not in the list.
    pub fn refuse(&mut self, draft: &DraftId, reason: &Refusal) -> bool {
        let Some(at) = self.place_of_draft(draft) else { return false };
        self.change(at, |message| message.standing = Standing::Refused(reason.clone()));
        true
    }

    /// Takes drafts that are no rows out of the list.
    pub fn withdraw(&mut self, drafts: &[DraftId]) {
        let places = drafts.iter().filter_map(|draft| self.place_of_draft(draft));
        let places: BTreeSet<usize> = places.collect();
        let Some(first) = places.first().copied() else { return };
        for draft in drafts {
            self.keys.remove(draft);
        }
        let mut at = 0;
        self.list.retain(|_| {
            at += 1;
            !places.contains(&(at - 1))
        });
        self.join_from(first);
    }

    /// Takes out messages whose log has forked: they come again under other names.
    pub fn rename(&mut self, entries: &[EntryId]) {
        let gone: BTreeSet<&EntryId> = entries.iter().collect();
        let (orders, keys, bytes) = (&mut self.orders, &mut self.keys, &mut self.bytes);
        self.list.retain(|row| {
            let Some(entry) = row.entry().filter(|entry| gone.contains(entry)) else { return true };
            orders.remove(&entry);
            row.draft.map(|draft| keys.remove(&draft));
            *bytes -= weight(row);
            false
        });
        self.join_from(0);
    }

    /// Says of messages that they were on a visible screen. What stands above in the same log was
    /// passed on the way there, unless it came late.
    pub fn see(&mut self, entries: &[EntryId]) {
        let mut seen: BTreeMap<LogId, u64> = BTreeMap::new();
        for EntryId { log, seq } in entries {
            let last = seen.entry(*log).or_default();
            *last = (*last).max(*seq);
        }
        for row in self.list.iter_mut().filter(|row| row.unread) {
            let entry = row.entry();
            let passed =
                |entry: &EntryId| seen.get(&entry.log).is_some_and(|seq| entry.seq <= *seq);
            let named = || entry.is_some_and(|entry| entries.contains(&entry));
            if entry.as_ref().is_some_and(passed) && (!row.late || named()) {
                row.change(|message| message.unread = false);
            }
        }
    }

    /// True if a stored message stands here.
    pub fn holds(&self, order: &Order) -> bool {
        self.search(order).is_ok()
    }

    /// Puts the divider above the message that stands here, or takes it away.
    pub fn divide(&mut self, order: &Order, divider: Option<Divider>) {
        if let Ok(at) = self.search(order) {
            self.change(at, |message| message.divider = divider);
        }
    }

    /// What was stored on this device is away: what only this device held is held by nobody.
    pub fn lose(&mut self) {
        for row in self.list.iter_mut().filter(|row| row.own) {
            if let Standing::Stored { entry, order, state: RowState::Saved, .. } = row.standing {
                row.change(|message| message.standing = Standing::Lost { entry, order });
            }
        }
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        *self = Rows { last_key: self.last_key, ..Rows::default() };
    }

    fn draw(&mut self) -> u64 {
        self.last_key += 1;
        self.last_key
    }

    fn change(&mut self, at: usize, change: impl FnOnce(&mut Message)) {
        let row = &mut self.list[at];
        let before = weight(row);
        row.change(change);
        if row.order().is_some() {
            self.bytes = self.bytes + weight(row) - before;
        }
    }

    /// How many are stored: they stand before those that are not.
    fn stored(&self) -> usize {
        self.list.partition_point(|row| row.order().is_some())
    }

    fn search(&self, order: &Order) -> Result<usize, usize> {
        self.list[..self.stored()].binary_search_by_key(&Some(*order), |row| row.order())
    }

    fn place(&self, entry: &EntryId) -> Option<usize> {
        self.search(self.orders.get(entry)?).ok()
    }

    /// Where a draft stands that is no row yet. Drafts are in the order of their keys.
    fn place_of_draft(&self, draft: &DraftId) -> Option<usize> {
        let (key, stored) = (self.keys.get(draft)?, self.stored());
        let place = self.list[stored..].binary_search_by_key(key, |row| row.key);
        place.ok().map(|place| stored + place)
    }

    /// Tells the message at this place what stands above it.
    fn join_at(&mut self, at: usize) {
        let above = at.checked_sub(1).and_then(|above| self.list.get(above));
        let above = above.map(|row| Above { author: row.author, wall: row.wall });
        if let Some(row) = self.list.get_mut(at).filter(|row| row.above != above) {
            row.change(|message| message.above = above);
        }
    }

    /// The same for all messages from a place on.
    fn join_from(&mut self, first: usize) {
        (first..self.list.len()).for_each(|at| self.join_at(at));
    }
}

/// How many messages of others are new, and were not seen yet.
pub fn unread(rows: &[Shown]) -> usize {
    rows.iter().filter(|row| row.unread).count()
}

/// How many of these messages stand below the one with this key, and were not seen yet.
pub fn unread_below(rows: &[Shown], key: Option<u64>) -> usize {
    let below = rows.iter().rev().take_while(|row| Some(row.key) != key);
    below.filter(|row| row.unread).count()
}

/// Messages of others among those with these keys: all of them, and those whose words are there to
/// be read.
pub fn on_screen(rows: &[Shown], keys: &BTreeSet<u64>) -> (Vec<EntryId>, Vec<EntryId>) {
    let shown = || rows.iter().filter(|row| !row.own && keys.contains(&row.key));
    let legible = shown().filter(|row| matches!(row.body, Body::Text(_)));
    let entry = |row: &Shown| row.entry();
    (shown().filter_map(entry).collect(), legible.filter_map(entry).collect())
}

fn weight(row: &Message) -> usize {
    match &row.body {
        Body::Text(text) => text.len(),
        Body::Gone | Body::Decided(_) | Body::Newer | Body::Unreadable => 0,
    }
}

fn message(row: Row, unread: bool, key: u64) -> Message {
    Message {
        key,
        draft: row.draft,
        author: row.author,
        own: row.own,
        wall: row.wall,
        priority: row.priority,
        standing: standing(&row),
        body: row.body,
        late: row.late,
        unread,
        divider: None,
        edited: row.edited,
        reactions: row.reactions,
        expiry: row.expiry,
        vanishes: row.vanishes,
        private: row.private,
        reply_to: row.reply_to.map(|target| *target),
        hash: Some(row.hash),
        above: None,
    }
}

/// A state never goes back, whichever tab tells it.
fn update(message: &mut Message, row: Row) {
    let (state, held_by) = match &message.standing {
        Standing::Stored { state, held_by, .. } => (*state, *held_by),
        Standing::Writing | Standing::Refused(_) | Standing::Lost { .. } => (RowState::Saved, 0),
    };
    message.standing = Standing::Stored {
        entry: row.entry,
        order: row.order,
        state: state.max(row.state),
        held_by: held_by.max(row.held_by),
        recipient: row.recipient,
    };
    message.draft = message.draft.or(row.draft);
    (message.body, message.priority) = (row.body, row.priority);
    (message.edited, message.reactions) = (row.edited, row.reactions);
    (message.expiry, message.vanishes) = (row.expiry, row.vanishes);
    message.private = row.private;
    message.reply_to = row.reply_to.map(|target| *target);
    message.hash = Some(row.hash);
    message.late |= row.late;
    message.unread &= matches!(message.body, Body::Text(_));
}

fn standing(row: &Row) -> Standing {
    let Row { entry, order, state, held_by, recipient, .. } = *row;
    Standing::Stored { entry, order, state, held_by, recipient }
}
