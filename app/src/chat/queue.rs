//! What the queue holds beside the messages in the list: drafts that wait for their time, what
//! could not be delivered, what is said live, who is typing, and the queue while it is looked at.

mod past;

use browser::{LiveMessage, MemberId, QueueView, Trace, Undelivered, Waiting};

pub use self::past::{Curve, KEPT, Past, Quantity, SELDOM};

/// Live messages that are shown at once; the oldest go.
const LIVE: usize = 100;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueState {
    /// Drafts that wait for their time.
    pub waiting: Vec<Waiting>,
    /// Own messages that could not be delivered to everybody.
    pub undelivered: Vec<Undelivered>,
    /// What was said live, oldest first.
    pub live: Vec<LiveMessage>,
    /// Who is typing.
    pub typing: Vec<MemberId>,
    /// The queue, as it was told last.
    pub view: Option<QueueView>,
    /// What was measured of it in the last minutes.
    pub past: Past,
    /// The way of the message that was asked for last.
    pub trace: Option<Trace>,
}

impl QueueState {
    /// Puts a live message, or brings it up to date. True if it was not there.
    pub fn say_live(&mut self, message: LiveMessage) -> bool {
        let same = |known: &&mut LiveMessage| {
            (known.author, known.draft) == (message.author, message.draft)
        };
        if let Some(known) = self.live.iter_mut().find(same) {
            if message.held_by.len() > known.held_by.len() {
                *known = message;
            }
            return false;
        }
        self.live.push(message);
        let spare = self.live.len().saturating_sub(LIVE);
        self.live.drain(..spare);
        true
    }

    /// A member is typing, or has stopped.
    pub fn types(&mut self, member: MemberId, typing: bool) {
        self.typing.retain(|known| *known != member);
        if typing {
            self.typing.push(member);
        }
    }
}
