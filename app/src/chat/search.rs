//! Search in the messages that the page has, newest first; what fits is decided in one place, the
//! engine's [`Wanted`], for this search and for the one in all rooms.

mod everywhere;

use browser::find::{Excerpt, Wanted};
use browser::{Body, EntryId, MemberId, Millis};

use super::message::Shown;
pub use everywhere::{Everywhere, Goal, Lead, Progress, Seek, Sought};

/// Messages that are listed.
pub const HITS: usize = 100;

/// A message in which something was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Which.
    pub entry: EntryId,
    /// Who wrote it.
    pub author: MemberId,
    /// When, by the author's clock.
    pub wall: Millis,
    /// What it says there.
    pub excerpt: Excerpt,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The newest of it, at most [`HITS`].
    pub hits: Vec<Hit>,
    /// How many there are in all.
    pub count: usize,
}

/// Looks for all words of a text. Of an author for whom `hides` is true nothing is found.
pub fn search(rows: &[Shown], text: &str, hides: impl Fn(&MemberId) -> bool) -> Found {
    let mut found = Found::default();
    let Some(wanted) = Wanted::of(text) else { return found };
    for row in rows.iter().rev() {
        let (Body::Text(text), Some(entry)) = (&row.body, row.entry()) else { continue };
        if hides(&row.author) || !wanted.is_in(text) {
            continue;
        }
        found.count += 1;
        if found.hits.len() < HITS {
            let (author, wall, excerpt) = (row.author, row.wall, wanted.excerpt_of(text));
            found.hits.push(Hit { entry, author, wall, excerpt });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::tests::rows_saying;

    fn hits(rows: &[Shown], text: &str) -> Vec<String> {
        let found = search(rows, text, |_| false);
        let said = |Hit { excerpt, .. }: Hit| {
            format!("{}[{}]{}", excerpt.before, excerpt.found, excerpt.behind)
        };
        found.hits.into_iter().map(said).collect()
    }

    #[test]
    fn all_words_are_found_in_any_order_newest_first_whatever_their_case() {
        let rows = rows_saying(&["The Night train", "a train at night", "night"]);
        assert_eq!(hits(&rows, "night"), ["[night]", "a train at [night]", "The [Night] train"]);
        assert_eq!(hits(&rows, " TRAIN  night "), ["a [train] at night", "The Night [train]"]);
        assert_eq!(hits(&rows, "nightly"), [""; 0]);
        for nothing in ["", "  ", "\n"] {
            assert_eq!(search(&rows, nothing, |_| false), Found::default());
        }
    }

    #[test]
    fn what_is_hidden_or_says_nothing_is_not_found_and_of_many_the_newest_are_listed() {
        let rows = rows_saying(&vec!["again and again"; HITS + 50]);
        let found = search(&rows, "again", |_| false);
        assert_eq!((found.hits.len(), found.count), (HITS, HITS + 50));
        assert_eq!(Some(found.hits[0].entry), rows[HITS + 49].entry());
        assert_eq!(search(&rows, "again", |_| true), Found::default());
    }
}
