//! Which part of the list is drawn: a few hundred messages around the reader, whatever their
//! number in memory.
//!
//! ```text
//!  Top ── down ──► From(key) ── down … at the end of the list ──► End
//!   ◄──── up ─────     ◄───────────── up, or leaves the end ────────┘
//! ```
//! At the end the part follows what comes in; elsewhere it stays with its first message, so that
//! nothing is taken away from under the reader's eyes.

use std::collections::BTreeSet;
use std::ops::Range;

use super::Shown;

/// Messages that are drawn at once.
pub const DRAWN: usize = 300;
/// How many further ones a reader gets who comes near an edge of them.
pub const STEP: usize = 80;
/// Messages that are drawn anew in one go while the list grows at its end: what comes quicker than
/// it can be read is not drawn before it has come to rest.
pub const FRESH: usize = 30;

/// See the module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Span {
    /// The end of the list.
    #[default]
    End,
    /// Its beginning.
    Top,
    /// From the message with this key on.
    From(u64),
}

/// Where the reader goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// From where the list was held.
    Free,
    /// Away from the end.
    Leave,
    /// To the end.
    End,
    /// Near the first of what is drawn.
    Up,
    /// Near the last of it.
    Down,
    /// To the message with this key.
    To(u64),
}

impl Span {
    /// The places of the messages that are drawn.
    pub fn range(self, rows: &[Shown]) -> Range<usize> {
        let most = rows.len().saturating_sub(DRAWN);
        let first = match self {
            Span::End => most,
            Span::Top => 0,
            // What is gone was the oldest, or a draft at the end of little else.
            Span::From(key) => rows.iter().position(|row| row.key == key).unwrap_or(0).min(most),
        };
        first..rows.len().min(first + DRAWN)
    }

    /// The same, when only these are drawn already: at the end of the list, at most [`FRESH`] new
    /// ones in one go, the newest first.
    pub fn growing(self, rows: &[Shown], drawn: &BTreeSet<u64>) -> Range<usize> {
        let range = self.range(rows);
        let mut spare = match self {
            Span::End => FRESH,
            Span::Top | Span::From(_) => return range,
        };
        let mut first = range.end;
        while first > range.start {
            let new = !drawn.contains(&rows[first - 1].key);
            if new && spare == 0 {
                break;
            }
            spare -= usize::from(new);
            first -= 1;
        }
        first..range.end
    }

    /// Where the reader's turn leads.
    #[must_use]
    pub fn turn(self, turn: Turn, rows: &[Shown]) -> Span {
        let (first, most) = (self.range(rows).start, rows.len().saturating_sub(DRAWN));
        let first = match turn {
            Turn::Free => return self,
            Turn::End => return Span::End,
            Turn::Leave => first,
            Turn::Up => first.saturating_sub(STEP),
            Turn::Down => (first + STEP).min(most),
            Turn::To(key) => {
                let at = rows.iter().position(|row| row.key == key);
                at.map_or(first, |at| at.saturating_sub(DRAWN / 2)).min(most)
            }
        };
        match rows.get(first).filter(|_| first > 0) {
            Some(row) => Span::From(row.key),
            None => Span::Top,
        }
    }
}
