//! The signaling server of the world: the real `Rooms`, and what an evil one does with them.
//!
//! An evil server can lose, repeat, delay and misdirect what travels through it, and invent peers.
//! It cannot open, alter or make a payload: that is the engine's promise, and the oracle's (I10,
//! I11).

use engine::Input;
use protocol::{ClientMessage, PeerId, ServerMessage};
use signaling::ConnectionId;

use crate::peer::Happening;
use crate::world::World;

/// How evil the server is.
#[derive(Clone, Debug, Default)]
pub struct Evil {
    /// One message in so many is harmed; none at 0.
    odds: u64,
    /// Payloads that it has kept to repeat them.
    kept: Vec<(ConnectionId, ServerMessage)>,
    /// True if it has ever been evil: what it invented is still believed.
    pub was: bool,
}

impl World {
    /// The server turns evil, or honest again.
    pub fn evil_server(&mut self, odds: u64) {
        self.note(format_args!("evil server, one in {odds}"));
        self.evil.odds = odds;
        self.evil.was |= odds > 0;
        self.oracle.evil_server |= odds > 0;
    }

    /// The signaling server goes, with all its memory, or comes back.
    pub fn server(&mut self, up: bool) {
        if self.server_up == up {
            return;
        }
        self.note(format_args!("server {}", if up { "up" } else { "down" }));
        self.server_up = up;
        if up {
            return;
        }
        self.rooms = signaling::Rooms::new(self.random.bytes());
        let addresses = std::mem::take(&mut self.addresses);
        for (peer, life) in addresses.into_values() {
            if self.peers[peer].life == life {
                self.peers[peer].connection = None;
                self.later(10, Happening::Input(peer, life, Input::SignalClosed));
                let delay = 1_000 + self.below(2_000);
                self.later(delay, Happening::Socket(peer, life));
            }
        }
    }

    pub(crate) fn open_socket(&mut self, peer: usize, life: u32) {
        if !self.server_up {
            return self.later(1_000, Happening::Socket(peer, life));
        }
        self.next_connection += 1;
        let connection = ConnectionId(self.next_connection);
        self.addresses.insert(connection, (peer, life));
        self.peers[peer].connection = Some(connection);
        self.feed(peer, Input::SignalOpened);
    }

    pub(crate) fn serve(&mut self, connection: ConnectionId, message: ClientMessage) {
        if !self.addresses.contains_key(&connection) {
            return;
        }
        let deliver = match message {
            ClientMessage::Join { room } => self.rooms.join(connection, &room),
            ClientMessage::Leave { room } => self.rooms.leave(connection, &room),
            ClientMessage::Signal { room, to, payload } => {
                self.rooms.relay(connection, &room, to, payload).map(|deliver| vec![deliver])
            }
            ClientMessage::Ping | ClientMessage::Pong => Ok(Vec::new()),
        };
        match deliver {
            Ok(deliver) => {
                for one in deliver {
                    self.deliver(one.to, one.message);
                }
            }
            Err(refusal) => self.deliver(connection, refusal.to_message()),
        }
    }

    fn deliver(&mut self, to: ConnectionId, message: ServerMessage) {
        if self.evil.odds > 0 && self.below(self.evil.odds) == 0 {
            return self.harm(to, message);
        }
        if self.evil.odds > 0 && matches!(message, ServerMessage::Signal { .. }) {
            self.evil.kept.push((to, message.clone()));
        }
        self.later(20, Happening::Deliver(to, message));
    }

    fn harm(&mut self, to: ConnectionId, message: ServerMessage) {
        let kept = self.pick(self.evil.kept.len());
        let others: Vec<ConnectionId> = self.addresses.keys().copied().collect();
        let other = others.get(self.pick(others.len())).copied().unwrap_or(to);
        match self.below(6) {
            0 => {}
            1 => {
                let late = self.below(4_000);
                self.later(late, Happening::Deliver(to, message));
            }
            2 => {
                self.later(20, Happening::Deliver(to, message.clone()));
                self.later(30, Happening::Deliver(to, message));
            }
            3 => self.later(20, Happening::Deliver(other, message)),
            4 => {
                let old = self.evil.kept.get(kept).cloned();
                let (to, old) = old.unwrap_or((to, message.clone()));
                self.later(20, Happening::Deliver(to, message));
                self.later(40, Happening::Deliver(to, old));
            }
            _ => {
                if let ServerMessage::Signal { room, from, .. } = message.clone() {
                    let peer = if self.below(2) == 0 { from } else { PeerId(self.random.u64()) };
                    let forged = match self.below(2) {
                        0 => ServerMessage::PeerJoined { room, peer },
                        _ => ServerMessage::PeerLeft { room, peer },
                    };
                    self.later(10, Happening::Deliver(to, forged));
                }
                self.later(20, Happening::Deliver(to, message));
            }
        }
    }

    pub(crate) fn deliver_now(&mut self, to: ConnectionId, message: ServerMessage) {
        if let Some((peer, life)) = self.addresses.get(&to).copied() {
            self.later(0, Happening::Input(peer, life, Input::Signal(message)));
        }
    }

    pub(crate) fn drop_connection(&mut self, connection: ConnectionId) {
        self.addresses.remove(&connection);
        for one in self.rooms.leave_all(connection) {
            self.deliver(one.to, one.message);
        }
    }
}
