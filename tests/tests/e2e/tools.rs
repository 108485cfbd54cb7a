//! What can be done with a message, and how the next one goes: in sight for whoever points at it,
//! comes by keyboard, or touches it; and out of the way of whoever reads.

use crate::browser::Browser::{self, Chromium, Firefox};
use crate::looks::{be_small, be_wide};
use crate::page::{LOOK, PATIENCE, Page};
use crate::stage::{Told, play};
use crate::view::View;
use anyhow::{Result, ensure};
use serde_json::json;
use std::time::Instant;
use thirtyfour::prelude::Key;

/// Whether the tools of the message that says something can be seen, and pressed where they stand.
const TOOLS: &str = r#"
const rows = [...document.querySelectorAll('[data-testid="message"]')];
const said = (row) => row.querySelector('[data-testid="message-body"]').textContent;
const tools = rows.find((row) => said(row) === arguments[0]).querySelector(".actions");
const button = tools.querySelector("button");
const { left, top, width, height } = button.getBoundingClientRect();
const there = document.elementFromPoint(left + width / 2, top + height / 2);
const opacity = (one) => Number(getComputedStyle(one).opacity);
return [opacity(tools) * opacity(button) === 1, button.contains(there)];
"#;

/// How high the row of a message is, in pixels.
const HEIGHT: &str = r#"
const rows = [...document.querySelectorAll('[data-testid="message"]')];
const said = (row) => row.querySelector('[data-testid="message-body"]').textContent;
return rows.find((row) => said(row) === arguments[0]).getBoundingClientRect().height;
"#;

/// What has the keyboard, by its name for tests.
const FOCUS: &str = "return document.activeElement?.dataset.testid ?? '';";

/// Touches what stands beside the message that says something: the middle of it, in pixels.
const BESIDE: &str = r#"
const rows = [...document.querySelectorAll('[data-testid="message"]')];
const said = (row) => row.querySelector('[data-testid="message-body"]').textContent;
const tools = rows.find((row) => said(row) === arguments[0]).querySelector(".actions");
const { left, top, width, height } = tools.getBoundingClientRect();
return [left + width / 2, top + height / 2, Math.min(width, height)];
"#;

async fn expect_tools(page: &Page, body: &str, seen: bool, when: &str) -> Result<()> {
    let until = Instant::now() + PATIENCE;
    while page.run::<(bool, bool)>(TOOLS, &[json!(body)]).await? != (seen, seen) {
        ensure!(Instant::now() < until, "{when}, the tools of “{body}” are not as they should be");
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

async fn expect_focus(page: &Page, id: &str) -> Result<()> {
    let focused: String = page.run(FOCUS, &[]).await?;
    ensure!(focused == id, "the keyboard is with {focused:?}, not with {id}");
    Ok(())
}

#[test]
fn tools_are_seen_by_whoever_points_or_comes_by_keyboard_in_chromium() -> Told {
    are_seen("tools-chromium", Chromium)
}

#[test]
fn tools_are_seen_by_whoever_points_or_comes_by_keyboard_in_firefox() -> Told {
    are_seen("tools-firefox", Firefox)
}

fn are_seen(name: &str, browser: Browser) -> Told {
    /// A bubble of one line, and little else.
    const LINE: f64 = 72.0;
    play(name, async |stage| {
        let ana = stage.enter("ana", browser).await?;
        ana.found_room(&stage.server.url(), "Ana").await?;
        for words in ["one", "two", "three"] {
            ana.send(words).await?;
        }
        ana.wait("all is saved", |view| view.state_of("three") == Some("saved")).await?;
        let height: f64 = ana.run(HEIGHT, &[json!("two")]).await?;
        ensure!(height < LINE, "a message of one word is {height} pixels high");
        ana.point_at("one").await?;
        expect_tools(&ana, "one", true, "pointed at").await?;
        expect_tools(&ana, "two", false, "pointed at another").await?;
        ana.picture(&stage.papers().join("pointed.png")).await?;
        ana.click("reply").await?;
        let answers =
            |view: &View| view.visible("replying").iter().any(|it| it.text.contains("one"));
        ana.wait("it is answered", answers).await?;
        ana.press(Key::Escape).await?;
        ana.wait("it is given up", |view| !view.shows("replying")).await?;
        // Backwards from the composer: the emoji, and the last message's last tool.
        ana.press(Key::Shift + Key::Tab).await?;
        ana.press(Key::Shift + Key::Tab).await?;
        expect_focus(&ana, "delete-message").await?;
        expect_tools(&ana, "three", true, "with the keyboard").await?;
        Ok(())
    })
}

#[test]
fn a_touch_beside_a_message_brings_its_tools() -> Told {
    /// What a fingertip hits.
    const FINGERTIP: f64 = 24.0;
    play("tools-touched", async |stage| {
        let ana = stage.enter("ana", Chromium).await?;
        ana.found_room(&stage.server.url(), "Ana").await?;
        ana.send("one").await?;
        ana.send("two").await?;
        ana.wait("all is saved", |view| view.state_of("two") == Some("saved")).await?;
        be_small(&ana).await?;
        let (x, y, size): (f64, f64, f64) = ana.run(BESIDE, &[json!("two")]).await?;
        ensure!(size >= FINGERTIP, "what is touched is {size} pixels large");
        ana.picture(&stage.papers().join("untouched.png")).await?;
        for (kind, points) in [("touchStart", json!([{"x": x, "y": y}])), ("touchEnd", json!([]))] {
            let touch = json!({"type": kind, "touchPoints": points});
            ana.command_chromium("Input.dispatchTouchEvent", touch).await?;
        }
        expect_tools(&ana, "two", true, "touched").await?;
        ana.picture(&stage.papers().join("touched.png")).await?;
        ana.click("edit-message").await?;
        ana.wait("it is edited", |view| view.shows("revision")).await?;
        ana.press(Key::Escape).await?;
        be_wide(&ana).await
    })
}

#[test]
fn how_a_message_goes_is_chosen_with_the_keyboard_alone() -> Told {
    play("tools-menu", async |stage| {
        let ana = stage.enter("ana", Chromium).await?;
        ana.found_room(&stage.server.url(), "Ana").await?;
        let says = |words: &'static str| {
            move |view: &View| view.visible("manner").iter().any(|it| it.text.ends_with(words))
        };
        ana.click("composer").await?;
        ana.press(Key::Tab).await?;
        expect_focus(&ana, "manner").await?;
        ana.press(Key::Enter).await?;
        ana.wait("the menu is open", |view| view.shows("priority")).await?;
        ana.picture(&stage.papers().join("menu.png")).await?;
        ana.press(Key::Up).await?;
        ana.press(Key::Enter).await?;
        ana.wait("it is said", says("Urgent")).await?;
        expect_focus(&ana, "composer").await?;
        ana.press(Key::Tab).await?;
        ana.press(Key::Down).await?;
        ana.wait("the menu is open", |view| view.shows("delivery")).await?;
        ana.press(Key::Escape).await?;
        ana.wait("the menu is closed", |view| !view.shows("delivery")).await?;
        expect_focus(&ana, "composer").await?;
        ana.press("now!").await?;
        ana.press(Key::Enter).await?;
        ana.wait("it is sent", |view| view.rows.iter().any(|row| row.priority == "urgent")).await?;
        // Nobody shouts on by mistake.
        ana.wait("the next one is as usual", says("sent")).await?;
        Ok(())
    })
}
