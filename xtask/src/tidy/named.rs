//! Tests that documents name have to exist: a promise whose test is gone is not kept any more.

use super::{File, Finding};
use std::collections::BTreeSet;

/// The documents that say which test shows what.
const DOCUMENTS: [&str; 2] = ["README.md", "SECURITY.md"];

/// Stands for the rest of a name.
const REST: char = '…';

/// Checks each name in backticks that looks like a test's.
pub fn check(files: &[File]) -> Vec<Finding> {
    let code = files.iter().filter(|file| file.is_rust());
    let functions: BTreeSet<&str> = code.flat_map(|file| functions(&file.text)).collect();
    let known = |name: &str| match name.strip_suffix(REST) {
        Some(begin) => functions.iter().any(|function| function.starts_with(begin)),
        None => functions.contains(name),
    };
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| DOCUMENTS.contains(&&*file.path)) {
        for (at, line) in file.text.lines().enumerate() {
            for name in line.split('`').skip(1).step_by(2).filter(|name| is_test(name)) {
                if !known(name) {
                    let words = format!("no test is called {name}");
                    findings.push(Finding::new(&file.path, at + 1, words));
                }
            }
        }
    }
    findings
}

fn functions(text: &str) -> impl Iterator<Item = &str> {
    text.split("fn ").skip(1).filter_map(|rest| rest.split(['(', '<']).next())
}

/// Tests are called by a sentence, or by what promise they show.
fn is_test(name: &str) -> bool {
    let word = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let words = name.trim_end_matches(REST);
    let sentence = words.matches('_').count() >= 3 || name.ends_with(REST);
    sentence && words.chars().all(word) && !words.contains(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_is_named_and_gone_is_found() {
        let file = |path: &str, text: &str| File { path: path.into(), text: text.into() };
        let code = file("a.rs", "fn what_is_kept_is_kept() {}\nasync fn i1_and_so_on() {}");
        let text = "`what_is_kept_is_kept`, `i1_…`, `CONFAB_A_B_C`, `cargo xtask test`\n`i2_…`\n\
                    | x | `what_is_lost_is_lost` |";
        let found = check(&[code, file("README.md", text), file("OTHER.md", "`what_is_not_here`")]);
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "README.md:2: no test is called i2_…",
                "README.md:3: no test is called what_is_lost_is_lost",
            ]
        );
    }
}
