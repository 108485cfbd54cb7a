//! What came over links and goes into a batch: as far as it fits into its log.
//!
//! A run that does not fit shows that a log has forked. One that hangs on nothing is kept for a
//! while, in case that comes, and comes again when it is asked for.

use std::collections::BTreeSet;

use crate::engine::Engine;
use crate::engine::commit::Batch;
use crate::engine::inbox::{Away, Incoming, Offered};
use crate::ids::{EntryHash, LinkId, LogId, MemberId, Seq};
use crate::io::Millis;
use crate::limits;
use crate::link::Link;
use crate::log::branch::Branch;
use crate::log::ranges::RangeSet;
use crate::log::run::Run;
use crate::log::{Clash, LogError, LogState, refusal};
use crate::simulation::{Mark, mark};
use crate::view::Trouble;

/// What is found out about the runs of a batch.
#[derive(Default)]
struct Sorting {
    /// What they delete.
    deleted: Vec<(MemberId, EntryHash)>,
    /// Logs of which some were taken since what hung on nothing was last looked at.
    grown: BTreeSet<LogId>,
    refused: Vec<Offered>,
    too_much: Vec<Offered>,
}

/// Why a run is not taken.
enum Unfit {
    /// It hangs on nothing here: kept for a while, in case that comes.
    Loose(Box<Incoming>),
    /// There is no place for it.
    Log(LogError),
}

impl From<LogError> for Unfit {
    fn from(error: LogError) -> Unfit {
        Unfit::Log(error)
    }
}

impl Engine {
    pub(super) fn stage_runs(&mut self, batch: &mut Batch) {
        let away = self.inbox.take_away();
        self.stage_turned_away(batch, away);
        let taken = self.inbox.take();
        let deleted = taken.iter().flat_map(|incoming| Engine::deletions(&incoming.run)).collect();
        for incoming in &taken {
            batch.credit.push((incoming.link, incoming.class, incoming.bytes));
            batch.offered.push(incoming.offered());
        }
        let mut sorting = Sorting { deleted, ..Sorting::default() };
        let mut next = taken;
        while !next.is_empty() {
            for incoming in next {
                self.stage_incoming(batch, incoming, &mut sorting);
            }
            // What hung on nothing may hang on what was just taken.
            next = self.inbox.take_loose(&std::mem::take(&mut sorting.grown));
        }
        self.refuse_runs(&sorting.refused, refusal::QUOTA);
        self.refuse_for_now(&sorting.too_much, refusal::TOO_MUCH);
    }

    /// Takes a run in, as far as it fits and nothing speaks against it.
    fn stage_incoming(&mut self, batch: &mut Batch, incoming: Incoming, sorting: &mut Sorting) {
        let (run, link) = (&incoming.run, incoming.link);
        let (log, member, offered) = (run.log, self.member_of(link), incoming.offered());
        let by_author = member == Some(log.member);
        if !Engine::decisions_whole(run) {
            // Whoever leaves out what was decided keeps nobody else from handing it on.
            return;
        }
        if !by_author && !self.may_be_gone(run, &sorting.deleted) {
            // A body is missing, its author does not say so, and nothing shows that it is gone:
            // asked for again.
            return;
        }
        if self.is_only_words(run) {
            return self.settle_away(batch, Away::of(run, link));
        }
        if self.shut_to(&log.member).is_some() {
            mark(Mark::QuotaSpent);
            return sorting.refused.push(offered);
        }
        match self.stage_run(batch, incoming) {
            Ok(()) => {
                batch.suppliers.entry(log).or_default().insert(link);
                sorting.grown.insert(log);
            }
            Err(Unfit::Loose(incoming)) => self.inbox.keep_loose(*incoming),
            // A log that forks is nobody's fault, and what has no place comes again.
            Err(Unfit::Log(LogError::Fork | LogError::Loose)) => {}
            Err(Unfit::Log(error @ (LogError::Lamport | LogError::Gaps | LogError::Logs))) => {
                if error != LogError::Lamport {
                    sorting.too_much.push(offered);
                }
                self.trouble(Trouble::Peer { member, what: error.to_string() });
            }
        }
    }

    /// True unless a log would be one too many.
    pub(in crate::engine) fn has_place_for(&self, batch: &Batch, log: &LogId) -> bool {
        let known = self.logs.of(log).is_some() || batch.logs.contains_key(log);
        known || self.logs.count() + batch.logs.len() < limits::LOGS
    }

    fn stage_run(&mut self, batch: &mut Batch, incoming: Incoming) -> Result<(), Unfit> {
        let (run, from) = (&incoming.run, incoming.link);
        if !self.has_place_for(batch, &run.log) {
            return Err(LogError::Logs.into());
        }
        let branch = self.logs.of(&run.log).and_then(LogState::branch).map(|branch| branch.mark);
        if branch != run.mark || self.moves(&run.log) {
            return Err(LogError::Loose.into());
        }
        let branch = self.logs.branch_of(run).copied();
        let state = batch.stage(&run.log, self);
        if let Some(branch) = branch.filter(|branch| self.is_branch(run, branch, state)) {
            // It is stored by the branch's name already: the peer does not know of the other one.
            self.void(from, run.log, branch.mark.at);
            return Err(LogError::Loose.into());
        }
        // Which branch of a forked log something is of shows when it hangs on what is here.
        let forked = self.logs.branches().any(|branch| branch.parent == run.log);
        let agreed = self.agreed(from, &run.log);
        let elsewhere = self.is_held_elsewhere(run);
        let waits = forked && self.may_be_joined(from, run);
        let proven = self.is_proven(run);
        let state = batch.stage(&run.log, self);
        match state.fit_proven(run, proven) {
            Ok(new) if new.is_empty() => {
                mark(Mark::RunHeldAlready);
                Ok(())
            }
            Ok(_) if elsewhere && state.stands_alone(run) => {
                // It would only go where it is already: the peer does not know of that name.
                if let Some(flow) = self.links.get_mut(&from).and_then(Link::flow_mut) {
                    flow.have.forget(&run.log, run.first, run.last());
                }
                Err(LogError::Loose.into())
            }
            Ok(_) if waits && state.is_loose(run, agreed) => Err(Unfit::Loose(incoming.into())),
            Err(LogError::Loose) => Err(Unfit::Loose(Incoming { whole: false, ..incoming }.into())),
            Ok(new) => {
                let held = state.held();
                parts(incoming.run, &new, &held)
                    .into_iter()
                    .for_each(|part| self.stage_part(batch, part, from));
                Ok(())
            }
            Err(LogError::Fork) => {
                mark(Mark::ForkSeen);
                match state.clash(run) {
                    Some(Clash::Head(seq, theirs)) => {
                        self.search(from, run.log, (seq, Some(theirs)));
                    }
                    Some(Clash::Loose(first)) => self.part_from(run.log, first),
                    None => {}
                }
                Err(LogError::Fork.into())
            }
            Err(LogError::Lamport) => {
                // Settled: nobody is asked for it again.
                let mut new = RangeSet::of(run.first, run.last());
                new.subtract(&state.held());
                for (first, last) in new.ranges() {
                    state.refuse(*first, *last, refusal::LAMPORT);
                }
                batch.strict = true;
                Err(LogError::Lamport.into())
            }
            Err(error @ (LogError::Gaps | LogError::Logs)) => Err(error.into()),
        }
    }
}

impl Engine {
    /// Of a run in which somebody who is blocked decides something, only words may be new.
    fn stage_part(&mut self, batch: &mut Batch, part: Run, from: LinkId) {
        if self.is_only_words(&part) {
            self.settle_away(batch, Away::of(&part, from));
        } else {
            self.note_expired(from, &part);
            self.stage_whole(batch, part);
        }
    }

    /// True if an entry of a run that is called a branch here is one. Without what it hangs on it
    /// may be none: it was held alone, and another version came. Nor is it one if it hangs on what
    /// is here, nothing is in its place, and nobody has shown that something is.
    fn is_branch(&self, run: &Run, branch: &Branch, state: &LogState) -> bool {
        let held = state.held();
        let shown = self.is_shown(&run.log, branch.mark, state);
        let Some(below) = branch.mark.at.checked_sub(1) else { return shown };
        held.contains(below) && (shown || state.hash_at(below) != run.hash_at(below))
    }

    /// True if what a run hangs on in the end can still come: somebody linked holds what stands
    /// before all that its sender has there. If nobody does, it is held alone like the end of any
    /// log with a gap, until it shows where it belongs.
    fn may_be_joined(&self, from: LinkId, run: &Run) -> bool {
        let flow = |id: &LinkId| self.links.get(id).and_then(Link::flow);
        let held = flow(&from).and_then(|flow| Some(&flow.have.of(&run.log)?.held));
        let within = |range: &&(Seq, Seq)| (range.0..=range.1).contains(&run.last());
        let range = held.and_then(|held| held.ranges().iter().find(within));
        let base = run.mark.map_or(0, |mark| mark.at);
        let Some((first, _)) = range.filter(|(first, _)| *first > base) else { return true };
        self.links.values().filter_map(Link::flow).any(|flow| {
            let peer = flow.have.of(&run.log);
            let peer = peer.filter(|peer| flow.have.counts(&run.log, peer, &self.logs));
            peer.is_some_and(|peer| peer.held.contains(first - 1))
        })
    }

    /// What of a run comes too late by the clock here its author hears before it hears that the
    /// entry is held, which it would take for *delivered*: at once if it sent the run itself, and
    /// from the receipt, whoever brings that.
    fn note_expired(&mut self, from: LinkId, run: &Run) {
        if run.log.member == self.own.member {
            return;
        }
        let over = |expiry: Option<Millis>| expiry.is_some_and(|at| at <= self.now.wall);
        let late = run.iter().filter(|(_, entry)| over(entry.header.expiry));
        let late = RangeSet::from_ranges(late.map(|(seq, _)| (seq, seq)));
        if late.is_empty() {
            return;
        }
        self.told.came_late(run.log, &late);
        self.told.turns.news(run.log);
        let by_author = self.member_of(from) == Some(run.log.member);
        self.told.late_news |= !by_author;
        for (first, last) in late.ranges().iter().filter(|_| by_author) {
            mark(Mark::CameTooLate);
            self.refuse_runs(&[(from, run.log, *first, *last)], refusal::EXPIRED);
        }
    }
}

/// What of a run is new, as runs again: no entry is stored twice. A part is signed if it reaches
/// the run's end; another one is proven by what is held behind it.
fn parts(run: Run, new: &RangeSet, held: &RangeSet) -> Vec<Run> {
    if new.len() == run.last() - run.first + 1 {
        return vec![run];
    }
    mark(Mark::RunCut);
    let part = |(first, last): &(Seq, Seq)| {
        let proven = held.contains(last.saturating_add(1));
        let part = match *last < run.last() && proven {
            true => run.clone().prefix(last.saturating_add(1))?,
            false => run.clone(),
        };
        Some(part.suffix(*first))
    };
    new.ranges().iter().filter_map(part).collect()
}
