//! The signaling server goes away: who is linked talks on, the page says what is wrong, and all
//! is well by itself when the server is back.

use crate::browser::Browser::Chromium;
use crate::room::ROOM;
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

        stage.server.start_again(&[])?;
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

        stage.server.start_again(&[])?;
        ana.wait_for_signal("online").await?;
        let ben = stage.enter("ben", Chromium).await?;
        ben.join(&invite, "Ben").await?;
        ben.hear("for later").await?;
        ana.wait_for_delivery("for later").await?;
        Ok(())
    })
}

#[test]
fn another_signaling_server_is_used_only_if_the_page_server_lists_it() -> Told {
    play("another-signaling", async |stage| {
        let url = stage.server.url();
        let another = stage.another_server(&["--allow-origin", url.trim_end_matches('/')])?;
        let address = another.signal_url();
        let ana = stage.enter("ana", Chromium).await?;
        ana.open(&format!("{url}?signal={address}")).await?;
        let refused = ana
            .wait("the address is refused in words", |view| {
                let said = [view.visible("error"), view.visible("banner")].concat();
                said.iter().any(|said| said.text.contains(&address))
            })
            .await?;
        ensure!(refused.state("signal-state") != "online", "{refused:#?}");

        stage.server.stop();
        let listed = address.trim_end_matches("/signal");
        stage.server.start_again(&["--connect", listed])?;
        ana.open(&format!("{url}?signal={address}")).await?;
        ana.wait("the start page is there", |view| view.shows("create-room")).await?;
        ana.enter_names("Ana", ROOM).await?;
        ana.wait_for_signal("online").await?;
        stage.server.stop();
        ensure!(ana.view().await?.state("signal-state") == "online", "it hangs on the page's own");
        another.stop();
        ana.wait("the loss is told", |view| view.state("signal-state") != "online").await?;
        Ok(())
    })
}
