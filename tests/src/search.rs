//! Many seeds on all cores, and what they came to.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use engine::simulation::{Mark, take_marks};

use crate::fault::Fault;
use crate::oracle::Judged;
use crate::plan::Plan;
use crate::seed::{Options, Outcome, play};

/// How many are asked for in a variable of the environment, if it is set.
///
/// # Errors
/// Words, if it is set and no number of something: nothing is done then instead of something else.
pub fn wanted(variable: &str) -> Result<Option<u64>, String> {
    number(variable, std::env::var_os(variable).map(|value| value.to_string_lossy().into_owned()))
}

fn number(variable: &str, value: Option<String>) -> Result<Option<u64>, String> {
    let Some(value) = value else { return Ok(None) };
    match value.parse() {
        Ok(number) if number > 0 => Ok(Some(number)),
        Ok(_) | Err(_) => Err(format!("{variable} is {value:?}, which is no number from 1 on")),
    }
}

/// Which seeds.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// The first.
    pub from: u64,
    /// How many at most.
    pub count: u64,
    /// How long at most.
    pub time: Option<Duration>,
    /// How many devices, if not the seed's own number.
    pub peers: Option<usize>,
    /// How long a seed lives at least, in milliseconds of its own time.
    pub life: u64,
    /// Whether somebody's profile is copied.
    pub copies: bool,
    /// Things are decided about who is in the room.
    pub decisions: bool,
    /// Things are said to one member alone.
    pub private: bool,
    /// Things are said that go after they were read.
    pub vanishing: bool,
    /// Members are blocked for a while.
    pub blocks: bool,
    /// Stores cannot be read for a while.
    pub reads: bool,
    /// Workers die between two outputs.
    pub deaths: bool,
    /// Somebody refuses one message again and again.
    pub poison: bool,
    /// Messages answer others, and what is in trays is dealt with.
    pub answers: bool,
}

impl Range {
    /// So many seeds from the first on, as they are by themselves.
    #[must_use]
    pub fn first(count: u64) -> Range {
        let (from, time, peers, life) = (0, None, None, 0);
        let (copies, decisions, private, vanishing) = (false, false, false, false);
        let (blocks, reads, deaths) = (false, false, false);
        let (poison, answers) = (false, false);
        Range {
            from,
            count,
            time,
            peers,
            life,
            copies,
            decisions,
            private,
            vanishing,
            blocks,
            reads,
            deaths,
            poison,
            answers,
        }
    }

    /// What happens in one of them.
    #[must_use]
    pub fn plan(&self, seed: u64) -> Plan {
        let plan = Plan::of(seed, self.peers).lasting(self.life);
        let plan = if self.copies { plan.with_copy() } else { plan };
        let plan = if self.decisions { plan.with_decisions() } else { plan };
        let plan = if self.private { plan.with_whispers() } else { plan };
        let plan = if self.vanishing { plan.with_vanishing() } else { plan };
        let plan = if self.blocks { plan.with_blocks() } else { plan };
        let plan = if self.reads { plan.with_failing_reads() } else { plan };
        let plan = if self.deaths { plan.with_deaths() } else { plan };
        let plan = if self.poison { plan.with_poison() } else { plan };
        if self.answers { plan.with_answers() } else { plan }
    }
}

/// What many seeds came to.
#[derive(Debug, Default)]
pub struct Found {
    /// How many were run.
    pub seeds: u64,
    /// Messages said in them.
    pub said: u64,
    /// Happenings in them.
    pub steps: u64,
    /// What the verdicts looked at.
    pub judged: Judged,
    /// Odd branches that were taken.
    pub marks: BTreeSet<Mark>,
    /// Those that broke a promise, by number.
    pub failed: Vec<(u64, Outcome)>,
}

impl Found {
    /// The odd branches that were never taken.
    #[must_use]
    pub fn unmarked(&self) -> Vec<Mark> {
        Mark::ALL.iter().filter(|mark| !self.marks.contains(mark)).copied().collect()
    }
}

/// Runs seeds on all cores; stops after `most` that break a promise.
#[must_use]
pub fn search(range: Range, options: Options, most: usize) -> Found {
    let begin = Instant::now();
    let (next, stop) = (AtomicU64::new(range.from), AtomicBool::new(false));
    let found = Mutex::new(Found::default());
    let worker = || {
        while !stop.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            let late = range.time.is_some_and(|time| begin.elapsed() >= time);
            if seed - range.from >= range.count || late {
                return;
            }
            let outcome = play(&range.plan(seed), options);
            let Ok(mut found) = found.lock() else { return };
            found.seeds += 1;
            found.said += u64::from(outcome.said);
            found.steps += outcome.steps;
            found.judged.add(outcome.judged);
            found.marks.extend(take_marks());
            if outcome.broken.is_some() {
                found.failed.push((seed, outcome));
                stop.fetch_or(found.failed.len() >= most, Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        (1..cores).for_each(|_| drop(scope.spawn(worker)));
        worker();
    });
    let mut found = found.into_inner().unwrap_or_default();
    found.failed.sort_by_key(|(seed, _)| *seed);
    found
}

/// How a planted fault was found.
#[derive(Debug)]
pub struct Catch {
    /// The promise that it broke.
    pub invariant: &'static str,
    /// What was seen.
    pub what: String,
    /// The seeds that it took.
    pub seeds: u64,
}

/// Runs seeds with a planted fault until it is found, at most so many.
#[must_use]
pub fn hunt(fault: Fault, most: u64) -> Option<Catch> {
    (0..most).find_map(|seed| find(fault, seed))
}

/// Runs one seed with a planted fault: what it broke, if that was found.
#[must_use]
pub fn find(fault: Fault, seed: u64) -> Option<Catch> {
    let by_order = fault.breaks() == "I8";
    let options = Options { quick: true, traced: by_order, fault: Some(fault) };
    let plan = Plan::of(seed, None);
    let plan = if fault.needs_copy() { plan.with_copy() } else { plan };
    let plan = if fault.needs_decisions() { plan.with_decisions() } else { plan };
    let plan = if fault.needs_whispers() { plan.with_whispers() } else { plan };
    let plan = if fault.needs_vanishing() { plan.with_vanishing() } else { plan };
    let plan = if fault.needs_blocks() { plan.with_blocks() } else { plan };
    let plan = if fault.needs_failing_reads() { plan.with_failing_reads() } else { plan };
    let plan = if fault.needs_deaths() { plan.with_deaths() } else { plan };
    let plan = if fault.needs_poison() { plan.with_poison() } else { plan };
    let plan = if fault.needs_answers() { plan.with_answers() } else { plan };
    let plan = if fault.needs_expiries() { plan.with_expiries() } else { plan };
    let outcome = play(&plan, options);
    let seeds = seed + 1;
    if let Some(broken) = outcome.broken {
        return Some(Catch { invariant: broken.invariant, what: broken.what, seeds });
    }
    // What lies elsewhere in memory the second time must make no difference.
    let ballast: Vec<Vec<u8>> = (0..997).map(|size| vec![0; 16 + size % 200]).collect();
    let by_order = by_order && !ballast.is_empty();
    (by_order && play(&plan, options).trace != outcome.trace).then(|| Catch {
        invariant: "I8",
        what: "two runs of one seed differ".to_owned(),
        seeds,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_and_is_no_number_is_refused_in_words() {
        let of = |value: &str| number("CONFAB_SEEDS", Some(value.to_owned()));
        assert_eq!((number("CONFAB_SEEDS", None), of("20")), (Ok(None), Ok(Some(20))));
        for value in ["", "0", "-1", "1_000", "many", "1.5", "99999999999999999999"] {
            let words = format!("CONFAB_SEEDS is {value:?}, which is no number from 1 on");
            assert_eq!(of(value), Err(words));
        }
    }
}
