//! What persons do in a room, step by step as they do it: found it, invite, join, talk.

use crate::page::{PATIENCE, Page};
use crate::view::View;
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::time::{Duration, Instant};

/// From the opening of the second page to the first message both ways.
pub const FIRST_CHAT: Duration = Duration::from_secs(10);

/// What founders call their room.
pub const ROOM: &str = "Night train";

/// Writes and sends one message after another, each as soon as the composer has taken the last.
const SEND_ALL: &str = r#"
const [texts, done] = arguments;
const find = (id) => document.querySelector(`[data-testid="${id}"]`);
const channel = new MessageChannel();
let next = 0;
channel.port1.onmessage = () => {
  const composer = find("composer");
  if (composer.value === "" && next < texts.length) {
    composer.value = texts[next++];
    composer.dispatchEvent(new InputEvent("input", { bubbles: true }));
    find("send").click();
  }
  const sent = next === texts.length && composer.value === "";
  sent ? done(next) : channel.port2.postMessage(0);
};
channel.port2.postMessage(0);
"#;

impl Page {
    /// Opens the plain address, founds a room and gives its invite.
    pub async fn found_room(&self, url: &str, name: &str) -> Result<String> {
        self.open(url).await?;
        self.enter_names(name, ROOM).await?;
        self.invite().await
    }

    /// Founds a room on the start page that is open.
    pub async fn enter_names(&self, name: &str, room: &str) -> Result<()> {
        self.fill("name-input", name).await?;
        self.fill("room-name-input", room).await?;
        self.click("create-room").await?;
        self.wait("the room is open", |view| view.shows("composer")).await?;
        Ok(())
    }

    /// Opens an invite and joins its room.
    pub async fn join(&self, invite: &str, name: &str) -> Result<()> {
        self.open(invite).await?;
        self.accept(name).await
    }

    /// Joins by the invite that is open.
    pub async fn accept(&self, name: &str) -> Result<()> {
        self.fill("name-input", name).await?;
        self.click("name-save").await?;
        self.wait("the room is open", |view| view.shows("composer")).await?;
        Ok(())
    }

    /// Opens the plain address; the page finds its room by itself.
    pub async fn come_back(&self, url: &str) -> Result<()> {
        self.open(url).await?;
        self.wait("the room is open again", |view| view.shows("composer")).await?;
        Ok(())
    }

    /// Like [`Page::come_back`], after a crash: a browser that was killed may have forgotten which
    /// room was last; not the room.
    pub async fn recover(&self, url: &str) -> Result<()> {
        self.open(url).await?;
        let there = |view: &View| view.shows("composer") || view.shows("room");
        let view = self.wait("the room is there again", there).await?;
        if !view.shows("composer") {
            self.click("room").await?;
        }
        self.wait("the room is open again", |view| view.shows("composer")).await?;
        Ok(())
    }

    /// The invite that the room shows.
    pub async fn invite(&self) -> Result<String> {
        let view = self.wait("an invite is shown", |view| view.invite().is_some()).await?;
        let link = view.invite().map(str::to_owned);
        link.context("the invite is gone again")
    }

    /// The invite behind the `#` of a link, without the name of the member who hands it on.
    pub fn secret(link: &str) -> Result<&str> {
        let fragment = link.split_once('#').context("the link has no invite")?.1;
        Ok(fragment.split_once('&').context("the link names nobody")?.0)
    }

    /// Waits until so many members are shown as online, oneself included.
    pub async fn wait_for_company(&self, members: usize) -> Result<()> {
        let what = format!("{members} members are online");
        self.wait(&what, |view| view.online() == members).await?;
        Ok(())
    }

    /// Sends many or long messages, quicker than keys can be pressed.
    pub async fn send_all(&self, texts: &[String]) -> Result<()> {
        let sent: usize = self.run_to_end(SEND_ALL, &[json!(texts)]).await?;
        ensure!(sent == texts.len(), "{sent} of {} messages were sent", texts.len());
        Ok(())
    }

    /// Waits until a message that says just this is shown once, and fails if it is there twice.
    pub async fn hear(&self, body: &str) -> Result<()> {
        self.hear_until(Instant::now() + PATIENCE, body).await
    }

    /// Like [`Page::hear`], with another deadline.
    pub async fn hear_until(&self, deadline: Instant, body: &str) -> Result<()> {
        let what = format!("“{body}” arrives");
        let view = self.wait_until(deadline, &what, |view| !view.said(body).is_empty()).await?;
        ensure!(view.said(body).len() == 1, "“{body}” is there twice: {:#?}", view.rows);
        Ok(())
    }

    /// Waits until an own message has reached everybody.
    pub async fn wait_for_delivery(&self, body: &str) -> Result<()> {
        let delivered = |state: &str| state == "delivered" || state == "read";
        let what = format!("“{body}” is delivered");
        self.wait(&what, |view| view.state_of(body).is_some_and(delivered)).await?;
        Ok(())
    }

    /// Waits until the page tells whether the signaling server can be reached.
    pub async fn wait_for_signal(&self, state: &str) -> Result<()> {
        let what = format!("the state of signaling is {state}");
        self.wait(&what, |view| view.state("signal-state") == state).await?;
        Ok(())
    }

    /// Fails unless the messages are these, from top to bottom, each once.
    pub async fn expect_messages(&self, bodies: &[&str]) -> Result<()> {
        let what = format!("the messages are {bodies:?}");
        self.wait(&what, |view| view.bodies() == bodies).await?;
        Ok(())
    }
}
