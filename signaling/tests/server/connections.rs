//! Who may connect, how many, and how connections end that do not play by the rules.

use protocol::ErrorCode;
use signaling::{Config, Limits, Origin};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::raw;
use crate::support::{Client, Running, config, pair, seconds, soon};

async fn is_forbidden(server: &Running, origin: &str) -> bool {
    match Client::connect_as(server, Some(origin)).await {
        Ok(_) => false,
        Err(tungstenite::Error::Http(answer)) => {
            assert_eq!(answer.status(), 403);
            let body = answer.into_body().expect("words");
            assert!(String::from_utf8(body).unwrap().contains("not_allowed"));
            true
        }
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn only_the_own_page_and_listed_ones_may_connect() {
    let allow_origin = vec![Origin::page("https://chat.example").unwrap()];
    let strict = Config { allow_origin, allow_loopback: false, ..config(Limits::default()) };
    let server = Running::start(strict).await;
    assert!(!is_forbidden(&server, &format!("http://{}", server.address)).await);
    assert!(!is_forbidden(&server, "https://chat.example").await);
    for foreign in ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost:8080"] {
        assert!(is_forbidden(&server, foreign).await, "{foreign}");
    }
}

#[tokio::test]
async fn loopback_pages_may_connect_where_development_is_allowed() {
    let loose = Config { allow_loopback: true, ..config(Limits::default()) };
    let server = Running::start(loose).await;
    assert!(!is_forbidden(&server, "http://localhost:8080").await);
    assert!(!is_forbidden(&server, "http://127.0.0.1:9").await);
    assert!(is_forbidden(&server, "https://evil.example").await);
    assert_eq!(Config::default().allow_loopback, cfg!(debug_assertions));
}

#[tokio::test]
async fn an_address_has_so_many_websockets_and_no_more() {
    let server = Running::with(Limits { connections_per_address: 3, ..Limits::default() }).await;
    let ((mut ana, _), (mut ben, _)) = pair(&server).await;
    let third = Client::connect(&server).await;
    let ended = Client::connect(&server).await.ended().await;
    assert_eq!(ended.error, Some(ErrorCode::TooManyConnections));
    assert_eq!(ended.close, u16::from(CloseCode::Again));
    drop(third);
    server.counts("connections", 2).await;
    let mut again = soon(async {
        // The slot is free a moment after the count.
        loop {
            let mut page = Client::connect(&server).await;
            page.send_text(r#"{"type":"ping"}"#).await;
            if let protocol::ServerMessage::Pong = page.hear().await {
                break page;
            }
        }
    })
    .await;
    again.is_undisturbed().await;
    ana.is_undisturbed().await;
    ben.is_undisturbed().await;
}

#[tokio::test]
async fn the_whole_server_has_so_many_websockets_and_no_more() {
    let server = Running::with(Limits { connections: 1, ..Limits::default() }).await;
    let mut first = Client::connect(&server).await;
    first.is_undisturbed().await;
    let ended = Client::connect(&server).await.ended().await;
    assert_eq!(ended.error, Some(ErrorCode::TooManyConnections));
    first.is_undisturbed().await;
}

#[tokio::test]
async fn an_address_has_twice_as_many_tcp_connections_and_no_more() {
    let server = Running::with(Limits { connections_per_address: 2, ..Limits::default() }).await;
    let mut idle = Vec::new();
    for _ in 0..4 {
        let mut wire = server.wire().await;
        wire.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut first = [0; 12];
        soon(wire.read_exact(&mut first)).await.unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
        idle.push(wire);
    }
    let mut one_more = server.wire().await;
    let _ = one_more.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let mut nothing = Vec::new();
    let _ = soon(one_more.read_to_end(&mut nothing)).await;
    assert!(nothing.is_empty());
    drop(idle.pop());
    soon(async {
        loop {
            let mut again = server.wire().await;
            let _ = again.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await;
            if again.read_u8().await.is_ok_and(|byte| byte == b'H') {
                break;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_request_that_never_ends_is_dropped_in_time() {
    let limits = Limits { head_within: seconds(200), ..Limits::default() };
    let server = Running::with(limits).await;
    for beginning in ["", "GET / HT", "GET / HTTP/1.1\r\nhost: x\r\nx-slow: "] {
        let mut wire = server.wire().await;
        wire.write_all(beginning.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let _ = soon(wire.read_to_end(&mut answer)).await;
        assert!(!answer.starts_with(b"HTTP/1.1 200"), "{beginning:?}");
    }
}

#[tokio::test]
async fn a_request_head_of_any_length_is_not_read() {
    let server = Running::with(Limits::default()).await;
    let mut wire = server.wire().await;
    let long = format!("GET / HTTP/1.1\r\nhost: x\r\nx-long: {}\r\n\r\n", "x".repeat(100_000));
    let _ = wire.write_all(long.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = soon(wire.read_to_end(&mut answer)).await;
    assert!(answer.starts_with(b"HTTP/1.1 431"), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn the_signal_address_speaks_websocket_only() {
    let server = Running::with(Limits::default()).await;
    let answer = server.fetch("/signal").await;
    assert_eq!(answer.status, 426);
    assert!(answer.text().contains("not_web_socket"), "{answer:?}");
    assert_eq!(
        (answer.header("upgrade"), answer.header("sec-websocket-version")),
        ("websocket", "13")
    );
}

#[tokio::test]
async fn a_shutdown_closes_every_socket_with_a_reason_within_two_seconds() {
    let server = Running::with(Limits::default()).await;
    let ((ana, _), (ben, _)) = pair(&server).await;
    let idle = server.wire().await;
    let stubborn = raw::upgrade(&server).await;
    let address = server.address;
    let (took, ana, ben) = tokio::join!(server.stop(), ana.ended(), ben.ended());
    assert!(took.as_millis() < 2_000, "{took:?}");
    for ended in [ana, ben] {
        assert_eq!(ended.close, u16::from(CloseCode::Away));
        assert!(ended.reason.contains("shutting down"));
    }
    assert!(TcpStream::connect(address).await.is_err());
    drop((idle, stubborn));
}
