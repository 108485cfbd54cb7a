//! Ten thousand messages as quickly as the composer takes them: both pages stay usable, the order
//! holds, each is there once, and the inspector shows the queue as it fills and drains.

use crate::browser::Browser::{Chromium, Firefox};
use crate::page::Page;
use crate::stage::{Told, play_for};
use anyhow::{Result, ensure};
use serde::Deserialize;
use serde_json::json;
use std::io::{Write, stderr};
use std::time::{Duration, Instant};

const MESSAGES: usize = 10_000;

/// How often a wait looks.
const LOOK: Duration = Duration::from_millis(500);

/// So many milliseconds a page may leave a person without an answer, on a machine that does much
/// else: several times what it is on one that does not.
const STALL: u64 = 2_000;

/// How long all of it may take, from the first message that is written.
const ALL: Duration = Duration::from_secs(480);
/// What the story may take, beside others.
const STORY: Duration = Duration::from_secs(600);

/// Takes note of the longest time in which the page could not have answered anybody, and of the
/// largest queue that the inspector has shown.
const WATCH: &str = r#"
const peak = (window.__peak = { stall: 0, deepest: 0 });
const find = (id) => document.querySelector(`[data-testid="${id}"]`);
const number = (text) => Number((text.match(/\d[\d,]*/) ?? ["0"])[0].replaceAll(",", ""));
let last = performance.now();
const beat = () => {
  const now = performance.now();
  peak.stall = Math.max(peak.stall, Math.round(now - last - 10));
  const waits = number(find("queue-stock")?.textContent ?? "");
  const lacks = Number(find("queue-peer")?.dataset.depth ?? 0);
  peak.deepest = Math.max(peak.deepest, waits + lacks);
  last = performance.now();
  if (!peak.over) setTimeout(beat, 10);
};
beat();
"#;

/// Types and sends numbered messages as quickly as the page takes them. Enter sends them: a click
/// makes the browser lay out the page each time.
pub const PUSH: &str = r#"
const [count] = arguments;
const find = (id) => document.querySelector(`[data-testid="${id}"]`);
const composer = find("composer");
const enter = { key: "Enter", bubbles: true, cancelable: true };
const channel = new MessageChannel();
let next = 0;
const begun = performance.now();
channel.port1.onmessage = () => {
  // A turn of a few milliseconds, as a program that lets the page breathe.
  const until = performance.now() + 8;
  while (next < count && performance.now() < until) {
    composer.value = `message ${next++}`;
    composer.dispatchEvent(new InputEvent("input", { bubbles: true }));
    composer.dispatchEvent(new KeyboardEvent("keydown", enter));
  }
  if (next < count) channel.port2.postMessage(0);
  else window.__pushed = Math.round(performance.now() - begun);
};
channel.port2.postMessage(0);
"#;

/// Reads all that the list has, from its end up to its beginning, as a reader would: a part of it
/// is drawn at a time. What was read is in `__read` in the end.
const READ: &str = r#"
window.__read = null;
const done = (reading) => (window.__read = reading);
const list = document.querySelector('[data-testid="message-list"]');
const drawn = () => [...document.querySelectorAll('[data-testid="message"]')];
const said = (row) => row.querySelector('[data-testid="message-body"]').textContent;
const read = [];
let first = null;
let most = 0;
let idle = 0;
let misses = 0;
let before = 0;
let was = 0;
const collect = () => {
  const rows = drawn();
  if (rows.length === 0) return true;
  most = Math.max(most, rows.length);
  const known = first === null ? rows.length : rows.findIndex((row) => row.dataset.entry === first);
  if (known < 0) return false;
  read.unshift(...rows.slice(0, known).map(said));
  first = rows[0].dataset.entry;
  return true;
};
// Whatever is drawn is read, also if several drawings fit between two looks.
new MutationObserver(collect).observe(list, { childList: true, subtree: true });
const look = () => {
  // Where several pages of rows came at once, a reader has gone too far: back, and on by a screen.
  const gone = !collect();
  misses = gone ? misses + 1 : 0;
  const torn = misses > 40;
  idle = read.length > before ? 0 : idle + 1;
  before = read.length;
  if (torn || idle > 40) return done({ bodies: read, most, torn });
  if (gone) list.scrollTop = was - list.clientHeight / 2;
  else {
    was = list.scrollTop;
    list.scrollTop = -list.scrollHeight;
  }
  requestAnimationFrame(() => requestAnimationFrame(look));
};
look();
"#;

/// Little of what the page shows: to read all of it many times a second would be the load.
const GLANCE: &str = r#"
const find = (id) => document.querySelector(`[data-testid="${id}"]`);
const rows = [...document.querySelectorAll('[data-testid="message"]')];
const said = (row) => row.querySelector('[data-testid="message-body"]').textContent;
return {
  last: rows.length > 0 ? said(rows.at(-1)) : "",
  pending: Number(find("pending-count")?.textContent ?? 0),
  depth: Number(find("queue-peer")?.dataset.depth ?? -1),
};
"#;

/// What a page shows at a glance.
#[derive(Debug, Deserialize)]
struct Glance {
    last: String,
    pending: u64,
    depth: i64,
}

/// What a page has been through.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Peak {
    /// Milliseconds.
    stall: u64,
    deepest: u64,
}

/// What a reader has read.
#[derive(Debug, Deserialize)]
struct Reading {
    bodies: Vec<String>,
    most: usize,
    torn: bool,
}

async fn wait(
    page: &Page,
    until: Instant,
    what: &str,
    shown: impl Fn(&Glance) -> bool,
) -> Result<()> {
    loop {
        let glance: Glance = page.run(GLANCE, &[]).await?;
        if shown(&glance) {
            return Ok(());
        }
        ensure!(Instant::now() < until, "{} waits until {what}: {glance:?}", page.person());
        tokio::time::sleep(LOOK).await;
    }
}

/// What a page has been through. It is not watched any more.
async fn peak(page: &Page) -> Result<Peak> {
    page.run("window.__peak.over = true; return window.__peak", &[]).await
}

fn report(line: &str) -> Result<()> {
    // Past the test runner's capture: how long it took is for people.
    Ok(stderr().write_all(format!("peak: {line}\n").as_bytes())?)
}

#[test]
fn ten_thousand_messages_at_once_from_chromium_to_firefox() -> Told {
    play_for(STORY, "peak", async |stage| {
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&stage.server.url(), "Ana").await?;
        let ben = stage.enter("ben", Firefox).await?;
        ben.join(&invite, "Ben").await?;
        ana.wait_for_company(2).await?;
        ben.wait_for_company(2).await?;
        let open = r#"document.querySelector('[data-testid="queue-inside"]').open = true"#;
        let () = ana.run(open, &[]).await?;
        for page in [&ana, &ben] {
            let () = page.run(WATCH, &[]).await?;
        }
        let begun = Instant::now();
        let () = ana.run(PUSH, &[json!(MESSAGES)]).await?;
        let last = format!("message {}", MESSAGES - 1);
        let came = |glance: &Glance| glance.last == last;
        wait(&ana, begun + ALL, "all is written", came).await?;
        let pushed: u64 = ana.run("return window.__pushed", &[]).await?;
        report(&format!("written in {pushed} ms"))?;
        wait(&ben, begun + ALL, "all has come", came).await?;
        let over = |glance: &Glance| glance.pending == 0 && glance.depth == 0;
        wait(&ana, begun + ALL, "nothing waits", over).await?;
        report(&format!("delivered in {} ms", begun.elapsed().as_millis()))?;
        let (writer, reader) = (peak(&ana).await?, peak(&ben).await?);
        report(&format!("writer {writer:?}, reader {reader:?}"))?;
        ensure!(writer.deepest > 0, "the inspector has never shown a queue");
        for (peak, person) in [(writer, "the writer"), (reader, "the reader")] {
            ensure!(peak.stall < STALL, "{person}'s page did not answer for {} ms", peak.stall);
        }
        let (of_writer, of_reader) = tokio::join!(expect_all(&ana), expect_all(&ben));
        of_writer.and(of_reader)?;
        report(&format!("read on both sides after {} ms", begun.elapsed().as_millis()))
    })
}

/// Every message is there once, in order, and few are drawn at a time.
async fn expect_all(page: &Page) -> Result<()> {
    let () = page.run(READ, &[]).await?;
    let (person, until) = (page.person(), Instant::now() + ALL);
    let reading = loop {
        let read: Option<Reading> = page.run("return window.__read", &[]).await?;
        if let Some(read) = read {
            break read;
        }
        ensure!(Instant::now() < until, "{person} has not read all of the list");
        tokio::time::sleep(LOOK).await;
    };
    let Reading { bodies, most, torn } = reading;
    ensure!(!torn, "{person} has lost the row that was read last");
    let wrong = (0..MESSAGES).find(|at| bodies.get(*at) != Some(&format!("message {at}")));
    if let Some(wrong) = wrong {
        let there = bodies.get(wrong.saturating_sub(2)..bodies.len().min(wrong + 3));
        anyhow::bail!("{person} shows {} messages; around {wrong}: {there:?}", bodies.len());
    }
    ensure!(bodies.len() == MESSAGES, "{person} shows {} messages", bodies.len());
    ensure!(most <= 400, "{person}'s page draws {most} messages at once");
    Ok(())
}
