//! Where a mutant can be: read from the text, line by line, as rustfmt leaves it.
//!
//! Nothing is parsed: comments and strings are blanked out, and what is left has to look exactly
//! like one of a few forms. Each change stays on its lines, so that a place in the copy is the same
//! place in the source. A form that is not recognised is left alone.

use crate::tidy::source::{code_of, functions, production_lines};
use std::fmt;

/// A change of one line, or of the lines of a statement.
pub struct Mutant {
    /// From the root.
    pub file: &'static str,
    /// Its first and last line, from 1.
    lines: (usize, usize),
    /// The first line, as it stands.
    pub line_text: String,
    what: What,
}

/// What is changed. Places are bytes within the line.
enum What {
    /// The condition between these places holds.
    Holds(usize, usize),
    /// The condition between these places does not hold.
    Fails(usize, usize),
    /// The statement is not executed.
    Omitted,
    /// The function gives this at once.
    Gives(&'static str),
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.lines.0)?;
        let part = |from, to| self.line_text.get(from..to).unwrap_or_default();
        match self.what {
            What::Holds(from, to) => write!(f, "`{}` always holds", part(from, to)),
            What::Fails(from, to) => write!(f, "`{}` never holds", part(from, to)),
            What::Omitted => write!(f, "left out: `{}`", self.line_text.trim()),
            What::Gives(value) => write!(f, "`{}` gives {value}", self.line_text.trim()),
        }
    }
}

impl Mutant {
    /// True if the compiler's `file:line:column` is in it.
    pub fn is_at(&self, place: &str) -> bool {
        let mut parts = place.rsplit(':').skip(1);
        let line: Option<usize> = parts.next().and_then(|line| line.parse().ok());
        let is_file = parts.next() == Some(self.file);
        is_file && line.is_some_and(|line| (self.lines.0..=self.lines.1).contains(&line))
    }
}

/// Every mutant of a file, outside its own tests.
pub fn mutants(file: &'static str, text: &str) -> Vec<Mutant> {
    let code = code_of(text);
    let (lines, blank): (Vec<&str>, Vec<&str>) = (text.lines().collect(), code.lines().collect());
    let end = production_lines(&code);
    let mut found = Vec::new();
    for function in functions(&code).into_iter().filter(|function| function.line <= end) {
        let range = (function.line - 1)..(function.line - 1 + function.length).min(end);
        let Some(open) = range.clone().find(|at| blank.get(*at).is_some_and(|l| l.ends_with('{')))
        else {
            continue;
        };
        let mut add = |(first, last): (usize, usize), what| {
            let line_text = lines.get(first).copied().unwrap_or_default().to_owned();
            found.push(Mutant { file, lines: (first + 1, last + 1), line_text, what });
        };
        for value in answers(blank.get(open).copied().unwrap_or_default()) {
            add((open, open), What::Gives(value));
        }
        for at in (open + 1)..range.end {
            let line = blank.get(at).copied().unwrap_or_default();
            if lines.get(at).is_some_and(|line| line.is_ascii()) {
                conditions(line).into_iter().for_each(|what| add((at, at), what));
            }
            let before = blank.get(at - 1).copied().unwrap_or_default().trim_end();
            let begins = before.ends_with([';', '{', '}']) || before.is_empty();
            if let Some(last) = statement(&blank, at, range.end).filter(|_| begins) {
                add((at, last), What::Omitted);
            }
        }
    }
    found
}

/// What a function may give at once, by how its signature ends.
fn answers(line: &str) -> &'static [&'static str] {
    if line.ends_with("-> bool {") {
        &["true", "false"]
    } else if line.contains("-> Result<(), ") {
        &["Ok(())"]
    } else if line.contains("-> Option<") {
        &["None"]
    } else {
        &[]
    }
}

/// The conditions of a line: of an `if`, of a guard, or one more line of a longer one.
fn conditions(line: &str) -> Vec<What> {
    let (from, to) = match (line.find("if "), line.trim_start()) {
        (_, rest) if rest.starts_with("&& ") || rest.starts_with("|| ") => {
            let from = line.len() - rest.len();
            let part = (from + 3, line.trim_end().len());
            let is_and = rest.starts_with('&');
            let whole = line.get(part.0..part.1).is_some_and(is_whole);
            return match (whole, is_and) {
                (false, _) => Vec::new(),
                (true, true) => vec![What::Holds(part.0, part.1)],
                (true, false) => vec![What::Fails(part.0, part.1)],
            };
        }
        (Some(at), rest) => {
            let end = match line.rfind(" =>") {
                Some(end) if at < end => Some(end),
                Some(_) | None if rest.starts_with("if ") || rest.contains("else if ") => {
                    opening(line, at + 3)
                }
                Some(_) | None => None,
            };
            match end {
                Some(end) if at + 3 < end => (at + 3, end),
                Some(_) | None => return Vec::new(),
            }
        }
        (None, _) => return Vec::new(),
    };
    let condition = line.get(from..to).unwrap_or_default();
    if condition.contains("let ") || !is_whole(condition) {
        return Vec::new();
    }
    let (ands, ors) = (split(condition, " && "), split(condition, " || "));
    let places = |parts: Vec<(usize, usize)>| {
        parts.into_iter().map(move |(start, end)| (from + start, from + end))
    };
    match (ands.len(), ors.len()) {
        (1, 1) => vec![What::Holds(from, to), What::Fails(from, to)],
        (_, 1) => places(ands).map(|(start, end)| What::Holds(start, end)).collect(),
        (1, _) => places(ors).map(|(start, end)| What::Fails(start, end)).collect(),
        _ => vec![What::Holds(from, to), What::Fails(from, to)],
    }
}

/// Where the block behind a condition opens.
fn opening(line: &str, from: usize) -> Option<usize> {
    let braces = line.match_indices(" {").map(|(at, _)| at).filter(|at| *at > from);
    braces.into_iter().find(|at| line.get(from..*at).is_some_and(is_whole))
}

/// Brackets close what they open, and nothing ends a statement.
fn is_whole(text: &str) -> bool {
    let mut depth = 0_i32;
    for next in text.chars() {
        match next {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ';' => return false,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0 && !text.trim_end().ends_with(['{', ','])
}

/// The parts between a connective outside all brackets.
fn split(text: &str, by: &str) -> Vec<(usize, usize)> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices(by) {
        if text.get(start..at).is_some_and(is_whole) {
            parts.push((start, at));
            start = at + by.len();
        }
    }
    parts.push((start, text.len()));
    parts
}

/// The last line of a statement that can be left out, if one begins here.
fn statement(blank: &[&str], at: usize, end: usize) -> Option<usize> {
    const OTHERS: [&str; 16] = [
        "let ",
        "return",
        "if ",
        "match ",
        "for ",
        "while ",
        "loop ",
        "}",
        "#",
        ".",
        "const ",
        "debug_assert",
        "else",
        "use ",
        "fn ",
        "pub ",
    ];
    let first = blank.get(at)?.trim();
    if first.is_empty() || OTHERS.iter().any(|other| first.starts_with(other)) {
        return None;
    }
    let mut whole = String::new();
    for (number, line) in blank.iter().enumerate().take(end).skip(at) {
        whole.push_str(line.trim_end());
        if let Some(body) = whole.strip_suffix(';') {
            return (is_whole(body) && !body.contains(" = ")).then_some(number);
        }
        if line.trim().is_empty() || !line.trim_end().ends_with(['(', ',', '[', ')', '|']) {
            let next = blank.get(number + 1)?.trim();
            if !next.starts_with(['.', ')', ']']) {
                return None;
            }
        }
    }
    None
}

/// The text with these mutants in it, each asleep behind its number.
pub fn written(text: &str, mutants: &[(usize, &Mutant)]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (index, line) in lines.iter_mut().enumerate() {
        let here = mutants.iter().filter(|(_, mutant)| mutant.lines.0 == index + 1);
        let mut edits: Vec<(usize, String)> = Vec::new();
        for (number, mutant) in here {
            let awake = format!("crate::mutant({number})");
            match mutant.what {
                What::Holds(from, to) => {
                    edits.push((from, "((".into()));
                    edits.push((to, format!(") || {awake})")));
                }
                What::Fails(from, to) => {
                    edits.push((from, "((".into()));
                    edits.push((to, format!(") && !{awake})")));
                }
                What::Omitted => {
                    let from = line.len() - line.trim_start().len();
                    edits.push((from, format!("if !{awake} {{ ")));
                }
                What::Gives(value) => {
                    edits.push((line.len(), format!(" if {awake} {{ return {value}; }}")));
                }
            }
        }
        // From the end, so that the places before stay right; what closes first was opened last.
        edits.sort_by_key(|(at, _)| *at);
        for (at, piece) in edits.into_iter().rev() {
            line.insert_str(at, &piece);
        }
    }
    for (_, mutant) in mutants.iter().filter(|(_, mutant)| matches!(mutant.what, What::Omitted)) {
        if let Some(last) = lines.get_mut(mutant.lines.1 - 1) {
            last.push_str(" }");
        }
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "fn check(one: u8, two: u8) -> bool {\n    \
        if one == 1 && two != 2 {\n        return false;\n    }\n    \
        hear(one);\n    one > 3\n        || two > 3\n}\n\
        #[cfg(test)]\nmod tests {\n    fn f() -> bool {\n        true\n    }\n}\n";

    #[test]
    fn conditions_statements_and_answers_are_found_outside_tests() {
        let found: Vec<String> =
            mutants("a.rs", TEXT).iter().map(|mutant| mutant.to_string()).collect();
        assert_eq!(
            found,
            [
                "a.rs:1: `fn check(one: u8, two: u8) -> bool {` gives true",
                "a.rs:1: `fn check(one: u8, two: u8) -> bool {` gives false",
                "a.rs:2: `one == 1` always holds",
                "a.rs:2: `two != 2` always holds",
                "a.rs:5: left out: `hear(one);`",
                "a.rs:7: `two > 3` never holds",
            ]
        );
    }

    #[test]
    fn a_mutant_sleeps_behind_its_number_on_its_own_lines() {
        let mutants = mutants("a.rs", TEXT);
        let numbered: Vec<_> = mutants.iter().enumerate().collect();
        let text = written(TEXT, &numbered);
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        assert_eq!(lines.len(), TEXT.lines().count());
        let both = "if ((one == 1) || crate::mutant(2)) && ((two != 2) || crate::mutant(3)) {";
        assert_eq!(lines[1], both);
        assert_eq!(lines[4], "if !crate::mutant(4) { hear(one); }");
        assert_eq!(lines[6], "|| ((two > 3) && !crate::mutant(5))");
        assert!(mutants[4].is_at("a.rs:5:9") && !mutants[4].is_at("a.rs:6:1"));
    }
}
