//! Within a line: bold, italic, code and links.
//!
//! One pass finds what may open or close something, a second one pairs it: of each kind at most one
//! is open at a time, so nothing is looked for twice and the depth has a bound.

use std::collections::BTreeMap;

use super::address::{self, Address};
use super::{Kind, Node, Part, mark, say};

/// The longest address that is a link, in bytes.
const ADDRESS: usize = 2_048;

/// The longest row of signs that opens or closes something.
const SIGNS: usize = 3;

/// A piece of a line.
enum Token {
    /// Words, or something that is complete.
    Done(Node),
    /// Signs that may open or close something.
    Signs(Signs),
}

/// Stars or underscores in a row.
struct Signs {
    part: Part,
    sort: (u8, usize),
    opens: bool,
    closes: bool,
    role: Role,
}

/// What signs turn out to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Words,
    Opens,
    Closes,
}

/// Reads a line.
pub fn read(text: &str, line: Part, into: &mut Vec<Node>) {
    let mut tokens = Reader::new(text, line).tokens();
    pair(&mut tokens);
    build(tokens, into);
}

/// Reads the tokens of a line.
struct Reader<'a> {
    text: &'a str,
    line: Part,
    /// Where the words begin that are not a token yet.
    words: usize,
    /// Rows of backticks, and where the next one of the same length is.
    ticks: BTreeMap<usize, Option<usize>>,
    tokens: Vec<Token>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, line: Part) -> Self {
        let ticks = ticks(text, &line);
        Self { text, words: line.start, line, ticks, tokens: Vec::new() }
    }

    fn tokens(mut self) -> Vec<Token> {
        let mut at = self.line.start;
        while let Some(byte) = self.byte(at) {
            at = match byte {
                b'`' => self.code(at),
                b'*' | b'_' => self.signs(at, byte),
                b'[' => self.link(at),
                b'\\' => self.escape(at),
                b'h' | b'H' | b'm' | b'M' => self.bare(at),
                _ => at + 1,
            };
        }
        self.flush(self.line.end);
        self.tokens
    }

    fn byte(&self, at: usize) -> Option<u8> {
        (at < self.line.end).then(|| self.text.as_bytes().get(at).copied()).flatten()
    }

    /// The length of a row of one sign.
    fn row(&self, at: usize, sign: u8) -> usize {
        let rest = self.text.as_bytes().get(at..self.line.end).unwrap_or_default();
        rest.iter().take_while(|byte| **byte == sign).count()
    }

    fn before(&self, at: usize) -> Option<char> {
        self.text.get(self.line.start..at)?.chars().next_back()
    }

    fn behind(&self, at: usize) -> Option<char> {
        self.text.get(at..self.line.end)?.chars().next()
    }

    /// Makes the words up to here a token.
    fn flush(&mut self, at: usize) {
        if self.words < at {
            self.tokens.push(Token::Done(Node::Text(self.words..at)));
        }
    }

    /// Adds a token that ends here.
    fn put(&mut self, start: usize, end: usize, token: Token) -> usize {
        self.flush(start);
        self.tokens.push(token);
        self.words = end;
        end
    }

    fn code(&mut self, at: usize) -> usize {
        let length = self.row(at, b'`');
        let open = at + length;
        let Some(Some(close)) = self.ticks.get(&at).copied() else { return open };
        let end = close + length;
        let inner = vec![Node::Mark(at..open), Node::Text(open..close), Node::Mark(close..end)];
        self.put(at, end, Token::Done(Node::Within(Kind::Code, inner)))
    }

    fn signs(&mut self, at: usize, sign: u8) -> usize {
        let length = self.row(at, sign);
        let end = at + length;
        if length > SIGNS {
            return end;
        }
        let (before, behind) = (self.before(at), self.behind(end));
        let stands = |side: Option<char>| side.is_some_and(|letter| !letter.is_whitespace());
        let word = |side: Option<char>| side.is_some_and(|letter| letter.is_ascii_alphanumeric());
        let signs = Signs {
            part: at..end,
            sort: (sign, length),
            opens: stands(behind) && !word(before),
            closes: stands(before) && !word(behind),
            role: Role::Words,
        };
        self.put(at, end, Token::Signs(signs))
    }

    /// `[words](address)`. Whoever cannot be a link is words, up to the bracket.
    fn link(&mut self, at: usize) -> usize {
        let Some((words, address, found)) = self.find_link(at) else { return at + 1 };
        let end = address.end + 1;
        let mut inner = vec![Node::Mark(at..at + 1)];
        say(&mut inner, words.clone());
        mark(&mut inner, words.end..address.start + found.host.start);
        inner.push(host(&address, &found));
        mark(&mut inner, address.start + found.host.end..end);
        self.put(at, end, Token::Done(Node::Within(Kind::Link(found.href), inner)))
    }

    fn find_link(&self, at: usize) -> Option<(Part, Part, Address)> {
        let rest = self.text.get(at + 1..self.line.end)?;
        let close = at + 1 + rest.find(['[', ']'])?;
        let words = at + 1..close;
        if !self.text.get(close..self.line.end)?.starts_with("](")
            || crate::text::is_blank(self.text.get(words.clone())?)
        {
            return None;
        }
        let start = close + 2;
        let end = start + closing(self.text.get(start..self.line.end)?)?;
        let found = address::read(self.text.get(start..end)?)?;
        Some((words, start..end, found))
    }

    /// A sign behind a backslash is a sign.
    fn escape(&mut self, at: usize) -> usize {
        match self.byte(at + 1) {
            Some(b'*' | b'_' | b'`' | b'[' | b'\\') => {
                self.put(at, at + 1, Token::Done(Node::Mark(at..at + 1)));
                at + 2
            }
            Some(_) | None => at + 1,
        }
    }

    /// An address that stands for itself.
    fn bare(&mut self, at: usize) -> usize {
        let begins = !self.before(at).is_some_and(|letter| letter.is_ascii_alphanumeric());
        let rest = self.text.get(at..self.line.end).unwrap_or_default();
        if !begins || !address::begins(rest) {
            return at + 1;
        }
        let length = address::length(rest);
        let part = at..at + length;
        let found = rest.get(..length).filter(|address| address.len() <= ADDRESS);
        let Some(found) = found.and_then(address::read) else { return part.end.max(at + 1) };
        let mut inner = Vec::new();
        say(&mut inner, at..at + found.host.start);
        inner.push(host(&part, &found));
        say(&mut inner, at + found.host.end..part.end);
        self.put(at, part.end, Token::Done(Node::Within(Kind::Link(found.href), inner)))
    }
}

fn host(address: &Part, found: &Address) -> Node {
    let part = address.start + found.host.start..address.start + found.host.end;
    let shown = match &found.shown {
        Some(shown) => Node::Instead(part, shown.clone()),
        None => Node::Text(part),
    };
    Node::Within(Kind::Host, vec![shown])
}

/// Where the bracket closes that an address stands in.
fn closing(rest: &str) -> Option<usize> {
    let mut inner = false;
    for (at, byte) in rest.bytes().enumerate().take(ADDRESS + 1) {
        match byte {
            b')' if !inner => return Some(at),
            b')' => inner = false,
            b'(' if inner => return None,
            b'(' => inner = true,
            _ if byte.is_ascii_whitespace() => return None,
            _ => {}
        }
    }
    None
}

/// For each row of backticks the next one that is as long.
fn ticks(text: &str, line: &Part) -> BTreeMap<usize, Option<usize>> {
    let bytes = text.as_bytes().get(line.clone()).unwrap_or_default();
    let mut rows = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let row = bytes.iter().skip(at).take_while(|byte| **byte == b'`').count();
        if row > 0 {
            rows.push((line.start + at, row));
        }
        at += row.max(1);
    }
    let mut next = BTreeMap::new();
    rows.into_iter().rev().map(|(at, row)| (at, next.insert(row, at))).collect()
}

/// Finds what opens and what closes.
fn pair(tokens: &mut [Token]) {
    let mut open: Vec<(usize, (u8, usize))> = Vec::new();
    for at in 0..tokens.len() {
        let Some(Token::Signs(signs)) = tokens.get(at) else { continue };
        let (sort, opens, closes) = (signs.sort, signs.opens, signs.closes);
        let found = open.iter().rposition(|(_, other)| *other == sort);
        match found {
            Some(found) if closes => {
                let opener = open.get(found).map(|(opener, _)| *opener);
                open.truncate(found);
                let roles = [(opener, Role::Opens), (Some(at), Role::Closes)];
                for (token, role) in roles {
                    if let Some(Token::Signs(signs)) = token.and_then(|at| tokens.get_mut(at)) {
                        signs.role = role;
                    }
                }
            }
            _ if opens => {
                open.retain(|(_, other)| *other != sort);
                open.push((at, sort));
            }
            _ => {}
        }
    }
}

/// Puts what is paired around what stands between.
fn build(tokens: Vec<Token>, into: &mut Vec<Node>) {
    let mut outer: Vec<Vec<Node>> = Vec::new();
    let mut nodes = std::mem::take(into);
    for token in tokens {
        let signs = match token {
            Token::Done(Node::Text(part)) => {
                say(&mut nodes, part);
                continue;
            }
            Token::Done(node) => {
                nodes.push(node);
                continue;
            }
            Token::Signs(signs) => signs,
        };
        match signs.role {
            Role::Words => say(&mut nodes, signs.part),
            Role::Opens => {
                outer.push(std::mem::take(&mut nodes));
                mark(&mut nodes, signs.part);
            }
            Role::Closes => {
                mark(&mut nodes, signs.part);
                let inner = std::mem::replace(&mut nodes, outer.pop().unwrap_or_default());
                nodes.push(match signs.sort.1 {
                    1 => Node::Within(Kind::Italic, inner),
                    2 => Node::Within(Kind::Bold, inner),
                    _ => Node::Within(Kind::Bold, vec![Node::Within(Kind::Italic, inner)]),
                });
            }
        }
    }
    *into = nodes;
}
