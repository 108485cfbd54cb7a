//! What pages are told: rows, members, counters and states, whenever they have changed.

pub(in crate::engine) mod gist;
pub(in crate::engine) mod news;
pub(in crate::engine) mod people;
pub(in crate::engine) mod readings;
mod receipts;
mod together;
mod trust;
mod turns;

use std::collections::{BTreeMap, VecDeque};

use crate::engine::Engine;
use crate::engine::inspect::Ages;
use crate::engine::say::private::Said;
use crate::engine::tell::readings::Readings;
use crate::engine::tell::together::{hold, reaches_out};
use crate::engine::tell::turns::Turns;
use crate::ids::{EntryId, LogId, MemberId};
use crate::io::{Millis, Output};
use crate::limits;
use crate::link::Link;
use crate::log::entry::{Group, Kind, Place, Target, Words};
use crate::log::ranges::RangeSet;
use crate::log::run::{Run, RunEntry};
use crate::register::{Register, RegisterKind};
use crate::simulation::{Planted, planted};
use crate::timeline::Found;
use crate::view::{
    Body, Ended, Event, Gap, LinkState, MemberView, Order, Passage, RoomView, Row, RowState,
    SignalState, Trouble,
};

/// What pages were told last.
#[derive(Default)]
pub struct Told {
    members: Vec<MemberView>,
    pending: Option<u64>,
    link_state: LinkState,
    signal_state: SignalState,
    gaps: Vec<Gap>,
    /// Members, or who of them is online, may have changed.
    pub stale: bool,
    /// What the own log's entries have come to may have changed.
    pub pending_stale: bool,
    /// What this member has read of others' logs.
    pub read: Readings,
    /// Whose turn it is in the own receipt.
    pub turns: Turns,
    /// What of others' logs came after its time was over by the clock here; in its own receipt.
    pub late: BTreeMap<LogId, RangeSet>,
    /// Such a thing is about to be stored, and the receipt that says so has to be with it.
    pub late_news: bool,
    /// What went wrong lately, so that a peer cannot fill pages with complaints about it.
    troubles: VecDeque<(Millis, Trouble)>,
    /// What of others' logs members held when they came, and this device did not.
    pub missed: news::Missed,
    /// What became of the last link with each member; of those who are known only.
    pub ended: BTreeMap<MemberId, Ended>,
    /// The own message whose way was asked for last.
    pub traced: Option<EntryId>,
    /// When the queue is told next, while it is watched.
    pub watch_at: Option<Millis>,
    /// Since when what waits does, while it is watched.
    pub ages: Ages,
    /// The room in short, as it was told last.
    pub short: gist::Short,
}

impl Told {
    /// Takes note of what came too late, the newest of a log.
    pub fn came_late(&mut self, log: LogId, seqs: &RangeSet) {
        if !seqs.is_empty() && (self.late.len() < limits::LOGS || self.late.contains_key(&log)) {
            let late = self.late.entry(log).or_default();
            late.union(seqs);
            let surplus = late.ranges().len().saturating_sub(limits::LATE_RANGES);
            *late = RangeSet::from_ranges(late.ranges().iter().skip(surplus).copied());
        }
    }
}

impl Engine {
    fn tell(&mut self, event: Event) {
        self.out.push_back(Output::Event(event));
    }

    /// Tells of something that went wrong: the same once in [`limits::TROUBLE_EVERY`], and not more
    /// than [`limits::TROUBLES`] different things in that time. Of the server's misconduct there
    /// are few kinds, and pages keep to one notice.
    pub(super) fn trouble(&mut self, trouble: Trouble) {
        let now = self.now.mono;
        let every = |trouble: &Trouble| match matches!(trouble, Trouble::Server(_)) {
            true => limits::MISCONDUCT_EVERY,
            false => limits::TROUBLE_EVERY,
        };
        let lately = &mut self.told.troubles;
        lately.retain(|(at, trouble)| now < at + every(trouble));
        let said = lately.iter().any(|(_, told)| *told == trouble);
        if said || lately.len() >= limits::TROUBLES {
            return;
        }
        lately.push_back((now, trouble.clone()));
        self.tell(Event::Trouble(trouble));
    }

    /// Everything a page has to know that comes later than others.
    #[must_use]
    pub fn snapshot(&self) -> Vec<Event> {
        let mut events = vec![Event::Room(self.room_view()), Event::Members(self.member_views())];
        events.push(Event::LinkState(self.link_state()));
        events.push(Event::SignalState(self.peers.state));
        if self.is_open() {
            events.push(Event::Rows(self.news_among(self.timeline.rows())));
            events.push(Event::Older { more: self.timeline.more() });
            events.push(Event::Pending(self.pending()));
            events.push(Event::Gaps(self.wants.gaps(&self.links)));
            events.push(Event::Waiting(self.outbox.waits.stored_ones()));
            events.push(Event::Undelivered(self.outbox.tray.all()));
            events.extend(self.door_events());
        }
        events
    }

    /// What was stored has been read: pages are told all of it, and the work begins.
    pub(super) fn on_open(&mut self) {
        self.recall_receipt();
        self.recall_read();
        let logs: Vec<LogId> = self.logs.iter().map(|(log, _)| *log).collect();
        for log in logs {
            self.tell_log(&log, None);
        }
        if self.peers.state == SignalState::Connecting {
            self.join();
        }
        (self.told.stale, self.told.pending_stale, self.wants_stale) = (true, true, true);
        self.governance.meetings_stale = true;
        self.introduce_exchange();
        self.meet_all();
        for event in self.snapshot() {
            self.tell(event);
        }
    }

    /// Tells what has changed since the last time.
    pub(super) fn tell_pages(&mut self) {
        if !self.is_open() {
            return;
        }
        if std::mem::take(&mut self.told.stale) {
            let members = self.member_views();
            if members != self.told.members {
                self.told.members.clone_from(&members);
                self.tell(Event::Members(members));
            }
        }
        // What is undelivered waits no more.
        if std::mem::take(&mut self.told.pending_stale) || self.outbox.tray.stale {
            let pending = self.pending();
            if self.told.pending.replace(pending) != Some(pending) {
                self.tell(Event::Pending(pending));
            }
        }
        let link_state = self.link_state();
        if std::mem::replace(&mut self.told.link_state, link_state) != link_state {
            self.tell(Event::LinkState(link_state));
        }
        if let Some((waiting, cancelled)) = self.outbox.waits.take_news() {
            cancelled.into_iter().for_each(|draft| self.tell(Event::Cancelled(draft)));
            self.tell(Event::Waiting(waiting));
        }
        if std::mem::take(&mut self.outbox.tray.stale) {
            self.tell(Event::Undelivered(self.outbox.tray.all()));
        }
        let signal_state = self.peers.state;
        if std::mem::replace(&mut self.told.signal_state, signal_state) != signal_state {
            self.tell(Event::SignalState(signal_state));
        }
    }

    pub(super) fn tell_gaps(&mut self) {
        let gaps = self.wants.gaps(&self.links);
        let kept_back =
            planted(Planted::GapNotReported) || gaps.is_empty() && planted(Planted::GapNeverClosed);
        if gaps != self.told.gaps && !kept_back {
            self.told.gaps.clone_from(&gaps);
            self.tell(Event::Gaps(gaps));
        }
    }

    pub(super) fn room_view(&self) -> RoomView {
        RoomView {
            room: self.room,
            name: people::shown_name(self.record.name()),
            me: self.own.member,
            founder: self.record.founder(),
            invite: self.record.invite_by(&self.ring).to_string(),
            entrance: self.record.entrance(),
        }
    }

    fn link_state(&self) -> LinkState {
        if self.links.values().any(|link| link.flow().is_some()) {
            LinkState::Online
        } else if self.links.is_empty() && self.peers.quiet() {
            LinkState::Offline
        } else {
            LinkState::Connecting
        }
    }

    /// Makes rows of runs that are stored now. What is to be seen together with something in other
    /// runs than these waits until all of it is read.
    pub(super) fn surface(&mut self, runs: &[Run]) {
        self.surface_those(runs, |run, group| !reaches_out(run, group) || hold(runs, run, group));
    }

    fn surface_those(&mut self, runs: &[Run], shows: impl Fn(&Run, Option<&Group>) -> bool) {
        let with_last = |run: &Run| {
            let mut rows = self.rows_of(run);
            rows.retain(|found| shows(run, run.group_at(found.row.entry.seq)));
            (rows, run.lamports().1)
        };
        let runs_of_rows: Vec<(Vec<Found>, u64)> = runs.iter().map(with_last).collect();
        let room = (&self.room, &self.ring);
        let mut rows: Vec<Row> = Vec::new();
        for (of_run, last) in runs_of_rows {
            let found = of_run.into_iter();
            rows.extend(found.filter_map(|found| self.timeline.surface(found, last, room)));
        }
        self.note_missed(&mut rows);
        if self.timeline.trim() {
            self.tell(Event::Older { more: true });
        }
        if !rows.is_empty() {
            self.end_typing_of(&rows);
            self.unshelve(&rows);
            self.tell(Event::Rows(rows));
        }
        runs.iter().for_each(|run| self.carry(run));
        self.told.pending_stale = true;
        for run in runs.iter().filter(|run| run.log.member != self.own.member) {
            self.told.turns.news(run.log);
            self.commits.owe_receipt(self.now.mono);
        }
    }

    /// The rows of a run, with the hashes of their entries: not of notes, and not of what is to be
    /// seen together with something that is not here.
    pub(super) fn rows_of(&self, run: &Run) -> Vec<Found> {
        let state = self.logs.of(&run.log);
        if state.is_some_and(|state| !state.shows(run.first)) {
            // Of a branch, and not proven to be of it yet.
            return Vec::new();
        }
        let held = state.map(crate::log::LogState::settled).unwrap_or_default();
        let whole = |group: &Group| held.covers(group.first, group.last());
        let is_row = |entry: &RunEntry| {
            !entry.header.kind.is_note() && entry.header.group.as_ref().is_none_or(whole)
        };
        let counts = |seq: u64, entry: &RunEntry| self.counts(run, seq, entry);
        let rows = run.iter().filter(|(seq, entry)| is_row(entry) && counts(*seq, entry));
        rows.filter_map(|(seq, entry)| {
            let row = self.row_of(run, seq, entry)?;
            let group = entry.header.group.as_ref();
            let end = group.map_or(seq, Group::last).min(run.last());
            let place = usize::try_from(end.saturating_sub(run.first)).ok();
            let last = place.and_then(|place| run.entries.get(place));
            let reach = last.map_or(0, |last| last.header.lamport).max(row.order.lamport);
            // What began in the run before is shown by the page that has that, too.
            let began = group.is_some_and(|group| group.first < run.first);
            let reach = if began { run.lamports().0.saturating_sub(1) } else { reach };
            let split = planted(Planted::BundleSplitByPage);
            let reach = if split { row.order.lamport } else { reach };
            Some(Found { row, hash: entry.hash, reach })
        })
        .collect()
    }

    /// The row of an entry, if it has one for oneself.
    fn row_of(&self, run: &Run, seq: u64, entry: &RunEntry) -> Option<Row> {
        let own = run.log.member == self.own.member;
        let id = EntryId { log: run.log, seq };
        let expiry = entry.header.expiry;
        let over = expiry.is_some_and(|at| at <= self.now.wall);
        let Said { body, vanishes, private, reply_to } = match entry.header.kind {
            Kind::PRIVATE => self.said_privately(run, seq, entry, over)?,
            _ => self.said_openly(run, seq, entry, over),
        };
        let delivery = self.members.delivery_to(&run.log, seq, private).with_expiry(expiry);
        let state = match delivery.state {
            state if state < RowState::Delivered && over => RowState::Expired,
            state if state < RowState::Delivered && self.outbox.tray.holds(&id) => RowState::Failed,
            state => state,
        };
        let decided = self.decided(&entry.hash).map(Body::Decided);
        let body = decided.unwrap_or(body);
        let by_wall = planted(Planted::OrderByWallClock);
        let lamport = if by_wall { entry.header.wall } else { entry.header.lamport };
        Some(Row {
            entry: id,
            hash: entry.hash,
            draft: self.outbox.draft_of(&id),
            author: run.log.member,
            own,
            order: Order { lamport, log: run.log, seq },
            wall: entry.header.wall,
            priority: self.logs.class_of(&id).filter(|_| own).unwrap_or(run.class),
            body,
            size: entry
                .body
                .as_ref()
                .map_or(0, |body| u32::try_from(body.len()).unwrap_or(u32::MAX)),
            state: if own { state } else { RowState::Received },
            held_by: if own { delivery.held_by } else { 0 },
            recipient: delivery.recipient.filter(|_| own),
            late: false,
            unread: false,
            edited: false,
            reactions: Vec::new(),
            expiry,
            vanishes,
            private,
            reply_to: reply_to.map(|to| Box::new(Target { entry: run.calls(to.entry), ..to })),
        })
    }

    pub(super) fn said_openly(&self, run: &Run, seq: u64, entry: &RunEntry, over: bool) -> Said {
        let place =
            Place { room: &self.room, log: &run.origin, seq, epoch: &run.epoch, class: run.class };
        let open = |body: &Vec<u8>| match self.ring.of(&run.epoch) {
            Some(keys) => place.open_said(entry.header.kind, body, keys),
            None => Body::Unreadable.into(),
        };
        let said = entry.body.as_ref().filter(|_| !over).map(open);
        let said = said.unwrap_or_else(|| Body::Gone.into());
        let Words { body, vanishes, reply_to } = said;
        Said { body, vanishes, private: None, reply_to }
    }

    /// A member proved that it holds or has read own entries: their rows follow.
    pub(super) fn update_rows(&mut self, log: LogId, news: &RangeSet) {
        if news.is_empty() {
            return;
        }
        self.told.pending_stale = true;
        self.commits.vanishing.look_at(log, news);
        let held = self.logs.of(&log).map(crate::log::LogState::held).unwrap_or_default();
        let shown = news.and(&held).newest(limits::WINDOW_ROWS as u64);
        let mut rows = Vec::new();
        for seq in shown.ranges().iter().flat_map(|(first, last)| *first..=*last) {
            let id = EntryId { log, seq };
            let delivery = self.members.delivery_to(&log, seq, self.addressee(&id));
            rows.extend(self.timeline.update(&id, delivery));
        }
        if !rows.is_empty() {
            self.tell(Event::Rows(rows));
        }
    }

    /// Own entries that are followed pass a station.
    pub(super) fn note_passage(&mut self, log: &LogId, seqs: &RangeSet, what: Passage) {
        // Who carries what is for another has not read it, though its receipt does not tell that.
        let meant = |engine: &Engine, entry: &EntryId| {
            let Passage::ReadBy(reader) = what else { return true };
            engine.addressee(entry).is_none_or(|only| only == reader)
        };
        for (first, last) in seqs.ranges() {
            let (first, last) =
                (EntryId { log: *log, seq: *first }, EntryId { log: *log, seq: *last });
            let followed = self.outbox.traces.within(first, last).into_iter();
            let followed: Vec<EntryId> = followed.filter(|entry| meant(self, entry)).collect();
            for entry in followed {
                self.outbox.traces.note(entry, self.now.wall, what);
            }
        }
        self.tell_trace_again(log, seqs);
    }

    /// A member has proven that it holds a range of an own log.
    pub(super) fn credit(&mut self, member: &MemberId, log: LogId, held: &RangeSet) {
        let Some(state) = self.logs.of(&log) else { return };
        let news = self.members.holds(member, log, &held.and(&state.held()));
        self.update_rows(log, &news);
        self.note_passage(&log, &news, Passage::HeldBy(*member));
        for (first, last) in news.ranges() {
            let (first, last) = (EntryId { log, seq: *first }, EntryId { log, seq: *last });
            for entry in self.outbox.tray.within(first, last) {
                self.outbox.tray.held(&entry, member);
            }
        }
    }

    /// A register is stored: what it says comes into force, and others hear of it.
    pub(super) fn on_register_stored(&mut self, register: &Register) {
        self.know(register.member);
        self.obey_register(register);
        self.announce_register(register);
    }

    /// What a register says comes into force, as far as it opens.
    pub(super) fn obey_register(&mut self, register: &Register) {
        match register.kind {
            RegisterKind::PROFILE => self.on_profile(&register.member),
            RegisterKind::RECEIPT => self.on_receipt(register),
            RegisterKind::ROOM => self.on_room_info(register),
            RegisterKind::EXCHANGE => {
                self.see_key(register);
                self.governance.meetings_stale = true;
            }
            _ => {}
        }
    }

    /// Opens a register, if the secret of its epoch is known.
    pub(super) fn open_cell<T: for<'de> serde::Deserialize<'de>>(
        &self,
        cell: &Register,
    ) -> Option<T> {
        cell.open(&self.room, self.ring.of(&cell.epoch)?)
    }

    /// Signs a new value of an own register; it is stored with the next batch. At the door nothing
    /// is signed: nothing could be sealed.
    pub(super) fn publish<T: serde::Serialize>(&mut self, kind: RegisterKind, value: &T) {
        let Some(keys) = self.ring.keys() else { return };
        let key = (self.own.member, kind);
        let waiting = self.inbox.counter(&key).max(self.commits.counter(&key));
        let newest = self.registers.counter(&key).max(waiting);
        let stuck = planted(Planted::RegisterCounterStuck) && kind == RegisterKind::RECEIPT;
        // Another life of this key may have said the highest there is: then nothing can follow.
        // The step is drawn: two lives that do not know of each other hardly say the same number,
        // which would leave both values standing.
        let by_one = planted(Planted::RegisterStepsByOne);
        let step = if by_one { 1 } else { 1 + self.random.below(limits::REGISTER_STEP) };
        let counter = newest.saturating_add(if stuck && newest > 0 { 0 } else { step });
        let register = Register::sign(
            (&self.room, &self.ring.current()),
            (kind, counter),
            value,
            (&self.keypair, keys),
            &mut self.random,
        );
        self.inbox.put_register(register);
    }

    pub(super) fn member_of(&self, link: crate::ids::LinkId) -> Option<MemberId> {
        self.links.get(&link).and_then(Link::member)
    }
}

/// The server's own words as a page may show them: not at length, on one line, and without what
/// turns the direction of the words around them.
pub(super) fn server_words(message: &str) -> String {
    let turns = |letter: char| {
        matches!(letter, '\u{200e}' | '\u{200f}' | '\u{61c}')
            || ('\u{2028}'..='\u{202e}').contains(&letter)
            || ('\u{2066}'..='\u{2069}').contains(&letter)
    };
    let shown = message.chars().filter(|letter| !letter.is_control() && !turns(*letter));
    shown.take(limits::SERVER_WORDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i6_the_servers_words_are_shown_on_one_line_and_not_at_length() {
        assert_eq!(server_words("the room is full"), "the room is full");
        let turned = server_words("\u{202e}\u{2066}daoler\u{200f}\n\u{2028}\0!");
        assert_eq!(turned, "daoler!");
        assert_eq!(server_words(&"界".repeat(60_000)).chars().count(), limits::SERVER_WORDS);
    }
}
