//! The one table of tool versions. Nothing else in the workspace types them (`tidy` checks that).
//!
//! wasm-bindgen is not in the table: the command-line tool must equal the library, so its version
//! is read from Cargo.lock. Browsers are not either: any current one will do.

use crate::paths;
use anyhow::{Context, Result};
use std::fs;

/// Builds the page.
pub const TRUNK: &str = "0.21.14";
/// Drives Firefox.
pub const GECKODRIVER: &str = "0.37.1";
/// The npm package that holds `wasm-opt`.
pub const BINARYEN: &str = "132.0.0";

/// The npm package that looks at each screen of the page for what shuts people out.
pub const AXE: &str = "4.14.1";
/// SHA-256 of its `axe.min.js`: it runs within the page, in tests alone.
pub const AXE_SHA256: &str = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c";

/// Runs the fuzz targets.
pub const CARGO_FUZZ: &str = "0.13.2";

/// Every version of the table, with the name of its tool.
pub const TABLE: [(&str, &str); 5] = [
    ("trunk", TRUNK),
    ("geckodriver", GECKODRIVER),
    ("binaryen", BINARYEN),
    ("axe-core", AXE),
    ("cargo-fuzz", CARGO_FUZZ),
];

/// How wasm-opt and trunk name the version of [`BINARYEN`].
#[must_use]
pub fn wasm_opt() -> String {
    let major = BINARYEN.split('.').next().unwrap_or(BINARYEN);
    format!("version_{major}")
}

/// The version of wasm-bindgen that Cargo.lock holds.
///
/// # Errors
/// When Cargo.lock cannot be read or has no such package.
pub fn wasm_bindgen() -> Result<String> {
    let lock = fs::read_to_string(paths::root()?.join("Cargo.lock"))
        .context("Cargo.lock cannot be read")?;
    locked_version(&lock, "wasm-bindgen")
        .context("Cargo.lock holds no wasm-bindgen: the command-line tool's version is read there")
}

/// The oldest Rust that builds the workspace, as the root Cargo.toml says.
///
/// # Errors
/// When the root Cargo.toml cannot be read or does not say.
pub fn rust() -> Result<String> {
    let manifest = fs::read_to_string(paths::root()?.join("Cargo.toml"))
        .context("Cargo.toml cannot be read")?;
    manifest
        .lines()
        .find_map(|line| quoted_after(line, "rust-version = "))
        .context("Cargo.toml names no rust-version")
}

fn locked_version(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines.nth(1).and_then(|line| quoted_after(line, "version = "))
}

fn quoted_after(line: &str, key: &str) -> Option<String> {
    let value = line.strip_prefix(key)?.trim();
    Some(value.strip_prefix('"')?.strip_suffix('"')?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wasm_bindgen_is_read_from_the_lock_and_not_from_a_namesake() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"9.9.9\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"1.2.3\"\nsource = \"x\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen").as_deref(), Some("1.2.3"));
        assert_eq!(locked_version(lock, "trunk"), None);
    }

    #[test]
    fn wasm_opt_is_named_after_the_packages_major_version() {
        assert!(wasm_opt().starts_with("version_"));
        assert!(BINARYEN.starts_with(wasm_opt().trim_start_matches("version_")));
    }
}
