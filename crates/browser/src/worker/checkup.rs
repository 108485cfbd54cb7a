//! The part of the self-test that calls the signaling server, in the tab's own worker, which knows
//! how to talk to it.
//!
//! ```text
//!  open ── Ping ──► Pong ── Join ──► Joined ── a second socket joins ──► (Relays) PeerJoined:
//!                                                                        passed, with the relays
//! ```
//! It joins a meeting of its own, drawn at random. Relays are handed out only to whoever is not
//! alone, so it brings its own company; the meeting ends with the sockets.

use engine::Millis;
use engine::protocol::{ClientMessage, Relays, Rendezvous, ServerMessage};
use futures::StreamExt;
use futures::channel::mpsc::{UnboundedSender, unbounded};
use gloo::events::EventListener;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::WebSocket;

use super::page::Page;
use crate::bindings::words;
use crate::client::survey::Finding;
use crate::clock::{now, within};
use crate::message::ToPage;
use crate::random;
use crate::rtc::checks::{SECONDS, end};
use crate::socket::{Rumour, listen};

/// Calls the server, and tells the page what has come of it.
pub(super) fn check(page: &Page, address: Option<String>) {
    let page = page.clone();
    spawn_local(async move {
        let (finding, relays) = match address {
            Some(address) => call(&address).await,
            None => (Finding::NotOffered, None),
        };
        page.tell(&ToPage::Checked { finding, relays });
    });
}

/// Which socket something is heard on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Own,
    Company,
}

/// Where all sockets of the test are heard.
type Heard = UnboundedSender<(Side, Rumour)>;

/// A socket for the test, and its listeners, which go first.
struct Line {
    listeners: Vec<EventListener>,
    socket: WebSocket,
}

impl Line {
    fn open(address: &str, side: Side, heard: Heard) -> Result<Line, JsValue> {
        let socket = WebSocket::new(address)?;
        let listeners = listen(&socket, move |rumour| _ = heard.unbounded_send((side, rumour)));
        Ok(Line { listeners, socket })
    }

    fn say(&self, message: &ClientMessage) {
        // Throws only before it is open; one that is closing says so by itself.
        let _ = self.socket.send_with_str(&message.encode());
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.listeners.clear();
        // Throws only for a close code that is not allowed; none is given.
        let _ = self.socket.close();
    }
}

/// Calls the server: how long until it is open, how long a question and its answer take, and the
/// relays that it hands out.
async fn call(address: &str) -> (Finding, Option<Relays>) {
    let begun = now().mono;
    let (tell, mut heard) = unbounded();
    let line = match Line::open(address, Side::Own, tell.clone()) {
        Ok(line) => line,
        Err(error) => return (Finding::Refused { text: words(&error) }, None),
    };
    let until = end();
    let mut talk = Talk {
        line,
        company: None,
        address,
        heard: tell,
        room: None,
        begun,
        opened: None,
        round_trip: None,
        relays: None,
    };
    loop {
        match within(until, heard.next()).await {
            Some(Some((side, rumour))) => {
                if let Some(finding) = talk.hear(side, rumour) {
                    return (finding, talk.relays);
                }
            }
            Some(None) | None => return (Finding::Silent { seconds: SECONDS }, talk.relays),
        }
    }
}

struct Talk<'a> {
    line: Line,
    /// The second socket, once the first is in the meeting.
    company: Option<Line>,
    address: &'a str,
    heard: Heard,
    room: Option<Rendezvous>,
    begun: Millis,
    opened: Option<Millis>,
    round_trip: Option<Millis>,
    relays: Option<Relays>,
}

impl Talk<'_> {
    /// Goes on with what the server said; a finding ends it.
    fn hear(&mut self, side: Side, rumour: Rumour) -> Option<Finding> {
        match (side, rumour) {
            (Side::Own, Rumour::Opened) => {
                self.opened = Some(now().mono);
                self.line.say(&ClientMessage::Ping);
                None
            }
            (Side::Company, Rumour::Opened) => {
                self.join(self.company.as_ref());
                None
            }
            (Side::Own, Rumour::Closed | Rumour::Oversized) => Some(Finding::Unreached),
            // The server was reached; without company it hands out no relays.
            (Side::Company, Rumour::Closed | Rumour::Oversized) => self.passed(),
            (side, Rumour::Heard(text)) => {
                ServerMessage::decode(&text).ok().and_then(|message| self.heed(side, message))
            }
        }
    }

    fn heed(&mut self, side: Side, message: ServerMessage) -> Option<Finding> {
        match (side, message) {
            (Side::Own, ServerMessage::Pong) => {
                self.round_trip = self.opened.map(|opened| now().mono - opened);
                // Without randomness there is no room to join, and no relay to be had.
                self.room = random::bytes().ok().map(Rendezvous::from_bytes);
                if self.room.is_none() {
                    return self.passed();
                }
                self.join(Some(&self.line));
                None
            }
            (Side::Own, ServerMessage::Relays(relays)) => {
                self.relays = Some(relays);
                None
            }
            (Side::Own, ServerMessage::Joined { .. }) if self.relays.is_none() => {
                let company = Line::open(self.address, Side::Company, self.heard.clone());
                self.company = company.ok();
                if self.company.is_some() { None } else { self.passed() }
            }
            // What relays there are came before.
            (Side::Own, ServerMessage::Joined { .. } | ServerMessage::PeerJoined { .. })
            | (Side::Own | Side::Company, ServerMessage::Error { .. }) => self.passed(),
            (side, ServerMessage::Ping) => {
                let line = if side == Side::Own { Some(&self.line) } else { self.company.as_ref() };
                line.into_iter().for_each(|line| line.say(&ClientMessage::Pong));
                None
            }
            (Side::Own, ServerMessage::PeerLeft { .. } | ServerMessage::Signal { .. })
            | (
                Side::Company,
                ServerMessage::Pong
                | ServerMessage::Relays(_)
                | ServerMessage::Joined { .. }
                | ServerMessage::PeerJoined { .. }
                | ServerMessage::PeerLeft { .. }
                | ServerMessage::Signal { .. },
            ) => None,
        }
    }

    fn join(&self, line: Option<&Line>) {
        if let (Some(line), Some(room)) = (line, &self.room) {
            line.say(&ClientMessage::Join { room: room.clone() });
        }
    }

    fn passed(&self) -> Option<Finding> {
        let opened = self.opened?;
        Some(Finding::Passed { millis: opened - self.begun, round_trip: self.round_trip })
    }
}
