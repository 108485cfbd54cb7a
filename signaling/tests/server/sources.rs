//! What an address and its network may do, and who is believed about whom a request is from.
//!
//! All of 127.0.0.0/8 is this machine: every test has as many addresses as it likes.

use protocol::{ClientMessage, ErrorCode};
use signaling::{Config, Limits, Pace, SourceLimits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::raw::{HANDSHAKE, ask};
use crate::support::{Answer, Client, Running, boundless, config, room, soon};

/// As many at once, and next to nothing later.
fn only(burst: u32) -> Pace {
    Pace { per_second: 1, burst }
}

async fn with(sources: SourceLimits) -> Running {
    Running::start(Config { sources, ..config(Limits::default()) }).await
}

async fn is_told_that_it_is_too_much(page: Client) {
    let ended = page.ended().await;
    assert_eq!(ended.error, Some(ErrorCode::TooManyMessages));
    assert_eq!(ended.close, u16::from(CloseCode::Again));
    assert!(ended.reason.contains("your network"), "{ended:?}");
}

/// Whether a request over this connection is answered at all.
async fn is_answered(mut wire: TcpStream) -> bool {
    let _ = wire.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await;
    soon(wire.read_u8()).await.is_ok_and(|byte| byte == b'H')
}

#[tokio::test]
async fn a_network_has_so_many_websockets_and_no_more() {
    let limits = Limits { connections_per_prefix: 3, ..Limits::default() };
    let server = Running::with(limits).await;
    let mut pages = Vec::new();
    for host in 1..=3 {
        let mut page = Client::connect_from(&server, 1, host).await;
        page.is_undisturbed().await;
        pages.push(page);
    }
    let ended = Client::connect_from(&server, 1, 4).await.ended().await;
    assert_eq!(ended.error, Some(ErrorCode::TooManyConnections));
    Client::connect_from(&server, 2, 1).await.is_undisturbed().await;
    for page in &mut pages {
        page.is_undisturbed().await;
    }
}

#[tokio::test]
async fn connections_come_at_the_pace_of_their_address_and_of_their_network() {
    let (address_connections, prefix_connections) = (only(4), only(6));
    let server =
        with(SourceLimits { address_connections, prefix_connections, ..boundless() }).await;
    for (host, so_many) in [(1, 4), (2, 2)] {
        for _ in 0..so_many {
            assert!(is_answered(server.wire_from(3, host).await).await);
        }
        assert!(!is_answered(server.wire_from(3, host).await).await, "{host}");
    }
    assert!(is_answered(server.wire_from(4, 1).await).await, "another network");
}

#[tokio::test]
async fn joins_count_over_all_connections_of_an_address() {
    let server = with(SourceLimits { address_joins: only(3), ..boundless() }).await;
    let mut first = Client::connect_from(&server, 1, 1).await;
    first.join(1).await;
    first.join(2).await;
    let mut second = Client::connect_from(&server, 1, 1).await;
    second.join(3).await;
    second.send(&ClientMessage::Join { room: room(4) }).await;
    is_told_that_it_is_too_much(second).await;
    first.is_undisturbed().await;
    Client::connect_from(&server, 1, 2).await.join(4).await;
}

#[tokio::test]
async fn messages_and_bytes_count_over_all_connections_of_a_network() {
    let messages = only(2_000 + 40);
    let (address_messages, prefix_messages) = (messages, messages);
    let server = with(SourceLimits { address_messages, prefix_messages, ..boundless() }).await;
    let mut quiet = Client::connect_from(&server, 2, 1).await;
    quiet.is_undisturbed().await;
    let mut pages = Vec::new();
    for host in 1..=2 {
        let mut page = Client::connect_from(&server, 1, host).await;
        for _ in 0..1_000 {
            page.send(&ClientMessage::Pong).await;
        }
        page.is_undisturbed().await;
        pages.push(page);
    }
    let mut page = pages.remove(0);
    for _ in 0..50 {
        page.send(&ClientMessage::Pong).await;
    }
    is_told_that_it_is_too_much(page).await;
    quiet.is_undisturbed().await;

    let bytes = only((1 << 20) + 100_000);
    let (address_bytes, prefix_bytes) = (bytes, bytes);
    let server = with(SourceLimits { address_bytes, prefix_bytes, ..boundless() }).await;
    let text = format!(r#"{{"type":"pong","pad":"{}"}}"#, "x".repeat(60_000));
    let mut first = Client::connect_from(&server, 1, 1).await;
    for _ in 0..17 {
        first.send_text(&text).await;
    }
    first.is_undisturbed().await;
    let mut second = Client::connect_from(&server, 1, 2).await;
    for _ in 0..3 {
        second.send_text(&text).await;
    }
    is_told_that_it_is_too_much(second).await;
}

#[tokio::test]
async fn requests_count_as_ten_messages_and_one_too_many_is_told_when_to_come_back() {
    let limits = Limits { message_burst: 30, ..Limits::default() };
    let sources = SourceLimits { address_messages: only(30), ..boundless() };
    let server = Running::start(Config { sources, ..config(limits) }).await;
    for _ in 0..3 {
        assert_eq!(server.fetch("/healthz").await.status, 200);
    }
    let answer = server.fetch("/config.json").await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, "10"));
    assert!(answer.header("content-security-policy").starts_with("default-src 'none'; frame"));
    assert_eq!(answer.header("connection"), "close");
    let host = server.address.to_string();
    let other = Answer::of(server.wire_from(1, 1).await, &host, "GET", "/healthz", &[]).await;
    assert_eq!(other.status, 200);
}

/// The status of a WebSocket handshake with this header.
async fn shakes(wire: TcpStream, header: &str) -> u16 {
    let mut wire = wire;
    let head = ask(&mut wire, &format!("{HANDSHAKE}{header}\r\n\r\n")).await;
    head.split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn only_a_trusted_proxy_says_whom_a_request_is_from() {
    let (connections, sources) =
        (Limits { connections_per_address: 1, ..Limits::default() }, boundless());
    let sources = SourceLimits { address_connections: only(2), ..sources };
    let trusted_proxies = "127.0.9.0/24".parse().unwrap();
    let behind = Config { sources, trusted_proxies, ..config(connections) };
    let server = Running::start(behind).await;
    let ana = "x-forwarded-for: 192.0.2.1";
    for _ in 0..2 {
        assert_eq!(shakes(server.wire_from(9, 1).await, ana).await, 101);
    }
    assert_eq!(shakes(server.wire_from(9, 1).await, ana).await, 429, "Ana's two are used up");
    let lie = "x-forwarded-for: 6.6.6.6, 192.0.2.1";
    assert_eq!(shakes(server.wire_from(9, 2).await, lie).await, 429, "whatever she says before");
    let ben = "forwarded: for=\"[2001:db8::1]:80\";proto=https";
    for _ in 0..2 {
        assert_eq!(shakes(server.wire_from(9, 1).await, ben).await, 101);
    }
    assert_eq!(shakes(server.wire_from(9, 1).await, ben).await, 429);
    // Not through a proxy of ours: only where it comes from counts.
    for n in 0..2 {
        let header = format!("x-forwarded-for: 192.0.2.{}", n + 10);
        assert_eq!(shakes(server.wire_from(8, 1).await, &header).await, 101);
    }
    assert!(!is_answered(server.wire_from(8, 1).await).await);
}
