//! A room whose connections go through relays alone, where the server names none: nobody is
//! reached and it is said why, until the person allows direct connections again.

use crate::browser::Browser::{self, Chromium, Firefox};
use crate::page::Page;
use crate::rooms::{open_room, press};
use crate::stage::{Told, play};
use crate::view::View;
use anyhow::Result;

/// True if it is said that there is no relay.
fn without_relay(view: &View) -> bool {
    view.visible("banner").iter().any(|it| it.text.contains("the server names no relay"))
}

/// Presses the room's choice between relays and direct connections.
async fn turn_over(page: &Page) -> Result<()> {
    let room = open_room(page).await?;
    press(page, "room-choices", &room).await?;
    page.click("relay-only").await
}

#[test]
fn a_room_that_goes_through_relays_alone_reaches_nobody_without_one_in_chromium() -> Told {
    without_a_relay("relayed-chromium", Chromium)
}

#[test]
fn a_room_that_goes_through_relays_alone_reaches_nobody_without_one_in_firefox() -> Told {
    without_a_relay("relayed-firefox", Firefox)
}

fn without_a_relay(name: &str, browser: Browser) -> Told {
    play(name, async |stage| {
        let url = stage.server.url();
        let ana = stage.enter("ana", browser).await?;
        let invite = ana.found_room(&url, "Ana").await?;
        let ben = stage.enter("ben", Chromium).await?;
        ben.join(&invite, "Ben").await?;
        ana.wait_for_company(2).await?;

        turn_over(&ana).await?;
        ana.wait("it is said why", without_relay).await?;
        ana.wait("nobody is reached", |view| view.online() == 1).await?;
        ben.wait("nor is Ana", |view| view.online() == 1).await?;
        ana.send("not to be seen from where").await?;
        ana.wait("it waits", |view| view.pending() == 1).await?;
        ana.reload().await?;
        ana.wait("it is said again", without_relay).await?;
        ana.wait("it waits all the same", |view| view.pending() == 1).await?;

        turn_over(&ana).await?;
        ana.wait("that is over", |view| !without_relay(view)).await?;
        ana.wait_for_delivery("not to be seen from where").await?;
        ben.hear("not to be seen from where").await
    })
}
