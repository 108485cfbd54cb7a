//! Who is who: two persons compare digits and one of them notes it, and somebody comes with a name
//! that is known.

use crate::browser::Browser::{Chromium, Firefox};
use crate::looks::{be_small, be_wide, dress, fits, speak};
use crate::membership::{ask_about, expect_focus};
use crate::page::Page;
use crate::stage::{Told, play};
use crate::view::View;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use thirtyfour::prelude::Key;

/// What the row that says something tells of its author's key.
const SEAL: &str = r#"
const rows = [...document.querySelectorAll('[data-testid="message"]')];
const words = (row) => row.querySelector('[data-testid="message-body"]').textContent;
const row = rows.find((row) => words(row) === arguments[0]);
return row?.querySelector('.byline [data-testid="seal"]')?.textContent.trim() ?? "";
"#;

/// Unfolds the field for digits that came from the other.
const UNFOLD: &str = r#"document.querySelector("details.typed").open = true;"#;

/// What is said beside the digits, and in the members' list.
const VERIFIED: &str = "Verified: you have compared";
const CAREFUL: &str = "Careful: this member has the name of another";

/// Opens what is to be compared with a member, and gives the digits.
async fn compare(page: &Page, name: &str) -> Result<String> {
    ask_about(page, name).await?;
    page.click("compare").await?;
    let digits = shown_digits(page).await?;
    expect_focus(page, &["asked-heading"]).await?;
    Ok(digits)
}

async fn shown_digits(page: &Page) -> Result<String> {
    let all = |view: &View| digits_of(view).is_some_and(|digits| digits.len() == 60);
    let view = page.wait("60 digits are shown", all).await?;
    let code = view.find("safety-code").and_then(|code| code.data.get("text").cloned());
    let digits = digits_of(&view).context("the digits are gone again")?;
    ensure!(code == Some(format!("CONFAB-1:{digits}")), "the code says {code:?}, not {digits}");
    Ok(digits)
}

fn digits_of(view: &View) -> Option<String> {
    let text = &view.find("safety-number")?.text;
    Some(text.chars().filter(|letter| !letter.is_whitespace()).collect())
}

fn lists(name: &'static str, what: &'static str) -> impl Fn(&View) -> bool {
    move |view| {
        let mut all = view.members.iter();
        all.any(|member| member.text.contains(name) && member.text.contains(what))
    }
}

async fn expect_seal(page: &Page, body: &str, what: &str) -> Result<()> {
    let seal: String = page.run(SEAL, &[json!(body)]).await?;
    ensure!(seal.starts_with(what), "the row of “{body}” says {seal:?}, not {what:?}");
    Ok(())
}

#[test]
fn two_compare_the_same_digits_and_who_was_verified_stays_so_after_a_reload() -> Told {
    play("verification", async |stage| {
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&stage.server.url(), "Ana").await?;
        let ben = stage.enter("ben", Firefox).await?;
        ben.join(&invite, "Ben").await?;
        ana.wait("Ben is named", lists("Ben", "Ben")).await?;
        ben.wait("Ana is named", lists("Ana", "Ana")).await?;
        ben.send("it is me").await?;
        ana.hear("it is me").await?;
        expect_seal(&ana, "it is me", "").await?;

        let (digits, theirs) = (compare(&ana, "Ben").await?, compare(&ben, "Ana").await?);
        ensure!(digits == theirs, "Ana compares {digits}, Ben {theirs}");
        stage.portray(&ana, "verify").await?;
        dress(&ana, "dark").await?;
        stage.portray(&ana, "verify-dark").await?;
        dress(&ana, "light").await?;
        ana.run::<Value>(UNFOLD, &[]).await?;
        ana.fill("compare-text", &digits[..30]).await?;
        let says = |what: &'static str| {
            move |view: &View| view.find("compared").is_some_and(|said| said.text.contains(what))
        };
        ana.wait("half is compared", says("30 of 60")).await?;
        ana.fill("compare-text", &format!("CONFAB-1:{theirs}")).await?;
        ana.wait("the page says so", says("They are the same")).await?;
        ana.fill("compare-text", &theirs.replace('7', "8")).await?;
        if theirs.contains('7') {
            ana.wait("the page says so", says("They are not the same")).await?;
        }

        ana.click("verify-match").await?;
        ana.wait("the dialog is closed", |view| !view.shows("asked")).await?;
        expect_focus(&ana, &["member-choices"]).await?;
        ana.wait("Ben bears a seal", lists("Ben", VERIFIED)).await?;
        expect_seal(&ana, "it is me", VERIFIED).await?;
        stage.portray(&ana, "verified").await?;
        ben.press(Key::Escape).await?;
        ben.wait("the dialog is closed", |view| !view.shows("asked")).await?;
        expect_focus(&ben, &["member-choices"]).await?;
        ensure!(!lists("Ana", VERIFIED)(&ben.view().await?), "Ben has noted nothing");

        ana.reload().await?;
        ana.wait("Ben bears a seal after a reload", lists("Ben", VERIFIED)).await?;
        ana.hear("it is me").await?;
        expect_seal(&ana, "it is me", VERIFIED).await?;
        ensure!(compare(&ana, "Ben").await? == digits, "the digits have changed");
        ensure!(!ana.view().await?.shows("verify-match"), "it was noted already");
        ana.click("verify-undo").await?;
        ana.wait("Ben bears no seal", |view| !lists("Ben", VERIFIED)(view)).await?;
        expect_seal(&ana, "it is me", "").await
    })
}

fn is_told_of_a_double(what: &'static str) -> impl Fn(&View) -> bool {
    move |view| view.visible("double").iter().any(|banner| banner.text.contains(what))
}

#[test]
fn a_known_name_with_another_key_is_a_loud_warning_that_says_what_to_do() -> Told {
    play("known-name", async |stage| {
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&stage.server.url(), "Ana").await?;
        let ben = stage.enter("ben", Firefox).await?;
        ben.join(&invite, "Ben").await?;
        ana.wait("Ben is named", lists("Ben", "Ben")).await?;
        compare(&ana, "Ben").await?;
        ana.click("verify-match").await?;
        ana.wait("Ben bears a seal", lists("Ben", VERIFIED)).await?;
        ben.quit().await?;
        ana.wait_for_company(1).await?;

        let eve = stage.enter("eve", Chromium).await?;
        eve.join(&invite, "Ben").await?;
        let view = ana.wait("it is told", is_told_of_a_double("whom you verified")).await?;
        let banner = view.find("double").context("the warning")?.text.clone();
        for said in ["another key", "Say nothing private", "compared the digits"] {
            ensure!(banner.contains(said), "it is not said that …{said}…: {banner}");
        }
        eve.send("it is me, Ben").await?;
        ana.hear("it is me, Ben").await?;
        expect_seal(&ana, "it is me, Ben", CAREFUL).await?;
        ensure!(lists("Ben", VERIFIED)(&ana.view().await?), "the real Ben keeps his seal");
        stage.portray(&ana, "known-name").await?;

        be_small(&ana).await?;
        for language in ["zh", "en"] {
            speak(&ana, language).await?;
            fits(&ana, &format!("the warning in {language}")).await?;
            stage.portray(&ana, &format!("known-name-phone-{language}")).await?;
            ana.click("double-compare").await?;
            shown_digits(&ana).await?;
            fits(&ana, &format!("what is compared, in {language}")).await?;
            stage.portray(&ana, &format!("verify-phone-{language}")).await?;
            ana.click("asked-close").await?;
            ana.wait("the dialog is closed", |view| !view.shows("asked")).await?;
        }
        be_wide(&ana).await?;

        ana.reload().await?;
        ana.wait("it is told after a reload", is_told_of_a_double("whom you verified")).await?;
        ana.click("double-compare").await?;
        let digits = shown_digits(&ana).await?;
        ensure!(compare(&eve, "Ana").await? == digits, "these are the digits of somebody else");
        ana.click("verify-match").await?;
        ana.wait("nothing is told any more", |view| !view.shows("double")).await?;
        expect_focus(&ana, &["composer"]).await?;
        expect_seal(&ana, "it is me, Ben", VERIFIED).await
    })
}
