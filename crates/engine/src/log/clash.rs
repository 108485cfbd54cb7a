//! Whether what is held and a run, or what stands alone, are of one version of a log.
//!
//! Only hashes are compared: which version keeps the log's name is decided in `engine/forks.rs`.

use crate::ids::{EntryHash, Seq};
use crate::log::run::Run;
use crate::log::{LogState, Span};

/// How a run differs from what is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clash {
    /// It has another entry where ours end: its hash.
    Head(Seq, EntryHash),
    /// What is held from this seq on hangs on another entry than the run has before it.
    Loose(Seq),
}

impl LogState {
    /// True if a run does not begin the log, and does not join what is held.
    #[must_use]
    pub fn stands_alone(&self, run: &Run) -> bool {
        let touches = |span: &Span| run.first <= span.last + 1 && span.first <= run.last() + 1;
        let base = self.branch.as_ref().map_or(0, |branch| branch.mark.at);
        run.first > base && !self.spans.iter().any(touches)
    }

    /// True if a run stands alone, and nobody has shown that it hangs on what is held before it:
    /// whoever sent it agrees at one seq, and holds all from there to another.
    #[must_use]
    pub fn is_loose(&self, run: &Run, agreed: Option<(Seq, Seq)>) -> bool {
        let before = self.spans.iter().rev().find(|span| span.last < run.first);
        let shows =
            |span: &Span| agreed.is_some_and(|(at, end)| at == span.last && run.last() <= end);
        before.is_some_and(|span| !shows(span)) && self.stands_alone(run)
    }

    /// Where entries begin that stand alone and hang on an entry of another version; the first of
    /// them only if nothing else holds them, as what is before a branch does.
    #[must_use]
    pub fn hangs_on(
        &self,
        first: bool,
        within: &dyn Fn(Seq) -> bool,
        hash: &dyn Fn(Seq) -> Option<EntryHash>,
    ) -> Option<Seq> {
        let hangs = |span: &&Span| {
            let before = span.first.checked_sub(1).and_then(hash);
            within(span.first) && before == Some(span.previous)
        };
        self.spans.iter().skip(usize::from(!first)).find(hangs).map(|span| span.first)
    }

    /// Where a run is of another version of the log. What stands alone and hangs on something else
    /// than the run has before it is told by that: the versions part below what is here.
    #[must_use]
    pub fn clash(&self, run: &Run) -> Option<Clash> {
        self.spans.iter().find_map(|span| {
            let before = run.hash_at(span.first.wrapping_sub(1));
            if before.is_some_and(|theirs| theirs != span.previous) {
                return Some(Clash::Loose(span.first));
            }
            let theirs = run.hash_at(span.last).filter(|theirs| *theirs != span.head);
            theirs.map(|theirs| Clash::Head(span.last, theirs))
        })
    }
}
