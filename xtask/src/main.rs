//! `cargo xtask`: every command of this workspace, from a bare machine to a running chat.
//!
//! `serve` and `test` need nothing installed but Rust: what else they want they set up first,
//! quietly when nothing is missing. Each command lives in the module of its name; this file only
//! reads the command line.
#![expect(clippy::print_stdout, reason = "a command speaks on its standard output")]

mod bench;
mod bundle;
mod certificate;
mod dev;
mod dist;
mod doctor;
mod fuzz;
mod install;
mod paths;
mod process;
mod scratch;
mod serve;
mod stage;
mod stamp;
mod test;
mod tidy;
mod tools;
mod versions;

use anyhow::Result;
use clap::{Parser, Subcommand};
use stage::Stage;
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "The commands of Confab")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show each tool: what is wanted, what was found, how to put it right
    Doctor,
    /// Install every tool that is missing; an interrupted run goes on where it stopped
    Setup,
    /// Build for release and serve the chat: page and signaling in one process, on one port
    Serve(serve::Options),
    /// Signaling and `trunk serve` side by side; the page is rebuilt when a file changes
    Dev(dev::Options),
    /// Run every check and test, or only the stages that are named
    Test {
        /// Run only this stage; may be given several times
        #[arg(long, value_name = "NAME")]
        only: Vec<Stage>,
    },
    /// Run the end-to-end tests in real browsers
    E2e {
        /// Run only the tests whose name contains this
        filter: Option<String>,
        /// Copy the screenshots that the tests took to docs/screenshots
        #[arg(long)]
        bless: bool,
    },
    /// Run the benches and print how what belongs together compares
    Bench(bench::Options),
    /// Run the fuzz targets (needs a nightly Rust): all for a minute each, or as said
    Fuzz(fuzz::Options),
    /// Take the checks of cryptography and handshake out, one by one: do the tests notice?
    Mutants(test::mutants::Options),
    /// Lay siege to the signaling server: 5,000 hostile connections, honest joins measured
    Siege(test::siege::Options),
    /// Try every attack of an evil signaling server or member on real pages, or those named
    Evil(test::evil::Options),
    /// Run the simulator; `sim --help` shows its flags
    #[command(disable_help_flag = true)]
    Sim {
        /// What the simulator is told
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Check sizes, imports, words and documents against the conventions
    Tidy,
    /// Build the release bundle, with brotli and gzip beside each file, and print its sizes
    Dist,
}

fn main() -> ExitCode {
    match process::stop_children_on_interrupt().and_then(|()| run(Arguments::parse().command)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            process::stop_everything();
            process::complain(&format!("\nerror: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Carries a command out; `false` means that it did its work and found something wrong.
fn run(command: Command) -> Result<bool> {
    match command {
        Command::Doctor => doctor::run(),
        Command::Setup => install::setup_everything().map(|()| true),
        Command::Serve(options) => serve::run(&options).map(|()| true),
        Command::Dev(options) => dev::run(&options).map(|()| true),
        Command::Test { only } => test::run(&only),
        Command::E2e { filter, bless } => test::run_end_to_end(filter.as_deref(), bless),
        Command::Bench(options) => bench::run(&options),
        Command::Fuzz(options) => fuzz::run(&options),
        Command::Mutants(options) => test::mutants::run(&options),
        Command::Siege(options) => test::siege::run(&options),
        Command::Evil(options) => test::evil::run(&options),
        Command::Sim { arguments } => test::sim::run(&arguments),
        Command::Tidy => tidy::run(),
        Command::Dist => dist::run().map(|()| true),
    }
}
