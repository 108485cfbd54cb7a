//! A queue that is paused: what is written waits, what others say comes, and nobody forgets that it
//! is so.

use crate::browser::Browser::{Chromium, Firefox};
use crate::stage::{Told, play};
use crate::view::View;
use anyhow::ensure;
use std::time::Duration;
use tokio::time::sleep;

/// Longer than anything takes between two who are linked.
const LONG: Duration = Duration::from_secs(4);

#[test]
fn what_is_written_while_sending_is_paused_waits_until_it_goes_on() -> Told {
    play("paused", async |stage| {
        let url = stage.server.url();
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&url, "Ana").await?;
        let ben = stage.enter("ben", Firefox).await?;
        ben.join(&invite, "Ben").await?;
        ana.wait_for_company(2).await?;
        ana.send("before").await?;
        ben.hear("before").await?;

        ana.click("pause").await?;
        ana.wait("it is said", |view| view.shows("paused")).await?;
        ana.send("for later").await?;
        ben.send("still here").await?;
        ana.hear("still here").await?;
        sleep(LONG).await;
        ben.expect_messages(&["before", "still here"]).await?;
        let saved = |view: &View| view.state_of("for later") == Some("saved");
        ana.wait("it waits here", saved).await?;
        stage.portray(&ana, "paused").await?;

        ana.reload().await?;
        let paused = |view: &View| view.shows("paused") && saved(view);
        ana.wait("it is paused after a reload, too", paused).await?;
        ana.wait_for_company(2).await?;
        sleep(LONG).await;
        ensure!(ben.view().await?.said("for later").is_empty(), "it has gone out");

        ana.click("go-on").await?;
        ben.hear("for later").await?;
        ana.wait_for_delivery("for later").await?;
        ana.wait("nothing is said of it any more", |view| !view.shows("paused")).await?;
        Ok(())
    })
}
