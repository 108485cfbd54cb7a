//! A signaling server that is evil, against real pages: whatever it does, nothing forged is shown,
//! nobody is there who is not, the pages answer and stay small, and they say who is to blame.
//!
//! The attacks are in `table` and the files it names. `cargo xtask evil` tries all of them; among
//! the other stories some of each kind are tried.

mod crowds;
mod doors;
mod frames;
mod payloads;
mod relays;
mod server;
mod table;
mod trial;
pub mod vital;
mod wire;

use crate::stage::{Told, play, play_for};
use anyhow::ensure;
use std::env;
use std::time::Duration;
use trial::Trial;

/// How long all attacks may take together.
const ALL: Duration = Duration::from_secs(18 * 60);

#[test]
fn an_evil_signaling_server_forges_nothing_and_is_named() -> Told {
    play("evil-server", async |stage| {
        let attacks = table::chosen();
        ensure!(attacks.len() == 13, "only {} of the chosen attacks are known", attacks.len());
        Trial::open(stage).await?.run(&attacks).await
    })
}

/// All attacks, or those whose name contains `CONFAB_EVIL`.
#[test]
#[ignore = "it takes minutes: `cargo xtask evil`"]
fn every_attack_of_an_evil_signaling_server_comes_to_nothing() -> Told {
    let names = env::var("CONFAB_EVIL").unwrap_or_default();
    play_for(ALL, "evil-server-all", async |stage| {
        let mut attacks = table::all();
        ensure!(attacks.len() >= 60, "there are only {} attacks", attacks.len());
        attacks.retain(|attack| attack.name.contains(&names));
        ensure!(!attacks.is_empty(), "no attack has {names:?} in its name");
        Trial::open(stage).await?.run(&attacks).await
    })
}
