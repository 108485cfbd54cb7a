//! Evidence that a log has forked: what its author has signed, and nothing that a peer says.
//!
//! ```text
//!  ours    … 4 ── 5 ── 6b ── 7b
//!  theirs  … 4 ── 5 ── 6a ── 7a ── 8a ── 9a, signed     the hash of 9a names 8a, that names 7a, …
//!                      ▲ asked for from the top down, without bodies
//! ```
//! A hash that a peer says leads to the place where two versions differ; only this walk down from a
//! signature shows that there are two. Without it nothing here changes its name, nothing is taken
//! for a branch, and nobody is to blame: the peer's version counts for nothing.

use crate::engine::Engine;
use crate::engine::forks::Why;
use crate::frame::{Frame, HashAt};
use crate::ids::{EntryHash, LinkId, LogId, Seq};
use crate::io::Millis;
use crate::limits;
use crate::link::Link;
use crate::log::LogState;
use crate::log::branch::{Branch, Mark};
use crate::log::run::Run;
use crate::simulation::{Planted, planted};

/// What is to be proven.
#[derive(Clone, Copy, Debug)]
pub enum Goal {
    /// That the log has another entry somewhere.
    Fork,
    /// That a branch begins as it is said to.
    Branch(Branch),
    /// That something else has the place in its log of a branch that was shown, though nobody who
    /// is here holds that any more.
    Parent(Branch, Proven),
}

/// What was proven: the hash at the place in question, and the one before it.
#[derive(Clone, Copy, Debug)]
pub struct Proven {
    hash: EntryHash,
    before: Option<EntryHash>,
}

/// Evidence of a version whose entries may not have come yet.
#[derive(Debug)]
pub struct Proof {
    shows: Mark,
    /// What shows it, newest first, if it is little.
    runs: Vec<Run>,
}

impl Proof {
    /// True if it shows that an entry has another hash than this.
    #[must_use]
    pub fn denies(&self, mark: Mark) -> bool {
        let known = (self.shows.at == mark.at).then_some(self.shows.hash);
        let said = known.or_else(|| self.runs.iter().find_map(|run| run.hash_at(mark.at)));
        said.is_some_and(|hash| hash != mark.hash)
    }
}

/// A walk from a signature down to the place in question.
#[derive(Debug)]
pub struct Walk {
    at: Seq,
    goal: Goal,
    /// The run that comes next has to end here; none before a signature was seen.
    next: Option<(Seq, EntryHash)>,
    /// The end of what the peer holds was asked for.
    topped: bool,
    proven: Option<Proven>,
    /// What was seen, if it is little.
    proof: Vec<Run>,
    /// More was said of it meanwhile: if it comes to nothing, it is looked at again.
    again: bool,
    /// A difference below the place in question, to be looked for afterwards.
    below: Option<(Seq, Option<EntryHash>)>,
    pub deadline: Millis,
}

impl Walk {
    /// True if a run is what comes next.
    fn fits(&self, run: &Run, signed: impl Fn(&Run) -> bool) -> bool {
        match self.next {
            None => run.last() >= self.at && signed(run),
            Some(next) => (run.last(), run.head()) == next,
        }
    }

    fn keep(&mut self, run: Run) {
        if self.proof.len() < limits::PROOF_RUNS {
            self.proof.push(run);
        }
    }
}

impl Engine {
    /// A peer says anew what it holds of a log.
    pub(in crate::engine) fn walk_hears(&mut self, id: LinkId, log: LogId) {
        if let Some(walk) = self.forks.walks.get_mut(&(id, log)) {
            walk.again = true;
        }
    }

    /// Asks a peer to prove what it says of a log, or of a branch.
    pub(in crate::engine) fn walk(&mut self, id: LinkId, log: LogId, at: Seq, goal: Goal) {
        self.walk_hears(id, log);
        if !self.may_search(id, &log) {
            return;
        }
        let Some(flow) = self.links.get_mut(&id).and_then(Link::flow_mut) else { return };
        flow.have.dispute(&log, true);
        let deadline = self.now.mono + limits::SEARCH_TIMEOUT;
        let (proof, again, below) = (Vec::new(), false, None);
        let (next, topped, proven) = (None, false, None);
        let walk = Walk { at, goal, next, topped, proven, proof, again, below, deadline };
        self.forks.walks.insert((id, log), walk);
        self.control(id, &Frame::AskEvidence(log, at, true));
    }

    /// A difference shows that may not be looked for during a walk: if it is below the place in
    /// question, the two versions part there, and not where that was to be proven.
    pub(in crate::engine) fn note_below_walk(
        &mut self,
        id: LinkId,
        log: LogId,
        high: (Seq, Option<EntryHash>),
    ) {
        let walk = self.forks.walks.get_mut(&(id, log)).filter(|walk| high.0 < walk.at);
        let Some(walk) = walk else { return };
        // A difference that is known is better than a question.
        if walk.below.is_none_or(|(_, hash)| hash.is_none()) {
            walk.below = Some(high);
        }
        if matches!(walk.goal, Goal::Fork) {
            self.end_walk(id, &log);
        }
    }

    fn end_walk(&mut self, id: LinkId, log: &LogId) -> Option<Walk> {
        let walk = self.forks.walks.remove(&(id, *log))?;
        self.end_search(id, log);
        if let Some(high) = walk.below {
            self.search(id, *log, high);
        }
        Some(walk)
    }

    /// A peer asks for the run that holds an entry: with its signature, or cut to end there.
    pub(in crate::engine) fn on_ask_evidence(
        &mut self,
        id: LinkId,
        log: LogId,
        seq: Seq,
        signed: bool,
    ) {
        let held = self.logs.of(&log).is_some_and(|state| state.held().contains(seq));
        if held && self.may_answer(id) {
            return self.look_up(log, seq, Why::Evidence(id, signed));
        }
        let proof = self.forks.proofs.get(&log).into_iter().flat_map(|proof| &proof.runs);
        let fits = |run: &&Run| {
            if signed { run.last() >= seq && !run.is_chained() } else { run.last() == seq }
        };
        let found = proof.filter(|_| !held && self.may_answer(id)).find(fits);
        if let Some(bytes) = found.map(|run| run.bytes().to_vec()) {
            self.control(id, &Frame::Evidence(bytes));
        }
    }

    /// The run that was asked for is read.
    pub(in crate::engine) fn tell_evidence(
        &mut self,
        id: LinkId,
        run: Run,
        seq: Seq,
        signed: bool,
    ) {
        let end = (!signed).then_some(seq);
        if let Some(run) = run.bare(end, limits::EVIDENCE_BYTES) {
            self.control(id, &Frame::Evidence(run.bytes().to_vec()));
        }
    }

    /// A peer shows a run, without bodies.
    pub(in crate::engine) fn on_evidence(&mut self, id: LinkId, bytes: &[u8]) {
        let run = match Run::read(&self.room, bytes) {
            Ok(run) => run,
            Err(error) => return self.misbehaved(id, &error.to_string()),
        };
        let (log, room, now) = (run.log, self.room, self.now.mono);
        let peer = self.links.get(&id).and_then(|link| link.flow()?.have.of(&log));
        let Some(walk) = self.forks.walks.get_mut(&(id, log)) else { return };
        let signed = |run: &Run| {
            planted(Planted::EvidenceUnsigned)
                || (!run.is_chained() && run.check_signature(&room).is_ok())
        };
        if !walk.fits(&run, signed) {
            // The run that holds it may be part of history whose signatures were not kept.
            let ranges = peer.map(|peer| peer.held.ranges()).unwrap_or_default();
            let around = ranges.iter().find(|range| (range.0..=range.1).contains(&walk.at));
            let top = around.map(|range| range.1).filter(|top| *top > run.last());
            let top = top.filter(|_| walk.next.is_none() && !walk.topped);
            let Some(top) = top else { return self.unproven(id, log) };
            (walk.topped, walk.deadline) = (true, now + limits::SEARCH_TIMEOUT);
            return self.control(id, &Frame::AskEvidence(log, top, true));
        }
        if run.first > walk.at {
            let below = run.first - 1;
            walk.next = Some((below, run.previous));
            walk.deadline = now + limits::SEARCH_TIMEOUT;
            walk.keep(run);
            return self.control(id, &Frame::AskEvidence(log, below, false));
        }
        let (at, goal) = (walk.at, walk.goal);
        let before = at.checked_sub(1).and_then(|before| run.hash_at(before));
        let proven = run.hash_at(at).map(|hash| Proven { hash, before });
        walk.keep(run);
        walk.proven = proven;
        match goal {
            Goal::Fork => self.look_up(log, at, Why::Proven(id, log)),
            Goal::Branch(branch) if self.has_begin(&branch) => {
                self.look_up(branch.parent, at, Why::Proven(id, log));
            }
            // Without an entry there, what stands before it may be another.
            Goal::Branch(branch) if self.holds_before(&branch) => {
                self.look_up(branch.parent, at.saturating_sub(1), Why::Proven(id, log));
            }
            Goal::Branch(branch) => self.on_branch_shown(id, branch),
            Goal::Parent(branch, shown) => {
                let walk = self.end_walk(id, &log);
                let lower = |it: Proven| it.hash < shown.hash && it.before == shown.before;
                if let Some(walk) = walk.filter(|walk| walk.proven.is_some_and(lower)) {
                    self.keep_proof(log, walk);
                    self.accept(branch);
                }
            }
        }
    }

    /// A branch begins as it is said to, and nothing is here to compare it with: whoever has told
    /// of it may be able to show what was in its place.
    fn on_branch_shown(&mut self, id: LinkId, branch: Branch) {
        let walk = self.end_walk(id, &branch.log());
        let named = |shown: &Proven| shown.hash == branch.mark.hash;
        if let Some(shown) = walk.and_then(|walk| walk.proven).filter(named) {
            self.walk(id, branch.parent, branch.mark.at, Goal::Parent(branch, shown));
        }
    }

    /// It is proven what a peer has; our own run, which holds the same place or what stands before
    /// it, is read.
    pub(in crate::engine) fn on_proven_at(&mut self, id: LinkId, walked: LogId, run: &Run) {
        let walk = self.end_walk(id, &walked);
        let Some((walk, proven)) = walk.and_then(|walk| walk.proven.map(|it| (walk, it))) else {
            return;
        };
        let at = walk.at;
        let mine = run.hash_at(at);
        let before = at.checked_sub(1).and_then(|before| run.hash_at(before));
        match (walk.goal, mine) {
            (Goal::Fork, Some(mine)) if proven.before == before && proven.hash != mine => {
                if run.log == self.own {
                    self.open_log();
                }
                let stands = planted(Planted::OwnVersionKeepsName) && self.is_own(&run.log);
                if mine > proven.hash && !stands {
                    self.keep_proof(run.log, walk);
                    self.part(run.log, Mark { at, hash: mine });
                }
            }
            (Goal::Fork, Some(mine)) if proven.hash != mine => self.void(id, run.log, at),
            (Goal::Branch(branch), _) if proven.hash == branch.mark.hash => {
                // Its first entry has a lower one in its place, or hangs on another version.
                let lower = mine.is_some_and(|mine| mine < proven.hash) && proven.before == before;
                if lower || (before.is_some() && proven.before != before) {
                    self.accept(branch);
                } else if mine.is_none() {
                    self.walk(id, branch.parent, at, Goal::Parent(branch, proven));
                }
            }
            // The same, or not what it is said to be.
            (Goal::Fork | Goal::Branch(_) | Goal::Parent(..), _) => {}
        }
    }

    /// Until what was proven has come, others may have to see the evidence, too.
    fn keep_proof(&mut self, log: LogId, walk: Walk) {
        let Some(Proven { hash, .. }) = walk.proven else { return };
        if self.forks.proofs.len() >= limits::PROOFS {
            self.forks.proofs.pop_first();
        }
        let shows = Mark { at: walk.at, hash };
        self.forks.proofs.insert(log, Proof { shows, runs: walk.proof });
    }

    fn accept(&mut self, branch: Branch) {
        let room = self.logs.count() < limits::LOGS;
        if room && self.logs.of(&branch.log()).is_none() {
            self.logs.put(branch.log(), LogState::of_branch(branch));
            self.wants_stale = true;
        }
    }

    /// What a peer says of a log from here on is not shown to be so: it counts for nothing.
    pub(in crate::engine) fn void(&mut self, id: LinkId, log: LogId, at: Seq) {
        let flow = self.links.get_mut(&id).and_then(Link::flow_mut);
        if let Some(flow) = flow {
            flow.have.forget_from(&log, at);
            flow.offer_again(log, at, Seq::MAX - 1);
        }
    }

    /// A peer says what it has where a branch begins: the branch, or what has its place in the log.
    pub(in crate::engine) fn on_marked(&mut self, id: LinkId, said: HashAt, branch: bool) {
        if branch {
            self.search_below(id, said.log, said.seq);
        } else if let Some(flow) = self.links.get_mut(&id).and_then(Link::flow_mut) {
            flow.have.mark(&said.log, said.seq);
        }
        self.wants.answered(&said.log);
        self.wants_stale = true;
    }

    /// What they hold from here on is not of this log: they are told, and ours is sent to them.
    pub(in crate::engine) fn stand_by(&mut self, id: LinkId, said: HashAt) {
        self.void(id, said.log, said.seq);
        self.control(id, &Frame::Hash(said));
    }

    fn unproven(&mut self, id: LinkId, log: LogId) {
        let walk = self.end_walk(id, &log);
        match walk.map(|walk| (walk.goal, walk.at, walk.again)) {
            Some((Goal::Fork, at, again)) => {
                self.void(id, log, at);
                if again {
                    // If it has ours there by now, it says anew what it holds.
                    self.look_up(log, at, Why::Answer(id));
                }
            }
            Some((Goal::Branch(branch) | Goal::Parent(branch, _), _, true)) => {
                self.consider(id, branch);
            }
            Some((Goal::Branch(_) | Goal::Parent(..), _, false)) | None => {}
        }
    }

    /// The end of a log has gone elsewhere: that there is another entry where nothing is held now
    /// need not be proven. What peers hold there counts again, and is compared before it is asked
    /// for.
    pub(in crate::engine) fn end_moot_walks(&mut self, log: &LogId) {
        let held = self.logs.of(log).map(LogState::held).unwrap_or_default();
        let moot = |walk: &Walk| matches!(walk.goal, Goal::Fork) && !held.contains(walk.at);
        let walks = self.forks.walks.iter().filter(|((_, of), walk)| of == log && moot(walk));
        for id in walks.map(|((id, _), _)| *id).collect::<Vec<_>>() {
            self.forks.walks.remove(&(id, *log));
            self.end_search(id, log);
        }
    }

    /// Gives up walks that nobody answers.
    pub(in crate::engine) fn tend_walks(&mut self) {
        let (now, links) = (self.now.mono, &self.links);
        let walks = self.forks.walks.iter();
        let over = walks.filter(|((id, _), walk)| walk.deadline <= now || !links.contains_key(id));
        for (id, log) in over.map(|(key, _)| *key).collect::<Vec<_>>() {
            self.unproven(id, log);
        }
    }

    /// True if one more difference to this peer can be looked into.
    pub(in crate::engine) fn may_search(&self, id: LinkId, log: &LogId) -> bool {
        let (searches, walks) = (&self.forks.searches, &self.forks.walks);
        let of_link = |other: &&(LinkId, LogId)| other.0 == id;
        let open = searches.keys().chain(walks.keys()).filter(of_link).count();
        let under_way = searches.contains_key(&(id, *log)) || walks.contains_key(&(id, *log));
        open < limits::SEARCHES && !under_way && !self.moves(log)
    }

    /// True if there is room to answer a peer's questions, beside those of this device.
    pub(in crate::engine) fn may_answer(&self, id: LinkId) -> bool {
        let reads = self.links.get(&id).and_then(Link::flow).is_some_and(|flow| flow.reads());
        reads && self.forks.lookups < limits::LOOKUPS / 2
    }
}
