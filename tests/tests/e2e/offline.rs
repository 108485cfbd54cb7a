//! The page is at hand: it opens and can be written in while its server is away, and a newer build
//! is offered, taken by all tabs at once, and loses nothing.

mod another_build;

use crate::browser::Browser::{self, Chromium, Firefox};
use crate::looks::{be_small, be_wide, dress, fits, speak};
use crate::page::{LOOK, PATIENCE, Page};
use crate::stage::{Stage, Told, play};
use another_build::{another_build, mark_of};
use anyhow::{Result, ensure};
use serde_json::json;
use std::time::Instant;

/// Waits until the service worker is there, and gives the names of the caches.
const AT_HAND: &str = r#"
const done = arguments[arguments.length - 1];
navigator.serviceWorker.ready.then(() => caches.keys()).then(done, (error) => done([`${error}`]));
"#;
/// Looks for a newer build, and waits until that and each look that was begun before are over.
const LOOK_FOR_NEWER: &str = r#"
const done = arguments[arguments.length - 1];
const look = navigator.serviceWorker.ready.then((registration) => registration.update());
look.then(() => done(""), (error) => done(`${error}`));
"#;
/// What the caches hold, below the page's folder.
const HELD: &str = r#"
const done = arguments[arguments.length - 1];
const read = async () => {
  const names = await caches.keys();
  const keys = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
  return keys.flat().map((key) => new URL(key.url).pathname.slice(1)).sort();
};
read().then(done, (error) => done([`${error}`]));
"#;
/// The build that the page is of, once it runs.
const BUILD: &str = r#"
const ready = document.readyState === "complete" && document.querySelector(".app") !== null;
return ready ? document.querySelector('meta[name="confab-build"]').content : "";
"#;
/// What stands in the composer.
const COMPOSED: &str = r#"return document.querySelector('[data-testid="composer"]').value;"#;

#[test]
fn the_page_opens_without_its_server_and_what_is_written_arrives_later_in_chromium() -> Told {
    opens_offline("offline-chromium", Chromium)
}

#[test]
fn the_page_opens_without_its_server_and_what_is_written_arrives_later_in_firefox() -> Told {
    opens_offline("offline-firefox", Firefox)
}

fn opens_offline(name: &str, browser: Browser) -> Told {
    play(name, async |stage| {
        let url = stage.server.url();
        let ana = stage.enter("ana", browser).await?;
        let invite = ana.found_room(&url, "Ana").await?;
        let ben = stage.enter("ben", Chromium).await?;
        ben.join(&invite, "Ben").await?;
        ben.send("before the night").await?;
        ana.hear("before the night").await?;
        let caches: Vec<String> = ana.run_to_end(AT_HAND, &[]).await?;
        ensure!(caches.len() == 1, "one build is at hand: {caches:?}");
        holds_the_page_and_nothing_else(&ana).await?;
        ana.quit().await?;

        stage.server.stop();
        let ana = stage.enter("ana", browser).await?;
        ana.come_back(&url).await?;
        ana.expect_messages(&["before the night"]).await?;
        ana.send("written in the dark").await?;
        ana.wait("it is saved", |view| view.state_of("written in the dark") == Some("saved"))
            .await?;
        // Not a reload of the driver's: in Firefox that passes by all that is at hand.
        ana.come_back(&url).await?;
        ana.expect_messages(&["before the night", "written in the dark"]).await?;

        stage.server.start_again(&[])?;
        ben.hear("written in the dark").await?;
        ana.wait_for_delivery("written in the dark").await?;
        Ok(())
    })
}

/// Nothing of the person, of a room or of the server is in a cache.
async fn holds_the_page_and_nothing_else(page: &Page) -> Result<()> {
    let held: Vec<String> = page.run_to_end(HELD, &[]).await?;
    let mut wanted = another_build::files()?;
    wanted.retain(|name| name != "service_worker.js");
    ensure!(held == wanted, "held: {held:?}\nwanted: {wanted:?}");
    Ok(())
}

#[test]
fn a_newer_build_is_offered_and_both_tabs_take_it_in_chromium() -> Told {
    takes_a_newer_build("newer-chromium", Chromium)
}

#[test]
fn a_newer_build_is_offered_and_both_tabs_take_it_in_firefox() -> Told {
    takes_a_newer_build("newer-firefox", Firefox)
}

fn takes_a_newer_build(name: &str, browser: Browser) -> Told {
    play(name, async |stage| {
        let url = stage.server.url();
        let first = stage.enter("ana", browser).await?;
        let invite = first.found_room(&url, "Ana").await?;
        let ben = stage.enter("ben", Chromium).await?;
        ben.join(&invite, "Ben").await?;
        first.send("in the old build").await?;
        ben.hear("in the old build").await?;
        first.run_to_end::<Vec<String>>(AT_HAND, &[]).await?;
        let old: String = first.run(BUILD, &[]).await?;
        ensure!(old == mark_of(&another_build::dist())?, "the page is of the build that is served");
        // One look at a time: what a tab asks for while another look is under way has its answer.
        let fault: String = first.run_to_end(LOOK_FOR_NEWER, &[]).await?;
        ensure!(fault.is_empty(), "the page cannot look for a newer build: {fault}");

        let new = serve_another_build(stage)?;
        // A tab that is opened looks for it; all tabs are told.
        let second = first.new_tab().await?;
        second.come_back(&url).await?;
        for page in [&first, &second] {
            page.wait("the newer build is offered", |view| view.shows("newer")).await?;
            ensure!(page.run::<String>(BUILD, &[]).await? == old, "nothing changes unasked");
        }
        if browser == Chromium {
            portray(stage, &first).await?;
        }
        first.type_into("composer", "half a thought").await?;
        second.send("just before").await?;
        second.click("update").await?;
        for page in [&first, &second] {
            runs(page, &new).await?;
            page.expect_messages(&["in the old build", "just before"]).await?;
            ensure!(!page.view().await?.shows("newer"), "nothing newer is there");
        }
        let composed: String = first.run(COMPOSED, &[]).await?;
        ensure!(composed == "half a thought", "the composer holds “{composed}”");
        first.click("send").await?;
        ben.expect_messages(&["in the old build", "just before", "half a thought"]).await?;
        let caches: Vec<String> = first.run_to_end(AT_HAND, &[]).await?;
        ensure!(caches.len() == 1 && caches[0].ends_with(&new), "the old build goes: {caches:?}");
        Ok(())
    })
}

/// Lets the stage's server go on with another build; gives its mark.
fn serve_another_build(stage: &Stage) -> Result<String> {
    let folder = stage.papers().join("another-build");
    another_build(&folder)?;
    stage.server.stop();
    let folder = folder.display().to_string();
    stage.server.start_again(&["--dist", &folder])?;
    mark_of(folder.as_ref())
}

/// The offer in other clothes.
async fn portray(stage: &Stage, page: &Page) -> Result<()> {
    stage.portray(page, "newer").await?;
    dress(page, "dark").await?;
    be_small(page).await?;
    for language in ["en", "zh"] {
        speak(page, language).await?;
        fits(page, &format!("the offer in {language}")).await?;
        stage.portray(page, &format!("newer-phone-dark-{language}")).await?;
    }
    dress(page, "light").await?;
    be_wide(page).await?;
    stage.portray(page, "newer-chinese").await?;
    speak(page, "en").await
}

/// Waits until the page runs this build. It loads itself meanwhile, so a look may find no page.
async fn runs(page: &Page, build: &str) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let found = page.run::<String>(BUILD, &[json!(null)]).await;
        if found.as_ref().is_ok_and(|found| found == build) {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "{}'s page runs {found:?}, not {build}", page.person());
        tokio::time::sleep(LOOK).await;
    }
}
