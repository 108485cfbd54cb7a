//! The tools: what is wanted, what is there, and how a person puts it right.
//!
//! A tool on `PATH` with the right version is as good as one in the cache. What is missing is
//! installed by `install`; nothing here changes the machine.

use crate::{paths, process, versions};
use anyhow::{Context, Result};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Everything that some command needs beyond cargo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// The compiler, at least as new as the workspace says.
    Rust,
    /// `cargo fmt`.
    Rustfmt,
    /// `cargo clippy`.
    Clippy,
    /// The standard library for `wasm32-unknown-unknown`.
    WasmTarget,
    /// `wasm-bindgen` and its test runner.
    WasmBindgen,
    /// Builds the page.
    Trunk,
    /// `wasm-opt`, where npm can bring it; else trunk fetches its own.
    Binaryen,
    /// The browser.
    Chromium,
    /// Its WebDriver.
    Chromedriver,
    /// The browser.
    Firefox,
    /// Its WebDriver.
    Geckodriver,
    /// Without one the screenshots of the Chinese page show boxes.
    ChineseFont,
    /// `axe-core`, which tests run within the page.
    Axe,
}

/// What a look at the machine has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Usable; with its version, and its file if it is one.
    Right(String, Option<PathBuf>),
    /// There, but not usable; the words say what was found.
    Wrong(String),
    /// Not there.
    Missing,
}

/// What the page's build needs.
pub const FOR_THE_PAGE: [Tool; 5] =
    [Tool::Rust, Tool::WasmTarget, Tool::WasmBindgen, Tool::Trunk, Tool::Binaryen];

/// What tests in browsers need beside the page.
pub const FOR_BROWSERS: [Tool; 5] =
    [Tool::Chromium, Tool::Chromedriver, Tool::Firefox, Tool::Geckodriver, Tool::ChineseFont];

impl Tool {
    /// Every tool, in the order in which they are shown and installed.
    pub const ALL: [Self; 13] = [
        Self::Rust,
        Self::Rustfmt,
        Self::Clippy,
        Self::WasmTarget,
        Self::WasmBindgen,
        Self::Trunk,
        Self::Binaryen,
        Self::Chromium,
        Self::Chromedriver,
        Self::Firefox,
        Self::Geckodriver,
        Self::ChineseFont,
        Self::Axe,
    ];

    /// The name a person knows it by.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Rustfmt => "rustfmt",
            Self::Clippy => "clippy",
            Self::WasmTarget => "wasm32-unknown-unknown",
            Self::WasmBindgen => "wasm-bindgen",
            Self::Trunk => "trunk",
            Self::Binaryen => "binaryen (wasm-opt)",
            Self::Chromium => "chromium",
            Self::Chromedriver => "chromedriver",
            Self::Firefox => "firefox",
            Self::Geckodriver => "geckodriver",
            Self::ChineseFont => "a Chinese font",
            Self::Axe => "axe-core",
        }
    }

    /// The version that is wanted, in words.
    ///
    /// # Errors
    /// When Cargo.toml or Cargo.lock cannot be read.
    pub fn wanted(self) -> Result<String> {
        Ok(match self {
            Self::Rust => format!("{} or newer", versions::rust()?),
            Self::WasmBindgen => versions::wasm_bindgen()?,
            Self::Trunk => versions::TRUNK.to_owned(),
            Self::Binaryen => versions::wasm_opt(),
            Self::Axe => versions::AXE.to_owned(),
            Self::Geckodriver => versions::GECKODRIVER.to_owned(),
            Self::Chromedriver => "as chromium".to_owned(),
            Self::Rustfmt
            | Self::Clippy
            | Self::WasmTarget
            | Self::Chromium
            | Self::Firefox
            | Self::ChineseFont => "any".to_owned(),
        })
    }

    /// Looks for the tool.
    ///
    /// # Errors
    /// When Cargo.toml or Cargo.lock cannot be read.
    pub fn look(self) -> Result<Found> {
        let cached = self.cached()?;
        Ok(match self {
            Self::Rust => found_rust(&versions::rust()?),
            Self::Rustfmt => found_component("cargo-fmt"),
            Self::Clippy => found_component("cargo-clippy"),
            Self::WasmTarget => found_wasm_target(),
            Self::WasmBindgen => {
                found_exactly(&versions::wasm_bindgen()?, candidates("wasm-bindgen", &cached))
            }
            Self::Trunk => found_exactly(versions::TRUNK, candidates("trunk", &cached)),
            Self::Binaryen => found_exactly(&versions::wasm_opt(), candidates("wasm-opt", &cached)),
            Self::Geckodriver => {
                let given = env::var_os("GECKODRIVER").map(PathBuf::from);
                let others = candidates("geckodriver", &cached);
                found_exactly(versions::GECKODRIVER, given.into_iter().chain(others))
            }
            Self::Chromium => found_browser(&CHROMIUM),
            Self::Firefox => found_browser(&FIREFOX),
            Self::Chromedriver => found_chromedriver(),
            Self::ChineseFont => found_chinese_font(),
            Self::Axe => found_axe(cached.join(AXE_FILE)),
        })
    }

    /// The folder in the cache that holds the tool's programs, once it is installed there.
    ///
    /// # Errors
    /// When no cache folder is known or Cargo.lock cannot be read.
    pub fn cached(self) -> Result<PathBuf> {
        let folder = paths::tools()?;
        Ok(match self {
            Self::WasmBindgen => {
                folder.join(format!("wasm-bindgen-cli-{}", versions::wasm_bindgen()?)).join("bin")
            }
            Self::Trunk => folder.join(format!("trunk-{}", versions::TRUNK)).join("bin"),
            Self::Geckodriver => {
                folder.join(format!("geckodriver-{}", versions::GECKODRIVER)).join("bin")
            }
            Self::Binaryen => folder
                .join(format!("binaryen-{}", versions::BINARYEN))
                .join("node_modules")
                .join(".bin"),
            Self::Axe => folder
                .join(format!("axe-core-{}", versions::AXE))
                .join("node_modules")
                .join("axe-core"),
            Self::Rust
            | Self::Rustfmt
            | Self::Clippy
            | Self::WasmTarget
            | Self::Chromium
            | Self::Chromedriver
            | Self::Firefox
            | Self::ChineseFont => folder,
        })
    }

    /// The tool's program, for a command that is about to run it.
    ///
    /// # Errors
    /// When the tool is not there.
    pub fn program(self) -> Result<PathBuf> {
        match self.look()? {
            Found::Right(_, Some(file)) => Ok(file),
            Found::Right(_, None) | Found::Wrong(_) | Found::Missing => {
                Err(anyhow::anyhow!("{} is not there: {}", self.name(), self.fix()))
            }
        }
    }

    /// True if npm has to bring it and is not there: trunk fetches its own wasm-opt then, and the
    /// story that looks with axe-core says that it cannot.
    #[must_use]
    pub fn waits_for_npm(self) -> bool {
        matches!(self, Self::Binaryen | Self::Axe) && paths::on_path("npm").is_none()
    }

    /// What a person does when the tool is missing or wrong.
    #[must_use]
    pub const fn fix(self) -> &'static str {
        match self {
            Self::Rust => "rustup update stable (rustup: see rust-lang.org)",
            Self::Rustfmt | Self::Clippy | Self::WasmTarget => "cargo xtask setup (needs rustup)",
            Self::WasmBindgen | Self::Trunk | Self::Geckodriver => "cargo xtask setup",
            Self::Binaryen => "cargo xtask setup (needs npm; without it trunk fetches its own)",
            Self::Axe => "cargo xtask setup (needs npm; without it one story fails)",
            Self::Chromium | Self::Chromedriver | Self::Firefox | Self::ChineseFont => {
                if cfg!(target_os = "linux") {
                    "cargo xtask setup (needs apt), or your system's own packages"
                } else {
                    "install it by hand and put it on PATH"
                }
            }
        }
    }
}

/// The file of axe-core that a page runs.
const AXE_FILE: &str = "axe.min.js";

/// A command that finds these tools in front of its `PATH`.
///
/// # Errors
/// When a tool's version cannot be read or `PATH` cannot be put together.
pub fn command_with(tools: &[Tool], program: impl AsRef<OsStr>) -> Result<Command> {
    let mut folders = Vec::new();
    for tool in tools {
        if let Found::Right(_, Some(file)) = tool.look()? {
            folders.extend(file.parent().map(Path::to_path_buf));
        }
    }
    folders.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    let folders = env::join_paths(folders).context("PATH cannot be put together")?;
    let mut command = process::command(program)?;
    command.env("PATH", folders);
    Ok(command)
}

/// The names and places of a browser.
struct Browser {
    names: &'static [&'static str],
    macos: &'static str,
}

const CHROMIUM: Browser = Browser {
    names: &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"],
    macos: "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
};
const FIREFOX: Browser = Browser {
    names: &["firefox", "firefox-esr"],
    macos: "/Applications/Firefox.app/Contents/MacOS/firefox",
};

fn found_browser(browser: &Browser) -> Found {
    let mut files: Vec<_> = browser.names.iter().filter_map(|name| paths::on_path(name)).collect();
    if cfg!(target_os = "macos") {
        files.push(PathBuf::from(browser.macos));
    }
    first_usable(files)
}

fn found_chromedriver() -> Found {
    let given = env::var_os("CHROMEDRIVER").map(PathBuf::from);
    let driver = first_usable(given.into_iter().chain(paths::on_path("chromedriver")));
    match (&driver, found_browser(&CHROMIUM)) {
        (Found::Right(driver, _), Found::Right(browser, _)) if major(driver) != major(&browser) => {
            Found::Wrong(format!("{driver}, but chromium is {browser}"))
        }
        _ => driver,
    }
}

fn first_usable(files: impl IntoIterator<Item = PathBuf>) -> Found {
    let mut found = Found::Missing;
    for file in files {
        match process::ask(&file, &["--version"]).as_deref().and_then(version_in) {
            Some(version) => return Found::Right(version, Some(file)),
            None if file.is_file() => {
                found = Found::Wrong(format!("{} does not run", file.display()));
            }
            None => {}
        }
    }
    found
}

/// Where a tool may be: the cache first, then `PATH`.
fn candidates(name: &str, cached: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    [cached.join(paths::program(name))].into_iter().chain(paths::on_path(name))
}

/// The first of the files that is of exactly this version.
fn found_exactly(wanted: &str, files: impl IntoIterator<Item = PathBuf>) -> Found {
    let mut found = Found::Missing;
    for file in files {
        let Some(said) = process::ask(&file, &["--version"]) else { continue };
        if said.split_ascii_whitespace().any(|word| word.trim_matches(['(', ')']) == wanted) {
            return Found::Right(wanted.to_owned(), Some(file));
        }
        let version = version_in(&said).unwrap_or_else(|| "no version".to_owned());
        found = Found::Wrong(format!("{version} at {}", file.display()));
    }
    found
}

fn found_rust(oldest: &str) -> Found {
    match process::ask("rustc", &["--version"]).as_deref().and_then(version_in) {
        Some(version) if numbers(&version) >= numbers(oldest) => Found::Right(version, None),
        Some(version) => Found::Wrong(version),
        None => Found::Missing,
    }
}

fn found_component(program: &str) -> Found {
    match process::ask(program, &["--version"]).as_deref().and_then(version_in) {
        Some(version) => Found::Right(version, None),
        None => Found::Missing,
    }
}

/// macOS and Windows bring one.
fn found_chinese_font() -> Found {
    if cfg!(not(target_os = "linux")) {
        return Found::Right("the system's own".to_owned(), None);
    }
    match process::ask("fc-list", &[":lang=zh", "family"]).filter(|list| !list.is_empty()) {
        Some(_) => Found::Right("installed".to_owned(), None),
        None => Found::Missing,
    }
}

/// By its content: it has no program that could tell its version.
fn found_axe(file: PathBuf) -> Found {
    match sha256(&file) {
        Some(found) if found == versions::AXE_SHA256 => {
            Found::Right(versions::AXE.to_owned(), Some(file))
        }
        Some(_) => Found::Wrong(format!("another file at {}", file.display())),
        None => Found::Missing,
    }
}

/// What of an npm package is to be what: the digest of axe-core's file in its folder.
pub fn axe_in(folder: &Path) -> Option<String> {
    sha256(&folder.join(AXE_FILE))
}

fn sha256(file: &Path) -> Option<String> {
    Some(HEXLOWER.encode(&Sha256::digest(fs::read(file).ok()?)))
}

fn found_wasm_target() -> Found {
    let arguments = ["--print", "target-libdir", "--target", "wasm32-unknown-unknown"];
    match process::ask("rustc", &arguments) {
        Some(folder) if Path::new(&folder).is_dir() => Found::Right("installed".to_owned(), None),
        _ => Found::Missing,
    }
}

/// The first word that looks like a version: digits, then a dot.
fn version_in(said: &str) -> Option<String> {
    said.split_ascii_whitespace()
        .map(|word| word.trim_matches(['(', ')', ',']))
        .find(|word| word.contains('.') && word.starts_with(|first: char| first.is_ascii_digit()))
        .map(str::to_owned)
}

fn major(version: &str) -> Option<u64> {
    numbers(version).first().copied()
}

fn numbers(version: &str) -> Vec<u64> {
    version.split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_tools_say() {
        let said = |words: &str| version_in(words).unwrap_or_default();
        assert_eq!(said("rustc 1.95.0 (59807616e 2026-04-14)"), "1.95.0");
        assert_eq!(said("Chromium 156.0.8078.79 built on Debian"), "156.0.8078.79");
        assert_eq!(said("Mozilla Firefox 153.7.0esr"), "153.7.0esr");
        assert_eq!(version_in("no version here"), None);
    }

    #[test]
    fn versions_compare_as_numbers() {
        assert!(numbers("1.100.0") > numbers("1.95"));
        assert!(numbers("1.95.0") >= numbers("1.95"));
        assert!(numbers("1.95.0-nightly") >= numbers("1.95"));
        assert!(numbers("1.94.9") < numbers("1.95"));
        assert_eq!(major("156.0.1"), Some(156));
    }

    #[test]
    fn a_missing_tool_is_missing_and_a_wrong_version_says_what_it_is() {
        let look = |name, version| found_exactly(version, candidates(name, Path::new("nowhere")));
        assert_eq!(look("confab-no-such-tool", "1.0.0"), Found::Missing);
        let found = look("rustc", "0.0.1");
        assert!(matches!(&found, Found::Wrong(words) if words.contains(" at ")), "{found:?}");
    }
}
