//! WebSockets by hand, to say what no library would and to hide nothing that is heard.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Running, soon};

/// What asks for a WebSocket, but for the end of the head.
pub const HANDSHAKE: &str = "GET /signal HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\n\
                             upgrade: websocket\r\nsec-websocket-version: 13\r\n\
                             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// A WebSocket that nothing was said on.
pub async fn upgrade(server: &Running) -> TcpStream {
    let mut wire = server.wire().await;
    let head = ask(&mut wire, &format!("{HANDSHAKE}\r\n")).await;
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    wire
}

/// Sends a request, and reads the head of the answer.
pub async fn ask(wire: &mut TcpStream, request: &str) -> String {
    wire.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(soon(wire.read_u8()).await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// A frame as a page sends it: `first` has its flags and opcode.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        short @ 0..=125 => bytes.push(0x80 | u8::try_from(short).unwrap()),
        middle @ 126..=0xffff => {
            bytes.push(0xfe);
            bytes.extend(u16::try_from(middle).unwrap().to_be_bytes());
        }
        long => {
            bytes.push(0xff);
            bytes.extend((long as u64).to_be_bytes());
        }
    }
    mask_into(&mut bytes, payload);
    bytes
}

/// The mask, and the payload under it.
pub fn mask_into(bytes: &mut Vec<u8>, payload: &[u8]) {
    let mask = [0x37, 0xfa, 0x21, 0x3d];
    bytes.extend(mask);
    bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
}

/// The next frame of the server: opcode and payload. It is whole, plain and as short as can be.
pub async fn hear(wire: &mut TcpStream) -> Option<(u8, Vec<u8>)> {
    let first = soon(wire.read_u8()).await.ok()?;
    assert_eq!(first & 0xf0, 0x80, "one whole frame without extensions");
    let length = match soon(wire.read_u8()).await.ok()? {
        short @ 0..=125 => u64::from(short),
        126 => {
            let length = soon(wire.read_u16()).await.ok()?;
            assert!(length > 125, "the shortest form");
            length.into()
        }
        127 => {
            let length = soon(wire.read_u64()).await.ok()?;
            assert!(length > 0xffff, "the shortest form");
            length
        }
        masked => panic!("a server does not mask: {masked:#x}"),
    };
    let mut payload = vec![0; usize::try_from(length).unwrap()];
    soon(wire.read_exact(&mut payload)).await.ok()?;
    Some((first & 0x0f, payload))
}
