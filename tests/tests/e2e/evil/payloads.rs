//! Harm to what members say to each other through the server: it is sealed and signed, so all that
//! can be done is to alter, repeat, move, hold and invent it.

use crate::evil::server::{Evil, Parcel};
use crate::evil::table::{
    Attack,
    When::{Calling, Linked, Live, Parted},
    attack,
};
use data_encoding::BASE64URL_NOPAD;
use protocol::{PeerId, Rendezvous, ServerMessage};
use std::collections::BTreeMap;
use std::time::Duration;

/// What travels of one payload.
struct Post<'a> {
    to: &'a str,
    room: &'a Rendezvous,
    from: PeerId,
    payload: &'a str,
}

impl Post<'_> {
    fn with(&self, payload: String) -> Parcel {
        let (room, from) = (self.room.clone(), self.from);
        Parcel::now(self.to, ServerMessage::Signal { room, from, payload })
    }

    fn again(&self) -> Parcel {
        self.with(self.payload.to_owned())
    }

    fn later(&self, millis: u64) -> Parcel {
        Parcel { after: Duration::from_millis(millis), ..self.again() }
    }

    /// Offers and answers hold a description, candidates do not.
    fn is_description(&self) -> bool {
        is_description(self.payload)
    }
}

fn is_description(payload: &str) -> bool {
    payload.len() > 700
}

/// The descriptions that a person's page has been handed, so many times.
fn descriptions(kept: &[Parcel], person: &str, times: usize) -> Vec<ServerMessage> {
    let of = |one: &&Parcel| {
        let ServerMessage::Signal { payload, .. } = &one.message else { return false };
        one.to == person && is_description(payload)
    };
    let once: Vec<_> = kept.iter().filter(of).map(|one| one.message.clone()).collect();
    std::iter::repeat_n(once, times).flatten().collect()
}

/// Does this with each payload, and delivers everything else.
fn each(evil: &Evil, mut harm: impl FnMut(&Post<'_>) -> Vec<Parcel> + Send + 'static) {
    evil.tamper(move |parcel| {
        if let ServerMessage::Signal { room, from, payload } = &parcel.message {
            harm(&Post { to: &parcel.to, room, from: *from, payload })
        } else {
            vec![parcel.clone()]
        }
    });
}

/// Who is meant by what is not for this one.
fn other(person: &str) -> &'static str {
    if person == "ana" { "ben" } else { "ana" }
}

/// The payload with its bytes changed.
fn changed(payload: &str, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut bytes = BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap_or_default();
    change(&mut bytes);
    BASE64URL_NOPAD.encode(&bytes)
}

/// An offer as it would be without a seal.
fn open_offer() -> String {
    let digits = vec!["AB"; 32].join(":");
    let sdp = format!(
        "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n\
         m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n\
         a=fingerprint:sha-256 {digits}\r\na=setup:actpass\r\na=mid:0\r\na=sctp-port:5000\r\n"
    );
    BASE64URL_NOPAD.encode(format!(r#"{{"type":"offer","sdp":"{sdp}"}}"#).as_bytes())
}

/// A way to somebody else, as a browser writes it.
const CANDIDATE: &str = concat!(
    r#"{"candidate":"candidate:1 1 udp 2122260223 192.0.2.66 9 typ host","#,
    r#""sdpMid":"0","sdpMLineIndex":0}"#,
);

/// Says something to all pages in the name of every address that is there.
fn in_all_names(evil: &Evil, payloads: impl Fn() -> Vec<String>) {
    let all: Vec<PeerId> = evil.stays().iter().map(|stay| stay.you).collect();
    evil.say(|stay| {
        let signal = |payload: String| {
            let from = all.iter().find(|you| **you != stay.you).copied().unwrap_or(PeerId(5));
            ServerMessage::Signal { room: stay.room.clone(), from, payload }
        };
        payloads().into_iter().map(signal).collect()
    });
}

/// Both are told that they have found the other, so both offer; the offers go on, nothing else.
fn glare() -> impl FnMut(&Parcel) -> Vec<Parcel> + Send + 'static {
    let mut own: BTreeMap<String, PeerId> = BTreeMap::new();
    move |parcel| {
        let mut parcel = parcel.clone();
        if let ServerMessage::Joined { you, .. } = &parcel.message {
            own.insert(parcel.to.clone(), *you);
        }
        if let ServerMessage::PeerJoined { room, peer } = &parcel.message {
            let you = own.get(&parcel.to).copied();
            let peers = vec![*peer];
            let found = you.map(|you| ServerMessage::Joined { room: room.clone(), you, peers });
            parcel.message = found.unwrap_or(parcel.message);
            return vec![parcel];
        }
        if let ServerMessage::Signal { payload, .. } = &parcel.message {
            // The first that goes each way is an offer: both have found somebody.
            let is_offer = is_description(payload) && seen_first(&mut own, &parcel.to);
            return if is_offer { vec![parcel] } else { vec![] };
        }
        vec![parcel]
    }
}

/// True for the first description that goes to this page since both came.
fn seen_first(seen: &mut BTreeMap<String, PeerId>, to: &str) -> bool {
    seen.insert(format!("{to} was offered"), PeerId(0)).is_none()
}

/// See the module.
pub const ATTACKS: &[Attack] = &[
    attack("a byte of each payload flipped", Parted, true, |evil| {
        let mut at = 0;
        each(evil, move |post| {
            at += 37;
            let flip = |bytes: &mut Vec<u8>| {
                let place = at % bytes.len().max(1);
                bytes.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= 1);
            };
            vec![post.with(changed(post.payload, flip))]
        });
    }),
    attack("every offer replaced by one with its own fingerprint", Parted, true, |evil| {
        each(evil, |post| vec![post.with(open_offer())]);
    }),
    attack("each payload cut in half", Parted, true, |evil| {
        each(evil, |post| vec![post.with(changed(post.payload, |b| b.truncate(b.len() / 2)))]);
    }),
    attack("each payload in two halves", Parted, true, |evil| {
        each(evil, |post| {
            let first = changed(post.payload, |bytes| bytes.truncate(bytes.len() / 2));
            let second = changed(post.payload, |bytes| drop(bytes.drain(..bytes.len() / 2)));
            vec![post.with(first), post.with(second)]
        });
    }),
    attack("a byte more at each payload", Parted, true, |evil| {
        each(evil, |post| vec![post.with(changed(post.payload, |bytes| bytes.push(0)))]);
    }),
    attack("nonces changed", Parted, true, |evil| {
        each(evil, |post| {
            vec![post.with(changed(post.payload, |bytes| {
                bytes.iter_mut().take(24).for_each(|b| *b = !*b)
            }))]
        });
    }),
    attack("each payload sent back to its author", Parted, true, |evil| {
        each(evil, |post| vec![Parcel { to: other(post.to).to_owned(), ..post.again() }]);
    }),
    attack("each payload to all", Calling, true, |evil| {
        each(evil, |post| {
            vec![Parcel { to: other(post.to).to_owned(), ..post.again() }, post.again()]
        });
    }),
    attack("each payload in another's name", Parted, true, |evil| {
        each(evil, |post| {
            let from = PeerId(post.from.0 ^ 1);
            let (room, payload) = (post.room.clone(), post.payload.to_owned());
            vec![Parcel::now(post.to, ServerMessage::Signal { room, from, payload })]
        });
    }),
    attack("each payload twenty times", Calling, false, |evil| {
        each(evil, |post| vec![post.again(); 20]);
    }),
    attack("each payload again after a while", Calling, false, |evil| {
        each(evil, |post| (0..10).map(|at| post.later(at * 150)).collect());
    }),
    attack("the payloads of earlier lives, at the same addresses", Calling, false, |evil| {
        evil.keep_addresses();
        let old = evil.kept();
        each(evil, move |post| {
            let old = old.iter().filter(|parcel| parcel.to == post.to).cloned();
            old.chain([post.again()]).collect()
        });
        evil.hang_up();
    }),
    attack("all payloads of the room's past at once", Linked, true, |evil| {
        let old = evil.kept();
        evil.say(|stay| {
            old.iter().filter(|one| one.to == stay.person).map(|one| one.message.clone()).collect()
        });
    }),
    attack("offer and answer of a live session again", Live, false, |evil| {
        let kept = evil.kept();
        evil.say(|stay| descriptions(&kept, &stay.person, 3));
    }),
    attack("candidates before their offer", Calling, false, |evil| {
        each(evil, |post| vec![post.later(if post.is_description() { 700 } else { 0 })]);
    }),
    attack("all payloads in reverse", Calling, false, |evil| {
        let mut late = 2_000;
        each(evil, move |post| {
            late = if late < 100 { 2_000 } else { late - 50 };
            vec![post.later(late)]
        });
    }),
    attack("each payload three seconds late", Calling, false, |evil| {
        each(evil, |post| vec![post.later(3_000)]);
    }),
    attack("nothing is handed on", Parted, false, |evil| each(evil, |_| vec![])),
    attack("descriptions are held back", Parted, false, |evil| {
        each(evil, |post| if post.is_description() { vec![] } else { vec![post.again()] });
    }),
    attack("candidates are held back", Parted, false, |evil| {
        each(evil, |post| if post.is_description() { vec![post.again()] } else { vec![] });
    }),
    attack("what goes one way is held back", Parted, false, |evil| {
        each(evil, |post| if post.to == "ana" { vec![] } else { vec![post.again()] });
    }),
    attack("every second payload is lost", Calling, false, |evil| {
        let mut count = 0;
        each(evil, move |post| {
            count += 1;
            if count % 2 == 0 { vec![] } else { vec![post.again()] }
        });
    }),
    attack("glare for ever", Parted, false, |evil| {
        evil.tamper(glare());
        evil.hang_up();
    }),
    attack("rooms mixed: each payload under another room", Parted, true, |evil| {
        each(evil, |post| {
            let room = Rendezvous::parse(&"Q".repeat(43)).unwrap_or_else(|_| post.room.clone());
            let (from, payload) = (post.from, post.payload.to_owned());
            vec![Parcel::now(post.to, ServerMessage::Signal { room, from, payload })]
        });
    }),
    attack("candidates that nobody sealed", Linked, true, |evil| {
        in_all_names(evil, || vec![BASE64URL_NOPAD.encode(CANDIDATE.as_bytes()); 500]);
    }),
    attack("a description that nobody sealed", Linked, true, |evil| {
        in_all_names(evil, || vec![open_offer(); 100]);
    }),
    attack("payloads of 60 KiB", Linked, true, |evil| {
        in_all_names(evil, || vec!["A".repeat(protocol::limits::PAYLOAD_CHARS); 100]);
    }),
    attack("1,000 payloads of 32 KiB of noise", Linked, true, |evil| {
        in_all_names(evil, || vec!["Zm9v".repeat(8 * 1024); 1_000]);
    }),
    attack("payloads in no alphabet", Linked, true, |evil| {
        evil.say_texts(|stay| {
            let (room, from) = (stay.room.as_str(), PeerId(1));
            let bad = ["====", "a b", "+/+/", "\\u0000", "\u{202e}abc", "="];
            let text = |bad: &&str| {
                format!(r#"{{"type":"signal","room":"{room}","from":"{from}","payload":"{bad}"}}"#)
            };
            bad.iter().map(text).collect()
        });
    }),
    attack("words from addresses that were never named", Linked, true, |evil| {
        evil.say(|stay| {
            let signal = |number: u64| {
                let (room, payload) = (stay.room.clone(), "A".repeat(900));
                ServerMessage::Signal { room, from: PeerId(number), payload }
            };
            (1..500).map(signal).collect()
        });
    }),
    attack("words from oneself", Linked, true, |evil| {
        evil.say(|stay| {
            let (room, from, payload) = (stay.room.clone(), stay.you, "A".repeat(900));
            vec![ServerMessage::Signal { room, from, payload }]
        });
    }),
];
