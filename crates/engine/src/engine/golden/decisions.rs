//! Every ruling there is, with something in it.

use serde_bytes::ByteBuf;

use super::{ROOM, keypair, log, read};
use crate::crypto::exchange::ExchangeKey;
use crate::engine::commit::govern;
use crate::ids::{EntryHash, EpochId};
use crate::log::decision::{Cut, Decision, Earlier, Opening, Ruling, Share, Shares};
use crate::members::membership::Ruled;

fn opening(parents: &[u8]) -> Opening {
    let sealed = ByteBuf::from(vec![8; 72]);
    let share = Share { member: keypair(2).member(), sealed: sealed.clone() };
    let (epoch, key) = (EpochId([9; 16]), ExchangeKey([7; 32]));
    let earlier = vec![Earlier { epoch: EpochId::FIRST, sealed }];
    let parents = parents.iter().map(|parent| EpochId([*parent; 16])).collect();
    Opening { parents, shares: Shares { epoch, key, of: vec![share] }, earlier }
}

/// A new ruling makes this fail to build: give it bytes in [`all`], too.
fn name(ruling: &Ruling) -> &'static str {
    match ruling {
        Ruling::Approve(_) => "approve",
        Ruling::Remove { .. } => "remove",
        Ruling::Promote(_) => "promote",
        Ruling::Demote(_) => "demote",
        Ruling::Renew(_) => "renew",
        Ruling::Merge(_) => "merge",
        Ruling::Gate { .. } => "gate",
        Ruling::Admit { .. } => "admit",
        Ruling::Newer(_) => "newer",
    }
}

pub(super) fn all() -> Vec<(&'static str, Decision)> {
    let member = keypair(3).member();
    let cuts = vec![Cut { log: log(), seq: 300, hash: EntryHash([5; 32]) }];
    let rulings = [
        Ruling::Approve(opening(&[]).shares),
        Ruling::Remove { member, cuts, opening: opening(&[0]) },
        Ruling::Promote(member),
        Ruling::Demote(member),
        Ruling::Renew(opening(&[0])),
        Ruling::Merge(opening(&[1, 2])),
        Ruling::Gate { approve: true },
        Ruling::Admit { exchange: keypair(2).exchange_key(&ROOM), shares: opening(&[]).shares },
        Ruling::Newer(vec![200, 1]),
    ];
    let deps = vec![EntryHash([1; 32]), EntryHash([4; 32])];
    let decision = |ruling: Ruling| (name(&ruling), Decision { deps: deps.clone(), ruling });
    rulings.into_iter().map(decision).collect()
}

/// One of them, as it is stored.
pub(super) fn record() -> Vec<u8> {
    govern::encode(&log(), 300, &all()[2].1.encode())
}

#[test]
fn golden_decisions_are_read() {
    for (name, decision) in all() {
        let bytes = read(&format!("decision/{name}"));
        assert_eq!(Decision::decode(&bytes), Ok(decision.clone()));
        assert_eq!(decision.encode(), bytes);
    }
    let (hash, decision) = (EntryHash([4; 32]), all()[2].1.clone());
    let ruled = Ruled { hash, log: log(), seq: 300, decision };
    assert_eq!(govern::decode(hash, &read("store/decision")), Some(ruled));
}
