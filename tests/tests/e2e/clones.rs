//! A profile is copied, as a backup of a whole disk or a synchronised folder does, and both go on
//! writing where the original stopped, without knowing of each other: their log forks. Once they
//! and somebody else meet, all three show all that was said, once, and everybody writes on.

use crate::browser::Browser::{self, Chromium, Firefox};
use crate::page::Page;
use crate::stage::{Stage, Told, play};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::Path;

/// What a browser leaves in its profile to keep others out.
const LOCKS: [&str; 6] =
    ["SingletonCookie", "SingletonLock", "SingletonSocket", ".parentlock", "lock", "parent.lock"];

#[test]
fn what_two_copies_of_a_profile_wrote_apart_is_all_there_in_chromium() -> Told {
    write_apart("clones-chromium", Chromium)
}

#[test]
fn what_two_copies_of_a_profile_wrote_apart_is_all_there_in_firefox() -> Told {
    write_apart("clones-firefox", Firefox)
}

fn write_apart(name: &str, browser: Browser) -> Told {
    play(name, async |stage| {
        let url = stage.server.url();
        let ana = stage.enter("ana", browser).await?;
        let invite = ana.found_room(&url, "Ana").await?;
        let ben = stage.enter("ben", Chromium).await?;
        ben.join(&invite, "Ben").await?;
        ana.send("before the copy").await?;
        ben.hear("before the copy").await?;
        ana.wait_for_delivery("before the copy").await?;
        ben.quit().await?;
        ana.quit().await?;
        copy(&stage.profile("ana"), &stage.profile("twin"))?;

        let desk = ["at the desk", "still at the desk"];
        let at_desk = write_alone(stage, "ana", browser, &desk).await?;
        let on_road = write_alone(stage, "twin", browser, &["on the road"]).await?;
        ensure!(at_desk == on_road, "both are in one place of one log: {at_desk}, {on_road}");

        let mut said = vec!["before the copy", "at the desk", "still at the desk", "on the road"];
        let mut pages = Vec::new();
        for (person, browser) in [("ana", browser), ("twin", browser), ("ben", Chromium)] {
            let page = stage.enter(person, browser).await?;
            page.come_back(&url).await?;
            pages.push(page);
        }
        all_show(&pages, &said).await?;
        for (page, words) in pages.iter().zip(["the desk again", "the road again", "welcome, two"])
        {
            page.send(words).await?;
            said.push(words);
            all_show(&pages, &said).await?;
        }
        ensure!(pages[2].view().await?.count("member-count") == Some(2), "a copy is no member");
        // And it is so for whoever looks again.
        let [ana, twin, _] = &pages[..] else { unreachable!("three pages") };
        for page in [ana, twin] {
            page.reload().await?;
        }
        all_show(&pages, &said).await
    })
}

/// Opens a profile while nobody else is there, writes, and closes it once that is stored. Gives the
/// name of the first entry.
async fn write_alone(
    stage: &Stage,
    person: &str,
    browser: Browser,
    words: &[&str],
) -> Result<String> {
    let page = stage.enter(person, browser).await?;
    page.come_back(&stage.server.url()).await?;
    page.hear("before the copy").await?;
    for words in words {
        page.send(words).await?;
        page.wait("it is saved", |view| view.state_of(words) == Some("saved")).await?;
    }
    let view = page.view().await?;
    let row = view.said(words[0]).first().and_then(|row| row.entry.clone());
    page.quit().await?;
    row.context("a row without an entry")
}

/// All of them show all of it, each once, and nothing else.
async fn all_show(pages: &[Page], said: &[&str]) -> Result<()> {
    for page in pages {
        page.wait("all that was said is there, once", |view| {
            let once = |words: &&str| view.said(words).len() == 1;
            view.rows.len() == said.len() && said.iter().all(once)
        })
        .await?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (name, kind) = (entry.file_name(), entry.file_type()?);
        let is_lock = name.to_str().is_some_and(|name| LOCKS.contains(&name));
        if kind.is_dir() {
            copy(&entry.path(), &to.join(name))?;
        } else if kind.is_file() && !is_lock {
            fs::copy(entry.path(), to.join(name))?;
        }
    }
    Ok(())
}
