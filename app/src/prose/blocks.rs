//! Lines: which of them are quotes, lists, code, or simply words.
//!
//! A line is told by how it begins. A quote is taken off its lines and what remains is read the
//! same way, so deep as [`QUOTES`](super::QUOTES) allows.

use super::code::Reader;
use super::{Kind, Node, Part, QUOTES, inline, mark, say};

/// Spaces for one step further in.
const STEP: usize = 2;

/// Steps that a list goes in.
const STEPS: usize = 3;

/// Letters of a number that begins an item.
const DIGITS: usize = 3;

/// A line: `start..body` was taken off it, `end..next` is its end.
struct Line {
    start: usize,
    body: usize,
    end: usize,
    next: usize,
}

/// What a line is, by how it begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Words,
    Quote,
    Item,
    Fence(usize),
}

/// Reads a message, with the looks of its code or without.
pub fn read(text: &str, looks: bool) -> Vec<Node> {
    let mut start = 0;
    let mut lines = Vec::new();
    for line in text.split_inclusive('\n') {
        let next = start + line.len();
        let end = next - usize::from(line.ends_with('\n'));
        lines.push(Line { start, body: start, end, next });
        start = next;
    }
    blocks(text, &mut lines, looks, 0)
}

fn blocks(text: &str, lines: &mut [Line], looks: bool, depth: usize) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut rest = lines;
    while let Some(first) = rest.first() {
        let sort = sort(body(text, first), depth);
        let same = |line: &&Line| self::sort(body(text, line), depth) == sort;
        let length = match sort {
            Sort::Fence(ticks) => {
                let closes = |line: &Line| closes(body(text, line), ticks);
                let closing = rest.iter().skip(1).position(closes);
                closing.map_or(rest.len(), |at| at + 2)
            }
            Sort::Words | Sort::Quote | Sort::Item => rest.iter().take_while(same).count(),
        };
        let (group, others) = rest.split_at_mut(length);
        match sort {
            Sort::Words => words(text, group, others.is_empty() && depth == 0, &mut nodes),
            Sort::Item => nodes.push(list(text, group)),
            Sort::Fence(ticks) => nodes.push(code(text, group, ticks, looks)),
            Sort::Quote => {
                for line in group.iter_mut() {
                    line.body += quote(body(text, line)).unwrap_or_default();
                }
                let inner = blocks(text, group, looks, depth + 1);
                nodes.push(Node::Within(Kind::Quote, inner));
            }
        }
        rest = others;
    }
    nodes
}

fn body<'a>(text: &'a str, line: &Line) -> &'a str {
    text.get(line.body..line.end).unwrap_or_default()
}

fn sort(line: &str, depth: usize) -> Sort {
    match fence(line) {
        Some(ticks) => Sort::Fence(ticks),
        None if depth < QUOTES && quote(line).is_some() => Sort::Quote,
        None if item(line).is_some() => Sort::Item,
        None => Sort::Words,
    }
}

/// How much of a line says that it is quoted. A face such as `>_<` is none.
fn quote(line: &str) -> Option<usize> {
    let rest = line.strip_prefix('>')?;
    match rest.bytes().next() {
        Some(b' ') => Some(2),
        None | Some(b'>') => Some(1),
        Some(_) => None,
    }
}

/// With how many backticks a line opens lines of code.
fn fence(line: &str) -> Option<usize> {
    let rest = line.trim_start_matches('`');
    let ticks = line.len() - rest.len();
    (ticks >= 3 && !rest.contains('`')).then_some(ticks)
}

fn closes(line: &str, ticks: usize) -> bool {
    let line = line.trim_end();
    line.len() >= ticks && line.bytes().all(|byte| byte == b'`')
}

/// How an item of a list begins: its depth, where its sign begins and ends, and its text.
struct Item {
    step: u8,
    sign: usize,
    number: Option<usize>,
    words: usize,
}

fn item(line: &str) -> Option<Item> {
    let rest = line.trim_start_matches(' ');
    let spaces = line.len() - rest.len();
    let step = u8::try_from((spaces / STEP).min(STEPS)).unwrap_or_default();
    let digits = rest.bytes().take(DIGITS + 1).take_while(u8::is_ascii_digit).count();
    let number = (1..=DIGITS).contains(&digits).then_some(digits + 1);
    let sign = number.unwrap_or(1);
    let ends: &[u8] = if number.is_some() { b".)" } else { b"-*+" };
    let byte = |at: usize| rest.as_bytes().get(at);
    let signed = byte(sign - 1).is_some_and(|byte| ends.contains(byte));
    let behind = byte(sign) == Some(&b' ');
    let filled = rest.get(sign..).is_some_and(|rest| !rest.trim().is_empty());
    let number = number.map(|length| spaces + length);
    let words = spaces + sign + 1;
    (signed && behind && filled).then_some(Item { step, sign: spaces, number, words })
}

/// Words as they stand; blank lines at the edges to other blocks are the distance that these have.
fn words(text: &str, lines: &[Line], last: bool, nodes: &mut Vec<Node>) {
    let blank = |line: &&Line| body(text, line).trim().is_empty();
    let before = if nodes.is_empty() { 0 } else { lines.iter().take_while(blank).count() };
    for line in lines.iter().take(before) {
        mark(nodes, line.start..line.next);
    }
    let lines = lines.get(before..).unwrap_or_default();
    let mut inner = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        mark(&mut inner, line.start..line.body);
        inline::read(text, line.body..line.end, &mut inner);
        match last || at + 1 < lines.len() {
            true => say(&mut inner, line.end..line.next),
            false => mark(&mut inner, line.end..line.next),
        }
    }
    if !inner.is_empty() {
        nodes.push(Node::Within(Kind::Lines, inner));
    }
}

fn list(text: &str, lines: &[Line]) -> Node {
    let items = lines.iter().map(|line| {
        let mut inner = Vec::new();
        let begins = item(body(text, line));
        let begins = begins.unwrap_or(Item { step: 0, sign: 0, number: None, words: 0 });
        let at = |offset: usize| line.body + offset;
        mark(&mut inner, line.start..at(begins.sign));
        match begins.number {
            Some(end) => {
                let number = Node::Text(at(begins.sign)..at(end));
                inner.push(Node::Within(Kind::Number, vec![number]));
                mark(&mut inner, at(end)..at(begins.words));
            }
            None => mark(&mut inner, at(begins.sign)..at(begins.words)),
        }
        inline::read(text, at(begins.words)..line.end, &mut inner);
        mark(&mut inner, line.end..line.next);
        Node::Within(Kind::Item(begins.step), inner)
    });
    Node::Within(Kind::List, items.collect())
}

/// Lines of code, without the fences around them.
fn code(text: &str, lines: &[Line], ticks: usize, looks: bool) -> Node {
    let mut inner = Vec::new();
    let fence = lines.first().map_or("", |first| body(text, first));
    let mut reader = looks.then(|| Reader::of(fence.trim_start_matches('`')));
    let closed = |line: &Line| closes(body(text, line), ticks);
    let closed = lines.len() > 1 && lines.last().is_some_and(closed);
    let last = lines.len() - usize::from(closed);
    for (at, line) in lines.iter().enumerate() {
        if at == 0 || at == last {
            mark(&mut inner, line.start..line.next);
            continue;
        }
        mark(&mut inner, line.start..line.body);
        match &mut reader {
            Some(reader) => reader.read(text, line.body..line.end, &mut inner),
            None => say(&mut inner, line.body..line.end),
        }
        let end: Part = line.end..line.next;
        if at + 1 == last { mark(&mut inner, end) } else { say(&mut inner, end) }
    }
    Node::Within(Kind::Block, inner)
}
