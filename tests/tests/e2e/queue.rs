//! What a person chooses for a message beside its words: live, later, taken back; and reactions.

use crate::browser::Browser::{Chromium, Firefox};
use crate::page::Page;
use crate::stage::{Told, play};
use anyhow::{Result, ensure};
use serde_json::{Value, json};

/// Chooses how the next message is delivered.
const CHOOSE: &str = r#"
const select = document.querySelector('[data-testid="delivery"]');
select.value = arguments[0];
select.dispatchEvent(new Event("change", { bubbles: true }));
return select.value === arguments[0];
"#;

/// Presses a button in the row that says something.
const PRESS: &str = r#"
const [body, id] = arguments;
const rows = [...document.querySelectorAll('[data-testid="message"]')];
const said = (row) => row.querySelector('[data-testid="message-body"]').textContent === body;
const button = rows.find(said)?.querySelector(`[data-testid="${id}"]`);
button?.click();
return button !== undefined && button !== null;
"#;

async fn choose(page: &Page, delivery: &str) -> Result<()> {
    let chosen: bool = page.run(CHOOSE, &[json!(delivery)]).await?;
    ensure!(chosen, "there is no delivery {delivery:?} to choose");
    Ok(())
}

async fn press(page: &Page, body: &str, button: &str) -> Result<()> {
    let arguments: [Value; 2] = [json!(body), json!(button)];
    let pressed: bool = page.run(PRESS, &arguments).await?;
    ensure!(pressed, "the row {body:?} has no button {button:?}");
    Ok(())
}

#[test]
fn live_later_reactions_and_deletions_between_chromium_and_firefox() -> Told {
    play("queue", async |stage| {
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&stage.server.url(), "Ana").await?;
        let ben = stage.enter("ben", Firefox).await?;
        ben.join(&invite, "Ben").await?;
        ana.send("kept for ever").await?;
        ben.hear("kept for ever").await?;

        choose(&ana, "live").await?;
        ana.send("now or never").await?;
        let live = |view: &crate::view::View| {
            view.visible("live-message").iter().any(|line| line.text.contains("now or never"))
        };
        ben.wait("the live message is shown", live).await?;
        ana.expect_messages(&["kept for ever"]).await?;
        ben.expect_messages(&["kept for ever"]).await?;

        choose(&ana, "in-an-hour").await?;
        ana.send("much later").await?;
        ana.wait("the message waits", |view| view.shows("waiting-item")).await?;
        ana.reload().await?;
        ana.wait("it waits after a reload", |view| view.shows("waiting-item")).await?;
        ana.click("cancel").await?;
        ana.wait("it waits no more", |view| !view.shows("waiting-item")).await?;
        ben.expect_messages(&["kept for ever"]).await?;

        press(&ben, "kept for ever", "react").await?;
        ana.wait("the reaction has come", |view| view.shows("reaction")).await?;
        ana.send("a slip").await?;
        ben.hear("a slip").await?;
        press(&ana, "a slip", "delete-message").await?;
        press(&ana, "a slip", "delete-message").await?;
        let gone = |view: &crate::view::View| view.state_of("a slip").is_none();
        ben.wait("the words are gone", gone).await?;
        ana.wait("the words are gone here, too", gone).await?;
        Ok(())
    })
}
