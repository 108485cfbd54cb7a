//! RFC 6455, case by case over raw TCP: one table, in the order of the Autobahn suite's chapters.
//!
//! Each case has a connection of its own. One that lives on is asked for a last pong, and nothing
//! else comes before it; one that is closed ends with the code that is named, and then the
//! TCP connection ends, too. The server echoes nothing: a text that is a `ping` of our protocol is
//! answered with a `pong`, any other with an error, so that both show what was received.

use protocol::ServerMessage;
use signaling::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::raw::{HANDSHAKE, ask, frame, hear, mask_into, upgrade};
use crate::support::{Running, pair, soon};

const FIN: u8 = 0x80;
const CONTINUE: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

const PROTOCOL_ERROR: u16 = 1002;
const NOT_UTF8: u16 = 1007;
const TOO_BIG: u16 = 1009;

/// A message that is answered.
const SAY: &[u8] = br#"{"type":"ping"}"#;
const MESSAGE_BYTES: usize = 64 * 1024;

struct Case {
    name: &'static str,
    /// What the page sends.
    sent: Vec<u8>,
    /// Whether byte by byte.
    chopped: bool,
    heard: Heard,
}

enum Heard {
    /// These, and the connection lives on.
    Then(&'static [&'static str]),
    /// A close with this code.
    Closed(u16),
    /// A close without a code.
    ClosedPlainly,
}

use Heard::{Closed, ClosedPlainly, Then};

fn case(name: &'static str, frames: &[(u8, &[u8])], heard: Heard) -> Case {
    let sent = frames.iter().flat_map(|(first, payload)| frame(*first, payload)).collect();
    Case { name, sent, chopped: false, heard }
}

fn bytes(name: &'static str, sent: &[u8], heard: Heard) -> Case {
    Case { name, sent: sent.to_vec(), chopped: false, heard }
}

fn chopped(case: Case) -> Case {
    Case { chopped: true, ..case }
}

/// A `ping` of exactly so many bytes.
fn say(length: usize) -> Vec<u8> {
    let frame = r#"{"type":"ping","pad":""}"#.len();
    format!(r#"{{"type":"ping","pad":"{}"}}"#, "x".repeat(length - frame)).into_bytes()
}

fn table() -> Vec<Case> {
    [framing(), control(), reserved(), fragments(), utf8(), closing(), masks(), lengths()]
        .into_iter()
        .flatten()
        .collect()
}

/// Chapter 1: texts and binaries of every length.
fn framing() -> Vec<Case> {
    const WHOLE: u8 = FIN | TEXT;
    vec![
        case("a text", &[(WHOLE, SAY)], Then(&["pong"])),
        case("an empty text", &[(WHOLE, b"")], Then(&["BadMessage"])),
        case("a text of 125 bytes", &[(WHOLE, &say(125))], Then(&["pong"])),
        case("a text of 126 bytes", &[(WHOLE, &say(126))], Then(&["pong"])),
        case("a text of 127 bytes", &[(WHOLE, &say(127))], Then(&["pong"])),
        case("a text of 128 bytes", &[(WHOLE, &say(128))], Then(&["pong"])),
        case("a text of 65535 bytes", &[(WHOLE, &say(65_535))], Then(&["pong"])),
        case("a text of 65536 bytes", &[(WHOLE, &say(MESSAGE_BYTES))], Then(&["pong"])),
        case("a text one byte too long", &[(WHOLE, &say(65_537))], Closed(TOO_BIG)),
        chopped(case("a text byte by byte", &[(WHOLE, &say(300))], Then(&["pong"]))),
        case("two texts at once", &[(WHOLE, SAY), (WHOLE, SAY)], Then(&["pong", "pong"])),
        case("a binary", &[(FIN | BINARY, &[0, 255, 7])], Then(&["BadMessage"])),
        case("an empty binary", &[(FIN | BINARY, b"")], Then(&["BadMessage"])),
        case("a binary too long", &[(FIN | BINARY, &[0; 65_537])], Closed(TOO_BIG)),
    ]
}

/// Chapter 2: pings and pongs.
fn control() -> Vec<Case> {
    const A_PING: u8 = FIN | PING;
    const A_PONG: u8 = FIN | PONG;
    vec![
        case("an empty ping", &[(A_PING, b"")], Then(&["PONG "])),
        case("a ping with words", &[(A_PING, b"hi")], Then(&["PONG hi"])),
        case("a ping that is no text", &[(A_PING, &[0, 0xff, 0xfe])], Then(&["PONG 00fffe"])),
        case("a ping of 125 bytes", &[(A_PING, &[b'x'; 125])], Then(&["PONG x*125"])),
        case("a ping of 126 bytes", &[(A_PING, &[b'x'; 126])], Closed(PROTOCOL_ERROR)),
        case("a pong of 126 bytes", &[(A_PONG, &[b'x'; 126])], Closed(PROTOCOL_ERROR)),
        chopped(case("a ping byte by byte", &[(A_PING, b"slowly")], Then(&["PONG slowly"]))),
        case("a pong nobody asked for", &[(A_PONG, b"here")], Then(&[])),
        case("a pong, then a ping", &[(A_PONG, b"a"), (A_PING, b"b")], Then(&["PONG b"])),
        case(
            "pings in a row are answered in order",
            &[(A_PING, b"1"), (A_PING, b"2"), (A_PING, b"3")],
            Then(&["PONG 1", "PONG 2", "PONG 3"]),
        ),
    ]
}

/// Chapters 3 and 4: reserved bits and opcodes.
fn reserved() -> Vec<Case> {
    let mut cases = Vec::new();
    for bits in [0x40, 0x20, 0x10, 0x30, 0x50, 0x60, 0x70] {
        for opcode in [TEXT, BINARY, PING, PONG, CLOSE] {
            let sent = [(FIN | bits | opcode, SAY)];
            cases.push(case("a frame with reserved bits", &sent, Closed(PROTOCOL_ERROR)));
        }
    }
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        for sent in [&b""[..], b"words"] {
            let sent = [(FIN | opcode, sent)];
            cases.push(case("a reserved opcode", &sent, Closed(PROTOCOL_ERROR)));
        }
        let sent = [(FIN | TEXT, SAY), (FIN | opcode, b""), (FIN | PING, b"late")];
        cases.push(case("a reserved opcode between others", &sent, Closed(PROTOCOL_ERROR)));
    }
    cases
}

/// Chapter 5: messages in pieces.
fn fragments() -> Vec<Case> {
    let (begin, end) = SAY.split_at(4);
    const LAST: u8 = FIN | CONTINUE;
    vec![
        case("a text in two", &[(TEXT, begin), (LAST, end)], Then(&["pong"])),
        case("an empty beginning", &[(TEXT, b""), (LAST, SAY)], Then(&["pong"])),
        case("an empty end", &[(TEXT, SAY), (LAST, b"")], Then(&["pong"])),
        case("an empty middle", &[(TEXT, begin), (CONTINUE, b""), (LAST, end)], Then(&["pong"])),
        case(
            "all of it empty",
            &[(TEXT, b""), (CONTINUE, b""), (LAST, b"")],
            Then(&["BadMessage"]),
        ),
        chopped(case("in two, byte by byte", &[(TEXT, begin), (LAST, end)], Then(&["pong"]))),
        case(
            "a ping in between is answered first",
            &[(TEXT, begin), (FIN | PING, b"now"), (LAST, end)],
            Then(&["PONG now", "pong"]),
        ),
        case(
            "a pong in between",
            &[(TEXT, begin), (FIN | PONG, b"now"), (LAST, end)],
            Then(&["pong"]),
        ),
        case("a ping in two", &[(PING, b"a"), (LAST, b"b")], Closed(PROTOCOL_ERROR)),
        case("a pong in two", &[(PONG, b"a"), (LAST, b"b")], Closed(PROTOCOL_ERROR)),
        case("a close in two", &[(CLOSE, &[3]), (LAST, &[232])], Closed(PROTOCOL_ERROR)),
        case("an end of nothing", &[(LAST, SAY)], Closed(PROTOCOL_ERROR)),
        case("a middle of nothing", &[(CONTINUE, SAY)], Closed(PROTOCOL_ERROR)),
        case(
            "an end after the end",
            &[(TEXT, begin), (LAST, end), (LAST, b"")],
            Closed(PROTOCOL_ERROR),
        ),
        case("a text in a text", &[(TEXT, begin), (FIN | TEXT, SAY)], Closed(PROTOCOL_ERROR)),
        case("a beginning in a text", &[(TEXT, begin), (TEXT, end)], Closed(PROTOCOL_ERROR)),
        case("a binary in a text", &[(TEXT, begin), (FIN | BINARY, b"")], Closed(PROTOCOL_ERROR)),
        case(
            "pieces that are too much together",
            &[(TEXT, &[b'x'; 40_000]), (LAST, &[b'x'; 40_000])],
            Closed(TOO_BIG),
        ),
    ]
}

/// Chapter 6: text is UTF-8.
fn utf8() -> Vec<Case> {
    const LAST: u8 = FIN | CONTINUE;
    let valid = r#"{"type":"ping","pad":"κόσμε 好 🎉"}"#.as_bytes();
    let inside = valid.len() - 4;
    let mut cases = vec![
        case("valid UTF-8", &[(FIN | TEXT, valid)], Then(&["pong"])),
        case(
            "cut inside of a character",
            &[(TEXT, &valid[..inside]), (LAST, &valid[inside..])],
            Then(&["pong"]),
        ),
        chopped(case("valid UTF-8, byte by byte", &[(FIN | TEXT, valid)], Then(&["pong"]))),
        case("invalid in the last piece", &[(TEXT, SAY), (LAST, &[0xff])], Closed(NOT_UTF8)),
        case("invalid in the first piece", &[(TEXT, &[0xff]), (LAST, SAY)], Closed(NOT_UTF8)),
        case("ends inside of a character", &[(TEXT, &[0xf0, 0x9f]), (LAST, b"")], Closed(NOT_UTF8)),
    ];
    let invalid: [&[u8]; 9] = [
        &[0xff],
        &[0x80],
        &[0xc3],
        &[0xc0, 0xaf],
        &[0xe0, 0x80, 0xaf],
        &[0xed, 0xa0, 0x80],
        &[0xf4, 0x90, 0x80, 0x80],
        &[0xf8, 0x88, 0x80, 0x80, 0x80],
        b"words \xce\xba\xe1\xbd\xb9\xcf\x83\xed\xa0\x80 and more",
    ];
    for text in invalid {
        cases.push(case("invalid UTF-8", &[(FIN | TEXT, text)], Closed(NOT_UTF8)));
    }
    cases
}

/// Chapter 7: how a page says goodbye.
fn closing() -> Vec<Case> {
    const BYE: u8 = FIN | CLOSE;
    let with = |code: u16, reason: &[u8]| [&code.to_be_bytes()[..], reason].concat();
    let mut cases = vec![
        case("without a code", &[(BYE, b"")], ClosedPlainly),
        case("with words", &[(BYE, &with(1000, b"goodbye"))], Closed(1000)),
        case("with all the words there is room for", &[(BYE, &with(1000, &[b'x'; 123]))], {
            Closed(1000)
        }),
        case("with too many words", &[(BYE, &with(1000, &[b'x'; 124]))], Closed(PROTOCOL_ERROR)),
        case("with half a code", &[(BYE, &[3])], Closed(PROTOCOL_ERROR)),
        case("with words that are none", &[(BYE, &with(1000, &[0xce, 0xba, 0xe1]))], {
            Closed(NOT_UTF8)
        }),
        case("twice", &[(BYE, &with(1000, b"")), (BYE, &with(1001, b""))], Closed(1000)),
        case("a text after it", &[(BYE, &with(1000, b"")), (FIN | TEXT, SAY)], Closed(1000)),
        case("a ping after it", &[(BYE, &with(1000, b"")), (FIN | PING, b"")], Closed(1000)),
        case("in the middle of a text", &[(TEXT, b"{"), (BYE, &with(1000, b""))], Closed(1000)),
    ];
    for code in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999] {
        cases.push(case("with a code", &[(BYE, &with(code, b""))], Closed(code)));
    }
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] {
        let sent = [(BYE, &*with(code, b""))];
        cases.push(case("with a code that is none", &sent, Closed(PROTOCOL_ERROR)));
    }
    cases
}

/// §5.1: a page masks what it sends.
fn masks() -> Vec<Case> {
    let plain = |first: u8, payload: &[u8]| {
        [&[first, u8::try_from(payload.len()).unwrap()], payload].concat()
    };
    let nothing = [&[FIN | TEXT, 0x80 | 15, 0, 0, 0, 0], SAY].concat();
    vec![
        bytes("a plain text", &plain(FIN | TEXT, SAY), Closed(PROTOCOL_ERROR)),
        bytes("a plain binary", &plain(FIN | BINARY, b"x"), Closed(PROTOCOL_ERROR)),
        bytes("a plain ping", &plain(FIN | PING, b""), Closed(PROTOCOL_ERROR)),
        bytes("a plain pong", &plain(FIN | PONG, b""), Closed(PROTOCOL_ERROR)),
        bytes("a plain close", &plain(FIN | CLOSE, &[3, 232]), Closed(PROTOCOL_ERROR)),
        bytes("a mask of zeros", &nothing, Then(&["pong"])),
    ]
}

/// §5.2: lengths. Longer forms than needed are the sender's fault; taking them harms nobody, and
/// the suite has no case for them.
fn lengths() -> Vec<Case> {
    let long_form = |header: &[u8], payload: &[u8]| {
        let mut bytes = header.to_vec();
        mask_into(&mut bytes, payload);
        bytes
    };
    let huge = [&[FIN | TEXT, 0xff], &[0x7f_u8; 8][..]].concat();
    let negative = [&[FIN | TEXT, 0xff], &[0xff_u8; 8][..]].concat();
    let ping = |header: &[u8]| long_form(header, b"hi");
    vec![
        bytes(
            "a short text with a length of 16 bits",
            &long_form(&[FIN | TEXT, 0xfe, 0, 15], SAY),
            Then(&["pong"]),
        ),
        bytes(
            "a short text with a length of 64 bits",
            &long_form(&[FIN | TEXT, 0xff, 0, 0, 0, 0, 0, 0, 0, 15], SAY),
            Then(&["pong"]),
        ),
        bytes("a ping with 16 bits", &ping(&[FIN | PING, 0xfe, 0, 2]), Then(&["PONG hi"])),
        bytes("a length beyond all memory", &long_form(&huge, b""), Closed(TOO_BIG)),
        bytes("a length with its highest bit", &long_form(&negative, b""), Closed(TOO_BIG)),
        bytes(
            "a ping beyond all memory",
            &long_form(&[FIN | PING, 0xff, 0, 0, 1, 0, 0, 0, 0, 0], b""),
            Closed(TOO_BIG),
        ),
    ]
}

/// A frame of the server, in words.
fn describe((opcode, payload): &(u8, Vec<u8>)) -> String {
    match *opcode {
        TEXT => match ServerMessage::decode(core::str::from_utf8(payload).unwrap()).unwrap() {
            ServerMessage::Pong => "pong".to_owned(),
            ServerMessage::Error { code, .. } => format!("{code:?}"),
            other => panic!("{other:?}"),
        },
        PONG if payload.len() > 20 => format!("PONG {}*{}", char::from(payload[0]), payload.len()),
        PONG => match core::str::from_utf8(payload) {
            Ok(text) => format!("PONG {text}"),
            Err(_) => format!("PONG {}", data_encoding::HEXLOWER.encode(payload)),
        },
        CLOSE => format!("closed with {payload:?}"),
        other => panic!("no answer has opcode {other}"),
    }
}

async fn try_out(server: &Running, case: &Case) {
    let Case { name, sent, .. } = case;
    let mut wire = upgrade(server).await;
    for piece in sent.chunks(if case.chopped { 1 } else { sent.len() }) {
        // A server that closes need not read the rest.
        if wire.write_all(piece).await.is_err() {
            break;
        }
    }
    match case.heard {
        Then(expected) => lives_on(name, &mut wire, expected).await,
        Closed(code) => {
            let close = close(name, &mut wire).await;
            assert_eq!(close[..2], code.to_be_bytes(), "{name} {sent:.9x?}");
        }
        ClosedPlainly => assert!(close(name, &mut wire).await.is_empty(), "{name}"),
    }
}

/// Hears what is expected, and then nothing but the answer to a last ping.
async fn lives_on(name: &str, wire: &mut TcpStream, expected: &[&str]) {
    for expected in expected {
        let heard = hear(wire).await.unwrap_or_else(|| panic!("{name}: the end"));
        assert_eq!(describe(&heard), *expected, "{name}");
    }
    wire.write_all(&frame(FIN | PING, b"end")).await.unwrap();
    let heard = hear(wire).await.unwrap_or_else(|| panic!("{name}: the end"));
    assert_eq!(describe(&heard), "PONG end", "{name}");
}

/// Hears a close and then nothing more; what is in it.
async fn close(name: &str, wire: &mut TcpStream) -> Vec<u8> {
    let close = loop {
        match hear(wire).await {
            None => panic!("{name}: an end without a close"),
            Some((CLOSE, payload)) => break payload,
            // What came before the fault may have been answered, but is not left half said.
            Some(frame) => drop(describe(&frame)),
        }
    };
    let mut rest = Vec::new();
    let _ = soon(wire.read_to_end(&mut rest)).await;
    assert!(rest.is_empty(), "{name}: nothing comes after a close, not {rest:?}");
    close
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_case_of_the_websocket_protocol_is_answered_as_it_should_be() {
    let server = Running::with(Limits { connections_per_address: 999, ..Limits::default() }).await;
    let ((mut ana, _), (mut ben, _)) = pair(&server).await;
    let table = table();
    assert!(table.len() > 130, "{} cases", table.len());
    futures::future::join_all(table.iter().map(|case| try_out(&server, case))).await;
    ana.is_undisturbed().await;
    ben.is_undisturbed().await;
    server.counts("connections", 2).await;
}

#[tokio::test]
async fn a_handshake_is_answered_as_the_standard_says_or_refused() {
    let server = Running::with(Limits::default()).await;
    // The key and the answer to it of RFC 6455 §1.3; extensions and subprotocols are declined.
    let offer = "sec-websocket-extensions: permessage-deflate\r\nsec-websocket-protocol: chat\r\n";
    let head = ask(&mut server.wire().await, &format!("{HANDSHAKE}{offer}\r\n")).await;
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    assert!(head.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
    assert!(!head.contains("sec-websocket-extensions"), "{head}");
    assert!(!head.contains("sec-websocket-protocol"), "{head}");
    for (from, to, status) in [
        ("sec-websocket-version: 13\r\n", "sec-websocket-version: 8\r\n", 426),
        ("sec-websocket-version: 13\r\n", "", 426),
        ("sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", 426),
        ("upgrade: websocket\r\n", "", 426),
        ("upgrade: websocket\r\n", "upgrade: h2c\r\n", 426),
        ("connection: upgrade\r\n", "connection: keep-alive\r\n", 426),
        ("GET ", "POST ", 405),
        ("HTTP/1.1", "HTTP/1.0", 426),
        ("host: x\r\n", "host: x\r\nbroken line\r\n", 400),
    ] {
        let request = format!("{HANDSHAKE}\r\n").replacen(from, to, 1);
        let head = ask(&mut server.wire().await, &request).await;
        assert_eq!(head.split(' ').nth(1), Some(&*status.to_string()), "{to:?}: {head}");
    }
}
