//! What a page asks of drafts that were handed over: other words or terms for one that waits, or
//! that it is not said. Repeated to every new leader until the engine's word on the draft shows
//! that it was heard.
//!
//! ```text
//!  Replace ── a newer one ──► Replace        Cancel stays Cancel, whatever is asked after it
//!     └────── Cancel ───────► Cancel
//! ```

use std::collections::VecDeque;

use engine::{Body, Command, Draft, DraftId, Event, Refusal, RoomId, Row};

use super::REQUESTS;
use crate::message::Request;

/// See the module. At most [`REQUESTS`], of which the oldest go.
#[derive(Default)]
pub(super) struct Steers(VecDeque<Steer>);

struct Steer {
    room: RoomId,
    what: What,
    /// A leader before this one may have heard it, or nobody has heard of the draft at all.
    unsure: bool,
}

/// What is asked of a draft.
#[derive(Clone)]
pub(super) enum What {
    /// Other words or terms.
    Replace(Box<Draft>),
    /// Not to be said.
    Cancel(DraftId),
}

impl Steers {
    /// Keeps what is asked of a draft; `unsure` if no leader hears it now.
    pub(super) fn keep(&mut self, room: RoomId, what: What, unsure: bool) {
        if let Some(known) = self.0.iter().position(|known| known.draft() == what.draft()) {
            if self.0[known].cancels() && matches!(what, What::Replace(_)) {
                return;
            }
            self.0.remove(known);
        }
        if self.0.len() == REQUESTS {
            self.0.pop_front();
        }
        self.0.push_back(Steer { room, what, unsure });
    }

    /// Forgets what was asked in a room.
    pub(super) fn leave(&mut self, room: &RoomId) {
        self.0.retain(|steer| steer.room != *room);
    }

    /// All of it, for another leader.
    pub(super) fn again(&mut self) -> Vec<Request> {
        let again = |steer: &mut Steer| {
            steer.unsure = true;
            let command = match steer.what.clone() {
                What::Replace(draft) => Command::Replace(*draft),
                What::Cancel(draft) => Command::Cancel(draft),
            };
            Request::Command { room: steer.room, command }
        };
        self.0.iter_mut().map(again).collect()
    }

    /// Forgets what this answers. A draft that a repeated call cannot find was cancelled by an
    /// earlier one of them, and that is what is told then.
    pub(super) fn seen(&mut self, event: &mut Event) {
        if let Event::Refused { draft: Some(draft), reason: Refusal::NoSuchMessage } = *event {
            let is = |steer: &Steer| *steer.draft() == draft && steer.cancels() && steer.unsure;
            if self.0.iter().any(is) {
                *event = Event::Cancelled(draft);
            }
        }
        self.0.retain(|steer| !steer.is_answered_by(event));
    }
}

impl Steer {
    fn draft(&self) -> &DraftId {
        self.what.draft()
    }

    fn cancels(&self) -> bool {
        matches!(self.what, What::Cancel(_))
    }

    fn is_answered_by(&self, event: &Event) -> bool {
        if let Event::Waiting(waiting) = event {
            return waiting.iter().any(|one| self.what.is_done_in(&one.draft));
        }
        if let Event::Rows(rows) = event {
            return rows.iter().any(|row| self.is_in(row));
        }
        if let Event::Changed(row) = event {
            return self.is_in(row);
        }
        if let Event::Refused { draft: Some(draft), .. } | Event::Stored(draft) = event {
            return draft == self.draft();
        }
        // Other words for what was cancelled elsewhere are still to be refused: the page has to
        // learn that they were not taken.
        matches!(event, Event::Cancelled(draft) if draft == self.draft() && self.cancels())
    }

    /// True if this row shows that it was heard, or that it is too late. Other words that are not
    /// in the row are still to be refused, too.
    fn is_in(&self, row: &Row) -> bool {
        let Body::Text(text) = &row.body else { return row.draft.as_ref() == Some(self.draft()) };
        let heard = match &self.what {
            What::Replace(draft) => draft.text == *text,
            What::Cancel(_) => row.held_by > 0,
        };
        row.draft.as_ref() == Some(self.draft()) && heard
    }
}

impl What {
    fn draft(&self) -> &DraftId {
        match self {
            What::Replace(draft) => &draft.id,
            What::Cancel(draft) => draft,
        }
    }

    fn is_done_in(&self, waiting: &Draft) -> bool {
        matches!(self, What::Replace(draft) if **draft == *waiting)
    }
}
