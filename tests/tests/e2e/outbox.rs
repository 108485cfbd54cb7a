//! What is written while nobody is there waits on the disk, through a reload and through the
//! death of the browser, and arrives in order, once.

use crate::browser::Browser::{self, Chromium, Firefox};
use crate::page::{LOOK, PATIENCE, Page};
use crate::queue::pick_first;
use crate::stage::{Stage, Told, play};
use crate::view::{Element, View};
use anyhow::{Result, ensure};
use serde_json::json;
use std::time::Instant;

const WAITING: [&str; 3] = ["one, to nobody", "two, to nobody", "three, to nobody"];
const ALL: [&str; 4] = ["while together", WAITING[0], WAITING[1], WAITING[2]];

/// What happens to the writer's page while its messages wait.
#[derive(Clone, Copy)]
enum Blow {
    Reload,
    Kill,
}

#[test]
fn outbox_survives_a_reload_in_chromium() -> Told {
    outbox_survives("outbox-reload-chromium", Chromium, Blow::Reload)
}

#[test]
fn outbox_survives_a_reload_in_firefox() -> Told {
    outbox_survives("outbox-reload-firefox", Firefox, Blow::Reload)
}

#[test]
fn outbox_survives_kill_9_of_chromium() -> Told {
    outbox_survives("outbox-kill-chromium", Chromium, Blow::Kill)
}

#[test]
fn outbox_survives_kill_9_of_firefox() -> Told {
    outbox_survives("outbox-kill-firefox", Firefox, Blow::Kill)
}

fn outbox_survives(name: &str, browser: Browser, blow: Blow) -> Told {
    play(name, async |stage| {
        let url = stage.server.url();
        let ana = stage.enter("ana", browser).await?;
        let invite = ana.found_room(&url, "Ana").await?;
        let ben = stage.enter("ben", Chromium).await?;
        ben.join(&invite, "Ben").await?;
        ana.send(ALL[0]).await?;
        ben.hear(ALL[0]).await?;
        ana.wait_for_delivery(ALL[0]).await?;
        ben.close().await?;
        ana.wait_for_company(1).await?;

        for text in WAITING {
            ana.send(text).await?;
        }
        expect_waiting(&ana).await?;
        wait_until_asks(&ana, true).await?;
        let entries = entries(&ana).await?;
        let ana = strike(stage, ana, browser, blow).await?;
        expect_waiting(&ana).await?;
        ensure!(self::entries(&ana).await? == entries, "the messages have other addresses now");

        let ben = stage.enter("ben", Chromium).await?;
        ben.come_back(&url).await?;
        ben.expect_messages(&ALL).await?;
        for text in WAITING {
            ana.wait_for_delivery(text).await?;
        }
        ana.wait("nothing waits", |view| view.pending() == 0).await?;
        ana.wait("it is safe to close", |view| view.state("closing") == "calm").await?;
        wait_until_asks(&ana, false).await?;
        ana.expect_messages(&ALL).await?;
        ensure!(self::entries(&ben).await? == entries, "the two do not show the same entries");
        Ok(())
    })
}

async fn strike(stage: &Stage, page: Page, browser: Browser, blow: Blow) -> Result<Page> {
    match blow {
        Blow::Reload => {
            page.reload().await?;
            Ok(page)
        }
        Blow::Kill => {
            page.crash().await?;
            let page = stage.enter("ana", browser).await?;
            page.recover(&stage.server.url()).await?;
            Ok(page)
        }
    }
}

async fn expect_waiting(page: &Page) -> Result<()> {
    page.wait("three messages wait, saved here", |view| {
        let saved = |text: &&str| view.state_of(text) == Some("saved");
        WAITING.iter().all(saved) && view.pending() == 3
    })
    .await?;
    page.expect_messages(&ALL).await
}

async fn entries(page: &Page) -> Result<Vec<Option<String>>> {
    Ok(page.view().await?.rows.into_iter().map(|row| row.entry).collect())
}

/// Keeps everybody else from writing to the database for as long as this page lives.
const HOLD_UP: &str = r#"
const done = arguments[0];
const request = indexedDB.open("confab");
request.onerror = () => done(false);
request.onsuccess = () => {
  const names = [...request.result.objectStoreNames];
  const store = request.result.transaction(names, "readwrite").objectStore(names[0]);
  const again = () => {
    store.get(0).onsuccess = again;
    done(true);
  };
  again();
};
"#;

/// True if the browser would ask before it closes the page.
const ASKS: &str = r#"
return !window.dispatchEvent(new Event("beforeunload", { cancelable: true }));
"#;

/// Waits until the browser would ask before it closes the page, or would not any more.
async fn wait_until_asks(page: &Page, asks: bool) -> Result<()> {
    let until = Instant::now() + PATIENCE;
    while page.run::<bool>(ASKS, &[]).await? != asks {
        ensure!(Instant::now() < until, "whether it asks before it is closed: not {asks}");
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// Presses a button in the first row.
const PRESS: &str = r#"
const row = document.querySelector('[data-testid="message"]');
const button = row.querySelector(`[data-testid="${arguments[0]}"]`);
// As a pointer does: the keyboard comes back to it.
button.focus();
button.click();
"#;

#[test]
fn what_is_done_just_before_a_reload_is_done_in_chromium() -> Told {
    done_before_a_reload("outbox-acts-chromium", Chromium)
}

#[test]
fn what_is_done_just_before_a_reload_is_done_in_firefox() -> Told {
    done_before_a_reload("outbox-acts-firefox", Firefox)
}

/// A reload while nothing can be stored: what was said and done survives in the tab.
fn done_before_a_reload(name: &str, browser: Browser) -> Told {
    play(name, async |stage| {
        let ana = stage.enter("ana", browser).await?;
        ana.found_room(&stage.server.url(), "Ana").await?;
        ana.send("a word").await?;
        ana.wait("it is saved", |view| view.state_of("a word") == Some("saved")).await?;
        ana.wait("it is said that one waits", |view| view.state("closing") == "waits").await?;
        ensure!(!ana.run::<bool>(ASKS, &[]).await?, "it asks where nobody else is a member yet");
        let held: bool = ana.run_to_end(HOLD_UP, &[]).await?;
        ensure!(held, "the database cannot be held up");
        let () = ana.run(PRESS, &[json!("react")]).await?;
        pick_first(&ana).await?;
        ana.send("another word").await?;
        let writing = |view: &View| view.state_of("another word") == Some("writing");
        let view = ana.wait("it is being saved", writing).await?;
        ensure!(!view.shows("reaction"), "a reaction is shown before it is saved");
        ana.wait("it is said that not all is saved", |view| view.state("closing") == "unsaved")
            .await?;
        ensure!(ana.run::<bool>(ASKS, &[]).await?, "it does not ask about what is lost");
        ana.reload().await?;
        ana.wait("both are there", |view| {
            view.shows("reaction") && view.state_of("another word") == Some("saved")
        })
        .await?;
        ana.expect_messages(&["a word", "another word"]).await
    })
}

#[test]
fn whether_it_is_safe_to_close_is_said_in_the_header_of_a_phone() -> Told {
    play("outbox-phone", async |stage| {
        let ana = stage.enter("ana", Chromium).await?;
        ana.found_room(&stage.server.url(), "Ana").await?;
        let phone = json!({"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true});
        ana.command_chromium("Emulation.setDeviceMetricsOverride", phone).await?;
        let says = |state: &'static str| {
            move |view: &View| {
                let sign = view.visible("closing").into_iter().next();
                let says = |it: &Element| it.data.get("state").is_some_and(|it| it == state);
                sign.is_some_and(|it| says(it) && !it.text.is_empty())
            }
        };
        ana.wait("it is safe to close", says("calm")).await?;
        ana.send("a word").await?;
        ana.wait("one waits", says("waits")).await?;
        Ok(())
    })
}
