//! What a browser has complained of behind the page's back: errors of scripts and workers, of the
//! network, and violations of the content policy.

use anyhow::Result;
use serde_json::{Value, json};
use thirtyfour::common::command::{Command, FormatRequestData};
use thirtyfour::prelude::*;
use thirtyfour::{RequestData, SessionId};

/// The errors that Firefox keeps for its own console, of pages of ours.
const FIREFOX_CONSOLE: &str = r#"
return Services.console.getMessageArray()
  .filter((message) => message instanceof Ci.nsIScriptError)
  .filter((message) => !(message.flags & Ci.nsIScriptError.warningFlag))
  .filter((message) => (message.sourceName || "").startsWith("http"))
  .map((message) => {
    const frames = message.stack ? `\n${message.stack}`.split("\n").slice(0, 20).join("\n  ") : "";
    return `${message.sourceName}:${message.lineNumber} ${message.errorMessage}${frames}`;
  });
"#;

/// What Chromium has logged since it was last asked.
pub async fn of_chromium(web: &WebDriver) -> Result<Vec<String>> {
    let entries = web.browser_log().await?;
    let severe = entries.into_iter().filter(|entry| entry.level == "SEVERE");
    Ok(severe.map(|entry| entry.message).collect())
}

/// All that Firefox has logged since it started, except what pages wrote to their consoles.
pub async fn of_firefox(web: &WebDriver) -> Result<Vec<String>> {
    web.cmd(Context("chrome")).await?;
    let messages = web.execute(FIREFOX_CONSOLE, Vec::<Value>::new()).await;
    web.cmd(Context("content")).await?;
    Ok(messages?.convert()?)
}

/// Whether a line that Firefox printed is a page's `console.error`: its own parts complain as
/// `Name: …`.
pub fn is_of_page(line: &str) -> bool {
    let said = line.strip_prefix("console.error: ");
    said.is_some_and(|said| said.starts_with(['"', '(']))
}

/// Lets scripts run in the page (`content`) or in Firefox itself (`chrome`).
#[derive(Debug)]
struct Context(&'static str);

impl FormatRequestData for Context {
    fn format_request(&self, session: &SessionId) -> RequestData {
        // Any command that is posted, made into the one that thirtyfour does not know.
        let mut request = Command::Refresh.format_request(session);
        request.uri = format!("session/{session}/moz/context").into();
        request.body = Some(json!({"context": self.0}));
        request
    }
}
