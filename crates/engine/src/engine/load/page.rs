//! A page of the timeline: which runs make it, their rows, and the notes on these.
//!
//! ```text
//!  timeline records, newest first ─► cut where runs hold enough rows ─► runs ─► notes ─► rows
//! ```

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::load::{PAGE_NOTES, Purpose};
use crate::engine::{Engine, keys};
use crate::ids::{EntryId, LogId, Seq};
use crate::io::{Output, Record, Table};
use crate::limits;
use crate::log::run::Run;
use crate::simulation::{page_rows, page_runs};
use crate::view::{Event, Refusal, Row};

/// The page that is being read.
#[derive(Clone, Debug, Default)]
pub struct Page {
    oldest: Option<(Vec<u8>, u64)>,
    more: bool,
    scans: usize,
    /// Where notes on its messages are, to be read once its runs are here.
    pub noted: Vec<(LogId, Seq, Seq)>,
}

impl Engine {
    pub(super) fn load_page(&mut self) {
        let Some(cursor) = self.timeline.begin_page() else { return };
        // Of runs that are about to become one, this page may read one and leave the other.
        self.commits.merges.give_way();
        let (from, end) = keys::whole_room(&self.room);
        let range = (from, cursor.unwrap_or(end));
        self.scan(Purpose::Page, Table::Timeline, range, true, page_runs());
    }

    pub(in crate::engine) fn load_older(&mut self) {
        if !self.loads.open {
            return;
        }
        if self.timeline.full() {
            let limit = u64::try_from(limits::WINDOW_ROWS).unwrap_or(u64::MAX);
            return self.refuse(None, Refusal::WindowFull { limit });
        }
        if !self.timeline.more() && !self.timeline.is_loading() {
            // Whoever asks hears of it, also if it was told before.
            return self.out.push_back(Output::Event(Event::Older { more: false }));
        }
        self.load_page();
    }

    pub(super) fn on_page(&mut self, read: &[Record]) {
        let place =
            |(key, _): &Record| keys::read_timeline(key).map(|(_, log, first)| (log, first));
        let held = |log: &LogId| self.logs.of(log).and_then(|state| state.head());
        let end = |log: &LogId| held(log).map_or(0, |(last, ..)| last.saturating_add(1));
        let runs = self.timeline.make_page(read.iter().map(place), end);
        let records = &read[..runs];
        let places = records.iter().filter_map(|(key, _)| keys::read_timeline(key));
        let mut runs: BTreeMap<LogId, BTreeSet<Seq>> = BTreeMap::new();
        let mut oldest = None;
        for (lamport, log, first) in places {
            runs.entry(log).or_default().insert(first);
            oldest = Some(lamport);
        }
        let full = u32::try_from(read.len()).is_ok_and(|count| count >= page_runs());
        let full = full || records.len() < read.len();
        let key = records.last().map(|(key, _)| key.clone());
        let (scans, noted) = (runs.len(), Vec::new());
        self.loads.page = Page { oldest: key.zip(oldest), more: full, scans, noted };
        for (log, firsts) in runs {
            let (Some(first), Some(last)) = (firsts.first().copied(), firsts.last().copied())
            else {
                continue;
            };
            let from = keys::run(&self.room, &log, first);
            let to = keys::run(&self.room, &log, last.saturating_add(1));
            let purpose = Purpose::PageRuns(log, firsts);
            self.scan(purpose, Table::Runs, (from, to), false, 2 * page_runs());
            // A run has at most so many entries.
            let end = last.saturating_add(limits::RUN_ENTRIES as u64);
            self.loads.page.noted.push((log, first, end));
        }
        if self.loads.page.scans == 0 {
            self.end_page();
        }
    }

    pub(super) fn on_page_runs(
        &mut self,
        log: &LogId,
        mut firsts: BTreeSet<Seq>,
        records: Vec<Record>,
    ) {
        for (_, bytes) in records {
            if let Ok(run) = Run::verify(&self.room, &bytes) {
                firsts.remove(&run.first);
                for found in self.rows_of(&run) {
                    let Row { entry, private, .. } = found.row;
                    self.timeline.load(found);
                    if let Some(other) = private {
                        self.members.share(&other, entry.log, entry.seq);
                    }
                }
                self.carry(&run);
            }
        }
        for seq in firsts {
            self.repair(EntryId { log: *log, seq });
        }
        self.end_page_scan();
    }

    pub(super) fn end_page_scan(&mut self) {
        self.loads.page.scans = self.loads.page.scans.saturating_sub(1);
        if self.loads.page.scans > 0 {
            return;
        }
        for (log, first, end) in std::mem::take(&mut self.loads.page.noted) {
            self.loads.page.scans += 2;
            for notes in [
                keys::notes(&self.room, &log, first, end),
                keys::early_notes(&self.room, &log, first, end),
            ] {
                self.scan(Purpose::PageNotes, Table::Projections, notes, false, PAGE_NOTES);
            }
        }
        if self.loads.page.scans == 0 {
            self.end_page();
        }
    }

    fn end_page(&mut self) {
        let page = std::mem::take(&mut self.loads.page);
        let rows = self.timeline.end_page(page.oldest, page.more);
        self.commits.vanishing.look_at_rows();
        self.loads.surfaced.extend(rows.iter().map(|row| row.entry));
        if self.loads.surfaced.len() < page_rows() / 4 && self.timeline.more() {
            // Little but notes, perhaps, or runs that reach far down among others that are not read
            // yet: a page has a screen to show, or is the last.
            return self.load_page();
        }
        let surfaced = std::mem::take(&mut self.loads.surfaced);
        if self.loads.open {
            let rows = surfaced.iter().filter_map(|entry| self.timeline.row(entry).cloned());
            let rows = self.news_among(rows.collect());
            self.out.push_back(Output::Event(Event::Rows(rows)));
        } else {
            self.loads.open = true;
            self.loads.ready = true;
            self.timeline.settle();
            self.resume_moves();
            self.consider_again(|_| true);
            self.meet_logs();
            self.on_open();
            self.obey_early();
        }
        self.out.push_back(Output::Event(Event::Older { more: self.timeline.more() }));
    }
}
