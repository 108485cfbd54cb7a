//! How connections do, as plain data: what the browser has measured of each, what is known of the
//! signaling server, and what a self-test has found.
//!
//! Nothing in here names anybody or anything: no address, no key. Only the words of a browser
//! ([`Finding::Refused`]) may, and they are for the screen alone.

use engine::{LinkId, Millis, RoomId, RtcState};
use serde::{Deserialize, Serialize};

use crate::lab::Conditions;

/// What there is to say of the ways that words take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LinkNews {
    /// A connection of a room was measured, after [`Client::survey`](crate::Client::survey).
    Path {
        /// The room.
        room: RoomId,
        /// The connection.
        link: LinkId,
        /// What was measured.
        path: Path,
    },
    /// The way to the signaling server was measured.
    Server(ServerPath),
    /// Connections are made worse than they are, or are as they are again; told at start and by
    /// every worker that leads.
    Conditions(Conditions),
}

/// What a browser says of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Path {
    /// How far it is.
    pub state: RtcState,
    /// Which way it goes; nothing before there is one, or if the browser does not say.
    pub route: Option<Route>,
    /// How long it last took there and back, if the browser says.
    pub round_trip: Option<Millis>,
    /// Bytes in its channels that the browser has not sent yet.
    pub buffered: u64,
}

/// Which way a connection goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Route {
    /// From browser to browser.
    Direct,
    /// Through a relay, which carries what it cannot read.
    Relayed,
}

/// What is known of the signaling socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerPath {
    /// How long the last question and its answer took.
    pub round_trip: Millis,
    /// Bytes that the browser has not sent yet.
    pub buffered: u64,
}

/// What a self-test tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// A WebSocket to the signaling server.
    Server,
    /// What others see of this device, as a STUN server says it.
    Stun,
    /// A place at a relay (TURN), with the account that the server hands out.
    Turn,
    /// Two connections of this page with each other.
    Loopback,
}

impl Check {
    /// All of them, in the order in which they are told.
    pub const ALL: [Check; 4] = [Check::Server, Check::Stun, Check::Turn, Check::Loopback];
}

/// What one of these has come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Finding {
    /// It works.
    Passed {
        /// How long it took until it did.
        millis: Millis,
        /// How long a word and its answer took, where there was one.
        round_trip: Option<Millis>,
    },
    /// There is nothing to try: none is configured, or none is offered.
    NotOffered,
    /// No answer has come in time.
    Silent {
        /// How long was waited.
        seconds: u32,
    },
    /// All was tried, and nothing was found.
    Nothing,
    /// It cannot be reached, or hangs up.
    Unreached,
    /// The browser does not do it.
    Refused {
        /// The browser's words.
        text: String,
    },
}
