//! Words that go some time after they were read: not before, and then from every disk (§5).
//!
//! A reader's disk is judged by what its page has read in the life that it still lives, everybody's
//! by the receipts on the author's disk, once everything has healed and before anybody scrolls. Not
//! judged: devices whose clock was ever wrong or whose disk went back, and logs that fork.

use std::collections::{BTreeMap, BTreeSet};

use engine::log::ranges::RangeSet;
use engine::register::Receipt;
use engine::{Body, EntryHash, EntryId, MemberId, Row};

use crate::oracle::{Oracle, Screen, cut};
use crate::store::Store;

/// How long after its time the body may be there, in milliseconds.
const LATE: u64 = 5_000;

/// See the module.
#[derive(Default)]
pub struct Vanishing {
    said: BTreeMap<String, Said>,
    /// What pages have read, by device.
    read: BTreeMap<(usize, EntryHash), Reading>,
    /// Devices whose clock or disk is not to be trusted.
    odd: BTreeSet<usize>,
    /// What all have read, as far as the devices of its author know.
    read_by_all: BTreeSet<(usize, EntryId)>,
}

/// What was said for a while after its reading.
struct Said {
    /// How long, in milliseconds.
    after: u64,
    /// Others for whom it certainly is.
    to: BTreeSet<MemberId>,
}

/// In which life of its device something was read, and when.
struct Reading {
    life: u32,
    now: u64,
}

impl Oracle {
    /// A page says something that goes so long after its reading: to one member, or to all.
    pub(crate) fn will_vanish(
        &mut self,
        (peer, to): (usize, Option<MemberId>),
        (text, after): (&str, u64),
        screen: &Screen,
    ) {
        let me = self.member_of(peer);
        let known = screen.names.keys().copied().filter(|member| Some(*member) != me);
        let to = to.map_or_else(|| known.collect(), |to| BTreeSet::from([to]));
        self.vanishing.said.insert(text.to_owned(), Said { after, to });
    }

    /// The clock of a device is set wrong, or its disk went back.
    pub(crate) fn is_odd(&mut self, peer: usize) {
        self.vanishing.odd.insert(peer);
    }

    pub(super) fn vanishes(&self, hash: &EntryHash) -> bool {
        self.said_for_a_while(hash).is_some()
    }

    fn said_for_a_while(&self, hash: &EntryHash) -> Option<&Said> {
        self.vanishing.said.get(self.texts.get(hash)?)
    }

    /// A page that is awake reads what its worker has told it of.
    pub(crate) fn begins_to_vanish(
        &mut self,
        (peer, now): (usize, u64),
        entries: &[EntryId],
        screen: &Screen,
    ) {
        let life = self.lives.get(&peer).copied().unwrap_or(0);
        for entry in entries.iter().filter(|entry| screen.told.contains(entry)) {
            let Some(hash) = screen.which.get(entry).filter(|hash| self.vanishes(hash)) else {
                continue;
            };
            let reading = self.vanishing.read.entry((peer, *hash)).or_insert(Reading { life, now });
            if reading.life != life {
                *reading = Reading { life, now };
            }
        }
    }

    /// A page shows that words are gone: it has read them, or all have for whom they are.
    pub(super) fn goes_unread(&mut self, peer: usize, row: &Row, hash: &EntryHash) {
        let Some(said) = self.said_for_a_while(hash).filter(|_| row.body == Body::Gone) else {
            return;
        };
        let has_read =
            |member: &MemberId| self.read.contains(&(*member, *hash)) || self.is_mallory(member);
        let here = self.member_of(peer).is_some_and(|me| me != row.author && has_read(&me));
        // Of a disk that went back nobody knows any more for whom its words were.
        let mut odd = self.vanishing.odd.iter();
        let odd = odd.any(|device| self.member_of(*device) == Some(row.author));
        let mut others = self.members.iter().filter(|member| **member != row.author);
        let everywhere = others.any(has_read) && (odd || said.to.iter().all(has_read));
        if !(here || everywhere || self.may_be_taken_back(hash) || self.may_fork(&row.author)) {
            let text = self.texts.get(hash).map(|text| cut(text).to_owned());
            self.fail("§5", format!("{text:?} is gone at {peer}, and was not read"));
        }
    }

    /// Takes note of what all have read, as far as the disks of its authors say.
    pub(crate) fn note_read_by_all(&mut self, disks: &[(usize, &Store)]) {
        let mut found = Vec::new();
        for (peer, store) in disks.iter().filter(|(peer, _)| !self.vanishing.odd.contains(peer)) {
            let Some(me) = self.member_of(*peer).filter(|me| !self.forks(me)) else { continue };
            let receipts = self.receipts(store);
            let known: Vec<MemberId> =
                store.members().into_iter().filter(|member| *member != me).collect();
            let read = |entry: &EntryId| {
                let says = |member| receipts.get(member).is_some_and(|it| covers(it, entry));
                !known.is_empty() && known.iter().all(says)
            };
            let mine = self
                .orders
                .iter()
                .filter(|(hash, order)| order.log.member == me && self.vanishes(hash));
            let mine = mine.map(|(_, order)| EntryId { log: order.log, seq: order.seq });
            found.extend(mine.filter(read).map(|entry| (*peer, entry)));
        }
        self.vanishing.read_by_all.extend(found);
    }

    fn receipts(&self, store: &Store) -> BTreeMap<MemberId, Receipt> {
        let Some((room, keys)) = self.room.as_ref() else { return BTreeMap::new() };
        let cells = store.receipts(room).into_iter();
        cells.filter_map(|cell| Some((cell.member, cell.open(room, keys)?))).collect()
    }

    /// What was read long enough ago is on no disk.
    pub(crate) fn vanished(&mut self, now: u64, disks: &[(usize, &Store)]) {
        let Some((room, _)) = self.room.as_ref() else { return };
        let stored = |store: &Store, entry: &EntryId| store.body(room, entry).is_some();
        let mut kept = None;
        for (author, entry) in &self.vanishing.read_by_all {
            let author_here = disks.iter().any(|(peer, _)| peer == author);
            let mut there = disks.iter().filter(|(_, store)| author_here && stored(store, entry));
            if let Some((peer, _)) = there.next() {
                kept = Some(format!("{entry} was read by all and is on the disk of {peer}"));
            }
        }
        for (peer, store) in disks.iter().filter(|(peer, _)| !self.vanishing.odd.contains(peer)) {
            let of_peer = (*peer, EntryHash([0; 32]))..=(*peer, EntryHash([u8::MAX; 32]));
            for ((_, hash), reading) in self.vanishing.read.range(of_peer) {
                let Some(said) = self.said_for_a_while(hash) else { continue };
                let Some(order) = self.orders.get(hash) else { continue };
                let entry = EntryId { log: order.log, seq: order.seq };
                let lives = self.lives.get(peer) == Some(&reading.life);
                let over = reading.now + said.after + LATE < now;
                let judged = lives && over && !self.may_fork(&entry.log.member);
                if judged && stored(store, &entry) {
                    kept = Some(format!("{entry} was read by {peer} and is on its disk"));
                }
            }
        }
        kept.into_iter().for_each(|what| self.fail("§5", what));
    }
}

/// True if somebody holds an entry and has read it.
fn covers(receipt: &Receipt, entry: &EntryId) -> bool {
    let mut read = receipt.read.iter().filter(|(log, _)| *log == entry.log);
    let read =
        read.any(|(_, ranges)| RangeSet::from_ranges(ranges.iter().copied()).contains(entry.seq));
    let held = receipt.held.iter().filter(|have| have.log == entry.log);
    let mut held = held.flat_map(|have| &have.ranges);
    read && held.any(|range| (range.first..=range.last).contains(&entry.seq))
}
