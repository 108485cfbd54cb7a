//! The room in short, for a list of rooms, and how it is kept on this device.
//!
//! It is made when a driver asks for it and something has changed, so whoever never asks pays
//! nothing. What is new is counted against the marks of what was read that are kept on the device
//! (`news.rs`).

use crate::engine::{Engine, keys};
use crate::ids::LinkId;
use crate::io::{StoreOp, Table};
use crate::limits;
use crate::link::Link;
use crate::view::{Body, Event, Gist, LastLine, Role, Row, Shelf};

/// The room in short, as it was told last.
#[derive(Default)]
pub struct Short {
    told: Option<Gist>,
    /// It may have changed since.
    pub stale: bool,
    shelf: Option<Shelf>,
}

impl Short {
    /// Takes note of what pages are told.
    pub fn hear(&mut self, event: &Event) {
        self.stale |= match event {
            Event::Room(_)
            | Event::Members(_)
            | Event::Rows(_)
            | Event::Moved(_)
            | Event::Older { .. }
            | Event::Pending(_)
            | Event::LinkState(_)
            | Event::Waiting(_)
            | Event::Undelivered(_)
            | Event::Applicants(_)
            | Event::Admission(_) => true,
            Event::Changed(_)
            | Event::SignalState(_)
            | Event::Gaps(_)
            | Event::Queue(_)
            | Event::Trace(_)
            | Event::Live(_)
            | Event::Typing { .. }
            | Event::Comparison(_)
            | Event::Quoted(_)
            | Event::Stored(_)
            | Event::Cancelled(_)
            | Event::Refused { .. }
            | Event::Found(_)
            | Event::Trouble(_) => false,
        };
    }
}

impl Engine {
    /// The room in short, if that has changed since it was asked for last; to be asked for once all
    /// outputs were taken. Nothing before what is stored has been read.
    pub fn poll_gist(&mut self) -> Option<Gist> {
        if !self.is_open() || !std::mem::take(&mut self.told.short.stale) {
            return None;
        }
        let gist = self.gist();
        let told = self.told.short.told.as_ref() == Some(&gist);
        (!told).then(|| self.told.short.told.insert(gist).clone())
    }

    fn gist(&self) -> Gist {
        let spoken =
            |row: &&Row| !matches!(row.body, Body::Decided(_)) && !self.is_blocked(&row.author);
        let last = self.timeline.newest().take(limits::UNREAD).find(spoken);
        let line = |row: &Row| LastLine {
            author: row.author,
            name: self.name_of(&row.author),
            own: row.own,
            body: short(&row.body),
        };
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let outside = self.is_outside();
        Gist {
            at: last.map_or(0, |row| row.wall.min(self.now.wall)),
            last: last.map(line),
            unread: count(self.unread_among_newest(limits::UNREAD).len()),
            pending: self.pending(),
            at_stake: self.at_stake(),
            held_alone: self.held_alone(),
            waiting: count(self.outbox.waits.stored_ones().len()),
            knocking: count(self.knocking()),
            link: self.link_state(),
            role: if outside { Role::Applicant } else { self.role(&self.own.member) },
            shelf: self.shelf(),
        }
    }

    pub(in crate::engine) fn shelf(&self) -> Shelf {
        self.told.short.shelf.unwrap_or_default()
    }

    /// True if connections of this room have to go through relays.
    pub(in crate::engine) fn is_relay_only(&self) -> bool {
        self.shelf().relay_only
    }

    /// From now on connections go through relays alone, or not any more. Those that there are end,
    /// if they may be direct.
    pub(in crate::engine) fn go_through_relays(&mut self, on: bool) {
        self.keep_so(|shelf| shelf.relay_only = on);
        if on {
            let links: Vec<LinkId> = self.links.keys().copied().collect();
            links.into_iter().for_each(|id| self.close(id));
        }
    }

    /// From now on no messages are handed on, or they are again.
    pub(in crate::engine) fn pause(&mut self, on: bool) {
        self.keep_so(|shelf| shelf.paused = on);
        self.links.values_mut().filter_map(Link::flow_mut).for_each(|flow| flow.paused = on);
    }

    /// From now on it is told what was read here, also of the time when it was not, or it is told
    /// no more.
    pub(in crate::engine) fn tell_reading(&mut self, on: bool) {
        let before = self.shelf().reads_untold;
        self.keep_so(|shelf| shelf.reads_untold = !on);
        if before && on {
            self.owe_all_readings();
        }
    }

    /// From now on it is told that something is being typed here, or not any more.
    pub(in crate::engine) fn tell_typing(&mut self, on: bool) {
        if !on {
            self.type_myself(false);
        }
        self.keep_so(|shelf| shelf.typing_untold = !on);
    }

    /// Keeps the room otherwise on this device.
    pub(in crate::engine) fn keep_so(&mut self, change: impl FnOnce(&mut Shelf)) {
        let mut shelf = self.shelf();
        change(&mut shelf);
        if shelf != self.shelf() {
            self.told.short.shelf = Some(shelf);
            self.told.short.stale = true;
            self.commits.record_dirty = true;
        }
    }

    /// What was put away comes back when somebody says something there.
    pub(super) fn unshelve(&mut self, rows: &[Row]) {
        let news = |row: &Row| row.own || self.is_news(row);
        let words = |row: &Row| matches!(row.body, Body::Text(_)) && news(row);
        let said = |row: &Row| words(row) && !self.has_read(&row.entry);
        if !self.shelf().muted && rows.iter().any(said) {
            self.keep_so(|shelf| shelf.archived = false);
        }
    }

    /// What is stored beside the room's record.
    pub(in crate::engine) fn shelf_op(&self) -> Option<StoreOp> {
        let bytes = encode_shelf(self.told.short.shelf?);
        Some(StoreOp::Put(Table::State, keys::shelf(&self.room), bytes))
    }

    /// Reads how the room is kept; what is still to be stored is newer.
    pub(in crate::engine) fn load_shelf(&mut self, bytes: &[u8]) -> Option<()> {
        let shelf = decode_shelf(bytes)?;
        if !self.commits.record_dirty {
            self.told.short.shelf = Some(shelf);
        }
        Some(())
    }
}

/// The beginning of the words, in one line.
fn short(body: &Body) -> Body {
    let Body::Text(text) = body else { return body.clone() };
    let mut line = String::new();
    for word in text.split_whitespace() {
        if line.len() > limits::GIST_BYTES {
            break;
        }
        line.extend((!line.is_empty()).then_some(' '));
        line.push_str(word);
    }
    if line.len() > limits::GIST_BYTES {
        line.truncate(line.floor_char_boundary(limits::GIST_BYTES));
        line.push('…');
    }
    Body::Text(line)
}

/// What came later than the two at the beginning of the record: bits of a byte behind them.
const RELAY_ONLY: u8 = 1;
const READS_UNTOLD: u8 = 2;
const TYPING_UNTOLD: u8 = 4;
const PAUSED: u8 = 8;
const ALL: u8 = RELAY_ONLY | READS_UNTOLD | TYPING_UNTOLD | PAUSED;

/// The record as it is stored, without the byte of bits if none is set.
pub(in crate::engine) fn encode_shelf(shelf: Shelf) -> Vec<u8> {
    let mut bytes = postcard::to_allocvec(&(shelf.muted, shelf.archived)).unwrap_or_default();
    let bits = [
        (shelf.relay_only, RELAY_ONLY),
        (shelf.reads_untold, READS_UNTOLD),
        (shelf.typing_untold, TYPING_UNTOLD),
        (shelf.paused, PAUSED),
    ];
    let bits: u8 = bits.into_iter().filter(|(set, _)| *set).map(|(_, bit)| bit).sum();
    bytes.extend((bits > 0).then_some(bits));
    bytes
}

/// Reads a stored record.
pub(in crate::engine) fn decode_shelf(bytes: &[u8]) -> Option<Shelf> {
    let ((muted, archived), rest) = postcard::take_from_bytes::<(bool, bool)>(bytes).ok()?;
    let bits = match rest {
        [] => 0,
        [bits] if bits & !ALL == 0 => *bits,
        _ => return None,
    };
    let set = |bit| bits & bit > 0;
    Some(Shelf {
        muted,
        archived,
        relay_only: set(RELAY_ONLY),
        reads_untold: set(READS_UNTOLD),
        typing_untold: set(TYPING_UNTOLD),
        paused: set(PAUSED),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_later_stands_behind_the_rest_of_how_a_room_is_kept() {
        let before = Shelf { muted: true, archived: true, ..Shelf::default() };
        assert_eq!(encode_shelf(before), [1, 1]);
        let relayed = Shelf { relay_only: true, ..before };
        assert_eq!(encode_shelf(relayed), [1, 1, 1]);
        let silent = Shelf { reads_untold: true, typing_untold: true, ..relayed };
        let paused = Shelf { paused: true, ..before };
        assert_eq!(encode_shelf(paused), [1, 1, 8]);
        for shelf in [before, relayed, silent, paused] {
            assert_eq!(decode_shelf(&encode_shelf(shelf)), Some(shelf));
        }
        assert_eq!(decode_shelf(&[1, 1, 16]), None, "of a newer version");
    }
}
