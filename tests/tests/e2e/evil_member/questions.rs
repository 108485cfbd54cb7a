//! Attacks by what is said to be held and what is asked for: ranges without end, logs that nobody
//! has, other versions of what others have said, and questions that cost more than they do.

use crate::evil_member::forge::FORGER;
use crate::evil_member::peer::Peer;
use crate::evil_member::table::Verdict::{Borne, Named, Nothing};
use crate::evil_member::table::{Attack, Verdict, attack};
use engine::frame::{Frame, HashAt, RegisterHave, Want};
use engine::log::branch::{Branch, Mark};
use engine::log::have::{HaveRange, LogHave};
use engine::log::run::{Run, Unsigned};
use engine::register::RegisterKind;
use engine::{EntryHash, LogId, MemberId};

const ASKS: Verdict = Named("it asks for more ranges than are allowed");
const NAMES: Verdict = Named("it names more ranges than are allowed");

/// The attacks.
pub const ATTACKS: &[Attack] = &[
    attack("a question for a million ranges", ASKS, |peer| {
        for log in logs(peer) {
            let ranges = (0..10_000).map(|at| (3 * at, 3 * at + 1)).collect();
            let want = Frame::Want(Want { log, ranges });
            (0..50).for_each(|_| peer.tell(&want));
        }
    }),
    attack("a question for all numbers that there are", Nothing, |peer| {
        for log in logs(peer) {
            let ranges = vec![(0, u64::MAX), (9, 3), (u64::MAX, u64::MAX), (5, u64::MAX - 1)];
            peer.tell(&Frame::Want(Want { log, ranges }));
        }
    }),
    attack("the same question a thousand times", Borne, |peer| {
        let wants = logs(peer).into_iter().map(|log| Want { log, ranges: vec![(0, u64::MAX)] });
        let wants: Vec<Frame> = wants.take(2).map(Frame::Want).collect();
        peer.tell_all(&vec![wants; 500].concat());
    }),
    attack("questions for logs that nobody has", Nothing, |peer| {
        let wants: Vec<Frame> = (0..1_000)
            .map(|_| Frame::Want(Want { log: any_log(peer), ranges: vec![(0, 1_000)] }))
            .collect();
        peer.tell_all(&wants);
    }),
    attack("holds all numbers that there are", Nothing, |peer| {
        for log in logs(peer) {
            have(peer, log, vec![(0, u64::MAX - 1), (9, 2), (u64::MAX, u64::MAX)]);
        }
    }),
    attack("holds a million ranges", NAMES, |peer| {
        let log = peer.new_log();
        for block in 0..1_000 {
            let first = 4_000 * block;
            have(peer, log, (0..1_000).map(|at| (first + 4 * at, first + 4 * at + 1)).collect());
        }
    }),
    attack("holds five thousand logs that nobody has", Borne, |peer| {
        for _ in 0..5_000 / 200 {
            let logs: Vec<LogHave> = (0..200)
                .map(|_| LogHave { log: any_log(peer), ranges: vec![range(0, 9)], refused: vec![] })
                .collect();
            peer.tell(&Frame::Have(logs));
        }
    }),
    attack("holds another version of what others said", Nothing, |peer| {
        for run in peer.runs_of_others() {
            have(peer, run.log, vec![(0, run.last())]);
        }
    }),
    attack("has refused for good all that anybody said", Nothing, |peer| {
        for log in logs(peer) {
            let refused = vec![(0, u64::MAX - 1, 1), (9, 2, 1), (0, 0, 255)];
            peer.tell(&Frame::Have(vec![LogHave { log, ranges: vec![], refused }]));
        }
    }),
    attack("a thousand questions for hashes", Borne, |peer| {
        for log in logs(peer).into_iter().take(2) {
            let asks: Vec<Frame> = (0..500).map(|at| Frame::AskHash(log, at)).collect();
            peer.tell_all(&asks);
        }
    }),
    attack("a thousand questions for evidence", Borne, |peer| {
        for log in logs(peer).into_iter().take(2) {
            let asks = (0..500).map(|at| Frame::AskEvidence(log, at % 3, at % 2 == 0));
            peer.tell_all(&asks.collect::<Vec<_>>());
        }
    }),
    attack("other hashes than those of what was said", Nothing, |peer| {
        for run in peer.runs_of_others() {
            let hash = EntryHash([8; 32]);
            peer.tell(&Frame::Hash(HashAt { log: run.log, seq: run.last(), hash }));
        }
    }),
    attack("evidence of noise", Named("a run does not decode"), |peer| {
        peer.tell(&Frame::Evidence(vec![0xff; 300]));
    }),
    attack("evidence of another version, signed by itself", Nothing, |peer| {
        for run in peer.runs_of_others() {
            let Some(other) = other_version(peer, &run) else { continue };
            have(peer, run.log, vec![(0, run.last())]);
            peer.tell(&Frame::Evidence(other));
        }
    }),
    attack("branches of what others said", Nothing, |peer| {
        let branches = peer.runs_of_others().into_iter().map(|run| {
            let mark = Mark { at: run.last(), hash: EntryHash([1; 32]) };
            Branch { origin: run.log, parent: run.log, mark }
        });
        let branches = Frame::Branches(branches.collect());
        peer.tell(&branches);
    }),
    attack("ten thousand branches", Nothing, |peer| {
        for _ in 0..50 {
            let log = peer.new_log();
            let branches = (0..200).map(|at| {
                let mark = Mark { at, hash: EntryHash(peer.random.bytes()) };
                Branch { origin: log, parent: log, mark }
            });
            let branches = Frame::Branches(branches.collect());
            peer.tell(&branches);
        }
    }),
    attack("a branch of one member's log that hangs on another's", Nothing, |peer| {
        let (ours, Some(theirs)) = (peer.new_log(), peer.target()) else { return };
        let mark = Mark { at: 0, hash: EntryHash(FORGER) };
        let parent = theirs.entry.log;
        peer.tell(&Frame::Branches(vec![Branch { origin: ours, parent, mark }]));
    }),
    attack("has newer values of everybody's registers", Nothing, |peer| {
        let members = logs(peer).into_iter().map(|log| log.member);
        let newer = members.flat_map(|member| {
            let kinds = (0..9).map(RegisterKind);
            kinds.map(move |kind| RegisterHave { member, kind, counter: u64::MAX })
        });
        let newer = Frame::Registers(newer.collect());
        peer.tell(&newer);
    }),
    attack("has registers of two thousand members that are none", Borne, |peer| {
        for _ in 0..10 {
            let haves = (0..200).map(|_| {
                let member = MemberId(peer.random.bytes());
                RegisterHave { member, kind: RegisterKind::PROFILE, counter: 1 }
            });
            let haves = Frame::Registers(haves.collect());
            peer.tell(&haves);
        }
    }),
    attack("asks for everybody's registers, a hundred thousand times", Borne, |peer| {
        let members: Vec<MemberId> = logs(peer).into_iter().map(|log| log.member).collect();
        let keys = members.iter().map(|member| (*member, RegisterKind::PROFILE));
        let keys: Vec<_> = keys.cycle().take(1_000).collect();
        let ask = Frame::AskRegisters(keys);
        (0..100).for_each(|_| peer.tell(&ask));
    }),
];

/// The logs of others.
fn logs(peer: &Peer) -> Vec<LogId> {
    let mut logs: Vec<LogId> = peer.runs_of_others().iter().map(|run| run.log).collect();
    logs.sort_unstable();
    logs.dedup();
    logs
}

fn any_log(peer: &mut Peer) -> LogId {
    let member = MemberId(peer.random.bytes());
    LogId { member, incarnation: engine::Incarnation(peer.random.bytes()) }
}

fn range(first: u64, last: u64) -> HaveRange {
    HaveRange { first, last, head: EntryHash([7; 32]) }
}

fn have(peer: &mut Peer, log: LogId, ranges: Vec<(u64, u64)>) {
    let ranges = ranges.into_iter().map(|(first, last)| range(first, last)).collect();
    peer.tell(&Frame::Have(vec![LogHave { log, ranges, refused: vec![] }]));
}

/// The last entry of a run says something else, signed with the wrong key.
fn other_version(peer: &mut Peer, run: &Run) -> Option<Vec<u8>> {
    let (seq, entry) = run.iter().last()?;
    let previous = run.entries.iter().rev().nth(1).map_or(run.previous, |entry| entry.hash);
    let mut forgery = peer.said_in(run.log, seq, &[]);
    forgery.previous = previous;
    let header = engine::log::entry::Header { wall: 1, ..entry.header.clone() };
    forgery.entries = vec![Unsigned { header, body: entry.body.clone().unwrap_or_default() }];
    Some(peer.sign(forgery).bare(None, 0)?.bytes().to_vec())
}
