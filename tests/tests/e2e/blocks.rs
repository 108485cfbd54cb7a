//! Somebody is blocked: its words are covered, new ones do not come and it is told so, others go
//! on reading it, and after an unblocking all of it is there.

use crate::browser::Browser::Chromium;
use crate::membership::ask_about;
use crate::page::Page;
use crate::stage::{Told, play};
use crate::view::View;
use anyhow::{Result, ensure};

/// True if the words of a row can be seen.
const SEEN: &str = r#"
const bodies = [...document.querySelectorAll('[data-testid="message-body"]')];
const body = bodies.find((body) => body.textContent === arguments[0]);
return body?.checkVisibility() ?? false;
"#;

async fn sees(page: &Page, body: &str) -> Result<bool> {
    page.run(SEEN, &[serde_json::json!(body)]).await
}

async fn choose(page: &Page, name: &str, choice: &str) -> Result<()> {
    ask_about(page, name).await?;
    page.wait("it is offered", |view| view.shows(choice)).await?;
    page.click(choice).await
}

/// True if a member is marked so in the list.
fn marked(name: &'static str, how: &'static str) -> impl Fn(&View) -> bool {
    move |view| {
        let mut all = view.members.iter().filter(|member| member.text.contains(name));
        all.any(|member| member.text.contains(how))
    }
}

fn lies_in_tray(view: &View, words: &[&str]) -> bool {
    let all = view.visible("undelivered-item").into_iter();
    all.filter(|item| words.iter().all(|part| item.text.contains(part))).count() == 1
}

#[test]
fn who_is_blocked_is_not_heard_is_told_so_and_is_heard_again_after_an_unblocking() -> Told {
    play("blocks", async |stage| {
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&stage.server.url(), "Ana").await?;
        let ben = stage.enter("ben", Chromium).await?;
        ben.join(&invite, "Ben").await?;
        let cid = stage.enter("cid", Chromium).await?;
        cid.join(&invite, "Cid").await?;
        for page in [&ana, &ben, &cid] {
            page.wait_for_company(3).await?;
        }
        ben.send("before").await?;
        ana.hear("before").await?;

        choose(&ana, "Ben", "block").await?;
        ana.wait("Ben is marked", marked("Ben", "blocked")).await?;
        ana.wait("his words are covered", |view| view.shows("covered")).await?;
        ensure!(!sees(&ana, "before").await?, "what Ben has said can be seen");
        stage.portray(&ana, "blocked").await?;
        ana.click("uncover").await?;
        ensure!(sees(&ana, "before").await?, "it cannot be shown");
        ana.click("uncover").await?;

        ben.send("into the wind").await?;
        cid.hear("into the wind").await?;
        let told = |view: &View| lies_in_tray(view, &["Ana", "blocked"]);
        ben.wait("Ben is told that Ana refused it", told).await?;
        // The list is drawn at a pace, the tray at once.
        let failed = |view: &View| view.state_of("into the wind") == Some("failed");
        ben.wait("the message says so, too", failed).await?;
        cid.send("from Cid").await?;
        ana.hear("from Cid").await?;
        ensure!(ana.view().await?.said("into the wind").is_empty(), "it came all the same");

        // Ben is gone, and Cid holds what he has said.
        ben.quit().await?;
        ana.reload().await?;
        ana.wait("Ben is marked after a reload", marked("Ben", "blocked")).await?;
        ana.wait_for_company(2).await?;
        choose(&ana, "Ben", "unblock").await?;
        ana.hear("into the wind").await?;
        ensure!(sees(&ana, "before").await?, "it is still covered");

        choose(&ana, "Cid", "mute-member").await?;
        ana.wait("Cid is marked", marked("Cid", "muted")).await?;
        cid.send("chatter").await?;
        ana.hear("chatter").await?;
        Ok(())
    })
}
