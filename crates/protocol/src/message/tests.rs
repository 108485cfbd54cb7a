//! Golden texts of every message, and the promise that decoding bad input is an error in words.

use super::*;

const ROOM: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";

fn room() -> Rendezvous {
    Rendezvous::from_bytes([7; 32])
}

fn client_goldens() -> Vec<(ClientMessage, String)> {
    let payload = "c2VhbGVk-_".to_owned();
    vec![
        (ClientMessage::Join { room: room() }, format!(r#"{{"type":"join","room":"{ROOM}"}}"#)),
        (ClientMessage::Leave { room: room() }, format!(r#"{{"type":"leave","room":"{ROOM}"}}"#)),
        (
            ClientMessage::Signal { room: room(), to: PeerId(0xab), payload },
            format!(
                r#"{{"type":"signal","room":"{ROOM}",{}"payload":"c2VhbGVk-_"}}"#,
                r#""to":"00000000000000ab","#
            ),
        ),
        (ClientMessage::Ping, r#"{"type":"ping"}"#.to_owned()),
        (ClientMessage::Pong, r#"{"type":"pong"}"#.to_owned()),
    ]
}

fn server_goldens() -> Vec<(ServerMessage, String)> {
    let (payload, peer) = ("AAAA".to_owned(), PeerId(u64::MAX));
    let refusal =
        ServerMessage::Error { code: ErrorCode::RoomFull, message: "the room is full".to_owned() };
    vec![
        (
            ServerMessage::Joined { room: room(), you: PeerId(1), peers: vec![PeerId(2), peer] },
            format!(
                r#"{{"type":"joined","room":"{ROOM}","you":"0000000000000001","peers":{}}}"#,
                r#"["0000000000000002","ffffffffffffffff"]"#
            ),
        ),
        (
            ServerMessage::PeerJoined { room: room(), peer },
            format!(r#"{{"type":"peer_joined","room":"{ROOM}","peer":"ffffffffffffffff"}}"#),
        ),
        (
            ServerMessage::PeerLeft { room: room(), peer },
            format!(r#"{{"type":"peer_left","room":"{ROOM}","peer":"ffffffffffffffff"}}"#),
        ),
        (
            ServerMessage::Signal { room: room(), from: PeerId(3), payload },
            format!(
                r#"{{"type":"signal","room":"{ROOM}","from":"0000000000000003","payload":"AAAA"}}"#
            ),
        ),
        (refusal, r#"{"type":"error","code":"room_full","message":"the room is full"}"#.to_owned()),
        (ServerMessage::Ping, r#"{"type":"ping"}"#.to_owned()),
        (ServerMessage::Pong, r#"{"type":"pong"}"#.to_owned()),
    ]
}

#[test]
fn golden_client_messages() {
    for (message, golden) in client_goldens() {
        assert_eq!(message.encode(), golden);
        assert_eq!(ClientMessage::decode(&golden), Ok(message));
    }
    assert_eq!(client_goldens().len(), ClientMessage::KINDS.len());
}

#[test]
fn golden_server_messages() {
    for (message, golden) in server_goldens() {
        assert_eq!(message.encode(), golden);
        assert_eq!(ServerMessage::decode(&golden), Ok(message));
    }
    assert_eq!(server_goldens().len(), ServerMessage::KINDS.len());
}

#[test]
fn golden_error_codes() {
    let codes = [
        (ErrorCode::BadMessage, "bad_message"),
        (ErrorCode::UnknownType, "unknown_type"),
        (ErrorCode::TooLarge, "too_large"),
        (ErrorCode::NotInRoom, "not_in_room"),
        (ErrorCode::UnknownPeer, "unknown_peer"),
        (ErrorCode::RoomFull, "room_full"),
        (ErrorCode::TooManyRooms, "too_many_rooms"),
        (ErrorCode::TooManyMessages, "too_many_messages"),
        (ErrorCode::TooManyConnections, "too_many_connections"),
        (ErrorCode::FirstMessageLate, "first_message_late"),
    ];
    for (code, text) in codes {
        assert_eq!(serde_json::to_string(&code).unwrap(), format!("\"{text}\""));
        assert_eq!(serde_json::from_str::<ErrorCode>(&format!("\"{text}\"")).unwrap(), code);
    }
    let later = r#"{"type":"error","code":"too_tired","message":"come back tomorrow"}"#;
    let ServerMessage::Error { code, message } = ServerMessage::decode(later).unwrap() else {
        panic!("an error of a later version is still an error");
    };
    assert_eq!((code, message.as_str()), (ErrorCode::Unknown, "come back tomorrow"));
}

#[test]
fn unknown_fields_are_ignored() {
    let text = format!(r#"{{"later":[1],"room":"{ROOM}","type":"join"}}"#);
    assert_eq!(ClientMessage::decode(&text), Ok(ClientMessage::Join { room: room() }));
    assert_eq!(ClientMessage::decode(r#"{"type":"ping","x":{}}"#), Ok(ClientMessage::Ping));
}

#[test]
fn what_is_no_message_is_named() {
    for text in
        ["", "hello", "[]", "7", "null", "{}", r#"{"type":7}"#, r#"{"type":"join""#, "\u{0}"]
    {
        let error = ClientMessage::decode(text).unwrap_err();
        assert!(matches!(error, DecodeError::NotJson(_)), "{text:?}: {error:?}");
    }
    let error = ClientMessage::decode(r#"{"type":"joined"}"#).unwrap_err();
    assert_eq!(error, DecodeError::UnknownType("joined".to_owned()));
    let long = format!(r#"{{"type":"{}"}}"#, "é".repeat(500));
    let error = ClientMessage::decode(&long).unwrap_err();
    assert_eq!(error, DecodeError::UnknownType("é".repeat(32)));
}

#[test]
fn a_wrong_field_is_named() {
    for (text, word) in [
        (r#"{"type":"join"}"#.to_owned(), "room"),
        (r#"{"type":"join","room":"x"}"#.to_owned(), "43 characters"),
        (format!(r#"{{"type":"signal","room":"{ROOM}","to":1,"payload":""}}"#), "string"),
        (
            format!(
                r#"{{"type":"signal","room":"{ROOM}","to":"00000000000000ab","payload":"a="}}"#
            ),
            "base64url",
        ),
    ] {
        let error = ClientMessage::decode(&text).unwrap_err();
        assert!(matches!(error, DecodeError::BadField { .. }), "{text}: {error:?}");
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn the_longest_payload_passes_up_and_down_and_one_more_does_not() {
    let up = |chars| {
        let payload = "A".repeat(chars);
        ClientMessage::Signal { room: room(), to: PeerId(1), payload }.encode()
    };
    let down = |chars| {
        let payload = "A".repeat(chars);
        ServerMessage::Signal { room: room(), from: PeerId(1), payload }.encode()
    };
    assert!(ClientMessage::decode(&up(limits::PAYLOAD_CHARS)).is_ok());
    assert!(ServerMessage::decode(&down(limits::PAYLOAD_CHARS)).is_ok());
    let error = ClientMessage::decode(&up(limits::PAYLOAD_CHARS + 1)).unwrap_err();
    assert!(matches!(error, DecodeError::BadField { .. }), "{error:?}");
    let error = ClientMessage::decode(&up(limits::MESSAGE_BYTES)).unwrap_err();
    assert!(matches!(error, DecodeError::TooLong(_)), "{error:?}");
}

#[test]
fn a_full_room_fits_into_one_message() {
    let peers = vec![PeerId(u64::MAX); limits::MEMBERS_PER_ROOM];
    let joined = ServerMessage::Joined { room: room(), you: PeerId(0), peers };
    assert!(ServerMessage::decode(&joined.encode()).is_ok());
}

#[cfg(not(target_arch = "wasm32"))]
mod properties {
    use proptest::prelude::*;

    use super::*;

    fn hostile() -> impl Strategy<Value = String> {
        let pieces = prop::sample::select(vec![
            r#"{"type":"#,
            r#""join""#,
            r#""signal""#,
            r#""error""#,
            r#","room":"#,
            r#","to":"#,
            r#","payload":"#,
            r#","code":"#,
            r#","peers":["#,
            "]",
            "}",
            "{",
            "[",
            "\"",
            ",",
            ":",
            "\\u0000",
            "\\ud800",
            "1e999",
            "-",
            "null",
            "é",
            ROOM,
            "00000000000000ab",
        ]);
        prop_oneof![
            any::<String>(),
            prop::collection::vec(pieces, 0..24).prop_map(|all| all.concat())
        ]
    }

    proptest! {
        #[test]
        fn decoding_never_panics(text in hostile()) {
            let _ = ClientMessage::decode(&text);
            let _ = ServerMessage::decode(&text);
        }

        #[test]
        fn every_signal_survives_the_wire(
            bytes: [u8; 32], to: u64, payload in "[A-Za-z0-9_-]{0,200}",
        ) {
            let room = Rendezvous::from_bytes(bytes);
            let up = ClientMessage::Signal { room: room.clone(), to: PeerId(to), payload };
            prop_assert_eq!(ClientMessage::decode(&up.encode()), Ok(up));
            let down = ServerMessage::Joined { room, you: PeerId(to), peers: vec![PeerId(!to)] };
            prop_assert_eq!(ServerMessage::decode(&down.encode()), Ok(down));
        }
    }
}
