//! Sets of seqs, as sorted ranges that neither touch nor overlap.
//!
//! Nearly every set here is one range, so a vector is the fastest and smallest structure; the
//! number of ranges is bounded by whoever fills the set.

use serde::{Deserialize, Serialize};

use crate::ids::Seq;
use crate::simulation::{Planted, planted};

/// A set of seqs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RangeSet {
    ranges: Vec<(Seq, Seq)>,
}

impl RangeSet {
    /// The set of `first..=last`.
    #[must_use]
    pub fn of(first: Seq, last: Seq) -> RangeSet {
        let mut set = RangeSet::default();
        set.insert(first, last);
        set
    }

    /// Builds a set from ranges in any order; a range that ends before it begins is left out.
    #[must_use]
    pub fn from_ranges(ranges: impl IntoIterator<Item = (Seq, Seq)>) -> RangeSet {
        let mut set = RangeSet::default();
        for (first, last) in ranges {
            set.insert(first, last);
        }
        set
    }

    /// The ranges, ascending, both ends inclusive.
    #[must_use]
    pub fn ranges(&self) -> &[(Seq, Seq)] {
        &self.ranges
    }

    /// How many seqs.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.ranges
            .iter()
            .fold(0, |sum, (first, last)| sum.saturating_add((last - first).saturating_add(1)))
    }

    /// True if there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// True if all of a range is in the set.
    #[must_use]
    pub fn covers(&self, first: Seq, last: Seq) -> bool {
        RangeSet::of(first, last).minus(self).is_empty()
    }

    /// True if the seq is in the set.
    #[must_use]
    pub fn contains(&self, seq: Seq) -> bool {
        let next = self.ranges.partition_point(|(first, _)| *first <= seq);
        next > 0 && self.ranges[next - 1].1 >= seq
    }

    /// The highest seq.
    #[must_use]
    pub fn last(&self) -> Option<Seq> {
        self.ranges.last().map(|(_, last)| *last)
    }

    /// The lowest seq.
    #[must_use]
    pub fn first(&self) -> Option<Seq> {
        self.ranges.first().map(|(first, _)| *first)
    }

    /// Adds `first..=last`.
    pub fn insert(&mut self, first: Seq, last: Seq) {
        if last < first {
            return;
        }
        let reach = if planted(Planted::RangesMergedAcrossGap) { 2 } else { 1 };
        let from = self.ranges.partition_point(|(_, l)| l.saturating_add(reach) < first);
        let to = self.ranges.partition_point(|(f, _)| *f <= last.saturating_add(1));
        if from >= to {
            self.ranges.insert(from, (first, last));
            return;
        }
        let merged = (self.ranges[from].0.min(first), self.ranges[to - 1].1.max(last));
        self.ranges.splice(from..to, [merged]);
    }

    /// Adds all of another set.
    pub fn union(&mut self, other: &RangeSet) {
        for (first, last) in &other.ranges {
            self.insert(*first, *last);
        }
    }

    /// Takes `first..=last` out.
    pub fn remove(&mut self, first: Seq, last: Seq) {
        if last < first {
            return;
        }
        let from = self.ranges.partition_point(|(_, l)| *l < first);
        let to = self.ranges.partition_point(|(f, _)| *f <= last);
        if from >= to {
            return;
        }
        let mut rest = Vec::with_capacity(2);
        if self.ranges[from].0 < first {
            rest.push((self.ranges[from].0, first - 1));
        }
        if self.ranges[to - 1].1 > last {
            rest.push((last + 1, self.ranges[to - 1].1));
        }
        self.ranges.splice(from..to, rest);
    }

    /// Takes all of another set out.
    pub fn subtract(&mut self, other: &RangeSet) {
        for (first, last) in &other.ranges {
            self.remove(*first, *last);
        }
    }

    /// Takes out what is in both.
    pub fn take(&mut self, other: &RangeSet) -> RangeSet {
        let taken = self.and(other);
        self.subtract(&taken);
        taken
    }

    /// What is in this set and not in the other.
    #[must_use]
    pub fn minus(&self, other: &RangeSet) -> RangeSet {
        let mut rest = self.clone();
        rest.subtract(other);
        rest
    }

    /// What is in both.
    #[must_use]
    pub fn and(&self, other: &RangeSet) -> RangeSet {
        let (mut a, mut b) = (0, 0);
        let mut both = RangeSet::default();
        while let (Some(x), Some(y)) = (self.ranges.get(a), other.ranges.get(b)) {
            let (first, last) = (x.0.max(y.0), x.1.min(y.1));
            if first <= last {
                both.ranges.push((first, last));
            }
            if x.1 < y.1 {
                a += 1;
            } else {
                b += 1;
            }
        }
        both
    }

    /// At most `count` of the highest seqs.
    #[must_use]
    pub fn newest(&self, count: u64) -> RangeSet {
        let mut left = count;
        let mut newest = RangeSet::default();
        for (first, last) in self.ranges.iter().rev() {
            if left == 0 {
                break;
            }
            let from = (*first).max(last.saturating_sub(left - 1));
            newest.insert(from, *last);
            left -= last - from + 1;
        }
        newest
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn naive(set: &RangeSet) -> BTreeSet<Seq> {
        set.ranges.iter().flat_map(|(first, last)| *first..=*last).collect()
    }

    #[derive(Clone, Debug)]
    enum Step {
        Insert(Seq, Seq),
        Remove(Seq, Seq),
    }

    fn step() -> impl Strategy<Value = Step> {
        (any::<bool>(), 0u64..60, 0u64..12).prop_map(|(insert, first, len)| {
            if insert { Step::Insert(first, first + len) } else { Step::Remove(first, first + len) }
        })
    }

    fn build(steps: &[Step]) -> (RangeSet, BTreeSet<Seq>) {
        let (mut set, mut model) = (RangeSet::default(), BTreeSet::new());
        for step in steps {
            match step {
                Step::Insert(first, last) => {
                    set.insert(*first, *last);
                    model.extend(*first..=*last);
                }
                Step::Remove(first, last) => {
                    set.remove(*first, *last);
                    model.retain(|seq| seq < first || seq > last);
                }
            }
        }
        (set, model)
    }

    proptest! {
        #[test]
        fn it_is_the_set_that_a_naive_model_is(
            a in prop::collection::vec(step(), 0..30),
            b in prop::collection::vec(step(), 0..30),
            count in 0u64..40,
        ) {
            let ((a, model_a), (b, model_b)) = (build(&a), build(&b));
            prop_assert_eq!(naive(&a), model_a.clone());
            prop_assert_eq!(a.len(), model_a.len() as u64);
            prop_assert!(a.ranges.windows(2).all(|w| w[0].1 + 1 < w[1].0));
            prop_assert_eq!(naive(&a.minus(&b)), &model_a - &model_b);
            prop_assert_eq!(naive(&a.and(&b)), &model_a & &model_b);
            let newest: BTreeSet<Seq> =
                model_a.iter().rev().take(usize::try_from(count).unwrap()).copied().collect();
            prop_assert_eq!(naive(&a.newest(count)), newest);
            for seq in 0..80 {
                prop_assert_eq!(a.contains(seq), model_a.contains(&seq));
            }
        }

        #[test]
        fn sets_are_put_together_and_taken_apart_as_a_naive_model_is(
            a in prop::collection::vec(step(), 0..30),
            b in prop::collection::vec(step(), 0..30),
            first in 0u64..80,
            len in 0u64..20,
        ) {
            let ((a, model_a), (b, model_b)) = (build(&a), build(&b));
            let mut all = a.clone();
            all.union(&b);
            prop_assert_eq!(naive(&all), &model_a | &model_b);
            let mut rest = a.clone();
            let taken = rest.take(&b);
            prop_assert_eq!(naive(&taken), &model_a & &model_b);
            prop_assert_eq!(naive(&rest), &model_a - &model_b);
            let covered = (first..=first + len).all(|seq| model_a.contains(&seq));
            prop_assert_eq!(a.covers(first, first + len), covered);
            prop_assert!(all.ranges.windows(2).all(|w| w[0].1 + 1 < w[1].0));
            for set in [taken, rest] {
                prop_assert!(set.ranges.windows(2).all(|w| w[0].1 < w[1].0));
            }
        }

        #[test]
        fn a_set_of_ranges_in_any_order_is_the_set_of_their_seqs(
            ranges in prop::collection::vec((0u64..60, 0u64..60), 0..40),
        ) {
            let set = RangeSet::from_ranges(ranges.clone());
            let model: BTreeSet<Seq> =
                ranges.iter().flat_map(|(first, last)| *first..=*last).collect();
            prop_assert_eq!(naive(&set), model);
            prop_assert!(set.ranges.windows(2).all(|w| w[0].1 + 1 < w[1].0));
            let again = RangeSet::from_ranges(set.ranges().iter().rev().copied());
            prop_assert_eq!(again, set);
        }
    }

    #[test]
    fn the_ends_of_the_number_range_do_no_harm() {
        let mut set = RangeSet::of(0, u64::MAX);
        assert_eq!(set.len(), u64::MAX);
        set.insert(u64::MAX, u64::MAX);
        set.remove(5, u64::MAX);
        assert_eq!(set.ranges(), &[(0, 4)]);
    }
}
