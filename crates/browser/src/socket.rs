//! The signaling socket: one WebSocket for all rooms, kept open while there are any.
//!
//! ```text
//!  Idle ── connect ──► Connecting ── open ──► Open ── error, close, no pong ──► Waiting ──┐
//!                          ▲    └─ error, no answer in time ──► Waiting                   │
//!                          └──────────── the wait is over, or the device woke ◄───────────┘
//! ```
//! A phone keeps a dead socket "open" after sleep, so a wake asks for a pong and sets a deadline.
//! What the messages mean is the engines' matter.

mod backoff;

use engine::protocol::{ClientMessage, DecodeError, ServerMessage, limits};
use engine::{Millis, Misconduct};
use gloo::events::EventListener;
use js_sys::JsString;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, WebSocket};

use crate::bindings::words;
use crate::random;
use backoff::Backoff;

/// A socket that is not open after so long is given up.
const OPEN_WITHIN: Millis = 15_000;
/// What may wait to be sent, in bytes. A server that does not read what it is told is told no more:
/// nothing of it is lost, since attempts that have no answer are made again.
const UNSENT_BYTES: u32 = 2 * limits::BYTE_BURST;
/// A server that has not answered a ping after so long is gone.
const PONG_WITHIN: Millis = 5_000;
/// How often at most it is measured how long the way to the server takes.
const MEASURE_EVERY: Millis = 5_000;

/// What a socket tells, with the number of the attempt that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rumour {
    /// It is open.
    Opened,
    /// A message came.
    Heard(String),
    /// Something came that is longer than any message may be, or no text.
    Oversized,
    /// It is closed, or could not be opened.
    Closed,
}

/// What that comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SocketNews {
    /// The server can be talked to.
    Opened,
    /// The server said something for a room, or for all.
    Said(ServerMessage),
    /// The server has answered a question for a sign of life, after so long.
    Answered(Millis),
    /// The server cannot be talked to any more.
    Closed,
    /// The server broke its rules.
    Caught(Misconduct),
    /// It broke them in such a way that it was hung up on.
    HungUp(Misconduct),
    /// The browser refuses to connect to this address at all, in its own words.
    Refused(String),
}

/// Where a socket's listeners tell what happens to it.
type Tell = std::rc::Rc<dyn Fn(u64, Rumour)>;

/// See the module.
pub(crate) struct Socket {
    address: String,
    attempt: u64,
    backoff: Backoff,
    state: State,
    /// When the server was last asked for a sign of life, and whether it has answered.
    asked: (Millis, bool),
    tell: Tell,
}

enum State {
    Idle,
    Connecting { wire: Wire, until: Millis },
    Open { wire: Wire, pong_by: Option<Millis> },
    Waiting { until: Millis },
}

/// A WebSocket and its listeners, which go first.
struct Wire {
    listeners: Vec<EventListener>,
    socket: WebSocket,
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.listeners.clear();
        // Throws only for a close code that is not allowed; none is given.
        let _ = self.socket.close();
    }
}

impl Socket {
    /// A socket that is not connected yet. `tell` hands back to [`Socket::handle`] what happens.
    pub(crate) fn new(address: String, tell: impl Fn(u64, Rumour) + 'static) -> Socket {
        let tell = std::rc::Rc::new(tell);
        let (backoff, state) = (Backoff::default(), State::Idle);
        Socket { address, attempt: 0, backoff, state, asked: (0, true), tell }
    }

    /// The address that it connects to.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// True if messages can be sent.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }

    /// Connects, and stays connected from now on.
    pub(crate) fn connect(&mut self, now: Millis) -> Option<SocketNews> {
        match self.state {
            State::Idle => self.dial(now),
            State::Connecting { .. } | State::Open { .. } | State::Waiting { .. } => None,
        }
    }

    /// Sends a message if the socket is open and the server reads; drops it otherwise.
    pub(crate) fn send(&self, message: &ClientMessage) {
        if let State::Open { wire, .. } = &self.state
            && wire.socket.buffered_amount() < UNSENT_BYTES
        {
            // Throws only before it is open; a socket that is closing says so by itself.
            let _ = wire.socket.send_with_str(&message.encode());
        }
    }

    /// When [`Socket::tick`] is due.
    pub(crate) fn deadline(&self) -> Option<Millis> {
        match self.state {
            State::Idle => None,
            State::Connecting { until, .. } | State::Waiting { until } => Some(until),
            State::Open { pong_by, .. } => pong_by,
        }
    }

    /// A deadline may have come.
    pub(crate) fn tick(&mut self, now: Millis) -> Option<SocketNews> {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return None;
        }
        match self.state {
            State::Idle => None,
            State::Waiting { .. } => self.dial(now),
            State::Connecting { .. } | State::Open { .. } => self.lost(now),
        }
    }

    /// The device may have slept: connects at once, or asks whether the server is still there.
    pub(crate) fn wake(&mut self, now: Millis) -> Option<SocketNews> {
        match &self.state {
            State::Idle | State::Connecting { .. } => None,
            State::Waiting { .. } => self.dial(now),
            State::Open { .. } => {
                self.ask(now);
                None
            }
        }
    }

    /// Hangs up and connects anew: whoever meets through the server sees this device go and come.
    pub(crate) fn renew(&mut self, now: Millis) -> Option<SocketNews> {
        if matches!(self.state, State::Idle) {
            return None;
        }
        let closed = self.is_open().then_some(SocketNews::Closed);
        closed.or(self.dial(now))
    }

    /// Somebody wants to know how long the way to the server takes: asks it, unless it was asked
    /// just now.
    pub(crate) fn measure(&mut self, now: Millis) {
        if now >= self.asked.0 + MEASURE_EVERY {
            self.ask(now);
        }
    }

    fn ask(&mut self, now: Millis) {
        if let State::Open { pong_by: pong_by @ None, .. } = &mut self.state {
            *pong_by = Some(now + PONG_WITHIN);
            self.asked = (now, false);
            self.send(&ClientMessage::Ping);
        }
    }

    /// Bytes that the browser has not sent yet.
    pub(crate) fn buffered(&self) -> u64 {
        match &self.state {
            State::Open { wire, .. } => wire.socket.buffered_amount().into(),
            State::Idle | State::Connecting { .. } | State::Waiting { .. } => 0,
        }
    }

    /// Takes in what a socket told. What an earlier attempt tells late is nothing.
    pub(crate) fn handle(
        &mut self,
        attempt: u64,
        rumour: Rumour,
        now: Millis,
    ) -> Option<SocketNews> {
        if attempt != self.attempt {
            return None;
        }
        match rumour {
            Rumour::Opened => self.opened(),
            Rumour::Closed => self.lost(now),
            Rumour::Heard(text) => self.heard(&text, now),
            Rumour::Oversized if self.is_open() => {
                // Whoever goes on like this is called less and less often.
                self.wait(now);
                Some(SocketNews::HungUp(Misconduct::Oversized))
            }
            Rumour::Oversized => None,
        }
    }

    fn opened(&mut self) -> Option<SocketNews> {
        match std::mem::replace(&mut self.state, State::Idle) {
            State::Connecting { wire, .. } => {
                self.state = State::Open { wire, pong_by: None };
                Some(SocketNews::Opened)
            }
            state @ (State::Idle | State::Open { .. } | State::Waiting { .. }) => {
                self.state = state;
                None
            }
        }
    }

    fn heard(&mut self, text: &str, now: Millis) -> Option<SocketNews> {
        let State::Open { pong_by, .. } = &mut self.state else { return None };
        let message = ServerMessage::decode(text);
        if message.is_ok() {
            *pong_by = None;
            // A server that only lets in and closes again has not answered anything yet.
            self.backoff.reset();
        }
        match message {
            Ok(ServerMessage::Ping) => {
                self.send(&ClientMessage::Pong);
                None
            }
            Ok(ServerMessage::Pong) => {
                let (since, answered) = self.asked;
                self.asked.1 = true;
                (!answered).then(|| SocketNews::Answered(now.saturating_sub(since)))
            }
            Ok(message) => Some(SocketNews::Said(message)),
            // A newer server may say what this version does not know.
            Err(DecodeError::UnknownType(_)) => None,
            Err(DecodeError::TooLong(_)) => Some(SocketNews::Caught(Misconduct::Oversized)),
            Err(DecodeError::NotJson(_) | DecodeError::BadField { .. }) => {
                Some(SocketNews::Caught(Misconduct::Unreadable))
            }
        }
    }

    fn lost(&mut self, now: Millis) -> Option<SocketNews> {
        let was_open = self.is_open();
        self.wait(now);
        was_open.then_some(SocketNews::Closed)
    }

    fn wait(&mut self, now: Millis) {
        self.attempt += 1;
        let until = now + self.backoff.failed(random::fraction());
        self.state = State::Waiting { until };
    }

    fn dial(&mut self, now: Millis) -> Option<SocketNews> {
        self.attempt += 1;
        match WebSocket::new(&self.address) {
            Ok(socket) => {
                let listeners = self.listen(&socket);
                let wire = Wire { listeners, socket };
                self.state = State::Connecting { wire, until: now + OPEN_WITHIN };
                None
            }
            Err(error) => {
                self.wait(now);
                Some(SocketNews::Refused(words(&error)))
            }
        }
    }

    fn listen(&self, socket: &WebSocket) -> Vec<EventListener> {
        let (attempt, tell) = (self.attempt, self.tell.clone());
        listen(socket, move |rumour| tell(attempt, rumour))
    }
}

/// Hears what happens to a WebSocket.
pub(crate) fn listen(
    socket: &WebSocket,
    tell: impl Fn(Rumour) + Clone + 'static,
) -> Vec<EventListener> {
    let on = |name: &'static str, rumour: fn(&web_sys::Event) -> Rumour| {
        let tell = tell.clone();
        EventListener::new(socket, name, move |event| tell(rumour(event)))
    };
    vec![
        on("open", |_| Rumour::Opened),
        on("close", |_| Rumour::Closed),
        on("message", |event| heard(&event.unchecked_ref::<MessageEvent>().data())),
    ]
}

/// What a message says, unless it is longer than any may be: that is not copied, since the memory
/// of a worker never shrinks. A unit of UTF-16 is at least a byte of UTF-8.
fn heard(data: &JsValue) -> Rumour {
    let text: Option<&JsString> = data.dyn_ref();
    let units = |text: &JsString| usize::try_from(text.length()).unwrap_or(usize::MAX);
    match text.filter(|text| units(text) <= limits::MESSAGE_BYTES) {
        Some(text) => Rumour::Heard(text.into()),
        None => Rumour::Oversized,
    }
}
