//! The peers that the signaling server names, and when to offer them a link.
//!
//! Who finds peers in `Joined` offers; who is found waits, and offers only if nothing comes. A peer
//! id is an address of one connection to the server and proves nothing: who is behind it is known
//! once its payload opens.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use protocol::PeerId;

use crate::ids::LinkId;
use crate::io::Millis;
use crate::limits;
use crate::simulation::{Mark, Planted, mark, planted};
use crate::view::SignalState;

/// One peer in the signaling room.
#[derive(Clone, Debug, Default)]
pub struct Peer {
    /// The attempt or link with it.
    pub link: Option<LinkId>,
    /// Attempts in a row that came to nothing.
    pub failures: u32,
    /// When to offer.
    pub offer_at: Option<Millis>,
}

/// Everybody in the signaling room.
#[derive(Debug, Default)]
pub struct Peers {
    /// Our own address there.
    pub you: Option<PeerId>,
    /// Whether newcomers can find us.
    pub state: SignalState,
    peers: BTreeMap<PeerId, Peer>,
    seen: BTreeSet<[u8; 16]>,
    order: VecDeque<[u8; 16]>,
}

impl Peers {
    /// The socket is open, or gone: all addresses are void.
    pub fn reset(&mut self, state: SignalState) {
        self.you = None;
        self.state = state;
        self.peers.clear();
    }

    /// The server let us in: whoever is there is offered a link.
    pub fn joined(&mut self, you: PeerId, others: Vec<PeerId>, now: Millis) {
        self.reset(SignalState::Online);
        self.you = Some(you);
        for id in others.into_iter().filter(|id| *id != you).take(limits::PEERS) {
            self.peers.insert(id, Peer { offer_at: Some(now), ..Peer::default() });
        }
    }

    /// A peer came: it will offer, unless it cannot.
    pub fn came(&mut self, id: PeerId, now: Millis) {
        if self.you == Some(id) || self.peers.len() >= limits::PEERS {
            return;
        }
        let offer_at = Some(now + limits::LINK_SETUP);
        self.peers.entry(id).or_insert(Peer { offer_at, ..Peer::default() });
    }

    /// A peer's connection to the server is gone. Gives the link that there was with it.
    pub fn left(&mut self, id: PeerId) -> Option<LinkId> {
        self.peers.remove(&id)?.link
    }

    /// The peer, if it is in the signaling room.
    pub fn of(&mut self, id: PeerId) -> Option<&mut Peer> {
        self.peers.get_mut(&id)
    }

    /// Those who are due to be offered a link.
    #[must_use]
    pub fn due(&self, now: Millis) -> Vec<PeerId> {
        let due = |(_, peer): &(&PeerId, &Peer)| peer.offer_at.is_some_and(|at| at <= now);
        self.peers.iter().filter(due).map(|(id, _)| *id).collect()
    }

    /// When the next of them is due.
    #[must_use]
    pub fn deadline(&self) -> Option<Millis> {
        self.peers.values().filter_map(|peer| peer.offer_at).min()
    }

    /// The link with a peer is gone: it is offered again after a while, by the former offerer
    /// first, so that both do not offer at once.
    pub fn lost(&mut self, id: PeerId, link: LinkId, offerer: bool, now: Millis) {
        let Some(peer) = self.peers.get_mut(&id).filter(|peer| peer.link == Some(link)) else {
            return;
        };
        peer.link = None;
        peer.failures = peer.failures.saturating_add(1);
        let doubled = limits::OFFER_BACKOFF << (peer.failures - 1).min(10);
        let unbounded = planted(Planted::OfferBackoffForever);
        let wait = if unbounded { doubled } else { doubled.min(limits::OFFER_BACKOFF_MAX) };
        peer.offer_at = Some(now + if offerer { wait } else { 2 * wait + 1_000 });
        if planted(Planted::LostLinkNotOffered) {
            peer.offer_at = None;
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
