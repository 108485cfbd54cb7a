//! Commands by name: the palette is opened, searched and used with the keyboard alone, leads where
//! it says, and gives the keyboard back; and the list of what keys do.

use crate::browser::Browser::{self, Chromium, Firefox};
use crate::membership::expect_focus;
use crate::page::Page;
use crate::stage::{Told, play};
use crate::view::View;
use anyhow::{Result, ensure};
use serde_json::Value;
use thirtyfour::prelude::Key;

/// What a reader is told of the field: which option is marked, and whether there is such a one.
const MARKED: &str = r#"
const field = document.querySelector('[data-testid="palette-input"]');
const option = document.getElementById(field.getAttribute("aria-activedescendant"));
const list = document.getElementById(field.getAttribute("aria-controls"));
const right = field.getAttribute("role") === "combobox" && list?.getAttribute("role") === "listbox"
  && option?.getAttribute("role") === "option" && option?.ariaSelected === "true"
  && list.querySelectorAll('[aria-selected="true"]').length === 1;
return right ? option.textContent : "";
"#;

async fn open(page: &Page) -> Result<()> {
    page.press(Key::Control + "k").await?;
    page.wait("the palette is open", |view| view.shows("palette-input")).await?;
    expect_focus(page, &["palette-input"]).await
}

async fn leave(page: &Page) -> Result<()> {
    page.press(Key::Escape).await?;
    page.wait("the palette is away", |view| !view.shows("palette-input")).await?;
    Ok(())
}

async fn marked(page: &Page, words: &str) -> Result<()> {
    for _ in 0..200 {
        let marked: String = page.run(MARKED, &[]).await?;
        if marked.contains(words) {
            return Ok(());
        }
        page.view().await?;
    }
    let marked: String = page.run(MARKED, &[]).await?;
    anyhow::bail!("{marked:?} is marked, not {words:?}")
}

/// Types a name and does what is found first.
pub async fn command(page: &Page, name: &str, words: &str) -> Result<()> {
    open(page).await?;
    page.press(name).await?;
    marked(page, words).await?;
    page.press(Key::Enter).await?;
    page.wait("the palette is away", |view| !view.shows("palette-input")).await?;
    Ok(())
}

fn is_open(name: &'static str) -> impl Fn(&View) -> bool {
    move |view| view.shows("composer") && view.title.contains(name)
}

#[test]
fn rooms_members_and_commands_are_reached_by_name_with_the_keyboard_alone_in_chromium() -> Told {
    by_name("palette-chromium", Chromium)
}

#[test]
fn rooms_members_and_commands_are_reached_by_name_with_the_keyboard_alone_in_firefox() -> Told {
    by_name("palette-firefox", Firefox)
}

/// What is looked at by its name, and then the keyboard is back where it was.
async fn look_up(ana: &Page) -> Result<()> {
    ana.click("composer").await?;
    command(ana, "connections", "Connections").await?;
    ana.wait("the connections are shown", |view| view.shows("connections")).await?;
    ana.press(Key::Escape).await?;
    ana.wait("they are away", |view| !view.shows("connections")).await?;
    expect_focus(ana, &["composer"]).await?;
    command(ana, "notifications", "Notifications").await?;
    expect_focus(ana, &["alerts"]).await?;
    ana.press(Key::Escape).await?;
    ana.wait("that is away", |view| !view.shows("device-asked")).await?;
    expect_focus(ana, &["composer"]).await?;
    command(ana, "what waits", "Show what waits").await?;
    expect_focus(ana, &["queue-heading"]).await
}

fn by_name(story: &str, browser: Browser) -> Told {
    play(story, async |stage| {
        let ana = stage.enter("ana", browser).await?;
        let invite = ana.found_room(&stage.server.url(), "Ana").await?;
        let ben = stage.enter("ben", Chromium).await?;
        ben.join(&invite, "Ben").await?;
        ana.wait_for_company(2).await?;

        // Out again with Escape: the keyboard is where it was, and so are the words.
        ana.type_into("composer", "half a thought").await?;
        open(&ana).await?;
        leave(&ana).await?;
        expect_focus(&ana, &["composer"]).await?;
        ana.press("!").await?;
        let goes_on = |view: &View| {
            view.find("composer").is_some_and(|it| it.value.as_deref() == Some("half a thought!"))
        };
        ana.wait("one writes on", goes_on).await?;

        command(&ana, "start a", "Start a room").await?;
        expect_focus(&ana, &["my-name"]).await?;
        ana.enter_names("Anna", "Garden").await?;
        ana.wait("it is open", is_open("Garden")).await?;
        command(&ana, "night", crate::room::ROOM).await?;
        ana.wait("the first room is open", is_open(crate::room::ROOM)).await?;

        command(&ana, "mute ben", "Mute: Ben").await?;
        let muted = |view: &View| view.visible("treatment").iter().any(|it| it.text == "muted");
        ana.wait("Ben is muted", muted).await?;
        command(&ana, "verify", "Verify: Ben").await?;
        ana.wait("there are digits", |view| view.shows("safety-number")).await?;
        // A dialog that is open has its own keys.
        ana.press(Key::Control + "k").await?;
        ana.press(Key::Escape).await?;
        ana.wait("it is closed", |view| !view.shows("asked")).await?;
        ensure!(!ana.view().await?.shows("palette-input"), "the palette lies over a dialog");

        look_up(&ana).await?;

        // In the other language, by either one's words.
        command(&ana, "中文", "Language: 中文").await?;
        ana.wait("it speaks Chinese", |view| view.language.starts_with("zh")).await?;
        open(&ana).await?;
        ana.press("search in").await?;
        marked(&ana, "搜索").await?;
        leave(&ana).await?;
        command(&ana, "english", "English").await?;
        ana.wait("it speaks English", |view| view.language.starts_with("en")).await?;
        command(&ana, "search in", "Search in this room").await?;
        expect_focus(&ana, &["search"]).await?;
        ana.press(Key::Escape).await?;

        open(&ana).await?;
        for (key, place) in [(Key::Down, 1), (Key::Down, 2), (Key::Up, 1), (Key::Up, 0)] {
            ana.press(key).await?;
            let view = ana.view().await?;
            let options = view.visible("palette-option");
            let wanted = options.get(place).map(|it| it.text.clone()).unwrap_or_default();
            marked(&ana, &wanted).await?;
        }
        ana.press("no such thing").await?;
        let none = |view: &View| {
            let count = view.find("palette-count").map(|it| it.text.clone());
            count.as_deref() == Some("nothing found") && !view.shows("palette-option")
        };
        ana.wait("it is said that nothing is found", none).await?;
        leave(&ana).await
    })
}

#[test]
fn a_question_mark_shows_what_keys_do_unless_it_is_typed() -> Told {
    play("shortcuts", async |stage| {
        let ana = stage.enter("ana", Chromium).await?;
        ana.found_room(&stage.server.url(), "Ana").await?;
        ana.type_into("composer", "really?").await?;
        let written = |view: &View| {
            view.find("composer").is_some_and(|it| it.value.as_deref() == Some("really?"))
        };
        let view = ana.wait("it is typed", written).await?;
        ensure!(!view.shows("shortcuts"), "a question mark that is typed opens a dialog");
        let to_search = r#"document.getElementById("search-button").focus()"#;
        ana.run::<Value>(to_search, &[]).await?;
        ana.press("?").await?;
        ana.wait("the list is shown", |view| view.shows("shortcuts")).await?;
        ana.press(Key::Escape).await?;
        ana.wait("it is away", |view| !view.shows("shortcuts")).await?;
        expect_focus(&ana, &["search-button"]).await
    })
}
