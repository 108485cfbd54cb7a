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

#[derive(Clone, Debug)]
struct Node<T> {
    before: usize,
    after: usize,
    generation: u32,
    list: u16,
    item: Option<T>,
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
        let slot = self.free;
        let slot = if let Some(node) = self.nodes.get_mut(slot) {
            self.free = node.after;
            node.item = Some(item);
            slot
        } else {
            let item = Some(item);
            self.nodes.push(Node { before: NIL, after: NIL, generation: 0, list, item });
            self.nodes.len() - 1
        };
        self.link(slot, list);
        self.len += 1;
        Ticket { slot, generation: self.nodes[slot].generation }
    }

    /// The first item of a list.
    pub(super) fn front(&self, list: u16) -> Option<&T> {
        self.nodes.get(self.ends[usize::from(list)].first)?.item.as_ref()
    }

    /// The first item of a list.
    pub(super) fn front_mut(&mut self, list: u16) -> Option<&mut T> {
        self.nodes.get_mut(self.ends[usize::from(list)].first)?.item.as_mut()
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
        if node.generation != ticket.generation {
            return None;
        }
        node.item.as_ref().map(|item| (node.list, item))
    }

    /// Changes the item that a ticket names, where it is.
    pub(super) fn of_mut(&mut self, ticket: Ticket) -> Option<&mut T> {
        let node = self.nodes.get_mut(ticket.slot)?;
        if node.generation == ticket.generation { node.item.as_mut() } else { None }
    }

    /// Takes an item out, wherever it waits.
    pub(super) fn remove(&mut self, ticket: Ticket) -> Option<(u16, T)> {
        let (list, _) = self.of(ticket)?;
        self.unlink(ticket.slot);
        let free = self.free;
        let node = &mut self.nodes[ticket.slot];
        let item = node.item.take()?;
        self.len -= 1;
        if let Some(next) = node.generation.checked_add(1) {
            node.generation = next;
            node.after = free;
            self.free = ticket.slot;
        }
        Some((list, item))
    }

    /// Moves an item to the end of a list; its ticket stays good. Says where it was.
    pub(super) fn move_to(&mut self, ticket: Ticket, list: u16) -> Option<u16> {
        let (from, _) = self.of(ticket)?;
        self.unlink(ticket.slot);
        self.link(ticket.slot, list);
        Some(from)
    }

    /// The items of a list, first to last.
    pub(super) fn iter(&self, list: u16) -> impl Iterator<Item = &T> {
        let mut slot = self.ends[usize::from(list)].first;
        std::iter::from_fn(move || {
            let node = self.nodes.get(slot)?;
            slot = node.after;
            node.item.as_ref()
        })
    }

    fn link(&mut self, slot: usize, list: u16) {
        let ends = &mut self.ends[usize::from(list)];
        let last = std::mem::replace(&mut ends.last, slot);
        ends.len += 1;
        if last == NIL {
            ends.first = slot;
        } else {
            self.nodes[last].after = slot;
        }
        let node = &mut self.nodes[slot];
        (node.before, node.after, node.list) = (last, NIL, list);
    }

    fn unlink(&mut self, slot: usize) {
        let Node { before, after, list, .. } = self.nodes[slot];
        let ends = &mut self.ends[usize::from(list)];
        ends.len -= 1;
        match self.nodes.get_mut(before) {
            Some(node) => node.after = after,
            None => ends.first = after,
        }
        match self.nodes.get_mut(after) {
            Some(node) => node.before = before,
            None => ends.last = before,
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
