//! What nobody sees and somebody needs: focus and place stay when a tab takes over, nothing jumps
//! while a page loads, all of it can be used at 400 % and in the colours that a person has forced,
//! input methods end their words in peace, and new messages are said to whoever listens.

use crate::axe;
use crate::browser::Browser::{self, Chromium, Firefox};
use crate::looks::{CLOSE_DRAWER, DRAWER, fits};
use crate::page::{LOOK, PATIENCE, Page};
use crate::scrolling::{PLACE, SCROLL_UP, ask};
use crate::stage::{Stage, Told, play};
use crate::view::View;
use anyhow::{Result, ensure};
use serde_json::{Value, json};
use std::time::Instant;

/// The name of what has the keyboard.
const FOCUSED: &str = "return document.activeElement?.dataset.testid ?? '';";

/// All layout shifts since the page began, those that follow a person's deed left out: how much,
/// and what moved.
const SHIFTS: &str = r#"
const [done] = arguments;
const name = (node) => node?.dataset?.testid ?? node?.className ?? node?.nodeName ?? "nothing";
const where = ({ node, previousRect: from, currentRect: to }) =>
  `${name(node)} from ${from.top}+${from.height} to ${to.top}+${to.height}`;
const tell = (one) => [one.value, one.sources.map(where).join(", ")];
const moves = (entries) => entries.filter((one) => !one.hadRecentInput).map(tell);
const observer = new PerformanceObserver((list) => done(moves(list.getEntries())));
observer.observe({ type: "layout-shift", buffered: true });
setTimeout(() => done([]), 1000);
"#;

/// How far the document reaches beyond its window, in pixels.
const OVERFLOW: &str = r#"
const { scrollWidth, clientWidth } = document.scrollingElement;
return scrollWidth - clientWidth;
"#;

/// How much of the window the list of messages has, in pixels.
const LIST_HEIGHT: &str =
    r#"return document.querySelector('[data-testid="message-list"]').clientHeight;"#;

/// Composes a word as an input method does: Enter ends it, and is not the page's.
const COMPOSE: &str = r#"
const field = document.querySelector('[data-testid="composer"]');
field.focus();
const about = { bubbles: true, cancelable: true };
field.dispatchEvent(new CompositionEvent("compositionstart", about));
field.value = "你好";
field.dispatchEvent(new InputEvent("input", { ...about, data: "你好", isComposing: true }));
const enter = new KeyboardEvent("keydown", { ...about, key: "Enter", isComposing: true });
const isOurs = !field.dispatchEvent(enter);
field.dispatchEvent(new CompositionEvent("compositionend", { ...about, data: "你好" }));
return isOurs;
"#;

/// What stands above the first message of a day.
const DAY: &str = r#"return document.querySelector(".message .day")?.textContent ?? "";"#;

/// Midnight has passed: the page's clock is a day ahead, and the page is looked at.
const NEXT_DAY: &str = r#"
const [today, tomorrow, now] = [new Date(), new Date(), Date.now];
tomorrow.setDate(today.getDate() + 1);
const ahead = tomorrow.getTime() - today.getTime();
Date.now = () => now() + ahead;
document.dispatchEvent(new Event("visibilitychange"));
"#;

/// Animations that run, and how long the longest still does, in milliseconds.
const MOVES: &str = r#"
const runs = document.getAnimations().filter((one) => one.playState === "running");
return Math.max(0, ...runs.map((one) => one.effect.getComputedTiming().endTime));
"#;

#[test]
fn focus_place_and_what_is_typed_stay_when_a_tab_takes_over_in_chromium() -> Told {
    takes_over("comfort-tabs-chromium", Chromium)
}

#[test]
fn focus_place_and_what_is_typed_stay_when_a_tab_takes_over_in_firefox() -> Told {
    takes_over("comfort-tabs-firefox", Firefox)
}

fn takes_over(name: &str, browser: Browser) -> Told {
    play(name, async |stage| {
        let url = stage.server.url();
        let first = stage.enter("ana", browser).await?;
        let invite = first.found_room(&url, "Ana").await?;
        let lines: Vec<String> = (0..120).map(|line| format!("line {line}")).collect();
        first.send_all(&lines).await?;
        first.wait("all is saved", |view| view.state_of("line 119") == Some("saved")).await?;
        let second = first.new_tab().await?;
        second.come_back(&url).await?;
        second.wait("all is there", |view| view.state_of("line 119") == Some("saved")).await?;
        let middle: String = ask(&second, SCROLL_UP, &[json!(1200)]).await?;
        second.type_into("composer", "half a thought").await?;
        let place: f64 = ask(&second, PLACE, &[json!(middle)]).await?;

        first.close_tab().await?;
        second.wait("the second tab leads", View::leads).await?;
        let focused: String = second.run(FOCUSED, &[]).await?;
        ensure!(focused == "composer", "the keyboard is at “{focused}”");
        let view = second.view().await?;
        let typed = view.find("composer").and_then(|field| field.value.clone());
        ensure!(typed.as_deref() == Some("half a thought"), "typed is {typed:?}");
        let after: f64 = ask(&second, PLACE, &[json!(middle)]).await?;
        ensure!((after - place).abs() <= 1.0, "“{middle}” was at {place} and is at {after}");
        second.click("send").await?;
        let ben = stage.enter("ben", Chromium).await?;
        ben.join(&invite, "Ben").await?;
        ben.hear("half a thought").await
    })
}

#[test]
fn nothing_jumps_while_a_page_loads() -> Told {
    /// What counts as good, by the field's measure.
    const GOOD: f64 = 0.1;
    play("comfort-shifts", async |stage| {
        let url = stage.server.url();
        let ana = stage.enter("ana", Chromium).await?;
        ana.open(&url).await?;
        ana.wait("a room can be made", |view| view.shows("create-room")).await?;
        let start: Vec<(f64, String)> = ana.run_to_end(SHIFTS, &[]).await?;
        ana.found_room(&url, "Ana").await?;
        let lines: Vec<String> = (0..60).map(|line| format!("line {line}")).collect();
        ana.send_all(&lines).await?;
        let stored = |view: &View| view.state_of("line 59") == Some("saved");
        ana.wait("all is saved", stored).await?;
        ana.reload().await?;
        ana.wait("all is there again", stored).await?;
        let room: Vec<(f64, String)> = ana.run_to_end(SHIFTS, &[]).await?;
        for (place, shifts) in [("start", start), ("room", room)] {
            let sum: f64 = shifts.iter().map(|(shift, _)| shift).sum();
            ensure!(sum < GOOD, "{place}: layout shifts of {sum}: {shifts:#?}");
        }
        Ok(())
    })
}

#[test]
fn a_window_of_1280_pixels_at_400_percent_shows_all_there_is() -> Told {
    /// Enough to read two lines.
    const LINES: u64 = 48;
    play("comfort-zoom", async |stage| {
        let (ana, _ben) = two_who_talk(stage).await?;
        let window = json!({"width": 320, "height": 256, "deviceScaleFactor": 4, "mobile": false});
        ana.command_chromium("Emulation.setDeviceMetricsOverride", window).await?;
        examine(stage, &ana, async |place| {
            let beyond: i64 = ana.run(OVERFLOW, &[]).await?;
            ensure!(beyond <= 0, "{place}: one has to scroll {beyond} pixels sideways");
            fits(&ana, place).await
        })
        .await?;
        let height: u64 = ana.run(LIST_HEIGHT, &[]).await?;
        ensure!(height >= LINES, "the list of messages has {height} pixels");
        ana.type_into("composer", "said from close up").await?;
        ana.click("send").await?;
        ana.wait_for_delivery("said from close up").await
    })
}

#[test]
fn forced_colours_and_reduced_motion_are_obeyed() -> Told {
    play("comfort-forced", async |stage| {
        let (ana, _ben) = two_who_talk(stage).await?;
        let features = json!({"features": [
            {"name": "forced-colors", "value": "active"},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]});
        ana.command_chromium("Emulation.setEmulatedMedia", features).await?;
        // What moved when the wish was made goes on to its end: what begins after that is judged.
        let until = Instant::now() + PATIENCE;
        while ana.run::<f64>(MOVES, &[]).await? > 1.0 {
            ensure!(Instant::now() < until, "something moves without end");
            tokio::time::sleep(LOOK).await;
        }
        examine(stage, &ana, async |place| {
            let moves: f64 = ana.run(MOVES, &[]).await?;
            ensure!(moves <= 1.0, "{place}: something moves for {moves} ms");
            let found = axe::violations(&ana).await?;
            let lines: Vec<String> = found.iter().map(axe::Violation::line).collect();
            ensure!(lines.is_empty(), "{place}: {}", lines.join("\n"));
            Ok(())
        })
        .await
    })
}

/// Two of a room in which something was said.
async fn two_who_talk(stage: &Stage) -> Result<(Page, Page)> {
    let ana = stage.enter("ana", Chromium).await?;
    let invite = ana.found_room(&stage.server.url(), "Ana").await?;
    let ben = stage.enter("ben", Chromium).await?;
    ben.join(&invite, "Ben").await?;
    ben.send("is anybody there?").await?;
    ana.hear("is anybody there?").await?;
    ana.send("somebody is").await?;
    ana.wait_for_delivery("somebody is").await?;
    Ok((ana, ben))
}

/// Looks at the room, at its panel, which is a drawer in a narrow window, and at a dialog.
async fn examine(stage: &Stage, page: &Page, look: impl AsyncFn(&str) -> Result<()>) -> Result<()> {
    look("room").await?;
    page.picture(&stage.papers().join("room.png")).await?;
    if !page.view().await?.shows("leader") {
        page.run::<Value>(DRAWER, &[]).await?;
        page.wait("the panel is open", |view| view.shows("leader")).await?;
        look("panel").await?;
        page.picture(&stage.papers().join("panel.png")).await?;
    }
    let shown = page.view().await?.shows("connections-open");
    page.click(if shown { "connections-open" } else { "connections-open-members" }).await?;
    look("connections").await?;
    page.picture(&stage.papers().join("connections.png")).await?;
    page.click("connections-close").await?;
    page.run::<Value>(CLOSE_DRAWER, &[]).await?;
    Ok(())
}

#[test]
fn an_input_method_ends_its_words_with_enter_and_nothing_is_sent_in_chromium() -> Told {
    composes("comfort-words-chromium", Chromium)
}

#[test]
fn an_input_method_ends_its_words_with_enter_and_nothing_is_sent_in_firefox() -> Told {
    composes("comfort-words-firefox", Firefox)
}

fn composes(name: &str, browser: Browser) -> Told {
    play(name, async |stage| {
        let ana = stage.enter("ana", browser).await?;
        ana.found_room(&stage.server.url(), "Ana").await?;
        let ours: bool = ana.run(COMPOSE, &[]).await?;
        ensure!(!ours, "the page took the Enter that ends a word");
        ana.type_into("composer", "！").await?;
        let view = ana.view().await?;
        ensure!(view.rows.is_empty(), "something was sent: {:?}", view.rows);
        ana.type_into("composer", "\u{e007}").await?;
        ana.wait("it is sent by the next Enter", |view| view.said("你好！").len() == 1).await?;
        Ok(())
    })
}

#[test]
fn new_messages_are_said_to_whoever_listens_and_many_as_one() -> Told {
    play("comfort-said", async |stage| {
        let (ana, ben) = two_who_talk(stage).await?;
        let says = |view: &View| {
            view.find("announcer").map(|region| region.text.clone()).unwrap_or_default()
        };
        let view = ana.view().await?;
        ensure!(says(&view) == "Ben: is anybody there?", "it says “{}”", says(&view));
        let lines: Vec<String> = (0..12).map(|line| format!("line {line}")).collect();
        ben.send_all(&lines).await?;
        let many = |view: &View| says(view).starts_with(|first: char| first.is_ascii_digit());
        ana.wait("many are said as one", many).await?;
        let own = says(&ana.view().await?);
        ana.send("not said to myself").await?;
        ana.wait_for_delivery("not said to myself").await?;
        let now = says(&ana.view().await?);
        ensure!(!now.contains("myself"), "own words are said: “{own}”, then “{now}”");
        Ok(())
    })
}

#[test]
fn what_was_said_today_is_of_yesterday_once_midnight_has_passed() -> Told {
    play("comfort-midnight", async |stage| {
        let (ana, _ben) = two_who_talk(stage).await?;
        let until = async |day: &str| -> Result<()> {
            let deadline = Instant::now() + PATIENCE;
            loop {
                let said: String = ana.run(DAY, &[]).await?;
                if said == day {
                    return Ok(());
                }
                ensure!(Instant::now() < deadline, "it says “{said}” in place of “{day}”");
                tokio::time::sleep(LOOK).await;
            }
        };
        until("Today").await?;
        let () = ana.run(NEXT_DAY, &[]).await?;
        until("Yesterday").await
    })
}
