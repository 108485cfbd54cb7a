//! The page about connections: which way words take to each member, also in a tab that has none of
//! the connections; what the self-test finds without servers, with one that answers and with one
//! that does not; and the report, which says who nobody is.

use crate::browser::Browser::{Chromium, Firefox};
use crate::looks::{be_small, be_wide, dress, fits, speak};
use crate::page::Page;
use crate::room::ROOM;
use crate::stage::{Told, play};
use crate::view::View;
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, spawn};
use std::time::{Duration, Instant};
use thirtyfour::Key;

/// Every part of the self-test is over after ten seconds, and two follow each other.
const TEST: Duration = Duration::from_secs(45);

/// What has the keyboard, by its name for tests.
const FOCUS: &str = "return document.activeElement?.dataset.testid ?? '';";

/// What the report says, folded or not.
const REPORT: &str = r#"return document.querySelector('[data-testid="report"]').textContent;"#;

/// What a part of the self-test has come to, if it is over.
fn finding<'a>(view: &'a View, check: &str) -> Option<&'a str> {
    let checks = view.visible("self-test-check").into_iter();
    let mut checks = checks.filter(|one| one.data.get("of").is_some_and(|it| it == check));
    let found = checks.next()?.data.get("is")?;
    (found != "running").then_some(found)
}

/// Begins the self-test; what the parts have come to: server, stun, turn, loopback.
async fn test(page: &Page) -> Result<[String; 4]> {
    let checks = ["server", "stun", "turn", "loopback"];
    page.click("self-test-begin").await?;
    let over = |view: &View| checks.iter().all(|check| finding(view, check).is_some());
    let view = page.wait_until(Instant::now() + TEST, "the test is over", over).await?;
    Ok(checks.map(|check| finding(&view, check).unwrap_or_default().to_owned()))
}

async fn look(page: &Page, reach: &str) -> Result<View> {
    page.click("connections-open").await?;
    wait_for_reach(page, reach).await
}

async fn wait_for_reach(page: &Page, reach: &str) -> Result<View> {
    let shown = |view: &View| {
        let lines = view.visible("connection");
        lines.iter().any(|line| line.data.get("is").is_some_and(|it| it == reach))
    };
    page.wait(&format!("the way is said to be {reach}"), shown).await
}

async fn look_away(page: &Page) -> Result<()> {
    page.press(Key::Escape).await?;
    page.wait("the dialog is closed", |view| !view.shows("connections")).await?;
    let focused: String = page.run(FOCUS, &[]).await?;
    ensure!(focused == "connections-open", "the keyboard is with {focused:?}");
    Ok(())
}

#[test]
fn each_connection_says_its_way_and_the_self_test_what_there_is_in_both_browsers() -> Told {
    play("connections", async |stage| {
        let url = stage.server.url();
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&url, "Ana").await?;
        let ben = stage.enter("ben", Firefox).await?;
        ben.join(&invite, "Benedict").await?;
        for page in [&ana, &ben] {
            page.wait_for_company(2).await?;
            page.wait_for_signal("online").await?;
            look(page, "direct").await?;
            page.wait("both say how long it takes", |view| {
                let says = |id: &str| view.visible(id).iter().any(|it| it.text.contains("ms"));
                says("connection") && says("connection-server")
            })
            .await?;
            let found = test(page).await?;
            let expected = ["passed", "not-offered", "not-offered", "passed"];
            ensure!(found == expected, "{} has found {found:?}", page.person());
        }
        stage.portray(&ana, "connections").await?;
        for page in [&ana, &ben] {
            page.click("copy-report").await?;
            let copied =
                |view: &View| view.find("copy-report").is_some_and(|it| it.text.contains("Copied"));
            page.wait("the report is copied", copied).await?;
        }
        look_away(&ben).await?;
        ben.type_into("composer", Key::Control + "v").await?;
        let pasted = |view: &View| {
            let value = view.find("composer").and_then(|it| it.value.as_deref());
            value.is_some_and(|it| it.to_lowercase().contains("member 1: direct"))
        };
        ben.wait("what was copied is the report", pasted).await?;

        let report: String = ana.run(REPORT, &[]).await?;
        let lower = report.to_lowercase();
        ensure!(lower.contains("member 1: direct") && lower.contains("stun"), "{report}");
        for secret in ["ana", "benedict", &ROOM.to_lowercase(), "127.0.0.1", ".local", "http"] {
            ensure!(!lower.contains(secret), "{secret:?} is in the report: {report}");
        }
        dressed(&ana).await?;
        look_away(&ana).await?;

        // The connections are in the other tab.
        let tab = ana.new_tab().await?;
        tab.come_back(&url).await?;
        tab.wait("it follows", |view| view.shows("leader") && !view.leads()).await?;
        look(&tab, "direct").await?;
        ben.close().await?;
        let view = wait_for_reach(&tab, "away").await?;
        let ended = view.visible("connection");
        let ended = ended.first().context("nothing says why")?;
        ensure!(ended.text.contains("closed the connection"), "it says {:?}", ended.text);
        tab.close_tab().await
    })
}

/// Dark, in Chinese, on a small phone.
async fn dressed(page: &Page) -> Result<()> {
    let ways =
        |view: &View| [view.shows("connections-open"), view.shows("connections-open-members")];
    ensure!(ways(&page.view().await?) == [true, false], "there are two ways to the connections");
    dress(page, "dark").await?;
    be_small(page).await?;
    fits(page, "the connections").await?;
    speak(page, "zh").await?;
    fits(page, "the connections in Chinese").await?;
    speak(page, "en").await?;
    be_wide(page).await?;
    dress(page, "light").await
}

/// Answers what a browser asks a STUN server, with an address that is nobody's (RFC 5737); or, if
/// it is deaf, nothing.
struct Stun {
    port: u16,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Stun {
    fn start(deaf: bool) -> Result<Stun> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.set_read_timeout(Some(Duration::from_millis(200)))?;
        let (port, ends) = (socket.local_addr()?.port(), Arc::new(AtomicBool::new(false)));
        let over = ends.clone();
        let thread = spawn(move || {
            let mut bytes = [0; 1_500];
            while !over.load(Ordering::Relaxed) {
                let Ok((length, from)) = socket.recv_from(&mut bytes) else { continue };
                if let Some(answer) = answer(&bytes[..length]).filter(|_| !deaf) {
                    let _ = socket.send_to(&answer, from);
                }
            }
        });
        Ok(Stun { port, ends, thread: Some(thread) })
    }
}

impl Drop for Stun {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A success response with XOR-MAPPED-ADDRESS (RFC 8489 §14.2) to a binding request.
fn answer(request: &[u8]) -> Option<Vec<u8>> {
    const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
    const NOBODY: [u8; 4] = [203, 0, 113, 7];
    let rest = request.strip_prefix(&[0, 1])?;
    let transaction = rest.get(6..18)?;
    let mut answer = vec![1, 1, 0, 12];
    answer.extend(COOKIE);
    answer.extend(transaction);
    answer.extend([0, 0x20, 0, 8, 0, 1]);
    answer.extend([0x30 ^ COOKIE[0], 0x39 ^ COOKIE[1]]);
    answer.extend(NOBODY.iter().zip(COOKIE).map(|(byte, with)| byte ^ with));
    Some(answer)
}

#[test]
fn the_self_test_tells_a_server_that_answers_from_one_that_does_not() -> Told {
    play("connections-servers", async |stage| {
        let (stun, turn) = (Stun::start(false)?, Stun::start(true)?);
        let servers = json!([{"urls": [format!("stun:127.0.0.1:{}", stun.port)]}]).to_string();
        let relay = format!("turn:127.0.0.1:{}", turn.port);
        let secret = "a secret of this test only, thirty-two bytes";
        let flags = ["--ice-servers", &servers, "--turn-urls", &relay, "--turn-secret", secret];
        let server = stage.another_server(&flags)?;
        let ana = stage.enter("ana", Chromium).await?;
        ana.found_room(&server.url(), "Ana").await?;
        ana.wait_for_signal("online").await?;
        ana.click("connections-open").await?;
        let [reached, outer, relayed, own] = test(&ana).await?;
        ensure!([reached, outer, own] == ["passed"; 3].map(str::to_owned), "what works, works");
        let failed = ["silent", "nothing", "unreached"].contains(&relayed.as_str());
        ensure!(failed, "the relay that never answers is said to be {relayed}");
        stage.portray(&ana, "connections-relay").await?;

        stage.expect_bad_connections();
        server.stop();
        ana.wait("the server is missed", |view| view.state("signal-state") != "online").await?;
        let [reached, ..] = test(&ana).await?;
        ensure!(reached == "unreached", "the server that is gone is said to be {reached}");
        let report: String = ana.run(REPORT, &[]).await?;
        ensure!(!report.contains(secret) && !report.contains("127.0.0.1"), "{report}");
        Ok(())
    })
}
