//! The rows that are shown: the newest page of the room, and older ones as they are asked for.
//!
//! ```text
//!   ... on disk ...  | floor | rows in memory, by (lamport, log, seq) .............. newest
//! ```
//! Pages are read by walking the `timeline` records down, so opening a room costs a screen and not
//! its history. A run belongs to the page of its *last* Lamport time; rows below the floor of what
//! was read wait until the runs around them have been read, too.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::EntryId;
use crate::limits;
use crate::members::Delivery;
use crate::view::{Order, Row};

/// The rows in memory.
#[derive(Debug, Default)]
pub struct Timeline {
    rows: BTreeMap<Order, Row>,
    index: BTreeMap<EntryId, Order>,
    /// Rows with a lower Lamport time are not shown yet.
    floor: u64,
    /// Where the next page ends: the key of the oldest `timeline` record that was read.
    cursor: Option<Vec<u8>>,
    more: bool,
    loading: bool,
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

    /// True if as many rows are in memory as fit.
    #[must_use]
    pub fn full(&self) -> bool {
        self.rows.len() >= limits::WINDOW_ROWS
    }

    /// A page was read: its oldest key, its Lamport time, and whether there may be more. Gives the
    /// rows that can be shown because of it.
    pub fn end_page(&mut self, oldest: Option<(Vec<u8>, u64)>, more: bool) -> Vec<Row> {
        let before = self.floor;
        self.loading = false;
        self.more = more;
        self.floor = match oldest {
            Some((key, lamport)) => {
                self.cursor = Some(key);
                if more { lamport.min(before) } else { 0 }
            }
            None => 0,
        };
        let shown = self.rows.values().filter(|row| self.shows(row));
        shown.filter(|row| row.order.lamport < before).cloned().collect()
    }

    fn shows(&self, row: &Row) -> bool {
        row.order.lamport >= self.floor
    }

    /// Puts a row that was read from the store.
    pub fn load(&mut self, row: Row) {
        self.index.insert(row.entry, row.order);
        self.rows.entry(row.order).or_insert(row);
    }

    /// Puts a row that was stored just now, and gives it as it is to be shown; `None` if it
    /// belongs to a page that has not been read.
    pub fn surface(&mut self, mut row: Row) -> Option<Row> {
        let after = self.rows.range(row.order..).take(limits::LATE_ROWS).count();
        row.late = !row.own && after >= limits::LATE_ROWS;
        if !self.shows(&row) {
            return None;
        }
        self.index.insert(row.entry, row.order);
        self.rows.insert(row.order, row.clone());
        Some(row)
    }

    /// Drops the oldest rows beyond the bound; they can be read again.
    pub fn trim(&mut self) -> bool {
        let mut trimmed = false;
        while self.rows.len() > limits::WINDOW_ROWS {
            let Some((order, row)) = self.rows.pop_first() else { break };
            self.index.remove(&row.entry);
            self.floor = self.floor.max(order.lamport + 1);
            trimmed = true;
        }
        trimmed
    }

    /// The row of an entry, if it is shown.
    #[must_use]
    pub fn row(&self, entry: &EntryId) -> Option<&Row> {
        self.rows.get(self.index.get(entry)?).filter(|row| self.shows(row))
    }

    /// Brings an own row up to date; gives it if that changed anything. A state never goes back.
    pub fn update(&mut self, entry: &EntryId, delivery: Delivery) -> Option<Row> {
        let row = self.rows.get_mut(self.index.get(entry)?)?;
        let state = row.state.max(delivery.state);
        let held_by = row.held_by.max(delivery.held_by);
        if (state, held_by) == (row.state, row.held_by) {
            return None;
        }
        (row.state, row.held_by) = (state, held_by);
        (row.order.lamport >= self.floor).then(|| row.clone())
    }

    /// All rows that are shown, oldest first.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        self.rows.values().filter(|row| self.shows(row)).cloned().collect()
    }

    /// The entries of others among these that are shown.
    #[must_use]
    pub fn others(&self, entries: &[EntryId]) -> BTreeSet<EntryId> {
        let other = |entry: &&EntryId| self.row(entry).is_some_and(|row| !row.own);
        entries.iter().filter(other).copied().collect()
    }
}
