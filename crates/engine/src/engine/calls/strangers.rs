//! Peers of whom there is nothing but the server's word, and what the server can be caught at.
//!
//! ```text
//!  named by the server ── due, and few strangers are being called ──► called ── answers ──► member
//!         ▲                                   others wait: patience over ──┘
//! ```
//! A server can invent as many peers as it likes, and each call costs the page a connection. So few
//! strangers are called at once, those first who have failed least, and none for long while others
//! wait. Whoever calls here has sealed what it says, so it is no stranger.

use std::collections::BTreeSet;

use protocol::{ErrorCode, PeerId, ServerMessage};

use crate::engine::Engine;
use crate::engine::tell::server_words;
use crate::ids::{LinkId, MemberId};
use crate::io::{Millis, Output, RtcCall};
use crate::limits;
use crate::link::{Link, Phase};
use crate::simulation::{Planted, planted};
use crate::view::{Misconduct, Trouble};

/// True of an attempt of which nothing has come back that opened.
fn is_stranger(link: &Link) -> bool {
    link.offerer && link.claimed.is_none() && matches!(link.phase, Phase::Calling)
}

impl Engine {
    /// Offers links to those who are due.
    pub(in crate::engine) fn call_due(&mut self) {
        if !self.loads.is_ready() {
            return;
        }
        let mut due = self.peers.due(self.now.mono);
        if due.is_empty() {
            return;
        }
        if planted(Planted::OrderByAddress) && due.as_ptr().addr().count_ones().is_multiple_of(2) {
            due.reverse();
        }
        self.give_up_strangers();
        for at in due {
            if !self.may_call() {
                return;
            }
            let session = self.random.bytes();
            let id = self.new_link(at, session, true);
            let relay_only = self.is_relay_only();
            let call = RtcCall::Open { offerer: true, polite: false, relay_only };
            self.out.push_back(Output::Rtc { link: id, call });
        }
    }

    /// When somebody can be called next.
    pub(in crate::engine) fn calls_deadline(&self) -> Option<Millis> {
        let due = self.peers.deadline()?;
        if self.may_call() {
            return Some(due);
        }
        let over = self.links.values().filter(|link| is_stranger(link));
        let over = over.map(|link| link.since + self.patience(link)).min();
        // If it is links that are too many, the end of one of them is what is waited for.
        over.map(|over| over.max(due)).filter(|_| self.links.len() < limits::LINKS)
    }

    fn may_call(&self) -> bool {
        let strangers = self.links.values().filter(|link| is_stranger(link)).count();
        strangers < limits::STRANGERS && self.links.len() < limits::LINKS
    }

    /// How long a stranger may take to answer while others wait.
    fn patience(&self, link: &Link) -> Millis {
        let doubled = limits::STRANGER_PATIENCE << self.peers.failures(link.peer).min(10);
        doubled.min(limits::LINK_SETUP)
    }

    /// Others wait: whoever has had its time to answer makes room for them.
    fn give_up_strangers(&mut self) {
        if self.may_call() {
            return;
        }
        let now = self.now.mono;
        let over = |link: &&Link| is_stranger(link) && now >= link.since + self.patience(link);
        let over: Vec<LinkId> = self.links.values().filter(over).map(|link| link.id).collect();
        for id in over {
            self.close(id);
        }
        if self.peers.silent() >= limits::CROWD {
            self.misconduct(Misconduct::Crowd);
        }
    }

    /// Of one member there are few unproven attempts at once, whatever is repeated or addressed
    /// anew: the oldest makes room.
    pub(super) fn make_room_for(&mut self, member: &MemberId) {
        let unproven = |link: &&Link| link.claimed == Some(*member) && link.member().is_none();
        let unproven: Vec<LinkId> =
            self.links.values().filter(unproven).map(|link| link.id).collect();
        let spare = (unproven.len() + 1).saturating_sub(limits::LINKS_A_MEMBER);
        for id in unproven.into_iter().take(spare) {
            self.close(id);
        }
    }

    /// The server refuses something.
    pub(super) fn on_refused(&mut self, code: &ErrorCode, message: &str) {
        // A peer that left while a payload was on its way is no news.
        if *code != ErrorCode::UnknownPeer {
            self.trouble(Trouble::Signal(server_words(message)));
        }
    }

    /// The server was caught at something: pages are told.
    pub(super) fn misconduct(&mut self, what: Misconduct) {
        self.trouble(Trouble::Server(what));
    }

    /// Looks for what no server says that keeps to the rules, before it is believed.
    pub(super) fn judge_server(&mut self, message: &ServerMessage) {
        let at = |room| self.meeting_at(room);
        let you = |room| at(room).and_then(|meeting| self.peers.you(&meeting));
        let caught = match message {
            ServerMessage::Joined { room, you, peers } if at(room).is_some() => {
                let different: BTreeSet<&PeerId> = peers.iter().collect();
                if peers.contains(you) || different.len() < peers.len() {
                    Some(Misconduct::Contradiction)
                } else {
                    (peers.len() > limits::PEERS).then_some(Misconduct::Crowd)
                }
            }
            ServerMessage::PeerJoined { room, peer } if at(room).is_some() => {
                if you(room) == Some(*peer) || self.peers.knows(*peer) {
                    Some(Misconduct::Contradiction)
                } else {
                    self.peers.is_full().then_some(Misconduct::Crowd)
                }
            }
            ServerMessage::PeerLeft { room, peer } => {
                (you(room) == Some(*peer)).then_some(Misconduct::Contradiction)
            }
            ServerMessage::Joined { .. }
            | ServerMessage::PeerJoined { .. }
            | ServerMessage::Signal { .. }
            | ServerMessage::Error { .. }
            | ServerMessage::Relays(_)
            | ServerMessage::Ping
            | ServerMessage::Pong => None,
        };
        if let Some(caught) = caught {
            self.misconduct(caught);
        }
    }
}
