//! What later entries say of a message: other words, that it is taken back, emojis put on it.
//!
//! ```text
//!  edit      of the message's author; the newest in the room's order counts
//!  delete    of the message's author; counts for ever, whatever comes
//!  reaction  of anybody, one cell for each member and emoji; the newest counts
//! ```
//! A private message takes notes that are sealed to the same two only, and any other message none
//! of those. Merging is the same in any order and harmless when repeated, so a note may arrive
//! before its message, twice, or on another way. A note names the hash of its message: one that was
//! meant for another version of the log says nothing here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::crypto::sign::Keypair;
use crate::ids::{EntryHash, EntryId, EpochId, LogId, MemberId, RoomId};
use crate::limits;
use crate::log::entry::{Content, Kind, Place, Target};
use crate::log::private::Opened;
use crate::log::run::{Run, RunEntry};
use crate::room::keyring::Keyring;
use crate::simulation::{Planted, planted};
use crate::view::{Body, Order, Priority, Reaction, Row};

/// A note as it is stored beside the message that it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The entry that says it, and where that stands.
    pub by: Order,
    /// What it is.
    pub kind: Kind,
    /// The message, by its hash.
    pub target: EntryHash,
    /// The log in which the entry that says it was written.
    origin: LogId,
    epoch: EpochId,
    class: u8,
    body: Option<ByteBuf>,
}

/// A note with the message that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// The message.
    pub target: EntryId,
    /// The note.
    pub note: Note,
}

/// What a note says, opened.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Saying {
    Words(String),
    Deleted,
    Emoji { emoji: String, on: bool },
}

impl Noted {
    /// The note in an entry of a run, if it is one that its author may make.
    #[must_use]
    pub fn of(run: &Run, seq: u64, entry: &RunEntry) -> Option<Noted> {
        let header = &entry.header;
        let target = header.target.as_ref().filter(|_| header.kind.is_note())?;
        let foreign = target.entry.log.member != run.log.member;
        if header.kind != Kind::REACTION && foreign && !planted(Planted::ForeignNoteCounts) {
            return None;
        }
        Some(Noted::about(run, seq, entry, (header.kind, target)))
    }

    /// The reaction that a private entry is.
    #[must_use]
    pub fn in_letter(run: &Run, seq: u64, entry: &RunEntry, target: &Target) -> Option<Noted> {
        let private = entry.header.kind == Kind::PRIVATE;
        private.then(|| Noted::about(run, seq, entry, (Kind::REACTION, target)))
    }

    fn about(run: &Run, seq: u64, entry: &RunEntry, (kind, target): (Kind, &Target)) -> Noted {
        let entry_id = run.calls(target.entry);
        let note = Note {
            by: Order { lamport: entry.header.lamport, log: run.log, seq },
            kind,
            target: target.hash,
            origin: run.origin,
            epoch: run.epoch,
            class: run.class.number(),
            body: entry.body.clone().map(ByteBuf::from),
        };
        Noted { target: entry_id, note }
    }
}

impl Note {
    /// What it says, and who else can read that if it is one member alone.
    fn open(&self, room: &RoomId, ring: &Keyring) -> Option<(Saying, Option<MemberId>)> {
        if self.kind == Kind::DELETE {
            return Some((Saying::Deleted, None));
        }
        let class = Priority::from_number(self.class)?;
        let place = Place { room, log: &self.origin, seq: self.by.seq, epoch: &self.epoch, class };
        let body = self.body.as_ref()?;
        let keys = ring.of(&self.epoch);
        let in_the_open = keys.and_then(|keys| place.open_content(self.kind, body, keys).ok());
        match in_the_open {
            Some(content) => Some((self.read(content?)?, None)),
            None => self.open_letter(&place, body, ring.own()),
        }
    }

    fn open_letter(
        &self,
        place: &Place<'_>,
        body: &[u8],
        own: &Keypair,
    ) -> Option<(Saying, Option<MemberId>)> {
        let reacts = self.kind == Kind::REACTION;
        let kind = if reacts { Kind::PRIVATE } else { self.kind };
        let Opened::Mine(letter) = place.open_letter(kind, body, own) else { return None };
        let about = letter.about.as_ref().map(|target| target.hash);
        let other = letter.other(&self.origin.member, &own.member());
        let right = about == reacts.then_some(self.target);
        right.then_some(())?;
        Some((self.read(letter.content?)?, Some(other)))
    }

    fn read(&self, content: Content) -> Option<Saying> {
        match content {
            Content::Text(text) if self.kind == Kind::EDIT => {
                (text.len() <= limits::TEXT_BYTES).then_some(Saying::Words(text))
            }
            Content::Reaction { emoji, on } if self.kind == Kind::REACTION => {
                let fits = !emoji.is_empty() && emoji.len() <= limits::REACTION_BYTES;
                fits.then_some(Saying::Emoji { emoji, on })
            }
            Content::Text(_)
            | Content::Fleeting { .. }
            | Content::Reaction { .. }
            | Content::Reply { .. }
            | Content::Nothing => None,
        }
    }
}

/// All that is known of one message beside itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fold {
    /// By who else can read them, if that is one member alone.
    words: BTreeMap<Option<MemberId>, (Order, String)>,
    deleted: bool,
    emojis: BTreeMap<(String, MemberId, Option<MemberId>), (Order, bool)>,
}

impl Fold {
    /// Takes a note in.
    pub fn add(&mut self, note: &Note, room: &RoomId, ring: &Keyring) {
        match note.open(room, ring) {
            Some((Saying::Deleted, _)) => self.deleted = true,
            Some((Saying::Words(text), between)) => {
                let words = self.words.entry(between).or_insert_with(|| (note.by, text.clone()));
                if words.0 < note.by {
                    *words = (note.by, text);
                }
            }
            Some((Saying::Emoji { emoji, on }, between)) => {
                let cell = (emoji, note.by.log.member, between);
                let known = self.emojis.get(&cell);
                let most = limits::REACTIONS * limits::MEMBERS;
                let room = known.is_some() || self.emojis.len() < most;
                if room && known.is_none_or(|(by, _)| *by < note.by) {
                    self.emojis.insert(cell, (note.by, on));
                }
            }
            None => {}
        }
    }

    /// True if it was taken back.
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        self.deleted
    }

    /// Brings a row up to date.
    pub fn apply(&self, row: &mut Row) {
        if matches!(row.body, Body::Decided(_)) {
            return;
        }
        if self.deleted {
            (row.body, row.edited, row.reply_to) = (Body::Gone, false, None);
            row.reactions.clear();
            return;
        }
        let words = self.words.get(&row.private);
        if let Some((_, text)) = words.filter(|_| row.body != Body::Gone) {
            (row.body, row.edited) = (Body::Text(text.clone()), true);
        }
        let mut reactions: Vec<Reaction> = Vec::new();
        let meant = self.emojis.iter().filter(|((.., between), _)| *between == row.private);
        for ((emoji, member, _), _) in meant.filter(|(_, (_, on))| *on) {
            match reactions.last_mut().filter(|last| last.emoji == *emoji) {
                Some(last) => last.members.push(*member),
                None => reactions.push(Reaction { emoji: emoji.clone(), members: vec![*member] }),
            }
        }
        reactions.truncate(limits::REACTIONS);
        row.reactions = reactions;
    }
}

#[cfg(test)]
mod tests;
