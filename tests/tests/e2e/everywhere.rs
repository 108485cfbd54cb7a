//! Search in all rooms: what is found in each, and the way to a message that is far up in another.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::axe::{Violation, violations};
use crate::browser::Browser::Chromium;
use crate::looks::{be_small, fits, speak};
use crate::membership::expect_focus;
use crate::page::Page;
use crate::room::ROOM;
use crate::rooms::{open_room, press};
use crate::searching::{counts, led_to, look_for, say_hay};
use crate::stage::{Told, play};
use crate::view::View;

/// Presses what was found that says this.
const GO: &str = r#"
const hits = [...document.querySelectorAll('[data-testid="search-hit"]')];
hits.find((one) => one.textContent.includes(arguments[0])).click();
"#;

/// What is said of each room in which something was found, with its name.
const ROOMS: &str = r#"
return [...document.querySelectorAll('[data-testid="search-room"]')].map((one) => one.textContent);
"#;

/// WebDriver's names of the keys.
const ESCAPE: &str = "\u{e00c}";
const ENTER: &str = "\u{e007}";

async fn go(page: &Page, words: &str) -> Result<()> {
    let _: Value = page.run(GO, &[json!(words)]).await?;
    Ok(())
}

fn is_open(name: &'static str) -> impl Fn(&View) -> bool {
    move |view| view.shows("composer") && view.title.contains(name)
}

#[test]
fn words_are_found_in_all_rooms_and_a_hit_leads_into_its_room_in_chromium() -> Told {
    play("everywhere", async |stage| {
        let ana = stage.enter("ana", Chromium).await?;
        ana.found_room(&stage.server.url(), "Ana").await?;
        ana.send("我们明天坐火车去北京").await?;
        ana.send("the Needle in the haystack").await?;
        say_hay(&ana).await?;
        let first = open_room(&ana).await?;
        ana.click("new-room").await?;
        ana.enter_names("Anna", "Garden").await?;
        ana.send("a needle of the fir").await?;
        press(&ana, "room-choices", &first).await?;
        ana.click("archive").await?;
        // Nothing of the first room is in memory but its end.
        ana.reload().await?;
        ana.wait("the room is back", is_open("Garden")).await?;

        look_for(&ana, "needle").await?;
        ana.wait("it is found in this room", counts("1 found")).await?;
        ana.click("search-everywhere").await?;
        ana.wait("it is found in both", counts("2 found in 2 rooms")).await?;
        let rooms: Vec<String> = ana.run(ROOMS, &[]).await?;
        let garden = rooms.iter().any(|said| said.contains("Garden") && !said.contains("put away"));
        let train = rooms.iter().any(|said| said.contains(ROOM) && said.contains("put away"));
        ensure!(rooms.len() == 2 && garden && train, "{rooms:?}");
        stage.portray(&ana, "everywhere").await?;
        let shut_out: Vec<String> = violations(&ana).await?.iter().map(Violation::line).collect();
        ensure!(shut_out.is_empty(), "{shut_out:?}");
        ana.type_into("search", ENTER).await?;
        expect_focus(&ana, &["search-hit"]).await?;
        ana.press(ESCAPE).await?;
        expect_focus(&ana, &["search"]).await?;
        go(&ana, "haystack").await?;
        ana.wait("the other room is open", is_open(ROOM)).await?;
        led_to(&ana, "the Needle in the haystack").await?;
        ensure!(ana.view().await?.visible("search-hit").is_empty(), "hits are over the messages");
        stage.portray(&ana, "everywhere-led").await?;

        // One goes on from there.
        ana.fill("search", "北京 火车").await?;
        ana.wait("it is found in one", counts("1 found in 1 room")).await?;
        go(&ana, "北京").await?;
        led_to(&ana, "我们明天坐火车去北京").await?;
        ana.fill("search", "needle").await?;
        ana.wait("it is found in both", counts("2 found in 2 rooms")).await?;
        go(&ana, "fir").await?;
        ana.wait("the first room is open", is_open("Garden")).await?;
        led_to(&ana, "a needle of the fir").await?;
        ana.fill("search", "pitchfork").await?;
        ana.wait("nothing is found", counts("nothing found in 2 rooms")).await?;

        ana.type_into("search", ESCAPE).await?;
        ana.wait("it is closed", |view| !view.shows("search")).await?;
        expect_focus(&ana, &["search-button"]).await?;
        crate::palette::command(&ana, "search in all", "all rooms").await?;
        ana.wait("one can search", |view| view.shows("search")).await?;
        expect_focus(&ana, &["search"]).await?;
        ana.fill("search", "hay").await?;
        ana.wait("many are found", counts("50 found in 1 room")).await?;
        be_small(&ana).await?;
        for language in ["en", "zh"] {
            speak(&ana, language).await?;
            fits(&ana, &format!("the search in all rooms in {language}")).await?;
            stage.portray(&ana, &format!("everywhere-phone-{language}")).await?;
        }
        Ok(())
    })
}
