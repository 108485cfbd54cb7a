//! Lines of code by their looks: comments, strings, numbers and the words that many languages have
//! in common. It reads no language: what it takes for something else is coloured wrongly, and stays
//! what was written.

use std::ops::ControlFlow;

use super::{Kind, Node, Part, say};

/// Words that mean something to the languages that people paste most.
const KEYWORDS: &str = "\
    and as async await bool boolean break case catch char class const continue def \
    default delete do done double elif else end enum esac except export extends extern \
    false False fi final finally float fn for from func function if impl implements \
    import in int interface is lambda let long loop match mod module move mut namespace \
    new nil None not null or package pass private protected pub public raise ref return \
    select self Self short static str string struct super switch then this throw trait \
    true True try type typeof undefined unsafe use using var virtual void where while \
    with yield";

/// What code looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Said to people.
    Comment,
    /// In quotes.
    String,
    /// Begins with a digit.
    Number,
    /// Means something to the language.
    Keyword,
}

/// Which signs begin a comment that ends with its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comments {
    Slashes,
    Hash,
    Dashes,
    /// It is not said: slashes, and a hash that stands alone.
    Unknown,
}

/// Reads the lines of one block, from top to bottom.
pub struct Reader {
    comments: Comments,
    /// Words that are no code are left alone.
    silent: bool,
    /// Within `/*` and `*/`.
    within: bool,
}

impl Reader {
    /// For what a fence says of the lines in it: the name of a language, or nothing.
    pub fn of(fence: &str) -> Reader {
        let name = fence.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
        let comments = match name.as_str() {
            "py" | "python" | "sh" | "bash" | "zsh" | "shell" | "console" | "rb" | "ruby" | "r"
            | "yaml" | "yml" | "toml" | "perl" | "make" | "makefile" | "dockerfile" | "ini"
            | "conf" | "cmake" | "elixir" | "nix" => Comments::Hash,
            "sql" | "lua" | "hs" | "haskell" | "ada" => Comments::Dashes,
            "" => Comments::Unknown,
            _ => Comments::Slashes,
        };
        let silent = matches!(name.as_str(), "text" | "txt" | "plain" | "md" | "markdown" | "log");
        Reader { comments, silent, within: false }
    }

    /// Adds the parts of a line.
    pub fn read(&mut self, text: &str, line: Part, into: &mut Vec<Node>) {
        let Some(letters) = text.get(line.clone()).filter(|_| !self.silent) else {
            return say(into, line);
        };
        let mut at = 0;
        while let Some(rest) = letters.get(at..).filter(|rest| !rest.is_empty()) {
            let (look, length) = self.next(letters.get(..at).unwrap_or_default(), rest);
            let part = line.start + at..line.start + at + length;
            match look {
                Some(look) => {
                    into.push(Node::Within(Kind::Look(look), vec![Node::Text(part)]));
                }
                None => say(into, part),
            }
            at += length;
        }
    }

    /// What comes next, and how long that is: a letter at least.
    fn next(&mut self, before: &str, rest: &str) -> (Option<Look>, usize) {
        if self.within || (self.has_slashes() && rest.starts_with("/*")) {
            let skip = if self.within { 0 } else { 2 };
            let end = rest.get(skip..).and_then(|inner| inner.find("*/"));
            self.within = end.is_none();
            return (Some(Look::Comment), end.map_or(rest.len(), |end| skip + end + 2));
        }
        if self.is_comment(before, rest) {
            return (Some(Look::Comment), rest.len());
        }
        let first = rest.chars().next().unwrap_or_default();
        if let Some(length) = string(before, rest, first) {
            return (Some(Look::String), length);
        }
        if !is_of_word(first) {
            // What a backslash stands before begins nothing.
            let escaped = rest.chars().nth(1).filter(|_| first == '\\').map_or(0, char::len_utf8);
            return (None, first.len_utf8() + escaped);
        }
        // A dot is part of a number, and not of a word.
        let number = first.is_ascii_digit();
        let is_of_it = |letter: char| is_of_word(letter) || (number && letter == '.');
        let length = rest.find(|letter| !is_of_it(letter)).unwrap_or(rest.len());
        let word = rest.get(..length).unwrap_or_default();
        let keyword = KEYWORDS.split_whitespace().any(|keyword| keyword == word);
        let look = if number { Some(Look::Number) } else { keyword.then_some(Look::Keyword) };
        (look, length)
    }

    fn has_slashes(&self) -> bool {
        matches!(self.comments, Comments::Slashes | Comments::Unknown)
    }

    fn is_comment(&self, before: &str, rest: &str) -> bool {
        let apart = before.chars().next_back().is_none_or(char::is_whitespace);
        match self.comments {
            // Not the middle of an address.
            _ if self.has_slashes() && rest.starts_with("//") => !before.ends_with(':'),
            Comments::Slashes => false,
            Comments::Hash => apart && rest.starts_with('#'),
            Comments::Dashes => rest.starts_with("--"),
            Comments::Unknown => apart && rest.starts_with("# "),
        }
    }
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// How long a string is that begins here; none if none does. It ends on its line.
fn string(before: &str, rest: &str, quote: char) -> Option<usize> {
    if !matches!(quote, '"' | '\'' | '`') {
        return None;
    }
    let last = before.chars().next_back();
    // An apostrophe within a word, or the name of a lifetime.
    if quote == '\'' && last.is_some_and(|last| is_of_word(last) || matches!(last, '&' | '<')) {
        return None;
    }
    let end = |escaped: bool, (at, letter): (usize, char)| match letter {
        _ if escaped => ControlFlow::Continue(false),
        '\\' => ControlFlow::Continue(true),
        _ if at > 0 && letter == quote => ControlFlow::Break(at),
        _ => ControlFlow::Continue(false),
    };
    match rest.char_indices().try_fold(false, end) {
        ControlFlow::Break(at) => Some(at + 1),
        ControlFlow::Continue(_) => None,
    }
}
