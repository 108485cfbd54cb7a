//! `fuzz`: runs the fuzz targets, which live in a workspace of their own, under `fuzz/`.
//!
//! Each starts from the golden files of its kind; what it finds out on the way is kept in
//! `fuzz/corpus`, outside git, so that the next run goes on there. Needs a nightly Rust;
//! cargo-fuzz is installed if it is missing.

use crate::{install, paths, process, versions};
use anyhow::{Context, Result, bail};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The options of `fuzz`.
#[derive(clap::Args)]
pub struct Options {
    /// Run only this target
    target: Option<String>,
    /// Stop each target after so many executions
    #[arg(long)]
    runs: Option<u64>,
    /// Stop each target after so many minutes (1 if nothing is said)
    #[arg(long)]
    minutes: Option<u64>,
}

/// Where golden files lie, one folder a kind, of the newest version.
const GOLDEN: [&str; 2] = ["crates/engine/tests/golden/1", "crates/protocol/tests/golden/1"];
/// Targets whose golden files are in folders of other names.
const SEEDS: [(&str, &[&str]); 3] = [
    ("content", &["letter"]),
    ("message", &["client", "server"]),
    ("signal", &["signal", "signed"]),
];

/// Runs one target or all of them; `false` when one has found something.
///
/// # Errors
/// When nightly or cargo-fuzz is missing, or there is no such target.
pub fn run(options: &Options) -> Result<bool> {
    let targets = targets()?;
    let chosen: Vec<_> = match &options.target {
        Some(target) if !targets.contains(target) => {
            bail!("no fuzz target {target}: there are {}", targets.join(", "))
        }
        Some(target) => vec![target.clone()],
        None => targets,
    };
    if process::ask("rustc", &["+nightly", "--version"]).is_none() {
        bail!("fuzzing needs a nightly Rust: rustup toolchain install nightly");
    }
    let program = cargo_fuzz()?;
    let mut findings = 0;
    for target in &chosen {
        let (log, passed, time) = fuzz(&program, target, options)?;
        let said = fs::read_to_string(&log).unwrap_or_default();
        println!("{}", summary(target, &said, time));
        if !passed {
            findings += 1;
            let from = said.lines().count().saturating_sub(40);
            said.lines().skip(from).for_each(process::complain);
            process::complain(&format!("{target}: see {}", log.display()));
        }
    }
    println!("{} targets, {findings} found something", chosen.len());
    Ok(findings == 0)
}

/// The targets are the files.
fn targets() -> Result<Vec<String>> {
    let folder = paths::root()?.join("fuzz/targets");
    let files = fs::read_dir(&folder).with_context(|| format!("no {}", folder.display()))?;
    let name = |file: PathBuf| file.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned);
    let mut names: Vec<_> = files.filter_map(|file| name(file.ok()?.path())).collect();
    names.sort_unstable();
    Ok(names)
}

/// The program of cargo-fuzz, installed first if need be.
fn cargo_fuzz() -> Result<PathBuf> {
    let cached = paths::tools()?.join(format!("cargo-fuzz-{}", versions::CARGO_FUZZ));
    let cached = cached.join("bin").join(paths::program("cargo-fuzz"));
    let right = |program: &PathBuf| {
        let said = process::ask(program, &["fuzz", "--version"]);
        said.is_some_and(|said| said.contains(versions::CARGO_FUZZ))
    };
    let found = paths::on_path("cargo-fuzz").into_iter().chain([cached.clone()]).find(right);
    if let Some(program) = found {
        return Ok(program);
    }
    println!("setting up, once: cargo-fuzz (builds from source: about a minute)");
    install::cargo_install("cargo-fuzz", versions::CARGO_FUZZ, "cargo-fuzz", &[])?;
    Ok(cached)
}

/// Runs one target. Gives its log, whether it found nothing, and how long it took.
fn fuzz(program: &Path, target: &str, options: &Options) -> Result<(PathBuf, bool, Duration)> {
    let folder = paths::root()?.join("fuzz");
    let corpus = folder.join("corpus").join(target);
    fs::create_dir_all(&corpus).context("the corpus cannot be created")?;
    let command = |what: &str| -> Result<_> {
        let mut command = process::command(program)?;
        command.args(["fuzz", what, "--fuzz-dir"]).arg(&folder).arg(target);
        // Told by the cargo that runs this command: the other toolchain's has to be found.
        command.env("RUSTUP_TOOLCHAIN", "nightly").env_remove("CARGO").env_remove("RUSTC");
        Ok(command)
    };
    process::run(&mut command("build")?)?;
    let logs = paths::target()?.join("fuzz");
    fs::create_dir_all(&logs).context("the folder of logs cannot be created")?;
    let log = logs.join(format!("{target}.log"));
    let mut run = command("run")?;
    run.arg(corpus).args(seeds(target)?).args(["--", "-print_final_stats=1", "-timeout=20"]);
    if let Some(runs) = options.runs {
        run.arg(format!("-runs={runs}"));
    }
    if options.runs.is_none() || options.minutes.is_some() {
        let seconds = options.minutes.unwrap_or(1).saturating_mul(60);
        run.arg(format!("-max_total_time={seconds}"));
    }
    run.stderr(File::create(&log).context("the log cannot be written")?);
    let start = Instant::now();
    let passed = process::run(&mut run).is_ok();
    Ok((log, passed, start.elapsed()))
}

/// The folders of golden files that are this target's seeds.
fn seeds(target: &str) -> Result<Vec<PathBuf>> {
    let root = paths::root()?;
    let named = SEEDS.iter().find(|(name, _)| *name == target).map(|(_, folders)| *folders);
    let folders = named.unwrap_or(std::slice::from_ref(&target)).iter();
    let places = folders.flat_map(|folder| GOLDEN.map(|golden| root.join(golden).join(folder)));
    Ok(places.filter(|place| place.is_dir()).collect())
}

/// One line: the executions that libFuzzer counts at its end, and the time that they took here.
fn summary(target: &str, log: &str, time: Duration) -> String {
    let count = log.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
    let count: Option<u64> = count.and_then(|count| count.trim().parse().ok());
    let time_said = process::spell(time);
    let Some(count) = count else { return format!("{target}: ended early, {time_said}") };
    let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1);
    let rate = count.saturating_mul(1000) / milliseconds;
    format!("{target}: {count} executions, {rate} a second, {time_said}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_golden_files_to_start_from() {
        let targets = targets().unwrap();
        assert!(targets.len() >= 9, "{targets:?}");
        for target in targets {
            assert!(!seeds(&target).unwrap().is_empty(), "{target}");
        }
        assert_eq!(seeds("message").unwrap().len(), 2);
    }

    #[test]
    fn a_summary_has_the_fuzzers_own_figures() {
        let log = "#1 INITED\nstat::number_of_executed_units: 300\nDone";
        let line = summary("frame", log, Duration::from_secs(4));
        assert_eq!(line, "frame: 300 executions, 75 a second, 4.0 s");
        assert_eq!(summary("frame", "", Duration::ZERO), "frame: ended early, 0.0 s");
    }
}
