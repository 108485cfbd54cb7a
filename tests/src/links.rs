//! How wires come and go in the world, and what flows over them.

use engine::crypto::sign::Keypair;
use engine::frame::Frame;
use engine::{Channel, Input, LinkId, RtcCall, RtcState, SdpKind};

use crate::fault::Bug;
use crate::peer::Happening;
use crate::switch;
use crate::wire::{DISCONNECTED_AFTER, End, FAILED_AFTER, FIRST, HIGH_WATER, Negotiation, Wire};
use crate::world::World;

/// Milliseconds until a connection is established, at most, besides its delay.
const SETUP: u64 = 100;

impl World {
    pub(crate) fn rtc(&mut self, peer: usize, link: LinkId, call: RtcCall) {
        let life = self.peers[peer].life;
        let end = End { peer, life, link };
        match call {
            RtcCall::Open { offerer: true, .. } => {
                self.describe(&end, SdpKind::Offer, FIRST);
                self.candidate(&end);
            }
            RtcCall::Remote { kind: SdpKind::Offer, sdp } => self.hear_offer(end, &sdp),
            RtcCall::Remote { kind: SdpKind::Answer, sdp } => self.hear_answer(end, &sdp),
            RtcCall::Close => {
                if let Some((wire, side)) = self.wire_of(peer, life, link) {
                    self.close_wire(wire, side);
                }
            }
            RtcCall::RestartIce => self.restart(peer, life, link),
            RtcCall::Open { offerer: false, .. } | RtcCall::Candidate(_) => {}
        }
    }

    /// A browser has made a description.
    fn describe(&mut self, end: &End, kind: SdpKind, version: u64) {
        let letter = if kind == SdpKind::Offer { 'o' } else { 'a' };
        let sdp = description(end, letter, version);
        self.offers.insert(sdp.clone(), (*end, version));
        let input = Input::RtcDescription { link: end.link, kind, sdp };
        self.later(5, Happening::Input(end.peer, end.life, input));
    }

    /// A browser takes an offer: the first, or one for another path of the same connection.
    fn hear_offer(&mut self, end: End, sdp: &str) {
        let Some((offerer, version)) = self.offers.get(sdp).copied() else { return };
        self.oracle.offer_answered((end.peer, end.life), end.link, sdp);
        let known = self.wires.iter_mut().find(|wire| wire.ends == [offerer, end]);
        let Some(wire) = known else {
            let (delay, rate) = (1 + self.below(80), 20 + self.below(5_000));
            self.wires.push(Wire::new([offerer, end], delay, rate));
            self.describe(&end, SdpKind::Answer, FIRST);
            return self.candidate(&end);
        };
        let (newest, answers) = (wire.offered, wire.answers + 1);
        (wire.offered, wire.answers) = (version, answers);
        if version <= newest {
            self.oracle.description_repeated(&end, "an offer");
        }
        self.describe(&end, SdpKind::Answer, FIRST + answers);
    }

    /// A browser takes an answer, and fails if none is due.
    fn hear_answer(&mut self, end: End, sdp: &str) {
        let Some((answerer, _)) = self.offers.get(sdp).copied() else { return };
        let wire = self.wires.iter().position(|wire| wire.ends == [end, answerer]);
        let Some(wire) = wire else { return };
        match std::mem::replace(&mut self.wires[wire].negotiation, Negotiation::Settled) {
            Negotiation::Called => {
                if std::mem::take(&mut self.middleman) {
                    self.tamper(wire);
                }
                let delay = self.wires[wire].delay + self.below(SETUP);
                self.later(delay, Happening::Open(wire));
            }
            Negotiation::Seeking => {
                self.note(format_args!("another path is found for wire {wire}"));
                self.mend(wire);
            }
            Negotiation::Settled => {
                self.oracle.description_repeated(&end, "an answer");
                self.tell_state(&end, RtcState::Failed);
            }
        }
    }

    /// Somebody sits in between: the offerer sees another fingerprint of itself than the other
    /// side was told.
    fn tamper(&mut self, wire: usize) {
        self.note(format_args!("somebody in between on wire {wire}"));
        self.wires[wire].tampered = true;
        let end = self.wires[wire].ends[0];
        let sdp = description(&end, 'x', FIRST);
        let input = Input::RtcDescription { link: end.link, kind: SdpKind::Offer, sdp };
        self.later(0, Happening::Input(end.peer, end.life, input));
    }

    /// A stranger's register comes over a wire before its proof.
    fn intrude(&mut self, wire: usize) {
        let side = self.pick(2);
        let end = self.wires[wire].ends[side];
        self.note(format_args!("a stranger speaks on wire {wire} to {}", end.peer));
        self.oracle.exempt_accuser(end.peer, end.life);
        let keypair = Keypair::from_seed(&self.random.bytes());
        let register = crate::mallory::name_of(&keypair, &self.peers[end.peer].record, 1);
        let bytes = Frame::Register(register).encode();
        let input = Input::Frame { link: end.link, channel: Channel::Messages, bytes };
        self.later(2, Happening::Input(end.peer, end.life, input));
    }

    fn candidate(&mut self, end: &End) {
        let candidate = r#"{"candidate":"candidate:1 1 udp 1 127.0.0.1 9 typ host"}"#.to_owned();
        let input = Input::RtcCandidate { link: end.link, candidate };
        self.later(8, Happening::Input(end.peer, end.life, input));
    }

    fn wire_of(&self, peer: usize, life: u32, link: LinkId) -> Option<(usize, usize)> {
        let side = |(index, wire): (usize, &Wire)| Some((index, wire.side(peer, life, link)?));
        self.wires.iter().enumerate().rev().find_map(side)
    }

    fn alive(&self, end: &End) -> bool {
        let peer = &self.peers[end.peer];
        peer.life == end.life && peer.engine.is_some()
    }

    fn parted(&self, wire: usize) -> bool {
        let [a, b] = self.wires[wire].ends;
        self.partitions.contains(&(a.peer.min(b.peer), a.peer.max(b.peer)))
    }

    pub(crate) fn open_wire(&mut self, wire: usize) {
        let ends = self.wires[wire].ends;
        let possible = ends.iter().all(|end| self.alive(end)) && !self.parted(wire);
        if !possible || self.wires[wire].closed {
            return;
        }
        (self.wires[wire].open, self.wires[wire].opened_at) = (true, Some(self.now));
        if std::mem::take(&mut self.stranger) {
            self.intrude(wire);
        }
        for end in ends {
            self.tell_state(&end, RtcState::Connected);
            for channel in Channel::ALL {
                let input = Input::ChannelOpen { link: end.link, channel };
                self.later(1, Happening::Input(end.peer, end.life, input));
            }
        }
    }

    fn tell_state(&mut self, end: &End, state: RtcState) {
        let input = Input::RtcState { link: end.link, state };
        self.later(0, Happening::Input(end.peer, end.life, input));
    }

    /// Writes to all wires of a peer what its engine has for them. True if there was anything.
    pub(crate) fn pump(&mut self, peer: usize) -> bool {
        let life = self.peers[peer].life;
        let mut wrote = false;
        for wire in 0..self.wires.len() {
            let ends = &self.wires[wire].ends;
            let side = ends.iter().position(|end| (end.peer, end.life) == (peer, life));
            let Some(side) = side.filter(|_| self.wires[wire].open) else { continue };
            let link = self.wires[wire].ends[side].link;
            while self.wires[wire].ways[side].buffered < HIGH_WATER {
                let polled = self.with(peer, |engine, now| {
                    let waiting = switch::waiting(engine, link);
                    (waiting, engine.poll_transmit(link, Channel::Messages, now))
                });
                let Some((waiting, Some(message))) = polled else { break };
                wrote = true;
                let place = crate::oracle::Place {
                    wire,
                    side,
                    peer,
                    to: self.wires[wire].ends[1 - side].peer,
                    now: self.now,
                    tampered: self.wires[wire].tampered,
                };
                let device = &self.peers[peer];
                self.oracle.written(&place, &message, &device.store, &device.screen);
                self.oracle.served(&place, &waiting, &message);
                self.overhear(wire, side, &message);
                for message in self.corrupt(peer, message) {
                    self.write(wire, side, message);
                }
            }
        }
        self.pump_ephemeral(peer);
        wrote
    }

    /// What is only said live: over a wire it takes its time, or is lost.
    fn pump_ephemeral(&mut self, peer: usize) {
        let life = self.peers[peer].life;
        for wire in 0..self.wires.len() {
            let side = self.wires[wire].ends.iter().position(|e| (e.peer, e.life) == (peer, life));
            let Some(side) = side.filter(|_| self.wires[wire].open) else { continue };
            let (link, other) = (self.wires[wire].ends[side].link, self.wires[wire].ends[1 - side]);
            let poll = |engine: &mut engine::Engine, now| {
                engine.poll_transmit(link, Channel::Ephemeral, now)
            };
            while let Some(bytes) = self.with(peer, poll).flatten() {
                if self.wires[wire].cut_since.is_some() || self.below(5) == 0 {
                    continue;
                }
                let channel = Channel::Ephemeral;
                let input = Input::Frame { link: other.link, channel, bytes };
                let delay = self.wires[wire].delay + self.below(50);
                self.later(delay, Happening::Input(other.peer, other.life, input));
            }
        }
    }

    fn write(&mut self, wire: usize, side: usize, message: Vec<u8>) {
        let bytes = message.len();
        let now = self.now;
        let (leaves, arrives) = self.wires[wire].write(side, message, now);
        if self.wires[wire].cut_since.is_none() {
            self.later(leaves - now, Happening::Left(wire, side, bytes));
            self.later(arrives - now, Happening::Arrive(wire, side));
        }
    }

    pub(crate) fn left(&mut self, wire: usize, side: usize, bytes: usize) {
        if self.wires[wire].cut_since.is_some() {
            return;
        }
        let way = &mut self.wires[wire].ways[side];
        way.buffered = way.buffered.saturating_sub(bytes);
        let end = self.wires[wire].ends[side];
        if self.alive(&end) && self.peers[end.peer].frozen.is_none() {
            self.carry_out(end.peer);
        }
    }

    pub(crate) fn arrive(&mut self, wire: usize, side: usize) {
        let (open, cut) = (self.wires[wire].open, self.wires[wire].cut_since.is_some());
        if cut || (!open && !self.wires[wire].closed) {
            return;
        }
        let Some(mut message) = self.wires[wire].ways[side].flight.pop_front() else { return };
        if self.has_bug(Bug::LoseTheMiddle) && self.below(10) == 0 {
            return;
        }
        if self.has_bug(Bug::AlterBytes) && self.below(4) == 0 {
            let place = usize::try_from(self.below(message.len() as u64)).unwrap_or(0);
            message[place] ^= 1;
        }
        let end = self.wires[wire].ends[1 - side];
        if open && self.alive(&end) && self.peers[end.peer].frozen.is_none() {
            let from = self.wires[wire].ends[side].peer;
            let tampered = self.wires[wire].tampered;
            let (to, now) = (end.peer, self.now);
            let place = crate::oracle::Place { wire, side, peer: from, to, now, tampered };
            self.oracle.arrived(&place, &message);
        }
        let frame = Input::Frame { link: end.link, channel: Channel::Messages, bytes: message };
        self.later(0, Happening::Input(end.peer, end.life, frame));
    }

    /// One end closes: of what it wrote a prefix arrives, then the other end hears of it.
    pub(crate) fn close_wire(&mut self, wire: usize, side: usize) {
        if self.wires[wire].closed {
            return;
        }
        (self.wires[wire].open, self.wires[wire].closed) = (false, true);
        self.oracle.wire_closed(wire);
        self.wires[wire].ways[1 - side].flight.clear();
        let waiting = self.wires[wire].ways[side].flight.len();
        let kept = self.below(waiting as u64 + 1);
        self.wires[wire].ways[side].flight.truncate(usize::try_from(kept).unwrap_or(0));
        if self.wires[wire].cut_since.is_some() {
            return;
        }
        let (end, last) =
            (self.wires[wire].ends[1 - side], self.wires[wire].ways[side].last_arrival);
        for channel in Channel::ALL {
            let input = Input::ChannelClosed { link: end.link, channel };
            let delay = last.saturating_sub(self.now) + self.wires[wire].delay;
            self.later(delay, Happening::Input(end.peer, end.life, input));
        }
    }

    /// Nothing gets through any more.
    pub(crate) fn cut(&mut self, wire: usize) {
        if self.wires[wire].closed || self.wires[wire].cut_since.is_some() {
            return;
        }
        let now = self.now;
        self.oracle.wire_closed(wire);
        self.wires[wire].cut_since = Some(now);
        if self.wires[wire].silent {
            return;
        }
        self.later(DISCONNECTED_AFTER, Happening::Notice(wire, now));
        self.later(FAILED_AFTER, Happening::Notice(wire, now));
    }

    pub(crate) fn notice(&mut self, wire: usize, since: u64) {
        if self.wires[wire].cut_since != Some(since) || self.wires[wire].closed {
            return;
        }
        let failed = self.now >= since + FAILED_AFTER;
        let state = if failed { RtcState::Failed } else { RtcState::Disconnected };
        for end in self.wires[wire].ends {
            self.tell_state(&end, state);
        }
    }

    /// What was cut and has not failed goes on where it was.
    pub(crate) fn mend(&mut self, wire: usize) {
        let Some(since) = self.wires[wire].cut_since else { return };
        let ends = self.wires[wire].ends;
        let lost = self.wires[wire].silent
            || self.now >= since + FAILED_AFTER
            || !ends.iter().all(|end| self.alive(end));
        if lost || self.parted(wire) || self.wires[wire].closed {
            return;
        }
        self.wires[wire].cut_since = None;
        for side in [0, 1] {
            let held = std::mem::take(&mut self.wires[wire].ways[side].flight);
            self.wires[wire].ways[side].buffered = 0;
            for message in held {
                self.write(wire, side, message);
            }
            self.tell_state(&ends[side], RtcState::Connected);
        }
    }

    /// Another path is looked for: it is found, if there is one, when both have described it.
    fn restart(&mut self, peer: usize, life: u32, link: LinkId) {
        let Some((wire, side)) = self.wire_of(peer, life, link) else { return };
        let wire = &mut self.wires[wire];
        if wire.negotiation != Negotiation::Settled || wire.closed {
            // A browser that waits for an answer makes no other offer.
            return;
        }
        (wire.negotiation, wire.restarts) = (Negotiation::Seeking, wire.restarts + 1);
        let (end, version) = (wire.ends[side], FIRST + wire.restarts);
        self.describe(&end, SdpKind::Offer, version);
    }
}

/// A description that the engine's gate lets pass, with a fingerprint of its own.
fn description(end: &End, kind: char, version: u64) -> String {
    let name = format!("{} {} {} {kind}", end.peer, end.life, end.link.0);
    // As wide natively as in a browser.
    let peer = u64::try_from(end.peer).unwrap_or(u64::MAX);
    let print = engine::crypto::hash::hash(
        "confab/1/simulated",
        &[
            &peer.to_be_bytes(),
            &end.life.to_be_bytes(),
            &end.link.0.to_be_bytes(),
            &[u8::from(kind == 'x')],
        ],
    );
    let hex: Vec<String> = print.iter().map(|byte| format!("{byte:02X}")).collect();
    format!(
        "v=0\r\no=- 1 {version} IN IP4 127.0.0.1\r\ns={name}\r\nt=0 0\r\n\
         m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n\
         a=fingerprint:sha-256 {}\r\na=mid:0\r\na=sctp-port:5000\r\n",
        hex.join(":")
    )
}
