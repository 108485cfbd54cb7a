//! What is new to the person in this visit of the room: where the divider stands, and whether the
//! list is held there.
//!
//! ```text
//!  something came that nobody saw ──► held at the divider ── the reader moves ──► left alone
//!        ▲                                                   or has seen all          │
//!        └────────────── again, while the list is at its end ─────────────────────────┘
//! ```
//! Whoever has just joined the room has missed nothing: what comes is its history, until the person
//! looks away.

use browser::{Body, Command, EntryId, Order};

use super::Older;
use crate::chat::{ChatState, Errand, Shown, Span, Turn};

/// See the module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Visit {
    /// The person has made or joined the room in this visit, and its history is not here yet.
    first: bool,
    /// The message below the divider.
    at: Option<Mark>,
    /// The list is held at it.
    held: bool,
    search: Search,
}

/// Whether the first message that is new is looked for among older ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Search {
    #[default]
    Rests,
    /// Older messages are being read.
    Reads,
    /// There is no room for more of them.
    Full,
}

/// Names a message in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Mark {
    order: Order,
    key: u64,
}

impl Mark {
    fn of(row: &Shown) -> Option<Mark> {
        Some(Mark { order: row.order()?, key: row.key })
    }
}

/// What stands above the first message that was new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Divider {
    /// What is new begins here.
    Begins,
    /// There are new ones further up, which are not in memory.
    MoreAbove,
}

impl Visit {
    /// The first visit of a room.
    pub(in crate::chat) fn first() -> Visit {
        Visit { first: true, ..Visit::default() }
    }

    /// The key of the message at which the list is held.
    pub fn holds_at(&self) -> Option<u64> {
        self.at.filter(|_| self.held).map(|mark| mark.key)
    }

    /// True while older messages are being read for the divider.
    pub(in crate::chat) fn seeks(&self) -> bool {
        self.search == Search::Reads && self.held
    }
}

impl ChatState {
    /// True while what members hold is the history of a room that the person has just joined.
    pub(in crate::chat) fn is_history(&self) -> bool {
        let made = self.room.view.as_ref().is_some_and(|view| view.founder == view.me);
        self.room.visit.first && !made
    }

    /// The page is in front of somebody, or not any more.
    pub(in crate::chat) fn watched(&mut self, watched: bool) -> Vec<Errand> {
        self.unwatched = !watched;
        if self.unwatched {
            self.end_history();
        }
        Vec::new()
    }

    /// The person looks away. Whatever comes from then on is no history, if that is here: it comes
    /// in parts, and between two of them nothing seems to be missing.
    fn end_history(&mut self) {
        if self.room.gaps.is_empty() && !self.rows.is_empty() {
            self.room.visit.first = false;
        }
    }

    /// These have come, and nobody saw them come.
    pub(in crate::chat) fn find_divider(&mut self, missed: &[Shown]) -> Vec<Errand> {
        if let Some(first) = missed.iter().filter_map(Mark::of).min() {
            self.put_divider(first);
        }
        self.keep_divider();
        self.seek_older()
    }

    /// The oldest messages leave the list when it is full, and the divider may be among them.
    fn keep_divider(&mut self) {
        let Some(at) = self.room.visit.at.filter(|at| !self.rows.holds(&at.order)) else { return };
        let mut unread = self.rows.iter().filter(|row| row.unread).filter_map(Mark::of);
        let first = unread.find(|mark| mark.order > at.order);
        (self.room.visit.at, self.room.visit.search) = (first, Search::Full);
        self.draw_divider();
        self.hold();
    }

    fn draw_divider(&mut self) {
        let Some(at) = self.room.visit.at else { return };
        let divider = match self.room.visit.search {
            Search::Rests | Search::Reads => Divider::Begins,
            Search::Full => Divider::MoreAbove,
        };
        self.rows.divide(&at.order, Some(divider));
    }

    fn put_divider(&mut self, first: Mark) {
        let (visit, at_end) = (&mut self.room.visit, self.span == Span::End);
        let moves = match visit.at {
            Some(at) if visit.held => first.order < at.order,
            Some(_) => at_end,
            None => true,
        };
        if !moves {
            return;
        }
        visit.held |= at_end;
        let last = visit.at.replace(first);
        last.iter().for_each(|last| self.rows.divide(&last.order, None));
        self.draw_divider();
        self.hold();
    }

    /// What is at the divider is drawn, whatever comes at the end.
    pub(in crate::chat) fn hold(&mut self) {
        let Some(key) = self.room.visit.holds_at() else { return };
        let drawn = &self.rows[self.span.range(&self.rows)];
        if self.span == Span::End || !drawn.iter().any(|row| row.key == key) {
            self.span = self.span.turn(Turn::To(key), &self.rows);
        }
    }

    /// What is new may begin above the oldest message in memory, if that is no older one that was
    /// read: then older ones are read, up to the bound of the list.
    fn seek_older(&mut self) -> Vec<Errand> {
        let (Some(at), Older::More) = (self.room.visit.at, self.room.older) else {
            return Vec::new();
        };
        let visit = &self.room.visit;
        if !visit.held || visit.search != Search::Rests || self.is_read_above(&at.order) {
            return Vec::new();
        }
        (self.room.visit.search, self.room.older) = (Search::Reads, Older::Loading);
        let older = |room| Errand::Command(room, Command::LoadOlder);
        self.room.room.map(older).into_iter().collect()
    }

    fn is_read_above(&self, order: &Order) -> bool {
        let mut above =
            self.rows.iter().take_while(|row| row.order().is_some_and(|at| at < *order));
        let read = |row: &Shown| !row.own && !row.unread && matches!(row.body, Body::Text(_));
        above.any(read)
    }

    /// Whether there are older messages was told.
    pub(in crate::chat) fn settle_older(&mut self, more: bool) -> Vec<Errand> {
        self.room.older = if more { Older::More } else { Older::None };
        if self.room.visit.search == Search::Reads {
            self.room.visit.search = Search::Rests;
        }
        self.seek_older()
    }

    /// Older messages are not read. True if they were only wanted for the divider: then that says
    /// so, and nobody else has to know.
    pub(in crate::chat) fn end_seeking(&mut self) -> bool {
        let seeks = self.room.visit.search == Search::Reads;
        if seeks {
            self.room.visit.search = Search::Full;
            self.draw_divider();
        }
        seeks
    }

    /// The person comes back to the room that was shown last.
    pub(in crate::chat) fn visit_again(&mut self) {
        let first = self.rows.iter().filter(|row| row.unread).find_map(Mark::of);
        let last = std::mem::take(&mut self.room.visit);
        last.at.iter().for_each(|last| self.rows.divide(&last.order, None));
        self.span = Span::End;
        first.into_iter().for_each(|first| self.put_divider(first));
    }

    /// The reader goes to another part of the list. While that is held, its end alone does not let
    /// it follow what comes.
    pub(in crate::chat) fn turn(&mut self, turn: Turn) {
        if turn == Turn::Free {
            self.room.visit.held = false;
        }
        if turn != Turn::End || !self.room.visit.held {
            self.span = self.span.turn(turn, &self.rows);
        }
    }

    /// Messages were on a visible screen. Whoever has seen all that is new is held no more.
    pub(in crate::chat) fn see(&mut self, entries: &[EntryId]) {
        self.rows.see(entries);
        let Some(at) = self.room.visit.at.filter(|_| self.room.visit.held) else { return };
        let below = |row: &&Shown| row.order().is_none_or(|order| order >= at.order);
        self.room.visit.held = self.rows.iter().rev().take_while(below).any(|row| row.unread);
    }
}
