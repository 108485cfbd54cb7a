//! Two tabs of one profile are one member: both show the room, both can send, and the second
//! goes on alone when the first is closed.

use crate::browser::Browser::{self, Chromium, Firefox};
use crate::stage::{Told, play};
use anyhow::ensure;

#[test]
fn two_tabs_are_one_member_and_the_second_takes_over_in_chromium() -> Told {
    second_tab_takes_over("tabs-chromium", Chromium)
}

#[test]
fn two_tabs_are_one_member_and_the_second_takes_over_in_firefox() -> Told {
    second_tab_takes_over("tabs-firefox", Firefox)
}

fn second_tab_takes_over(name: &str, browser: Browser) -> Told {
    play(name, async |stage| {
        let url = stage.server.url();
        let first = stage.enter("ana", browser).await?;
        let invite = first.found_room(&url, "Ana").await?;
        let ben = stage.enter("ben", Chromium).await?;
        ben.join(&invite, "Ben").await?;
        first.send("from the first tab").await?;
        ben.hear("from the first tab").await?;

        let second = first.new_tab().await?;
        second.come_back(&url).await?;
        second.wait_for_company(2).await?;
        first.wait("the first tab leads", |view| view.leads()).await?;
        ensure!(!second.view().await?.leads(), "both tabs lead");
        second.hear("from the first tab").await?;
        second.send("from the second tab").await?;
        for page in [&first, &ben] {
            page.hear("from the second tab").await?;
        }
        second.wait_for_delivery("from the second tab").await?;
        ben.send("to both").await?;
        for page in [&first, &second] {
            page.hear("to both").await?;
        }
        ensure!(ben.view().await?.count("member-count") == Some(2), "two tabs are one member");

        first.close_tab().await?;
        second.wait("the second tab leads", |view| view.leads()).await?;
        second.send("from the heir").await?;
        ben.hear("from the heir").await?;
        second.wait_for_delivery("from the heir").await?;
        ben.send("welcome, heir").await?;
        second.hear("welcome, heir").await?;
        let all = [
            "from the first tab",
            "from the second tab",
            "to both",
            "from the heir",
            "welcome, heir",
        ];
        for page in [&second, &ben] {
            page.expect_messages(&all).await?;
            ensure!(page.view().await?.count("member-count") == Some(2));
        }
        Ok(())
    })
}
