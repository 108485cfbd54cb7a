//! Signaling and connections: who is offered a link, and what becomes of the attempt.
//!
//! ```text
//!  Joined ─► offer ─► answer ─► candidates ─► channel opens ─► Hello, Proof ─► proven
//!     └─ glare: the lower member key closes its own attempt and answers the other's
//! ```
//! Payloads are sealed and signed: what does not open is dropped before any connection exists.
//! A link that is lost is offered again after a while; the queue for its member stays.

mod descriptions;
pub(super) mod door;
mod epochs;
mod meetings;
mod strangers;

use protocol::{ClientMessage, PeerId, ServerMessage};

use crate::engine::Engine;
use crate::frame::Frame;
use crate::hello::{self, Greeting, Hello, HelloError, Proof};
use crate::ids::{EpochId, LinkId, MemberId};
use crate::io::{Channel, Output, RtcCall, RtcState, SdpKind};
use crate::limits;
use crate::link::{Link, Phase};
use crate::signal::{Call, SignalError, SignalKind, SignalPayload, sdp};
use crate::simulation::{Mark, Planted, mark, planted};
use crate::view::{Ending, Misconduct, Role, SignalState, Trouble};

impl Engine {
    pub(super) fn on_signal_opened(&mut self) {
        if self.role(&self.own.member) == Role::Removed {
            // Nobody would answer.
            return self.peers.reset(SignalState::Offline);
        }
        self.peers.reset(SignalState::Connecting);
        if self.loads.is_ready() {
            self.join();
        }
    }

    pub(super) fn on_signal_closed(&mut self) {
        self.peers.reset(SignalState::Offline);
        // What travelled through the server will not come: attempts end, proven links live on.
        self.close_where(|link| matches!(link.phase, Phase::Calling));
    }

    fn close_where(&mut self, which: impl Fn(&Link) -> bool) {
        let links = self.links.iter().filter(|(_, link)| which(link)).map(|(id, _)| *id);
        for id in links.collect::<Vec<_>>() {
            self.close(id);
        }
    }

    pub(super) fn on_signal(&mut self, message: ServerMessage) {
        let now = self.now.mono;
        self.judge_server(&message);
        match message {
            ServerMessage::Joined { room, you, peers } => {
                if let Some(meeting) = self.meeting_at(&room) {
                    self.peers.joined(meeting, you, peers, now);
                }
            }
            ServerMessage::PeerJoined { room, peer } => {
                if let Some(meeting) = self.meeting_at(&room) {
                    self.peers.came(meeting, peer, now);
                }
            }
            ServerMessage::PeerLeft { room, peer } => {
                if self.meeting_at(&room).is_some() {
                    self.on_peer_left(peer);
                }
            }
            ServerMessage::Signal { room, from, payload } => {
                if let Some(meeting) = self.meeting_at(&room) {
                    self.on_payload(meeting, from, &payload);
                }
            }
            ServerMessage::Error { code, message } => self.on_refused(&code, &message),
            // Relays are for the browser's connections: a driver keeps them to itself.
            ServerMessage::Relays(_) | ServerMessage::Ping | ServerMessage::Pong => {}
        }
    }

    /// Its connection to the server is gone: perhaps the member is, too.
    fn on_peer_left(&mut self, peer: PeerId) {
        let Some(id) = self.peers.left(peer) else { return };
        let proven = self.links.get(&id).is_some_and(|link| link.flow().is_some());
        if proven {
            self.probe(id);
        } else {
            self.close(id);
        }
    }

    fn new_link(&mut self, at: (EpochId, PeerId), session: [u8; 16], offerer: bool) -> LinkId {
        let id = LinkId(self.next_link);
        self.next_link += 1;
        let link = Link::new(id, at, session, offerer, self.now.mono);
        self.links.insert(id, link);
        if let Some(peer) = self.peers.of(at.1) {
            peer.link = Some(id);
            peer.offer_at = None;
        }
        id
    }

    /// Seals and signs a payload for the peer of a link.
    fn post(&mut self, id: LinkId, kind: SignalKind) {
        let Some(link) = self.links.get(&id) else { return };
        self.post_to((link.meeting, link.peer), link.session, kind);
    }

    fn post_to(&mut self, (at, to): (EpochId, PeerId), session: [u8; 16], kind: SignalKind) {
        let (Some(sender), Some(keys)) = (self.peers.you(&at), self.ring.of(&at)) else { return };
        let from = self.own.member;
        let payload = SignalPayload { from, sender, recipient: to, session, kind };
        let call = Call { room: &self.room, epoch: &at, keys };
        let sealed = call.seal(&payload, &self.keypair, &mut self.random);
        let room = keys.rendezvous();
        self.out.push_back(Output::Signal(ClientMessage::Signal { room, to, payload: sealed }));
    }

    fn on_payload(&mut self, at: EpochId, from: PeerId, text: &str) {
        let you = self.peers.you(&at).filter(|_| self.loads.is_ready());
        let (Some(you), Some(keys)) = (you, self.ring.of(&at)) else { return };
        let call = Call { room: &self.room, epoch: &at, keys };
        // Strangers and replays to another address are dropped here.
        let payload = match call.open(text, from, you) {
            Ok(payload) => payload,
            Err(SignalError::TooLong | SignalError::Sealed | SignalError::Misdirected) => {
                return self.misconduct(Misconduct::Payload);
            }
            // Members of another version, or such as lie.
            Err(SignalError::Encoding | SignalError::Signature | SignalError::Sdp(_)) => return,
        };
        if !self.admits(&payload.from, &at) {
            return;
        }
        if payload.from == self.own.member {
            return self.on_own_payload((at, from), payload);
        }
        match payload.kind {
            SignalKind::Offer { sdp, boot } => {
                if !self.on_offer_to_linked((at, from), payload.from, payload.session, boot) {
                    self.on_offer((at, from), payload.from, payload.session, sdp);
                }
            }
            SignalKind::Linked => self.on_linked((at, from), payload.from, payload.session),
            SignalKind::Answer { sdp } => self.on_answer(payload.from, payload.session, sdp),
            SignalKind::Candidate { json } => {
                self.on_their_candidate(payload.from, payload.session, json);
            }
        }
    }

    /// Our own key speaks from another place: a copied profile, or a page of an earlier life.
    /// There is no link with oneself; both hear of it, and write logs of their own from now on.
    fn on_own_payload(&mut self, at: (EpochId, PeerId), payload: SignalPayload) {
        let from = at.1;
        match payload.kind {
            SignalKind::Offer { boot, .. } if boot != self.boot => {
                self.post_to(at, payload.session, SignalKind::Linked);
            }
            SignalKind::Linked => {}
            SignalKind::Offer { .. } | SignalKind::Answer { .. } | SignalKind::Candidate { .. } => {
                return;
            }
        }
        self.peers.came(at.0, from, self.now.mono);
        if let Some(attempt) = self.peers.of(from).and_then(|peer| peer.link) {
            self.close(attempt);
        }
        if let Some(peer) = self.peers.of(from) {
            peer.offer_at = None;
        }
        self.met_myself();
    }

    /// The link of a session, if this member may speak in it.
    fn of_session(&self, session: [u8; 16], from: &MemberId) -> Option<LinkId> {
        let link = self.links.values().find(|link| link.session == session)?;
        link.claimed.is_none_or(|claimed| claimed == *from).then_some(link.id)
    }

    /// The proven links with a member's devices, if nothing makes them doubtful.
    fn linked_with(&self, member: &MemberId) -> impl Iterator<Item = &Link> {
        let sound = |link: &&Link| link.flow().is_some_and(|flow| flow.healthy());
        let with = *member;
        let links = self.links.values().filter(move |link| link.member() == Some(with));
        links.filter(sound).filter(|link| link.rtc.0 != RtcState::Failed)
    }

    /// A link is proven. Another one with the same life of its member has had its time; one with
    /// another life has most often ended with it, or it is with a copy: that is seen at once.
    pub(super) fn prove_others(&mut self, id: LinkId, member: MemberId, boot: [u8; 16]) {
        let lives = self.links.iter().filter(|(other, _)| **other != id);
        let lives = lives.filter_map(|(other, link)| Some((*other, link.flow()?)));
        let lives = lives.filter(|(_, flow)| flow.member == member);
        let lives: Vec<_> = lives.map(|(other, flow)| (other, flow.boot == boot)).collect();
        let too_many = (lives.len() + 1).saturating_sub(limits::LINKS_A_MEMBER);
        for (place, (other, same_life)) in lives.into_iter().enumerate() {
            if same_life || place < too_many {
                self.close(other);
            } else {
                self.probe(other);
            }
        }
    }

    /// After the server was away, everybody has a new address there and offers: whoever is linked
    /// already keeps its link. True if that is so.
    fn on_offer_to_linked(
        &mut self,
        at: (EpochId, PeerId),
        from: MemberId,
        session: [u8; 16],
        boot: [u8; 16],
    ) -> bool {
        let blind = planted(Planted::BootIgnored);
        let same_life = |link: &Link| link.flow().is_some_and(|flow| flow.boot == boot || blind);
        let same = |link: &&Link| link.session != session && same_life(link);
        let Some(id) = self.linked_with(&from).find(same).map(|link| link.id) else {
            return false;
        };
        mark(Mark::LinkedAlready);
        self.adopt(at, id);
        self.post_to(at, session, SignalKind::Linked);
        true
    }

    /// The other side says that there is a link already.
    fn on_linked(&mut self, at: (EpochId, PeerId), from: MemberId, session: [u8; 16]) {
        let attempt = self.of_session(session, &from);
        // Of several devices it is the one whose address is not known any more.
        let mut links: Vec<(LinkId, PeerId)> =
            self.linked_with(&from).map(|link| (link.id, link.peer)).collect();
        links.sort_by_key(|(_, address)| self.peers.of(*address).is_some());
        let Some((id, _)) = links.first().copied() else { return };
        if let Some(attempt) = attempt.filter(|attempt| *attempt != id) {
            self.close(attempt);
        }
        self.adopt(at, id);
    }

    /// A link's peer has a new address at the server. Whether the link lives is seen at once.
    fn adopt(&mut self, (meeting, address): (EpochId, PeerId), id: LinkId) {
        self.peers.came(meeting, address, self.now.mono);
        if let Some(peer) = self.peers.of(address) {
            (peer.link, peer.offer_at) = (Some(id), None);
        }
        if let Some(link) = self.links.get_mut(&id) {
            (link.peer, link.meeting) = (address, meeting);
        }
        self.probe(id);
    }

    fn on_offer(
        &mut self,
        (meeting, peer): (EpochId, PeerId),
        from: MemberId,
        session: [u8; 16],
        sdp: String,
    ) {
        let Ok(fingerprint) = sdp::gate(&sdp) else { return };
        if let Some(id) = self.of_session(session, &from) {
            return self.on_offer_again(id, fingerprint, sdp);
        }
        if !self.peers.fresh(session) {
            return;
        }
        self.peers.came(meeting, peer, self.now.mono);
        let before = self.peers.of(peer).and_then(|peer| peer.link);
        let calling = before.and_then(|id| self.links.get(&id)).filter(|link| {
            link.offerer && matches!(link.phase, Phase::Calling) && link.remote.is_none()
        });
        if calling.is_some() && self.own.member > from {
            // Glare: theirs yields.
            mark(Mark::GlareStood);
            return;
        }
        if let Some(id) = before
            && self.links.get(&id).is_some_and(|link| link.flow().is_none())
        {
            self.close(id);
        }
        self.make_room_for(&from);
        if self.links.len() >= limits::LINKS {
            return;
        }
        let id = self.new_link((meeting, peer), session, false);
        if let Some(link) = self.links.get_mut(&id) {
            (link.claimed, link.remote) = (Some(from), Some(fingerprint));
            let first = link.negotiation.hear(SdpKind::Offer, sdp::version(&sdp), true);
            debug_assert!(first, "the first offer of a session is newer than none");
        }
        let relay_only = self.is_relay_only();
        let open = RtcCall::Open { offerer: false, polite: true, relay_only };
        self.out.push_back(Output::Rtc { link: id, call: open });
        let remote = RtcCall::Remote { kind: SdpKind::Offer, sdp };
        self.out.push_back(Output::Rtc { link: id, call: remote });
    }

    pub(super) fn on_rtc_state(&mut self, id: LinkId, state: RtcState) {
        let now = self.now.mono;
        let Some(link) = self.links.get_mut(&id).filter(|link| link.rtc.0 != state) else { return };
        link.rtc = (state, now);
        match state {
            RtcState::Connecting => {}
            RtcState::Connected => link.restarted = false,
            RtcState::Disconnected => self.probe(id),
            RtcState::Failed if link.flow().is_none() => self.end(id, Ending::NoPath),
            RtcState::Failed => {}
        }
    }

    pub(super) fn on_channel_open(&mut self, id: LinkId, channel: Channel) {
        if channel != Channel::Messages {
            return;
        }
        let Some(link) = self.links.get_mut(&id) else { return };
        let Phase::Calling = link.phase else { return };
        let Some(keys) = self.ring.of(&link.meeting) else { return };
        let (Some(local), Some(remote)) = (link.local, link.remote) else {
            return self.misbehaved(id, "its channel opened before its description came");
        };
        let local = hello::Local {
            room: self.room,
            epoch: link.meeting,
            binding: *keys.binding(),
            keypair: self.record.keypair(),
            nonce: self.random.bytes(),
            boot: self.boot,
            local_fingerprint: local,
            remote_fingerprint: remote,
        };
        let role = if link.offerer { hello::Role::Offerer } else { hello::Role::Answerer };
        let (greeting, first) = Greeting::start(role, local);
        link.phase = Phase::Greeting(greeting);
        if let Some(hello) = first {
            link.greet(&Frame::Hello(Box::new(hello)));
        }
    }

    pub(super) fn on_channel_closed(&mut self, id: LinkId) {
        self.end(id, Ending::Closed);
    }

    /// Takes the handshake of a link out, to be put back one step further.
    fn greeting(&mut self, id: LinkId) -> Option<Greeting> {
        let link = self.links.get_mut(&id)?;
        match std::mem::replace(&mut link.phase, Phase::Calling) {
            Phase::Greeting(greeting) => Some(greeting),
            phase @ (Phase::Calling | Phase::Proven(_) | Phase::Parting(..)) => {
                link.phase = phase;
                None
            }
        }
    }

    pub(super) fn on_hello(&mut self, id: LinkId, theirs: Hello) {
        let Some(greeting) = self.greeting(id) else {
            return self.misbehaved(id, "it greeted out of turn");
        };
        let claimed = self.links.get(&id).and_then(|link| link.claimed);
        if claimed != Some(theirs.member) {
            return self.misbehaved(id, "it greeted with another key than it called with");
        }
        match greeting.on_hello(theirs) {
            Ok((next, ours, proof)) => {
                let Some(link) = self.links.get_mut(&id) else { return };
                if let Some(hello) = ours {
                    link.greet(&Frame::Hello(Box::new(hello)));
                }
                if let Some(proof) = proof {
                    link.greet(&Frame::Proof(Box::new(proof)));
                }
                link.phase = Phase::Greeting(next);
            }
            Err(error) => self.on_greeting_failed(id, &error),
        }
    }

    pub(super) fn on_proof(&mut self, id: LinkId, theirs: Proof) {
        let Some(greeting) = self.greeting(id) else {
            return self.misbehaved(id, "it proved itself out of turn");
        };
        match greeting.on_proof(&theirs) {
            Ok((proven, ours)) => {
                if let (Some(link), Some(proof)) = (self.links.get_mut(&id), ours) {
                    link.greet(&Frame::Proof(Box::new(proof)));
                }
                self.prove(id, proven.member, proven.boot);
            }
            Err(error) => self.on_greeting_failed(id, &error),
        }
    }

    fn on_greeting_failed(&mut self, id: LinkId, error: &HelloError) {
        if let HelloError::Version { theirs } = error {
            let (theirs, ours) = (*theirs, hello::VERSION);
            self.trouble(Trouble::Version { theirs, ours });
            return self.end(id, Ending::Version);
        }
        self.misbehaved(id, &error.to_string());
    }

    /// Sees after links whose time has come.
    pub(super) fn tend_links(&mut self) {
        let now = self.now.mono;
        let due = |link: &&Link| link.deadline().is_some_and(|at| at <= now);
        let due: Vec<LinkId> = self.links.values().filter(due).map(|link| link.id).collect();
        for id in due {
            self.tend(id);
        }
    }

    fn tend(&mut self, id: LinkId) {
        let now = self.now.mono;
        let Some(link) = self.links.get_mut(&id) else { return };
        let setup_over = link.setup_over(now);
        let failed = link.rtc.0 == RtcState::Failed && now >= link.rtc.1 + limits::REBUILD_AFTER;
        let dead = link.flow().is_some_and(|flow| flow.dead(now));
        let unproven = link.flow().and_then(|flow| flow.prove_by).is_some_and(|at| at <= now);
        if setup_over || failed || dead || unproven {
            mark(if dead || unproven { Mark::ProbeUnanswered } else { Mark::SetupOver });
            let why = match (dead || unproven, link.flow()) {
                (true, _) => Ending::Silent,
                (false, Some(_)) => Ending::PathLost,
                (false, None) => Ending::NoPath,
            };
            return self.end(id, why);
        }
        let lost_path = link.rtc.0 == RtcState::Disconnected;
        if lost_path && now >= link.rtc.1 + limits::RESTART_AFTER && !link.restarted {
            mark(Mark::PathRestarted);
            link.restarted = true;
            if link.offerer && self.peers.you(&link.meeting).is_some() {
                let call = RtcCall::RestartIce;
                self.out.push_back(Output::Rtc { link: id, call });
            }
        }
        let silent = self.links.get(&id).and_then(Link::flow).is_some_and(|flow| flow.silent(now));
        if silent {
            self.probe(id);
        }
    }
}
