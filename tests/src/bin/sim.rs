//! The simulator's command: `cargo xtask sim --help`.
//!
//! Runs seeds on all cores, with the signatures that are shipped; `--fast` takes keyed hashes. A
//! seed that breaks a promise is printed with its number, the commit and the shortest story that
//! breaks it, too.
#![cfg_attr(
    not(target_family = "wasm"),
    expect(clippy::print_stdout, reason = "a command's output")
)]

#[cfg(not(target_family = "wasm"))]
mod command {
    use std::process::ExitCode;
    use std::time::{Duration, Instant};

    use clap::error::ErrorKind;
    use clap::{CommandFactory, Parser};
    use tests::fault::Fault;
    use tests::plan::{LEFT_OUT, Plan};
    use tests::search::{Found, Range, hunt, search};
    use tests::seed::{Options, Outcome, play};
    use tests::shrink::shrink;

    /// Runs the simulator: many engines, one clock, one seed, and everything that can go wrong
    #[derive(Parser)]
    #[command(bin_name = "cargo xtask sim")]
    struct Arguments {
        /// Run this seed only, and print what happened
        #[arg(long)]
        seed: Option<u64>,
        /// How many seeds
        #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
        seeds: Option<u64>,
        /// The first seed
        #[arg(long, default_value_t = 0)]
        from: u64,
        /// Run for so many minutes instead of a number of seeds
        #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
        minutes: Option<u64>,
        /// Print the whole journal and the trace hash
        #[arg(long)]
        trace: bool,
        /// Keyed hashes for signatures, and small pages: several times as many seeds in the same
        /// time, and other stories than with real ones
        #[arg(long)]
        fast: bool,
        /// Plant each fault and show that it is found, always as with --fast
        #[arg(long)]
        planted: bool,
        /// Only planted faults whose name contains this; without --planted the fault of this name,
        /// planted in the seeds that are run
        #[arg(long)]
        only: Option<String>,
        /// How many devices, if not the seed's own number
        #[arg(long)]
        peers: Option<usize>,
        /// Somebody's profile is copied in each seed
        #[arg(long)]
        copies: bool,
        /// Members are promoted and removed and the link changes in each seed
        #[arg(long)]
        decisions: bool,
        /// Things are said to one member alone in each seed
        #[arg(long)]
        private: bool,
        /// Things are said that go after they were read in each seed
        #[arg(long)]
        vanishing: bool,
        /// Members are blocked for a while in each seed, and little of one is taken at once
        #[arg(long)]
        blocks: bool,
        /// Stores cannot be read for a while in each seed
        #[arg(long)]
        reads: bool,
        /// Workers die between two outputs of one input in each seed
        #[arg(long)]
        deaths: bool,
        /// A device refuses one message again and again in each seed
        #[arg(long)]
        poison: bool,
        /// Messages answer others, people type, and the undelivered is dealt with in each seed
        #[arg(long)]
        answers: bool,
        /// How long a seed lives at least, in minutes of its own time
        #[arg(long, default_value_t = 0)]
        life: u64,
        /// Print only the trace hashes of the seeds, with real signatures
        #[arg(long)]
        hashes: bool,
    }

    pub fn main() -> ExitCode {
        let arguments = Arguments::parse();
        if let Err(words) = known(&arguments) {
            Arguments::command().error(ErrorKind::InvalidValue, words).exit();
        }
        if arguments.hashes {
            return hashes(&arguments);
        }
        if arguments.planted {
            return planted(&arguments);
        }
        let good = match arguments.seed {
            Some(seed) => one(seed, &arguments),
            None => many(&arguments),
        };
        if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    fn plan(seed: u64, arguments: &Arguments) -> Plan {
        range(arguments).plan(seed)
    }

    fn range(arguments: &Arguments) -> Range {
        let time = arguments.minutes.map(|minutes| Duration::from_secs(60 * minutes));
        let count = arguments.seeds.unwrap_or(if time.is_some() { u64::MAX } else { 1_000 });
        Range {
            from: arguments.from,
            count,
            time,
            peers: arguments.peers,
            life: 60_000 * arguments.life,
            copies: arguments.copies,
            decisions: arguments.decisions,
            private: arguments.private,
            vanishing: arguments.vanishing,
            blocks: arguments.blocks,
            reads: arguments.reads,
            deaths: arguments.deaths,
            poison: arguments.poison,
            answers: arguments.answers,
        }
    }

    fn options(arguments: &Arguments) -> Options {
        Options { quick: arguments.fast, traced: false, fault: fault(arguments) }
    }

    /// A fault that is named has to be one: nothing is planted otherwise, and all seems well.
    fn known(arguments: &Arguments) -> Result<(), String> {
        let Some(only) = &arguments.only else { return Ok(()) };
        let names = Fault::all().into_iter().map(Fault::name);
        let similar: Vec<String> = names.filter(|name| name.contains(only.as_str())).collect();
        match arguments.planted {
            true if similar.is_empty() => Err(format!("no planted fault's name contains {only:?}")),
            false if similar.is_empty() => Err(format!("no planted fault is called {only:?}")),
            false if !similar.contains(only) => {
                let similar = similar.join(", ");
                Err(format!("no planted fault is called {only:?}, but there is {similar}"))
            }
            true | false => Ok(()),
        }
    }

    /// With `--only` and without `--planted`, a fault is planted in the seeds that are run.
    fn fault(arguments: &Arguments) -> Option<Fault> {
        let name = arguments.only.as_ref()?;
        Fault::all().into_iter().find(|fault| fault.name() == *name)
    }

    fn one(seed: u64, arguments: &Arguments) -> bool {
        let options = Options { traced: true, ..options(arguments) };
        let outcome = play(&plan(seed, arguments), options);
        if arguments.trace || outcome.broken.is_none() {
            outcome.journal.iter().for_each(|line| println!("{line}"));
        }
        println!("seed {seed}: trace {}", hex(&outcome.trace));
        match outcome.broken {
            Some(_) => tell(seed, arguments, outcome),
            None => return true,
        }
        false
    }

    fn many(arguments: &Arguments) -> bool {
        let begin = Instant::now();
        let found = search(range(arguments), options(arguments), 3);
        summarize(&found, begin.elapsed());
        let good = found.failed.is_empty();
        for (seed, outcome) in &found.failed {
            if let Some(broken) = &outcome.broken {
                println!("seed {seed}: {} {}", broken.invariant, broken.what);
            }
        }
        for (seed, outcome) in found.failed {
            tell(seed, arguments, outcome);
        }
        good
    }

    fn summarize(found: &Found, time: Duration) {
        let Found { seeds, said, steps, judged, .. } = found;
        let rate = *seeds as f64 / (time.as_secs_f64() / 60.0).max(1e-6);
        println!(
            "{seeds} seeds, {said} messages, {steps} steps, {:.1} s, {rate:.0} a minute, {} failed",
            time.as_secs_f64(),
            found.failed.len()
        );
        println!(
            "{} rows were judged in the end, {} of them excused, and {} seeds later than others",
            judged.rows, judged.excused, judged.put_off
        );
        let unmarked = found.unmarked();
        if !unmarked.is_empty() {
            println!("branches never taken: {unmarked:?}");
        }
        for (what, why) in LEFT_OUT {
            println!("left out: {what}: {why}");
        }
    }

    fn tell(seed: u64, arguments: &Arguments, outcome: Outcome) {
        let plan = plan(seed, arguments);
        let commit = std::env::var("CONFAB_COMMIT").unwrap_or_else(|_| "unknown".to_owned());
        if let Some(broken) = &outcome.broken {
            println!("\nseed {seed} at commit {commit}: {} {}", broken.invariant, broken.what);
        }
        let steps = plan.steps.len();
        let (short, outcome) = shrink(&plan, options(arguments), outcome);
        println!(
            "the shortest story: {} of {steps} steps, {} devices",
            short.steps.len(),
            short.peers
        );
        for step in &short.steps {
            println!("  {:?}, then {} ms", step.transition, step.pause);
        }
        println!("what happens in it:");
        outcome.journal.iter().for_each(|line| println!("{line}"));
        if let Some(broken) = &outcome.broken {
            println!("        {} {}", broken.invariant, broken.what);
        }
        println!("replay: cargo xtask sim --seed {seed}{} --trace", flags(arguments));
    }

    /// The flags that make the same world of a seed.
    fn flags(arguments: &Arguments) -> String {
        let mut flags = String::new();
        if let Some(peers) = arguments.peers {
            flags += &format!(" --peers {peers}");
        }
        if arguments.life > 0 {
            flags += &format!(" --life {}", arguments.life);
        }
        let switches = [
            ("copies", arguments.copies),
            ("decisions", arguments.decisions),
            ("private", arguments.private),
            ("vanishing", arguments.vanishing),
            ("blocks", arguments.blocks),
            ("reads", arguments.reads),
            ("deaths", arguments.deaths),
            ("poison", arguments.poison),
            ("answers", arguments.answers),
            ("fast", arguments.fast),
        ];
        for (name, _) in switches.into_iter().filter(|(_, on)| *on) {
            flags += &format!(" --{name}");
        }
        if let Some(fault) = &arguments.only {
            flags += &format!(" --only {fault}");
        }
        flags
    }

    fn planted(arguments: &Arguments) -> ExitCode {
        let most = arguments.seeds.unwrap_or(1_000);
        let wanted = |fault: &Fault| {
            arguments.only.as_ref().is_none_or(|only| fault.name().contains(only.as_str()))
        };
        let faults: Vec<Fault> = Fault::all().into_iter().filter(wanted).collect();
        let next = std::sync::atomic::AtomicUsize::new(0);
        let missed = std::sync::atomic::AtomicUsize::new(0);
        println!("{:<28}{:<8}{:<9}{:>6}  what was seen", "planted", "breaks", "found as", "seeds");
        let worker = || {
            loop {
                let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let Some(fault) = faults.get(at) else { return };
                let (name, breaks) = (fault.name(), fault.breaks());
                match hunt(*fault, most) {
                    Some(catch) => {
                        let (found, seeds, what) = (catch.invariant, catch.seeds, catch.what);
                        println!("{name:<28}{breaks:<8}{found:<9}{seeds:>6}  {what}");
                    }
                    None => {
                        missed.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        println!("{name:<28}{breaks:<8}NOT FOUND in {most} seeds");
                    }
                }
            }
        };
        std::thread::scope(|scope| {
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            (1..cores).for_each(|_| drop(scope.spawn(worker)));
            worker();
        });
        let missed = missed.into_inner();
        println!("{} planted, {} found, {missed} missed", faults.len(), faults.len() - missed);
        if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    fn hashes(arguments: &Arguments) -> ExitCode {
        let count = arguments.seeds.unwrap_or(20);
        for seed in arguments.from..arguments.from + count {
            let options = Options { quick: false, traced: true, fault: None };
            println!("{}", hex(&play(&Plan::of(seed, arguments.peers), options).trace[..8]));
        }
        ExitCode::SUCCESS
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(not(target_family = "wasm"))]
fn main() -> std::process::ExitCode {
    command::main()
}

#[cfg(target_family = "wasm")]
fn main() {}
