//! Child processes: each in a process group of its own, and none outlives the command.
//!
//! ```text
//! start ──► Running ──drop──► end of its group
//! Ctrl-C, SIGTERM, an error, a time limit ──► end of every group and of all that descends from us
//! ```
//! How processes are found and signalled is in `family`.

mod family;

use crate::paths;
use anyhow::{Context, Result, anyhow, bail};
use std::env;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// How often a waiting command looks whether its children still run.
const LOOK: Duration = Duration::from_millis(40);

/// The groups that run now. Locked while a child starts, so that an interrupt misses none.
static GROUPS: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// Ends every child when the person or the system stops this command.
///
/// # Errors
/// When the system refuses the handler.
pub fn stop_children_on_interrupt() -> Result<()> {
    family::adopt_orphans();
    ctrlc::set_handler(|| {
        let groups = GROUPS.lock().unwrap_or_else(PoisonError::into_inner);
        family::end_all(&groups);
        std::process::exit(130);
    })
    .context("the handler for Ctrl-C cannot be set")
}

/// Ends every process that this command has started, and what they have started.
pub fn stop_everything() {
    family::end_all(&GROUPS.lock().unwrap_or_else(PoisonError::into_inner));
}

/// Says something on standard error.
#[expect(clippy::print_stderr, reason = "complaints belong on standard error")]
pub fn complain(words: &str) {
    eprintln!("{words}");
}

/// A command that runs in the workspace's root, without standard input and without what cargo
/// told *this* program in the environment (build scripts would see a change and run again).
///
/// # Errors
/// When the workspace is not found.
pub fn command(program: impl AsRef<OsStr>) -> Result<Command> {
    let mut command = Command::new(program);
    command.current_dir(paths::root()?).stdin(Stdio::null());
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(is_told_by_cargo) {
            command.env_remove(name);
        }
    }
    Ok(command)
}

fn is_told_by_cargo(name: &str) -> bool {
    name.starts_with("CARGO_PKG_")
        || name.starts_with("CARGO_MANIFEST_")
        || matches!(name, "CARGO_BIN_NAME" | "CARGO_CRATE_NAME" | "CARGO_PRIMARY_PACKAGE")
}

/// A started child. Dropping it ends its whole group.
pub struct Running {
    child: Child,
    name: String,
}

/// Starts a child in a group of its own.
///
/// # Errors
/// When the program cannot be started.
pub fn start(command: &mut Command) -> Result<Running> {
    family::own_group(command);
    let mut groups = GROUPS.lock().unwrap_or_else(PoisonError::into_inner);
    let name = command.get_program().to_string_lossy().into_owned();
    let child = command.spawn().with_context(|| format!("{name} cannot be started"))?;
    groups.push(child.id());
    Ok(Running { child, name })
}

impl Running {
    /// The exit status, if the child has ended.
    ///
    /// # Errors
    /// When the system cannot say.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().with_context(|| format!("{} cannot be watched", self.name))
    }

    /// Waits for the end; at the limit the group is ended and the answer is `None`.
    fn wait(&mut self, limit: Option<Duration>) -> Result<Option<ExitStatus>> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.ended()? {
                return Ok(Some(status));
            }
            if limit.is_some_and(|limit| start.elapsed() > limit) {
                family::end(self.child.id());
                return Ok(None);
            }
            thread::sleep(LOOK);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let group = self.child.id();
        family::end(group);
        // Reaps it; a child that is already gone is no error here.
        drop(self.child.wait());
        GROUPS.lock().unwrap_or_else(PoisonError::into_inner).retain(|other| *other != group);
    }
}

/// Runs to the end; a failure is an error that names the program and its status.
///
/// # Errors
/// When the program cannot be started or fails.
pub fn run(command: &mut Command) -> Result<()> {
    let mut running = start(command)?;
    match running.wait(None)? {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(failure(command, status)),
        None => bail!("{} was stopped", running.name),
    }
}

/// Runs in the terminal's own group, so that the program may ask for a password there.
///
/// # Errors
/// When the program cannot be started or fails.
pub fn run_at_terminal(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command
        .stdin(Stdio::inherit())
        .status()
        .with_context(|| format!("{name} cannot be started"))?;
    if status.success() { Ok(()) } else { Err(failure(command, status)) }
}

/// What the program says on standard output; `None` when it is missing or fails.
pub fn ask(program: impl AsRef<OsStr>, arguments: &[&str]) -> Option<String> {
    let output = command(program).ok()?.args(arguments).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Runs with a time limit and hands over each line of standard output as it comes.
///
/// # Errors
/// When the program cannot be started, or still runs at the limit (it is ended then).
pub fn watch(
    command: &mut Command,
    limit: Duration,
    mut on_line: impl FnMut(&str),
) -> Result<ExitStatus> {
    let mut running = start(command.stdout(Stdio::piped()))?;
    let output = running.child.stdout.take().context("standard output is not piped")?;
    let (sender, lines) = mpsc::channel();
    let reader = thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                break;
            }
        }
    });
    let deadline = Instant::now() + limit;
    loop {
        match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => on_line(line.trim_end_matches('\r')),
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                family::end(running.child.id());
                bail!("{} still ran after {}: stopped", describe(command), spell(limit));
            }
        }
    }
    let status = running.wait(Some(deadline.saturating_duration_since(Instant::now())))?;
    drop(reader.join());
    status.ok_or_else(|| anyhow!("{} did not end: stopped", describe(command)))
}

fn failure(command: &Command, status: ExitStatus) -> anyhow::Error {
    anyhow!("`{}` failed ({status})", describe(command))
}

/// The command as a person would type it.
pub fn describe(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|argument| argument.to_string_lossy().into_owned()));
    words.join(" ")
}

/// A duration as a person says it.
#[must_use]
pub fn spell(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        10..120 => format!("{seconds} s"),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_passes_its_limit_is_ended_with_its_children() {
        let mut lines = Vec::new();
        let mut shell = Command::new("sh");
        shell.args(["-c", "sleep 600 & echo $!; wait"]);
        let start = Instant::now();
        let result = watch(&mut shell, Duration::from_millis(300), |line| {
            lines.push(line.to_owned());
        });
        assert!(result.is_err());
        assert!(start.elapsed() < Duration::from_secs(60));
        let sleeper: u32 = lines[0].parse().unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while family::runs(sleeper) {
            assert!(Instant::now() < deadline, "the child's child still runs");
            thread::yield_now();
        }
    }

    #[test]
    fn a_failure_names_the_command_and_its_status() {
        let error = run(Command::new("sh").args(["-c", "exit 7"])).unwrap_err().to_string();
        assert!(error.contains("sh -c exit 7") && error.contains('7'), "{error}");
    }

    #[test]
    fn what_cargo_told_this_program_is_not_handed_on() {
        assert!(is_told_by_cargo("CARGO_PKG_NAME") && is_told_by_cargo("CARGO_MANIFEST_DIR"));
        assert!(!is_told_by_cargo("CARGO_HOME") && !is_told_by_cargo("PATH"));
    }

    #[test]
    fn durations_read_naturally() {
        assert_eq!(spell(Duration::from_millis(1250)), "1.2 s");
        assert_eq!(spell(Duration::from_secs(75)), "75 s");
        assert_eq!(spell(Duration::from_secs(125)), "2 min 05 s");
    }
}
