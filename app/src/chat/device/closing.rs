//! What comes of own messages if the page is closed now.
//!
//! What is stored is not lost by closing: it waits on the disk until somebody comes back. That is
//! said beside the state of the room. What is not stored yet goes with the page, and what nobody
//! else holds cannot be had while it is closed: then the browser asks before it closes it, but not
//! where nobody else is a member yet, nor about what waits for its time or is given up.

use browser::RoomSummary;

use crate::chat::RoomState;

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// Some rooms are still being read.
    Unknown,
    /// Something that was written is not stored yet.
    Unsaved,
    /// So many messages wait: nobody else holds them, or their time has not come.
    Waits(u64),
    /// Nothing waits, in any room.
    Calm,
}

/// What comes of all rooms. Of the one that is shown, more may be known than the list says.
pub fn closing_of(rooms: &[RoomSummary], shown: &RoomState, unsaved: bool) -> Closing {
    let count_in = |summary: &RoomSummary| {
        let gist = summary.gist.as_ref()?;
        let (mut pending, mut waiting) = (gist.pending, u64::from(gist.waiting));
        if shown.room == Some(summary.room) {
            let here = u64::try_from(shown.queue.waiting.len()).unwrap_or(u64::MAX);
            (pending, waiting) = (pending.max(shown.pending), waiting.max(here));
        }
        Some(pending.saturating_add(waiting))
    };
    let counts = || rooms.iter().map(count_in);
    let count = counts().flatten().fold(0, u64::saturating_add);
    match count {
        _ if unsaved => Closing::Unsaved,
        0 if rooms.is_empty() || counts().any(|count| count.is_none()) => Closing::Unknown,
        0 => Closing::Calm,
        count => Closing::Waits(count),
    }
}

/// How many own messages, in all rooms, others cannot have while the page is closed.
pub fn at_stake(rooms: &[RoomSummary]) -> u64 {
    rooms.iter().filter_map(|room| room.gist.as_ref()).map(|gist| gist.at_stake).sum()
}
