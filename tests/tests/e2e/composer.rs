//! The composer: what is too long for a message stays in it and is said, and what stands in it is
//! still there after a reload, however soon that comes, and in a browser that was closed meanwhile.

use crate::browser::Browser::{self, Chromium, Firefox};
use crate::page::{LOOK, PATIENCE, Page};
use crate::rooms::press;
use crate::stage::{Told, play};
use crate::view::View;
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::time::Instant;

/// The most bytes of a message, in letters of one byte.
const MOST: usize = 32 * 1024;
/// More than anybody pastes on purpose.
const BOOK: usize = 256 * 1024;

/// Puts so many letters where the cursor is, as a paste does; true if the field has them.
const PASTE: &str = r#"
const [count] = arguments;
const field = document.querySelector('[data-testid="composer"]');
field.focus();
const words = "words and ".repeat(count / 10 + 1).slice(0, count - 1) + "x";
field.setRangeText(words, 0, field.value.length, "end");
field.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertFromPaste" }));
return field.value.length === count;
"#;

/// Hands over so many letters, or a file, as a paste (`clipboardData`) or a drop (`dataTransfer`)
/// does; true if the page kept it out.
const HAND_OVER: &str = r#"
const [kind, letters] = arguments;
const field = document.querySelector('[data-testid="composer"]');
field.focus();
const data = new DataTransfer();
if (letters > 0) {
    data.setData("text/plain", "a".repeat(letters));
} else {
    data.items.add(new File(["words"], "picture.png", { type: "image/png" }));
}
const about = { bubbles: true, cancelable: true };
const event = kind === "paste"
    ? new ClipboardEvent(kind, { ...about, clipboardData: data })
    : new DragEvent(kind, { ...about, dataTransfer: data });
return !field.dispatchEvent(event);
"#;

/// Writes something, and leaves at once: before anything else can run in the page.
const WRITE_AND_LEAVE: &str = r#"
const [words] = arguments;
const field = document.querySelector('[data-testid="composer"]');
field.value = words;
field.dispatchEvent(new InputEvent("input", { bubbles: true }));
window.isLeft = true;
location.reload();
"#;

/// True once the page that was left has made way for another one.
const IS_ANOTHER: &str =
    r#"return !window.isLeft && document.querySelector('[data-testid="composer"]') !== null"#;

/// True if the device keeps these words.
const IS_KEPT: &str =
    "return Object.values(localStorage).some((kept) => kept.includes(arguments[0]));";

/// The room of the list that is not open.
const OTHER_ROOM: &str = "return document.querySelector('.line:not([aria-current])').dataset.room;";

async fn paste(page: &Page, letters: usize) -> Result<()> {
    let pasted: bool = page.run(PASTE, &[json!(letters)]).await?;
    ensure!(pasted, "the composer does not take {letters} letters");
    Ok(())
}

fn composed(view: &View) -> usize {
    view.find("composer").and_then(|field| field.value.as_deref()).unwrap_or_default().len()
}

fn is_told(view: &View) -> bool {
    view.visible("error").iter().any(|error| error.text.contains("too long"))
}

#[test]
fn what_is_too_long_stays_in_the_composer_and_is_said_in_chromium() -> Told {
    too_long("composer-chromium", Chromium)
}

#[test]
fn what_is_too_long_stays_in_the_composer_and_is_said_in_firefox() -> Told {
    too_long("composer-firefox", Firefox)
}

fn too_long(name: &str, browser: Browser) -> Told {
    play(name, async |stage| {
        let ana = stage.enter("ana", browser).await?;
        let invite = ana.found_room(&stage.server.url(), "Ana").await?;
        let ben = stage.enter("ben", Chromium).await?;
        ben.join(&invite, "Ben").await?;
        ana.wait_for_company(2).await?;
        for letters in [BOOK, MOST + 1] {
            paste(&ana, letters).await?;
            ana.wait("it is said that it is too long", is_told).await?;
            ana.click("send").await?;
            let view = ana.wait("it is still said", is_told).await?;
            ensure!(composed(&view) == letters, "{} letters are left", composed(&view));
            ensure!(view.rows.is_empty(), "it was sent: {} rows", view.rows.len());
        }
        paste(&ana, MOST).await?;
        ana.wait("nothing is wrong any more", |view| !is_told(view)).await?;
        ana.click("send").await?;
        let whole = |view: &View| view.rows.len() == 1 && view.rows[0].body.len() == MOST;
        ben.wait("all of it has come", whole).await?;
        ana.wait("the composer is empty", |view| composed(view) == 0).await?;
        Ok(())
    })
}

#[test]
fn what_is_pasted_or_dropped_and_cannot_be_sent_is_kept_out_and_said_in_chromium() -> Told {
    kept_out("composer-paste-chromium", Chromium)
}

#[test]
fn what_is_pasted_or_dropped_and_cannot_be_sent_is_kept_out_and_said_in_firefox() -> Told {
    kept_out("composer-paste-firefox", Firefox)
}

fn kept_out(name: &str, browser: Browser) -> Told {
    /// Bytes that nobody can want to say.
    const MUCH: usize = 5 << 20;
    play(name, async |stage| {
        let ana = stage.enter("ana", browser).await?;
        ana.found_room(&stage.server.url(), "Ana").await?;
        ana.fill("composer", "half a thought").await?;
        let says = |words: &'static str| {
            move |view: &View| view.visible("error").iter().any(|it| it.text.contains(words))
        };
        // Firefox lets no script hand over a clipboard.
        let kinds = if browser == Chromium { &["paste", "drop"][..] } else { &["drop"][..] };
        for kind in kinds {
            for (letters, words) in [(MUCH, "5,242,880 bytes"), (0, "Files cannot be sent")] {
                let kept: bool = ana.run(HAND_OVER, &[json!(kind), json!(letters)]).await?;
                ensure!(kept, "a {kind} of {letters} letters was not kept out");
                let view = ana.wait("it is said why", says(words)).await?;
                ensure!(composed(&view) == 14, "what stood there is changed by a {kind}");
            }
        }
        let kept: bool = ana.run(HAND_OVER, &[json!("paste"), json!(5)]).await?;
        ensure!(!kept, "a few words are kept out");
        ana.wait("nothing is wrong any more", |view| view.visible("error").is_empty()).await?;
        let kept: bool = ana.run(HAND_OVER, &[json!("dragover"), json!(0)]).await?;
        ensure!(kept, "the browser would open a file in place of the page");
        Ok(())
    })
}

/// From now on the browser keeps no words for this page, or does again.
const REFUSE: &str = r#"
const [refuses] = arguments;
window.__keeps ??= Storage.prototype.setItem;
Storage.prototype.setItem = refuses
  ? () => {
      throw new DOMException("There is no space left.", "QuotaExceededError");
    }
  : window.__keeps;
"#;

/// True if the browser would ask before it closes the page.
const ASKS: &str = r#"
return !window.dispatchEvent(new Event("beforeunload", { cancelable: true }));
"#;

#[test]
fn what_is_being_written_and_not_kept_is_told_and_stays_in_chromium() -> Told {
    not_kept("composer-full-chromium", Chromium)
}

#[test]
fn what_is_being_written_and_not_kept_is_told_and_stays_in_firefox() -> Told {
    not_kept("composer-full-firefox", Firefox)
}

fn not_kept(name: &str, browser: Browser) -> Told {
    play(name, async |stage| {
        let ana = stage.enter("ana", browser).await?;
        ana.found_room(&stage.server.url(), "Ana").await?;
        let stands = |words: &'static str| {
            move |view: &View| {
                view.find("composer").is_some_and(|it| it.value.as_deref() == Some(words))
            }
        };
        let told = |view: &View| {
            view.visible("banner").iter().any(|banner| banner.text.contains("is not kept"))
        };
        ana.type_into("composer", "half").await?;
        ana.wait("it is written", stands("half")).await?;
        let () = ana.run(REFUSE, &[json!(true)]).await?;
        ana.type_into("composer", " a thought").await?;
        ana.wait("it is told that it is not kept", told).await?;
        ana.wait("all of it stands there", stands("half a thought")).await?;
        ensure!(ana.run::<bool>(ASKS, &[]).await?, "it does not ask about what is lost");

        // Another room and back: nothing that was typed is lost from the field.
        ana.click("new-room").await?;
        ana.enter_names("Ana", "Garden").await?;
        ana.wait("nothing is written there", stands("")).await?;
        let other: String = ana.run(OTHER_ROOM, &[]).await?;
        press(&ana, "room", &other).await?;
        ana.wait("it stands there again", stands("half a thought")).await?;
        ana.wait("it is still told", told).await?;

        // There is space again: it is kept without another letter.
        let () = ana.run(REFUSE, &[json!(false)]).await?;
        ana.wait("nothing is told any more", |view| !told(view)).await?;
        ana.reload().await?;
        ana.wait("it outlives a reload", stands("half a thought")).await?;

        // For whom words are is not kept either: then they come back with that, or not at all.
        let invite = ana.invite().await?;
        let ben = stage.enter("ben", Chromium).await?;
        ben.join(&invite, "Ben").await?;
        let of_ben = |view: &View| {
            let ben = view.members.iter().find(|it| it.text.contains("Ben"));
            ben.map(|it| it.member.clone())
        };
        let view = ana.wait("Ben is listed", |view| of_ben(view).is_some()).await?;
        let alone = of_ben(&view).context("Ben is gone")?;
        let () = ana.run(REFUSE, &[json!(true)]).await?;
        ana.choose_delivery(&format!("only-{alone}")).await?;
        ana.type_into("composer", " for Ben").await?;
        ana.wait("it is told once more", told).await?;
        press(&ana, "room", &ana.run::<String>(OTHER_ROOM, &[]).await?).await?;
        ana.wait("nothing is written there", stands("")).await?;
        press(&ana, "room", &other).await?;
        let for_ben = |view: &View| stands("half a thought for Ben")(view) && view.shows("only-to");
        ana.wait("it stands there for Ben", for_ben).await?;
        ana.reload().await?;
        ana.wait("nobody else reads what was for Ben", stands("")).await?;
        Ok(())
    })
}

#[test]
fn what_is_being_written_outlives_a_reload_that_comes_at_once_in_chromium() -> Told {
    left_at_once("composer-left-chromium", Chromium)
}

#[test]
fn what_is_being_written_outlives_a_reload_that_comes_at_once_in_firefox() -> Told {
    left_at_once("composer-left-firefox", Firefox)
}

fn left_at_once(name: &str, browser: Browser) -> Told {
    play(name, async |stage| {
        let ana = stage.enter("ana", browser).await?;
        ana.found_room(&stage.server.url(), "Ana").await?;
        let stands = |words: &'static str| {
            move |view: &View| {
                view.find("composer").is_some_and(|it| it.value.as_deref() == Some(words))
            }
        };
        for words in ["half a thought", "another half"] {
            let () = ana.run(WRITE_AND_LEAVE, &[json!(words)]).await?;
            let until = Instant::now() + PATIENCE;
            // Nothing is answered where the page went away in the middle of the question.
            while ana.run::<Option<bool>>(IS_ANOTHER, &[]).await? != Some(true) {
                ensure!(Instant::now() < until, "the page does not come back");
                tokio::time::sleep(LOOK).await;
            }
            ana.wait(&format!("{words:?} is there again"), stands(words)).await?;
        }
        ana.click("new-room").await?;
        ana.enter_names("Ana", "Garden").await?;
        ana.type_into("composer", "half a flower").await?;
        ana.wait("it is written", stands("half a flower")).await?;
        ana.close().await?;

        // The browser was closed: what was being written is there, in each room its own.
        let ana = stage.enter("ana", browser).await?;
        ana.come_back(&stage.server.url()).await?;
        ana.wait("a browser that was closed has the words", stands("half a flower")).await?;
        let other: String = ana.run(OTHER_ROOM, &[]).await?;
        press(&ana, "room", &other).await?;
        ana.wait("so are those of the other room", stands("another half")).await?;
        let tab = ana.new_tab().await?;
        tab.come_back(&stage.server.url()).await?;
        tab.wait("a new tab has them, too", stands("another half")).await?;
        ana.fill("composer", "all of it").await?;
        tab.fill("composer", "typed elsewhere").await?;
        tab.wait("it is written", stands("typed elsewhere")).await?;
        // What was typed last is kept within a moment; a browser may slow down who is not in front.
        let until = Instant::now() + PATIENCE;
        while !tab.run::<bool>(IS_KEPT, &[json!("typed elsewhere")]).await? {
            ensure!(Instant::now() < until, "what is written is not kept on the device");
            tokio::time::sleep(LOOK).await;
        }
        let view = ana.view().await?;
        ensure!(stands("all of it")(&view), "one tab changes what stands in another");
        ana.click("send").await?;
        ana.reload().await?;
        ana.hear("all of it").await?;
        let last = "what was sent is not there again, but what was written last";
        ana.wait(last, stands("typed elsewhere")).await?;
        Ok(())
    })
}
