//! Relays and STUN servers that are none, too many, or not there.

use crate::evil::server::{Evil, Parcel};
use crate::evil::table::{
    Attack,
    When::{Calling, Linked},
    attack,
};
use protocol::{Relays, ServerMessage};

fn relays(urls: Vec<String>) -> ServerMessage {
    let (username, credential) = ("1800000000:x".to_owned(), "secret".to_owned());
    ServerMessage::Relays(Relays { urls, username, credential, seconds: 600 })
}

fn named(urls: &[&str]) -> ServerMessage {
    relays(urls.iter().map(|url| (*url).to_owned()).collect())
}

/// Says this before each page is let in.
fn before_joined(evil: &Evil, message: fn() -> ServerMessage) {
    evil.tamper(move |parcel| {
        let joins = matches!(parcel.message, ServerMessage::Joined { .. });
        let relays = joins.then(|| Parcel::now(&parcel.to, message()));
        relays.into_iter().chain([parcel.clone()]).collect()
    });
    evil.hang_up();
}

/// See the module.
pub const ATTACKS: &[Attack] = &[
    attack("relays without a usable address", Calling, true, |evil| {
        before_joined(evil, || {
            named(&[
                "http://relay.example",
                "javascript:alert(1)",
                "turn:",
                "",
                "turn:a b",
                "stun:x:0",
            ])
        });
    }),
    attack("relays without any address", Calling, false, |evil| before_joined(evil, || named(&[]))),
    attack("3,000 relays", Calling, true, |evil| {
        before_joined(evil, || {
            relays((0..3_000).map(|n| format!("turn:192.0.2.1:{}", n + 1)).collect())
        });
    }),
    attack("a relay with an address of 50 KB", Calling, true, |evil| {
        before_joined(evil, || relays(vec![format!("turn:{}.example", "a".repeat(50_000))]));
    }),
    attack("relays without an account", Calling, true, |evil| {
        before_joined(evil, || {
            let (username, credential) = (String::new(), String::new());
            let urls = vec!["turn:127.0.0.1:9".to_owned()];
            ServerMessage::Relays(Relays { urls, username, credential, seconds: 0 })
        });
    }),
    attack("an account of 30 KB", Calling, true, |evil| {
        before_joined(evil, || {
            let (username, credential) = ("u".repeat(30_000), "c".repeat(30_000));
            let urls = vec!["turn:127.0.0.1:9".to_owned()];
            ServerMessage::Relays(Relays { urls, username, credential, seconds: u32::MAX })
        });
    }),
    attack("addresses that parsers read in two ways", Calling, true, |evil| {
        before_joined(evil, || {
            named(&[
                "turn:user:password@127.0.0.1",
                "turn:127.0.0.1:9?transport=udp&transport=tcp",
                "turn:127.0.0.1%00.example",
                "turn:[::1",
                "turn:0x7f.1",
                "turn://127.0.0.1",
                "TURN:127.0.0.1:9",
            ])
        });
    }),
    attack("relays that are not there", Calling, false, |evil| {
        before_joined(evil, || named(&["turn:127.0.0.1:9", "turns:127.0.0.1:9?transport=tcp"]));
    }),
    attack("1,000 different relays one after another", Linked, false, |evil| {
        let one = |number: u32| named(&[&format!("turn:192.0.2.{}:{}", number % 250, number + 1)]);
        evil.say(|_| (0..1_000).map(one).collect());
    }),
    attack("relays of other forms", Linked, true, |evil| {
        evil.say_texts(|_| {
            let forms = [
                r#"{"type":"relays"}"#,
                r#"{"type":"relays","urls":"turn:a","username":"u","credential":"c","seconds":1}"#,
                r#"{"type":"relays","urls":[1],"username":"u","credential":"c","seconds":1}"#,
                r#"{"type":"relays","urls":[],"username":"u","credential":"c","seconds":-1}"#,
            ];
            forms.map(str::to_owned).to_vec()
        });
    }),
];
