//! The items of the wheel, each where it stays until it is taken out, and their tickets.
//!
//! A place that is used again has another generation, so a ticket of the item before is void. A
//! place whose generations are used up is never used again.

/// Names one item for as long as it waits. Void, and harmless, afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timer {
    place: u32,
    generation: u32,
}

/// No place.
const NIL: u32 = u32::MAX;

#[derive(Clone, Debug)]
struct Place<T> {
    generation: u32,
    state: State<T>,
}

#[derive(Clone, Debug)]
enum State<T> {
    Free { next: u32 },
    Filled(T),
}

/// Items by ticket. It keeps the room of the most that it ever held.
#[derive(Clone, Debug)]
pub(super) struct Slab<T> {
    places: Vec<Place<T>>,
    free: u32,
    len: usize,
}

impl<T> Slab<T> {
    pub(super) const fn new() -> Slab<T> {
        Slab { places: Vec::new(), free: NIL, len: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Puts an item in; `None` if there are as many places as can be numbered.
    pub(super) fn insert(&mut self, item: T) -> Option<Timer> {
        let place = self.free;
        let timer = match self.places.get_mut(place as usize) {
            Some(free) => {
                if let State::Free { next } = free.state {
                    self.free = next;
                }
                free.state = State::Filled(item);
                Timer { place, generation: free.generation }
            }
            None => {
                let place = u32::try_from(self.places.len()).ok().filter(|place| *place != NIL)?;
                self.places.push(Place { generation: 0, state: State::Filled(item) });
                Timer { place, generation: 0 }
            }
        };
        self.len += 1;
        Some(timer)
    }

    /// The item that a ticket names.
    pub(super) fn of(&self, timer: Timer) -> Option<&T> {
        let place = self.places.get(timer.place as usize)?;
        match &place.state {
            State::Filled(item) if place.generation == timer.generation => Some(item),
            State::Filled(_) | State::Free { .. } => None,
        }
    }

    /// Takes out the item that a ticket names.
    pub(super) fn remove(&mut self, timer: Timer) -> Option<T> {
        self.of(timer)?;
        let place = self.places.get_mut(timer.place as usize)?;
        let state = std::mem::replace(&mut place.state, State::Free { next: self.free });
        // A place is used again as long as it has generations left.
        if let Some(next) = place.generation.checked_add(1) {
            place.generation = next;
            self.free = timer.place;
        }
        self.len -= 1;
        match state {
            State::Filled(item) => Some(item),
            State::Free { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_of_an_item_that_is_gone_is_void_also_when_its_place_is_used_again() {
        let mut slab = Slab::new();
        let old = slab.insert('a').unwrap();
        assert_eq!(slab.remove(old), Some('a'));
        let new = slab.insert('b').unwrap();
        assert_eq!(old.place, new.place);
        assert_eq!((slab.remove(old), slab.of(old)), (None, None));
        assert_eq!((slab.of(new), slab.len()), (Some(&'b'), 1));
    }

    #[test]
    fn a_place_whose_generations_are_used_up_is_left_alone() {
        let mut slab = Slab::new();
        let first = slab.insert('a').unwrap();
        slab.places[0].generation = u32::MAX;
        let last = Timer { generation: u32::MAX, ..first };
        assert_eq!(slab.remove(last), Some('a'));
        let next = slab.insert('b').unwrap();
        assert_ne!(next.place, first.place);
        assert_eq!(slab.of(last), None);
    }

    #[test]
    fn i6_room_that_was_used_is_used_again() {
        let mut slab = Slab::new();
        for round in 0..1000 {
            let timers: Vec<_> = (0..10).map(|item| slab.insert(round * 10 + item)).collect();
            for timer in timers {
                slab.remove(timer.unwrap());
            }
        }
        assert_eq!((slab.places.len(), slab.len()), (10, 0));
    }
}
