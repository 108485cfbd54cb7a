//! The door of a room that approves its members: which side one is on, and what follows.
//!
//! ```text
//!  Outside ── knocks, until a member answers ──► approved ──► record stored ──► Inside
//!                                          └──► turned away, or another link leads here now
//!  Inside  ── stands at the door of its epoch, hears knocks, tells pages, answers
//! ```
//! Outside there is nothing of the room: no log, no register, no link, no key but the door's. Only
//! the room's record is stored, and only once it holds the secret does one act as a member.

pub(in crate::engine) mod inside;
pub(in crate::engine) mod outside;

use protocol::{ClientMessage, PeerId, ServerMessage};

use crate::crypto::random::Random;
use crate::engine::Engine;
use crate::engine::calls::door::inside::Keeping;
use crate::engine::calls::door::outside::Asking;
use crate::ids::MemberId;
use crate::io::{Millis, Output};
use crate::members::applicants::Applicant;
use crate::room::Entrance;
use crate::room::record::{Plea, RoomRecord};
use crate::view::{Admission, Event};

/// Which side of the door one is on.
#[derive(Debug)]
pub enum Doorway {
    /// The room lets in whoever has its link: there is no door.
    Open,
    /// Inside: one hears who knocks.
    Inside(Keeping),
    /// Outside: one knocks.
    Outside(Asking),
}

impl Doorway {
    /// The side on which the owner of a record is.
    pub fn of(record: &RoomRecord, random: &mut Random) -> Doorway {
        match (record.entrance(), record.door()) {
            (Entrance::Link, _) => Doorway::Open,
            (Entrance::Approval, None) => Doorway::Inside(Keeping::default()),
            (Entrance::Approval, Some(_)) => Doorway::Outside(Asking::new(random.bytes())),
        }
    }

    /// When one has to knock again, if one asks.
    pub fn deadline(&self, plea: Option<Plea>) -> Option<Millis> {
        match self {
            Doorway::Outside(asking) if plea == Some(Plea::Asks) => asking.deadline(),
            Doorway::Open | Doorway::Inside(_) | Doorway::Outside(_) => None,
        }
    }
}

impl Engine {
    /// True while one is outside.
    pub(in crate::engine) fn is_outside(&self) -> bool {
        matches!(self.doorway, Doorway::Outside(_))
    }

    /// Somebody who waits at the door.
    pub(in crate::engine) fn applicant(&self, member: &MemberId) -> Option<&Applicant> {
        match &self.doorway {
            Doorway::Inside(keeping) => keeping.applicants.of(member),
            Doorway::Open | Doorway::Outside(_) => None,
        }
    }

    /// The server speaks of the door. True if that is what it speaks of.
    pub(in crate::engine) fn on_door(&mut self, message: &ServerMessage) -> bool {
        match &self.doorway {
            Doorway::Open => false,
            Doorway::Inside(_) => self.on_door_inside(message),
            Doorway::Outside(_) => {
                self.on_door_outside(message);
                // There is no other meeting for whoever is outside.
                !matches!(message, ServerMessage::Error { .. })
            }
        }
    }

    /// The socket is gone: all addresses at the door are void.
    pub(in crate::engine) fn lose_door(&mut self) {
        match &mut self.doorway {
            Doorway::Open => {}
            Doorway::Inside(keeping) => keeping.lost(),
            Doorway::Outside(asking) => asking.lost(),
        }
    }

    /// Says what is due at the door, and tells pages what is new there.
    pub(in crate::engine) fn tend_door(&mut self) {
        if !self.is_open() {
            return;
        }
        match &self.doorway {
            Doorway::Open => {}
            Doorway::Inside(_) => self.tell_applicants(),
            Doorway::Outside(_) => {
                self.knock_due();
                self.go_in_if_stored();
            }
        }
    }

    /// What a page has to know of the door.
    pub(in crate::engine) fn door_events(&self) -> Vec<Event> {
        match &self.doorway {
            Doorway::Open => vec![],
            Doorway::Inside(keeping) => vec![
                Event::Admission(Admission::Inside),
                Event::Applicants(keeping.applicants.views()),
            ],
            Doorway::Outside(asking) => {
                vec![Event::Admission(asking.admission(self.record.plea()))]
            }
        }
    }

    /// How many wait at the door.
    pub(in crate::engine) fn knocking(&self) -> usize {
        match &self.doorway {
            Doorway::Inside(keeping) => keeping.applicants.views().len(),
            Doorway::Open | Doorway::Outside(_) => 0,
        }
    }

    /// Says something to an address at a door.
    fn say_at_door(&mut self, room: protocol::Rendezvous, to: PeerId, payload: Option<String>) {
        let signal = |payload| ClientMessage::Signal { room, to, payload };
        self.out.extend(payload.map(|payload| Output::Signal(signal(payload))));
    }
}
