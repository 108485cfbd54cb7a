//! The lanes of a link: what waits for its turn, by class.
//!
//! ```text
//!  control   ██        strictly first
//!  urgent    █         the rest by stride scheduling: each byte taken moves a lane's pass on by
//!  normal    ███       1 / weight, and the lane with the lowest pass is next
//!  low … bulk ██████
//! ```
//! A lane that wakes starts at the pass of the last one served, so it is next at once but cannot
//! save up a claim; and every lane's turn comes (I7).

mod chunks;

pub use chunks::Ticket;

use super::class::Class;
use crate::simulation::{Planted, planted};
use chunks::{Chunks, Taken};

/// A pass is a multiple of this, so that a class's number fits below it.
const RANK: u64 = 8;
const _: () = assert!((Class::COUNT as u64) < RANK);

/// How far one byte moves the pass of a lane of each class: the inverse of its weight. Control is
/// strictly first and has no pass: what goes before the others costs none of them its turn.
const STRIDES: [u64; Class::COUNT] = {
    let mut strides = [0; Class::COUNT];
    let mut number = 0;
    while number < Class::DATA.len() {
        let class = Class::DATA[number];
        strides[class.number() as usize] = RANK * Class::Control.weight() / class.weight();
        number += 1;
    }
    strides
};

/// FIFO lanes by class. Every call but [`Lanes::iter`] takes constant time, on the average over
/// many, however much waits. How much may wait is for the caller to bound: memory follows it, by
/// 64 slots for each 1 to 64 items that were put in one after another and still wait.
///
/// Source of the picking: Waldspurger and Weihl, "Stride scheduling: deterministic
/// proportional-share resource management", MIT/LCS/TM-528, 1995.
#[derive(Clone, Debug)]
pub struct Lanes<T> {
    chunks: Chunks<T>,
    /// A bit for each lane that is not empty.
    filled: u8,
    /// How far each lane has been served, by its weight; plus its number, so that the least of
    /// these says whose turn it is.
    ranks: [u64; Class::COUNT],
    /// The pass of the lane that was served last.
    pass: u64,
}

impl<T> Default for Lanes<T> {
    fn default() -> Self {
        Lanes { chunks: Chunks::default(), filled: 0, ranks: [0, 1, 2, 3, 4, 5], pass: 0 }
    }
}

impl<T> Lanes<T> {
    /// Items in all lanes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.chunks.len()
    }

    /// True if nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.filled == 0
    }

    /// Items in one lane.
    #[must_use]
    pub fn depth(&self, class: Class) -> usize {
        self.chunks.len_of(class.number())
    }

    /// The items of a lane in their order, with their tickets. Takes as long as the lane is.
    pub fn iter(&self, class: Class) -> impl Iterator<Item = (Ticket, &T)> {
        self.chunks.iter(class.number())
    }

    /// Puts an item at the end of its lane. The ticket names it until it is taken out.
    pub fn push(&mut self, class: Class, item: T) -> Ticket {
        self.wake(class);
        self.chunks.push(class.number(), item)
    }

    /// Puts an item at the front of its lane: one that was taken and is not used after all.
    pub fn put_back(&mut self, class: Class, item: T) -> Ticket {
        self.wake(class);
        self.chunks.push_front(class.number(), item)
    }

    /// The item that a ticket names, and its class; `None` if it no longer waits.
    #[must_use]
    pub fn of(&self, ticket: Ticket) -> Option<(Class, &T)> {
        let (lane, item) = self.chunks.of(ticket)?;
        Some((Class::from_number(lane)?, item))
    }

    /// Takes an item out, wherever it waits; `None` if it no longer does.
    pub fn cancel(&mut self, ticket: Ticket) -> Option<T> {
        let taken = self.chunks.remove(ticket)?;
        Some(self.note(taken))
    }

    /// Moves an item to the end of another lane; in its own lane it keeps its place. The ticket
    /// that names it from now on; `None` if it no longer waits.
    pub fn reclass(&mut self, ticket: Ticket, class: Class) -> Option<Ticket> {
        let (from, _) = self.of(ticket)?;
        if from == class {
            return Some(ticket);
        }
        let item = self.cancel(ticket)?;
        Some(self.push(class, item))
    }

    /// The class whose turn it is, among those whose first item `may` be served.
    #[must_use]
    pub fn next(&self, may: impl Fn(Class, &T) -> bool) -> Option<Class> {
        let may = |class: &Class| {
            let waits = self.filled & (1 << class.number()) != 0;
            waits && self.chunks.front(class.number()).is_some_and(|item| may(*class, item))
        };
        let ready = Class::ALL.into_iter().filter(may);
        let ready = ready.fold(0, |ready, class| ready | (1 << class.number()));
        Class::from_number(self.turn(ready)?)
    }

    /// The number of the class whose turn it is among these lanes, which are not empty.
    fn turn(&self, ready: u8) -> Option<u8> {
        if planted(Planted::AgingRemoved) {
            return (ready != 0).then(|| ready.trailing_zeros().try_into().ok())?;
        }
        // All lanes are compared, in pairs, so that no branch depends on which of them are filled.
        let rank = |class: Class| {
            let waits = u64::from(ready >> class.number() & 1);
            self.ranks[class.index()] | waits.wrapping_sub(1)
        };
        let control = u64::from(ready & 1).wrapping_sub(1);
        let low = control.min(rank(Class::Urgent)).min(rank(Class::Normal));
        let high = rank(Class::Low).min(rank(Class::Backfill)).min(rank(Class::Bulk));
        // Without any, this is no class's number.
        let number = (low.min(high) % RANK).try_into().ok()?;
        (usize::from(number) < Class::COUNT).then_some(number)
    }

    /// The item at the front of a lane.
    #[must_use]
    pub fn front_mut(&mut self, class: Class) -> Option<&mut T> {
        self.chunks.front_mut(class.number())
    }

    /// Counts bytes that were taken from a lane.
    pub fn served(&mut self, class: Class, bytes: usize) {
        self.serve(class.number(), bytes);
    }

    fn serve(&mut self, lane: u8, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let (index, number) = (usize::from(lane), u64::from(lane));
        // A lane that could not be served for want of credit must not catch up at others' cost.
        let now = self.ranks[index].max(self.pass | number);
        let moved = now.saturating_add(bytes.saturating_mul(STRIDES[index]));
        self.ranks[index] = moved.min((u64::MAX - u64::MAX % RANK) | number);
        self.pass = now - number;
    }

    /// Takes the item at the front of a lane.
    pub fn pop(&mut self, class: Class) -> Option<T> {
        let taken = self.chunks.pop(class.number())?;
        Some(self.note(taken))
    }

    /// Takes the item whose turn it is, and counts its bytes.
    pub fn pop_next(&mut self, bytes: impl FnOnce(&T) -> usize) -> Option<(Class, T)> {
        let lane = self.turn(self.filled)?;
        let taken = self.chunks.pop(lane)?;
        let item = self.note(taken);
        self.serve(lane, bytes(&item));
        Some((Class::from_number(lane)?, item))
    }

    /// A lane that gets its first item has its turn now, and no claim from the time before.
    fn wake(&mut self, class: Class) {
        let (number, rank) = (class.number(), &mut self.ranks[class.index()]);
        // All ones if it is empty: a mask, since a branch could not be foreseen.
        let empty = u64::from(self.filled >> number & 1).wrapping_sub(1);
        *rank = (*rank).max((self.pass & empty) | u64::from(number));
        self.filled |= 1 << number;
    }

    /// Notes that an item was taken out, perhaps a lane's last.
    fn note(&mut self, Taken { item, lane, left }: Taken<T>) -> T {
        self.filled &= !(u8::from(left == 0) << lane);
        item
    }
}

#[cfg(test)]
mod tests;
