//! A room inside another site's page, as the README says how: people of both chat, and what was
//! said inside is there again when that page is loaded anew.

use crate::browser::Browser::{self, Chromium, Firefox};
use crate::stage::{Told, play};
use anyhow::{Context, Result};
use std::net::TcpListener;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The most that a browser asks a plain site in one request.
const REQUEST: usize = 16 * 1024;

/// A site of one page, which shows the chat inside it.
struct Site {
    listener: TcpListener,
}

impl Site {
    fn open() -> Result<Site> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        Ok(Site { listener })
    }

    /// Another site than that of the chat, which is at the machine's address.
    fn origin(&self) -> Result<String> {
        Ok(format!("http://localhost:{}", self.listener.local_addr()?.port()))
    }

    /// Serves its page to whoever asks, until the story ends.
    fn serve(self, invite: &str) -> Result<()> {
        let listener = tokio::net::TcpListener::from_std(self.listener)?;
        let page = format!(
            "<!doctype html><html lang=\"en\"><title>Timetables</title><h1>Timetables</h1>\
             <iframe title=\"Chat\" width=\"700\" height=\"600\" src=\"{invite}\" \
             allow=\"clipboard-write; web-share\"></iframe></html>"
        );
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\n\
             connection: close\r\n\r\n{page}",
            page.len()
        );
        tokio::spawn(async move {
            while let Ok((mut browser, _)) = listener.accept().await {
                let answer = answer.clone();
                tokio::spawn(async move {
                    let mut request = vec![0; REQUEST];
                    // A browser may open a connection and say nothing.
                    if browser.read(&mut request).await.is_ok_and(|read| read > 0) {
                        drop(browser.write_all(answer.as_bytes()).await);
                    }
                });
            }
        });
        Ok(())
    }
}

/// Joins by the invite that is open. Firefox's driver clicks nothing in a page of another origin.
const JOIN: &str = r#"
const [name] = arguments;
const find = (id) => document.querySelector(`[data-testid="${id}"]`);
find("name-input").value = name;
find("name-input").dispatchEvent(new InputEvent("input", { bubbles: true }));
find("name-save").click();
"#;

#[test]
fn a_room_is_used_inside_another_sites_page() -> Told {
    used_inside("embedded", Chromium)
}

#[test]
fn a_room_is_used_inside_another_sites_page_in_firefox() -> Told {
    used_inside("embedded-firefox", Firefox)
}

fn used_inside(story: &'static str, kind: Browser) -> Told {
    play(story, async |stage| {
        let site = Site::open()?;
        let origin = site.origin()?;
        let server = stage.another_server(&["--embed-in", &origin])?;
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&server.url(), "Ana").await?;
        site.serve(&invite)?;
        let ben = stage.enter("ben", kind).await?;
        ben.open(&origin).await?;
        ben.turn_inside();
        ben.wait("the room can be joined", |view| view.shows("name-save")).await?;
        let () = ben.run(JOIN, &["Ben".into()]).await?;
        ana.wait_for_company(2).await?;
        ana.send("does it stop in Linz?").await?;
        ben.hear("does it stop in Linz?").await?;
        ben.send("at 23:40").await?;
        ana.hear("at 23:40").await?;
        ben.wait_for_delivery("at 23:40").await?;
        stage.portray(&ben, story).await?;
        ben.reload().await?;
        let again = |view: &crate::view::View| view.rows.len() == 2;
        ben.wait("what was said is there again", again).await.context("inside")?;
        ana.send("and in Wels?").await?;
        ben.hear("and in Wels?").await?;
        Ok(())
    })
}
