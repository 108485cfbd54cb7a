//! Letters that would do something to the words around them, instead of being read.
//!
//! ```text
//!  "invoice\u{202e}gpj.exe"  ─►  invoice [U+202E] gpj.exe
//! ```
//! Odd are: controls other than the end of a line and the tab, what turns the direction of other
//! letters, what shows nothing where it joins nothing, and marks piled on one letter. What emoji
//! and scripts need (joiners in their place, variation selectors, marks of direction that only
//! touch what has none of its own) is not. A page shows the odd ones as codes, or drops them.

/// Marks on one letter; what is piled higher leaves its line.
const MARKS: usize = 4;

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// To be read.
    Plain(&'a str),
    /// Odd letters, one or several in a row.
    Odd(&'a str),
}

/// Takes a text apart: the pieces in their order are the text, and no two neighbours are of one
/// kind.
pub fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut judge = Judge::default();
    let mut letters = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (start, first) = letters.next()?;
        let odd = judge.is_odd(first);
        let mut end = start + first.len_utf8();
        while let Some((at, letter)) = letters.peek().copied() {
            let before = judge;
            if judge.is_odd(letter) != odd {
                judge = before;
                break;
            }
            end = at + letter.len_utf8();
            letters.next();
        }
        let piece = text.get(start..end).unwrap_or_default();
        Some(if odd { Piece::Odd(piece) } else { Piece::Plain(piece) })
    })
}

/// The text without its odd letters.
#[must_use]
pub fn without_odd(text: &str) -> String {
    let plain = |piece| match piece {
        Piece::Plain(plain) => Some(plain),
        Piece::Odd(_) => None,
    };
    pieces(text).filter_map(plain).collect()
}

/// True if a letter of it is odd.
#[must_use]
pub fn has_odd(text: &str) -> bool {
    !text.is_ascii() && pieces(text).any(|piece| matches!(piece, Piece::Odd(_)))
        || text.bytes().any(|byte| byte.is_ascii_control() && !matches!(byte, b'\n' | b'\t'))
}

/// Unicode's `Default_Ignorable_Code_Point` (DerivedCoreProperties): what shows nothing by itself.
#[must_use]
pub fn is_ignorable(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// What is known of the letters before one.
#[derive(Clone, Copy, Default)]
struct Judge {
    last: Option<char>,
    marks: usize,
}

impl Judge {
    fn is_odd(&mut self, letter: char) -> bool {
        let odd = match letter {
            '\n' | '\t' => false,
            ' '..='~' => false,
            _ if letter.is_control() => true,
            // A line's end that is none in a field, and annotations between the lines.
            '\u{2028}' | '\u{2029}' | '\u{fff9}'..='\u{fffb}' => true,
            // These touch only what has no direction of its own, within the line.
            '\u{61c}' | '\u{200e}' | '\u{200f}' => false,
            '\u{200c}' | '\u{200d}' => !self.last.is_some_and(joins),
            '\u{fe00}'..='\u{fe0f}' => self.last.is_none_or(|last| !varies(last)),
            '\u{180b}'..='\u{180d}' | '\u{180f}' => !self.last.is_some_and(is_mongolian),
            '\u{e0100}'..='\u{e01ef}' => !self.last.is_some_and(is_ideograph),
            // The letters of flags such as Scotland's, behind the black flag.
            '\u{e0020}'..='\u{e007f}' => {
                !matches!(self.last, Some('\u{1f3f4}' | '\u{e0020}'..='\u{e007e}'))
            }
            _ if is_ignorable(letter) => true,
            _ if is_mark(letter) => {
                self.marks += 1;
                self.last.is_none() || self.marks > MARKS
            }
            _ => {
                self.marks = 0;
                false
            }
        };
        // Nothing joins what is not shown, or stands on it.
        self.last = match odd {
            true => self.last.map(|_| '\0'),
            false => Some(letter),
        };
        if matches!(letter, '\n' | '\t' | ' '..='~') {
            self.marks = 0;
        }
        odd
    }
}

/// Whether a joiner behind this letter does something: in scripts of joined letters and in emoji.
fn joins(letter: char) -> bool {
    matches!(letter,
        '\u{600}'..='\u{1cff}' | '\u{2190}'..='\u{2bff}' | '\u{a840}'..='\u{abff}' | '\u{fe0f}'
        | '\u{10a00}'..='\u{11fff}' | '\u{1f000}'..='\u{1faff}')
}

/// Whether a letter has variants to choose from: signs, keycaps, emoji and ideographs.
fn varies(letter: char) -> bool {
    matches!(letter, '#' | '*' | '0'..='9' | '©' | '®')
        || ('\u{1000}'..='\u{fdff}').contains(&letter) && !is_ignorable(letter)
        || ('\u{10000}'..='\u{3ffff}').contains(&letter)
}

fn is_mongolian(letter: char) -> bool {
    matches!(letter, '\u{1800}'..='\u{180a}' | '\u{1820}'..='\u{18aa}')
}

fn is_ideograph(letter: char) -> bool {
    matches!(letter,
        '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

/// Unicode's `Grapheme_Extend`, as `escape_debug` knows it. What that escapes for other reasons
/// (spaces, letters newer than the compiler) is not meant.
fn is_mark(letter: char) -> bool {
    let other = letter.is_whitespace()
        || matches!(letter, '\u{2190}'..='\u{2bff}' | '\u{e000}'..='\u{f8ff}')
        || ('\u{1f000}'..='\u{1ffff}').contains(&letter)
        || letter >= '\u{f0000}';
    letter >= '\u{300}' && !other && letter.escape_debug().len() > 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn odd(text: &str) -> Vec<&str> {
        let odd = |piece| match piece {
            Piece::Odd(odd) => Some(odd),
            Piece::Plain(_) => None,
        };
        pieces(text).filter_map(odd).collect()
    }

    #[test]
    fn what_turns_or_hides_letters_is_odd() {
        let found = [
            ("invoice\u{202e}gpj.exe", vec!["\u{202e}"]),
            ("a\u{2066}b\u{2069}c", vec!["\u{2066}", "\u{2069}"]),
            ("pay\u{200b}\u{200b}pal", vec!["\u{200b}\u{200b}"]),
            ("a\u{200d}b", vec!["\u{200d}"]),
            ("a\0b\u{1b}[31m\u{85}", vec!["\0", "\u{1b}", "\u{85}"]),
            ("\u{feff}x\u{ad}y", vec!["\u{feff}", "\u{ad}"]),
            ("x\u{e0041}\u{e0042}", vec!["\u{e0041}\u{e0042}"]),
            ("x\u{fe01}\u{fe02}", vec!["\u{fe01}\u{fe02}"]),
            ("a\u{2028}b", vec!["\u{2028}"]),
        ];
        for (text, expected) in found {
            assert_eq!(odd(text), expected, "{text:?}");
            assert!(has_odd(text), "{text:?}");
        }
        assert_eq!(without_odd("An\u{200b}a\u{202e}"), "Ana");
    }

    #[test]
    fn what_scripts_and_emoji_need_is_not() {
        for text in [
            "two\nlines\tand a tab",
            "👩\u{200d}👩\u{200d}👧\u{200d}👦 👍🏽 ❤\u{fe0f} ❤\u{fe0f}\u{200d}🔥 1\u{fe0f}\u{20e3}",
            "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
            "می\u{200c}خواهم",
            "क्\u{200d}ष",
            "שָׁלוֹם\u{200f}!",
            "tiếng Việt, Te\u{302}\u{301}t",
            "ภาษาไทยที่นี่",
            "葛\u{e0100}飾",
            "全角　空格",
            "\u{f8ff}\u{f8ff}\u{f8ff}\u{f8ff}\u{f8ff}\u{f8ff}",
        ] {
            assert_eq!(odd(text), Vec::<&str>::new(), "{text:?}");
            assert!(!has_odd(text), "{text:?}");
        }
    }

    #[test]
    fn marks_are_piled_only_so_high() {
        let piled = format!("Z{}a", "\u{301}\u{32a}".repeat(40));
        assert_eq!(without_odd(&piled), "Z\u{301}\u{32a}\u{301}\u{32a}a");
        // Nothing between them begins a new pile.
        let mixed = format!("e{}", "\u{301}\u{301}\u{301}\u{200d}\u{fe0f}\u{34f}".repeat(20));
        assert!(without_odd(&mixed).chars().count() < 12, "{:?}", without_odd(&mixed));
        // A mark alone has no letter to stand on.
        assert_eq!(without_odd("\u{301}a"), "a");
    }

    proptest! {
        #[test]
        fn the_pieces_are_the_text_and_neighbours_differ(text in "\\PC{0,40}|(?s).{0,40}") {
            let pieces: Vec<_> = pieces(&text).collect();
            let whole: String = pieces.iter().map(|piece| match piece {
                Piece::Plain(part) | Piece::Odd(part) => *part,
            }).collect();
            prop_assert_eq!(&whole, &text);
            for pair in pieces.windows(2) {
                let of = |piece: &Piece| matches!(piece, Piece::Odd(_));
                prop_assert_ne!(of(&pair[0]), of(&pair[1]));
            }
            prop_assert_eq!(has_odd(&text), pieces.iter().any(|it| matches!(it, Piece::Odd(_))));
            prop_assert!(!has_odd(&without_odd(&text)), "{:?}", without_odd(&text));
        }
    }
}
