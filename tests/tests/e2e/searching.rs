//! Search in a room finds what is further up than the page shows, and leads there.

use std::time::Instant;

use anyhow::{Result, ensure};
use serde_json::json;

use crate::browser::Browser::{Chromium, Firefox};
use crate::looks::{be_small, be_wide, fits, speak};
use crate::page::{LOOK, PATIENCE, Page};
use crate::stage::{Told, play};
use crate::view::View;

/// What the row says to which one was led, if it is on the screen.
const POINTED: &str = r#"
const row = document.querySelector('[data-pointed]');
const place = row?.getBoundingClientRect();
const seen = place && place.top >= 0 && place.bottom <= innerHeight;
return seen ? row.querySelector('[data-testid="message-body"]').textContent : "";
"#;

/// Says numbered messages, each in another class than the one before: no two of them become one
/// run. As a person would, and without waiting for anything but the page.
const HAY: &str = r#"
const [from, to, done] = arguments;
const find = (what) => document.querySelector(what);
const until = async (is) => {
  while (!is()) await new Promise((next) => setTimeout(next, 5));
};
const say = async (number) => {
  const choice = `[data-testid="priority"][data-value="${number % 2 === 0 ? "normal" : "low"}"]`;
  find('[data-testid="manner"]').click();
  await until(() => find(choice));
  find(choice).click();
  await until(() => !find(choice));
  const composer = find('[data-testid="composer"]');
  const enter = { key: "Enter", bubbles: true, cancelable: true };
  composer.value = `hay ${number}`;
  composer.dispatchEvent(new InputEvent("input", { bubbles: true }));
  composer.dispatchEvent(new KeyboardEvent("keydown", enter));
  await until(() => composer.value === "");
};
(async () => {
  for (let number = from; number < to; number += 1) await say(number);
})().then(() => done(null));
"#;

/// WebDriver's name of the key.
const ESCAPE: &str = "\u{e00c}";

pub async fn led_to(page: &Page, body: &str) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let told: String = page.run(POINTED, &[]).await?;
        if told == body {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "one is led to {told:?}, not to {body:?}");
        tokio::time::sleep(LOOK).await;
    }
}

pub fn counts(words: &'static str) -> impl Fn(&View) -> bool {
    move |view| view.find("search-count").is_some_and(|count| count.text.contains(words))
}

/// Says more than a page of the timeline: "hay 0" up to "hay 109".
pub async fn say_hay(page: &Page) -> Result<()> {
    // A script that takes long is ended by the driver.
    for from in (0..110).step_by(10) {
        let () = page.run_to_end(HAY, &[json!(from), json!(from + 10)]).await?;
    }
    Ok(())
}

pub async fn look_for(page: &Page, text: &str) -> Result<()> {
    page.click("search-open").await?;
    page.wait("one can search", |view| view.shows("search")).await?;
    page.fill("search", text).await
}

#[test]
fn what_was_said_long_ago_is_found_in_chromium_and_firefox_and_one_is_led_there() -> Told {
    play("search", async |stage| {
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&stage.server.url(), "Ana").await?;
        let ben = stage.enter("ben", Firefox).await?;
        ben.join(&invite, "Ben").await?;
        ana.send("我们明天坐火车去北京").await?;
        ana.send("the Needle in the haystack").await?;
        say_hay(&ana).await?;
        ben.hear("hay 109").await?;
        for page in [&ana, &ben] {
            page.reload().await?;
            page.wait("the room is back", |view| view.state_of("hay 109").is_some()).await?;
            let view = page.view().await?;
            ensure!(view.said("the Needle in the haystack").is_empty(), "it is shown already");
            look_for(page, "needle hay").await?;
            page.wait("it is found", counts("1 found")).await?;
            page.click("search-hit").await?;
            led_to(page, "the Needle in the haystack").await?;
            page.fill("search", "火车").await?;
            page.wait("it is found, too", counts("1 found")).await?;
            page.fill("search", "hay 10").await?;
            page.wait("several are found", counts("11 found")).await?;
        }
        // By the arrows from one to the next.
        ana.click("search-up").await?;
        led_to(&ana, "hay 109").await?;
        ana.wait("it says which of them", counts("1 of 11")).await?;
        ana.click("search-up").await?;
        led_to(&ana, "hay 108").await?;
        ana.click("search-down").await?;
        led_to(&ana, "hay 109").await?;
        // What comes in meanwhile is found.
        ana.fill("search", "something new").await?;
        ana.wait("nothing is found", counts("nothing")).await?;
        ben.send("something quite new").await?;
        ana.wait("it is found", counts("1 found")).await?;

        ana.fill("search", "hay").await?;
        ana.wait("many are found", counts("111 found")).await?;
        stage.portray(&ana, "search").await?;
        be_small(&ana).await?;
        for language in ["en", "zh"] {
            speak(&ana, language).await?;
            fits(&ana, &format!("the search in {language}")).await?;
            stage.portray(&ana, &format!("search-phone-{language}")).await?;
        }
        speak(&ana, "en").await?;
        be_wide(&ana).await?;
        ana.type_into("search", ESCAPE).await?;
        ana.wait("it is closed", |view| !view.shows("search")).await?;
        let focus = "return document.activeElement?.dataset.testid ?? '';";
        let there: String = ana.run(focus, &[]).await?;
        ensure!(there == "search-open", "the keyboard is at {there:?}");
        Ok(())
    })
}
