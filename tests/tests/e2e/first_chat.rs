//! Two persons who have never met talk within ten seconds, in every pair of browsers, and the
//! server sees none of it.

use crate::browser::Browser::{self, Chromium, Firefox};
use crate::mount::fetch;
use crate::page::Page;
use crate::room::{FIRST_CHAT, ROOM};
use crate::stage::{Told, play};
use anyhow::{Result, ensure};
use std::time::Instant;
use thirtyfour::Key;

#[test]
fn first_chat_both_ways_in_chromium() -> Told {
    first_chat("first-chat-chromium", Chromium, Chromium)
}

#[test]
fn first_chat_both_ways_in_firefox() -> Told {
    first_chat("first-chat-firefox", Firefox, Firefox)
}

#[test]
fn chromium_invites_firefox() -> Told {
    first_chat("chromium-invites-firefox", Chromium, Firefox)
}

#[test]
fn firefox_invites_chromium() -> Told {
    first_chat("firefox-invites-chromium", Firefox, Chromium)
}

const QUESTION: &str = "Is anybody there, across the water?";
const ANSWER: &str = "Yes: 你好, здравствуй, مرحبا";

/// Messages that are counted at the server.
const MESSAGES: u64 = 20;
/// Bytes in each.
const MESSAGE_BYTES: usize = 1000;

fn first_chat(name: &str, founder: Browser, guest: Browser) -> Told {
    play(name, async |stage| {
        let ana = stage.enter("ana", founder).await?;
        let invite = ana.found_room(&stage.server.url(), "Ana").await?;
        let ben = stage.enter("ben", guest).await?;

        let opened = Instant::now();
        ben.join(&invite, "Ben").await?;
        ana.send(QUESTION).await?;
        ben.hear_until(opened + FIRST_CHAT, QUESTION).await?;
        ben.send(ANSWER).await?;
        ana.hear_until(opened + FIRST_CHAT, ANSWER).await?;

        ana.wait_for_delivery(QUESTION).await?;
        ben.wait_for_delivery(ANSWER).await?;
        for page in [&ana, &ben] {
            page.expect_messages(&[QUESTION, ANSWER]).await?;
            let view = page.view().await?;
            ensure!(view.online() == 2 && view.count("member-count") == Some(2), "{view}");
            ensure!(view.state("link-state") == "online", "{view}");
            ensure!(!view.url.contains('#'), "the invite is still in the address bar");
        }
        ben.wait("the room's name has come", |view| view.title.contains(ROOM)).await?;
        expect_names(&ana, "Ben").await?;
        expect_names(&ben, "Ana").await?;

        expect_nothing_relayed(&ana, &ben).await?;
        let log = stage.server.printed();
        ensure!(!log.contains("anybody") && !log.contains("chat byte"), "the server log has texts");
        // Not as part of a random id, which can spell anything.
        let mut words = log.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_');
        ensure!(!words.any(|word| word == "Ana"), "the server log has a name");
        Ok(())
    })
}

#[test]
fn enter_sends_shift_enter_breaks_and_what_is_seen_becomes_read() -> Told {
    play("composer", async |stage| {
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&stage.server.url(), "Ana").await?;
        let ben = stage.enter("ben", Chromium).await?;
        ben.join(&invite, "Ben").await?;
        let (shift, enter) = (char::from(Key::Shift), char::from(Key::Enter));
        ana.type_into("composer", &format!("two{shift}{enter}{shift}lines{enter}")).await?;
        ben.hear("two\nlines").await?;
        ana.wait("it is read", |view| view.state_of("two\nlines") == Some("read")).await?;
        ensure!(
            ana.view()
                .await?
                .find("composer")
                .is_some_and(|composer| { composer.value.as_deref() == Some("") })
        );
        ana.type_into("composer", &enter.to_string()).await?;
        ana.expect_messages(&["two\nlines"]).await
    })
}

/// Chats at length while the server counts what it carries; a late candidate may be among it.
async fn expect_nothing_relayed(ana: &Page, ben: &Page) -> Result<()> {
    let before = relayed_bytes(ana).await?;
    let text = |number| format!("chat byte {number:02} {}", "x".repeat(MESSAGE_BYTES));
    let texts: Vec<_> = (0..MESSAGES).map(text).collect();
    ana.send_all(&texts).await?;
    for text in &texts {
        ben.hear(text).await?;
    }
    let relayed = relayed_bytes(ana).await? - before;
    let allowed = MESSAGES * MESSAGE_BYTES as u64 / 10;
    ensure!(relayed < allowed, "{MESSAGES} messages let the server relay {relayed} bytes");
    Ok(())
}

/// The name that a member gives itself arrives with it.
async fn expect_names(page: &Page, other: &str) -> Result<()> {
    let named = |text: &str| text.contains(other);
    let what = format!("{other} is named");
    page.wait(&what, |view| view.members.iter().any(|member| named(&member.text))).await?;
    Ok(())
}

/// What the server says it has carried from page to page.
async fn relayed_bytes(page: &Page) -> Result<u64> {
    let health: serde_json::Value = serde_json::from_str(&fetch(page, "/healthz").await?.body)?;
    health["relayed_bytes"].as_u64().ok_or_else(|| anyhow::anyhow!("no relayed_bytes in {health}"))
}
