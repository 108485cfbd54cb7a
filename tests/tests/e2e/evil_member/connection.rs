//! One connection of the evil member: WebRTC without a browser, and without a wish to please one.
//!
//! Nothing is decided here: descriptions go in and come out, and bytes of the three channels.

use anyhow::{Context, Result};
use engine::{Channel, RtcState, SdpKind};
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::channel::{ChannelConfig, ChannelId, Reliability};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, IceConnectionState, Input, Output, Rtc};

/// What it may have on its way: more than any browser would take.
const BUFFER: usize = 512 * 1024 * 1024;
/// How much waits at most, so that what the engine says is said in time.
const AHEAD: usize = 64 * 1024;

/// See the module.
pub struct Connection {
    rtc: Rtc,
    local: SocketAddr,
    pending: Option<SdpPendingOffer>,
    channels: BTreeMap<Channel, ChannelId>,
    waiting: VecDeque<(Channel, bool, Vec<u8>)>,
}

/// What became of it.
pub enum Happening {
    /// A channel can be written.
    Open(Channel),
    /// A channel is gone.
    Closed(Channel),
    /// Something came.
    Message(Channel, Vec<u8>),
    /// Its state changed.
    State(RtcState),
}

impl Connection {
    /// A connection through this address of ours.
    pub fn new(local: SocketAddr) -> Result<Self> {
        let mut rtc = Rtc::builder().set_sctp_max_buffered_amount(BUFFER).build(Instant::now());
        rtc.add_local_candidate(Candidate::host(local, "udp")?);
        let (channels, waiting) = (BTreeMap::new(), VecDeque::new());
        Ok(Self { rtc, local, pending: None, channels, waiting })
    }

    /// Makes the three channels, and an offer.
    pub fn offer(&mut self) -> Result<String> {
        let mut changes = self.rtc.sdp_api();
        for channel in Channel::ALL {
            let lively = channel == Channel::Ephemeral;
            let unreliable = Reliability::MaxRetransmits { retransmits: 0 };
            changes.add_channel_with_config(ChannelConfig {
                label: channel.label().to_owned(),
                ordered: !lively,
                reliability: if lively { unreliable } else { Reliability::Reliable },
                ..ChannelConfig::default()
            });
        }
        let (offer, pending) = changes.apply().context("there is nothing to offer")?;
        self.pending = Some(pending);
        Ok(offer.to_sdp_string())
    }

    /// Takes the other side's description; gives the answer to an offer.
    pub fn hear(&mut self, kind: SdpKind, sdp: &str) -> Result<Option<String>> {
        // What a browser says to take is nothing to an attacker.
        let sdp: String = sdp
            .split_inclusive('\n')
            .map(|line| match line.starts_with("a=max-message-size:") {
                true => "a=max-message-size:1073741824\r\n",
                false => line,
            })
            .collect();
        match kind {
            SdpKind::Offer => {
                let offer = SdpOffer::from_sdp_string(&sdp)?;
                Ok(Some(self.rtc.sdp_api().accept_offer(offer)?.to_sdp_string()))
            }
            SdpKind::Answer => {
                let pending = self.pending.take().context("an answer to no offer")?;
                let answer = SdpAnswer::from_sdp_string(&sdp)?;
                self.rtc.sdp_api().accept_answer(pending, answer)?;
                Ok(None)
            }
        }
    }

    /// Takes a candidate. Browsers hide their addresses behind names: they come to us, then.
    pub fn candidate(&mut self, json: &str) {
        let json: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
        let text = json.get("candidate").and_then(serde_json::Value::as_str);
        if let Some(candidate) = text.and_then(|text| Candidate::from_sdp_string(text).ok()) {
            self.rtc.add_remote_candidate(candidate);
        }
    }

    /// Hands over a datagram, if it is for this connection.
    pub fn receive(&mut self, source: SocketAddr, datagram: &[u8]) -> bool {
        let Ok(contents) = datagram.try_into() else { return false };
        let (proto, destination) = (Protocol::Udp, self.local);
        let receive = Receive { proto, source, destination, contents };
        let input = Input::Receive(Instant::now(), receive);
        self.rtc.accepts(&input) && self.rtc.handle_input(input).is_ok()
    }

    /// True if what is written now goes out soon.
    pub fn has_room(&mut self) -> bool {
        self.waiting.is_empty() && {
            let ids: Vec<ChannelId> = self.channels.values().copied().collect();
            let buffered =
                ids.into_iter().filter_map(|id| Some(self.rtc.channel(id)?.buffered_amount()));
            buffered.sum::<usize>() < AHEAD
        }
    }

    /// Writes any bytes to a channel, behind what waits.
    pub fn write(&mut self, channel: Channel, bytes: Vec<u8>) {
        self.waiting.push_back((channel, true, bytes));
    }

    /// Writes a text, where only bytes belong.
    pub fn write_text(&mut self, text: &str) {
        self.waiting.push_back((Channel::Messages, false, text.as_bytes().to_vec()));
    }

    /// Does what there is to do; what happened, and when to come again.
    pub fn work(&mut self, send: impl Fn(SocketAddr, &[u8])) -> (Vec<Happening>, Instant) {
        let now = Instant::now();
        let mut happened = Vec::new();
        if self.rtc.handle_input(Input::Timeout(now)).is_err() {
            happened.push(Happening::State(RtcState::Failed));
        }
        self.flush();
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(at)) => return (happened, at),
                Ok(Output::Transmit(transmit)) => send(transmit.destination, &transmit.contents),
                Ok(Output::Event(event)) => happened.extend(self.on_event(event)),
                Err(_) => {
                    happened.push(Happening::State(RtcState::Failed));
                    return (happened, now + Duration::from_secs(1));
                }
            }
        }
    }

    fn flush(&mut self) {
        while let Some((channel, binary, bytes)) = self.waiting.front() {
            let Some(id) = self.channels.get(channel) else { return };
            let Some(mut open) = self.rtc.channel(*id) else { return };
            if !open.write(*binary, bytes).is_ok_and(|taken| taken) {
                return;
            }
            self.waiting.pop_front();
        }
    }

    fn on_event(&mut self, event: Event) -> Option<Happening> {
        let named = |id: ChannelId, channels: &BTreeMap<Channel, ChannelId>| {
            channels.iter().find(|(_, known)| **known == id).map(|(channel, _)| *channel)
        };
        if let Event::ChannelOpen(id, label) = event {
            let channel = Channel::from_label(&label)?;
            self.channels.insert(channel, id);
            return Some(Happening::Open(channel));
        }
        if let Event::ChannelData(data) = event {
            return Some(Happening::Message(named(data.id, &self.channels)?, data.data));
        }
        if let Event::ChannelClose(id) = event {
            let channel = named(id, &self.channels)?;
            self.channels.remove(&channel);
            return Some(Happening::Closed(channel));
        }
        let Event::IceConnectionStateChange(state) = event else { return None };
        Some(Happening::State(match state {
            IceConnectionState::New | IceConnectionState::Checking => RtcState::Connecting,
            IceConnectionState::Connected | IceConnectionState::Completed => RtcState::Connected,
            IceConnectionState::Disconnected => RtcState::Disconnected,
        }))
    }

    /// Ends it, so that the other side sees it at once.
    pub fn close(&mut self, send: impl Fn(SocketAddr, &[u8])) {
        if self.rtc.close().is_ok() {
            let _ = self.work(send);
        }
    }
}
