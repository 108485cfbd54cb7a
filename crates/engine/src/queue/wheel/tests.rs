//! The wheel does what a sorted list does, whatever the clock does.

use proptest::prelude::*;

use super::*;

fn expire<T>(wheel: &mut Wheel<T>, now: Millis) -> Vec<T> {
    let mut expired = Vec::new();
    wheel.expire(now, |item| expired.push(item));
    expired
}

/// How many records there is room for in all slots.
fn room<T>(wheel: &Wheel<T>) -> usize {
    wheel.slots.iter().map(|slot| slot.records.capacity()).sum()
}

/// A list that is sorted each time: time, when it was put in, number of the item.
struct Naive {
    waiting: Vec<(Millis, usize, usize)>,
    now: Millis,
    inserted: usize,
}

impl Naive {
    fn insert(&mut self, at: Millis, item: usize) {
        self.waiting.push((at, self.inserted, item));
        self.inserted += 1;
    }

    fn cancel(&mut self, item: usize) -> Option<usize> {
        let at = self.waiting.iter().position(|(_, _, other)| *other == item)?;
        self.waiting.remove(at);
        Some(item)
    }

    fn expire(&mut self, now: Millis) -> Vec<usize> {
        self.now = self.now.max(now);
        self.waiting.sort_unstable();
        let count = self.waiting.partition_point(|(at, ..)| *at <= self.now);
        self.waiting.drain(..count).map(|(.., item)| item).collect()
    }

    fn earliest(&self) -> Option<Millis> {
        self.waiting.iter().map(|(at, ..)| *at).min()
    }
}

#[derive(Clone, Debug)]
enum From {
    Clock,
    Zero,
}

#[derive(Clone, Debug)]
enum Step {
    /// So long after the clock, or at this time, which may be long ago.
    Insert(From, Millis),
    Cancel(usize),
    Move(usize, Millis),
    Pass(Millis),
    PassToNext,
    JumpTo(Millis),
}

/// Short times, long times, and times to the millisecond at the borders of slots.
fn span() -> impl Strategy<Value = Millis> {
    prop_oneof![
        0u64..70,
        0u64..5_000,
        0u64..(1 << 40),
        (0u32..64, 0u64..3).prop_map(|(bit, more)| (1u64 << bit) - 1 + more),
        Just(u64::MAX),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => span().prop_map(|span| Step::Insert(From::Clock, span)),
        1 => span().prop_map(|span| Step::Insert(From::Zero, span)),
        2 => any::<usize>().prop_map(Step::Cancel),
        2 => (any::<usize>(), span()).prop_map(|(which, at)| Step::Move(which, at)),
        3 => (0u64..200).prop_map(Step::Pass),
        2 => Just(Step::PassToNext),
        1 => span().prop_map(Step::JumpTo),
    ]
}

/// Tickets are drawn from all that were ever given, so many of them are void.
fn run(start: Millis, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let mut wheel = Wheel::new(start, usize::MAX);
    let mut naive = Naive { waiting: Vec::new(), now: start, inserted: 0 };
    let mut tickets = Vec::new();
    for step in steps {
        let to = match step {
            Step::Insert(from, span) => {
                let at = match from {
                    From::Clock => naive.now.saturating_add(span),
                    From::Zero => span,
                };
                naive.insert(at, tickets.len());
                tickets.push(wheel.insert(at, tickets.len()).unwrap());
                continue;
            }
            Step::Cancel(_) | Step::Move(..) if tickets.is_empty() => continue,
            Step::Cancel(which) => {
                let which = which % tickets.len();
                prop_assert_eq!(wheel.cancel(tickets[which]), naive.cancel(which));
                continue;
            }
            Step::Move(which, after) => {
                let which = which % tickets.len();
                let at = naive.now.saturating_add(after);
                let waits = naive.cancel(which).is_some();
                if waits {
                    naive.insert(at, which);
                }
                let moved = wheel.move_to(tickets[which], at);
                prop_assert_eq!(moved.is_some(), waits);
                prop_assert_eq!(wheel.of(tickets[which]), None);
                if let Some(moved) = moved {
                    prop_assert_eq!(wheel.of(moved), Some((at, &which)));
                    tickets[which] = moved;
                }
                continue;
            }
            Step::Pass(by) => naive.now.saturating_add(by),
            Step::PassToNext => wheel.next().unwrap_or(naive.now),
            Step::JumpTo(to) => to,
        };
        prop_assert_eq!(expire(&mut wheel, to), naive.expire(to));
        prop_assert_eq!(wheel.len(), naive.waiting.len());
        let (next, earliest) = (wheel.next(), naive.earliest());
        prop_assert_eq!(next.is_some(), earliest.is_some());
        prop_assert!(next <= earliest.map(|at| at.max(naive.now)), "{:?} {:?}", next, earliest);
    }
    prop_assert_eq!(expire(&mut wheel, u64::MAX), naive.expire(u64::MAX));
    prop_assert!(wheel.is_empty() && wheel.next().is_none());
    Ok(())
}

proptest! {
    #[test]
    fn a_wheel_does_what_a_sorted_list_does(
        start in span(),
        steps in prop::collection::vec(step(), 0..200),
    ) {
        run(start, steps)?;
    }
}

#[test]
fn who_wakes_at_next_gets_everything_in_a_few_wakes_and_nothing_late() {
    let mut wheel = Wheel::new(7, 1000);
    for item in 0..1000u64 {
        wheel.insert(1_000_000 + item % 10, item).unwrap();
    }
    let (mut got, mut wakes) = (Vec::new(), 0);
    while let Some(next) = wheel.next() {
        assert!(next <= 1_000_009);
        got.extend(expire(&mut wheel, next));
        wakes += 1;
    }
    assert!(wakes < 20, "{wakes}");
    let mut order: Vec<u64> = (0..1000).collect();
    order.sort_by_key(|item| item % 10);
    assert_eq!(got, order);
}

#[test]
fn one_timer_far_ahead_needs_one_wake() {
    let mut wheel = Wheel::new(1_234, 10);
    wheel.insert(987_654_321, ()).unwrap();
    assert_eq!(wheel.next(), Some(987_654_321));
    assert_eq!(expire(&mut wheel, 987_654_320), []);
    assert_eq!(expire(&mut wheel, 987_654_321), [()]);
}

#[test]
fn a_clock_that_jumps_to_the_end_of_time_costs_no_more_than_its_items() {
    let mut wheel = Wheel::new(0, 200_000);
    for item in 0..100_000u64 {
        wheel.insert(item << 40, item).unwrap();
    }
    assert!(expire(&mut wheel, u64::MAX).into_iter().eq(0..100_000));
    wheel.insert(5, 5).unwrap();
    assert_eq!(wheel.next(), Some(u64::MAX));
    assert_eq!(expire(&mut wheel, 0), [5]);
}

#[test]
fn i6_a_full_wheel_says_so_and_takes_again_when_there_is_room() {
    let mut wheel = Wheel::new(0, 2);
    let first = wheel.insert(10, 'a').unwrap();
    wheel.insert(20, 'b').unwrap();
    assert_eq!(wheel.insert(30, 'c'), Err(Full { most: 2 }));
    assert_eq!(wheel.cancel(first), Some('a'));
    assert!(wheel.insert(30, 'c').is_ok());
    assert_eq!(expire(&mut wheel, 30), ['b', 'c']);
}

#[test]
fn i6_what_is_cancelled_or_has_expired_takes_no_room() {
    let mut wheel = Wheel::new(0, 10_000);
    let stuck: Vec<Timer> = (0..10).map(|n| wheel.insert(u64::MAX - n, n).unwrap()).collect();
    for n in 0..1_000_000u64 {
        let timer = wheel.insert(wheel.now() + 1 + n % 100_000, n).unwrap();
        wheel.cancel(timer);
        if n % 1_000 == 0 {
            wheel.expire(n, |_| ());
        }
    }
    assert!(room(&wheel) <= KEPT * wheel.slots.len(), "{}", room(&wheel));
    for burst in 1..=50u64 {
        for n in 0..5_000 {
            wheel.insert((burst << 24) + n, n).unwrap();
        }
        wheel.expire((burst << 24) + 5_000, |_| ());
    }
    assert!(room(&wheel) <= KEPT * wheel.slots.len(), "{}", room(&wheel));
    assert!(stuck.into_iter().all(|timer| wheel.cancel(timer).is_some()) && wheel.is_empty());
}

#[test]
fn half_of_many_can_be_cancelled_and_the_rest_is_in_order() {
    let mut wheel = Wheel::new(0, 10_000);
    let timers: Vec<Timer> = (0..10_000u64).map(|n| wheel.insert(1 << 20, n).unwrap()).collect();
    for timer in timers.iter().skip(1).step_by(2).chain(timers.iter().take(7_000).step_by(2)) {
        assert!(wheel.cancel(*timer).is_some());
    }
    assert!(room(&wheel) <= 8 * wheel.len().max(KEPT), "{}", room(&wheel));
    assert!(expire(&mut wheel, 1 << 20).into_iter().eq((7_000..10_000).step_by(2)));
    assert!(timers.into_iter().all(|timer| wheel.cancel(timer).is_none()));
}
