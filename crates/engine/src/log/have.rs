//! What members tell each other of what they hold: the acknowledgement and the offer in one.
//!
//! A `Have` only ever adds: what a member holds it does not lose while its link lives. So a delta
//! has the same form as the whole, and the order in which deltas arrive does not matter.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{EntryHash, LogId, Seq};
use crate::limits;
use crate::log::Logs;
use crate::log::ranges::RangeSet;

/// Consecutive entries that a member holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HaveRange {
    /// The first of them.
    pub first: Seq,
    /// The last of them.
    pub last: Seq,
    /// The hash of the last, which names all before it.
    pub head: EntryHash,
}

/// What a member holds of one log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogHave {
    /// The log.
    pub log: LogId,
    /// What it holds.
    pub ranges: Vec<HaveRange>,
    /// What it refused for good: first, last, reason.
    pub refused: Vec<(Seq, Seq, u8)>,
}

impl LogHave {
    /// Cuts into pieces that each fit a frame.
    #[must_use]
    pub fn pieces(self) -> Vec<LogHave> {
        if self.ranges.len() <= limits::FRAME_RANGES && self.refused.len() <= limits::FRAME_RANGES {
            return vec![self];
        }
        let log = self.log;
        let ranges = self.ranges.chunks(limits::FRAME_RANGES).map(<[_]>::to_vec);
        let refused = self.refused.chunks(limits::FRAME_RANGES).map(<[_]>::to_vec);
        let held = ranges.map(|ranges| LogHave { log, ranges, refused: Vec::new() });
        let settled = refused.map(|refused| LogHave { log, ranges: Vec::new(), refused });
        held.chain(settled).collect()
    }
}

/// What one linked member is known to hold and to have refused, of one log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeerLog {
    /// What it holds.
    pub held: RangeSet,
    /// What it refused for good.
    pub refused: RangeSet,
}

/// What a `Have` taught.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Learned {
    /// Something.
    News,
    /// A range of it is of another version of a log than ours: it counts for nothing.
    Fork,
}

/// All that one linked member is known to hold.
#[derive(Clone, Debug, Default)]
pub struct PeerHave {
    logs: BTreeMap<LogId, PeerLog>,
}

impl PeerHave {
    /// What it is known to hold of one log.
    #[must_use]
    pub fn of(&self, log: &LogId) -> Option<&PeerLog> {
        self.logs.get(log)
    }

    /// All logs that it holds something of.
    pub fn iter(&self) -> impl Iterator<Item = (&LogId, &PeerLog)> {
        self.logs.iter()
    }

    /// What it has refused may be offered to it again.
    pub fn forget_refusal(&mut self, log: &LogId, first: Seq, last: Seq) {
        if let Some(peer) = self.logs.get_mut(log) {
            peer.refused.remove(first, last);
        }
    }

    /// Takes in what the member tells. Bounded by [`limits::LOGS`] and [`limits::RANGES`]: what is
    /// beyond is not learned, so at worst an entry is sent again.
    pub fn learn(&mut self, have: &LogHave, ours: &Logs) -> Learned {
        if self.logs.len() >= limits::LOGS && !self.logs.contains_key(&have.log) {
            return Learned::News;
        }
        let mine = ours.of(&have.log);
        let peer = self.logs.entry(have.log).or_default();
        let mut learned = Learned::News;
        for range in &have.ranges {
            if range.last == Seq::MAX || range.first > range.last {
                continue;
            }
            if mine.is_some_and(|mine| !mine.agrees(range)) {
                learned = Learned::Fork;
            } else if peer.held.ranges().len() < limits::RANGES {
                peer.held.insert(range.first, range.last);
            }
        }
        for (first, last, _) in &have.refused {
            if peer.refused.ranges().len() < limits::RANGES && *last < Seq::MAX {
                peer.refused.insert(*first, *last);
            }
        }
        learned
    }
}

/// What these members hold and we do not: neither stored, nor settled, nor coming.
#[must_use]
pub fn missing<'a>(
    members: impl Iterator<Item = &'a PeerHave>,
    ours: &Logs,
    coming: &BTreeMap<LogId, RangeSet>,
) -> BTreeMap<LogId, RangeSet> {
    let mut missing: BTreeMap<LogId, RangeSet> = BTreeMap::new();
    for (log, peer) in members.flat_map(PeerHave::iter) {
        missing.entry(*log).or_default().union(&peer.held);
    }
    for (log, set) in &mut missing {
        if let Some(state) = ours.of(log) {
            set.subtract(&state.held());
            set.subtract(&state.refused());
        }
        if let Some(coming) = coming.get(log) {
            set.subtract(coming);
        }
    }
    missing.retain(|_, set| !set.is_empty());
    missing
}
