//! Golden texts of every message, and the promise that decoding bad input is an error in words.
//!
//! The texts are the files under `tests/golden`, one folder a version: a change of one is a change
//! of the protocol. To write them anew: `CONFAB_BLESS=1 cargo test -p protocol golden`. They are
//! seeds of the fuzz target `message`, too.

use std::path::Path;

use super::*;

const ROOM: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";

fn room() -> Rendezvous {
    Rendezvous::from_bytes([7; 32])
}

fn client_messages() -> Vec<(&'static str, ClientMessage)> {
    let payload = "c2VhbGVk-_".to_owned();
    vec![
        ("join", ClientMessage::Join { room: room() }),
        ("leave", ClientMessage::Leave { room: room() }),
        ("signal", ClientMessage::Signal { room: room(), to: PeerId(0xab), payload }),
        ("ping", ClientMessage::Ping),
        ("pong", ClientMessage::Pong),
    ]
}

fn server_messages() -> Vec<(&'static str, ServerMessage)> {
    let (payload, peer) = ("AAAA".to_owned(), PeerId(u64::MAX));
    let (code, message) = (ErrorCode::RoomFull, "the room is full".to_owned());
    let peers = vec![PeerId(2), peer];
    let relays = Relays {
        urls: vec!["turn:turn.example:3478".to_owned()],
        username: "1700000600:00000000000000ab".to_owned(),
        credential: "AAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned(),
        seconds: 600,
    };
    vec![
        ("relays", ServerMessage::Relays(relays)),
        ("joined", ServerMessage::Joined { room: room(), you: PeerId(1), peers }),
        ("peer_joined", ServerMessage::PeerJoined { room: room(), peer }),
        ("peer_left", ServerMessage::PeerLeft { room: room(), peer }),
        ("signal", ServerMessage::Signal { room: room(), from: PeerId(3), payload }),
        ("error", ServerMessage::Error { code, message }),
        ("ping", ServerMessage::Ping),
        ("pong", ServerMessage::Pong),
    ]
}

/// The golden text of a message; written first if that is asked for.
fn golden(side: &str, kind: &str, encoded: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/1").join(side);
    let file = folder.join(format!("{kind}.json"));
    if std::env::var_os("CONFAB_BLESS").is_some() {
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(&file, encoded).unwrap();
    }
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

#[test]
fn golden_client_messages() {
    for (kind, message) in client_messages() {
        let text = golden("client", kind, &message.encode());
        assert_eq!(message.encode(), text);
        assert_eq!(ClientMessage::decode(&text), Ok(message));
    }
    assert!(client_messages().iter().map(|(kind, _)| kind).eq(ClientMessage::KINDS));
}

#[test]
fn golden_server_messages() {
    for (kind, message) in server_messages() {
        let text = golden("server", kind, &message.encode());
        assert_eq!(message.encode(), text);
        assert_eq!(ServerMessage::decode(&text), Ok(message));
    }
    assert!(server_messages().iter().map(|(kind, _)| kind).eq(ServerMessage::KINDS));
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
        (ErrorCode::NotAllowed, "not_allowed"),
        (ErrorCode::NotWebSocket, "not_web_socket"),
        (ErrorCode::Failed, "failed"),
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
