//! The page in other clothes: Chinese, dark, on a small phone. What the walk in `screens` and other
//! stories dress it with, and what has to hold in all of them.

use crate::browser::Browser::Chromium;
use crate::page::{LOOK, PATIENCE, Page};
use crate::stage::{Told, play};
use crate::view::View;
use anyhow::{Result, ensure};
use serde_json::json;
use std::time::Instant;

/// Brightness of the page's background, 0 to 255.
const BRIGHTNESS: &str = r#"
const canvas = document.createElement("canvas").getContext("2d");
canvas.fillStyle = "white";
for (const part of [document.documentElement, document.body]) {
  canvas.fillStyle = getComputedStyle(part).backgroundColor;
  canvas.fillRect(0, 0, 1, 1);
}
const [red, green, blue] = canvas.getImageData(0, 0, 1, 1).data;
return (red + green + blue) / 3;
"#;

/// True once colours have changed: to ask for the animations begins those that are due.
const CALM: &str = r#"
return document.getAnimations().every((one) => one.playState !== "running");
"#;

/// What can be pressed and is smaller than a fingertip's 24 by 24 pixels, unless it is a word in a
/// line of text.
const SMALL: &str = r#"
const shown = (one) => one.checkVisibility({ visibilityProperty: true });
const pressed = [...document.querySelectorAll("button, select, summary, input, textarea, a[href]")];
const size = (one) => one.getBoundingClientRect();
const low = (one) => size(one).width < 24 || size(one).height < 24;
const small = pressed.filter((one) => shown(one) && low(one));
const name = (one) => one.dataset.testid ?? one.className ?? one.textContent;
return small.map((one) => `${name(one)} ${size(one).width}x${size(one).height}`);
"#;

/// How far any part of the page reaches beyond the window's sides. What is cut off, or scrolls,
/// within a part of it reaches no further than that.
const BEYOND: &str = r#"
const whole = ["HEADER", "MAIN", "ASIDE", "DIALOG", "BODY"];
const cuts = (one) => getComputedStyle(one).overflowX !== "visible";
const cut = (one) => {
  for (let up = one.parentElement; up && !whole.includes(up.tagName); up = up.parentElement) {
    if (cuts(up)) return true;
  }
  return false;
};
const shown = (one) => one.checkVisibility({ visibilityProperty: true });
const parts = [...document.querySelectorAll("header *, .foot *, .panel *, dialog *")].filter(shown);
const over = (one) => one.getBoundingClientRect();
const beyond = (one) => over(one).right > innerWidth + 1 || over(one).left < -1;
const out = parts.filter((one) => beyond(one) && !cut(one));
return out.map((one) => `${one.tagName} ${one.className} ${one.textContent.slice(0, 30)}`);
"#;

/// Fails if something is too small to be pressed or cut off at a side.
pub async fn fits(page: &Page, place: &str) -> Result<()> {
    let small: Vec<String> = page.run(SMALL, &[]).await?;
    ensure!(small.is_empty(), "{place}: too small to be pressed: {small:?}");
    let beyond: Vec<String> = page.run(BEYOND, &[]).await?;
    ensure!(beyond.is_empty(), "{place}: beyond the window: {beyond:?}");
    Ok(())
}

/// The window is that of a small phone.
pub async fn be_small(page: &Page) -> Result<()> {
    let phone = json!({"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": true});
    page.command_chromium("Emulation.setDeviceMetricsOverride", phone).await?;
    page.command_chromium("Emulation.setTouchEmulationEnabled", json!({"enabled": true})).await
}

/// The window is that of a desk again.
pub async fn be_wide(page: &Page) -> Result<()> {
    page.command_chromium("Emulation.setTouchEmulationEnabled", json!({"enabled": false})).await?;
    page.command_chromium("Emulation.clearDeviceMetricsOverride", json!({})).await
}

/// Chooses a language.
pub async fn speak(page: &Page, language: &str) -> Result<()> {
    let chosen: bool = page.run(SPEAK, &[json!(language)]).await?;
    ensure!(chosen, "{language} cannot be chosen");
    let spoken = |view: &View| view.language.starts_with(language);
    page.wait("the page speaks it", spoken).await?;
    Ok(())
}

/// The page runs from right to left, and says so with letters that do, as in a language that is
/// written so; or as before.
pub async fn mirror(page: &Page, on: bool) -> Result<()> {
    page.run::<serde_json::Value>(MIRROR, &[json!(on)]).await?;
    Ok(())
}

/// Puts a mark before and behind each text that makes it run from right to left as a whole.
const MIRROR: &str = r#"
const [on] = arguments;
document.documentElement.dir = on ? "rtl" : "";
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const [begin, end] = ["\u202e", "\u202c"];
for (let text = texts.nextNode(); text; text = texts.nextNode()) {
  const within = ["BUTTON", "LABEL", "H1", "H2", "H3"].includes(text.parentElement.tagName);
  if (!within || !text.data.trim()) continue;
  text.data = on ? begin + text.data + end : text.data.replace(begin, "").replace(end, "");
}
return null;
"#;

/// Opens the panel, or closes it.
pub const DRAWER: &str = "document.querySelector('[popovertarget]').click();";
/// Puts the panel away: a window that is wide again would still be covered by it.
pub const CLOSE_DRAWER: &str = r#"document.getElementById("members-panel").hidePopover();"#;

/// Chooses a language.
const SPEAK: &str = r#"
const choices = [...document.querySelectorAll("select")];
const choice = choices.find((one) => [...one.options].some((it) => it.value.startsWith("zh")));
const option = [...(choice?.options ?? [])].find((it) => it.value.startsWith(arguments[0]));
if (!option) return false;
choice.value = option.value;
choice.dispatchEvent(new Event("change", { bubbles: true }));
return true;
"#;

#[test]
fn chinese_browser_gets_a_chinese_page() -> Told {
    play("chinese", async |stage| {
        let url = stage.server.url();
        let ana = stage.enter_speaking("ana", Chromium, "zh-CN").await?;
        ana.open(&url).await?;
        let is_chinese = |text: &str| text.chars().any(|letter| ('一'..='鿿').contains(&letter));
        let view = ana.wait("a room can be made", |view| view.shows("create-room")).await?;
        ensure!(view.language.starts_with("zh"), "the document's language is {}", view.language);
        ensure!(view.find("create-room").is_some_and(|button| is_chinese(&button.text)));
        ana.enter_names("安娜", "夜行列车").await?;
        let invite = ana.invite().await?;
        let ben = stage.enter_speaking("ben", Chromium, "zh-CN").await?;
        ben.join(&invite, "本").await?;
        ana.send("你好！浏览器里的聊天，消息直接送达。").await?;
        ben.hear("你好！浏览器里的聊天，消息直接送达。").await?;
        ben.send("真快。").await?;
        ana.hear("真快。").await?;
        let view = ana.wait("both are named", |view| view.online() == 2).await?;
        for name in ["link-state", "signal-state"] {
            ensure!(view.find(name).is_some_and(|state| is_chinese(&state.text)), "{name}");
        }
        stage.portray(&ana, "chat-chinese").await
    })
}

/// Chooses `light` or `dark`, and fails if the page does not look it.
pub async fn dress(page: &Page, scheme: &str) -> Result<()> {
    // Without motion, colours change at once: a window that nobody looks at may draw no frames.
    let scheme_now = json!({"name": "prefers-color-scheme", "value": scheme});
    let no_motion = json!({"name": "prefers-reduced-motion", "value": "reduce"});
    let features = json!({"features": [scheme_now, no_motion]});
    page.command_chromium("Emulation.setEmulatedMedia", features).await?;
    let until = Instant::now() + PATIENCE;
    while !page.run::<bool>(CALM, &[]).await? {
        ensure!(Instant::now() < until, "the page's colours go on changing");
        tokio::time::sleep(LOOK).await;
    }
    let brightness: f64 = page.run(BRIGHTNESS, &[]).await?;
    let looks_it = if scheme == "dark" { brightness < 80.0 } else { brightness > 180.0 };
    ensure!(looks_it, "{scheme} is of brightness {brightness}");
    Ok(())
}
