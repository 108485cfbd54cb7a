//! Branches of forked logs: who hears of them, and whether what is told of one is true.
//!
//! A branch is taken for one only with evidence: its author has signed it, and has signed something
//! else in its place, whose hash is lower. How that is shown is in `evidence.rs`.

use std::cmp::Ordering;

use crate::engine::Engine;
use crate::engine::forks::Why;
use crate::engine::forks::evidence::Goal;
use crate::frame::Frame;
use crate::ids::{EntryHash, LinkId, LogId, Seq};
use crate::limits;
use crate::link::Link;
use crate::link::flow::Flow;
use crate::log::LogState;
use crate::log::branch::{Branch, Mark};
use crate::log::have::LogHave;

impl Engine {
    /// A branch is known from now on: who is linked has to know it before anything of it.
    pub(in crate::engine) fn tell_of_branch(&mut self, branch: Branch) {
        for id in self.links.keys().copied().collect::<Vec<_>>() {
            self.control(id, &Frame::Branches(vec![branch]));
        }
        // What they knew of the log is void by that: what still stands in it is said again.
        self.tell_log(&branch.parent, None);
    }

    /// The beginning of a branch comes to be held, so that it can be proven: those who do not meet
    /// whoever has moved it hear of it from here.
    pub(in crate::engine) fn pass_on_branch(&mut self, log: &LogId, state: &LogState) {
        let Some(branch) = state.branch().copied() else { return };
        // Whoever moves it says so when all of it has moved.
        let moves = self.forks.jobs.iter().any(|job| job.makes(&branch));
        let begins = |state: &LogState| state.held().contains(branch.mark.at);
        if !moves && begins(state) && !self.logs.of(log).is_some_and(begins) {
            self.tell_of_branch(branch);
        }
    }

    /// A peer says which branches it knows of.
    pub(in crate::engine) fn on_branches(&mut self, id: LinkId, branches: &[Branch]) {
        for branch in branches {
            let flow = self.links.get_mut(&id).and_then(Link::flow_mut);
            let Some(flow) = flow else { return };
            if flow.have.announce(*branch) {
                self.consider(id, *branch);
            }
        }
    }

    /// A peer says what it holds of logs, or has said all: branches that it told of are looked
    /// into, since what shows them to be some may be here or there now.
    pub(in crate::engine) fn consider_told(&mut self, id: LinkId, logs: &[LogHave]) {
        let Some(flow) = self.links.get(&id).and_then(Link::flow) else { return };
        let told: Vec<Branch> = if logs.is_empty() {
            flow.have.branches().filter(|branch| !self.has_begin(branch)).copied().collect()
        } else {
            logs.iter().filter_map(|have| flow.have.branch(&have.log)).copied().collect()
        };
        for branch in told {
            self.consider(id, branch);
        }
    }

    /// Looks whether a branch is one: its log has another entry there, whose hash is lower.
    pub(in crate::engine) fn consider(&mut self, id: LinkId, branch: Branch) {
        let known = self.logs.of(&branch.log()).is_some_and(|state| state.branch().is_some());
        let (parent, at) = (branch.parent, branch.mark.at);
        if known || self.forks.lookups >= limits::LOOKUPS / 2 {
            return;
        }
        if self.has_begin(&branch) {
            self.look_up(parent, at, Why::Branch(id, branch));
        } else if self.lacks(id, &parent, at) {
            self.walk(id, branch.log(), at, Goal::Branch(branch));
        }
    }

    /// True if an entry is held where a branch begins, of the log that it branches off.
    pub(in crate::engine) fn has_begin(&self, branch: &Branch) -> bool {
        let parent = self.logs.of(&branch.parent);
        parent.is_some_and(|state| state.held().contains(branch.mark.at))
    }

    /// True if something else than what has this mark is in its place in a log: it is held, or was
    /// shown. If not, a branch that begins so may be what comes next there.
    pub(in crate::engine) fn is_shown(&self, log: &LogId, mark: Mark, state: &LogState) -> bool {
        state.held().contains(mark.at) || self.is_denied(log, mark)
    }

    /// True if something else than what has this mark was shown to be in its place in a log.
    pub(in crate::engine) fn is_denied(&self, log: &LogId, mark: Mark) -> bool {
        self.forks.proofs.get(log).is_some_and(|proof| proof.denies(mark))
    }

    /// True if what stands before a branch is held, of the log that it branches off.
    pub(in crate::engine) fn holds_before(&self, branch: &Branch) -> bool {
        let parent = self.logs.of(&branch.parent).zip(branch.mark.at.checked_sub(1));
        parent.is_some_and(|(state, before)| state.held().contains(before))
    }

    /// True if this peer has said all that it has, and an entry is not among that. Another one may
    /// say that it holds it and never send it: that must not hide a branch which can be shown.
    fn lacks(&self, id: LinkId, log: &LogId, seq: Seq) -> bool {
        let flow = self.links.get(&id).and_then(Link::flow).filter(|flow| flow.introduced);
        let holds = |flow: &Flow| flow.have.of(log).is_some_and(|peer| peer.held.contains(seq));
        flow.is_some_and(|flow| !holds(flow))
    }

    pub(in crate::engine) fn considered(&mut self, id: LinkId, branch: Branch, ours: EntryHash) {
        let (parent, at) = (branch.parent, branch.mark.at);
        match ours.cmp(&branch.mark.hash) {
            Ordering::Less => self.walk(id, branch.log(), at, Goal::Branch(branch)),
            // Then it is here that the log has to give way, if what the peer has is lower still.
            Ordering::Equal => {
                if self.is_own(&parent) {
                    self.met_myself();
                }
                self.walk(id, parent, at, Goal::Fork);
            }
            // Or it is no part of this version, which parts from its own further down.
            Ordering::Greater => {
                self.search(id, parent, (at, None));
                self.walk(id, branch.log(), at, Goal::Branch(branch));
            }
        }
    }

    /// What was told of branches is looked into again.
    pub(in crate::engine) fn consider_again(&mut self, which: impl Fn(&Branch) -> bool) {
        let links = self.links.iter().filter_map(|(id, link)| Some((*id, link.flow()?)));
        let told = links.flat_map(|(id, flow)| flow.have.branches().map(move |b| (id, *b)));
        for (id, branch) in told.filter(|(_, branch)| which(branch)).collect::<Vec<_>>() {
            self.consider(id, branch);
        }
    }
}
