//! Devices and members, and what becomes void when a device's disk goes back or is copied.
//!
//! What was on such a disk alone is lost, and what others were told of it is true no more. All else
//! holds: what is on any other disk comes back, both branches are shown, nothing is doubled, nobody
//! is blamed. Two devices may be one member: what is held, said and read is the member's.

use std::collections::{BTreeMap, BTreeSet};

use engine::crypto::hash::hash;
use engine::frame::Frame;
use engine::log::run::Run;
use engine::register::Register;
use engine::{Body, EntryHash, EntryId, LogId, MemberId, Row, Seq};

use crate::oracle::{Oracle, Screen};
use crate::store::Store;

/// See the module.
#[derive(Default)]
pub struct Disks {
    /// Members whose disk went back or was copied: their logs fork.
    forked: BTreeSet<MemberId>,
    /// What a device held, and lost with its disk: others were told that it is there.
    lost: BTreeSet<(usize, EntryHash)>,
    /// How often a device's disk went back.
    eras: BTreeMap<usize, u32>,
    /// Who has signed a register, and in which era of its disk.
    signed: BTreeMap<[u8; 32], (usize, u32)>,
    /// What devices were told over wires that others hold of the devices' own logs, and when.
    told: BTreeMap<(usize, usize), BTreeMap<LogId, (Seq, u64)>>,
    /// In which log each device has last written, since everybody is there.
    wrote: BTreeMap<usize, LogId>,
    /// What anybody has written, also if no disk holds it any more: it may still be on its way.
    written: BTreeSet<EntryHash>,
}

impl Disks {
    fn era(&self, peer: usize) -> u32 {
        self.eras.get(&peer).copied().unwrap_or(0)
    }

    /// A device stores a register: whoever is first has signed it.
    pub(super) fn sign(&mut self, peer: usize, register: &Register) {
        let era = self.era(peer);
        self.signed.entry(print(register.bytes())).or_insert((peer, era));
    }
}

fn print(bytes: &[u8]) -> [u8; 32] {
    hash("confab/1/simulated", &[bytes])
}

impl Oracle {
    /// What is on a disk.
    pub(crate) fn on_disk(&self, store: &Store) -> BTreeSet<EntryHash> {
        self.room.as_ref().map_or_else(BTreeSet::new, |(room, _)| store.all(room))
    }

    /// A device begins with a copy of another one's disk.
    pub(crate) fn copied(&mut self, of: usize, store: &Store) {
        let Some(member) = self.member_of(of) else { return };
        let copy = self.members.len();
        self.members.push(member);
        self.disks.forked.insert(member);
        let Some((room, _)) = self.room.as_ref() else { return };
        let here = store.all(room);
        for (hash, devices) in &mut self.kept {
            if here.contains(hash) {
                devices.insert(copy);
            }
        }
        self.waits_again(copy, store);
    }

    /// A device's disk is again what it was some time ago; `before` is what it held.
    pub(crate) fn went_back(
        &mut self,
        peer: usize,
        before: &BTreeSet<EntryHash>,
        stores: &[&Store],
    ) {
        let (Some(member), Some((room, _))) = (self.member_of(peer), self.room.as_ref()) else {
            return;
        };
        let all: Vec<BTreeSet<EntryHash>> = stores.iter().map(|store| store.all(room)).collect();
        let lost: BTreeSet<EntryHash> = before.difference(&all[peer]).copied().collect();
        self.disks.forked.insert(member);
        *self.disks.eras.entry(peer).or_default() += 1;
        for (hash, devices) in &mut self.kept {
            if lost.contains(hash) && devices.remove(&peer) {
                // Whoever else has it, shown or not, has it for good.
                let others = (0..all.len()).filter(|other| self.mallory != Some(*other));
                devices.extend(others.filter(|other| all[*other].contains(hash)));
            }
        }
        self.kept.retain(|_, devices| !devices.is_empty());
        self.disks.lost.extend(lost.into_iter().map(|hash| (peer, hash)));
        // What its pages showed is not known there any more.
        for said in self.said.values_mut().filter(|said| said.peer == peer) {
            said.after = None;
        }
        self.forget_terms(peer);
        self.waits_again(peer, stores[peer]);
    }

    /// True if logs of a member may fork.
    pub(super) fn forks(&self, member: &MemberId) -> bool {
        self.disks.forked.contains(member)
    }

    /// The same, or the member lies.
    pub(super) fn may_fork(&self, member: &MemberId) -> bool {
        self.forks(member) || self.is_mallory(member)
    }

    /// True if a device held an entry that was lost with its disk.
    pub(super) fn had(&self, peer: usize, entry: &EntryHash) -> bool {
        self.disks.lost.contains(&(peer, *entry))
    }

    /// An entry stands in one place, and has one name but where its log forks.
    pub(super) fn named(&mut self, peer: usize, row: &Row, hash: EntryHash) {
        let order = *self.orders.entry(hash).or_insert(row.order);
        let forks = self.may_fork(&row.entry.log.member);
        let place = (order.lamport, order.seq, order.log.member);
        let same = (row.order.lamport, row.order.seq, row.order.log.member) == place;
        if !same || (order != row.order && !forks) {
            self.fail("I4", format!("{} stands elsewhere at peer {peer}", row.entry));
        }
        if *self.names.entry(row.entry).or_insert(hash) != hash && !forks {
            self.fail("I10", format!("{} is something else at peer {peer}", row.entry));
        }
    }

    /// Entries are shown no more, or by other names from now on: only of logs that have forked
    /// indeed, or what counts no more by what was decided.
    pub(super) fn moved(
        &mut self,
        peer: usize,
        entries: &[EntryId],
        screen: &mut Screen,
        store: &Store,
    ) {
        let decided = |row: &&Row| matches!(row.body, Body::Decided(_));
        let decided = screen.rows.values().filter(decided).map(|row| row.entry);
        let decided: BTreeSet<EntryId> = decided.collect();
        screen.rows.retain(|_, row| !entries.contains(&row.entry));
        let whole = |entry: &&EntryId| !self.may_fork(&entry.log.member);
        let mut whole =
            entries.iter().filter(|entry| !decided.contains(entry)).filter(whole).peekable();
        if whole.peek().is_none() {
            return;
        }
        let Some(known) = self.decided_by([store]) else { return };
        let counts = |entry: &&EntryId| known.reach(&entry.log).covers(entry.seq);
        if let Some(entry) = whole.find(counts) {
            self.fail("I10", format!("peer {peer} takes {entry} out of a log that is whole"));
        }
    }

    /// A device hears from another one what that has of its logs.
    pub(super) fn hears(
        &mut self,
        (wire, from, to): (usize, usize, usize),
        now: u64,
        frame: &Frame,
    ) {
        if self.mallory.is_some() || !self.member_of(to).is_some_and(|to| self.forks(&to)) {
            return;
        }
        let own = self.member_of(to).filter(|own| self.member_of(from) != Some(*own));
        let told = self.disks.told.entry((wire, to)).or_default();
        match frame {
            Frame::Have(logs) => {
                for have in logs.iter().filter(|have| Some(have.log.member) == own) {
                    let last = have.ranges.iter().map(|range| range.last).max();
                    told.extend(last.map(|last| (have.log, (last, now))));
                }
            }
            // Which version counts is being found out.
            Frame::AskHash(log, _) | Frame::AskEvidence(log, ..) => _ = told.remove(log),
            Frame::Hash(said) => _ = told.remove(&said.log),
            Frame::Branches(branches) => {
                told.retain(|log, _| branches.iter().all(|branch| branch.parent != *log));
            }
            Frame::Hello(_)
            | Frame::Proof(_)
            | Frame::Part(_)
            | Frame::Want(_)
            | Frame::Register(_)
            | Frame::Registers(_)
            | Frame::AskRegisters(_)
            | Frame::Credit { .. }
            | Frame::Probe(_)
            | Frame::Reply(_)
            | Frame::Live(_)
            | Frame::LiveReply(_)
            | Frame::Typing(_)
            | Frame::Again(_)
            | Frame::Evidence(_)
            | Frame::Refuse(_)
            | Frame::Bye(_) => {}
        }
    }

    /// Nobody hears anything over this wire any more.
    pub(super) fn hears_no_more(&mut self, wire: usize) {
        self.disks.told.retain(|(over, _), _| *over != wire);
    }

    /// A device's next life knows nothing of what it heard.
    pub(super) fn forgets_what_it_heard(&mut self, peer: usize) {
        self.disks.told.retain(|(_, to), _| *to != peer);
    }

    /// Nothing is written in the place of what a linked peer is known to hold.
    pub(super) fn overwrites(&mut self, peer: usize, written: &[Run], now: u64) {
        let told = self.disks.told.iter().filter(|((_, to), _)| *to == peer);
        let over =
            told.flat_map(|(_, logs)| written.iter().map(move |run| (run, logs.get(&run.log))));
        let over = over.filter_map(|(run, told)| Some((run, told?)));
        let over = { over }.find(|(run, (last, at))| run.first <= *last && at + 20 < now);
        if let Some((run, (last, _))) = over {
            let what = format!("peer {peer} writes at {} what others hold up to {last}", run.first);
            self.fail("I3", what);
        }
    }

    /// What of a batch a device has written now: not what it had, or others had, before.
    pub(super) fn written_now(
        &mut self,
        peer: usize,
        runs: Vec<Run>,
        stores: &[&Store],
    ) -> Vec<Run> {
        let (Some(member), Some((room, _))) = (self.member_of(peer), self.room.as_ref()) else {
            return Vec::new();
        };
        let known = |run: &Run| {
            let last = EntryId { log: run.log, seq: run.last() };
            self.disks.written.contains(&run.head())
                || stores.iter().any(|store| store.keeps(room, &last, &run.head()))
        };
        let new = |run: &Run| !stores[peer].covers(&run.log, run.first, run.last());
        let own = runs.into_iter().filter(|run| run.log.member == member).filter(new);
        let written: Vec<Run> = own.filter(|run| !self.forks(&member) || !known(run)).collect();
        self.disks.wrote.extend(written.last().map(|run| (peer, run.log)));
        let hashes = written.iter().flat_map(|run| run.iter().map(|(_, entry)| entry.hash));
        self.disks.written.extend(hashes);
        written
    }

    /// Everybody who is there has met: what was written before counts no more.
    pub(crate) fn all_have_met(&mut self) {
        self.disks.wrote.clear();
    }

    /// In which log a device has written since then.
    pub(super) fn last_written(&self, peer: usize) -> Option<LogId> {
        self.disks.wrote.get(&peer).copied()
    }

    /// A receipt that a device passes on speaks of what it holds, if it has signed it itself and
    /// its disk has not gone back since.
    pub(super) fn speaks_of_this_disk(&self, peer: usize, register: &Register) -> bool {
        let signed = self.disks.signed.get(&print(register.bytes()));
        signed.is_none_or(|signed| *signed == (peer, self.disks.era(peer)))
    }
}
