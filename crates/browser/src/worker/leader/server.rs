//! The signaling server's part: one socket for all rooms, its messages handed to the one they name.

use engine::protocol::ServerMessage;
use engine::{Input, Misconduct, limits};

use super::Leader;
use crate::client::event::Fault;
use crate::clock::now;
use crate::socket::{Rumour, SocketNews};

/// Whether pages were told that the browser refuses the signaling address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Untold,
    Told,
}

impl Leader {
    /// The socket has news.
    pub(super) fn on_socket(&mut self, attempt: u64, rumour: Rumour) {
        let socket = self.reach.socket.as_mut();
        let news = socket.and_then(|socket| socket.handle(attempt, rumour, now().mono));
        self.on_socket_news(news);
    }

    /// What the socket's news is to the rooms.
    pub(super) fn on_socket_news(&mut self, news: Option<SocketNews>) {
        match news {
            None => {}
            Some(SocketNews::Opened) => self.hand_all(&Input::SignalOpened),
            Some(SocketNews::Closed) => self.hand_all(&Input::SignalClosed),
            Some(SocketNews::Said(message)) => self.on_server(message),
            Some(SocketNews::Answered(round_trip)) => self.on_answered(round_trip),
            Some(SocketNews::Refused(text)) => self.on_refused(text),
            Some(SocketNews::Caught(what)) => self.tell_misconduct(what),
            Some(SocketNews::HungUp(what)) => {
                self.tell_misconduct(what);
                self.hand_all(&Input::SignalClosed);
            }
        }
    }

    fn on_server(&mut self, message: ServerMessage) {
        let meeting = match &message {
            ServerMessage::Joined { room, .. }
            | ServerMessage::PeerJoined { room, .. }
            | ServerMessage::PeerLeft { room, .. }
            | ServerMessage::Signal { room, .. } => room,
            // For the connections of the own page, before whatever opens one.
            ServerMessage::Relays(relays) => return self.reach.tell_relays(relays.clone()),
            ServerMessage::Error { .. } | ServerMessage::Ping | ServerMessage::Pong => {
                return self.hand_all(&Input::Signal(message));
            }
        };
        match self.reach.room_at(meeting) {
            Some(room) => self.hand(room, Input::Signal(message)),
            // What was on its way when it was left is no lie.
            None if self.reach.has_left(meeting) => {}
            None => self.tell_misconduct(Misconduct::ForeignRoom),
        }
    }

    /// The server was caught at something: all pages are told, of each kind at a pace.
    fn tell_misconduct(&mut self, what: Misconduct) {
        let now = now().mono;
        let told = self.caught.get(&what);
        if told.is_none_or(|at| now >= at + limits::MISCONDUCT_EVERY) {
            self.caught.insert(what, now);
            self.tell_fault(Fault::Server(what));
        }
    }

    fn on_refused(&mut self, text: String) {
        if std::mem::replace(&mut self.refusal, Refusal::Told) == Refusal::Told {
            return;
        }
        let address = self.reach.socket.as_ref().map(|socket| socket.address().to_owned());
        let address = address.unwrap_or_default();
        self.tell_fault(Fault::SignalRefused { address, text });
    }
}
