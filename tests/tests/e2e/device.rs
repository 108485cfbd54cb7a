//! All that is stored on a device goes: said before, done in every tab, and finished by the next
//! page if one dies in between. And it moves: a backup is made in one browser and taken in by
//! another.

use crate::browser::Browser::Chromium;
use crate::lock;
use crate::page::Page;
use crate::stage::{Told, play};
use crate::view::View;
use anyhow::{Context, Result, bail, ensure};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often a wait looks.
const LOOK: Duration = Duration::from_millis(100);

/// What is left of the page: keys of its storages, and records of rooms in its database.
const LEFT: &str = r#"
const done = arguments[0];
(async () => {
// Of the server, not of a person: a page that begins anew has read it again.
const config = "confab.config";
const ours = (it) =>
  Object.keys(it).filter((key) => !key.startsWith("confab.l") && key !== config);
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

/// What protects the file.
const PASSPHRASE: &str = "night train to nowhere";

/// Makes a backup and waits for its file.
async fn export(page: &Page, folder: &Path) -> Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let path = folder.to_str().context("the folder's path is not UTF-8")?;
    let allowed = json!({"behavior": "allow", "downloadPath": path});
    page.command_chromium("Browser.setDownloadBehavior", allowed).await?;
    // From within the room: one does not look for it elsewhere.
    page.click("device").await?;
    page.click("export").await?;
    page.type_into("passphrase", "too short").await?;
    page.click("export-begin").await?;
    let short = |view: &View| is_said(view, "backup-wrong", "at least 12");
    page.wait("a short passphrase is refused", short).await?;
    page.fill("passphrase", PASSPHRASE).await?;
    page.type_into("passphrase-again", PASSPHRASE).await?;
    page.click("export-begin").await?;
    let done = |view: &View| is_said(view, "backup-done", "of your room is made");
    page.wait("the backup is made", done).await?;
    for _ in 0..100 {
        let files: Vec<PathBuf> =
            fs::read_dir(folder)?.map(|file| Ok(file?.path())).collect::<Result<_>>()?;
        let is_backup = |path: &&PathBuf| path.extension().is_some_and(|it| it == "confab");
        if let Some(file) = files.iter().find(is_backup) {
            return Ok(file.clone());
        }
        tokio::time::sleep(LOOK).await;
    }
    bail!("the browser saves no file")
}

/// Chooses a file and a passphrase, and waits until something is said of it.
async fn import(page: &Page, file: &Path, passphrase: &str, what: &str, said: &str) -> Result<()> {
    page.click("device").await?;
    page.click("import").await?;
    let path = file.to_str().context("the file's path is not UTF-8")?;
    page.type_into("backup-file", path).await?;
    page.type_into("passphrase", passphrase).await?;
    page.click("import-begin").await?;
    page.wait(said, |view| is_said(view, what, said)).await?;
    page.click("device-close").await
}

fn is_said(view: &View, id: &str, words: &str) -> bool {
    view.find(id).is_some_and(|it| it.visible && it.text.contains(words))
}

#[test]
fn a_backup_brings_history_and_what_is_pending_to_another_browser_where_one_goes_on() -> Told {
    play("device-backup", async |stage| {
        let url = stage.server.url();
        let old = stage.enter("ana", Chromium).await?;
        let invite = old.found_room(&url, "Ana").await?;
        let ben = stage.enter("ben", Chromium).await?;
        ben.join(&invite, "Ben").await?;
        old.wait_for_company(2).await?;
        old.send("hello").await?;
        ben.hear("hello").await?;
        ben.quit().await?;
        old.send("held by nobody else").await?;
        old.wait("it waits", |view| view.pending() == 1).await?;
        // A passphrase of the device and that of a backup know nothing of each other.
        lock::protect(&old).await?;
        let file = export(&old, &stage.downloads()).await?;
        let bytes = fs::read(&file)?;
        let shows = |what: &[u8]| bytes.windows(what.len()).any(|part| part == what);
        ensure!(!shows(b"hello") && !shows(b"Ana"), "the file shows what is in it");
        old.quit().await?;

        let new = stage.enter("ana-elsewhere", Chromium).await?;
        new.open(&url).await?;
        lock::protect(&new).await?;
        let cut = stage.downloads().join("cut.confab");
        fs::write(&cut, &bytes[..bytes.len() - 1])?;
        let foreign = stage.downloads().join("foreign.confab");
        fs::write(&foreign, "nothing of the kind, and long enough to be looked at")?;
        for (file, passphrase, said) in [
            (&file, "another passphrase", "does not open the file"),
            (&cut, PASSPHRASE, "incomplete"),
            (&foreign, PASSPHRASE, "no backup of Confab"),
        ] {
            import(&new, file, passphrase, "backup-failed", said).await?;
            let view = new.view().await?;
            ensure!(view.visible("room").is_empty(), "a room has come of {said}");
        }
        import(&new, &file, PASSPHRASE, "backup-done", "One room has come").await?;
        new.wait("the room is listed", |view| view.visible("room").len() == 1).await?;
        import(&new, &file, PASSPHRASE, "backup-done", "One was here already").await?;
        new.click("room").await?;
        new.wait("it is open", |view| view.shows("composer")).await?;
        new.expect_messages(&["hello", "held by nobody else"]).await?;

        let ben = stage.enter("ben", Chromium).await?;
        ben.come_back(&url).await?;
        ben.hear("held by nobody else").await?;
        ben.expect_messages(&["hello", "held by nobody else"]).await?;
        new.send("from the new device").await?;
        ben.hear("from the new device").await?;
        ben.send("welcome").await?;
        new.hear("welcome").await?;
        let all = ["hello", "held by nobody else", "from the new device", "welcome"];
        ben.expect_messages(&all).await?;
        new.reload().await?;
        lock::wait_for_lock(&new).await?;
        lock::unlock(&new, lock::PASSPHRASE).await?;
        new.wait("it is open again", |view| view.shows("composer")).await?;
        new.expect_messages(&all).await?;
        ben.wait_for_company(2).await
    })
}
