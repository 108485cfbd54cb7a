//! `mutants`: takes the checks of the cryptography and of the handshake out, one by one, and shows
//! which of them no test misses.
//!
//! ```text
//! copy of the workspace ─► every mutant written in, asleep ─► one build ─► a run for each, awake
//! ```
//! A mutant is a condition that always holds or never does, a statement that is not executed, or a
//! function that answers at once (`find`). They sleep behind a number in the environment, so that
//! a hundred of them cost one build. What survives is a test that is missing, or is explained in
//! [`EXPLAINED`]; anything else is a failure.

mod find;

use crate::{paths, process};
use anyhow::{Context, Result, bail, ensure};
use find::Mutant;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The options of `mutants`.
#[derive(clap::Args)]
pub struct Options {
    /// Run only the mutants in files whose path contains this
    filter: Option<String>,
    /// List them and run nothing
    #[arg(long)]
    list: bool,
}

/// Where checks are taken out.
const FILES: [&str; 15] = [
    "crates/engine/src/crypto/exchange.rs",
    "crates/engine/src/crypto/hash.rs",
    "crates/engine/src/crypto/hpke.rs",
    "crates/engine/src/crypto/keys.rs",
    "crates/engine/src/crypto/seal.rs",
    "crates/engine/src/crypto/share.rs",
    "crates/engine/src/crypto/sign.rs",
    "crates/engine/src/hello.rs",
    "crates/engine/src/hello/again.rs",
    "crates/engine/src/hello/transcript.rs",
    "crates/engine/src/room/door.rs",
    "crates/engine/src/room/vault.rs",
    "crates/engine/src/signal/knock.rs",
    "crates/engine/src/signal/payload.rs",
    "crates/engine/src/signal/sdp.rs",
];
/// The engine's own tests that have to notice.
const TESTS: [&str; 5] = ["crypto::", "hello::", "room::", "signal::", "golden"];
/// How long the tests may take with one mutant awake; longer counts as noticed.
const LIMIT: Duration = Duration::from_secs(120);
/// Says which mutant is awake.
const AWAKE: &str = "CONFAB_MUTANT";

/// Mutants that may survive: the file's end, what the line holds, and why.
const EXPLAINED: [(&str, &str, &str); 6] = [
    ("crypto/hash.rs", "hasher.zeroize()", WIPED),
    ("engine/src/hello.rs", "self.binding.zeroize()", WIPED),
    ("crypto/seal.rs", "sealed.clear()", "only for a text of 256 GiB"),
    ("crypto/sign.rs", "is_quick()", ELSEWHERE),
    ("hello/transcript.rs", "planted(", ELSEWHERE),
    ("signal/payload.rs", "planted(", ELSEWHERE),
];
const WIPED: &str = "what memory held cannot be seen by safe code";
const ELSEWHERE: &str = "is so in the simulator's build only, which is another one";

/// Runs the mutants; `false` when one survives that nothing explains.
///
/// # Errors
/// When the copy cannot be made or does not build, or the tests fail without a mutant.
pub fn run(options: &Options) -> Result<bool> {
    let chosen = |file: &str| options.filter.as_ref().is_none_or(|part| file.contains(part));
    let mut mutants = Vec::new();
    let root = paths::root()?;
    for file in FILES.into_iter().filter(|file| chosen(file)) {
        let text = fs::read_to_string(root.join(file)).with_context(|| format!("no {file}"))?;
        mutants.extend(find::mutants(file, &text));
    }
    ensure!(!mutants.is_empty(), "no mutant is in a file of that name");
    if options.list {
        mutants.iter().for_each(|mutant| println!("{mutant}"));
        println!("{} mutants", mutants.len());
        return Ok(true);
    }
    let copy = copy(&root)?;
    let start = Instant::now();
    let (program, unbuilt) = build(&copy, &mutants)?;
    println!("{} mutants, built in {}", mutants.len() - unbuilt.len(), spell(start));
    ensure!(passes(&program, &copy, None)?, "the tests fail without any mutant");
    let mut survivors = Vec::new();
    for (number, mutant) in mutants.iter().enumerate() {
        if !unbuilt.contains(&number) && passes(&program, &copy, Some(number))? {
            println!("survives: {mutant}");
            survivors.push(mutant);
        }
    }
    Ok(judge(&mutants, &unbuilt, &survivors, start))
}

/// Says how many were noticed, and which survivors nothing explains.
fn judge(
    mutants: &[Mutant],
    unbuilt: &BTreeSet<usize>,
    survivors: &[&Mutant],
    start: Instant,
) -> bool {
    let is_of = |mutant: &Mutant, (file, part, _): &(&str, &str, &str)| {
        mutant.file.ends_with(file) && mutant.line_text.contains(part)
    };
    let mut unexplained = 0;
    for mutant in survivors {
        match EXPLAINED.iter().find(|why| is_of(mutant, why)) {
            Some((_, _, why)) => println!("explained: {mutant}\n    {why}"),
            None => {
                unexplained += 1;
                process::complain(&format!("no test notices: {mutant}"));
            }
        }
    }
    let explained = survivors.len() - unexplained;
    for why in &EXPLAINED {
        let was_tried = mutants.iter().any(|mutant| is_of(mutant, why));
        if was_tried && !survivors.iter().any(|mutant| is_of(mutant, why)) {
            unexplained += 1;
            process::complain(&format!(
                "explained, and noticed all the same: {} in {}",
                why.1, why.0
            ));
        }
    }
    let noticed = mutants.len() - unbuilt.len() - survivors.len();
    println!(
        "{noticed} noticed, {explained} explained, {unexplained} wrong, {} did not build; {}",
        unbuilt.len(),
        spell(start)
    );
    unexplained == 0
}

fn spell(start: Instant) -> String {
    process::spell(start.elapsed())
}

/// A copy of all that git knows, in the target folder.
fn copy(root: &Path) -> Result<PathBuf> {
    let copy = paths::target()?.join("mutants").join("tree");
    let files = process::ask("git", &["ls-files"]).context("git does not list the files")?;
    for file in files.lines().filter(|file| !file.starts_with("docs/")) {
        let (from, to) = (root.join(file), copy.join(file));
        let text = fs::read(&from).with_context(|| format!("{} cannot be read", from.display()))?;
        if fs::read(&to).is_ok_and(|there| there == text) {
            continue;
        }
        fs::create_dir_all(to.parent().context("a file in no folder")?)?;
        fs::write(&to, text).with_context(|| format!("{} cannot be written", to.display()))?;
    }
    Ok(copy)
}

/// Builds the tests with all mutants in them. Those that do not build are left out.
fn build(copy: &Path, mutants: &[Mutant]) -> Result<(PathBuf, BTreeSet<usize>)> {
    let mut unbuilt = BTreeSet::new();
    for _ in 0..5 {
        write(copy, mutants, &unbuilt)?;
        let mut cargo = process::command("cargo")?;
        cargo.args(["test", "--package", "engine", "--lib", "--no-run"]).current_dir(copy);
        // The same folder: what is not ours is built there already.
        cargo.env("CARGO_TARGET_DIR", paths::target()?).stdout(Stdio::null());
        let said = cargo.stderr(Stdio::piped()).output().context("cargo cannot be started")?;
        let said_text = String::from_utf8_lossy(&said.stderr).into_owned();
        if said.status.success() {
            let program = said_text.split(['(', ')']).rev().find(|part| part.contains("engine-"));
            let program = program.context("cargo does not name the tests' program")?;
            return Ok((copy.join(program), unbuilt));
        }
        let places: BTreeSet<&str> =
            said_text.lines().filter_map(|line| line.trim().strip_prefix("--> ")).collect();
        let before = unbuilt.len();
        let wrong = |mutant: &Mutant| places.iter().any(|place| mutant.is_at(place));
        let numbers = mutants.iter().enumerate().filter(|(_, mutant)| wrong(mutant));
        unbuilt.extend(numbers.map(|(number, _)| number));
        if unbuilt.len() == before {
            bail!("the copy with its mutants does not build:\n{said_text}");
        }
    }
    bail!("the mutants do not build, whichever are left out")
}

/// Writes the files of the copy with their mutants.
fn write(copy: &Path, mutants: &[Mutant], left_out: &BTreeSet<usize>) -> Result<()> {
    let mut files: BTreeMap<&str, Vec<(usize, &Mutant)>> = BTreeMap::new();
    for (number, mutant) in mutants.iter().enumerate() {
        files.entry(mutant.file).or_default().push((number, mutant));
    }
    let root = paths::root()?;
    for (file, mut inside) in files {
        inside.retain(|(number, _)| !left_out.contains(number));
        let text = fs::read_to_string(root.join(file))?;
        fs::write(copy.join(file), find::written(&text, &inside))?;
    }
    let library = "crates/engine/src/lib.rs";
    let awake = format!(
        "\npub(crate) fn mutant(number: usize) -> bool {{\n\
         static AWAKE: std::sync::OnceLock<Option<usize>> = std::sync::OnceLock::new();\n\
         let read = || std::env::var(\"{AWAKE}\").ok()?.parse().ok();\n\
         *AWAKE.get_or_init(read) == Some(number)\n}}\n"
    );
    fs::write(copy.join(library), fs::read_to_string(root.join(library))? + &awake)?;
    Ok(())
}

/// True if the tests pass with this mutant awake.
fn passes(program: &Path, copy: &Path, awake: Option<usize>) -> Result<bool> {
    let mut tests = Command::new(program);
    tests.args(TESTS).current_dir(copy.join("crates/engine")).stdin(Stdio::null());
    tests.stderr(Stdio::null()).env("RUST_BACKTRACE", "0").env("PROPTEST_CASES", "64");
    tests.env("PROPTEST_FAILURE_PERSISTENCE", "off");
    if let Some(number) = awake {
        tests.env(AWAKE, number.to_string());
    }
    // What does not end, or cannot, is noticed as well.
    Ok(process::watch(&mut tests, LIMIT, |_| ()).is_ok_and(|status| status.success()))
}
