//! The rows that are shown: the newest page of the room, and older ones as they are asked for.
//!
//! ```text
//!   ... on disk ...  | floor | rows in memory, by (lamport, log, seq) .............. newest
//! ```
//! Pages are read by walking the `timeline` records down, so opening a room costs a few screens
//! and not its history. A run belongs to the page of its *last* Lamport time; rows below the floor
//! of what was read wait until the runs around them have been read, too.

pub mod notes;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{EntryHash, EntryId, LogId, MemberId, RoomId, Seq};
use crate::limits;
use crate::log::entry::{Kind, Target};
use crate::log::ranges::RangeSet;
use crate::members::Delivery;
use crate::room::keyring::Keyring;
use crate::simulation::{Mark, Planted, mark, page_rows, planted};
use crate::timeline::notes::{Fold, Note, Noted};
use crate::view::{Body, Order, Priority, Row, RowState};

/// Where a row in memory is, and what notes on it have to name.
#[derive(Clone, Copy, Debug)]
struct Spot {
    order: Order,
    hash: EntryHash,
}

/// The rows in memory.
#[derive(Debug, Default)]
pub struct Timeline {
    rows: BTreeMap<Order, Row>,
    /// Bytes of text in them.
    bytes: usize,
    index: BTreeMap<EntryId, Spot>,
    /// What notes say of rows in memory.
    folds: BTreeMap<EntryId, Fold>,
    /// Notes whose messages are not here yet.
    early: BTreeMap<EntryId, Vec<Note>>,
    early_count: usize,
    /// Messages that their authors have deleted and that have other names by now, or none.
    deleted: BTreeSet<(MemberId, EntryHash)>,
    /// Rows with a lower Lamport time are not shown yet.
    floor: u64,
    /// Rows in memory that no page was told of.
    untold: BTreeMap<Order, u64>,
    /// Rows in memory of which the words go after they were read.
    vanishing: BTreeSet<EntryId>,
    /// What comes above this row from now on is late.
    late_above: Option<Order>,
    /// Where the next page ends: the key of the oldest `timeline` record that was read.
    cursor: Option<Vec<u8>>,
    /// Where in each log the oldest run that was read begins.
    begins: BTreeMap<LogId, Seq>,
    more: bool,
    loading: bool,
}

/// A row as it is made of a stored run.
#[derive(Clone, Debug)]
pub struct Found {
    /// The row.
    pub row: Row,
    /// The hash of its entry.
    pub hash: EntryHash,
    /// The Lamport time of the last of all that is seen together with it.
    pub reach: u64,
}

impl Timeline {
    /// A timeline that has to read its first page.
    #[must_use]
    pub fn unread() -> Timeline {
        Timeline { more: true, floor: u64::MAX, ..Timeline::default() }
    }

    /// Whether `LoadOlder` would show more.
    #[must_use]
    pub fn more(&self) -> bool {
        self.more
    }

    /// Where the next page ends, if a page may be read now. Marks it as being read.
    pub fn begin_page(&mut self) -> Option<Option<Vec<u8>>> {
        if self.loading || !self.more {
            return None;
        }
        self.loading = true;
        Some(self.cursor.clone())
    }

    /// True while a page is being read.
    #[must_use]
    pub fn is_loading(&self) -> bool {
        self.loading
    }

    /// True if the `timeline` record with this key is above those that a further page reads.
    #[must_use]
    pub fn has_read(&self, key: &[u8]) -> bool {
        !self.more || self.cursor.as_deref().is_some_and(|cursor| key >= cursor)
    }

    /// True if as many rows are in memory as fit.
    #[must_use]
    pub fn full(&self) -> bool {
        self.rows.len() >= limits::WINDOW_ROWS || self.bytes >= limits::WINDOW_BYTES
    }

    /// How many of the runs that begin at these places, the newest first, make a page: as few as
    /// hold [`limits::PAGE_ROWS`] rows, or all; a place that cannot be read has none. A run ends
    /// where the next one of its log begins, the last one at the log's own end.
    pub fn make_page(
        &mut self,
        places: impl Iterator<Item = Option<(LogId, Seq)>>,
        end: impl Fn(&LogId) -> Seq,
    ) -> usize {
        let (mut runs, mut rows) = (0, 0);
        for place in places {
            if rows >= page_rows() {
                mark(Mark::PageCut);
                break;
            }
            runs += 1;
            let Some((log, first)) = place else { continue };
            let next = self.begins.insert(log, first).unwrap_or_else(|| end(&log));
            // Where something is missing the next one is farther away.
            let length = usize::try_from(next.saturating_sub(first)).unwrap_or(usize::MAX);
            rows += length.clamp(1, limits::RUN_ENTRIES);
        }
        runs
    }

    /// A page was read: its oldest key, its Lamport time, and whether there may be more. Gives the
    /// rows that can be shown because of it.
    pub fn end_page(&mut self, oldest: Option<(Vec<u8>, u64)>, more: bool) -> Vec<Row> {
        let before = self.floor;
        let skips = planted(Planted::PageFloorSkipsRow);
        self.loading = false;
        self.more = more;
        self.floor = match oldest {
            Some((key, lamport)) => {
                self.cursor = Some(key);
                if more { lamport.min(before) } else { 0 }
            }
            None => 0,
        };
        let untold = std::mem::take(&mut self.untold);
        let (shown, untold): (BTreeMap<Order, u64>, BTreeMap<Order, u64>) =
            untold.into_iter().partition(|(_, reach)| *reach >= self.floor);
        self.untold = untold;
        let shown = shown.into_keys().filter(|order| !skips || order.lamport != before);
        shown.filter_map(|order| self.rows.get(&order).cloned()).collect()
    }

    /// Nothing that is known of is missing: what comes from now on is no history that is still
    /// being fetched, and late if it sorts above the newest [`limits::LATE_ROWS`].
    pub fn settle(&mut self) {
        self.late_above = self.rows.keys().nth_back(limits::LATE_ROWS - 1).copied();
    }

    fn shows(&self, row: &Row) -> bool {
        !self.untold.contains_key(&row.order)
    }

    /// Puts a row that was read from the store.
    pub fn load(&mut self, Found { row, hash, reach }: Found) {
        self.index.insert(row.entry, Spot { order: row.order, hash });
        self.follow_vanishing(&row);
        let order = row.order;
        if let Entry::Vacant(place) = self.rows.entry(order) {
            self.bytes += weight(&row);
            place.insert(row);
            self.untold.insert(order, reach);
        }
    }

    /// Puts a row that was stored just now, and gives it as it is to be shown; `None` if it
    /// belongs to a page that has not been read. A run that reaches above the floor with its `last`
    /// Lamport time is in no page that will be read, so its rows are kept. So are all that come
    /// while a page is being read: whether that page has them depends on which was sooner.
    pub fn surface(
        &mut self,
        Found { mut row, hash, reach }: Found,
        last: u64,
        (room, keys): (&RoomId, &Keyring),
    ) -> Option<Row> {
        let early = self.take_early(&row.entry);
        row.late = !row.own && self.late_above.is_some_and(|order| row.order < order);
        if row.late {
            mark(Mark::LateRow);
        }
        if reach < self.floor {
            mark(Mark::RowBelowFloor);
            if last < self.floor {
                if !self.loading {
                    return None;
                }
                mark(Mark::RowWhilePageIsRead);
            }
            self.untold.insert(row.order, reach);
        }
        let notes: Vec<&Note> = early.iter().filter(|note| note.target == hash).collect();
        if !notes.is_empty() {
            let fold = self.folds.entry(row.entry).or_default();
            notes.into_iter().for_each(|note| fold.add(note, room, keys));
        }
        if let Some(fold) = self.folds.get(&row.entry) {
            fold.apply(&mut row);
        }
        self.index.insert(row.entry, Spot { order: row.order, hash });
        self.follow_vanishing(&row);
        self.bytes += weight(&row);
        let old = self.rows.insert(row.order, row.clone());
        self.bytes -= old.as_ref().map_or(0, weight);
        self.shows(&row).then_some(row)
    }

    /// Takes in a note on a row in memory; gives the row if that changed how it is shown.
    pub fn note(&mut self, noted: &Noted, room: &RoomId, keys: &Keyring) -> Option<Row> {
        let spot = self.index.get(&noted.target)?;
        if spot.hash != noted.note.target {
            mark(Mark::NoteOfAnother);
            return None;
        }
        let order = spot.order;
        let fold = self.folds.entry(noted.target).or_default();
        fold.add(&noted.note, room, keys);
        let row = self.rows.get_mut(&order)?;
        let before = row.clone();
        fold.apply(row);
        self.bytes = self.bytes + weight(row) - weight(&before);
        (*row != before && !self.untold.contains_key(&order)).then(|| row.clone())
    }

    /// Keeps a note whose message is not here. Bounded: beyond it is dropped, and false.
    pub fn keep_early(&mut self, noted: Noted) -> bool {
        if self.early_count >= limits::EARLY_NOTES {
            return false;
        }
        let notes = self.early.entry(noted.target).or_default();
        if !notes.contains(&noted.note) {
            notes.push(noted.note);
            self.early_count += 1;
        }
        true
    }

    /// Takes the notes that came before their message.
    pub fn take_early(&mut self, target: &EntryId) -> Vec<Note> {
        let notes = self.early.remove(target).unwrap_or_default();
        self.early_count -= notes.len();
        notes
    }

    /// The notes that came before their message.
    #[must_use]
    pub fn early(&self, target: &EntryId) -> &[Note] {
        self.early.get(target).map_or(&[], Vec::as_slice)
    }

    /// An author deletes a message that is not here, or not by the name that it had then.
    pub fn keep_deleted(&mut self, author: MemberId, hash: EntryHash) {
        if self.deleted.len() < limits::EARLY_NOTES {
            self.deleted.insert((author, hash));
        }
    }

    /// True if a message is known to be deleted: before it came, or its row in memory is.
    #[must_use]
    pub fn is_deleted(&self, target: &EntryId, hash: EntryHash) -> bool {
        let deletes = |note: &Note| note.kind == Kind::DELETE && note.target == hash;
        let fold = self.folds.get(target).filter(|_| self.is_called(target, hash));
        self.early(target).iter().any(deletes)
            || fold.is_some_and(Fold::is_deleted)
            || self.deleted.contains(&(target.log.member, hash))
    }

    /// True if an entry whose row is in memory has this hash.
    #[must_use]
    pub fn is_called(&self, entry: &EntryId, hash: EntryHash) -> bool {
        self.index.get(entry).is_some_and(|spot| spot.hash == hash)
    }

    /// True if the row of an entry is in memory.
    #[must_use]
    pub fn knows(&self, entry: &EntryId) -> bool {
        self.index.contains_key(entry)
    }

    /// What an entry that says something of a message has to name; nothing if that is not in
    /// memory or its body is gone.
    #[must_use]
    pub fn target(&self, entry: &EntryId) -> Option<Target> {
        let spot = self.index.get(entry)?;
        // What was decided can be neither changed nor taken back.
        let fixed = |row: &Row| matches!(row.body, Body::Gone | Body::Decided(_));
        let gone = self.rows.get(&spot.order).is_none_or(fixed);
        (!gone).then_some(Target { entry: *entry, hash: spot.hash })
    }

    /// The body of a message is gone. Gives its row if that changed it.
    pub fn fade(&mut self, entry: &EntryId, expired: bool) -> Option<Row> {
        let order = self.index.get(entry)?.order;
        let row = self.rows.get_mut(&order)?;
        let before = row.clone();
        (row.body, row.size, row.edited, row.reply_to) = (Body::Gone, 0, false, None);
        self.bytes -= weight(&before);
        self.vanishing.remove(entry);
        if expired && row.own && row.state < RowState::Delivered {
            row.state = RowState::Expired;
        }
        (*row != before && !self.untold.contains_key(&order)).then(|| row.clone())
    }

    fn follow_vanishing(&mut self, row: &Row) {
        if row.vanishes.is_some() && row.body != Body::Gone {
            self.vanishing.insert(row.entry);
        }
    }

    /// The rows in memory of which the words go after they were read.
    pub fn vanishing(&self) -> impl Iterator<Item = &Row> {
        self.vanishing.iter().filter_map(|entry| self.rows.get(&self.index.get(entry)?.order))
    }

    /// Who else can read a message in memory, if that is one member alone.
    #[must_use]
    pub fn private(&self, entry: &EntryId) -> Option<MemberId> {
        self.rows.get(&self.index.get(entry)?.order)?.private
    }

    /// True if the words of a message go after they were read.
    #[must_use]
    pub fn vanishes(&self, entry: &EntryId) -> bool {
        self.vanishing.contains(entry)
    }

    /// The class of a message was changed. Gives its row if that changed it.
    pub fn reclass(&mut self, entry: &EntryId, priority: Priority) -> Option<Row> {
        let order = self.index.get(entry)?.order;
        let row = self.rows.get_mut(&order)?;
        let changed = std::mem::replace(&mut row.priority, priority) != priority;
        (changed && !self.untold.contains_key(&order)).then(|| row.clone())
    }

    /// Takes out the rows of a part of a log: they will be known by other names.
    pub fn withdraw(&mut self, log: &LogId, (first, last): (Seq, Seq)) {
        let from = EntryId { log: *log, seq: first };
        let to = EntryId { log: *log, seq: last };
        let gone: Vec<(EntryId, Order)> =
            self.index.range(from..=to).map(|(entry, spot)| (*entry, spot.order)).collect();
        for (entry, order) in &gone {
            self.index.remove(entry);
            self.bytes -= self.rows.remove(order).as_ref().map_or(0, weight);
            self.untold.remove(order);
            self.vanishing.remove(entry);
            self.folds.remove(entry);
        }
    }

    /// Drops the oldest rows beyond the bound; they can be read again. Not while a page is being
    /// read, of which they may be.
    pub fn trim(&mut self) -> bool {
        let mut trimmed = false;
        if self.loading {
            return false;
        }
        while self.rows.len() > limits::WINDOW_ROWS
            || self.bytes > limits::WINDOW_BYTES && self.rows.len() > 1
        {
            let Some((order, row)) = self.rows.pop_first() else { break };
            self.bytes -= weight(&row);
            self.index.remove(&row.entry);
            self.folds.remove(&row.entry);
            self.vanishing.remove(&row.entry);
            self.untold.remove(&order);
            self.floor = self.floor.max(order.lamport + 1);
            trimmed = true;
        }
        trimmed
    }

    /// The row of an entry, if it is shown.
    #[must_use]
    pub fn row(&self, entry: &EntryId) -> Option<&Row> {
        self.rows.get(&self.index.get(entry)?.order).filter(|row| self.shows(row))
    }

    /// True if an entry that is held is surely no message: rows further down in its log are in
    /// memory, and it has none.
    #[must_use]
    pub fn is_note(&self, entry: &EntryId) -> bool {
        let first = EntryId { log: entry.log, seq: 0 };
        !self.index.contains_key(entry) && self.index.range(first..*entry).next().is_some()
    }

    /// The bytes of each of these entries that is in memory.
    pub fn sizes(&self, log: &LogId, entries: &RangeSet) -> impl Iterator<Item = u32> {
        let ends = entries.first().zip(entries.last()).unwrap_or((1, 0));
        let id = |seq| EntryId { log: *log, seq };
        let index = (ends.0 <= ends.1).then(|| self.index.range(id(ends.0)..=id(ends.1)));
        let index = index.into_iter().flatten().filter(|(id, _)| entries.contains(id.seq));
        index.filter_map(|(_, shown)| Some(self.rows.get(&shown.order)?.size))
    }

    /// Brings an own row up to date; gives it if that changed anything. A state never goes back.
    pub fn update(&mut self, entry: &EntryId, delivery: Delivery) -> Option<Row> {
        let row = self.rows.get_mut(&self.index.get(entry)?.order)?;
        let back = planted(Planted::StateGoesBack);
        let delivery = delivery.with_expiry(row.expiry);
        let state = if back { delivery.state } else { row.state.max(delivery.state) };
        let held_by = row.held_by.max(delivery.held_by);
        let (before, now) =
            ((row.state, row.held_by, row.recipient), (state, held_by, delivery.recipient));
        if before == now {
            return None;
        }
        (row.state, row.held_by, row.recipient) = now;
        (!self.untold.contains_key(&row.order)).then(|| row.clone())
    }

    /// All rows that are shown, oldest first.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        self.rows.values().filter(|row| self.shows(row)).cloned().collect()
    }

    /// The newest rows that are shown, the newest first.
    pub fn newest(&self) -> impl Iterator<Item = &Row> {
        self.rows.values().rev().filter(|row| self.shows(row))
    }

    /// The entries of others among these that are shown.
    #[must_use]
    pub fn others(&self, entries: &[EntryId]) -> BTreeSet<EntryId> {
        let words = |row: &Row| matches!(row.body, Body::Text(_));
        let other = |entry: &&EntryId| self.row(entry).is_some_and(|row| !row.own && words(row));
        entries.iter().filter(other).copied().collect()
    }
}

/// Bytes of text in a row.
fn weight(row: &Row) -> usize {
    match &row.body {
        Body::Text(text) => text.len(),
        Body::Gone | Body::Decided(_) | Body::Newer | Body::Unreadable => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: EntryHash = EntryHash([7; 32]);
    const ROOM: RoomId = RoomId([9; 32]);

    fn keys() -> Keyring {
        crate::room::record::RoomRecord::create(&[7; 128]).keyring()
    }

    use crate::ids::{Incarnation, MemberId};
    use crate::view::{Body, Priority, RowState};

    fn found(row: Row) -> Found {
        let reach = row.order.lamport;
        Found { row, hash: HASH, reach }
    }

    fn row(lamport: u64, author: u8) -> Row {
        let log = LogId { member: MemberId([author; 32]), incarnation: Incarnation([0; 16]) };
        Row {
            entry: EntryId { log, seq: lamport },
            hash: EntryHash::NONE,
            draft: None,
            author: log.member,
            own: false,
            order: Order { lamport, log, seq: lamport },
            wall: 0,
            priority: Priority::Normal,
            body: Body::Text(lamport.to_string()),
            size: 20,
            state: RowState::Received,
            held_by: 0,
            recipient: None,
            late: false,
            unread: false,
            edited: false,
            reactions: vec![],
            expiry: None,
            vanishes: None,
            private: None,
            reply_to: None,
        }
    }

    fn shown(timeline: &Timeline) -> Vec<u64> {
        timeline.rows().iter().map(|row| row.order.lamport).collect()
    }

    #[test]
    fn rows_below_the_floor_of_a_page_wait_for_the_next() {
        let mut timeline = Timeline::unread();
        assert!(timeline.begin_page().is_some());
        assert!(timeline.begin_page().is_none(), "one page is read at a time");
        // A run of 3..=9 and one of 8: what other runs end at 3 to 7 is not known yet.
        [3, 8, 9].into_iter().for_each(|lamport| timeline.load(found(row(lamport, 1))));
        assert_eq!(timeline.end_page(Some((vec![8], 8)), true).len(), 2);
        assert_eq!(shown(&timeline), [8, 9]);
        assert_eq!(timeline.begin_page(), Some(Some(vec![8])));
        timeline.load(found(row(5, 2)));
        assert_eq!(timeline.end_page(Some((vec![5], 5)), false).len(), 2);
        assert_eq!(shown(&timeline), [3, 5, 8, 9]);
        assert!(!timeline.more());
    }

    #[test]
    fn a_page_has_few_runs_if_they_are_long_and_many_if_they_are_short() {
        let mut timeline = Timeline::unread();
        let log = |number| found(row(1, number)).row.entry.log;
        let end = |_: &LogId| 10_000;
        let long = |from: Seq| (1..=100).map(move |run| Some((log(1), from - 256 * run)));
        assert_eq!(timeline.make_page(long(10_000), end), 2);
        // The next page goes on where that one ended.
        let short = (1..=100).map(|run| Some((log(1), 10_000 - 512 - run)));
        assert_eq!(timeline.make_page(short, end), 100);
        let other = |_: &LogId| 3;
        let places = [None, Some((log(2), 2)), None, Some((log(2), 1))];
        assert_eq!(timeline.make_page(places.into_iter(), other), 4, "what is damaged is skipped");
        assert_eq!(timeline.make_page(long(10_000 - 612), end), 2);
    }

    #[test]
    fn what_is_seen_together_is_in_one_page() {
        let mut timeline = Timeline::unread();
        timeline.begin_page();
        for lamport in [7, 8, 9] {
            timeline.load(Found { reach: 9, ..found(row(lamport, 2)) });
        }
        timeline.load(found(row(6, 2)));
        assert_eq!(timeline.end_page(Some((vec![9, 2], 9)), true).len(), 3);
        let apart = Found { reach: 8, ..found(row(5, 3)) };
        assert!(timeline.surface(apart, 9, (&ROOM, &keys())).is_none());
        assert_eq!(shown(&timeline), [7, 8, 9]);
    }

    #[test]
    fn rows_at_the_edge_of_a_page_and_of_runs_across_it_are_shown_once() {
        let mut timeline = Timeline::unread();
        timeline.begin_page();
        timeline.load(found(row(8, 2)));
        assert_eq!(timeline.end_page(Some((vec![8, 2], 8)), true).len(), 1);
        // A run of 6..=9 comes: no page that will be read has it.
        assert!(timeline.surface(found(row(6, 3)), 9, (&ROOM, &keys())).is_none());
        assert!(timeline.surface(found(row(9, 3)), 9, (&ROOM, &keys())).is_some());
        timeline.begin_page();
        // The next page begins with the same Lamport time in another log.
        timeline.load(found(row(8, 1)));
        assert_eq!(timeline.end_page(Some((vec![8, 1], 8)), false).len(), 2);
        assert_eq!(shown(&timeline), [6, 8, 8, 9]);
    }

    #[test]
    fn what_is_stored_while_a_page_is_read_is_shown_with_that_page() {
        let mut timeline = Timeline::unread();
        timeline.begin_page();
        timeline.load(found(row(8, 2)));
        timeline.end_page(Some((vec![8, 2], 8)), true);
        timeline.begin_page();
        // The keys of the page are known by now, and these two are not among them.
        assert!(timeline.surface(found(row(3, 1)), 3, (&ROOM, &keys())).is_none());
        assert!(timeline.surface(found(row(6, 1)), 6, (&ROOM, &keys())).is_none());
        timeline.load(found(row(5, 2)));
        assert_eq!(timeline.end_page(Some((vec![5, 2], 5)), true).len(), 2);
        assert_eq!(shown(&timeline), [5, 6, 8]);
        timeline.begin_page();
        assert_eq!(timeline.end_page(None, false).len(), 1);
        assert_eq!(shown(&timeline), [3, 5, 6, 8]);
    }

    #[test]
    fn what_sorts_far_up_and_was_not_expected_is_late() {
        let mut timeline = Timeline::unread();
        timeline.begin_page();
        timeline.end_page(None, false);
        let rows = u64::try_from(limits::LATE_ROWS).unwrap();
        let comes = |timeline: &mut Timeline, lamport, author| {
            let found = found(row(lamport, author));
            timeline.surface(found, lamport, (&ROOM, &keys())).unwrap().late
        };
        // History comes, the newest first.
        for lamport in (10..10 + 2 * rows).rev() {
            assert!(!comes(&mut timeline, lamport, 1));
        }
        timeline.settle();
        assert!(comes(&mut timeline, 9, 2));
        assert!(comes(&mut timeline, 9 + rows, 2));
        assert!(!comes(&mut timeline, 11 + rows, 2));
    }

    #[test]
    fn a_state_never_goes_back() {
        let mut timeline = Timeline::unread();
        timeline.begin_page();
        timeline.end_page(None, false);
        let mut own = row(1, 1);
        (own.own, own.state) = (true, RowState::Saved);
        timeline.surface(found(own.clone()), 1, (&ROOM, &keys()));
        let delivered = Delivery { state: RowState::Delivered, held_by: 2, recipient: None };
        assert_eq!(timeline.update(&own.entry, delivered).unwrap().state, RowState::Delivered);
        let held = Delivery { state: RowState::Held, held_by: 1, recipient: None };
        assert_eq!(timeline.update(&own.entry, held), None);
    }

    #[test]
    fn i6_the_oldest_rows_leave_memory() {
        let mut timeline = Timeline::unread();
        timeline.begin_page();
        timeline.end_page(None, false);
        let most = u64::try_from(limits::WINDOW_ROWS).unwrap();
        for lamport in 0..most + 5 {
            timeline.surface(found(row(lamport, 1)), lamport, (&ROOM, &keys()));
        }
        assert!(timeline.trim());
        assert_eq!(timeline.rows().len(), limits::WINDOW_ROWS);
        assert_eq!(shown(&timeline)[0], 5);
    }

    #[test]
    fn i6_long_rows_leave_memory_before_they_fill_it() {
        let mut timeline = Timeline::unread();
        timeline.begin_page();
        timeline.end_page(None, false);
        let long = |lamport| Row { body: Body::Text("x".repeat(1024 * 1024)), ..row(lamport, 1) };
        let most = u64::try_from(limits::WINDOW_BYTES / (1024 * 1024)).unwrap();
        for lamport in 0..most {
            timeline.surface(found(long(lamport)), lamport, (&ROOM, &keys()));
        }
        assert!(!timeline.trim() && timeline.full());
        assert!(timeline.fade(&long(3).entry, false).is_some());
        timeline.surface(found(long(most)), most, (&ROOM, &keys()));
        assert!(!timeline.trim(), "the body that went has made room");
        timeline.surface(found(long(most + 1)), most + 1, (&ROOM, &keys()));
        assert!(timeline.trim() && !timeline.rows().is_empty());
        assert_eq!(shown(&timeline)[0], 1);
    }
}
