//! Attacks on whoever connects: refusals, false upgrades, silence, connections that do not last.

use crate::evil::server::{Door, Evil};
use crate::evil::table::{Attack, When::Returning, attack};
use crate::evil::wire;

fn says(evil: &Evil, words: &str) {
    evil.door(Door::Says(words.to_owned()));
}

/// See the module.
pub const ATTACKS: &[Attack] = &[
    attack("lets in and hangs up", Returning, false, |evil| evil.door(Door::Flap)),
    attack("answers nobody who connects", Returning, false, |evil| evil.door(Door::Silent)),
    attack("refuses each connection", Returning, false, |evil| {
        says(evil, "HTTP/1.1 500 no\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }),
    attack("sends whoever connects elsewhere", Returning, false, |evil| {
        says(evil, "HTTP/1.1 302 Found\r\nLocation: ws://192.0.2.1/\r\nContent-Length: 0\r\n\r\n");
    }),
    attack("asks for a password", Returning, false, |evil| {
        says(
            evil,
            "HTTP/1.1 401 no\r\nWWW-Authenticate: Basic realm=\"your key\"\r\n\
             Content-Length: 0\r\nConnection: close\r\n\r\n",
        );
    }),
    attack("upgrades with another key", Returning, false, |evil| {
        says(
            evil,
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
        );
    }),
    attack("answers with what is no HTTP", Returning, false, |evil| {
        says(evil, "\u{0}\u{1}\u{2} go away \r\n\r\n");
    }),
    attack("answers with a head of 300 KB", Returning, false, |evil| {
        let lines = "X-Long: yes\r\n".repeat(24_000);
        says(evil, &format!("HTTP/1.1 101 Switching Protocols\r\n{lines}\r\n"));
    }),
    attack("a small frame that unpacks to 8 MiB", Returning, true, |evil| {
        if let Ok(bomb) = wire::bomb(8 << 20) {
            evil.door(Door::Compressed(bomb));
        }
    }),
];
