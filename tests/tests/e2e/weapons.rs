//! Text as a weapon: every string of the corpus as a message, as other words for one and as a
//! private message. None runs, fetches, breaks out of its place or gets lost.
//!
//! ```text
//!  corpus.txt ──► Ana's fields ──► Ben's page ──► what arrived is what was said
//!                      └── both ──► verdict: bait untouched, no foreign request, no error
//! ```

use crate::browser::Browser::{self, Chromium, Firefox};
use crate::page::{LOOK, PATIENCE, Page};
use crate::stage::{Stage, Told, play_for};
use anyhow::{Context, Result, bail, ensure};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

const CORPUS: &str = include_str!("weapons/corpus.txt");
const TOOLS: &str = include_str!("weapons/tools.js");

/// How long the story of one browser may take on a machine that does other things, too.
const STORY: Duration = Duration::from_secs(420);

/// Messages at once: fewer than a page draws.
const BATCH: usize = 60;

/// Calls one of the tools; `arguments` end with what is called when it is done.
const CALL: &str = r#"
const done = arguments[arguments.length - 1];
const call = async () => window.weapons[arguments[0]](...arguments[1]);
call().then((value) => done({ value: value ?? null }), (error) => done({ error: String(error) }));
"#;

/// The strings, as lines of the file.
fn corpus() -> Vec<&'static str> {
    CORPUS.lines().filter_map(|line| line.strip_prefix('+')).collect()
}

#[test]
fn the_corpus_has_at_least_five_hundred_strings_of_many_kinds_and_none_twice() {
    let strings = corpus();
    let different: BTreeSet<&str> = strings.iter().copied().collect();
    assert_eq!(different.len(), strings.len());
    assert!(strings.len() >= 500, "{}", strings.len());
    let groups = CORPUS.split("\n= ").skip(1);
    assert!(groups.clone().count() >= 15);
    for group in groups {
        assert!(group.lines().filter(|line| line.starts_with('+')).count() >= 15, "{group}");
    }
}

async fn call<T: serde::de::DeserializeOwned>(
    page: &Page,
    tool: &str,
    arguments: serde_json::Value,
) -> Result<T> {
    let answer: serde_json::Value =
        page.run_to_end(CALL, &[json!(tool), arguments]).await.with_context(|| tool.to_owned())?;
    if let Some(error) = answer.get("error") {
        bail!("{tool} at {}: {error}", page.person());
    }
    Ok(serde_json::from_value(answer.get("value").cloned().unwrap_or_default())?)
}

async fn arm(page: &Page) -> Result<()> {
    page.run::<u32>(TOOLS, &[]).await?;
    Ok(())
}

/// Fails if anything ran, was fetched, broke out or widened a page.
async fn judge(page: &Page, after: &str) -> Result<()> {
    let bad: Vec<String> = call(page, "verdict", json!([])).await?;
    ensure!(bad.is_empty(), "{}'s page after {after}: {bad:#?}", page.person());
    Ok(())
}

/// Waits until the last messages of a page are these strings, each of them as it was said.
async fn hear_all(page: &Page, strings: &[&str], by: usize) -> Result<()> {
    let end = Instant::now() + PATIENCE;
    loop {
        let wrong: Option<String> = call(page, "wrong", json!([strings, by])).await?;
        let Some(wrong) = wrong else { return Ok(()) };
        ensure!(
            Instant::now() < end,
            "{} waits in vain for [wanted, shown] {wrong}",
            page.person()
        );
        tokio::time::sleep(LOOK).await;
    }
}

/// Two persons of which the second has this browser.
struct Pair {
    ana: Page,
    ben: Page,
    invite: String,
}

async fn meet(stage: &Stage, browser: Browser) -> Result<Pair> {
    let ana = stage.enter("ana", browser).await?;
    let invite = ana.found_room(&stage.server.url(), "Ana").await?;
    let ben = stage.enter("ben", browser).await?;
    ben.join(&invite, "Ben").await?;
    ana.wait_for_company(2).await?;
    ben.wait_for_company(2).await?;
    arm(&ana).await?;
    arm(&ben).await?;
    Ok(Pair { ana, ben, invite })
}

impl Pair {
    async fn judge(&self, after: &str) -> Result<()> {
        judge(&self.ana, after).await?;
        judge(&self.ben, after).await
    }

    /// As messages, as other words for them, and as messages for Ben alone.
    async fn say(&self, strings: &[&str]) -> Result<()> {
        let Self { ana, ben, .. } = self;
        for batch in strings.chunks(BATCH) {
            let sent: usize = call(ana, "sendAll", json!([batch])).await?;
            hear_all(ben, batch, 0).await?;
            self.judge("messages").await?;
            let edited: usize = call(ana, "editAll", json!([batch])).await?;
            ensure!(edited == sent, "{edited} of {sent} were edited");
            hear_all(ben, batch, 1).await?;
            self.judge("edits").await?;
        }
        let view = ana.view().await?;
        let other = view.members.iter().find(|member| member.text.contains("Ben"));
        let only = format!("only-{}", other.context("Ben is not listed")?.member);
        ana.choose_delivery(&only).await?;
        for batch in strings.chunks(BATCH) {
            call::<usize>(ana, "sendAll", json!([batch])).await?;
            hear_all(ben, batch, 0).await?;
            self.judge("private messages").await?;
        }
        ana.choose_delivery("usual").await
    }
}

fn everything_in(browser: Browser, name: &str) -> Told {
    play_for(STORY, name, async |stage| {
        let strings = corpus();
        let pair = meet(stage, browser).await?;
        pair.say(&strings).await?;
        // After all that it is still a chat.
        ensure!(pair.ana.invite().await? == pair.invite, "the invite is another one");
        pair.ana.send("and still").await?;
        pair.ben.hear("and still").await
    })
}

#[test]
fn no_string_is_more_than_text_in_chromium() -> Told {
    everything_in(Chromium, "weapons-chromium")
}

#[test]
fn no_string_is_more_than_text_in_firefox() -> Told {
    everything_in(Firefox, "weapons-firefox")
}
