//! Runs that were stored or read a moment ago, so that what is said now is sent without a read.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::ids::{LogId, Seq};
use crate::limits;

#[derive(Clone, Debug)]
struct Cached {
    last: Seq,
    bytes: Arc<[u8]>,
}

/// The newest runs, up to [`limits::CACHE_BYTES`].
#[derive(Debug, Default)]
pub struct Cache {
    runs: BTreeMap<(LogId, Seq), Cached>,
    order: VecDeque<(LogId, Seq)>,
    bytes: usize,
}

impl Cache {
    /// Puts a run; the oldest beyond the bound go.
    pub fn put(&mut self, log: LogId, first: Seq, last: Seq, bytes: &[u8]) {
        let cached = Cached { last, bytes: bytes.into() };
        self.bytes += bytes.len();
        match self.runs.insert((log, first), cached) {
            Some(old) => self.bytes -= old.bytes.len(),
            None => self.order.push_back((log, first)),
        }
        while self.bytes > limits::CACHE_BYTES {
            let Some(oldest) = self.order.pop_front() else { break };
            if let Some(old) = self.runs.remove(&oldest) {
                self.bytes -= old.bytes.len();
            }
        }
    }

    /// Bytes of all runs here.
    #[cfg(feature = "simulation")]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Forgets the runs of a log.
    pub fn forget(&mut self, log: &LogId) {
        let runs = self.runs.extract_if(.., |(of, _), _| of == log);
        self.bytes -= runs.map(|(_, cached)| cached.bytes.len()).sum::<usize>();
        self.order.retain(|(of, _)| of != log);
    }

    /// The run that holds an entry, with its first and last seq.
    #[must_use]
    pub fn of(&self, log: &LogId, seq: Seq) -> Option<(Seq, Seq, Arc<[u8]>)> {
        let before = self.runs.range((*log, 0)..=(*log, seq));
        let ((_, first), cached) = before.rev().take(8).find(|(_, cached)| cached.last >= seq)?;
        Some((*first, cached.last, cached.bytes.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Incarnation, MemberId};

    #[test]
    fn i6_the_oldest_go_and_the_newest_are_found() {
        let log = LogId { member: MemberId([1; 32]), incarnation: Incarnation([0; 16]) };
        let mut cache = Cache::default();
        for first in 0..40 {
            cache.put(log, first * 10, first * 10 + 9, &vec![0; 60_000]);
        }
        assert!(cache.bytes <= limits::CACHE_BYTES);
        assert_eq!(cache.of(&log, 5).map(|run| run.0), None);
        assert_eq!(cache.of(&log, 399).map(|run| (run.0, run.1)), Some((390, 399)));
    }
}
