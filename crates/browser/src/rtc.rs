//! Connections between browsers, on the page's thread: `RTCPeerConnection` and nothing else.
//!
//! ```text
//!  worker ── RtcCall ──► Rtc ──► one Connection a link ── Told ──► worker
//!                                     └─ data channels, moved to the worker as they are made
//! ```
//! Which connections there are, what is sent over signaling and when a path is sought anew is for
//! the engine to say. Perfect negotiation is here, since its checks must not race across threads.
//! Addresses of servers are checked first: a browser that cannot read one makes no connection at
//! all, so whoever names relays could keep everybody apart.

pub(crate) mod checks;
mod connection;
mod survey;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use engine::protocol::{IceServer, PageConfig, Relays, limits};
use engine::{Channel, LinkId, Misconduct, RoomId, RtcCall, RtcState};
use js_sys::Array;
use wasm_bindgen::JsValue;
use web_sys::{RtcConfiguration, RtcDataChannel, RtcIceServer, RtcIceTransportPolicy};

use crate::bindings::words;
use crate::client::event::Fault;
use crate::config;
pub use crate::message::RtcNews;
use connection::Connection;

/// What connections tell.
pub enum Told<'a> {
    /// News for the worker.
    News(RoomId, LinkId, RtcNews),
    /// A new channel, to be moved into the worker before this returns.
    Channel(RoomId, LinkId, Channel, &'a RtcDataChannel),
    /// Something that a person should know.
    Fault(Fault),
}

/// Where it is told. Fails, in the browser's words, if a channel cannot be moved.
pub type Tell = Rc<dyn Fn(Told<'_>) -> Result<(), String>>;

/// All connections of a page.
pub struct Rtc {
    configuration: RtcConfiguration,
    /// The same, through relays alone.
    relayed: RtcConfiguration,
    /// True if no room of the page is to connect otherwise.
    relay_only: bool,
    /// The rooms that want relays and of which it was told that there is none.
    lack_told: RefCell<BTreeSet<RoomId>>,
    /// The servers of the page's configuration.
    fixed: RefCell<Vec<IceServer>>,
    tell: Tell,
    /// What the server handed out last: what is said again costs nothing.
    last: RefCell<Option<IceServer>>,
    connections: RefCell<BTreeMap<(RoomId, LinkId), Rc<Connection>>>,
}

impl Rtc {
    /// Connections through these ICE servers; with `relay_only`, through relays and not otherwise,
    /// whatever a room says.
    pub fn new(config: &PageConfig, relay_only: bool, tell: Tell) -> Rtc {
        let relayed = RtcConfiguration::new();
        relayed.set_ice_transport_policy(RtcIceTransportPolicy::Relay);
        let rtc = Rtc {
            configuration: RtcConfiguration::new(),
            relayed,
            relay_only,
            lack_told: RefCell::default(),
            fixed: RefCell::new(fixed(config, &tell)),
            tell,
            last: RefCell::default(),
            connections: RefCell::default(),
        };
        rtc.use_relay(None);
        rtc
    }

    fn use_relay(&self, relay: Option<&IceServer>) {
        let fixed = self.fixed.borrow();
        let servers: Array = fixed.iter().chain(relay).map(ice_server).collect();
        for configuration in [&self.configuration, &self.relayed] {
            configuration.set_ice_servers(&servers);
        }
    }

    /// Uses these relays beside the servers of the configuration, instead of earlier ones: for
    /// connections to come, and for the next path that one that is there looks for.
    pub fn relay_through(&self, relays: Relays) {
        let named = IceServer::from(relays);
        if self.last.replace(Some(named.clone())).as_ref() == Some(&named) {
            return;
        }
        self.spread();
    }

    /// The configuration has come late: it counts for connections to come, and for the next path
    /// that one that is there looks for.
    pub fn reconfigure(&self, config: &PageConfig) {
        self.fixed.replace(fixed(config, &self.tell));
        self.spread();
    }

    fn spread(&self) {
        let named = self.last.borrow().clone();
        let relay = named.and_then(|named| usable(&named, &self.tell));
        self.use_relay(relay.as_ref());
        let connections: Vec<_> = self.connections.borrow().values().cloned().collect();
        let refused = connections.iter().find_map(|connection| {
            let configuration = self.configuration(connection.relay_only);
            connection.configure(configuration).err().map(|error| words(&error))
        });
        if let Some(text) = refused {
            // Moves no channel, so it cannot fail.
            let _ = (self.tell)(Told::Fault(Fault::Connection { text }));
        }
    }

    /// Does what the engine of a room says with one of its connections.
    pub fn call(&self, room: RoomId, link: LinkId, call: RtcCall) {
        match call {
            RtcCall::Open { offerer, polite, relay_only } => {
                let relay_only = relay_only || self.relay_only;
                self.open((room, link), offerer, polite, relay_only);
            }
            RtcCall::Close => {
                let closed = self.connections.borrow_mut().remove(&(room, link));
                drop(closed);
            }
            RtcCall::Remote { kind, sdp } => {
                if let Some(connection) = self.connection(room, link) {
                    connection.hear(kind, &sdp);
                }
            }
            RtcCall::Candidate(candidate) => {
                if let Some(connection) = self.connection(room, link) {
                    connection.add_candidate(candidate);
                }
            }
            RtcCall::RestartIce => {
                if let Some(connection) = self.connection(room, link) {
                    connection.restart();
                }
            }
        }
    }

    /// Measures all connections of a room; what is found is told of each as news.
    pub fn survey(&self, room: RoomId) {
        for ((of, _), connection) in self.connections.borrow().iter() {
            if *of == room {
                connection.measure();
            }
        }
    }

    /// The ICE servers that the page's configuration names and, with these relays, those that the
    /// server hands out: what of them can be used.
    pub(crate) fn usable_servers(&self, relays: Option<Relays>) -> Vec<IceServer> {
        let named = relays.map(IceServer::from);
        let relay = named.and_then(|named| usable(&named, &self.tell));
        self.fixed.borrow().iter().cloned().chain(relay).collect()
    }

    /// Closes all connections, without a word to the worker.
    pub fn close_all(&self) {
        let closed = self.connections.take();
        drop(closed);
    }

    fn connection(&self, room: RoomId, link: LinkId) -> Option<Rc<Connection>> {
        self.connections.borrow().get(&(room, link)).cloned()
    }

    fn configuration(&self, relay_only: bool) -> &RtcConfiguration {
        if relay_only { &self.relayed } else { &self.configuration }
    }

    /// True if there is a relay to go through.
    fn has_relay(&self) -> bool {
        let (fixed, last) = (self.fixed.borrow(), self.last.borrow());
        fixed.iter().chain(last.iter()).any(config::is_relay)
    }

    fn open(&self, (room, link): (RoomId, LinkId), offerer: bool, polite: bool, relay_only: bool) {
        let tell = self.tell.clone();
        if relay_only && !self.has_relay() {
            // The browser would find no path either; that there can be none is said.
            if self.lack_told.borrow_mut().insert(room) {
                let _ = tell(Told::Fault(Fault::NoRelay));
            }
            // Neither of these moves a channel, so neither can fail.
            let _ = tell(Told::News(room, link, RtcNews::State(RtcState::Failed)));
            return;
        }
        self.lack_told.borrow_mut().remove(&room);
        let configuration = self.configuration(relay_only);
        let name = (room, link);
        let open = || Connection::open(configuration, name, (polite, relay_only), tell.clone());
        let opened = open().or_else(|_| {
            // Should a browser refuse a server that passed the check, it is better to be without.
            // Moves no channel, so it cannot fail.
            let _ = tell(Told::Fault(Fault::Server(Misconduct::Relays)));
            self.use_relay(None);
            open()
        });
        let connection = match opened {
            Ok(connection) => connection,
            Err(error) => {
                let fault = Fault::Connection { text: words(&error) };
                let failed = RtcNews::State(RtcState::Failed);
                // Neither of these moves a channel, so neither can fail.
                let _ = tell(Told::Fault(fault));
                let _ = tell(Told::News(room, link, failed));
                return;
            }
        };
        self.connections.borrow_mut().insert((room, link), connection.clone());
        if offerer {
            connection.make_channels();
        }
    }
}

/// The servers of a page's configuration, as many as anybody needs.
fn fixed(config: &PageConfig, tell: &Tell) -> Vec<IceServer> {
    let named = config.ice_servers.iter().take(limits::ICE_URLS);
    named.filter_map(|server| usable(server, tell)).collect()
}

/// What of a server can be used; that something cannot is told.
fn usable(server: &IceServer, tell: &Tell) -> Option<IceServer> {
    let (usable, left_out) = server.usable();
    if left_out > 0 {
        // Moves no channel, so it cannot fail.
        let _ = tell(Told::Fault(Fault::Server(Misconduct::Relays)));
    }
    usable
}

fn ice_server(server: &IceServer) -> JsValue {
    let ice = RtcIceServer::new();
    let urls: Array = server.urls.iter().map(|url| JsValue::from_str(url)).collect();
    ice.set_urls(&urls);
    if let Some(username) = &server.username {
        ice.set_username(username);
    }
    if let Some(credential) = &server.credential {
        ice.set_credential(credential);
    }
    ice.into()
}
