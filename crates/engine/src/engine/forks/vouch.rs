//! How much of an own log a member holds, as far as its last hash does not show it.
//!
//! ```text
//!  ours    [0 .. 14]   [16 .. 37]        theirs  [0 ............. 37]
//!  its hash at 37 vouches for 16 to 37 ─► the rest does not come ─► its hash at 14 is asked for
//! ```
//! What is missing here usually comes, and then the last hash says it all: only what still lacks
//! something after [`limits::VOUCH_DELAY`] is asked about.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::Engine;
use crate::frame::Frame;
use crate::ids::{LinkId, LogId, MemberId, Seq};
use crate::io::Millis;
use crate::limits;
use crate::link::Link;
use crate::log::LogState;
use crate::log::have::HaveRange;
use crate::log::ranges::RangeSet;

/// What others said that they hold of own logs, and is not known to be true yet.
#[derive(Debug, Default)]
pub struct Claims {
    claims: BTreeMap<(MemberId, LogId, Seq), (HaveRange, Option<Millis>)>,
    /// Hashes that were asked for.
    asked: BTreeSet<(LinkId, LogId, Seq)>,
}

impl Claims {
    /// The same, without what was asked for.
    #[must_use]
    pub fn kept(self) -> Claims {
        Claims { asked: BTreeSet::new(), ..self }
    }

    /// When somebody is asked.
    #[must_use]
    pub fn deadline(&self) -> Option<Millis> {
        self.claims.values().filter_map(|(_, at)| *at).min()
    }
}

impl Engine {
    /// A member says that it holds more of an own log than is known to be true.
    pub(super) fn claim(&mut self, member: MemberId, log: LogId, range: HaveRange) {
        let whole = |state: &LogState| state.held().covers(range.first, range.last);
        let whole = self.logs.of(&log).is_some_and(whole);
        if whole || self.forks.claims.claims.len() >= limits::LOGS {
            return;
        }
        let linked = self.links.values().any(|link| link.member() == Some(member));
        let at = linked.then_some(self.now.mono + limits::VOUCH_DELAY);
        self.forks.claims.claims.insert((member, log, range.first), (range, at));
    }

    /// Takes what was said of a log, to be weighed again.
    pub(super) fn take_claims(&mut self, log: &LogId) -> Vec<(MemberId, HaveRange)> {
        let claims = self.forks.claims.claims.extract_if(.., |(_, of, _), _| of == log);
        claims.map(|((member, ..), (range, _))| (member, range)).collect()
    }

    /// A hash vouches for what hangs together here up to there: behind a gap may be another
    /// version.
    pub(super) fn vouched(&mut self, member: MemberId, log: LogId, (first, last): (Seq, Seq)) {
        let held = self.logs.of(&log).map(LogState::held).unwrap_or_default();
        let mut pieces = held.ranges().iter();
        let piece = pieces.find(|piece| (piece.0..=piece.1).contains(&last));
        let first = piece.map_or(last, |piece| first.max(piece.0));
        self.credit(&member, log, &RangeSet::of(first, last));
    }

    /// A hash is the same as ours. False if it was not asked for to learn that.
    pub(super) fn answers_claim(&mut self, id: LinkId, log: LogId, seq: Seq, same: bool) -> bool {
        if !self.forks.claims.asked.remove(&(id, log, seq)) {
            return false;
        }
        let flow = self.links.get(&id).and_then(Link::flow);
        let peer = flow.and_then(|flow| flow.have.of(&log)).filter(|_| same);
        let ranges = peer.map(|peer| peer.held.ranges()).unwrap_or_default();
        let range = ranges.iter().find(|range| (range.0..=range.1).contains(&seq)).copied();
        if let (Some((first, _)), Some(member)) = (range, self.member_of(id)) {
            self.vouched(member, log, (first, seq));
        }
        same
    }

    /// Asks for hashes where what is missing has not come.
    pub(super) fn tend_claims(&mut self) {
        let (now, links) = (self.now.mono, &self.links);
        self.forks.claims.asked.retain(|(id, ..)| links.contains_key(id));
        let mut due = Vec::new();
        for ((member, log, _), (range, at)) in &mut self.forks.claims.claims {
            if at.take_if(|at| *at <= now).is_some() {
                due.push((*member, *log, (range.first, range.last)));
            }
        }
        for (member, log, range) in due {
            self.ask_about(member, log, range);
        }
    }

    fn ask_about(&mut self, member: MemberId, log: LogId, (first, last): (Seq, Seq)) {
        let held = self.logs.of(&log).map(LogState::held).unwrap_or_default();
        let held = held.and(&RangeSet::of(first, last));
        let unproven = |piece: &&(Seq, Seq)| {
            !self.members.unheld(&member, &log, &RangeSet::of(piece.0, piece.1)).is_empty()
        };
        let ends = held.ranges().iter().rev().filter(unproven).map(|piece| piece.1);
        let ends: Vec<Seq> = ends.take(limits::VOUCHED_PIECES).collect();
        for end in ends {
            let holds = |link: &&Link| {
                let peer = link.flow().and_then(|flow| flow.have.of(&log));
                peer.is_some_and(|peer| !peer.disputed && peer.held.contains(end))
            };
            let mut links = self.links.values().filter(|link| link.member() == Some(member));
            let Some(id) = links.find(holds).map(|link| link.id) else { continue };
            if self.forks.claims.asked.len() < limits::LOOKUPS {
                self.forks.claims.asked.insert((id, log, end));
                self.control(id, &Frame::AskHash(log, end));
            }
        }
    }
}
