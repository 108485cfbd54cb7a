//! What waits for a peer, to be shown: how much of each class, and since when.
//!
//! Computed from the difference and the lanes when somebody looks.

use crate::ids::{EntryId, LogId, MemberId};
use crate::link::flow::Flow;
use crate::log::Logs;
use crate::log::ranges::RangeSet;
use crate::queue::Class;
use crate::view::{LaneView, Priority};

impl Flow {
    /// What waits in each lane, control first.
    #[must_use]
    pub fn lanes(&self, logs: &Logs, me: &MemberId) -> Vec<LaneView> {
        let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let control = LaneView {
            messages: number(self.lanes.depth(Class::Control)),
            bytes: number(self.lane_bytes[0]),
            ..LaneView::default()
        };
        let data = Class::DATA.into_iter().map(|class| LaneView {
            messages: self.lacks(logs, me, class) + self.given(logs, me, class),
            in_flight: self.in_flight(logs, me, class),
            unmeasured: self.lacks(logs, me, class),
            bytes: number(self.lane_bytes[class.index()]),
            credit: u64::from(self.credit[class.index()]),
            ..LaneView::default()
        });
        std::iter::once(control).chain(data).collect()
    }

    /// How many entries of a class it lacks that were not given to its lanes yet.
    fn lacks(&self, logs: &Logs, me: &MemberId, class: Class) -> u64 {
        let own = Priority::ALL.into_iter().find(|priority| Class::from(*priority) == class);
        let own = own.map_or(0, |priority| {
            self.lacks_of_own(logs, me, priority).map(|(_, lacks)| lacks.len()).sum()
        });
        // Own ones that it asks for are among those that it lacks.
        let others = self.asked.iter().filter(|(log, _)| log.member != *me);
        let asked = others.filter_map(|(log, asked)| {
            let urgent = logs.of(log)?.of_class(Priority::Urgent);
            Some(match class {
                Class::Urgent => asked.and(urgent).len(),
                Class::Backfill => asked.minus(urgent).len(),
                Class::Control | Class::Normal | Class::Low | Class::Bulk => 0,
            })
        });
        own + asked.sum::<u64>()
    }

    /// How many own entries of a class are in its lanes: read, and not given to the channel yet.
    fn given(&self, logs: &Logs, me: &MemberId, class: Class) -> u64 {
        let given =
            self.own_sent(logs, me, class).map(|(log, sent)| sent.and(&self.in_lanes(&log)));
        given.map(|given| given.len()).sum()
    }

    /// How many own entries of a class it was sent and does not hold yet.
    fn in_flight(&self, logs: &Logs, me: &MemberId, class: Class) -> u64 {
        let of_log = self.own_sent(logs, me, class).map(|(log, mut sent)| {
            sent.subtract(&self.in_lanes(&log));
            if let Some(peer) = self.have.of(&log) {
                sent.subtract(&peer.held);
                sent.subtract(&peer.refused);
            }
            sent.len()
        });
        of_log.sum()
    }

    /// The own entries of a class that were given to its lanes, of each log.
    fn own_sent<'a>(
        &'a self,
        logs: &'a Logs,
        me: &'a MemberId,
        class: Class,
    ) -> impl Iterator<Item = (LogId, RangeSet)> + 'a {
        let own = Priority::ALL.into_iter().find(|priority| Class::from(*priority) == class);
        let sent = self.sent.iter().filter(|(log, _)| log.member == *me);
        sent.filter_map(move |(log, sent)| Some((*log, sent.and(logs.of(log)?.of_class(own?)))))
    }

    /// The entries of one class in each own log that it lacks and that were not given to its lanes
    /// yet.
    pub fn lacks_of_own<'a>(
        &'a self,
        logs: &'a Logs,
        me: &'a MemberId,
        class: Priority,
    ) -> impl Iterator<Item = (LogId, RangeSet)> + 'a {
        let own = logs.iter().filter(|(log, _)| log.member == *me);
        own.map(move |(log, state)| (*log, self.rest(log, state.of_class(class))))
    }

    /// The first entry that it lacks of each own log, of one class.
    pub fn first_of_own<'a>(
        &'a self,
        logs: &'a Logs,
        me: &'a MemberId,
        class: Priority,
    ) -> impl Iterator<Item = EntryId> + 'a {
        let own = logs.iter().filter(|(log, _)| log.member == *me);
        own.filter_map(move |(log, state)| {
            let mut rest = state.of_class(class).clone();
            if let Some(peer) = self.have.of(log) {
                rest.subtract(&peer.held);
            }
            rest.first().map(|seq| EntryId { log: *log, seq })
        })
    }
}
