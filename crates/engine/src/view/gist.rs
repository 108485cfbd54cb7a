//! A room in short, for whoever does not look at it: what a list of rooms shows.

use serde::{Deserialize, Serialize};

use super::{Body, LinkState, Role};
use crate::ids::MemberId;
use crate::io::Millis;

/// A room in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gist {
    /// What was said last; nothing if nobody has said anything yet.
    pub last: Option<LastLine>,
    /// When, by its author's clock, and never later than this device believes it is.
    pub at: Millis,
    /// Messages of others that are new: behind all that was read here, or behind what was read of
    /// their log, or late. Counted up to [`limits::UNREAD`](crate::limits::UNREAD) rows back.
    pub unread: u32,
    /// Own entries that nobody else holds and that may still come to somebody.
    pub pending: u64,
    /// Of those, what other members could have if this device stays: nothing if there are none,
    /// one is a member no more, or the room is paused.
    pub at_stake: u64,
    /// Own entries that nobody else holds, also those that nobody will be given any more: what is
    /// lost with this device.
    pub held_alone: u64,
    /// Drafts that wait for their time.
    pub waiting: u32,
    /// Who wait at the door.
    pub knocking: u32,
    /// Whether anybody can be reached.
    pub link: LinkState,
    /// What one is there.
    pub role: Role,
    /// How the room is kept on this device.
    pub shelf: Shelf,
}

/// A message as a list of rooms shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastLine {
    /// Who wrote it.
    pub author: MemberId,
    /// What the author calls itself; empty if it has not said.
    pub name: String,
    /// True if that is oneself.
    pub own: bool,
    /// What it says: of words the beginning, in one line.
    pub body: Body,
}

/// How a room is kept on this device; others know nothing of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shelf {
    /// Nothing is made of what is new in it.
    pub muted: bool,
    /// It is put away until somebody says something there; for good if it is muted, too.
    pub archived: bool,
    /// Its connections go through relays, and not otherwise.
    pub relay_only: bool,
    /// Nobody is told what was read here.
    pub reads_untold: bool,
    /// Nobody is told that something is being typed here.
    pub typing_untold: bool,
    /// No messages are handed on from here: they wait.
    pub paused: bool,
}
