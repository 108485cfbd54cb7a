//! Answers name one message, the same everywhere, and show what that says now; what was put away
//! does not come back, and nobody is said to lack what it holds; nobody types who does not (§5).

use std::collections::{BTreeMap, BTreeSet};

use engine::{
    EntryHash, EntryId, Event, FailureReason, MemberId, Original, Row, RowState, Target,
    Undelivered,
};

use crate::oracle::verdict::Present;
use crate::oracle::{Oracle, Screen};

/// See the module.
#[derive(Default)]
pub struct Answers {
    said: BTreeMap<String, Target>,
    /// What rows name, as it was shown first.
    named: BTreeMap<EntryHash, Option<Target>>,
    /// What was put away, in which life of which device.
    away: BTreeSet<(usize, u32, EntryId)>,
    typed: BTreeSet<MemberId>,
    /// All pages have asked for all that is answered on them.
    quoted: bool,
}

impl Oracle {
    pub(crate) fn answers(&mut self, text: &str, target: Target) {
        self.answers.said.insert(text.to_owned(), target);
    }

    pub(crate) fn types(&mut self, peer: usize) {
        self.answers.typed.extend(self.member_of(peer));
    }

    pub(crate) fn all_are_quoted(&mut self) {
        self.answers.quoted = true;
    }

    /// A row with words is shown.
    pub(super) fn names(&mut self, peer: usize, row: &Row, hash: EntryHash) {
        if self.is_mallory(&row.author) {
            return;
        }
        let told = row.reply_to.as_deref().copied();
        let said = self.texts.get(&hash).and_then(|text| self.answers.said.get(text)).copied();
        // What has gone meanwhile is not answered.
        if told.is_some() && told != said {
            self.fail("I10", format!("{} answers {told:?} at {peer}, not {said:?}", row.entry));
        }
        let first = *self.answers.named.entry(hash).or_insert(told);
        if first != told {
            self.fail("I9", format!("{} answers {told:?} at {peer}, not {first:?}", row.entry));
        }
    }

    /// A page was told at once that what it tries again is under way.
    pub(crate) fn tries_again(&mut self, peer: usize, entry: &EntryId, screen: &Screen) {
        if lists(&screen.tray, entry) {
            self.fail("§5", format!("{entry} is tried again at {peer} and is in its tray"));
        }
    }

    /// A page was told at once that what it puts away is gone.
    pub(crate) fn puts_away(&mut self, peer: usize, entry: EntryId, screen: &Screen) {
        let life = self.lives.get(&peer).copied().unwrap_or(0);
        self.answers.away.insert((peer, life, entry));
        self.stays_away(peer, &screen.tray);
    }

    /// A page is told what could not be delivered.
    pub(super) fn stays_away(&mut self, peer: usize, tray: &[Undelivered]) {
        let life = self.lives.get(&peer).copied().unwrap_or(0);
        let back = |case: &&Undelivered| self.answers.away.contains(&(peer, life, case.entry));
        if let Some(case) = tray.iter().find(back) {
            self.fail("§5", format!("{} was put away at {peer} and is back", case.entry));
        }
    }

    /// A page is told of what is no message.
    pub(super) fn told_besides(&mut self, peer: usize, event: &Event, screen: &mut Screen) {
        if let Event::Undelivered(tray) = event {
            self.undelivered(peer, tray);
            self.stays_away(peer, tray);
            screen.tray.clone_from(tray);
        }
        if let Event::Quoted(quote) = event {
            let of = (quote.target.entry, quote.target.hash);
            screen.quotes.insert(of, quote.original.clone());
        }
        if let Event::Typing { member, typing } = event {
            screen.typing.remove(member);
            if *typing {
                self.typing(peer, member);
                screen.typing.insert(*member);
            }
        }
    }

    /// A page is told that somebody types.
    pub(super) fn typing(&mut self, peer: usize, member: &MemberId) {
        if self.mallory.is_none() && !self.answers.typed.contains(member) {
            self.fail("I10", format!("peer {peer} sees somebody type who does not"));
        }
    }

    /// True if a page lists a message as undelivered, or somebody has put that away or has
    /// deleted the message.
    pub(super) fn is_listed(&self, screen: &Screen, entry: &EntryId) -> bool {
        let put_away = || self.answers.away.iter().any(|(.., put_away)| put_away == entry);
        let deleted = || screen.which.get(entry).is_some_and(|hash| self.is_unwanted(hash));
        lists(&screen.tray, entry) || put_away() || deleted()
    }

    /// What has expired before somebody had it is listed, and stays so until it is put away.
    fn expired_are_listed(&mut self, one: &Present<'_>) {
        // Nobody lacks what was said when nobody else was there.
        let meant =
            |row: &Row| row.draft.and_then(|id| self.said.get(&id)).is_some_and(|it| it.company);
        let expired = |row: &&Row| row.own && row.state == RowState::Expired && meant(row);
        let untold = one.screen.rows.values().filter(expired);
        let untold = untold.map(|row| row.entry).find(|entry| !self.is_listed(one.screen, entry));
        if let Some(entry) = untold {
            self.fail("§5", format!("{entry} has expired at {} and is not in the tray", one.peer));
        }
    }

    /// The last word.
    pub(super) fn answers_kept(&mut self, one: &Present<'_>, present: &[Present<'_>]) {
        if self.plain {
            self.expired_are_listed(one);
        }
        if !one.screen.typing.is_empty() {
            self.fail("§5", format!("somebody types for a minute at {}", one.peer));
        }
        let holds = |member: &MemberId, entry: &EntryId| {
            let mut theirs =
                present.iter().filter(|other| self.member_of(other.peer) == Some(*member));
            theirs.any(|other| other.store.holds(entry))
        };
        let wrong = one.screen.tray.iter().find_map(|case| {
            let room = |reason| [FailureReason::NoSpace, FailureReason::Quota].contains(&reason);
            let lacks = case.failures.iter().filter(|failure| room(failure.reason));
            { lacks }.any(|failure| holds(&failure.member, &case.entry)).then_some(case.entry)
        });
        if let Some(entry) = wrong {
            self.fail("§5", format!("{entry} is in the tray of {} and was taken", one.peer));
        }
        let rows = one.screen.rows.values().filter(|_| self.answers.quoted);
        let wrong = rows.filter_map(|row| row.reply_to.as_deref()).find_map(|target| {
            let told = one.screen.quotes.get(&(target.entry, target.hash));
            let mut rows = one.screen.rows.values();
            let row = rows.find(|row| (row.entry, row.hash) == (target.entry, target.hash));
            let due = row.map(Original::of);
            (told != Some(&due)).then(|| format!("{told:?}, not {due:?}"))
        });
        if let Some(what) = wrong {
            self.fail("I9", format!("an answer at {} is said to be about {what}", one.peer));
        }
    }
}

fn lists(tray: &[Undelivered], entry: &EntryId) -> bool {
    tray.iter().any(|case| case.entry == *entry)
}
