//! The table of emoji, which the page fetches when somebody wants one: from the crate that keeps
//! their names, as text of one line each, so that it is no part of the program.
//!
//! ```text
//!  =                  the next group
//!  😀 <tab> grinning face <tab> grinning        the emoji, its name, its shortcodes
//! ```
//! The file is kept with the sources, so that `trunk serve` finds it; whoever takes a newer version
//! of the crate gets it written anew by the next build.

use anyhow::{Context, Result};
use emojis::{Emoji, UnicodeVersion};
use std::fs;
use std::path::Path;

/// Where it is, below the workspace's root.
const FILE: &str = "app/emoji.txt";
/// What came into Unicode later is a box in many fonts.
const NEWEST: UnicodeVersion = UnicodeVersion::new(15, 0);

/// Writes the file, if it is not what it has to be.
///
/// # Errors
/// When it cannot be written.
pub fn write(root: &Path) -> Result<()> {
    let (file, table) = (root.join(FILE), table());
    if fs::read_to_string(&file).is_ok_and(|there| there == table) {
        return Ok(());
    }
    fs::write(&file, table).with_context(|| format!("{} cannot be written", file.display()))
}

fn table() -> String {
    let mut table = String::new();
    for group in emojis::Group::iter() {
        table.push_str("=\n");
        for emoji in group.emojis().filter(|emoji| emoji.unicode_version() <= NEWEST) {
            table.push_str(&line(emoji));
        }
    }
    table
}

fn line(emoji: &Emoji) -> String {
    let codes: Vec<&str> = emoji.shortcodes().collect();
    format!("{}\t{}\t{}\n", emoji.as_str(), emoji.name(), codes.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths;

    #[test]
    fn the_table_that_is_kept_is_that_of_the_crate() {
        let kept = fs::read_to_string(paths::root().unwrap().join(FILE)).unwrap();
        assert_eq!(kept, table(), "cargo xtask dist writes {FILE} anew");
        assert_eq!(kept.lines().filter(|line| *line == "=").count(), 9);
        assert!(kept.contains("😀\tgrinning face\tgrinning\n"));
        assert!(kept.lines().all(|line| line == "=" || line.split('\t').count() == 3));
    }
}
