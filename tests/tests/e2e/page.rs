//! One tab, used as a person uses it: reads what is shown, clicks, types, and waits until
//! something is shown. Every wait has a deadline and says what was shown instead.

use crate::session::Session;
use crate::view::{SCRIPT, View};
use anyhow::{Context, Result, bail, ensure};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};
use thirtyfour::common::types::WindowHandle;
use thirtyfour::prelude::*;

/// How long a person would wait for anything before calling it broken.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// How often a wait looks.
pub const LOOK: Duration = Duration::from_millis(50);

/// A tab.
pub struct Page {
    session: Rc<Session>,
    tab: WindowHandle,
    /// True if it is the one that another page shows inside it.
    embedded: Cell<bool>,
}

impl Page {
    /// The page in this tab of the session.
    pub fn new(session: Rc<Session>, tab: WindowHandle) -> Self {
        Self { session, tab, embedded: Cell::new(false) }
    }

    /// Whatever is done from now on is done in the page that this one shows inside it.
    pub fn turn_inside(&self) {
        self.embedded.set(true);
    }

    /// Whose browser it is in.
    pub fn person(&self) -> &str {
        &self.session.person
    }

    /// The browser's own process.
    pub fn browser_process(&self) -> u32 {
        self.session.process()
    }

    /// Goes to an address.
    pub async fn open(&self, url: &str) -> Result<()> {
        let web = self.web().await?;
        web.goto(url).await.with_context(|| format!("{} cannot open {url}", self.person()))?;
        Ok(())
    }

    /// Loads the page anew.
    pub async fn reload(&self) -> Result<()> {
        self.judge().await?;
        self.web().await?.refresh().await?;
        Ok(())
    }

    /// Another tab of the same browser.
    pub async fn new_tab(&self) -> Result<Self> {
        let tab = self.session.new_tab().await?;
        Ok(Self::new(Rc::clone(&self.session), tab))
    }

    /// Closes this tab; the browser goes on with the others.
    pub async fn close_tab(self) -> Result<()> {
        self.judge().await?;
        self.session.close_tab(&self.tab).await
    }

    /// Closes the page, and then its browser, too.
    pub async fn close(self) -> Result<()> {
        let session = Rc::clone(&self.session);
        // Without another tab the browser would end before the page could say goodbye.
        session.new_tab().await?;
        self.close_tab().await?;
        session.quit().await
    }

    /// Ends the browser with the page in it.
    pub async fn quit(self) -> Result<()> {
        self.judge().await?;
        self.session.quit().await
    }

    /// Kills the browser with `kill -9`.
    pub async fn crash(self) -> Result<()> {
        self.judge().await?;
        self.session.crash().await
    }

    /// What the page shows now.
    pub async fn view(&self) -> Result<View> {
        self.run(SCRIPT, &[]).await
    }

    /// Waits until the page shows what is looked for; gives that view.
    pub async fn wait(&self, what: &str, shown: impl Fn(&View) -> bool) -> Result<View> {
        self.wait_until(Instant::now() + PATIENCE, what, shown).await
    }

    /// Like [`Page::wait`], with another deadline.
    pub async fn wait_until(
        &self,
        deadline: Instant,
        what: &str,
        shown: impl Fn(&View) -> bool,
    ) -> Result<View> {
        loop {
            let view = self.view().await?;
            if shown(&view) {
                return Ok(view);
            }
            if let Some([first, ..]) = view.errors.as_deref() {
                bail!("{}, waiting until {what}: the page failed: {first}", self.person());
            }
            if Instant::now() > deadline {
                bail!("{} has waited in vain until {what}; shown:\n{view}", self.person());
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Clicks the element of this name as soon as it can be clicked.
    pub async fn click(&self, id: &str) -> Result<()> {
        let element = self.element(id).await?;
        element.click().await.with_context(|| format!("{} cannot click {id}", self.person()))
    }

    /// Types into the field of this name, after what is there.
    pub async fn type_into(&self, id: &str, text: impl Into<TypingData>) -> Result<()> {
        let element = self.element(id).await?;
        element.send_keys(text).await.with_context(|| format!("{id} cannot be typed into"))
    }

    /// Replaces what is in the field of this name.
    pub async fn fill(&self, id: &str, text: &str) -> Result<()> {
        let element = self.element(id).await?;
        element.clear().await?;
        element.send_keys(text).await.with_context(|| format!("{id} cannot be filled"))
    }

    /// Presses keys, wherever the keyboard is.
    pub async fn press(&self, keys: impl Into<TypingData>) -> Result<()> {
        let element = self.web().await?.active_element().await?;
        element.send_keys(keys).await.with_context(|| format!("{} cannot press", self.person()))
    }

    /// Chooses how urgent the next message is.
    pub async fn choose_priority(&self, priority: &str) -> Result<()> {
        self.choose_in_menu("priority", priority).await
    }

    /// Chooses how the next message is delivered.
    pub async fn choose_delivery(&self, delivery: &str) -> Result<()> {
        self.choose_in_menu("delivery", delivery).await
    }

    /// Opens the composer's menu and takes one of a group; the keyboard is in the composer then.
    async fn choose_in_menu(&self, group: &str, name: &str) -> Result<()> {
        self.click("manner").await?;
        self.wait("the menu is open", |view| view.shows(group)).await?;
        let selector = format!(r#"[data-testid="{group}"][data-value="{name}"]"#);
        let item = self.web().await?.find(By::Css(selector)).await;
        let item = item.with_context(|| format!("there is no {group} {name:?} to choose"))?;
        item.click().await.with_context(|| format!("{name} cannot be chosen"))?;
        self.wait("the menu is closed", |view| !view.shows(group)).await?;
        Ok(())
    }

    /// Points at a message that says this, as a mouse does.
    pub async fn point_at(&self, body: &str) -> Result<()> {
        let web = self.web().await?;
        for words in web.find_all(By::Css(r#"[data-testid="message-body"]"#)).await? {
            if words.text().await? == body {
                return Ok(web.action_chain().move_to_element_center(&words).perform().await?);
            }
        }
        bail!("nothing says {body:?}")
    }

    /// Writes a message and sends it with the button.
    pub async fn send(&self, text: &str) -> Result<()> {
        self.type_into("composer", text).await?;
        self.click("send").await
    }

    /// Runs a script in the page.
    pub async fn run<T: DeserializeOwned>(&self, script: &str, arguments: &[Value]) -> Result<T> {
        let answer = self.web().await?.execute(script, arguments.to_vec()).await;
        Ok(answer.with_context(|| format!("a script in {}'s page", self.person()))?.convert()?)
    }

    /// Runs a script that calls its last argument when it is done.
    pub async fn run_to_end<T: DeserializeOwned>(
        &self,
        script: &str,
        arguments: &[Value],
    ) -> Result<T> {
        let answer = self.web().await?.execute_async(script, arguments.to_vec()).await;
        Ok(answer.with_context(|| format!("a script in {}'s page", self.person()))?.convert()?)
    }

    /// Commands Chromium itself.
    pub async fn command_chromium(&self, command: &str, arguments: Value) -> Result<()> {
        self.web().await?.cdp().send_raw(command, arguments).await?;
        Ok(())
    }

    /// Saves a picture of what the tab shows.
    pub async fn picture(&self, file: &Path) -> Result<()> {
        let web = self.session.turn_to(&self.tab).await?;
        // Firefox's driver makes none of a page inside one of another origin.
        web.enter_default_frame().await?;
        Ok(web.screenshot(file).await?)
    }

    /// Fails if the page has collected an error, or keeps no account of them.
    pub async fn judge(&self) -> Result<()> {
        let view = self.view().await?;
        if !view.url.starts_with("http") {
            return Ok(());
        }
        let errors = view.errors.context("the page has no window.__errors")?;
        ensure!(errors.is_empty(), "{}'s page reported: {}", self.person(), errors.join("\n"));
        Ok(())
    }

    async fn web(&self) -> Result<WebDriver> {
        let web = self.session.turn_to(&self.tab).await?;
        if self.embedded.get() {
            web.enter_default_frame().await?;
            web.enter_frame(0).await?;
        }
        Ok(web)
    }

    /// Waits for an element that is visible and can be used.
    async fn element(&self, id: &str) -> Result<WebElement> {
        let usable = |view: &View| view.visible(id).iter().any(|element| element.enabled);
        self.wait(&format!("{id} can be used"), usable).await?;
        let web = self.web().await?;
        let selector = format!(r#"[data-testid="{id}"]"#);
        for element in web.find_all(By::Css(selector)).await? {
            if element.is_displayed().await? {
                return Ok(element);
            }
        }
        bail!("{id} vanished before it could be used")
    }
}
