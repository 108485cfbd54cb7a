//! Whose turn it is in a receipt that has no place for all logs, and how much of each fits.
//!
//! ```text
//!  logs with news, the newest first ──┐ three of four
//!  all, whoever waits longest first ──┴ one of four ──► the newest ranges of each, then the next
//! ```
//! A register holds one value, so whoever is left out is not heard of until its turn has come.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::ids::{LogId, Seq};
use crate::io::Millis;
use crate::limits;
use crate::log::have::{HaveRange, LogHave};
use crate::register::Receipt;
use crate::simulation::{Planted, planted};

/// Of how many logs in a receipt one is not there for its news.
const SHARE: usize = 4;

#[derive(Clone, Copy, Debug, Default)]
struct Turn {
    /// When there was news last; later than `told` if that is not in a receipt yet.
    news: u64,
    /// When it was in a receipt last.
    told: u64,
}

/// When each log had news and was in a receipt: as numbers that grow.
#[derive(Debug, Default)]
pub struct Turns {
    logs: BTreeMap<LogId, Turn>,
    clock: u64,
    /// How long the next turn waits, if not all logs were in the last receipt.
    pause: Option<Millis>,
}

impl Turns {
    /// There is news of a log: it is among the next.
    pub fn news(&mut self, log: LogId) {
        self.clock += 1;
        self.logs.entry(log).or_default().news = self.clock;
    }

    /// A receipt with these logs was published, in this life or before.
    pub fn told(&mut self, logs: impl Iterator<Item = LogId>) {
        self.clock += 1;
        for log in logs {
            self.logs.entry(log).or_default().told = self.clock;
        }
    }

    /// Forgets logs that are not there any more.
    pub fn keep(&mut self, is_there: impl Fn(&LogId) -> bool) {
        self.logs.retain(|log, _| is_there(log));
    }

    /// True if not all logs were in the last receipt.
    #[must_use]
    pub fn left_out(&self) -> bool {
        self.pause.is_some()
    }

    /// Not all logs were in a receipt, or all were. Gives how long the next turn waits: longer each
    /// time, until there is news.
    pub fn leave_out(&mut self, some: bool, news: bool) -> Option<Millis> {
        let longer = |pause: Millis| (2 * pause).min(limits::RECEIPT_TURN_MAX);
        let pause = self.pause.filter(|_| !news).map_or(limits::RECEIPT_TURN, longer);
        self.pause = some.then_some(pause);
        self.pause
    }

    /// True if a log has news that was in no receipt.
    #[must_use]
    pub fn has_news(&self, log: &LogId) -> bool {
        self.logs.get(log).is_some_and(|turn| turn.news > turn.told)
    }

    /// These logs in the order in which they have a place in the next receipt.
    #[must_use]
    pub fn order(&self, logs: impl Iterator<Item = LogId>) -> Vec<LogId> {
        let turn = |log: &LogId| self.logs.get(log).copied().unwrap_or_default();
        let mut waiting: Vec<LogId> = logs.collect();
        waiting.sort_by_key(|log| (turn(log).told, *log));
        let news = waiting.iter().copied().filter(|log| self.has_news(log));
        let mut news: Vec<LogId> = news.collect();
        news.sort_by_key(|log| std::cmp::Reverse(turn(log).news));
        if planted(Planted::ReceiptOfNewsOnly) {
            return news;
        }
        let mut placed = BTreeSet::new();
        let mut order = Vec::with_capacity(waiting.len());
        let (mut news, mut waiting) = (news.into_iter(), waiting.into_iter());
        loop {
            let fresh = |log: &LogId| !placed.contains(log);
            let next = match placed.len() % SHARE == SHARE - 1 {
                true => waiting.find(fresh).or_else(|| news.find(fresh)),
                false => news.find(fresh).or_else(|| waiting.find(fresh)),
            };
            let Some(log) = next else { return order };
            placed.insert(log);
            order.push(log);
        }
    }
}

/// What there is to say of one log, all of it.
#[derive(Clone, Debug)]
pub struct Page {
    /// What is held, and what of it came too late.
    pub have: LogHave,
    /// What was read.
    pub read: Vec<(Seq, Seq)>,
}

impl Page {
    /// True if there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.have.ranges.is_empty() && self.have.refused.is_empty() && self.read.is_empty()
    }
}

/// The newest ranges of a page that have a place.
struct Chosen {
    page: Page,
    held: usize,
    read: usize,
}

impl Chosen {
    /// The next range of what is held.
    fn next_held(&self) -> Option<&HaveRange> {
        self.page.have.ranges.iter().rev().nth(self.held)
    }

    /// The next range of what was read; whoever takes it in looks at no more than these.
    fn next_read(&self) -> Option<&(Seq, Seq)> {
        let more = self.read < limits::RANGES;
        self.page.read.iter().rev().nth(self.read).filter(|_| more)
    }
}

/// A receipt that is being filled.
pub struct Filling {
    room: usize,
    chosen: Vec<Chosen>,
}

impl Filling {
    /// An empty one, of so many bytes.
    #[must_use]
    pub fn new(bytes: usize) -> Filling {
        // The numbers of logs stand before them.
        Filling { room: bytes.saturating_sub(2 * 2), chosen: Vec::new() }
    }

    /// Adds the newest range of a log, with all that came too late: without that, what is held
    /// would count as delivered. False if there is no place.
    pub fn add(&mut self, page: Page) -> bool {
        let chosen = Chosen { page, held: 0, read: 0 };
        let page = &chosen.page;
        // Two numbers of ranges, up to the bounds two bytes each, or one.
        let held = page.have.ranges.is_empty() && page.have.refused.is_empty();
        let held = if held { 0 } else { size(&page.have.log) + 2 * 2 + size(&page.have.refused) };
        let read = if page.read.is_empty() { 0 } else { size(&page.have.log) + 2 };
        let newest = size_of_next(chosen.next_held()) + size_of_next(chosen.next_read());
        let Some(room) = self.room.checked_sub(held + read + newest) else { return false };
        self.room = room;
        let held = usize::from(chosen.next_held().is_some());
        let read = usize::from(chosen.next_read().is_some());
        self.chosen.push(Chosen { held, read, ..chosen });
        true
    }

    /// Adds the next range of each log, and the next, as long as any fits.
    #[must_use]
    pub fn fill(mut self) -> Receipt {
        let Filling { room, chosen } = &mut self;
        let mut fits = |size: usize| {
            let rest = room.checked_sub(size).filter(|_| size > 0);
            *room = rest.unwrap_or(*room);
            rest.is_some()
        };
        let mut more = !planted(Planted::ReceiptOfNewestRange);
        while more {
            more = false;
            for log in chosen.iter_mut() {
                let held = fits(size_of_next(log.next_held()));
                let read = fits(size_of_next(log.next_read()));
                log.held += usize::from(held);
                log.read += usize::from(read);
                more |= held || read;
            }
        }
        self.receipt()
    }

    fn receipt(self) -> Receipt {
        let mut receipt = Receipt::default();
        for Chosen { page: Page { mut have, mut read }, held, read: kept } in self.chosen {
            have.ranges.drain(..have.ranges.len() - held);
            read.drain(..read.len() - kept);
            if !read.is_empty() {
                receipt.read.push((have.log, read));
            }
            if !have.ranges.is_empty() || !have.refused.is_empty() {
                receipt.held.push(have);
            }
        }
        receipt
    }
}

fn size_of_next<T: Serialize>(range: Option<&T>) -> usize {
    range.map_or(0, size)
}

/// How many bytes something takes.
fn size<T: Serialize>(value: &T) -> usize {
    postcard::to_allocvec(value).map_or(usize::MAX, |bytes| bytes.len())
}

#[cfg(test)]
mod tests;
