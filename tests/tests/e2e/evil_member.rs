//! A member that is evil, against real pages: it is in the room by an invite and proven, as anybody
//! is, and then sends what no member should. Nothing forged is shown, what others have said stays,
//! the pages answer and stay small, and they say who it was.
//!
//! It is a program that speaks WebRTC without a browser (`peer`). The attacks are in `table` and
//! the files it names. `cargo xtask evil --member` tries all of them; among the other stories some
//! of each kind are tried.

mod bodies;
mod connection;
mod floods;
mod forge;
mod frames;
mod greetings;
mod notes;
pub mod peer;
mod questions;
mod registers;
mod removed;
mod rulings;
mod runs;
mod table;
mod trial;

use crate::browser::Browser::Chromium;
use crate::stage::{Told, play, play_for};
use anyhow::ensure;
use std::env;
use std::time::Duration;
use trial::Trial;

/// How long all attacks may take together.
const ALL: Duration = Duration::from_secs(25 * 60);

#[test]
fn an_evil_member_forges_nothing_and_is_named() -> Told {
    play("evil-member", async |stage| {
        let attacks = table::chosen();
        ensure!(attacks.len() == table::CHOSEN.len(), "some chosen attacks are not known");
        Trial::open(stage, Chromium).await?.run(&attacks).await
    })
}

#[test]
fn what_a_removed_member_says_through_another_counts_for_nothing() -> Told {
    play("evil-removed", async |stage| {
        let mut trial = Trial::open(stage, Chromium).await?;
        trial.remove_one().await?;
        trial.run(removed::ATTACKS).await
    })
}

/// All attacks, or those whose name contains `CONFAB_EVIL`.
#[test]
#[ignore = "it takes minutes: `cargo xtask evil --member`"]
fn every_attack_of_an_evil_member_comes_to_nothing() -> Told {
    let names = env::var("CONFAB_EVIL").unwrap_or_default();
    play_for(ALL, "evil-member-all", async |stage| {
        let mut attacks = table::all();
        attacks.retain(|attack| attack.name.contains(&names));
        ensure!(!attacks.is_empty(), "no attack has {names:?} in its name");
        Trial::open(stage, Chromium).await?.run(&attacks).await
    })
}
