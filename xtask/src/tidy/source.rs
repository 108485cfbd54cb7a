//! A Rust file as the checks see it: its lines, and the same text with comments, strings and
//! characters blanked out, so that a brace or a name in them counts for nothing.
//!
//! A scan by hand in place of a parser: the checks need lines and braces, not types, and this
//! builds in no time. What it cannot read it leaves as code, so a check never hides a line.

/// A function and where it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// The line of the word `fn`, counted from 1.
    pub line: usize,
    /// From the line of `fn` to that of the closing brace, both included.
    pub length: usize,
    /// Marked `#[component]`.
    pub is_component: bool,
}

/// The text with everything that is not code replaced by blanks; lines stay lines.
#[must_use]
pub fn code_of(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < characters.len() {
        let length = length_of_no_code(&characters, at);
        for character in characters.iter().skip(at).take(length) {
            code.push(if *character == '\n' { '\n' } else { ' ' });
        }
        at += length;
        if length == 0 {
            // A whole word at once, so that the `r` in `for"` starts no raw string.
            let word = characters.iter().skip(at).take_while(|next| is_word(**next)).count().max(1);
            code.extend(characters.iter().skip(at).take(word));
            at += word;
        }
    }
    code
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// How many characters from here on are a comment, a string or a character; 0 for code.
fn length_of_no_code(text: &[char], at: usize) -> usize {
    let next = |offset: usize| text.get(at + offset).copied().unwrap_or('\n');
    match next(0) {
        '/' if next(1) == '/' => text.iter().skip(at).take_while(|next| **next != '\n').count(),
        '/' if next(1) == '*' => block_comment(text, at),
        '"' => string(text, at),
        'b' | 'c' if next(1) == '"' => 1 + string(text, at + 1),
        'b' if next(1) == '\'' => 1 + character(text, at + 1).max(1),
        'b' | 'c' if next(1) == 'r' => match raw_string(text, at + 1) {
            0 => 0,
            length => 1 + length,
        },
        'r' => raw_string(text, at),
        '\'' => character(text, at),
        _ => 0,
    }
}

fn block_comment(text: &[char], start: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = start;
    while at < text.len() {
        match (text.get(at), text.get(at + 1)) {
            (Some('/'), Some('*')) => depth += 1,
            (Some('*'), Some('/')) => depth = depth.saturating_sub(1),
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            break;
        }
    }
    at - start
}

fn string(text: &[char], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(character) = text.get(at) {
        match character {
            '\\' => at += 2,
            '"' => return at + 1 - start,
            _ => at += 1,
        }
    }
    text.len() - start
}

/// `r"…"`, `r#"…"#` and so on; 0 for a raw identifier or a plain word.
fn raw_string(text: &[char], start: usize) -> usize {
    let hashes = text.iter().skip(start + 1).take_while(|next| **next == '#').count();
    if text.get(start + 1 + hashes) != Some(&'"') {
        return 0;
    }
    let mut at = start + 2 + hashes;
    while at < text.len() {
        let closes = text.get(at) == Some(&'"')
            && text.iter().skip(at + 1).take_while(|next| **next == '#').count() >= hashes;
        if closes {
            return at + 1 + hashes - start;
        }
        at += 1;
    }
    text.len() - start
}

/// `'x'` or `'\…'`; 0 for a lifetime.
fn character(text: &[char], start: usize) -> usize {
    if text.get(start + 1) == Some(&'\\') {
        let rest = text.iter().skip(start + 3).take_while(|next| **next != '\'').count();
        return rest + 4;
    }
    if text.get(start + 2) == Some(&'\'') { 3 } else { 0 }
}

/// Every function that has a body, in code as [`code_of`] gives it.
#[must_use]
pub fn functions(code: &str) -> Vec<Function> {
    let bytes = code.as_bytes();
    let mut found = Vec::new();
    for (start, _) in code.match_indices("fn ") {
        if start > 0 && bytes.get(start - 1).is_some_and(|before| is_word(char::from(*before))) {
            continue;
        }
        let rest = code.get(start + 3..).unwrap_or_default();
        let name: String = rest.trim_start().chars().take_while(|next| is_word(*next)).collect();
        let Some(end) = end_of_body(bytes, start).filter(|_| !name.is_empty()) else { continue };
        let line = line_of(code, start);
        let length = line_of(code, end) + 1 - line;
        found.push(Function { name, line, length, is_component: is_component(code, start) });
    }
    found
}

/// Where the body's closing brace is; `None` for a function without a body.
fn end_of_body(code: &[u8], start: usize) -> Option<usize> {
    let mut in_signature = 0_usize;
    let mut in_body = 0_usize;
    for (at, byte) in code.iter().enumerate().skip(start) {
        match byte {
            b'(' | b'[' if in_body == 0 => in_signature += 1,
            b')' | b']' if in_body == 0 => in_signature = in_signature.saturating_sub(1),
            b';' if in_body == 0 && in_signature == 0 => return None,
            b'{' if in_signature == 0 => in_body += 1,
            b'}' if in_body > 0 => {
                in_body -= 1;
                if in_body == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether `#[component]` stands between the item before and this one.
fn is_component(code: &str, start: usize) -> bool {
    let before = code.get(..start).unwrap_or_default();
    let item = before.rfind(['{', '}', ';']).map_or(0, |at| at + 1);
    before.get(item..).is_some_and(|attributes| attributes.contains("#[component"))
}

/// The line of a position, counted from 1.
#[must_use]
pub fn line_of(text: &str, position: usize) -> usize {
    text.bytes().take(position).filter(|byte| *byte == b'\n').count() + 1
}

/// How many lines come before the file's own tests (`#[cfg(test)]` on a module with a body).
#[must_use]
pub fn production_lines(code: &str) -> usize {
    let lines: Vec<&str> = code.lines().map(str::trim).collect();
    for (at, line) in lines.iter().enumerate() {
        let is_test = line.starts_with("#[cfg(test)]") || line.starts_with("#[cfg(all(test");
        let item = lines.iter().skip(at + 1).find(|next| !next.starts_with("#[")).copied();
        if is_test && item.is_some_and(|item| item.starts_with("mod ") && !item.ends_with(';')) {
            return at;
        }
    }
    lines.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_strings_and_characters_are_blanked_and_lines_stay() {
        let text = "let a = \"}\\\"{\"; // }\nlet b = '{'; /* } /* { */ } */\n\
                    let c: &'a u8 = b'\\n';\nlet d = r#\"\n} \" {\"#;\n\
                    let r#fn = br\"{\"; for x in \"\" {}";
        let code = code_of(text);
        assert_eq!(code.lines().count(), text.lines().count());
        assert_eq!(code.chars().count(), text.chars().count());
        assert_eq!(code.matches(['{', '}']).count(), 2, "{code}");
        assert!(code.contains("&'a u8") && code.contains("r#fn"), "{code}");
    }

    #[test]
    fn functions_are_measured_from_fn_to_the_closing_brace() {
        let text = "trait T { fn none(&self); }\n\
                    #[component]\npub fn View(a: [u8; 3]) -> View {\n    x\n}\n\
                    fn one() where A: B<{ 1 }> { \"}\" }\n\
                    type F = fn(u8) -> u8;\nconst S: &str = \"fn fake() { }\";\n";
        let found = functions(&code_of(text));
        let names: Vec<_> = found.iter().map(|function| function.name.as_str()).collect();
        assert_eq!(names, ["View", "one"]);
        assert_eq!((found[0].line, found[0].length, found[0].is_component), (3, 3, true));
        assert_eq!((found[1].length, found[1].is_component), (1, false));
    }

    #[test]
    fn production_ends_where_the_files_own_tests_begin() {
        assert_eq!(production_lines("a\nb\n#[cfg(test)]\nmod tests {\n}\n"), 2);
        assert_eq!(production_lines("a\n#[cfg(test)]\nmod tests;\nb\n"), 4);
        assert_eq!(production_lines("a\n#[cfg(all(test, unix))]\nmod tests {\n}\n"), 1);
        assert_eq!(production_lines("a\n#[cfg(test)]\nuse x;\nb"), 4);
    }
}
