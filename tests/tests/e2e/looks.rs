//! The page in other clothes: Chinese, dark, on a phone. Takes the pictures of the documents.

use crate::browser::Browser::Chromium;
use crate::page::Page;
use crate::stage::{Told, play};
use crate::view::View;
use anyhow::{Result, ensure};
use serde_json::json;

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

/// Waits until colours have changed: the first frame begins the transitions, the second knows of
/// all of them.
const CALM: &str = r#"
const done = arguments[arguments.length - 1];
const ended = () => Promise.all(document.getAnimations().map((one) => one.finished));
const frame = (next) => requestAnimationFrame(() => requestAnimationFrame(next));
frame(() => ended().then(() => done(true), () => done(false)));
"#;

/// How far the page is wider than the window, and the composer below it, in pixels.
const OVERFLOW: &str = r#"
const root = document.documentElement;
const composer = document.querySelector('[data-testid="composer"]').getBoundingClientRect();
return [root.scrollWidth - window.innerWidth, Math.ceil(composer.bottom) - window.innerHeight];
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

/// How far any part of the page reaches beyond the window's sides.
const BEYOND: &str = r#"
const shown = (one) => one.checkVisibility({ visibilityProperty: true });
const parts = [...document.querySelectorAll("header *, .foot *, .panel *, dialog *")].filter(shown);
const over = (one) => one.getBoundingClientRect();
const out = parts.filter((one) => over(one).right > innerWidth + 1 || over(one).left < -1);
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

/// The smallest phone: 360 pixels, in both languages, with the panel closed and open.
async fn fits_a_small_phone(page: &Page) -> Result<()> {
    be_small(page).await?;
    for language in ["en", "zh"] {
        speak(page, language).await?;
        fits(page, &format!("the room in {language}")).await?;
        page.run::<serde_json::Value>(DRAWER, &[]).await?;
        page.wait("the panel is open", |view| view.shows("leader")).await?;
        fits(page, &format!("the panel in {language}")).await?;
        page.run::<serde_json::Value>(DRAWER, &[]).await?;
    }
    speak(page, "en").await
}

/// The window is that of a small phone.
pub async fn be_small(page: &Page) -> Result<()> {
    let phone = json!({"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": true});
    page.command_chromium("Emulation.setDeviceMetricsOverride", phone).await
}

/// The window is that of a desk again.
pub async fn be_wide(page: &Page) -> Result<()> {
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

/// Opens the panel, or closes it.
pub const DRAWER: &str = "document.querySelector('[popovertarget]').click();";

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
fn pictures_of_start_join_and_chat_in_light_and_dark_and_on_a_phone() -> Told {
    play("looks", async |stage| {
        let url = stage.server.url();
        let ana = stage.enter("ana", Chromium).await?;
        ana.open(&url).await?;
        ana.wait("a room can be made", |view| view.shows("create-room")).await?;
        stage.portray(&ana, "start").await?;
        let invite = ana.found_room(&url, "Ana").await?;

        let ben = stage.enter("ben", Chromium).await?;
        ben.open(&invite).await?;
        ben.wait("one can join", |view| view.shows("name-save")).await?;
        stage.portray(&ben, "join").await?;
        ben.open("about:blank").await?;
        ben.join(&invite, "Ben").await?;
        talk(&ana, &ben).await?;
        stage.portray(&ana, "chat").await?;

        dress(&ana, "dark").await?;
        let brightness: f64 = ana.run(BRIGHTNESS, &[]).await?;
        ensure!(brightness < 80.0, "dark is not dark: {brightness}");
        stage.portray(&ana, "chat-dark").await?;
        dress(&ana, "light").await?;
        let brightness: f64 = ana.run(BRIGHTNESS, &[]).await?;
        ensure!(brightness > 180.0, "light is not light: {brightness}");

        let phone = json!({"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true});
        ana.command_chromium("Emulation.setDeviceMetricsOverride", phone).await?;
        let [right, below]: [i64; 2] = ana.run(OVERFLOW, &[]).await?;
        ensure!(right <= 0, "on a phone the page is {right} pixels too wide");
        ensure!(below <= 0, "on a phone the composer is {below} pixels below the screen");
        ana.send("And it fits into a pocket.").await?;
        ben.hear("And it fits into a pocket.").await?;
        ana.wait_for_delivery("And it fits into a pocket.").await?;
        stage.portray(&ana, "chat-phone").await?;
        fits_a_small_phone(&ana).await?;

        be_wide(&ana).await?;
        ben.close().await?;
        ana.wait_for_company(1).await?;
        ana.send("This one waits until you are back.").await?;
        ana.wait("one waits", |view| view.pending() == 1).await?;
        stage.portray(&ana, "waiting").await
    })
}

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

/// A conversation for the pictures.
async fn talk(ana: &Page, ben: &Page) -> Result<()> {
    ana.send("Hello Ben, can you read me?").await?;
    ben.hear("Hello Ben, can you read me?").await?;
    ben.send("Loud and clear. Which server is this on?").await?;
    ana.hear("Loud and clear. Which server is this on?").await?;
    ana.send("None. This goes from my browser straight to yours.").await?;
    ben.hear("None. This goes from my browser straight to yours.").await?;
    ben.choose_priority("urgent").await?;
    ben.send("Then close the lid: your message will wait for me.").await?;
    ana.hear("Then close the lid: your message will wait for me.").await?;
    ana.wait_for_delivery("None. This goes from my browser straight to yours.").await
}

pub async fn dress(page: &Page, scheme: &str) -> Result<()> {
    let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
    page.command_chromium("Emulation.setEmulatedMedia", features).await?;
    let calm: bool = page.run_to_end(CALM, &[]).await?;
    ensure!(calm, "the page's colours go on changing");
    Ok(())
}
