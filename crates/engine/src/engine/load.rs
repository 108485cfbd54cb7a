//! Reading: start-up, older pages of the timeline, and runs that a link has room for.
//!
//! ```text
//!  projections ─► readings ─► early ─► names, outbox ─► drafts ─► page ─► runs, notes ─► open
//! ```
//! A damaged record is left out and said; what it held is asked of peers again.

mod decisions;
pub(super) mod distant;
pub(super) mod find;
mod page;
mod projections;
pub(super) mod repair;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::engine::forks::Why;
use crate::engine::inspect::Ages;
use crate::engine::load::decisions::Decisions;
use crate::engine::load::find::Part;
use crate::engine::load::page::Page;
use crate::engine::load::repair::Repairs;
use crate::engine::{Engine, keys};
use crate::ids::{DraftId, EntryId, LinkId, LogId, Seq};
use crate::io::{Output, Record, Scan, ScanId, StoreFault, Table};
use crate::limits;
use crate::link::flow::Read;
use crate::log::LogState;
use crate::outbox::tray::Case;
use crate::simulation::{Mark, Planted, mark, planted};
use crate::timeline::Timeline;
use crate::timeline::notes::{Note, Noted};
use crate::view::{Command, Event, Refusal, Trouble, Waiting};

/// Records of projections read at start: more than a room within its limits can have.
const PROJECTIONS: u32 = 40_000;
/// Commands kept until the start is done; sent messages wait in the outbox, beyond these.
const EARLY_COMMANDS: usize = 64;
/// Notes read for the messages of a page: beyond, older ones are not shown on it.
pub(super) const PAGE_NOTES: u32 = 20_000;
/// Runs read at once for a link.
const READ_RUNS: u32 = 16;

/// What a scan is for.
#[derive(Clone, Debug)]
pub enum Purpose {
    Projections,
    /// Runs among which there may be decisions that are lost.
    Decisions,
    /// What was read.
    Readings,
    /// Notes whose messages are not here.
    Early,
    /// As whom others are known, what waits, and what could not be delivered.
    Outbox,
    Drafts,
    Page,
    /// Runs of a page, of one log: those that begin at these seqs have to be there.
    PageRuns(LogId, BTreeSet<Seq>),
    /// Notes on the messages of a page.
    PageNotes,
    /// What is to be seen together with something that came later.
    Group,
    /// The bodies that go next.
    Fades,
    /// Notes on a message whose body goes.
    FadeNotes,
    /// The run that holds a body which goes.
    FadeRun,
    /// What goes after it was read, up to a key.
    Vanishing(Vec<u8>),
    /// The run that holds a message which is not in memory.
    DistantRun,
    /// Notes on that message.
    DistantNotes,
    /// A part of a step of a search.
    Find(Part),
    /// Runs for a link, from the entry up.
    Ahead(LinkId, Read),
    /// The run that holds an entry, from it down.
    Holder(LinkId, Read),
    /// Runs that become part of a branch.
    Move,
    /// Small runs of a log.
    Merge(LogId),
    /// The hash of an entry.
    Hash(LogId, Seq, Why),
    /// The run that holds an entry of which somebody wants to know when it was written.
    Age(EntryId),
    /// The last readable run below one that is not.
    RepairBelow,
    /// The first readable run above it.
    RepairAbove,
}

/// The scans that are out.
#[derive(Debug, Default)]
pub struct Loads {
    open: bool,
    ready: bool,
    next: u64,
    out: BTreeMap<ScanId, Purpose>,
    page: Page,
    /// What came to be shown by pages that are read one after another, because each shows little.
    surfaced: Vec<EntryId>,
    early: VecDeque<Command>,
    pub decisions: Decisions,
}

impl Loads {
    /// True once the start was done for the first time, also while the truth is read again.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.ready
    }

    /// Keeps a command until what it is about has been read.
    ///
    /// # Errors
    /// If too many wait already.
    pub fn wait(&mut self, command: Command) -> Result<(), Refusal> {
        if self.early.len() >= EARLY_COMMANDS {
            let waiting = u64::try_from(self.early.len()).unwrap_or(u64::MAX);
            return Err(Refusal::Busy { waiting });
        }
        self.early.push_back(command);
        Ok(())
    }

    /// The commands that waited.
    pub fn take_early(&mut self) -> VecDeque<Command> {
        std::mem::take(&mut self.early)
    }

    /// True once the start is done.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }
}

impl Engine {
    /// Reads the truth from the store: at the start, and after a commit that may have failed.
    pub(super) fn load(&mut self) {
        self.loads.open = false;
        self.loads.out.clear();
        self.loads.decisions = Decisions::default();
        for flow in self.links.values_mut().filter_map(|link| link.flow_mut()) {
            flow.reading = false;
            flow.have.settle_disputes();
        }
        self.timeline = Timeline::unread();
        self.loads.surfaced.clear();
        self.distant.reset();
        self.finding.reset();
        self.commits.fades.reset();
        self.commits.vanishing.reset(&self.room);
        self.forks.reset();
        self.repairs = Repairs::default();
        self.told.ages = Ages::default();
        self.commits.merges.give_way();
        let (from, to) = keys::start_projections(&self.room);
        self.scan(Purpose::Projections, Table::Projections, (from, to), false, PROJECTIONS);
    }

    pub(super) fn scan(
        &mut self,
        purpose: Purpose,
        table: Table,
        (from, to): (Vec<u8>, Vec<u8>),
        descending: bool,
        limit: u32,
    ) {
        let scan = ScanId(self.loads.next);
        self.loads.next += 1;
        self.loads.out.insert(scan, purpose);
        self.out.push_back(Output::Scan(Scan { scan, table, from, to, descending, limit }));
    }

    pub(super) fn on_scanned(&mut self, scan: ScanId, result: Result<Vec<Record>, StoreFault>) {
        let Some(purpose) = self.loads.out.remove(&scan) else { return };
        let records = match result {
            Ok(records) => records,
            Err(_) if matches!(purpose, Purpose::Find(_)) => return self.on_find_failed(),
            Err(_) if planted(Planted::FailedReadForgotten) => return,
            Err(_) if planted(Planted::FailedReadIsEmpty) => Vec::new(),
            Err(fault) => return self.on_scan_failed(&purpose, fault),
        };
        match purpose {
            Purpose::Projections => self.on_projections(&records),
            Purpose::Decisions => self.on_decision_runs(&records),
            Purpose::Readings => self.on_readings(records),
            Purpose::Early => self.on_early(records),
            Purpose::Outbox => self.on_outbox(records),
            Purpose::Drafts => self.on_drafts(records),
            Purpose::PageNotes => {
                self.on_notes(records);
                self.end_page_scan();
            }
            Purpose::Group => self.on_group(&records),
            Purpose::Fades => self.on_fades(&records),
            Purpose::FadeNotes => self.on_fade_notes(records),
            Purpose::FadeRun => self.on_fade_run(records),
            Purpose::Vanishing(to) => self.on_vanishing(&records, to),
            Purpose::DistantRun => self.on_distant_run(&records),
            Purpose::DistantNotes => self.on_distant_notes(records),
            Purpose::Find(part) => self.on_find(part, records),
            Purpose::Age(entry) => self.on_age(entry, &records),
            Purpose::Move => self.on_move_read(records),
            Purpose::Merge(log) => self.on_merge_read(log, &records),
            Purpose::Hash(log, seq, why) => self.on_hash_read(log, seq, why, &records),
            Purpose::Page => self.on_page(&records),
            Purpose::PageRuns(log, firsts) => self.on_page_runs(&log, firsts, records),
            Purpose::RepairBelow => self.on_repair_below(records),
            Purpose::RepairAbove => self.on_repair_above(records),
            Purpose::Ahead(link, read) => self.on_ahead(link, read, records, true),
            Purpose::Holder(link, read) => self.on_ahead(link, read, records, false),
        }
    }

    fn on_scan_failed(&mut self, purpose: &Purpose, fault: StoreFault) {
        self.trouble(Trouble::Store(fault));
        match purpose {
            Purpose::Merge(_) | Purpose::Find(_) => {}
            Purpose::Hash(log, seq, why) => self.on_hash_read(*log, *seq, *why, &[]),
            Purpose::Age(entry) => self.on_age(*entry, &[]),
            Purpose::Projections
            | Purpose::Decisions
            | Purpose::Readings
            | Purpose::Early
            | Purpose::Outbox
            | Purpose::Drafts
            | Purpose::Group
            | Purpose::Page
            | Purpose::PageRuns(..)
            | Purpose::RepairBelow
            | Purpose::RepairAbove
            | Purpose::PageNotes
            | Purpose::Fades
            | Purpose::FadeNotes
            | Purpose::FadeRun
            | Purpose::Vanishing(_)
            | Purpose::DistantRun
            | Purpose::DistantNotes
            | Purpose::Move => {
                self.hold_off();
                self.commits.reload = true;
            }
            Purpose::Ahead(link, read) | Purpose::Holder(link, read) => {
                if let Some(flow) = self.links.get_mut(link).and_then(|link| link.flow_mut()) {
                    flow.reading = false;
                    flow.skip(read.log, read.seq, read.seq);
                }
            }
        }
    }

    pub(super) fn load_early(&mut self) {
        // As many as are kept in memory; the others are read with the page of their message.
        let most = u32::try_from(limits::EARLY_NOTES).unwrap_or(u32::MAX);
        let range = keys::all_early(&self.room);
        self.scan(Purpose::Early, Table::Projections, range, false, most);
    }

    fn on_early(&mut self, records: Vec<Record>) {
        for (key, value) in records {
            match (keys::read_note(&key), postcard::from_bytes::<Note>(&value)) {
                (Some(target), Ok(note)) => {
                    if self.note_counts(&note.by) {
                        self.timeline.keep_early(Noted { target, note });
                    }
                }
                (Some(_) | None, Ok(_) | Err(_)) => self.damaged(Table::Projections),
            }
        }
        let range = keys::start_state(&self.room);
        let most = limits::MEMBERS + 1 + limits::WAITING + limits::UNDELIVERED;
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        self.scan(Purpose::Outbox, Table::State, range, false, most);
    }

    fn on_outbox(&mut self, records: Vec<Record>) {
        let shelf = keys::shelf(&self.room);
        for (key, value) in records {
            if let Some(member) = keys::read_acquaintance(&key) {
                self.load_acquaintance(member, &value);
                continue;
            }
            let loaded = match keys::read_undelivered(&key) {
                None if key == shelf => self.load_shelf(&value),
                Some(entry) => Case::decode(&value).map(|case| self.outbox.tray.load(entry, case)),
                None => postcard::from_bytes::<Waiting>(&value)
                    .ok()
                    .map(|waiting| self.outbox.waits.load(waiting)),
            };
            if loaded.is_none() {
                self.damaged(Table::State);
            }
        }
        self.outbox.forget_stored();
        let range = keys::drafts(&self.room, &self.own.member);
        let limit = u32::try_from(4 * limits::REMEMBERED_DRAFTS).unwrap_or(u32::MAX);
        self.scan(Purpose::Drafts, Table::State, range, true, limit);
    }

    fn on_drafts(&mut self, records: Vec<Record>) {
        let own = |(key, _): &Record| keys::read_draft(key).is_some_and(|(log, _)| log == self.own);
        // Those of the present log come last: they are forgotten last.
        let (now, before): (Vec<Record>, Vec<Record>) = records.into_iter().rev().partition(own);
        let newest = now.last().and_then(|(key, _)| keys::read_draft(key)).map(|(_, seq)| seq);
        self.leave_lost_log(newest);
        for (key, value) in before.into_iter().chain(now) {
            let id = <[u8; 16]>::try_from(value.as_slice()).ok().map(DraftId);
            match (keys::read_draft(&key), id) {
                (Some((log, seq)), Some(id)) => {
                    self.outbox.remember(id, EntryId { log, seq });
                }
                (None, _) | (_, None) => self.damaged(Table::State),
            }
        }
        let stored = self.outbox.drop_stored().into_iter();
        self.out.extend(stored.map(|draft| Output::Event(Event::Stored(draft))));
        self.load_page();
    }

    /// Reads ahead for a link, as far as there is room in its lanes.
    pub(super) fn fill(&mut self, link: LinkId) {
        if !self.loads.open {
            return;
        }
        let me = self.own.member;
        loop {
            let flow = self.links.get_mut(&link).and_then(|link| link.flow_mut());
            let Some(flow) = flow.filter(|flow| !flow.reading) else { return };
            let Some(read) = flow.next_read(&self.logs, &me) else { return };
            if let Some((first, last, bytes)) = self.cache.of(&read.log, read.seq) {
                flow.prepare(&read, first, last, bytes);
                continue;
            }
            flow.reading = true;
            if read.down {
                return self.scan_down(link, read);
            }
            let from = keys::run(&self.room, &read.log, read.seq);
            let to = keys::run(&self.room, &read.log, Seq::MAX);
            self.scan(Purpose::Ahead(link, read), Table::Runs, (from, to), false, READ_RUNS);
            return;
        }
    }

    /// Reads the run that holds an entry, and some before it.
    fn scan_down(&mut self, link: LinkId, read: Read) {
        let from = keys::run(&self.room, &read.log, 0);
        let to = keys::run(&self.room, &read.log, read.seq.saturating_add(1));
        self.scan(Purpose::Holder(link, read), Table::Runs, (from, to), true, READ_RUNS);
    }

    fn on_ahead(&mut self, link: LinkId, read: Read, records: Vec<Record>, upward: bool) {
        for (key, bytes) in records {
            // A disk may give back something else than was stored: whoever got it would blame us.
            match repair::readable(&self.room, &read.log, (&key, &bytes)) {
                Some(run) => self.cache.put(run.log, run.first, run.last(), &bytes),
                None => self.damaged(Table::Runs),
            }
        }
        let found = self.cache.of(&read.log, read.seq);
        let flow = self.links.get_mut(&link).and_then(|link| link.flow_mut());
        let Some(flow) = flow else { return };
        flow.reading = false;
        match found {
            Some((first, last, bytes)) => flow.prepare(&read, first, last, bytes),
            None if upward => {
                // The entry is not the first of its run: the run begins before it.
                flow.reading = true;
                mark(Mark::HolderRead);
                self.scan_down(link, read);
            }
            None => {
                flow.skip(read.log, read.seq, read.seq);
                let held = |state: &LogState| state.held().contains(read.seq);
                if self.logs.of(&read.log).is_some_and(held) {
                    self.repair(EntryId { log: read.log, seq: read.seq });
                }
            }
        }
    }
}
