//! The words of a message as prose: what is bold, quoted, listed, code or a link.
//!
//! ```text
//!  "**so** [here](https://a.org/x)"  ─►  Bold("so")  " "  Link("here" Host("a.org"))
//! ```
//! Nothing is lost: the leaves of the tree, in their order, are the message, markup included, so
//! what is copied by the page or read by a test is what was written. Reading takes time in
//! proportion to the length, depth has a bound, and so has the number of pieces: a text that
//! would be more is shown as it stands. Drawing is elsewhere (`components/message/words.rs`).

mod address;
mod blocks;
mod code;
mod inline;
#[cfg(test)]
mod tests;

use std::ops::Range;

use browser::letters::{Piece, pieces};

pub use self::code::Look;

/// How deep quotes may stand in one another.
const QUOTES: usize = 4;

/// Pieces that a page can draw without being held up; beyond it nothing is markup.
const PIECES: usize = 2_000;

/// A part of a text, by its bytes.
pub type Part = Range<usize>;

/// A message that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prose {
    text: String,
    nodes: Vec<Node>,
}

/// A part of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// Words, as they stand.
    Text(Part),
    /// Markup: not shown.
    Mark(Part),
    /// Shown in other letters, because its own would do something instead of being read.
    Instead(Part, String),
    /// Parts that belong together.
    Within(Kind, Vec<Node>),
}

/// What parts are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Lines of words; an end of line in it is shown as one.
    Lines,
    /// Set bold.
    Bold,
    /// Set in italics.
    Italic,
    /// Code within a line.
    Code,
    /// Lines of code.
    Block,
    /// A part of one that looks like this.
    Look(Look),
    /// Quoted lines.
    Quote,
    /// A list.
    List,
    /// One of a list, so many steps further in; with a number or without.
    Item(u8),
    /// The number of an item.
    Number,
    /// A link to this address.
    Link(String),
    /// Where a link leads: the one part of an address that cannot lie.
    Host,
}

impl Prose {
    /// Reads a message.
    pub fn read(text: &str) -> Prose {
        // Code that would be too many pieces has no looks.
        let spelled = |looks: bool| {
            let mut budget = PIECES;
            spelled(text, blocks::read(text, looks), &mut budget)
        };
        match spelled(true).or_else(|| spelled(false)) {
            Some(nodes) => Prose { text: text.to_owned(), nodes },
            None => Prose::plain(text),
        }
    }

    /// A text that would be more pieces than a page can draw: one, with a sign for what is odd.
    fn plain(text: &str) -> Prose {
        let text = tame(text);
        let all = 0..text.len();
        Prose { text, nodes: vec![Node::Text(all)] }
    }

    /// Its parts.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The letters of a part.
    pub fn letters(&self, part: &Part) -> &str {
        self.text.get(part.clone()).unwrap_or_default()
    }
}

/// A text of which odd letters cannot do anything: a sign stands for them. For places that show
/// words on one line.
pub fn tame(text: &str) -> String {
    let sign = |piece| match piece {
        Piece::Plain(plain) => plain,
        Piece::Odd(_) => "\u{fffd}",
    };
    pieces(text).map(sign).collect()
}

/// Puts codes in the place of odd letters, and counts what there is to be drawn; none if that is
/// too much.
fn spelled(text: &str, nodes: Vec<Node>, budget: &mut usize) -> Option<Vec<Node>> {
    let mut spelled_nodes = Vec::with_capacity(nodes.len());
    for node in nodes {
        *budget = budget.checked_sub(1)?;
        match node {
            Node::Text(part) => spell(text, part, &mut spelled_nodes, budget)?,
            Node::Within(kind, inner) => {
                spelled_nodes.push(Node::Within(kind, spelled(text, inner, budget)?));
            }
            Node::Mark(_) | Node::Instead(..) => spelled_nodes.push(node),
        }
    }
    Some(spelled_nodes)
}

fn spell(text: &str, part: Part, into: &mut Vec<Node>, budget: &mut usize) -> Option<()> {
    let mut start = part.start;
    for piece in pieces(text.get(part)?) {
        *budget = budget.checked_sub(1)?;
        match piece {
            Piece::Plain(plain) => {
                into.push(Node::Text(start..start + plain.len()));
                start += plain.len();
            }
            Piece::Odd(odd) => {
                into.push(Node::Instead(start..start + odd.len(), code(odd)));
                start += odd.len();
            }
        }
    }
    Some(())
}

/// What is shown for odd letters: the code of the first, and how many there are.
fn code(odd: &str) -> String {
    let first = odd.chars().next().map_or(0, u32::from);
    match odd.chars().count() {
        0 | 1 => format!("U+{first:04X}"),
        count => format!("U+{first:04X} ×{count}"),
    }
}

/// Adds words, to the words before them if they follow these.
fn say(nodes: &mut Vec<Node>, part: Part) {
    match nodes.last_mut() {
        _ if part.is_empty() => {}
        Some(Node::Text(last)) if last.end == part.start => last.end = part.end,
        _ => nodes.push(Node::Text(part)),
    }
}

/// Adds markup, likewise.
fn mark(nodes: &mut Vec<Node>, part: Part) {
    match nodes.last_mut() {
        _ if part.is_empty() => {}
        Some(Node::Mark(last)) if last.end == part.start => last.end = part.end,
        _ => nodes.push(Node::Mark(part)),
    }
}
