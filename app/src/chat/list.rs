//! The rooms of this device as a list: what is told of each in short, their order, what is new in
//! all of them, and what a person does about one.
//!
//! ```text
//!  a room's choices ──► mute, archive ──► command
//!                  └──► leave? ──► sure? ──► errand ──► Left ──► out of the list, in every tab
//! ```

use std::cmp::Reverse;

use browser::{Body, Command, Fault, Gist, LastLine, Millis, RoomId, RoomSummary, Shelf, limits};

use super::overlay::likeness;
use super::{ChatState, Errand, Older, Place, RoomState, Shown, Standing, unread};

/// What the dialog about a room asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomQuestion {
    /// What is to be done with it.
    Choices(RoomId),
    /// Whether it is to be left for good.
    Leave(RoomId),
}

impl RoomQuestion {
    /// Which room it is about.
    pub fn room(self) -> RoomId {
        match self {
            RoomQuestion::Choices(room) | RoomQuestion::Leave(room) => room,
        }
    }
}

/// Something that a person does about a room of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Asks this, or closes the dialog.
    Ask(Option<RoomQuestion>),
    /// Is silent about the room that is asked about, or not any more.
    Mute(bool),
    /// Puts it away, or takes it back.
    Archive(bool),
    /// Lets its connections go through relays alone, or directly again.
    Relay(bool),
    /// Tells members what was read here, or not any more.
    TellRead(bool),
    /// Tells members that one is typing here, or not any more.
    TellTyping(bool),
    /// Leaves it: asked once more before that.
    Leave,
}

/// Whether the person is told of what is new while the page is hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alerts {
    /// Not asked for.
    Off,
    /// Asked for, and the browser allows it.
    On,
    /// The browser does not allow it.
    Forbidden,
    /// The browser has no notifications.
    Missing,
}

/// How a room is kept.
pub fn shelf_of(summary: &RoomSummary) -> Shelf {
    summary.gist.as_ref().map(|gist| gist.shelf).unwrap_or_default()
}

/// True if this room hands nothing on from here.
pub fn is_paused(rooms: &[RoomSummary], room: RoomId) -> bool {
    rooms.iter().any(|summary| summary.room == room && shelf_of(summary).paused)
}

/// What is new in rooms that are not muted, apart from one.
pub fn unread_in(rooms: &[RoomSummary], apart: Option<RoomId>) -> usize {
    let told = rooms.iter().filter(|it| Some(it.room) != apart && !shelf_of(it).muted);
    let unread = told.filter_map(|it| Some(it.gist.as_ref()?.unread));
    unread.map(|unread| usize::try_from(unread).unwrap_or(usize::MAX)).sum()
}

/// A room in short, as it stands beside the room itself: where that is on the screen, its last line
/// and what is new are those of its messages there. The worker tells both on another way, and may
/// be ahead or behind.
pub fn beside(gist: &Gist, room: RoomId, state: &RoomState, rows: &[Shown], now: Millis) -> Gist {
    if state.room != Some(room) || state.older == Older::Unknown {
        return gist.clone();
    }
    let spoken = |row: &&Shown| {
        let refused = matches!(row.standing, Standing::Refused(_));
        let hidden = matches!(row.body, Body::Decided(_)) || state.treatment(row.author).blocked;
        !refused && !hidden
    };
    let last = rows.iter().rev().find(spoken);
    let line = |row: &Shown| LastLine {
        author: row.author,
        name: state.name_of(&row.author).unwrap_or_default().to_owned(),
        own: row.own,
        body: short(&row.body),
    };
    let unread = u32::try_from(unread(rows)).unwrap_or(u32::MAX);
    Gist {
        at: last.map_or(0, |row| row.wall.min(now)),
        last: last.map(line),
        unread,
        ..gist.clone()
    }
}

/// No more of it than a line may show.
fn short(body: &Body) -> Body {
    match body {
        Body::Text(text) => Body::Text(text.chars().take(limits::GIST_BYTES).collect()),
        Body::Gone | Body::Decided(_) | Body::Newer | Body::Unreadable => body.clone(),
    }
}

/// The rooms that are meant by what was typed, the likeliest first, whether they are put away or
/// not. `unnamed` is what a room without a name is called.
pub fn rooms_meant(rooms: &[RoomSummary], typed: &str, unnamed: &str) -> Vec<RoomId> {
    let typed = typed.trim().to_lowercase();
    let rank = |it: &RoomSummary| {
        let name = if it.name.is_empty() { unnamed } else { &it.name };
        likeness(&name.to_lowercase(), &typed).map(|rank| (rank, it.room))
    };
    let mut meant: Vec<(u8, RoomId)> = rooms.iter().filter_map(rank).collect();
    meant.sort_by_key(|(rank, _)| *rank);
    meant.into_iter().map(|(_, room)| room).collect()
}

/// Rooms in which nobody has spoken yet first, then the latest word; those of which nothing is
/// known yet last.
fn sort(rooms: &mut [RoomSummary]) {
    let place = |gist: &Gist| match gist.last {
        None => (0, Reverse(0)),
        Some(_) => (1, Reverse(gist.at)),
    };
    let key = |it: &RoomSummary| (it.gist.as_ref().map_or((2, Reverse(0)), place), it.room);
    rooms.sort_by_key(key);
}

impl ChatState {
    /// All rooms are told anew.
    pub(super) fn list(&mut self, rooms: Vec<RoomSummary>) {
        self.rooms = rooms;
        sort(&mut self.rooms);
        self.settle_question();
    }

    /// One room is told anew.
    pub(super) fn summarise(&mut self, summary: RoomSummary) {
        match self.rooms.iter_mut().find(|known| known.room == summary.room) {
            Some(known) => *known = summary,
            None => self.rooms.push(summary),
        }
        sort(&mut self.rooms);
    }

    /// This device is in a room no more.
    pub(super) fn lose_room(&mut self, room: RoomId) -> Vec<Errand> {
        self.rooms.retain(|known| known.room != room);
        self.aside.remove(&room);
        self.settle_question();
        let mut errands = self.seek_without(room);
        errands.push(Errand::Forget(room));
        let shown = matches!(self.place, Place::Room(at) | Place::Opening(at) if at == room);
        if self.room.room == Some(room) {
            self.forget_room();
        }
        if shown {
            self.walked = false;
            self.place = Place::Start;
            errands.push(Errand::ShowNone);
        }
        errands
    }

    /// Nothing is asked about a room that is gone.
    fn settle_question(&mut self) {
        let known = |room: RoomId| self.rooms.iter().any(|summary| summary.room == room);
        self.asks = self.asks.filter(|asks| known(asks.room()));
    }

    /// A person does something about a room of the list.
    pub(super) fn keep(&mut self, keep: Keep) -> Vec<Errand> {
        if let Keep::Ask(question) = keep {
            self.asks = question;
            self.settle_question();
            return Vec::new();
        }
        let Some(question) = self.asks.take() else { return Vec::new() };
        let room = question.room();
        match (keep, question) {
            (Keep::Mute(on), _) => vec![Errand::Command(room, Command::Mute(on))],
            (Keep::Relay(on), _) => {
                let wants = |it: &RoomSummary| it.room != room && shelf_of(it).relay_only;
                if !on && !self.rooms.iter().any(wants) {
                    self.faults.retain(|fault| *fault != Fault::NoRelay);
                }
                vec![Errand::Command(room, Command::RelayOnly(on))]
            }
            (Keep::TellRead(on), _) => vec![Errand::Command(room, Command::TellRead(on))],
            (Keep::TellTyping(on), _) => vec![Errand::Command(room, Command::TellTyping(on))],
            (Keep::Archive(on), _) => vec![Errand::Command(room, Command::Archive(on))],
            (Keep::Leave, RoomQuestion::Choices(_)) => {
                self.asks = Some(RoomQuestion::Leave(room));
                Vec::new()
            }
            (Keep::Leave, RoomQuestion::Leave(_)) => vec![Errand::Leave(room)],
            (Keep::Ask(_), _) => Vec::new(),
        }
    }
}
