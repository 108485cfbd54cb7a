//! How a page does under attack: connections, how long it did not answer, and its memory.

use crate::page::Page;
use crate::process;
use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How often memory is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// Runs in each page before anything of its own: counts its connections, and how long it could not
/// have answered anybody.
const WATCH: &str = r#"
(() => {
  const vital = (window.__vital = { made: 0, open: 0, most: 0, stall: 0 });
  const Real = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(...all) {
      super(...all);
      vital.made += 1;
      vital.open += 1;
      vital.most = Math.max(vital.most, vital.open);
    }
    close() {
      if (this.signalingState !== "closed") vital.open -= 1;
      super.close();
    }
  };
  let last = performance.now();
  const beat = () => {
    const now = performance.now();
    vital.stall = Math.max(vital.stall, Math.round(now - last - 20));
    last = now;
    setTimeout(beat, 20);
  };
  beat();
})();
"#;

/// What a page has been through since it was asked last.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Vital {
    /// Most that were open at once.
    pub most: usize,
    /// Milliseconds.
    pub stall: u64,
}

impl Page {
    /// Has every page that this tab loads from now on watched.
    pub async fn watch_vitals(&self) -> Result<()> {
        let script = json!({"source": WATCH});
        self.command_chromium("Page.addScriptToEvaluateOnNewDocument", script).await
    }

    /// How many connections it has made since it was loaded.
    pub async fn connections_made(&self) -> Result<u64> {
        self.run("return window.__vital.made", &[]).await
    }

    /// What it has been through; peaks begin anew.
    pub async fn vital(&self) -> Result<Vital> {
        let script = "const now = { ...window.__vital }; __vital.most = __vital.open; \
                      __vital.stall = 0; return now";
        self.run(script, &[]).await
    }
}

/// Memory of browsers' pages with their workers, looked at all the time.
#[derive(Clone, Default)]
pub struct Memory {
    /// By browser: bytes now, and the most since it was asked.
    seen: Arc<Mutex<BTreeMap<u32, (u64, u64)>>>,
}

impl Memory {
    /// Looks at these browsers as long as the runtime lives.
    pub fn watch(browsers: Vec<u32>) -> Self {
        let memory = Self::default();
        let seen = Arc::clone(&memory.seen);
        tokio::spawn(async move {
            loop {
                for browser in &browsers {
                    // A page that is just being loaded anew may have no process.
                    let Some(now) = largest_renderer(*browser) else { continue };
                    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                    let (last, most) = seen.entry(*browser).or_default();
                    (*last, *most) = (now, now.max(*most));
                }
                tokio::time::sleep(LOOK).await;
            }
        });
        memory
    }

    /// The most that a browser's page has had, in bytes, since this was asked last.
    pub fn most(&self, browser: u32) -> Result<u64> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, most) = seen.get_mut(&browser).context("a page's memory was never seen")?;
        let was = *most;
        *most = *last;
        Ok(was)
    }
}

/// The private memory of the page's process, its worker's included: the largest of the browser's
/// renderers, since the others are spare.
fn largest_renderer(browser: u32) -> Option<u64> {
    let renderers = process::family(browser).into_iter().filter(|id| {
        let words = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&words).contains("--type=renderer")
    });
    renderers.filter_map(private_bytes).max()
}

fn private_bytes(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    let kilobytes: u64 = line.split_ascii_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024)
}
