//! Who goes first and that every class progresses; the same as a naive model that sorts.

use proptest::prelude::*;

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
fn i7_a_lane_that_waited_for_credit_does_not_starve_others_afterwards() {
    let mut lanes = Lanes::default();
    lanes.push(Class::Urgent, 0);
    for _ in 0..1_000 {
        lanes.push(Class::Normal, 1);
        let class = lanes.next(|class, _| class != Class::Urgent).unwrap();
        lanes.served(class, 1_000);
        lanes.pop(class);
    }
    lanes.push(Class::Normal, 1);
    let mut served = 0;
    while lanes.next(|_, _| true) == Some(Class::Urgent) {
        lanes.push(Class::Urgent, 0);
        lanes.served(Class::Urgent, 1_000);
        lanes.pop(Class::Urgent);
        served += 1;
        assert!(served < 20, "normal starves");
    }
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
    let mut served = [0u32; Class::COUNT];
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

/// A list that is searched from one end for everything.
#[derive(Default)]
struct Naive {
    waiting: Vec<(Class, u32)>,
    passes: [u64; Class::COUNT],
    pass: u64,
}

impl Naive {
    fn wakes(&mut self, class: Class) {
        if self.waiting.iter().all(|(other, _)| *other != class) {
            let pass = &mut self.passes[class.index()];
            *pass = (*pass).max(self.pass);
        }
    }

    fn push(&mut self, class: Class, item: u32) {
        self.wakes(class);
        self.waiting.push((class, item));
    }

    fn put_back(&mut self, class: Class, item: u32) {
        self.wakes(class);
        self.waiting.insert(0, (class, item));
    }

    fn cancel(&mut self, item: u32) -> Option<u32> {
        let at = self.waiting.iter().position(|(_, other)| *other == item)?;
        Some(self.waiting.remove(at).1)
    }

    fn reclass(&mut self, item: u32, class: Class) -> bool {
        let Some(at) = self.waiting.iter().position(|(_, other)| *other == item) else {
            return false;
        };
        if self.waiting[at].0 != class {
            self.wakes(class);
            self.waiting.remove(at);
            self.waiting.push((class, item));
        }
        true
    }

    fn pop(&mut self, bytes: usize) -> Option<(Class, u32)> {
        let pass = |class: Class| (class != Class::Control).then(|| self.passes[class.index()]);
        let turn = |(at, (class, _)): &(usize, &(Class, u32))| (pass(*class), *class, *at);
        let (at, _) = self.waiting.iter().enumerate().min_by_key(turn)?;
        let (class, item) = self.waiting.remove(at);
        if class != Class::Control {
            self.pass = self.pass.max(self.passes[class.index()]);
            self.passes[class.index()] += bytes as u64 * 64 / class.weight();
        }
        Some((class, item))
    }
}

#[derive(Clone, Debug)]
enum Step {
    /// So many, one after another.
    Push(Class, usize),
    PutBack(Class, usize),
    Pop(usize),
    /// This one and so many after it.
    Cancel(usize, usize),
    Reclass(usize, Class),
}

fn class() -> impl Strategy<Value = Class> {
    prop::sample::select(&Class::ALL[..])
}

/// Most often one; sometimes more than a chunk holds.
fn count() -> impl Strategy<Value = usize> {
    prop_oneof![6 => Just(1usize), 1 => 1usize..150]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (class(), count()).prop_map(|(class, count)| Step::Push(class, count)),
        1 => (class(), count()).prop_map(|(class, count)| Step::PutBack(class, count)),
        3 => (0usize..20_000).prop_map(Step::Pop),
        2 => (any::<usize>(), count()).prop_map(|(which, count)| Step::Cancel(which, count)),
        1 => (any::<usize>(), class()).prop_map(|(which, class)| Step::Reclass(which, class)),
    ]
}

/// The lanes and the list beside each other. Tickets are drawn from all that were ever given, so
/// many of them are void.
#[derive(Default)]
struct Both {
    lanes: Lanes<u32>,
    naive: Naive,
    tickets: Vec<Ticket>,
}

impl Both {
    fn item(&self) -> u32 {
        u32::try_from(self.tickets.len()).unwrap()
    }

    fn make(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Push(class, count) => {
                for item in (self.item()..).take(count) {
                    self.tickets.push(self.lanes.push(class, item));
                    self.naive.push(class, item);
                }
            }
            Step::PutBack(class, count) => {
                for item in (self.item()..).take(count) {
                    self.tickets.push(self.lanes.put_back(class, item));
                    self.naive.put_back(class, item);
                }
            }
            Step::Pop(bytes) => {
                prop_assert_eq!(self.lanes.pop_next(|_| bytes), self.naive.pop(bytes));
            }
            Step::Cancel(_, _) | Step::Reclass(..) if self.tickets.is_empty() => {}
            Step::Cancel(which, count) => {
                let which = which % self.tickets.len();
                for (which, ticket) in self.tickets.iter().enumerate().skip(which).take(count) {
                    let item = u32::try_from(which).unwrap();
                    prop_assert_eq!(self.lanes.cancel(*ticket), self.naive.cancel(item));
                }
            }
            Step::Reclass(which, class) => {
                let which = which % self.tickets.len();
                let (before, item) = (self.tickets[which], u32::try_from(which).unwrap());
                let waits = self.naive.reclass(item, class);
                let after = self.lanes.reclass(before, class);
                prop_assert_eq!(after.is_some(), waits);
                prop_assert!(after == Some(before) || self.lanes.of(before).is_none());
                self.tickets[which] = after.unwrap_or(before);
                let of = self.lanes.of(self.tickets[which]);
                prop_assert_eq!(of, waits.then_some((class, &item)));
            }
        }
        Ok(())
    }

    fn compare(&self) -> Result<(), TestCaseError> {
        let (lanes, naive) = (&self.lanes, &self.naive);
        prop_assert_eq!(lanes.len(), naive.waiting.len());
        prop_assert_eq!(lanes.is_empty(), naive.waiting.is_empty());
        for class in Class::ALL {
            let waiting = naive.waiting.iter().filter(|(other, _)| *other == class);
            let waiting: Vec<u32> = waiting.map(|(_, item)| *item).collect();
            prop_assert_eq!(lanes.depth(class), waiting.len());
            prop_assert!(lanes.iter(class).map(|(_, item)| item).eq(&waiting));
            for (ticket, item) in lanes.iter(class) {
                prop_assert_eq!(lanes.of(ticket), Some((class, item)));
            }
        }
        Ok(())
    }
}

proptest! {
    #[test]
    fn i7_lanes_do_what_a_list_that_is_sorted_each_time_does(
        steps in prop::collection::vec(step(), 0..200),
    ) {
        let mut both = Both::default();
        for step in steps {
            both.make(step)?;
            both.compare()?;
        }
        let (slots, _) = both.lanes.chunks.room();
        prop_assert!(slots <= 64 * (both.lanes.len() + Class::COUNT));
        for (item, ticket) in both.tickets.iter().enumerate() {
            let item = u32::try_from(item).unwrap();
            prop_assert_eq!(both.lanes.cancel(*ticket), both.naive.cancel(item));
        }
        prop_assert!(both.lanes.is_empty());
        prop_assert!(both.lanes.chunks.room().0 <= 64 * Class::COUNT);
    }
}

#[test]
fn i6_what_comes_and_goes_behind_items_that_are_stuck_takes_no_room() {
    let mut lanes = Lanes::default();
    let mut stuck = Vec::new();
    for class in Class::ALL {
        stuck.push(lanes.push(class, 0));
    }
    for item in 1..1_000_000 {
        let ticket = lanes.push(Class::ALL[item % Class::COUNT], item);
        assert_eq!(lanes.cancel(ticket), Some(item));
        assert_eq!(lanes.cancel(ticket), None);
    }
    let (slots, heads) = lanes.chunks.room();
    assert!(slots <= 64 * 2 * Class::COUNT && heads <= 128, "{slots} {heads}");
    assert!(stuck.into_iter().all(|ticket| lanes.cancel(ticket) == Some(0)));
}

#[test]
fn i6_after_a_flood_the_room_is_given_back() {
    let mut lanes = Lanes::default();
    let mut tickets: Vec<Ticket> = (0..100_000).map(|n| lanes.push(Class::Low, n)).collect();
    let first = tickets.remove(0);
    // From the end, from the beginning, and some in between that are left for last.
    let (some, most): (Vec<_>, Vec<_>) =
        tickets.into_iter().enumerate().partition(|(n, _)| n % 1_000 == 0);
    for (_, ticket) in most.iter().rev() {
        assert!(lanes.cancel(*ticket).is_some());
    }
    let (slots, _) = lanes.chunks.room();
    assert!(slots <= 64 * (lanes.len() + 1), "{slots}");
    for (_, ticket) in some {
        assert!(lanes.cancel(ticket).is_some());
    }
    assert_eq!((lanes.len(), lanes.pop(Class::Low)), (1, Some(0)));
    assert_eq!(lanes.cancel(first), None);
    for item in 0..64 {
        lanes.push(Class::Low, item);
        assert_eq!(lanes.pop(Class::Low), Some(item));
    }
    let (slots, heads) = lanes.chunks.room();
    assert!(slots <= 64 && heads <= 128, "{slots} {heads}");
}

#[test]
fn what_is_put_back_is_first_again_and_in_its_order() {
    let mut lanes = Lanes::default();
    for item in 0..200 {
        lanes.push(Class::Normal, item);
    }
    let taken: Vec<u32> = (0..150).filter_map(|_| lanes.pop(Class::Normal)).collect();
    for item in taken.into_iter().rev() {
        lanes.put_back(Class::Normal, item);
    }
    assert!(drain(&mut lanes, 1).into_iter().map(|(_, item)| item).eq(0..200));
}

#[test]
fn when_serial_numbers_are_used_up_items_have_no_ticket_and_are_taken_in_their_turn() {
    let mut lanes = Lanes::default();
    lanes.chunks.leave_serials(2);
    let tickets: Vec<Ticket> = (0..300).map(|item| lanes.push(Class::Normal, item)).collect();
    for ticket in &tickets[128..] {
        assert_eq!(lanes.of(*ticket), None);
        assert_eq!(lanes.cancel(*ticket), None);
    }
    assert_eq!(lanes.cancel(tickets[127]), Some(127));
    let order = drain(&mut lanes, 100).into_iter().map(|(_, item)| item);
    assert!(order.eq((0..300).filter(|item| *item != 127)));
    assert!(lanes.is_empty());
}
