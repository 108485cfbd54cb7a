//! `doctor`: each tool with what is wanted, what was found and how to put it right.
//!
//! It changes nothing. Its answer is "wrong" only for what `serve` or `test` could not do without.

use crate::tools::{Found, Tool};
use crate::{paths, process};
use anyhow::Result;

/// Prints the table; `false` when something needed is missing.
///
/// # Errors
/// When Cargo.toml or Cargo.lock cannot be read.
pub fn run() -> Result<bool> {
    println!("{:<24}{:<18}{:<22}how to fix", "tool", "wanted", "found");
    let mut all_right = true;
    for tool in Tool::ALL {
        let (found, fix) = match tool.look()? {
            Found::Right(version, _) => (version, ""),
            Found::Wrong(words) => (words, tool.fix()),
            Found::Missing => ("missing".to_owned(), tool.fix()),
        };
        all_right &= fix.is_empty() || tool.waits_for_npm();
        println!("{:<24}{:<18}{found:<22}{fix}", tool.name(), tool.wanted()?);
    }
    for (name, why) in [
        ("npm", "optional: brings wasm-opt, else trunk does; and axe-core, for a story"),
        ("cargo-deny", "optional: `cargo deny check bans licenses sources` reads deny.toml"),
    ] {
        let (found, why) = match paths::on_path(name) {
            Some(file) => (process::ask(file, &["--version"]).unwrap_or_default(), ""),
            None => ("missing".to_owned(), why),
        };
        println!("{name:<24}{:<18}{found:<22}{why}", "any");
    }
    println!("\ntools are kept in {}", paths::tools()?.display());
    if all_right {
        println!("everything is there: cargo xtask serve, cargo xtask test");
    } else {
        println!("cargo xtask setup installs what is missing; serve and test do so by themselves");
    }
    Ok(all_right)
}
