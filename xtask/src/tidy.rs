//! `tidy`: the conventions that a machine can check, each finding with its file, line and words.
//!
//! | part | checks |
//! |---|---|
//! | `shape` | sizes of files, functions, components and crates; how a file opens |
//! | `words` | names, marks, paths and versions that must not be there; lengths of documents |
//! | `imports` | who may depend on whom, from cargo's own answers |
//! | `named` | tests and files that documents name exist |

mod imports;
mod named;
mod shape;
pub mod source;
mod words;

use crate::paths;
use anyhow::{Context, Result};
use std::fmt;
use std::fs;
use std::path::Path;

/// Folders that hold nothing written by hand.
const SKIPPED: [&str; 6] = [".git", "target", "dist", "node_modules", "corpus", "artifacts"];

/// A text file of the workspace.
struct File {
    /// From the root, with `/` between the parts on every platform.
    path: String,
    text: String,
}

impl File {
    fn has_ending(&self, endings: &[&str]) -> bool {
        self.path.rsplit_once('.').is_some_and(|(_, ending)| endings.contains(&ending))
    }

    fn is_rust(&self) -> bool {
        self.has_ending(&["rs"])
    }

    /// Tests in a file or a folder of their own; the crate `tests` itself is no such folder.
    fn is_test(&self) -> bool {
        let inner = self.path.strip_prefix("tests/").unwrap_or(&self.path);
        inner.ends_with("/tests.rs") || inner.starts_with("tests/") || inner.contains("/tests/")
    }
}

/// Something that the conventions forbid.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    line: usize,
    words: String,
}

impl Finding {
    fn new(path: &str, line: usize, words: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, words: words.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.path, self.line, self.words)
    }
}

/// Checks the workspace and prints each finding; `false` when there is one.
///
/// # Errors
/// When a file cannot be read or cargo cannot be asked.
pub fn run() -> Result<bool> {
    let root = paths::root()?;
    let mut files = Vec::new();
    read_files(&root, &root, &mut files)?;
    let mut findings = shape::check(&files);
    findings.extend(words::check(&files)?);
    findings.extend(imports::check()?);
    findings.extend(named::check(&files));
    findings.sort();
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => println!("tidy: {} files, nothing found", files.len()),
        count => println!("tidy: {} files, {count} found", files.len()),
    }
    Ok(findings.is_empty())
}

/// Reads every text file below the folder; what is not text is passed over.
fn read_files(root: &Path, folder: &Path, files: &mut Vec<File>) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("{} is unreadable", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            if !SKIPPED.iter().any(|skipped| name == *skipped) {
                read_files(root, &path, files)?;
            }
        } else if let Ok(text) = fs::read_to_string(&path) {
            let parts = path.strip_prefix(root).unwrap_or(&path).components();
            let parts: Vec<_> = parts.map(|part| part.as_os_str().to_string_lossy()).collect();
            files.push(File { path: parts.join("/"), text });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_told_from_production_also_in_the_crate_of_that_name() {
        let is_test = |path: &str| File { path: path.to_owned(), text: String::new() }.is_test();
        assert!(is_test("crates/engine/src/log/tests.rs"));
        assert!(is_test("crates/browser/tests/page.rs"));
        assert!(is_test("tests/tests/e2e.rs"));
        assert!(!is_test("tests/src/world.rs"));
        assert!(!is_test("crates/engine/src/contests.rs"));
    }

    #[test]
    fn a_finding_reads_as_file_line_and_words() {
        let finding = Finding::new("app/src/lib.rs", 7, "too long");
        assert_eq!(finding.to_string(), "app/src/lib.rs:7: too long");
    }
}
