//! Wires that take their time: each way has a rate, a delay and a small buffer, as a data channel
//! behind a slow line has. What is written while the buffer is full waits in the engine.

use std::collections::BTreeMap;

use engine::{Input, LinkId};

/// Bytes that a channel buffers before no more is written, as in browsers.
const HIGH_WATER: u64 = 16 * 1024;

/// A direction of a wire: who writes, and on which link.
type Way = (usize, LinkId);

/// All wires, of one rate.
pub struct Line {
    /// Bytes a millisecond, each way.
    rate: u64,
    /// Milliseconds from end to end.
    delay: u64,
    /// When all that was written has left, in microseconds.
    busy: BTreeMap<Way, u64>,
    /// What arrives when, in the order of writing; or that there may be room again.
    events: BTreeMap<(u64, u64), Option<(usize, Input)>>,
    written: u64,
}

impl Line {
    pub fn new(rate: u64, delay: u64) -> Line {
        Line { rate, delay, busy: BTreeMap::new(), events: BTreeMap::new(), written: 0 }
    }

    /// True if a way may be written to.
    pub fn has_room(&self, way: Way, now: u64) -> bool {
        let ahead = self.busy.get(&way).map_or(0, |busy| busy.saturating_sub(now * 1_000));
        ahead * self.rate < HIGH_WATER * 1_000
    }

    /// Something is written.
    pub fn send(&mut self, way: Way, length: usize, what: (usize, Input), now: u64) {
        let busy = self.busy.entry(way).or_default();
        let takes = u64::try_from(length).unwrap() * 1_000 / self.rate;
        *busy = (*busy).max(now * 1_000) + takes;
        let left = busy.div_ceil(1_000);
        self.written += 2;
        self.events.insert((left, self.written), None);
        self.events.insert((left + self.delay, self.written + 1), Some(what));
    }

    /// When something happens next.
    pub fn next(&self) -> Option<u64> {
        self.events.keys().next().map(|(at, _)| *at)
    }

    /// What has arrived.
    pub fn take(&mut self, now: u64) -> Vec<(usize, Input)> {
        let later = self.events.split_off(&(now + 1, 0));
        let due = std::mem::replace(&mut self.events, later);
        due.into_values().flatten().collect()
    }
}
