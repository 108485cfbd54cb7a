//! Who may depend on whom: `app → browser → engine → protocol ← signaling`, and `tests`.
//!
//! The manifests say which crate of ours names which (`cargo metadata`); `cargo tree` for wasm says
//! what comes with it from outside, whoever brings it.

use super::Finding;
use crate::process;
use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::BTreeSet;

/// Our crates, and which of ours each may name.
const MAY_NAME: [(&str, &[&str]); 7] = [
    ("app", &["browser"]),
    ("browser", &["engine"]),
    ("engine", &["protocol"]),
    ("protocol", &[]),
    ("signaling", &["protocol"]),
    ("tests", &["engine", "signaling", "protocol"]),
    ("xtask", &[]),
];

/// Our crates, and what must not come with them into wasm.
const MUST_NOT_BRING: [(&str, &[&str]); 6] = [
    ("protocol", &PLATFORM),
    ("engine", &PLATFORM),
    ("browser", &["leptos", "tokio", "axum"]),
    ("app", &["tokio", "axum", "signaling"]),
    ("signaling", &["engine", "browser", "app", "leptos"]),
    ("tests", &["tokio", "axum", "thirtyfour", "browser", "app"]),
];

/// What the crates without a platform must not bring.
const PLATFORM: [&str; 6] = ["web-sys", "js-sys", "wasm-bindgen", "gloo", "tokio", "leptos"];

/// Checks the manifests and the trees.
pub fn check() -> Result<Vec<Finding>> {
    let metadata = ask(&["metadata", "--no-deps", "--format-version", "1"])?;
    let metadata = serde_json::from_str(&metadata).context("cargo metadata is not readable")?;
    let mut findings = edges(&metadata);
    for (package, banned) in MUST_NOT_BRING {
        let tree = tree(package, &[])?;
        findings.extend(brought(package, &tree, banned));
    }
    let bare = tree("signaling", &["--no-default-features"])?;
    findings.extend(brought("signaling", &bare, &["tokio", "axum"]));
    Ok(findings)
}

fn tree(package: &str, more: &[&str]) -> Result<String> {
    let arguments = ["tree", "--package", package, "--target", "wasm32-unknown-unknown"];
    let output = ["--edges", "normal", "--prefix", "none", "--format", "{p}"];
    ask(&[&arguments[..], &output, more].concat())
}

fn ask(arguments: &[&str]) -> Result<String> {
    let output = process::command("cargo")?.args(arguments).output()?;
    if !output.status.success() {
        anyhow::bail!(
            "cargo {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Our crates that name one of ours which they may not.
fn edges(metadata: &Value) -> Vec<Finding> {
    let list = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    let mut findings = Vec::new();
    for package in list(metadata, "packages") {
        let name = package["name"].as_str().unwrap_or_default();
        let manifest = manifest_of(name);
        let Some((_, allowed)) = MAY_NAME.iter().find(|(ours, _)| *ours == name) else {
            findings.push(Finding::new(&manifest, 1, "a crate that the design does not name"));
            continue;
        };
        for dependency in list(&package, "dependencies") {
            let other = dependency["name"].as_str().unwrap_or_default();
            let is_ours = MAY_NAME.iter().any(|(ours, _)| *ours == other);
            if is_ours && !allowed.contains(&other) {
                let words = match allowed {
                    [] => format!("depends on {other}, and may depend on none of ours"),
                    _ => format!("depends on {other}, and may only on {}", allowed.join(", ")),
                };
                findings.push(Finding::new(&manifest, 1, words));
            }
        }
    }
    findings
}

/// Banned crates in the tree of a crate; `gloo` also bans `gloo-net`.
fn brought(package: &str, tree: &str, banned: &[&str]) -> Vec<Finding> {
    let names: BTreeSet<_> =
        tree.lines().filter_map(|line| line.split_ascii_whitespace().next()).collect();
    names
        .into_iter()
        .filter(|name| *name != package)
        .filter(|name| {
            let family =
                |ban: &str| name.strip_prefix(ban).is_some_and(|rest| rest.starts_with('-'));
            banned.iter().any(|ban| name == ban || family(ban))
        })
        .map(|name| {
            let words =
                format!("{name} comes with it into wasm (cargo tree -p {package} -i {name})");
            Finding::new(&manifest_of(package), 1, words)
        })
        .collect()
}

fn manifest_of(package: &str) -> String {
    match package {
        "engine" | "protocol" | "browser" => format!("crates/{package}/Cargo.toml"),
        _ => format!("{package}/Cargo.toml"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_that_the_design_does_not_draw_is_found() {
        let metadata = serde_json::json!({"packages": [
            {"name": "engine", "dependencies": [{"name": "protocol"}, {"name": "serde"}]},
            {"name": "signaling", "dependencies": [{"name": "engine"}]},
            {"name": "protocol", "dependencies": [{"name": "engine"}]},
            {"name": "extra", "dependencies": []},
        ]});
        let words: Vec<_> = edges(&metadata).iter().map(ToString::to_string).collect();
        assert_eq!(
            words,
            [
                "signaling/Cargo.toml:1: depends on engine, and may only on protocol",
                "crates/protocol/Cargo.toml:1: depends on engine, and may depend on none of ours",
                "extra/Cargo.toml:1: a crate that the design does not name",
            ]
        );
    }

    #[test]
    fn what_a_crate_brings_is_found_by_name_and_by_family() {
        let tree = "engine v0.1.0 (somewhere)\nserde v1.0.0\ngloo-net v0.6.0\ntokio v1.0.0 (*)\n";
        let found = brought("engine", tree, &PLATFORM);
        assert_eq!(found.len(), 2);
        assert!(found[0].words.starts_with("gloo-net"), "{:?}", found[0]);
        assert!(brought("engine", "engine v0.1.0\ntokiograph v1.0.0\n", &PLATFORM).is_empty());
    }
}
