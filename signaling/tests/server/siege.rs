//! The server under siege: thousands of hostile connections, and joins of honest pages measured.
//!
//! ```text
//!  this process                                          the server, a process of its own
//!   honest: one join after another, timed ──┬────────────► how long, and does it come at all
//!   hostile: garbage, slow, stuffing, churn ┼────────────► memory read from /proc, its log
//!                                           └────────────► an idle server: how long there
//! ```
//! How long a join takes is compared with what it takes at a second server that nobody attacks, in
//! turn with the first: whatever else this machine has to do, the hostile side's own work too,
//! meets both. All of it is on 127.0.0.0/8 and ends by itself. The long siege is a command,
//! `cargo xtask siege`; the short one promises the same but for times.

mod honest;
mod hostile;

use std::fs;
use std::io::Write;
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::Signal;
use signaling::{Config, Limits};

use crate::process::{Process, command};
use honest::Joins;
use hostile::Hostile;

/// What may wait at the server for all slow receivers together, in bytes.
const QUEUED_BYTES: usize = 16 << 20;
/// What one hostile connection may cost beside it, in bytes, over all of them.
const EACH_BYTES: usize = 32 * 1024;

/// What a siege is to be.
struct Plan {
    hostile: usize,
    siege: Duration,
    /// How long honest pages are measured in peace, before and after.
    peace: Duration,
}

/// What a siege came to.
struct Outcome {
    /// At the server, before and after.
    peace: [Joins; 2],
    /// At the server, and at the idle one.
    siege: [Joins; 2],
    /// Resident memory of the server in bytes: in peace, and each time that it was looked at.
    quiet: usize,
    seen: Vec<usize>,
    attempts: u64,
    log: String,
}

/// Resident memory of a process, in bytes.
fn resident(process: u32) -> usize {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("the server runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line of it");
    let kib: usize = line.trim().trim_end_matches(" kB").parse().unwrap();
    kib * 1024
}

/// Allows this process, and the server that it starts, as many files as the system lets it have.
fn raise_limit(files: usize) {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, most, most).unwrap();
    assert!(most >= files as u64, "{files} connections need as many files; {most} are allowed");
}

fn lay_siege(plan: &Plan) -> Outcome {
    raise_limit(plan.hostile + 500);
    let queued = QUEUED_BYTES.to_string();
    let flags = ["--listen=127.0.0.1:0", "--log=warn", "--queued-bytes-in-all", &queued];
    let start = || Process::start(command().args(flags));
    let (server, idle) = (start(), start());
    let [address, elsewhere] = [&server, &idle].map(Process::address);
    let [before] = honest::join_for([address], plan.peace, || {});
    let quiet = resident(server.id());
    let hostile = Hostile::attack(address, plan.hostile);
    let mut seen = Vec::new();
    let mut look_at = Instant::now();
    let siege = honest::join_for([address, elsewhere], plan.siege, || {
        if look_at <= Instant::now() {
            look_at += Duration::from_millis(100);
            seen.push(resident(server.id()));
        }
    });
    let attempts = hostile.stop();
    let [after] = honest::join_for([address], plan.peace, || {});
    let (status, took, log) = server.stop(Signal::SIGTERM);
    assert!(status.success() && took < Duration::from_secs(2), "{status} after {took:?}: {log}");
    Outcome { peace: [before, after], siege, quiet, seen, attempts, log }
}

impl Outcome {
    fn report(&self, plan: &Plan) {
        let ([before, after], [siege, idle]) = (&self.peace, &self.siege);
        let most = self.seen.iter().max().copied().unwrap_or_default();
        let lines = format!(
            "\n{} hostile connections for {:?}, {} attempts\n\
             honest joins   before  {before}\n               siege   {siege}\n\
                 idle server   {idle}\n               after   {after}\n\
             memory in MiB  quiet {}, at most {}, in the end {}\n",
            plan.hostile,
            plan.siege,
            self.attempts,
            self.quiet >> 20,
            most >> 20,
            self.seen.last().copied().unwrap_or_default() >> 20,
        );
        std::io::stdout().write_all(lines.as_bytes()).unwrap();
    }

    /// Nobody honest was turned away, nothing panicked, and memory has its bound.
    fn holds(&self, plan: &Plan) {
        for joins in self.peace.iter().chain(&self.siege) {
            assert_eq!(joins.failed, Vec::<String>::new());
        }
        let measured = self.siege[0].times.len();
        assert!(measured > 5, "{measured} joins were measured");
        assert!(self.attempts >= plan.hostile as u64, "{} attempts", self.attempts);
        assert!(!self.log.contains("panicked") && !self.log.contains("ERROR"), "{}", self.log);
        let bound = self.quiet + QUEUED_BYTES + plan.hostile * EACH_BYTES;
        let most = self.seen.iter().max().copied().unwrap_or_default();
        let limits = Limits { queued_bytes_in_all: QUEUED_BYTES, ..Limits::default() };
        assert!(bound < Config { limits, ..Config::default() }.memory(), "the server's own sum");
        assert!(most <= bound, "{most} bytes of memory, at most {bound}");
    }
}

#[test]
fn a_short_siege_turns_no_honest_page_away_and_fills_no_memory() {
    let second = Duration::from_secs(1);
    let plan = Plan { hostile: 400, siege: 4 * second, peace: second };
    let outcome = lay_siege(&plan);
    outcome.report(&plan);
    outcome.holds(&plan);
}

/// `CONFAB_SIEGE_SECONDS` says how long, at most five minutes.
#[test]
#[ignore = "takes minutes: cargo xtask siege"]
fn a_long_siege_makes_honest_joins_take_at_most_twice_as_long() {
    let wanted = std::env::var("CONFAB_SIEGE_SECONDS").ok().and_then(|text| text.parse().ok());
    let siege = Duration::from_secs(wanted.unwrap_or(60).clamp(10, 300));
    let plan = Plan { hostile: 5_000, siege, peace: Duration::from_secs(5) };
    let outcome = lay_siege(&plan);
    outcome.report(&plan);
    outcome.holds(&plan);
    let quarter = outcome.seen.len() / 4;
    let peak = |range: &[usize]| range.iter().max().copied().unwrap_or_default();
    let (early, late) = (&outcome.seen[quarter..2 * quarter], &outcome.seen[3 * quarter..]);
    assert!(peak(late) <= peak(early) * 5 / 4 + (16 << 20), "memory grows for as long as it lasts");
    let [siege, idle] = outcome.siege.map(|joins| joins.quantile(990));
    assert!(siege <= 2 * idle, "p99 of a join: {siege:?} under siege, {idle:?} elsewhere");
}
