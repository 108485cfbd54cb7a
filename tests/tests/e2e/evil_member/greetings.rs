//! Attacks before anything is proven: by greetings and proofs that are altered, missing, another's
//! or too early. The page says so and names nobody, for somebody may be in between; nobody is let
//! in.

use crate::evil_member::peer::{Alter, Peer};
use crate::evil_member::table::Verdict::Unproven;
use crate::evil_member::table::{Attack, Verdict, attack};
use engine::LinkId;
use engine::frame::{Frame, Part, decode};

const EARLY: Verdict = Unproven("it spoke before it had proven itself");
const SHORT: Verdict = Unproven("a frame is cut short");
const MAC: Verdict = Unproven("the other side does not know the room's secret");
const SIGNED: Verdict = Unproven("the other side is not who it says, or somebody is in between");
const KEY: Verdict = Unproven("it greeted with another key than it called with");

/// The attacks.
pub const ATTACKS: &[Attack] = &[
    attack("what is held, before the greeting", EARLY, |peer| {
        with(peer, |_, _, _| vec![Frame::Have(vec![]).encode()]);
    }),
    attack("a question, before the greeting", EARLY, |peer| {
        with(peer, |_, _, _| vec![Frame::AskRegisters(vec![]).encode()]);
    }),
    attack("a run, between greeting and proof", EARLY, |peer| {
        with(peer, |_, _, frame| {
            let part = Part { class: 2, last: true, bytes: vec![1; 400] };
            vec![frame.encode(), Frame::Part(part).encode()]
        });
    }),
    attack("half a greeting", SHORT, |peer| {
        with(peer, |_, _, frame| {
            let bytes = frame.encode();
            vec![bytes[..bytes.len() / 2].to_vec()]
        });
    }),
    attack("70 KiB instead of a greeting", Unproven("a message is larger than allowed"), |peer| {
        with(peer, |_, _, _| vec![vec![1; 70 * 1024]])
    }),
    attack("noise instead of a greeting", SHORT, |peer| {
        with(peer, |_, _, _| vec![vec![0xff; 200]]);
    }),
    attack("a greeting with another's key", KEY, |peer| {
        with(peer, |_, _, frame| {
            let Frame::Hello(mut hello) = frame else { return vec![frame.encode()] };
            hello.member.0[0] ^= 1;
            vec![Frame::Hello(hello).encode()]
        });
    }),
    attack(
        "a greeting whose key for letters is unsigned",
        Unproven("the exchange key of the other side is not signed by its member"),
        |peer| {
            with(peer, |peer, _, frame| {
                let Frame::Hello(mut hello) = frame else { return vec![frame.encode()] };
                // Signed for another room.
                let room = engine::RoomId([3; 32]);
                hello.exchange = peer.record.keypair().exchange_key(&room);
                vec![Frame::Hello(hello).encode()]
            });
        },
    ),
    attack("a proof with another signature", SIGNED, |peer| {
        with(peer, |_, _, frame| {
            let Frame::Proof(mut proof) = frame else { return vec![frame.encode()] };
            proof.signature = engine::crypto::sign::Signature::from_bytes([9; 64]);
            vec![Frame::Proof(proof).encode()]
        });
    }),
    attack("a proof without the room's secret", MAC, |peer| {
        with(peer, |_, _, frame| {
            let Frame::Proof(mut proof) = frame else { return vec![frame.encode()] };
            proof.mac[0] ^= 1;
            vec![Frame::Proof(proof).encode()]
        });
    }),
    attack("a greeting that was altered on its way", MAC, |peer| {
        with(peer, |_, _, frame| {
            let Frame::Hello(mut hello) = frame else { return vec![frame.encode()] };
            hello.nonce[0] ^= 1;
            vec![Frame::Hello(hello).encode()]
        });
    }),
    attack(
        "the greeting twice",
        Unproven("a message came that the handshake has no place for"),
        |peer| {
            with(peer, |_, _, frame| {
                let hello = matches!(frame, Frame::Hello(_));
                if hello { vec![frame.encode(), frame.encode()] } else { vec![] }
            });
        },
    ),
    attack(
        "a proof before the greeting",
        Unproven("a message came that the handshake has no place for"),
        |peer| {
            with(peer, |peer, _, _| {
                let signature =
                    peer.record.keypair().sign(engine::crypto::sign::Domain::Run, &[b"nothing"]);
                let proof = engine::hello::Proof { signature, mac: [0; 32] };
                vec![Frame::Proof(Box::new(proof)).encode()]
            });
        },
    ),
];

/// From now on what its engine greets with goes through this.
fn with(peer: &mut Peer, greet: fn(&mut Peer, LinkId, Frame) -> Vec<Vec<u8>>) {
    peer.greet = Some(greet);
    peer.alter = Some(ALTER);
}

const ALTER: Alter = |peer, link, bytes| {
    let Some(greet) = peer.greet else { return vec![bytes] };
    let mut written = Vec::new();
    for frame in decode(&bytes).unwrap_or_default() {
        if matches!(frame, Frame::Hello(_) | Frame::Proof(_)) {
            peer.counter += 1;
            written.extend(greet(peer, link, frame));
        } else {
            written.push(frame.encode());
        }
    }
    written
};
