//! Whether the built page still is what its sources make: if so, it is not built again.
//!
//! The stamp names every source by its content, the versions of the tools, and the page that came
//! of them by its time and length, so that a page which somebody else has built there counts for
//! nothing. It lies outside the page's folder: what is in there is served.

use crate::{paths, versions};
use anyhow::{Context, Result};
use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// What the page is made of, below the workspace's root.
const SOURCES: [&str; 7] =
    [".cargo", "index.html", "Trunk.toml", "Cargo.toml", "Cargo.lock", "app", "crates"];

fn file() -> Result<PathBuf> {
    Ok(paths::target()?.join("page.stamp"))
}

/// True if the page in this folder was made of the sources as they are now.
///
/// # Errors
/// When a source cannot be read.
pub fn holds(page: &Path) -> Result<bool> {
    let Ok(stamped) = fs::read_to_string(file()?) else { return Ok(false) };
    Ok(built(page).is_some_and(|built| sources().is_ok_and(|now| stamped == line(now, built))))
}

/// The page in this folder was just made of the sources as they were at `sources`.
///
/// # Errors
/// When the stamp cannot be written.
pub fn put(page: &Path, sources: u64) -> Result<()> {
    let stamp = built(page).map(|built| line(sources, built)).unwrap_or_default();
    fs::write(file()?, stamp).context("the page's stamp cannot be written")
}

fn line(sources: u64, built: u64) -> String {
    format!("{sources:016x} {built:016x}")
}

/// Names the sources as they are.
///
/// # Errors
/// When one cannot be read.
pub fn sources() -> Result<u64> {
    let root = paths::root()?;
    let mut hasher = DefaultHasher::new();
    (versions::wasm_bindgen()?, versions::wasm_opt()).hash(&mut hasher);
    for source in SOURCES {
        hash_below(&root, &root.join(source), &mut hasher)?;
    }
    Ok(hasher.finish())
}

fn hash_below(root: &Path, path: &Path, hasher: &mut DefaultHasher) -> Result<()> {
    if path.is_dir() {
        let entries = fs::read_dir(path)?.collect::<Result<Vec<_>, _>>()?;
        let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
        paths.sort_unstable();
        return paths.iter().try_for_each(|path| hash_below(root, path, hasher));
    }
    let bytes = fs::read(path).with_context(|| format!("{} is unreadable", path.display()))?;
    path.strip_prefix(root).unwrap_or(path).hash(hasher);
    bytes.hash(hasher);
    Ok(())
}

/// Names what was built: its entry page, which trunk writes last and names all else.
fn built(page: &Path) -> Option<u64> {
    let entry = fs::metadata(page.join("index.html")).ok()?;
    let time = entry.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    let mut hasher = DefaultHasher::new();
    (time, entry.len(), page).hash(&mut hasher);
    Some(hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    fn hash(folder: &Path) -> u64 {
        let mut hasher = DefaultHasher::new();
        hash_below(folder, folder, &mut hasher).unwrap();
        hasher.finish()
    }

    #[test]
    fn a_changed_moved_or_added_source_changes_the_name_and_nothing_else_does() {
        let scratch = Scratch::new().unwrap();
        let folder = scratch.path();
        fs::create_dir(folder.join("inner")).unwrap();
        fs::write(folder.join("inner/one"), "1").unwrap();
        let first = hash(folder);
        fs::write(folder.join("inner/one"), "1").unwrap();
        assert_eq!(hash(folder), first, "the same content, written again");
        fs::write(folder.join("inner/one"), "2").unwrap();
        let changed = hash(folder);
        fs::rename(folder.join("inner/one"), folder.join("inner/two")).unwrap();
        let moved = hash(folder);
        fs::write(folder.join("added"), "").unwrap();
        let names = [first, changed, moved, hash(folder)];
        assert!(names.iter().enumerate().all(|(at, name)| !names[..at].contains(name)));
    }

    #[test]
    fn a_page_that_somebody_else_has_built_is_another() {
        let scratch = Scratch::new().unwrap();
        assert_eq!(built(scratch.path()), None);
        fs::write(scratch.path().join("index.html"), "one").unwrap();
        let first = built(scratch.path());
        fs::write(scratch.path().join("index.html"), "other").unwrap();
        assert_ne!(built(scratch.path()), first);
    }
}
