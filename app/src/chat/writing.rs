//! What the composer is for: a new message, other words for one, or the items of a bundle.
//!
//! ```text
//!  New ─ revise ─► Edit (an own message) · Replace (a draft that waits) · Resend (an undelivered)
//!   ▲                 │                       │ it becomes a message ─► Edit
//!   │                 └ what it is about is gone: the words stay ─► Anew
//!   └──────────────── sent, or given up ────────────────────────────┘
//! ```
//! What nobody is to read any more is not said by a key that was meant for something else: in
//! `Anew` only the button sends.

mod completing;
mod emoji;
mod revised;

use browser::{
    Act, Body, Draft, DraftId, EntryId, Event, MemberId, Priority, Refusal, Target, Terms, When,
    limits,
};

pub use self::completing::{Completing, Sign, complete, named, names};
pub use self::emoji::{Emoji, Emojis, QUICK};
use self::revised::Revised;
use super::message::{Shown, Standing};
use super::{ChatState, Problem};

/// What a person wants to say in other words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// An own message in the list.
    Row(EntryId),
    /// The last own message in the list.
    LastRow,
    /// A draft that waits for its time.
    Waiting(DraftId),
    /// A message that could not be delivered: it is said again, and the old one goes.
    Undelivered(EntryId),
}

/// Why something that is pasted or dropped does not get into the composer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It is a file.
    File,
    /// It is a text of so many bytes.
    Book(u64),
}

/// What changes what the composer is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compose {
    /// Something that was said, or waits, is to be said in other words.
    Revise(Subject),
    /// Those other words are so now, and not sent yet.
    Words(String),
    /// The other words were sent or given up.
    Revised,
    /// This draft was handed over in the place of one that waits.
    Replaced(Draft),
    /// A message that was refused is to be written anew, to one member alone if it was so.
    Rescue(String, Option<MemberId>),
    /// The composer has all words that came back.
    Rescued,
    /// A message is to be sent together with others.
    Bundle(String),
    /// One of those is not to be sent, by its place.
    Unbundle(usize),
    /// They were sent.
    SentBundle,
    /// The next new message answers this one, or nothing.
    Reply(Option<Target>),
}

/// How something is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// How urgent.
    pub priority: Priority,
    /// To stay, or to go after it was read.
    pub act: Act,
    /// How and when it is delivered.
    pub terms: Terms,
}

/// What the words in the composer become.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Task {
    /// A new message.
    #[default]
    New,
    /// Other words for an own message.
    Edit(EntryId),
    /// Another draft in the place of one that waits.
    Replace(Draft),
    /// A new message in the place of one that was not delivered.
    Resend(EntryId, Manner),
    /// A new message, said in the manner of what the words were for: that is gone.
    Anew(Manner),
}

impl Writing {
    /// The message that the words in the composer answer, if they answer one.
    pub fn answers(&self) -> Option<Target> {
        match &self.task {
            Task::New => self.reply,
            Task::Edit(_) => None,
            Task::Replace(draft) => draft.act.reply_to(),
            Task::Resend(_, manner) | Task::Anew(manner) => manner.act.reply_to(),
        }
    }
}

/// What the composer is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Writing {
    /// Changes whenever the composer has to take other words.
    pub serial: u64,
    /// What the words become.
    pub task: Task,
    /// The words to begin with; none for a new message.
    pub text: String,
    /// What has become of them in the composer, once they were changed.
    pub changed: Option<String>,
    /// Other words that are not answered, and those that came back.
    pub revised: Revised,
    /// The message that the next new one answers, or the first of the bundle.
    pub reply: Option<Target>,
    /// Messages that will be sent together, with what stands in the composer.
    pub bundle: Vec<String>,
}

impl Writing {
    fn turn(&mut self, task: Task, text: String) {
        self.serial += 1;
        (self.task, self.text, self.changed) = (task, text, None);
    }

    /// The words to begin with, or what has become of them.
    pub fn words(&self) -> &str {
        self.changed.as_ref().unwrap_or(&self.text)
    }

    /// Takes in what the engine says, also of a room that is not shown.
    pub fn hear(&mut self, event: &Event) {
        self.revised.hear(event);
        let Task::Replace(draft) = &mut self.task else { return };
        if let Event::Waiting(waiting) = event {
            // Its class or its time may have changed meanwhile: only the words are other ones.
            if let Some(newest) = waiting.iter().find(|one| one.draft.id == draft.id) {
                *draft = newest.draft.clone();
            }
        }
        if matches!(event, Event::Cancelled(cancelled) if *cancelled == draft.id) {
            let terms = Terms { when: When::Now, ..draft.terms };
            self.task = Task::Anew(Manner { priority: draft.priority, act: draft.act, terms });
        }
    }

    /// Puts a message into the bundle.
    ///
    /// # Errors
    /// If it is too much to be sent together.
    fn bundle(&mut self, text: String) -> Result<(), Refusal> {
        let bytes: usize = self.bundle.iter().map(String::len).sum::<usize>() + text.len();
        // What stands in the composer will be one more.
        if self.bundle.len() + 1 >= limits::TOGETHER || bytes > limits::TOGETHER_BYTES {
            let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
            let (limit, bytes) = (number(limits::TOGETHER), number(limits::TOGETHER_BYTES));
            return Err(Refusal::TooMuchTogether { limit, bytes });
        }
        self.bundle.push(text);
        Ok(())
    }
}

/// What is not kept cannot be edited: other words would outlive the first ones.
fn editable(row: &Shown) -> Option<String> {
    words_of(row).filter(|_| row.vanishes.is_none())
}

fn words_of(row: &Shown) -> Option<String> {
    match (&row.body, &row.standing) {
        (Body::Text(text), Standing::Stored { .. }) if row.own => Some(text.clone()),
        (Body::Text(_) | Body::Gone | Body::Decided(_) | Body::Newer | Body::Unreadable, _) => None,
    }
}

/// What is said again is said in the manner of the first time, and now.
fn manner_of(row: &Shown) -> Manner {
    let act = match (row.private, row.vanishes) {
        (Some(member), after) => Act::SayTo { member, after },
        (None, Some(after)) => Act::SayFor { after },
        (None, None) => Act::Say,
    };
    let act = row.reply_to.map_or(act, |target| act.in_reply_to(target));
    Manner { priority: row.priority, act, terms: Terms::default() }
}

impl ChatState {
    pub(super) fn compose(&mut self, compose: Compose) {
        match compose {
            Compose::Revise(subject) => self.revise(subject),
            Compose::Words(text) => {
                if self.room.writing.task != Task::New {
                    self.room.writing.changed = Some(text);
                }
            }
            Compose::Revised => self.end_revision(),
            Compose::Replaced(draft) => {
                self.room.writing.revised.hand_over(draft.id, &draft.text, draft.act.to());
            }
            Compose::Rescue(text, only) => self.room.writing.revised.rescue(text, only),
            Compose::Rescued => self.room.writing.revised.end_rescue(),
            Compose::Bundle(text) => self.put_into_bundle(text),
            Compose::Unbundle(place) => {
                let bundle = &mut self.room.writing.bundle;
                if place < bundle.len() {
                    bundle.remove(place);
                }
            }
            Compose::SentBundle => self.room.writing.bundle.clear(),
            Compose::Reply(target) => self.room.writing.reply = target,
        }
    }

    /// The composer takes the words of something that was said or waits; nothing if they are gone.
    fn revise(&mut self, subject: Subject) {
        let row = |entry: EntryId| {
            let row = self.rows.of(&entry)?;
            Some((row, words_of(row)?))
        };
        let found = match subject {
            Subject::Row(entry) => {
                row(entry).and_then(|(row, _)| Some((Task::Edit(entry), editable(row)?)))
            }
            Subject::LastRow => self.last_row(),
            Subject::Undelivered(entry) => {
                row(entry).map(|(row, text)| (Task::Resend(entry, manner_of(row)), text))
            }
            Subject::Waiting(id) => {
                let waiting = self.room.queue.waiting.iter().find(|one| one.draft.id == id);
                waiting.map(|one| (Task::Replace(one.draft.clone()), one.draft.text.clone()))
            }
        };
        if let Some((task, text)) = found {
            self.room.writing.turn(task, text);
        }
    }

    /// The newest own message that can be edited; nothing while the newest is being stored, since
    /// that one is meant.
    fn last_row(&self) -> Option<(Task, String)> {
        let own = || self.rows.iter().rev().filter(|row| row.own);
        if own().any(|row| row.standing == Standing::Writing) {
            return None;
        }
        own().find_map(|row| Some((Task::Edit(row.entry()?), editable(row)?)))
    }

    /// The words were sent or given up: the composer is for a new message again.
    fn end_revision(&mut self) {
        if self.room.writing.task != Task::New {
            self.room.writing.turn(Task::New, String::new());
        }
    }

    /// A message goes into the bundle, or the person is told why it does not.
    fn put_into_bundle(&mut self, text: String) {
        if let Err(refusal) = self.room.writing.bundle(text) {
            self.room.problem = Some(Problem::Refused(refusal));
        }
    }

    /// Something was told: what is being revised may be a message now, or gone. The words in the
    /// composer stay in either case.
    pub(super) fn follow_revision(&mut self) {
        let entry_of = |id: DraftId| self.rows.of_draft(&id).and_then(|row| row.entry());
        // What is not shown may be further up.
        let gone = |entry: EntryId| self.rows.of(&entry).filter(|row| words_of(row).is_none());
        let task = match &self.room.writing.task {
            Task::New | Task::Anew(_) => return,
            Task::Replace(draft) => match entry_of(draft.id) {
                Some(entry) => Task::Edit(entry),
                None => return,
            },
            Task::Edit(entry) => match gone(*entry) {
                Some(row) => Task::Anew(manner_of(row)),
                None => return,
            },
            Task::Resend(entry, manner) => match gone(*entry) {
                Some(_) => Task::Anew(*manner),
                None => return,
            },
        };
        self.room.writing.task = task;
    }
}
