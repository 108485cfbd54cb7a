//! What messages answer: what that says, as far as this device has it.
//!
//! ```text
//!  it stands in the list ──► shown as it is there, if it is the version that was meant
//!  it does not ──► drawn: asked for ── Command::Quote, Event::Quoted ──► shown, or absent
//!                     ▲ again, once it has changed or a new worker tells of what answers it ─┘
//!  pressed: in the list ──► gone to      not: older ones are read ──► gone to, or lost
//! ```

use std::collections::BTreeMap;

use browser::{EntryId, Original, Quote, Target, limits};

use super::message::{Message, Shown};
use super::{ChatState, Errand, Goal, Lead, Rows};

/// What is known of a message that another one answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Not told yet.
    Asked,
    /// This device does not have it, or it is not for everybody who reads what answers it.
    Absent,
    /// What is shown of it, and whether it stands in the list.
    Here(Original, bool),
}

/// The way to a message that another one answers, and that does not stand in the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trail {
    /// Nobody goes it.
    #[default]
    None,
    /// Older messages are read until this one is there.
    To(EntryId),
    /// This one is not in the list, and will not be.
    Lost(EntryId),
}

impl ChatState {
    /// The reader goes there, or has come to the end of the way.
    pub(super) fn follow_trail(&mut self, trail: Trail) -> Vec<Errand> {
        self.room.trail = trail;
        Vec::new()
    }

    /// What is to be done to come to the message to which the trail leads.
    pub fn lead_back(&self) -> Lead {
        let (Trail::To(entry), Some(room)) = (self.room.trail, self.room.room) else {
            return Lead::Waits;
        };
        self.way_to(room, entry)
    }

    /// There is no room for older messages: whoever waits for one of them is led to nothing. True
    /// if anybody did.
    pub(super) fn end_ways(&mut self) -> bool {
        let sought = self.room.room.is_some_and(|room| self.everywhere.leads_to(room));
        if sought {
            self.everywhere.goal = Goal::Missed;
        }
        let Trail::To(entry) = self.room.trail else { return sought };
        self.room.trail = Trail::Lost(entry);
        true
    }
}

/// What was told of messages that do not stand in the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Quotes(BTreeMap<Target, Told>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    /// Nothing before the first answer.
    said: Option<Option<Original>>,
    asked: bool,
}

impl Quotes {
    /// It is asked for. What is known of too many is forgotten, and asked for again if it is drawn.
    pub(super) fn ask(&mut self, target: Target) {
        if self.0.len() >= limits::QUOTES {
            self.0.clear();
        }
        self.0.entry(target).or_insert(Told { said: None, asked: true }).asked = true;
    }

    /// It is told.
    pub(super) fn hear(&mut self, Quote { target, original }: Quote) {
        if let Some(told) = self.0.get_mut(&target) {
            *told = Told { said: Some(original), asked: true };
        }
    }

    /// A message has changed, in the list or not: its versions are asked for again.
    pub(super) fn renew(&mut self, entry: &EntryId) {
        let versions = self.0.iter_mut().filter(|(target, _)| target.entry == *entry);
        versions.for_each(|(_, told)| told.asked = false);
    }

    /// A row is told that answers this: whoever was asked may have died before the answer.
    pub(super) fn retell(&mut self, target: &Target) {
        if let Some(told) = self.0.get_mut(target).filter(|told| told.said.is_none()) {
            told.asked = false;
        }
    }
}

impl Rows {
    /// What is shown of the message that another one answers.
    pub fn heard(&self, message: &Message) -> Option<Heard> {
        let target = message.reply_to?;
        let (original, listed) = match self.of(&target.entry) {
            Some(row) if row.hash == Some(target.hash) => (Some(original(row)), true),
            Some(_) => return Some(Heard::Absent),
            None => match self.quotes.0.get(&target).and_then(|told| told.said.clone()) {
                Some(said) => (said, false),
                None => return Some(Heard::Asked),
            },
        };
        // Nothing in the open shows what two can read, whoever says that it answers that.
        let shared =
            |original: &Original| original.private.is_none() || original.private == message.private;
        let original = original.filter(shared);
        Some(original.map_or(Heard::Absent, |original| Heard::Here(original, listed)))
    }

    /// What is to be asked for before a message can be shown with what it answers.
    pub fn wants(&self, message: &Message) -> Option<Target> {
        let target = message.reply_to.filter(|target| self.of(&target.entry).is_none())?;
        let asked = self.quotes.0.get(&target).is_some_and(|told| told.asked);
        (!asked).then_some(target)
    }
}

fn original(row: &Shown) -> Original {
    Original::saying(&row.body, row.author, (row.private, row.vanishes))
}
