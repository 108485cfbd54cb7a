//! Whoever was away begins to read where it has stopped, and sees how much is still to come.

use crate::axe::violations;
use crate::browser::Browser::{self, Chromium, Firefox};
use crate::looks::{be_small, be_wide, dress, fits, speak};
use crate::page::{LOOK, PATIENCE, Page};
use crate::stage::{Stage, Told, play};
use crate::view::View;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::json;
use std::time::Instant;

/// What is said while somebody is away.
const LINES: usize = 150;

/// What of the list is in view: the divider, and the messages by the part that is seen of them.
const LIST: &str = r#"
const list = document.querySelector('[data-testid="message-list"]');
// A page that is just being loaded anew has none yet.
if (list === null) return null;
const view = list.getBoundingClientRect();
const within = (element) => {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > view.top && top < view.bottom;
};
const bodies = [...list.querySelectorAll('[data-testid="message-body"]')];
const dividers = [...list.querySelectorAll('[data-testid="new-line"]')];
const jump = document.querySelector('[data-testid="jump"]');
return {
  dividers: dividers.length,
  divider: dividers.some(within),
  below: dividers[0]?.closest("li").querySelector('[data-testid="message-body"]').textContent ?? "",
  shown: bodies.filter(within).map((body) => body.textContent),
  rest: bodies.length - 1 - bodies.findLastIndex(within),
  jump: jump && Number(/\d+/.exec(jump.textContent)?.[0] ?? 0),
  height: jump?.getBoundingClientRect().height ?? 0,
};
"#;

const SCROLL: &str = r#"
document.querySelector('[data-testid="message-list"]').scrollBy(0, arguments[0]);
"#;

/// What a reader sees of the list.
#[derive(Clone, Debug, Deserialize)]
struct Seen {
    dividers: usize,
    /// Whether the divider is in view.
    divider: bool,
    /// What the message below it says.
    below: String,
    /// What the messages in view say.
    shown: Vec<String>,
    /// How many messages are below these.
    rest: usize,
    /// How many the way to the end says; none if there is no such way.
    jump: Option<usize>,
    height: f64,
}

impl Seen {
    /// True if the way to the end says how many are below. What just touches the edge of the view
    /// may count as seen.
    fn counts(&self) -> bool {
        self.jump.is_some_and(|jump| jump.abs_diff(self.rest) <= 1)
    }
}

async fn wait_to_see(page: &Page, what: &str, is: impl Fn(&Seen) -> bool) -> Result<Seen> {
    let until = Instant::now() + PATIENCE;
    loop {
        let seen: Option<Seen> = page.run(LIST, &[]).await?;
        if let Some(seen) = seen.as_ref().filter(|seen| is(seen)) {
            return Ok(seen.clone());
        }
        ensure!(Instant::now() < until, "{}: never {what}: {seen:#?}", page.person());
        tokio::time::sleep(LOOK).await;
    }
}

/// Waits until the reader is at the divider above this, and the way to the end says how many more
/// there are.
async fn expect_at(page: &Page, body: &str) -> Result<Seen> {
    let at = |seen: &Seen| seen.divider && seen.below == body && seen.counts();
    let what = format!("the divider is in view above “{body}”, and what is below is counted");
    let seen = wait_to_see(page, &what, at).await?;
    ensure!(seen.dividers == 1 && seen.shown.iter().any(|shown| shown == body), "{seen:#?}");
    ensure!(seen.height >= 24.0, "the way to the end is hard to press: {seen:#?}");
    Ok(seen)
}

async fn wait_until_read(page: &Page, body: &str) -> Result<()> {
    let what = format!("“{body}” is read");
    page.wait(&what, |view: &View| view.state_of(body) == Some("read")).await?;
    Ok(())
}

/// Looks at the page in all clothes, and leaves it in the first ones. A window of another size and
/// what looks for barriers may move the list, so they come last.
async fn examine(stage: &Stage, page: &Page) -> Result<()> {
    for width in ["wide", "phone"] {
        for (language, scheme) in [("zh", "dark"), ("zh", "light"), ("en", "dark"), ("en", "light")]
        {
            speak(page, language).await?;
            dress(page, scheme).await?;
            match width {
                "wide" => drop(expect_at(page, "line 0").await?),
                _ => be_small(page).await?,
            }
            let suit = format!("{language}-{scheme}-{width}");
            page.picture(&stage.papers().join(format!("{suit}.png"))).await?;
            fits(page, &suit).await?;
        }
    }
    let mut wrong = violations(page).await?;
    be_wide(page).await?;
    wrong.extend(violations(page).await?);
    let wrong: Vec<String> = wrong.iter().map(|one| one.line()).collect();
    ensure!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}

#[test]
fn whoever_was_away_begins_where_it_has_stopped_in_chromium() -> Told {
    begins_where_it_has_stopped("unread-chromium", Chromium)
}

#[test]
fn whoever_was_away_begins_where_it_has_stopped_in_firefox() -> Told {
    begins_where_it_has_stopped("unread-firefox", Firefox)
}

fn begins_where_it_has_stopped(name: &str, browser: Browser) -> Told {
    play(name, async |stage| {
        let url = stage.server.url();
        let ana = stage.enter("ana", browser).await?;
        let invite = ana.found_room(&url, "Ana").await?;
        let ben = stage.enter("ben", browser).await?;
        ben.join(&invite, "Ben").await?;
        ana.send("before").await?;
        ben.hear("before").await?;
        wait_until_read(&ana, "before").await?;
        ben.close().await?;
        let lines: Vec<String> = (0..LINES).map(|line| format!("line {line}")).collect();
        ana.send_all(&lines).await?;
        let last = lines.last().context("there are lines")?;
        ana.wait("all is saved", |view| view.state_of(last) == Some("saved")).await?;

        let ben = stage.enter("ben", browser).await?;
        ben.come_back(&url).await?;
        ben.hear(last).await?;
        let seen = expect_at(&ben, "line 0").await?;
        ensure!(seen.rest > LINES / 2, "it is held at the divider: {seen:#?}");
        if browser == Chromium {
            examine(stage, &ben).await?;
        }
        for _ in 0..6 {
            ben.run::<()>(SCROLL, &[json!(300)]).await?;
            tokio::time::sleep(LOOK).await;
        }
        let seen = wait_to_see(&ben, "what is below is counted", |seen| {
            seen.counts() && !seen.shown.iter().any(|body| body == "line 0")
        })
        .await?;
        ensure!(seen.below == "line 0", "the divider stays where it was: {seen:#?}");
        let read = seen.shown.last().context("something is shown")?;
        wait_until_read(&ana, read).await?;
        let next = LINES - seen.jump.context("there is more below")?;

        ben.reload().await?;
        expect_at(&ben, &format!("line {next}")).await?;
        ben.click("jump").await?;
        wait_to_see(&ben, "at the end", |seen| seen.jump.is_none() && seen.rest == 0).await?;
        wait_until_read(&ana, last).await?;

        ben.reload().await?;
        ben.hear(last).await?;
        let at_end = |seen: &Seen| seen.jump.is_none() && seen.rest == 0 && seen.shown.len() > 1;
        let seen = wait_to_see(&ben, "at the end", at_end).await?;
        ensure!(seen.dividers == 0, "nothing is new: {seen:#?}");
        Ok(())
    })
}
