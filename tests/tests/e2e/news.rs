//! Whoever has turned it on and looks elsewhere is told how much is new, in the browser's own
//! notifications, and of nothing that was said.

use crate::browser::Browser::{self, Chromium, Firefox};
use crate::page::Page;
use crate::stage::{Told, play};
use crate::view::View;
use anyhow::{Result, ensure};
use serde_json::json;
use std::time::Duration;

/// Writes down what the browser is asked to show. A driver cannot put a tab behind another one in
/// every browser, so the page is told that it was.
const LISTEN: &str = r#"
window.toldOf = [];
const Real = window.Notification;
window.Notification = class extends Real {
    constructor(title, options) {
        super(title, options);
        window.toldOf.push(`${title}: ${options.body}`);
    }
};
window.sounds = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) {
    window.sounds += 1;
    return start.apply(this, when);
};
window.isAway = false;
const state = { get: () => (window.isAway ? "hidden" : "visible"), configurable: true };
Object.defineProperty(document, "visibilityState", state);
"#;

async fn look_away(page: &Page, away: bool) -> Result<()> {
    let change = "window.isAway = arguments[0]; \
                  document.dispatchEvent(new Event(\"visibilitychange\"));";
    page.run(change, &[json!(away)]).await
}

async fn told(page: &Page) -> Result<Vec<String>> {
    page.run("return window.toldOf", &[]).await
}

async fn sounds(page: &Page) -> Result<u32> {
    page.run("return window.sounds", &[]).await
}

/// What comes within two seconds of a sound makes none of its own.
async fn fall_silent() {
    tokio::time::sleep(Duration::from_millis(2_100)).await;
}

/// A sound is two tones.
async fn wait_for_sounds(page: &Page, tones: u32) -> Result<()> {
    let until = std::time::Instant::now() + crate::page::PATIENCE;
    while sounds(page).await? < tones {
        ensure!(std::time::Instant::now() < until, "{} hears nothing", page.person());
        tokio::time::sleep(crate::page::LOOK).await;
    }
    ensure!(sounds(page).await? == tones, "it sounds more than once");
    Ok(())
}

async fn wait_until_told(page: &Page, count: usize) -> Result<Vec<String>> {
    let until = std::time::Instant::now() + crate::page::PATIENCE;
    loop {
        let all = told(page).await?;
        if all.len() >= count {
            return Ok(all);
        }
        ensure!(std::time::Instant::now() < until, "{} is told {all:?}", page.person());
        tokio::time::sleep(crate::page::LOOK).await;
    }
}

#[test]
fn whoever_looks_elsewhere_is_told_how_much_is_new_in_chromium() -> Told {
    news("news-chromium", Chromium)
}

#[test]
fn whoever_looks_elsewhere_is_told_how_much_is_new_in_firefox() -> Told {
    news("news-firefox", Firefox)
}

fn news(name: &str, browser: Browser) -> Told {
    play(name, async |stage| {
        let url = stage.server.url();
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&url, "Ana").await?;
        let ben = stage.enter("ben", browser).await?;
        ben.open(&url).await?;
        let offers = |words: &'static str| {
            move |view: &View| view.find("alerts").is_some_and(|it| it.text.contains(words))
        };
        ben.wait("it is there", |view| view.shows("device")).await?;
        ben.click("device").await?;
        ben.wait("it is off", offers("Tell me of new")).await?;
        ben.click("alerts").await?;
        ben.wait("it is on", offers("no more")).await?;
        let sounds_are = |words: &'static str| {
            move |view: &View| view.find("sound").is_some_and(|it| it.text.contains(words))
        };
        ben.wait("it sounds", sounds_are("No more sound")).await?;
        ben.click("sound").await?;
        ben.wait("it sounds no more", sounds_are("Play a sound")).await?;
        ben.click("sound").await?;
        ben.wait("it sounds again", sounds_are("No more sound")).await?;
        ben.click("device-close").await?;
        ben.join(&invite, "Ben").await?;
        ana.wait_for_company(2).await?;
        let () = ben.run(LISTEN, &[]).await?;

        fall_silent().await;
        look_away(&ben, true).await?;
        ana.send("a secret").await?;
        let all = wait_until_told(&ben, 1).await?;
        ensure!(all == ["Confab: 1 new message"], "{all:?}");
        if browser == Chromium {
            // The other one lets nothing sound on a machine without anything to hear it.
            wait_for_sounds(&ben, 2).await?;
        }
        look_away(&ben, false).await?;
        let read = |view: &View| view.rows.iter().any(|row| row.state == "read");
        ana.wait("he has come back and read it", read).await?;
        ana.send("while he looks").await?;
        ben.hear("while he looks").await?;
        ana.wait("he has read that, too", |view| {
            view.rows.len() == 2 && view.rows.iter().all(|row| row.state == "read")
        })
        .await?;
        fall_silent().await;
        look_away(&ben, true).await?;
        ana.send("and on").await?;
        let all = wait_until_told(&ben, 2).await?;
        ensure!(all.len() == 2 && all[1] == "Confab: 1 new message", "{all:?}");
        if browser == Chromium {
            wait_for_sounds(&ben, 4).await?;
        }
        fall_silent().await;
        let before = sounds(&ben).await?;
        let () = ben.run("localStorage.setItem('confab.silent', 'on')", &[]).await?;
        ana.send("in silence").await?;
        wait_until_told(&ben, 3).await?;
        ensure!(sounds(&ben).await? == before, "it was turned off");
        Ok(())
    })
}
