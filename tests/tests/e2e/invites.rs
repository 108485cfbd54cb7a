//! Invites that cannot be used are refused in words, and one's own invite opens the room that is
//! there already.

use crate::browser::Browser::{Chromium, Firefox};
use crate::page::Page;
use crate::room::ROOM;
use crate::stage::{Told, play};
use crate::view::View;
use anyhow::{Context, Result, ensure};
use thirtyfour::prelude::Key;

#[test]
fn damaged_and_newer_invites_are_refused_in_words() -> Told {
    play("invite-damaged", async |stage| {
        let url = stage.server.url();
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&url, "Ana").await?;
        let secret = Page::secret(&invite)?.split_once('.').context("the invite has no version")?.1;
        let half = &secret[..secret.len() / 2];

        let ben = stage.enter("ben", Chromium).await?;
        let mut said = Vec::new();
        for fragment in [format!("1.{half}"), format!("99.{secret}")] {
            ben.open("about:blank").await?;
            ben.open(&format!("{url}#{fragment}")).await?;
            let view = ben.wait("an error is said", |view| view.shows("error")).await?;
            let words = view.visible("error").first().map(|error| error.text.clone());
            let words = words.context("the error is gone again")?;
            ensure!(words.split_whitespace().count() > 3, "no words: {words:?}");
            ensure!(!view.shows("composer"), "a room has opened");
            ensure!(!view.url.contains('#'), "the invite is still in the address bar");
            said.push(words);
        }
        ensure!(said[0] != said[1], "damaged and newer are told apart: {said:?}");
        Ok(())
    })
}

/// A system with a share sheet: what it is handed is kept.
const SHARES: &str = r#"navigator.share = async ({ url }) => { window.shared = url; };"#;

/// Takes the clipboard away from the page.
const REFUSE: &str = r#"navigator.clipboard.writeText = () => Promise.reject(new Error("no"));"#;

/// What is selected in the field that has the invite.
const SELECTED: &str = r#"
const field = document.querySelector('[data-testid="invite-link"]');
return field.value.slice(field.selectionStart, field.selectionEnd);
"#;

/// The invite is copied, shared, and shown as a code; where the browser does not let the page copy
/// it, it is selected.
async fn handed_on(page: &Page, invite: &str) -> Result<()> {
    let says = |words: &'static str| {
        move |view: &View| view.visible("copy-invite").iter().any(|it| it.text.contains(words))
    };
    page.click("copy-invite").await?;
    page.wait("it is copied", says("Copied")).await?;
    page.type_into("composer", Key::Control + "v").await?;
    let pasted =
        |view: &View| view.find("composer").is_some_and(|it| it.value.as_deref() == Some(invite));
    page.wait("what was copied is the invite", pasted).await?;
    page.fill("composer", "").await?;

    page.click("share-invite").await?;
    let shared: String = page.run("return window.shared;", &[]).await?;
    ensure!(shared == invite, "{shared:?} was shared");
    let () = page.run(REFUSE, &[]).await?;
    page.click("copy-invite").await?;
    page.wait("it is selected", says("Selected")).await?;
    let selected: String = page.run(SELECTED, &[]).await?;
    ensure!(selected == invite, "{selected:?} is selected");

    page.click("scan-invite").await?;
    let view = page.wait("there is a code", |view| view.shows("invite-code")).await?;
    let text = view.find("invite-code").and_then(|code| code.data.get("text").cloned());
    ensure!(text.as_deref() == Some(invite), "the code says {text:?}");

    Ok(())
}

#[test]
fn own_invite_opens_the_existing_room() -> Told {
    play("invite-own", async |stage| {
        let url = stage.server.url();
        let ana = stage.enter("ana", Chromium).await?;
        ana.open(&url).await?;
        let () = ana.run(SHARES, &[]).await?;
        ana.enter_names("Ana", ROOM).await?;
        let invite = ana.invite().await?;
        handed_on(&ana, &invite).await?;
        ana.send("a word of mine").await?;
        ana.wait("it is saved", |view| view.state_of("a word of mine") == Some("saved")).await?;

        ana.open("about:blank").await?;
        ana.open(&invite).await?;
        ana.hear("a word of mine").await?;
        let view = ana.view().await?;
        ensure!(view.count("member-count") == Some(1), "{view}");
        ensure!(!view.url.contains('#'), "the invite is still in the address bar");
        // The same link, put into the address bar of the page that is open.
        ana.open(&invite).await?;
        ana.wait("the invite is taken out again", |view| !view.url.contains('#')).await?;
        ana.expect_messages(&["a word of mine"]).await?;
        ensure!(ana.invite().await? == invite, "it is another room");
        Ok(())
    })
}

/// What a link may say of who hands it on that no member could be called, or that is cut off.
const NO_NAMES: [&str; 5] = ["", "%", "%E2%80%AEanA", "An%0Aa", "%FF%FE"];

/// Opens links that name nobody.
async fn says_nothing_of_nobody(page: &Page, invite: &str) -> Result<()> {
    let bare = invite.split_once('&').context("the link names nobody")?.0;
    let none = NO_NAMES.map(|name| format!("{bare}&from={name}"));
    let long = format!("{bare}&from={}", "n".repeat(300));
    for link in none.into_iter().chain([long, bare.to_owned()]) {
        page.open("about:blank").await?;
        page.open(&link).await?;
        let view = page.wait("the room can be joined", |it| it.shows("name-save")).await?;
        ensure!(!view.shows("invited-by"), "{link} names somebody: {view}");
        ensure!(!view.shows("error"), "{link} is refused: {view}");
    }
    Ok(())
}

#[test]
fn a_link_says_who_invites_and_that_anybody_can_write_that() -> Told {
    play("invite-from", async |stage| {
        let url = stage.server.url();
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&url, "Ana & Li #1 <b>安娜</b>").await?;
        for (person, kind) in [("ben", Chromium), ("cara", Firefox)] {
            let ben = stage.enter(person, kind).await?;
            ben.open(&invite).await?;
            let says = |words: &'static str| {
                move |view: &View| {
                    view.visible("invited-by").iter().any(|it| it.text.contains(words))
                }
            };
            ben.wait("who invites is said", says("from Ana & Li #1 <b>安娜</b>.")).await?;
            ben.wait("and what that is worth", says("Anybody can write a name")).await?;
            stage.portray(&ben, "invited-by").await?;
            // Who leaves a page that is still being fetched hears of that in Firefox.
            if kind == Chromium {
                says_nothing_of_nobody(&ben, &invite).await?;
            }
            ben.accept("Ben").await?;
        }
        ana.wait_for_company(3).await?;
        Ok(())
    })
}
