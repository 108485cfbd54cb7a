//! What the tab shows: a form, or a room. Decided here, from the address, what the tab and the
//! device remember, and the rooms that the client knows.
//!
//! ```text
//!  Starting ──► Start ◄──► Join          an invite that is known opens its room
//!      └──────► Opening ──► Room ──► Start
//! ```

use browser::{Command, Entrance, InviteError, RoomId};

use super::{ChatState, Errand, Request, RoomState, Span, Visit};

/// What the tab shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The client has not answered yet; this room is wanted, if it still exists.
    Starting {
        /// The room that this tab, or else this device, showed last.
        wanted: Option<RoomId>,
    },
    /// The list of rooms, and a form for a new one.
    Start,
    /// A form for joining a room.
    Join(Invitation),
    /// A room that the client was asked to open.
    Opening(RoomId),
    /// A room.
    Room(RoomId),
}

impl Default for Place {
    fn default() -> Self {
        Place::Starting { wanted: None }
    }
}

/// An invite that can be read.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// What stood behind the `#`: a secret.
    pub invite: String,
    /// The room that it leads to.
    pub room: RoomId,
    /// What it gives: the room, or a way to ask.
    pub entrance: Entrance,
    /// Who has handed it on, by what the link says: anybody can write a name there.
    pub from: Option<String>,
}

impl std::fmt::Debug for Invitation {
    /// Without the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invitation").field("room", &self.room).finish_non_exhaustive()
    }
}

/// How the person came here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// With an invite.
    Invited(Invitation),
    /// With something behind the `#` that is no invite.
    Misled(InviteError),
    /// With the plain address; this room is remembered, if any.
    Plain(Option<RoomId>),
    /// With the plain address, and the tab showed the list of rooms.
    AtList,
}

impl ChatState {
    /// A room is asked for; if the worker is over, nobody would ever answer.
    pub(super) fn ask(&mut self) -> Vec<Errand> {
        self.walked = true;
        if !self.worker.is_over() {
            self.request = Request::Waiting;
        }
        Vec::new()
    }

    pub(super) fn arrive(&mut self, arrival: Arrival) -> Vec<Errand> {
        self.request = Request::None;
        match arrival {
            Arrival::Invited(invitation) => {
                self.place = Place::Join(invitation);
                self.settle_place()
            }
            Arrival::Misled(error) => {
                self.request = Request::Refused(error.into());
                match self.place {
                    Place::Room(_) | Place::Opening(_) => Vec::new(),
                    Place::Starting { .. } | Place::Start | Place::Join(_) => {
                        self.place = Place::Start;
                        Vec::new()
                    }
                }
            }
            Arrival::Plain(wanted) => {
                self.place = Place::Starting { wanted };
                self.settle_place()
            }
            Arrival::AtList => {
                self.place = Place::Start;
                Vec::new()
            }
        }
    }

    /// Goes where the tab wants to go, as soon as the client's rooms are known.
    pub(super) fn settle_place(&mut self) -> Vec<Errand> {
        if !self.worker.answers() {
            return Vec::new();
        }
        let known = |room: &RoomId| self.rooms.iter().any(|summary| summary.room == *room);
        let wanted = match &self.place {
            Place::Starting { wanted: Some(room) } => Some(*room).filter(known),
            Place::Starting { wanted: None } => self.only_room(),
            Place::Join(invitation) if known(&invitation.room) => Some(invitation.room),
            Place::Join(_) | Place::Start | Place::Opening(_) | Place::Room(_) => {
                return Vec::new();
            }
        };
        let Some(room) = wanted else {
            self.place = Place::Start;
            return vec![Errand::ShowNone];
        };
        let follow = self.follow(room);
        if self.room.view.as_ref().is_some_and(|view| view.room == room) {
            // It is open already: the same invite was opened in the tab that shows the room.
            self.place = Place::Room(room);
            self.visit_again();
            return std::iter::once(Errand::Show(room)).chain(follow).collect();
        }
        self.place = Place::Opening(room);
        std::iter::once(Errand::Open(room)).chain(follow).collect()
    }

    /// Whoever stands at a door that was closed goes to the one to which this link leads; whoever
    /// is inside stays there.
    fn follow(&self, room: RoomId) -> Option<Errand> {
        let Place::Join(Invitation { invite, entrance: Entrance::Approval, .. }) = &self.place
        else {
            return None;
        };
        Some(Errand::Command(room, Command::Follow(invite.clone())))
    }

    /// Which room was last is forgotten when a browser dies soon after; if there is but one, it is
    /// that.
    fn only_room(&self) -> Option<RoomId> {
        match self.rooms.as_slice() {
            [only] if self.request == Request::None => Some(only.room),
            _ => None,
        }
    }

    /// The client has opened a room; a new leader says so again of every room that was open.
    pub(super) fn open(&mut self, room: RoomId) -> Vec<Errand> {
        let asked = self.request == Request::Waiting;
        let expected = match &self.place {
            Place::Opening(wanted) => *wanted == room,
            Place::Start | Place::Join(_) | Place::Starting { .. } => asked,
            Place::Room(_) => false,
        };
        if !expected {
            return if self.room.room == Some(room) { self.watch_again() } else { Vec::new() };
        }
        let mut looks_away = None;
        if self.room.room != Some(room) {
            let writing = self.aside.remove(&room).unwrap_or_default();
            let visit = if asked { Visit::first() } else { Visit::default() };
            let next = RoomState { room: Some(room), writing, visit, ..RoomState::default() };
            let last = std::mem::replace(&mut self.room, next);
            looks_away = last.looks_away();
            if let Some(room) = last.room {
                self.aside.insert(room, last.writing);
            }
            self.rows.clear();
            self.span = Span::default();
        }
        self.request = Request::None;
        self.place = Place::Room(room);
        looks_away.into_iter().chain([Errand::Show(room)]).collect()
    }

    /// The person goes to a room of the list.
    pub(super) fn go(&mut self, room: RoomId) -> Vec<Errand> {
        (self.request, self.walked) = (Request::None, true);
        self.place = Place::Starting { wanted: Some(room) };
        let ended = self.stop_seeking(Some(room)).into_iter();
        ended.chain(self.settle_place()).collect()
    }

    /// What was shown last is a room of this device no more.
    pub(super) fn forget_room(&mut self) {
        self.room = RoomState::default();
        self.rows.clear();
        self.span = Span::default();
    }

    pub(super) fn leave(&mut self) -> Vec<Errand> {
        self.walked = true;
        self.request = Request::None;
        self.place = Place::Start;
        let ended = self.stop_seeking(None).into_iter();
        ended.chain([Errand::ShowNone]).collect()
    }
}
