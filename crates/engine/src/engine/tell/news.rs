//! Which messages of others are new to the person.
//!
//! ```text
//!  in memory, not read ─────────────────────────┐
//!  held by a member when it came, and not here ─┴─► told as unread
//! ```
//! Marks of what was read outlive the page, and whoever has read the end of a room has no history
//! before it to read. What is said while a page is there is not told as unread: the page sees it
//! come, and knows whether somebody looks.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::Engine;
use crate::ids::{EntryId, LogId, MemberId};
use crate::limits;
use crate::log::Logs;
use crate::log::have::{self, PeerHave};
use crate::log::ranges::RangeSet;
use crate::view::{Body, Row};

/// What of others' logs members held when they came, and this device did not: at most
/// [`limits::LOGS`] logs, and the newest [`limits::RANGES`] pieces of each.
#[derive(Debug, Default)]
pub struct Missed(BTreeMap<LogId, RangeSet>);

impl Missed {
    /// A member has said all that it holds.
    pub fn learn(&mut self, held: &PeerHave, ours: &Logs, me: &MemberId) {
        let missing = have::missing(std::iter::once(held), ours, &BTreeMap::new());
        for (log, seqs) in missing.into_iter().filter(|(log, _)| log.member != *me) {
            if self.0.len() >= limits::LOGS && !self.0.contains_key(&log) {
                continue;
            }
            let missed = self.0.entry(log).or_default();
            missed.union(&seqs);
            let surplus = missed.ranges().len().saturating_sub(limits::RANGES);
            *missed = RangeSet::from_ranges(missed.ranges().iter().skip(surplus).copied());
        }
    }

    fn contains(&self, entry: &EntryId) -> bool {
        self.0.get(&entry.log).is_some_and(|missed| missed.contains(entry.seq))
    }
}

impl Engine {
    /// Rows that were stored before, as pages are told them.
    pub(in crate::engine) fn news_among(&self, mut rows: Vec<Row>) -> Vec<Row> {
        let unread = self.unread_among_newest(usize::MAX);
        rows.iter_mut().for_each(|row| row.unread = unread.contains(&row.entry));
        rows
    }

    /// Says of rows that were stored just now which of them nobody saw come.
    pub(super) fn note_missed(&self, rows: &mut [Row]) {
        for row in rows {
            let new = self.told.missed.contains(&row.entry) && !self.has_read(&row.entry);
            row.unread = new && self.has_news(row);
        }
    }

    /// Which messages of others are new, among so many of the newest rows. Whoever has read
    /// something has seen what stands above it: unless it came late, or behind what was read of its
    /// own log.
    pub(super) fn unread_among_newest(&self, most: usize) -> BTreeSet<EntryId> {
        let (mut below, mut unread) = (true, BTreeSet::new());
        for row in self.timeline.newest().take(most) {
            let read = self.told.read.of(&row.entry.log);
            let (is_new, log_went_on) = match read {
                Some(read) if read.contains(row.entry.seq) => (false, false),
                Some(read) => (true, is_behind(read, row.entry.seq)),
                None => (true, false),
            };
            below &= is_new || row.own;
            if is_new && (below || log_went_on || row.late) && self.has_news(row) {
                unread.insert(row.entry);
            }
        }
        unread
    }

    /// True if a row has words of somebody of whom the person wants to hear.
    fn has_news(&self, row: &Row) -> bool {
        matches!(row.body, Body::Text(_)) && self.is_news(row)
    }
}

/// True if a log was read, and what stands in this place came after all of that.
fn is_behind(read: &RangeSet, seq: u64) -> bool {
    read.ranges().last().is_some_and(|(_, last)| *last < seq)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{EntryHash, Incarnation};
    use crate::log::have::{HaveRange, LogHave};

    fn log(member: u8) -> LogId {
        LogId { member: MemberId([member; 32]), incarnation: Incarnation([0; 16]) }
    }

    #[test]
    fn i6_of_what_was_missed_in_too_many_pieces_the_newest_are_kept() {
        let (mut missed, ours, me) = (Missed::default(), Logs::default(), MemberId([9; 32]));
        let most = u64::try_from(limits::RANGES).unwrap_or_default();
        for part in 0..2 {
            let mut held = PeerHave::default();
            let seqs = (0..most).map(|at| 2 * (at + part * most));
            let range = |seq| HaveRange { first: seq, last: seq, head: EntryHash([0; 32]) };
            let ranges: Vec<HaveRange> = seqs.map(range).collect();
            held.learn(&LogHave { log: log(1), ranges: ranges.clone(), refused: vec![] });
            held.learn(&LogHave { log: log(9), ranges, refused: vec![] });
            missed.learn(&held, &ours, &me);
        }
        let entry = |member, seq| EntryId { log: log(member), seq };
        assert_eq!(missed.0[&log(1)].ranges().len(), limits::RANGES);
        assert!(!missed.contains(&entry(1, 0)) && missed.contains(&entry(1, 4 * most - 2)));
        assert!(!missed.contains(&entry(9, 0)), "what is one's own");
    }
}
