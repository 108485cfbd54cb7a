//! Two tabs of one profile are one member: both show the room, both can send, and the second
//! goes on alone when the first is closed, also while all of them write.

use crate::browser::Browser::{self, Chromium, Firefox};
use crate::stage::{Told, play};
use crate::view::View;
use anyhow::ensure;
use serde_json::json;

#[test]
fn two_tabs_are_one_member_and_the_second_takes_over_in_chromium() -> Told {
    second_tab_takes_over("tabs-chromium", Chromium)
}

#[test]
fn two_tabs_are_one_member_and_the_second_takes_over_in_firefox() -> Told {
    second_tab_takes_over("tabs-firefox", Firefox)
}

fn second_tab_takes_over(name: &str, browser: Browser) -> Told {
    play(name, async |stage| {
        let url = stage.server.url();
        let first = stage.enter("ana", browser).await?;
        let invite = first.found_room(&url, "Ana").await?;
        let ben = stage.enter("ben", Chromium).await?;
        ben.join(&invite, "Ben").await?;
        first.send("from the first tab").await?;
        ben.hear("from the first tab").await?;

        let second = first.new_tab().await?;
        second.come_back(&url).await?;
        second.wait_for_company(2).await?;
        first.wait("the first tab leads", |view| view.leads()).await?;
        ensure!(!second.view().await?.leads(), "both tabs lead");
        second.hear("from the first tab").await?;
        second.send("from the second tab").await?;
        for page in [&first, &ben] {
            page.hear("from the second tab").await?;
        }
        second.wait_for_delivery("from the second tab").await?;
        ben.send("to both").await?;
        for page in [&first, &second] {
            page.hear("to both").await?;
        }
        ensure!(ben.view().await?.count("member-count") == Some(2), "two tabs are one member");

        first.close_tab().await?;
        second.wait("the second tab leads", |view| view.leads()).await?;
        second.send("from the heir").await?;
        ben.hear("from the heir").await?;
        second.wait_for_delivery("from the heir").await?;
        ben.send("welcome, heir").await?;
        second.hear("welcome, heir").await?;
        let all = [
            "from the first tab",
            "from the second tab",
            "to both",
            "from the heir",
            "welcome, heir",
        ];
        for page in [&second, &ben] {
            page.expect_messages(&all).await?;
            ensure!(page.view().await?.count("member-count") == Some(2));
        }
        Ok(())
    })
}

#[test]
fn nothing_is_lost_when_the_leading_tab_is_closed_while_all_write_in_chromium() -> Told {
    leader_goes_while_all_write("tabs-writing-chromium", Chromium, End::Close)
}

#[test]
fn nothing_is_lost_when_the_leading_tab_is_reloaded_while_all_write_in_firefox() -> Told {
    leader_goes_while_all_write("tabs-writing-firefox", Firefox, End::Reload)
}

/// What happens to the tab that leads.
#[derive(Clone, Copy)]
enum End {
    Close,
    Reload,
}

/// Begins to write one message after another, each as soon as the composer has taken the last.
/// Driven by messages: the timers of a tab that is not in front come once a second.
const BEGIN_WRITING: &str = r#"
const [texts] = arguments;
const find = (id) => document.querySelector(`[data-testid="${id}"]`);
const channel = new MessageChannel();
window.handedOver = 0;
channel.port1.onmessage = () => {
  const composer = find("composer");
  if (composer?.value === "") {
    composer.value = texts[window.handedOver++];
    composer.dispatchEvent(new InputEvent("input", { bubbles: true }));
    find("send").click();
  }
  if (window.handedOver < texts.length) channel.port2.postMessage(0);
};
channel.port2.postMessage(0);
"#;

/// What each tab writes while the leading one goes.
const LINES: usize = 90;

fn leader_goes_while_all_write(name: &str, browser: Browser, end: End) -> Told {
    play(name, async |stage| {
        let url = stage.server.url();
        let first = stage.enter("ana", browser).await?;
        first.found_room(&url, "Ana").await?;
        let mut tabs = vec![first];
        for _ in 0..2 {
            let tab = tabs[0].new_tab().await?;
            tab.come_back(&url).await?;
            tabs.push(tab);
        }
        tabs[0].wait("the first tab leads", View::leads).await?;
        let line = |tab: usize, line: usize| format!("tab {tab}, line {line}");
        for (tab, page) in tabs.iter().enumerate().rev() {
            let texts: Vec<String> = (0..LINES).map(|number| line(tab, number)).collect();
            let () = page.run(BEGIN_WRITING, &[json!(texts)]).await?;
        }
        let leading = tabs.remove(0);
        let view = leading.view().await?;
        let mut expected: Vec<String> = match end {
            // What was only on its way to the disk goes with a tab that is closed.
            End::Close => {
                let stored = view.rows.into_iter().filter(|row| row.entry.is_some());
                stored.map(|row| row.body).collect()
            }
            End::Reload => {
                let count: usize = leading.run("return window.handedOver;", &[]).await?;
                (0..count).map(|number| line(0, number)).collect()
            }
        };
        match end {
            End::Close => leading.close_tab().await?,
            End::Reload => leading.reload().await?,
        }
        for tab in [1, 2] {
            expected.extend((0..LINES).map(|number| line(tab, number)));
        }
        expected.sort();
        expected.dedup();
        for page in &tabs {
            let stored = |view: &View, body: &String| {
                let rows = view.said(body);
                rows.len() == 1 && rows.iter().all(|row| row.entry.is_some())
            };
            let all = |view: &View| expected.iter().all(|body| stored(view, body));
            page.wait("all that was written is stored, once", all).await?;
        }
        Ok(())
    })
}
