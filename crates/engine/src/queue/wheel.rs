//! The timer wheel: what waits for its time (expiry, schedule, retry), by the millisecond.
//!
//! ```text
//!  level 0   64 slots of    1 ms   the present 64 ms      due ◄─ level 0 ◄─ level 1 ◄─ level 2 …
//!  level 1   64 slots of   64 ms   the present 4 s        an item comes down a level when the
//!  level 2   64 slots of 4096 ms   the present 4 min      clock enters its slot: at most 10 times
//! ```
//! A bitmap a level finds the next slot that is not empty, so a clock that jumps by years costs as
//! little as one that ticks: the work is that of the items, not of the time.

use super::lists::{Lists, Ticket};
use crate::io::Millis;

/// Bits of the time that one level is about.
const BITS: u32 = 6;
/// Slots of a level.
const SLOTS: u16 = 1 << BITS;
/// Enough levels for every time there is.
const LEVELS: u16 = 11;
/// The list of what was put in when its time had come already.
const DUE: u16 = LEVELS * SLOTS;
/// Up to so many items of the first slot are looked at for the earliest.
const LOOKED_AT: usize = 16;

/// The wheel holds as much as it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no more than {most} things can wait for their time")]
pub struct Full {
    /// How much it may hold.
    pub most: usize,
}

#[derive(Clone, Debug)]
struct Timed<T> {
    at: Millis,
    item: T,
}

/// Items by their time. Putting in, taking out and moving take constant time, however many wait.
///
/// Source: Varghese and Lauck, "Hashed and hierarchical timing wheels: data structures for the
/// efficient implementation of a timer facility", SOSP 1987, scheme 7.
#[derive(Clone, Debug)]
pub struct Wheel<T> {
    lists: Lists<Timed<T>>,
    /// A bit for each slot of each level that is not empty.
    filled: [u64; LEVELS as usize],
    /// All up to here has expired. It never goes back.
    now: Millis,
    most: usize,
}

impl<T> Wheel<T> {
    /// An empty wheel that takes up to `most` items and whose clock stands at `now`.
    #[must_use]
    pub fn new(now: Millis, most: usize) -> Wheel<T> {
        Wheel { lists: Lists::new(DUE + 1), filled: [0; LEVELS as usize], now, most }
    }

    /// How many items wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lists.len()
    }

    /// True if nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lists.len() == 0
    }

    /// Puts an item in; if its time has come already, it is first at the next [`Wheel::expire`].
    ///
    /// # Errors
    /// If the wheel is full: nothing is changed.
    pub fn insert(&mut self, at: Millis, item: T) -> Result<Ticket, Full> {
        if self.lists.len() >= self.most {
            return Err(Full { most: self.most });
        }
        let list = self.list_of(at);
        self.fill(list);
        Ok(self.lists.push(list, Timed { at, item }))
    }

    /// The item that a ticket names, and its time; `None` if it no longer waits.
    #[must_use]
    pub fn of(&self, ticket: Ticket) -> Option<(Millis, &T)> {
        self.lists.of(ticket).map(|(_, timed)| (timed.at, &timed.item))
    }

    /// Takes an item out; `None` if it no longer waits.
    pub fn cancel(&mut self, ticket: Ticket) -> Option<T> {
        let (list, timed) = self.lists.remove(ticket)?;
        self.note_emptied(list);
        Some(timed.item)
    }

    /// Gives an item another time, as if it were put in now. False if it no longer waits. Its
    /// ticket stays good.
    pub fn move_to(&mut self, ticket: Ticket, at: Millis) -> bool {
        let list = self.list_of(at);
        let Some(timed) = self.lists.of_mut(ticket) else { return false };
        timed.at = at;
        self.relist(ticket, list);
        true
    }

    /// When to call [`Wheel::expire`]: never after the earliest item's time. It is that time
    /// unless many items lie close together far ahead; then it is before, and expiring, which
    /// gives nothing yet, brings them closer.
    #[must_use]
    pub fn next(&self) -> Option<Millis> {
        let earliest = |list| self.lists.iter(list).map(|timed| timed.at).min();
        if self.lists.len_of(DUE) > 0 {
            return Some(self.now);
        }
        let (list, start) = self.first_slot()?;
        if self.lists.len_of(list) <= LOOKED_AT { earliest(list) } else { Some(start) }
    }

    /// Moves the clock on and takes out everything whose time has come: by time, and what has the
    /// same time in the order in which it was put in. A clock that goes back counts as one that
    /// stands.
    #[must_use]
    pub fn expire(&mut self, now: Millis) -> Vec<T> {
        let mut late: Vec<Timed<T>> = std::iter::from_fn(|| self.lists.pop(DUE)).collect();
        late.sort_by_key(|timed| timed.at);
        let mut expired: Vec<T> = late.into_iter().map(|timed| timed.item).collect();
        while let Some((list, start)) = self.first_slot().filter(|(_, start)| *start <= now) {
            self.now = self.now.max(start);
            if list < SLOTS {
                expired.extend(std::iter::from_fn(|| self.lists.pop(list)).map(|timed| timed.item));
                self.note_emptied(list);
            } else {
                self.enter(list, now, &mut expired);
            }
        }
        self.now = self.now.max(now);
        expired
    }

    /// The clock has entered a slot: its items go to the levels below, in their order. Those whose
    /// time is the slot's first millisecond have expired; so has one that is alone and due.
    fn enter(&mut self, slot: u16, now: Millis, expired: &mut Vec<T>) {
        if self.lists.len_of(slot) == 1
            && let Some(at) = self.lists.front(slot).map(|timed| timed.at).filter(|at| *at <= now)
        {
            self.now = at;
        }
        for _ in 0..self.lists.len_of(slot) {
            let Some(ticket) = self.lists.first(slot) else { break };
            let list = self.lists.front(slot).map_or(DUE, |timed| self.list_of(timed.at));
            if list == DUE {
                expired.extend(self.lists.pop(slot).map(|timed| timed.item));
            } else {
                self.relist(ticket, list);
            }
        }
        self.note_emptied(slot);
    }

    /// Where an item of this time belongs: the level of the highest digit (in base 64) in which
    /// its time differs from the clock, and there the slot of that digit.
    fn list_of(&self, at: Millis) -> u16 {
        if at <= self.now {
            return DUE;
        }
        let level = (at ^ self.now).ilog2() / BITS;
        let digit = (at >> (level * BITS)) & u64::from(SLOTS - 1);
        // Both are below 64.
        u16::try_from(u64::from(level) * u64::from(SLOTS) + digit).unwrap_or(DUE)
    }

    /// The slot that comes first, and its first millisecond. All slots of a level are ahead of the
    /// clock, and those of a lower level come before those of a higher one.
    fn first_slot(&self) -> Option<(u16, Millis)> {
        let (level, filled) = (0u16..).zip(self.filled).find(|(_, filled)| *filled != 0)?;
        let digit = filled.trailing_zeros();
        let shift = u32::from(level) * BITS;
        let above = self.now.checked_shr(shift + BITS).unwrap_or(0);
        let start = above.checked_shl(shift + BITS).unwrap_or(0) | (u64::from(digit) << shift);
        Some((level * SLOTS + u16::try_from(digit).unwrap_or(0), start))
    }

    fn relist(&mut self, ticket: Ticket, list: u16) {
        self.fill(list);
        if let Some(from) = self.lists.move_to(ticket, list) {
            self.note_emptied(from);
        }
    }

    fn fill(&mut self, list: u16) {
        if let Some(level) = self.filled.get_mut(usize::from(list / SLOTS)) {
            *level |= 1 << (list % SLOTS);
        }
    }

    fn note_emptied(&mut self, list: u16) {
        if self.lists.len_of(list) == 0
            && let Some(level) = self.filled.get_mut(usize::from(list / SLOTS))
        {
            *level &= !(1 << (list % SLOTS));
        }
    }
}

#[cfg(test)]
mod tests;
