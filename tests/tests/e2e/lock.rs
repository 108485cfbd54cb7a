//! A passphrase for a device: nothing is shown before it is typed, all tabs are locked together,
//! and nothing of what was said lies readable in the browser's profile.

use crate::browser::Browser::Chromium;
use crate::canaries::Canaries;
use crate::page::Page;
use crate::stage::{Told, play};
use crate::view::View;
use anyhow::{Context, Result, ensure};
use data_encoding::BASE64URL_NOPAD;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// The passphrase of every device that has one.
pub const PASSPHRASE: &str = "night train to nowhere";
const OTHER: &str = "seven quiet lighthouses";

/// Goes to the dialog about the device, from the start page or a room.
async fn open_device(page: &Page) -> Result<()> {
    let there = |view: &View| view.shows("device") || view.shows("new-room");
    if !page.wait("there is a way to it", there).await?.shows("device") {
        page.click("new-room").await?;
    }
    page.click("device").await
}

/// Sets a passphrase, and waits until all is sealed.
pub async fn protect(page: &Page) -> Result<()> {
    open_device(page).await?;
    page.click("guard").await?;
    page.fill("passphrase", PASSPHRASE).await?;
    page.fill("passphrase-again", PASSPHRASE).await?;
    page.click("guard-set").await?;
    page.wait("all is sealed", |view| phase(view) == "sealed").await?;
    page.click("device-close").await
}

fn phase(view: &View) -> &str {
    view.find("guard-state").and_then(|it| it.data.get("phase")).map_or("", String::as_str)
}

fn is_said(view: &View, id: &str, words: &str) -> bool {
    view.find(id).is_some_and(|it| it.visible && it.text.contains(words))
}

/// Nothing but the lock screen is there.
pub async fn wait_for_lock(page: &Page) -> Result<()> {
    let bare = |view: &View| {
        view.shows("unlock-passphrase") && view.rows.is_empty() && view.visible("room").is_empty()
    };
    let view = page.wait("all is locked", bare).await?;
    ensure!(view.title == "Confab", "the title says {:?}", view.title);
    ensure!(view.members.is_empty() && view.find("invite-link").is_none(), "{view}");
    Ok(())
}

/// Types a passphrase on the lock screen.
pub async fn unlock(page: &Page, passphrase: &str) -> Result<()> {
    page.fill("unlock-passphrase", passphrase).await?;
    page.click("unlock").await
}

/// What stands in the composer.
fn is_written(view: &View, words: &str) -> bool {
    let value = view.find("composer").and_then(|it| it.value.clone());
    value.as_deref() == Some(words)
}

/// A wrong passphrase changes nothing.
async fn expect_refusal(page: &Page, passphrase: &str) -> Result<()> {
    unlock(page, passphrase).await?;
    let wrong = |view: &View| is_said(view, "unlock-wrong", "passphrase is wrong");
    page.wait("another one is refused", wrong).await?;
    wait_for_lock(page).await
}

/// Puts another passphrase in the place of the first.
async fn change(page: &Page) -> Result<()> {
    open_device(page).await?;
    page.click("guard").await?;
    for (old, id, said) in
        [(OTHER, "guard-wrong", "passphrase is wrong"), (PASSPHRASE, "guard-told", "Done")]
    {
        page.fill("passphrase-old", old).await?;
        page.fill("passphrase", OTHER).await?;
        page.fill("passphrase-again", OTHER).await?;
        page.click("guard-change").await?;
        page.wait(said, |view| is_said(view, id, said)).await?;
    }
    page.click("device-close").await
}

/// Sets a passphrase on a device that has been used without one.
async fn protect_late(page: &Page, url: &str) -> Result<()> {
    page.found_room(url, "Ana").await?;
    page.send("said in clear").await?;
    page.wait("it is saved", |view| view.state_of("said in clear") == Some("saved")).await?;
    open_device(page).await?;
    page.click("guard").await?;
    page.fill("passphrase", "too short").await?;
    page.click("guard-set").await?;
    let short = |view: &View| is_said(view, "guard-wrong", "at least 12");
    page.wait("a short one is refused", short).await?;
    page.click("device-close").await?;
    protect(page).await
}

#[test]
fn nothing_is_shown_before_the_passphrase_and_all_tabs_are_locked_together() -> Told {
    play("lock", async |stage| {
        let url = stage.server.url();
        let first = stage.enter("ana", Chromium).await?;
        protect_late(&first, &url).await?;
        first.click("room").await?;
        first.send("said under the seal").await?;
        let saved = |view: &View| view.state_of("said under the seal") == Some("saved");
        first.wait("it is saved", saved).await?;
        first.type_into("composer", "half a thought").await?;

        first.reload().await?;
        wait_for_lock(&first).await?;
        expect_refusal(&first, OTHER).await?;
        unlock(&first, PASSPHRASE).await?;
        first.wait("the room is open again", |view| view.shows("composer")).await?;
        first.expect_messages(&["said in clear", "said under the seal"]).await?;
        let kept = |view: &View| is_written(view, "half a thought");
        first.wait("what was being written is there", kept).await?;

        // Another tab needs no passphrase while one is open, also when it takes over.
        let second = first.new_tab().await?;
        second.come_back(&url).await?;
        second.expect_messages(&["said in clear", "said under the seal"]).await?;
        open_device(&second).await?;
        second.click("lock-now").await?;
        for page in [&first, &second] {
            wait_for_lock(page).await?;
        }
        // Whichever of them holds what is stored.
        for page in [&first, &second] {
            expect_refusal(page, OTHER).await?;
        }
        unlock(&second, PASSPHRASE).await?;
        for page in [&first, &second] {
            page.wait("it is open in both", |view| view.shows("room")).await?;
        }
        first.wait("it leads or follows", |view| view.shows("composer")).await?;
        first.wait("what was being written is there", kept).await?;

        // Another passphrase, and none.
        change(&second).await?;
        second.reload().await?;
        second.wait("the other tab has taken over", |view| view.shows("room")).await?;
        first.close_tab().await?;
        second.wait("it goes on without a question", |view| view.shows("room")).await?;
        second.reload().await?;
        wait_for_lock(&second).await?;
        expect_refusal(&second, PASSPHRASE).await?;
        unlock(&second, OTHER).await?;
        second.wait("the new one does", |view| view.shows("room")).await?;
        open_device(&second).await?;
        second.click("guard").await?;
        second.fill("passphrase-old", OTHER).await?;
        second.click("guard-remove").await?;
        second.wait("it is gone", |view| view.shows("guard-set")).await?;
        second.click("device-close").await?;
        second.reload().await?;
        second.wait("nothing is asked", |view| view.shows("room")).await?;
        Ok(())
    })
}

#[test]
fn who_has_lost_the_passphrase_can_delete_everything_and_begin_anew() -> Told {
    play("lock-lost", async |stage| {
        let url = stage.server.url();
        let page = stage.enter("ana", Chromium).await?;
        page.open(&url).await?;
        protect(&page).await?;
        page.enter_names("Ana", "Night train").await?;
        page.send("lost").await?;
        page.wait("it is saved", |view| view.state_of("lost") == Some("saved")).await?;
        page.reload().await?;
        wait_for_lock(&page).await?;
        page.click("lock-wipe").await?;
        page.click("wipe-surely").await?;
        let anew = |view: &View| view.shows("create-room") && view.visible("room").is_empty();
        page.wait("the page begins anew", anew).await?;
        page.enter_names("Ana", "Day train").await?;
        page.reload().await?;
        page.wait("nothing is asked", |view| view.shows("composer")).await?;
        page.expect_messages(&[]).await
    })
}

/// Chooses a time that is not offered, for no test waits five minutes.
const ONE_MINUTE: &str = r#"
const choice = document.querySelector('[data-testid="guard-idle"]');
choice.options[1].value = "1";
choice.selectedIndex = 1;
choice.dispatchEvent(new Event("change", { bubbles: true }));
return true;
"#;

#[test]
fn a_device_that_nobody_touches_is_locked_in_every_tab() -> Told {
    play("lock-idle", async |stage| {
        let url = stage.server.url();
        let first = stage.enter("ana", Chromium).await?;
        first.open(&url).await?;
        protect(&first).await?;
        first.enter_names("Ana", "Night train").await?;
        let second = first.new_tab().await?;
        second.come_back(&url).await?;
        open_device(&second).await?;
        second.click("guard").await?;
        let chosen: bool = second.run(ONE_MINUTE, &[]).await?;
        ensure!(chosen, "there is no choice");
        second.wait("it is chosen", |view| is_said(view, "guard-told", "Done")).await?;
        second.click("device-close").await?;
        let touched = Instant::now();
        let locked = |view: &View| view.shows("unlock-passphrase");
        let deadline = touched + Duration::from_secs(110);
        second.wait_until(deadline, "nobody is there", locked).await?;
        let after = touched.elapsed();
        ensure!(after >= Duration::from_secs(45), "locked after {after:?} already");
        for page in [&first, &second] {
            wait_for_lock(page).await?;
        }
        Ok(())
    })
}

/// Words that are nowhere else in a profile.
const NAME: &str = "Zinnia Quartzfield";
const ROOM: &str = "Umbrella Foundry";
const TEXT: &str = "seventeen walrus tambourines";
const DRAFT: &str = "half a zeppelin thought";

/// Uses a room as a person does, and ends the browser; gives its invite, and the secret in it.
async fn live(page: Page, url: &str, sealed: bool) -> Result<(String, Vec<u8>)> {
    page.open(url).await?;
    page.wait("the page answers", |view| view.shows("device")).await?;
    if sealed {
        protect(&page).await?;
    }
    page.enter_names(NAME, ROOM).await?;
    let invite = page.invite().await?;
    page.send(TEXT).await?;
    page.wait("it is saved", |view| view.state_of(TEXT) == Some("saved")).await?;
    page.type_into("composer", DRAFT).await?;
    page.reload().await?;
    if sealed {
        wait_for_lock(&page).await?;
        unlock(&page, PASSPHRASE).await?;
    }
    page.wait("what was being written is there", |view| is_written(view, DRAFT)).await?;
    let (_, body) = Page::secret(&invite)?.rsplit_once('.').context("an invite has a version")?;
    let bytes = BASE64URL_NOPAD.decode(body.as_bytes())?;
    page.quit().await?;
    Ok((body.to_owned(), bytes.get(64..96).context("an invite has a secret")?.to_vec()))
}

/// Which of these lie in the files of a folder, and where.
fn found(folder: &Path, canaries: &Canaries) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() {
            found.extend(self::found(&path, canaries)?);
        } else if kind.is_file() {
            let names = canaries.within(&fs::read(&path)?).into_iter();
            found.extend(names.map(|name| format!("{name} in {}", path.display())));
        }
    }
    Ok(found)
}

fn canaries((invite, secret): &(String, Vec<u8>)) -> Canaries {
    let words = [("name", NAME), ("room", ROOM), ("text", TEXT), ("draft", DRAFT)];
    let words = words.into_iter().chain([("invite", invite.as_str())]);
    let words = words.map(|(name, words)| (name, words.as_bytes()));
    Canaries::new(words.chain([("secret", secret.as_slice())]))
}

#[test]
fn with_a_passphrase_the_profile_holds_nothing_that_can_be_read_and_without_one_it_does() -> Told {
    play("lock-canary", async |stage| {
        let url = stage.server.url();
        let clear = live(stage.enter("clear", Chromium).await?, &url, false).await?;
        let there = found(&stage.profile("clear"), &canaries(&clear))?;
        for wanted in ["name in", "room in", "draft in", "secret in"] {
            let is = |it: &String| it.starts_with(wanted);
            ensure!(there.iter().any(is), "the search does not find {wanted}: {there:#?}");
        }
        let sealed = live(stage.enter("sealed", Chromium).await?, &url, true).await?;
        let there = found(&stage.profile("sealed"), &canaries(&sealed))?;
        ensure!(there.is_empty(), "the profile shows {there:#?}");
        Ok(())
    })
}

#[test]
fn a_passphrase_that_comes_late_leaves_no_key_and_no_word_in_the_files_of_the_database() -> Told {
    play("lock-late", async |stage| {
        let url = stage.server.url();
        let page = stage.enter("late", Chromium).await?;
        let canaries = canaries(&live(page, &url, false).await?);
        let in_database = |found: Vec<String>| -> Vec<String> {
            let keys = ["secret in", "invite in"];
            let is = |it: &String| {
                it.contains("IndexedDB") || keys.iter().any(|key| it.starts_with(key))
            };
            found.into_iter().filter(is).collect()
        };
        let before = in_database(found(&stage.profile("late"), &canaries)?);
        ensure!(before.iter().any(|it| it.starts_with("secret in")), "not found: {before:?}");
        let page = stage.enter("late", Chromium).await?;
        page.come_back(&url).await?;
        protect(&page).await?;
        page.quit().await?;
        let after = in_database(found(&stage.profile("late"), &canaries)?);
        ensure!(after.is_empty(), "the database's files show {after:#?}");
        Ok(())
    })
}
