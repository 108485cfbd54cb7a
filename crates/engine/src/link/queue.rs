//! The lanes of a link: what waits to be written, by class.
//!
//! ```text
//!  control   ██        strictly first
//!  urgent    █         the rest by stride scheduling: each byte taken moves a lane's pass on by
//!  normal    ███       1 / weight, and the lane with the lowest pass is next
//!  low       ██████
//!  backfill  ████
//! ```
//! A lane that wakes starts at the pass of the last one served, so it is next at once but cannot
//! save up a claim; and every lane's turn comes (I7). A bitmap finds the lanes that are not empty.
//! (Waldspurger and Weihl, "Stride scheduling", 1995.)

use std::collections::VecDeque;

/// What a frame is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Handshakes, acknowledgements, questions.
    Control,
    /// Urgent entries.
    Urgent,
    /// Normal entries.
    Normal,
    /// Low entries.
    Low,
    /// Answers to a `Want` that are not urgent.
    Backfill,
}

impl Class {
    /// All classes that carry runs and so need credit.
    pub const DATA: [Class; 4] = [Class::Urgent, Class::Normal, Class::Low, Class::Backfill];
    const ALL: [Class; 5] =
        [Class::Control, Class::Urgent, Class::Normal, Class::Low, Class::Backfill];

    /// The index of the lane, and the number on the wire.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Class::Control => 0,
            Class::Urgent => 1,
            Class::Normal => 2,
            Class::Low => 3,
            Class::Backfill => 4,
        }
    }

    /// The class with this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Class> {
        Class::ALL.get(usize::from(number)).copied()
    }

    /// The share of the link while other classes wait, too.
    fn weight(self) -> u64 {
        match self {
            Class::Control | Class::Urgent => 64,
            Class::Normal => 16,
            Class::Low => 4,
            Class::Backfill => 2,
        }
    }
}

/// Moves a pass on per byte, divided by the weight.
const STRIDE: u64 = 64;

#[derive(Clone, Debug)]
struct Lane<T> {
    items: VecDeque<T>,
    pass: u64,
}

/// FIFO lanes by class. Push, peek and pop are O(1).
#[derive(Clone, Debug)]
pub struct Lanes<T> {
    lanes: [Lane<T>; 5],
    filled: u8,
    pass: u64,
}

impl<T> Default for Lanes<T> {
    fn default() -> Self {
        let lanes = std::array::from_fn(|_| Lane { items: VecDeque::new(), pass: 0 });
        Lanes { lanes, filled: 0, pass: 0 }
    }
}

impl<T> Lanes<T> {
    fn lane(&mut self, class: Class) -> &mut Lane<T> {
        &mut self.lanes[usize::from(class.number())]
    }

    /// Puts an item at the end of its lane.
    pub fn push(&mut self, class: Class, item: T) {
        let now = self.pass;
        let lane = self.lane(class);
        if lane.items.is_empty() {
            lane.pass = lane.pass.max(now);
        }
        lane.items.push_back(item);
        self.filled |= 1 << class.number();
    }

    /// The class whose turn it is, among those that `may` be served.
    #[must_use]
    pub fn next(&self, may: impl Fn(Class, &T) -> bool) -> Option<Class> {
        let waits = |class: &Class| self.filled & (1 << class.number()) != 0;
        let ready = |class: &Class| {
            let lane = &self.lanes[usize::from(class.number())];
            lane.items.front().is_some_and(|item| may(*class, item))
        };
        let mut ready = Class::ALL.into_iter().filter(waits).filter(ready);
        let first = ready.next()?;
        if first == Class::Control {
            return Some(first);
        }
        let pass = |class: &Class| self.lanes[usize::from(class.number())].pass;
        std::iter::once(first).chain(ready).min_by_key(pass)
    }

    /// How many items wait in a lane.
    #[must_use]
    pub fn depth(&self, class: Class) -> usize {
        self.lanes[usize::from(class.number())].items.len()
    }

    /// The item at the front of a lane.
    #[must_use]
    pub fn front_mut(&mut self, class: Class) -> Option<&mut T> {
        self.lane(class).items.front_mut()
    }

    /// Counts bytes that were taken from a lane.
    pub fn served(&mut self, class: Class, bytes: usize) {
        if class == Class::Control {
            return;
        }
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX / STRIDE);
        let lane = self.lane(class);
        let pass = lane.pass;
        lane.pass = pass.saturating_add(bytes.saturating_mul(STRIDE) / class.weight());
        self.pass = self.pass.max(pass);
    }

    /// Takes the item at the front of a lane.
    pub fn pop(&mut self, class: Class) -> Option<T> {
        let lane = self.lane(class);
        let item = lane.items.pop_front();
        if lane.items.is_empty() {
            self.filled &= !(1 << class.number());
        }
        item
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(lanes: &mut Lanes<u32>, bytes: usize) -> Vec<(Class, u32)> {
        let mut order = Vec::new();
        while let Some(class) = lanes.next(|_, _| true) {
            lanes.served(class, bytes);
            order.push((class, lanes.pop(class).unwrap()));
        }
        order
    }

    #[test]
    fn a_lane_is_first_in_first_out_and_control_is_strictly_first() {
        let mut lanes = Lanes::default();
        for item in 0..5 {
            lanes.push(Class::Normal, item);
        }
        lanes.push(Class::Control, 9);
        let order = drain(&mut lanes, 100);
        assert_eq!(order[0], (Class::Control, 9));
        assert!(order[1..].iter().map(|(_, item)| *item).eq(0..5));
    }

    #[test]
    fn urgent_overtakes_what_waits() {
        let mut lanes = Lanes::default();
        for item in 0..100 {
            lanes.push(Class::Low, item);
        }
        for _ in 0..50 {
            lanes.served(Class::Low, 1000);
            lanes.pop(Class::Low);
        }
        lanes.push(Class::Urgent, 7);
        assert_eq!(lanes.next(|_, _| true), Some(Class::Urgent));
    }

    #[test]
    fn i7_every_class_progresses_under_a_flood_of_urgent() {
        let mut lanes = Lanes::default();
        lanes.push(Class::Low, 0);
        lanes.push(Class::Backfill, 0);
        let mut served = [0u32; 5];
        for item in 0..1000 {
            lanes.push(Class::Urgent, item);
            lanes.push(Class::Urgent, item);
            let class = lanes.next(|_, _| true).unwrap();
            lanes.served(class, 100);
            lanes.pop(class);
            if class != Class::Urgent {
                lanes.push(class, 0);
            }
            served[usize::from(class.number())] += 1;
        }
        assert!(served[usize::from(Class::Low.number())] > 20, "{served:?}");
        assert!(served[usize::from(Class::Backfill.number())] > 10, "{served:?}");
        assert!(served[usize::from(Class::Urgent.number())] > 800, "{served:?}");
    }

    #[test]
    fn a_class_that_may_not_be_served_holds_up_no_other() {
        let mut lanes = Lanes::default();
        lanes.push(Class::Urgent, 1);
        lanes.push(Class::Low, 2);
        assert_eq!(lanes.next(|class, _| class != Class::Urgent), Some(Class::Low));
    }
}
