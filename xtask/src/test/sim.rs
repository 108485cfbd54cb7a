//! `sim`: builds the simulator for release and runs it with the flags that it is given.
//!
//! The flags are the simulator's own (`tests/src/bin/sim.rs`): they are not repeated here.

use crate::process;
use anyhow::{Context, Result, ensure};
use std::process::Command;

/// How many seeds a browser replays.
const REPLAYED: usize = 20;

/// Builds and runs the simulator; `false` when a seed broke a promise.
///
/// # Errors
/// When it cannot be built or started.
pub fn run(arguments: &[String]) -> Result<bool> {
    let mut build = process::command("cargo")?;
    build.args(["build", "--quiet", "--release", "--package", "tests", "--bin", "sim"]);
    process::run(&mut build)?;
    let mut simulator = simulator()?;
    simulator.args(arguments);
    Ok(simulator.status()?.success())
}

/// The trace hashes of the seeds that a browser replays, as they are natively.
///
/// # Errors
/// When the simulator cannot be built or says something else.
pub fn traces() -> Result<String> {
    let mut command = simulator()?;
    command.args(["--hashes", "--seeds", &REPLAYED.to_string()]);
    let output = command.output().context("the simulator cannot be started")?;
    let text = String::from_utf8(output.stdout).context("the simulator prints no text")?;
    let hashes: Vec<&str> = text.lines().collect();
    ensure!(hashes.len() == REPLAYED, "the simulator printed {} hashes", hashes.len());
    Ok(hashes.join(","))
}

/// The simulator, told which commit it is.
fn simulator() -> Result<Command> {
    let mut command = process::command("cargo")?;
    command.args(["run", "--quiet", "--release", "--package", "tests", "--bin", "sim", "--"]);
    if let Some(commit) = process::ask("git", &["describe", "--always", "--dirty"]) {
        command.env("CONFAB_COMMIT", commit.trim());
    }
    Ok(command)
}
