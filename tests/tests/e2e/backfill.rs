//! A newcomer's page and much history: the newest screen comes first, the page answers all the
//! while, what is written meanwhile gets through, and in the end all of it is here.
//!
//! `CONFAB_ENTRIES=100000` makes the history longer. Who has written it is the program that speaks
//! WebRTC without a browser, so that a hundred thousand messages take it seconds.

use crate::browser::Browser::Chromium;
use crate::evil::vital::Memory;
use crate::evil_member::peer::{Handle, Peer};
use crate::page::{LOOK, Page};
use crate::stage::{Told, play_for};
use anyhow::{Error, Result, ensure};
use engine::{Command, Draft, DraftId, Priority};
use serde::Deserialize;
use serde_json::json;
use std::io::{Write, stderr};
use std::time::{Duration, Instant};
use tests::search::wanted;

/// Messages that it has written at most before they are stored.
pub const AT_ONCE: usize = 2_000;
/// So many rows from the end may begin what is shown first.
const SCREENS: usize = 500;
/// So many milliseconds a page may leave a person without an answer, on a machine that does much
/// else.
const STALL: u64 = 2_000;
/// How long all of it may take for a thousand messages, on such a machine.
const A_THOUSAND: Duration = Duration::from_secs(10);
/// What the story takes beside that.
const STORY: Duration = Duration::from_secs(300);

/// Little of what the page shows: to read all of it many times a second would be the load.
const GLANCE: &str = r#"
const find = (id) => document.querySelector(`[data-testid="${id}"]`);
const rows = [...document.querySelectorAll('[data-testid="message"]')];
const said = (row) => row?.querySelector('[data-testid="message-body"]').textContent ?? "";
const state = rows.at(-1)?.dataset.state ?? "";
return { first: said(rows[0]), last: said(rows.at(-1)), state, gap: find("gap") !== null };
"#;

/// Scrolls up until a message is drawn, or for twenty seconds; tells the number of the first.
const CLIMB: &str = r#"
const [wanted, done] = arguments;
const list = document.querySelector('[data-testid="message-list"]');
const body = () => document.querySelector('[data-testid="message-body"]');
const first = () => Number((body()?.textContent ?? "").replace("message ", ""));
const until = performance.now() + 20_000;
const look = () => {
  if (first() <= wanted || performance.now() > until) return done(first());
  list.scrollTop = -list.scrollHeight;
  requestAnimationFrame(look);
};
look();
"#;

/// What a page shows at a glance.
#[derive(Debug, Deserialize)]
struct Glance {
    first: String,
    last: String,
    /// Of the last.
    state: String,
    gap: bool,
}

/// What a message says.
pub fn words(number: usize) -> String {
    format!("message {number}")
}

fn number(words: &str) -> Option<usize> {
    words.strip_prefix("message ")?.parse().ok()
}

/// How many messages are asked for, or else so many.
pub fn entries_or(usual: usize) -> Result<usize> {
    let asked = wanted("CONFAB_ENTRIES").map_err(Error::msg)?;
    Ok(asked.map_or(Ok(usual), usize::try_from)?)
}

fn report(line: &str) -> Result<()> {
    // Past the test runner's capture: how long it took is for people.
    Ok(stderr().write_all(format!("backfill: {line}\n").as_bytes())?)
}

/// Has a member say the messages of these numbers.
pub fn write(peer: &mut Peer, from: usize, to: usize) {
    for number in from..to {
        let id = DraftId(peer.random.bytes());
        let now = peer.now();
        let draft = Draft::new(id, words(number), Priority::Normal);
        peer.engine.command(Command::Send(draft), now);
    }
}

/// Waits until so many entries of its own are held by nobody else.
pub async fn wait_for_pending(
    writer: &Handle,
    until: Instant,
    wanted: impl Fn(u64) -> bool,
) -> Result<()> {
    loop {
        let pending = writer.ask(|peer| peer.pending).await?;
        if wanted(pending) {
            return Ok(());
        }
        ensure!(Instant::now() < until, "nobody else holds {pending} messages");
        tokio::time::sleep(LOOK).await;
    }
}

async fn glance(page: &Page, until: Instant, shown: impl Fn(&Glance) -> bool) -> Result<Glance> {
    loop {
        let glance: Glance = page.run(GLANCE, &[]).await?;
        if shown(&glance) {
            return Ok(glance);
        }
        ensure!(Instant::now() < until, "{} shows {glance:?}", page.person());
        tokio::time::sleep(4 * LOOK).await;
    }
}

#[test]
fn much_history_comes_newest_first_and_freezes_nobody() -> Told {
    let entries = entries_or(4_000)?;
    let all = A_THOUSAND * u32::try_from(entries.div_ceil(1_000)).unwrap_or(u32::MAX);
    play_for(STORY + all, "backfill", async |stage| {
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&stage.server.url(), "Ana").await?;
        let writer = Handle::join(&invite, &stage.server.signal_url(), |_| ())?;
        ana.wait_for_company(2).await?;
        ana.quit().await?;
        let begun = Instant::now();
        for from in (0..entries).step_by(AT_ONCE) {
            let to = entries.min(from + AT_ONCE);
            writer.ask(move |peer| write(peer, from, to)).await?;
            let stored = |pending| pending >= to as u64;
            wait_for_pending(&writer, begun + STORY / 2 + all, stored).await?;
        }
        report(&format!("{entries} written in {} ms", begun.elapsed().as_millis()))?;

        let ben = stage.enter("ben", Chromium).await?;
        ben.watch_vitals().await?;
        let memory = Memory::watch(vec![ben.browser_process()]);
        ben.join(&invite, "Ben").await?;
        ben.vital().await?;
        let begun = Instant::now();
        let until = begun + all;
        let first = glance(&ben, until, |glance| number(&glance.last).is_some()).await?;
        report(&format!("the first screen after {} ms: {first:?}", begun.elapsed().as_millis()))?;
        let newest = |words: &str| number(words).is_some_and(|it| it + SCREENS >= entries);
        ensure!(newest(&first.first), "the newest is not what comes first: {first:?}");
        ben.send("meanwhile").await?;
        // Ana is away: more than that somebody holds it cannot be said.
        let held = |glance: &Glance| glance.last == "meanwhile" && glance.state == "held";
        glance(&ben, until, held).await?;
        report(&format!("an answer is held by another after {} ms", begun.elapsed().as_millis()))?;
        wait_for_pending(&writer, until, |pending| pending == 0).await?;
        glance(&ben, until, |glance| !glance.gap && glance.last == "meanwhile").await?;
        let stall = ben.vital().await?.stall;
        let most = memory.most(ben.browser_process())? >> 20;
        let took = begun.elapsed().as_millis();
        report(&format!("all is here after {took} ms; longest stall {stall} ms, {most} MiB"))?;
        ensure!(stall < STALL, "the page did not answer for {stall} ms");

        ben.reload().await?;
        let begun = Instant::now();
        let shown = glance(&ben, until + STORY, |glance| glance.last == "meanwhile").await?;
        let stall = ben.vital().await?.stall;
        report(&format!("again after {} ms, stall {stall} ms", begun.elapsed().as_millis()))?;
        ensure!(newest(&shown.first) && stall < STALL, "{shown:?}, {stall} ms");
        // Older ones are read as the reader comes to them: several pages, without a button.
        let wanted = entries.saturating_sub(2 * SCREENS);
        let first: usize = ben.run_to_end(CLIMB, &[json!(wanted)]).await?;
        ensure!(first <= wanted, "scrolling up ends at message {first}, not at {wanted}");
        writer.leave()
    })
}
