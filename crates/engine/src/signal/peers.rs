//! The peers that the signaling server names, and when to offer them a link.
//!
//! Who finds peers in `Joined` offers; who is found waits, and offers only if nothing comes. A peer
//! id is an address of one connection to the server and proves nothing: who is behind it is known
//! once its payload opens. Each epoch has a meeting of its own there; one is at that of the epoch
//! in force, and at earlier ones as long as somebody may still come there.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use protocol::PeerId;

use crate::ids::{EpochId, LinkId};
use crate::io::Millis;
use crate::limits;
use crate::simulation::{Mark, Planted, mark, planted};
use crate::view::SignalState;

/// One peer in the signaling room.
#[derive(Clone, Debug)]
pub struct Peer {
    /// The meeting at which it is.
    pub meeting: EpochId,
    /// The attempt or link with it.
    pub link: Option<LinkId>,
    /// Attempts in a row that came to nothing.
    pub failures: u32,
    /// When to offer.
    pub offer_at: Option<Millis>,
}

impl Peer {
    fn lost(&mut self, offerer: bool, now: Millis) {
        self.link = None;
        self.failures = self.failures.saturating_add(1);
        let doubled = limits::OFFER_BACKOFF << (self.failures - 1).min(10);
        let unbounded = planted(Planted::OfferBackoffForever);
        let wait = if unbounded { doubled } else { doubled.min(limits::OFFER_BACKOFF_MAX) };
        self.offer_at = Some(now + if offerer { wait } else { 2 * wait + 1_000 });
        if planted(Planted::LostLinkNotOffered) {
            self.offer_at = None;
        }
    }
}

/// Everybody in the signaling room.
#[derive(Debug, Default)]
pub struct Peers {
    /// Our own address at each meeting.
    you: BTreeMap<EpochId, PeerId>,
    /// Whether newcomers can find us.
    pub state: SignalState,
    peers: BTreeMap<PeerId, Peer>,
    seen: BTreeSet<[u8; 16]>,
    order: VecDeque<[u8; 16]>,
}

impl Peers {
    /// The socket is open, or gone: all addresses are void.
    pub fn reset(&mut self, state: SignalState) {
        self.you.clear();
        self.state = state;
        self.peers.clear();
    }

    /// Our own address at a meeting, if we are there.
    #[must_use]
    pub fn you(&self, meeting: &EpochId) -> Option<PeerId> {
        self.you.get(meeting).copied()
    }

    /// We have left a meeting: the addresses there are void.
    pub fn leave(&mut self, meeting: &EpochId) {
        self.you.remove(meeting);
        self.peers.retain(|_, peer| peer.meeting != *meeting);
    }

    /// The server let us in: whoever is there is offered a link.
    pub fn joined(&mut self, meeting: EpochId, you: PeerId, others: Vec<PeerId>, now: Millis) {
        self.leave(&meeting);
        self.state = SignalState::Online;
        self.you.insert(meeting, you);
        let room = limits::PEERS.saturating_sub(self.peers.len());
        for id in others.into_iter().filter(|id| *id != you).take(room) {
            let offer_at = Some(now);
            self.peers.insert(id, Peer { meeting, link: None, failures: 0, offer_at });
        }
    }

    /// A peer came: it will offer, unless it cannot.
    pub fn came(&mut self, meeting: EpochId, id: PeerId, now: Millis) {
        if self.you(&meeting) == Some(id) || !(self.peers.contains_key(&id) || self.has_room()) {
            return;
        }
        let offer_at = Some(now + limits::LINK_SETUP);
        self.peers.entry(id).or_insert(Peer { meeting, link: None, failures: 0, offer_at });
    }

    /// True if there is room for one more, or somebody without a link who never answers makes it.
    fn has_room(&mut self) -> bool {
        if self.peers.len() < limits::PEERS {
            return true;
        }
        let silent = self.peers.iter().filter(|(_, peer)| peer.link.is_none() && peer.failures > 0);
        let worst = silent.max_by_key(|(_, peer)| peer.failures).map(|(id, _)| *id);
        worst.is_some_and(|id| self.peers.remove(&id).is_some())
    }

    /// True if this peer is known to be there.
    #[must_use]
    pub fn knows(&self, id: PeerId) -> bool {
        self.peers.contains_key(&id)
    }

    /// How often in a row an attempt with this peer came to nothing.
    #[must_use]
    pub fn failures(&self, id: PeerId) -> u32 {
        self.peers.get(&id).map_or(0, |peer| peer.failures)
    }

    /// How many have been called in vain, and have no link.
    #[must_use]
    pub fn silent(&self) -> usize {
        self.peers.values().filter(|peer| peer.link.is_none() && peer.failures > 0).count()
    }

    /// True if nobody else can be kept track of.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.peers.len() >= limits::PEERS
    }

    /// A peer's connection to the server is gone. Gives the link that there was with it.
    pub fn left(&mut self, id: PeerId) -> Option<LinkId> {
        self.peers.remove(&id)?.link
    }

    /// The peer, if it is in the signaling room.
    pub fn of(&mut self, id: PeerId) -> Option<&mut Peer> {
        self.peers.get_mut(&id)
    }

    /// Those who are due to be offered a link, with where they are: who has failed least first, so
    /// that nobody waits for those who never answer.
    #[must_use]
    pub fn due(&self, now: Millis) -> Vec<(EpochId, PeerId)> {
        let due = |(_, peer): &(&PeerId, &Peer)| peer.offer_at.is_some_and(|at| at <= now);
        let mut due: Vec<(&PeerId, &Peer)> = self.peers.iter().filter(due).collect();
        due.sort_by_key(|(id, peer)| (peer.failures, peer.offer_at, **id));
        due.into_iter().map(|(id, peer)| (peer.meeting, *id)).collect()
    }

    /// When the next of them is due.
    #[must_use]
    pub fn deadline(&self) -> Option<Millis> {
        self.peers.values().filter_map(|peer| peer.offer_at).min()
    }

    /// The link with a peer is gone: it is offered again after a while, by the former offerer
    /// first, so that both do not offer at once.
    pub fn lost(&mut self, link: LinkId, offerer: bool, now: Millis) {
        for peer in self.peers.values_mut().filter(|peer| peer.link == Some(link)) {
            peer.lost(offerer, now);
        }
    }
    /// True if nobody has a link or an attempt, and none is due.
    #[must_use]
    pub fn quiet(&self) -> bool {
        self.peers.values().all(|peer| peer.link.is_none() && peer.offer_at.is_none())
    }

    /// Remembers an attempt's session. False if it was seen before: a replay.
    #[must_use]
    pub fn fresh(&mut self, session: [u8; 16]) -> bool {
        if !self.seen.insert(session) {
            mark(Mark::OfferReplayed);
            return planted(Planted::ReplayedOfferAnswered);
        }
        self.order.push_back(session);
        if self.order.len() > 4 * limits::PEERS
            && let Some(oldest) = self.order.pop_front()
        {
            self.seen.remove(&oldest);
        }
        true
    }
}
