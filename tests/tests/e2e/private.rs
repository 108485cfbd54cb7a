//! What is said to one member alone: it is chosen in the menu, shows at the two and says so, and a
//! third member, through whom it may travel, never sees it.

use crate::browser::Browser::{Chromium, Firefox};
use crate::page::Page;
use crate::stage::{Told, play};
use anyhow::{Context, Result, ensure};
use serde_json::json;

/// What the row that says something says of who can read it.
const PRIVATE: &str = r#"
const rows = [...document.querySelectorAll('[data-testid="message"]')];
const words = (row) => row.querySelector('[data-testid="message-body"]').textContent;
const row = rows.find((row) => words(row) === arguments[0]);
return row?.querySelector('[data-testid="private"]')?.textContent.trim() ?? "";
"#;

/// All words on the page.
const WORDS: &str = "return document.documentElement.textContent;";

async fn member(page: &Page, name: &str) -> Result<String> {
    let view = page.wait("the members are listed", |view| view.online() > 2).await?;
    let named = view.members.iter().find(|member| member.text.contains(name));
    Ok(named.context("the member is not listed")?.member.clone())
}

#[test]
fn a_private_message_shows_at_the_two_and_not_at_the_third() -> Told {
    play("private", async |stage| {
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&stage.server.url(), "Ana").await?;
        let ben = stage.enter("ben", Firefox).await?;
        ben.join(&invite, "Ben").await?;
        let eva = stage.enter("eva", Chromium).await?;
        eva.join(&invite, "Eva").await?;
        for page in [&ana, &ben, &eva] {
            page.wait_for_company(3).await?;
        }
        ana.send("to all").await?;
        ben.hear("to all").await?;
        eva.hear("to all").await?;

        ana.choose_delivery(&format!("only-{}", member(&ana, "Ben").await?)).await?;
        ana.wait("it is said who reads it", |view| view.shows("only-to")).await?;
        ana.send("a word for Ben").await?;
        ben.hear("a word for Ben").await?;
        ana.wait_for_delivery("a word for Ben").await?;
        let said: String = ana.run(PRIVATE, &[json!("a word for Ben")]).await?;
        ensure!(said == "only you and Ben", "Ana's row says {said:?}");
        let said: String = ben.run(PRIVATE, &[json!("a word for Ben")]).await?;
        ensure!(said == "only you and Ana", "Ben's row says {said:?}");

        ana.reload().await?;
        ana.wait("the choice stays", |view| view.shows("only-to")).await?;
        ana.expect_messages(&["to all", "a word for Ben"]).await?;
        ana.choose_delivery("usual").await?;
        ana.send("to all again").await?;
        eva.hear("to all again").await?;
        eva.expect_messages(&["to all", "to all again"]).await?;
        let words: String = eva.run(WORDS, &[]).await?;
        ensure!(!words.contains("a word for Ben"), "it stands somewhere on the third page");
        ben.expect_messages(&["to all", "a word for Ben", "to all again"]).await
    })
}
