//! The timer wheel: what waits for its time (expiry, schedule, retry), by the millisecond.
//!
//! ```text
//!  level 0   64 slots of    1 ms   the present 64 ms     expired ◄─ the first slot ─► lower levels
//!  level 1   64 slots of   64 ms   the present 4 s       an item comes down when the clock
//!  level 2   64 slots of 4096 ms   the present 4 min     enters its slot: at most 10 times
//! ```
//! A bitmap a level finds the next slot that is not empty, so a clock that jumps by years costs as
//! little as one that ticks: the work is that of the items, not of the time. The items lie in a
//! [`slab`] and do not move; a slot is a row of small records of them. What is cancelled leaves its
//! record behind, until those of a slot outnumber what waits there.

mod slab;

pub use slab::Timer;

use crate::io::Millis;
use slab::Slab;

/// Bits of the time that one level is about.
const BITS: u32 = 6;
/// Slots of a level.
const SLOTS: usize = 1 << BITS;
/// Enough levels for every time there is.
const LEVELS: usize = 11;
/// The slot of what was put in when its time had come already. Those of level 0 come after it.
const DUE: usize = 0;
/// Up to so many items of a slot are looked at for the earliest.
const LOOKED_AT: usize = 16;
/// An empty slot keeps room for so many records.
const KEPT: usize = 16;

/// The wheel holds as much as it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no more than {most} things can wait for their time")]
pub struct Full {
    /// How much it may hold.
    pub most: usize,
}

/// An item of a slot, or what is left of it: then its ticket is void.
#[derive(Clone, Copy, Debug)]
struct Record {
    at: Millis,
    timer: Timer,
}

#[derive(Clone, Debug, Default)]
struct Slot {
    records: Vec<Record>,
    /// Records whose items wait. Without any there are no records.
    live: usize,
    /// No item comes before this time; one comes at it, unless many wait and that was cancelled.
    earliest: Millis,
}

impl Slot {
    fn push(&mut self, record: Record) {
        self.earliest = if self.live == 0 { record.at } else { self.earliest.min(record.at) };
        self.live += 1;
        self.records.push(record);
    }

    /// The slot is empty: it keeps little room.
    fn keep(&mut self, mut records: Vec<Record>) {
        records.clear();
        if records.capacity() <= KEPT {
            self.records = records;
        }
    }
}

/// Items by their time. Putting in, taking out and moving take constant time, on the average over
/// many, however many wait. Memory: twice a record (16 bytes) for each that waits, the room of the
/// most items that ever waited at once, and 320 bytes for each slot that was ever used (of 705).
///
/// Source: Varghese and Lauck, "Hashed and hierarchical timing wheels: data structures for the
/// efficient implementation of a timer facility", SOSP 1987, scheme 7.
#[derive(Clone, Debug)]
pub struct Wheel<T> {
    items: Slab<(Millis, T)>,
    /// [`DUE`], then level by level, as far as they were ever needed.
    slots: Vec<Slot>,
    /// A bit for each slot of each level that is not empty.
    filled: [u64; LEVELS],
    /// All up to here has expired. It never goes back.
    now: Millis,
    most: usize,
}

impl<T> Wheel<T> {
    /// An empty wheel that takes up to `most` items (and at most 2^32 - 1), whose clock stands at
    /// `now`, in milliseconds of any clock.
    #[must_use]
    pub fn new(now: Millis, most: usize) -> Wheel<T> {
        Wheel { items: Slab::new(), slots: Vec::new(), filled: [0; LEVELS], now, most }
    }

    /// How many items wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// True if nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.len() == 0
    }

    /// Where its clock stands.
    #[must_use]
    pub fn now(&self) -> Millis {
        self.now
    }

    /// Puts an item in; if its time has come already, it is first at the next [`Wheel::expire`].
    ///
    /// # Errors
    /// If the wheel is full: nothing is changed.
    pub fn insert(&mut self, at: Millis, item: T) -> Result<Timer, Full> {
        let full = Full { most: self.most };
        if self.items.len() >= self.most {
            return Err(full);
        }
        let timer = self.items.insert((at, item)).ok_or(full)?;
        self.place(Record { at, timer });
        Ok(timer)
    }

    /// The item that a ticket names, and its time; `None` if it no longer waits.
    #[must_use]
    pub fn of(&self, timer: Timer) -> Option<(Millis, &T)> {
        self.items.of(timer).map(|(at, item)| (*at, item))
    }

    /// Takes an item out; `None` if it no longer waits.
    pub fn cancel(&mut self, timer: Timer) -> Option<T> {
        let (at, item) = self.items.remove(timer)?;
        let number = self.slot_of(at);
        if let Some(slot) = self.slots.get_mut(number) {
            slot.live = slot.live.saturating_sub(1);
            let few = slot.live <= LOOKED_AT && at == slot.earliest;
            if slot.live == 0 {
                let records = std::mem::take(&mut slot.records);
                slot.keep(records);
                self.mark(number, false);
            } else if few || slot.records.len() > 2 * slot.live {
                self.compact(number);
            }
        }
        Some(item)
    }

    /// Gives an item another time, as if it were put in now. The ticket that names it from now
    /// on; `None` if it no longer waits.
    pub fn move_to(&mut self, timer: Timer, at: Millis) -> Option<Timer> {
        let item = self.cancel(timer)?;
        self.insert(at, item).ok()
    }

    /// When to call [`Wheel::expire`]: never after the earliest item's time. It is that time
    /// unless it was that of one of many that lie close together and was cancelled; then it may be
    /// before, and expiring, which gives nothing yet, brings them closer.
    #[must_use]
    pub fn next(&self) -> Option<Millis> {
        let earliest = |slot: &Slot| (slot.live > 0).then_some(slot.earliest);
        if self.slots.get(DUE).is_some_and(|slot| slot.live > 0) {
            return Some(self.now);
        }
        self.slots.get(self.first_slot()?.0).and_then(earliest)
    }

    /// Moves the clock on and gives everything whose time has come: by time, and what has the same
    /// time in the order in which it was put in. What was due when it was put in comes before. A
    /// clock that goes back counts as one that stands.
    pub fn expire(&mut self, now: Millis, mut give: impl FnMut(T)) {
        if self.slots.get(DUE).is_some_and(|slot| slot.live > 0) {
            self.enter(DUE, self.now, &mut give);
        }
        while let Some((slot, start, end)) = self.first_slot()
            && start <= now
        {
            // Nothing else is ahead of the clock in this slot's time, so it may go on inside.
            self.now = now.min(end);
            self.enter(slot, self.now, &mut give);
        }
        self.now = self.now.max(now);
    }

    /// The clock has come to `now`, in this slot: what is due is given, the rest comes down.
    fn enter(&mut self, number: usize, now: Millis, give: &mut impl FnMut(T)) {
        let Some(slot) = self.slots.get_mut(number) else { return };
        let (mut records, live) = (std::mem::take(&mut slot.records), slot.live);
        slot.live = 0;
        self.mark(number, false);
        let all_live = live == records.len();
        records.retain(|record| {
            let due = record.at <= now;
            if !due && (all_live || self.items.of(record.timer).is_some()) {
                self.place(*record);
            }
            due
        });
        records.sort_by_key(|record| record.at);
        for record in &records {
            if let Some((_, item)) = self.items.remove(record.timer) {
                give(item);
            }
        }
        if let Some(slot) = self.slots.get_mut(number) {
            slot.keep(records);
        }
    }

    /// Drops the records of a slot that are void.
    fn compact(&mut self, number: usize) {
        let Some(slot) = self.slots.get_mut(number) else { return };
        slot.records.retain(|record| self.items.of(record.timer).is_some());
        slot.earliest = slot.records.iter().map(|record| record.at).min().unwrap_or(Millis::MAX);
        if slot.records.capacity() > KEPT.max(4 * slot.live) {
            slot.records.shrink_to(2 * slot.live);
        }
    }

    fn place(&mut self, record: Record) {
        let number = self.slot_of(record.at);
        self.mark(number, true);
        if self.slots.len() <= number {
            self.slots.resize_with(number + 1, Slot::default);
        }
        self.slots[number].push(record);
    }

    /// Where an item of this time is: in the level of the highest digit (in base 64) in which its
    /// time differs from the clock, and there in the slot of that digit. That stays so until the
    /// clock enters the slot.
    fn slot_of(&self, at: Millis) -> usize {
        if at <= self.now {
            return DUE;
        }
        let level = (at ^ self.now).ilog2() / BITS;
        // The mask keeps it below 64.
        let digit = ((at >> (level * BITS)) & (SLOTS as u64 - 1)).try_into().unwrap_or(0);
        number_of(level, digit)
    }

    /// The slot that comes first, its first millisecond and its last. All slots of a level are
    /// ahead of the clock, and those of a lower level come before those of a higher one.
    fn first_slot(&self) -> Option<(usize, Millis, Millis)> {
        let (level, filled) = (0..).zip(self.filled).find(|(_, filled)| *filled != 0)?;
        let digit = filled.trailing_zeros();
        let shift = level * BITS;
        let above = self.now.checked_shr(shift + BITS).unwrap_or(0);
        let start = above.checked_shl(shift + BITS).unwrap_or(0) | (u64::from(digit) << shift);
        Some((number_of(level, digit as usize), start, start | ((1 << shift) - 1)))
    }

    /// Notes whether a slot is empty.
    fn mark(&mut self, number: usize, filled: bool) {
        let Some(number) = number.checked_sub(1) else { return };
        let bit = 1 << (number % SLOTS);
        match filled {
            true => self.filled[number / SLOTS] |= bit,
            false => self.filled[number / SLOTS] &= !bit,
        }
    }
}

fn number_of(level: u32, digit: usize) -> usize {
    1 + level as usize * SLOTS + digit
}

#[cfg(test)]
mod tests;
