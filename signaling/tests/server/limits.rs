//! Every limit of a connection: reached without harm, and one beyond it refused in words.

use futures::SinkExt;
use protocol::{ClientMessage, ErrorCode, ServerMessage, limits};
use signaling::Limits;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};

use crate::support::{Client, DEADLINE, Ended, Running, pair, room, seconds, soon};

fn code(close: CloseCode) -> u16 {
    close.into()
}

/// A valid message of exactly so many bytes.
fn padded_ping(bytes: usize) -> String {
    let frame = r#"{"type":"ping","pad":""}"#.len();
    format!(r#"{{"type":"ping","pad":"{}"}}"#, "x".repeat(bytes - frame))
}

#[tokio::test]
async fn the_65th_member_of_a_room_is_refused() {
    let members_per_address = limits::MEMBERS_PER_ROOM + 1;
    let server = Running::with(Limits { members_per_address, ..Limits::default() }).await;
    let mut members = Vec::new();
    for before in 0..limits::MEMBERS_PER_ROOM {
        let mut member = Client::connect(&server).await;
        assert_eq!(member.join(1).await.1.len(), before);
        members.push(member);
    }
    let mut one_more = Client::connect(&server).await;
    one_more.send(&ClientMessage::Join { room: room(1) }).await;
    assert_eq!(one_more.refused().await, ErrorCode::RoomFull);
    one_more.join(2).await;
    drop(members.pop());
    server.counts("connections", 64).await;
    assert_eq!(one_more.join(1).await.1.len(), 63);
}

#[tokio::test]
async fn one_address_takes_a_quarter_of_a_room_and_others_still_come_in() {
    let server = Running::with(Limits::default()).await;
    let mut members = Vec::new();
    for before in 0..limits::MEMBERS_PER_ROOM / 4 {
        let mut member = Client::connect_from(&server, 1, 1).await;
        assert_eq!(member.join(1).await.1.len(), before);
        members.push(member);
    }
    let mut one_more = Client::connect_from(&server, 1, 1).await;
    one_more.send(&ClientMessage::Join { room: room(1) }).await;
    assert_eq!(one_more.refused().await, ErrorCode::RoomFull);
    one_more.join(2).await;
    let mut other = Client::connect_from(&server, 1, 2).await;
    assert_eq!(other.join(1).await.1.len(), members.len());
    drop(members.pop());
    server.counts("connections", 17).await;
    assert_eq!(one_more.join(1).await.1.len(), members.len() + 1);
}

#[tokio::test]
async fn one_room_too_many_is_refused() {
    let server = Running::with(Limits { rooms_per_connection: 3, ..Limits::default() }).await;
    let mut page = Client::connect(&server).await;
    for n in 0..3 {
        page.join(n).await;
    }
    page.send(&ClientMessage::Join { room: room(3) }).await;
    assert_eq!(page.refused().await, ErrorCode::TooManyRooms);
    page.send(&ClientMessage::Leave { room: room(0) }).await;
    page.join(3).await;
}

#[tokio::test]
async fn a_message_of_64_kib_passes_and_one_more_byte_closes() {
    let server = Running::with(Limits::default()).await;
    let ((mut ana, ana_id), (mut ben, _)) = pair(&server).await;
    for size in [limits::MESSAGE_BYTES + 1, 1 << 20, 20 << 20] {
        let mut big = Client::connect(&server).await;
        big.send_text(&padded_ping(limits::MESSAGE_BYTES)).await;
        assert_eq!(big.hear().await, ServerMessage::Pong);
        // The server need not read the rest, so that the send may fail.
        let _ = big.socket.send(Message::text(padded_ping(size))).await;
        let ended = big.ended().await;
        let error = Some(ErrorCode::TooLarge);
        let reason = "a message may have at most 65536 bytes".to_owned();
        assert_eq!(ended, Ended { error, close: code(CloseCode::Size), reason }, "{size}");
    }
    let longest = "A".repeat(limits::PAYLOAD_CHARS);
    ben.signal(1, ana_id, &longest).await;
    assert!(
        matches!(ana.hear().await, ServerMessage::Signal { payload, .. } if payload == longest)
    );
}

#[tokio::test]
async fn fragments_count_as_the_message_that_they_make() {
    let server = Running::with(Limits::default()).await;
    let mut page = Client::connect(&server).await;
    let piece = vec![b'x'; 30_000];
    for n in 0..3 {
        let kind = if n == 0 { Data::Text } else { Data::Continue };
        let frame = Frame::message(piece.clone(), OpCode::Data(kind), false);
        let _ = page.socket.send(Message::Frame(frame)).await;
    }
    assert_eq!(page.ended().await.error, Some(ErrorCode::TooLarge));
}

#[tokio::test]
async fn a_flood_of_messages_is_closed_and_disturbs_nobody() {
    let limits = Limits { message_burst: 20, messages_per_second: 1, ..Limits::default() };
    let server = Running::with(limits).await;
    let ((mut ana, _), (mut ben, _)) = pair(&server).await;
    let mut flood = Client::connect(&server).await;
    for _ in 0..2_000 {
        if flood.socket.feed(Message::text(ClientMessage::Ping.encode())).await.is_err() {
            break;
        }
    }
    let _ = flood.socket.flush().await;
    let ended = flood.ended().await;
    assert_eq!(ended.error, Some(ErrorCode::TooManyMessages));
    assert_eq!(ended.close, code(CloseCode::Policy));
    ana.is_undisturbed().await;
    ben.is_undisturbed().await;
}

#[tokio::test]
async fn bad_messages_and_pings_of_the_protocol_count_too() {
    let limits = Limits { message_burst: 5, messages_per_second: 1, ..Limits::default() };
    let server = Running::with(limits).await;
    for message in [Message::text("nonsense"), Message::Ping(vec![1].into())] {
        let mut page = Client::connect(&server).await;
        for _ in 0..6 {
            page.socket.send(message.clone()).await.unwrap();
        }
        let mut socket = page.socket;
        let closed = soon(async {
            loop {
                match futures::StreamExt::next(&mut socket).await {
                    Some(Ok(Message::Close(close))) => break close.expect("with a reason"),
                    Some(Ok(_)) => {}
                    other => panic!("{other:?}"),
                }
            }
        });
        assert_eq!(closed.await.code, CloseCode::Policy);
    }
}

#[tokio::test]
async fn a_flood_of_bytes_is_closed() {
    let limits = Limits { byte_burst: 100_000, bytes_per_second: 1, ..Limits::default() };
    let server = Running::with(limits).await;
    let mut page = Client::connect(&server).await;
    page.send_text(&padded_ping(60_000)).await;
    assert_eq!(page.hear().await, ServerMessage::Pong);
    page.send_text(&padded_ping(60_000)).await;
    assert_eq!(page.ended().await.error, Some(ErrorCode::TooManyMessages));
}

#[tokio::test]
async fn a_connection_without_a_valid_message_is_closed_in_time() {
    let limits = Limits { first_message_within: seconds(1_500), ..Limits::default() };
    let server = Running::with(limits).await;
    let silent = Client::connect(&server).await;
    let mut talkative = Client::connect(&server).await;
    talkative.send_text("nonsense").await;
    let mut member = Client::connect(&server).await;
    member.join(1).await;
    for late in [silent, talkative] {
        let ended = late.ended().await;
        assert_eq!(ended.error, Some(ErrorCode::FirstMessageLate));
        assert_eq!(ended.close, code(CloseCode::Policy));
    }
    member.is_undisturbed().await;
}

#[tokio::test]
async fn two_missed_pings_and_the_connection_is_gone() {
    let limits = Limits { ping_every: seconds(500), pings_missed: 2, ..Limits::default() };
    let server = Running::with(limits).await;
    let mut witness = Client::connect(&server).await;
    witness.join(1).await;
    let mut dead = Client::connect(&server).await;
    let (dead_id, _) = dead.join(1).await;
    assert_eq!(witness.hear().await, ServerMessage::PeerJoined { room: room(1), peer: dead_id });
    // Nobody polls `dead` now, so nothing answers its pings; `witness` answers while it hears.
    assert_eq!(witness.hear().await, ServerMessage::PeerLeft { room: room(1), peer: dead_id });
    assert!(witness.pings >= 2, "silent, but answering: {} pings", witness.pings);
    let (pings, ended) = count_pings(dead).await;
    assert_eq!(pings, 2);
    assert_eq!(ended, (CloseCode::Policy, "no answer to pings".to_owned()));
    witness.is_undisturbed().await;
}

async fn count_pings(mut client: Client) -> (usize, (CloseCode, String)) {
    let mut pings = 0;
    loop {
        match soon(futures::StreamExt::next(&mut client.socket)).await {
            Some(Ok(Message::Ping(_))) => pings += 1,
            Some(Ok(Message::Close(Some(close)))) => {
                return (pings, (close.code, close.reason.to_string()));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_connection_that_answers_pings_stays() {
    let limits = Limits { ping_every: seconds(20), pings_missed: 60, ..Limits::default() };
    let server = Running::with(limits).await;
    let mut page = Client::connect(&server).await;
    page.join(1).await;
    let begin = std::time::Instant::now();
    while page.pings < 90 {
        assert!(begin.elapsed() < DEADLINE);
        match soon(futures::StreamExt::next(&mut page.socket)).await {
            Some(Ok(Message::Ping(_))) => page.pings += 1,
            other => panic!("{other:?}"),
        }
    }
    page.is_undisturbed().await;
}

/// Signals to a member that does not read, until the server tells that it left.
async fn overwhelm(server: &Running) {
    let ((mut ana, _), (mut slow, slow_id)) = pair(server).await;
    let mut witness = Client::connect(server).await;
    let (witness_id, _) = witness.join(1).await;
    assert!(matches!(slow.hear().await, ServerMessage::PeerJoined { .. }));
    assert!(matches!(ana.hear().await, ServerMessage::PeerJoined { .. }));
    let payload = "A".repeat(limits::PAYLOAD_CHARS);
    let (mut sent, mut left) = (0, false);
    while !left {
        ana.signal(1, slow_id, &payload).await;
        sent += 1;
        assert!(sent < 2_000, "the slow connection is never dropped");
        // Hears the refusal of a signal to the peer that is gone, or that it has left.
        ana.send(&ClientMessage::Ping).await;
        loop {
            match ana.hear().await {
                ServerMessage::Pong => break,
                ServerMessage::PeerLeft { peer, .. } => left = peer == slow_id,
                ServerMessage::Error { code: ErrorCode::UnknownPeer, .. } => {}
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(witness.hear().await, ServerMessage::PeerLeft { room: room(1), peer: slow_id });
    ana.signal(1, witness_id, "AAAA").await;
    assert!(matches!(witness.hear().await, ServerMessage::Signal { .. }));
    server.counts("connections", 2).await;
}

#[tokio::test]
async fn a_slow_receiver_is_dropped_when_too_many_bytes_wait_for_it() {
    let limits = Limits {
        bytes_per_second: u32::MAX,
        messages_per_second: u32::MAX,
        byte_burst: 1 << 20,
        queued_bytes: (1 << 20) + 1,
        write_within: seconds(3_600_000),
        ..Limits::default()
    };
    let server = Running::with(limits).await;
    overwhelm(&server).await;
}

#[tokio::test]
async fn a_slow_receiver_is_dropped_when_it_takes_nothing_in_time() {
    let limits = Limits {
        message_burst: 4_000,
        byte_burst: 400 << 20,
        queued_messages: 4_001,
        queued_bytes: (400 << 20) + 1,
        write_within: seconds(200),
        ..Limits::default()
    };
    let server = Running::with(limits).await;
    overwhelm(&server).await;
}

#[tokio::test]
async fn one_sender_at_its_full_rate_has_nobody_dropped() {
    let server = Running::with(Limits::default()).await;
    let ((mut ana, _), (mut slow, slow_id)) = pair(&server).await;
    let mut bytes = 0;
    while bytes < limits::BYTE_BURST as usize - 2 * limits::MESSAGE_BYTES {
        ana.signal(1, slow_id, &"A".repeat(limits::PAYLOAD_CHARS)).await;
        bytes += limits::MESSAGE_BYTES;
    }
    ana.is_undisturbed().await;
    for _ in 0..bytes / limits::MESSAGE_BYTES {
        assert!(matches!(slow.hear().await, ServerMessage::Signal { .. }));
    }
    slow.is_undisturbed().await;
}
