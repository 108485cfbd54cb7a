//! `evil`: every attack of an evil signaling server, or of an evil member, on real pages, and what
//! each comes to.
//!
//! They are the long ones of the end-to-end stories (`tests/tests/e2e/evil.rs`, `evil_member.rs`),
//! which print a line an attack; some of each kind are among the other stories.

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
    /// Try those of an evil member instead
    #[arg(long)]
    member: bool,
}

/// The story of the server.
const SERVER: &str = "evil::every_attack_of_an_evil_signaling_server_comes_to_nothing";
/// The story of the member.
const MEMBER: &str = "evil_member::every_attack_of_an_evil_member_comes_to_nothing";

/// Builds page, server and story, and tries the attacks; `false` when one succeeded.
///
/// # Errors
/// When a tool cannot be installed, or something cannot be built or started.
pub fn run(options: &Options) -> Result<bool> {
    install::ensure(&Stage::EndToEnd.tools())?;
    let mut story = browsing()?;
    let name = if options.member { MEMBER } else { SERVER };
    story
        .args(["--", "--ignored", "--exact", "--nocapture", name])
        .env("CONFAB_EVIL", &options.filter);
    Ok(story.status()?.success())
}
