//! Invites that cannot be used are refused in words, and one's own invite opens the room that is
//! there already.

use crate::browser::Browser::Chromium;
use crate::stage::{Told, play};
use anyhow::{Context, ensure};

#[test]
fn damaged_and_newer_invites_are_refused_in_words() -> Told {
    play("invite-damaged", async |stage| {
        let url = stage.server.url();
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&url, "Ana").await?;
        let (_, fragment) = invite.split_once('#').context("the invite has no fragment")?;
        let (_, secret) = fragment.split_once('.').context("the invite has no version")?;
        let half = &secret[..secret.len() / 2];

        let ben = stage.enter("ben", Chromium).await?;
        let mut said = Vec::new();
        for fragment in [format!("1.{half}"), format!("99.{secret}")] {
            ben.open("about:blank").await?;
            ben.open(&format!("{url}#{fragment}")).await?;
            let view = ben.wait("an error is said", |view| view.shows("error")).await?;
            let words = view.visible("error").first().map(|error| error.text.clone());
            let words = words.context("the error is gone again")?;
            ensure!(words.split_whitespace().count() > 3, "no words: {words:?}");
            ensure!(!view.shows("composer"), "a room has opened");
            ensure!(!view.url.contains('#'), "the invite is still in the address bar");
            said.push(words);
        }
        ensure!(said[0] != said[1], "damaged and newer are told apart: {said:?}");
        Ok(())
    })
}

#[test]
fn own_invite_opens_the_existing_room() -> Told {
    play("invite-own", async |stage| {
        let url = stage.server.url();
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&url, "Ana").await?;
        ana.send("a word of mine").await?;
        ana.wait("it is saved", |view| view.state_of("a word of mine") == Some("saved")).await?;

        ana.open("about:blank").await?;
        ana.open(&invite).await?;
        ana.hear("a word of mine").await?;
        let view = ana.view().await?;
        ensure!(view.count("member-count") == Some(1), "{view:#?}");
        ensure!(!view.url.contains('#'), "the invite is still in the address bar");
        // The same link, put into the address bar of the page that is open.
        ana.open(&invite).await?;
        ana.wait("the invite is taken out again", |view| !view.url.contains('#')).await?;
        ana.expect_messages(&["a word of mine"]).await?;
        ensure!(ana.invite().await? == invite, "it is another room");
        Ok(())
    })
}
