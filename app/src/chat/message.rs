//! A message as it stands in the list: a row of the engine, or an own draft that is none yet.

use std::ops::Deref;
use std::sync::Arc;

use browser::{Body, DraftId, EntryHash, EntryId, MemberId, Millis, Order};
use browser::{Priority, Reaction, Refusal, RowState, Target};
use reactive_stores::{KeyMap, PatchField, StorePath};

use super::room::Divider;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Names it in the list for as long as the page shows it, also when a draft becomes a row.
    pub key: u64,
    /// The draft that it was or is, if this device wrote it.
    pub draft: Option<DraftId>,
    /// Who wrote it.
    pub author: MemberId,
    /// True if that is oneself.
    pub own: bool,
    /// When, by the author's clock.
    pub wall: Millis,
    /// How urgent.
    pub priority: Priority,
    /// What it says.
    pub body: Body,
    /// How far it has come.
    pub standing: Standing,
    /// It arrived after later ones were shown.
    pub late: bool,
    /// Somebody else's words, not seen yet.
    pub unread: bool,
    /// What is new to the person begins with it.
    pub divider: Option<Divider>,
    /// Its author has changed its words.
    pub edited: bool,
    /// What members have put on it.
    pub reactions: Vec<Reaction>,
    /// When its body goes, by the author's clock.
    pub expiry: Option<Millis>,
    /// How long after it was read its words go, if they do.
    pub vanishes: Option<Millis>,
    /// Who else can read it, if it is for one member alone.
    pub private: Option<MemberId>,
    /// The message that it answers, if it answers one.
    pub reply_to: Option<Target>,
    /// Its hash, once it has one.
    pub hash: Option<EntryHash>,
    /// The message above it.
    pub above: Option<Above>,
}

/// How far a message has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Not on the disk yet.
    Writing,
    /// Refused: it will never be stored as it is.
    Refused(Refusal),
    /// Stored here.
    Stored {
        /// Its address.
        entry: EntryId,
        /// Where it stands.
        order: Order,
        /// What is proven of it.
        state: RowState,
        /// How many others hold it.
        held_by: u32,
        /// For whom it is, if that is one other member.
        recipient: Option<MemberId>,
    },
    /// What was stored here was taken away, and nobody else is known to hold it.
    Lost {
        /// Its address.
        entry: EntryId,
        /// Where it stands.
        order: Order,
    },
}

/// What a message has to know of the one above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Above {
    /// Who wrote that.
    pub author: MemberId,
    /// When.
    pub wall: Millis,
}

/// Messages of one author closer than this are drawn as one group.
const GROUP: Millis = 5 * MINUTE;
const MINUTE: Millis = 60 * 1000;

impl Message {
    /// Its address, once it has one.
    pub fn entry(&self) -> Option<EntryId> {
        match &self.standing {
            Standing::Stored { entry, .. } | Standing::Lost { entry, .. } => Some(*entry),
            Standing::Writing | Standing::Refused(_) => None,
        }
    }

    /// Its words, if it has any.
    pub fn words(&self) -> Option<&str> {
        match &self.body {
            Body::Text(text) => Some(text),
            Body::Gone | Body::Decided(_) | Body::Newer | Body::Unreadable => None,
        }
    }

    /// Where it stands, once that is known.
    pub fn order(&self) -> Option<Order> {
        match &self.standing {
            Standing::Stored { order, .. } | Standing::Lost { order, .. } => Some(*order),
            Standing::Writing | Standing::Refused(_) => None,
        }
    }

    /// How many others hold it.
    pub fn held_by(&self) -> u32 {
        match &self.standing {
            Standing::Stored { held_by, .. } => *held_by,
            Standing::Writing | Standing::Refused(_) | Standing::Lost { .. } => 0,
        }
    }

    /// What names it when something is said of it.
    pub fn target(&self) -> Option<Target> {
        Some(Target { entry: self.entry()?, hash: self.hash? })
    }

    /// True if it continues what the same author has just said.
    pub fn continues(&self) -> bool {
        self.above.is_some_and(|above| {
            let soon = self.wall.abs_diff(above.wall) < GROUP;
            above.author == self.author && soon && self.divider.is_none()
        })
    }

    /// True if a clock showed the same when the message above was written.
    pub fn is_of_same_minute(&self) -> bool {
        self.above.is_some_and(|above| above.wall / MINUTE == self.wall / MINUTE)
    }
}

impl Standing {
    /// Its name in `data-state`.
    pub fn name(&self) -> &'static str {
        match self {
            Standing::Writing => "writing",
            Standing::Refused(_) | Standing::Lost { .. } => "failed",
            Standing::Stored { state, .. } => match state {
                RowState::Saved => "saved",
                RowState::Held => "held",
                RowState::Delivered => "delivered",
                RowState::Read => "read",
                RowState::Expired => "expired",
                RowState::Failed => "failed",
                RowState::Received => "received",
            },
        }
    }
}

/// A message that is shared and compared cheaply.
#[derive(Clone, Debug, Eq)]
pub struct Shown(Arc<Message>);

impl Shown {
    /// Changes it, apart from whoever else looks at it.
    pub fn change(&mut self, change: impl FnOnce(&mut Message)) {
        change(Arc::make_mut(&mut self.0));
    }
}

impl From<Message> for Shown {
    fn from(message: Message) -> Self {
        Shown(Arc::new(message))
    }
}

impl Deref for Shown {
    type Target = Message;

    fn deref(&self) -> &Message {
        &self.0
    }
}

impl PartialEq for Shown {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl PatchField for Shown {
    fn patch_field(
        &mut self,
        new: Self,
        path: &StorePath,
        notify: &mut dyn FnMut(&StorePath),
        _: Option<&KeyMap>,
    ) {
        if *self != new {
            *self = new;
            notify(path);
        }
    }
}
