//! The tray of the undelivered: what it says of a message that a member refused or that expired
//! before its recipient came back, and what each of its buttons does.

use crate::browser::Browser::{self, Chromium, Firefox};
use crate::membership::ask_about;
use crate::page::{LOOK, PATIENCE, Page};
use crate::queue::choose;
use crate::stage::{Told, play};
use crate::storage::{is_full, long};
use crate::view::View;
use anyhow::{Result, ensure};
use serde_json::json;
use std::time::{Duration, Instant};

/// A minute until it expires, and as long as anybody would look for it.
const UNTIL_EXPIRED: Duration = Duration::from_secs(100);
/// Refusals after which a message counts as undelivered.
const REFUSALS: usize = 5;
/// As long as five refusals take whose store waits longer each time.
const UNTIL_REFUSED: Duration = Duration::from_secs(100);

/// Presses a button of the message in the tray that says something; how often it was tried so far.
const PRESS: &str = r#"
const [words, id] = arguments;
const items = [...document.querySelectorAll('[data-testid="undelivered-item"]')];
const item = items.find((item) => item.querySelector(".words").textContent === words);
const button = item?.querySelector(`[data-testid="${id}"]`);
if (!button) return null;
const attempts = item.querySelectorAll('[data-testid="attempt"]').length;
button.focus();
button.click();
return attempts;
"#;

/// What is said of each attempt to deliver the message in the tray that says something.
const HISTORY: &str = r#"
const items = [...document.querySelectorAll('[data-testid="undelivered-item"]')];
const item = items.find((item) => item.querySelector(".words").textContent === arguments[0]);
const attempts = item?.querySelectorAll('[data-testid="attempt"]') ?? [];
const time = (attempt) => Date.parse(attempt.querySelector("time").dateTime);
return [...attempts].map((attempt) => [time(attempt), attempt.textContent]);
"#;

fn tray(view: &View) -> Vec<&str> {
    view.visible("undelivered-item").into_iter().map(|item| item.text.as_str()).collect()
}

/// True if just one message in the tray says all of this.
fn lies_in_tray(view: &View, words: &[&str]) -> bool {
    let says = |text: &&str| words.iter().all(|part| text.contains(part));
    tray(view).into_iter().filter(says).count() == 1
}

/// Presses a button in the tray as soon as it is there; how often the message was tried so far.
async fn press(page: &Page, words: &str, button: &str) -> Result<usize> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let tried: Option<usize> = page.run(PRESS, &[json!(words), json!(button)]).await?;
        if let Some(tried) = tried {
            return Ok(tried);
        }
        ensure!(Instant::now() < deadline, "{words:?} has no button {button:?} in the tray");
        tokio::time::sleep(LOOK).await;
    }
}

/// Waits until the message in the tray was tried so often; fails unless each attempt names who
/// refused it, why, and a time that is not before the one above.
async fn expect_history(page: &Page, words: &str, attempts: usize, why: &[&str]) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let history: Vec<(f64, String)> = page.run(HISTORY, &[json!(words)]).await?;
        if history.len() >= attempts {
            let told = |(_, line): &(f64, String)| why.iter().all(|part| line.contains(part));
            ensure!(history.iter().all(told), "{words:?} was tried: {history:?}");
            ensure!(history.is_sorted_by(|one, next| one.0 <= next.0), "{history:?}");
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "{words:?} was tried: {history:?}");
        tokio::time::sleep(LOOK).await;
    }
}

async fn decide(page: &Page, name: &str, choice: &str) -> Result<()> {
    ask_about(page, name).await?;
    page.wait("it is offered", |view| view.shows(choice)).await?;
    page.click(choice).await
}

#[test]
fn what_one_refuses_is_tried_again_said_otherwise_or_deleted_in_chromium() -> Told {
    refused("tray-refused-chromium", Chromium, Firefox)
}

#[test]
fn what_one_refuses_is_tried_again_said_otherwise_or_deleted_in_firefox() -> Told {
    refused("tray-refused-firefox", Firefox, Chromium)
}

fn refused(name: &str, author: Browser, refuser: Browser) -> Told {
    play(name, async |stage| {
        let ana = stage.enter("ana", author).await?;
        let invite = ana.found_room(&stage.server.url(), "Ana").await?;
        let ben = stage.enter("ben", refuser).await?;
        ben.join(&invite, "Ben").await?;
        ana.wait_for_company(2).await?;
        ana.send("before").await?;
        ben.hear("before").await?;
        decide(&ben, "Ana", "block").await?;
        ben.wait("Ana's words are covered", |view| view.shows("covered")).await?;
        let why = ["Ben", "blocked"];
        for words in ["as it is", "a slip", "a secret"] {
            ana.send(words).await?;
            let told = |view: &View| lies_in_tray(view, &[words, why[0], why[1]]);
            ana.wait("the tray says who refused it, and why", told).await?;
            expect_history(&ana, words, 1, &why).await?;
        }
        stage.portray(&ana, "tray-refused").await?;

        // Tried again, it goes out again, and Ben refuses it once more.
        let tried = press(&ana, "as it is", "retry").await?;
        expect_history(&ana, "as it is", tried + 1, &why).await?;
        ana.reload().await?;
        ana.wait_for_company(2).await?;
        expect_history(&ana, "as it is", tried + 1, &why).await?;

        press(&ana, "a slip", "resend").await?;
        let composed = |view: &View| view.find("composer")?.value.clone();
        let open = |view: &View| composed(view).as_deref() == Some("a slip");
        ana.wait("its words are in the composer", open).await?;
        ana.fill("composer", "said better").await?;
        ana.click("send").await?;
        let instead = |view: &View| {
            lies_in_tray(view, &["said better", why[0], why[1]])
                && !lies_in_tray(view, &["a slip"])
                && view.said("a slip").is_empty()
        };
        ana.wait("other words lie in the tray in its place", instead).await?;

        press(&ana, "a secret", "drop").await?;
        let gone =
            |view: &View| !lies_in_tray(view, &["a secret"]) && view.said("a secret").is_empty();
        ana.wait("it is gone", gone).await?;
        ana.reload().await?;
        let rest = |view: &View| tray(view).len() == 2 && lies_in_tray(view, &["as it is"]);
        let view = ana.wait("the others are in the tray after a reload", rest).await?;
        ensure!(gone(&view) && instead(&view), "it is back after a reload: {view}");

        ana.wait_for_company(2).await?;
        decide(&ben, "Ana", "unblock").await?;
        let all = ["before", "as it is", "said better"];
        for page in [&ben, &ana] {
            page.wait("what Ana stands by is there, once", |view| words(view) == all).await?;
        }
        ana.wait("the tray is empty", |view| tray(view).is_empty()).await?;
        ana.wait_for_delivery("said better").await?;
        ben.reload().await?;
        ben.wait("it is so after a reload", |view| words(view) == all).await?;
        Ok(())
    })
}

/// What is said, without what was deleted.
fn words(view: &View) -> Vec<&str> {
    view.bodies().into_iter().filter(|body| *body != "This message is gone.").collect()
}

#[test]
fn what_one_has_no_space_for_is_tried_again_and_arrives_once_there_is_space() -> Told {
    play("tray-space", async |stage| {
        let url = stage.server.url();
        let ana = stage.enter("ana", Firefox).await?;
        let invite = ana.found_room(&url, "Ana").await?;
        let ben = stage.enter("ben", Chromium).await?;
        ben.give_little_space(&url).await?;
        ben.join(&invite, "Ben").await?;
        ana.wait_for_company(2).await?;
        let mut said = Vec::new();
        loop {
            ensure!(said.len() < 40, "Ben's browser takes more than it may");
            let text = long(u32::try_from(said.len())? + 1);
            ana.send_all(std::slice::from_ref(&text)).await?;
            said.push(text.clone());
            let there = |view: &View| view.said(&text).len() == 1;
            let view = ben.wait("it comes, or does not fit", |view| is_full(view) || there(view));
            if !there(&view.await?) {
                break;
            }
        }
        let last = said.last().map_or("", String::as_str);
        let deadline = Instant::now() + UNTIL_REFUSED;
        let told = |view: &View| lies_in_tray(view, &[last, "Ben", "no space"]);
        ana.wait_until(deadline, "the tray says that Ben has no space", told).await?;
        ben.give_usual_space(&url).await?;
        let tried = press(&ana, last, "retry").await?;
        ensure!(tried >= REFUSALS, "it was given up after {tried} attempts");
        let deadline = Instant::now() + UNTIL_REFUSED;
        ben.hear_until(deadline, last).await?;
        ana.wait("the tray is empty", |view| tray(view).is_empty()).await?;
        ana.wait_for_delivery(last).await?;
        for page in [&ana, &ben] {
            page.reload().await?;
            page.wait("each is there once, in order", |view| view.bodies() == said).await?;
        }
        Ok(())
    })
}

#[test]
fn what_expired_while_one_was_away_lies_in_the_tray_until_it_is_put_away() -> Told {
    play("tray-expired", async |stage| {
        let url = stage.server.url();
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&url, "Ana").await?;
        let ben = stage.enter("ben", Firefox).await?;
        ben.join(&invite, "Ben").await?;
        ana.wait_for_company(2).await?;
        ben.quit().await?;
        ana.wait_for_company(1).await?;
        choose(&ana, "gone-in-a-minute").await?;
        ana.send("only for a minute").await?;
        ana.wait("it waits", |view| view.pending() == 1).await?;
        ana.wait("it is said that it goes", |view| view.shows("expires")).await?;
        ensure!(tray(&ana.view().await?).is_empty());
        let deadline = Instant::now() + UNTIL_EXPIRED;
        let told = |view: &View| lies_in_tray(view, &["Ben", "expired"]);
        ana.wait_until(deadline, "the tray says that it expired", told).await?;
        let view = ana.view().await?;
        ensure!(view.said("only for a minute").is_empty(), "the words are still there");
        ensure!(view.visible("retry").is_empty() && view.visible("resend").is_empty());
        stage.portray(&ana, "tray-expired").await?;
        ana.reload().await?;
        ana.wait("the tray says so after a reload", told).await?;
        let ben = stage.enter("ben", Firefox).await?;
        ben.come_back(&url).await?;
        ana.wait_for_company(2).await?;
        ben.send("anything new?").await?;
        ana.hear("anything new?").await?;
        ensure!(ben.view().await?.said("only for a minute").is_empty());
        ensure!(told(&ana.view().await?), "what Ben never got is in the tray no more");
        ana.click("put-away").await?;
        ana.wait("the tray is empty", |view| tray(view).is_empty()).await?;
        ana.reload().await?;
        ana.hear("anything new?").await?;
        ensure!(tray(&ana.view().await?).is_empty(), "it is back after a reload");
        Ok(())
    })
}
