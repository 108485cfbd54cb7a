//! How much is stored on this device, and whether the browser keeps it: asked when the person
//! looks, and when it asks the browser to keep it.
//!
//! ```text
//!  looks ──► measured ──► keep it! ──► asked ──► kept
//!                            ▲              └──► declined, and why that may be
//!                            └──────────────────────┘
//! ```

use browser::{Space, StorageState};

use super::{ChatState, Errand};
use crate::chat::Place;

/// What is known of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stock {
    /// What was measured last.
    pub space: Option<Space>,
    /// Whether the browser was asked to keep it.
    pub asked: Keeping,
    /// Whether there is something of one's own to keep.
    pub worth: Worth,
}

/// Whether the person has written something, since the page is open, that is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Worth {
    /// Nothing.
    #[default]
    Nothing,
    /// Just now: the client may be asking the browser to keep it.
    New,
    /// Some seconds ago: what the browser said is known.
    Known,
}

/// Whether the browser was asked to keep what is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keeping {
    /// Not by a person.
    #[default]
    Unasked,
    /// It was asked, and has not answered: it may be asking the person.
    Asked,
    /// It does not.
    Declined,
}

impl ChatState {
    /// The person looks at what is stored.
    pub(super) fn look_at_space(&mut self) -> Vec<Errand> {
        match self.stock.asked {
            // What was asked is answered with a measurement.
            Keeping::Asked => return Vec::new(),
            Keeping::Declined => self.stock.asked = Keeping::Unasked,
            Keeping::Unasked => {}
        }
        vec![Errand::MeasureSpace]
    }

    /// Something of one's own is stored.
    pub(in crate::chat) fn note_worth(&mut self) {
        if self.stock.worth == Worth::Nothing {
            self.stock.worth = Worth::New;
        }
    }

    /// Some time has passed.
    pub(in crate::chat) fn pass(&mut self) -> Vec<Errand> {
        if self.stock.worth == Worth::New {
            self.stock.worth = Worth::Known;
        }
        self.glance()
    }

    /// True if the browser may delete what the person has written, and that is to be said: once
    /// there is something, and not before.
    pub(in crate::chat) fn is_at_risk(&self) -> bool {
        let deletes = self.storage == Some(StorageState::Open { persistent: false });
        deletes && self.stock.worth == Worth::Known && matches!(self.place, Place::Room(_))
    }

    /// The person wants it to be kept.
    pub(super) fn ask_to_keep(&mut self) -> Vec<Errand> {
        if self.stock.asked == Keeping::Asked {
            return Vec::new();
        }
        self.stock.asked = Keeping::Asked;
        vec![Errand::Persist]
    }

    /// It was measured; the answer to what was asked comes with it.
    pub(in crate::chat) fn note_space(&mut self, space: Space) -> Vec<Errand> {
        let was_asked = self.stock.asked != Keeping::Unasked;
        self.stock.asked = match (space.persistent, was_asked) {
            (false, true) => Keeping::Declined,
            (true, _) | (false, false) => Keeping::Unasked,
        };
        self.stock.space = Some(space);
        Vec::new()
    }
}
