//! WebSocket frames, made by hand: an evil server sends any bytes, also such as no library would.

use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::io::Write;

/// The frame ends its message.
pub const FIN: u8 = 0x80;
/// The frame is compressed, if that was negotiated; else the bit is forbidden.
pub const COMPRESSED: u8 = 0x40;
/// Goes on with a message.
pub const CONTINUED: u8 = 0x0;
/// A text.
pub const TEXT: u8 = 0x1;
/// Bytes.
pub const BINARY: u8 = 0x2;
/// The end of the connection.
pub const CLOSE: u8 = 0x8;
/// Asks for a pong.
pub const PING: u8 = 0x9;
/// Answers a ping.
pub const PONG: u8 = 0xA;

/// One frame with this first byte, not masked.
pub fn frame(head: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![head];
    // The shortest of three forms in which a length can be written (RFC 6455, 5.2).
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(length @ 0..126), _) => bytes.push(length),
        (_, Ok(length)) => {
            bytes.push(126);
            bytes.extend(length.to_be_bytes());
        }
        (_, Err(_)) => {
            bytes.push(127);
            bytes.extend((payload.len() as u64).to_be_bytes());
        }
    }
    bytes.extend(payload);
    bytes
}

/// A whole text.
pub fn text(text: &str) -> Vec<u8> {
    frame(FIN | TEXT, text.as_bytes())
}

/// One text in frames of so many bytes.
pub fn in_pieces(text: &str, size: usize) -> Vec<u8> {
    let mut bytes = frame(TEXT, b"");
    for piece in text.as_bytes().chunks(size) {
        bytes.extend(frame(CONTINUED, piece));
    }
    bytes.extend(frame(FIN | CONTINUED, b""));
    bytes
}

/// The end, with a code and words.
pub fn close(code: u16, words: &str) -> Vec<u8> {
    frame(FIN | CLOSE, &[&code.to_be_bytes(), words.as_bytes()].concat())
}

/// A small frame that is a text of so many letters once it is unpacked (RFC 7692).
pub fn bomb(letters: usize) -> std::io::Result<Vec<u8>> {
    let mut packer = DeflateEncoder::new(Vec::new(), Compression::best());
    let block = vec![b'A'; 64 * 1024];
    for _ in 0..letters / block.len() {
        packer.write_all(&block)?;
    }
    packer.flush()?;
    let mut packed = packer.get_ref().clone();
    // What ends a flush is left out on the wire.
    packed.truncate(packed.len().saturating_sub(4));
    Ok(frame(FIN | COMPRESSED | TEXT, &packed))
}
