//! Refusals have one shape, and say nothing of the inside of the server.

use std::collections::BTreeSet;

use futures::StreamExt;
use protocol::Rendezvous;
use serde_json::Value;
use signaling::{Config, Limits};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Client, Running, config, room, soon};

/// A refusal's code; fails if it is of another shape, or tells of parsers, files or flags.
fn code(text: &str) -> String {
    let value: Value = serde_json::from_str(text).unwrap_or_else(|_| panic!("no JSON: {text}"));
    let keys: BTreeSet<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["code", "message", "type"].into(), "{text}");
    assert_eq!(value["type"], "error", "{text}");
    let words = value["message"].as_str().unwrap();
    assert!(words.len() > 10, "in words: {text}");
    for inside in ["line", "column", "expected", "invalid", "EOF", "serde", "field `", "--", "::"] {
        assert!(!words.contains(inside), "{inside} in {text}");
    }
    value["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn refusals_over_http_have_one_shape() {
    let strict = Config { allow_loopback: false, ..config(Limits::default()) };
    let server = Running::start(strict).await;
    let upgrade = [
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("origin", "https://evil.example"),
    ];
    for (method, path, headers, status, expected) in [
        ("GET", "/signal", &[][..], 426, "not_web_socket"),
        ("POST", "/signal", &[], 405, "not_allowed"),
        ("POST", "/", &[], 405, "not_allowed"),
        ("DELETE", "/config.json", &[], 405, "not_allowed"),
    ] {
        let answer = server.request(method, path, headers).await;
        assert_eq!((answer.status, &*code(answer.text())), (status, expected), "{method} {path}");
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let mut request = String::from("GET /signal HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\n");
    for (name, value) in upgrade {
        request += &format!("{name}: {value}\r\n");
    }
    let head = crate::raw::ask(&mut server.wire().await, &format!("{request}\r\n")).await;
    assert!(head.starts_with("HTTP/1.1 403"), "{head}");
}

#[tokio::test]
async fn refusals_over_the_socket_have_one_shape_whatever_was_wrong() {
    let limits = Limits { members_per_room: 1, rooms_per_connection: 1, ..Limits::default() };
    let server = Running::with(limits).await;
    let mut member = Client::connect(&server).await;
    member.join(1).await;
    let mut page = Client::connect(&server).await;
    let Client { socket, .. } = &mut page;
    let here: Rendezvous = room(1);
    let mut words = BTreeSet::new();
    for (text, expected) in [
        ("{".to_owned(), "bad_message"),
        ("\u{0}<script>".to_owned(), "bad_message"),
        (r#"{"type":"join","room":7}"#.to_owned(), "bad_message"),
        (r#"{"type":"join","room":"../../etc/passwd"}"#.to_owned(), "bad_message"),
        (r#"{"type":"secret_dance"}"#.to_owned(), "unknown_type"),
        (format!(r#"{{"type":"join","room":"{here}"}}"#), "room_full"),
        (format!(r#"{{"type":"leave","room":"{here}"}}"#), "not_in_room"),
    ] {
        futures::SinkExt::send(socket, Message::text(text.clone())).await.unwrap();
        let answer = soon(socket.next()).await.unwrap().unwrap().into_text().unwrap();
        assert_eq!(code(&answer), expected, "{text}");
        assert!(!answer.contains("passwd") && !answer.contains("dance"), "no echo: {answer}");
        if expected == "bad_message" {
            words.insert(answer);
        }
    }
    assert_eq!(words.len(), 1, "the same words, whatever was wrong: {words:?}");
}
