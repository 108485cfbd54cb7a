//! The oracle's last word: faults have stopped, a minute has passed, and everybody has to agree.
//!
//! Whoever is not there in the end is not judged, and what a lying member said of itself counts for
//! nothing; everything else does (I3, I7, I9, I12).

use std::collections::{BTreeMap, BTreeSet};

use engine::members::membership::Membership;
use engine::{Body, EntryHash, EntryId, EpochId, LogId, MemberId, Row, RowState, Seq};

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
    /// The epoch in which it would say something.
    pub epoch: EpochId,
    /// The epochs in force whose secrets it knows.
    pub knows: &'a [EpochId],
}

/// What verdicts have looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// Rows on the screens of those who had to agree.
    pub rows: u64,
    /// Rows among them of which nothing was demanded, as what comes before them was gone early.
    pub excused: u64,
    /// How often the verdict was put off until every clock was there.
    pub put_off: u64,
}

impl Judged {
    /// Takes in what another verdict has looked at.
    pub fn add(&mut self, other: Judged) {
        self.rows += other.rows;
        self.excused += other.excused;
        self.put_off += other.put_off;
    }

    /// How many rows of a thousand were excused, rounded up.
    #[must_use]
    pub fn excused_of_thousand(&self) -> u64 {
        (1_000 * self.excused).div_ceil(self.rows.max(1))
    }
}

impl Oracle {
    /// Everybody who is there agrees. `all` is true if nobody is away and nobody lies.
    ///
    /// Devices of one member do not link with each other: without somebody else, each is alone.
    /// Returned is the latest expiry of words that are gone early, which others may wait for until
    /// their clocks are there.
    pub fn converged(&mut self, present: &[Present<'_>], all: bool) -> Option<u64> {
        let truth = self.truth(present)?;
        (self.judged.rows, self.judged.excused) = (0, 0);
        let left = self.left(present, &truth);
        self.secrets_kept(present);
        self.those_out_know(present);
        let members: BTreeSet<Option<MemberId>> =
            left.iter().map(|one| self.member_of(one.peer)).collect();
        if members.len() > 1 {
            self.those_left_know(&left, &truth);
            // Who was out of the room before it had read something does not read it any more.
            let all = all && truth.standing().removed.is_empty();
            self.agree(&left, (all, members.len()), &truth);
        } else {
            for one in &left {
                self.agree(std::slice::from_ref(one), (false, 1), &truth);
            }
        }
        self.copies_part(present);
        let awaited = self.gone_early(&left).filter_map(|row| row.expiry).max();
        self.judged.put_off += u64::from(awaited.is_some());
        awaited
    }

    fn agree(
        &mut self,
        present: &[Present<'_>],
        (all, members): (bool, usize),
        truth: &Membership,
    ) {
        let Some(first) = present.first() else { return };
        let early = self.early(present);
        for one in present {
            self.note_excused(one, &early);
            self.same_rows(one, first, &early);
            self.same_names(one, present);
            self.nothing_waits(one, (all, members), &early);
            self.spoken_in_order(one, &early);
            self.terms_kept(one, present);
            self.private_kept(one, present);
            self.answers_kept(one, present);
        }
        self.nothing_lost(present, &early, truth);
    }

    fn note_excused(&mut self, one: &Present<'_>, early: &[EntryId]) {
        let peers = [one.peer, one.peer];
        let count = |early| u64::try_from(self.rows(one.screen, peers, early).count()).unwrap_or(0);
        let (rows, demanded) = (count(&[]), count(early));
        self.judged.rows += rows;
        self.judged.excused += rows - demanded;
    }

    /// A wire that is open in the end owes nobody credit (I7).
    pub fn settled(&mut self, wire: usize, now: u64) {
        if let Some((class, bytes)) = self.traffic.leak(wire, now) {
            self.fail("I7", format!("{bytes} bytes of credit of class {class} are lost"));
        }
    }

    /// The rows on a screen that both of these devices have to show.
    fn rows<'a>(
        &self,
        screen: &'a Screen,
        peers: [usize; 2],
        early: &[EntryId],
    ) -> impl Iterator<Item = &'a Row> {
        let rows = screen.rows.values().filter(move |row| !self.is_mallory(&row.author));
        let rows = rows.filter(move |row| self.is_for(screen, row, peers));
        rows.filter(move |row| !is_early(row, early))
    }

    fn texts(&self, screen: &Screen, peers: [usize; 2], early: &[EntryId]) -> Vec<String> {
        self.rows(screen, peers, early).map(|row| self.label(screen, row)).collect()
    }

    /// What waits for words that are gone early: up to them in their log, and where that forked,
    /// whatever has another name until then.
    fn early(&self, present: &[Present<'_>]) -> Vec<EntryId> {
        let forked: BTreeSet<MemberId> = self
            .gone_early(present)
            .chain(self.gone_unproven(present, |hash| self.vanishes(hash)))
            .map(|row| row.author)
            .filter(|author| self.forks(author))
            .collect();
        let rows = present.iter().flat_map(|one| one.screen.rows.values());
        let branches = rows.filter(|row| forked.contains(&row.author)).map(|row| row.entry.log);
        let early = self.gone_early(present).map(|row| row.entry);
        // So it is with what goes from its readers first, and with what its author deleted and left
        // out over its own link before anybody had the deletion: what is in one run with it, or
        // behind it, is held up, too.
        let unproven =
            self.gone_unproven(present, |hash| self.is_unwanted(hash) || self.vanishes(hash));
        let held_up = unproven.map(|row| row.entry.log).chain(self.bare_edits(present));
        let held_up = held_up.chain(branches);
        early.chain(held_up.map(|log| EntryId { log, seq: u64::MAX })).collect()
    }

    /// Words of this sort that are gone somewhere, and their author is not there to say so.
    fn gone_unproven<'a>(
        &'a self,
        present: &'a [Present<'a>],
        sort: impl Fn(&EntryHash) -> bool + Copy + 'a,
    ) -> impl Iterator<Item = &'a Row> {
        present.iter().flat_map(move |one| {
            let rows = one.screen.rows.values();
            rows.filter(|row| row.body == Body::Gone && row.expiry.is_none())
                .filter(|row| !self.says_itself(row, present))
                .filter(move |row| one.screen.which.get(&row.entry).is_some_and(sort))
        })
    }

    /// What expired by a clock that runs before those of others, while nobody has the words any
    /// more and their author is not there to say so. Newcomers do not believe it yet, and have
    /// nothing that proves what was said before it.
    fn gone_early<'a>(&self, present: &'a [Present<'a>]) -> impl Iterator<Item = &'a Row> {
        let awaited =
            |row: &Row| present.iter().any(|one| row.expiry.is_some_and(|at| one.wall < at));
        let kept = |row: &Row| present.iter().any(|one| self.has_body(one, &row.entry));
        let rows = present.iter().flat_map(|one| one.screen.rows.values());
        rows.filter(move |row| awaited(row) && !self.says_itself(row, present) && !kept(row))
    }

    /// True if the author of a row is there and shows it. One whose disk went back behind what it
    /// said does not: it cannot say that the words are gone, either. Nor can one device of a member
    /// say so to another one: two of them have no link.
    fn says_itself(&self, row: &Row, present: &[Present<'_>]) -> bool {
        let theirs = present.iter().filter(|one| self.member_of(one.peer) == Some(row.author));
        let shows = |one: &Present<'_>| one.screen.rows.values().any(|it| it.entry == row.entry);
        let shown: Vec<bool> = theirs.map(shows).collect();
        !shown.is_empty() && shown.iter().all(|shows| *shows)
    }

    /// The logs of members who are not there, of which somebody holds other words for a message
    /// without these words, and the deletion that shows why they are gone has come to nobody.
    fn bare_edits(&self, present: &[Present<'_>]) -> Vec<LogId> {
        let here =
            |member: &MemberId| present.iter().any(|one| self.member_of(one.peer) == Some(*member));
        let shown = |entry: &EntryId| {
            let mut rows = present.iter().flat_map(|one| one.screen.rows.values());
            rows.any(|row| row.entry == *entry && matches!(row.body, Body::Text(_)))
        };
        let edits = self
            .room
            .iter()
            .flat_map(|(room, _)| present.iter().flat_map(move |one| one.store.bare_edits(room)));
        let held_up = edits.filter(|(log, target)| !here(&log.member) && shown(target));
        held_up.map(|(log, _)| log).collect()
    }

    /// What everybody has to agree on: when a body goes depends on each device's clock, and notes
    /// on messages of a log that forks name another message for a while: they do not follow.
    fn label(&self, screen: &Screen, row: &Row) -> String {
        let hash = screen.which.get(&row.entry);
        let first = hash.and_then(|hash| self.texts.get(hash));
        let Some((hash, first)) = hash.zip(first) else { return row.entry.to_string() };
        if self.forks(&row.author) && self.may_be_said_again(first) {
            return format!("{} as {}", cut(first), row.entry);
        }
        if self.fades(hash) || self.forks(&row.author) {
            return cut(first).to_owned();
        }
        let now = match &row.body {
            Body::Text(text) if text == first => String::new(),
            Body::Text(text) => format!(" now {}", cut(text)),
            body @ (Body::Gone | Body::Decided(_) | Body::Newer | Body::Unreadable) => {
                format!(" {body:?}")
            }
        };
        let reaction =
            |reaction: &engine::Reaction| format!(" {}{:?}", reaction.emoji, reaction.members);
        // A member that lies can say one thing here and another there in one place of its own log:
        // that log is not agreed on, nor is what it reacts with.
        let differs = |member: &MemberId| self.forks(member) || self.is_mallory(member);
        let whole = |reaction: &&engine::Reaction| !reaction.members.iter().any(differs);
        let reactions: String = row.reactions.iter().filter(whole).map(reaction).collect();
        format!("{}{now}{reactions}", cut(first))
    }

    fn same_rows(&mut self, one: &Present<'_>, first: &Present<'_>, early: &[EntryId]) {
        let peers = [one.peer, first.peer];
        let mine = self.texts(one.screen, peers, early);
        let theirs = self.texts(first.screen, peers, early);
        if mine != theirs {
            let (a, b): (BTreeSet<_>, BTreeSet<_>) =
                (mine.iter().cloned().collect(), theirs.iter().cloned().collect());
            let mut difference: Vec<_> = a.symmetric_difference(&b).take(5).cloned().collect();
            if difference.is_empty() {
                // One of them shows the same words by two names.
                let names = |screen: &Screen| -> BTreeSet<String> {
                    let rows = screen.rows.values().map(|row| (row, self.label(screen, row)));
                    rows.map(|(row, label)| format!("{label} as {}", row.entry)).collect()
                };
                let (a, b) = (names(one.screen), names(first.screen));
                difference.extend(a.symmetric_difference(&b).take(5).cloned());
            }
            let what = format!(
                "peer {} shows {} rows, peer {} {}: {difference:?}",
                one.peer,
                mine.len(),
                first.peer,
                theirs.len(),
            );
            self.fail("I9", what);
        }
        let mut seen = BTreeSet::new();
        if let Some(text) = mine.iter().find(|text| !seen.insert(*text)) {
            self.fail("I3", format!("peer {} shows {text:?} twice", one.peer));
        }
        let names = |screen: &Screen| -> Vec<(EntryId, EntryHash)> {
            let rows = self.rows(screen, peers, early);
            rows.filter_map(|row| Some((row.entry, *screen.which.get(&row.entry)?))).collect()
        };
        let (mine, theirs) = (names(one.screen), names(first.screen));
        if let Some((mine, theirs)) = mine.iter().zip(&theirs).find(|(mine, theirs)| mine != theirs)
        {
            let (a, b) = (one.peer, first.peer);
            self.fail("I4", format!("{} at {a} is {} at {b}", mine.0, theirs.0));
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

    fn nothing_waits(
        &mut self,
        one: &Present<'_>,
        (all, present): (bool, usize),
        early: &[EntryId],
    ) {
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
        let fades =
            |row: &Row| one.screen.which.get(&row.entry).is_some_and(|hash| self.fades(hash));
        let words = |row: &Row| matches!(row.body, Body::Text(_)) && !fades(row);
        let unread = |row: &&Row| {
            row.own && row.state != RowState::Read && words(row) && !is_early(row, early)
        };
        let unread = one.screen.rows.values().find(unread).filter(|_| all);
        if let Some(row) = unread {
            let what = format!("{} at {} is {:?} and not read", row.entry, one.peer, row.state);
            self.fail("I9", what);
        }
        let early = |author: &&MemberId| early.iter().any(|early| early.log.member == **author);
        let missing =
            one.screen.gaps.iter().find(|author| !early(author)).filter(|_| all && self.plain);
        if let Some(author) = missing {
            let what =
                format!("peer {} goes on to say that words of {author} are missing", one.peer);
            self.fail("I12", what);
        }
        if one.screen.more {
            self.fail("I3", format!("peer {} never shows its oldest messages", one.peer));
        }
    }

    /// What one page said one after the other with one priority stands in that order; where logs
    /// fork, in each of them, and as far as nothing is missing: what is behind may be of another
    /// version, of which the rest is lost.
    fn spoken_in_order(&mut self, one: &Present<'_>, early: &[EntryId]) {
        let Some(member) = self.member_of(one.peer) else { return };
        if self.mallory.is_some() {
            // Who pushes the room's clock far ahead makes a log that begins anew sort before it.
            return;
        }
        let rows = one.screen.rows.values().filter(|row| row.author == member);
        let rows = rows.filter(|row| !is_early(row, early));
        let mut stretches: BTreeMap<LogId, Vec<Seq>> = BTreeMap::new();
        let mut last: BTreeMap<Series, u32> = BTreeMap::new();
        for row in rows {
            let hash = one.screen.which.get(&row.entry);
            let Body::Text(text) = &row.body else { continue };
            let (device, number) = cut(text).split_once(':').unwrap_or_default();
            let Ok(number) = number.parse::<u32>() else { continue };
            if hash.is_some_and(|hash| self.was_reclassed(hash)) {
                continue;
            }
            let EntryId { log, seq } = row.entry;
            let stretch = self.forks(&member).then(|| {
                let begins = stretches.entry(log).or_insert_with(|| begins(one.store, &log));
                let begin = begins.iter().rev().find(|begin| **begin <= seq);
                (log, begin.copied().unwrap_or_default())
            });
            let key = (stretch, device.to_owned(), row.priority.number());
            let before = last.entry(key).or_default();
            if number < *before {
                let what = format!("{:?} stands below number {before} of its author", cut(text));
                return self.fail("I4", what);
            }
            *before = number;
        }
    }

    /// What was on the disk of anybody who is here is shown to everybody who is here.
    fn nothing_lost(&mut self, present: &[Present<'_>], early: &[EntryId], truth: &Membership) {
        for one in present {
            let rows = one.screen.rows.values();
            let shown: BTreeSet<&EntryHash> =
                rows.filter_map(|row| one.screen.which.get(&row.entry)).collect();
            let here = |devices: &BTreeSet<usize>| {
                present.iter().any(|other| devices.contains(&other.peer))
            };
            let too_early = |hash: &EntryHash| {
                let order = self.orders.get(hash);
                let entry = order.map(|order| EntryId { log: order.log, seq: order.seq });
                entry.is_some_and(|entry| {
                    early.iter().any(|early| early.log == entry.log && entry.seq <= early.seq)
                })
            };
            let mut kept = self.kept.iter().filter(|(_, devices)| here(devices));
            let me = self.member_of(one.peer);
            let meant = |hash: &EntryHash| {
                // What was private and is gone whoever has it anew does not know for his.
                let gone = self.may_lack_body(hash);
                let two = self.between(hash);
                two.is_none_or(|two| !gone && me.is_some_and(|me| two.contains(&me)))
            };
            let lost = kept.find(|(hash, _)| {
                meant(hash)
                    && !shown.contains(hash)
                    && !too_early(hash)
                    && !self.is_cut_off(hash, truth)
            });
            let text = lost.and_then(|(hash, _)| self.texts.get(hash)).cloned();
            if let Some(text) = text {
                let what = format!("{:?} was stored and is lost at {}", cut(&text), one.peer);
                return self.fail("I3", what);
            }
        }
    }

    /// Devices of one member that have met write logs of their own.
    fn copies_part(&mut self, present: &[Present<'_>]) {
        let mut written: BTreeMap<LogId, usize> = BTreeMap::new();
        for one in present {
            let Some(log) = self.last_written(one.peer) else { continue };
            if let Some(other) = written.insert(log, one.peer) {
                let what = format!("{other} and {} have met and write one log", one.peer);
                self.fail("I3", what);
            }
        }
    }
}

/// What stands in the order in which it was said: a stretch of a log if that forked, of a page,
/// with one priority.
type Series = (Option<(LogId, Seq)>, String, u8);

/// Where what a store has of a log begins, and begins again after something that is missing.
fn begins(store: &Store, log: &LogId) -> Vec<Seq> {
    let mut next = None;
    let begins = store.extents(log).into_iter().filter_map(|(first, last)| {
        let begins = next != Some(first);
        next = Some(last + 1);
        begins.then_some(first)
    });
    begins.collect()
}

/// True if a row waits for what expired early.
fn is_early(row: &Row, early: &[EntryId]) -> bool {
    early.iter().any(|early| row.entry.log == early.log && row.entry.seq <= early.seq)
}
