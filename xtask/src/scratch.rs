//! A folder for what tests and the browsers they start leave behind: gone when they are done.
//!
//! Killed browsers do not tidy up, and a run of all tests kills dozens of them.

use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// An empty folder among the system's temporary ones; deleted with all it holds when dropped.
pub struct Scratch {
    folder: PathBuf,
}

impl Scratch {
    /// Makes one. Its path is short: browsers put sockets there, whose paths are limited.
    ///
    /// # Errors
    /// When the system's temporary folder cannot be written.
    pub fn new() -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("confab-{}-{count}", process::id()));
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        Ok(Self { folder })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be deleted is litter, not a failure.
        drop(fs::remove_dir_all(&self.folder));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_in_it_goes_with_it() {
        let scratch = Scratch::new().unwrap();
        let folder = scratch.path().to_owned();
        fs::write(folder.join("file"), "text").unwrap();
        let other = Scratch::new().unwrap();
        assert_ne!(folder, other.path());
        drop(scratch);
        assert!(!folder.exists());
        assert!(other.path().exists());
    }
}
