//! The oracle's last word: faults have stopped, a minute has passed, and everybody has to agree.
//!
//! Whoever is not there in the end is not judged, and what a lying member said of itself counts for
//! nothing; everything else does (I3, I7, I9, I12).

use std::collections::BTreeSet;

use engine::{Body, EntryId, Row, RowState};

use crate::oracle::{Oracle, Screen, cut};
use crate::store::Store;

/// Somebody who is there in the end.
#[derive(Clone, Copy, Debug)]
pub struct Present<'a> {
    /// Which device.
    pub peer: usize,
    /// What its page shows.
    pub screen: &'a Screen,
    /// What its clock shows, in milliseconds since 1970.
    pub wall: u64,
    /// What is on its disk.
    pub store: &'a Store,
    /// Drafts that its page said and has not seen as rows.
    pub unseen: usize,
}

impl Oracle {
    /// Everybody who is there agrees. `all` is true if nobody is away and nobody lies.
    pub fn converged(&mut self, present: &[Present<'_>], all: bool) {
        let Some(first) = present.first() else { return };
        let early = self.early(present);
        for one in present {
            self.same_rows(one, first, &early);
            self.same_names(one, present);
            self.nothing_waits(one, all, present.len());
            self.spoken_in_order(one);
            self.terms_kept(one, present);
        }
        self.nothing_lost(present);
    }

    /// A wire that is open in the end owes nobody credit (I7).
    pub fn settled(&mut self, wire: usize) {
        if let Some((class, bytes)) = self.traffic.leak(wire) {
            self.fail("I7", format!("{bytes} bytes of credit of class {class} are lost"));
        }
    }

    fn texts(&self, screen: &Screen, early: &[EntryId]) -> Vec<String> {
        let proven_by =
            |row: &Row, entry: &EntryId| row.entry.log == entry.log && row.entry.seq <= entry.seq;
        let waits = |row: &&Row| early.iter().any(|entry| proven_by(row, entry));
        let rows = screen.rows.values().filter(|row| !self.is_mallory(&row.author));
        rows.filter(|row| !waits(row)).map(|row| self.label(row)).collect()
    }

    /// What expired by a clock that runs before those of others, while nobody has the words any
    /// more and their author is not there to say so. Newcomers do not believe it yet, and have
    /// nothing that proves what was said before it.
    fn early(&self, present: &[Present<'_>]) -> Vec<EntryId> {
        let awaited =
            |row: &Row| present.iter().any(|one| row.expiry.is_some_and(|at| one.wall < at));
        let author =
            |row: &Row| present.iter().any(|one| self.member_of(one.peer) == Some(row.author));
        let kept = |row: &Row| present.iter().any(|one| self.has_body(one, &row.entry));
        let rows = present.iter().flat_map(|one| one.screen.rows.values());
        let early = rows.filter(|row| self.fades(&row.entry) && awaited(row) && !author(row));
        early.filter(|row| !kept(row)).map(|row| row.entry).collect()
    }

    /// What everybody has to agree on: when a body goes depends on each device's clock.
    fn label(&self, row: &Row) -> String {
        let Some(first) = self.texts.get(&row.entry) else { return row.entry.to_string() };
        if self.fades(&row.entry) {
            return cut(first).to_owned();
        }
        let now = match &row.body {
            Body::Text(text) if text == first => String::new(),
            Body::Text(text) => format!(" now {}", cut(text)),
            body @ (Body::Gone | Body::Newer | Body::Unreadable) => format!(" {body:?}"),
        };
        let reaction =
            |reaction: &engine::Reaction| format!(" {}{:?}", reaction.emoji, reaction.members);
        let reactions: String = row.reactions.iter().map(reaction).collect();
        format!("{}{now}{reactions}", cut(first))
    }

    fn same_rows(&mut self, one: &Present<'_>, first: &Present<'_>, early: &[EntryId]) {
        let (mine, theirs) = (self.texts(one.screen, early), self.texts(first.screen, early));
        if mine != theirs {
            let (a, b): (BTreeSet<_>, BTreeSet<_>) =
                (mine.iter().collect(), theirs.iter().collect());
            let difference: Vec<_> = a.symmetric_difference(&b).take(5).collect();
            let what = format!(
                "peer {} shows {} rows, peer {} {}: {difference:?}",
                one.peer,
                mine.len(),
                first.peer,
                theirs.len(),
            );
            self.fail("I9", what);
        }
        if mine.iter().collect::<BTreeSet<_>>().len() != mine.len() {
            self.fail("I3", format!("peer {} shows a text twice", one.peer));
        }
    }

    fn same_names(&mut self, one: &Present<'_>, present: &[Present<'_>]) {
        for other in present {
            let Some(member) = self.member_of(other.peer) else { continue };
            let own = other.screen.names.get(&member).cloned().unwrap_or_default();
            let shown = one.screen.names.get(&member).cloned().unwrap_or_default();
            if own != shown {
                let (peer, other) = (one.peer, other.peer);
                self.fail("I9", format!("peer {peer} calls {other} {shown:?}, itself {own:?}"));
            }
        }
    }

    fn nothing_waits(&mut self, one: &Present<'_>, all: bool, present: usize) {
        if one.unseen > 0 {
            self.fail("I3", format!("{} drafts of {} were never stored", one.unseen, one.peer));
        }
        if present < 2 {
            return;
        }
        if one.screen.pending != 0 {
            let pending = one.screen.pending;
            self.fail("I9", format!("{pending} entries of {} are pending", one.peer));
        }
        let words = |row: &Row| matches!(row.body, Body::Text(_)) && !self.fades(&row.entry);
        let unread = |row: &&Row| row.own && row.state != RowState::Read && words(row);
        let unread = one.screen.rows.values().find(unread).filter(|_| all);
        if let Some(row) = unread {
            let what =
                format!("{:?} of {} is {:?} and not read", row.entry.seq, one.peer, row.state);
            self.fail("I9", what);
        }
        if one.screen.more {
            self.fail("I3", format!("peer {} never shows its oldest messages", one.peer));
        }
    }

    /// What one page said one after the other with one priority stands in that order.
    fn spoken_in_order(&mut self, one: &Present<'_>) {
        let Some(member) = self.member_of(one.peer) else { return };
        if self.mallory.is_some() {
            // Who pushes the room's clock far ahead makes a log that begins anew sort before it.
            return;
        }
        let rows = one.screen.rows.values().filter(|row| row.author == member);
        let mut last = [0; 3];
        for row in rows.filter(|row| !self.was_reclassed(&row.entry)) {
            let Body::Text(text) = &row.body else { continue };
            let number = cut(text).split(':').nth(1).and_then(|number| number.parse::<u32>().ok());
            let Some(number) = number else { continue };
            let before = &mut last[usize::from(row.priority.number())];
            if number < *before {
                let what = format!("{:?} stands below number {before} of its author", cut(text));
                return self.fail("I4", what);
            }
            *before = number;
        }
    }

    fn nothing_lost(&mut self, present: &[Present<'_>]) {
        let Some(first) = present.first() else { return };
        let text = |row: &Row| self.texts.get(&row.entry).cloned();
        let shown: BTreeSet<String> = first.screen.rows.values().filter_map(text).collect();
        let here = |peer: usize| present.iter().any(|one| one.peer == peer);
        let mut lost = self.acknowledged.iter().filter(|(_, peer)| here(**peer));
        let lost = lost.find(|(text, _)| !shown.contains(*text)).map(|(text, _)| text.clone());
        if let Some(text) = lost {
            self.fail("I3", format!("{:?} was saved and is lost", cut(&text)));
        }
    }
}
