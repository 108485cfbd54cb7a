//! One link: an attempt to connect with one peer, and what flows once it is proven.
//!
//! ```text
//!  Calling ── messages channel opens ──► Greeting ── proof verifies ──► Proven ──► (closed)
//!  (offer, answer, candidates)           (Hello, Proof)                  (everything else)
//!                                          removed: Proven ──► Parting ──► (closed)
//! ```
//! Until the proof verifies, nothing but `Hello` and `Proof` is parsed (I5). What a proven link
//! may carry is in [`flow`], which offers and answers count in [`negotiation`]; who is asked for
//! what is in `sync.rs`.

pub mod flow;
pub mod negotiation;

use crate::frame::Frame;
use crate::hello::Greeting;
use crate::ids::{EpochId, LinkId, MemberId};
use crate::io::{Millis, RtcState};
use crate::limits;
use crate::link::flow::Flow;
use crate::link::negotiation::Negotiation;
use crate::signal::sdp::Fingerprint;
use protocol::PeerId;

/// How far a link has come.
pub enum Phase {
    /// Offer and answer travel through the signaling server.
    Calling,
    /// The channel is open, the other side has not proven itself.
    Greeting(Greeting),
    /// The other side is who it says, and there is nobody in between.
    Proven(Box<Flow>),
    /// The other side was removed: what waits for it still goes, nothing else, until this time.
    Parting(Box<Flow>, Millis),
}

/// One attempt to connect with one peer.
pub struct Link {
    /// Its name.
    pub id: LinkId,
    /// The peer's address at the signaling server, when the link was made.
    pub peer: PeerId,
    /// The epoch at whose meeting the peer was found: its secret is what both have to prove.
    pub meeting: EpochId,
    /// Binds offer, answer and candidates to one attempt.
    pub session: [u8; 16],
    /// True on the side that offered.
    pub offerer: bool,
    /// Who the peer says it is, signed in the signaling payload.
    pub claimed: Option<MemberId>,
    /// Our fingerprint, from our own description.
    pub local: Option<Fingerprint>,
    /// Theirs, from the description that they signed.
    pub remote: Option<Fingerprint>,
    /// Which of what comes through the signaling server counts.
    pub negotiation: Negotiation,
    /// How far it has come.
    pub phase: Phase,
    /// Since when it exists.
    pub since: Millis,
    /// The connection's state, and since when.
    pub rtc: (RtcState, Millis),
    /// True once another path was asked for in the present state.
    pub restarted: bool,
    /// Frames that wait to be written before the proof: two at most.
    pub greeting_out: Vec<Vec<u8>>,
}

impl Link {
    /// A new attempt.
    #[must_use]
    pub fn new(
        id: LinkId,
        (meeting, peer): (EpochId, PeerId),
        session: [u8; 16],
        offerer: bool,
        now: Millis,
    ) -> Link {
        Link {
            id,
            peer,
            meeting,
            session,
            offerer,
            claimed: None,
            local: None,
            remote: None,
            negotiation: Negotiation::default(),
            phase: Phase::Calling,
            since: now,
            rtc: (RtcState::Connecting, now),
            restarted: false,
            greeting_out: Vec::new(),
        }
    }

    /// Who is at the other end, proven.
    #[must_use]
    pub fn member(&self) -> Option<MemberId> {
        self.flow().map(|flow| flow.member)
    }

    /// What flows, if the link is proven.
    #[must_use]
    pub fn flow(&self) -> Option<&Flow> {
        match &self.phase {
            Phase::Proven(flow) => Some(flow),
            Phase::Calling | Phase::Greeting(_) | Phase::Parting(..) => None,
        }
    }

    /// What flows, if the link is proven.
    pub fn flow_mut(&mut self) -> Option<&mut Flow> {
        match &mut self.phase {
            Phase::Proven(flow) => Some(flow),
            Phase::Calling | Phase::Greeting(_) | Phase::Parting(..) => None,
        }
    }

    /// Queues a frame of the handshake.
    pub fn greet(&mut self, frame: &Frame) {
        self.greeting_out.push(frame.encode());
    }

    /// The other side was removed: it is given some last runs, and then the link ends.
    pub fn part(&mut self, last: impl FnOnce(&mut Flow), until: Millis) {
        self.phase = match std::mem::replace(&mut self.phase, Phase::Calling) {
            Phase::Proven(mut flow) => {
                last(&mut flow);
                Phase::Parting(flow, until)
            }
            phase @ (Phase::Calling | Phase::Greeting(_) | Phase::Parting(..)) => phase,
        };
    }

    /// The next message for the `messages` channel.
    pub fn transmit(&mut self) -> Option<Vec<u8>> {
        if !self.greeting_out.is_empty() {
            return Some(self.greeting_out.remove(0));
        }
        match &mut self.phase {
            Phase::Proven(flow) | Phase::Parting(flow, _) => flow.transmit(),
            Phase::Calling | Phase::Greeting(_) => None,
        }
    }

    /// When it has to be proven, or is to end.
    fn ends_at(&self) -> Option<Millis> {
        match self.phase {
            Phase::Proven(_) => None,
            Phase::Calling | Phase::Greeting(_) => Some(self.since + limits::LINK_SETUP),
            Phase::Parting(_, until) => Some(until),
        }
    }

    /// True if it was not proven in time, or its parting is over.
    #[must_use]
    pub fn setup_over(&self, now: Millis) -> bool {
        self.ends_at().is_some_and(|at| now >= at)
    }

    /// When something has to happen with this link if nothing comes.
    #[must_use]
    pub fn deadline(&self) -> Option<Millis> {
        let setup = self.ends_at();
        let path = match self.rtc {
            (RtcState::Disconnected, since) if !self.restarted => {
                Some(since + limits::RESTART_AFTER)
            }
            (RtcState::Failed, since) => Some(since + limits::REBUILD_AFTER),
            (RtcState::Connecting | RtcState::Connected | RtcState::Disconnected, _) => None,
        };
        let flow = self.flow().and_then(Flow::deadline);
        [setup, path, flow].into_iter().flatten().min()
    }
}
