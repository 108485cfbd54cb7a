//! The model of IndexedDB: commits take time, fail, or have an unknown outcome, and a crash may
//! take relaxed commits back. A strict commit that was told is never lost.

use std::collections::BTreeMap;

use engine::log::ranges::RangeSet;
use engine::log::run::Run;
use engine::{Durability, EntryId, LogId, Record, RoomId, Scan, StoreOp, Table};

type Key = (Table, Vec<u8>);

/// One device's storage.
#[derive(Clone, Debug, Default)]
pub struct Store {
    records: BTreeMap<Key, Vec<u8>>,
    /// What would undo the commits since the last strict one, newest last.
    undo: Vec<(Key, Option<Vec<u8>>)>,
    entries: BTreeMap<LogId, RangeSet>,
}

impl Store {
    /// Applies a batch.
    pub fn commit(&mut self, ops: &[StoreOp], durability: Durability) {
        for op in ops {
            let (key, value) = match op {
                StoreOp::Put(table, key, value) => ((*table, key.clone()), Some(value.clone())),
                StoreOp::Delete(table, key) => ((*table, key.clone()), None),
            };
            note(&mut self.entries, &key, value.as_deref());
            let before = match value {
                Some(value) => self.records.insert(key.clone(), value),
                None => self.records.remove(&key),
            };
            self.undo.push((key, before));
        }
        if durability == Durability::Strict {
            self.undo.clear();
        }
        let gone = |op: &StoreOp| matches!(op, StoreOp::Delete(Table::Runs, _));
        if ops.iter().any(gone) {
            self.count();
        }
    }

    /// The power is cut: what was only relaxed is gone.
    pub fn roll_back(&mut self) {
        while let Some((key, before)) = self.undo.pop() {
            match before {
                Some(value) => self.records.insert(key, value),
                None => self.records.remove(&key),
            };
        }
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

impl Store {
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

/// Takes note of the entries of a record, if it is a run.
fn note(entries: &mut BTreeMap<LogId, RangeSet>, key: &Key, value: Option<&[u8]>) {
    let value = value.filter(|_| key.0 == Table::Runs);
    if let Some((log, first, last)) = value.and_then(Run::extent) {
        entries.entry(log).or_default().insert(first, last);
    }
}
