//! The stage of one test: its own server, its own profile folders, the browsers of its persons.
//!
//! ```text
//! play ──► story ──► judge (pages, consoles, server log) ──► pass
//!            └──► pictures and texts of every page in target/e2e/STORY ──► fail
//! ```
//! At most two stories run at once. Whatever happens, all processes end with the story.

use crate::browser::{Browser, Driver};
use crate::page::Page;
use crate::server::Server;
use crate::session::Session;
use anyhow::{Context, Result, anyhow, bail};
use std::cell::{Cell, RefCell};
use std::env;
use std::fmt;
use std::fs;
use std::io::{Write, stderr};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a whole story may take, on a machine that has little time for it.
const STORY: Duration = Duration::from_secs(300);
/// Stories at once.
const STORIES: usize = 2;
/// What everybody speaks unless the story says otherwise.
const LANGUAGE: &str = "en-US";

static PLAYING: Mutex<usize> = Mutex::new(0);
static DONE: Condvar = Condvar::new();

/// How a test ends.
pub type Told = Result<(), Failed>;

/// Why a story failed, for people: the test runner prints it as it stands, without a backtrace.
pub struct Failed(anyhow::Error);

impl fmt::Debug for Failed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:#}", self.0)
    }
}

impl From<anyhow::Error> for Failed {
    fn from(error: anyhow::Error) -> Failed {
        Failed(error)
    }
}

/// Plays a story in real browsers; without `CONFAB_E2E` says that it is skipped.
pub fn play(name: &str, story: impl AsyncFnOnce(&Stage) -> Result<()>) -> Told {
    play_for(STORY, name, story)
}

/// Like [`play`], for a story that may take longer.
pub fn play_for(time: Duration, name: &str, story: impl AsyncFnOnce(&Stage) -> Result<()>) -> Told {
    rehearse(time, name, story).map_err(Failed)
}

fn rehearse(
    time: Duration,
    name: &str,
    story: impl AsyncFnOnce(&Stage) -> Result<()>,
) -> Result<()> {
    if env::var_os("CONFAB_E2E").is_none_or(|value| value.is_empty() || value == "0") {
        let note = format!("{name} is skipped: it needs browsers, run `cargo xtask e2e`\n");
        // Past the test runner's capture, so that a person sees it.
        stderr().write_all(note.as_bytes())?;
        return Ok(());
    }
    let _turn = Turn::wait();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let begun = Instant::now();
    runtime.block_on(async {
        let stage = Stage::open(name)?;
        let told = tokio::time::timeout(time, story(&stage))
            .await
            .unwrap_or_else(|_| Err(anyhow!("the story has taken more than {time:?}")));
        let judged = match told {
            Ok(()) => stage.judge().await,
            Err(error) => Err(error),
        };
        // Past the test runner's capture: how long it took is for people.
        writeln!(stderr(), "{name} took {} s", begun.elapsed().as_secs())?;
        match judged {
            Ok(()) => stage.sweep(),
            Err(error) => Err(stage.keep_evidence(error).await),
        }
    })
}

/// The server and the browsers of one story.
pub struct Stage {
    folder: PathBuf,
    /// The signaling server, which serves the page, too.
    pub server: Server,
    chromedriver: RefCell<Option<Rc<Driver>>>,
    sessions: RefCell<Vec<Rc<Session>>>,
    bad_connections: Cell<bool>,
}

impl Stage {
    fn open(name: &str) -> Result<Self> {
        let folder = target()?.join("e2e").join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let server = Server::start(&folder, "server", &[])?;
        let (chromedriver, sessions) = (RefCell::default(), RefCell::default());
        Ok(Self { folder, server, chromedriver, sessions, bad_connections: Cell::new(false) })
    }

    /// Starts a person's browser. The same name means the same profile: what the page stored
    /// there in an earlier browser of this story is still there.
    pub async fn enter(&self, person: &str, browser: Browser) -> Result<Page> {
        self.enter_speaking(person, browser, LANGUAGE).await
    }

    /// Like [`Stage::enter`], for a person of another language.
    pub async fn enter_speaking(
        &self,
        person: &str,
        browser: Browser,
        language: &str,
    ) -> Result<Page> {
        let profile = self.profile(person);
        fs::create_dir_all(&profile)?;
        let driver = self.driver(person, browser)?;
        let wanted = browser.capabilities(&profile, language)?;
        let session = Rc::new(Session::start(person, browser, driver, wanted).await?);
        self.sessions.borrow_mut().push(Rc::clone(&session));
        let tab = session.first_tab().await?;
        Ok(Page::new(session, tab))
    }

    /// Browsers may complain of connections to servers from now on: the story sees to it.
    pub fn expect_bad_connections(&self) {
        self.bad_connections.set(true);
    }

    /// Starts another server; the story must keep it.
    pub fn another_server(&self, flags: &[&str]) -> Result<Server> {
        Server::start(&self.folder, "another-server", flags)
    }

    /// Saves a picture for the documents.
    pub async fn portray(&self, page: &Page, name: &str) -> Result<()> {
        let folder = target()?.join("screenshots");
        fs::create_dir_all(&folder)?;
        page.picture(&folder.join(format!("{name}.png"))).await
    }

    /// Where the story keeps its papers.
    pub fn papers(&self) -> &Path {
        &self.folder
    }

    /// Where browsers save files, if the story lets them.
    pub fn downloads(&self) -> PathBuf {
        self.folder.join("downloads")
    }

    /// Where a person's browser keeps what it keeps.
    pub fn profile(&self, person: &str) -> PathBuf {
        self.folder.join("profiles").join(person)
    }

    /// One driver serves all Chromiums; that of Firefox serves only one.
    fn driver(&self, person: &str, browser: Browser) -> Result<Rc<Driver>> {
        match browser {
            Browser::Chromium => {
                let mut shared = self.chromedriver.borrow_mut();
                if let Some(driver) = shared.as_ref() {
                    return Ok(Rc::clone(driver));
                }
                let log = self.folder.join("chromedriver.log");
                let driver = Rc::new(Driver::start(browser, &log)?);
                *shared = Some(Rc::clone(&driver));
                Ok(driver)
            }
            Browser::Firefox => {
                let log = self.folder.join(format!("geckodriver-{person}.log"));
                Ok(Rc::new(Driver::start(browser, &log)?))
            }
        }
    }

    /// All tabs that are open.
    async fn pages(&self) -> Result<Vec<Page>> {
        let sessions = self.sessions.borrow().clone();
        let mut pages = Vec::new();
        for session in sessions.iter().filter(|session| session.runs()) {
            for tab in session.web()?.windows().await? {
                pages.push(Page::new(Rc::clone(session), tab));
            }
        }
        Ok(pages)
    }

    /// Fails if a page, a browser's console or the server has reported an error.
    async fn judge(&self) -> Result<()> {
        for page in self.pages().await? {
            page.judge().await?;
        }
        let complaints = self.complaints().await?;
        if let Some(complaint) = complaints.first() {
            bail!("a browser complained: {complaint}");
        }
        self.server.judge()
    }

    async fn complaints(&self) -> Result<Vec<String>> {
        let sessions = self.sessions.borrow().clone();
        let mut complaints = Vec::new();
        for session in sessions {
            for complaint in session.complaints().await? {
                let expected = self.server.was_stopped() || self.bad_connections.get();
                if !(expected && is_about_connections(&complaint)) {
                    complaints.push(format!("{}: {complaint}", session.person));
                }
            }
        }
        Ok(complaints)
    }

    /// Saves what every page shows, and puts the story's papers into the error.
    async fn keep_evidence(&self, error: anyhow::Error) -> anyhow::Error {
        let evidence = async {
            for (index, page) in self.pages().await?.into_iter().enumerate() {
                let name = format!("failed-{}-{index}", page.person());
                page.picture(&self.folder.join(format!("{name}.png"))).await?;
                let view = page.view().await?;
                fs::write(self.folder.join(format!("{name}.txt")), format!("{view:#?}\n"))?;
            }
            anyhow::Ok(())
        };
        let complaints = self.complaints().await.unwrap_or_default().join("\n");
        let kept = evidence.await.err().map(|error| format!("\nNot all is kept: {error:#}"));
        let folder = self.folder.display();
        anyhow!(
            "{error:#}\nIts papers are in {folder}{}\nconsoles:\n{complaints}",
            kept.unwrap_or_default(),
        )
    }

    /// Removes the profiles of a story that went well.
    fn sweep(&self) -> Result<()> {
        self.end();
        let profiles = self.folder.join("profiles");
        if profiles.exists() {
            fs::remove_dir_all(&profiles).context("the profiles cannot be removed")?;
        }
        Ok(())
    }

    fn end(&self) {
        self.sessions.borrow().iter().for_each(|session| session.abandon());
        self.sessions.borrow_mut().clear();
        *self.chromedriver.borrow_mut() = None;
        self.server.stop();
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.end();
    }
}

/// What a browser says of a server that the story has stopped.
fn is_about_connections(complaint: &str) -> bool {
    ["WebSocket", "ERR_CONNECTION_REFUSED", "ERR_FAILED", "establish a connection"]
        .iter()
        .any(|words| complaint.contains(words))
}

/// The folder that cargo builds into.
fn target() -> Result<PathBuf> {
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR"));
    Ok(scratch.parent().context("the target folder has no parent")?.to_owned())
}

/// The right to play, one of a few.
struct Turn;

impl Turn {
    fn wait() -> Self {
        let mut playing = PLAYING.lock().unwrap_or_else(PoisonError::into_inner);
        while *playing >= STORIES {
            playing = DONE.wait(playing).unwrap_or_else(PoisonError::into_inner);
        }
        *playing += 1;
        Self
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *PLAYING.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        DONE.notify_one();
    }
}
