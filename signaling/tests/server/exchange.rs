//! Introductions, and bad input: each gets an error or a close in words, and disturbs nobody.

use futures::SinkExt;
use protocol::{ClientMessage, ErrorCode, PeerId, ServerMessage};
use signaling::Limits;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Client, Running, pair, room};

#[tokio::test]
async fn two_pages_are_introduced_and_hear_of_each_other() {
    let server = Running::with(Limits::default()).await;
    let ((mut ana, ana_id), (mut ben, ben_id)) = pair(&server).await;
    ana.signal(1, ben_id, "b2ZmZXI").await;
    let offer = ServerMessage::Signal { room: room(1), from: ana_id, payload: "b2ZmZXI".into() };
    assert_eq!(ben.hear().await, offer);
    ben.signal(1, ana_id, "YW5zd2Vy").await;
    let answer = ServerMessage::Signal { room: room(1), from: ben_id, payload: "YW5zd2Vy".into() };
    assert_eq!(ana.hear().await, answer);
    ana.send(&ClientMessage::Leave { room: room(1) }).await;
    assert_eq!(ben.hear().await, ServerMessage::PeerLeft { room: room(1), peer: ana_id });
    ana.is_undisturbed().await;
}

#[tokio::test]
async fn an_ended_connection_leaves_its_rooms_whether_it_says_so_or_not() {
    let server = Running::with(Limits::default()).await;
    let ((mut ana, ana_id), (mut ben, _)) = pair(&server).await;
    ana.socket.close(None).await.unwrap();
    assert_eq!(ben.hear().await, ServerMessage::PeerLeft { room: room(1), peer: ana_id });
    let mut cleo = Client::connect(&server).await;
    let (cleo_id, _) = cleo.join(1).await;
    assert_eq!(ben.hear().await, ServerMessage::PeerJoined { room: room(1), peer: cleo_id });
    drop(cleo);
    assert_eq!(ben.hear().await, ServerMessage::PeerLeft { room: room(1), peer: cleo_id });
    server.counts("connections", 1).await;
}

#[tokio::test]
async fn bad_input_gets_an_error_in_words_and_disturbs_nobody() {
    let server = Running::with(Limits::default()).await;
    let ((mut ana, _), (mut ben, _)) = pair(&server).await;
    let mut bad = Client::connect(&server).await;
    let (peer, here) = (PeerId(1), room(1));
    for (text, code) in [
        (String::new(), ErrorCode::BadMessage),
        ("hello".into(), ErrorCode::BadMessage),
        ("[1,2".into(), ErrorCode::BadMessage),
        ("{}".into(), ErrorCode::BadMessage),
        (r#"{"type":1}"#.into(), ErrorCode::BadMessage),
        (r#"{"type":"joined"}"#.into(), ErrorCode::UnknownType),
        (r#"{"type":"dance","room":1}"#.into(), ErrorCode::UnknownType),
        (r#"{"type":"join"}"#.into(), ErrorCode::BadMessage),
        (r#"{"type":"join","room":"../../etc"}"#.into(), ErrorCode::BadMessage),
        (format!(r#"{{"type":"signal","room":"{here}","to":"{peer}"}}"#), ErrorCode::BadMessage),
        (
            format!(r#"{{"type":"signal","room":"{here}","to":"{peer}","payload":"<b>"}}"#),
            ErrorCode::BadMessage,
        ),
        ("[".repeat(60_000), ErrorCode::BadMessage),
    ] {
        bad.send_text(&text).await;
        assert_eq!(bad.refused().await, code, "{text:.60}");
    }
    bad.socket.send(Message::binary(vec![0, 159, 146, 150])).await.unwrap();
    assert_eq!(bad.refused().await, ErrorCode::BadMessage);
    bad.join(2).await;
    bad.is_undisturbed().await;
    ana.is_undisturbed().await;
    ben.is_undisturbed().await;
}

#[tokio::test]
async fn unknown_rooms_and_peers_are_refused() {
    let server = Running::with(Limits::default()).await;
    let ((mut ana, ana_id), (mut ben, ben_id)) = pair(&server).await;
    let mut stranger = Client::connect(&server).await;
    stranger.signal(1, ana_id, "AAAA").await;
    assert_eq!(stranger.refused().await, ErrorCode::NotInRoom);
    stranger.send(&ClientMessage::Leave { room: room(9) }).await;
    assert_eq!(stranger.refused().await, ErrorCode::NotInRoom);
    stranger.join(2).await;
    stranger.signal(2, ana_id, "AAAA").await;
    assert_eq!(stranger.refused().await, ErrorCode::UnknownPeer);
    ben.send(&ClientMessage::Leave { room: room(1) }).await;
    assert_eq!(ana.hear().await, ServerMessage::PeerLeft { room: room(1), peer: ben_id });
    ana.signal(1, ben_id, "AAAA").await;
    assert_eq!(ana.refused().await, ErrorCode::UnknownPeer);
    ana.is_undisturbed().await;
    ben.is_undisturbed().await;
    assert_eq!(server.count("relayed_messages").await, 0);
}

#[tokio::test]
async fn i11_the_counters_show_that_nothing_passes_after_the_introduction() {
    let server = Running::with(Limits::default()).await;
    let ((mut ana, _), (mut ben, ben_id)) = pair(&server).await;
    assert_eq!(server.count("connections").await, 2);
    assert_eq!(server.count("rooms").await, 1);
    assert_eq!(server.count("relayed_messages").await, 0);
    for payload in ["AAAA", "AAAAAAAA"] {
        ana.signal(1, ben_id, payload).await;
        ben.hear().await;
    }
    assert_eq!(server.count("relayed_messages").await, 2);
    assert_eq!(server.count("relayed_bytes").await, 12);
    ana.is_undisturbed().await;
    assert_eq!(server.count("relayed_bytes").await, 12, "only signals count, and all of them");
    drop((ana, ben));
    server.counts("connections", 0).await;
    assert_eq!(server.count("rooms").await, 0);
}
