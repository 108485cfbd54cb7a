//! What is completed while somebody writes: the shortcode of an emoji behind a colon, the name of a
//! member behind an `@`. And whether words name somebody.
//!
//! ```text
//!  text and cursor ──► Asked { sign, typed, from..to } ──► choices ──► text and cursor
//!  another colon is typed: :code: ──► Asked ──► the emoji of just this code, if there is one
//! ```

use std::ops::Range;

use browser::MemberView;

use crate::chat::Move;

/// Letters of a shortcode before anything is offered: a colon alone is punctuation.
const FROM: usize = 2;
/// Letters behind the sign that are looked at.
const MOST: usize = 64;

/// What a completion begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// A colon.
    Emoji,
    /// An `@`.
    Member,
}

/// What is asked for by the words before the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Of which kind.
    pub sign: Sign,
    /// What was typed behind the sign.
    pub typed: String,
    /// Where the sign stands, in bytes.
    pub from: usize,
    /// Where the cursor is, in bytes.
    pub to: usize,
}

/// What is asked for; nothing if nothing is.
pub fn asked(text: &str, cursor: usize) -> Option<Asked> {
    let before = text.get(..cursor)?;
    let (sign, from) = last_sign(before)?;
    let typed = before[from..].chars().skip(1).collect::<String>();
    let fits = match sign {
        Sign::Emoji => is_code(&typed) && typed.chars().count() >= FROM,
        // Names have words: as long as one fits it is offered.
        Sign::Member => !typed.starts_with(char::is_whitespace),
    };
    (fits && stands_alone(text, from)).then_some(Asked { sign, typed, from, to: cursor })
}

/// The shortcode between two colons, of which the second stands before the cursor.
fn closed(text: &str, cursor: usize) -> Option<Asked> {
    let mut before = text.get(..cursor)?.chars();
    before.next_back().filter(|letter| sign_of(*letter) == Some(Sign::Emoji))?;
    let before = before.as_str();
    let (sign, from) = last_sign(before)?;
    let typed = before[from..].chars().skip(1).collect::<String>();
    let fits = sign == Sign::Emoji && is_code(&typed) && !typed.is_empty();
    (fits && stands_alone(text, from)).then_some(Asked { sign, typed, from, to: cursor })
}

/// The last sign of the last line, and where it stands.
fn last_sign(before: &str) -> Option<(Sign, usize)> {
    let line = before.rsplit('\n').next()?;
    let place = |at: usize| before.len() - line.len() + at;
    let mut letters = line.char_indices().rev().take(MOST);
    letters.find_map(|(at, letter)| Some((sign_of(letter)?, place(at))))
}

/// In the middle of a word it is an address or a time.
fn stands_alone(text: &str, from: usize) -> bool {
    text[..from].chars().next_back().is_none_or(|letter| !is_latin(letter))
}

fn sign_of(letter: char) -> Option<Sign> {
    match letter {
        ':' | '：' => Some(Sign::Emoji),
        '@' | '＠' => Some(Sign::Member),
        _ => None,
    }
}

fn is_code(typed: &str) -> bool {
    typed.chars().all(|letter| letter.is_ascii_alphanumeric() || "_+-".contains(letter))
}

/// Chinese has no spaces before what is meant to stand alone.
fn is_latin(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// The text with something in the place of what asked for it, and where the cursor is then.
pub fn complete(text: &str, asked: &Asked, with: &str) -> (String, usize) {
    let (before, behind) = (text.get(..asked.from), text.get(asked.to..));
    let (before, behind) = (before.unwrap_or(text), behind.unwrap_or_default());
    let space = if behind.starts_with(char::is_whitespace) { "" } else { " " };
    let begun = format!("{before}{with}{space}");
    (format!("{begun}{behind}"), begun.len())
}

/// Members whose names go on with what was typed, others before oneself never.
pub fn named<'a>(members: &'a [MemberView], typed: &str) -> Vec<&'a MemberView> {
    let typed = typed.to_lowercase();
    let fits = |view: &&MemberView| {
        let name = view.name.to_lowercase();
        let words = || name.split_whitespace();
        let any = name.starts_with(&typed) || words().any(|word| word.starts_with(&typed));
        !view.me && !name.is_empty() && any
    };
    members.iter().filter(fits).collect()
}

/// True if the words name somebody: `@`, the name, and no letter of a longer one behind it.
pub fn names(text: &str, name: &str) -> bool {
    let name = name.trim().to_lowercase();
    let text = text.to_lowercase();
    let is_named = |rest: &str| {
        let behind = rest.strip_prefix(&name).map(|behind| behind.chars().next());
        behind.is_some_and(|next| next.is_none_or(|next| !is_latin(next)))
    };
    !name.is_empty() && text.split(['@', '＠']).skip(1).any(is_named)
}

/// What is offered at this moment, and which of it is marked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completing {
    /// What is asked for.
    pub asked: Option<Asked>,
    /// The place of the marked one.
    pub at: usize,
    /// Where a sign stands after which nothing is wanted.
    refused: Option<usize>,
}

impl Completing {
    /// The words or the cursor have changed.
    pub fn follow(&mut self, text: &str, cursor: usize) {
        let asked = asked(text, cursor);
        if asked.as_ref().map(|asked| asked.from) != self.refused {
            self.refused = None;
        }
        let asked = asked.filter(|_| self.refused.is_none());
        if asked != self.asked {
            (self.asked, self.at) = (asked, 0);
        }
    }

    /// The shortcode that was closed by a colon before the cursor, and where both stand, in bytes;
    /// not if nothing was wanted of it.
    pub fn closed(&self, text: &str, cursor: usize) -> Option<(String, Range<usize>)> {
        let closed = closed(text, cursor).filter(|asked| self.refused != Some(asked.from))?;
        Some((closed.typed, closed.from..closed.to))
    }

    /// Another of so many is marked.
    pub fn mark(&mut self, step: Move, count: usize) {
        self.at = step.from(self.at, count);
    }

    /// Nothing of it is wanted, until another sign is typed.
    pub fn refuse(&mut self) {
        self.refused = self.asked.take().map(|asked| asked.from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_end(text: &str) -> Option<(Sign, String)> {
        asked(text, text.len()).map(|asked| (asked.sign, asked.typed))
    }

    #[test]
    fn a_sign_asks_where_it_stands_alone_and_not_within_words_times_and_addresses() {
        let emoji = |typed: &str| Some((Sign::Emoji, typed.to_owned()));
        let member = |typed: &str| Some((Sign::Member, typed.to_owned()));
        assert_eq!(at_end(":ta"), emoji("ta"));
        assert_eq!(at_end("well :+1"), emoji("+1"));
        assert_eq!(at_end("好：ta"), emoji("ta"));
        assert_eq!(at_end("hi @"), member(""));
        assert_eq!(at_end("你好@本"), member("本"));
        assert_eq!(at_end("@Ana Ma"), member("Ana Ma"));
        for text in ["", ":", ":t", "12:30", "ana@exa", "see: that", ":ta da", "@ a", ":ta\n"] {
            assert_eq!(at_end(text), None, "{text:?}");
        }
        assert_eq!(asked(":tada", 3).map(|asked| asked.typed), Some("ta".to_owned()));
        assert_eq!(asked("好", 1), None, "within a letter");
        assert_eq!(asked("x", 9), None);
    }

    #[test]
    fn a_shortcode_is_closed_by_a_colon_where_it_stands_alone_and_was_not_refused() {
        let closed = |text: &str| {
            let found = Completing::default().closed(text, text.len());
            found.map(|(code, place)| (code, place.start, place.end))
        };
        let code = |typed: &str, from, to| Some((typed.to_owned(), from, to));
        assert_eq!(closed(":tada:"), code("tada", 0, 6));
        assert_eq!(closed("well :+1:"), code("+1", 5, 9));
        assert_eq!(closed("好：tada："), code("tada", 3, 13));
        assert_eq!(closed(":tada::x:"), code("x", 6, 9));
        for text in ["", ":", "::", ":tada", ":ta da:", "12:30:", "see: that:", "@ana:", ":a\n:"] {
            assert_eq!(closed(text), None, "{text:?}");
        }
        let mut completing = Completing::default();
        completing.follow(":tad", 4);
        completing.refuse();
        assert_eq!(completing.closed(":tad:", 5), None, "it is to stay as it is");
    }

    #[test]
    fn what_is_chosen_takes_the_place_of_what_asked_for_it() {
        let done = |text: &str, cursor, with| complete(text, &asked(text, cursor).unwrap(), with);
        assert_eq!(done("so :tad", 7, "🎉"), ("so 🎉 ".to_owned(), 8));
        assert_eq!(done("so :tad then", 7, "🎉"), ("so 🎉 then".to_owned(), 7));
        assert_eq!(done("@b", 2, "@Ben"), ("@Ben ".to_owned(), 5));
    }

    #[test]
    fn whoever_is_named_is_named_wholly_whatever_the_case() {
        for text in ["@Ana", "hi @ana!", "你好@Ana，来吗", "＠ANA", "@Ben @Ana"] {
            assert!(names(text, "Ana"), "{text}");
        }
        for text in ["Ana", "@Anabel", "@An", "", "@"] {
            assert!(!names(text, "Ana"), "{text}");
        }
        assert!(names("@Ana Maria!", "Ana Maria") && !names("@", "") && !names("@ x", " "));
        assert!(names("@安娜你好", "安娜"));
    }

    #[test]
    fn what_was_refused_is_not_offered_again_until_another_sign_is_typed() {
        let mut completing = Completing::default();
        completing.follow(":ta", 3);
        completing.mark(Move::Down, 4);
        assert_eq!((completing.asked.is_some(), completing.at), (true, 1));
        completing.follow(":tad", 4);
        assert_eq!(completing.at, 0, "other choices");
        completing.refuse();
        completing.follow(":tada", 5);
        assert_eq!(completing.asked, None);
        completing.follow(":tada :he", 9);
        assert!(completing.asked.is_some());
        completing.follow(":tada", 5);
        assert!(completing.asked.is_some(), "one came back to it");
    }
}
