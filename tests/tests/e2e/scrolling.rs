//! The list of messages stays at its end until its reader leaves it, and where the reader is then.

use crate::browser::Browser::{self, Chromium, Firefox};
use crate::page::Page;
use crate::queue::pick_first;
use crate::stage::{Told, play};
use crate::view::View;
use anyhow::{Result, ensure};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How often a list is looked at that draws more rows by itself, and for how long at most.
const LOOK: Duration = Duration::from_secs(1);
const REST: Duration = Duration::from_secs(60);

/// The list and its rows; and how far the end of the last row is below the list, once drawn.
const LIST: &str = r#"
const list = document.querySelector('[data-testid="message-list"]');
const rows = () => [...document.querySelectorAll('[data-testid="message"]')];
const said = (row) => row.querySelector('[data-testid="message-body"]').textContent;
const below = () =>
  rows().at(-1).getBoundingClientRect().bottom - list.getBoundingClientRect().bottom;
const drawn = (then) => requestAnimationFrame(() => requestAnimationFrame(then));
"#;

/// Another size and back before anything is drawn, as when a keyboard comes and goes.
const SWITCH: &str = r#"
const [higher, done] = arguments;
const before = list.clientHeight;
for (const size of [`${before + higher}px`, ""]) {
  list.style.blockSize = size;
  list.getBoundingClientRect();
}
drawn(() => done(below()));
"#;

/// Scrolls up as a reader does, and names a row in the middle of what is shown.
pub const SCROLL_UP: &str = r#"
const [pixels, done] = arguments;
list.scrollBy(0, -pixels);
drawn(() => {
  const { top, height } = list.getBoundingClientRect();
  const middle = rows().find((row) => row.getBoundingClientRect().top > top + height / 2);
  done(said(middle));
});
"#;

/// Where the row that says this is, once drawn.
pub const PLACE: &str = r#"
const [body, done] = arguments;
drawn(() => done(rows().find((row) => said(row) === body).getBoundingClientRect().top));
"#;

/// How far the end of the last row is below the list.
const BELOW: &str = "const [done] = arguments; drawn(() => done(below()));";

/// Runs a script that knows the list.
pub async fn ask<T: serde::de::DeserializeOwned>(
    page: &Page,
    script: &str,
    arguments: &[Value],
) -> Result<T> {
    page.run_to_end(&format!("{LIST}{script}"), arguments).await
}

async fn expect_end(page: &Page, when: &str) -> Result<()> {
    let below: f64 = ask(page, BELOW, &[]).await?;
    ensure!(below <= 1.0, "{when}, the last message is {below} pixels below the list");
    ensure!(!page.view().await?.shows("jump"), "{when}, a way to the end is offered at the end");
    Ok(())
}

#[test]
fn the_list_keeps_its_end_or_the_readers_place_in_chromium() -> Told {
    keeps_its_place("scrolling-chromium", Chromium)
}

#[test]
fn the_list_keeps_its_end_or_the_readers_place_in_firefox() -> Told {
    keeps_its_place("scrolling-firefox", Firefox)
}

fn keeps_its_place(name: &str, browser: Browser) -> Told {
    play(name, async |stage| {
        let ana = stage.enter("ana", browser).await?;
        ana.found_room(&stage.server.url(), "Ana").await?;
        let lines: Vec<String> = (0..160).map(|line| format!("line {line}")).collect();
        ana.send_all(&lines).await?;
        let stored = |view: &View| view.state_of("line 159") == Some("saved");
        ana.wait("all is saved", stored).await?;
        expect_end(&ana, "after many messages").await?;
        for higher in [300, -200, 60] {
            let below: f64 = ask(&ana, SWITCH, &[json!(higher)]).await?;
            ensure!(below <= 1.0, "a size that came and went hides {below} pixels of the end");
        }
        expect_end(&ana, "after the sizes").await?;

        ana.reload().await?;
        ana.wait("all is there again", stored).await?;
        expect_end(&ana, "after a reload").await?;
        let middle: String = ask(&ana, SCROLL_UP, &[json!(1500)]).await?;
        let place: f64 = ask(&ana, PLACE, &[json!(middle)]).await?;
        ana.wait("a way to the end is offered", |view| view.shows("jump")).await?;
        react_to_the_last(&ana).await?;
        expect_place(&ana, &middle, place, "when the end grows").await?;
        let first = first_of_all(&ana).await?;
        // A browser that stored all of them in few runs has read all of them at once.
        if ana.view().await?.shows("load-older") {
            let () =
                ana.run("document.querySelector('[data-testid=load-older]').click();", &[]).await?;
            let older = |view: &View| view.rows.first().is_some_and(|row| row.body != first);
            ana.wait("older ones have come", older).await?;
        }
        expect_place(&ana, &middle, place, "when older ones come").await?;
        ana.click("jump").await?;
        expect_end(&ana, "after the jump").await?;
        ana.send("the last line").await?;
        ana.wait("it is saved", |view| view.state_of("the last line") == Some("saved")).await?;
        expect_end(&ana, "after one more").await
    })
}

/// The first row that is drawn, once no more are drawn by themselves.
async fn first_of_all(page: &Page) -> Result<String> {
    let (mut last, deadline) = (None, Instant::now() + REST);
    loop {
        ensure!(Instant::now() < deadline, "{} never comes to rest", page.person());
        let view = page.wait("rows are drawn", |view| !view.rows.is_empty()).await?;
        let first = view.rows.first().map(|row| row.body.clone());
        match first.filter(|first| last.as_ref() == Some(first)) {
            Some(first) => return Ok(first),
            None => last = view.rows.first().map(|row| row.body.clone()),
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn react_to_the_last(page: &Page) -> Result<()> {
    let press = r#"rows().at(-1).querySelector('[data-testid="react"]').click(); arguments[0]();"#;
    let _: Value = ask(page, press, &[]).await?;
    pick_first(page).await?;
    page.wait("the reaction is shown", |view| view.find("reaction").is_some()).await?;
    Ok(())
}

async fn expect_place(page: &Page, body: &str, place: f64, when: &str) -> Result<()> {
    let now: f64 = ask(page, PLACE, &[json!(body)]).await?;
    ensure!((now - place).abs() <= 2.0, "{when}, the reader's place moves from {place} to {now}");
    Ok(())
}
