//! The parts of the self-test that need connections, none of which is of a room.
//!
//! ```text
//!  gather:    one connection ── candidates come ──► srflx: a STUN server answers
//!                                              └──► relay: a TURN server gives a place
//!  loopback:  two connections of this page ── a channel ──► a word and its answer
//! ```
//! Every wait has a deadline. Dropping what is made here closes it.

use std::cell::RefCell;
use std::rc::Rc;

use engine::Millis;
use engine::protocol::{IceKind, IceServer, ice_kind};
use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use gloo::events::EventListener;
use js_sys::{Array, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    RtcConfiguration, RtcDataChannelEvent, RtcPeerConnection, RtcPeerConnectionIceEvent,
    RtcSdpType, RtcSessionDescription, RtcSessionDescriptionInit,
};

use super::ice_server;
use crate::bindings::{NegotiatedConnection, property, words};
use crate::client::survey::Finding;
use crate::clock::{now, within};

/// How long each part may take, in seconds.
pub(crate) const SECONDS: u32 = 10;
/// The word that goes there and back.
const WORD: &str = "confab";

/// When a part that begins now is over.
pub(crate) fn end() -> Millis {
    now().mono + Millis::from(SECONDS) * 1_000
}

/// A connection for a test, and its listeners, which go first.
struct Trial {
    listeners: Vec<EventListener>,
    peer: RtcPeerConnection,
}

impl Drop for Trial {
    fn drop(&mut self) {
        self.listeners.clear();
        self.peer.close();
    }
}

impl Trial {
    fn new(servers: &[IceServer]) -> Result<Trial, JsValue> {
        let configuration = RtcConfiguration::new();
        let servers: Array = servers.iter().map(ice_server).collect();
        configuration.set_ice_servers(&servers);
        let peer = RtcPeerConnection::new_with_configuration(&configuration)?;
        Ok(Trial { listeners: Vec::new(), peer })
    }

    fn on(&mut self, name: &'static str, then: impl FnMut(&web_sys::Event) + 'static) {
        self.listeners.push(EventListener::new(&self.peer, name, then));
    }

    /// Makes and sets the description that fits the state.
    async fn describe(&self) -> Result<RtcSessionDescription, JsValue> {
        let peer: &NegotiatedConnection = self.peer.unchecked_ref();
        JsFuture::from(peer.set_fitting_description()?).await?;
        self.peer.local_description().ok_or(JsValue::UNDEFINED)
    }

    async fn hear(&self, kind: RtcSdpType, theirs: &RtcSessionDescription) -> Result<(), JsValue> {
        let description = RtcSessionDescriptionInit::new(kind);
        description.set_sdp(&theirs.sdp());
        let set: Promise = self.peer.set_remote_description(&description).unchecked_into();
        JsFuture::from(set).await.map(|_| ())
    }

    /// Hands every candidate of this one to another.
    fn lead_to(&mut self, other: &RtcPeerConnection) {
        let other = other.clone();
        self.on("icecandidate", move |event| {
            let event: &RtcPeerConnectionIceEvent = event.unchecked_ref();
            let Some(candidate) = event.candidate() else { return };
            let added = other.add_ice_candidate_with_opt_rtc_ice_candidate(Some(&candidate));
            let added: Promise = added.unchecked_into();
            // Without any that can be used, no channel opens, and that is found.
            spawn_local(async move { _ = JsFuture::from(added).await });
        });
    }
}

fn refused(error: &JsValue) -> Finding {
    Finding::Refused { text: words(error) }
}

/// What is heard while something is tried.
enum Gathered {
    Reflexive,
    Relayed,
    Error,
    End,
    /// A channel is open, or has heard something.
    Word,
}

/// Whether a STUN server answers, and whether a relay gives a place: both in one gathering.
pub(crate) async fn gather(servers: &[IceServer]) -> [Finding; 2] {
    let mut urls = servers.iter().flat_map(|server| &server.urls);
    let relays = urls.any(|url| ice_kind(url) == Some(IceKind::Turn));
    if servers.iter().all(|server| server.urls.is_empty()) {
        return [Finding::NotOffered, Finding::NotOffered];
    }
    let begun = now().mono;
    let (tell, heard) = unbounded();
    let trial = match begin_gathering(servers, tell).await {
        Ok(trial) => trial,
        Err(error) => return [refused(&error), refused(&error)],
    };
    let (found, lacking) = hear_gathering(heard, relays).await;
    drop(trial);
    let passed = |at: Millis| Finding::Passed { millis: at - begun, round_trip: None };
    let [stun, turn] = found.map(|at| at.map_or(lacking.clone(), passed));
    [stun, if relays { turn } else { Finding::NotOffered }]
}

async fn begin_gathering(
    servers: &[IceServer],
    tell: UnboundedSender<Gathered>,
) -> Result<Trial, JsValue> {
    let mut trial = Trial::new(servers)?;
    let told = tell.clone();
    trial.on("icecandidate", move |event| {
        let event: &RtcPeerConnectionIceEvent = event.unchecked_ref();
        let candidate = event.candidate().map(|candidate| candidate.candidate());
        let is = |kind: &str| candidate.as_ref().is_some_and(|text| text.contains(kind));
        let gathered = match &candidate {
            None => Gathered::End,
            Some(_) if is(" typ srflx") => Gathered::Reflexive,
            Some(_) if is(" typ relay") => Gathered::Relayed,
            Some(_) => return,
        };
        let _ = told.unbounded_send(gathered);
    });
    trial.on("icecandidateerror", move |_| _ = tell.unbounded_send(Gathered::Error));
    drop(trial.peer.create_data_channel(WORD));
    trial.describe().await?;
    Ok(trial)
}

/// When each was found, and what is to be said of what was not.
async fn hear_gathering(
    mut heard: UnboundedReceiver<Gathered>,
    relays: bool,
) -> ([Option<Millis>; 2], Finding) {
    let (until, mut found, mut errors) = (end(), [None, None], false);
    loop {
        if let [Some(_), relayed] = found
            && (relayed.is_some() || !relays)
        {
            return (found, Finding::Nothing);
        }
        match within(until, heard.next()).await {
            None => return (found, Finding::Silent { seconds: SECONDS }),
            Some(Some(Gathered::Reflexive)) => _ = found[0].get_or_insert(now().mono),
            Some(Some(Gathered::Relayed)) => _ = found[1].get_or_insert(now().mono),
            Some(Some(Gathered::Error)) => errors = true,
            Some(Some(Gathered::End | Gathered::Word) | None) => {
                return (found, if errors { Finding::Unreached } else { Finding::Nothing });
            }
        }
    }
}

/// Whether two connections of this page reach each other.
pub(crate) async fn loopback() -> Finding {
    match within(end(), talk()).await {
        Some(Ok(finding)) => finding,
        Some(Err(error)) => refused(&error),
        None => Finding::Silent { seconds: SECONDS },
    }
}

async fn talk() -> Result<Finding, JsValue> {
    let begun = now().mono;
    let [mut one, mut other] = [Trial::new(&[])?, Trial::new(&[])?];
    one.lead_to(&other.peer);
    other.lead_to(&one.peer);
    // The other end says what it hears.
    let echo = Rc::new(RefCell::new(None));
    let kept = echo.clone();
    other.on("datachannel", move |event| {
        let channel = event.unchecked_ref::<RtcDataChannelEvent>().channel();
        let answers = channel.clone();
        let listener = EventListener::new(&channel, "message", move |event| {
            let word = property(event, "data").as_string().unwrap_or_default();
            // Fails only once it is closed: then no answer comes, and that is found.
            let _ = answers.send_with_str(&word);
        });
        *kept.borrow_mut() = Some(listener);
    });
    let channel = one.peer.create_data_channel(WORD);
    let (tell, mut heard) = unbounded();
    let told = tell.clone();
    let _opens =
        EventListener::new(&channel, "open", move |_| _ = told.unbounded_send(Gathered::Word));
    let _hears =
        EventListener::new(&channel, "message", move |_| _ = tell.unbounded_send(Gathered::Word));
    other.hear(RtcSdpType::Offer, &one.describe().await?).await?;
    one.hear(RtcSdpType::Answer, &other.describe().await?).await?;
    heard.next().await;
    let opened = now().mono;
    channel.send_with_str(WORD)?;
    heard.next().await;
    let round_trip = Some(now().mono - opened);
    Ok(Finding::Passed { millis: opened - begun, round_trip })
}
