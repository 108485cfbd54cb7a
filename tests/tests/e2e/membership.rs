//! Who is in the room: knocking and being let in, admins, removals, and links that change, as
//! persons see them on each side.

use crate::browser::Browser::{Chromium, Firefox};
use crate::looks::{DRAWER, be_small, be_wide, dress, fits, speak};
use crate::page::Page;
use crate::room::ROOM;
use crate::stage::{Told, play};
use crate::view::View;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use thirtyfour::prelude::Key;

/// Puts the keyboard on a button beside somebody's name.
const FOCUS: &str = r#"
const [list, name, id] = arguments;
const lines = [...document.querySelectorAll(`[data-testid="${list}"]`)];
const line = lines.find((one) => one.textContent.includes(name));
const button = line?.querySelector(`[data-testid="${id}"]`);
if (!button || !button.checkVisibility()) return false;
button.focus();
return document.activeElement === button;
"#;

/// Where the keyboard is: the id of that element, or its name for tests.
const WHERE: &str =
    "return document.activeElement.id || document.activeElement.dataset.testid || '';";

/// Whether nothing can be written, and what stands in the empty composer.
const COMPOSER: &str = r#"
const composer = document.querySelector('[data-testid="composer"]');
const send = document.querySelector('[data-testid="send"]');
return [composer.readOnly && send.disabled, composer.placeholder];
"#;

/// Puts the keyboard on the button that shows the invite.
const TO_INVITE: &str = r#"document.querySelector(".invite-button").focus();"#;

async fn focus(page: &Page, list: &str, name: &str, id: &str) -> Result<()> {
    let there = |view: &View| match list {
        "member" => view.members.iter().any(|member| member.text.contains(name)),
        _ => view.visible(list).iter().any(|line| line.text.contains(name)),
    };
    page.wait(&format!("{name} is shown"), there).await?;
    page.wait(&format!("{id} is offered"), |view| view.shows(id)).await?;
    let focused: bool = page.run(FOCUS, &[json!(list), json!(name), json!(id)]).await?;
    ensure!(focused, "{id} beside {name} cannot be reached by the keyboard");
    Ok(())
}

/// Opens the dialog about a member with the keyboard.
pub async fn ask_about(page: &Page, name: &str) -> Result<()> {
    focus(page, "member", name, "member-choices").await?;
    page.press(Key::Enter).await?;
    page.wait("the dialog is open", |view| view.shows("asked")).await?;
    Ok(())
}

pub async fn expect_focus(page: &Page, wanted: &[&str]) -> Result<()> {
    for _ in 0..100 {
        let there: String = page.run(WHERE, &[]).await?;
        if wanted.contains(&there.as_str()) {
            return Ok(());
        }
        // Each look is a round trip to the browser; what it waits for is a frame or two away.
        page.view().await?;
    }
    let there: String = page.run(WHERE, &[]).await?;
    anyhow::bail!("the keyboard is at {there:?}, not at {wanted:?}")
}

/// True if a member is shown with a role, in the words of the page.
fn is_shown_as(view: &View, name: &str, role: &str) -> bool {
    let all = view.members.iter();
    all.filter(|member| member.text.contains(name)).any(|member| member.text.contains(role))
}

async fn cannot_write(page: &Page, why: &str) -> Result<()> {
    let (shut, placeholder): (bool, String) = page.run(COMPOSER, &[]).await?;
    ensure!(shut, "the composer takes words");
    ensure!(placeholder.contains(why), "no reason is said: {placeholder:?}");
    Ok(())
}

fn admission(state: &'static str) -> impl Fn(&View) -> bool {
    move |view| view.state("admission") == state
}

#[test]
fn who_knocks_waits_sees_nothing_and_is_let_in_or_turned_away() -> Told {
    play("approving-room", async |stage| {
        let url = stage.server.url();
        let ana = stage.enter("ana", Chromium).await?;
        ana.open(&url).await?;
        ana.click("by-approval").await?;
        stage.portray(&ana, "found-approving").await?;
        ana.enter_names("Ana", ROOM).await?;
        let invite = ana.invite().await?;
        ana.send("said before").await?;

        let ben = stage.enter("ben", Firefox).await?;
        ben.join(&invite, "Ben").await?;
        let heard = |view: &View| {
            let said = view.find("admission").map(|one| one.text.clone()).unwrap_or_default();
            view.state("admission") == "waiting" && said.contains("1 member")
        };
        let view = ben.wait("Ana has heard the knock", heard).await?;
        ensure!(view.rows.is_empty() && view.members.len() == 1, "{view}");
        ensure!(!view.shows("applicant"), "who waits outside lets nobody in");
        cannot_write(&ben, "once a member has let you in").await?;
        stage.portray(&ben, "waits-at-the-door").await?;

        ana.wait("Ben knocks", |view| view.shows("applicant")).await?;
        portray_applicants(stage, &ana).await?;
        focus(&ana, "applicant", "Ben", "let-in").await?;
        ana.press(Key::Enter).await?;
        ben.hear("said before").await?;
        ben.wait("he is inside", |view| !view.shows("admission")).await?;
        ana.wait("nobody waits", |view| !view.shows("applicant")).await?;
        expect_focus(&ana, &["composer"]).await?;
        ben.send("thank you").await?;
        ana.hear("thank you").await?;
        ana.wait_for_company(2).await?;
        ben.reload().await?;
        ben.hear("said before").await?;
        ana.wait_for_company(2).await?;
        ben.send("still inside").await?;
        ana.hear("still inside").await?;

        let cara = stage.enter("cara", Chromium).await?;
        cara.join(&invite, "Cara").await?;
        focus(&ben, "applicant", "Cara", "turn-away").await?;
        ben.press(Key::Enter).await?;
        cara.wait("she is told", admission("turned-away")).await?;
        let view = cara.view().await?;
        ensure!(view.rows.is_empty() && view.shows("knock-again"), "{view}");
        cannot_write(&cara, "once a member has let you in").await?;
        cara.reload().await?;
        cara.wait("she is told after a reload", admission("turned-away")).await?;
        cara.click("knock-again").await?;
        ana.wait("Ana hears her again", |view| view.shows("applicant")).await?;
        ana.click("let-in").await?;
        cara.hear("still inside").await?;
        cara.send("here I am").await?;
        for page in [&ana, &ben] {
            page.hear("here I am").await?;
        }
        Ok(())
    })
}

/// Who waits, on a desk and on a small phone, in both languages.
async fn portray_applicants(stage: &crate::stage::Stage, page: &Page) -> Result<()> {
    stage.portray(page, "applicant").await?;
    be_small(page).await?;
    for language in ["zh", "en"] {
        speak(page, language).await?;
        fits(page, &format!("an applicant in {language}")).await?;
        stage.portray(page, &format!("applicant-phone-{language}")).await?;
    }
    be_wide(page).await
}

#[test]
fn an_admin_removes_a_member_that_is_told_so_and_reads_nothing_later() -> Told {
    play("removal", async |stage| {
        let url = stage.server.url();
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&url, "Ana").await?;
        let ben = stage.enter("ben", Firefox).await?;
        ben.join(&invite, "Ben").await?;
        let cara = stage.enter("cara", Chromium).await?;
        cara.join(&invite, "Cara").await?;
        for page in [&ana, &ben, &cara] {
            page.wait_for_company(3).await?;
        }
        cara.send("said in time").await?;
        for page in [&ana, &ben] {
            page.hear("said in time").await?;
            page.wait("Cara is named", |view| is_shown_as(view, "Cara", "Cara")).await?;
        }
        ana.wait("Ben is named", |view| is_shown_as(view, "Ben", "Ben")).await?;
        decides_nothing(&ben, "Cara").await?;

        ask_on_a_phone(stage, &ana).await?;
        ask_about(&ana, "Ben").await?;
        ana.click("promote").await?;
        for page in [&ana, &ben, &cara] {
            page.wait("Ben is an admin", |view| is_shown_as(view, "Ben", "admin")).await?;
        }
        expect_focus(&ana, &["member-choices"]).await?;
        decides_nothing(&cara, "Ben").await?;

        ask_about(&ben, "Cara").await?;
        ben.click("remove").await?;
        is_told_what_it_does(&ben).await?;
        stage.portray(&ben, "remove-surely").await?;
        ben.press(Key::Escape).await?;
        ben.wait("it is called off", |view| !view.shows("asked")).await?;
        expect_focus(&ben, &["member-choices"]).await?;
        ask_about(&ben, "Cara").await?;
        ben.click("remove").await?;
        ben.click("remove-surely").await?;
        expect_focus(&ben, &["members-heading"]).await?;

        let told = |view: &View| {
            view.visible("banner").iter().any(|banner| banner.text.contains("You were removed"))
        };
        cara.wait("she is told", told).await?;
        cannot_write(&cara, "You were removed").await?;
        stage.portray(&cara, "removed").await?;
        for page in [&ana, &ben] {
            page.wait("two are left", |view| view.count("member-count") == Some(2)).await?;
        }
        go_on(&ana, &ben, "without Cara").await?;
        let view = cara.view().await?;
        ensure!(view.said("said in time").len() == 1, "what she has is gone: {view}");
        cara.reload().await?;
        cara.wait("she is told after a reload", told).await?;
        cara.hear("said in time").await?;
        cannot_write(&cara, "You were removed").await?;
        go_on(&ben, &ana, "still without her").await?;
        let view = cara.view().await?;
        ensure!(view.bodies().iter().all(|body| !body.contains("without")), "{view}");
        let renewed = ana.invite().await?;
        let bens = ben.invite().await?;
        ensure!(Page::secret(&renewed)? != Page::secret(&invite)?, "the link is the old one");
        ensure!(Page::secret(&renewed)? == Page::secret(&bens)?, "Ben has another link");
        Ok(())
    })
}

/// A member is offered nothing that only admins do.
async fn decides_nothing(page: &Page, about: &str) -> Result<()> {
    ask_about(page, about).await?;
    let view = page.view().await?;
    for id in ["promote", "demote", "remove"] {
        ensure!(!view.shows(id), "a member decides about others: {id}");
    }
    page.click("asked-close").await?;
    page.wait("the dialog is closed", |view| !view.shows("asked")).await?;
    Ok(())
}

/// Before a member is removed, what that does is said, and the keyboard is at the way out.
async fn is_told_what_it_does(page: &Page) -> Result<()> {
    let asked = page.wait("it is asked once more", |view| view.shows("remove-surely")).await?;
    let words = asked.find("asked").context("the dialog")?.text.clone();
    for said in ["reads nothing", "fresh secret", "new invite link", "keeps what was said"] {
        ensure!(words.contains(said), "it is not said that …{said}…: {words}");
    }
    expect_focus(page, &["asked-close"]).await
}

/// The dialog about a member on a small phone, where the panel is a drawer.
async fn ask_on_a_phone(stage: &crate::stage::Stage, page: &Page) -> Result<()> {
    be_small(page).await?;
    page.run::<Value>(DRAWER, &[]).await?;
    ask_about(page, "Ben").await?;
    for language in ["zh", "en"] {
        speak(page, language).await?;
        fits(page, &format!("what may be done, in {language}")).await?;
        page.click("remove").await?;
        page.wait("it is asked once more", |view| view.shows("remove-surely")).await?;
        fits(page, &format!("what a removal does, in {language}")).await?;
        stage.portray(page, &format!("remove-phone-{language}")).await?;
        page.click("asked-close").await?;
        page.wait("it is called off", |view| !view.shows("asked")).await?;
        if language == "zh" {
            page.run::<Value>(DRAWER, &[]).await?;
            ask_about(page, "Ben").await?;
        }
    }
    be_wide(page).await
}

/// Two say something to each other.
async fn go_on(one: &Page, other: &Page, text: &str) -> Result<()> {
    one.send(text).await?;
    other.hear(text).await?;
    let answer = format!("yes, {text}");
    other.send(&answer).await?;
    one.hear(&answer).await
}

#[test]
fn a_new_link_makes_the_old_one_void_and_removes_nobody() -> Told {
    play("new-link", async |stage| {
        let url = stage.server.url();
        let ana = stage.enter("ana", Chromium).await?;
        let old = ana.found_room(&url, "Ana").await?;
        let ben = stage.enter("ben", Firefox).await?;
        ben.join(&old, "Ben").await?;
        ana.wait_for_company(2).await?;
        go_on(&ana, &ben, "before").await?;

        ana.run::<Value>(TO_INVITE, &[]).await?;
        ana.press(Key::Enter).await?;
        ana.click("renew").await?;
        stage.portray(&ana, "renew").await?;
        ana.click("renew-now").await?;
        let other = |view: &View| view.invite().is_some_and(|invite| invite != old);
        ana.wait("another link is shown", other).await?;
        let said = |view: &View| {
            view.find("renewal").is_some_and(|renewal| renewal.text.contains("the new link"))
        };
        ana.wait("it is said to be new", said).await?;
        be_small(&ana).await?;
        fits(&ana, "the invite").await?;
        be_wide(&ana).await?;
        dress(&ana, "dark").await?;
        stage.portray(&ana, "renewed-dark").await?;
        dress(&ana, "light").await?;
        let new = ana.invite().await?;
        ana.press(Key::Escape).await?;
        ana.wait("the dialog is closed", |view| !view.shows("renew")).await?;
        let secret = Page::secret(&new)?;
        let same = |view: &View| view.invite().is_some_and(|link| link.contains(secret));
        ben.wait("Ben has the new link", same).await?;

        let cara = stage.enter("cara", Chromium).await?;
        cara.join(&old, "Cara").await?;
        cara.wait_for_signal("online").await?;
        go_on(&ben, &ana, "after").await?;
        let dan = stage.enter("dan", Firefox).await?;
        dan.join(&new, "Dan").await?;
        dan.hear("yes, after").await?;
        dan.hear("before").await?;
        for page in [&ana, &ben, &dan] {
            page.wait_for_company(3).await?;
        }
        dan.send("in by the new link").await?;
        ben.hear("in by the new link").await?;
        let view = cara.view().await?;
        ensure!(view.rows.is_empty() && view.online() == 1, "the old link lets in: {view}");
        ensure!(ana.view().await?.members.len() == 3, "somebody came by the old link");
        Ok(())
    })
}
