//! What a person says, before it is an entry: the words, what they do, and on which terms.
//!
//! ```text
//!  Draft = id, text, priority, act (say, reply, edit, delete, react), terms (qos, when, expiry)
//! ```
//! The id is drawn by the page. A draft may be handed over as often as one likes: it is said once.

use serde::{Deserialize, Serialize};

use crate::ids::{DraftId, EntryId, MemberId};
use crate::io::Millis;
use crate::log::entry::Target;

/// A message before it is an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Drawn at random by the page.
    pub id: DraftId,
    /// What to say: 1 to [`limits::TEXT_BYTES`](crate::limits::TEXT_BYTES) bytes of UTF-8; for a
    /// reaction 1 to [`limits::REACTION_BYTES`](crate::limits::REACTION_BYTES); nothing for a
    /// deletion.
    pub text: String,
    /// How urgent.
    pub priority: Priority,
    /// What it does.
    pub act: Act,
    /// How and when it is delivered.
    pub terms: Terms,
}

impl Draft {
    /// Something to say now, on the usual terms.
    #[must_use]
    pub fn new(id: DraftId, text: impl Into<String>, priority: Priority) -> Draft {
        Draft { id, text: text.into(), priority, act: Act::Say, terms: Terms::default() }
    }

    /// True if it is said at once, to everybody, on the usual terms.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.act.to().is_none()
            && self.act.says()
            && self.terms.qos == Qos::ExactlyOnce
            && self.terms.when == When::Now
    }

    /// The same, with another act.
    #[must_use]
    pub fn doing(self, act: Act) -> Draft {
        Draft { act, ..self }
    }

    /// The same, on other terms.
    #[must_use]
    pub fn on(self, terms: Terms) -> Draft {
        Draft { terms, ..self }
    }
}

/// What a draft does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Act {
    /// Says something.
    #[default]
    Say,
    /// Replaces the words of an own message.
    Edit(EntryId),
    /// Takes back an own message: its body goes everywhere.
    Delete(EntryId),
    /// Adds the text, an emoji, to a message, or takes it away again.
    React {
        /// The message.
        target: EntryId,
        /// True to add.
        on: bool,
    },
    /// Says something of which the words go everywhere some time after they were read: on a
    /// reader's device after its own reading, and for good after everybody's.
    SayFor {
        /// Milliseconds after the reading: at least
        /// [`limits::EXPIRES_AT_LEAST`](crate::limits::EXPIRES_AT_LEAST), at most
        /// [`limits::WAIT_AT_MOST`](crate::limits::WAIT_AT_MOST).
        after: Millis,
    },
    /// Says something to one member, which nobody else can read; all others carry it.
    SayTo {
        /// To whom.
        member: MemberId,
        /// How long after the reading its words go, if they do: as for [`Act::SayFor`].
        after: Option<Millis>,
    },
    /// Says something in answer to a message, which is shown above it. If that has gone meanwhile
    /// it is said all the same, and answers nothing.
    Reply {
        /// The message, as it was when it was chosen. What two alone can read is answered among the
        /// two only.
        target: Target,
        /// To whom alone it is said, if to one member: as for [`Act::SayTo`].
        member: Option<MemberId>,
        /// How long after the reading its words go, if they do: as for [`Act::SayFor`].
        after: Option<Millis>,
    },
}

impl Act {
    /// To whom alone it says something, if to one member.
    #[must_use]
    pub fn to(&self) -> Option<MemberId> {
        match self {
            Act::SayTo { member, .. } => Some(*member),
            Act::Reply { member, .. } => *member,
            Act::Say | Act::SayFor { .. } | Act::Edit(_) | Act::Delete(_) | Act::React { .. } => {
                None
            }
        }
    }

    /// The message that it is about, if it is about one.
    #[must_use]
    pub fn about(&self) -> Option<EntryId> {
        match self {
            Act::Edit(entry)
            | Act::Delete(entry)
            | Act::React { target: entry, .. }
            | Act::Reply { target: Target { entry, .. }, .. } => Some(*entry),
            Act::Say | Act::SayFor { .. } | Act::SayTo { .. } => None,
        }
    }

    /// The same, if it says something, in answer to a message; as it is, if it says nothing.
    #[must_use]
    pub fn in_reply_to(self, target: Target) -> Act {
        let (member, after) = (self.to(), self.after());
        if self.says() { Act::Reply { target, member, after } } else { self }
    }

    /// The message that it answers, if it answers one.
    #[must_use]
    pub fn reply_to(&self) -> Option<Target> {
        match self {
            Act::Reply { target, .. } => Some(*target),
            Act::Say
            | Act::SayFor { .. }
            | Act::SayTo { .. }
            | Act::Edit(_)
            | Act::Delete(_)
            | Act::React { .. } => None,
        }
    }

    /// How long after the reading the words go that it says, if they do, in milliseconds.
    #[must_use]
    pub fn after(&self) -> Option<Millis> {
        match self {
            Act::SayFor { after } => Some(*after),
            Act::SayTo { after, .. } | Act::Reply { after, .. } => *after,
            Act::Say | Act::Edit(_) | Act::Delete(_) | Act::React { .. } => None,
        }
    }

    /// True if it says something, so that there will be a row.
    #[must_use]
    pub fn says(&self) -> bool {
        match self {
            Act::Say | Act::SayFor { .. } | Act::SayTo { .. } | Act::Reply { .. } => true,
            Act::Edit(_) | Act::Delete(_) | Act::React { .. } => false,
        }
    }
}

/// On which terms a draft is delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The guarantee.
    pub qos: Qos,
    /// When it is said.
    pub when: When,
    /// Milliseconds after it was said at which its body goes everywhere, delivered or not.
    pub expires_after: Option<Millis>,
}

/// What is guaranteed of a message's delivery. The names are MQTT's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Qos {
    /// Whoever is linked now may get it. It is never stored, and dropped first under load.
    AtMostOnce,
    /// Kept in memory and repeated to whoever was linked when it was said, until each has
    /// acknowledged it or it expires; may surface twice.
    AtLeastOnce,
    /// Stored and delivered to every member, and surfaces once.
    #[default]
    ExactlyOnce,
}

/// When a draft is said. Until then it waits on this device alone, across reloads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum When {
    /// At once.
    #[default]
    Now,
    /// When the device's clock shows this, in milliseconds since 1970, or later if it slept.
    At(Millis),
    /// When this member is linked.
    Online(MemberId),
}

/// The classes that a person can choose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Priority {
    /// Overtakes everything else that waits.
    Urgent,
    /// The usual.
    #[default]
    Normal,
    /// When nothing else waits.
    Low,
}
