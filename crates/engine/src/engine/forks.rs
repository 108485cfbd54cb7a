//! Logs that differ between two members: where they part, and which branch keeps the log.
//!
//! ```text
//!  a head or a run that is not of our version ─► halve the distance, asking for hashes ─► first
//!    their hash there is lower ─► our end of the log becomes a branch (`moves`)
//!    ours is lower ─► they are told, and do the same
//!  a branch is told of ─► it is one indeed (its parent is lower there) ─► wanted like any log
//! ```
//! Both sides come to the same names by the same rule, and what was written stays written: nobody
//! is to blame for a disk that was rolled back or a profile that was copied.

mod absorb;
mod branches;
pub mod evidence;
pub mod moves;
mod vouch;

use std::collections::{BTreeMap, VecDeque};

use crate::engine::forks::evidence::{Goal, Proof, Walk};
use crate::engine::forks::moves::{Job, Moved, Place};
use crate::engine::forks::vouch::Claims;
use crate::engine::load::Purpose;
use crate::engine::{Engine, keys};
use crate::frame::{Frame, HashAt};
use crate::ids::{EntryHash, LinkId, LogId, MemberId, Seq};
use crate::io::{Millis, Record, Table};
use crate::limits;
use crate::link::Link;
use crate::log::LogState;
use crate::log::branch::{Branch, Mark};
use crate::log::have::HaveRange;
use crate::log::run::Run;
use crate::simulation::{Planted, planted};

/// Who says that it holds something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Witness {
    /// Over a link, now.
    Link(LinkId),
    /// In a receipt.
    Receipt(MemberId),
}

/// What the hash of an own stored entry is read for.
#[derive(Clone, Copy, Debug)]
pub enum Why {
    /// A peer asks.
    Answer(LinkId),
    /// A range that is said to be held ends there.
    Weigh(Witness, HaveRange),
    /// A peer has said its own.
    Compare(LinkId, EntryHash),
    /// A peer says where its branch begins.
    Branch(LinkId, Branch),
    /// A peer asks for the run, with its signature or cut.
    Evidence(LinkId, bool),
    /// It is proven what a peer has there.
    Proven(LinkId, LogId),
    /// Something that stands alone in this log may hang on it, and be part of this place.
    Absorb(LogId, Place),
    /// What would go to another place meets something there: its hash, once it is read, has to be
    /// that of the entry that would go.
    Fits((LogId, Seq, Place), Option<EntryHash>),
    /// What stands there does not hang on what stands before it.
    Part,
    /// A branch lacks its beginning: perhaps it was being moved when the page was closed.
    Resume(Branch),
    /// It has come back to its log: whoever took it for something else hears what stands there.
    Tell,
}

/// Where the first difference between a peer's version of a log and ours is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Search {
    /// The highest seq that is known to be the same.
    low: Option<Seq>,
    /// The lowest seq that is known to differ, and their hash there, if that is known.
    high: (Seq, Option<EntryHash>),
    asked: Option<Seq>,
    /// Where a branch begins with what they have there: theirs is stale, if it is ours up to there.
    branch: Option<Seq>,
    deadline: Millis,
}

/// What is known of forks.
#[derive(Debug, Default)]
pub struct Forks {
    pub searches: BTreeMap<(LinkId, LogId), Search>,
    pub walks: BTreeMap<(LinkId, LogId), Walk>,
    /// Evidence of versions whose entries may not have come yet.
    pub proofs: BTreeMap<LogId, Proof>,
    /// Hashes that were looked up or stored lately.
    known: BTreeMap<(LogId, Seq), EntryHash>,
    order: VecDeque<(LogId, Seq)>,
    /// What others said that they hold of own logs, beyond what is here.
    claims: Claims,
    pub lookups: usize,
    /// Ends of logs that become branches.
    pub jobs: VecDeque<Job>,
    /// What moved in batches of unknown outcome, until the store was read.
    unsure: Vec<Moved>,
}

impl Forks {
    /// Notes the hash of a stored entry.
    pub fn note(&mut self, log: LogId, seq: Seq, hash: EntryHash) {
        if self.known.insert((log, seq), hash).is_none() {
            self.order.push_back((log, seq));
        }
        while self.order.len() > limits::KNOWN_HASHES {
            let oldest = self.order.pop_front();
            oldest.map(|oldest| self.known.remove(&oldest));
        }
    }

    /// Forgets the hashes of a part of a log.
    pub fn forget(&mut self, log: LogId, (first, last): (Seq, Seq)) {
        let gone = |(of, seq): &(LogId, Seq)| *of == log && (first..=last).contains(seq);
        self.known.retain(|known, _| !gone(known));
        self.order.retain(|known| !gone(known));
    }

    /// The store is read again: what was being read is not any more.
    pub fn reset(&mut self) {
        let Forks { claims, proofs, unsure, .. } = std::mem::take(self);
        *self = Forks { claims: claims.kept(), proofs, unsure, ..Forks::default() };
    }

    /// When a peer that does not answer is given up.
    #[must_use]
    pub fn deadline(&self) -> Option<Millis> {
        let searches = self.searches.values().map(|search| search.deadline);
        let walks = self.walks.values().map(|walk| walk.deadline);
        searches.chain(walks).chain(self.claims.deadline()).min()
    }
}

impl Engine {
    /// A member says that it holds a range: true is what its last hash shows.
    pub(super) fn weigh(&mut self, witness: Witness, log: LogId, range: HaveRange) {
        let state = self.logs.of(&log);
        let Some(state) = state.filter(|state| state.held().contains(range.last)) else {
            // Nothing to compare: what of it is here shows when the rest has come.
            let member = self.member_of_witness(witness).filter(|_| self.is_own(&log));
            return member.map_or((), |member| self.claim(member, log, range));
        };
        let known = state.hash_at(range.last);
        match known.or_else(|| self.forks.known.get(&(log, range.last)).copied()) {
            Some(ours) => self.weighed(witness, log, range, ours),
            None if self.is_own(&log) => {
                // Until it is known, nothing more of the log is sent there.
                self.dispute(witness, &log, true);
                self.look_up(log, range.last, Why::Weigh(witness, range));
            }
            None => {}
        }
    }

    fn dispute(&mut self, witness: Witness, log: &LogId, disputed: bool) {
        let Witness::Link(id) = witness else { return };
        let (searches, walks) = (&self.forks.searches, &self.forks.walks);
        if disputed || !(searches.contains_key(&(id, *log)) || walks.contains_key(&(id, *log))) {
            let flow = self.links.get_mut(&id).and_then(Link::flow_mut);
            if let Some(flow) = flow {
                flow.have.dispute(log, disputed);
            }
        }
    }

    pub(super) fn is_own(&self, log: &LogId) -> bool {
        log.member == self.own.member
    }

    fn member_of_witness(&self, witness: Witness) -> Option<MemberId> {
        match witness {
            Witness::Link(id) => self.member_of(id),
            Witness::Receipt(member) => Some(member),
        }
    }

    fn weighed(&mut self, witness: Witness, log: LogId, range: HaveRange, ours: EntryHash) {
        if ours == range.head {
            if let Some(member) = self.member_of_witness(witness).filter(|_| self.is_own(&log)) {
                self.vouched(member, log, (range.first, range.last));
                self.claim(member, log, range);
            }
        } else if let Witness::Link(id) = witness {
            self.search(id, log, (range.last, Some(range.head)));
        }
    }

    /// What was said of logs is weighed again: more of them is here now.
    pub(super) fn weigh_again(&mut self, log: &LogId) {
        for (member, range) in self.take_claims(log) {
            self.weigh(Witness::Receipt(member), *log, range);
        }
        self.consider_again(|branch| branch.parent == *log);
    }

    pub(super) fn look_up(&mut self, log: LogId, seq: Seq, why: Why) {
        if self.forks.lookups >= limits::LOOKUPS {
            return self.looked_up(&log, why);
        }
        self.forks.lookups += 1;
        let from = keys::run(&self.room, &log, 0);
        let to = keys::run(&self.room, &log, seq.saturating_add(1));
        self.scan(Purpose::Hash(log, seq, why), Table::Runs, (from, to), true, 1);
    }

    /// The hash is read, or will not be.
    fn looked_up(&mut self, log: &LogId, why: Why) {
        if let Why::Weigh(witness, _) = why {
            self.dispute(witness, log, false);
        }
    }

    pub(super) fn on_hash_read(&mut self, log: LogId, seq: Seq, why: Why, records: &[Record]) {
        self.forks.lookups = self.forks.lookups.saturating_sub(1);
        let run = records.first().and_then(|(_, bytes)| Run::verify(&self.room, bytes).ok());
        self.looked_up(&log, why);
        let Some(run) = run.filter(|run| run.log == log) else { return };
        self.forks.note(log, run.last(), run.head());
        let Some(ours) = run.hash_at(seq) else { return };
        self.forks.note(log, seq, ours);
        match why {
            Why::Answer(id) => self.control(id, &Frame::Hash(HashAt { log, seq, hash: ours })),
            Why::Weigh(witness, range) => self.weighed(witness, log, range, ours),
            Why::Compare(id, theirs) => self.compare(id, log, seq, (ours, theirs)),
            Why::Branch(id, branch) => self.considered(id, branch, ours),
            Why::Resume(branch) if ours == branch.mark.hash => self.part(log, branch.mark),
            Why::Resume(_) => {}
            Why::Evidence(id, signed) => self.tell_evidence(id, run, seq, signed),
            Why::Proven(id, walked) => self.on_proven_at(id, walked, &run),
            Why::Absorb(from, to) => self.absorb_from(from, (seq, ours), to),
            Why::Fits(part, None) => self.look_up(part.0, seq, Why::Fits(part, Some(ours))),
            Why::Fits(part, Some(there)) if there == ours => self.begin(part, Some(seq)),
            // Another version is there: it stays a branch.
            Why::Fits(..) => {}
            Why::Part => self.part(log, Mark { at: seq, hash: ours }),
            Why::Tell => {
                for id in self.links.keys().copied().collect::<Vec<_>>() {
                    self.control(id, &Frame::Hash(HashAt { log, seq, hash: ours }));
                }
            }
        }
    }

    /// Begins to look for the first difference. What the peer holds of the log counts for nothing
    /// until it is found.
    pub(super) fn search(&mut self, id: LinkId, log: LogId, high: (Seq, Option<EntryHash>)) {
        if !self.may_search(id, &log) {
            return self.note_below_walk(id, log, high);
        }
        let Some(flow) = self.links.get_mut(&id).and_then(Link::flow_mut) else { return };
        flow.have.dispute(&log, true);
        let deadline = self.now.mono + limits::SEARCH_TIMEOUT;
        let search = Search { low: None, high, asked: None, branch: None, deadline };
        self.forks.searches.insert((id, log), search);
        self.step(id, log);
    }

    /// A peer has the beginning of a branch in the log itself: it does not know of the branch, or
    /// its version has parted from ours before.
    pub(super) fn search_below(&mut self, id: LinkId, log: LogId, at: Seq) {
        let held = |below: &Seq| self.logs.of(&log).is_some_and(|it| it.held().contains(*below));
        let Some(below) = at.checked_sub(1).filter(held) else { return self.void(id, log, at) };
        self.search(id, log, (below, None));
        if let Some(search) = self.forks.searches.get_mut(&(id, log)) {
            search.branch = Some(at);
        }
    }

    /// Where a peer's version of a log was compared with ours and is the same, and up to where what
    /// it holds hangs on that.
    pub(super) fn agreed(&self, id: LinkId, log: &LogId) -> Option<(Seq, Seq)> {
        let peer = self.links.get(&id)?.flow()?.have.of(log)?;
        let agreed = peer.agreed?;
        let range =
            peer.held.ranges().iter().find(|range| (range.0..=range.1).contains(&agreed))?;
        Some((agreed, range.1))
    }

    pub(super) fn end_search(&mut self, id: LinkId, log: &LogId) {
        self.forks.searches.remove(&(id, *log));
        let moves = self.moves(log);
        if let Some(flow) = self.links.get_mut(&id).and_then(Link::flow_mut) {
            flow.have.dispute(log, moves);
        }
        self.wants_stale = true;
    }

    /// Asks for the next hash, or comes to the end.
    fn step(&mut self, id: LinkId, log: LogId) {
        let Some(search) = self.forks.searches.get_mut(&(id, log)) else { return };
        let (high, theirs) = search.high;
        let start = self.logs.of(&log).and_then(|state| state.around(high)).map(|(first, _)| first);
        let Some(start) = start else { return self.end_search(id, &log) };
        let lowest = search.low.map_or(start, |low| low + 1).min(high);
        let next = if theirs.is_none() { high } else { lowest + (high - lowest) / 2 };
        if let Some(theirs) = theirs.filter(|_| lowest == high) {
            // Their hash is known, ours has to be.
            search.asked = Some(high);
            return self.look_up(log, high, Why::Compare(id, theirs));
        }
        search.asked = Some(next);
        search.deadline = self.now.mono + limits::SEARCH_TIMEOUT;
        self.control(id, &Frame::AskHash(log, next));
    }

    /// A peer asks for the hash of an entry.
    pub(super) fn on_ask_hash(&mut self, id: LinkId, log: LogId, seq: Seq) {
        let held = self.logs.of(&log).is_some_and(|state| state.held().contains(seq));
        if held && self.may_answer(id) {
            self.look_up(log, seq, Why::Answer(id));
        }
    }

    /// A peer says the hash of an entry: asked for, or because ours is another.
    pub(super) fn on_hash(&mut self, id: LinkId, said: HashAt) {
        let HashAt { log, seq, hash } = said;
        let held = self.logs.of(&log).is_some_and(|state| state.held().contains(seq));
        let marks = self.logs.open_marks(&log).filter(|mark| mark.at == seq);
        let marks: Vec<EntryHash> = marks.map(|mark| mark.hash).collect();
        if !marks.is_empty() {
            return self.on_marked(id, said, marks.contains(&hash));
        }
        let search = self.forks.searches.get(&(id, log));
        if held && search.is_none_or(|search| search.asked == Some(seq)) {
            self.look_up(log, seq, Why::Compare(id, hash));
        }
    }

    fn compare(
        &mut self,
        id: LinkId,
        log: LogId,
        seq: Seq,
        (ours, theirs): (EntryHash, EntryHash),
    ) {
        let Some(search) = self.forks.searches.get_mut(&(id, log)) else {
            if self.answers_claim(id, log, seq, ours == theirs) {
                return;
            }
            if ours != theirs {
                self.search(id, log, (seq, Some(theirs)));
            } else if let Some(flow) = self.links.get_mut(&id).and_then(Link::flow_mut) {
                // Ours was another, as they saw it, and is theirs by now: they have to know.
                flow.tell(log, self.now.mono);
            }
            return;
        };
        if search.asked != Some(seq) {
            return;
        }
        if ours == theirs {
            search.low = search.low.max(Some(seq));
            if seq >= search.high.0 {
                let branch = search.branch;
                if let Some(flow) = self.links.get_mut(&id).and_then(Link::flow_mut) {
                    flow.have.agree(&log, seq);
                }
                self.end_search(id, &log);
                return branch.map_or((), |at| self.void(id, log, at));
            }
            return self.step(id, log);
        }
        search.high = (seq, Some(theirs));
        let start = self.logs.of(&log).and_then(|state| state.around(seq)).map(|(first, _)| first);
        let lowest = search.low.map(|low| low + 1).or(start);
        if lowest == Some(seq) {
            self.conclude(id, log, seq, (ours, theirs));
        } else {
            self.step(id, log);
        }
    }

    /// The first difference is found.
    fn conclude(
        &mut self,
        id: LinkId,
        log: LogId,
        at: Seq,
        (ours, theirs): (EntryHash, EntryHash),
    ) {
        let search = self.forks.searches.get(&(id, log)).copied();
        self.end_search(id, &log);
        let base = self.logs.of(&log).and_then(LogState::branch).map_or(0, |branch| branch.mark.at);
        if at > base && search.is_none_or(|search| search.low.is_none()) {
            // It lies below what is here: to be found when that has come.
            let flow = self.links.get_mut(&id).and_then(Link::flow_mut);
            return flow.map_or((), |flow| flow.have.set_aside(&log, at));
        }
        if planted(Planted::ForkWithoutEvidence) && ours > theirs {
            return self.part(log, Mark { at, hash: ours });
        }
        if ours > theirs || log == self.own {
            self.walk(id, log, at, Goal::Fork);
        }
        if ours < theirs {
            self.stand_by(id, HashAt { log, seq: at, hash: ours });
        }
    }

    /// Nothing of a log is sent unasked or asked for, or is again.
    fn withhold(&mut self, log: &LogId, withheld: bool) {
        for flow in self.links.values_mut().filter_map(Link::flow_mut) {
            flow.have.dispute(log, withheld);
        }
    }

    /// The end of a log has become a branch: what was looked for in it is found.
    pub(super) fn end_searches(&mut self, log: &LogId) {
        self.withhold(log, false);
        let held = self.logs.of(log).map(LogState::held).unwrap_or_default();
        for flow in self.links.values_mut().filter_map(Link::flow_mut) {
            flow.have.count_again(log, &held);
        }
        let over = self.forks.searches.keys().filter(|(_, of)| of == log).map(|(id, _)| *id);
        for id in over.collect::<Vec<_>>() {
            self.end_search(id, log);
        }
        self.end_moot_walks(log);
    }

    /// What a log has from here on does not hang on what stands before it here.
    pub(super) fn part_from(&mut self, log: LogId, first: Seq) {
        if !self.moves(&log) {
            self.look_up(log, first, Why::Part);
        }
    }

    /// The end of a log becomes a branch.
    pub(super) fn part(&mut self, log: LogId, mark: Mark) {
        let Some(state) = self.logs.of(&log) else { return };
        let origin = state.branch().map_or(log, |branch| branch.origin);
        let branch = Branch { origin, parent: log, mark };
        if !self.moves(&log) && self.forks.jobs.len() < limits::SEARCHES {
            self.forks.jobs.push_back(Job::branch(branch));
            self.withhold(&log, true);
        }
    }

    /// Gives up searches that nobody answers.
    pub(super) fn tend_forks(&mut self) {
        let now = self.now.mono;
        let links = &self.links;
        let over = |(id, _): &(LinkId, LogId), search: &Search| {
            search.deadline <= now || !links.contains_key(id)
        };
        let over = self.forks.searches.iter().filter(|(key, search)| over(key, search));
        for (id, log) in over.map(|(key, _)| *key).collect::<Vec<_>>() {
            self.end_search(id, &log);
        }
        self.tend_claims();
        self.tend_walks();
        self.tend_moves();
    }
}
