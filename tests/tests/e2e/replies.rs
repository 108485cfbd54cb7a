//! What answers a message shows it, at everybody who may read it, and leads there.

use anyhow::{Result, ensure};
use serde_json::json;

use crate::browser::Browser::{Chromium, Firefox};
use crate::page::Page;
use crate::queue::{choose, press};
use crate::searching::{counts, led_to, look_for, say_hay};
use crate::stage::{Told, play};
use crate::view::View;

/// What stands above the words of the row that says something.
const QUOTE: &str = r#"
const rows = [...document.querySelectorAll('[data-testid="message"]')];
const body = (row) => row.querySelector('[data-testid="message-body"]').textContent;
const said = (row) => body(row) === arguments[0];
return rows.find(said)?.querySelector('[data-testid="quote"]')?.textContent ?? "";
"#;

/// What the row says that has the keyboard, if it is on the screen.
const AT: &str = r#"
const row = document.activeElement?.closest('[data-testid="message"]');
const place = row?.getBoundingClientRect();
const seen = place && place.top >= 0 && place.bottom <= innerHeight;
return seen ? row.querySelector('[data-testid="message-body"]').textContent : "";
"#;

async fn wait_for(page: &Page, script: &str, of: &str, right: impl Fn(&str) -> bool) -> Result<()> {
    let deadline = tokio::time::Instant::now() + crate::page::PATIENCE;
    loop {
        let told: String = page.run(script, &[json!(of)]).await?;
        if right(&told) {
            return Ok(());
        }
        ensure!(tokio::time::Instant::now() < deadline, "of {of:?} it says {told:?}");
        tokio::time::sleep(crate::page::LOOK).await;
    }
}

async fn quotes(page: &Page, reply: &str, name: &str, words: &str) -> Result<()> {
    wait_for(page, QUOTE, reply, |told| told.contains(name) && told.contains(words)).await
}

fn replying(words: &'static str) -> impl Fn(&View) -> bool {
    move |view| view.find("replying").is_some_and(|line| line.text.contains(words))
}

#[test]
fn a_reply_shows_what_it_answers_in_chromium_and_firefox_and_leads_there() -> Told {
    play("replies", async |stage| {
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&stage.server.url(), "Ana").await?;
        let ben = stage.enter("ben", Firefox).await?;
        ben.join(&invite, "Ben").await?;
        ana.send("shall we?").await?;
        ben.hear("shall we?").await?;

        press(&ben, "shall we?", "reply").await?;
        ben.wait("it says what is answered", replying("shall we?")).await?;
        ben.type_into("composer", "yes").await?;
        ben.reload().await?;
        ben.wait("it is answered after a reload", replying("shall we?")).await?;
        ben.click("send").await?;
        ben.wait("nothing is answered any more", |view| !view.shows("replying")).await?;
        ana.hear("yes").await?;
        for page in [&ana, &ben] {
            quotes(page, "yes", "Ana", "shall we?").await?;
        }
        press(&ana, "shall we?", "edit-message").await?;
        ana.fill("composer", "shall we go?").await?;
        ana.click("send").await?;
        quotes(&ben, "yes", "Ana", "shall we go?").await?;
        stage.portray(&ben, "reply").await?;

        // It leads there, also when that is not drawn any more.
        for number in 0..40 {
            ben.send(&format!("line {number}")).await?;
        }
        ana.hear("line 39").await?;
        press(&ana, "line 39", "reply").await?;
        ana.send("what is that").await?;
        press(&ana, "yes", "quote").await?;
        wait_for(&ana, AT, "", |told| told == "shall we go?").await?;

        // What goes, goes there, too.
        press(&ana, "shall we go?", "delete-message").await?;
        press(&ana, "shall we go?", "delete-message").await?;
        wait_for(&ben, QUOTE, "yes", |told| !told.contains("shall we go?")).await
    })
}

#[test]
fn a_reply_leads_to_what_it_answers_though_older_messages_have_to_be_read_for_it() -> Told {
    play("replies_far", async |stage| {
        let ana = stage.enter("ana", Chromium).await?;
        ana.found_room(&stage.server.url(), "Ana").await?;
        ana.send("the question").await?;
        say_hay(&ana).await?;
        look_for(&ana, "question").await?;
        ana.wait("it is found", counts("1 found")).await?;
        ana.click("search-hit").await?;
        led_to(&ana, "the question").await?;
        press(&ana, "the question", "reply").await?;
        ana.wait("it is answered", replying("the question")).await?;
        ana.send("the answer").await?;
        ana.wait("it is said", |view| view.state_of("the answer").is_some()).await?;
        ana.reload().await?;
        quotes(&ana, "the answer", "Ana", "the question").await?;
        let view = ana.view().await?;
        ensure!(view.said("the question").is_empty(), "it is shown already");
        press(&ana, "the answer", "quote").await?;
        wait_for(&ana, AT, "", |told| told == "the question").await
    })
}

#[test]
fn what_two_can_read_is_answered_among_the_two() -> Told {
    play("replies_between", async |stage| {
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&stage.server.url(), "Ana").await?;
        let ben = stage.enter("ben", Chromium).await?;
        ben.join(&invite, "Ben").await?;
        let cid = stage.enter("cid", Chromium).await?;
        cid.join(&invite, "Cid").await?;
        for page in [&ana, &ben, &cid] {
            page.wait_for_company(3).await?;
        }
        let view = ana.view().await?;
        let named = view.members.iter().find(|member| member.text.contains("Ben"));
        let member = named.map(|member| member.member.clone()).unwrap_or_default();
        choose(&ana, &format!("only-{member}")).await?;
        ana.send("between us").await?;
        ben.hear("between us").await?;

        press(&ben, "between us", "reply").await?;
        let among = |view: &View| view.shows("only-to") && view.shows("replying");
        ben.wait("only Ana will read it", among).await?;
        ben.send("quite").await?;
        ana.hear("quite").await?;
        quotes(&ana, "quite", "Ana", "between us").await?;

        // With another choice it answers nothing, and says so.
        press(&ben, "between us", "reply").await?;
        ben.wait("it is answered", among).await?;
        choose(&ben, "usual").await?;
        ben.wait("nothing is answered, and why", replying("only among the two")).await?;
        ben.send("to all").await?;
        ben.wait("that is said no more", |view| !view.shows("replying")).await?;
        cid.hear("to all").await?;
        cid.expect_messages(&["to all"]).await?;
        let told: String = cid.run(QUOTE, &[json!("to all")]).await?;
        ensure!(told.is_empty(), "Cid sees {told:?}");
        Ok(())
    })
}
