//! One key and more than one life of it: a restored backup, a copied profile.
//!
//! ```text
//!  a peer holds more of the own log than is here
//!     nothing written in this life ─► wait for it, then go on in the same log
//!     otherwise, or it does not come ─► a new log, chained to the last known head
//!  the own key speaks from elsewhere, the own log has forked ─► a new log
//! ```
//! A log is opened at random and stored in the transaction of the first entry in it, so that no two
//! lives ever write the same one. Nobody else can know it, so one a life is enough.

use crate::engine::Engine;
use crate::ids::{EntryHash, Incarnation, LogId, MemberId, Seq};
use crate::io::{Millis, Table};
use crate::limits;
use crate::link::Link;
use crate::log::LogState;
use crate::simulation::{Planted, planted};

/// What this life has done with the own log.
#[derive(Debug, Default)]
pub struct Life {
    /// The log was drawn in this life: no other writes it.
    fresh: bool,
    /// Something was written in this life.
    wrote: bool,
    /// Since when a peer is seen to hold more of the own log than is here.
    behind: Option<Millis>,
}

impl Life {
    /// Something is written now.
    pub fn write(&mut self) {
        self.wrote = true;
    }

    /// When waiting for what others hold of the own log ends.
    #[must_use]
    pub fn deadline(&self) -> Option<Millis> {
        self.behind.map(|since| since + limits::OWN_GRACE)
    }
}

impl Engine {
    /// True if the own log can be continued now; opens another one if it must not be.
    pub(super) fn may_write(&mut self) -> bool {
        let blind = planted(Planted::OwnEntriesOverwritten);
        if self.life.fresh || blind || !self.own_is_behind() {
            self.life.behind = None;
            return true;
        }
        let now = self.now.mono;
        let since = *self.life.behind.get_or_insert(now);
        if self.life.wrote || now >= since + limits::OWN_GRACE {
            self.open_log();
            return true;
        }
        false
    }

    /// True if a linked member holds entries of the own log that are newer than all that are here.
    fn own_is_behind(&self) -> bool {
        let last = |seqs: crate::log::ranges::RangeSet| seqs.last();
        let mine: Option<Seq> = self.logs.of(&self.own).map(LogState::settled).and_then(last);
        let theirs = self.links.values().filter_map(Link::flow);
        let theirs = theirs.filter_map(|flow| flow.have.of(&self.own)?.held.last());
        theirs.max().is_some_and(|theirs| Some(theirs) > mine)
    }

    /// The own key is in use elsewhere, or what it wrote there has come to light.
    pub(super) fn met_myself(&mut self) {
        if !self.life.fresh && self.is_open() && !planted(Planted::CopyKeepsLog) {
            self.open_log();
        }
    }

    /// Something of a log is stored. If it is an own one that another life has written, who its
    /// recipients were is not known here: everybody who is known.
    pub(super) fn meet_log(&mut self, log: &LogId) {
        let elsewhere = log.member == self.own.member && *log != self.own;
        if elsewhere && self.members.hear_nothing_of(log) {
            self.members.follow(*log);
        }
    }

    /// The same for all logs that were read from the store.
    pub(super) fn meet_logs(&mut self) {
        for log in self.logs.iter().map(|(log, _)| *log).collect::<Vec<_>>() {
            self.meet_log(&log);
        }
    }

    /// The first member to come is the recipient of all that was said to nobody, in earlier logs,
    /// too.
    pub(super) fn heard_of_earlier(&mut self, member: MemberId) {
        let own = self.logs.iter().filter(|(log, _)| log.member == self.own.member);
        let earlier = own.filter(|(log, _)| **log != self.own);
        let earlier: Vec<_> = earlier.map(|(log, state)| (*log, state.held())).collect();
        for (log, held) in earlier {
            self.members.hear(member, log, &held);
            self.update_rows(log, &held);
        }
    }

    /// The newest draft that is an entry of the own log: if less than that is known of it, the
    /// record of the log was lost, and its places are taken.
    pub(super) fn leave_lost_log(&mut self, newest: Option<Seq>) {
        if newest > self.logs.of(&self.own).and_then(LogState::head).map(|(seq, ..)| seq) {
            self.damaged(Table::Projections);
            self.open_log();
        }
    }

    pub(super) fn open_log(&mut self) {
        let incarnation = Incarnation(self.random.bytes());
        self.record.set_incarnation(incarnation);
        self.own = LogId { member: self.own.member, incarnation };
        self.life = Life { fresh: true, ..Life::default() };
        self.members.follow(self.own);
        // Stored with the first entry, or with whatever is stored before it.
        self.commits.record_dirty = true;
        self.told.pending_stale = true;
    }

    /// What stands in place of a previous hash before the first entry of the own log: the newest
    /// entry of one's other logs.
    pub(super) fn last_words(&self) -> EntryHash {
        let mine = self.logs.iter().filter(|(log, _)| log.member == self.own.member);
        let heads = mine.filter_map(|(_, state)| state.head());
        let newest = heads.max_by_key(|(_, hash, lamport)| (*lamport, *hash));
        newest.map_or(EntryHash::NONE, |(_, hash, _)| hash)
    }
}
