//! The model of IndexedDB: commits take time, fail, or have an unknown outcome, and a crash may
//! take relaxed commits back. A strict commit that was told is never lost, unless the disk itself
//! goes back to an older one.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use engine::log::decision::Decision;
use engine::log::entry::Kind;
use engine::log::ranges::RangeSet;
use engine::log::run::{Run, RunEntry};
use engine::members::membership::Ruled;
use engine::register::{Register, RegisterKind};
use engine::{
    DraftId, Durability, EntryHash, EntryId, LogId, MemberId, Record, RoomId, RoomRecord, Scan,
    StoreOp, Table,
};

/// How many of the newest commits a disk can go back.
const HISTORY: usize = 300;

type Key = (Table, Vec<u8>);
/// What would undo one commit, last change last.
type Undo = Vec<(Key, Option<Vec<u8>>)>;

/// One device's storage.
#[derive(Clone, Debug, Default)]
pub struct Store {
    records: BTreeMap<Key, Vec<u8>>,
    /// How to go back, newest commit last.
    undo: VecDeque<Undo>,
    /// How many of these no power cut takes back.
    firm: usize,
    entries: BTreeMap<LogId, RangeSet>,
    /// The hashes of runs that were looked into, by their keys.
    hashes: RefCell<BTreeMap<Vec<u8>, Vec<EntryHash>>>,
}

impl Store {
    /// Applies a batch.
    pub fn commit(&mut self, ops: &[StoreOp], durability: Durability) {
        let mut undo = Undo::new();
        for op in ops {
            let (key, value) = match op {
                StoreOp::Put(table, key, value) => ((*table, key.clone()), Some(value.clone())),
                StoreOp::Delete(table, key) => ((*table, key.clone()), None),
            };
            note(&mut self.entries, &key, value.as_deref());
            if key.0 == Table::Runs {
                self.hashes.get_mut().remove(&key.1);
            }
            let before = match value {
                Some(value) => self.records.insert(key.clone(), value),
                None => self.records.remove(&key),
            };
            undo.push((key, before));
        }
        self.undo.push_back(undo);
        if durability == Durability::Strict {
            self.firm = self.undo.len();
        }
        while self.undo.len() > HISTORY {
            self.undo.pop_front();
            self.firm = self.firm.saturating_sub(1);
        }
        let gone = |op: &StoreOp| matches!(op, StoreOp::Delete(Table::Runs, _));
        if ops.iter().any(gone) {
            self.count();
        }
    }

    /// Applies the rest of a batch: the disk goes back behind all of it or nothing.
    pub fn complete(&mut self, ops: &[StoreOp], durability: Durability) {
        let before = self.undo.pop_back().unwrap_or_default();
        self.commit(ops, durability);
        if let Some(undo) = self.undo.back_mut() {
            undo.splice(0..0, before);
        }
    }

    /// The power is cut: what was only relaxed is gone.
    pub fn roll_back(&mut self) {
        self.go_back(self.undo.len() - self.firm);
    }

    /// True if it is known to which key a member's secrets are sealed.
    #[must_use]
    pub fn has_key_of(&self, member: &MemberId) -> bool {
        let kind = RegisterKind::EXCHANGE.0;
        let is = |(table, key): &Key| {
            *table == Table::Projections
                && key.get(32) == Some(&b'r')
                && key.get(33..65) == Some(&member.0[..])
                && key.get(65) == Some(&kind)
        };
        self.records.keys().any(is)
    }

    /// Everybody of whom anything is known here.
    #[must_use]
    pub fn members(&self) -> BTreeSet<MemberId> {
        let of = |(table, key): &Key| {
            let says = *table == Table::Projections && matches!(key.get(32), Some(b'm' | b'r'));
            let member = key.get(33..65).filter(|_| says)?;
            member.try_into().ok().map(MemberId)
        };
        self.records.keys().filter_map(of).collect()
    }

    /// What others and this device have told to hold and to have read.
    #[must_use]
    pub fn receipts(&self, room: &RoomId) -> Vec<Register> {
        let registers = self
            .records
            .iter()
            .filter(|((table, key), _)| *table == Table::Projections && key.get(32) == Some(&b'r'));
        let registers = registers.filter_map(|(_, bytes)| Register::verify(room, bytes).ok());
        registers.filter(|register| register.kind == RegisterKind::RECEIPT).collect()
    }

    /// How many commits the disk can go back.
    #[must_use]
    pub fn commits(&self) -> usize {
        self.undo.len()
    }

    /// The disk is again what it was so many commits ago.
    pub fn go_back(&mut self, commits: usize) {
        for undo in (0..commits).map_while(|_| self.undo.pop_back()).collect::<Vec<_>>() {
            for (key, before) in undo.into_iter().rev() {
                match before {
                    Some(value) => self.records.insert(key, value),
                    None => self.records.remove(&key),
                };
            }
        }
        self.firm = self.firm.min(self.undo.len());
        self.hashes.get_mut().clear();
        self.count();
    }

    fn count(&mut self) {
        self.entries.clear();
        for (key, value) in &self.records {
            note(&mut self.entries, key, Some(value));
        }
    }

    /// Reads records.
    #[must_use]
    pub fn scan(&self, scan: &Scan) -> Vec<Record> {
        let (from, to) = ((scan.table, scan.from.clone()), (scan.table, scan.to.clone()));
        if from >= to {
            return Vec::new();
        }
        let range = self.records.range(from..to);
        let records = range.map(|((_, key), value)| (key.clone(), value.clone()));
        let limit = usize::try_from(scan.limit).unwrap_or(usize::MAX);
        if scan.descending {
            records.rev().take(limit).collect()
        } else {
            records.take(limit).collect()
        }
    }

    /// The room's record, once one was stored: what a driver opens the room with.
    #[must_use]
    pub fn record(&self) -> Option<RoomRecord> {
        let rooms = self.records.range((Table::Rooms, Vec::new())..(Table::Runs, Vec::new()));
        rooms.map(|(_, value)| value).find_map(|value| RoomRecord::decode(value).ok())
    }

    /// True if a draft waits here for its time.
    #[must_use]
    pub fn waits(&self, draft: &DraftId) -> bool {
        let end = [b"w".as_slice(), &draft.0].concat();
        let state = self.records.range((Table::State, Vec::new())..);
        { state }.any(|((_, key), _)| key.ends_with(&end))
    }

    /// True if the entry is stored here.
    #[must_use]
    pub fn holds(&self, entry: &EntryId) -> bool {
        self.covers(&entry.log, entry.seq, entry.seq)
    }

    /// True if all of these entries of a log are stored here.
    #[must_use]
    pub fn covers(&self, log: &LogId, first: u64, last: u64) -> bool {
        self.entries.get(log).is_some_and(|held| held.covers(first, last))
    }
}

/// What is stored, whatever it is called here.
impl Store {
    /// Edits that are stored here without their words: their logs, and what they are about.
    #[must_use]
    pub fn bare_edits(&self, room: &RoomId) -> Vec<(LogId, EntryId)> {
        let runs = self.records.range((Table::Runs, Vec::new())..(Table::Timeline, Vec::new()));
        let runs = runs.filter_map(|(_, bytes)| Run::read(room, bytes).ok());
        let edits = runs.flat_map(|run| {
            let bare = |entry: &&RunEntry| entry.header.kind == Kind::EDIT && entry.body.is_none();
            let targets = run.entries.iter().filter(bare);
            let targets = targets.filter_map(|entry| Some(entry.header.target?.entry));
            targets.map(|target| (run.log, target)).collect::<Vec<_>>()
        });
        edits.collect()
    }

    /// The hash of an entry that is stored here.
    #[must_use]
    pub fn hash(&self, room: &RoomId, entry: &EntryId) -> Option<EntryHash> {
        let key = |seq: u64| {
            let key = [room.0.as_slice(), &entry.log.bytes(), &seq.to_be_bytes()].concat();
            (Table::Runs, key)
        };
        let ((_, key), bytes) = self.records.range(key(0)..=key(entry.seq)).next_back()?;
        let first = u64::from_be_bytes(*key.last_chunk::<8>()?);
        let place = usize::try_from(entry.seq - first).ok()?;
        let mut known = self.hashes.borrow_mut();
        let hashes = known.entry(key.clone()).or_insert_with(|| hashes(room, bytes));
        hashes.get(place).copied()
    }

    /// True if the entry with this place in any log of its author, and this hash, is stored here.
    #[must_use]
    pub fn keeps(&self, room: &RoomId, entry: &EntryId, hash: &EntryHash) -> bool {
        if self.hash(room, entry) == Some(*hash) {
            return true;
        }
        let here = |log: &LogId| {
            let named = EntryId { log: *log, seq: entry.seq };
            self.holds(&named) && self.hash(room, &named) == Some(*hash)
        };
        self.logs_of(&entry.log.member).any(here)
    }

    fn logs_of(&self, member: &MemberId) -> impl Iterator<Item = &LogId> {
        self.entries.keys().filter(|log| log.member == *member)
    }

    /// What was decided, by the governance entries that are stored here.
    #[must_use]
    pub fn decisions(&self, room: &RoomId) -> Vec<Ruled> {
        let runs = self.records.range((Table::Runs, Vec::new())..(Table::Timeline, Vec::new()));
        let mut decisions = Vec::new();
        for run in runs.filter_map(|(_, bytes)| Run::read(room, bytes).ok()) {
            for (seq, entry) in run.iter().filter(|(_, one)| one.header.kind == Kind::GOVERNANCE) {
                let decision = entry.body.as_ref().and_then(|body| Decision::decode(body).ok());
                let (hash, log) = (entry.hash, run.log);
                decisions.extend(decision.map(|decision| Ruled { hash, log, seq, decision }));
            }
        }
        decisions
    }

    /// The hashes of all entries that are stored here.
    #[must_use]
    pub fn all(&self, room: &RoomId) -> BTreeSet<EntryHash> {
        let runs = self.records.range((Table::Runs, Vec::new())..(Table::Timeline, Vec::new()));
        runs.flat_map(|(_, bytes)| hashes(room, bytes)).collect()
    }

    /// From where to where the runs of a log go.
    #[must_use]
    pub fn extents(&self, log: &LogId) -> Vec<(u64, u64)> {
        let runs = self.records.range((Table::Runs, Vec::new())..(Table::Timeline, Vec::new()));
        let extents = runs.filter_map(|(_, bytes)| Run::extent(bytes));
        extents.filter(|(of, ..)| of == log).map(|(_, first, last)| (first, last)).collect()
    }

    /// The hashes of the run that holds an entry, if it is stored here.
    #[must_use]
    pub fn beside(&self, room: &RoomId, entry: &EntryId) -> Vec<EntryHash> {
        let runs = self.records.range((Table::Runs, Vec::new())..(Table::Timeline, Vec::new()));
        let holds = |bytes: &&Vec<u8>| {
            Run::extent(bytes).is_some_and(|(log, first, last)| {
                log == entry.log && (first..=last).contains(&entry.seq)
            })
        };
        let run = runs.map(|(_, bytes)| bytes).find(holds);
        run.map_or_else(Vec::new, |bytes| hashes(room, bytes))
    }

    /// The hashes of all that nobody can take from here without an entry: of its run, of what
    /// is stored right before that without a signature, as only that run says what it is, and of
    /// what has no body any more, as a deletion in that run says.
    #[must_use]
    pub fn bound_to(&self, room: &RoomId, entry: &EntryId) -> BTreeSet<EntryHash> {
        let runs = self.records.range((Table::Runs, Vec::new())..(Table::Timeline, Vec::new()));
        let of_log = runs.filter_map(|(_, bytes)| {
            let (_, first, last) = Run::extent(bytes).filter(|(log, ..)| *log == entry.log)?;
            Some((first, last, bytes))
        });
        let (mut bound, mut deleted) = (BTreeSet::new(), BTreeSet::new());
        let mut reached = None;
        for (first, last, bytes) in of_log.rev() {
            let Ok(run) = Run::read(room, bytes) else { break };
            let hangs =
                run.is_chained() && reached.is_some_and(|at| last.checked_add(1) == Some(at));
            let bare = |one: &RunEntry| one.body.is_none() && deleted.contains(&one.hash);
            if (first..=last).contains(&entry.seq) || hangs || run.entries.iter().any(bare) {
                bound.extend(run.entries.iter().map(|one| one.hash));
                let deletions = run.entries.iter().filter(|one| one.header.kind == Kind::DELETE);
                deleted.extend(deletions.filter_map(|one| Some(one.header.target?.hash)));
                reached = Some(first);
            }
        }
        bound
    }

    /// The body of an entry, if it is stored here.
    #[must_use]
    pub fn body(&self, room: &RoomId, entry: &EntryId) -> Option<Vec<u8>> {
        let runs = self.records.iter().filter(|((table, _), _)| *table == Table::Runs);
        let holds = |bytes: &&Vec<u8>| {
            let extent = Run::extent(bytes);
            extent.is_some_and(|(log, first, last)| {
                log == entry.log && (first..=last).contains(&entry.seq)
            })
        };
        let run = runs.map(|(_, bytes)| bytes).find(holds)?;
        let run = Run::verify(room, run).ok()?;
        run.iter().find(|(seq, _)| *seq == entry.seq).and_then(|(_, entry)| entry.body.clone())
    }
}

fn hashes(room: &RoomId, bytes: &[u8]) -> Vec<EntryHash> {
    let run = Run::read(room, bytes);
    run.map_or_else(|_| Vec::new(), |run| run.entries.iter().map(|entry| entry.hash).collect())
}

/// Takes note of the entries of a record, if it is a run.
fn note(entries: &mut BTreeMap<LogId, RangeSet>, key: &Key, value: Option<&[u8]>) {
    let value = value.filter(|_| key.0 == Table::Runs);
    if let Some((log, first, last)) = value.and_then(Run::extent) {
        entries.entry(log).or_default().insert(first, last);
    }
}

#[cfg(test)]
mod tests {
    use engine::crypto::sign::Keypair;
    use engine::log::entry::{Header, Target, body_hash};
    use engine::log::run::{Start, Unsigned};
    use engine::{EpochId, Incarnation, Priority};

    use super::*;

    const ROOM: RoomId = RoomId([1; 32]);

    /// One message of a log as a run of its own, behind another; or the deletion of one.
    fn run(keypair: &Keypair, first: u64, previous: EntryHash, target: Option<Target>) -> Run {
        let log = LogId { member: keypair.member(), incarnation: Incarnation([2; 16]) };
        let body = vec![3; 20];
        let header = Header {
            kind: if target.is_some() { Kind::DELETE } else { Kind::MESSAGE },
            lamport: first + 1,
            wall: 0,
            expiry: None,
            target,
            group: None,
            body_len: 20,
            body_hash: body_hash(&body),
        };
        let (epoch, class) = (EpochId::FIRST, Priority::Normal);
        let start = Start { room: ROOM, log, first, previous, epoch, class };
        Run::sign(&start, vec![Unsigned { header, body }], keypair)
    }

    #[test]
    fn what_has_no_signature_is_bound_to_what_stands_behind_it_and_to_nothing_else() {
        let keypair = Keypair::from_seed(&[4; 32]);
        let mut runs: Vec<Run> = Vec::new();
        for first in 0..5 {
            let previous = runs.last().map_or(EntryHash::NONE, Run::head);
            runs.push(run(&keypair, first, previous, None));
        }
        let heads: Vec<EntryHash> = runs.iter().map(Run::head).collect();
        let log = runs[0].log;
        let stored = runs.into_iter().enumerate().map(|(place, run)| {
            let run = if [1, 2].contains(&place) { run.into_chained() } else { run };
            StoreOp::Put(Table::Runs, vec![u8::try_from(place).unwrap()], run.bytes().to_vec())
        });
        let mut store = Store::default();
        store.commit(&stored.collect::<Vec<_>>(), Durability::Strict);
        let bound = |seq| store.bound_to(&ROOM, &EntryId { log, seq });
        assert_eq!(bound(3), heads[1..4].iter().copied().collect());
        assert_eq!(bound(1), heads[1..2].iter().copied().collect());
        assert_eq!(bound(4), heads[4..].iter().copied().collect());
    }

    #[test]
    fn what_has_no_body_is_bound_to_the_deletion_that_shows_why() {
        let keypair = Keypair::from_seed(&[4; 32]);
        let mut gone = run(&keypair, 0, EntryHash::NONE, None);
        gone.drop_body(0);
        let other = run(&keypair, 1, gone.head(), None);
        let (log, hash) = (gone.log, gone.head());
        let target = Target { entry: EntryId { log, seq: 0 }, hash };
        let deletion = run(&keypair, 2, other.head(), Some(target));
        let stored = [&gone, &other, &deletion].into_iter().zip(0..);
        let put =
            |(run, place): (&Run, u8)| StoreOp::Put(Table::Runs, vec![place], run.bytes().to_vec());
        let mut store = Store::default();
        store.commit(&stored.map(put).collect::<Vec<_>>(), Durability::Strict);
        let bound = store.bound_to(&ROOM, &EntryId { log, seq: 2 });
        assert_eq!(bound, BTreeSet::from([hash, deletion.head()]));
    }
}
