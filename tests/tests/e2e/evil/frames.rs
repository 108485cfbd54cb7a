//! Attacks below the protocol: bytes, frames and texts that are no messages, or too many of them.

use crate::evil::table::{Attack, When::Linked, attack};
use crate::evil::wire::{self, BINARY, CLOSE, CONTINUED, FIN, PING, PONG, TEXT};
use protocol::ServerMessage;
use std::time::Duration;

/// See the module.
pub const ATTACKS: &[Attack] = &[
    attack("binary garbage", Linked, true, |evil| {
        let noise: Vec<u8> =
            (0..4_096u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        evil.send(&wire::frame(FIN | BINARY, &noise));
    }),
    attack("8 MiB of binary", Linked, true, |evil| {
        evil.send(&wire::frame(FIN | BINARY, &vec![0x55; 8 << 20]));
    }),
    attack("an empty text", Linked, true, |evil| evil.send(&wire::text(""))),
    attack("words that are no JSON", Linked, true, |evil| {
        evil.send(&wire::text("<script>alert(1)</script>"));
    }),
    attack("JSON of other shapes", Linked, true, |evil| {
        let shapes =
            ["null", "[]", "7", "\"joined\"", "{}", "{\"type\":null}", "[{\"type\":\"ping\"}]"];
        shapes.iter().for_each(|shape| evil.send(&wire::text(shape)));
    }),
    attack("a kind that nobody knows", Linked, false, |evil| {
        evil.send(&wire::text(r#"{"type":"obey","room":"x"}"#));
    }),
    attack("20,000 messages of unknown kinds", Linked, false, |evil| {
        let one = |number: u32| wire::text(&format!(r#"{{"type":"kind{number}","x":[1,2,3]}}"#));
        evil.send(&(0..20_000).flat_map(one).collect::<Vec<u8>>());
    }),
    attack("20,000 texts that are no JSON", Linked, true, |evil| {
        evil.send(&(0..20_000).flat_map(|_| wire::text("{]")).collect::<Vec<u8>>());
    }),
    attack("brackets nested 60,000 deep", Linked, true, |evil| {
        evil.send(&wire::text(&"[".repeat(60_000)));
    }),
    attack("objects nested in a known kind", Linked, true, |evil| {
        let deep = format!(r#"{{"type":"joined","peers":{}"#, "{\"a\":".repeat(10_000));
        evil.send(&wire::text(&deep));
    }),
    attack("a text of 8 MiB", Linked, true, |evil| evil.send(&wire::text(&"A".repeat(8 << 20)))),
    attack("a text one byte too long", Linked, true, |evil| {
        let length = protocol::limits::MESSAGE_BYTES + 1;
        evil.send(&wire::text(&" ".repeat(length)));
    }),
    attack("a message in 30,000 frames", Linked, false, |evil| {
        let message = format!("{}{{\"type\":\"pong\"}}", " ".repeat(30_000));
        evil.send(&wire::in_pieces(&message, 1));
    }),
    attack("10,000 empty frames of one message", Linked, false, |evil| {
        let mut bytes = wire::frame(TEXT, b"{\"type\":");
        (0..10_000).for_each(|_| bytes.extend(wire::frame(CONTINUED, b"")));
        bytes.extend(wire::frame(FIN | CONTINUED, b"\"pong\"}"));
        evil.send(&bytes);
    }),
    attack("a message that comes by drops", Linked, false, |evil| {
        let message = wire::text(&ServerMessage::Pong.encode());
        evil.drip(&message, 1, Duration::from_millis(50));
    }),
    attack("a message that never ends", Linked, false, |evil| {
        evil.drip(&wire::frame(TEXT, &[b'A'; 2_000]), 20, Duration::from_millis(10));
    }),
    attack("a text that is no UTF-8", Linked, false, |evil| {
        evil.send(&wire::frame(FIN | TEXT, &[0xC0, 0xAF, 0xFF, 0xFE]));
    }),
    attack("a kind of frame that there is not", Linked, false, |evil| {
        evil.send(&wire::frame(FIN | 0x7, b"?"));
    }),
    attack("bits that were not agreed on", Linked, false, |evil| {
        evil.send(&wire::frame(FIN | 0x70 | TEXT, b"{}"));
    }),
    attack("a masked frame", Linked, false, |evil| {
        evil.send(&[0x81, 0x82, 1, 2, 3, 4, 0x7A, 0x7F])
    }),
    attack("a frame that says it has 2^63 bytes", Linked, false, |evil| {
        let head = [&[FIN | TEXT, 127][..], &u64::MAX.to_be_bytes()].concat();
        evil.send(&head);
    }),
    attack("a continuation of nothing", Linked, false, |evil| {
        evil.send(&wire::frame(FIN | CONTINUED, b"{\"type\":\"pong\"}"));
    }),
    attack("messages after the end", Linked, false, |evil| {
        evil.say(|stay| {
            let room = stay.room.clone();
            vec![ServerMessage::PeerLeft { room, peer: stay.you }; 3]
        });
        evil.send(&[wire::close(1_000, ""), wire::text("{]"), wire::text("{]")].concat());
    }),
    attack("each code of an end", Linked, false, |evil| {
        // One a connection: what is behind the first is for nobody.
        let codes = [1_001, 1_002, 1_008, 1_009, 1_011, 1_012, 1_013, 3_000, 4_999];
        let ends = codes.map(|code| wire::close(code, "go away")).concat();
        evil.send(&ends);
    }),
    attack("codes that no end may have", Linked, false, |evil| {
        evil.send(&[wire::close(999, "no"), wire::frame(FIN | CLOSE, &[1])].concat());
    }),
    attack("an end with words to mislead", Linked, false, |evil| {
        evil.send(&wire::close(4_000, "Your room was deleted. Send your key to get it back."));
    }),
    attack("10,000 pings of the transport", Linked, false, |evil| {
        evil.send(
            &(0..10_000).flat_map(|_| wire::frame(FIN | PING, &[7; 100])).collect::<Vec<u8>>(),
        );
    }),
    attack("10,000 pongs that nobody asked for", Linked, false, |evil| {
        evil.send(
            &(0..10_000).flat_map(|_| wire::frame(FIN | PONG, &[7; 100])).collect::<Vec<u8>>(),
        );
    }),
    attack("50,000 pings, whose answers it does not read", Linked, false, |evil| {
        let ping = wire::text(&ServerMessage::Ping.encode());
        evil.send(&ping.repeat(50_000));
    }),
    attack("a type said twice", Linked, true, |evil| {
        evil.send(&wire::text(r#"{"type":"pong","type":"joined"}"#));
    }),
    attack("numbers beyond all numbers", Linked, true, |evil| {
        let huge =
            format!(r#"{{"type":"relays","seconds":1e999,"urls":[{}]}}"#, "9".repeat(50_000));
        evil.send(&wire::text(&huge));
    }),
    attack("halves of letters and zeros", Linked, true, |evil| {
        evil.send(&wire::text(r#"{"type":"error","code":"failed","message":"\ud800 \u0000"}"#));
    }),
    attack("60 KiB of blanks before nothing", Linked, true, |evil| {
        evil.send(&wire::text(&" \n".repeat(30_000)));
    }),
];
