//! What axe-core finds on a screen: the rules of WCAG 2.2 up to AA, and good practice.
//!
//! It runs within the page through the driver, so the page's own policies for content and types
//! stay in force; the page itself knows nothing of it. `cargo xtask setup` brings its one file.

use crate::page::Page;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::{env, fs};

/// Whether it is there already: each document needs it once.
const IS_THERE: &str = "return typeof window.axe === 'object';";

/// Looks at all that is shown now.
const LOOK: &str = r#"
const done = arguments[arguments.length - 1];
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const options = { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"],
  preload: false };
const told = (one) => one.nodes.map((node) => ({
  rule: one.id,
  help: one.help,
  target: node.target.join(" "),
  summary: node.failureSummary ?? "",
}));
window.axe.run(document, options).then(
  (found) => done({ passed: found.passes.length, violations: found.violations.flatMap(told) }),
  (error) => done({ passed: 0, violations: [{
    rule: "none", help: String(error), target: "", summary: "",
  }] }),
);
"#;

/// What it says of a screen.
#[derive(Debug, Deserialize)]
struct Findings {
    /// Rules that found something to look at, and nothing wrong.
    passed: usize,
    violations: Vec<Violation>,
}

/// One element that breaks one rule.
#[derive(Debug, Deserialize)]
pub struct Violation {
    /// The rule.
    pub rule: String,
    help: String,
    /// The element, as a selector.
    pub target: String,
    summary: String,
}

impl Violation {
    /// In one line.
    pub fn line(&self) -> String {
        let summary = self.summary.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("{} ({}) {}: {summary}", self.rule, self.help, self.target)
    }
}

/// All that it finds on the page as it is shown now.
pub async fn violations(page: &Page) -> Result<Vec<Violation>> {
    if !page.run::<bool>(IS_THERE, &[]).await? {
        let file = env::var_os("CONFAB_AXE")
            .context("axe-core is not there: `cargo xtask setup` brings it, with npm")?;
        let source = fs::read_to_string(file).context("axe-core cannot be read")?;
        page.run::<serde_json::Value>(&source, &[]).await?;
    }
    let found: Findings = page.run_to_end(LOOK, &[]).await.context("axe-core does not end")?;
    let seen = found.passed > 5 || !found.violations.is_empty();
    ensure!(seen, "axe-core has looked at nothing: {found:?}");
    Ok(found.violations)
}
