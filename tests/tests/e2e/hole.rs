//! A hole in what somebody has said: it is seen, it names whose message is missing and who is asked
//! for it, and it closes by itself when a member comes who has it.
//!
//! The member that hands on only a part is the program that speaks WebRTC without a browser: all
//! that it says is true, and it has what it keeps back.

use crate::browser::Browser::Chromium;
use crate::evil_member::peer::{Handle, Peer};
use crate::page::{LOOK, PATIENCE};
use crate::stage::{Told, play};
use crate::view::View;
use anyhow::{Context, Result, ensure};
use engine::frame::{Frame, decode};
use engine::log::run::Run;
use engine::{Command, LinkId, Priority, Table};
use std::time::{Duration, Instant};

const ALL: [&str; 3] = ["first", "second", "third"];
/// Each in a class of its own: what is in two classes is never in one run.
const CLASSES: [&str; 3] = ["normal", "urgent", "low"];

/// A browser that is back waits a while before it looks for others again.
const UNTIL_REPAIRED: Duration = Duration::from_secs(60);

/// Keeps back what is urgent, and hands on all else.
fn keep_back(peer: &mut Peer, _: LinkId, message: Vec<u8>) -> Vec<Vec<u8>> {
    let Ok(frames) = decode(&message) else { return vec![message] };
    let room = peer.record.room();
    let kept = |frame: &Frame| {
        let Frame::Part(part) = frame else { return false };
        Run::read(&room, &part.bytes).is_ok_and(|run| run.class == Priority::Urgent)
    };
    let passed = frames.into_iter().filter(|frame| {
        let kept = kept(frame);
        peer.counter += u64::from(kept);
        !kept
    });
    vec![passed.flat_map(|frame| frame.encode()).collect()]
}

async fn wait_for(handle: &Handle, what: &str, seen: fn(&mut Peer) -> bool) -> Result<()> {
    let until = Instant::now() + PATIENCE;
    while !handle.ask(seen).await? {
        ensure!(Instant::now() < until, "the third member has waited in vain until {what}");
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

fn holds_all(peer: &mut Peer) -> bool {
    let room = peer.record.room();
    let runs = peer.stored(Table::Runs).filter_map(|bytes| Run::read(&room, bytes).ok());
    runs.map(|run| run.iter().count()).sum::<usize>() >= ALL.len()
}

fn take_name(peer: &mut Peer) {
    let now = peer.now();
    peer.engine.command(Command::SetName("Mallory".to_owned()), now);
}

fn members(view: &View) -> String {
    view.members.iter().map(|member| member.text.as_str()).collect()
}

fn gaps(view: &View) -> Vec<&str> {
    view.visible("gap").into_iter().map(|gap| gap.text.as_str()).collect()
}

#[test]
fn a_hole_is_seen_and_closes_when_a_member_comes_who_has_what_is_missing() -> Told {
    play("hole", async |stage| {
        let url = stage.server.url();
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&url, "Ana").await?;
        let third = Handle::join(&invite, &stage.server.signal_url(), |peer| {
            peer.alter = Some(keep_back);
        })?;
        ana.wait_for_company(2).await?;
        third.ask(take_name).await?;
        ana.wait("it has a name", |view| members(view).contains("Mallory")).await?;
        for (text, class) in ALL.into_iter().zip(CLASSES) {
            ana.choose_priority(class).await?;
            ana.send(text).await?;
            ana.wait_for_delivery(text).await?;
        }
        wait_for(&third, "it holds what Ana has said", holds_all).await?;
        ana.quit().await?;

        let ben = stage.enter("ben", Chromium).await?;
        ben.join(&invite, "Ben").await?;
        let torn = |view: &View| view.bodies() == [ALL[0], ALL[2]] && gaps(view).len() == 1;
        let view = ben.wait("a message is seen to be missing", torn).await?;
        let said = gaps(&view).first().copied().map(str::to_owned);
        let said = said.context("nothing is said of it")?;
        ensure!(said.contains("1 message from Ana is missing"), "{said:?}");
        let asked = |view: &View| gaps(view).iter().any(|said| said.contains("asking Mallory"));
        ben.wait("it says who is asked", asked).await?;
        stage.portray(&ben, "hole").await?;
        ben.reload().await?;
        ben.wait("it is seen after a reload", torn).await?;
        let kept = third.ask(|peer| peer.counter).await?;
        ensure!(kept > 0, "nobody has asked for what was missing");

        let ana = stage.enter("ana", Chromium).await?;
        ana.come_back(&url).await?;
        let until = Instant::now() + UNTIL_REPAIRED;
        let whole = |view: &View| view.bodies() == ALL && gaps(view).is_empty();
        ben.wait_until(until, "the hole is closed", whole).await?;
        ben.reload().await?;
        ben.wait("it is closed for good", whole).await?;
        third.leave()
    })
}
