//! The network lab: what the connections of this device are made to be, for whoever wants to see
//! how messages wait. It can make them worse than they are, and never better.
//!
//! ```text
//!  engine ── has_room ──► Held ── after its time ──► data channel
//! ```
//! What waits here is written already, as far as the engine knows: as in a slow network. It is in
//! the memory of the worker that leads, so a page that is loaded again finds all as it is.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;

use engine::Millis;
use serde::{Deserialize, Serialize};

/// Bytes that one channel holds up at most; then nothing more is taken, as with a full buffer.
const HELD_BYTES: usize = 1024 * 1024;

/// How much worse than it is. The default changes nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Conditions {
    /// So many milliseconds each message waits before it goes.
    pub delay: u16,
    /// So many bytes a second a channel takes; 0 is as many as it can.
    pub pace: u32,
    /// So many of a hundred messages are lost, of those that may be: typing, and what is only live.
    pub loss: u8,
    /// No connection lasts, and none comes about.
    pub cut: bool,
}

impl Conditions {
    /// True if something is worse than it is.
    #[must_use]
    pub fn are_worse(&self) -> bool {
        *self != Self::default()
    }
}

/// The conditions of the moment, as leader and channels see them.
#[derive(Clone, Debug, Default)]
pub struct Lab(Rc<Cell<Conditions>>);

impl Lab {
    /// What holds now.
    #[must_use]
    pub fn get(&self) -> Conditions {
        self.0.get()
    }

    /// Something else holds from now on; gives what held.
    pub(crate) fn replace(&self, conditions: Conditions) -> Conditions {
        self.0.replace(conditions)
    }
}

/// What one channel holds up.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// When each goes, the first first.
    waiting: VecDeque<(Millis, Vec<u8>)>,
    bytes: usize,
    /// When the channel takes more, at its pace.
    free: Millis,
}

impl Held {
    /// True if nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// True if it takes a message.
    pub(crate) fn has_room(&self, conditions: Conditions, now: Millis) -> bool {
        (conditions.pace == 0 || self.free <= now) && self.bytes < HELD_BYTES
    }

    /// Takes a message. Gives it back if nothing holds it up: then it goes at once.
    pub(crate) fn put(
        &mut self,
        bytes: Vec<u8>,
        conditions: Conditions,
        now: Millis,
    ) -> Option<Vec<u8>> {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.free = match length.saturating_mul(1_000).checked_div(conditions.pace.into()) {
            Some(takes) => self.free.max(now).saturating_add(takes),
            None => 0,
        };
        // None overtakes another, whatever the delay was when that came.
        let last = self.waiting.back().map_or(0, |(due, _)| *due);
        let due = now.saturating_add(conditions.delay.into()).max(last);
        if due <= now && self.waiting.is_empty() {
            return Some(bytes);
        }
        self.bytes += bytes.len();
        self.waiting.push_back((due, bytes));
        None
    }

    /// Bytes that wait.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The next message whose time has come.
    pub(crate) fn next_due(&mut self, now: Millis) -> Option<Vec<u8>> {
        self.waiting.front().filter(|(due, _)| *due <= now)?;
        let (_, bytes) = self.waiting.pop_front()?;
        self.bytes -= bytes.len();
        Some(bytes)
    }

    /// When something is due, or the channel takes more.
    pub(crate) fn deadline(&self, conditions: Conditions, now: Millis) -> Option<Millis> {
        let free = (conditions.pace > 0 && self.free > now).then_some(self.free);
        self.waiting.front().map(|(due, _)| *due).into_iter().chain(free).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_it_is_nothing_waits() {
        let mut held = Held::default();
        let as_it_is = Conditions::default();
        assert!(!as_it_is.are_worse() && held.has_room(as_it_is, 5));
        assert_eq!(held.put(vec![1], as_it_is, 5), Some(vec![1]));
        assert_eq!((held.next_due(9), held.deadline(as_it_is, 5)), (None, None));
    }

    #[test]
    fn what_is_delayed_goes_in_order_also_when_the_delay_ends() {
        let slow = Conditions { delay: 100, ..Conditions::default() };
        let mut held = Held::default();
        assert_eq!(held.put(vec![1], slow, 0), None);
        assert_eq!(held.put(vec![2], Conditions::default(), 50), None, "it would overtake");
        assert_eq!((held.next_due(99), held.deadline(slow, 99)), (None, Some(100)));
        assert_eq!(held.next_due(100), Some(vec![1]));
        assert_eq!(held.next_due(100), Some(vec![2]));
        assert_eq!(held.put(vec![3], Conditions::default(), 101), Some(vec![3]));
    }

    #[test]
    fn a_channel_takes_more_at_its_pace_and_at_once_when_that_ends() {
        let paced = Conditions { pace: 1_000, ..Conditions::default() };
        let mut held = Held::default();
        assert_eq!(held.put(vec![0; 500], paced, 1_000), Some(vec![0; 500]));
        assert!(!held.has_room(paced, 1_499) && held.has_room(paced, 1_500));
        assert_eq!(held.deadline(paced, 1_000), Some(1_500));
        assert!(held.has_room(Conditions::default(), 1_001));
        assert_eq!(held.put(vec![0], Conditions::default(), 1_001), Some(vec![0]));
        assert!(held.has_room(paced, 1_001), "what it took at another pace is over");
    }

    #[test]
    fn i6_what_a_channel_holds_up_has_a_bound() {
        let slow = Conditions { delay: u16::MAX, ..Conditions::default() };
        let mut held = Held::default();
        let mut taken = 0;
        while held.has_room(slow, 0) {
            assert_eq!(held.put(vec![0; 16 * 1024], slow, 0), None);
            taken += 1;
        }
        assert_eq!(taken, 64);
    }
}
