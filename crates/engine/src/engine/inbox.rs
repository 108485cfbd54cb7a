//! What came over links, verified, and is not stored yet.
//!
//! Runs here are within the credit of the links they came over, registers are one for each cell:
//! both are bounded. Nothing here is acknowledged.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::ids::{EntryHash, LinkId, LogId, MemberId, Seq};
use crate::limits;
use crate::log::branch::Mark;
use crate::log::ranges::RangeSet;
use crate::log::run::Run;
use crate::queue::Class;
use crate::register::{Register, RegisterKey, RegisterKind};

/// A run and whom to thank for it.
#[derive(Debug)]
pub struct Incoming {
    /// The link that it came over.
    pub link: LinkId,
    /// The class whose credit it used.
    pub class: Class,
    /// How much of it.
    pub bytes: usize,
    /// The run.
    pub run: Run,
    /// True if it vouches for what stands before it; not if it may be dropped, since a body is
    /// missing, nor if what vouched for it was dropped: nobody could be shown why that is believed.
    pub whole: bool,
}

/// What a link has offered: from which seq of a log to which.
pub type Offered = (LinkId, LogId, Seq, Seq);

impl Incoming {
    /// What of which log it is.
    #[must_use]
    pub fn offered(&self) -> Offered {
        (self.link, self.run.log, self.run.first, self.run.last())
    }
}

/// A part of a log that is not taken, because its author is blocked.
#[derive(Clone, Copy, Debug)]
pub struct Away {
    /// The link that it came over.
    pub link: LinkId,
    /// The class whose credit it used.
    pub class: Class,
    /// How much of it.
    pub bytes: usize,
    /// The log.
    pub log: LogId,
    /// Where the branch begins, in a branch.
    pub mark: Option<Mark>,
    /// The first of the entries.
    pub first: Seq,
    /// The last of them.
    pub last: Seq,
}

impl Away {
    /// A run whose credit was given back, or is about to be.
    pub fn of(run: &Run, link: LinkId) -> Away {
        let (class, bytes) = (Class::from(run.class), 0);
        let (log, mark, first, last) = (run.log, run.mark, run.first, run.last());
        Away { link, class, bytes, log, mark, first, last }
    }
}

/// Verified and not stored.
#[derive(Debug, Default)]
pub struct Inbox {
    runs: VecDeque<Incoming>,
    bytes: usize,
    /// Bytes of the runs that wait, by author.
    bytes_of: BTreeMap<MemberId, usize>,
    /// Not verified, and about to be settled; within the credit of links, too.
    away: Vec<Away>,
    /// Runs that hang on nothing here, the oldest first; their credit is given back.
    loose: VecDeque<Incoming>,
    registers: BTreeMap<RegisterKey, Register>,
    /// What runs say that stands before them which were proven, and may have been dropped for want
    /// of a body.
    proven: BTreeMap<(LogId, Seq), EntryHash>,
}

impl Inbox {
    /// Puts a run.
    pub fn put(&mut self, incoming: Incoming) {
        self.bytes += incoming.bytes;
        *self.bytes_of.entry(incoming.run.log.member).or_default() += incoming.bytes;
        if let (false, Some(before)) = (incoming.whole, incoming.run.first.checked_sub(1)) {
            self.proven.insert((incoming.run.log, before), incoming.run.previous);
            if self.proven.len() > limits::KNOWN_HASHES {
                self.proven.pop_first();
            }
        }
        self.runs.push_back(incoming);
    }

    /// Takes note of what is not taken. What used credit is bounded by that; what had its credit
    /// back, because it could not be settled yet, by [`limits::TURNED_AWAY`]: of what is over that
    /// its author is not told.
    pub fn put_away(&mut self, away: impl IntoIterator<Item = Away>) {
        for away in away {
            if away.bytes > 0 || self.away.len() < limits::TURNED_AWAY {
                self.away.push(away);
            }
        }
    }

    /// All that is not taken.
    pub fn take_away(&mut self) -> Vec<Away> {
        std::mem::take(&mut self.away)
    }

    /// Up to which of its entries a run is vouched for by one that waits, for the disk or for what
    /// it hangs on.
    #[must_use]
    pub fn vouched_to(&self, run: &Run) -> Option<Seq> {
        let proves = |incoming: &&Incoming| incoming.whole && incoming.run.log == run.log;
        let waiting = self.runs.iter().chain(&self.loose).filter(proves);
        let waiting = waiting.map(|incoming| &incoming.run);
        let before = waiting.filter_map(|next| Some((next.first.checked_sub(1)?, next.previous)));
        let within = before.filter(|(seq, _)| (run.first..=run.last()).contains(seq));
        let named = within.filter(|(seq, hash)| run.hash_at(*seq) == Some(*hash));
        named.map(|(seq, _)| seq).max()
    }

    /// True if a run without a body, or one that hangs on nothing yet, has shown that this is the
    /// last hash of another: its headers are proven, whether it can be stored or not.
    #[must_use]
    pub fn is_proven(&self, log: &LogId, last: Seq, head: &EntryHash) -> bool {
        let names = |Incoming { run, whole, .. }: &Incoming| {
            *whole && run.log == *log && last + 1 == run.first && run.previous == *head
        };
        self.proven.get(&(*log, last)) == Some(head) || self.loose.iter().any(names)
    }

    /// Puts a register, unless a newer one waits.
    pub fn put_register(&mut self, register: Register) {
        let most = limits::MEMBERS * usize::from(RegisterKind::COUNT);
        let older = self.registers.get(&register.key());
        let newer = older.is_none_or(|older| older.counter < register.counter);
        if newer && (older.is_some() || self.registers.len() < most) {
            self.registers.insert(register.key(), register);
        }
    }

    /// The runs of the next batch: at most [`limits::BATCH_BYTES`], at least one.
    pub fn take(&mut self) -> Vec<Incoming> {
        let mut taken = Vec::new();
        let mut bytes = 0;
        while let Some(next) = self.runs.front() {
            if !taken.is_empty() && bytes + next.bytes > limits::BATCH_BYTES {
                break;
            }
            bytes += next.bytes;
            let author = next.run.log.member;
            let of_one = self.bytes_of.entry(author).or_default();
            *of_one = of_one.saturating_sub(next.bytes);
            if *of_one == 0 {
                self.bytes_of.remove(&author);
            }
            taken.extend(self.runs.pop_front());
        }
        self.bytes -= bytes;
        taken
    }

    /// Keeps a run that hangs on nothing here: the newest of such, at most [`limits::LOOSE_RUNS`]
    /// and [`limits::LOOSE_BYTES`]. It does not count as here: it is asked for again in time.
    pub fn keep_loose(&mut self, incoming: Incoming) {
        let same = |other: &Incoming| {
            other.offered().1 == incoming.run.log && other.run.head() == incoming.run.head()
        };
        self.loose.retain(|other| !same(other));
        self.loose.push_back(incoming);
        let mut bytes: usize = self.loose.iter().map(|incoming| incoming.bytes).sum();
        while (bytes > limits::LOOSE_BYTES || self.loose.len() > limits::LOOSE_RUNS)
            && let Some(oldest) = self.loose.pop_front()
        {
            bytes -= oldest.bytes;
        }
    }

    /// Takes out what hung on nothing in these logs, the newest entries first: each vouches for the
    /// one before it.
    pub fn take_loose(&mut self, logs: &BTreeSet<LogId>) -> Vec<Incoming> {
        let loose = std::mem::take(&mut self.loose).into_iter();
        let (mut taken, kept): (Vec<Incoming>, Vec<Incoming>) =
            loose.partition(|incoming| logs.contains(&incoming.run.log));
        self.loose = kept.into();
        taken.sort_by_key(|incoming| Reverse(incoming.run.first));
        taken
    }

    /// Bytes of the runs that wait.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Bytes of the runs of one author that wait.
    #[must_use]
    pub fn bytes_of(&self, author: &MemberId) -> usize {
        self.bytes_of.get(author).copied().unwrap_or_default()
    }

    /// The counter of the register that waits, 0 if there is none.
    #[must_use]
    pub fn counter(&self, key: &RegisterKey) -> u64 {
        self.registers.get(key).map_or(0, |register| register.counter)
    }

    /// All registers.
    pub fn take_registers(&mut self) -> Vec<Register> {
        std::mem::take(&mut self.registers).into_values().collect()
    }

    /// What of each log is here.
    #[must_use]
    pub fn seqs(&self) -> BTreeMap<LogId, RangeSet> {
        let mut seqs: BTreeMap<LogId, RangeSet> = BTreeMap::new();
        for Incoming { run, .. } in &self.runs {
            seqs.entry(run.log).or_default().insert(run.first, run.last());
        }
        for away in &self.away {
            seqs.entry(away.log).or_default().insert(away.first, away.last);
        }
        seqs
    }

    /// How many entries are here.
    #[must_use]
    pub fn entries(&self) -> u64 {
        let entries = self.runs.iter().map(|incoming| incoming.run.entries.len()).sum::<usize>();
        u64::try_from(entries).unwrap_or(u64::MAX)
    }

    /// True if there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.registers.is_empty() && self.away.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::sign::Keypair;
    use crate::ids::{EpochId, Incarnation, RoomId};
    use crate::log::run::Start;
    use crate::view::Priority;

    fn loose(incarnation: u8, first: Seq, bytes: usize) -> Incoming {
        let keypair = Keypair::from_seed(&[1; 32]);
        let incarnation = Incarnation([incarnation; 16]);
        let log = LogId { member: keypair.member(), incarnation };
        let previous = EntryHash([u8::try_from(first).unwrap(); 32]);
        let (room, epoch, class) = (RoomId([4; 32]), EpochId::FIRST, Priority::Normal);
        let run =
            Run::sign(&Start { room, log, first, previous, epoch, class }, Vec::new(), &keypair);
        Incoming { link: LinkId(1), class: Class::Normal, bytes, run, whole: true }
    }

    #[test]
    fn i6_what_hangs_on_nothing_has_a_bound_and_comes_back_when_its_log_grows() {
        let mut inbox = Inbox::default();
        [3, 9, 5].into_iter().for_each(|first| inbox.keep_loose(loose(1, first, 100)));
        inbox.keep_loose(loose(1, 5, 100));
        inbox.keep_loose(loose(2, 7, 100));
        let log = loose(1, 0, 0).run.log;
        let taken = inbox.take_loose(&BTreeSet::from([log]));
        let firsts: Vec<Seq> = taken.iter().map(|incoming| incoming.run.first).collect();
        assert_eq!(firsts, [9, 5, 3], "each once, the newest first");
        assert!(inbox.take_loose(&BTreeSet::from([log])).is_empty());
        // The one of the other log is the oldest: it goes for what is too much.
        let part = limits::LOOSE_BYTES / 8;
        (0..8).for_each(|first| inbox.keep_loose(loose(1, first, part)));
        assert!(inbox.take_loose(&BTreeSet::from([loose(2, 0, 0).run.log])).is_empty());
        inbox.keep_loose(loose(1, 8, part));
        let firsts: Vec<Seq> =
            inbox.take_loose(&BTreeSet::from([log])).iter().map(|it| it.run.first).collect();
        assert_eq!(firsts, [8, 7, 6, 5, 4, 3, 2, 1], "at most so many bytes, the newest");
        // Small ones, each of which could make the others be looked at again, are few.
        (0..=100).for_each(|_| inbox.keep_loose(loose(2, 0, 1)));
        let most = u8::try_from(limits::LOOSE_RUNS - 1).unwrap();
        (0..=most).for_each(|number| inbox.keep_loose(loose(3, number.into(), 1)));
        assert!(inbox.take_loose(&BTreeSet::from([loose(2, 0, 0).run.log])).is_empty());
        let taken = inbox.take_loose(&BTreeSet::from([loose(3, 0, 0).run.log]));
        assert_eq!(taken.len(), limits::LOOSE_RUNS);
    }

    #[test]
    fn i6_what_is_turned_away_while_nothing_can_be_stored_has_a_bound_and_its_credit_comes_back() {
        let log = LogId { member: MemberId([1; 32]), incarnation: Incarnation([2; 16]) };
        let (link, class) = (LinkId(3), Class::Normal);
        let away = |bytes| Away { link, class, bytes, log, mark: None, first: 0, last: 0 };
        let mut inbox = Inbox::default();
        // A store that fails again and again puts back what had its credit back, and more comes.
        for _ in 0..3 {
            inbox.put_away((0..limits::TURNED_AWAY).map(|_| away(0)));
        }
        inbox.put_away([away(100)]);
        let taken = inbox.take_away();
        assert_eq!(taken.len(), limits::TURNED_AWAY + 1);
        assert_eq!(taken.iter().map(|away| away.bytes).sum::<usize>(), 100);
    }
}
