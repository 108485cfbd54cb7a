//! The page starts: under the final content policy, with its worker and its socket.

use crate::browser::Browser;
use crate::page::Page;
use crate::stage::{Told, play};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

/// An answer of the server, as a page sees it.
#[derive(Debug, Deserialize)]
pub struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    /// The body, if it is text.
    pub body: String,
}

const FETCH: &str = "
const [path, done] = arguments;
fetch(path, { cache: 'no-store' }).then(async (answer) => done({
  status: answer.status,
  headers: Object.fromEntries(answer.headers),
  body: await answer.text(),
}));
";

/// What every policy must say, whatever else it says.
const POLICY: [&str; 2] = ["default-src 'none'", "frame-ancestors 'none'"];

/// What that of pages and workers must say, too. What is no page may do nothing at all.
const OF_PAGES: [&str; 4] = [
    "worker-src 'self'",
    "'wasm-unsafe-eval'",
    "require-trusted-types-for 'script'",
    "trusted-types confab",
];

/// What no policy of ours says.
const LOOSE: [&str; 3] = ["'unsafe-inline'", "'unsafe-eval'", "*"];

#[test]
fn page_mounts_worker_answers_socket_opens_in_chromium() -> Told {
    page_mounts("mount-chromium", Browser::Chromium)
}

#[test]
fn page_mounts_worker_answers_socket_opens_in_firefox() -> Told {
    page_mounts("mount-firefox", Browser::Firefox)
}

fn page_mounts(name: &str, browser: Browser) -> Told {
    play(name, async |stage| {
        let ana = stage.enter("ana", browser).await?;
        ana.found_room(&stage.server.url(), "Ana").await?;
        ana.wait_for_signal("online").await?;
        ana.wait("this tab leads", |view| view.leads()).await?;
        let errors = ana.view().await?.errors;
        ensure!(errors.as_ref().is_some_and(Vec::is_empty), "window.__errors is {errors:?}");
        expect_safe_headers(&ana).await
    })
}

/// Fetches a path of the server from within the page.
pub async fn fetch(page: &Page, path: &str) -> Result<Answer> {
    page.run_to_end(FETCH, &[json!(path)]).await
}

async fn expect_safe_headers(page: &Page) -> Result<()> {
    for path in ["/", "/worker.js", "/config.json", "/healthz"] {
        let answer = fetch(page, path).await?;
        ensure!(answer.status == 200, "{path} answers {}", answer.status);
        let header = |name: &str| {
            let value = answer.headers.get(name).map(String::as_str);
            value.with_context(|| format!("{path} has no {name}"))
        };
        let policy = header("content-security-policy")?;
        let of_pages: &[&str] = if path.ends_with(".js") || path == "/" { &OF_PAGES } else { &[] };
        for part in POLICY.iter().chain(of_pages) {
            ensure!(policy.contains(*part), "the policy of {path} lacks {part}: {policy}");
        }
        for part in LOOSE {
            ensure!(!policy.contains(part), "the policy of {path} says {part}: {policy}");
        }
        ensure!(header("x-content-type-options")? == "nosniff");
        ensure!(header("referrer-policy")? == "no-referrer");
        ensure!(header("cross-origin-opener-policy")? == "same-origin");
        header("cache-control")?;
    }
    Ok(())
}
