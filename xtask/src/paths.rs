//! Where things are: the workspace, its target folder, and the cache of tools.
//!
//! The cache lies outside the workspace, one folder a tool and version, so that a fresh clone
//! finds what an earlier one has installed.

use anyhow::{Context, Result};
use std::env;
use std::path::{Path, PathBuf};

/// The workspace's root folder.
///
/// # Errors
/// When the command runs outside the workspace.
pub fn root() -> Result<PathBuf> {
    let start = match env::var_os("CARGO_MANIFEST_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => env::current_dir().context("the current folder cannot be read")?,
    };
    start
        .ancestors()
        .find(|folder| folder.join("Cargo.lock").is_file())
        .map(Path::to_path_buf)
        .context("no Cargo.lock above the current folder: run this inside the workspace")
}

/// Where cargo puts what it builds.
///
/// # Errors
/// When the command runs outside the workspace.
pub fn target() -> Result<PathBuf> {
    Ok(root()?.join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into())))
}

/// The folder of everything that Confab's commands keep between runs.
///
/// # Errors
/// When neither the platform's cache folder nor a home folder is known.
pub fn cache() -> Result<PathBuf> {
    let base = if cfg!(windows) {
        folder_from("LOCALAPPDATA", &[])
    } else if cfg!(target_os = "macos") {
        folder_from("HOME", &["Library", "Caches"])
    } else {
        folder_from("XDG_CACHE_HOME", &[]).or_else(|| folder_from("HOME", &[".cache"]))
    };
    let base = base.context("no cache folder: set HOME (on Linux also XDG_CACHE_HOME is read)")?;
    Ok(base.join("confab"))
}

/// The folder of the installed tools.
///
/// # Errors
/// As [`cache`].
pub fn tools() -> Result<PathBuf> {
    Ok(cache()?.join("tools"))
}

fn folder_from(variable: &str, below: &[&str]) -> Option<PathBuf> {
    let base = PathBuf::from(env::var_os(variable)?);
    base.is_absolute().then(|| below.iter().fold(base, |folder, part| folder.join(part)))
}

/// The file name of a program on this platform.
#[must_use]
pub fn program(name: &str) -> String {
    format!("{name}{}", env::consts::EXE_SUFFIX)
}

/// The program's path, if one of the folders of `PATH` has it.
#[must_use]
pub fn on_path(name: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).map(|folder| folder.join(program(name))).find(|file| file.is_file())
}
