//! What is said live at least once comes to everybody whose link stands meanwhile (§5).
//!
//! Only links count that have stood for a while when it is said, and that neither break nor fall
//! asleep until it is due: whoever was not there may miss it.

use engine::{DraftId, Event};

use crate::oracle::Oracle;
use crate::wire::Wire;

/// How long a link has to have stood when something is said over it, in milliseconds: it is proven.
const STOOD: u64 = 10_000;
/// How long it may take, in milliseconds: the slowest wire carries what its buffer holds in a
/// second, and what is lost for too much at once is said again.
const WITHIN: u64 = 10_000;

/// Something that a device has yet to hear.
#[derive(Clone, Debug)]
pub(super) struct Owed {
    draft: DraftId,
    from: usize,
    to: usize,
    wire: usize,
    due: u64,
}

impl Oracle {
    /// A device says something over the wires that it has. It counts if its page was told so.
    pub(crate) fn owes_live(&mut self, peer: usize, draft: DraftId, now: u64, wires: &[Wire]) {
        let life = self.lives.get(&peer).copied().unwrap_or(0);
        if !self.was_told_live(peer, draft) || self.mallory == Some(peer) {
            return;
        }
        for (index, wire) in wires.iter().enumerate() {
            let side = wire.ends.iter().position(|end| (end.peer, end.life) == (peer, life));
            let Some(other) = side.map(|side| wire.ends[1 - side]) else { continue };
            let stood = wire.opened_at.is_some_and(|at| at + STOOD <= now);
            let whole = wire.open && wire.cut_since.is_none() && !wire.tampered && stood;
            let lives = self.lives.get(&other.peer) == Some(&other.life);
            if whole && lives && self.mallory != Some(other.peer) {
                let (to, due) = (other.peer, now + WITHIN);
                self.live.push(Owed { draft, from: peer, to, wire: index, due });
            }
        }
    }

    /// A page hears something live.
    pub(crate) fn hears_live(&mut self, (peer, now): (usize, u64), event: &Event) {
        if let Event::Live(live) = event {
            self.hears_in_time(now);
            self.live.retain(|owed| (owed.to, owed.draft) != (peer, live.draft));
        }
    }

    /// What was due has come.
    pub(crate) fn hears_in_time(&mut self, now: u64) {
        if let Some(Owed { from, to, draft, .. }) = self.live.iter().find(|owed| owed.due < now) {
            let what = format!("{to} does not hear {draft:?}, which {from} has said live");
            self.fail("§5", what);
        }
    }

    /// Nothing comes over this wire any more.
    pub(super) fn owes_nothing_over(&mut self, wire: usize) {
        self.live.retain(|owed| owed.wire != wire);
    }

    /// A device has ended or sleeps.
    pub(crate) fn owes_nothing_live(&mut self, peer: usize) {
        self.live.retain(|owed| owed.from != peer && owed.to != peer);
    }
}
