//! What is said to one member alone: whether it can be, what of it is shown here, what is noted.
//!
//! ```text
//!  message   Kind::PRIVATE             row at the two; nothing at all others, who carry it
//!  reaction  Kind::PRIVATE             its message is named in the sealed body
//!  edit      Kind::EDIT, as a letter   its message is named in the header: it is its author's own
//!  deletion  Kind::DELETE, in the open says nothing but that: carriers have to let the body go
//! ```
//! A reaction in the open would show who the other one is. What is noted in the open about a
//! private message, or the other way round, is not shown.

use crate::crypto::exchange::ExchangeKey;
use crate::engine::Engine;
use crate::ids::{EntryId, MemberId, Seq};
use crate::io::Millis;
use crate::log::entry::{Content, Kind, Place, Target, Words};
use crate::log::private::{Letter, Opened};
use crate::log::run::{Run, RunEntry};
use crate::simulation::{Planted, planted};
use crate::timeline::notes::Noted;
use crate::view::{Body, Refusal, Role};

/// What a row shows of an entry.
pub(in crate::engine) struct Said {
    pub body: Body,
    /// How long after the reading its words go, if they do.
    pub vanishes: Option<Millis>,
    /// Who else can read it, if that is one member alone.
    pub private: Option<MemberId>,
    /// The message that it answers, if it answers one.
    pub reply_to: Option<Target>,
}

impl Engine {
    /// The key to which something for this member alone is sealed.
    pub(in crate::engine) fn letterbox(&self, member: &MemberId) -> Result<ExchangeKey, Refusal> {
        let other = *member != self.own.member && self.members.knows(member);
        if !other || self.role(member) < Role::Member {
            return Err(Refusal::NoSuchMember);
        }
        self.exchange_of(member).ok_or(Refusal::NoKey)
    }

    /// What an entry says, sealed to this member and oneself.
    pub(in crate::engine) fn seal_private(
        &mut self,
        place: (crate::view::Priority, Seq),
        kind: Kind,
        mut letter: Letter,
    ) -> Option<Vec<u8>> {
        let mut key = self.letterbox(&letter.to).ok()?;
        if planted(Planted::PrivateToAnother)
            && let Some(another) = self.members.iter().find(|id| **id != letter.to)
            && let Ok(wrong) = self.letterbox(another)
        {
            (letter.to, key) = (*another, wrong);
        }
        let (epoch, (class, seq)) = (self.ring.current(), place);
        let place = Place { room: &self.room, log: &self.own, seq, epoch: &epoch, class };
        place.seal_letter(kind, &letter, (&key, &self.keypair), &mut self.random)
    }

    /// Opens the private body of an entry; nothing if its body is gone.
    fn open_private(&self, run: &Run, seq: Seq, entry: &RunEntry) -> Option<Opened> {
        let (log, epoch, class) = (&run.origin, &run.epoch, run.class);
        let place = Place { room: &self.room, log, seq, epoch, class };
        let body = entry.body.as_ref()?;
        Some(place.open_letter(entry.header.kind, body, &self.keypair))
    }

    /// What a private entry says to oneself, and who the other one is.
    pub(in crate::engine) fn letter(
        &self,
        run: &Run,
        seq: Seq,
        entry: &RunEntry,
    ) -> Option<(MemberId, Letter)> {
        if entry.header.kind != Kind::PRIVATE {
            return None;
        }
        let Some(Opened::Mine(letter)) = self.open_private(run, seq, entry) else { return None };
        Some((letter.other(&run.log.member, &self.own.member), letter))
    }

    /// The note that an entry is, as far as that can be told here.
    pub(in crate::engine) fn noted(&self, run: &Run, seq: Seq, entry: &RunEntry) -> Option<Noted> {
        let in_the_open = Noted::of(run, seq, entry);
        in_the_open.or_else(|| {
            let (_, letter) = self.letter(run, seq, entry)?;
            Noted::in_letter(run, seq, entry, letter.about.as_ref()?)
        })
    }

    /// What a row shows of a private entry: nothing if it is for others, or no row.
    pub(in crate::engine) fn said_privately(
        &self,
        run: &Run,
        seq: Seq,
        entry: &RunEntry,
        over: bool,
    ) -> Option<Said> {
        let (author, own) = (run.log.member, run.log.member == self.own.member);
        let known = match own {
            true => self.members.addressee(&run.log, seq),
            false => Some(author).filter(|author| self.members.shares(author, &run.log, seq)),
        };
        let (words, private) = match self.open_private(run, seq, entry) {
            Some(Opened::Mine(letter)) if letter.about.is_some() => return None,
            Some(Opened::Mine(letter)) => {
                let other = letter.other(&author, &self.own.member);
                (Content::said(letter.content), Some(other))
            }
            Some(Opened::Unreadable) => (Body::Unreadable.into(), known.or(Some(author))),
            Some(Opened::Newer) => (Body::Newer.into(), None),
            Some(Opened::Damaged) => (Body::Unreadable.into(), None),
            Some(Opened::Others) if own => (Body::Unreadable.into(), known),
            Some(Opened::Others) => return None,
            // Nobody else can tell for whom it was.
            None if own || known.is_some() => (Body::Gone.into(), known),
            None => return None,
        };
        let private = private.filter(|other| *other != self.own.member);
        let Words { body, vanishes, reply_to } = if over { Body::Gone.into() } else { words };
        Some(Said { body, vanishes, private, reply_to })
    }

    /// Who alone is to read an own message.
    pub(in crate::engine) fn addressee(&self, entry: &EntryId) -> Option<MemberId> {
        let shown = self.timeline.private(entry);
        shown.or_else(|| self.members.addressee(&entry.log, entry.seq))
    }

    /// Messages between oneself and one member are stored.
    pub(in crate::engine) fn on_shared(&mut self, shared: &[(MemberId, EntryId)]) {
        for (other, EntryId { log, seq }) in shared {
            self.members.share(other, *log, *seq);
        }
    }
}
