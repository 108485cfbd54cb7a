//! What must not be written: platform names in the crates that know no platform, marks of
//! unfinished work, paths of one machine, versions typed twice; and how long documents may be.
//!
//! The patterns are put together from parts, so that this file is not found by its own checks.

use super::source::code_of;
use super::{File, Finding};
use crate::versions;
use anyhow::Result;

/// A word that code in some folders must not name, and why.
struct Ban {
    folders: &'static [&'static str],
    words: &'static [&'static str],
    why: &'static str,
}

const BANS: [Ban; 4] = [
    Ban {
        folders: &["crates/engine/", "crates/protocol/"],
        words: &["web_sys", "js_sys", "wasm_bindgen", "gloo", "tokio", "leptos"],
        why: "engine and protocol know no platform",
    },
    Ban { folders: &["crates/browser/"], words: &["leptos"], why: "browser knows no page" },
    Ban {
        folders: &["signaling/"],
        words: &["engine"],
        why: "the server cannot even name a chat message",
    },
    Ban {
        folders: &["app/"],
        words: &["RtcPeerConnection", "RtcDataChannel", "IdbDatabase", "IdbFactory"],
        why: "the page sees Client and plain data only",
    },
];

/// Documents, and how many lines each may have.
const DOCUMENTS: [(&str, usize); 2] = [("ARCHITECTURE.md", 300), ("README.md", 200)];

/// Checks every file and the documents.
pub fn check(files: &[File]) -> Result<Vec<Finding>> {
    let versions = typed_versions()?;
    let mut findings = documents(files);
    for file in files.iter().filter(|file| !is_not_ours(file)) {
        if file.is_rust() {
            let code = code_of(&file.text);
            bans(file, &code, &mut findings);
            names(file, &code, &mut findings);
        }
        for (at, line) in file.text.lines().enumerate() {
            let mut report = |words: String| {
                findings.push(Finding::new(&file.path, at + 1, words));
            };
            marks(line, &mut report);
            if file.has_ending(&["js", "ts"]) && holds_word(line, "as any") {
                report("throws a type away: name it".to_owned());
            }
            machine_paths(line, &mut report);
            for version in versions.iter().filter(|version| !version.homes.contains(&&*file.path)) {
                if holds_number(line, &version.number) {
                    report(format!(
                        "the version {} of {} is typed again: its one place is {}",
                        version.number, version.tool, version.homes[0]
                    ));
                }
            }
        }
    }
    Ok(findings)
}

/// Written by a tool, or the words of a licence.
fn is_not_ours(file: &File) -> bool {
    file.path == "Cargo.lock" || file.path.starts_with("LICENSE")
}

fn bans(file: &File, code: &str, findings: &mut Vec<Finding>) {
    for ban in BANS.iter().filter(|ban| ban.folders.iter().any(|at| file.path.starts_with(at))) {
        for (at, line) in code.lines().enumerate() {
            for word in ban.words.iter().filter(|word| holds_word(line, word)) {
                let words = format!("names `{word}`: {}", ban.why);
                findings.push(Finding::new(&file.path, at + 1, words));
            }
        }
    }
}

/// Names that say nothing about what a thing is.
fn names(file: &File, code: &str, findings: &mut Vec<Finding>) {
    const EMPTY: [&str; 5] = ["Manager", "Service", "Helper", "Util", "Utils"];
    for (at, line) in code.lines().enumerate() {
        let mut words = line.split(|next: char| !next.is_alphanumeric() && next != '_');
        while let Some(word) = words.next() {
            let name = match word {
                "struct" | "enum" | "trait" | "fn" => words.next().unwrap_or_default(),
                _ => continue,
            };
            let is_empty = word != "fn" && EMPTY.iter().any(|empty| name.ends_with(empty));
            if is_empty || (word == "fn" && name.starts_with("get_")) {
                let words = format!("`{name}` says nothing: use a word of the vocabulary");
                findings.push(Finding::new(&file.path, at + 1, words));
            }
        }
    }
}

fn marks(line: &str, report: &mut impl FnMut(String)) {
    for mark in [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("HA", "CK")]
    {
        if holds_word(line, mark) {
            report(format!("{mark}: finish it or open an issue"));
        }
    }
    for (mark, why) in [
        (concat!("inner", "_html"), "text nodes only"),
        (concat!("inner", "HTML"), "text nodes only"),
        (concat!("outer", "HTML"), "text nodes only"),
    ] {
        if holds_word(line, mark) {
            report(format!("{mark}: {why}"));
        }
    }
}

/// Paths that exist on one machine only.
fn machine_paths(line: &str, report: &mut impl FnMut(String)) {
    for start in [
        concat!("/ho", "me/"),
        concat!("/ro", "ot/"),
        concat!("/Us", "ers/"),
        concat!("/wo", "rk/"),
    ] {
        let is_path = line.match_indices(start).any(|(at, _)| {
            let before = line.get(..at).and_then(|before| before.chars().next_back());
            !before.is_some_and(|before| before.is_alphanumeric() || "._-}".contains(before))
        });
        if is_path {
            report(format!("`{start}…` is a path of one machine"));
        }
    }
}

/// A version, and the files that may hold it, its one place first.
struct Version {
    tool: &'static str,
    number: String,
    homes: &'static [&'static str],
}

fn typed_versions() -> Result<Vec<Version>> {
    let table = versions::TABLE.into_iter().map(|(tool, number)| Version {
        tool,
        number: number.to_owned(),
        homes: &["xtask/src/versions.rs"],
    });
    let wasm_opt = Version {
        tool: "wasm-opt",
        number: versions::wasm_opt(),
        homes: &["xtask/src/versions.rs"],
    };
    let wasm_bindgen = Version {
        tool: "wasm-bindgen",
        number: versions::wasm_bindgen()?,
        homes: &["Cargo.toml", "Cargo.lock"],
    };
    Ok(table.chain([wasm_opt, wasm_bindgen]).collect())
}

fn documents(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, limit) in DOCUMENTS {
        match files.iter().find(|file| file.path == name) {
            None => findings.push(Finding::new(name, 1, "is missing")),
            Some(file) if file.text.lines().count() > limit => {
                let words = format!("{} lines, at most {limit}", file.text.lines().count());
                findings.push(Finding::new(name, limit + 1, words));
            }
            Some(_) => {}
        }
    }
    findings
}

fn holds_word(line: &str, word: &str) -> bool {
    holds(line, word, |next| next.is_alphanumeric() || next == '_')
}

fn holds_number(line: &str, number: &str) -> bool {
    holds(line, number, |next| next.is_alphanumeric() || next == '.')
}

/// Whether the line holds the words with nothing at either side that would make them longer.
fn holds(line: &str, words: &str, continues: impl Fn(char) -> bool) -> bool {
    line.match_indices(words).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        let after = line.get(at + words.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(&continues) && !after.is_some_and(&continues)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let file = File { path: path.to_owned(), text: text.to_owned() };
        let findings = check(&[file]).unwrap();
        findings
            .into_iter()
            .filter(|finding| finding.path == path)
            .map(|finding| finding.words)
            .collect()
    }

    #[test]
    fn the_engine_names_no_platform_in_its_code() {
        assert_eq!(found("crates/engine/src/a.rs", "use web_sys::Window;\n").len(), 1);
        assert!(
            found("crates/engine/src/a.rs", "// unlike tokio\nlet a = \"tokio\";\n").is_empty()
        );
        assert!(found("crates/browser/src/a.rs", "use web_sys::Window;\n").is_empty());
        assert_eq!(found("crates/browser/src/a.rs", "use leptos::prelude::*;\n").len(), 1);
    }

    #[test]
    fn the_server_cannot_name_the_engine() {
        assert_eq!(found("signaling/src/a.rs", "use engine::Engine;\n").len(), 1);
        assert!(found("signaling/src/a.rs", "let search_engine = 1;\n").is_empty());
    }

    #[test]
    fn unfinished_work_is_found_in_every_text() {
        assert_eq!(found("a.md", concat!("- TO", "DO: the rest\n")).len(), 1);
        assert_eq!(found("a.rs", concat!("// FIX", "ME\n")).len(), 1);
        assert!(found("a.md", "mastodon\n").is_empty());
        assert_eq!(found("a.html", concat!("x.inner", "HTML = y\n")).len(), 1);
        assert_eq!(found("a.js", "x as any;\n").len(), 1);
    }

    #[test]
    fn paths_of_one_machine_are_found_and_parts_of_others_are_not() {
        assert_eq!(found("a.toml", concat!("path = \"/ho", "me/somebody/x\"\n")).len(), 1);
        assert!(found("a.md", concat!("net/wo", "rk/x and ${x}/wo", "rk/\n")).is_empty());
    }

    #[test]
    fn a_version_has_one_place() {
        let line = format!("trunk = \"{}\"\n", versions::TRUNK);
        assert_eq!(found("a.toml", &line).len(), 1);
        assert!(found("xtask/src/versions.rs", &line).is_empty());
        assert!(found("a.toml", &format!("trunk = \"{}.1\"\n", versions::TRUNK)).is_empty());
        let line = format!("wasm-bindgen = \"={}\"\n", versions::wasm_bindgen().unwrap());
        assert!(found("Cargo.toml", &line).is_empty());
        assert_eq!(found("README.md", &line).len(), 1);
    }

    #[test]
    fn names_say_what_a_thing_is() {
        assert_eq!(found("a.rs", "pub struct LinkManager;\nfn get_name() {}\n").len(), 2);
        assert!(found("a.rs", "struct Link;\nimpl Service for Link {}\nfn got() {}\n").is_empty());
    }

    #[test]
    fn documents_are_there_and_short() {
        let findings = documents(&[
            File { path: "README.md".into(), text: "x\n".repeat(201) },
            File { path: "ARCHITECTURE.md".into(), text: "x\n".repeat(300) },
        ]);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].to_string(), "README.md:201: 201 lines, at most 200");
        assert_eq!(documents(&[]).len(), 2);
    }
}
