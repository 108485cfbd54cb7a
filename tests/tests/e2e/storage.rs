//! The disk under the page: full when it opens, or deleted while it is open. What happened is said
//! as it is, nothing that was saved is given up, and nothing that is gone is said to be saved.

use crate::browser::Browser::{self, Chromium, Firefox};
use crate::page::{LOOK, Page};
use crate::stage::{Told, play};
use crate::view::View;
use anyhow::{Result, ensure};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How much the page may store, in bytes, when there is little space.
const SPACE: u64 = 150_000;

/// Keeps the page from keeping itself. Its build is many times of what there is space for, and it
/// would be chance whether that or the first message comes first.
const KEEP_NO_BUILD: &str = r#"
ServiceWorkerContainer.prototype.register = () => Promise.reject(new Error("not in this story"));
"#;

/// Deletes the database, as whoever opens the tools of the browser can.
const DELETE: &str = r#"
const done = arguments[0];
const request = indexedDB.deleteDatabase("confab");
request.onsuccess = () => done(true);
request.onerror = request.onblocked = () => done(false);
"#;

/// Whether the composer takes no words.
const LOCKED: &str = r#"return document.querySelector('[data-testid="composer"]').readOnly;"#;

/// Words that no compression makes short.
pub fn long(turn: u32) -> String {
    let mut state = turn.wrapping_mul(2_654_435_769).wrapping_add(1);
    let mut letter = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        char::from_u32(0x4e00 + state % 0x5000).unwrap_or('\u{4e00}')
    };
    (0..8_000).map(|_| letter()).collect()
}

impl Page {
    /// Little space for what this page (of Chromium) stores. To be called before it is opened:
    /// a browser asks seldom how much room there still is.
    pub async fn give_little_space(&self, url: &str) -> Result<()> {
        let script = json!({"source": KEEP_NO_BUILD});
        self.command_chromium("Page.addScriptToEvaluateOnNewDocument", script).await?;
        let little = json!({"origin": url.trim_end_matches('/'), "quotaSize": SPACE});
        self.command_chromium("Storage.overrideQuotaForOrigin", little).await
    }

    /// As much space as there is usually.
    pub async fn give_usual_space(&self, url: &str) -> Result<()> {
        let usual = json!({"origin": url.trim_end_matches('/')});
        self.command_chromium("Storage.overrideQuotaForOrigin", usual).await
    }
}

fn is_told(view: &View, words: &str) -> bool {
    view.visible("banner").iter().any(|banner| banner.text.contains(words))
}

pub fn is_full(view: &View) -> bool {
    is_told(view, "no more storage space")
}

#[test]
fn a_full_disk_is_said_at_the_opening_and_all_is_there_once_it_has_space() -> Told {
    play("storage-full", async |stage| {
        let url = stage.server.url();
        let ana = stage.enter("ana", Chromium).await?;
        ana.give_little_space(&url).await?;
        ana.found_room(&url, "Ana").await?;
        ana.send("kept").await?;
        ana.wait("it is saved", |view| view.state_of("kept") == Some("saved")).await?;
        for turn in 1.. {
            ensure!(turn < 40, "the browser takes more than it may");
            let words = long(turn);
            ana.send_all(std::slice::from_ref(&words)).await?;
            let done = |view: &View| is_full(view) || view.state_of(&words) == Some("saved");
            if is_full(&ana.wait("it is saved, or there is no space", done).await?) {
                break;
            }
        }
        ana.reload().await?;
        let view = ana.wait("the page says that there is no space", is_full).await?;
        ensure!(!is_told(&view, "damaged") && !is_told(&view, "Delete"), "{view}");
        ana.give_usual_space(&url).await?;
        let there = |view: &View| view.state_of("kept") == Some("saved") && !is_full(view);
        ana.wait("all is there again", there).await?;
        ana.send("and goes on").await?;
        ana.wait("it goes on", |view| view.state_of("and goes on") == Some("saved")).await?;
        Ok(())
    })
}

#[test]
fn a_deleted_database_is_said_in_every_tab_of_chromium() -> Told {
    deleted("storage-deleted-chromium", Chromium, async |page, _| delete(page).await)
}

#[test]
fn a_deleted_database_is_said_in_every_tab_of_firefox() -> Told {
    deleted("storage-deleted-firefox", Firefox, async |page, _| delete(page).await)
}

#[test]
fn data_of_the_site_that_is_cleared_is_said_in_every_tab() -> Told {
    deleted("storage-cleared", Chromium, async |page, url| {
        let origin = url.trim_end_matches('/');
        let what = json!({"origin": origin, "storageTypes": "indexeddb"});
        page.command_chromium("Storage.clearDataForOrigin", what).await
    })
}

async fn delete(page: &Page) -> Result<()> {
    let deleted: bool = page.run_to_end(DELETE, &[]).await?;
    ensure!(deleted, "the page stands in the way of its own deletion");
    Ok(())
}

fn deleted(name: &str, browser: Browser, delete: impl AsyncFn(&Page, &str) -> Result<()>) -> Told {
    play(name, async |stage| {
        let url = stage.server.url();
        let first = stage.enter("ana", browser).await?;
        first.found_room(&url, "Ana").await?;
        first.send("only here").await?;
        let saved = |view: &View| view.state_of("only here") == Some("saved");
        first.wait("it is saved", saved).await?;
        let second = first.new_tab().await?;
        second.come_back(&url).await?;
        second.wait("it is there", saved).await?;

        delete(&first, &url).await?;
        for page in [&first, &second] {
            let told = |view: &View| is_told(view, "was deleted") && is_told(view, "Reload");
            page.wait("the page says what happened", told).await?;
            // The list is drawn at its own pace, so it may follow the banner by a moment.
            let failed = |view: &View| told(view) && view.state_of("only here") == Some("failed");
            let view = page.wait("nothing is said to be saved", failed).await?;
            ensure!(view.pending() == 0, "something is said to wait here");
            let head = view.find("link-state").map(|state| state.text.as_str());
            ensure!(head.is_some_and(|text| text.contains("has ended")), "{head:?}");
            ensure!(!view.shows("signal-state"), "it is said whether an invite works");
            ensure!(view.find("send").is_some_and(|send| !send.enabled), "words are taken");
            let locked: bool = page.run(LOCKED, &[]).await?;
            ensure!(locked, "words can be written that would be lost");
        }
        for page in [&first, &second] {
            page.reload().await?;
            page.wait("the page starts anew", |view| view.shows("create-room")).await?;
        }
        second.found_room(&url, "Ana").await?;
        Ok(())
    })
}

#[test]
fn how_much_is_stored_is_said_kept_for_good_when_asked_and_exported_from_there() -> Told {
    play("storage-panel", async |stage| {
        let url = stage.server.url();
        let ana = stage.enter("ana", Chromium).await?;
        ana.open(&url).await?;
        ana.click("device").await?;
        let number = |view: &View, name: &str| {
            let state = view.find("storage-state");
            state.and_then(|state| state.data.get(name)?.parse::<u64>().ok())
        };
        let told = |view: &View| {
            number(view, "usage").zip(number(view, "quota")).filter(|(_, quota)| *quota > 0)
        };
        let view = ana.wait("it is said how much", |view| told(view).is_some()).await?;
        ensure!(told(&view).is_some_and(|(usage, quota)| usage < quota), "more than there may be");
        stage.portray(&ana, "storage-panel").await?;
        let origin = url.trim_end_matches('/');
        let granted = json!({"origin": origin, "permissions": ["durableStorage"]});
        ana.command_chromium("Browser.grantPermissions", granted).await?;
        ana.click("storage-keep").await?;
        let kept = |view: &View| {
            let state = view.find("storage-state");
            state.is_some_and(|state| state.data.get("persistent").is_some_and(|it| it == "true"))
        };
        ana.wait("the browser keeps it", kept).await?;
        ensure!(!ana.view().await?.shows("storage-keep"), "nothing is left to be asked");
        ana.click("storage-export").await?;
        ana.wait("a backup can be made", |view| view.shows("export-begin")).await?;
        Ok(())
    })
}

#[test]
fn that_the_browser_may_delete_it_is_said_once_something_was_written_and_put_away_for_good() -> Told
{
    /// Presses what puts the notice away.
    const DISMISS: &str = r#"
const keep = document.querySelector('[data-testid="banner-keep"]');
[...keep.parentElement.querySelectorAll("button")].find((one) => one !== keep).click();
"#;
    play("storage-notice", async |stage| {
        let ana = stage.enter("ana", Firefox).await?;
        ana.found_room(&stage.server.url(), "Ana").await?;
        ensure!(!ana.view().await?.shows("banner-keep"), "there is nothing to be kept yet");
        ana.send("worth keeping").await?;
        ana.wait("it is said", |view| view.shows("banner-keep")).await?;
        stage.portray(&ana, "storage-notice").await?;
        ana.run::<Value>(DISMISS, &[]).await?;
        ana.wait("it is put away", |view| !view.shows("banner-keep")).await?;
        ana.reload().await?;
        ana.wait("the room is back", |view| view.state_of("worth keeping").is_some()).await?;
        ana.send("worth it, too").await?;
        ana.wait("it is saved", |view| view.state_of("worth it, too").is_some()).await?;
        // Longer than it takes until it is said.
        let until = Instant::now() + Duration::from_secs(7);
        while Instant::now() < until {
            ensure!(!ana.view().await?.shows("banner-keep"), "it is said again");
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    })
}
