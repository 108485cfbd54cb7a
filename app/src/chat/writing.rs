//! What the composer is for: a new message, other words for one, or the items of a bundle.
//!
//! ```text
//!  New ─ revise ─► Edit (an own message) · Replace (a draft that waits) · Resend (an undelivered)
//!   ▲                 │                       │ it becomes a message ─► Edit
//!   └─────────────────┴── sent, given up, or what it is about is gone: the words stay ──┘
//! ```

use browser::{Act, Body, Draft, DraftId, EntryId, Priority, Refusal, Terms, limits};

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

/// What changes what the composer is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compose {
    /// Something that was said, or waits, is to be said in other words.
    Revise(Subject),
    /// The other words were sent or given up.
    Revised,
    /// A message is to be sent together with others.
    Bundle(String),
    /// One of those is not to be sent, by its place.
    Unbundle(usize),
    /// They were sent.
    SentBundle,
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
    /// Messages that will be sent together, with what stands in the composer.
    pub bundle: Vec<String>,
}

impl Writing {
    fn turn(&mut self, task: Task, text: String) {
        self.serial += 1;
        (self.task, self.text) = (task, text);
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
        (Body::Text(_) | Body::Gone | Body::Newer | Body::Unreadable, _) => None,
    }
}

/// What is said again is said in the manner of the first time, and now.
fn manner_of(row: &Shown) -> Manner {
    let act = row.vanishes.map_or(Act::Say, |after| Act::SayFor { after });
    Manner { priority: row.priority, act, terms: Terms::default() }
}

impl ChatState {
    pub(super) fn compose(&mut self, compose: Compose) {
        match compose {
            Compose::Revise(subject) => self.revise(subject),
            Compose::Revised => self.end_revision(),
            Compose::Bundle(text) => self.put_into_bundle(text),
            Compose::Unbundle(place) => {
                let bundle = &mut self.room.writing.bundle;
                if place < bundle.len() {
                    bundle.remove(place);
                }
            }
            Compose::SentBundle => self.room.writing.bundle.clear(),
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
            Subject::LastRow => self.rows.iter().rev().find_map(|row| {
                let text = editable(row)?;
                Some((Task::Edit(row.entry()?), text))
            }),
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

    /// A draft will never be said; the words in the composer stay.
    pub(super) fn forget_revision(&mut self, cancelled: DraftId) {
        let task = &mut self.room.writing.task;
        if matches!(task, Task::Replace(draft) if draft.id == cancelled) {
            *task = Task::New;
        }
    }

    /// Something was told: what is being revised may be a message now, or gone. The words in the
    /// composer stay in either case.
    pub(super) fn follow_revision(&mut self) {
        let entry_of = |id: DraftId| self.rows.of_draft(&id).and_then(|row| row.entry());
        let there =
            |entry: EntryId| self.rows.of(&entry).is_some_and(|row| words_of(row).is_some());
        let task = match &self.room.writing.task {
            Task::New => return,
            Task::Replace(draft) => match entry_of(draft.id) {
                Some(entry) => Task::Edit(entry),
                None => return,
            },
            Task::Edit(entry) | Task::Resend(entry, _) if there(*entry) => return,
            Task::Edit(_) | Task::Resend(..) => Task::New,
        };
        self.room.writing.task = task;
    }
}
