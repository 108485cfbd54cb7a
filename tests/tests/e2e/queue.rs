//! What a person chooses for a message beside its words: live, later, together, in other words,
//! taken back; what becomes of it on its way; and reactions.

use crate::browser::Browser::{Chromium, Firefox};
use crate::page::{LOOK, PATIENCE, Page};
use crate::stage::{Told, play};
use crate::view::View;
use anyhow::{Result, ensure};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use thirtyfour::prelude::Key;

/// Chooses in a list of what waits.
const CHOOSE: &str = r#"
const [id, value] = arguments;
const select = document.querySelector(`[data-testid="${id}"]`);
select.value = value;
const there = select.value === value;
select.dispatchEvent(new Event("change", { bubbles: true }));
return there;
"#;

/// What has the keyboard, by its name for tests.
const FOCUS: &str = "return document.activeElement?.dataset.testid ?? '';";

/// How far the page is wider than the window, in pixels.
const OVERFLOW: &str = "return document.documentElement.scrollWidth - window.innerWidth;";

/// How far the tables in the queue are wider than the panel they are in, in pixels.
const TABLES: &str = r#"
const over = (table) => table.scrollWidth - table.parentElement.clientWidth;
const tables = [...document.querySelectorAll('[data-testid="queue-peer"]')];
return Math.max(...tables.map(over));
"#;

/// WebDriver's names of keys.
const UP: &str = "\u{e013}";
const ESCAPE: &str = "\u{e00c}";
const ENTER: &str = "\u{e007}";

/// Presses a button in the row that says something.
const PRESS: &str = r#"
const [body, id] = arguments;
const rows = [...document.querySelectorAll('[data-testid="message"]')];
const said = (row) => row.querySelector('[data-testid="message-body"]').textContent === body;
const button = rows.find(said)?.querySelector(`[data-testid="${id}"]`);
button?.focus();
button?.click();
return button !== undefined && button !== null;
"#;

pub async fn choose(page: &Page, delivery: &str) -> Result<()> {
    page.choose_delivery(delivery).await
}

pub async fn choose_in(page: &Page, select: &str, value: &str) -> Result<()> {
    page.wait(&format!("{select} can be chosen"), |view| view.shows(select)).await?;
    let chosen: bool = page.run(CHOOSE, &[json!(select), json!(value)]).await?;
    ensure!(chosen, "{select} has no {value:?} to choose");
    Ok(())
}

/// Presses it as soon as it is there: a row that is still being written has no buttons, while
/// others may have read it already.
pub async fn press(page: &Page, body: &str, button: &str) -> Result<()> {
    let arguments: [Value; 2] = [json!(body), json!(button)];
    let deadline = Instant::now() + PATIENCE;
    while !page.run::<bool>(PRESS, &arguments).await? {
        ensure!(Instant::now() < deadline, "the row {body:?} has no button {button:?}");
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// Puts the emoji that comes first on the message that says this.
pub async fn react(page: &Page, body: &str) -> Result<()> {
    press(page, body, "react").await?;
    pick_first(page).await
}

/// Picks the emoji that comes first, with the keyboard.
pub async fn pick_first(page: &Page) -> Result<()> {
    let first = |view: &View| {
        view.visible("emoji-option").first().is_some_and(|it| it.text.starts_with("👍"))
    };
    page.wait("a thumb comes first", first).await?;
    page.press(ENTER).await?;
    page.wait("the picker is closed", |view| !view.shows("emoji-input")).await?;
    Ok(())
}

/// Sets the field for a date and a time to so many minutes from now, where the browser is; true if
/// it has that.
const SET_TIME: &str = r#"
const [minutes] = arguments;
const field = document.querySelector('[data-testid="send-at"]');
const zone = new Date().getTimezoneOffset();
field.value = new Date(Date.now() + (minutes - zone) * 60_000).toISOString().slice(0, 16);
field.dispatchEvent(new InputEvent("input", { bubbles: true }));
return field.value !== "";
"#;

/// Writes a message for a time of its own; one that is over, or none, is refused in words.
async fn send_at_a_time(page: &Page) -> Result<()> {
    let says = |words: &'static str| {
        move |view: &View| view.visible("error").iter().any(|it| it.text.contains(words))
    };
    choose(page, "at").await?;
    page.wait("a time is asked for", |view| view.shows("send-at")).await?;
    page.send("at its time").await?;
    page.wait("there is no time yet", says("No time is chosen")).await?;
    ensure!(page.run::<bool>(SET_TIME, &[json!(-5)]).await?, "no time can be set");
    page.wait("it is over", says("over")).await?;
    page.click("send").await?;
    let view = page.wait("it is still over", says("over")).await?;
    ensure!(composed(&view) == "at its time" && !view.shows("waiting-item"), "it was sent");
    ensure!(page.run::<bool>(SET_TIME, &[json!(26 * 60)]).await?, "no time can be set");
    page.wait("nothing is wrong any more", |view| !view.shows("error")).await?;
    page.click("send").await?;
    let waits =
        |view: &View| view.visible("waiting-item").iter().any(|it| it.text.contains("at its time"));
    let view = page.wait("it waits", waits).await?;
    ensure!(!view.shows("send-at"), "the next one is asked for a time, too");
    page.click("cancel").await?;
    page.wait("it waits no more", |view| !view.shows("waiting-item")).await?;
    Ok(())
}

/// Focuses a button in the row that says something, as the Tab key does.
const FOCUS_ON: &str = r#"
const [body, id] = arguments;
const rows = [...document.querySelectorAll('[data-testid="message"]')];
const said = (row) => row.querySelector('[data-testid="message-body"]').textContent === body;
rows.find(said).querySelector(`[data-testid="${id}"]`).focus();
"#;

/// Takes the clipboard away from the page.
const REFUSE: &str = r#"navigator.clipboard.writeText = () => Promise.reject(new Error("no"));"#;

/// Copies the words of a message with the keyboard, and puts them into the composer; where the
/// browser refuses, they are selected, and that is said.
async fn copy_words(page: &Page, body: &str) -> Result<()> {
    let says = |words: &'static str| {
        move |view: &View| view.visible("copy-message").iter().any(|it| it.text.contains(words))
    };
    let arguments = [json!(body), json!("copy-message")];
    let () = page.run(FOCUS_ON, &arguments).await?;
    page.press(ENTER).await?;
    page.wait("it is said that they were copied", says("Copied")).await?;
    page.type_into("composer", Key::Control + "v").await?;
    page.wait("they are in the composer", |view| composed(view) == body).await?;
    page.fill("composer", "").await?;

    let () = page.run(REFUSE, &[]).await?;
    let () = page.run(FOCUS_ON, &arguments).await?;
    page.press(ENTER).await?;
    page.wait("it is said that they are selected", says("Selected")).await?;
    let selected: String = page.run("return getSelection().toString();", &[]).await?;
    ensure!(selected == body, "{selected:?} is selected");
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
        let live = |view: &View| {
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

        send_at_a_time(&ana).await?;

        for page in [&ana, &ben] {
            copy_words(page, "kept for ever").await?;
        }
        react(&ben, "kept for ever").await?;
        ana.wait("the reaction has come", |view| view.shows("reaction")).await?;
        ana.send("a slip").await?;
        ana.wait_for_delivery("a slip").await?;
        press(&ana, "a slip", "delete-message").await?;
        press(&ana, "a slip", "delete-message").await?;
        let gone = |view: &View| view.state_of("a slip").is_none();
        ben.wait("the words are gone", gone).await?;
        ana.wait("the words are gone here, too", gone).await?;
        Ok(())
    })
}

fn composed(view: &View) -> &str {
    view.find("composer").and_then(|composer| composer.value.as_deref()).unwrap_or_default()
}

fn steps(view: &View) -> Vec<String> {
    let stations = view.visible("station");
    stations.into_iter().filter_map(|station| station.data.get("step").cloned()).collect()
}

/// What is said of those for whom the message is, whose way is shown.
fn has(view: &View) -> Vec<String> {
    let readers = view.visible("reader");
    readers.into_iter().filter_map(|reader| reader.data.get("is").cloned()).collect()
}

#[test]
fn a_message_is_edited_by_mouse_and_keyboard_and_its_way_is_shown() -> Told {
    play("edit", async |stage| {
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&stage.server.url(), "Ana").await?;
        let ben = stage.enter("ben", Firefox).await?;
        ben.join(&invite, "Ben").await?;
        ana.send("a tpyo").await?;
        ben.hear("a tpyo").await?;
        ana.type_into("composer", "half a thought").await?;
        press(&ana, "a tpyo", "edit-message").await?;
        ana.wait("the words can be changed", |view| composed(view) == "a tpyo").await?;
        ana.fill("composer", "a typo").await?;
        ana.click("send").await?;
        ben.expect_messages(&["a typo"]).await?;
        ben.wait("it says so", |view| view.shows("edited")).await?;
        let back = |view: &View| composed(view) == "half a thought" && !view.shows("revision");
        ana.wait("what was being written is back", back).await?;
        ana.fill("composer", "my second").await?;
        ana.click("send").await?;
        ben.hear("my second").await?;
        ben.send("not Ana's").await?;
        ana.hear("not Ana's").await?;

        ana.type_into("composer", UP).await?;
        ana.wait("the last own words", |view| composed(view) == "my second").await?;
        ana.type_into("composer", ESCAPE).await?;
        let empty = |view: &View| composed(view).is_empty() && !view.shows("revision");
        ana.wait("nothing is edited", empty).await?;
        ana.type_into("composer", UP).await?;
        ana.wait("the last own words again", |view| composed(view) == "my second").await?;
        ana.type_into("composer", &format!(" thought{ENTER}")).await?;
        ben.expect_messages(&["a typo", "my second thought", "not Ana's"]).await?;

        let read = |view: &View| view.state_of("my second thought") == Some("read");
        ana.wait("it is read", read).await?;
        press(&ana, "my second thought", "show-way").await?;
        let all = ["written", "saved", "sent", "held", "delivered", "read-by", "read"];
        let view = ana.wait("its way is shown", |view| steps(view) == all).await?;
        let named = view.visible("station").iter().any(|station| station.text.contains("Ben"));
        ensure!(named, "nobody is named on the way: {:?}", view.visible("station"));
        ensure!(has(&view) == ["read"], "who has read it is not said: {:?}", has(&view));
        let sum = view.find("readers").map(|sum| sum.text.clone()).unwrap_or_default();
        ensure!(sum == "1 of 1 have it, 1 of 1 have read it", "it says {sum:?}");
        stage.portray(&ana, "way").await?;
        ana.click("way-close").await?;
        ana.wait("it is closed", |view| !view.shows("way")).await?;
        let focused: String = ana.run(FOCUS, &[]).await?;
        ensure!(focused == "show-way", "the keyboard is with {focused:?}");
        ana.reload().await?;
        ana.wait("it is there again", read).await?;
        press(&ana, "my second thought", "show-way").await?;
        let known = ["written", "saved", "held", "delivered", "read"];
        let told = |view: &View| steps(view) == known && has(view) == ["read"];
        let view = ana.wait("what receipts say is shown", told).await?;
        let said: Vec<&str> = view.visible("station").iter().map(|it| it.text.as_str()).collect();
        ensure!(said[1..] == ["saved here", "held by 1 other", "delivered to all", "read by all"]);
        ensure!(view.find("way").is_some_and(|way| way.text.contains("known from receipts")));
        Ok(())
    })
}

#[test]
fn what_waits_is_changed_hurried_and_cancelled_and_goes_when_one_is_back() -> Told {
    play("later", async |stage| {
        let url = stage.server.url();
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&url, "Ana").await?;
        let ben = stage.enter("ben", Firefox).await?;
        ben.join(&invite, "Ben").await?;
        ana.wait_for_company(2).await?;
        ben.quit().await?;
        let view = ana.wait("Ben is away", |view| view.online() == 1).await?;
        let away = view.members.iter().find(|member| !member.online);
        let back = away.map(|member| format!("back-{}", member.member)).unwrap_or_default();
        choose(&ana, &back).await?;
        ana.send("welcome back").await?;
        let says = |words: &'static str| {
            move |view: &View| {
                view.visible("waiting-item").iter().any(|item| item.text.contains(words))
            }
        };
        ana.wait("it waits for Ben", says("when Ben is back")).await?;
        ana.click("edit-waiting").await?;
        ana.wait("its words", |view| composed(view) == "welcome back").await?;
        ana.fill("composer", "welcome home").await?;
        ana.click("send").await?;
        ana.wait("it waits in other words", says("welcome home")).await?;
        choose_in(&ana, "waiting-class", "urgent").await?;
        ana.reload().await?;
        ana.wait("it waits after a reload", says("welcome home")).await?;

        ana.send("for anybody").await?;
        ana.wait("it waits for members", |view| view.shows("unheld-item")).await?;
        choose_in(&ana, "unheld-class", "low").await?;
        let low = |view: &View| view.said("for anybody").iter().all(|row| row.priority == "low");
        ana.wait("its class is another", low).await?;
        ana.send("never mind").await?;
        ana.wait("both wait", |view| view.visible("take-back").len() == 2).await?;
        stage.portray(&ana, "queue").await?;

        let ben = stage.enter("ben", Firefox).await?;
        ben.come_back(&url).await?;
        ben.hear("welcome home").await?;
        let urgent =
            |view: &View| view.said("welcome home").iter().all(|row| row.priority == "urgent");
        ben.wait("it is urgent", urgent).await?;
        ana.wait("nothing waits", |view| !view.shows("waiting-item")).await?;
        choose(&ana, "in-an-hour").await?;
        ana.send("too impatient").await?;
        ana.click("send-now").await?;
        ben.hear("too impatient").await
    })
}

#[test]
fn a_bundle_is_put_together_outlives_a_reload_and_is_seen_at_once() -> Told {
    play("bundle", async |stage| {
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&stage.server.url(), "Ana").await?;
        let ben = stage.enter("ben", Firefox).await?;
        ben.join(&invite, "Ben").await?;
        ana.wait_for_company(2).await?;
        for text in ["one", "a slip", "two"] {
            ana.type_into("composer", text).await?;
            ana.click("add-to-bundle").await?;
        }
        let items = |view: &View| view.visible("bundle-item").len();
        ana.wait("three are put together", |view| items(view) == 3).await?;
        let focused: String = ana.run(FOCUS, &[]).await?;
        ensure!(focused == "composer", "the keyboard is with {focused:?}");
        ana.reload().await?;
        ana.wait("they are still there", |view| items(view) == 3).await?;
        let second: &str =
            r#"document.querySelectorAll('[data-testid="bundle-remove"]')[1].click()"#;
        ana.run::<Value>(second, &[]).await?;
        ana.wait("two are left", |view| items(view) == 2).await?;
        ana.type_into("composer", "three").await?;
        ben.expect_messages(&[]).await?;
        ana.click("send").await?;
        ben.expect_messages(&["one", "two", "three"]).await?;
        ana.wait("nothing is put together", |view| items(view) == 0).await?;
        ana.expect_messages(&["one", "two", "three"]).await?;
        ana.reload().await?;
        ana.wait("all are there", |view| view.rows.len() == 3 && items(view) == 0).await?;
        Ok(())
    })
}

/// One figure of each lane that is shown, from control on; the last is that of all together.
fn figures<'a>(view: &'a View, name: &str) -> Vec<Option<&'a str>> {
    let lanes = view.visible("queue-lane").into_iter();
    lanes.map(|lane| lane.data.get(name).map(String::as_str)).collect()
}

/// An urgent message and one before it wait for somebody who is away: all columns say that.
fn two_wait(view: &View) -> Result<()> {
    let said = |name: &str| figures(view, name);
    let number = |name: &str| -> Vec<u64> {
        let figures = said(name).into_iter();
        figures.map(|it| it.and_then(|it| it.parse().ok()).unwrap_or_default()).collect()
    };
    ensure!(number("messages") == [0, 1, 1, 0, 0, 2], "wait: {:?}", said("messages"));
    let size = number("size");
    let sizes = size.len() == 6 && size[1] > 0 && size[2] > 0 && size[5] == size[1] + size[2];
    ensure!(sizes && size[0] + size[3] + size[4] == 0, "bytes: {:?}", said("size"));
    let there: Vec<bool> = said("oldest").iter().map(Option::is_some).collect();
    ensure!(there == [false, true, true, false, false, true], "oldest: {:?}", said("oldest"));
    let oldest = number("oldest");
    ensure!(oldest[2] < oldest[1] && oldest[5] == oldest[2], "oldest: {oldest:?}");
    ensure!(said("attempts") == [Some("0"); 6], "attempts: {:?}", said("attempts"));
    ensure!(said("credit") == [None; 6], "credit: {:?}", said("credit"));
    Ok(())
}

/// Nothing waits for somebody who is there, and takes more of each class.
fn takes_more(view: &View) -> bool {
    let credit: Vec<bool> = figures(view, "credit").iter().map(Option::is_some).collect();
    credit == [false, true, true, true, true, false]
        && figures(view, "messages") == [Some("0"); 6]
        && figures(view, "oldest") == [None; 6]
}

#[test]
fn the_inspector_counts_what_waits_for_whom_and_fits_on_a_phone() -> Told {
    play("inspector", async |stage| {
        let url = stage.server.url();
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&url, "Ana").await?;
        let ben = stage.enter("ben", Firefox).await?;
        ben.join(&invite, "Ben").await?;
        ana.wait_for_company(2).await?;
        ben.quit().await?;
        ana.wait_for_company(1).await?;
        ana.send("one").await?;
        ana.choose_priority("urgent").await?;
        ana.send("two").await?;
        let open = r#"document.querySelector('[data-testid="queue-inside"]').open = true"#;
        ana.run::<Value>(open, &[]).await?;
        let depth = |view: &View| view.find("queue-peer")?.data.get("depth").cloned();
        let two = |view: &View| depth(view).as_deref() == Some("2");
        ana.wait("two wait for Ben", two).await?;
        let phone = json!({"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true});
        ana.command_chromium("Emulation.setDeviceMetricsOverride", phone).await?;
        let drawer = "document.querySelector('[popovertarget]').click()";
        ana.run::<Value>(drawer, &[]).await?;
        two_wait(&ana.wait("the panel is open", |view| view.shows("queue-lane")).await?)?;
        let [page, table]: [i64; 2] = [ana.run(OVERFLOW, &[]).await?, ana.run(TABLES, &[]).await?];
        ensure!(page <= 0 && table <= 0, "too wide by {page} and {table} pixels");
        let scroll = r#"document.querySelector('[data-testid="queue"]').scrollIntoView()"#;
        ana.run::<Value>(scroll, &[]).await?;
        stage.portray(&ana, "queue-phone").await?;
        let ben = stage.enter("ben", Firefox).await?;
        ben.come_back(&url).await?;
        ben.expect_messages(&["one", "two"]).await?;
        ana.wait("nothing waits", |view| depth(view).as_deref() == Some("0")).await?;
        ana.wait("he takes more", takes_more).await?;
        let drained = |view: &View| {
            let graph = view.find("graph-waiting").map(|graph| &graph.data);
            let figure = |name: &str| graph.and_then(|data| data.get(name)?.parse::<u64>().ok());
            figure("now") == Some(0) && figure("highest") >= Some(2)
        };
        ana.wait("the curve has gone down", drained).await?;
        // What was measured stays when nobody looks.
        ana.run::<Value>(&open.replace("true", "false"), &[]).await?;
        ana.wait("nobody looks", |view| !view.shows("graph-waiting")).await?;
        ana.run::<Value>(open, &[]).await?;
        ana.wait("the curve is there at once", drained).await?;
        stage.portray(&ana, "graphs").await?;
        Ok(())
    })
}

/// A minute after the reading, and as long as anybody would look for it.
const UNTIL_VANISHED: Duration = Duration::from_secs(110);

#[test]
fn words_go_a_minute_after_they_were_read_from_both_devices() -> Told {
    play("vanish", async |stage| {
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&stage.server.url(), "Ana").await?;
        let ben = stage.enter("ben", Firefox).await?;
        ben.join(&invite, "Ben").await?;
        ana.send("for ever").await?;
        ben.hear("for ever").await?;
        choose(&ana, "gone-once-read").await?;
        ana.send("between us").await?;
        ben.hear("between us").await?;
        ben.wait("it is said that it goes", |view| view.shows("vanishes")).await?;
        ana.wait("it is read", |view| view.state_of("between us") == Some("read")).await?;
        ana.reload().await?;
        ana.hear("between us").await?;
        let deadline = Instant::now() + UNTIL_VANISHED;
        let gone = |view: &View| view.said("between us").is_empty() && view.rows.len() == 2;
        ben.wait_until(deadline, "the words are gone", gone).await?;
        ana.wait_until(deadline, "the words are gone here, too", gone).await?;
        ana.reload().await?;
        ana.hear("for ever").await?;
        ana.wait("they stay gone", gone).await?;
        Ok(())
    })
}
