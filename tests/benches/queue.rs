//! The queue against what one would take otherwise: a `BinaryHeap` for the order and a `HashMap`
//! for cancelling by key, where what was cancelled leaves the heap when its turn comes.
//!
//! There are two such heaps. `heap` orders by class and then by number: it does less than the
//! lanes, since under it a low class may wait for ever. `fair-heap` keeps the promise of the lanes
//! (I7): its ranks are the tags of start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996),
//! so every class gets its share. `HashMap` hashes as it does unless told otherwise.
//!
//! One step puts one item in and takes one out, by turn or by ticket, so that as many wait after
//! it as before. Both sides make the same steps in one run; `cargo xtask bench` compares them.
//!
//! What limits the ratio. With 1,000 items all of both sides is in the first cache: the heap needs
//! some 100 ns a step, 10 to 20 of them for hashing, and the lanes some 15: whose turn it is, which
//! chunk and which slot wait for one another, and whether a ticket is void cannot be foreseen. So
//! it is 6 to 7 times there, 7 to 9 with 10,000, 10 to 13 with 100,000, and 7 to 10 with a
//! million: a step of the lanes takes three times as long then, since what is cancelled lies
//! anywhere in 30 MB, one line of the cache for each; in the heap and the map it is several.
#![expect(clippy::unwrap_used, reason = "a bench stops where it is wrong")]

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, criterion_group, criterion_main};
use engine::queue::{Class, Lanes, Ticket, Timer, Wheel};

const SIZES: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];

/// Xorshift (Marsaglia, 2003): the same steps on both sides, at hardly any cost.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Without the division, which would cost more than what is measured.
    fn below(&mut self, n: usize) -> usize {
        let wide = u128::from(self.roll()) * u128::try_from(n).unwrap();
        usize::try_from(wide >> 64).unwrap()
    }
}

/// What each item is said to be long.
const BYTES: usize = 100;

fn class(dice: &mut Dice) -> Class {
    Class::ALL[dice.below(Class::COUNT)]
}

/// A queue of either kind, with a ring of the tickets that it gave out last.
trait Queue {
    type Ticket: Copy;
    fn push(&mut self, dice: &mut Dice) -> Self::Ticket;
    fn pop(&mut self) -> Option<u64>;
    fn cancel(&mut self, ticket: Self::Ticket) -> Option<u64>;
}

struct Bed<Q: Queue> {
    queue: Q,
    dice: Dice,
    ring: Vec<Q::Ticket>,
    at: usize,
    /// Tickets that will be cancelled: who cancels has the ticket at hand. Taken from the ring
    /// when it is needed, it would be the ring's memory for which both sides wait most.
    chosen: [Option<Q::Ticket>; AHEAD],
}

const AHEAD: usize = 16;

impl<Q: Queue> Bed<Q> {
    /// So many wait, and each has been replaced twice, so that memory is as in long use.
    fn new(queue: Q, size: usize) -> Bed<Q> {
        let (dice, ring) = (Dice(0x9e37_79b9_7f4a_7c15), Vec::new());
        let mut bed = Bed { queue, dice, ring, at: 0, chosen: [None; AHEAD] };
        bed.ring = (0..size).map(|_| bed.queue.push(&mut bed.dice)).collect();
        for _ in 0..2 * size {
            bed.step();
        }
        bed
    }

    fn step(&mut self) -> Option<u64> {
        let ticket = self.queue.push(&mut self.dice);
        self.at = (self.at + 1) % self.ring.len();
        self.ring[self.at] = ticket;
        let cancelled = if self.dice.roll() & 1 == 0 {
            let which = self.dice.below(self.ring.len());
            let later = self.ring[which];
            let ticket = self.chosen[self.at % AHEAD].replace(later);
            ticket.and_then(|ticket| self.queue.cancel(ticket))
        } else {
            None
        };
        cancelled.or_else(|| self.queue.pop())
    }
}

impl Queue for Lanes<u64> {
    type Ticket = Ticket;

    fn push(&mut self, dice: &mut Dice) -> Ticket {
        Lanes::push(self, class(dice), dice.roll())
    }

    fn pop(&mut self) -> Option<u64> {
        self.pop_next(|_| BYTES).map(|(_, item)| item)
    }

    fn cancel(&mut self, ticket: Ticket) -> Option<u64> {
        Lanes::cancel(self, ticket)
    }
}

/// The steps alone, without a queue: what of both sides' times is not theirs.
struct Nothing;

impl Queue for Nothing {
    type Ticket = u64;

    fn push(&mut self, dice: &mut Dice) -> u64 {
        u64::from(class(dice).number()) ^ dice.roll()
    }

    fn pop(&mut self) -> Option<u64> {
        Some(0)
    }

    fn cancel(&mut self, ticket: u64) -> Option<u64> {
        (ticket & 0xff != 0).then_some(ticket)
    }
}

/// The other way: the heap has rank and number, the map has the items that are still wanted.
struct Heap<R> {
    heap: BinaryHeap<Reverse<(R, u64)>>,
    items: HashMap<u64, u64>,
    next: u64,
}

impl<R: Ord> Heap<R> {
    fn new() -> Heap<R> {
        Heap { heap: BinaryHeap::new(), items: HashMap::new(), next: 0 }
    }

    fn put(&mut self, rank: R, item: u64) -> u64 {
        self.next += 1;
        self.heap.push(Reverse((rank, self.next)));
        self.items.insert(self.next, item);
        self.next
    }

    fn take(&mut self) -> Option<(R, u64)> {
        loop {
            let Reverse((rank, number)) = self.heap.pop()?;
            if let Some(item) = self.items.remove(&number) {
                return Some((rank, item));
            }
        }
    }
}

impl Queue for Heap<u8> {
    type Ticket = u64;

    fn push(&mut self, dice: &mut Dice) -> u64 {
        self.put(class(dice).number(), dice.roll())
    }

    fn pop(&mut self) -> Option<u64> {
        self.take().map(|(_, item)| item)
    }

    fn cancel(&mut self, ticket: u64) -> Option<u64> {
        self.items.remove(&ticket)
    }
}

/// The heap whose classes share as those of the lanes do: an item's rank is when its class may
/// have it, on a clock that bytes move on by 1 / weight. Control is strictly first.
struct FairHeap {
    heap: Heap<u64>,
    /// When each class may have its next.
    next: [u64; Class::COUNT],
    /// The rank of what was taken last.
    now: u64,
}

impl Queue for FairHeap {
    type Ticket = u64;

    fn push(&mut self, dice: &mut Dice) -> u64 {
        let class = class(dice);
        let rank = match class {
            Class::Control => 0,
            Class::Urgent | Class::Normal | Class::Low | Class::Backfill | Class::Bulk => {
                let next = &mut self.next[class.index()];
                let rank = self.now.max(*next);
                *next = rank + BYTES as u64 * Class::Control.weight() / class.weight();
                rank
            }
        };
        self.heap.put(rank, dice.roll())
    }

    fn pop(&mut self) -> Option<u64> {
        let (rank, item) = self.heap.take()?;
        self.now = self.now.max(rank);
        Some(item)
    }

    fn cancel(&mut self, ticket: u64) -> Option<u64> {
        self.heap.items.remove(&ticket)
    }
}

/// Timers up to 12 days ahead: "pop" lets the time come of whatever is first.
struct Timers {
    wheel: Wheel<u64>,
    now: u64,
    due: Vec<u64>,
}

impl Queue for Timers {
    type Ticket = Timer;

    fn push(&mut self, dice: &mut Dice) -> Timer {
        let at = self.now + (dice.roll() >> 34);
        self.wheel.insert(at, dice.roll()).unwrap()
    }

    fn pop(&mut self) -> Option<u64> {
        while self.due.is_empty() {
            self.now = self.wheel.next()?;
            self.wheel.expire(self.now, |item| self.due.push(item));
        }
        self.due.pop()
    }

    fn cancel(&mut self, timer: Timer) -> Option<u64> {
        self.wheel.cancel(timer)
    }
}

struct HeapTimers {
    heap: Heap<u64>,
    now: u64,
}

impl Queue for HeapTimers {
    type Ticket = u64;

    fn push(&mut self, dice: &mut Dice) -> u64 {
        let at = self.now + (dice.roll() >> 34);
        self.heap.put(at, dice.roll())
    }

    fn pop(&mut self) -> Option<u64> {
        let (at, item) = self.heap.take()?;
        self.now = at;
        Some(item)
    }

    fn cancel(&mut self, ticket: u64) -> Option<u64> {
        self.heap.items.remove(&ticket)
    }
}

fn run<Q: Queue>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, new: impl Fn() -> Q) {
    for size in SIZES {
        let mut bed = Bed::new(new(), size);
        group.bench_function(BenchmarkId::new(name, size), |bencher| {
            bencher.iter(|| black_box(bed.step()));
        });
    }
}

fn queue(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("queue");
    run(&mut group, "nothing", || Nothing);
    run(&mut group, "lanes", Lanes::<u64>::default);
    run(&mut group, "heap", Heap::<u8>::new);
    run(&mut group, "fair-heap", || FairHeap {
        heap: Heap::new(),
        next: [0; Class::COUNT],
        now: 0,
    });
    group.finish();
    let mut group = criterion.benchmark_group("timers");
    run(&mut group, "wheel", || Timers {
        wheel: Wheel::new(0, usize::MAX),
        now: 0,
        due: Vec::new(),
    });
    run(&mut group, "heap", || HeapTimers { heap: Heap::new(), now: 0 });
    group.finish();
}

criterion_group!(benches, queue);
criterion_main!(benches);
