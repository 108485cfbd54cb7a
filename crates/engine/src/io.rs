//! The whole boundary between the engine and the world: what comes in, what goes out.
//!
//! ```text
//!  handle(Input, Now) ──►  Engine  ──► poll_output()   -> Output   until None
//!  command(Command, Now) ─►        ──► poll_transmit() -> bytes    while a channel has room
//!                                  ──► deadline()      -> Millis   call handle(Input::Tick) then
//! ```
//! Transmitting makes room and may cause outputs: poll for them again afterwards.
//! A driver carries these out in order and takes no decision of its own.

pub mod simulation;

use protocol::{ClientMessage, ServerMessage};
use serde::{Deserialize, Serialize};

use crate::ids::LinkId;
use crate::view::Event;

/// Milliseconds, on whichever clock the field says.
pub type Millis = u64;

/// What time it is, on both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds since some fixed moment; never goes back. All deadlines are on this clock.
    pub mono: Millis,
    /// Milliseconds since 1970 as the device believes it; only ever shown, never decided on.
    pub wall: Millis,
}

/// Something that happened in the world.
#[derive(Clone, Debug)]
pub enum Input {
    /// The signaling socket is open. Everything known about peers there is void.
    SignalOpened,
    /// The signaling socket is gone. Links live on.
    SignalClosed,
    /// The signaling server said something.
    Signal(ServerMessage),
    /// A batch is stored, with the durability that was asked for.
    Committed(BatchId),
    /// A batch is not stored, or nobody knows: the engine reads the truth again.
    CommitFailed(BatchId, StoreFault),
    /// The answer to a scan.
    Scanned(ScanId, Result<Vec<Record>, StoreFault>),
    /// `RTCPeerConnection` made a local description: to be sealed and sent.
    RtcDescription {
        /// The connection.
        link: LinkId,
        /// Offer or answer.
        kind: SdpKind,
        /// The description.
        sdp: String,
    },
    /// `RTCPeerConnection` found a local candidate, as the JSON of `RTCIceCandidateInit`.
    RtcCandidate {
        /// The connection.
        link: LinkId,
        /// The candidate.
        candidate: String,
    },
    /// The connection's state changed.
    RtcState {
        /// The connection.
        link: LinkId,
        /// Its state now.
        state: RtcState,
    },
    /// A data channel can be written.
    ChannelOpen {
        /// The connection it belongs to.
        link: LinkId,
        /// Which of the three.
        channel: Channel,
    },
    /// A data channel is gone.
    ChannelClosed {
        /// The connection it belonged to.
        link: LinkId,
        /// Which of the three.
        channel: Channel,
    },
    /// A message of a data channel.
    Frame {
        /// The connection.
        link: LinkId,
        /// Which of the three.
        channel: Channel,
        /// What came.
        bytes: Vec<u8>,
    },
    /// The device may have slept or changed networks: `online`, `visibilitychange`, `pageshow`.
    Wake,
    /// The deadline has come, or a driver is unsure whether it has: always harmless.
    Tick,
}

/// Something that a driver has to do.
#[derive(Clone, Debug)]
pub enum Output {
    /// Send this over the signaling socket, if it is open; drop it otherwise.
    Signal(ClientMessage),
    /// Store all of this in one transaction, or none, then say so. One batch is out at a time.
    Commit {
        /// Names the batch in the answer.
        batch: BatchId,
        /// The changes, in order.
        ops: Vec<StoreOp>,
        /// How sure to be before saying so.
        durability: Durability,
    },
    /// Read records of one table, in key order.
    Scan(Scan),
    /// Do this with the `RTCPeerConnection` of a link.
    Rtc {
        /// The connection.
        link: LinkId,
        /// What to do.
        call: RtcCall,
    },
    /// Tell every page that shows this room.
    Event(Event),
}

/// Names a batch; grows by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BatchId(pub u64);

/// Names a scan; grows by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ScanId(pub u64);

/// The object stores. Keys are bytes, compared bytewise, and begin with the 32 bytes of the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Table {
    /// Keyrings and settings, one record a room, by room id.
    Rooms,
    /// Runs, byte for byte as signed: room, log, first seq.
    Runs,
    /// One small record a run: room, last lamport, log, first seq.
    Timeline,
    /// What is derived from runs and registers.
    Projections,
    /// What only this device knows.
    State,
}

/// A change to the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreOp {
    /// Insert or replace.
    Put(Table, Vec<u8>, Vec<u8>),
    /// Remove, if it is there.
    Delete(Table, Vec<u8>),
}

/// A key and its value.
pub type Record = (Vec<u8>, Vec<u8>);

/// A read of records with `from <= key < to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// Names the scan in the answer.
    pub scan: ScanId,
    /// Where to read.
    pub table: Table,
    /// The first key, inclusive.
    pub from: Vec<u8>,
    /// The end, exclusive.
    pub to: Vec<u8>,
    /// From the end down, instead of from the start up.
    pub descending: bool,
    /// At most so many records.
    pub limit: u32,
}

/// How sure the store has to be before it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// On the disk: own entries and everything received live.
    Strict,
    /// In the operating system's hands: backfill.
    Relaxed,
}

/// Why the store did not do it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum StoreFault {
    /// The browser gives no more space.
    #[error("the browser gives this page no more storage space")]
    Full,
    /// Another tab has taken over; this worker must not write again.
    #[error("another tab has taken over the storage")]
    Fenced,
    /// Everything else, in the browser's words.
    #[error("the browser's storage failed: {0}")]
    Failed(String),
}

/// Offer or answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SdpKind {
    /// The side that creates the channels.
    Offer,
    /// The other side.
    Answer,
}

/// `RTCPeerConnection.connectionState`, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RtcState {
    /// `new` or `connecting`
    Connecting,
    /// `connected`
    Connected,
    /// `disconnected`: may heal by itself
    Disconnected,
    /// `failed` or `closed`: will not heal
    Failed,
}

/// What to do with a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RtcCall {
    /// Make an `RTCPeerConnection`; the offerer also makes the three channels and its offer.
    Open {
        /// True for the side that offers and creates the channels.
        offerer: bool,
        /// True for the side that yields when both offer at once (later, on restarts).
        polite: bool,
        /// True if it has to go through a relay, or not to be.
        relay_only: bool,
    },
    /// A remote description came, gated and authenticated.
    Remote {
        /// Offer or answer.
        kind: SdpKind,
        /// The description.
        sdp: String,
    },
    /// A remote candidate came, authenticated: the JSON of `RTCIceCandidateInit`.
    Candidate(String),
    /// Find a new path for the same connection.
    RestartIce,
    /// Close it and its channels, and forget it.
    Close,
}

/// The three data channels of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Channel {
    /// Ordered and reliable: everything but attachments, typing and live words.
    Messages,
    /// Ordered and reliable: attachments.
    Bulk,
    /// Unordered, never repeated: typing and live words.
    Ephemeral,
}

impl Channel {
    /// All of them, in the order they are created.
    pub const ALL: [Channel; 3] = [Channel::Messages, Channel::Bulk, Channel::Ephemeral];

    /// The label on the wire.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Channel::Messages => "messages",
            Channel::Bulk => "bulk",
            Channel::Ephemeral => "ephemeral",
        }
    }

    /// The channel with this label.
    #[must_use]
    pub fn from_label(label: &str) -> Option<Channel> {
        Channel::ALL.into_iter().find(|channel| channel.label() == label)
    }
}
