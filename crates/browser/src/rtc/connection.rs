//! One connection: perfect negotiation (WebRTC §10.7) and trickle ICE.
//!
//! ```text
//!  negotiationneeded ──► setLocalDescription ──► Description told
//!  hear(offer)  ──► collision and impolite? ignore : setRemote ──► setLocal ──► Description told
//!  hear(answer) ──► is one due? setRemote : ignore     candidates before the first remote wait
//! ```
//! Dropping it removes its listeners first and then closes it: nothing is told after that.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use engine::{Channel, LinkId, RoomId, RtcState, SdpKind};
use gloo::events::EventListener;
use js_sys::{JSON, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    RtcConfiguration, RtcDataChannel, RtcDataChannelEvent, RtcDataChannelInit, RtcIceCandidateInit,
    RtcPeerConnection, RtcPeerConnectionIceEvent, RtcPeerConnectionState, RtcSdpType,
    RtcSessionDescriptionInit, RtcSignalingState,
};

use super::{Tell, Told, survey};
use crate::bindings::NegotiatedConnection;
use crate::client::event::Fault;
use crate::message::RtcNews;

/// Candidates that wait for the first remote description; a peer sends about ten.
const EARLY_CANDIDATES: usize = 256;

/// See the module.
pub(super) struct Connection {
    name: (RoomId, LinkId),
    peer: RtcPeerConnection,
    polite: bool,
    /// True if it goes through relays, and not otherwise.
    pub(super) relay_only: bool,
    tell: Tell,
    negotiation: Negotiation,
    /// Candidates that came before the first remote description; none once it is set.
    early: RefCell<Option<Vec<String>>>,
    listeners: RefCell<Vec<EventListener>>,
}

/// The facts that perfect negotiation decides by, beside the signaling state.
#[derive(Default)]
struct Negotiation {
    making_offer: Cell<bool>,
    setting_answer: Cell<bool>,
}

impl Connection {
    /// Makes a connection that does nothing yet.
    pub(super) fn open(
        configuration: &RtcConfiguration,
        name: (RoomId, LinkId),
        (polite, relay_only): (bool, bool),
        tell: Tell,
    ) -> Result<Rc<Connection>, JsValue> {
        let peer = RtcPeerConnection::new_with_configuration(configuration)?;
        let connection = Rc::new(Connection {
            name,
            peer,
            polite,
            relay_only,
            tell,
            negotiation: Negotiation::default(),
            early: RefCell::new(Some(Vec::new())),
            listeners: RefCell::default(),
        });
        connection.listen();
        Ok(connection)
    }

    fn listen(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        let on = |name: &'static str, then: fn(&Rc<Connection>, &web_sys::Event)| {
            let weak: Weak<Connection> = weak.clone();
            EventListener::new(&self.peer, name, move |event| {
                if let Some(connection) = weak.upgrade() {
                    then(&connection, event);
                }
            })
        };
        self.listeners.replace(vec![
            on("negotiationneeded", |connection, _| connection.offer()),
            on("icecandidate", |connection, event| connection.on_candidate(event)),
            on("datachannel", |connection, event| {
                if let Some(event) = event.dyn_ref::<RtcDataChannelEvent>() {
                    connection.on_channel(&event.channel());
                }
            }),
            on("connectionstatechange", |connection, _| {
                connection.news(RtcNews::State(state(connection.peer.connection_state())));
            }),
        ]);
    }

    /// Makes the channels of a link; that they are there starts the negotiation.
    pub(super) fn make_channels(&self) {
        for channel in Channel::ALL {
            let options = RtcDataChannelInit::new();
            match channel {
                Channel::Messages | Channel::Bulk => options.set_ordered(true),
                Channel::Ephemeral => {
                    options.set_ordered(false);
                    options.set_max_retransmits(0);
                }
            }
            let label = channel.label();
            let made = self.peer.create_data_channel_with_data_channel_dict(label, &options);
            self.move_channel(channel, &made);
        }
    }

    fn on_channel(&self, made: &RtcDataChannel) {
        match Channel::from_label(&made.label()) {
            Some(channel) => self.move_channel(channel, made),
            None => made.close(),
        }
    }

    /// Must run in the statement after the channel was made: later it cannot be moved.
    fn move_channel(&self, channel: Channel, made: &RtcDataChannel) {
        let (room, link) = self.name;
        if let Err(text) = (self.tell)(Told::Channel(room, link, channel, made)) {
            made.close();
            // Neither of these moves a channel, so neither can fail.
            let _ = (self.tell)(Told::Fault(Fault::Transfer { text }));
            self.fail();
        }
    }

    fn on_candidate(&self, event: &web_sys::Event) {
        let event: &RtcPeerConnectionIceEvent = event.unchecked_ref();
        let Some(candidate) = event.candidate() else { return };
        if candidate.candidate().is_empty() {
            // Only says that there are no more.
            return;
        }
        if let Ok(text) = JSON::stringify(&candidate.to_json()) {
            self.news(RtcNews::Candidate(text.into()));
        }
    }

    /// Makes an offer, because there is something to negotiate.
    fn offer(self: &Rc<Self>) {
        self.negotiation.making_offer.set(true);
        self.describe();
    }

    /// Makes and sets the local description that fits the state, and tells it.
    fn describe(self: &Rc<Self>) {
        let peer: &NegotiatedConnection = self.peer.unchecked_ref();
        let set = peer.set_fitting_description();
        self.after(set, |connection, set| {
            connection.negotiation.making_offer.set(false);
            match set {
                Ok(_) => connection.tell_description(),
                Err(_) => connection.fail(),
            }
        });
    }

    fn tell_description(&self) {
        let Some(local) = self.peer.local_description() else { return };
        let kind = match local.type_() {
            RtcSdpType::Offer => SdpKind::Offer,
            RtcSdpType::Answer => SdpKind::Answer,
            // A rollback has no description, and provisional answers are never made.
            RtcSdpType::Pranswer | RtcSdpType::Rollback | _ => return,
        };
        self.news(RtcNews::Description { kind, sdp: local.sdp() });
    }

    /// Takes a description of the other side.
    pub(super) fn hear(self: &Rc<Self>, kind: SdpKind, sdp: &str) {
        let negotiation = &self.negotiation;
        let stable = self.peer.signaling_state() == RtcSignalingState::Stable;
        let ready = !negotiation.making_offer.get() && (stable || negotiation.setting_answer.get());
        let collision = kind == SdpKind::Offer && !ready;
        if (collision && !self.polite) || (kind == SdpKind::Answer && !self.awaits_answer()) {
            return;
        }
        let description = RtcSessionDescriptionInit::new(match kind {
            SdpKind::Offer => RtcSdpType::Offer,
            SdpKind::Answer => RtcSdpType::Answer,
        });
        description.set_sdp(sdp);
        negotiation.setting_answer.set(kind == SdpKind::Answer);
        let set: Promise = self.peer.set_remote_description(&description).unchecked_into();
        self.after(Ok(set), move |connection, set| {
            connection.negotiation.setting_answer.set(false);
            match (set, kind) {
                (Err(_), _) => connection.fail(),
                (Ok(_), SdpKind::Offer) => {
                    connection.add_early();
                    connection.describe();
                }
                (Ok(_), SdpKind::Answer) => connection.add_early(),
            }
        });
    }

    /// True if an offer of its own is without its answer. Any other answer a browser refuses, and
    /// that is nothing for which a connection should end.
    fn awaits_answer(&self) -> bool {
        let offered = self.peer.signaling_state() == RtcSignalingState::HaveLocalOffer;
        offered && !self.negotiation.setting_answer.get()
    }

    /// Runs the next step when a promise is settled, if there still is a connection then. Only a
    /// weak reference waits: the promises of a connection that was closed are never settled.
    fn after(
        self: &Rc<Self>,
        promise: Result<Promise, JsValue>,
        then: impl FnOnce(&Rc<Self>, Result<JsValue, JsValue>) + 'static,
    ) {
        let weak = Rc::downgrade(self);
        spawn_local(async move {
            let settled = match promise {
                Ok(promise) => JsFuture::from(promise).await,
                Err(error) => Err(error),
            };
            if let Some(connection) = weak.upgrade() {
                then(&connection, settled);
            }
        });
    }

    fn add_early(self: &Rc<Self>) {
        let early = self.early.take();
        for candidate in early.into_iter().flatten() {
            self.add_candidate(candidate);
        }
    }

    /// Takes a candidate of the other side.
    pub(super) fn add_candidate(self: &Rc<Self>, candidate: String) {
        if let Some(early) = self.early.borrow_mut().as_mut() {
            if early.len() < EARLY_CANDIDATES {
                early.push(candidate);
            }
            return;
        }
        // A candidate that cannot be read or used leaves the others: without any, the connection
        // fails, and that is told.
        let Ok(init) = JSON::parse(&candidate) else { return };
        let init: RtcIceCandidateInit = init.unchecked_into();
        let added = self.peer.add_ice_candidate_with_opt_rtc_ice_candidate_init(Some(&init));
        self.after(Ok(added.unchecked_into()), |_, _| {});
    }

    /// Uses another configuration for the next path that it looks for.
    pub(super) fn configure(&self, configuration: &RtcConfiguration) -> Result<(), JsValue> {
        if self.is_closed() {
            return Ok(());
        }
        self.peer.set_configuration_with_configuration(configuration)
    }

    /// Looks for a new path.
    pub(super) fn restart(&self) {
        let peer: &NegotiatedConnection = self.peer.unchecked_ref();
        if peer.restart_ice().is_err() {
            self.fail();
        }
    }

    /// Tells what the browser has measured of it.
    pub(super) fn measure(self: &Rc<Self>) {
        let peer: &NegotiatedConnection = self.peer.unchecked_ref();
        let measured = survey::measure(state(self.peer.connection_state()), peer.statistics());
        let weak = Rc::downgrade(self);
        spawn_local(async move {
            let path = measured.await;
            if let Some(connection) = weak.upgrade() {
                connection.news(RtcNews::Measured(path));
            }
        });
    }

    fn fail(&self) {
        self.news(RtcNews::State(RtcState::Failed));
    }

    fn is_closed(&self) -> bool {
        self.peer.signaling_state() == RtcSignalingState::Closed
    }

    fn news(&self, news: RtcNews) {
        if !self.is_closed() {
            let (room, link) = self.name;
            // Moves no channel, so it cannot fail.
            let _ = (self.tell)(Told::News(room, link, news));
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.listeners.take();
        self.peer.close();
    }
}

fn state(state: RtcPeerConnectionState) -> RtcState {
    match state {
        RtcPeerConnectionState::New | RtcPeerConnectionState::Connecting => RtcState::Connecting,
        RtcPeerConnectionState::Connected => RtcState::Connected,
        RtcPeerConnectionState::Disconnected => RtcState::Disconnected,
        RtcPeerConnectionState::Failed | RtcPeerConnectionState::Closed | _ => RtcState::Failed,
    }
}
