//! Emoji and members' names while one writes: completed behind a colon and an `@`, with the
//! keyboard alone; the picker; without a network; and whoever is named is told so.

use crate::browser::Browser::{self, Chromium, Firefox};
use crate::membership::expect_focus;
use crate::page::Page;
use crate::queue::press;
use crate::stage::{Told, play};
use crate::view::View;
use anyhow::{Result, ensure};
use thirtyfour::prelude::Key;

/// Calls its last argument once the service worker has the page.
const KEPT: &str = r#"
const done = arguments[arguments.length - 1];
navigator.serviceWorker.ready.then(() => done(true), () => done(false));
"#;

/// How often the table was fetched.
const FETCHED: &str = r#"
return performance.getEntriesByType("resource").filter((it) => it.name.endsWith("/emoji.txt"))
  .length;
"#;

/// Puts a whole shortcode into the composer in one go, as a paste does.
const PASTE_CODE: &str = r#"
const field = document.querySelector('[data-testid="composer"]');
field.focus();
field.value = ":tada:";
const about = { bubbles: true, data: ":tada:", inputType: "insertFromPaste" };
return field.dispatchEvent(new InputEvent("input", about));
"#;

fn is_written(words: &str) -> impl Fn(&View) -> bool {
    move |view| view.find("composer").is_some_and(|it| it.value.as_deref() == Some(words))
}

fn offers(first: &str) -> impl Fn(&View) -> bool {
    move |view| view.visible("completion-option").first().is_some_and(|it| it.text.contains(first))
}

fn finds(glyph: &str) -> impl Fn(&View) -> bool {
    move |view| view.visible("emoji-option").first().is_some_and(|it| it.text.starts_with(glyph))
}

#[test]
fn emoji_and_members_are_completed_with_the_keyboard_alone_in_chromium() -> Told {
    completed("emoji-chromium", Chromium)
}

#[test]
fn emoji_and_members_are_completed_with_the_keyboard_alone_in_firefox() -> Told {
    completed("emoji-firefox", Firefox)
}

fn completed(story: &str, browser: Browser) -> Told {
    play(story, async |stage| {
        let ana = stage.enter("ana", browser).await?;
        let invite = ana.found_room(&stage.server.url(), "Ana").await?;
        let ben = stage.enter("ben", Chromium).await?;
        ben.join(&invite, "Ben").await?;
        ana.wait_for_company(2).await?;
        let fetched: u64 = ana.run(FETCHED, &[]).await?;
        ensure!(fetched == 0, "the table is fetched before anybody wants it");

        ana.type_into("composer", "at 12:30 :tad").await?;
        ana.wait("a party popper is offered", offers("🎉")).await?;
        ana.press(Key::Enter).await?;
        ana.wait("it stands there", is_written("at 12:30 🎉 ")).await?;
        expect_focus(&ana, &["composer"]).await?;
        ana.press("@b").await?;
        ana.wait("Ben is offered", offers("@Ben")).await?;
        ana.press(Key::Tab).await?;
        ana.wait("his name stands there", is_written("at 12:30 🎉 @Ben ")).await?;
        expect_focus(&ana, &["composer"]).await?;

        // Arrows mark another, Escape refuses, and then Enter sends what was typed.
        ana.press(":hear").await?;
        ana.wait("hearts are offered", |view| view.visible("completion-option").len() > 2).await?;
        ana.press(Key::Down).await?;
        let second = |view: &View| {
            let options = view.visible("completion-option");
            options.get(1).is_some_and(|it| it.text.contains(':'))
        };
        ana.wait("there is a second one", second).await?;
        ana.press(Key::Escape).await?;
        ana.wait("nothing is offered", |view| !view.shows("completion-option")).await?;
        ana.press(Key::Enter).await?;
        ben.hear("at 12:30 🎉 @Ben :hear").await?;
        ben.wait("Ben is told that he is named", |view| view.shows("names-me")).await?;
        ensure!(!ana.view().await?.shows("names-me"), "Ana is told that she is named");
        ben.send("yes, @ana!").await?;
        ana.wait("Ana is told that she is named", |view| view.shows("names-me")).await?;
        press(&ana, "yes, @ana!", "react").await?;
        ana.wait("there are emoji", |view| view.visible("emoji-option").len() > 20).await?;
        expect_focus(&ana, &["emoji-input"]).await?;
        ana.press("rocket").await?;
        ana.wait("a rocket is found", finds("🚀")).await?;
        ana.press(Key::Enter).await?;
        let rocket =
            |view: &View| view.visible("reaction").iter().any(|it| it.text.starts_with("🚀"));
        ben.wait("any emoji can be put on a message", rocket).await?;
        ana.click("composer").await?;

        ana.click("emoji-open").await?;
        ana.wait("there are emoji", |view| view.visible("emoji-option").len() > 20).await?;
        expect_focus(&ana, &["emoji-input"]).await?;
        ana.press("rocket").await?;
        ana.wait("a rocket is found", finds("🚀")).await?;
        ana.press(Key::Enter).await?;
        ana.wait("it stands there", is_written("🚀")).await?;
        expect_focus(&ana, &["composer"]).await?;
        let fetched: u64 = ana.run(FETCHED, &[]).await?;
        ensure!(fetched == 1, "the table was fetched {fetched} times");
        Ok(())
    })
}

#[test]
fn a_shortcode_that_is_closed_by_a_colon_is_its_emoji_in_chromium() -> Told {
    closed("emoji-closed-chromium", Chromium)
}

#[test]
fn a_shortcode_that_is_closed_by_a_colon_is_its_emoji_in_firefox() -> Told {
    closed("emoji-closed-firefox", Firefox)
}

fn closed(story: &str, browser: Browser) -> Told {
    play(story, async |stage| {
        let ana = stage.enter("ana", browser).await?;
        ana.found_room(&stage.server.url(), "Ana").await?;
        // The table is fetched for it: the emoji is there once that has come.
        ana.type_into("composer", "at 12:30: :tada:").await?;
        ana.wait("it stands there", is_written("at 12:30: 🎉")).await?;
        ana.press("! :no_such_emoji: :+1:").await?;
        let whole = "at 12:30: 🎉! :no_such_emoji: 👍";
        ana.wait("the other, too, and nothing else", is_written(whole)).await?;
        expect_focus(&ana, &["composer"]).await?;
        ana.press(Key::Enter).await?;
        ana.hear(whole).await?;
        // What is pasted is left as it is.
        let pasted: bool = ana.run(PASTE_CODE, &[]).await?;
        ensure!(pasted, "the browser pastes nothing");
        ana.press(" ").await?;
        ana.wait("it is as it was pasted", is_written(":tada: ")).await?;
        Ok(())
    })
}

/// Waits until the service worker has all files.
async fn be_kept(page: &Page) -> Result<()> {
    let kept: bool = page.run_to_end(KEPT, &[]).await?;
    ensure!(kept, "there is no service worker");
    Ok(())
}

#[test]
fn emoji_are_there_without_a_network_and_if_they_cannot_be_had_it_is_said() -> Told {
    play("emoji-offline", async |stage| {
        let ana = stage.enter("ana", Chromium).await?;
        ana.found_room(&stage.server.url(), "Ana").await?;
        be_kept(&ana).await?;
        ana.reload().await?;
        ana.wait("the room is back", |view| view.shows("composer")).await?;
        stage.expect_bad_connections();
        stage.server.stop();
        ana.type_into("composer", ":tada").await?;
        ana.wait("a party popper is offered", offers("🎉")).await?;
        ana.press(Key::Enter).await?;
        ana.wait("it stands there", is_written("🎉 ")).await?;

        // The browser has deleted what was kept, and the server is away.
        ana.reload().await?;
        ana.wait("the room is back", |view| view.shows("composer")).await?;
        let gone = r#"
const done = arguments[arguments.length - 1];
(async () => {
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      if (request.url.endsWith("/emoji.txt")) await cache.delete(request);
    }
  }
  done(true);
})();
"#;
        ensure!(ana.run_to_end::<bool>(gone, &[]).await?);
        ana.fill("composer", ":tada").await?;
        let said = |view: &View| {
            view.visible("emoji-failed").iter().any(|it| it.text.contains("could not be loaded"))
        };
        ana.wait("it is said that they cannot be had", said).await?;
        ana.click("emoji-open").await?;
        let said = |view: &View| {
            view.visible("emoji-said").iter().any(|it| it.text.contains("could not be loaded"))
        };
        ana.wait("the picker says so, too", said).await?;
        ana.press(Key::Escape).await?;
        ana.wait("it is closed", |view| !view.shows("emoji-input")).await?;
        Ok(())
    })
}
