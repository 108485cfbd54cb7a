//! The tray of the undelivered: a message that expired before its recipient came back, what the
//! tray says of it, and how it is put away.

use crate::browser::Browser::{Chromium, Firefox};
use crate::stage::{Told, play};
use crate::view::View;
use anyhow::ensure;
use serde_json::json;
use std::time::{Duration, Instant};

/// A minute until it expires, and as long as anybody would look for it.
const UNTIL_EXPIRED: Duration = Duration::from_secs(100);

/// Chooses how the next message is delivered.
const CHOOSE: &str = r#"
const select = document.querySelector('[data-testid="delivery"]');
select.value = arguments[0];
const there = select.value === arguments[0];
select.dispatchEvent(new Event("change", { bubbles: true }));
return there;
"#;

fn tray(view: &View) -> Vec<&str> {
    view.visible("undelivered-item").into_iter().map(|item| item.text.as_str()).collect()
}

/// True if just one message in the tray says all of this.
fn lies_in_tray(view: &View, words: &[&str]) -> bool {
    let says = |text: &&str| words.iter().all(|part| text.contains(part));
    tray(view).into_iter().filter(says).count() == 1
}

#[test]
fn what_expired_while_one_was_away_lies_in_the_tray_until_it_is_put_away() -> Told {
    play("tray-expired", async |stage| {
        let url = stage.server.url();
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&url, "Ana").await?;
        let ben = stage.enter("ben", Firefox).await?;
        ben.join(&invite, "Ben").await?;
        ana.wait_for_company(2).await?;
        ben.quit().await?;
        ana.wait_for_company(1).await?;
        let chosen: bool = ana.run(CHOOSE, &[json!("gone-in-a-minute")]).await?;
        ensure!(chosen, "a message cannot be sent for a minute");
        ana.send("only for a minute").await?;
        ana.wait("it waits", |view| view.pending() == 1).await?;
        ana.wait("it is said that it goes", |view| view.shows("expires")).await?;
        ensure!(tray(&ana.view().await?).is_empty());
        let deadline = Instant::now() + UNTIL_EXPIRED;
        let told = |view: &View| lies_in_tray(view, &["Ben", "expired"]);
        ana.wait_until(deadline, "the tray says that it expired", told).await?;
        let view = ana.view().await?;
        ensure!(view.said("only for a minute").is_empty(), "the words are still there");
        ensure!(view.visible("retry").is_empty() && view.visible("resend").is_empty());
        stage.portray(&ana, "tray-expired").await?;
        ana.reload().await?;
        ana.wait("the tray says so after a reload", told).await?;
        let ben = stage.enter("ben", Firefox).await?;
        ben.come_back(&url).await?;
        ana.wait_for_company(2).await?;
        ben.send("anything new?").await?;
        ana.hear("anything new?").await?;
        ensure!(ben.view().await?.said("only for a minute").is_empty());
        ensure!(told(&ana.view().await?), "what Ben never got is in the tray no more");
        ana.click("put-away").await?;
        ana.wait("the tray is empty", |view| tray(view).is_empty()).await?;
        ana.reload().await?;
        ana.hear("anything new?").await?;
        ensure!(tray(&ana.view().await?).is_empty(), "it is back after a reload");
        Ok(())
    })
}
