//! What the simulator sees of an engine, and the planted faults that are more than a line.
//!
//! Only with the feature `simulation`, which no shipped crate can enable.

use std::collections::BTreeMap;

use crate::engine::Engine;
use crate::ids::{EpochId, LinkId, LogId};
use crate::link::Link;
use crate::log::LogState;
use crate::log::run::Run;
use crate::simulation::{Planted, planted};

/// How much an engine keeps of things that must not grow without a bound (I6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Bytes of runs that came and are not stored.
    pub inbox: usize,
    /// Bytes of what is read in memory.
    pub cache: usize,
    /// Bytes that wait on all links, control frames and runs.
    pub lanes: usize,
    /// Links, proven or not.
    pub links: usize,
    /// Outputs that nobody has taken.
    pub outputs: usize,
}

impl Engine {
    /// How much is kept.
    #[must_use]
    pub fn sizes(&self) -> Sizes {
        let flows = self.links.values().filter_map(Link::flow);
        Sizes {
            inbox: self.inbox.bytes(),
            cache: self.cache.bytes(),
            lanes: flows.map(|flow| flow.waiting().iter().sum::<usize>()).sum(),
            links: self.links.len(),
            outputs: self.out.len(),
        }
    }

    /// Bytes of each class that wait on a link and may go, control first.
    #[must_use]
    pub fn waiting(&self, link: LinkId) -> [usize; 6] {
        let flow = self.links.get(&link).and_then(Link::flow);
        flow.map(|flow| flow.waiting()).unwrap_or_default()
    }

    /// The epoch in force, as far as it is known.
    #[must_use]
    pub fn epoch(&self) -> EpochId {
        self.ring.current()
    }

    /// True if the secret of an epoch is known.
    #[must_use]
    pub fn knows(&self, epoch: &EpochId) -> bool {
        self.ring.of(epoch).is_some()
    }

    /// What is on its way to the store is taken for stored.
    pub(super) fn leak(&mut self, logs: &BTreeMap<LogId, LogState>, runs: &[Run]) {
        for (log, state) in logs {
            let own = log.member == self.own.member;
            let early = Planted::AcknowledgeBeforeCommit;
            if planted(if own { Planted::SendBeforeCommit } else { early }) {
                self.logs.put(*log, state.clone());
                self.tell_log(log, None);
            }
        }
        for run in runs.iter().filter(|run| run.log.member == self.own.member) {
            if planted(Planted::SendBeforeCommit) {
                self.cache.put(run.log, run.first, run.last(), run.bytes());
            }
        }
        if planted(Planted::RowsBeforeCommit) {
            self.surface(runs);
        }
    }
}
