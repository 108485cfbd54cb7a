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

use std::hint::select_unpredictable;

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

/// The most that a lane's rank can be: saturated, with the class's number. Control has no pass.
const MOST: [u64; Class::COUNT] = {
    let mut most = [0; Class::COUNT];
    let mut number = 0;
    while number < Class::DATA.len() {
        let class = Class::DATA[number].number();
        most[class as usize] = (NONE - NONE % RANK) | class as u64;
        number += 1;
    }
    most
};
/// More than every rank, and no class's number.
const NONE: u64 = u64::MAX;

/// FIFO lanes by class. Every call but [`Lanes::iter`] takes constant time, on the average over
/// many, however much waits. How much may wait is for the caller to bound: memory follows it, by
/// 64 slots for each 1 to 64 items that were put in one after another and still wait.
///
/// Source of the picking: Waldspurger and Weihl, "Stride scheduling: deterministic
/// proportional-share resource management", MIT/LCS/TM-528, 1995.
#[derive(Clone, Debug)]
pub struct Lanes<T> {
    chunks: Chunks<T>,
    /// How far each lane has been served, by its weight; plus its number.
    ranks: [u64; Class::COUNT],
    /// The ranks of the lanes in which something waits, so that the least says whose turn it is;
    /// [`NONE`] for the others.
    turns: [u64; Class::COUNT],
    /// The pass of the lane that was served last.
    pass: u64,
}

impl<T> Default for Lanes<T> {
    fn default() -> Self {
        let turns = [NONE; Class::COUNT];
        Lanes { chunks: Chunks::default(), ranks: [0, 1, 2, 3, 4, 5], turns, pass: 0 }
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
        self.turns == [NONE; Class::COUNT]
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
        let turn = |class: Class| match self.turns[class.index()] {
            NONE => NONE,
            turn => {
                let front = self.chunks.front(class.number());
                front.filter(|item| may(class, item)).map_or(NONE, |_| turn)
            }
        };
        Class::from_number(least(Class::ALL.map(turn))?)
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
        let moved = now.saturating_add(bytes.saturating_mul(STRIDES[index])).min(MOST[index]);
        let waits = self.turns[index] != NONE;
        self.ranks[index] = moved;
        self.turns[index] = select_unpredictable(waits, moved, NONE);
        self.pass = now - number;
    }

    /// Takes the item at the front of a lane.
    pub fn pop(&mut self, class: Class) -> Option<T> {
        let taken = self.chunks.pop(class.number())?;
        Some(self.note(taken))
    }

    /// Takes the item whose turn it is, and counts its bytes.
    pub fn pop_next(&mut self, bytes: impl FnOnce(&T) -> usize) -> Option<(Class, T)> {
        let lane = least(self.turns)?;
        let taken = self.chunks.pop(lane)?;
        let item = self.note(taken);
        self.serve(lane, bytes(&item));
        Some((Class::from_number(lane)?, item))
    }

    /// A lane that gets its first item has its turn now, and no claim from the time before.
    fn wake(&mut self, class: Class) {
        let index = class.index();
        // No branch, since it could not be foreseen.
        let waits = self.turns[index] != NONE;
        let now = select_unpredictable(waits, 0, self.pass | u64::from(class.number()));
        let rank = self.ranks[index].max(now).min(MOST[index]);
        self.ranks[index] = rank;
        self.turns[index] = rank;
    }

    /// Notes that an item was taken out, perhaps a lane's last.
    fn note(&mut self, Taken { item, lane, left }: Taken<T>) -> T {
        let turn = &mut self.turns[usize::from(lane)];
        *turn = select_unpredictable(left == 0, NONE, *turn);
        item
    }
}

/// The number of the class whose turn is the least.
fn least(turns: [u64; Class::COUNT]) -> Option<u8> {
    if planted(Planted::AgingRemoved) {
        return turns.iter().position(|turn| *turn != NONE)?.try_into().ok();
    }
    // All are compared, in pairs, so that no branch depends on which lanes are empty.
    let [control, urgent, normal, low, backfill, bulk] = turns;
    let least = control.min(urgent).min(normal.min(low)).min(backfill.min(bulk));
    // Without any, this is no class's number.
    let number = (least % RANK).try_into().ok()?;
    (usize::from(number) < Class::COUNT).then_some(number)
}

#[cfg(test)]
mod tests;
