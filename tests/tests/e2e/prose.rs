//! Messages as prose: what is bold, listed, quoted, code or a link is drawn so, the message on the
//! page stays what was written, links lead where they say, and nothing widens the page.

use crate::axe::{Violation, violations};
use crate::browser::Browser::{Chromium, Firefox};
use crate::looks::{be_small, be_wide, dress};
use crate::page::Page;
use crate::stage::{Told, play};
use anyhow::{Result, ensure};
use serde::Deserialize;
use serde_json::json;
use thirtyfour::common::keys::Key;

/// A conversation for the eye.
const TALK: [&str; 6] = [
    "**Saturday**, the plan:\n- meet at *Westbahnhof*, hall 2\n- bring the `night.train` file\n  - \
     and a charger\n1. leave at 22:10\n2. sleep",
    "> Which platform?\n> The board said 7.\nNo, it was **9**.",
    "```rust\nfn leave(at: Time) -> Result<Train> {\n    // \"9\" is not in use\n    \
     platform(10, \"west\")?.depart(at)\n}\n```",
    "Timetable: https://trains.example/tonight?from=vienna, and [the map](https://maps.example/x).",
    "[https://bank.example](https://other.example/login) and https://аррӏе.example/ are not what \
     they seem, nor is invoice\u{202e}gpj.exe",
    "周六见：**九号站台**，别忘了 `车票`。",
];

/// What is drawn of a message: each element with its text, of links what matters.
const DRAWN: &str = r#"
const body = [...document.querySelectorAll('[data-testid="message-body"]')]
  .find((one) => one.textContent === arguments[0]);
const parts = [...(body?.querySelectorAll("*") ?? [])].filter((one) => one.tagName !== "SPAN");
return parts.map((one) => ({
  tag: one.tagName.toLowerCase(),
  text: one.innerText.trim(),
  href: one.getAttribute("href"),
  rel: one.getAttribute("rel"),
  target: one.getAttribute("target"),
}));
"#;

/// What looks like something in code, from the beginning to the end.
const LOOKS: &str = r#"
const spans = [...document.querySelectorAll("pre > span[class]")];
return spans.map((one) => [one.className, one.textContent]);
"#;

/// How far the page, or a message in it, is wider than it may be, in pixels.
const TOO_WIDE: &str = r#"
const root = document.documentElement;
const list = document.querySelector('[data-testid="message-list"]');
return Math.max(root.scrollWidth - innerWidth, list.scrollWidth - list.clientWidth);
"#;

/// To the first message: the list is scrolled from its end.
const TO_TOP: &str = r#"
const list = document.querySelector('[data-testid="message-list"]');
list.scrollTop = -list.scrollHeight;
"#;

/// Marks a body, so that it is known whether it was drawn anew.
const TOUCH: &str = r#"
const bodies = [...document.querySelectorAll('[data-testid="message-body"]')];
bodies.forEach((body) => { (body.firstElementChild ?? body).touched = true; });
return bodies.length;
"#;

/// How many bodies were drawn anew since.
const REDRAWN: &str = r#"
const bodies = [...document.querySelectorAll('[data-testid="message-body"]')];
return bodies.filter((body) => !(body.firstElementChild ?? body).touched).length;
"#;

#[derive(Debug, Deserialize)]
struct Part {
    tag: String,
    text: String,
    href: Option<String>,
    rel: Option<String>,
    target: Option<String>,
}

async fn drawn(page: &Page, message: &str) -> Result<Vec<Part>> {
    page.run(DRAWN, &[json!(message)]).await
}

/// Fails unless the message has an element that says just this.
fn expect(parts: &[Part], tag: &str, text: &str) -> Result<()> {
    let found = parts.iter().any(|part| part.tag == tag && part.text == text);
    ensure!(found, "no {tag} says {text:?}: {parts:#?}");
    Ok(())
}

async fn fits(page: &Page, place: &str) -> Result<()> {
    let wide: i64 = page.run(TOO_WIDE, &[]).await?;
    ensure!(wide <= 0, "{place}: {wide} pixels too wide");
    Ok(())
}

#[test]
fn messages_are_drawn_as_prose_and_stay_what_was_written() -> Told {
    play("prose", async |stage| {
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&stage.server.url(), "Ana").await?;
        let ben = stage.enter("ben", Firefox).await?;
        ben.join(&invite, "Ben").await?;
        ana.wait_for_company(2).await?;
        let talk: Vec<String> = TALK.iter().map(|text| (*text).to_owned()).collect();
        ana.send_all(&talk).await?;
        for page in [&ana, &ben] {
            page.expect_messages(&TALK).await?;
            let plan = drawn(page, TALK[0]).await?;
            expect(&plan, "strong", "Saturday")?;
            expect(&plan, "em", "Westbahnhof")?;
            expect(&plan, "code", "night.train")?;
            ensure!(plan.iter().filter(|part| part.tag == "li").count() == 5, "{plan:#?}");
            expect(
                &drawn(page, TALK[1]).await?,
                "blockquote",
                "Which platform?\nThe board said 7.",
            )?;
            let code = "fn leave(at: Time) -> Result<Train> {\n    // \"9\" is not in use\n    \
                        platform(10, \"west\")?.depart(at)\n}";
            expect(&drawn(page, TALK[2]).await?, "pre", code)?;
            let looks: Vec<[String; 2]> = page.run(LOOKS, &[]).await?;
            let of = |look: &str, text: &str| [look.to_owned(), text.to_owned()];
            let expected = [
                of("keyword", "fn"),
                of("comment", "// \"9\" is not in use"),
                of("digits", "10"),
                of("string", "\"west\""),
            ];
            ensure!(looks == expected, "{looks:?}");
            expect(&drawn(page, TALK[5]).await?, "strong", "九号站台")?;
            links(page).await?;
        }
        // A state that changes draws no words anew.
        ana.wait_for_delivery(TALK[5]).await?;
        let bodies: usize = ana.run(TOUCH, &[]).await?;
        ensure!(bodies == TALK.len(), "{bodies} bodies");
        ben.send("read").await?;
        ana.hear("read").await?;
        let last = TALK[TALK.len() - 1];
        ana.wait("the last of it is read", |view| view.state_of(last) == Some("read")).await?;
        let redrawn: usize = ana.run(REDRAWN, &[]).await?;
        ensure!(redrawn == 1, "{redrawn} bodies were drawn anew, and one is new");
        edits_are_of_the_source(&ben, &ana).await?;
        portraits(stage, &ana).await
    })
}

/// Of each link its address, its words and its host.
async fn links(page: &Page) -> Result<()> {
    let plain = drawn(page, TALK[3]).await?;
    let lying = drawn(page, TALK[4]).await?;
    for (parts, href, text) in [
        (&plain, "https://trains.example/tonight?from=vienna", "https://trains.example/"),
        (&plain, "https://maps.example/x", "the map"),
        (&lying, "https://other.example/login", "https://bank.example"),
        (&lying, "https://xn--80ak6aa92e.example/", "https://"),
    ] {
        let link = parts.iter().find(|part| part.href.as_deref() == Some(href));
        let fits = link.is_some_and(|link| {
            link.text.starts_with(text)
                && link.rel.as_deref() == Some("noopener noreferrer")
                && link.target.as_deref() == Some("_blank")
        });
        ensure!(fits, "no link {text:?} to {href}: {parts:#?}");
    }
    expect(&plain, "bdi", "maps.example")?;
    expect(&lying, "bdi", "other.example")
}

/// Whoever edits gets the words as they were written.
async fn edits_are_of_the_source(ben: &Page, ana: &Page) -> Result<()> {
    ben.send("**not** yet, see https://a.example").await?;
    ben.wait_for_delivery("**not** yet, see https://a.example").await?;
    ben.press(Key::Up).await?;
    let source = "**not** yet, see https://a.example";
    let there = |value: Option<&str>| value == Some(source);
    ben.wait("the source is in the composer", |view| {
        view.find("composer").is_some_and(|field| there(field.value.as_deref()))
    })
    .await?;
    ben.fill("composer", "_now_").await?;
    ben.click("send").await?;
    ana.hear("_now_").await?;
    expect(&drawn(ana, "_now_").await?, "em", "now")
}

async fn can_be_read(page: &Page) -> Result<()> {
    let found = violations(page).await?;
    let lines: Vec<String> = found.iter().map(Violation::line).collect();
    ensure!(lines.is_empty(), "axe-core has found:\n{}", lines.join("\n"));
    Ok(())
}

async fn portraits(stage: &crate::stage::Stage, ana: &Page) -> Result<()> {
    let wide = ["x".repeat(3_000), format!("```\n{}\n```", "y".repeat(3_000))];
    fits(ana, "the desk").await?;
    ana.run::<serde_json::Value>(TO_TOP, &[]).await?;
    stage.portray(ana, "prose").await?;
    can_be_read(ana).await?;
    dress(ana, "dark").await?;
    stage.portray(ana, "prose-dark").await?;
    can_be_read(ana).await?;
    dress(ana, "light").await?;
    be_small(ana).await?;
    fits(ana, "a small phone").await?;
    ana.run::<serde_json::Value>(TO_TOP, &[]).await?;
    stage.portray(ana, "prose-phone").await?;
    ana.send_all(&wide).await?;
    ana.wait_for_delivery(&wide[1]).await?;
    fits(ana, "a small phone with long words").await?;
    be_wide(ana).await
}
