//! Receipts: what of others' logs is held here and was read, and what those of others say of one's
//! own.

use crate::engine::Engine;
use crate::engine::forks::Witness;
use crate::frame::Refusal;
use crate::ids::{EntryId, LogId, MemberId};
use crate::limits;
use crate::log::have::LogHave;
use crate::log::ranges::RangeSet;
use crate::log::refusal;
use crate::outbox::tray::Refused;
use crate::register::{Receipt, Register, RegisterKind};
use crate::view::{Order, Passage};

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
            return self.read_elsewhere(receipt);
        }
        for have in receipt.held.iter().take(limits::LOGS) {
            self.learn_held(&member, have);
        }
        for (log, ranges) in receipt.read.into_iter().take(limits::LOGS) {
            if log.member == self.own.member {
                let read = RangeSet::from_ranges(ranges.into_iter().take(limits::RANGES));
                let news = self.members.reads(&member, log, &read);
                self.update_rows(log, &news);
                self.note_passage(&log, &news, Passage::ReadBy(member));
            }
        }
    }

    /// True if this member has read an entry of another's log.
    pub(in crate::engine) fn has_read(&self, entry: &EntryId) -> bool {
        self.told.read.get(&entry.log).is_some_and(|read| read.contains(entry.seq))
    }

    pub(in crate::engine) fn mark_read(&mut self, entries: &[EntryId]) {
        let marked = self.timeline.others(entries);
        let last = marked.iter().filter_map(|entry| Some(self.timeline.row(entry)?.order)).max();
        if let Some(Order { lamport, log, seq }) = last {
            self.read_carried((lamport, log, seq));
        }
        for entry in marked {
            let read = self.told.read.entry(entry.log).or_default();
            if !read.contains(entry.seq) {
                read.insert(entry.seq, entry.seq);
                self.commits.fades.look_again();
                self.commits.owe_receipt(self.now.mono);
                self.told.short.stale = true;
            }
        }
    }

    pub(in crate::engine) fn publish_receipt(&mut self) {
        let receipt = self.receipt();
        self.publish(RegisterKind::RECEIPT, &receipt);
    }

    /// What is held of others' logs, and what of them was read.
    pub(in crate::engine) fn receipt(&self) -> Receipt {
        let of_others = |log: &LogId| log.member != self.own.member;
        let mut held: Vec<LogHave> =
            self.logs.have().into_iter().filter(|have| of_others(&have.log)).collect();
        let mut read: Vec<(LogId, Vec<(u64, u64)>)> =
            self.told.read.iter().map(|(log, set)| (*log, set.ranges().to_vec())).collect();
        // A register is bounded: what does not fit is the oldest ranges of the longest lists.
        for have in &mut held {
            let surplus = have.ranges.len().saturating_sub(16);
            have.ranges.drain(..surplus);
            have.refused.clear();
        }
        for (log, late) in self.told.late.iter().filter(|(log, _)| of_others(log)) {
            let known = held.iter().position(|have| have.log == *log);
            let place = known.unwrap_or(held.len());
            if known.is_none() {
                held.push(LogHave { log: *log, ranges: Vec::new(), refused: Vec::new() });
            }
            held[place].tell_late(late);
        }
        for (_, ranges) in &mut read {
            let surplus = ranges.len().saturating_sub(16);
            ranges.drain(..surplus);
        }
        held.truncate(64);
        read.truncate(64);
        let mut receipt = Receipt { held, read };
        while postcard::to_allocvec(&receipt).is_ok_and(|bytes| bytes.len() > 11 * 1024)
            && (receipt.held.pop().is_some() | receipt.read.pop().is_some())
        {}
        receipt
    }
}
