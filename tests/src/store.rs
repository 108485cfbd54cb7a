//! The model of IndexedDB: commits take time, fail, or have an unknown outcome, and a crash may
//! take relaxed commits back. A strict commit that was told is never lost.

use std::collections::{BTreeMap, BTreeSet};

use engine::log::run::Run;
use engine::{Durability, EntryId, Record, Scan, StoreOp, Table};

type Key = (Table, Vec<u8>);

/// One device's storage.
#[derive(Clone, Debug, Default)]
pub struct Store {
    records: BTreeMap<Key, Vec<u8>>,
    /// What would undo the commits since the last strict one, newest last.
    undo: Vec<(Key, Option<Vec<u8>>)>,
    entries: BTreeSet<EntryId>,
}

impl Store {
    /// Applies a batch.
    pub fn commit(&mut self, ops: &[StoreOp], durability: Durability) {
        for op in ops {
            let (key, value) = match op {
                StoreOp::Put(table, key, value) => ((*table, key.clone()), Some(value.clone())),
                StoreOp::Delete(table, key) => ((*table, key.clone()), None),
            };
            self.entries.extend(value.iter().flat_map(|value| entries(&key, value)));
            let before = match value {
                Some(value) => self.records.insert(key.clone(), value),
                None => self.records.remove(&key),
            };
            self.undo.push((key, before));
        }
        if durability == Durability::Strict {
            self.undo.clear();
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
        let all = self.records.iter().flat_map(|(key, value)| entries(key, value));
        self.entries = all.collect();
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
        self.entries.contains(entry)
    }
}

/// The entries of a record, if it is a run.
fn entries(key: &Key, value: &[u8]) -> Vec<EntryId> {
    let extent = if key.0 == Table::Runs { Run::extent(value) } else { None };
    extent.map_or(Vec::new(), |(log, first, last)| {
        (first..=last).map(|seq| EntryId { log, seq }).collect()
    })
}
