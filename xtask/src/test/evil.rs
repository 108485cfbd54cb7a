//! `evil`: every attack of an evil signaling server on real pages, and what each comes to.
//!
//! It is the long one of the end-to-end stories (`tests/tests/e2e/evil.rs`), which prints a line an
//! attack; some of each kind are among the other stories.

use super::browsing;
use crate::install;
use crate::stage::Stage;
use anyhow::Result;

/// The options of `evil`.
#[derive(clap::Args)]
pub struct Options {
    /// Try only the attacks whose name contains this
    #[arg(default_value = "")]
    filter: String,
}

/// The story.
const STORY: &str = "evil::every_attack_of_an_evil_signaling_server_comes_to_nothing";

/// Builds page, server and story, and tries the attacks; `false` when one succeeded.
///
/// # Errors
/// When a tool cannot be installed, or something cannot be built or started.
pub fn run(options: &Options) -> Result<bool> {
    install::ensure(&Stage::EndToEnd.tools())?;
    let mut story = browsing()?;
    story
        .args(["--", "--ignored", "--exact", "--nocapture", STORY])
        .env("CONFAB_EVIL", &options.filter);
    Ok(story.status()?.success())
}
