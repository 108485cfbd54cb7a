//! Search in the messages that the page has: the words of a person, in any order, wherever they
//! stand, in scripts with and without spaces.
//!
//! Case does not matter, nor whether a letter is as wide as a Chinese one. Newest first.

use std::ops::Range;

use browser::{Body, EntryId, MemberId, Millis};

use super::message::Shown;

/// Messages that are listed.
pub const HITS: usize = 100;
/// Characters of a message that are shown before and behind what was found in it.
const BEFORE: usize = 24;
const BEHIND: usize = 90;

/// A message in which something was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Which.
    pub entry: EntryId,
    /// Who wrote it.
    pub author: MemberId,
    /// When, by the author's clock.
    pub wall: Millis,
    /// What stands before the first of the words.
    pub before: String,
    /// That word, as it stands there.
    pub found: String,
    /// What stands behind it.
    pub behind: String,
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
    let wanted: Vec<String> = text.split_whitespace().map(fold).collect();
    let mut found = Found::default();
    if wanted.is_empty() {
        return found;
    }
    for row in rows.iter().rev() {
        let (Body::Text(text), Some(entry)) = (&row.body, row.entry()) else { continue };
        let folded = fold(text);
        if hides(&row.author) || !wanted.iter().all(|word| folded.contains(word)) {
            continue;
        }
        found.count += 1;
        if found.hits.len() < HITS {
            let place = place_of(text, &wanted[0]);
            let (before, found_words, behind) = excerpt(text, place);
            let (author, wall) = (row.author, row.wall);
            found.hits.push(Hit { entry, author, wall, before, found: found_words, behind });
        }
    }
    found
}

/// The same letter for all ways to write it that a person does not tell apart.
fn fold(text: &str) -> String {
    text.chars().flat_map(folded).collect()
}

fn folded(letter: char) -> impl Iterator<Item = char> {
    let narrow = match letter {
        // Letters and digits as wide as Chinese ones.
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(letter) - 0xff01 + 0x21).unwrap_or(letter)
        }
        '\u{3000}' => ' ',
        other => other,
    };
    narrow.to_lowercase()
}

/// Where a folded word stands in a text, in bytes.
fn place_of(text: &str, word: &str) -> Range<usize> {
    let mut whole = String::new();
    // Where each letter of the text begins in what it is folded to.
    let mut begins: Vec<(usize, usize)> = Vec::new();
    for (at, letter) in text.char_indices() {
        begins.push((whole.len(), at));
        whole.extend(folded(letter));
    }
    let Some(first) = whole.find(word) else { return 0..0 };
    let end = first + word.len();
    let letter = |folded: usize| begins.partition_point(|(begin, _)| *begin <= folded);
    let start = begins.get(letter(first).saturating_sub(1)).map_or(0, |(_, at)| *at);
    let behind = begins.get(letter(end.saturating_sub(1))).map_or(text.len(), |(_, at)| *at);
    start..behind
}

fn excerpt(text: &str, place: Range<usize>) -> (String, String, String) {
    let (before, rest) = text.split_at(place.start);
    let (found, behind) = rest.split_at(place.len());
    let first = before.char_indices().rev().nth(BEFORE).map_or(0, |(at, _)| at);
    let cut = if first > 0 { "…" } else { "" };
    let before = format!("{cut}{}", &before[first..]);
    let last = behind.char_indices().nth(BEHIND).map_or(behind.len(), |(at, _)| at);
    let more = if last < behind.len() { "…" } else { "" };
    (before, found.to_owned(), format!("{}{more}", &behind[..last]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::tests::rows_saying;

    fn hits(rows: &[Shown], text: &str) -> Vec<String> {
        let found = search(rows, text, |_| false);
        let said = |hit: Hit| format!("{}[{}]{}", hit.before, hit.found, hit.behind);
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
    fn what_is_written_without_spaces_is_found_and_wide_letters_are_letters() {
        let rows = rows_saying(&["我们明天坐火车去北京", "ＡＢＣ　１２３", "straße"]);
        assert_eq!(hits(&rows, "火车"), ["我们明天坐[火车]去北京"]);
        assert_eq!(hits(&rows, "北京 明天"), ["我们明天坐火车去[北京]"]);
        assert_eq!(hits(&rows, "abc"), ["[ＡＢＣ]　１２３"]);
        assert_eq!(hits(&rows, "ＳＴＲ"), ["[str]aße"]);
    }

    #[test]
    fn letters_that_grow_when_folded_are_cut_where_letters_end() {
        // One letter becomes two, of other lengths in bytes.
        let rows = rows_saying(&["İİİ istanbul İİİ", "ẞß"]);
        assert_eq!(hits(&rows, "istanbul"), ["İİİ [istanbul] İİİ"]);
        assert_eq!(hits(&rows, "ß"), ["[ẞ]ß"]);
        assert_eq!(hits(&rows, "\u{307}"), ["[İ]İİ istanbul İİİ"]);
    }

    #[test]
    fn what_is_hidden_or_says_nothing_is_not_found_and_of_many_the_newest_are_listed() {
        let rows = rows_saying(&vec!["again and again"; HITS + 50]);
        let found = search(&rows, "again", |_| false);
        assert_eq!((found.hits.len(), found.count), (HITS, HITS + 50));
        assert_eq!(Some(found.hits[0].entry), rows[HITS + 49].entry());
        assert_eq!(search(&rows, "again", |_| true), Found::default());
    }

    #[test]
    fn of_a_long_message_what_is_around_the_word_is_shown() {
        let text = format!("{} needle {}", "a".repeat(5_000), "b".repeat(5_000));
        let hit = search(&rows_saying(&[&text]), "needle", |_| false).hits.remove(0);
        assert_eq!(hit.before.chars().count(), BEFORE + 2);
        assert!(hit.before.starts_with("…a") && hit.behind.ends_with("b…"), "{hit:?}");
        assert_eq!(hit.behind.chars().count(), BEHIND + 1);
    }
}
