//! Several rooms of one browser: what comes in one that is not open is told in the list; Back goes
//! between them; and one that is left is gone from the device, while the others go on.

use crate::browser::Browser::Chromium;
use crate::page::Page;
use crate::stage::{Told, play};
use crate::view::View;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::time::Duration;

/// How often a wait looks.
const LOOK: Duration = Duration::from_millis(100);

/// How many records of a room the browser has stored, and how many in all, by whichever table.
const RECORDS: &str = r#"
const [room, done] = arguments;
const digits = (it) => it.toString(16).padStart(2, "0");
const hex = (key) => [...new Uint8Array(key)].map(digits).join("");
const request = indexedDB.open("confab");
request.onsuccess = () => {
  const names = [...request.result.objectStoreNames].filter((name) => name !== "meta");
  const reading = request.result.transaction(names);
  const found = names.map((name) => reading.objectStore(name).getAllKeys());
  reading.oncomplete = () => {
    const keys = found.flatMap((one) => one.result.map(hex));
    request.result.close();
    done([keys.filter((key) => key.startsWith(room)).length, keys.length]);
  };
};
"#;

/// Presses the line of a room, or what is beside it.
const PRESS: &str = r#"
document.querySelector(`[data-testid="${arguments[0]}"][data-room="${arguments[1]}"]`).click();
"#;

/// What the list says of a room.
struct Line {
    last: String,
    unread: u64,
}

/// The room that is open.
pub async fn open_room(page: &Page) -> Result<String> {
    let room: Option<String> = page
        .run("return document.querySelector('.line[aria-current]')?.dataset.room ?? null;", &[])
        .await?;
    room.context("no room is marked as the open one")
}

async fn line(page: &Page, room: &str) -> Result<Line> {
    let script = r#"
const line = document.querySelector(`[data-testid="room"][data-room="${arguments[0]}"]`);
const text = (id) => line.querySelector(`[data-testid="${id}"]`);
const unread = text("room-unread");
return [text("room-last").textContent, unread.hidden ? "0" : unread.firstChild.textContent];
"#;
    let (last, unread): (String, String) = page.run(script, &[json!(room)]).await?;
    Ok(Line { last, unread: unread.trim().parse()? })
}

async fn wait_for_line(page: &Page, room: &str, last: &str, unread: u64) -> Result<()> {
    for _ in 0..300 {
        let now = line(page, room).await?;
        if now.last == last && now.unread == unread {
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
    let now = line(page, room).await?;
    anyhow::bail!("{}: the list says {:?}, {} new", page.person(), now.last, now.unread)
}

pub async fn press(page: &Page, what: &str, room: &str) -> Result<()> {
    let _: Value = page.run(PRESS, &[json!(what), json!(room)]).await?;
    Ok(())
}

async fn wait_for_room(page: &Page, name: &str) -> Result<()> {
    let there = |view: &View| view.shows("composer") && view.title.contains(name);
    page.wait(&format!("{name} is open"), there).await?;
    Ok(())
}

/// Leaves the open room, with a message that nobody else holds and another half written.
async fn leave(page: &Page, room: &str) -> Result<()> {
    page.send("held by nobody else").await?;
    page.wait("it waits", |view| view.pending() == 1).await?;
    page.type_into("composer", "half a thought").await?;
    press(page, "room-choices", room).await?;
    page.click("leave").await?;
    let warned = |view: &View| {
        let said = view.find("leave-consequences").map(|it| it.text.clone());
        said.is_some_and(|said| said.contains("1 message of yours"))
    };
    page.wait("it is said what is lost", warned).await?;
    page.click("leave-surely").await?;
    let gone = |view: &View| view.visible("room").len() == 1 && view.shows("create-room");
    page.wait("the room is gone", gone).await?;
    Ok(())
}

/// Fails unless nothing of a room is left in this browser, and something of others is.
async fn expect_nothing_of(page: &Page, room: &str) -> Result<()> {
    let mut left = (1_u64, 0_u64);
    for _ in 0..100 {
        left = page.run_to_end(RECORDS, &[json!(room)]).await?;
        if left.0 == 0 {
            break;
        }
        tokio::time::sleep(LOOK).await;
    }
    ensure!(left.0 == 0 && left.1 > 0, "{left:?} records are left of the room, and in all");
    let script = "return [localStorage, sessionStorage].flatMap((it) => Object.keys(it))\
        .filter((it) => it.includes(arguments[0]));";
    let kept: Vec<String> = page.run(script, &[json!(room)]).await?;
    ensure!(kept.is_empty(), "drafts of the room are left: {kept:?}");
    Ok(())
}

#[test]
fn rooms_that_are_not_open_tell_what_comes_and_one_that_is_left_is_gone_from_the_device() -> Told {
    play("rooms", async |stage| {
        let url = stage.server.url();
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&url, "Ana").await?;
        let first = open_room(&ana).await?;
        let ben = stage.enter("ben", Chromium).await?;
        ben.join(&invite, "Ben").await?;
        ana.wait_for_company(2).await?;
        ana.click("new-room").await?;
        ana.enter_names("Anna", "Garden").await?;
        wait_for_room(&ana, "Garden").await?;
        let second = open_room(&ana).await?;
        ensure!(first != second, "two rooms are one");

        // What comes in the room that is not open.
        ben.send("are you there?").await?;
        wait_for_line(&ana, &first, "Ben: are you there?", 1).await?;
        ana.wait("the title counts it", |view| view.title.starts_with("(1) Garden")).await?;
        ben.send("hello?").await?;
        wait_for_line(&ana, &first, "Ben: hello?", 2).await?;
        stage.portray(&ana, "rooms").await?;
        ana.reload().await?;
        wait_for_room(&ana, "Garden").await?;
        wait_for_line(&ana, &first, "Ben: hello?", 2).await?;
        press(&ana, "room", &first).await?;
        ana.hear("hello?").await?;
        wait_for_line(&ana, &first, "Ben: hello?", 0).await?;

        // Back and forward go between rooms.
        let go = async |by: i32| ana.run::<Value>("history.go(arguments[0]);", &[json!(by)]).await;
        go(-1).await?;
        wait_for_room(&ana, "Garden").await?;
        ensure!(open_room(&ana).await? == second);
        wait_for_line(&ana, &first, "Ben: hello?", 0).await?;
        go(1).await?;
        wait_for_room(&ana, crate::room::ROOM).await?;
        ensure!(!ana.view().await?.url.contains('#'), "a secret stands in the address");

        go(-1).await?;
        wait_for_room(&ana, "Garden").await?;
        leave(&ana, &second).await?;
        expect_nothing_of(&ana, &second).await?;
        ana.reload().await?;
        ana.wait("one room is left", |view| view.visible("room").len() == 1).await?;
        press(&ana, "room", &first).await?;
        wait_for_room(&ana, crate::room::ROOM).await?;
        ana.wait_for_company(2).await?;
        ana.send("still here").await?;
        ben.hear("still here").await?;
        ben.send("good").await?;
        ana.hear("good").await
    })
}

#[test]
fn of_many_rooms_one_is_found_by_its_name_and_gone_to_with_the_keyboard() -> Told {
    play("many-rooms", async |stage| {
        let ana = stage.enter("ana", Chromium).await?;
        ana.found_room(&stage.server.url(), "Ana").await?;
        for name in ["Garden", "Slow train", "Kitchen", "Choir", "Chess", "Cinema", "Bees"] {
            ensure!(!ana.view().await?.shows("rooms-search"), "few rooms are looked through");
            ana.click("new-room").await?;
            ana.enter_names("Ana", name).await?;
            wait_for_room(&ana, name).await?;
        }
        let listed = |count: usize| move |view: &View| view.visible("room").len() == count;
        ana.wait("all are listed, and can be searched", |view| {
            listed(8)(view) && view.shows("rooms-search")
        })
        .await?;
        ana.type_into("rooms-search", "SLOW").await?;
        ana.wait("one is found", listed(1)).await?;
        stage.portray(&ana, "rooms-search").await?;
        ana.press(thirtyfour::Key::Enter).await?;
        wait_for_room(&ana, "Slow train").await?;
        ana.type_into("rooms-search", "q").await?;
        let none = |view: &View| {
            listed(0)(view) && view.find("rooms-none").is_some_and(|it| !it.text.is_empty())
        };
        ana.wait("it is said that none is called so", none).await?;
        ana.press(thirtyfour::Key::Escape).await?;
        ana.wait("all are listed again", listed(8)).await?;
        let typed = r#"return document.querySelector('[data-testid="rooms-search"]').value"#;
        let typed: String = ana.run(typed, &[]).await?;
        ensure!(typed.is_empty(), "{typed:?} stays in the field");
        Ok(())
    })
}

#[test]
fn what_was_said_in_one_room_is_said_in_another_once_a_person_sends_it() -> Told {
    play("forward", async |stage| {
        let ana = stage.enter("ana", Chromium).await?;
        ana.found_room(&stage.server.url(), "Ana").await?;
        let first = open_room(&ana).await?;
        ana.send("soup at eight").await?;
        ana.wait("it is said", |view| view.rows.len() == 1).await?;
        ensure!(!ana.view().await?.shows("forward"), "there is no other room");
        ana.click("new-room").await?;
        ana.enter_names("Ana", "Garden").await?;
        wait_for_room(&ana, "Garden").await?;
        press(&ana, "room", &first).await?;
        wait_for_room(&ana, crate::room::ROOM).await?;
        crate::queue::press(&ana, "soup at eight", "forward").await?;
        ana.wait("a room is chosen", |view| view.shows("palette-input")).await?;
        stage.portray(&ana, "forward").await?;
        ana.press("gard").await?;
        let one = |view: &View| view.visible("palette-option").len() == 1;
        ana.wait("it is found", one).await?;
        ana.press(thirtyfour::Key::Enter).await?;
        wait_for_room(&ana, "Garden").await?;
        ensure!(ana.view().await?.rows.is_empty(), "it was sent by nobody");
        let written = r#"return document.querySelector('[data-testid="composer"]').value"#;
        let words: String = ana.run(written, &[]).await?;
        ensure!(words.trim_end() == "> Ana:\n> soup at eight", "{words:?}");
        ana.click("send").await?;
        let said = |view: &View| view.rows.iter().any(|row| row.body.contains("soup at eight"));
        ana.wait("it is said here, too", said).await?;
        Ok(())
    })
}

#[test]
fn what_is_read_and_typed_in_a_room_is_told_to_nobody_if_one_wants_that() -> Told {
    play("untold", async |stage| {
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&stage.server.url(), "Ana").await?;
        let ben = stage.enter("ben", Chromium).await?;
        ben.join(&invite, "Ben").await?;
        ana.wait_for_company(2).await?;
        let room = open_room(&ben).await?;
        for switch in ["tell-read", "tell-typing"] {
            turn(&ben, &room, switch).await?;
        }
        ana.send("seen?").await?;
        ben.hear("seen?").await?;
        let delivered = |view: &View| view.state_of("seen?") == Some("delivered");
        let view = ana.wait("it is delivered", delivered).await?;
        let said = view.find("show-way").map_or("", |mark| mark.text.as_str());
        ensure!(said.contains("delivered to") && said.contains("Ben"), "it says “{said}”");
        ben.type_into("composer", "not yet").await?;
        // Longer than a receipt and a sign of typing take.
        tokio::time::sleep(Duration::from_secs(8)).await;
        let view = ana.view().await?;
        ensure!(delivered(&view), "{:?}", view.rows);
        let typing = view.find("typing").map_or("", |typing| typing.text.as_str());
        ensure!(typing.is_empty(), "{typing:?}");
        turn(&ben, &room, "tell-read").await?;
        let read = |view: &View| view.state_of("seen?") == Some("read");
        ana.wait("it is told what was read meanwhile", read).await?;
        Ok(())
    })
}

/// Turns one of the switches of a room.
async fn turn(page: &Page, room: &str, switch: &str) -> Result<()> {
    press(page, "room-choices", room).await?;
    page.wait("there are choices", |view| view.shows(switch)).await?;
    page.click(switch).await?;
    page.wait("it is chosen", |view| !view.shows(switch)).await?;
    Ok(())
}
