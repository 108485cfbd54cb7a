//! What is said to one member alone: only the two ever show it, and everybody carries it.
//!
//! What is sealed for all never says it, nor names it in a reaction. It comes as far as anything
//! that is said, and for whom it is not, it is as if it had never been said.

use std::collections::{BTreeMap, BTreeSet};

use engine::log::entry::{Content, Kind, Place};
use engine::log::run::Run;
use engine::{Body, DraftId, EntryHash, MemberId, Refusal, Role, Row, RowState};

use crate::oracle::verdict::Present;
use crate::oracle::{Oracle, Screen, cut};
use crate::store::Store;

/// See the module.
#[derive(Default)]
pub struct Private {
    /// Who may read a text: its author, and to whom it was said.
    texts: BTreeMap<String, [MemberId; 2]>,
    /// To whom drafts are.
    to: BTreeMap<DraftId, MemberId>,
}

impl Oracle {
    /// A page says something to one member alone.
    pub(crate) fn whispered(&mut self, peer: usize, to: MemberId, (draft, text): (DraftId, &str)) {
        let Some(author) = self.member_of(peer) else { return };
        self.private.texts.insert(text.to_owned(), [author, to]);
        self.private.to.insert(draft, to);
    }

    /// Other words for a message are for those who may read that.
    pub(crate) fn reworded(&mut self, hash: &EntryHash, text: &str) {
        if let Some(two) = self.between(hash) {
            self.private.texts.insert(text.to_owned(), two);
        }
    }

    /// True if an entry has said something somewhere.
    fn is_known(&self, hash: Option<&EntryHash>) -> bool {
        hash.is_some_and(|hash| self.texts.contains_key(hash))
    }

    /// The two who may read a message, if it is for one member alone.
    pub(super) fn between(&self, hash: &EntryHash) -> Option<[MemberId; 2]> {
        self.private.texts.get(self.texts.get(hash)?).copied()
    }

    /// A page shows what somebody said.
    pub(super) fn eavesdrops(&mut self, peer: usize, row: &Row, text: &str) {
        let Some(member) = self.member_of(peer) else { return };
        let two = self.private.texts.get(text).copied();
        let shown = cut(text).to_owned();
        match two {
            Some(two) if !two.contains(&member) => {
                self.fail("§10", format!("{shown:?} is not for {peer}, and is shown there"));
            }
            Some(two) => {
                let other = two.into_iter().find(|one| *one != member);
                if row.private != other {
                    let private = row.private;
                    let what = format!("{shown:?} is shown at {peer} as private with {private:?}");
                    self.fail("§10", what);
                }
            }
            None if row.private.is_some() && !self.is_mallory(&row.author) => {
                self.fail("§10", format!("{shown:?} is for all, and is private at {peer}"));
            }
            None => {}
        }
    }

    /// What a device seals for everybody says nothing that is for one member alone.
    pub(super) fn seals(&mut self, peer: usize, runs: &[Run]) {
        let Some((room, keys)) = self.room.as_ref() else { return };
        let mut told = None;
        for (run, (seq, entry)) in runs.iter().flat_map(|run| run.iter().map(move |one| (run, one)))
        {
            let (log, epoch, class) = (&run.origin, &run.epoch, run.class);
            let place = Place { room, log, seq, epoch, class };
            let header = &entry.header;
            let body = entry.body.as_deref().unwrap_or_default();
            let said = match place.open_content(header.kind, body, keys) {
                Ok(Some(
                    Content::Text(text)
                    | Content::Fleeting { text, .. }
                    | Content::Reply { text, .. },
                )) => Some(text),
                Ok(Some(Content::Reaction { .. } | Content::Nothing) | None) | Err(_) => None,
            };
            let says = said.filter(|text| self.private.texts.contains_key(text));
            let named = header.target.as_ref().filter(|_| header.kind == Kind::REACTION);
            let marks = named.is_some_and(|target| self.between(&target.hash).is_some());
            if says.is_some() || marks {
                told = Some(format!("{peer} tells everybody of what is private: {says:?}"));
            }
        }
        told.into_iter().for_each(|what| self.fail("§10", what));
    }

    /// A draft was refused because nothing can be sealed to whom it is for.
    pub(super) fn not_sealed(
        &mut self,
        peer: usize,
        (draft, reason): (Option<DraftId>, &Refusal),
        store: &Store,
    ) {
        let to = draft.and_then(|draft| self.private.to.get(&draft).copied());
        // A key under an epoch that is not known yet does not open.
        let one_epoch =
            self.room.as_ref().is_some_and(|(room, _)| store.decisions(room).is_empty());
        let known = to.is_some_and(|to| store.has_key_of(&to)) && one_epoch;
        if *reason == Refusal::NoKey && known && self.mallory.is_none() {
            self.fail("§10", format!("{peer} lacks a key that is on its disk"));
        }
    }

    /// True if a draft is for a member who is out of the room: it goes on waiting.
    pub(super) fn is_for_nobody(&self, draft: &DraftId, screen: &Screen) -> bool {
        let to = self.private.to.get(draft);
        to.and_then(|to| screen.roles.get(to)) == Some(&Role::Removed)
    }

    /// True if a message is for both of these devices, as far as it is for anybody.
    pub(super) fn is_for(&self, screen: &Screen, row: &Row, peers: [usize; 2]) -> bool {
        let hash = screen.which.get(&row.entry);
        let Some((hash, two)) = hash.and_then(|hash| Some((hash, self.between(hash)?))) else {
            // Its words may never have been shown. If they are gone, too, nothing says any more
            // that they were for one member, and only their author knows of them.
            let whole = row.body != Body::Gone || self.private.texts.is_empty();
            return row.private.is_none() && (whole || self.is_known(hash));
        };
        // When it goes depends on each clock, and then only the two may remember it as theirs.
        let here = peers.map(|peer| self.member_of(peer).is_some_and(|one| two.contains(&one)));
        row.body != Body::Gone && !self.fades(hash) && here == [true, true]
    }

    /// The last word: what is private has come to whom it is for, and everybody has its body.
    pub(super) fn private_kept(&mut self, one: &Present<'_>, present: &[Present<'_>]) {
        let Some(me) = self.member_of(one.peer) else { return };
        if self.mallory.is_some() || self.forks(&me) {
            return;
        }
        for row in one.screen.rows.values().filter(|row| row.own) {
            let Some(hash) = one.screen.which.get(&row.entry) else { continue };
            let Some([_, to]) = self.between(hash) else { continue };
            let words = matches!(row.body, Body::Text(_)) && !self.fades(hash);
            let there = present.iter().any(|other| self.member_of(other.peer) == Some(to));
            let text = self.texts.get(hash).map(|text| cut(text).to_owned());
            if words && there && row.state != RowState::Read && !self.is_unwanted(hash) {
                let state = row.state;
                self.fail("I9", format!("{text:?} is {state:?} and not read by whom it is for"));
            }
            let lacks = present.iter().find(|other| !self.has_body(other, &row.entry));
            if let Some(other) = lacks.filter(|_| words && !self.may_lack_body(hash)) {
                self.fail("I12", format!("{} does not carry {text:?}", other.peer));
            }
        }
    }

    /// Members that may have read a message.
    pub(super) fn readers(&self, hash: &EntryHash) -> BTreeSet<MemberId> {
        let two = self.between(hash);
        let meant = |member: &MemberId| two.is_none_or(|two| two.contains(member));
        self.members.iter().filter(|member| meant(member)).copied().collect()
    }
}
