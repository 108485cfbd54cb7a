//! Attacks by what is sealed: bombs, false lengths, what does not open, what was sealed for another
//! place, and letters to one member.

use crate::evil_member::forge::Forgery;
use crate::evil_member::peer::Peer;
use crate::evil_member::table::Verdict::Nothing;
use crate::evil_member::table::{Attack, attack};
use engine::crypto::seal;
use engine::frame::Frame;
use engine::log::entry::{Content, Kind, Place};
use engine::log::private::Letter;
use engine::{LogId, MemberId, Priority};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::io::Write;

/// The attacks.
pub const ATTACKS: &[Attack] = &[
    attack("a bomb that unpacks to 30 MiB", Nothing, |peer| {
        let bomb = bomb(30 << 20, 60 * 1024);
        sealed(peer, &bomb);
    }),
    attack("a bomb that says how large it is", Nothing, |peer| {
        let bomb = bomb(30 << 20, 30 << 20);
        sealed(peer, &bomb);
    }),
    attack("a bomb of four billion bytes, it says", Nothing, |peer| {
        let bomb = bomb(1_000, u32::MAX);
        sealed(peer, &bomb);
    }),
    attack("a hundred bombs in one run", Nothing, |peer| {
        let (bomb, log) = (bomb(2 << 20, 64 * 1024), peer.new_log());
        let mut forgery = Forgery { log, entries: vec![], ..peer.message("") };
        let lamport = peer.lamport();
        for seq in 0..20 {
            let body = seal(peer, &log, seq, Kind::MESSAGE, &bomb);
            forgery.entries.push(peer.raw_entry(Kind::MESSAGE, lamport + 1 + seq, body));
        }
        peer.tell_forged(forgery);
    }),
    attack("packed content of another length than it says", Nothing, |peer| {
        let short = bomb(5_000, 9_000);
        sealed(peer, &short);
    }),
    attack("a way of packing that nobody knows", Nothing, |peer| sealed(peer, &[9, 1, 2, 3])),
    attack("content of nothing", Nothing, |peer| sealed(peer, &[])),
    attack("content of noise", Nothing, |peer| sealed(peer, &[&[0][..], &[0xff; 400]].concat())),
    attack("content that says four billion letters", Nothing, |peer| {
        sealed(peer, &[0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f]);
    }),
    attack("words that are no UTF-8", Nothing, |peer| {
        sealed(peer, &[0, 0, 4, 0xff, 0xfe, 0xc0, 0x80]);
    }),
    attack("content of a kind that nobody knows", Nothing, |peer| sealed(peer, &[0, 99, 1, 2])),
    attack("an answer with half a target", Nothing, |peer| sealed(peer, &[0, 4, 1, 2, 3])),
    attack("a body of noise", Nothing, |peer| body(peer, Kind::MESSAGE, vec![7; 300])),
    attack("a body of one byte", Nothing, |peer| body(peer, Kind::MESSAGE, vec![7])),
    attack("an empty body", Nothing, |peer| body(peer, Kind::MESSAGE, vec![])),
    attack("a note of noise", Nothing, |peer| {
        for kind in [Kind::EDIT, Kind::DELETE, Kind::REACTION] {
            body(peer, kind, vec![9; 90]);
        }
    }),
    attack("what others sealed, in its own log", Nothing, |peer| {
        // So few that what honest people said stays on the screen.
        for run in peer.runs_of_others().iter().rev().take(8) {
            for (_, entry) in run.iter() {
                let sealed = entry.body.clone().unwrap_or_default();
                body(peer, entry.header.kind, sealed);
            }
        }
    }),
    attack("what was sealed for another place of its log", Nothing, |peer| {
        let log = peer.new_log();
        let content = postcard::to_allocvec(&Content::Text("FORGED".into())).unwrap_or_default();
        let sealed = seal(peer, &log, 5, Kind::MESSAGE, &[&[0][..], &content].concat());
        let lamport = peer.lamport() + 1;
        let entries = vec![peer.raw_entry(Kind::MESSAGE, lamport, sealed)];
        let forgery = Forgery { log, entries, ..peer.message("") };
        peer.tell_forged(forgery);
    }),
    attack("a letter of noise", Nothing, |peer| {
        body(peer, Kind::PRIVATE, vec![1; 600]);
        body(peer, Kind::PRIVATE, vec![200; 600]);
        body(peer, Kind::PRIVATE, vec![]);
    }),
    attack("a letter to nobody", Nothing, |peer| letter(peer, |_| Some(MemberId([0xee; 32])))),
    attack("a letter to one, copied into another log", Nothing, |peer| {
        let Some(sealed) = sealed_letter(peer, member) else { return };
        body(peer, Kind::PRIVATE, sealed);
    }),
    attack("a letter to one that names another inside", Nothing, |peer| {
        letter(peer, |peer| Some(peer.record.me()));
    }),
];

/// Deflated zeros, and how long they are said to be.
fn bomb(bytes: usize, says: u32) -> Vec<u8> {
    let mut packed = vec![1];
    packed.extend(says.to_be_bytes());
    let mut packer = DeflateEncoder::new(packed, Compression::best());
    let block = vec![0; 64 * 1024];
    let mut left = bytes;
    while left > 0 {
        let piece = left.min(block.len());
        // Into memory, which does not fail.
        let _ = packer.write_all(&block[..piece]);
        left -= piece;
    }
    packer.finish().unwrap_or_default()
}

/// Seals any bytes as the body of a place, as `Place::seal_body` seals packed content.
fn seal(peer: &mut Peer, log: &LogId, seq: u64, kind: Kind, packed: &[u8]) -> Vec<u8> {
    let Some(keys) = peer.record.epoch_keys() else { return vec![] };
    let mut data = peer.record.room().0.to_vec();
    data.extend(peer.record.epoch().0);
    data.extend(log.bytes());
    data.extend(seq.to_be_bytes());
    data.push(kind.0);
    seal::seal(&keys.body_key(log), &peer.random.bytes(), &data, packed)
}

/// Tells a message whose body opens to these bytes.
fn sealed(peer: &mut Peer, packed: &[u8]) {
    let log = peer.new_log();
    let body = seal(peer, &log, 0, Kind::MESSAGE, packed);
    let lamport = peer.lamport() + 1;
    let entries = vec![peer.raw_entry(Kind::MESSAGE, lamport, body)];
    let forgery = Forgery { log, entries, ..peer.message("") };
    peer.tell_forged(forgery);
}

/// Tells an entry with this body.
fn body(peer: &mut Peer, kind: Kind, body: Vec<u8>) {
    let lamport = peer.lamport() + 1;
    let entries = vec![peer.raw_entry(kind, lamport, body)];
    let forgery = Forgery { entries, ..peer.message("") };
    peer.tell_forged(forgery);
}

/// Another member whose exchange key it has heard.
fn member(peer: &Peer) -> Option<MemberId> {
    peer.ties.values().find_map(|tie| tie.member)
}

/// A body sealed to one of the others, which names somebody.
fn sealed_letter(peer: &mut Peer, to: fn(&Peer) -> Option<MemberId>) -> Option<Vec<u8>> {
    let exchange = peer.heard.iter().find_map(|(_, frame)| {
        if let Frame::Hello(hello) = frame { Some(hello.exchange.claimed()) } else { None }
    })?;
    let (room, epoch, log) = (peer.record.room(), peer.record.epoch(), peer.new_log());
    let class = Priority::Normal;
    let place = Place { room: &room, log: &log, seq: 0, epoch: &epoch, class };
    let content = Some(Content::Text("FORGED".to_owned()));
    let letter = Letter { to: to(peer)?, about: None, content };
    let keypair = peer.record.keypair();
    place.seal_letter(Kind::PRIVATE, &letter, (&exchange, &keypair), &mut peer.random)
}

/// Tells a letter where it was sealed, though to somebody else than it names.
fn letter(peer: &mut Peer, to: fn(&Peer) -> Option<MemberId>) {
    if let Some(sealed) = sealed_letter(peer, to) {
        body(peer, Kind::PRIVATE, sealed);
    }
}
