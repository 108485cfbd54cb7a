//! `bench`: runs the native benches and compares what belongs together, as ratios of medians.
//!
//! Both sides of a ratio are measured in the same run on the same machine, so a ratio means the
//! same on a slow and on a busy one; a time alone does not, and is printed only. `--check` fails
//! on the ratios and on nothing else. Those of the page are stories of the end-to-end tests
//! (`tests/tests/e2e/pace.rs`) and fail on no time at all.

use crate::stage::Stage;
use crate::{install, paths, process, test};
use anyhow::{Context, Result};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// The options of `bench`.
#[derive(clap::Args)]
pub struct Options {
    /// Run the native benches, as is done without any option
    #[arg(long, conflicts_with = "only")]
    native: bool,
    /// Run these only
    #[arg(long, default_value = "native")]
    only: Group,
    /// Fail if a ratio is worse than its bound
    #[arg(long)]
    check: bool,
    /// Measure a few seconds only: for a first look
    #[arg(long)]
    quick: bool,
    /// Run only the benches whose name contains this, and compare what they measured
    filter: Option<String>,
}

/// Benches that are run together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Group {
    /// Queue, runs, sets and compression, without a browser
    Native,
    /// What much costs the page, in Chromium
    Ui,
}

/// The stories that are benches of the page.
const PAGE: &str = "pace::";
/// The bench targets of the crate `tests`.
const BENCHES: [&str; 4] = ["queue", "log", "pack", "vault"];

/// The history of 100,000 entries, as it is sent.
const BACKFILL: &str = "backfill/runs-of-256/100000";
/// How long it may take to verify that natively, in seconds.
const BACKFILL_SECONDS: f64 = 1.0;

/// What is wanted of the queue: so many times as fast as a heap and a map, however much waits.
const TEN_TIMES: Bound = Bound::AtLeast(10.0);
/// And flat: a step costs what it does with a thousand waiting, but for what busy machines add.
const FLAT: Bound = Bound::AtMost(1.25);

/// Two measurements, and how many times as long as the second the first takes.
struct Ratio {
    words: &'static str,
    slow: &'static str,
    fast: &'static str,
    /// What each took besides what is compared, measured at the same size: subtracted from it.
    besides: Option<&'static str>,
    /// For `--check`. Far enough from what is measured that a busy machine does not fail it.
    bound: Bound,
    /// What is wanted, met or not: it fails nothing.
    target: Option<Bound>,
}

impl Ratio {
    const fn wants(self, target: Bound) -> Ratio {
        Ratio { target: Some(target), ..self }
    }
}

enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

impl Bound {
    fn holds(&self, times: f64) -> bool {
        match self {
            Bound::AtLeast(bound) => times >= *bound,
            Bound::AtMost(bound) => times <= *bound,
        }
    }

    fn words(&self) -> String {
        match self {
            Bound::AtLeast(bound) => format!("≥ {bound}"),
            Bound::AtMost(bound) => format!("≤ {bound}"),
        }
    }
}

const fn queue(words: &'static str, slow: &'static str, fast: &'static str, at: Bound) -> Ratio {
    Ratio { words, slow, fast, besides: Some("queue/nothing"), bound: at, target: None }
}

const fn plain(words: &'static str, slow: &'static str, fast: &'static str, at: Bound) -> Ratio {
    Ratio { words, slow, fast, besides: None, bound: at, target: None }
}

const RATIOS: [Ratio; 24] = [
    queue(
        "heap and map / lanes, 1,000 waiting",
        "queue/heap/1000",
        "queue/lanes/1000",
        Bound::AtLeast(4.5),
    )
    .wants(TEN_TIMES),
    queue(
        "heap and map / lanes, 10,000 waiting",
        "queue/heap/10000",
        "queue/lanes/10000",
        Bound::AtLeast(5.5),
    )
    .wants(TEN_TIMES),
    queue(
        "heap and map / lanes, 100,000 waiting",
        "queue/heap/100000",
        "queue/lanes/100000",
        Bound::AtLeast(7.0),
    )
    .wants(TEN_TIMES),
    queue(
        "heap and map / lanes, 1,000,000 waiting",
        "queue/heap/1000000",
        "queue/lanes/1000000",
        Bound::AtLeast(5.5),
    )
    .wants(TEN_TIMES),
    queue(
        "fair heap and map / lanes, 1,000 waiting",
        "queue/fair-heap/1000",
        "queue/lanes/1000",
        Bound::AtLeast(5.0),
    ),
    queue(
        "fair heap and map / lanes, 10,000 waiting",
        "queue/fair-heap/10000",
        "queue/lanes/10000",
        Bound::AtLeast(6.0),
    ),
    queue(
        "fair heap and map / lanes, 100,000 waiting",
        "queue/fair-heap/100000",
        "queue/lanes/100000",
        Bound::AtLeast(8.0),
    ),
    queue(
        "fair heap and map / lanes, 1,000,000 waiting",
        "queue/fair-heap/1000000",
        "queue/lanes/1000000",
        Bound::AtLeast(6.0),
    ),
    queue(
        "lanes, 10,000 / 1,000 waiting",
        "queue/lanes/10000",
        "queue/lanes/1000",
        Bound::AtMost(1.8),
    )
    .wants(FLAT),
    queue(
        "lanes, 100,000 / 1,000 waiting",
        "queue/lanes/100000",
        "queue/lanes/1000",
        Bound::AtMost(2.0),
    )
    .wants(FLAT),
    queue(
        "lanes, 1,000,000 / 1,000 waiting (items miss the cache)",
        "queue/lanes/1000000",
        "queue/lanes/1000",
        Bound::AtMost(6.0),
    )
    .wants(FLAT),
    plain(
        "heap and map / wheel, 1,000 timers",
        "timers/heap/1000",
        "timers/wheel/1000",
        Bound::AtLeast(1.4),
    ),
    plain(
        "heap and map / wheel, 1,000,000 timers",
        "timers/heap/1000000",
        "timers/wheel/1000000",
        Bound::AtLeast(2.0),
    ),
    plain(
        "verify 1,000 entries in four runs / one entry",
        "run/verify/1000",
        "run/verify/1",
        Bound::AtMost(100.0),
    ),
    plain("sign 10 entries / one entry", "run/sign/10", "run/sign/1", Bound::AtMost(5.0)),
    plain(
        "sign 1,000 entries in four runs / one entry",
        "run/sign/1000",
        "run/sign/1",
        Bound::AtMost(100.0),
    ),
    plain(
        "encode 1,000 entries in four runs / verify them",
        "run/encode/1000",
        "run/verify/1000",
        Bound::AtMost(1.0),
    ),
    plain(
        "learn what 50 members hold of 50 logs / 10 of 10",
        "have-want/learn/50",
        "have-want/learn/10",
        Bound::AtMost(50.0),
    ),
    plain(
        "find what is missing of 50 logs at 50 members / 10 of 10",
        "have-want/missing/50",
        "have-want/missing/10",
        Bound::AtMost(50.0),
    ),
    plain(
        "verify 100,000 entries, runs of 1 / of 256",
        "backfill/runs-of-1/100000",
        "backfill/runs-of-256/100000",
        Bound::AtLeast(5.0),
    ),
    plain(
        "merge two sets seq by seq / as ranges",
        "ranges/union-one-by-one",
        "ranges/union",
        Bound::AtLeast(5.0),
    ),
    plain(
        "pack 30 KiB: deflate level 6 / as the engine does",
        "pack/deflate-6/paste-30k",
        "pack/engine/paste-30k",
        Bound::AtLeast(1.5),
    ),
    plain("seal 4 KiB for the disk / hash them", "vault/seal", "vault/hash", Bound::AtMost(10.0)),
    plain("open 4 KiB from the disk / hash them", "vault/open", "vault/hash", Bound::AtMost(8.0)),
];

/// Runs the benches and prints the ratios; `false` when one is out of bounds and that is checked,
/// or when a story of the page does not come to its end.
///
/// # Errors
/// When a bench cannot be built or fails.
pub fn run(options: &Options) -> Result<bool> {
    match options.only {
        Group::Native => run_native(options),
        Group::Ui => run_page(options.filter.as_deref().unwrap_or_default()),
    }
}

fn run_page(filter: &str) -> Result<bool> {
    install::ensure(&Stage::EndToEnd.tools())?;
    let mut stories = test::browsing()?;
    // One after another: each measures the machine that the others would use.
    stories.args(["--", "--ignored", "--nocapture", "--test-threads", "1"]);
    stories.arg(format!("{PAGE}{filter}"));
    Ok(stories.status()?.success())
}

fn run_native(options: &Options) -> Result<bool> {
    let results = paths::target()?.join("criterion");
    // What an earlier run measured must not be compared with what this one does.
    drop(fs::remove_dir_all(&results));
    for bench in BENCHES {
        let mut command = process::command("cargo")?;
        command.args(["bench", "--package", "tests", "--bench", bench, "--", "--noplot"]);
        if options.quick {
            command.args(["--warm-up-time", "0.2", "--measurement-time", "0.5"]);
            command.args(["--sample-size", "10"]);
        }
        command.args(&options.filter);
        process::run(&mut command)?;
    }
    println!("\n{:<58}{:>9}{:>12}{:>16}", "ratio of medians", "ratio", "bound", "target");
    let mut missed = 0;
    for ratio in RATIOS {
        if let Some((line, within)) = compare(&ratio, |name| median(&results, name)) {
            println!("{line}");
            missed += usize::from(!within);
        }
    }
    println!(
        "\n{missed} ratios out of bounds; a bound is what was reached, a target what is wanted"
    );
    if let Ok(time) = median(&results, BACKFILL) {
        println!("{}", backfill(time));
    }
    Ok(missed == 0 || !options.check)
}

/// Whether a newcomer's history is verified in time. It is a time of this machine, as busy as it is
/// now, so it is told and fails nothing.
fn backfill(nanoseconds: f64) -> String {
    let seconds = nanoseconds / 1e9;
    let verdict = verdict(seconds < BACKFILL_SECONDS);
    let target = format!("under {BACKFILL_SECONDS} s, is {verdict}");
    format!("100,000 entries verified in {seconds:.3} s; the target, {target}")
}

/// Of a target.
fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "MISSED" }
}

/// A line about the ratio, and whether it is within bounds; `None` if it was not measured.
fn compare(ratio: &Ratio, median: impl Fn(&str) -> Result<f64>) -> Option<(String, bool)> {
    let net = |name: &str| {
        let besides = match (ratio.besides, name.rsplit_once('/')) {
            (Some(besides), Some((_, size))) => median(&format!("{besides}/{size}")).ok()?,
            (Some(_) | None, _) => 0.0,
        };
        median(name).ok().map(|time| (time - besides).max(0.1))
    };
    let times = net(ratio.slow)? / net(ratio.fast)?;
    let (within, bound) = (ratio.bound.holds(times), ratio.bound.words());
    let target = ratio.target.as_ref();
    let target = target.map_or_else(String::new, |target| {
        format!("{} {}", target.words(), verdict(target.holds(times)))
    });
    let mark = if within { "" } else { "  out of bounds" };
    let line = format!("{:<58}{times:>9.2}{bound:>12}{target:>16}{mark}", ratio.words);
    Some((line.trim_end().to_owned(), within))
}

/// The median that criterion has found, in nanoseconds.
fn median(results: &Path, name: &str) -> Result<f64> {
    let file = results.join(name).join("new/estimates.json");
    let text = fs::read_to_string(&file).with_context(|| format!("no {}", file.display()))?;
    let estimates: Value = serde_json::from_str(&text).context("criterion's file is damaged")?;
    estimates["median"]["point_estimate"].as_f64().context("criterion's file has no median")
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::bail;

    fn measured(name: &str) -> Result<f64> {
        match name {
            "queue/nothing/1000" => Ok(10.0),
            "queue/nothing/2000" => Ok(12.0),
            "slow/2000" => Ok(112.0),
            "fast/1000" => Ok(30.0),
            _ => bail!("not measured"),
        }
    }

    #[test]
    fn a_history_that_takes_longer_than_a_second_is_said_to_miss_its_target() {
        assert!(backfill(4.2e8).contains("0.420 s") && backfill(4.2e8).ends_with("is met"));
        assert!(backfill(1e9).ends_with("is MISSED"));
        assert!(RATIOS.iter().any(|ratio| ratio.fast == BACKFILL), "it is measured");
    }

    #[test]
    fn a_target_that_a_ratio_within_its_bound_does_not_reach_is_said_to_be_missed() {
        let of = |target: Bound| {
            let ratio = queue("words", "slow/2000", "fast/1000", Bound::AtLeast(4.0));
            compare(&ratio.wants(target), measured).unwrap()
        };
        let (line, within) = of(TEN_TIMES);
        assert!(within && line.ends_with("≥ 10 MISSED"), "{line}");
        assert!(of(Bound::AtLeast(5.0)).0.ends_with("≥ 5 met"));
        assert!(of(FLAT).0.ends_with("≤ 1.25 MISSED"));
        let of_queue = |target: &str| {
            let wants = |ratio: &&Ratio| {
                ratio.target.as_ref().is_some_and(|wanted| wanted.words() == target)
            };
            RATIOS.iter().filter(wants).count()
        };
        assert_eq!((of_queue("≥ 10"), of_queue("≤ 1.25")), (4, 3), "each size has its target");
    }

    #[test]
    fn a_ratio_is_of_what_is_left_without_the_steps() {
        let (line, within) =
            compare(&queue("words", "slow/2000", "fast/1000", Bound::AtLeast(5.0)), measured)
                .unwrap();
        assert!(within && line.contains("5.00"), "{line}");
        let (line, within) =
            compare(&plain("words", "slow/2000", "fast/1000", Bound::AtMost(3.0)), measured)
                .unwrap();
        assert!(!within && line.contains("3.73"), "{line}");
        assert!(compare(&plain("words", "slow/2000", "x", Bound::AtMost(3.0)), measured).is_none());
    }
}
