//! The model of a peer connection: an honest reliable channel.
//!
//! It delays, has a bandwidth and a finite buffer, delivers in order, and loses a *suffix at close*
//! and never its middle. Cut, it holds what was written; it heals within a while, or fails.

use std::collections::VecDeque;

use engine::LinkId;

/// Bytes that a channel buffers before the driver stops writing.
pub const HIGH_WATER: usize = 16 * 1024;
/// Milliseconds after which a cut is noticed.
pub const DISCONNECTED_AFTER: u64 = 5_000;
/// Milliseconds after which a cut is final.
pub const FAILED_AFTER: u64 = 20_000;
/// The version of the first description of each side; each that follows has one more.
pub const FIRST: u64 = 2;

/// One end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Whose.
    pub peer: usize,
    /// In which life of that peer.
    pub life: u32,
    /// By which name.
    pub link: LinkId,
}

/// What one end has written and the other has not received.
#[derive(Clone, Debug, Default)]
pub struct Direction {
    /// Messages on the way, oldest first.
    pub flight: VecDeque<Vec<u8>>,
    /// Bytes that have not left the buffer.
    pub buffered: usize,
    /// When the buffer is empty.
    pub busy_until: u64,
    /// When the last message arrives.
    pub last_arrival: u64,
}

/// How far offers and answers of a connection have come, at the end that offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Negotiation {
    /// The first offer is out.
    Called,
    /// No answer is due.
    Settled,
    /// An offer of another path is out.
    Seeking,
}

/// A connection.
#[derive(Clone, Debug)]
pub struct Wire {
    /// The offering end, and the other.
    pub ends: [End; 2],
    /// What is written by each.
    pub ways: [Direction; 2],
    /// False until the channels are open, and again when they are closed.
    pub open: bool,
    /// When that was.
    pub opened_at: Option<u64>,
    /// True for good.
    pub closed: bool,
    /// Since when nothing gets through, if that is so.
    pub cut_since: Option<u64>,
    /// How far offers and answers have come.
    pub negotiation: Negotiation,
    /// How often another path was looked for.
    pub restarts: u64,
    /// The version of the newest offer that was taken.
    pub offered: u64,
    /// How many answers followed the first.
    pub answers: u64,
    /// True if nobody is told of its death.
    pub silent: bool,
    /// True if somebody sits in between: nothing but greetings may go over it.
    pub tampered: bool,
    /// Milliseconds from end to end.
    pub delay: u64,
    /// Bytes a millisecond.
    pub rate: u64,
}

impl Wire {
    /// A connection that is about to open.
    #[must_use]
    pub fn new(ends: [End; 2], delay: u64, rate: u64) -> Wire {
        Wire {
            ends,
            ways: [Direction::default(), Direction::default()],
            open: false,
            opened_at: None,
            closed: false,
            cut_since: None,
            negotiation: Negotiation::Called,
            restarts: 0,
            offered: FIRST,
            answers: 0,
            silent: false,
            tampered: false,
            delay,
            rate,
        }
    }

    /// Which end a peer's link is, in its present life.
    #[must_use]
    pub fn side(&self, peer: usize, life: u32, link: LinkId) -> Option<usize> {
        self.ends.iter().position(|end| *end == End { peer, life, link })
    }

    /// Writes a message at `now`: gives when it has left the buffer and when it arrives.
    pub fn write(&mut self, side: usize, message: Vec<u8>, now: u64) -> (u64, u64) {
        let bytes = message.len();
        let way = &mut self.ways[side];
        let takes = u64::try_from(bytes).unwrap_or(u64::MAX) / self.rate;
        way.busy_until = way.busy_until.max(now) + takes;
        way.last_arrival = way.last_arrival.max(way.busy_until + self.delay);
        way.buffered += bytes;
        way.flight.push_back(message);
        (way.busy_until, way.last_arrival)
    }
}
