//! The signaling server goes away: who is linked talks on, the page says what is wrong, and all
//! is well by itself when the server is back.

use crate::browser::Browser::Chromium;
use crate::stage::{Told, play};
use anyhow::ensure;

#[test]
fn signaling_killed_in_mid_chat_chat_goes_on() -> Told {
    play("signaling-killed", async |stage| {
        let url = stage.server.url();
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&url, "Ana").await?;
        let ben = stage.enter("ben", Chromium).await?;
        ben.join(&invite, "Ben").await?;
        ana.send("with a server").await?;
        ben.hear("with a server").await?;

        stage.server.stop();
        for page in [&ana, &ben] {
            page.wait("the server is missed", |view| view.state("signal-state") != "online")
                .await?;
        }
        ana.send("without a server").await?;
        ben.hear("without a server").await?;
        ben.send("nor do I need one").await?;
        ana.hear("nor do I need one").await?;
        ana.wait_for_delivery("without a server").await?;
        ben.wait_for_delivery("nor do I need one").await?;
        ensure!(ana.view().await?.state("link-state") == "online");

        stage.server.start_again()?;
        for page in [&ana, &ben] {
            page.wait_for_signal("online").await?;
        }
        let eva = stage.enter("eva", Chromium).await?;
        eva.join(&invite, "Eva").await?;
        eva.expect_messages(&["with a server", "without a server", "nor do I need one"]).await?;
        Ok(())
    })
}

#[test]
fn signaling_unreachable_is_said_in_words_and_heals() -> Told {
    play("signaling-unreachable", async |stage| {
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&stage.server.url(), "Ana").await?;
        ana.wait_for_signal("online").await?;
        stage.server.stop();
        let view = ana
            .wait("the loss is said in words", |view| {
                let words = view.find("signal-state").map_or("", |state| state.text.as_str());
                view.state("signal-state") != "online" && words.split_whitespace().count() > 1
            })
            .await?;
        ensure!(view.shows("composer"), "one can write all the same");
        ana.send("for later").await?;
        ana.wait("it is saved", |view| view.state_of("for later") == Some("saved")).await?;

        stage.server.start_again()?;
        ana.wait_for_signal("online").await?;
        let ben = stage.enter("ben", Chromium).await?;
        ben.join(&invite, "Ben").await?;
        ben.hear("for later").await?;
        ana.wait_for_delivery("for later").await?;
        Ok(())
    })
}
