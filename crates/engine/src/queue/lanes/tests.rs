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
    Push(Class),
    Pop(usize),
    Cancel(usize),
    Reclass(usize, Class),
}

fn class() -> impl Strategy<Value = Class> {
    prop::sample::select(&Class::ALL[..])
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => class().prop_map(Step::Push),
        2 => (0usize..20_000).prop_map(Step::Pop),
        1 => any::<usize>().prop_map(Step::Cancel),
        1 => (any::<usize>(), class()).prop_map(|(which, class)| Step::Reclass(which, class)),
    ]
}

proptest! {
    /// Tickets are drawn from all that were ever given, so many of them are void.
    #[test]
    fn i7_lanes_do_what_a_list_that_is_sorted_each_time_does(
        steps in prop::collection::vec(step(), 0..300),
    ) {
        let (mut lanes, mut naive) = (Lanes::default(), Naive::default());
        let mut tickets = Vec::new();
        for step in steps {
            match step {
                Step::Push(class) => {
                    let item = u32::try_from(tickets.len()).unwrap();
                    tickets.push(lanes.push(class, item));
                    naive.push(class, item);
                }
                Step::Pop(bytes) => prop_assert_eq!(lanes.pop_next(|_| bytes), naive.pop(bytes)),
                Step::Cancel(_) | Step::Reclass(..) if tickets.is_empty() => {}
                Step::Cancel(which) => {
                    let which = which % tickets.len();
                    let item = u32::try_from(which).unwrap();
                    prop_assert_eq!(lanes.cancel(tickets[which]), naive.cancel(item));
                }
                Step::Reclass(which, class) => {
                    let which = which % tickets.len();
                    let item = u32::try_from(which).unwrap();
                    let moved = naive.reclass(item, class);
                    prop_assert_eq!(lanes.reclass(tickets[which], class), moved);
                    prop_assert_eq!(lanes.of(tickets[which]), moved.then_some((class, &item)));
                }
            }
            prop_assert_eq!(lanes.len(), naive.waiting.len());
            prop_assert_eq!(lanes.is_empty(), naive.waiting.is_empty());
            for class in Class::ALL {
                let waiting = naive.waiting.iter().filter(|(other, _)| *other == class);
                let waiting: Vec<u32> = waiting.map(|(_, item)| *item).collect();
                prop_assert_eq!(lanes.depth(class), waiting.len());
                prop_assert!(lanes.iter(class).eq(&waiting));
            }
        }
    }
}
