//! Words that are looked for: the words of a person, in any order, wherever they stand, in scripts
//! with and without spaces.
//!
//! Case does not matter, nor whether a letter is as wide as a Chinese one. The only place where it
//! is decided what fits: the list of a room and the search in all rooms ask the same.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::ids::{EntryId, FindId, MemberId};
use crate::io::Millis;
use crate::limits;
use crate::view::Order;

/// Characters of a message that are shown before and behind what was found in it.
const BEFORE: usize = 24;
const BEHIND: usize = 90;

/// What was found, a part at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// For whom.
    pub find: FindId,
    /// Older than all that were told before, newest first; at most
    /// [`limits::FIND_MATCHES`] in all.
    pub matches: Vec<Match>,
    /// Why nothing more comes, once nothing more does.
    pub end: Option<FoundEnd>,
}

/// Why nothing more is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FoundEnd {
    /// All messages were looked at.
    Whole,
    /// As many were found as are told.
    Many,
    /// As many messages were looked at as can be shown: [`limits::WINDOW_ROWS`].
    Far,
    /// Something that is stored could not be read.
    Unread,
    /// One is not in the room: nothing of it is here.
    Outside,
    /// Another search has begun, or this one is not wanted any more.
    Ended,
}

/// A message in which all words stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Match {
    /// Which.
    pub entry: EntryId,
    /// Where it stands in its room.
    pub order: Order,
    /// Who wrote it.
    pub author: MemberId,
    /// That member's name here; empty if it has none.
    pub name: String,
    /// When, by the author's clock.
    pub wall: Millis,
    /// What it says there.
    pub excerpt: Excerpt,
}

/// A piece of a message around the first of the words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excerpt {
    /// What stands before it.
    pub before: String,
    /// That word, as it stands there.
    pub found: String,
    /// What stands behind it.
    pub behind: String,
}

/// The words of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    first: String,
    others: Vec<String>,
}

impl Wanted {
    /// All words of a text, of its first [`limits::FIND_CHARS`] characters; nothing if there are
    /// none.
    #[must_use]
    pub fn of(text: &str) -> Option<Wanted> {
        let text: String = text.chars().take(limits::FIND_CHARS).collect();
        let mut words = text.split_whitespace().map(fold);
        Some(Wanted { first: words.next()?, others: words.collect() })
    }

    /// True if all words stand in a text.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        let folded = fold(text);
        folded.contains(&self.first) && self.others.iter().all(|it| folded.contains(it))
    }

    /// The piece of a text around the first word; its beginning if that is not there.
    #[must_use]
    pub fn excerpt_of(&self, text: &str) -> Excerpt {
        excerpt(text, place_of(text, &self.first))
    }
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

fn excerpt(text: &str, place: Range<usize>) -> Excerpt {
    let (before, rest) = text.split_at(place.start);
    let (found, behind) = rest.split_at(place.len());
    let first = before.char_indices().rev().nth(BEFORE).map_or(0, |(at, _)| at);
    let cut = if first > 0 { "…" } else { "" };
    let before = format!("{cut}{}", &before[first..]);
    let last = behind.char_indices().nth(BEHIND).map_or(behind.len(), |(at, _)| at);
    let more = if last < behind.len() { "…" } else { "" };
    let behind = format!("{}{more}", &behind[..last]);
    Excerpt { before, found: found.to_owned(), behind }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, words: &str) -> Option<String> {
        let wanted = Wanted::of(words).filter(|wanted| wanted.is_in(text))?;
        let Excerpt { before, found, behind } = wanted.excerpt_of(text);
        Some(format!("{before}[{found}]{behind}"))
    }

    fn is_found(text: &str, words: &str, shown: &str) {
        assert_eq!(found(text, words).as_deref(), Some(shown), "{words} in {text}");
    }

    #[test]
    fn all_words_are_found_in_any_order_whatever_their_case() {
        is_found("The Night train", "night", "The [Night] train");
        is_found("a train at night", " TRAIN  night ", "a [train] at night");
        is_found("The Night train", " TRAIN  night ", "The Night [train]");
        assert_eq!(found("night", "nightly"), None);
        assert_eq!(found("night", "night train"), None);
        for nothing in ["", "  ", "\n"] {
            assert_eq!(Wanted::of(nothing), None);
        }
    }

    #[test]
    fn what_is_written_without_spaces_is_found_and_wide_letters_are_letters() {
        is_found("我们明天坐火车去北京", "火车", "我们明天坐[火车]去北京");
        is_found("我们明天坐火车去北京", "北京 明天", "我们明天坐火车去[北京]");
        is_found("ＡＢＣ　１２３", "abc", "[ＡＢＣ]　１２３");
        is_found("straße", "ＳＴＲ", "[str]aße");
    }

    #[test]
    fn letters_that_grow_when_folded_are_cut_where_letters_end() {
        // One letter becomes two, of other lengths in bytes.
        is_found("İİİ istanbul İİİ", "istanbul", "İİİ [istanbul] İİİ");
        is_found("ẞß", "ß", "[ẞ]ß");
        is_found("İİİ istanbul İİİ", "\u{307}", "[İ]İİ istanbul İİİ");
    }

    #[test]
    fn of_a_long_message_what_is_around_the_word_is_shown() {
        let text = format!("{} needle {}", "a".repeat(5_000), "b".repeat(5_000));
        let excerpt = Wanted::of("needle").unwrap().excerpt_of(&text);
        assert_eq!(excerpt.before.chars().count(), BEFORE + 2);
        assert!(excerpt.before.starts_with("…a") && excerpt.behind.ends_with("b…"));
        assert_eq!(excerpt.behind.chars().count(), BEHIND + 1);
    }

    #[test]
    fn i6_what_is_looked_for_has_a_bound() {
        let long = "x".repeat(limits::FIND_CHARS + 1);
        assert!(Wanted::of(&long).unwrap().is_in(&long[1..]));
    }
}
