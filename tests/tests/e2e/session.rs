//! One person's browser: a WebDriver session on a profile folder, ended like a window that is
//! closed or like a program that is killed.

use crate::browser::{Browser, Driver};
use crate::complaints;
use crate::process;
use anyhow::{Context, Result};
use serde_json::Value;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use thirtyfour::common::types::WindowHandle;
use thirtyfour::prelude::*;

/// How long one WebDriver command may take.
const COMMAND: Duration = Duration::from_secs(60);

/// Width and height of every window, in pixels.
const WINDOW: (u32, u32) = (1100, 800);

/// A running browser, or one that has ended.
pub struct Session {
    /// Whose browser this is, for messages and file names.
    pub person: String,
    /// Which browser.
    pub browser: Browser,
    driver: Rc<Driver>,
    web: RefCell<Option<WebDriver>>,
    process: u32,
    /// The tab that commands go to.
    current: RefCell<Option<WindowHandle>>,
    /// Complaints that outlive the browser.
    heard: RefCell<Vec<String>>,
}

impl Session {
    /// Starts a browser through its driver.
    pub async fn start(
        person: &str,
        browser: Browser,
        driver: Rc<Driver>,
        wanted: Capabilities,
    ) -> Result<Self> {
        let web = WebDriver::builder(&driver.url, wanted)
            .request_timeout(COMMAND)
            .await
            .with_context(|| format!("{browser:?} does not start for {person}"))?;
        web.set_window_rect(0, 0, WINDOW.0, WINDOW.1).await?;
        let process = web
            .capabilities()
            .get(browser.process_capability())
            .and_then(Value::as_u64)
            .and_then(|id| u32::try_from(id).ok())
            .context("the driver does not tell the browser's process id")?;
        let current = RefCell::new(Some(web.window().await?));
        let web = RefCell::new(Some(web));
        Ok(Self {
            person: person.to_owned(),
            browser,
            driver,
            web,
            process,
            current,
            heard: RefCell::default(),
        })
    }

    /// The browser's own process.
    pub fn process(&self) -> u32 {
        self.process
    }

    /// The session, to send commands to.
    pub fn web(&self) -> Result<WebDriver> {
        let web = self.web.borrow().clone();
        web.with_context(|| format!("the browser of {} has ended", self.person))
    }

    /// Whether it has not ended.
    pub fn runs(&self) -> bool {
        self.web.borrow().is_some()
    }

    /// The tab that a new session has.
    pub async fn first_tab(&self) -> Result<WindowHandle> {
        Ok(self.web()?.window().await?)
    }

    /// Opens another, empty tab.
    pub async fn new_tab(&self) -> Result<WindowHandle> {
        Ok(self.web()?.new_tab().await?)
    }

    /// Lets the following commands go to this tab.
    pub async fn turn_to(&self, tab: &WindowHandle) -> Result<WebDriver> {
        let web = self.web()?;
        if self.current.borrow().as_ref() != Some(tab) {
            web.switch_to_window(tab.clone()).await?;
            *self.current.borrow_mut() = Some(tab.clone());
        }
        Ok(web)
    }

    /// Closes one tab of several.
    pub async fn close_tab(&self, tab: &WindowHandle) -> Result<()> {
        let web = self.turn_to(tab).await?;
        web.close_window().await?;
        *self.current.borrow_mut() = None;
        // A session whose tab is gone answers nothing until it is turned to another.
        if let Some(other) = web.windows().await?.first() {
            self.turn_to(other).await?;
        }
        Ok(())
    }

    /// Ends the browser, as a person does.
    pub async fn quit(&self) -> Result<()> {
        self.complaints().await?;
        let web = self.web()?;
        *self.web.borrow_mut() = None;
        web.quit().await?;
        Ok(())
    }

    /// Kills the browser: no handler runs, nothing is flushed.
    pub async fn crash(&self) -> Result<()> {
        let web = self.web()?;
        *self.web.borrow_mut() = None;
        process::crash(self.process).await?;
        web.leak()?;
        Ok(())
    }

    /// Forgets a session whose driver is about to be killed.
    pub fn abandon(&self) {
        if let Some(web) = self.web.borrow_mut().take() {
            // An error says that it has quit already.
            drop(web.leak());
        }
    }

    /// What the browser has complained of: errors of scripts, the network and the content policy.
    pub async fn complaints(&self) -> Result<Vec<String>> {
        match self.browser {
            Browser::Chromium => {
                if self.runs() {
                    let reported = complaints::of_chromium(&self.web()?).await?;
                    self.heard.borrow_mut().extend(reported);
                }
                Ok(self.heard.borrow().clone())
            }
            Browser::Firefox => {
                if self.runs() {
                    let reported = complaints::of_firefox(&self.web()?).await?;
                    *self.heard.borrow_mut() = reported;
                }
                let printed = self.driver.printed();
                let printed = printed.lines().filter(|line| complaints::is_of_page(line));
                let heard = self.heard.borrow();
                Ok(printed.map(str::to_owned).chain(heard.iter().cloned()).collect())
            }
        }
    }
}
