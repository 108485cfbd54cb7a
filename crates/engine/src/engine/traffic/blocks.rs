//! Whom this device does not listen to, and how much it takes of those to whom it does.
//!
//! ```text
//!  blocked ──► what it sends itself: dropped before its signature is checked ─┐
//!          ──► what others pass on of it: verified, then dropped ─────────────┴─► settled: told
//!          ──► a run in which it decides something for the room: stored           to it alone
//! ```
//! A block is about words. What a blocked member decides (who is let in, removed, which secret
//! comes next) counts: whoever left that out would soon be alone in an epoch of the past. So the
//! logs of those who may decide are asked for, those of others are not while nothing is unsettled.
//! What is settled so is not held and never told as such. An unblocking opens it in the same
//! transaction, and then it is missing and asked for like anything else.

use crate::engine::Engine;
use crate::engine::commit::Batch;
use crate::engine::inbox::Away;
use crate::ids::{LinkId, MemberId};
use crate::io::Millis;
use crate::link::Link;
use crate::log::LogState;
use crate::log::entry::Kind;
use crate::log::have::LogHave;
use crate::log::refusal;
use crate::log::run::Run;
use crate::simulation::{Mark, Planted, mark, planted};
use crate::view::{Role, Row, Treatment};

impl Engine {
    /// A person wants nothing more of a member, or something again.
    pub(in crate::engine) fn block(&mut self, member: MemberId, blocked: bool) {
        self.treat(member, |treatment| treatment.blocked = blocked);
        if blocked {
            self.end_typing(member);
        }
    }

    /// A person wants to be told no news of a member, or again.
    pub(in crate::engine) fn mute_member(&mut self, member: MemberId, muted: bool) {
        self.treat(member, |treatment| treatment.muted = muted);
    }

    fn treat(&mut self, member: MemberId, change: impl FnOnce(&mut Treatment)) {
        if !self.is_other(&member) {
            return;
        }
        let mut treatment = self.members.acquaintances.treatment(&member);
        change(&mut treatment);
        if self.members.acquaintances.treat(member, treatment) {
            (self.told.stale, self.told.short.stale, self.wants_stale) = (true, true, true);
        }
    }

    pub(in crate::engine) fn is_blocked(&self, member: &MemberId) -> bool {
        self.members.acquaintances.treatment(member).blocked
    }

    /// True if what stands in a row is news that a person wants to be told of.
    pub(in crate::engine) fn is_news(&self, row: &Row) -> bool {
        !row.own && self.members.acquaintances.treatment(&row.author) == Treatment::default()
    }

    /// True if something of a member's logs is wanted: all, or what it decides.
    pub(in crate::engine) fn listens_to(&self, member: &MemberId) -> bool {
        !self.is_blocked(member) || self.may_have_decided(member)
    }

    /// True if what a member decides may count, or if something has been decided of which not all
    /// is known here: any member merges epochs.
    fn may_have_decided(&self, member: &MemberId) -> bool {
        let membership = &self.governance.membership;
        let standing = membership.standing();
        let mut flows = self.links.values().filter_map(Link::flow);
        let unsettled = standing.epochs.len() > 1
            || membership.waiting() > 0
            || flows.any(|flow| flow.early.is_some());
        standing.gated || unsettled || membership.role(member) >= Role::Admin
    }

    /// A link knows a secret that is not known here: who has decided about it may be blocked.
    pub(in crate::engine) fn look_for_decisions(&mut self) {
        self.wants_stale |= self.members.acquaintances.blocks();
    }

    /// What of a run's author has no place here, before anything is done with it: it is blocked
    /// and says this itself, so nobody else has to be protected from what it claims.
    pub(in crate::engine) fn turns_away(&self, from: LinkId, run: &Run) -> bool {
        self.member_of(from) == Some(run.log.member) && self.is_only_words(run)
    }

    /// True if a run has only words of a member that is blocked.
    pub(in crate::engine) fn is_only_words(&self, run: &Run) -> bool {
        let decides = || run.iter().any(|(_, entry)| entry.header.kind == Kind::GOVERNANCE);
        self.is_blocked(&run.log.member) && !decides() && !planted(Planted::BlockedStored)
    }

    /// Settles what the blocked have said, as long as they are.
    pub(in crate::engine) fn stage_turned_away(&mut self, batch: &mut Batch, away: Vec<Away>) {
        for away in away {
            batch.credit.push((away.link, away.class, away.bytes));
            if self.is_blocked(&away.log.member) {
                self.settle_away(batch, away);
            }
        }
    }

    /// Settles a part of a log that has no place here, if it is known by this name.
    pub(in crate::engine) fn settle_away(&mut self, batch: &mut Batch, away: Away) {
        let log = away.log;
        let branch = self.logs.of(&log).and_then(LogState::branch).map(|branch| branch.mark);
        if branch != away.mark || self.moves(&log) || !self.has_place_for(batch, &log) {
            return;
        }
        mark(Mark::TurnedAway);
        batch.stage(&log, self).turn_away(away.first, away.last);
        batch.suppliers.entry(log).or_default().insert(away.link);
        batch.strict = true;
        batch.away.push(Away { bytes: 0, ..away });
    }

    /// What was settled while somebody was blocked is missing again, once that is over.
    pub(in crate::engine) fn stage_unblocked(&self, batch: &mut Batch, member: &MemberId) {
        if self.is_blocked(member) || planted(Planted::BlockedStaysSettled) {
            return;
        }
        let logs = self.logs.iter().filter(|(log, _)| log.member == *member);
        for (log, _) in logs.filter(|(_, state)| state.turned_away()) {
            batch.stage(log, self).take_back();
        }
    }

    /// What of one log a member is told: that its author is blocked, and what of it came too late,
    /// the author alone.
    pub(in crate::engine) fn have_for(&self, to: &MemberId, mut have: LogHave) -> LogHave {
        if have.log.member != *to {
            have.refused.retain(|(.., reason)| *reason != refusal::BLOCKED);
        } else if let Some(late) = self.told.late.get(&have.log) {
            have.tell_late(late);
        }
        have
    }

    /// Until when nothing of a member is taken, because it has said too much at once.
    pub(in crate::engine) fn shut_to(&self, member: &MemberId) -> Option<Millis> {
        let shut = self.quotas.shut(member, self.now.mono);
        shut.filter(|_| *member != self.own.member)
    }

    /// Counts what is stored of others.
    pub(in crate::engine) fn charge(&mut self, runs: &[Run]) {
        for run in runs.iter().filter(|run| run.log.member != self.own.member) {
            let entries = u64::try_from(run.entries.len()).unwrap_or(u64::MAX);
            self.quotas.charge(run.log.member, entries, run.bytes().len(), self.now.mono);
        }
    }
}
