//! Attacks by registers: names, receipts, the room's name, keys; forged, replayed, and too much.

use crate::evil_member::peer::Peer;
use crate::evil_member::table::Verdict::{Named, Nothing};
use crate::evil_member::table::{Attack, Verdict, attack};
use engine::frame::Frame;
use engine::log::have::{HaveRange, LogHave};
use engine::register::{Profile, Receipt, RegisterKind, RoomInfo};
use engine::{EntryHash, LogId};

const SIGNATURE: Verdict = Named("a register is not signed by its owner");
const ENCODING: Verdict = Named("a register does not decode");

/// The attacks.
pub const ATTACKS: &[Attack] = &[
    attack("a name for somebody else", SIGNATURE, |peer| {
        let mut bytes = profile(peer, u64::MAX, "FORGED");
        if let Some(target) = peer.target() {
            bytes.splice(..32, target.entry.log.member.0);
        }
        peer.tell(&Frame::Register(bytes));
    }),
    attack("others' registers, one bit altered", SIGNATURE, |peer| {
        for mut bytes in registers(peer) {
            bytes.last_mut().into_iter().for_each(|byte| *byte ^= 1);
            peer.tell(&Frame::Register(bytes));
        }
    }),
    attack("others' registers under another number", SIGNATURE, |peer| {
        for mut bytes in registers(peer) {
            // The number stands behind the member and the kind.
            bytes.get_mut(33).into_iter().for_each(|byte| *byte ^= 1);
            peer.tell(&Frame::Register(bytes));
        }
    }),
    attack("others' registers, fifty times", Nothing, |peer| {
        let frames: Vec<Frame> = registers(peer).into_iter().map(Frame::Register).collect();
        peer.tell_all(&vec![frames.get(..8).unwrap_or(&frames).to_vec(); 50].concat());
    }),
    attack("a register of noise", ENCODING, |peer| peer.tell(&Frame::Register(vec![0xff; 200]))),
    attack("a register of nothing", ENCODING, |peer| peer.tell(&Frame::Register(vec![]))),
    attack("a register of a kind that there is not", ENCODING, |peer| {
        let bytes = peer.register(RegisterKind(8), 1, &0_u8);
        peer.tell(&Frame::Register(bytes));
    }),
    attack("a register of 40 KiB", ENCODING, |peer| {
        let name = "x".repeat(40 * 1024);
        let bytes = profile(peer, 9, &name);
        peer.tell(&Frame::Register(bytes));
    }),
    attack("a register with something behind it", ENCODING, |peer| {
        let bytes = profile(peer, 9, "more");
        peer.tell(&Frame::Register([bytes, vec![0]].concat()));
    }),
    attack("a register of a kind to come, with anything in it", Nothing, |peer| {
        let bytes = peer.register(RegisterKind(7), u64::MAX, &vec![0xff_u8; 9_000]);
        peer.tell(&Frame::Register(bytes));
    }),
    attack("the room's name, by somebody who did not found it", Nothing, |peer| {
        let info = RoomInfo { name: "FORGED".to_owned() };
        let bytes = peer.register(RegisterKind::ROOM, u64::MAX, &info);
        peer.tell(&Frame::Register(bytes));
    }),
    attack("a name that is a script", Nothing, |peer| {
        name(peer, "<img src=x onerror=__xss=1>");
    }),
    attack("a name that breaks out of its place", Nothing, |peer| {
        name(peer, "\"'><script>__xss=1</script>");
    }),
    attack("a name of 9,000 letters", Nothing, |peer| name(peer, &"long ".repeat(1_800))),
    attack("a name that turns, hides and piles up", Nothing, |peer| {
        name(peer, &format!("\u{202e}\u{200b}a{}", "\u{301}".repeat(50)));
    }),
    attack("the name of somebody else", Nothing, |peer| name(peer, "Ana")),
    attack("a name that looks like another's", Nothing, |peer| name(peer, "Аna")),
    attack("a name of noise", Nothing, |peer| {
        let bytes = peer.register(RegisterKind::PROFILE, 5, &vec![0xff_u8; 40]);
        peer.tell(&Frame::Register(bytes));
    }),
    attack("a thousand names, one after the other", Nothing, |peer| {
        let names = (0..1_000).map(|at| profile(peer, 10 + at, &format!("name {at}")));
        let names: Vec<Frame> = names.map(Frame::Register).collect();
        peer.tell_all(&names);
    }),
    attack("the last name that there can be, then an earlier one", Nothing, |peer| {
        for (counter, name) in [(u64::MAX, "last"), (7, "earlier")] {
            let bytes = profile(peer, counter, name);
            peer.tell(&Frame::Register(bytes));
        }
    }),
    attack("has read all that there can be", Nothing, |peer| {
        for log in logs(peer) {
            let range = HaveRange { first: 0, last: u64::MAX - 1, head: EntryHash([1; 32]) };
            let held = vec![LogHave { log, ranges: vec![range], refused: vec![] }];
            receipt(peer, &Receipt { held, read: vec![(log, vec![(0, u64::MAX)])] });
        }
    }),
    attack("has read what cannot be", Nothing, |peer| {
        for log in logs(peer) {
            let range = HaveRange { first: 9, last: 2, head: EntryHash([1; 32]) };
            let held = vec![LogHave { log, ranges: vec![range], refused: vec![(5, 1, 9)] }];
            receipt(peer, &Receipt { held, read: vec![(log, vec![(u64::MAX, 0), (7, 3)])] });
        }
    }),
    attack("a receipt of a thousand ranges", Nothing, |peer| {
        for log in logs(peer) {
            let read = (0..1_000).map(|at| (10 * at, 10 * at + 1)).collect();
            receipt(peer, &Receipt { held: vec![], read: vec![(log, read)] });
        }
    }),
    attack("a receipt that steps back", Nothing, |peer| {
        let Some(log) = logs(peer).pop() else { return };
        let of = |last| Receipt { held: vec![], read: vec![(log, vec![(0, last)])] };
        for (counter, last) in [(1 << 40, 1_000), ((1 << 40) + 1, 0), (1 << 39, 500)] {
            let bytes = peer.register(RegisterKind::RECEIPT, counter, &of(last));
            peer.tell(&Frame::Register(bytes));
        }
    }),
    attack("a key of noise to seal letters to", Nothing, |peer| {
        let bytes = peer.register(RegisterKind::EXCHANGE, u64::MAX, &vec![7_u8; 96]);
        peer.tell(&Frame::Register(bytes));
    }),
    attack("another's key to seal letters to, as its own", Nothing, |peer| {
        let exchange = peer.heard.iter().find_map(|(_, frame)| {
            if let Frame::Hello(hello) = frame { Some(hello.exchange) } else { None }
        });
        if let Some(exchange) = exchange {
            let bytes = peer.register(RegisterKind::EXCHANGE, u64::MAX, &exchange);
            peer.tell(&Frame::Register(bytes));
        }
    }),
];

fn profile(peer: &mut Peer, counter: u64, name: &str) -> Vec<u8> {
    let profile = Profile { name: name.to_owned() };
    peer.register(RegisterKind::PROFILE, counter, &profile)
}

/// Takes a name, and says something under it.
fn name(peer: &mut Peer, name: &str) {
    let bytes = profile(peer, 1 << 20, name);
    peer.tell(&Frame::Register(bytes));
    let forgery = peer.message("by whom?");
    peer.tell_forged(forgery);
}

fn receipt(peer: &mut Peer, receipt: &Receipt) {
    peer.counter += 1;
    let bytes = peer.register(RegisterKind::RECEIPT, (1 << 20) + peer.counter, receipt);
    peer.tell(&Frame::Register(bytes));
}

/// The registers of others that it has heard.
fn registers(peer: &Peer) -> Vec<Vec<u8>> {
    let me = peer.record.me();
    let mut registers: Vec<Vec<u8>> = Vec::new();
    for (_, frame) in &peer.heard {
        if let Frame::Register(bytes) = frame
            && !bytes.starts_with(&me.0)
        {
            registers.push(bytes.clone());
        }
    }
    registers
}

fn logs(peer: &Peer) -> Vec<LogId> {
    let mut logs: Vec<LogId> = peer.runs_of_others().iter().map(|run| run.log).collect();
    logs.sort_unstable();
    logs.dedup();
    logs
}
