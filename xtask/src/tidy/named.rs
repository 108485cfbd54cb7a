//! Tests and files that documents name have to exist: a promise whose test is gone is not kept any
//! more. The beginning of a name stands for tests of one file, so that it means those and no
//! others; only an invariant (`i9_…`) stands for all tests that show it.

use super::{File, Finding};
use std::collections::{BTreeMap, BTreeSet};

/// The documents that say which test shows what.
const PROMISES: [&str; 2] = ["README.md", "SECURITY.md"];
/// The documents that say where a thing is.
const DOCUMENTS: [&str; 3] = ["README.md", "SECURITY.md", "ARCHITECTURE.md"];
/// Files that are told by these endings.
const ENDINGS: [&str; 6] = ["rs", "toml", "md", "js", "txt", "css"];

/// Stands for the rest of a name, or for what is as in the one before.
const REST: char = '…';

/// The functions by their names, and in which files they are.
type Functions<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// Checks each name in backticks that looks like a test's or a file's.
pub fn check(files: &[File]) -> Vec<Finding> {
    let mut known = Functions::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        for function in functions(&file.text) {
            known.entry(function).or_default().insert(&file.path);
        }
    }
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| DOCUMENTS.contains(&&*file.path)) {
        let promises = PROMISES.contains(&&*file.path);
        for (at, line) in file.text.lines().enumerate() {
            let mut before = "";
            for name in line.split('`').skip(1).step_by(2) {
                let wrong = if is_file(name) {
                    let there = files.iter().any(|file| is_called(&file.path, name));
                    (!there).then(|| format!("no file is called {name}"))
                } else if promises && is_test(name) {
                    wrong(name, std::mem::replace(&mut before, name), &known)
                } else {
                    None
                };
                findings.extend(wrong.map(|words| Finding::new(&file.path, at + 1, words)));
            }
        }
    }
    findings
}

/// What is wrong with the name of a test behind another one.
fn wrong(name: &str, before: &str, known: &Functions) -> Option<String> {
    let missing = || Some(format!("no test is called {name}"));
    if let Some(end) = name.strip_prefix(REST) {
        let begin = before.rsplit_once('_').map_or("", |(begin, _)| begin);
        let whole = format!("{begin}{end}");
        return if known.contains_key(&*whole) { None } else { missing() };
    }
    let Some(begin) = name.strip_suffix(REST) else {
        return if known.contains_key(name) { None } else { missing() };
    };
    let meant = known.iter().filter(|(function, _)| function.starts_with(begin));
    let places: BTreeSet<&str> = meant.flat_map(|(_, files)| files).copied().collect();
    match places.len() {
        0 => missing(),
        1 => None,
        _ if is_invariant(begin) => None,
        count => Some(format!("tests in {count} files are called {name}")),
    }
}

fn functions(text: &str) -> impl Iterator<Item = &str> {
    text.split("fn ").skip(1).filter_map(|rest| rest.split(['(', '<']).next())
}

/// Tests are called by a sentence, or by what promise they show.
fn is_test(name: &str) -> bool {
    let word = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let words = name.trim_matches(REST);
    let sentence = words.matches('_').count() >= 3 || words.len() < name.len();
    sentence && words.chars().all(word) && !words.contains(char::is_uppercase)
}

/// The number of a promise, and nothing more.
fn is_invariant(begin: &str) -> bool {
    let number = begin.strip_prefix('i').and_then(|rest| rest.strip_suffix('_'));
    number.is_some_and(|number| number.parse::<u8>().is_ok())
}

/// A path from somewhere, or the name of a file.
fn is_file(name: &str) -> bool {
    let part = |character: char| character.is_ascii_alphanumeric() || "_-./".contains(character);
    let ending = name.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending));
    ending && name.chars().all(part) && !name.starts_with('/')
}

fn is_called(path: &str, name: &str) -> bool {
    path.strip_suffix(name).is_some_and(|folder| folder.is_empty() || folder.ends_with('/'))
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

    #[test]
    fn a_beginning_means_tests_of_one_file_and_an_ending_the_test_before() {
        let file = |path: &str, text: &str| File { path: path.into(), text: text.into() };
        let files = |text: &str| {
            let one = "fn what_is_said() {}\nfn what_is_here_in_one() {}\nfn i3_one() {}";
            let other = "fn what_is_said_twice() {}\nfn what_is_here_in_two() {}\nfn i3_two() {}";
            check(&[file("a.rs", one), file("b.rs", other), file("SECURITY.md", text)])
        };
        for good in ["`what_is_said_t…`", "`i3_…`", "`what_is_here_in_one`, `…_two`"] {
            assert!(files(good).is_empty(), "{good}: {:?}", files(good));
        }
        for (bad, words) in [
            ("`what_is_said…`", "tests in 2 files are called what_is_said…"),
            ("`what_is_here_in_one`, `…_three`", "no test is called …_three"),
            ("`…_two`", "no test is called …_two"),
        ] {
            assert_eq!(files(bad).len(), 1, "{bad}");
            assert_eq!(files(bad)[0].to_string(), format!("SECURITY.md:1: {words}"));
        }
    }

    #[test]
    fn a_file_that_is_named_and_gone_is_found() {
        let file = |path: &str, text: &str| File { path: path.into(), text: text.into() };
        let text = "`src/log.rs`, `log.rs`, `a/src/log.rs`, `/config.json`, `x.y()`, `0.1.2`";
        let (there, good) = (file("a/src/log.rs", ""), file("ARCHITECTURE.md", text));
        let bad = file("README.md", "`og.rs`, `src/gone.rs` and `b/log.rs`");
        let found: Vec<String> =
            check(&[there, good, bad]).iter().map(ToString::to_string).collect();
        let gone = ["og.rs", "src/gone.rs", "b/log.rs"];
        assert_eq!(found, gone.map(|name| format!("README.md:1: no file is called {name}")));
    }
}
