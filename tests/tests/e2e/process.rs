//! Child processes of a story: what they print is kept, and they end with the story.
//!
//! Each child leads a process group. Browsers leave the group of their driver, so on Linux the
//! end of a child is also the end of everything that descends from it.

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a child may take to say that it is ready.
const READY: Duration = Duration::from_secs(30);
/// How long processes may take to be gone after they were killed.
const GONE: Duration = Duration::from_secs(10);

/// A child process that is killed, with its descendants, when this is dropped.
pub struct Process {
    child: Child,
    printed: Arc<Printed>,
}

#[derive(Default)]
struct Printed {
    text: Mutex<String>,
    grew: Condvar,
}

impl Process {
    /// Starts the command; all that it prints goes to the file, too.
    pub fn start(mut command: Command, log: &Path) -> Result<Self> {
        let file = File::options().create(true).append(true).open(log)?;
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .with_context(|| format!("{command:?} does not start"))?;
        let printed = Arc::new(Printed::default());
        if let Some(stdout) = child.stdout.take() {
            printed.follow(stdout, file.try_clone()?);
        }
        if let Some(stderr) = child.stderr.take() {
            printed.follow(stderr, file);
        }
        Ok(Self { child, printed })
    }

    /// Waits for a line in which `find` finds something.
    pub fn wait_for<T>(&mut self, find: impl Fn(&str) -> Option<T>) -> Result<T> {
        let deadline = Instant::now() + READY;
        let printed = Arc::clone(&self.printed);
        let mut text = printed.text.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(found) = text.lines().find_map(&find) {
                return Ok(found);
            }
            if Instant::now() > deadline || self.child.try_wait()?.is_some() {
                bail!("the program has not become ready; it printed:\n{text}");
            }
            let look = Duration::from_millis(200);
            let woken = printed.grew.wait_timeout(text, look);
            text = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// What it has printed so far.
    pub fn printed(&self) -> String {
        self.printed.text.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Names it to the system.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it, and all that it has started.
    pub fn end(&mut self) {
        let family = family(self.child.id());
        if let Some(group) = pid(self.child.id()) {
            // A group that is already gone is what we want.
            let _ = killpg(group, Signal::SIGKILL);
        }
        family.iter().for_each(|id| signal(*id));
        drop(self.child.wait());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

impl Printed {
    /// Keeps what comes from the pipe until its end.
    fn follow(self: &Arc<Self>, pipe: impl Read + Send + 'static, mut file: File) {
        let printed = Arc::clone(self);
        std::thread::spawn(move || {
            let mut pipe = BufReader::new(pipe);
            let mut line = Vec::new();
            while pipe.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
                // The file is for people; without it the test still holds.
                drop(file.write_all(&line));
                let mut text = printed.text.lock().unwrap_or_else(PoisonError::into_inner);
                text.push_str(&String::from_utf8_lossy(&line));
                printed.grew.notify_all();
                line.clear();
            }
        });
    }
}

/// Kills one process as a crash would, and waits until it and its descendants are gone.
pub async fn crash(id: u32) -> Result<()> {
    let family = family(id);
    signal(id);
    let deadline = Instant::now() + GONE;
    while runs(id) || family.iter().any(|id| runs(*id)) {
        if Instant::now() > deadline {
            bail!("process {id} or a child of it is still there after it was killed");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

fn signal(id: u32) {
    if let Some(id) = pid(id) {
        // A process that is already gone is what we want.
        let _ = kill(id, Signal::SIGKILL);
    }
}

/// 0 and 1 would mean this group and the whole system.
fn pid(id: u32) -> Option<Pid> {
    i32::try_from(id).ok().filter(|id| *id > 1).map(Pid::from_raw)
}

/// Whether a process runs; one that is dead and not yet collected does not.
fn runs(id: u32) -> bool {
    match fs::read_to_string(format!("/proc/{id}/stat")) {
        Ok(line) => parent(&line).is_some_and(|(state, _)| state != "Z"),
        Err(_) if cfg!(target_os = "linux") => false,
        Err(_) => pid(id).is_some_and(|id| kill(id, None).is_ok()),
    }
}

/// All that descends from a process; nothing where there is no /proc.
pub fn family(ancestor: u32) -> Vec<u32> {
    let Ok(folder) = fs::read_dir("/proc") else { return Vec::new() };
    let table: Vec<(u32, u32)> = folder
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|id: u32| {
            let line = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
            Some((id, parent(&line)?.1))
        })
        .collect();
    let mut found = vec![ancestor];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(table.iter().filter(|(_, of)| *of == parent).map(|(id, _)| *id));
        next += 1;
    }
    found.split_off(1)
}

/// State and parent in `id (name) state parent …`; the name may hold anything, also brackets.
fn parent(line: &str) -> Option<(&str, u32)> {
    let mut fields = line.rsplit_once(')')?.1.split_ascii_whitespace();
    Some((fields.next()?, fields.next()?.parse().ok()?))
}
