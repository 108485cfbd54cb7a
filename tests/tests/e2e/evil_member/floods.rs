//! Attacks by too much: more than there is credit for, faster than anybody reads, halves without
//! an end, and what is said live.

use crate::evil_member::forge::{NORMAL, part};
use crate::evil_member::peer::Peer;
use crate::evil_member::table::Verdict::{Named, Nothing};
use crate::evil_member::table::{Attack, Verdict, attack};
use engine::frame::{Frame, LiveFrame, Part, Refusal};
use engine::{Channel, DraftId};

const RATE: Verdict = Named("control frames come too fast");
const CLASS: Verdict = Named("a part of a run has an unknown class");
const RUN: Verdict = Named("a run is larger than allowed");

/// The attacks.
pub const ATTACKS: &[Attack] = &[
    attack("signs of life, ten thousand at once", RATE, |peer| {
        peer.tell_all(&vec![Frame::Probe(9); 10_000]);
    }),
    attack("typing and not typing, ten thousand times", RATE, |peer| {
        let frames = [Frame::Typing(true), Frame::Typing(false)];
        peer.tell_all(&vec![frames; 5_000].concat());
    }),
    attack("typing and not typing, over the unreliable channel", Nothing, |peer| {
        for at in 0..1_000 {
            peer.tell_over(Channel::Ephemeral, &Frame::Typing(at % 2 == 0).encode());
        }
    }),
    attack("credit of four billion bytes, a hundred times", Nothing, |peer| {
        let credit = Frame::Credit { class: NORMAL, bytes: u32::MAX };
        peer.tell_all(&vec![credit; 100]);
    }),
    attack("credit for classes that there are not", Nothing, |peer| {
        let credit = |class| Frame::Credit { class, bytes: 1_000 };
        peer.tell_all(&[credit(0), credit(6), credit(255)]);
    }),
    attack("a part of a class that there is not", CLASS, |peer| of_class(peer, 200)),
    attack("a part of the class of questions", CLASS, |peer| of_class(peer, 0)),
    attack("a run in parts that never ends", RUN, |peer| {
        (0..8).for_each(|_| half(peer, NORMAL, 30 * 1024));
    }),
    attack("half a megabyte of what nobody reads, at once", Nothing, |peer| {
        let noise: Vec<u8> = (0..740).flat_map(|_| peer.random.bytes::<64>()).collect();
        let body = peer.random.bytes::<32>().to_vec();
        let runs = (0..12).map(|_| {
            let mut run = peer.message("much");
            run.entries =
                vec![peer.raw_entry(run_kind(), 9, [noise.clone(), body.clone()].concat())];
            part(peer.sign(run).bytes())
        });
        let runs: Vec<Frame> = runs.collect();
        runs.iter().for_each(|run| peer.tell(run));
    }),
    attack("the first half of a run in each class", Nothing, |peer| {
        (1..6).for_each(|class| half(peer, class, 30 * 1024));
    }),
    attack("parts of nothing, a hundred thousand", Nothing, |peer| {
        let nothing = Part { class: 3, last: false, bytes: vec![] };
        peer.tell_all(&vec![Frame::Part(nothing); 100_000]);
    }),
    attack("an answer to no question", Nothing, |peer| {
        peer.tell_all(&[Frame::Reply(77), Frame::LiveReply(DraftId([1; 16]))]);
    }),
    attack("live words of 9 KiB", Named("it said more at once than is allowed"), |peer| {
        let live = live(peer, &"x".repeat(9 * 1024));
        peer.tell(&live);
    }),
    attack("live words with a script in them", Nothing, |peer| {
        let live = live(peer, "<img src=x onerror=window.__xss=1>");
        peer.tell(&live);
    }),
    attack("live words, twenty thousand", RATE, |peer| {
        let words: Vec<Frame> = (0..20_000).map(|_| live(peer, "a")).collect();
        peer.tell_all(&words);
    }),
    attack("live words of the end of time", Nothing, |peer| {
        let Frame::Live(live) = live(peer, "late") else { return };
        peer.tell(&Frame::Live(LiveFrame { wall: u64::MAX, ..live }));
    }),
    attack("refusals of all that anybody has said", Nothing, |peer| {
        let logs: Vec<_> = peer.runs_of_others().iter().map(|run| run.log).collect();
        for reason in [0, 1, 3, 200] {
            for log in &logs {
                let refusal = Refusal { log: *log, first: 0, last: u64::MAX, reason };
                peer.tell(&Frame::Refuse(refusal));
            }
        }
    }),
    attack("a refusal that ends before it begins", Nothing, |peer| {
        if let Some(target) = peer.target() {
            let log = target.entry.log;
            peer.tell(&Frame::Refuse(Refusal { log, first: u64::MAX, last: 0, reason: 1 }));
        }
    }),
];

fn run_kind() -> engine::log::entry::Kind {
    engine::log::entry::Kind(210)
}

fn of_class(peer: &mut Peer, class: u8) {
    peer.tell(&Frame::Part(Part { class, last: true, bytes: vec![1; 100] }));
}

fn half(peer: &mut Peer, class: u8, bytes: usize) {
    peer.tell(&Frame::Part(Part { class, last: false, bytes: vec![1; bytes] }));
}

fn live(peer: &mut Peer, text: &str) -> Frame {
    let (draft, wall) = (DraftId(peer.random.bytes()), peer.now().wall);
    Frame::Live(LiveFrame { draft, wall, acknowledge: true, text: text.to_owned() })
}
