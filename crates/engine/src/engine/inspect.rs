//! The queue and the way of a message as data, for a person who wants to see them.

use std::collections::BTreeMap;

use crate::engine::load::Purpose;
use crate::engine::{Engine, keys};
use crate::ids::{EntryId, LinkId, LogId, MemberId};
use crate::io::{Millis, Output, Record, Table};
use crate::limits;
use crate::link::flow::Flow;
use crate::log::LogState;
use crate::log::ranges::RangeSet;
use crate::log::run::Run;
use crate::queue::Class;
use crate::simulation::{Planted, planted};
use crate::view::{Event, Has, LaneView, PeerQueue, Priority, QueueView, Refusal, Role, Trace};

/// When own entries were written that are not in memory, as far as somebody who watches the queue
/// needs it: at most [`limits::AGES`].
#[derive(Debug, Default)]
pub struct Ages {
    /// None for those that cannot be read.
    known: BTreeMap<EntryId, Option<Millis>>,
    /// The one that is being read.
    reading: Option<EntryId>,
    /// What is read after it.
    next: Vec<EntryId>,
}

impl Engine {
    pub(super) fn watch(&mut self, on: bool) {
        self.told.watch_at = on.then_some(self.now.mono);
        self.told.ages = Ages::default();
    }

    /// Tells the queue, while it is watched.
    pub(super) fn tell_queue(&mut self) {
        let now = self.now.mono;
        if self.told.watch_at.is_some_and(|at| at <= now) {
            self.told.watch_at = Some(now + limits::WATCH_EVERY);
            let mut unknown = Vec::new();
            let view = self.queue_view(&mut unknown);
            self.out.push_back(Output::Event(Event::Queue(view)));
            self.read_ages(unknown);
        }
    }

    /// Reads when these were written, one after another, to tell it with the queue the next time.
    fn read_ages(&mut self, mut unknown: Vec<EntryId>) {
        if self.told.ages.reading.is_none() {
            unknown.sort_unstable();
            unknown.dedup();
            unknown.truncate(limits::AGES);
            self.told.ages.next = unknown;
            self.read_age();
        }
    }

    fn read_age(&mut self) {
        self.told.ages.reading = self.told.ages.next.pop();
        let Some(entry) = self.told.ages.reading else { return };
        let from = keys::run(&self.room, &entry.log, 0);
        let to = keys::run(&self.room, &entry.log, entry.seq.saturating_add(1));
        self.scan(Purpose::Age(entry), Table::Runs, (from, to), true, 1);
    }

    pub(super) fn on_age(&mut self, entry: EntryId, records: &[Record]) {
        let run = records.first().and_then(|(_, bytes)| Run::read(&self.room, bytes).ok());
        let run = run.filter(|run| run.log == entry.log);
        let place = |run: &Run| usize::try_from(entry.seq.checked_sub(run.first)?).ok();
        let wall = run.and_then(|run| Some(run.entries.get(place(&run)?)?.header.wall));
        let ages = &mut self.told.ages;
        if ages.reading != Some(entry) {
            // Nobody has watched meanwhile.
            return;
        }
        if ages.known.len() >= limits::AGES {
            ages.known.clear();
        }
        ages.known.insert(entry, wall);
        self.read_age();
    }

    fn queue_view(&self, unknown: &mut Vec<EntryId>) -> QueueView {
        let linked = self.links.iter().filter_map(|(id, link)| Some((*id, link.flow()?)));
        let linked: Vec<(LinkId, &Flow)> = linked.collect();
        let is_linked = |id: &&MemberId| linked.iter().any(|(_, flow)| flow.member == **id);
        let away = self.members.iter().filter(|id| !is_linked(id));
        let away: Vec<&MemberId> = away.collect();
        let mut peers = Vec::new();
        peers.extend(linked.iter().map(|(link, flow)| self.linked_queue(*link, flow, unknown)));
        peers.extend(away.into_iter().map(|id| self.away_queue(*id, unknown)));
        QueueView {
            drafts: self.outbox.depths(),
            draft_bytes: self.outbox.bytes(),
            incoming: self.inbox.entries(),
            peers,
        }
    }

    fn linked_queue(&self, link: LinkId, flow: &Flow, unknown: &mut Vec<EntryId>) -> PeerQueue {
        let me = &self.own.member;
        let mut lanes = flow.lanes(&self.logs, me);
        for class in Priority::ALL {
            let Some(lane) = lane_of(&mut lanes, class) else { continue };
            let first = flow.first_of_own(&self.logs, me, class);
            lane.oldest = first.filter_map(|entry| self.written(entry, unknown)).min();
            for (log, lacks) in flow.lacks_of_own(&self.logs, me, class) {
                self.measure(lane, &log, &lacks);
            }
        }
        self.count_attempts(&flow.member, &mut lanes);
        let (member, round_trip) = (flow.member, flow.round_trip);
        let ended = self.told.ended.get(&member).copied();
        let oldest = oldest_of(&lanes);
        PeerQueue { member, link: Some(link), ended, oldest, lanes, round_trip }
    }

    /// What waits for a member that is not linked: the own entries that it is not proven to hold.
    fn away_queue(&self, member: MemberId, unknown: &mut Vec<EntryId>) -> PeerQueue {
        let mut lanes = vec![LaneView::default(); Class::COUNT];
        let me = self.own.member;
        for (log, state) in self.logs.iter().filter(|(log, _)| log.member == me) {
            for class in Priority::ALL {
                let Some(lane) = lane_of(&mut lanes, class) else { continue };
                let lacks = self.members.unheld(&member, log, state.of_class(class));
                lane.messages += lacks.len();
                lane.unmeasured += lacks.len();
                self.measure(lane, log, &lacks);
                let first = lacks.first().map(|seq| EntryId { log: *log, seq });
                let written = first.and_then(|entry| self.written(entry, unknown));
                lane.oldest = lane.oldest.into_iter().chain(written).min();
            }
        }
        self.count_attempts(&member, &mut lanes);
        let ended = self.told.ended.get(&member).copied();
        PeerQueue { member, link: None, ended, oldest: oldest_of(&lanes), lanes, round_trip: None }
    }

    /// Adds the bytes of those of these own entries that are in memory.
    fn measure(&self, lane: &mut LaneView, log: &LogId, entries: &RangeSet) {
        for size in self.timeline.sizes(log, entries) {
            lane.bytes += u64::from(size);
            lane.unmeasured = lane.unmeasured.saturating_sub(1);
        }
    }

    /// When an entry was written, if that is known; what has to be read first is noted.
    fn written(&self, entry: EntryId, unknown: &mut Vec<EntryId>) -> Option<Millis> {
        let shown = self.timeline.row(&entry).map(|row| row.wall);
        let read = || match self.told.ages.known.get(&entry) {
            Some(wall) => *wall,
            None => {
                unknown.push(entry);
                None
            }
        };
        shown.or_else(read)
    }

    fn count_attempts(&self, member: &MemberId, lanes: &mut [LaneView]) {
        for class in Priority::ALL {
            if let Some(lane) = lane_of(lanes, class) {
                let counts = |entry: &EntryId| self.logs.class_of(entry) == Some(class);
                lane.attempts = self.outbox.tray.attempts(member, counts);
            }
        }
    }

    /// How many own entries wait: no other member holds them, and one may still come to. What has
    /// expired, or was refused by all who lack it, is undelivered and waits no more.
    pub(super) fn pending(&self) -> u64 {
        let mine = self.logs.iter().filter(|(log, _)| log.member == self.own.member);
        let held = |log: &LogId| match planted(Planted::PendingCountsHeld) {
            true => RangeSet::default(),
            false => self.members.held_by_others(log),
        };
        let in_log = |(log, state): (&LogId, &LogState)| {
            let alone = state.held().minus(&held(log));
            let ends = alone.first().zip(alone.last());
            let of = |seq| EntryId { log: *log, seq };
            let known = ends.map(|(first, last)| self.outbox.tray.within(of(first), of(last)));
            let over = known.into_iter().flatten();
            let over = over.filter(|entry| alone.contains(entry.seq) && self.is_undelivered(entry));
            alone.len().saturating_sub(over.map(|_| 1).sum())
        };
        mine.map(in_log).sum()
    }

    /// How much of that others could have if the page stays open: nothing while there is nobody
    /// else, one is a member no more, or the room is paused.
    pub(super) fn at_stake(&self) -> u64 {
        let is_member = |member: &MemberId| self.role(member) >= Role::Member;
        let somebody = is_member(&self.own.member) && self.members.iter().any(is_member);
        if somebody && !self.shelf().paused { self.pending() } else { 0 }
    }

    /// How many own entries nobody else is known to hold, whatever may come of them.
    pub(super) fn held_alone(&self) -> u64 {
        let mine = self.logs.iter().filter(|(log, _)| log.member == self.own.member);
        mine.map(|(log, state)| state.held().minus(&self.members.held_by_others(log)).len()).sum()
    }

    /// True if nobody will be given an own message any more by itself.
    fn is_undelivered(&self, entry: &EntryId) -> bool {
        let meant = self.members.recipients(&entry.log, entry.seq, self.addressee(entry));
        let lacking = meant.into_iter().filter(|one| one.has == Has::Lacking);
        self.outbox.tray.is_over(entry, lacking.map(|one| one.member))
    }

    /// A person has seen that a message is undelivered.
    pub(super) fn dismiss(&mut self, entry: &EntryId) {
        if !self.outbox.tray.remove(entry) {
            self.refuse(None, Refusal::NoSuchMessage);
        }
    }

    pub(super) fn tell_trace(&mut self, entry: EntryId) {
        let class = self.logs.class_of(&entry).filter(|_| entry.log.member == self.own.member);
        let Some(priority) = class else { return self.refuse(None, Refusal::NoSuchMessage) };
        let (draft, stations) = (self.outbox.draft_of(&entry), self.outbox.traces.of(&entry));
        let only = self.addressee(&entry);
        let recipients = self.members.recipients(&entry.log, entry.seq, only);
        self.told.traced = Some(entry);
        let trace = Trace { entry, draft, priority, stations, recipients };
        self.out.push_back(Output::Event(Event::Trace(trace)));
    }

    /// Something is known of own entries that was not: the way that was asked for last is told
    /// again, if it is of one of them. A page cannot see it in the row, where one of many has read.
    pub(super) fn tell_trace_again(&mut self, log: &LogId, seqs: &RangeSet) {
        let traced = self.told.traced.filter(|entry| entry.log == *log && seqs.contains(entry.seq));
        if let Some(entry) = traced.filter(|entry| self.logs.class_of(entry).is_some()) {
            self.tell_trace(entry);
        }
    }
}

/// The lane of a class that a person can choose: control comes before them.
fn lane_of(lanes: &mut [LaneView], class: Priority) -> Option<&mut LaneView> {
    lanes.get_mut(usize::from(class.number()) + 1)
}

fn oldest_of(lanes: &[LaneView]) -> Option<Millis> {
    lanes.iter().filter_map(|lane| lane.oldest).min()
}
