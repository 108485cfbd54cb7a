//! A long search: runs many seeds of the simulator and prints those that break a promise.
//!
//! `cargo run --release -p tests --bin seeds -- [FROM] [COUNT]`; one seed prints its whole journal.
#![expect(clippy::print_stdout, reason = "a command's output")]

use std::process::ExitCode;
use std::time::Instant;

use tests::seed;

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map(|word| word.parse::<u64>());
    let (Some(Ok(from)), Some(Ok(count))) =
        (numbers.next().or(Some(Ok(0))), numbers.next().or(Some(Ok(1_000))))
    else {
        println!("usage: seeds [FROM] [COUNT], both whole numbers");
        return ExitCode::FAILURE;
    };
    let begin = Instant::now();
    let (mut steps, mut said, mut failed) = (0, 0, 0);
    for number in from..from.saturating_add(count) {
        let outcome = seed::run(number, None);
        steps += outcome.steps;
        said += u64::from(outcome.said);
        if let Some(broken) = &outcome.broken {
            failed += 1;
            println!("seed {number}: {} {}", broken.invariant, broken.what);
        }
        if count == 1 || outcome.broken.is_some() {
            let lines = if count == 1 { outcome.journal.len() } else { 60 };
            let skip = outcome.journal.len().saturating_sub(lines);
            for line in &outcome.journal[skip..] {
                println!("{line}");
            }
        }
    }
    let seconds = begin.elapsed().as_secs();
    println!("{count} seeds, {said} messages, {steps} steps, {seconds} s, {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
