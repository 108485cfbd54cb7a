//! What a page is told of the door of a room that approves its members, on either side.

use serde::{Deserialize, Serialize};

use crate::ids::MemberId;
use crate::io::Millis;

/// Somebody who asks to be let in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicantView {
    /// Its key, proven.
    pub member: MemberId,
    /// What it calls itself; empty if it has not said, or not in a way that can be shown.
    pub name: String,
    /// True while it is at the door: it can be let in also when it is not.
    pub here: bool,
    /// When it first knocked, in milliseconds since 1970 by this device's clock.
    pub since: Millis,
}

/// Where oneself stands in a room that approves its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Admission {
    /// Inside.
    Inside,
    /// At the door, and a member has to approve.
    Waiting {
        /// How many members who are there have said that they heard the knock.
        heard: u32,
    },
    /// Approved; the key is being stored.
    Approved,
    /// A member has said no. Asking again is possible.
    TurnedAway,
    /// This link leads nowhere any more: a newer one is needed.
    LinkChanged,
}
