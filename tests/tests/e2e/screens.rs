//! The walk through every screen, in all its clothes: wide and on a small phone, in English and in
//! Chinese, light and dark, and mirrored as for a script that runs from right to left. On each it
//! fits, nothing is too small to be pressed, and axe-core finds nothing that shuts anybody out.
//! Takes the pictures of the documents; those of all clothes lie in the story's papers.

use crate::axe::violations;
use crate::browser::Browser::Chromium;
use crate::lock;
use crate::looks::{CLOSE_DRAWER, DRAWER, be_small, be_wide, dress, fits, mirror, speak};
use crate::membership::ask_about;
use crate::page::Page;
use crate::queue::{choose, press, react};
use crate::room::ROOM;
use crate::stage::{Stage, Told, play_for};
use crate::view::View;
use anyhow::{Result, ensure};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::time::Duration;
use thirtyfour::prelude::Key;

/// Ten suits a screen, and a good look at each.
const WALK: Duration = Duration::from_secs(420);

/// How wide a screen is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Width {
    /// A desk's window.
    Wide,
    /// The smallest phone.
    Phone,
}

const BOTH: [Width; 2] = [Width::Wide, Width::Phone];

/// How far the composer is below the window, in pixels.
const BELOW: &str = r#"
const composer = document.querySelector('[data-testid="composer"]').getBoundingClientRect();
return Math.ceil(composer.bottom) - window.innerHeight;
"#;

/// A picture without words for it, and words that can hardly be told from what is behind them.
const SPOIL: &str = r#"
const spoilt = document.createElement("p");
const picture = document.createElement("img");
picture.src = "icons/icon.svg";
spoilt.append(picture, "hardly there");
spoilt.style.color = "rgb(119 119 119)";
spoilt.style.background = "rgb(136 136 136)";
document.querySelector("main").append(spoilt);
return true;
"#;

/// The window gets this width.
async fn be_of(page: &Page, width: Width) -> Result<()> {
    match width {
        Width::Wide => be_wide(page).await,
        Width::Phone => be_small(page).await,
    }
}

/// One story's part of the walk. What is wrong on a screen is told at its end, with the rest.
struct Walk<'a> {
    stage: &'a Stage,
    wrong: RefCell<Vec<String>>,
}

impl<'a> Walk<'a> {
    fn new(stage: &'a Stage) -> Self {
        Self { stage, wrong: RefCell::default() }
    }

    /// Looks at a screen in all clothes, which shows this in each; its first clothes are on again
    /// afterwards.
    async fn examine(
        &self,
        page: &Page,
        (screen, shown): (&str, &str),
        widths: &[Width],
    ) -> Result<()> {
        for width in widths {
            be_of(page, *width).await?;
            for language in ["en", "zh"] {
                speak(page, language).await?;
                for scheme in ["light", "dark"] {
                    dress(page, scheme).await?;
                    let suit = format!("{screen}-{width:?}-{language}-{scheme}").to_lowercase();
                    self.look(page, (&suit, shown)).await?;
                }
            }
        }
        dress(page, "light").await?;
        speak(page, "en").await?;
        for width in widths {
            be_of(page, *width).await?;
            mirror(page, true).await?;
            let suit = format!("{screen}-{width:?}-mirrored").to_lowercase();
            self.look(page, (&suit, shown)).await?;
            mirror(page, false).await?;
        }
        if widths.contains(&Width::Phone) {
            be_wide(page).await?;
        }
        Ok(())
    }

    async fn look(&self, page: &Page, (suit, shown): (&str, &str)) -> Result<()> {
        page.picture(&self.stage.papers().join(format!("{suit}.png"))).await?;
        let mut wrong = Vec::new();
        if !page.view().await?.shows(shown) {
            wrong.push(format!("{suit}: {shown} is not to be seen"));
        }
        if let Err(error) = fits(page, suit).await {
            wrong.push(format!("{error:#}"));
        }
        let found = violations(page).await?;
        wrong.extend(found.iter().map(|one| format!("{suit}: {}", one.line())));
        self.wrong.borrow_mut().extend(wrong);
        Ok(())
    }

    /// Looks at the drawer of a phone.
    async fn examine_drawer(&self, page: &Page, screen: &str) -> Result<()> {
        be_small(page).await?;
        page.run::<Value>(DRAWER, &[]).await?;
        page.wait("the panel is open", |view| view.shows("leader")).await?;
        self.examine(page, (screen, "leader"), &[Width::Phone]).await?;
        page.run::<Value>(CLOSE_DRAWER, &[]).await?;
        Ok(())
    }

    /// Fails if anything was wrong on any screen.
    fn judge(self) -> Result<()> {
        let wrong = self.wrong.into_inner();
        ensure!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    }
}

async fn close_dialog(page: &Page, id: &str) -> Result<()> {
    page.press(Key::Escape).await?;
    page.wait(&format!("{id} is closed"), |view| !view.shows(id)).await?;
    Ok(())
}

#[test]
fn axe_finds_what_is_wrong_with_a_page_that_was_spoilt() -> Told {
    play_for(WALK, "screens-spoilt", async |stage| {
        let ana = stage.enter("ana", Chromium).await?;
        ana.open(&stage.server.url()).await?;
        ana.wait("a room can be made", |view| view.shows("create-room")).await?;
        ensure!(ana.run::<bool>(SPOIL, &[]).await?);
        let found = violations(&ana).await?;
        let rules: Vec<&str> = found.iter().map(|one| one.rule.as_str()).collect();
        ensure!(rules.contains(&"image-alt") && rules.contains(&"color-contrast"), "{rules:?}");
        Ok(())
    })
}

#[test]
fn start_invite_and_room_shut_nobody_out_in_any_clothes() -> Told {
    play_for(WALK, "screens-room", async |stage| {
        let walk = Walk::new(stage);
        let url = stage.server.url();
        let ana = stage.enter("ana", Chromium).await?;
        ana.open(&url).await?;
        ana.wait("a room can be made", |view| view.shows("create-room")).await?;
        stage.portray(&ana, "start").await?;
        walk.examine(&ana, ("start", "create-room"), &BOTH).await?;
        let invite = ana.found_room(&url, "Ana").await?;
        walk.examine(&ana, ("empty", "composer"), &BOTH).await?;

        let ben = stage.enter("ben", Chromium).await?;
        ben.open(&invite).await?;
        ben.wait("one can join", |view| view.shows("name-save")).await?;
        stage.portray(&ben, "join").await?;
        walk.examine(&ben, ("join", "name-save"), &BOTH).await?;
        ben.open("about:blank").await?;
        ben.join(&invite, "Ben").await?;
        talk(&ana, &ben).await?;
        stage.portray(&ana, "chat").await?;
        dress(&ana, "dark").await?;
        stage.portray(&ana, "chat-dark").await?;
        dress(&ana, "light").await?;
        let phone = json!({"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true});
        ana.command_chromium("Emulation.setDeviceMetricsOverride", phone).await?;
        let below: i64 = ana.run(BELOW, &[]).await?;
        ensure!(below <= 0, "on a phone the composer is {below} pixels below the screen");
        ana.send("And it fits into a pocket.").await?;
        ben.hear("And it fits into a pocket.").await?;
        ana.wait_for_delivery("And it fits into a pocket.").await?;
        stage.portray(&ana, "chat-phone").await?;
        keeps_clear_of_the_notch(&ana).await?;
        be_wide(&ana).await?;
        adorn(&ana, &ben).await?;
        walk.examine(&ana, ("chat", "composer"), &BOTH).await?;
        walk.examine_drawer(&ana, "panel").await?;

        ben.close().await?;
        ana.wait_for_company(1).await?;
        ana.send("This one waits until you are back.").await?;
        ana.wait("one waits", |view| view.pending() == 1).await?;
        stage.portray(&ana, "waiting").await?;
        choose(&ana, "in-an-hour").await?;
        ana.send("later").await?;
        ana.wait("one waits for its time", |view| view.shows("waiting-item")).await?;
        ana.run::<Value>(OPEN_INSIDE, &[]).await?;
        ana.wait("it is counted", |view| view.shows("queue-peer")).await?;
        walk.examine(&ana, ("queue", "queue-peer"), &[Width::Wide]).await?;
        walk.examine_drawer(&ana, "queue").await?;
        walk.judge()
    })
}

/// How far below the edge of the screen the header's first button is, in pixels.
const HEADER: &str = r#"
return document.querySelector('[data-testid="all-rooms"]').getBoundingClientRect().top;
"#;

/// What the page asks of a keyboard on the screen.
const VIEWPORT: &str = r#"return document.querySelector('meta[name="viewport"]').content;"#;

/// Nothing stands where a phone has its camera, and a keyboard covers nothing.
async fn keeps_clear_of_the_notch(page: &Page) -> Result<()> {
    let insets = |top: u32| json!({"insets": {"top": top, "topMax": top}});
    page.command_chromium("Emulation.setSafeAreaInsetsOverride", insets(47)).await?;
    let top: f64 = page.run(HEADER, &[]).await?;
    ensure!(top >= 47.0, "the header begins {top} pixels below the edge");
    page.command_chromium("Emulation.setSafeAreaInsetsOverride", insets(0)).await?;
    let viewport: String = page.run(VIEWPORT, &[]).await?;
    ensure!(viewport.contains("interactive-widget=resizes-content"), "{viewport}");
    Ok(())
}

/// Looks into the queue.
const OPEN_INSIDE: &str = r#"document.querySelector('[data-testid="queue-inside"]').open = true"#;

#[test]
fn what_is_written_searched_and_refused_shuts_nobody_out_in_any_clothes() -> Told {
    play_for(WALK, "screens-writing", async |stage| {
        let walk = Walk::new(stage);
        let url = stage.server.url();
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&url, "Ana").await?;
        let ben = stage.enter("ben", Chromium).await?;
        ben.join(&invite, "Ben").await?;
        talk(&ana, &ben).await?;

        press(&ana, "Loud and clear. Which server is this on?", "reply").await?;
        ana.wait("it is answered", |view| view.shows("replying")).await?;
        for text in ["one", "two"] {
            ana.type_into("composer", text).await?;
            ana.click("add-to-bundle").await?;
        }
        ana.wait("two go together", |view| view.visible("bundle-item").len() == 2).await?;
        walk.examine(&ana, ("bundle", "bundle-item"), &BOTH).await?;
        ana.click("send").await?;
        ben.hear("two").await?;
        ana.click("manner").await?;
        ana.wait("the menu is open", |view| view.shows("delivery")).await?;
        walk.examine(&ana, ("menu", "delivery"), &BOTH).await?;
        close_dialog(&ana, "delivery").await?;
        only_to(&ana, "Ben").await?;
        ana.type_into("composer", "for Ben's eyes alone").await?;
        ana.wait("it is said", |view| view.shows("only-to")).await?;
        walk.examine(&ana, ("only-to", "only-to"), &BOTH).await?;
        ana.click("send").await?;
        ben.hear("for Ben's eyes alone").await?;
        choose(&ana, "usual").await?;
        press(&ana, "two", "edit-message").await?;
        ana.wait("it is edited", |view| view.shows("revision")).await?;
        walk.examine(&ana, ("edit", "revision"), &BOTH).await?;
        ana.press(Key::Escape).await?;
        ana.wait("it is given up", |view| !view.shows("revision")).await?;

        for (words, screen) in [(":hea", "completions-emoji"), ("@b", "completions-members")] {
            ana.type_into("composer", words).await?;
            ana.wait("something is offered", |view| view.shows("completion-option")).await?;
            walk.examine(&ana, (screen, "completion-option"), &BOTH).await?;
            ana.fill("composer", " ").await?;
        }
        ana.click("emoji-open").await?;
        ana.wait("there are emoji", |view| view.shows("emoji-option")).await?;
        walk.examine(&ana, ("emoji", "emoji-option"), &BOTH).await?;
        close_dialog(&ana, "emoji-input").await?;

        ana.click("search-open").await?;
        ana.fill("search", "you").await?;
        ana.wait("something is found", |view| view.shows("search-hit")).await?;
        walk.examine(&ana, ("search", "search-hit"), &BOTH).await?;
        close_dialog(&ana, "search").await?;

        ask_about(&ben, "Ana").await?;
        ben.click("block").await?;
        ben.wait("Ana's words are covered", |view| view.shows("covered")).await?;
        walk.examine(&ben, ("covered", "covered"), &BOTH).await?;
        ana.send("unwanted").await?;
        ana.wait("it is in the tray", |view| view.shows("undelivered-item")).await?;
        walk.examine(&ana, ("tray", "undelivered-item"), &[Width::Wide]).await?;
        walk.examine_drawer(&ana, "tray").await?;
        walk.judge()
    })
}

#[test]
fn dialogs_doors_and_locks_shut_nobody_out_in_any_clothes() -> Told {
    play_for(WALK, "screens-dialogs", async |stage| {
        let walk = Walk::new(stage);
        let url = stage.server.url();
        let ana = stage.enter("ana", Chromium).await?;
        ana.open(&url).await?;
        ana.click("by-approval").await?;
        ana.enter_names("Ana", ROOM).await?;
        let invite = ana.invite().await?;
        let ben = stage.enter("ben", Chromium).await?;
        ben.join(&invite, "Ben").await?;
        ana.wait("Ben knocks", |view| view.shows("applicant")).await?;
        walk.examine(&ana, ("knocking", "applicant"), &BOTH).await?;
        walk.examine(&ben, ("outside", "composer"), &BOTH).await?;
        ana.click("let-in").await?;
        ben.wait_for_company(2).await?;
        ana.send("hello").await?;
        ana.wait_for_delivery("hello").await?;

        ask_about(&ana, "Ben").await?;
        walk.examine(&ana, ("member", "asked"), &BOTH).await?;
        ana.click("compare").await?;
        ana.wait("there are digits", |view| view.shows("safety-number")).await?;
        walk.examine(&ana, ("verify", "safety-number"), &BOTH).await?;
        close_dialog(&ana, "asked").await?;
        press(&ana, "hello", "show-way").await?;
        ana.wait("its way is shown", |view| view.shows("way")).await?;
        walk.examine(&ana, ("way", "way"), &BOTH).await?;
        close_dialog(&ana, "way").await?;
        ana.run::<Value>(r#"document.querySelector(".invite-button").click()"#, &[]).await?;
        ana.wait("the invite is shown", |view| view.shows("renew")).await?;
        walk.examine(&ana, ("invite", "renew"), &BOTH).await?;
        close_dialog(&ana, "renew").await?;
        ana.press(Key::Control + "k").await?;
        ana.wait("commands are listed", |view| view.shows("palette-option")).await?;
        walk.examine(&ana, ("palette", "palette-option"), &BOTH).await?;
        close_dialog(&ana, "palette-input").await?;
        ana.run::<Value>(r#"document.getElementById("search-button").focus()"#, &[]).await?;
        ana.press("?").await?;
        ana.wait("keys are listed", |view| view.shows("shortcuts")).await?;
        walk.examine(&ana, ("shortcuts", "shortcuts"), &BOTH).await?;
        close_dialog(&ana, "shortcuts").await?;
        ana.click("room-choices").await?;
        ana.wait("it is asked", |view| view.shows("leave")).await?;
        walk.examine(&ana, ("room-choices", "leave"), &[Width::Wide]).await?;
        ana.click("leave").await?;
        ana.wait("it is asked once more", |view| view.shows("leave-surely")).await?;
        walk.examine(&ana, ("leave", "leave-surely"), &[Width::Wide]).await?;
        ana.click("room-asked-close").await?;

        examine_device(&walk, &ana).await?;
        walk.judge()
    })
}

/// The list of rooms, the dialog about the device, and the lock screen.
async fn examine_device(walk: &Walk<'_>, ana: &Page) -> Result<()> {
    ana.click("new-room").await?;
    ana.wait("the list is there", |view| view.shows("create-room")).await?;
    walk.examine(ana, ("rooms", "new-room"), &BOTH).await?;
    ana.click("device").await?;
    for (screen, shown) in [
        ("device", "wipe"),
        ("guard", "guard-set"),
        ("export", "export-begin"),
        ("import", "import-begin"),
        ("wipe", "wipe-surely"),
    ] {
        if screen != "device" {
            ana.click(screen).await?;
        }
        ana.wait(screen, |view| view.shows(shown)).await?;
        walk.examine(ana, (screen, shown), &BOTH).await?;
        if screen != "device" {
            ana.click("device-close").await?;
            ana.click("device").await?;
        }
    }
    ana.click("device-close").await?;
    lock::protect(ana).await?;
    ana.reload().await?;
    lock::wait_for_lock(ana).await?;
    lock::unlock(ana, "not this one").await?;
    ana.wait("it is refused", |view| view.shows("unlock-wrong")).await?;
    walk.examine(ana, ("lock", "unlock"), &BOTH).await
}

/// What is written next is for this member alone.
async fn only_to(page: &Page, name: &str) -> Result<()> {
    let named = |view: &View| view.members.iter().any(|it| it.text.contains(name) && it.online);
    let view = page.wait("the member is there", named).await?;
    let member = view.members.iter().find(|it| it.text.contains(name));
    let member = member.map(|it| it.member.clone()).unwrap_or_default();
    choose(page, &format!("only-{member}")).await
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

/// All else that a message can have.
async fn adorn(ana: &Page, ben: &Page) -> Result<()> {
    ben.send_all(&[PROSE.to_owned()]).await?;
    ana.wait("it has come", |view| view.shows("link")).await?;
    press(ana, "Loud and clear. Which server is this on?", "reply").await?;
    ana.choose_priority("low").await?;
    ana.send("no server").await?;
    ben.hear("no server").await?;
    react(ben, "no server").await?;
    ana.wait("the reaction has come", |view| view.shows("reaction")).await?;
    choose(ana, "gone-once-read").await?;
    ana.send("gone soon").await?;
    ana.send("a slip").await?;
    ana.wait_for_delivery("a slip").await?;
    press(ana, "a slip", "delete-message").await?;
    press(ana, "a slip", "delete-message").await?;
    let gone = |view: &View| view.state_of("a slip").is_none();
    ben.wait("its words are gone", gone).await?;
    ana.wait("its words are gone here", gone).await?;
    Ok(())
}

/// What words can be.
const PROSE: &str = "**bold**, *italic*, `code` and https://example.org/path\n\n> quoted\n\n\
                     - one\n- two\n\n```rust\nfn main() {}\n```";
