//! `siege`: thousands of hostile connections at the signaling server, and what honest pages feel.
//!
//! It is the long one of the server's own tests (`signaling/tests/server/siege.rs`), built for
//! release: it prints what it has measured, and fails if a promise does not hold.

use crate::process;
use anyhow::Result;

/// The options of `siege`.
#[derive(clap::Args)]
pub struct Options {
    /// How long, in seconds
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(10..=300))]
    seconds: u32,
}

/// The test.
const TEST: &str = "siege::a_long_siege_makes_honest_joins_take_at_most_twice_as_long";

/// Builds server and test, and lays siege; `false` when a promise did not hold.
///
/// # Errors
/// When it cannot be built or started.
pub fn run(options: &Options) -> Result<bool> {
    let test = ["test", "--release", "--package", "signaling", "--test", "server"];
    let mut build = process::command("cargo")?;
    process::run(build.args(test).arg("--no-run"))?;
    let mut siege = process::command("cargo")?;
    siege.args(test).args(["--", "--ignored", "--exact", "--nocapture", TEST]);
    siege.env("CONFAB_SIEGE_SECONDS", options.seconds.to_string());
    Ok(siege.status()?.success())
}
