//! What this member has read of others' logs: kept on its device, whatever fits its receipt.
//!
//! ```text
//!  log    message  reaction  edit  message  deletion  gone     message
//!  read   [0 ..................... 3 ................]          [6]     one range once 6 is read
//! ```
//! Edits, reactions, deletions and decisions have nothing to read: right behind what was read they
//! count as read at once. Letters to others and bodies that are gone do so when something that
//! stands behind them is read: earlier would name the recipient, or say that somebody was there.
//! Only what is held counts. A record a log is stored, so a reload makes nothing new again.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::commit::Batch;
use crate::engine::forks::moves::Moved;
use crate::engine::load::Purpose;
use crate::engine::{Engine, keys};
use crate::ids::{EntryId, LogId, Seq};
use crate::io::{Record, StoreOp, Table};
use crate::limits;
use crate::log::entry::Kind;
use crate::log::ranges::RangeSet;
use crate::log::run::{Run, RunEntry};
use crate::view::Order;

type ByLog = BTreeMap<LogId, RangeSet>;

/// What was read, and what counts as read with it.
#[derive(Debug, Default)]
pub struct Readings {
    read: ByLog,
    /// Entries without anything to read that are not right behind what was read, yet.
    silent: ByLog,
    /// Letters to others and what is gone, by where they stand.
    carried: BTreeSet<Order>,
    /// Logs of which the records are not as they are here.
    dirty: BTreeSet<LogId>,
    /// A person has read something since a record was stored.
    marked: bool,
}

impl Readings {
    /// What was read of a log.
    #[must_use]
    pub fn of(&self, log: &LogId) -> Option<&RangeSet> {
        self.read.get(log)
    }

    /// True if an entry was read, or counts as read.
    #[must_use]
    pub fn contains(&self, entry: &EntryId) -> bool {
        self.read.get(&entry.log).is_some_and(|read| read.contains(entry.seq))
    }

    /// True if something that a person has read is to be stored.
    #[must_use]
    pub fn is_marked(&self) -> bool {
        self.marked
    }

    /// A person reads messages of a log.
    pub fn mark(&mut self, log: LogId, seqs: &RangeSet) {
        self.learn(log, seqs);
        self.marked = true;
    }

    /// Something of a log was read, here or elsewhere. False if that is no news.
    pub fn learn(&mut self, log: LogId, seqs: &RangeSet) -> bool {
        let known = self.read.get(&log);
        if known.map_or(seqs.is_empty(), |known| seqs.minus(known).is_empty()) {
            return false;
        }
        let read = self.read.entry(log).or_default();
        read.union(seqs);
        keep_newest(read, limits::READ_RANGES);
        self.dirty.insert(log);
        self.bridge(&log);
        true
    }

    /// A record says what was read.
    fn recall(&mut self, log: LogId, seqs: &RangeSet) {
        self.read.entry(log).or_default().union(seqs);
    }

    /// These have nothing to read and are held.
    pub fn pass_over(&mut self, log: LogId, seqs: &RangeSet) {
        if !seqs.is_empty() {
            let silent = self.silent.entry(log).or_default();
            silent.union(seqs);
            keep_newest(silent, limits::RANGES);
            self.bridge(&log);
        }
    }

    /// This counts as read when something behind it does.
    pub fn carry(&mut self, order: Order) {
        if !self.contains(&EntryId { log: order.log, seq: order.seq }) {
            self.carried.insert(order);
        }
        while self.carried.len() > limits::CARRIED {
            self.carried.pop_first();
        }
    }

    /// What is carried and stands before something that was read counts as read. Gives the logs of
    /// which that is news.
    pub fn read_carried(&mut self, before: &Order) -> Vec<LogId> {
        let later = self.carried.split_off(before);
        let mut passed = ByLog::new();
        for Order { log, seq, .. } in std::mem::replace(&mut self.carried, later) {
            passed.entry(log).or_default().insert(seq, seq);
        }
        passed.retain(|log, seqs| self.learn(*log, seqs));
        passed.into_keys().collect()
    }

    /// What is silent and right behind what was read counts as read.
    fn bridge(&mut self, log: &LogId) {
        let Some((read, silent)) = self.read.get_mut(log).zip(self.silent.get_mut(log)) else {
            return;
        };
        silent.subtract(read);
        let behind = |first: Seq| first.checked_sub(1).is_some_and(|seq| read.contains(seq));
        let near = silent.ranges().iter().filter(|(first, _)| behind(*first)).copied();
        let near = RangeSet::from_ranges(near.collect::<Vec<_>>());
        silent.subtract(&near);
        if silent.is_empty() {
            self.silent.remove(log);
        }
        if !near.is_empty() {
            read.union(&near);
            self.dirty.insert(*log);
        }
    }

    /// A part of a log has another name.
    pub fn rename(&mut self, moved: &Moved) {
        rename(&mut self.read, moved);
        rename(&mut self.silent, moved);
        let Moved { log, part, to } = *moved;
        let named = |order: Order| match order.log == log && (part.0..=part.1).contains(&order.seq)
        {
            true => Order { log: to, ..order },
            false => order,
        };
        self.carried = std::mem::take(&mut self.carried).into_iter().map(named).collect();
    }

    /// The logs of which the records have to be stored, with these that have changed names.
    fn take_dirty(&mut self, moved: &[Moved]) -> BTreeSet<LogId> {
        self.marked = false;
        let mut logs = std::mem::take(&mut self.dirty);
        let concerned = moved.iter().filter(|moved| self.read.contains_key(&moved.log));
        logs.extend(concerned.flat_map(|moved| [moved.log, moved.to]));
        logs
    }

    /// Records were not stored.
    pub fn mark_dirty(&mut self, logs: BTreeSet<LogId>) {
        self.marked |= !logs.is_empty();
        self.dirty.extend(logs);
    }
}

/// Of more pieces than these the oldest are forgotten.
fn keep_newest(set: &mut RangeSet, most: usize) {
    let surplus = set.ranges().len().saturating_sub(most);
    if surplus > 0 {
        *set = RangeSet::from_ranges(set.ranges().iter().skip(surplus).copied());
    }
}

fn rename(sets: &mut ByLog, Moved { log, part, to }: &Moved) {
    let Some(set) = sets.get_mut(log) else { return };
    let moved = set.take(&RangeSet::of(part.0, part.1));
    if !moved.is_empty() {
        sets.entry(*to).or_default().union(&moved);
    }
}

/// The record as it is stored.
pub(in crate::engine) fn encode(read: &RangeSet) -> Vec<u8> {
    postcard::to_allocvec(read.ranges()).unwrap_or_default()
}

/// Reads a stored record; what newer versions add stands behind it.
pub(in crate::engine) fn decode(bytes: &[u8]) -> Option<RangeSet> {
    let (ranges, _) = postcard::take_from_bytes::<Vec<(Seq, Seq)>>(bytes).ok()?;
    Some(RangeSet::from_ranges(ranges))
}

impl Engine {
    /// Takes note of what of a stored run has nothing to read.
    pub(in crate::engine) fn carry(&mut self, run: &Run) {
        if run.log.member == self.own.member {
            return;
        }
        let silent = run.iter().filter(|(_, entry)| is_silent(entry.header.kind));
        let silent = RangeSet::from_ranges(silent.map(|(seq, _)| (seq, seq)));
        self.told.read.pass_over(run.log, &silent);
        for (seq, entry) in run.iter().filter(|(_, entry)| !is_silent(entry.header.kind)) {
            let id = EntryId { log: run.log, seq };
            if self.is_gone(entry) || self.is_for_others(&id, entry) {
                let lamport = entry.header.lamport;
                self.told.read.carry(Order { lamport, log: run.log, seq });
            }
        }
    }

    /// True if nobody can read an entry any more. What expired here may have time left by the clock
    /// of its author, who would take it for read by somebody.
    fn is_gone(&self, entry: &RunEntry) -> bool {
        let over = |at: u64| at.saturating_add(limits::EXPIRED_FOR_ALL) <= self.now.wall;
        entry.body.is_none() && entry.header.expiry.is_none_or(over)
    }

    /// True if an entry is sealed for others, or is no message to oneself. A receipt would tell for
    /// whom it is if it did not count as read with what is behind it.
    fn is_for_others(&self, id: &EntryId, entry: &RunEntry) -> bool {
        let mine = || self.members.shares(&id.log.member, &id.log, id.seq);
        entry.header.kind == Kind::PRIVATE && !mine() && !self.timeline.knows(id)
    }

    /// Reads the records.
    pub(in crate::engine) fn load_readings(&mut self) {
        let most = u32::try_from(limits::LOGS).unwrap_or(u32::MAX);
        let range = keys::readings(&self.room);
        self.scan(Purpose::Readings, Table::Projections, range, false, most);
    }

    pub(in crate::engine) fn on_readings(&mut self, records: Vec<Record>) {
        for (key, value) in records {
            match (keys::read_reading(&key), decode(&value)) {
                (Some(log), Some(read)) => self.told.read.recall(log, &read),
                (None, _) | (_, None) => self.damaged(Table::Projections),
            }
        }
        self.load_early();
    }

    /// Records become part of a batch, by the names that entries have once it is stored.
    pub(in crate::engine) fn stage_readings(&mut self, batch: &mut Batch) {
        let logs = self.told.read.take_dirty(&batch.moved);
        let known = |log: &LogId| Some((*log, self.told.read.of(log)?.clone()));
        let mut read: ByLog = logs.iter().filter_map(known).collect();
        batch.moved.iter().for_each(|moved| rename(&mut read, moved));
        for log in &logs {
            let key = keys::reading(&self.room, log);
            batch.ops.push(match read.get(log).filter(|read| !read.is_empty()) {
                Some(read) => StoreOp::Put(Table::Projections, key, encode(read)),
                None => StoreOp::Delete(Table::Projections, key),
            });
        }
        batch.readings = logs;
    }
}

fn is_silent(kind: Kind) -> bool {
    kind.is_note() || kind == Kind::GOVERNANCE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Incarnation, MemberId};

    const LOG: LogId = LogId { member: MemberId([1; 32]), incarnation: Incarnation([0; 16]) };
    const BRANCH: LogId = LogId { member: MemberId([1; 32]), incarnation: Incarnation([9; 16]) };

    fn ranges(readings: &Readings, log: &LogId) -> Vec<(Seq, Seq)> {
        readings.of(log).map(|read| read.ranges().to_vec()).unwrap_or_default()
    }

    fn order(seq: Seq) -> Order {
        Order { lamport: seq, log: LOG, seq }
    }

    fn read(readings: &mut Readings, seq: Seq) {
        readings.mark(LOG, &RangeSet::of(seq, seq));
    }

    #[test]
    fn what_has_nothing_to_read_counts_as_read_behind_what_was_read_and_only_there() {
        let mut readings = Readings::default();
        readings.pass_over(LOG, &RangeSet::from_ranges([(1, 3), (5, 5), (7, 8)]));
        assert_eq!(ranges(&readings, &LOG), []);
        read(&mut readings, 4);
        assert_eq!(ranges(&readings, &LOG), [(4, 5)], "nothing before it");
        read(&mut readings, 0);
        assert_eq!(ranges(&readings, &LOG), [(0, 5)]);
        readings.pass_over(LOG, &RangeSet::of(9, 9));
        assert_eq!(ranges(&readings, &LOG), [(0, 5)], "6 was not read");
        read(&mut readings, 6);
        assert_eq!(ranges(&readings, &LOG), [(0, 9)]);
        readings.pass_over(LOG, &RangeSet::of(10, 12));
        assert_eq!(ranges(&readings, &LOG), [(0, 12)], "what comes later, too");
        readings.pass_over(LOG, &RangeSet::of(14, 14));
        assert_eq!(ranges(&readings, &LOG), [(0, 12)], "13 is not held");
    }

    #[test]
    fn what_is_carried_counts_as_read_with_what_is_behind_it() {
        let mut readings = Readings::default();
        [1, 2, 5].map(order).into_iter().for_each(|order| readings.carry(order));
        read(&mut readings, 0);
        assert_eq!(ranges(&readings, &LOG), [(0, 0)]);
        read(&mut readings, 3);
        readings.read_carried(&order(3));
        assert_eq!(ranges(&readings, &LOG), [(0, 3)]);
    }

    #[test]
    fn what_has_another_name_is_read_by_that_name() {
        let mut readings = Readings::default();
        (0..4).for_each(|seq| read(&mut readings, seq));
        readings.pass_over(LOG, &RangeSet::of(5, 5));
        readings.carry(order(6));
        readings.take_dirty(&[]);
        let moved = Moved { log: LOG, part: (2, 9), to: BRANCH };
        assert_eq!(readings.take_dirty(&[moved]), BTreeSet::from([LOG, BRANCH]));
        readings.rename(&moved);
        assert_eq!(ranges(&readings, &LOG), [(0, 1)]);
        assert_eq!(ranges(&readings, &BRANCH), [(2, 3)]);
        readings.mark(BRANCH, &RangeSet::of(4, 4));
        readings.read_carried(&Order { lamport: 7, log: BRANCH, seq: 7 });
        assert_eq!(ranges(&readings, &BRANCH), [(2, 6)]);
        assert_eq!(ranges(&readings, &LOG), [(0, 1)]);
    }

    #[test]
    fn i6_of_too_many_pieces_the_oldest_are_forgotten() {
        let mut readings = Readings::default();
        let most = Seq::try_from(limits::READ_RANGES).unwrap_or_default();
        (0..most + 2).for_each(|number| read(&mut readings, 2 * number));
        assert_eq!(readings.of(&LOG).map(|read| read.ranges().len()), Some(limits::READ_RANGES));
        assert_eq!(readings.of(&LOG).and_then(RangeSet::first), Some(4));
    }
}
