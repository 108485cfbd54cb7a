//! Receipts: what of others' logs is held here and was read, and what those of others say of one's
//! own.
//!
//! A receipt is a register, so it has so many bytes. What does not fit is kept here all the same
//! (`readings.rs`), and is said when it has its turn (`turns.rs`).

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::Engine;
use crate::engine::forks::Witness;
use crate::engine::tell::turns::{Filling, Page};
use crate::frame::Refusal;
use crate::ids::{EntryId, LogId, MemberId};
use crate::limits;
use crate::log::LogState;
use crate::log::have::LogHave;
use crate::log::ranges::RangeSet;
use crate::log::refusal;
use crate::outbox::tray::Refused;
use crate::register::{Receipt, Register, RegisterKind};
use crate::view::Passage;

impl Engine {
    /// What a member holds of the own logs, as its receipt says.
    pub(in crate::engine) fn learn_held(&mut self, member: &MemberId, have: &LogHave) {
        self.learn_late(member, have);
        for range in have.ranges.iter().filter(|range| range.is_valid()) {
            self.weigh(Witness::Receipt(*member), have.log, *range);
        }
    }

    /// What of the own logs came too late to a member, before it counts as held there.
    pub(in crate::engine) fn learn_late(&mut self, member: &MemberId, have: &LogHave) {
        for (first, last) in have.late().ranges() {
            let (first, last, reason) = (*first, *last, refusal::EXPIRED);
            let refusal = Refusal { log: have.log, first, last, reason };
            self.note_refusal(*member, refusal, Refused::ForGood);
        }
    }

    pub(in crate::engine) fn on_receipt(&mut self, register: &Register) {
        let member = register.member;
        let receipt: Option<Receipt> = self.open_cell(register);
        let Some(receipt) = receipt else { return };
        if member == self.own.member {
            // Another device of one's own has read it, or this one before its disk went back.
            self.told.short.stale = true;
            return self.read_elsewhere(&receipt);
        }
        for have in receipt.held.iter().take(limits::LOGS) {
            self.learn_held(&member, have);
        }
        self.learn_read_by(member, receipt);
    }

    /// What of the own logs a member has read, as its receipt says.
    fn learn_read_by(&mut self, member: MemberId, receipt: Receipt) {
        for (log, ranges) in receipt.read.into_iter().take(limits::LOGS) {
            if log.member == self.own.member {
                let read = RangeSet::from_ranges(ranges.into_iter().take(limits::RANGES));
                let news = self.members.reads(&member, log, &read);
                self.update_rows(log, &news);
                self.note_passage(&log, &news, Passage::ReadBy(member));
            }
        }
    }

    /// What the stored receipts of others say was read: a page may have closed when one was stored,
    /// before it was taken in.
    pub(in crate::engine) fn recall_read(&mut self) {
        let others =
            |cell: &&Register| cell.kind == RegisterKind::RECEIPT && cell.member != self.own.member;
        for cell in self.registers.iter().filter(others).cloned().collect::<Vec<_>>() {
            if let Some(receipt) = self.open_cell(&cell) {
                self.learn_read_by(cell.member, receipt);
            }
        }
    }

    /// True if this member has read an entry of another's log.
    pub(in crate::engine) fn has_read(&self, entry: &EntryId) -> bool {
        self.told.read.contains(entry)
    }

    /// A page shows more than is in memory when it has outlived its worker, or the store was read
    /// again: what is held counts, too.
    pub(in crate::engine) fn mark_read(&mut self, entries: &[EntryId]) {
        let mut marked = self.timeline.others(entries);
        let afar = entries.iter().filter(|entry| {
            let held = |state: &LogState| state.held().contains(entry.seq);
            let shown = self.timeline.row(entry).is_some();
            !shown && !self.is_own(&entry.log) && self.logs.of(&entry.log).is_some_and(held)
        });
        marked.extend(afar);
        let last = marked.iter().filter_map(|entry| Some(self.timeline.row(entry)?.order)).max();
        let mut read: BTreeMap<LogId, RangeSet> = BTreeMap::new();
        for EntryId { log, seq } in marked.into_iter().filter(|entry| !self.has_read(entry)) {
            read.entry(log).or_default().insert(seq, seq);
        }
        for (log, seqs) in &read {
            self.told.read.mark(*log, seqs);
            self.commits.vanishing.look_at(*log, seqs);
        }
        let carried = last.map(|last| self.told.read.read_carried(&last)).unwrap_or_default();
        let told = !self.shelf().reads_untold;
        for log in read.into_keys().chain(carried) {
            self.told.short.stale = true;
            if told {
                self.told.turns.news(log);
                self.commits.owe_receipt(self.now.mono);
            }
        }
    }

    /// What was read is told again: of every log there may be news.
    pub(in crate::engine) fn owe_all_readings(&mut self) {
        for log in self.logs_of_others() {
            self.told.turns.news(log);
        }
        self.commits.owe_receipt(self.now.mono);
    }

    /// The own receipt was read from the store: what it says of what was read stands, as in
    /// versions that kept no other record, and what it does not say is said.
    pub(super) fn recall_receipt(&mut self) {
        let me = (self.own.member, RegisterKind::RECEIPT);
        let receipt = self.registers.of(&me).and_then(|cell| self.open_cell(cell));
        let receipt: Receipt = receipt.unwrap_or_default();
        self.learn_read(&receipt);
        for have in &receipt.held {
            self.told.came_late(have.log, &have.late());
        }
        self.told.turns.told(logs_in(&receipt));
        let said = Said::of(&receipt);
        for log in self.logs_of_others() {
            if said.lacks(&self.page(&log)) {
                self.told.turns.news(log);
                self.commits.owe_receipt(self.now.mono);
            }
        }
    }

    /// Publishes what is held of others' logs, and what of them was read. Logs for which there is
    /// no place have their turn later, as long as somebody hears of it.
    pub(in crate::engine) fn publish_receipt(&mut self) {
        let (receipt, some_left_out) = self.receipt();
        let news = logs_in(&receipt).any(|log| self.told.turns.has_news(&log));
        self.told.turns.told(logs_in(&receipt));
        let late = &self.told.late;
        self.told.turns.keep(|log| self.logs.of(log).is_some() || late.contains_key(log));
        self.publish(RegisterKind::RECEIPT, &receipt);
        let turn = self.told.turns.leave_out(some_left_out, news);
        let heard = self.links.values().any(|link| link.flow().is_some());
        if let Some(wait) = turn.filter(|_| heard) {
            self.commits.owe_receipt_at(self.now.mono + wait);
        }
    }

    /// Another life has read something, or this one before its disk went back. What was read here,
    /// or came too late here, and is not in what that life says, which stands from now on, is said
    /// again: where not all logs have a place, when the next turn is.
    fn read_elsewhere(&mut self, receipt: &Receipt) {
        self.learn_read(receipt);
        let said = Said::of(receipt);
        let others = self.logs_of_others();
        if !others.iter().any(|log| said.lacks_read(&self.page(log))) {
            return;
        }
        let (_, some_left_out) = self.receipt();
        match self.told.turns.leave_out(some_left_out, false) {
            Some(wait) => self.commits.owe_receipt_at(self.now.mono + wait),
            None => self.commits.owe_receipt(self.now.mono),
        }
    }

    /// What an own receipt says was read, as far as it is held: by a name that has moved something
    /// else may come.
    fn learn_read(&mut self, receipt: &Receipt) {
        for (log, ranges) in receipt.read.iter().take(limits::LOGS) {
            let read = RangeSet::from_ranges(ranges.iter().copied().take(limits::RANGES));
            let held = self.logs.of(log).map(LogState::held).unwrap_or_default();
            let mut news = read.and(&held);
            self.told.read.of(log).into_iter().for_each(|known| news.subtract(known));
            self.commits.vanishing.look_at(*log, &news);
            self.told.read.learn(*log, &news);
        }
    }

    /// Somebody is linked: if the receipt has no place for all logs, its logs are the next.
    pub(in crate::engine) fn receipt_for(&mut self, member: &MemberId) {
        if !self.told.turns.left_out() {
            return;
        }
        let theirs = self.logs.iter().map(|(log, _)| *log).filter(|log| log.member == *member);
        theirs.for_each(|log| self.told.turns.news(log));
        self.commits.owe_receipt(self.now.mono);
    }

    /// All of which there may be something to say: what came too late is said with the commit that
    /// stores it.
    fn logs_of_others(&self) -> BTreeSet<LogId> {
        let logs = self.logs.iter().map(|(log, _)| *log).chain(self.told.late.keys().copied());
        logs.filter(|log| log.member != self.own.member).collect()
    }

    /// All that there is to say of a log. What was read is said as far as it is held, and not if
    /// the person wants nobody to know.
    fn page(&self, log: &LogId) -> Page {
        let state = self.logs.of(log);
        let mut have = LogHave { log: *log, ranges: Vec::new(), refused: Vec::new() };
        have.ranges.extend(state.into_iter().flat_map(|state| state.have(*log).ranges));
        self.told.late.get(log).into_iter().for_each(|late| have.tell_late(late));
        let held = state.map(LogState::held).unwrap_or_default();
        let read = self.told.read.of(log).filter(|_| !self.shelf().reads_untold);
        let read = read.map(|read| read.and(&held)).unwrap_or_default();
        Page { have, read: read.ranges().to_vec() }
    }

    /// The next receipt, and whether logs are left out of it.
    pub(in crate::engine) fn receipt(&self) -> (Receipt, bool) {
        let mut filling = Filling::new(limits::RECEIPT_BYTES);
        let order = self.told.turns.order(self.logs_of_others().into_iter());
        let mut pages = order.iter().map(|log| self.page(log)).filter(|page| !page.is_empty());
        let full = pages.any(|page| !filling.add(page));
        (filling.fill(), full)
    }
}

/// What a receipt says of each log: held, read, too late.
#[derive(Default)]
pub(in crate::engine) struct Said(BTreeMap<LogId, [RangeSet; 3]>);

impl Said {
    /// What this one says.
    pub(in crate::engine) fn of(receipt: &Receipt) -> Said {
        let mut said = Said::default();
        for have in &receipt.held {
            let held = have.ranges.iter().filter(|range| range.is_valid());
            let held = RangeSet::from_ranges(held.map(|range| (range.first, range.last)));
            let [known, _, late] = said.0.entry(have.log).or_default();
            known.union(&held);
            late.union(&have.late());
        }
        for (log, ranges) in &receipt.read {
            let [_, read, _] = said.0.entry(*log).or_default();
            read.union(&RangeSet::from_ranges(ranges.iter().copied()));
        }
        said
    }

    /// True if it leaves out something of what there is to say of a log.
    fn lacks(&self, page: &Page) -> bool {
        let held = page.have.ranges.iter().map(|range| (range.first, range.last));
        let held = RangeSet::from_ranges(held);
        let known = self.0.get(&page.have.log).map(|[known, ..]| held.minus(known).is_empty());
        !known.unwrap_or(held.is_empty()) || self.lacks_read(page)
    }

    /// True if it leaves out something that was read or came too late.
    fn lacks_read(&self, page: &Page) -> bool {
        let none = Default::default();
        let [_, read, late] = self.0.get(&page.have.log).unwrap_or(&none);
        let lacks = !RangeSet::from_ranges(page.read.iter().copied()).minus(read).is_empty();
        lacks || !page.have.late().minus(late).is_empty()
    }
}

fn logs_in(receipt: &Receipt) -> impl Iterator<Item = LogId> {
    let held = receipt.held.iter().map(|have| have.log);
    held.chain(receipt.read.iter().map(|(log, _)| *log))
}
