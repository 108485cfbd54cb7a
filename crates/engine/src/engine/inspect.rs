//! The queue and the way of a message as data, for a person who wants to see them.

use crate::engine::Engine;
use crate::ids::EntryId;
use crate::io::Output;
use crate::limits;
use crate::link::Link;
use crate::link::flow::Flow;
use crate::view::{Event, PeerQueue, QueueView, Refusal, Trace};

impl Engine {
    pub(super) fn watch(&mut self, on: bool) {
        self.told.watch_at = on.then_some(self.now.mono);
    }

    /// Tells the queue, while it is watched.
    pub(super) fn tell_queue(&mut self) {
        let now = self.now.mono;
        if self.told.watch_at.is_some_and(|at| at <= now) {
            self.told.watch_at = Some(now + limits::WATCH_EVERY);
            let view = self.queue_view();
            self.out.push_back(Output::Event(Event::Queue(view)));
        }
    }

    fn queue_view(&self) -> QueueView {
        let peer = |flow: &Flow| {
            let oldest = flow.oldest_own(&self.logs, &self.own.member);
            PeerQueue {
                member: flow.member,
                lanes: flow.lanes(&self.logs, &self.own.member),
                oldest: oldest.and_then(|entry| self.timeline.row(&entry)).map(|row| row.wall),
                round_trip: flow.round_trip,
            }
        };
        QueueView {
            drafts: self.outbox.depths(),
            draft_bytes: self.outbox.bytes(),
            incoming: self.inbox.entries(),
            peers: self.links.values().filter_map(Link::flow).map(peer).collect(),
        }
    }

    pub(super) fn tell_trace(&mut self, entry: EntryId) {
        let row = self.timeline.row(&entry).filter(|row| row.own);
        let Some(row) = row else { return self.refuse(None, Refusal::NoSuchMessage) };
        let trace = Trace {
            entry,
            draft: row.draft,
            priority: row.priority,
            stations: self.outbox.traces.of(&entry),
        };
        self.out.push_back(Output::Event(Event::Trace(trace)));
    }
}
