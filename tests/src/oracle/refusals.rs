//! What members have refused: an author's tray counts that, and nothing else (§5).
//!
//! Who is away refuses nothing, however long that is.

use std::collections::{BTreeMap, BTreeSet};

use engine::frame::Frame;
use engine::{
    Body, EntryHash, EntryId, FailureReason, LogId, MemberId, Row, Seq, Undelivered, limits,
};

use crate::oracle::{Oracle, Screen, cut};
use crate::store::Store;

/// How often a device may refuse one message for now in the last minute before it takes it: the
/// wait doubles from half a second to 16, and whoever comes back offers it once more.
const IN_A_MINUTE: u32 = 20;

/// One refusal: from which seq to which, and whether for good.
type Told = (Seq, Seq, bool);

/// Refusals that were written to a member: of a log of its own, and by whom.
#[derive(Clone, Debug, Default)]
pub(super) struct Refusals {
    told: BTreeMap<(LogId, MemberId), Vec<Told>>,
}

impl Oracle {
    /// A device writes a frame to another, which may refuse what the other's member has said.
    pub(super) fn refuses(&mut self, (by, to): (usize, usize), frame: &Frame) {
        let Some((by, to)) = self.member_of(by).zip(self.member_of(to)) else { return };
        let mut tell = |log: LogId, refused: Told| {
            if log.member == to {
                self.refusals.told.entry((log, by)).or_default().push(refused);
            }
        };
        if let Frame::Refuse(refusal) = frame {
            tell(refusal.log, (refusal.first, refusal.last, false));
        }
        if let Frame::Have(logs) = frame {
            for have in logs {
                have.refused.iter().for_each(|(first, last, _)| {
                    tell(have.log, (*first, *last, true));
                });
            }
        }
    }

    /// A device has refused an entry for a while in which nothing else was wrong: all devices hold
    /// all there is, but it there, and what somebody has signed with it or nobody holds apart from
    /// it.
    pub(crate) fn holds_up_nobody(
        &mut self,
        (device, entry): (usize, &EntryId),
        disks: &[(usize, &Store)],
    ) {
        let Some((room, _)) = self.room.as_ref() else { return };
        let all = |(_, store): &(usize, &Store)| store.all(room);
        let there: BTreeSet<EntryHash> = disks.iter().flat_map(all).collect();
        let apart = |(_, store): &(usize, &Store)| &store.all(room) - &store.bound_to(room, entry);
        let apart: BTreeSet<EntryHash> = disks.iter().flat_map(apart).collect();
        let beside = |(_, store): &(usize, &Store)| store.beside(room, entry);
        let rest = &apart - &disks.iter().flat_map(beside).collect();
        let held_up = disks.iter().find_map(|(peer, store)| {
            let due = if *peer == device { &rest } else { &there };
            let here = store.all(room);
            let hash = due.difference(&here).next()?;
            let text = self.texts.get(hash).map(|text| cut(text));
            let extents = disks.iter().map(|(peer, store)| (peer, store.extents(&entry.log)));
            let extents: Vec<_> = extents.collect();
            Some(format!("{device} refuses {entry}, and {peer} lacks {text:?}; runs: {extents:?}"))
        });
        held_up.into_iter().for_each(|what| self.fail("§5", what));
    }

    /// How often a device has told an author so far that it does not take a message.
    pub(crate) fn refusals_of(&self, (device, entry): (usize, EntryId)) -> u32 {
        let by = self.member_of(device);
        by.and_then(|by| self.refused_by(&entry, by)).unwrap_or(0)
    }

    /// In a minute a device has asked again and again for what it refuses, but not all the time.
    pub(crate) fn asks_seldom(&mut self, poison: (usize, EntryId), before: u32) {
        let times = self.refusals_of(poison).saturating_sub(before);
        if times > IN_A_MINUTE {
            let (device, entry) = poison;
            self.fail("§5", format!("{device} has refused {entry} {times} times in a minute"));
        }
    }

    /// Whoever said what a device has refused all the while is told so.
    pub(crate) fn lists_refused(&mut self, poison: (usize, EntryId), before: u32, screen: &Screen) {
        let (device, entry) = poison;
        let often = self.refusals_of(poison).saturating_sub(before) >= limits::REFUSALS;
        let says = |row: &&Row| row.own && row.entry == entry && matches!(row.body, Body::Text(_));
        let here = screen.rows.values().any(|row| says(&row));
        if often && here && !self.forks(&entry.log.member) && !self.is_listed(screen, &entry) {
            self.fail("§5", format!("{entry} was refused by {device} and its author is not told"));
        }
    }

    /// How often a member has refused an entry. `None` if it did so for good.
    fn refused_by(&self, entry: &EntryId, member: MemberId) -> Option<u32> {
        let told = self.refusals.told.get(&(entry.log, member));
        let of_it = told.into_iter().flatten();
        let of_it = of_it.filter(|(first, last, _)| (*first..=*last).contains(&entry.seq));
        of_it.map(|(.., for_good)| (!for_good).then_some(1)).sum()
    }

    /// A page is told what could not be delivered: each attempt was one.
    pub(super) fn undelivered(&mut self, peer: usize, tray: &[Undelivered]) {
        if self.member_of(peer).is_some_and(|member| self.forks(&member)) {
            // Its messages have other names than those that were refused.
            return;
        }
        for case in tray {
            let refused = case.failures.iter().find_map(|failure| {
                let expired = failure.reason == FailureReason::Expired;
                let sure = !expired && !self.is_mallory(&failure.member);
                let refused = self.refused_by(&case.entry, failure.member).filter(|_| sure)?;
                (failure.attempts > refused).then_some((failure.attempts, refused))
            });
            if let Some((attempts, refused)) = refused {
                let entry = case.entry;
                let what = format!("{attempts} attempts of {entry} count at {peer}, not {refused}");
                return self.fail("§5", what);
            }
        }
    }
}
