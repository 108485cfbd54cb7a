//! What is held of each log, and how runs fit into it.
//!
//! ```text
//!  spans   [0 ......... 57]        [60 .. 61]        one span = consecutive entries that chain
//!          previous^      head^
//! ```
//! A run joins the spans beside it only if the hashes meet; a run that stands alone is held on its
//! own signature. Nothing here knows who sent a run or who wants it: see `sync.rs` and `link.rs`.

pub mod branch;
pub mod checked;
mod clash;
pub mod decision;
pub mod entry;
pub mod have;
mod logs;
pub mod pack;
pub mod private;
pub mod ranges;
pub mod refusal;
pub mod run;

use serde::{Deserialize, Serialize};

use crate::ids::{EntryHash, LogId, Seq};
use crate::limits;
use crate::log::branch::Branch;
pub use crate::log::clash::Clash;
use crate::log::have::{HaveRange, LogHave};
pub use crate::log::logs::Logs;
use crate::log::ranges::RangeSet;
use crate::log::run::{Run, lamport_follows};
use crate::view::Priority;

/// Consecutive entries that are held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Span {
    first: Seq,
    last: Seq,
    previous: EntryHash,
    first_lamport: u64,
    head: EntryHash,
    head_lamport: u64,
}

/// Held entries that cannot be read.
#[derive(Clone, Copy, Debug)]
pub struct Hole {
    /// One of them.
    pub seq: Seq,
    /// The last readable entry below: its seq, hash and Lamport time.
    pub below: Option<(Seq, EntryHash, u64)>,
    /// The first readable entry above: its seq, the hash before it, its Lamport time.
    pub above: Option<(Seq, EntryHash, u64)>,
}

/// Why a verified run does not fit into its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// Its hashes do not meet those of the entries beside it.
    #[error("two versions of one log exist")]
    Fork,
    /// Its Lamport times do not follow from those beside it.
    #[error("a log's Lamport times do not grow as they have to")]
    Lamport,
    /// It would open more gaps than are kept track of.
    #[error("a log has more gaps than are kept track of")]
    Gaps,
    /// It stands alone, and nothing says that it is of this log: it has no signature of its own, or
    /// the log has forked.
    #[error("a part of a log came before what it hangs on")]
    Loose,
    /// There are more logs than are kept.
    #[error("the room has more logs than are kept")]
    Logs,
}

/// What is held of one log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogState {
    spans: Vec<Span>,
    classes: [RangeSet; 3],
    refused: Vec<(Seq, Seq, u8)>,
    /// Stored behind the rest, if it is a branch.
    #[serde(skip)]
    branch: Option<Branch>,
}

impl LogState {
    /// The record as it is stored.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = postcard::to_allocvec(self).unwrap_or_default();
        if let Some(branch) = &self.branch {
            bytes.extend(postcard::to_allocvec(branch).unwrap_or_default());
        }
        bytes
    }

    /// Reads a stored record.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<LogState> {
        let (mut state, rest) = postcard::take_from_bytes::<LogState>(bytes).ok()?;
        if !rest.is_empty() {
            let (branch, rest) = postcard::take_from_bytes(rest).ok()?;
            state.branch = Some(rest.is_empty().then_some(branch)?);
        }
        Some(state)
    }

    /// What is held of a branch before anything of it has come.
    #[must_use]
    pub fn of_branch(branch: Branch) -> LogState {
        LogState { branch: Some(branch), ..LogState::default() }
    }

    /// Where it branches off, if it is a branch.
    #[must_use]
    pub fn branch(&self) -> Option<&Branch> {
        self.branch.as_ref()
    }

    /// It branches off another log than it did: that one's end has become a branch itself.
    pub fn set_parent(&mut self, parent: LogId) {
        if let Some(branch) = &mut self.branch {
            branch.parent = parent;
        }
    }

    /// True if an entry is proven to be of this log: in a branch, all from its beginning is held.
    #[must_use]
    pub fn shows(&self, seq: Seq) -> bool {
        self.branch.is_none() || self.is_rooted(seq)
    }

    /// True if all from the log's first entry, or the branch's, to this one is held.
    #[must_use]
    pub fn is_rooted(&self, seq: Seq) -> bool {
        let begin = self.branch.as_ref().map_or(0, |branch| branch.mark.at);
        self.around(begin).is_some_and(|(first, last)| (first..=last).contains(&seq))
    }

    /// How many entries are held that nobody is shown yet.
    #[must_use]
    pub fn unshown(&self) -> u64 {
        let Some(branch) = &self.branch else { return 0 };
        let shown = self.around(branch.mark.at).map_or(0, |(first, last)| last - first + 1);
        self.held().len().saturating_sub(shown)
    }

    /// The consecutive entries that an entry is one of: the first and the last of them.
    #[must_use]
    pub fn around(&self, seq: Seq) -> Option<(Seq, Seq)> {
        let span = self.spans.iter().find(|span| (span.first..=span.last).contains(&seq))?;
        Some((span.first, span.last))
    }

    /// The hash of an entry, if it is the last of consecutive ones or stands before the first.
    #[must_use]
    pub fn hash_at(&self, seq: Seq) -> Option<EntryHash> {
        let edge = |span: &Span| {
            let before = (seq.checked_add(1) == Some(span.first)).then_some(span.previous);
            if span.last == seq { Some(span.head) } else { before }
        };
        self.spans.iter().find_map(edge)
    }

    /// True if a run needs no signature of its own: an entry that is held names its last hash.
    #[must_use]
    pub fn vouches(&self, last: Seq, head: &EntryHash) -> bool {
        let follows = |span: &Span| last.checked_add(1) == Some(span.first);
        self.spans.iter().any(|span| follows(span) && span.previous == *head)
    }

    /// Up to which of its entries a run needs no signature of its own: the last one whose hash an
    /// entry that is held names.
    #[must_use]
    pub fn vouched_to(&self, run: &Run) -> Option<Seq> {
        let before = |span: &Span| span.first.checked_sub(1).map(|seq| (seq, span.previous));
        let named = self.spans.iter().rev().filter_map(before);
        let mut within = named.filter(|(seq, _)| (run.first..=run.last()).contains(seq));
        within.find(|(seq, hash)| run.hash_at(*seq) == Some(*hash)).map(|(seq, _)| seq)
    }

    /// Takes the end of consecutive entries away. `previous` is the hash of the entry before, and
    /// `before` its Lamport time.
    pub fn cut(&mut self, (first, last): (Seq, Seq), previous: EntryHash, before: u64) {
        self.spans.retain(|span| span.first < first || span.last > last);
        let within = |span: &&mut Span| span.first < first && span.last == last;
        if let Some(span) = self.spans.iter_mut().find(within) {
            (span.last, span.head, span.head_lamport) = (first - 1, previous, before);
        }
        self.classes.iter_mut().for_each(|class| class.remove(first, last));
        self.refused.retain(|(from, to, _)| *to < first || *from > last);
    }

    /// Lets go of entries that cannot be read, from the last readable one below to the first one
    /// above. False if they are not held, or if the gap would be one too many.
    pub fn lose(&mut self, hole: &Hole) -> bool {
        let Some(at) = self.spans.iter().position(|it| (it.first..=it.last).contains(&hole.seq))
        else {
            return false;
        };
        let span = self.spans[at].clone();
        let below = hole.below.filter(|(seq, ..)| *seq >= span.first && *seq < hole.seq);
        let above = hole.above.filter(|(seq, ..)| *seq <= span.last && *seq > hole.seq);
        if below.is_some() && above.is_some() && self.spans.len() >= limits::RANGES {
            return false;
        }
        let below = below.map(|(last, head, head_lamport)| Span {
            last,
            head,
            head_lamport,
            ..span.clone()
        });
        let above = above.map(|(first, previous, first_lamport)| Span {
            first,
            previous,
            first_lamport,
            ..span.clone()
        });
        let first = below.as_ref().map_or(span.first, |below| below.last + 1);
        let last = above.as_ref().map_or(span.last, |above| above.first - 1);
        self.spans.splice(at..=at, below.into_iter().chain(above));
        self.classes.iter_mut().for_each(|class| class.remove(first, last));
        true
    }

    /// The seqs that are held.
    #[must_use]
    pub fn held(&self) -> RangeSet {
        RangeSet::from_ranges(self.spans.iter().map(|span| (span.first, span.last)))
    }

    /// The held seqs of one class.
    #[must_use]
    pub fn of_class(&self, class: Priority) -> &RangeSet {
        &self.classes[usize::from(class.number())]
    }

    /// The seqs that are settled without being held.
    #[must_use]
    pub fn refused(&self) -> RangeSet {
        RangeSet::from_ranges(self.refused.iter().map(|(first, last, _)| (*first, *last)))
    }

    /// The seqs that are held or settled.
    #[must_use]
    pub fn settled(&self) -> RangeSet {
        let mut settled = self.held();
        settled.union(&self.refused());
        settled
    }

    /// The place, hash and Lamport time after which the author appends.
    #[must_use]
    pub fn head(&self) -> Option<(Seq, EntryHash, u64)> {
        self.spans.last().map(|span| (span.last, span.head, span.head_lamport))
    }

    /// The highest Lamport time held.
    #[must_use]
    pub fn lamport(&self) -> u64 {
        self.spans.last().map_or(0, |span| span.head_lamport)
    }

    /// What to tell others of this log.
    #[must_use]
    pub fn have(&self, log: LogId) -> LogHave {
        let range = |span: &Span| HaveRange { first: span.first, last: span.last, head: span.head };
        LogHave {
            log,
            ranges: self.spans.iter().map(range).collect(),
            refused: self.refused.clone(),
        }
    }

    /// What of a run is new here; empty if all of it is held or settled.
    ///
    /// # Errors
    /// If the run does not fit. Nothing is changed.
    pub fn fit(&self, run: &Run) -> Result<RangeSet, LogError> {
        self.fit_proven(run, false)
    }

    /// The same for a run that may be proven by something that is not held.
    ///
    /// # Errors
    /// If the run does not fit. Nothing is changed.
    pub fn fit_proven(&self, run: &Run, proven: bool) -> Result<RangeSet, LogError> {
        let mut new = RangeSet::of(run.first, run.last());
        new.subtract(&self.held());
        new.subtract(&self.refused());
        if new.is_empty() {
            return Ok(new);
        }
        let mut joins = false;
        let mut vouched = proven || !run.is_chained();
        for span in &self.spans {
            if span.last.saturating_add(1) < run.first || span.first > run.last() + 1 {
                continue;
            }
            joins = true;
            meets(span, run)?;
            vouched |= span.first > run.first && run.last() <= span.last;
        }
        if !vouched {
            return Err(LogError::Loose);
        }
        if !joins && self.spans.len() >= limits::RANGES {
            return Err(LogError::Gaps);
        }
        Ok(new)
    }

    /// Takes in a run that fits.
    pub fn insert(&mut self, run: &Run) {
        let (first_lamport, head_lamport) = run.lamports();
        let mut joined = Span {
            first: run.first,
            last: run.last(),
            previous: run.previous,
            first_lamport,
            head: run.head(),
            head_lamport,
        };
        let before = self.spans.partition_point(|span| span.last + 1 < run.first);
        let after = self.spans.partition_point(|span| span.first <= run.last() + 1);
        for span in self.spans.drain(before..after) {
            if span.first < joined.first {
                (joined.first, joined.previous) = (span.first, span.previous);
                joined.first_lamport = span.first_lamport;
            }
            if span.last > joined.last {
                (joined.last, joined.head) = (span.last, span.head);
                joined.head_lamport = span.head_lamport;
            }
        }
        let new = RangeSet::of(run.first, run.last());
        let class = usize::from(run.class.number());
        self.classes[class].union(&new);
        self.spans.insert(before, joined);
    }

    /// Puts a held seq into another class, on this device alone. False if it is not held.
    pub fn reclass(&mut self, seq: Seq, class: Priority) -> bool {
        if !self.held().contains(seq) {
            return false;
        }
        for priority in Priority::ALL {
            let seqs = &mut self.classes[usize::from(priority.number())];
            if priority == class {
                seqs.insert(seq, seq);
            } else {
                seqs.remove(seq, seq);
            }
        }
        true
    }

    /// Settles seqs for as long as their author is blocked here, those that are held aside. Beyond
    /// the bound the highest stay open: they come again.
    pub fn turn_away(&mut self, first: Seq, last: Seq) {
        let (blocked, other): (Vec<_>, Vec<_>) =
            self.refused.drain(..).partition(|(.., reason)| *reason == refusal::BLOCKED);
        let mut seqs = RangeSet::of(first, last);
        seqs.union(&RangeSet::from_ranges(blocked.iter().map(|(first, last, _)| (*first, *last))));
        seqs.subtract(&self.held());
        self.refused = other;
        seqs.subtract(&self.refused());
        for (first, last) in seqs.ranges() {
            self.refuse(*first, *last, refusal::BLOCKED);
        }
    }

    /// True if something is settled because its author is blocked.
    #[must_use]
    pub fn turned_away(&self) -> bool {
        self.refused.iter().any(|(.., reason)| *reason == refusal::BLOCKED)
    }

    /// Opens what was settled because its author was blocked.
    pub fn take_back(&mut self) {
        self.refused.retain(|(.., reason)| *reason != refusal::BLOCKED);
    }

    /// Settles seqs that will never be held, so that nobody asks or sends them again.
    pub fn refuse(&mut self, first: Seq, last: Seq, reason: u8) {
        if self.refused.len() < limits::RANGES {
            self.refused.push((first, last, reason));
        }
    }
}

/// Checks that a run and a span beside or below it are of one chain.
fn meets(span: &Span, run: &Run) -> Result<(), LogError> {
    let above = (run.first..=run.last() + 1).contains(&(span.last + 1));
    if above {
        let (hash, lamport) = before(run, span.last + 1);
        if hash != span.head {
            return Err(LogError::Fork);
        }
        let next = run.iter().find(|(seq, _)| *seq == span.last + 1);
        let follows = |entry_lamport| lamport_follows(span.head_lamport, entry_lamport);
        if next.is_some_and(|(_, entry)| !follows(entry.header.lamport))
            || lamport.is_some_and(|lamport| lamport != span.head_lamport)
        {
            return Err(LogError::Lamport);
        }
    }
    let below = (run.first..=run.last() + 1).contains(&span.first);
    if below {
        let (hash, lamport) = before(run, span.first);
        if hash != span.previous {
            return Err(LogError::Fork);
        }
        if lamport.is_some_and(|lamport| !lamport_follows(lamport, span.first_lamport)) {
            return Err(LogError::Lamport);
        }
    }
    Ok(())
}

/// Hash, and Lamport time if the run has it, of the entry before `seq`, as the run says.
fn before(run: &Run, seq: Seq) -> (EntryHash, Option<u64>) {
    if seq == run.first {
        return (run.previous, None);
    }
    let entry = run.iter().find(|(place, _)| place.checked_add(1) == Some(seq));
    entry.map_or((EntryHash::NONE, None), |(_, entry)| (entry.hash, Some(entry.header.lamport)))
}

#[cfg(test)]
mod tests;
