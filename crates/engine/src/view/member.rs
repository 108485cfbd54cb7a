//! What a page is told of the members of a room.

use serde::{Deserialize, Serialize};

use crate::ids::MemberId;

/// A member, as others see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberView {
    /// Its key.
    pub member: MemberId,
    /// What it calls itself; empty if it has not said.
    pub name: String,
    /// True for oneself.
    pub me: bool,
    /// True for oneself, and for whoever is linked and proven now.
    pub online: bool,
    /// What it may do.
    pub role: Role,
}

/// What a member may do, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Role {
    /// Removed, for good.
    Removed,
    /// Nobody has approved it yet, in a room where that is needed.
    Applicant,
    /// May speak, approve and merge epochs.
    Member,
    /// May also remove, promote and change the link.
    Admin,
    /// May everything, and cannot be removed.
    Founder,
}
