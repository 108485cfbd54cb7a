//! Sizes and openings: the hard limits of the conventions.
//!
//! A file that hits one shows a missing part: find the noun that wants out, do not cut in the
//! middle.

use super::source::{code_of, functions, production_lines};
use super::{File, Finding};
use std::collections::BTreeMap;

/// Lines of a file before its own tests.
const FILE_LINES: usize = 500;
/// Lines of a function, from `fn` to the closing brace.
const FUNCTION_LINES: usize = 70;
/// Lines of a component, likewise.
const COMPONENT_LINES: usize = 250;
/// Characters of a line.
const COLUMNS: usize = 100;
/// Modules side by side: those of a crate, and those of any folder in it.
const MODULES: usize = 18;

/// Checks every file and every folder of modules.
pub fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = modules(files);
    for file in files {
        if file.has_ending(&["rs", "css", "js", "html"]) {
            columns(file, &mut findings);
        }
        if file.is_rust() {
            rust(file, &mut findings);
        }
    }
    findings
}

fn columns(file: &File, findings: &mut Vec<Finding>) {
    for (at, line) in file.text.lines().enumerate() {
        let columns = line.chars().count();
        if columns > COLUMNS {
            let words = format!("{columns} columns, at most {COLUMNS}");
            findings.push(Finding::new(&file.path, at + 1, words));
        }
    }
}

fn rust(file: &File, findings: &mut Vec<Finding>) {
    if !file.text.starts_with("//!") {
        findings.push(Finding::new(&file.path, 1, "does not open with //! and what the file is"));
    }
    let code = code_of(&file.text);
    let lines = production_lines(&code);
    if lines > FILE_LINES && !file.is_test() {
        let words = format!("{lines} lines before the tests, at most {FILE_LINES}");
        findings.push(Finding::new(&file.path, 1, words));
    }
    for function in functions(&code) {
        let (kind, limit) = match function.is_component {
            true => ("component", COMPONENT_LINES),
            false => ("function", FUNCTION_LINES),
        };
        if function.length > limit {
            let words = format!(
                "the {kind} `{}` has {} lines, at most {limit}",
                function.name, function.length
            );
            findings.push(Finding::new(&file.path, function.line, words));
        }
    }
}

fn modules(files: &[File]) -> Vec<Finding> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for file in files.iter().filter(|file| file.is_rust() && file.path.contains("src/")) {
        let Some((folder, name)) = file.path.rsplit_once('/') else { continue };
        let is_module = !matches!(name, "lib.rs" | "main.rs" | "tests.rs" | "mod.rs");
        if is_module && !folder.ends_with("src/bin") {
            *counts.entry(folder).or_default() += 1;
        } else if name == "mod.rs" {
            // `mod.rs` is the module of its folder, so it counts beside the folder.
            *counts.entry(folder.rsplit_once('/').map_or("", |(above, _)| above)).or_default() += 1;
        }
    }
    counts
        .into_iter()
        .filter(|(_, count)| *count > MODULES)
        .map(|(folder, count)| {
            Finding::new(folder, 1, format!("{count} modules side by side, at most {MODULES}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let file = File { path: path.to_owned(), text: text.to_owned() };
        check(&[file]).into_iter().map(|finding| finding.to_string()).collect()
    }

    #[test]
    fn a_file_opens_with_what_it_is() {
        assert!(found("a.rs", "//! A.\n").is_empty());
        assert_eq!(found("a.rs", "use x;\n").len(), 1);
    }

    #[test]
    fn lines_are_measured_in_characters() {
        assert!(found("a.rs", &format!("//! {}\n", "ä".repeat(96))).is_empty());
        assert_eq!(found("a.css", &"a".repeat(101)), ["a.css:1: 101 columns, at most 100"]);
        assert!(found("a.md", &"a".repeat(101)).is_empty());
    }

    #[test]
    fn functions_and_components_have_limits_of_their_own() {
        let function =
            |lines: usize| format!("fn long() {{\n{}}}\n", "    x();\n".repeat(lines - 2));
        assert!(found("a.rs", &format!("//! A.\n{}", function(70))).is_empty());
        let words = found("a.rs", &format!("//! A.\n{}", function(71)));
        assert_eq!(words, ["a.rs:2: the function `long` has 71 lines, at most 70"]);
        assert!(found("a.rs", &format!("//! A.\n#[component]\n{}", function(250))).is_empty());
        assert_eq!(found("a.rs", &format!("//! A.\n#[component]\n{}", function(251))).len(), 1);
    }

    #[test]
    fn tests_do_not_count_as_lines_of_a_file() {
        let production = format!("//! A.\n{}", "use x;\n".repeat(499));
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "    use y;\n".repeat(100));
        assert!(found("src/a.rs", &format!("{production}{tests}")).is_empty());
        assert_eq!(found("src/a.rs", &format!("{production}use z;\n{tests}")).len(), 1);
        assert!(found("src/a/tests.rs", &format!("{production}use z;\n")).is_empty());
    }

    #[test]
    fn modules_side_by_side_are_counted() {
        let module = |at: usize| File { path: format!("c/src/m{at}.rs"), text: "//! M.".into() };
        let mut files: Vec<_> = (0..18).map(module).collect();
        files.push(File { path: "c/src/lib.rs".into(), text: "//! L.".into() });
        files.push(File { path: "c/src/m0/inner.rs".into(), text: "//! I.".into() });
        assert!(check(&files).is_empty());
        files.push(File { path: "c/src/folder/mod.rs".into(), text: "//! F.".into() });
        assert_eq!(check(&files)[0].to_string(), "c/src:1: 19 modules side by side, at most 18");
    }
}
