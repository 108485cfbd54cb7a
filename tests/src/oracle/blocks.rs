//! Whom devices have blocked: nothing new of them is stored there but what they decide.
//!
//! A block counts from when a page is told of it, until it is taken back. In the end nobody blocks
//! anybody any more, and then all that was missed is there like anything else (I9, I12).

use std::collections::{BTreeMap, BTreeSet};

use engine::log::entry::Kind;
use engine::log::run::Run;
use engine::{MemberId, MemberView};

use crate::oracle::Oracle;
use crate::store::Store;

/// See the module.
#[derive(Default)]
pub struct Blocks {
    /// By whom, and whom.
    blocked: BTreeMap<usize, BTreeSet<MemberId>>,
}

impl Oracle {
    /// A page is told whom its device blocks.
    pub(super) fn told_of_blocks(&mut self, peer: usize, members: &[MemberView]) {
        let blocked = members.iter().filter(|view| view.treatment.blocked);
        self.blocks.blocked.insert(peer, blocked.map(|view| view.member).collect());
    }

    /// A page takes a block back.
    pub(crate) fn will_unblock(&mut self, peer: usize, member: &MemberId) {
        if let Some(blocked) = self.blocks.blocked.get_mut(&peer) {
            blocked.remove(member);
        }
    }

    /// A device has ended, perhaps before a block was stored.
    pub(super) fn forgets_blocks(&mut self, peer: usize) {
        self.blocks.blocked.remove(&peer);
    }

    /// Nothing new of a blocked member is stored; what is of a log that forks may get another name.
    pub(super) fn stores_none_of_the_blocked(&mut self, peer: usize, runs: &[Run], store: &Store) {
        let Some(blocked) = self.blocks.blocked.get(&peer) else { return };
        let decides =
            |run: &Run| run.iter().any(|(_, entry)| entry.header.kind == Kind::GOVERNANCE);
        let new = |run: &&Run| !store.covers(&run.log, run.first, run.last());
        let theirs = runs.iter().filter(|run| blocked.contains(&run.log.member)).filter(new);
        let mut words = theirs.filter(|run| !self.forks(&run.log.member) && !decides(run));
        if let Some(run) = words.next() {
            let (log, first, last) = (run.log, run.first, run.last());
            let what =
                format!("peer {peer} stores {first} to {last} of {log:?}, which it has blocked");
            self.fail("§6", what);
        }
    }
}
