//! The search in this room: reads what is stored from the newest down, a step at a time, and tells
//! what was found.
//!
//! ```text
//!  Find ─► timeline ─► runs ─► notes on what they say ─► Event::Found ─► the next step, or the end
//! ```
//! It reads and writes nothing: what cannot be read is left to whoever shows it, nothing waits for
//! it, and between two steps it holds no more than it will tell. What a blocked member has said is
//! not found, nor what others have said whose words go after the reading: a match would show it
//! and not count as reading.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::load::{PAGE_NOTES, Purpose};
use crate::engine::{Engine, keys};
use crate::ids::{EntryId, FindId, LogId, Seq};
use crate::io::{Output, Record, Table};
use crate::limits;
use crate::log::run::Run;
use crate::timeline;
use crate::timeline::notes::{Fold, Note};
use crate::view::find::Wanted;
use crate::view::{Body, Event, Found, FoundEnd, Match, Order, Row};

/// What a scan of a step reads.
#[derive(Clone, Debug)]
pub enum Part {
    /// Which runs come next.
    Page,
    /// Runs of one log: those that begin at these seqs have to be there.
    Runs(LogId, BTreeSet<Seq>),
    /// Notes on what they say.
    Notes,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Finding {
    now: Option<Looking>,
}

/// What is looked for, and how far.
#[derive(Debug)]
struct Looking {
    find: FindId,
    wanted: Wanted,
    /// The key of the oldest `timeline` record that was read.
    cursor: Option<Vec<u8>>,
    step: Option<Step>,
    /// What was found below the floor of what was read: older runs may hold newer messages.
    waiting: BTreeMap<Order, Match>,
    told: usize,
    rows: usize,
    /// Something was found that is not told.
    cut: bool,
    /// Something could not be read.
    unread: bool,
}

/// What is read at once.
#[derive(Debug, Default)]
struct Step {
    oldest: Option<(Vec<u8>, u64)>,
    more: bool,
    scans: usize,
    rows: usize,
    found: BTreeMap<EntryId, (timeline::Found, Fold)>,
}

impl Finding {
    /// The store is read again: so is what was being read.
    pub fn reset(&mut self) {
        if let Some(now) = &mut self.now {
            now.step = None;
        }
    }

    fn step(&mut self) -> Option<&mut Step> {
        self.now.as_mut()?.step.as_mut()
    }
}

impl Looking {
    fn of(find: FindId, wanted: Wanted) -> Looking {
        Looking {
            find,
            wanted,
            cursor: None,
            step: None,
            waiting: BTreeMap::new(),
            told: 0,
            rows: 0,
            cut: false,
            unread: false,
        }
    }

    /// What can be told after a step, newest first: nothing older than that is newer than it.
    fn ripe(&mut self, floor: Option<u64>) -> Vec<Match> {
        let is_ripe = |order: &Order| floor.is_none_or(|floor| order.lamport > floor);
        let waiting = std::mem::take(&mut self.waiting);
        let (ripe, waiting): (BTreeMap<Order, Match>, _) =
            waiting.into_iter().partition(|(order, _)| is_ripe(order));
        self.waiting = waiting;
        let mut ripe: Vec<Match> = ripe.into_values().rev().collect();
        let left = limits::FIND_MATCHES.saturating_sub(self.told);
        self.cut |= ripe.len() > left;
        ripe.truncate(left);
        self.told += ripe.len();
        while self.waiting.len() > limits::FIND_MATCHES.saturating_sub(self.told) {
            self.waiting.pop_first();
            self.cut = true;
        }
        ripe
    }

    /// Why it ends now, if it does.
    fn end(&self, more: bool) -> Option<FoundEnd> {
        let full = self.told >= limits::FIND_MATCHES && (more || self.cut);
        let end = match (full, more) {
            (true, _) => FoundEnd::Many,
            (false, false) => FoundEnd::Whole,
            (false, true) if self.is_far() => FoundEnd::Far,
            (false, true) => return None,
        };
        Some(if self.unread { FoundEnd::Unread } else { end })
    }

    fn is_far(&self) -> bool {
        self.rows >= limits::WINDOW_ROWS
    }
}

impl Engine {
    /// Looks for all words of a text from now on, and for nothing else.
    pub(in crate::engine) fn find(&mut self, find: FindId, words: &str) {
        if self.finding.now.as_ref().is_some_and(|now| now.find == find) {
            return;
        }
        self.stop_looking(FoundEnd::Ended);
        match Wanted::of(words) {
            Some(wanted) => self.finding.now = Some(Looking::of(find, wanted)),
            None => self.tell_found(find, Vec::new(), Some(FoundEnd::Whole)),
        }
    }

    /// A page does not look for that any more.
    pub(in crate::engine) fn end_find(&mut self, find: FindId) {
        if self.finding.now.as_ref().is_some_and(|now| now.find == find) {
            self.stop_looking(FoundEnd::Ended);
        }
    }

    fn stop_looking(&mut self, end: FoundEnd) {
        let Some(now) = self.finding.now.take() else { return };
        self.loads.out.retain(|_, purpose| !matches!(purpose, Purpose::Find(_)));
        self.tell_found(now.find, Vec::new(), Some(end));
    }

    pub(in crate::engine) fn tell_found(
        &mut self,
        find: FindId,
        matches: Vec<Match>,
        end: Option<FoundEnd>,
    ) {
        if end.is_some() || !matches.is_empty() {
            self.out.push_back(Output::Event(Event::Found(Found { find, matches, end })));
        }
    }

    /// Begins with the next step, if something is looked for.
    pub(in crate::engine) fn tend_finding(&mut self) {
        if !self.is_open() || self.commits.reload {
            return;
        }
        let Some(now) = self.finding.now.as_mut().filter(|now| now.step.is_none()) else { return };
        now.step = Some(Step::default());
        let (from, end) = keys::whole_room(&self.room);
        let range = (from, now.cursor.clone().unwrap_or(end));
        self.scan(Purpose::Find(Part::Page), Table::Timeline, range, true, limits::FIND_RUNS);
    }

    pub(super) fn on_find(&mut self, part: Part, records: Vec<Record>) {
        match part {
            Part::Page => self.on_find_page(&records),
            Part::Runs(log, firsts) => self.on_find_runs(&log, firsts, &records),
            Part::Notes => self.on_find_notes(records),
        }
    }

    /// The store gives nothing: what was told stands.
    pub(super) fn on_find_failed(&mut self) {
        self.stop_looking(FoundEnd::Unread);
    }

    fn on_find_page(&mut self, records: &[Record]) {
        let mut runs: BTreeMap<LogId, BTreeSet<Seq>> = BTreeMap::new();
        let mut oldest = None;
        for (key, _) in records {
            if let Some((lamport, log, first)) = keys::read_timeline(key) {
                runs.entry(log).or_default().insert(first);
                oldest = Some(lamport);
            }
        }
        let key = records.last().map(|(key, _)| key.clone());
        let Some(step) = self.finding.step() else { return };
        step.more = u32::try_from(records.len()).is_ok_and(|count| count >= limits::FIND_RUNS);
        (step.oldest, step.scans) = (key.zip(oldest), runs.len());
        if runs.is_empty() {
            return self.end_step();
        }
        for (log, firsts) in runs {
            let first = firsts.first().copied().unwrap_or_default();
            let last = firsts.last().copied().unwrap_or_default();
            let from = keys::run(&self.room, &log, first);
            let to = keys::run(&self.room, &log, last.saturating_add(1));
            let purpose = Purpose::Find(Part::Runs(log, firsts));
            self.scan(purpose, Table::Runs, (from, to), false, 2 * limits::FIND_RUNS);
        }
    }

    fn on_find_runs(&mut self, log: &LogId, mut firsts: BTreeSet<Seq>, records: &[Record]) {
        let mut rows = Vec::new();
        for (_, bytes) in records {
            let run = Run::verify(&self.room, bytes).ok().filter(|run| run.log == *log);
            if let Some(run) = run {
                firsts.remove(&run.first);
                rows.extend(self.rows_of(&run));
            }
        }
        let count = rows.len();
        rows.retain(|found| self.may_find(&found.row));
        let Some(now) = self.finding.now.as_mut() else { return };
        now.unread |= !firsts.is_empty();
        let Some(step) = now.step.as_mut() else { return };
        step.rows += count;
        let rows = rows.into_iter().map(|found| (found.row.entry, (found, Fold::default())));
        step.found.extend(rows);
        step.scans = step.scans.saturating_sub(1);
        if step.scans == 0 {
            self.read_found_notes();
        }
    }

    fn may_find(&self, row: &Row) -> bool {
        let words = matches!(row.body, Body::Text(_)) && (row.own || row.vanishes.is_none());
        words && !self.is_blocked(&row.author)
    }

    fn read_found_notes(&mut self) {
        let Some(step) = self.finding.step() else { return };
        let mut ends: BTreeMap<LogId, (Seq, Seq)> = BTreeMap::new();
        for EntryId { log, seq } in step.found.keys() {
            let (_, end) = ends.entry(*log).or_insert((*seq, 0));
            *end = seq.saturating_add(1);
        }
        step.scans = 2 * ends.len();
        if ends.is_empty() {
            return self.end_step();
        }
        for (log, (first, end)) in ends {
            for range in [
                keys::notes(&self.room, &log, first, end),
                keys::early_notes(&self.room, &log, first, end),
            ] {
                let purpose = Purpose::Find(Part::Notes);
                self.scan(purpose, Table::Projections, range, false, PAGE_NOTES);
            }
        }
    }

    fn on_find_notes(&mut self, records: Vec<Record>) {
        let notes = records.into_iter().filter_map(|(key, value)| {
            let note = postcard::from_bytes::<Note>(&value).ok()?;
            self.note_counts(&note.by).then_some((keys::read_note(&key)?, note))
        });
        let notes: Vec<(EntryId, Note)> = notes.collect();
        let Some(step) = self.finding.step() else { return };
        for (target, note) in notes {
            let about = step.found.get_mut(&target).filter(|(row, _)| row.hash == note.target);
            if let Some((_, fold)) = about {
                fold.add(&note, &self.room, &self.ring);
            }
        }
        step.scans = step.scans.saturating_sub(1);
        if step.scans == 0 {
            self.end_step();
        }
    }

    fn end_step(&mut self) {
        let Some(mut now) = self.finding.now.take() else { return };
        let Step { oldest, more, rows, found, .. } = now.step.take().unwrap_or_default();
        now.rows += rows;
        for (found, fold) in found.into_values() {
            let mut row = found.row;
            fold.apply(&mut row);
            let Body::Text(text) = &row.body else { continue };
            if now.wanted.is_in(text) {
                let excerpt = now.wanted.excerpt_of(text);
                let name = self.name_of(&row.author);
                let Row { entry, order, author, wall, .. } = row;
                now.waiting.insert(order, Match { entry, order, author, name, wall, excerpt });
            }
        }
        let goes_on = more && !now.is_far();
        let floor = oldest.as_ref().map(|(_, lamport)| *lamport).filter(|_| goes_on);
        now.cursor = oldest.map(|(key, _)| key).or(now.cursor);
        let (matches, end) = (now.ripe(floor), now.end(more));
        self.tell_found(now.find, matches, end);
        if end.is_none() {
            self.finding.now = Some(now);
        }
    }
}
