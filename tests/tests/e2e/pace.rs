//! What much costs the page, as benches: `cargo xtask bench --only ui` runs them and fails on no
//! time, since each is one of this machine, as busy as it is. Chromium counts the tasks that keep
//! the page from answering; of two times that are compared, both are taken in one run, in turns.
//!
//! `CONFAB_ENTRIES` is how long the much history is.

use crate::backfill::{self, wait_for_pending};
use crate::browser::Browser::Chromium;
use crate::evil_member::peer::Handle;
use crate::page::{LOOK, Page};
use crate::peak::PUSH;
use crate::rooms::{self, press};
use crate::stage::{Told, play_for};
use crate::view::View;
use anyhow::{Result, ensure};
use serde::Deserialize;
use serde_json::json;
use std::io::{Write, stderr};
use std::time::{Duration, Instant};

/// Messages that come at once.
const MESSAGES: usize = 10_000;
/// Messages of the much history.
const HISTORY: usize = 100_000;
/// How often each of two rooms is opened.
const TURNS: usize = 9;
/// How long a page may not answer, in milliseconds.
const BLOCKED: f64 = 50.0;
/// How many times as long as one with one message a room with much history may take to open.
const RATIO: f64 = 1.3;
/// What a story may take.
const STORY: Duration = Duration::from_secs(1_800);

/// Has the browser count the tasks that took longer than 50 ms.
const COUNT: &str = r#"
window.__tasks = [];
const keep = (list) => window.__tasks.push(...list.getEntries().map((task) => task.duration));
new PerformanceObserver(keep).observe({ type: "longtask" });
"#;

/// What was counted so far; the count begins anew.
const TAKE: &str = "return window.__tasks.splice(0);";

/// What the last message of the list says.
const LAST: &str = r#"
const said = document.querySelectorAll('[data-testid="message-body"]');
return said.length > 0 ? said[said.length - 1].textContent : "";
"#;

/// Opens a room by its line of the list; tells after how many milliseconds its last message, which
/// is known, is drawn.
const OPEN: &str = r#"
const [room, last, done] = arguments;
const begun = performance.now();
const is_drawn = () => {
  const said = document.querySelectorAll('[data-testid="message-body"]');
  return said.length > 0 && said[said.length - 1].textContent === last;
};
const look = () => requestAnimationFrame(() => {
  if (!is_drawn()) return look();
  const channel = new MessageChannel();
  channel.port1.onmessage = () => done(performance.now() - begun);
  channel.port2.postMessage(0);
});
document.querySelector(`[data-testid="room"][data-room="${room}"]`).click();
look();
"#;

/// Tells how many milliseconds after the page began to load a message is drawn.
const LOADED: &str = r#"
const [last, done] = arguments;
const look = () => requestAnimationFrame(() => {
  const said = document.querySelectorAll('[data-testid="message-body"]');
  const is_drawn = said.length > 0 && said[said.length - 1].textContent === last;
  return is_drawn ? done(performance.now()) : look();
});
look();
"#;

/// Tasks that kept a page from answering, in milliseconds.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct Tasks(Vec<f64>);

impl Tasks {
    /// How many there were, the longest, and how long all of them took.
    fn words(&self) -> String {
        let longest = self.0.iter().copied().fold(0.0, f64::max);
        let verdict = if longest <= BLOCKED { "met" } else { "MISSED" };
        let (count, sum) = (self.0.len(), self.0.iter().fold(0.0, |sum, task| sum + task));
        format!(
            "{count} tasks over {BLOCKED} ms, {sum:.0} ms in all, the longest {longest:.0} ms; the \
             target, none longer, is {verdict}"
        )
    }
}

fn report(line: &str) -> Result<()> {
    // Past the test runner's capture: it is for people.
    Ok(stderr().write_all(format!("ui: {line}\n").as_bytes())?)
}

async fn wait_for_last(page: &Page, last: &str, until: Instant) -> Result<()> {
    while page.run::<String>(LAST, &[]).await? != last {
        ensure!(Instant::now() < until, "{last:?} does not come");
        tokio::time::sleep(10 * LOOK).await;
    }
    Ok(())
}

async fn say(writer: &Handle, from: usize, to: usize, until: Instant) -> Result<()> {
    for from in (from..to).step_by(backfill::AT_ONCE) {
        let next = to.min(from + backfill::AT_ONCE);
        writer.ask(move |peer| backfill::write(peer, from, next)).await?;
        // It waits for its own store, not for those that it writes to.
        wait_for_pending(writer, until, |pending| pending < 4 * backfill::AT_ONCE as u64).await?;
    }
    Ok(())
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

#[test]
#[ignore = "it is a bench: `cargo xtask bench --only ui`"]
fn ten_thousand_messages_come_and_go() -> Told {
    play_for(STORY, "pace-many", async |stage| {
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&stage.server.url(), "Ana").await?;
        let writer = Handle::join(&invite, &stage.server.signal_url(), |_| ())?;
        ana.wait_for_company(2).await?;
        let () = ana.run(COUNT, &[]).await?;
        let begun = Instant::now();
        say(&writer, 0, MESSAGES, begun + STORY / 2).await?;
        wait_for_pending(&writer, begun + STORY / 2, |pending| pending == 0).await?;
        wait_for_last(&ana, &backfill::words(MESSAGES - 1), begun + STORY / 2).await?;
        let took = begun.elapsed().as_millis();
        let tasks: Tasks = ana.run(TAKE, &[]).await?;
        report(&format!("{MESSAGES} messages have come in {took} ms: {}", tasks.words()))?;

        let begun = Instant::now();
        let () = ana.run(PUSH, &[json!(MESSAGES)]).await?;
        let is_held = |view: &View| {
            view.pending() == 0 && view.rows.last().is_some_and(|row| row.state == "delivered")
        };
        ana.wait_until(begun + STORY / 2, "all that was written is held", is_held).await?;
        let took = begun.elapsed().as_millis();
        let tasks: Tasks = ana.run(TAKE, &[]).await?;
        report(&format!("{MESSAGES} written and held in {took} ms: {}", tasks.words()))?;
        writer.leave()
    })
}

#[test]
#[ignore = "it is a bench: `cargo xtask bench --only ui`"]
fn a_room_with_much_history_opens() -> Told {
    let entries = backfill::entries_or(HISTORY)?;
    play_for(STORY, "pace-history", async |stage| {
        let ana = stage.enter("ana", Chromium).await?;
        ana.found_room(&stage.server.url(), "Ana").await?;
        ana.send("the only one").await?;
        let small = rooms::open_room(&ana).await?;
        ana.click("new-room").await?;
        ana.enter_names("Ana", "Archive").await?;
        let large = rooms::open_room(&ana).await?;
        let invite = ana.invite().await?;
        let begun = Instant::now();
        let writer = Handle::join(&invite, &stage.server.signal_url(), |_| ())?;
        ana.wait_for_company(2).await?;
        say(&writer, 0, entries, begun + STORY / 2).await?;
        wait_for_pending(&writer, begun + STORY / 2, |pending| pending == 0).await?;
        let last = backfill::words(entries - 1);
        wait_for_last(&ana, &last, begun + STORY / 2).await?;
        report(&format!("{entries} messages are there after {} ms", begun.elapsed().as_millis()))?;
        writer.leave()?;

        let rooms = [(&small, "the only one"), (&large, last.as_str())];
        let mut times = [const { Vec::new() }; 4];
        for _ in 0..TURNS {
            for (of, (room, last)) in rooms.into_iter().enumerate() {
                let time: f64 = ana.run_to_end(OPEN, &[json!(room), json!(last)]).await?;
                times[of].push(time);
            }
        }
        for _ in 0..TURNS {
            for (of, (room, last)) in rooms.into_iter().enumerate() {
                press(&ana, "room", room).await?;
                wait_for_last(&ana, last, Instant::now() + STORY / 20).await?;
                ana.reload().await?;
                let time: f64 = ana.run_to_end(LOADED, &[json!(last)]).await?;
                times[2 + of].push(time);
            }
        }
        let [small, large, small_anew, large_anew] = times.map(median);
        for (what, small, large) in
            [("opened from the list", small, large), ("loaded anew", small_anew, large_anew)]
        {
            let ratio = large / small;
            let verdict = if ratio <= RATIO { "met" } else { "MISSED" };
            report(&format!(
                "a room {what}: {large:.0} ms with {entries} messages, {small:.0} ms with one; \
                 ratio {ratio:.2}, the target, {RATIO}, is {verdict}"
            ))?;
        }
        Ok(())
    })
}
