//! All that is stored on a device goes: said before, done in every tab, and finished by the next
//! page if one dies in between.

use crate::browser::Browser::Chromium;
use crate::page::Page;
use crate::stage::{Told, play};
use crate::view::View;
use anyhow::{Result, ensure};
use std::time::Duration;

/// What is left of the page: keys of its storages, and records of rooms in its database.
const LEFT: &str = r#"
const done = arguments[0];
(async () => {
const ours = (it) => Object.keys(it).filter((key) => !key.startsWith("confab.l"));
const kept = [...ours(localStorage), ...ours(sessionStorage)];
const all = await indexedDB.databases();
// To open one that is not there would make it.
if (!all.some((one) => one.name === "confab")) return done([kept, 0]);
const request = indexedDB.open("confab");
request.onsuccess = () => {
  const names = [...request.result.objectStoreNames].filter((name) => name !== "meta");
  if (names.length === 0) { request.result.close(); return done([kept, 0]); }
  const reading = request.result.transaction(names);
  const found = names.map((name) => reading.objectStore(name).count());
  reading.oncomplete = () => {
    request.result.close();
    done([kept, found.reduce((sum, one) => sum + one.result, 0)]);
  };
};
})();
"#;

async fn expect_nothing(page: &Page) -> Result<()> {
    let (kept, records): (Vec<String>, u64) = page.run_to_end(LEFT, &[]).await?;
    ensure!(kept.is_empty(), "the page has kept {kept:?}");
    ensure!(records == 0, "{records} records are left");
    Ok(())
}

fn begins_anew(view: &View) -> bool {
    view.shows("create-room") && view.visible("room").is_empty() && !view.shows("device-asked")
}

#[test]
fn all_that_is_stored_goes_in_every_tab_and_a_page_that_dies_in_between_is_no_way_out() -> Told {
    play("device-wipe", async |stage| {
        let url = stage.server.url();
        let first = stage.enter("ana", Chromium).await?;
        first.found_room(&url, "Ana").await?;
        first.send("held by nobody else").await?;
        first.wait("it waits", |view| view.pending() == 1).await?;
        first.type_into("composer", "half a thought").await?;
        let second = first.new_tab().await?;
        second.come_back(&url).await?;
        second.wait("it is there", |view| view.pending() == 1).await?;

        second.click("new-room").await?;
        second.click("device").await?;
        second.click("wipe").await?;
        let said = |view: &View| {
            let said = view.find("wipe-consequences").map(|it| it.text.clone());
            said.is_some_and(|said| said.contains("1 message of yours"))
        };
        second.wait("it is said what is lost", said).await?;
        second.click("device-close").await?;
        second.wait("nothing was done", |view| view.visible("room").len() == 1).await?;
        second.click("device").await?;
        second.click("wipe").await?;
        second.click("wipe-surely").await?;
        for page in [&first, &second] {
            page.wait("the page begins anew", begins_anew).await?;
            expect_nothing(page).await?;
        }

        // A page that died when it had just begun: the next one goes on.
        first.found_room(&url, "Ana").await?;
        first.send("again").await?;
        first.wait("it waits", |view| view.pending() == 1).await?;
        let script = "localStorage.setItem('confab.wipe', 'begun'); return true;";
        let _: bool = first.run(script, &[]).await?;
        first.reload().await?;
        for page in [&first, &second] {
            page.wait("the page begins anew", begins_anew).await?;
            tokio::time::timeout(Duration::from_secs(20), expect_nothing(page)).await??;
        }
        Ok(())
    })
}
