//! Attacks of two: one was removed, the other is still in the room and hands on what the first
//! signs now, with times of before.

use crate::evil_member::forge::{Forgery, header};
use crate::evil_member::peer::Peer;
use crate::evil_member::table::Verdict::Nothing;
use crate::evil_member::table::{Attack, attack};
use engine::crypto::exchange::ExchangeKey;
use engine::limits;
use engine::log::decision::{Decision, Opening, Ruling, Shares};
use engine::log::entry::{Content, Kind, Place};
use engine::log::run::Unsigned;
use engine::{EntryHash, EpochId, Incarnation, LogId, MemberId, Priority, RoomRecord};
use serde_bytes::ByteBuf;

/// The attacks.
pub const ATTACKS: &[Attack] = &[
    attack("the removed makes itself an admin, with an old time", Nothing, |peer| {
        decide(peer, |friend, _| Ruling::Promote(friend), 2);
    }),
    attack("the removed makes the other an admin, with an old time", Nothing, |peer| {
        decide(peer, |_, me| Ruling::Promote(me), 3);
    }),
    attack("the removed opens an epoch, with an old time", Nothing, |peer| {
        decide(peer, |_, _| Ruling::Renew(opening()), 2);
    }),
    attack("the removed decides at the end of time", Nothing, |peer| {
        decide(peer, |friend, _| Ruling::Promote(friend), 1 << 32);
    }),
    attack("the removed removes others, with an old time", Nothing, |peer| {
        let others: Vec<MemberId> = peer.ties.values().filter_map(|tie| tie.member).collect();
        for member in others {
            let ruling = Ruling::Remove { member, cuts: vec![], opening: opening() };
            tell_decision(peer, ruling, 2);
        }
    }),
    attack("the removed says something in a new log", Nothing, |peer| {
        let log = new_log(peer);
        say(peer, log, 0, EntryHash([0; 32]));
    }),
    attack("the removed goes on where it was cut", Nothing, |peer| {
        let Some(friend) = &peer.friend else { return };
        let me = friend.me();
        let held = peer.runs_of(&me);
        for run in held {
            say(peer, run.log, run.last() + 1, run.head());
        }
    }),
];

fn new_log(peer: &mut Peer) -> LogId {
    let member = peer.friend.as_ref().map_or_else(|| peer.record.me(), RoomRecord::me);
    LogId { member, incarnation: Incarnation(peer.random.bytes()) }
}

fn opening() -> Opening {
    let shares = Shares { epoch: EpochId([0xf2; 16]), key: ExchangeKey([7; 32]), of: vec![] };
    let earlier = vec![engine::log::decision::Earlier {
        epoch: EpochId::FIRST,
        sealed: ByteBuf::from(vec![1; engine::limits::SHARE_BYTES]),
    }];
    Opening { parents: vec![EpochId::FIRST], shares, earlier }
}

fn decide(peer: &mut Peer, ruling: fn(MemberId, MemberId) -> Ruling, lamport: u64) {
    let me = peer.record.me();
    if let Some(friend) = peer.friend.as_ref().map(RoomRecord::me) {
        tell_decision(peer, ruling(friend, me), lamport);
    }
}

fn tell_decision(peer: &mut Peer, ruling: Ruling, lamport: u64) {
    let log = new_log(peer);
    let body = Decision { deps: vec![], ruling }.encode();
    let entry = peer.raw_entry(Kind::GOVERNANCE, lamport, body);
    tell(peer, log, (0, EntryHash([0; 32])), entry);
}

/// Words under the epoch that the removed knows.
fn say(peer: &mut Peer, log: LogId, seq: u64, previous: EntryHash) {
    let Some(friend) = peer.friend.clone() else { return };
    let Some(keys) = friend.epoch_keys() else { return };
    // As far as a new log may go: what the removed has decided at the end of time is beyond that,
    // and would end the link as no run at all.
    let lamport = (peer.lamport() + 1).min(limits::LAMPORT_STEP / 2);
    let (room, epoch) = (friend.room(), friend.epoch());
    let place = Place { room: &room, log: &log, seq, epoch: &epoch, class: Priority::Normal };
    let content = Content::Text("FORGED".to_owned());
    let body = place.seal_body(Kind::MESSAGE, lamport, &content, &keys, &mut peer.random);
    let header = header(Kind::MESSAGE, lamport, peer.now().wall, None, &body);
    tell(peer, log, (seq, previous), Unsigned { header, body });
}

/// Tells an entry that the removed has signed.
fn tell(peer: &mut Peer, log: LogId, (first, previous): (u64, EntryHash), entry: Unsigned) {
    let Some(friend) = &peer.friend else { return };
    let (epoch, class, entries) = (friend.epoch(), Priority::Normal, vec![entry]);
    let forgery = Forgery { log, first, previous, epoch, class, entries };
    let run = peer.sign_as(forgery, &friend.keypair());
    peer.tell_run(run.bytes());
}
