//! The stations of own messages: when each was written, saved, sent, held and read, and by whom.
//!
//! Kept in memory for the newest messages of this life of the engine; they inform a person and
//! decide nothing.

use std::collections::{BTreeMap, VecDeque};

use crate::ids::EntryId;
use crate::io::Millis;
use crate::limits;
use crate::view::{Passage, Station};

/// See the module.
#[derive(Debug, Default)]
pub struct Traces {
    stations: BTreeMap<EntryId, Vec<Station>>,
    order: VecDeque<EntryId>,
}

impl Traces {
    /// A message passes a station; the first time counts. Messages that are not followed are
    /// only taken up when they are saved.
    pub fn note(&mut self, entry: EntryId, at: Millis, what: Passage) {
        if what == Passage::Saved && !self.stations.contains_key(&entry) {
            self.stations.insert(entry, Vec::new());
            self.order.push_back(entry);
            if self.order.len() > limits::TRACES
                && let Some(oldest) = self.order.pop_front()
            {
                self.stations.remove(&oldest);
            }
        }
        if let Some(stations) = self.stations.get_mut(&entry)
            && stations.len() < limits::STATIONS
            && stations.iter().all(|station| station.what != what)
        {
            stations.push(Station { at, what });
        }
    }

    /// The messages that are followed, in a log from one seq to another.
    #[must_use]
    pub fn within(&self, first: EntryId, last: EntryId) -> Vec<EntryId> {
        self.stations.range(first..=last).map(|(entry, _)| *entry).collect()
    }

    /// The stations of a message so far.
    #[must_use]
    pub fn of(&self, entry: &EntryId) -> Vec<Station> {
        self.stations.get(entry).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Incarnation, LogId, MemberId};

    fn entry(seq: u64) -> EntryId {
        let log = LogId { member: MemberId([0; 32]), incarnation: Incarnation([0; 16]) };
        EntryId { log, seq }
    }

    #[test]
    fn each_station_is_noted_once_and_only_of_messages_that_are_followed() {
        let mut traces = Traces::default();
        let ana = MemberId([1; 32]);
        traces.note(entry(1), 5, Passage::Saved);
        traces.note(entry(1), 7, Passage::HeldBy(ana));
        traces.note(entry(1), 9, Passage::HeldBy(ana));
        traces.note(entry(2), 9, Passage::HeldBy(ana));
        let expected = [(5, Passage::Saved), (7, Passage::HeldBy(ana))];
        assert_eq!(traces.of(&entry(1)), expected.map(|(at, what)| Station { at, what }));
        assert_eq!(traces.of(&entry(2)), []);
        assert_eq!(traces.within(entry(0), entry(9)), [entry(1)]);
    }

    #[test]
    fn i6_the_oldest_are_forgotten_and_a_message_has_a_bounded_number_of_stations() {
        let mut traces = Traces::default();
        for seq in 0..=u64::try_from(limits::TRACES).unwrap() {
            traces.note(entry(seq), seq, Passage::Saved);
        }
        assert_eq!((traces.of(&entry(0)), traces.stations.len()), (vec![], limits::TRACES));
        for n in 0..200 {
            traces.note(entry(1), 1, Passage::SentTo(MemberId([n; 32])));
        }
        assert_eq!(traces.of(&entry(1)).len(), limits::STATIONS);
    }
}
