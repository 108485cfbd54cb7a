//! A branch: what of a forked log does not keep the log's name.
//!
//! ```text
//!  L    0 ── 1 ── 2 ── 3a ── 4a        3a < 3b: this branch keeps the log
//!                  └── 3b ── 4b        log hash(L, 3b), whose first seq is 3
//! ```
//! The rule needs nothing but hashes, so every device names the branches alike. The entries are
//! unchanged: they say, and their signatures cover, the log in which they were written.

use serde::{Deserialize, Serialize};

use crate::crypto::hash::hash;
use crate::ids::{EntryHash, Incarnation, LogId, Seq};

/// Where a branch begins: carried with its runs, and enough to name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The first seq at which it differs.
    pub at: Seq,
    /// The hash of its entry there.
    pub hash: EntryHash,
}

/// A branch of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branch {
    /// The log in which its entries were written.
    pub origin: LogId,
    /// The log from which it branches off: the origin, or another branch of it.
    pub parent: LogId,
    /// Where it begins.
    pub mark: Mark,
}

impl Mark {
    /// The log that the branch of `origin` with this mark is.
    #[must_use]
    pub fn log(&self, origin: &LogId) -> LogId {
        let name = hash("confab/1/branch", &[&origin.bytes(), &self.hash.0]);
        let mut incarnation = [0; 16];
        incarnation.copy_from_slice(&name[..16]);
        LogId { member: origin.member, incarnation: Incarnation(incarnation) }
    }
}

impl Branch {
    /// The log that it is.
    #[must_use]
    pub fn log(&self) -> LogId {
        self.mark.log(&self.origin)
    }
}
