//! Lists whose items are in one slab: any item can be taken out or moved by its ticket.
//!
//! ```text
//!  ends    list 0: first ─┐                      ┌─ last
//!  nodes            [ a ◄─┴─► c ◄──► e ]  free ─► b ─► d
//! ```
//! The links are inside the nodes (an intrusive list, but by index and so without unsafe code). A
//! slot that is used again has another generation, so a ticket of the item before is void; a slot
//! whose generations are used up is never used again.

/// Names one item for as long as it waits. Void, and harmless, afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket {
    slot: usize,
    generation: u32,
}

/// No node.
const NIL: usize = usize::MAX;

/// A slot of the slab. Aligned so that a node with a small item lies in one line of the cache.
#[derive(Clone, Debug)]
#[repr(align(32))]
struct Node<T> {
    generation: u32,
    state: State<T>,
}

#[derive(Clone, Debug)]
enum State<T> {
    Free { next: usize },
    Filled { list: u16, before: usize, after: usize, item: T },
}

impl<T> Node<T> {
    fn item(&self) -> Option<&T> {
        match &self.state {
            State::Filled { item, .. } => Some(item),
            State::Free { .. } => None,
        }
    }

    fn item_mut(&mut self) -> Option<&mut T> {
        match &mut self.state {
            State::Filled { item, .. } => Some(item),
            State::Free { .. } => None,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Ends {
    first: usize,
    last: usize,
    len: usize,
}

/// A fixed number of lists over one slab. Everything but [`Lists::iter`] takes constant time.
#[derive(Clone, Debug)]
pub(super) struct Lists<T> {
    nodes: Vec<Node<T>>,
    ends: Vec<Ends>,
    free: usize,
    len: usize,
}

impl<T> Lists<T> {
    /// Empty lists, numbered from 0.
    pub(super) fn new(lists: u16) -> Lists<T> {
        let ends = vec![Ends { first: NIL, last: NIL, len: 0 }; usize::from(lists)];
        Lists { nodes: Vec::new(), ends, free: NIL, len: 0 }
    }

    /// Items in all lists.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Items in one list.
    pub(super) fn len_of(&self, list: u16) -> usize {
        self.ends[usize::from(list)].len
    }

    /// Puts an item at the end of a list.
    pub(super) fn push(&mut self, list: u16, item: T) -> Ticket {
        let before = self.ends[usize::from(list)].last;
        let state = State::Filled { list, before, after: NIL, item };
        let (slot, generation) = self.fill(state);
        self.append(list, slot);
        self.len += 1;
        Ticket { slot, generation }
    }

    /// The first item of a list.
    pub(super) fn front(&self, list: u16) -> Option<&T> {
        self.nodes.get(self.ends[usize::from(list)].first)?.item()
    }

    /// The first item of a list.
    pub(super) fn front_mut(&mut self, list: u16) -> Option<&mut T> {
        self.nodes.get_mut(self.ends[usize::from(list)].first)?.item_mut()
    }

    /// The first item of a list, by its ticket.
    pub(super) fn first(&self, list: u16) -> Option<Ticket> {
        let slot = self.ends[usize::from(list)].first;
        self.nodes.get(slot).map(|node| Ticket { slot, generation: node.generation })
    }

    /// Takes the first item out of a list.
    pub(super) fn pop(&mut self, list: u16) -> Option<T> {
        let first = self.first(list)?;
        self.remove(first).map(|(_, item)| item)
    }

    /// The item that a ticket names, and its list.
    pub(super) fn of(&self, ticket: Ticket) -> Option<(u16, &T)> {
        let node = self.nodes.get(ticket.slot)?;
        match &node.state {
            State::Filled { list, item, .. } if node.generation == ticket.generation => {
                Some((*list, item))
            }
            State::Filled { .. } | State::Free { .. } => None,
        }
    }

    /// Changes the item that a ticket names, where it is.
    pub(super) fn of_mut(&mut self, ticket: Ticket) -> Option<&mut T> {
        let node = self.nodes.get_mut(ticket.slot)?;
        if node.generation == ticket.generation { node.item_mut() } else { None }
    }

    /// Takes an item out, wherever it waits.
    pub(super) fn remove(&mut self, ticket: Ticket) -> Option<(u16, T)> {
        let node = self.nodes.get_mut(ticket.slot)?;
        if node.generation != ticket.generation || node.item().is_none() {
            return None;
        }
        let state = std::mem::replace(&mut node.state, State::Free { next: self.free });
        // A slot is used again as long as it has generations left.
        if let Some(next) = node.generation.checked_add(1) {
            node.generation = next;
            self.free = ticket.slot;
        }
        let State::Filled { list, before, after, item } = state else { return None };
        self.unlink(list, before, after);
        self.len -= 1;
        Some((list, item))
    }

    /// Moves an item to the end of a list; its ticket stays good. Says where it was.
    pub(super) fn move_to(&mut self, ticket: Ticket, to: u16) -> Option<u16> {
        self.of(ticket)?;
        let State::Filled { list: from, before, after, .. } = self.nodes[ticket.slot].state else {
            return None;
        };
        self.unlink(from, before, after);
        let last = self.ends[usize::from(to)].last;
        if let State::Filled { list, before, after, .. } = &mut self.nodes[ticket.slot].state {
            (*list, *before, *after) = (to, last, NIL);
        }
        self.append(to, ticket.slot);
        Some(from)
    }

    /// The items of a list, first to last.
    pub(super) fn iter(&self, list: u16) -> impl Iterator<Item = &T> {
        let mut slot = self.ends[usize::from(list)].first;
        std::iter::from_fn(move || match &self.nodes.get(slot)?.state {
            State::Filled { after, item, .. } => {
                slot = *after;
                Some(item)
            }
            State::Free { .. } => None,
        })
    }

    /// Puts a node into a free slot, or a new one.
    fn fill(&mut self, state: State<T>) -> (usize, u32) {
        let slot = self.free;
        if let Some(node) = self.nodes.get_mut(slot) {
            if let State::Free { next } = node.state {
                self.free = next;
            }
            node.state = state;
            return (slot, node.generation);
        }
        self.nodes.push(Node { generation: 0, state });
        (self.nodes.len() - 1, 0)
    }

    /// Makes a node, which names the last one as the one before it, the last one.
    fn append(&mut self, list: u16, slot: usize) {
        let ends = &mut self.ends[usize::from(list)];
        let last = std::mem::replace(&mut ends.last, slot);
        ends.len += 1;
        match self.nodes.get_mut(last).map(|node| &mut node.state) {
            Some(State::Filled { after, .. }) => *after = slot,
            Some(State::Free { .. }) | None => ends.first = slot,
        }
    }

    /// Joins what is before and after a node of a list.
    fn unlink(&mut self, list: u16, left: usize, right: usize) {
        let ends = &mut self.ends[usize::from(list)];
        ends.len -= 1;
        match self.nodes.get_mut(left).map(|node| &mut node.state) {
            Some(State::Filled { after, .. }) => *after = right,
            Some(State::Free { .. }) | None => ends.first = right,
        }
        match self.nodes.get_mut(right).map(|node| &mut node.state) {
            Some(State::Filled { before, .. }) => *before = left,
            Some(State::Free { .. }) | None => ends.last = left,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_of_an_item_that_is_gone_is_void_also_when_its_slot_is_used_again() {
        let mut lists = Lists::new(2);
        let old = lists.push(0, 'a');
        assert_eq!(lists.remove(old), Some((0, 'a')));
        let new = lists.push(1, 'b');
        assert_eq!(old.slot, new.slot);
        assert_eq!((lists.remove(old), lists.move_to(old, 0)), (None, None));
        assert_eq!(lists.of(old), None);
        assert_eq!(lists.of_mut(old), None);
        assert_eq!(lists.of(new), Some((1, &'b')));
    }

    #[test]
    fn a_slot_whose_generations_are_used_up_is_left_alone() {
        let mut lists = Lists::new(1);
        let first = lists.push(0, 'a');
        lists.nodes[first.slot].generation = u32::MAX;
        let last = lists.first(0).unwrap();
        assert_eq!(lists.remove(last), Some((0, 'a')));
        let next = lists.push(0, 'b');
        assert_ne!(next.slot, first.slot);
        assert_eq!(lists.of(last), None);
    }

    #[test]
    fn room_that_was_used_is_used_again() {
        let mut lists = Lists::new(1);
        for round in 0..1000 {
            let tickets: Vec<_> = (0..10).map(|item| lists.push(0, round * 10 + item)).collect();
            for ticket in tickets {
                lists.remove(ticket);
            }
        }
        assert_eq!((lists.nodes.len(), lists.len()), (10, 0));
    }
}
