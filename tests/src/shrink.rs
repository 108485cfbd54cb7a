//! From a failing plan to a short story: leaves out steps as long as the same promise breaks.
//!
//! Delta debugging (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input",
//! 2002): halves, quarters and so on are left out, down to single steps.

use crate::plan::{Plan, Step};
use crate::seed::{Options, Outcome, play};

/// Plans that are tried at most.
const TRIES: u32 = 400;

/// The shortest plan found that breaks the same promise, and what it came to.
#[must_use]
pub fn shrink(plan: &Plan, options: Options, outcome: Outcome) -> (Plan, Outcome) {
    let invariant = outcome.broken.as_ref().map(|broken| broken.invariant);
    let fails = |plan: &Plan| {
        let outcome = play(plan, options);
        let same = outcome.broken.as_ref().map(|broken| broken.invariant) == invariant;
        same.then_some(outcome)
    };
    let mut best = (plan.clone(), outcome);
    let mut tries = 0;
    let mut size = plan.steps.len().div_ceil(2);
    while size > 0 && tries < TRIES {
        let mut from = 0;
        let mut shorter = false;
        while from < best.0.steps.len() && tries < TRIES {
            let candidate = without(&best.0, from, size);
            tries += 1;
            match fails(&candidate) {
                Some(outcome) => {
                    best = (candidate, outcome);
                    shorter = true;
                }
                None => from += size,
            }
        }
        if !(shorter && size == 1) {
            size /= 2;
        }
    }
    best
}

/// A plan without some of its steps; the time that they took still passes.
fn without(plan: &Plan, from: usize, count: usize) -> Plan {
    let to = (from + count).min(plan.steps.len());
    let lost: u64 = plan.steps[from..to].iter().map(|step| step.pause).sum();
    let mut steps: Vec<Step> = plan.steps.clone();
    steps.drain(from..to);
    if let Some(before) = from.checked_sub(1).and_then(|before| steps.get_mut(before)) {
        before.pause += lost;
    }
    Plan { steps, ..plan.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{Bug, Fault};

    #[test]
    fn a_story_is_shorter_and_ends_the_same() {
        let options =
            Options { quick: true, traced: false, fault: Some(Fault::World(Bug::ForgetAtClose)) };
        let failing = (0..100).map(|seed| Plan::of(seed, None)).find_map(|plan| {
            let outcome = play(&plan, options);
            outcome.broken.is_some().then_some((plan, outcome))
        });
        let (plan, outcome) = failing.expect("a store that forgets is found in 100 seeds");
        let invariant = outcome.broken.as_ref().map(|broken| broken.invariant);
        let (short, outcome) = shrink(&plan, options, outcome);
        assert!(short.steps.len() < plan.steps.len() / 3, "{} steps", short.steps.len());
        assert_eq!(outcome.broken.map(|broken| broken.invariant), invariant);
    }
}
