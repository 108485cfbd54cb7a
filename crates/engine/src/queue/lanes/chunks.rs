//! The items of the lanes: each lane is a list of chunks, and a chunk is 64 slots in their order.
//!
//! ```text
//!  normal  [·····x··xx] ◄─► [xx·x·····x] ◄─► [xxxx______]   x waits  · is gone  _ is for later
//!           first                             last
//!  free    [] ◄─► []                                        heads without slots, for use again
//! ```
//! Items are put in and taken out in the order of memory, which is what memory is quick at. One
//! that is taken out of the middle leaves a gap in a bitmap, so gaps cost no steps. A chunk in
//! which nothing waits is given back at once: what is behind an item that is stuck for ever may
//! come and go, and costs no more than what is there of it. A chunk that is used again has another
//! serial number, so a ticket of an item before is void.

use crate::queue::class::Class;

/// Names one item for as long as it waits. Void, and harmless, afterwards. One word: whoever keeps
/// a million of them keeps 8 MB. (What is put in while 2^24 chunks are in use, or after 2^34 were,
/// has a ticket that is void from the beginning, and is taken in its turn.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(u64);

/// A chunk's part of its tickets: a serial number that no other chunk ever has, and its index.
/// The slot's number goes into the lowest bits, which are zero here, or all ones where a chunk
/// has no name: then no ticket is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Name(u64);

impl Name {
    fn new(serial: u64, index: usize) -> Name {
        let index = u64::try_from(index).ok().filter(|index| *index <= INDEX_MASK);
        let serial = Some(serial).filter(|serial| serial >> SERIAL_BITS == 0);
        let both = index.zip(serial).map(|(index, serial)| serial << INDEX_BITS | index);
        Name(both.map_or(u64::MAX, |both| both << SLOT_BITS))
    }

    fn ticket(self, slot: usize) -> Ticket {
        Ticket(self.0 | slot as u64)
    }
}

impl Ticket {
    fn name(self) -> Name {
        Name(self.0 & !SLOT_MASK)
    }

    /// Index of the chunk and of the slot in it.
    fn place(self) -> (usize, usize) {
        let [index, slot] = [self.0 >> SLOT_BITS & INDEX_MASK, self.0 & SLOT_MASK];
        (index.try_into().unwrap_or(NIL), slot.try_into().unwrap_or(NIL))
    }
}

/// Bits of a ticket that are the slot, the chunk's index and its serial number.
const SLOT_BITS: u32 = 6;
const INDEX_BITS: u32 = 24;
const SERIAL_BITS: u32 = u64::BITS - SLOT_BITS - INDEX_BITS;
const INDEX_MASK: u64 = (1 << INDEX_BITS) - 1;
const SLOT_MASK: u64 = SLOTS as u64 - 1;
const _: () = assert!(SLOTS == 1 << SLOT_BITS);

/// Slots of a chunk: one bit each in a word.
const SLOTS: usize = ALL as usize;
/// The same, as the number of slots that were never used.
const ALL: u8 = 64;
/// Slots of a lane's first chunk, at first. Doubling makes them 64.
const FEW: usize = 4;
/// No chunk.
const NIL: usize = usize::MAX;
/// The list of chunks that are in no lane: after the lanes, which have their classes' numbers.
const FREE: u8 = 6;
const _: () = assert!(Class::COUNT == FREE as usize && ALL as u32 == u64::BITS);

/// A chunk's head lies in one line of the cache.
#[derive(Clone, Debug)]
#[repr(align(64))]
struct Chunk<T> {
    name: Name,
    /// A bit for each slot whose item waits.
    waits: u64,
    /// 64, or fewer as long as no more were needed.
    slots: Box<[Option<T>]>,
    before: usize,
    after: usize,
    /// The lane, or [`FREE`].
    list: u8,
    /// Slots at the beginning that were not used yet: in a chunk that is filled from its end.
    unused: u8,
    /// The slot after the last that was used.
    used: u8,
}

impl<T> Chunk<T> {
    /// The slot for the next item, if there is one.
    fn next(&self) -> Option<usize> {
        Some(usize::from(self.used)).filter(|slot| *slot < self.slots.len())
    }

    /// Zero if nothing waits here and nothing more fits in. One number, and so one branch, since
    /// the first cannot be foreseen.
    fn life(&self) -> u64 {
        self.waits | u64::from(ALL - self.used)
    }

    /// The slot of the first item that waits, or one that does not exist.
    fn first(&self) -> usize {
        self.waits.trailing_zeros() as usize
    }

    /// The slots whose items wait, and the items.
    fn items(&self) -> impl Iterator<Item = (usize, &T)> {
        let mut waits = self.waits;
        std::iter::from_fn(move || {
            let slot = waits.trailing_zeros() as usize;
            let item = self.slots.get(slot)?.as_ref()?;
            waits &= waits - 1;
            Some((slot, item))
        })
    }
}

fn empty<T>(slots: usize) -> Box<[Option<T>]> {
    std::iter::repeat_with(|| None).take(slots).collect()
}

#[derive(Clone, Copy, Debug)]
struct Ends {
    first: usize,
    last: usize,
}

/// An item that was taken out.
pub(super) struct Taken<T> {
    pub(super) item: T,
    pub(super) lane: u8,
    /// Items that are left in the lane.
    pub(super) left: usize,
}

/// Lists of items, one for each class, by the class's number. Every call but [`Chunks::iter`]
/// takes constant time, on the average over many.
///
/// Memory: slots for each chunk in which something waits, and for the last of each lane; heads of
/// 64 bytes as far as there are such chunks.
#[derive(Clone, Debug)]
pub(super) struct Chunks<T> {
    chunks: Vec<Chunk<T>>,
    lists: [Ends; Class::COUNT + 1],
    lens: [usize; Class::COUNT],
    serial: u64,
}

impl<T> Default for Chunks<T> {
    fn default() -> Self {
        let lists = [Ends { first: NIL, last: NIL }; Class::COUNT + 1];
        Chunks { chunks: Vec::new(), lists, lens: [0; Class::COUNT], serial: 0 }
    }
}

impl<T> Chunks<T> {
    /// Items in all lanes.
    pub(super) fn len(&self) -> usize {
        self.lens.iter().sum()
    }

    /// Items in one lane.
    pub(super) fn len_of(&self, lane: u8) -> usize {
        self.lens[usize::from(lane)]
    }

    /// Puts an item at the end of a lane.
    #[inline]
    pub(super) fn push(&mut self, lane: u8, item: T) -> Ticket {
        let last = self.ends(lane).last;
        let next = self.chunks.get(last).and_then(Chunk::next);
        let (at, slot) = next.map_or_else(|| self.make_room(lane), |slot| (last, slot));
        let chunk = &mut self.chunks[at];
        chunk.slots[slot] = Some(item);
        chunk.used += 1;
        chunk.waits |= 1 << slot;
        self.lens[usize::from(lane)] += 1;
        chunk.name.ticket(slot)
    }

    /// Puts an item at the front of a lane.
    pub(super) fn push_front(&mut self, lane: u8, item: T) -> Ticket {
        let mut at = self.ends(lane).first;
        if self.chunks.get(at).is_none_or(|chunk| chunk.unused == 0) {
            at = self.prepend(lane);
        }
        let chunk = &mut self.chunks[at];
        chunk.unused -= 1;
        let slot = usize::from(chunk.unused);
        chunk.slots[slot] = Some(item);
        chunk.waits |= 1 << slot;
        self.lens[usize::from(lane)] += 1;
        chunk.name.ticket(slot)
    }

    /// The first item of a lane.
    pub(super) fn front(&self, lane: u8) -> Option<&T> {
        let chunk = self.chunks.get(self.ends(lane).first)?;
        chunk.slots.get(chunk.first())?.as_ref()
    }

    /// The first item of a lane.
    pub(super) fn front_mut(&mut self, lane: u8) -> Option<&mut T> {
        let at = self.ends(lane).first;
        let chunk = self.chunks.get_mut(at)?;
        let first = chunk.first();
        chunk.slots.get_mut(first)?.as_mut()
    }

    /// Takes the first item out of a lane.
    #[inline]
    pub(super) fn pop(&mut self, lane: u8) -> Option<Taken<T>> {
        let at = self.ends(lane).first;
        let slot = self.chunks.get(at)?.first();
        self.take(lane, at, slot)
    }

    /// The item that a ticket names, and its lane.
    pub(super) fn of(&self, ticket: Ticket) -> Option<(u8, &T)> {
        let (at, slot) = self.find(ticket)?;
        let chunk = self.chunks.get(at)?;
        Some((chunk.list, chunk.slots.get(slot)?.as_ref()?))
    }

    /// Takes an item out, wherever it waits.
    pub(super) fn remove(&mut self, ticket: Ticket) -> Option<Taken<T>> {
        let (at, slot) = self.find(ticket)?;
        let lane = self.chunks.get(at)?.list;
        self.take(lane, at, slot)
    }

    /// The items of a lane, first to last.
    pub(super) fn iter(&self, lane: u8) -> impl Iterator<Item = (Ticket, &T)> {
        let mut next = self.ends(lane).first;
        let chunks = std::iter::from_fn(move || {
            let chunk = self.chunks.get(next)?;
            next = chunk.after;
            Some(chunk)
        });
        chunks.flat_map(|chunk| chunk.items().map(|(slot, item)| (chunk.name.ticket(slot), item)))
    }

    fn ends(&self, list: u8) -> Ends {
        self.lists[usize::from(list)]
    }

    /// Chunk and slot of an item that waits.
    fn find(&self, ticket: Ticket) -> Option<(usize, usize)> {
        let (at, slot) = ticket.place();
        let chunk = self.chunks.get(at)?;
        // One branch for both, since neither can be foreseen.
        let gone = !(chunk.waits >> slot) & 1;
        ((chunk.name.0 ^ ticket.name().0) | gone == 0).then_some((at, slot))
    }

    #[inline]
    fn take(&mut self, lane: u8, at: usize, slot: usize) -> Option<Taken<T>> {
        let chunk = self.chunks.get_mut(at)?;
        let item = chunk.slots.get_mut(slot)?.take()?;
        chunk.waits &= !(1 << slot);
        // By the lane and not by what the chunk says: the next step waits for this number.
        let left = self.lens[usize::from(lane)] - 1;
        self.lens[usize::from(lane)] = left;
        if chunk.life() == 0 {
            self.end(at);
        }
        Some(Taken { item, lane, left })
    }

    /// Nothing waits in a chunk and nothing more fits in: it goes. The lane's last one leaves its
    /// slots to the next.
    #[cold]
    #[inline(never)]
    fn end(&mut self, at: usize) {
        let slots = std::mem::take(&mut self.chunks[at].slots);
        let list = self.chunks[at].list;
        let is_last = self.ends(list).last == at;
        self.unlink(at);
        self.link(FREE, at, (self.ends(FREE).last, NIL));
        self.trim();
        if is_last {
            let at = self.begin(slots, 0);
            self.link(list, at, (self.ends(list).last, NIL));
        }
    }

    /// Gives back the free heads behind those in use.
    fn trim(&mut self) {
        while let Some(last) = self.chunks.len().checked_sub(1)
            && self.chunks[last].list == FREE
        {
            self.unlink(last);
            self.chunks.pop();
        }
        if self.chunks.capacity() > 4 * self.chunks.len() + SLOTS {
            self.chunks.shrink_to(2 * self.chunks.len());
        }
    }

    /// Room for one more at the end of a lane: chunk and slot. The lane's first chunk is small
    /// until more is needed.
    #[cold]
    #[inline(never)]
    fn make_room(&mut self, lane: u8) -> (usize, usize) {
        let last = self.ends(lane).last;
        let small = self.chunks.get_mut(last).filter(|chunk| chunk.slots.len() < SLOTS);
        if let Some(chunk) = small {
            let mut slots = std::mem::take(&mut chunk.slots).into_vec();
            slots.reserve_exact(slots.len());
            slots.resize_with(2 * slots.len(), || None);
            chunk.slots = slots.into_boxed_slice();
            return (last, usize::from(chunk.used));
        }
        let slots = if last == NIL { FEW } else { SLOTS };
        let at = self.begin(empty(slots), 0);
        self.link(lane, at, (last, NIL));
        (at, 0)
    }

    /// A new first chunk, which is filled from its end.
    #[cold]
    fn prepend(&mut self, lane: u8) -> usize {
        let at = self.begin(empty(SLOTS), ALL);
        self.link(lane, at, (NIL, self.ends(lane).first));
        at
    }

    /// A chunk that is in no list yet, filled from its end if all of it is `unused`.
    fn begin(&mut self, slots: Box<[Option<T>]>, unused: u8) -> usize {
        let free = self.ends(FREE).first;
        self.serial += 1;
        let name = Name::new(self.serial, free.min(self.chunks.len()));
        let (before, after, used) = (NIL, NIL, unused);
        let chunk = Chunk { name, waits: 0, slots, before, after, list: FREE, unused, used };
        if free == NIL {
            self.chunks.push(chunk);
            return self.chunks.len() - 1;
        }
        self.unlink(free);
        self.chunks[free] = chunk;
        free
    }

    /// Puts a chunk into a list, between these two.
    fn link(&mut self, list: u8, at: usize, (before, after): (usize, usize)) {
        let chunk = &mut self.chunks[at];
        (chunk.before, chunk.after, chunk.list) = (before, after, list);
        self.join(list, (before, at), (at, after));
    }

    /// Takes a chunk out of its list.
    fn unlink(&mut self, at: usize) {
        let Chunk { before, after, list, .. } = self.chunks[at];
        self.join(list, (before, after), (before, after));
    }

    /// Writes what is after one chunk and before another of a list, or at its ends.
    fn join(&mut self, list: u8, (left, after): (usize, usize), (before, right): (usize, usize)) {
        match self.chunks.get_mut(left) {
            Some(chunk) => chunk.after = after,
            None => self.lists[usize::from(list)].first = after,
        }
        match self.chunks.get_mut(right) {
            Some(chunk) => chunk.before = before,
            None => self.lists[usize::from(list)].last = before,
        }
    }

    /// As if all serial numbers but this many had been used.
    #[cfg(test)]
    pub(super) fn leave_serials(&mut self, left: u64) {
        self.serial = (1 << SERIAL_BITS) - 1 - left;
    }

    /// How many slots there is room for, and how many heads.
    #[cfg(test)]
    pub(super) fn room(&self) -> (usize, usize) {
        let slots = self.chunks.iter().map(|chunk| chunk.slots.len()).sum();
        (slots, self.chunks.capacity())
    }
}
