//! All logs of a room, by their names: what is held of each, and which of them are branches.

use std::collections::BTreeMap;

use crate::ids::{EntryHash, EntryId, LogId, Seq};
use crate::log::LogState;
use crate::log::branch::{Branch, Mark};
use crate::log::have::LogHave;
use crate::log::run::Run;
use crate::view::Priority;

/// All logs of a room.
#[derive(Clone, Debug, Default)]
pub struct Logs {
    logs: BTreeMap<LogId, LogState>,
    clock: u64,
}

impl Logs {
    /// The log, if anything of it is known.
    #[must_use]
    pub fn of(&self, log: &LogId) -> Option<&LogState> {
        self.logs.get(log)
    }

    /// All logs.
    pub fn iter(&self) -> impl Iterator<Item = (&LogId, &LogState)> {
        self.logs.iter()
    }

    /// How many logs.
    #[must_use]
    pub fn count(&self) -> usize {
        self.logs.len()
    }

    /// The highest Lamport time in the room.
    #[must_use]
    pub fn clock(&self) -> u64 {
        self.clock
    }

    /// Puts the state of a log that is stored now.
    pub fn put(&mut self, log: LogId, state: LogState) {
        self.clock = self.clock.max(state.lamport());
        self.logs.insert(log, state);
    }

    /// Forgets a branch of which nothing is left.
    pub fn remove(&mut self, log: &LogId) {
        self.logs.remove(log);
    }

    /// The class of a held entry, as it is on this device.
    #[must_use]
    pub fn class_of(&self, entry: &EntryId) -> Option<Priority> {
        let state = self.logs.get(&entry.log)?;
        Priority::ALL.into_iter().find(|class| state.of_class(*class).contains(entry.seq))
    }

    /// All branches.
    pub fn branches(&self) -> impl Iterator<Item = &Branch> {
        self.logs.values().filter_map(LogState::branch)
    }

    /// The branch of its log that a run is of, if it was not known as such to whoever sent it.
    #[must_use]
    pub fn branch_of(&self, run: &Run) -> Option<&Branch> {
        let names = |branch: &&Branch| run.hash_at(branch.mark.at) == Some(branch.mark.hash);
        self.branches().filter(|branch| branch.parent == run.log).find(names)
    }

    /// True if what was taken for a branch names the last hash of a run of a log: it hangs on that
    /// run, which needs no signature of its own then.
    #[must_use]
    pub fn branch_hangs_on(&self, log: &LogId, last: Seq, head: &EntryHash) -> bool {
        let origin = self.of(log).and_then(LogState::branch).map_or(*log, |branch| branch.origin);
        let related = |state: &&LogState| state.branch().is_some_and(|it| it.origin == origin);
        self.logs.values().filter(related).any(|state| state.vouches(last, head))
    }

    /// Where a log's branches begin at entries that are not held of it.
    pub fn open_marks(&self, log: &LogId) -> impl Iterator<Item = &Mark> {
        let held = self.of(log).map(LogState::held).unwrap_or_default();
        let of_log = self.branches().filter(move |branch| branch.parent == *log);
        of_log.map(|branch| &branch.mark).filter(move |mark| !held.contains(mark.at))
    }

    /// What to tell others of all logs.
    #[must_use]
    pub fn have(&self) -> Vec<LogHave> {
        let held = self.logs.iter().filter(|(_, state)| !state.settled().is_empty());
        held.map(|(log, state)| state.have(*log)).collect()
    }
}
