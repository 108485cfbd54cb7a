//! Connections that are held open with little or nothing: each of them ends in time.

use std::time::Instant;

use signaling::{Config, Limits};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::raw::{HANDSHAKE, ask, frame, hear, upgrade};
use crate::support::{DEADLINE, Running, config, seconds, soon};

/// Waits for the end of a connection, over whatever comes before; how many bytes that is.
async fn end(wire: &mut TcpStream) -> usize {
    let mut rest = Vec::new();
    let _ = soon(wire.read_to_end(&mut rest)).await;
    rest.len()
}

/// Sends a byte again and again until the server has had enough.
async fn drip(wire: &mut TcpStream, byte: u8) {
    let begin = Instant::now();
    let mut answer = [0; 1024];
    loop {
        assert!(begin.elapsed() < DEADLINE, "it may go on for ever");
        if wire.write_all(&[byte]).await.is_err() {
            return;
        }
        let pause = core::time::Duration::from_millis(5);
        if let Ok(Ok(0) | Err(_)) = tokio::time::timeout(pause, wire.read(&mut answer)).await {
            return;
        }
    }
}

#[tokio::test]
async fn a_head_that_comes_by_drops_ends_in_time() {
    let server = Running::with(Limits { head_within: seconds(300), ..Limits::default() }).await;
    for beginning in ["", "GET / HTTP/1.1\r\nx: ", HANDSHAKE] {
        let mut wire = server.wire().await;
        wire.write_all(beginning.as_bytes()).await.unwrap();
        drip(&mut wire, b'x').await;
    }
}

#[tokio::test]
async fn a_connection_that_asks_for_nothing_more_ends_in_time() {
    let server = Running::with(Limits { head_within: seconds(300), ..Limits::default() }).await;
    let mut wire = server.wire().await;
    for _ in 0..2 {
        let head = ask(&mut wire, "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let mut body = [0; 1];
        soon(wire.read_exact(&mut body)).await.unwrap();
        while body != *b"}" {
            soon(wire.read_exact(&mut body)).await.unwrap();
        }
    }
    end(&mut wire).await;
}

#[tokio::test]
async fn a_connection_that_always_asks_for_more_ends_in_time() {
    let limits = Limits { http_within: seconds(500), ..Limits::default() };
    let server = Running::with(limits).await;
    let mut wire = server.wire().await;
    let begin = Instant::now();
    let mut answers = vec![0; 64 * 1024];
    let mut asked = 0;
    while wire.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.is_ok() {
        match soon(wire.read(&mut answers)).await {
            Ok(0) | Err(_) => break,
            Ok(_) => asked += 1,
        }
        assert!(begin.elapsed() < DEADLINE);
    }
    assert!(asked > 0);
    let mut page = upgrade(&server).await;
    page.write_all(&frame(0x81, br#"{"type":"ping"}"#)).await.unwrap();
    assert_eq!(hear(&mut page).await.unwrap().1, br#"{"type":"pong"}"#);
    let until = tokio::time::Instant::now() + core::time::Duration::from_millis(700);
    assert!(tokio::time::timeout_at(until, page.read_u8()).await.is_err(), "not a WebSocket");
}

#[tokio::test]
async fn a_body_that_nobody_asked_for_is_not_waited_for() {
    let limits = Limits { http_within: seconds(500), ..Limits::default() };
    let server = Running::with(limits).await;
    let mut wire = server.wire().await;
    let head = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n";
    let answer = ask(&mut wire, head).await;
    assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
    drip(&mut wire, b'x').await;
}

#[tokio::test]
async fn whoever_does_not_read_its_answer_loses_it_and_the_connection() {
    let folder = TempDir::new().unwrap();
    let size = 20 << 20;
    std::fs::write(folder.path().join("index.html"), "<html></html>").unwrap();
    std::fs::write(folder.path().join("big.bin"), vec![7; size]).unwrap();
    let limits =
        Limits { write_within: seconds(300), connections_per_address: 1, ..Limits::default() };
    let dist = Some(folder.path().to_owned());
    let server = Running::start(Config { dist, ..config(limits) }).await;
    let mut slow = Vec::new();
    for _ in 0..2 {
        let mut wire = server.wire().await;
        wire.write_all(b"GET /big.bin HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        soon(wire.read_u8()).await.unwrap();
        slow.push(wire);
    }
    // Both slots of the address are taken, until they are free again.
    soon(async {
        loop {
            let mut wire = server.wire().await;
            let _ = wire.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await;
            if wire.read_u8().await.is_ok() {
                break;
            }
        }
    })
    .await;
    let got = end(&mut slow[0]).await.min(end(&mut slow[1]).await);
    assert!(got < size, "all {got} bytes were sent");
}

#[tokio::test]
async fn a_first_message_that_comes_by_drops_ends_in_time() {
    let limits = Limits { first_message_within: seconds(300), ..Limits::default() };
    let server = Running::with(limits).await;
    for beginning in [&[0x81, 0xfe, 0x10, 0, 0, 0, 0, 0][..], &[0x01, 0x80, 0, 0, 0, 0], &[]] {
        let mut wire = upgrade(&server).await;
        wire.write_all(beginning).await.unwrap();
        let mut codes = Vec::new();
        if beginning.len() > 6 {
            drip(&mut wire, b'x').await;
            continue;
        }
        while let Some((opcode, payload)) = hear(&mut wire).await {
            if opcode == 8 {
                codes.push(u16::from_be_bytes([payload[0], payload[1]]));
            }
        }
        assert_eq!(codes, [1008]);
    }
}
