//! `test` and `e2e`: runs the stages, one after another, and says what passed and what failed.
//!
//! Building has no time limit, running has: a test that hangs ends with its browsers and is counted
//! as failed. A stage that fails does not keep the next from running. The last line is the total.

pub mod evil;
pub mod mutants;
pub mod siege;
pub mod sim;

use crate::bundle::{self, Server};
use crate::scratch::Scratch;
use crate::stage::{Stage, Tally};
use crate::tools::{Found, Tool};
use crate::{install, paths, process, tidy};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// How long the tests of a stage may run once they are built.
const LIMIT: Duration = Duration::from_secs(45 * 60);
/// The crates that a browser runs.
const IN_THE_BROWSER: [&str; 8] =
    ["--package", "app", "--package", "browser", "--package", "engine", "--package", "protocol"];
/// The target of what a browser runs.
const WASM: [&str; 2] = ["--target", "wasm32-unknown-unknown"];
/// The end-to-end tests' target in the crate `tests`; it runs in its own stage only.
const END_TO_END: &str = "e2e";
/// The test in the crate `tests` that replays seeds of the simulator in a browser.
const REPLAY: &str = "simulation_hash";
/// The test vectors in the crate `tests`: natively and in browsers.
const VECTORS: &str = "vectors";

/// Runs these stages, or all of them; `false` when something failed.
///
/// # Errors
/// When a tool that a stage needs cannot be installed.
pub fn run(only: &[Stage]) -> Result<bool> {
    let stages: Vec<_> =
        Stage::ALL.into_iter().filter(|stage| only.is_empty() || only.contains(stage)).collect();
    run_stages(&stages, None)
}

/// Runs the end-to-end tests whose name contains the filter; `false` when one failed.
///
/// # Errors
/// When a tool cannot be installed or the screenshots cannot be copied.
pub fn run_end_to_end(filter: Option<&str>, bless: bool) -> Result<bool> {
    let all_passed = run_stages(&[Stage::EndToEnd], filter)?;
    if bless && all_passed {
        bless_screenshots()?;
    }
    Ok(all_passed)
}

fn run_stages(stages: &[Stage], filter: Option<&str>) -> Result<bool> {
    install::ensure(&stages.iter().flat_map(|stage| stage.tools()).collect::<Vec<_>>())?;
    let mut results = Vec::new();
    for stage in stages {
        println!("\n== {}", stage.name());
        let start = Instant::now();
        let tally = run_stage(*stage, filter).unwrap_or_else(|error| {
            process::complain(&format!("{}: {error:#}", stage.name()));
            Tally::check(false)
        });
        // What a stage leaves running must not disturb the next.
        process::stop_everything();
        results.push((*stage, tally, start.elapsed()));
    }
    Ok(summarize(&results))
}

/// Prints a line a stage, and the total as the last line of all.
fn summarize(results: &[(Stage, Tally, Duration)]) -> bool {
    let mut total = Tally::default();
    println!("\n{:<10}{:>8}{:>8}{:>9}{:>16}", "stage", "passed", "failed", "ignored", "time");
    for (stage, tally, time) in results {
        let Tally { passed, failed, ignored } = tally;
        let time = process::spell(*time);
        println!("{:<10}{passed:>8}{failed:>8}{ignored:>9}{time:>16}", stage.name());
        total += *tally;
    }
    println!("\n{} passed, {} failed", total.passed, total.failed);
    total.failed == 0
}

fn run_stage(stage: Stage, filter: Option<&str>) -> Result<Tally> {
    match stage {
        Stage::Fmt => check(cargo(&["fmt", "--all", "--check"])?),
        Stage::Tidy => Ok(Tally::check(tidy::run()?)),
        Stage::Clippy => clippy(),
        Stage::Native => native(),
        Stage::Wasm => wasm(),
        Stage::EndToEnd => end_to_end(filter),
    }
}

fn cargo(arguments: &[&str]) -> Result<Command> {
    let mut command = process::command("cargo")?;
    command.args(arguments);
    Ok(command)
}

/// A command whose success is one check.
fn check(mut command: Command) -> Result<Tally> {
    match process::run(&mut command) {
        Ok(()) => Ok(Tally::check(true)),
        Err(error) => {
            process::complain(&format!("{error:#}"));
            Ok(Tally::check(false))
        }
    }
}

fn clippy() -> Result<Tally> {
    let mut native = cargo(&["clippy", "--workspace", "--all-targets"])?;
    native.args(["--", "--deny", "warnings"]);
    let mut wasm = cargo(&["clippy", "--lib", "--bins"])?;
    wasm.args(WASM).args(IN_THE_BROWSER);
    name_tests(&mut wasm, &browser_tests()?);
    wasm.args(["--", "--deny", "warnings"]);
    let mut tally = check(native)?;
    tally += check(wasm)?;
    tally += check(fuzz_targets()?)?;
    Ok(tally)
}

/// Lints of the fuzz targets, which are a workspace of their own: nothing else builds them with a
/// stable Rust. Without what drives them, which is C++.
fn fuzz_targets() -> Result<Command> {
    let mut command = cargo(&["clippy", "--locked", "--no-default-features"])?;
    command.arg("--manifest-path").arg(paths::root()?.join("fuzz/Cargo.toml"));
    command.arg("--target-dir").arg(paths::target()?.join("fuzz"));
    command.args(["--", "--deny", "warnings"]);
    Ok(command)
}

/// Everything that `cargo test --workspace` runs, but for tests that would only skip themselves.
fn native() -> Result<Tally> {
    let metadata = cargo(&["metadata", "--no-deps", "--format-version", "1"])?.output()?;
    let metadata: Value =
        serde_json::from_slice(&metadata.stdout).context("cargo metadata said nothing readable")?;
    let elsewhere = browser_tests()?;
    let mut tests = test_targets(&metadata);
    tests.retain(|name| name != END_TO_END && name != REPLAY && !elsewhere.contains(name));

    let mut command = cargo(&["test", "--workspace", "--no-fail-fast", "--lib", "--bins"])?;
    name_tests(&mut command, &tests);
    let mut tally = test(command)?;
    tally += test(cargo(&["test", "--workspace", "--no-fail-fast", "--doc"])?)?;
    Ok(tally)
}

fn wasm() -> Result<Tally> {
    let tests = browser_tests()?;
    if tests.is_empty() {
        bail!("crates/browser/tests holds no tests");
    }
    let wasm_bindgen = Tool::WasmBindgen.program()?;
    let runner = wasm_bindgen.with_file_name(paths::program("wasm-bindgen-test-runner"));
    let settings = paths::root()?.join("crates/browser/webdriver.json");
    let traces = sim::traces()?;
    let mut tally = Tally::default();
    for (variable, driver) in
        [("CHROMEDRIVER", Tool::Chromedriver), ("GECKODRIVER", Tool::Geckodriver)]
    {
        println!("-- {}", driver.name());
        let driver = driver.program()?;
        let run = |mut command: Command| {
            command
                .env_remove("CHROMEDRIVER")
                .env_remove("GECKODRIVER")
                .env(variable, &driver)
                .env("CONFAB_TRACES", &traces)
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", &runner)
                .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", &settings)
                .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "60")
                .env("WASM_BINDGEN_TEST_TIMEOUT", "120");
            test(command).map(some)
        };
        let mut command = cargo(&["test", "--no-fail-fast", "--package", "browser"])?;
        command.args(WASM);
        name_tests(&mut command, &tests);
        tally += run(command)?;
        let mut command = cargo(&["test", "--no-fail-fast", "--package", "tests"])?;
        command.args(["--test", REPLAY, "--test", VECTORS]).args(WASM);
        tally += run(command)?;
    }
    Ok(tally)
}

fn end_to_end(filter: Option<&str>) -> Result<Tally> {
    let mut command = browsing()?;
    if let Some(filter) = filter {
        command.args(["--", filter]);
    }
    Ok(some(test(command)?))
}

/// Builds the page and its server; the command that runs end-to-end tests with them.
pub fn browsing() -> Result<Command> {
    bundle::budget::check(&bundle::build_page()?)?;
    let server = bundle::build_server(Server::Test)?;
    let mut command = cargo(&["test", "--workspace", "--no-fail-fast", "--test", END_TO_END])?;
    command
        .env("CONFAB_E2E", "1")
        .env("CONFAB_SIGNALING_BIN", server)
        .env("CONFAB_CHROMEDRIVER", Tool::Chromedriver.program()?)
        .env("CONFAB_GECKODRIVER", Tool::Geckodriver.program()?);
    if let Found::Right(_, Some(axe)) = Tool::Axe.look()? {
        command.env("CONFAB_AXE", axe);
    }
    Ok(command)
}

/// Builds tests without a limit, then runs them with one and counts them.
fn test(mut command: Command) -> Result<Tally> {
    let arguments: Vec<_> = command.get_args().map(|word| word.to_os_string()).collect();
    if !arguments.iter().any(|word| word == "--doc") {
        let mut build = process::command("cargo")?;
        build.args(arguments.iter().take_while(|word| *word != "--")).arg("--no-run");
        process::run(&mut build)?;
    }
    let scratch = Scratch::new()?;
    command.env("TMPDIR", scratch.path());
    let mut tally = Tally::default();
    let status = process::watch(&mut command, LIMIT, |line| {
        println!("{line}");
        tally.count(line);
    });
    match status {
        Ok(status) => Ok(tally.closed_by(status)),
        Err(error) => {
            process::complain(&format!("{error:#}"));
            tally += Tally::check(false);
            Ok(tally)
        }
    }
}

/// A stage of tests that has run none has not passed.
fn some(tally: Tally) -> Tally {
    if tally.passed + tally.failed == 0 {
        process::complain("no test has run");
        return Tally::check(false);
    }
    tally
}

fn name_tests(command: &mut Command, names: &[String]) {
    for name in names {
        command.args(["--test", name]);
    }
}

/// The names of every crate's integration tests.
fn test_targets(metadata: &Value) -> Vec<String> {
    let list = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    let targets =
        list(metadata, "packages").into_iter().flat_map(|package| list(&package, "targets"));
    let is_test = |target: &Value| list(target, "kind").iter().any(|kind| kind == "test");
    let mut names: Vec<_> = targets
        .filter(is_test)
        .filter_map(|target| target["name"].as_str().map(str::to_owned))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The names of the tests that run in a browser.
fn browser_tests() -> Result<Vec<String>> {
    let folder = paths::root()?.join("crates/browser/tests");
    let Ok(entries) = fs::read_dir(&folder) else { return Ok(Vec::new()) };
    let mut names: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|file| file.extension().is_some_and(|ending| ending == "rs"))
        .filter_map(|file| Some(file.file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort_unstable();
    Ok(names)
}

/// Copies the screenshots that the tests have just taken to where the documents show them.
fn bless_screenshots() -> Result<()> {
    let taken = paths::target()?.join("screenshots");
    let shown = paths::root()?.join("docs").join("screenshots");
    let copied = copy_pictures(&taken, &shown)
        .with_context(|| format!("screenshots in {} cannot be copied", taken.display()))?;
    println!("{copied} screenshots copied to {}", shown.display());
    Ok(())
}

fn copy_pictures(from: &Path, to: &Path) -> Result<usize> {
    fs::create_dir_all(to)?;
    let mut copied = 0;
    for entry in fs::read_dir(from)? {
        let file = entry?.path();
        if let (true, Some(name)) =
            (file.extension().is_some_and(|ending| ending == "png"), file.file_name())
        {
            fs::copy(&file, to.join(name))?;
            copied += 1;
        }
    }
    Ok(copied)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integration_tests_are_listed_once_and_nothing_else_is() {
        let metadata = serde_json::json!({"packages": [
            {"targets": [{"name": "a", "kind": ["lib"]}, {"name": "wire", "kind": ["test"]}]},
            {"targets": [{"name": "wire", "kind": ["test"]}, {"name": "e2e", "kind": ["test"]}]},
        ]});
        assert_eq!(test_targets(&metadata), ["e2e", "wire"]);
    }

    #[test]
    fn a_stage_of_tests_that_ran_none_has_failed() {
        assert_eq!(some(Tally::default()).failed, 1);
        let tally = Tally { passed: 3, failed: 0, ignored: 0 };
        assert_eq!(some(tally), tally);
    }
}
