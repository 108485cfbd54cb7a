//! Attacks by decisions that are not the evil member's to take: who is in the room, who may decide,
//! which epoch and which link hold.

use crate::evil_member::forge::{FORGER, Forgery};
use crate::evil_member::peer::Peer;
use crate::evil_member::table::Verdict::Nothing;
use crate::evil_member::table::{Attack, attack};
use engine::crypto::exchange::ExchangeKey;
use engine::log::decision::{Cut, Decision, Opening, Ruling, Share, Shares};
use engine::log::entry::Kind;
use engine::{EntryHash, EpochId, MemberId};
use serde_bytes::ByteBuf;

/// The attacks.
pub const ATTACKS: &[Attack] = &[
    attack("makes itself an admin", Nothing, |peer| {
        let me = peer.record.me();
        decide(peer, Ruling::Promote(me));
    }),
    attack("makes others admins", Nothing, |peer| {
        each(peer, Ruling::Promote);
    }),
    attack("has others be admins no more", Nothing, |peer| {
        each(peer, Ruling::Demote);
    }),
    attack("makes itself an admin before all that was", Nothing, |peer| {
        let ruling = Ruling::Promote(peer.record.me());
        at(peer, vec![], ruling, 1);
    }),
    attack("makes itself an admin at the end of time", Nothing, |peer| {
        let ruling = Ruling::Promote(peer.record.me());
        at(peer, vec![], ruling, 1 << 32);
    }),
    attack("makes itself an admin by a decision that nobody knows", Nothing, |peer| {
        let ruling = Ruling::Promote(peer.record.me());
        let lamport = peer.lamport() + 1;
        at(peer, vec![EntryHash(FORGER)], ruling, lamport);
    }),
    attack("removes others", Nothing, |peer| {
        each(peer, |member| Ruling::Remove { member, cuts: vec![], opening: opening(&[]) });
    }),
    attack("removes others and cuts what they have said", Nothing, |peer| {
        let cuts = peer.runs_of_others().into_iter();
        let mut cuts: Vec<Cut> =
            cuts.map(|run| Cut { log: run.log, seq: 0, hash: EntryHash(FORGER) }).collect();
        cuts.sort();
        cuts.dedup_by_key(|cut| cut.log);
        for member in others(peer) {
            let cuts = cuts.iter().filter(|cut| cut.log.member == member).copied().collect();
            decide(peer, Ruling::Remove { member, cuts, opening: opening(&[member]) });
        }
    }),
    attack("opens an epoch of its own", Nothing, |peer| {
        let members = others(peer);
        decide(peer, Ruling::Renew(opening(&members)));
    }),
    attack("opens an epoch for itself alone", Nothing, |peer| {
        let me = peer.record.me();
        decide(peer, Ruling::Renew(opening(&[me])));
    }),
    attack("merges epochs that there are not", Nothing, |peer| {
        let mut merged = opening(&[]);
        merged.parents = vec![EpochId::FIRST, EpochId([0xf1; 16])];
        decide(peer, Ruling::Merge(merged));
    }),
    attack("has the room approve its members", Nothing, |peer| {
        decide(peer, Ruling::Gate { approve: true });
        decide(peer, Ruling::Gate { approve: false });
    }),
    attack("lets in somebody whom nobody has seen", Nothing, |peer| {
        let member = MemberId([0xdd; 32]);
        let exchange = peer.record.keypair().exchange_key(&peer.record.room());
        decide(peer, Ruling::Admit { exchange, shares: shares(&[member]) });
    }),
    attack("hands out a secret of noise", Nothing, |peer| {
        let members = others(peer);
        decide(peer, Ruling::Approve(shares(&members)));
    }),
    attack("decides what nobody understands", Nothing, |peer| {
        decide(peer, Ruling::Newer(vec![200; 4_000]));
    }),
    attack("decides noise", Nothing, |peer| {
        let lamport = peer.lamport() + 1;
        let entry = peer.raw_entry(Kind::GOVERNANCE, lamport, vec![0xff; 900]);
        let forgery = Forgery { entries: vec![entry], ..peer.message("") };
        peer.tell_forged(forgery);
    }),
    attack("decides upon more than anybody may name", Nothing, |peer| {
        let deps = (0..200_u8).map(|at| EntryHash([at; 32])).collect();
        let (ruling, lamport) = (Ruling::Promote(peer.record.me()), peer.lamport() + 1);
        at(peer, deps, ruling, lamport);
    }),
    attack("decides a hundred times", Nothing, |peer| {
        let me = peer.record.me();
        for _ in 0..50 {
            decide(peer, Ruling::Promote(me));
            decide(peer, Ruling::Demote(me));
        }
    }),
];

/// Those with whom it is linked.
fn others(peer: &Peer) -> Vec<MemberId> {
    let mut members: Vec<MemberId> = peer.ties.values().filter_map(|tie| tie.member).collect();
    members.sort_unstable();
    members.dedup();
    members
}

fn each(peer: &mut Peer, ruling: fn(MemberId) -> Ruling) {
    for member in others(peer) {
        decide(peer, ruling(member));
    }
}

fn decide(peer: &mut Peer, ruling: Ruling) {
    let lamport = peer.lamport() + 1;
    at(peer, vec![], ruling, lamport);
}

/// Tells a decision upon others, at a time.
fn at(peer: &mut Peer, deps: Vec<EntryHash>, ruling: Ruling, lamport: u64) {
    let body = Decision { deps, ruling }.encode();
    let entry = peer.raw_entry(Kind::GOVERNANCE, lamport, body);
    let forgery = Forgery { entries: vec![entry], ..peer.message("") };
    peer.tell_forged(forgery);
}

fn shares(members: &[MemberId]) -> Shares {
    let of = members.iter().map(|member| {
        let sealed = ByteBuf::from(vec![5; engine::limits::SHARE_BYTES]);
        Share { member: *member, sealed }
    });
    Shares { epoch: EpochId([0xf0; 16]), key: ExchangeKey([7; 32]), of: of.collect() }
}

fn opening(members: &[MemberId]) -> Opening {
    Opening { parents: vec![EpochId::FIRST], shares: shares(members), earlier: vec![] }
}
