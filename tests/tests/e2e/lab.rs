//! The network lab: what is slow takes its time, what is cut waits and arrives once it is whole
//! again, what may be lost is; all tabs say that it is so, and it ends with the page. It is there
//! for whoever has said on the device to be a developer.

use crate::browser::Browser::{self, Chromium, Firefox};
use crate::looks::{be_small, be_wide, dress, fits, speak};
use crate::page::Page;
use crate::queue::choose_in;
use crate::stage::{Stage, Told, play};
use crate::view::View;
use anyhow::{Result, ensure};
use std::time::{Duration, Instant};
use thirtyfour::Key;

/// Unfolds the lab, or folds it.
const FOLD: &str = r#"document.querySelector('[data-testid="lab"] > summary').click();"#;
/// Letters of a message that does not shrink, and takes seconds at the slowest pace.
const LONG: u32 = 30_000;

#[test]
fn what_the_lab_slows_loses_and_cuts_waits_and_is_said_in_chromium() -> Told {
    experiment("lab-chromium", Chromium, Firefox)
}

#[test]
fn what_the_lab_slows_loses_and_cuts_waits_and_is_said_in_firefox() -> Told {
    experiment("lab-firefox", Firefox, Chromium)
}

fn experiment(name: &str, browser: Browser, other: Browser) -> Told {
    play(name, async |stage| {
        let url = stage.server.url();
        let ana = stage.enter("ana", browser).await?;
        let invite = ana.found_room(&url, "Ana").await?;
        let ben = stage.enter("ben", other).await?;
        ben.join(&invite, "Ben").await?;
        ana.wait_for_company(2).await?;
        let begun = Instant::now();
        ana.send("as it is").await?;
        ben.hear("as it is").await?;
        let usual = begun.elapsed();

        develop(&ana, true).await?;
        slow(&ana, &ben, usual).await?;
        if browser == Chromium {
            dressed(stage, &ana).await?;
        }
        lost(&ana, &ben).await?;
        cut(&ana, &ben).await?;

        // Another tab says so, and can end it.
        set(&ana, "lab-delay", "300").await?;
        let tab = ana.new_tab().await?;
        tab.come_back(&url).await?;
        tab.wait("the other tab says so, too", |view| view.shows("lab-notice")).await?;
        tab.click("lab-end").await?;
        for page in [&tab, &ana] {
            page.wait("it is over in both", |view| !view.shows("lab-notice")).await?;
        }
        tab.close_tab().await?;

        set(&ana, "lab-cut", "").await?;
        ben.wait("she is away", |view| view.online() == 1).await?;
        ana.reload().await?;
        ana.wait_for_company(2).await?;
        ensure!(!ana.view().await?.shows("lab-notice"), "it has outlived the page");

        // The switch outlives it; whoever turns that off has connections as they are.
        set(&ana, "lab-delay", "300").await?;
        ana.wait("it is said", |view| view.shows("lab-notice")).await?;
        develop(&ana, false).await?;
        ana.wait("it is over", |view| !view.shows("lab-notice")).await?;
        Ok(())
    })
}

/// Turns the switch for developers, without which there is no lab.
async fn develop(page: &Page, on: bool) -> Result<()> {
    page.click("connections-open").await?;
    let before = |view: &View| view.shows("developers") && view.shows("lab") != on;
    page.wait("there is a switch", before).await?;
    page.click("developers").await?;
    page.wait("it is turned", |view| view.shows("lab") == on).await?;
    page.press(Key::Escape).await?;
    page.wait("the dialog is closed", |view| !view.shows("connections")).await?;
    Ok(())
}

/// Sets one condition in the dialog; a switch is turned.
async fn set(page: &Page, what: &str, value: &str) -> Result<()> {
    page.click("connections-open").await?;
    page.wait("the dialog is open", |view| view.shows("connections")).await?;
    page.run::<()>(FOLD, &[]).await?;
    match value {
        "" => page.click(what).await?,
        _ => choose_in(page, what, value).await?,
    }
    page.press(Key::Escape).await?;
    page.wait("the dialog is closed", |view| !view.shows("connections")).await?;
    Ok(())
}

async fn end(page: &Page) -> Result<()> {
    page.click("lab-end").await?;
    page.wait("it is over", |view| !view.shows("lab-notice")).await?;
    Ok(())
}

/// A delay is waited for, and a pace is kept to.
async fn slow(ana: &Page, ben: &Page, usual: Duration) -> Result<()> {
    set(ana, "lab-delay", "2000").await?;
    let view = ana.wait("it is said", |view| view.shows("lab-notice")).await?;
    let told = &view.visible("lab-notice")[0].text;
    ensure!(told.contains("Each message waits: 2000 ms"), "it says {told:?}");
    let begun = Instant::now();
    ana.send("after two seconds").await?;
    ben.hear("after two seconds").await?;
    let took = begun.elapsed();
    ensure!(took > Duration::from_secs(2), "it took {took:?}, and {usual:?} as it is");
    end(ana).await?;

    set(ana, "lab-pace", "4000").await?;
    let begun = Instant::now();
    let long = letters(LONG);
    ana.send_all(std::slice::from_ref(&long)).await?;
    ben.hear(&long).await?;
    let took = begun.elapsed();
    // Sixteen kibibytes go at once, and as much again after they would have gone.
    ensure!(took > Duration::from_millis(3_500), "{LONG} letters took {took:?}");
    end(ana).await
}

/// With all of it worse, dark, in Chinese, on a small phone.
async fn dressed(stage: &Stage, ana: &Page) -> Result<()> {
    set(ana, "lab-delay", "300").await?;
    set(ana, "lab-pace", "64000").await?;
    stage.portray(ana, "lab-notice").await?;
    ana.click("connections-open").await?;
    ana.run::<()>(FOLD, &[]).await?;
    stage.portray(ana, "lab").await?;
    dress(ana, "dark").await?;
    be_small(ana).await?;
    fits(ana, "the network lab").await?;
    speak(ana, "zh").await?;
    fits(ana, "the network lab in Chinese").await?;
    stage.portray(ana, "lab-phone-dark-zh").await?;
    speak(ana, "en").await?;
    be_wide(ana).await?;
    dress(ana, "light").await?;
    ana.press(Key::Escape).await?;
    end(ana).await
}

/// That somebody types is said over the channel of which things may be lost.
async fn lost(ana: &Page, ben: &Page) -> Result<()> {
    let types = |view: &View| view.find("typing").is_some_and(|it| !it.text.is_empty());
    ana.type_into("composer", "x").await?;
    ben.wait("she is said to type", types).await?;
    ana.fill("composer", "").await?;
    ben.wait("she has stopped", |view| !types(view)).await?;
    set(ana, "lab-loss", "100").await?;
    ana.type_into("composer", "y").await?;
    // Longer than a sign of typing takes.
    let until = Instant::now() + Duration::from_secs(3);
    while Instant::now() < until {
        ensure!(!types(&ben.view().await?), "a sign of typing was not lost");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // What is stored is lost by no loss.
    ana.type_into("composer", Key::Enter).await?;
    ben.hear("y").await?;
    end(ana).await
}

/// What is written meanwhile waits, and goes once there is a connection.
async fn cut(ana: &Page, ben: &Page) -> Result<()> {
    set(ana, "lab-cut", "").await?;
    // At once: nothing goes, though nobody is said to be away yet.
    ana.send("while it was cut").await?;
    ana.wait("it waits", |view| view.pending() == 1).await?;
    for page in [ana, ben] {
        page.wait("the other one is away", |view| view.online() == 1).await?;
    }
    // Longer than a connection takes to come about.
    let until = Instant::now() + Duration::from_secs(5);
    while Instant::now() < until {
        let view = ben.view().await?;
        ensure!(view.said("while it was cut").is_empty(), "it went where nothing goes");
        ensure!(view.online() == 1, "a connection came about");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    end(ana).await?;
    let begun = Instant::now();
    ben.hear("while it was cut").await?;
    let took = begun.elapsed();
    ensure!(took < Duration::from_secs(20), "they have met anew after {took:?}");
    ana.wait_for_company(2).await
}

/// Letters in which no packer finds a pattern: it saves a quarter of them at most.
fn letters(count: u32) -> String {
    let alphabet: Vec<char> = ('a'..='z').chain('A'..='Z').chain('0'..='9').collect();
    let mut state = 7_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        alphabet[(state >> 16) as usize % alphabet.len()]
    };
    (0..count).map(|_| next()).collect()
}
