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

use super::class::Class;
use super::lists::{Lists, Ticket};
use crate::simulation::{Planted, planted};

/// How far one byte moves the pass of a lane of each class: the inverse of its weight.
const STRIDES: [u64; Class::COUNT] = {
    let mut strides = [0; Class::COUNT];
    let mut number = 0;
    while number < Class::COUNT {
        strides[number] = Class::Control.weight() / Class::ALL[number].weight();
        number += 1;
    }
    strides
};

/// FIFO lanes by class. Every call takes constant time, however much waits; how much may wait is
/// for the caller to bound.
///
/// Source of the picking: Waldspurger and Weihl, "Stride scheduling: deterministic
/// proportional-share resource management", MIT/LCS/TM-528, 1995.
#[derive(Clone, Debug)]
pub struct Lanes<T> {
    lists: Lists<T>,
    /// A bit for each lane that is not empty.
    filled: u8,
    /// How far each lane has been served, by its weight.
    passes: [u64; Class::COUNT],
    /// The pass of the lane that was served last.
    pass: u64,
}

impl<T> Default for Lanes<T> {
    fn default() -> Self {
        let lists = Lists::new(Class::ALL.len().try_into().unwrap_or(u16::MAX));
        Lanes { lists, filled: 0, passes: [0; Class::COUNT], pass: 0 }
    }
}

fn lane(class: Class) -> u16 {
    u16::from(class.number())
}

impl<T> Lanes<T> {
    /// Items in all lanes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lists.len()
    }

    /// True if nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.filled == 0
    }

    /// Items in one lane.
    #[must_use]
    pub fn depth(&self, class: Class) -> usize {
        self.lists.len_of(lane(class))
    }

    /// The items of a lane in their order. Takes as long as the lane is.
    pub fn iter(&self, class: Class) -> impl Iterator<Item = &T> {
        self.lists.iter(lane(class))
    }

    /// Puts an item at the end of its lane. The ticket names it until it is taken out.
    pub fn push(&mut self, class: Class, item: T) -> Ticket {
        self.wake(class);
        self.lists.push(lane(class), item)
    }

    /// The item that a ticket names, and its class; `None` if it no longer waits.
    #[must_use]
    pub fn of(&self, ticket: Ticket) -> Option<(Class, &T)> {
        let (list, item) = self.lists.of(ticket)?;
        Some((Class::from_number(list.try_into().ok()?)?, item))
    }

    /// Takes an item out, wherever it waits; `None` if it no longer does.
    pub fn cancel(&mut self, ticket: Ticket) -> Option<T> {
        let (list, item) = self.lists.remove(ticket)?;
        self.note_emptied(list);
        Some(item)
    }

    /// Moves an item to the end of another lane; in its own lane it keeps its place. False if it
    /// no longer waits. Its ticket stays good.
    pub fn reclass(&mut self, ticket: Ticket, class: Class) -> bool {
        let Some((from, _)) = self.lists.of(ticket) else { return false };
        if from != lane(class) {
            self.wake(class);
            self.lists.move_to(ticket, lane(class));
            self.note_emptied(from);
        }
        true
    }

    /// The class whose turn it is, among those whose first item `may` be served.
    #[must_use]
    pub fn next(&self, may: impl Fn(Class, &T) -> bool) -> Option<Class> {
        let may = |class: &Class| {
            let waits = self.filled & (1 << class.number()) != 0;
            waits && self.lists.front(lane(*class)).is_some_and(|item| may(*class, item))
        };
        let ready = Class::ALL.into_iter().filter(may);
        self.turn(ready.fold(0, |ready, class| ready | (1 << class.number())))
    }

    /// The class whose turn it is among these lanes, which are not empty.
    fn turn(&self, ready: u8) -> Option<Class> {
        let first = Class::from_number(ready.trailing_zeros().try_into().ok()?)?;
        if first == Class::Control || planted(Planted::AgingRemoved) {
            return Some(first);
        }
        // All lanes are compared, so that no branch depends on which of them are filled.
        let pass = |class: Class| {
            let waits = ready & (1 << class.number()) != 0;
            if waits { self.passes[class.index()] } else { u64::MAX }
        };
        let best = Class::DATA.into_iter().fold((u64::MAX, first), |best, class| {
            let pass = pass(class);
            if pass < best.0 { (pass, class) } else { best }
        });
        Some(best.1)
    }

    /// The item at the front of a lane.
    #[must_use]
    pub fn front_mut(&mut self, class: Class) -> Option<&mut T> {
        self.lists.front_mut(lane(class))
    }

    /// Counts bytes that were taken from a lane.
    pub fn served(&mut self, class: Class, bytes: usize) {
        if class == Class::Control {
            return;
        }
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        // A lane that could not be served for want of credit must not catch up at others' cost.
        let pass = self.passes[class.index()].max(self.pass);
        let moved = bytes.saturating_mul(STRIDES[class.index()]);
        self.passes[class.index()] = pass.saturating_add(moved);
        self.pass = pass;
    }

    /// Takes the item at the front of a lane.
    pub fn pop(&mut self, class: Class) -> Option<T> {
        let item = self.lists.pop(lane(class))?;
        self.note_emptied(lane(class));
        Some(item)
    }

    /// Takes the item whose turn it is, and counts its bytes.
    pub fn pop_next(&mut self, bytes: impl FnOnce(&T) -> usize) -> Option<(Class, T)> {
        let class = self.turn(self.filled)?;
        let item = self.pop(class)?;
        self.served(class, bytes(&item));
        Some((class, item))
    }

    /// A lane that gets its first item has its turn now, and no claim from the time before.
    fn wake(&mut self, class: Class) {
        if self.filled & (1 << class.number()) == 0 {
            let pass = &mut self.passes[class.index()];
            *pass = self.pass.max(*pass);
            self.filled |= 1 << class.number();
        }
    }

    fn note_emptied(&mut self, list: u16) {
        if self.lists.len_of(list) == 0 {
            self.filled &= !(1 << list);
        }
    }
}

#[cfg(test)]
mod tests;
