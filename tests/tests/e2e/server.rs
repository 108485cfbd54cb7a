//! The signaling server of one story: a real process on a free port, which can be stopped and
//! started again at the same address.

use crate::process::Process;
use anyhow::{Context, Result, bail, ensure};
use std::cell::{Cell, RefCell};
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The server, running or stopped.
pub struct Server {
    program: PathBuf,
    log: PathBuf,
    port: u16,
    process: RefCell<Option<Process>>,
    was_stopped: Cell<bool>,
    /// What processes printed that have been stopped.
    past: RefCell<String>,
}

impl Server {
    /// Starts a server on a free port of this machine; the name is that of its log.
    pub fn start(folder: &Path, name: &str, flags: &[&str]) -> Result<Self> {
        let program = program()?;
        let log = folder.join(format!("{name}.log"));
        let (process, port) = launch(&program, &log, 0, flags)?;
        Ok(Self {
            program,
            log,
            port,
            process: RefCell::new(Some(process)),
            was_stopped: Cell::new(false),
            past: RefCell::default(),
        })
    }

    /// Where the page is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// Kills the server; pages that look for it find nobody.
    pub fn stop(&self) {
        self.was_stopped.set(true);
        if let Some(mut process) = self.process.borrow_mut().take() {
            process.end();
            self.past.borrow_mut().push_str(&process.printed());
        }
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Names its process, while it runs.
    pub fn process_id(&self) -> Option<u32> {
        self.process.borrow().as_ref().map(Process::id)
    }

    /// Where its WebSocket is.
    pub fn signal_url(&self) -> String {
        format!("ws://127.0.0.1:{}/signal", self.port)
    }

    /// Starts it again at the same address.
    pub fn start_again(&self, flags: &[&str]) -> Result<()> {
        let (process, port) = launch(&self.program, &self.log, self.port, flags)?;
        ensure!(port == self.port, "the server came back on port {port}, not {}", self.port);
        *self.process.borrow_mut() = Some(process);
        Ok(())
    }

    /// Whether it has ever been away, so that pages may complain of it.
    pub fn was_stopped(&self) -> bool {
        self.was_stopped.get()
    }

    /// All that it has ever printed.
    pub fn printed(&self) -> String {
        let mut text = self.past.borrow().clone();
        if let Some(process) = self.process.borrow().as_ref() {
            text.push_str(&process.printed());
        }
        text
    }

    /// Fails if the server has reported an error.
    pub fn judge(&self) -> Result<()> {
        let printed = self.printed();
        let bad = |line: &&str| line.contains("ERROR") || line.contains("panicked");
        match printed.lines().find(bad) {
            Some(line) => bail!("the signaling server reported an error: {line}"),
            None => Ok(()),
        }
    }
}

fn launch(program: &Path, log: &Path, port: u16, flags: &[&str]) -> Result<(Process, u16)> {
    let mut command = Command::new(program);
    command
        .args(["--listen", &format!("127.0.0.1:{port}")])
        .args(flags)
        .env("CONFAB_LOG", "info,signaling=trace,tungstenite=trace")
        .env("NO_COLOR", "1");
    let mut process = Process::start(command, log)?;
    let port = process.wait_for(|line| {
        let address = line.split_once("listening on http://")?.1;
        let port = address.trim().trim_end_matches('/').rsplit_once(':')?.1;
        port.parse().ok()
    })?;
    Ok((process, port))
}

fn program() -> Result<PathBuf> {
    let program = env::var_os("CONFAB_SIGNALING_BIN")
        .context("CONFAB_SIGNALING_BIN does not name a signaling server: run `cargo xtask e2e`")?;
    let program = PathBuf::from(program);
    ensure!(program.is_file(), "there is no signaling server at {}", program.display());
    Ok(program)
}
