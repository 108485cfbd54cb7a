//! The part of the self-test that calls the signaling server, in the tab's own worker, which knows
//! how to talk to it.
//!
//! ```text
//!  open ── Ping ──► Pong ── Join ──► (Relays) Joined: passed, with the relays
//! ```
//! It joins a meeting of its own, drawn at random, since relays are handed out to whoever joins;
//! nobody else is there, and it ends with the socket.

use engine::Millis;
use engine::protocol::{ClientMessage, Relays, Rendezvous, ServerMessage};
use futures::StreamExt;
use futures::channel::mpsc::unbounded;
use gloo::events::EventListener;
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

/// A socket for the test, and its listeners, which go first.
struct Line {
    listeners: Vec<EventListener>,
    socket: WebSocket,
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
    let socket = match WebSocket::new(address) {
        Ok(socket) => socket,
        Err(error) => return (Finding::Refused { text: words(&error) }, None),
    };
    let (tell, mut heard) = unbounded();
    let listeners = listen(&socket, move |rumour| _ = tell.unbounded_send(rumour));
    let line = Line { listeners, socket };
    let until = end();
    let mut talk = Talk { line: &line, begun, opened: None, round_trip: None, relays: None };
    loop {
        match within(until, heard.next()).await {
            Some(Some(rumour)) => {
                if let Some(finding) = talk.hear(rumour) {
                    return (finding, talk.relays);
                }
            }
            Some(None) | None => return (Finding::Silent { seconds: SECONDS }, talk.relays),
        }
    }
}

struct Talk<'a> {
    line: &'a Line,
    begun: Millis,
    opened: Option<Millis>,
    round_trip: Option<Millis>,
    relays: Option<Relays>,
}

impl Talk<'_> {
    /// Goes on with what the server said; a finding ends it.
    fn hear(&mut self, rumour: Rumour) -> Option<Finding> {
        match rumour {
            Rumour::Opened => {
                self.opened = Some(now().mono);
                self.say(&ClientMessage::Ping);
                None
            }
            Rumour::Closed | Rumour::Oversized => Some(Finding::Unreached),
            Rumour::Heard(text) => match ServerMessage::decode(&text) {
                Ok(ServerMessage::Pong) => {
                    self.round_trip = self.opened.map(|opened| now().mono - opened);
                    // Without randomness there is no room to join, and no relay to be had.
                    match random::bytes() {
                        Ok(bytes) => {
                            self.say(&ClientMessage::Join { room: Rendezvous::from_bytes(bytes) });
                            None
                        }
                        Err(_) => self.passed(),
                    }
                }
                Ok(ServerMessage::Relays(relays)) => {
                    self.relays = Some(relays);
                    None
                }
                Ok(ServerMessage::Ping) => {
                    self.say(&ClientMessage::Pong);
                    None
                }
                Ok(ServerMessage::Joined { .. } | ServerMessage::Error { .. }) => self.passed(),
                Ok(
                    ServerMessage::PeerJoined { .. }
                    | ServerMessage::PeerLeft { .. }
                    | ServerMessage::Signal { .. },
                )
                | Err(_) => None,
            },
        }
    }

    fn passed(&self) -> Option<Finding> {
        let opened = self.opened?;
        Some(Finding::Passed { millis: opened - self.begun, round_trip: self.round_trip })
    }

    fn say(&self, message: &ClientMessage) {
        // Throws only before it is open; one that is closing says so by itself.
        let _ = self.line.socket.send_with_str(&message.encode());
    }
}
