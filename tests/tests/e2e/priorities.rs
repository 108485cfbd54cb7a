//! An urgent message overtakes what was queued before it; the list still shows what was said
//! first above what was said later.

use crate::browser::Browser::Chromium;
use crate::page::Page;
use crate::stage::{Told, play};
use anyhow::{Result, ensure};
use serde_json::json;

/// Messages that wait before the urgent one.
const QUEUED: usize = 200;
/// Characters in each, so that they do not fit into a few frames.
const LENGTH: usize = 2_000;

/// Notes, from the first moment of every page, in which order its worker tells it of messages: what
/// is drawn first is another matter.
const WATCH: &str = r#"
window.__arrived = [];
const known = new Set();
const letters = new TextDecoder("latin1");
const scan = (content) => {
  if (content instanceof ArrayBuffer) {
    scan(new Uint8Array(content));
  } else if (ArrayBuffer.isView(content)) {
    for (const [words] of letters.decode(content).matchAll(/low \d{4} |urgent news/g)) {
      if (!known.has(words)) {
        known.add(words);
        window.__arrived.push(words);
      }
    }
  } else if (content && typeof content === "object") {
    Object.values(content).forEach(scan);
  }
};
window.Worker = class extends Worker {
  constructor(...made) {
    super(...made);
    this.addEventListener("message", (event) => scan(event.data));
  }
};
"#;

#[test]
fn urgent_overtakes_200_queued_low_messages() -> Told {
    play("urgent-overtakes", async |stage| {
        let url = stage.server.url();
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&url, "Ana").await?;
        let ben = stage.enter("ben", Chromium).await?;
        ben.join(&invite, "Ben").await?;
        ana.wait_for_company(2).await?;
        ben.close().await?;
        ana.wait_for_company(1).await?;

        ana.choose_priority("low").await?;
        let texts: Vec<String> = (0..QUEUED).map(text).collect();
        ana.send_all(&texts).await?;
        ana.choose_priority("urgent").await?;
        ana.send("urgent news").await?;
        let all = u64::try_from(QUEUED)? + 1;
        ana.wait("all wait", |view| view.pending() == all).await?;

        let ben = stage.enter("ben", Chromium).await?;
        ben.command_chromium("Page.addScriptToEvaluateOnNewDocument", json!({"source": WATCH}))
            .await?;
        ben.come_back(&url).await?;
        ana.wait("nothing waits", |view| view.pending() == 0).await?;
        let view = ben.wait("all are here", |view| view.rows.len() == QUEUED + 1).await?;

        let last = view.rows.last();
        ensure!(last.is_some_and(|row| row.body == "urgent news" && row.priority == "urgent"));
        ensure!(view.rows.iter().take(QUEUED).all(|row| row.priority == "low"));
        let in_order = view.bodies().iter().zip(&texts).all(|(body, text)| body == text);
        ensure!(in_order, "the low ones are not in the order in which they were said");
        expect_overtaken(&ben).await
    })
}

async fn expect_overtaken(page: &Page) -> Result<()> {
    let arrived: Vec<String> = page.run("return window.__arrived", &[]).await?;
    let place = arrived.iter().position(|words| words == "urgent news");
    let overtaken = place.map_or(0, |place| arrived.len() - place - 1);
    ensure!(
        overtaken >= QUEUED / 2,
        "the urgent message came at place {place:?} of {}, before {overtaken} others",
        arrived.len()
    );
    Ok(())
}

/// A text that does not compress well, by a small generator.
fn text(number: usize) -> String {
    let mut state = u32::try_from(number).unwrap_or(0).wrapping_mul(0x9E37_79B9) | 1;
    let noise = (0..LENGTH).map(|_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        char::from_digit(state % 36, 36).unwrap_or('-')
    });
    format!("low {number:04} {}", noise.collect::<String>())
}
