//! What of the bundle is downloaded when, and how much of it there may be.
//!
//! ```text
//!  first ── the page is drawn ──► engine ── a room can be opened; meanwhile ──► kept
//! ```
//! Counted is what goes over the network: brotli, or the file as it is where that is smaller. A
//! file that is named nowhere belongs to the first load, so nothing escapes its budget.

use super::Packed;
use anyhow::{Result, ensure};

/// What all of the first load is to come to, in bytes; not reached.
pub const ALLOWED: usize = 250_000;
/// What it would better come to, in bytes.
pub const WANTED: usize = 180_000;

/// When a file is downloaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// Before anything but the static shell is seen.
    First,
    /// Once the start page, or that of an invite, is drawn; at once where a room is to be shown.
    Engine,
    /// By the browser, or by the service worker while the page is used.
    Kept,
}

impl Load {
    /// Every load, in the order of time.
    pub const ALL: [Self; 3] = [Self::First, Self::Engine, Self::Kept];

    /// The load to which a file of the page belongs, by its name below the page's folder.
    #[must_use]
    pub fn of(name: &str) -> Self {
        match name {
            "worker.js" | "worker_bg.wasm" | "worker_loader.js" => Self::Engine,
            "service_worker.js" | "emoji.txt" => Self::Kept,
            name if name.starts_with("icons/") && name != "icons/icon.svg" => Self::Kept,
            _ => Self::First,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::First => "first load",
            Self::Engine => "engine",
            Self::Kept => "kept",
        }
    }

    /// Why it comes then.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::First => "the page and its program: nothing but the static shell is seen before",
            Self::Engine => {
                "the worker: fetched after the first paint, needed before a room is shown"
            }
            Self::Kept => {
                "the service worker, pictures for installing, emoji: no screen waits for them"
            }
        }
    }

    /// What is reached, in bytes, and may not be exceeded.
    #[must_use]
    pub const fn budget(self) -> usize {
        match self {
            // The palette of commands, completions while one writes, and the picker of emoji are
            // wanted at a key's press, also without a network, so they come with the page. The page
            // about connections, who has read, and storage: each says in two languages what is so
            // and what helps, as the engine knows no words. So do copying, sharing, a time of one's
            // own choice for sending, and what closing the page costs. Where a visit begins, and
            // how much is new below, are 4,000 of it: a room opens there at its first drawing. The
            // curves of the inspector, a sound, words for another room, and what a room keeps to
            // itself are 10,000. What is found in all rooms, and the way there, is 9,000.
            // Downloads of a newer build that failed and are tried again are 600. The network lab,
            // in which a person sees the queue at work, is 2,800, and the looks of code are 1,000.
            // Older messages that come as the reader scrolls are 2,500. The menu of how a message
            // goes, and the looks of rows and dialogs, are 3,000. Plurals, lists and spans as each
            // language writes them, of whom a state tells, and patterns of keys are 9,000; replies
            // that lead back, rooms found by name, curves, a queue by class and its pause 9,000.
            // Through whom a message came, and words kept with whom they are for, are 4,000.
            Self::First => 610_500,
            // What is moved, refused or expires is compared and kept in mind before it is deleted.
            // Why links ended, what came too late, and rooms that go through relays alone. What a
            // candidate may say, and which offers and answers count. What was read, kept a log, and
            // receipts in turns; records with a check, and decisions that are looked for. What
            // nobody saw come is 500 of it; records of what vanishes, places for decisions, and
            // what is not told of reading are 4,000. A search in all that is stored is 8,000: it
            // also brings the tables of letters that are the same in another case. What hangs on
            // nothing, and waits for that, is 800. What a peer holds behind a difference is 800,
            // and pages that are cut where their runs are long are 1,300. When to ask again for
            // what was refused for now, since when the oldest waits, and the pause are 5,000.
            Self::Engine => 563_800,
            // Most of it is the table of emoji with their names: one file, fetched once.
            Self::Kept => 45_000,
        }
    }

    /// The bytes of it among these files.
    #[must_use]
    pub fn bytes(self, files: &[Packed]) -> usize {
        files.iter().filter(|file| Self::of(&file.name) == self).map(Packed::on_the_wire).sum()
    }
}

/// Nothing if each load is within its budget.
///
/// # Errors
/// When one is not: its name, its bytes and its budget.
pub fn check(files: &[Packed]) -> Result<()> {
    for load in Load::ALL {
        let (bytes, budget) = (load.bytes(files), load.budget());
        ensure!(
            bytes <= budget,
            "{}: {bytes} bytes are more than its budget of {budget} ({}); make it smaller, or say \
             in xtask/src/bundle/budget.rs why it has to be more",
            load.name(),
            load.reason(),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, raw: usize, brotli: Option<usize>) -> Packed {
        Packed { name: name.to_owned(), raw, gzip: None, brotli }
    }

    #[test]
    fn what_is_named_nowhere_belongs_to_the_first_load() {
        for name in ["index.html", "app-12ab_bg.wasm", "app-12ab.js", "icons/icon.svg", "new.js"] {
            assert_eq!(Load::of(name), Load::First, "{name}");
        }
        assert_eq!(Load::of("worker_bg.wasm"), Load::Engine);
        assert_eq!(Load::of("icons/icon-512.png"), Load::Kept);
        assert_eq!(Load::of("service_worker.js"), Load::Kept);
        assert_eq!(Load::of("emoji.txt"), Load::Kept);
    }

    #[test]
    fn each_load_is_held_to_its_own_budget_by_what_goes_over_the_network() {
        let names = ["app-12ab_bg.wasm", "worker_bg.wasm", "service_worker.js"];
        for (load, name) in Load::ALL.into_iter().zip(names) {
            let within = [file(name, usize::MAX, Some(load.budget() - 1)), file("x", 1, None)];
            let within = &within[..if load == Load::First { 2 } else { 1 }];
            check(within).unwrap();
            let beyond = check(&[file(name, usize::MAX, Some(load.budget() + 1))]).unwrap_err();
            assert!(beyond.to_string().starts_with(load.name()), "{beyond}");
            check(&[file(name, load.budget() + 1, None)]).unwrap_err();
        }
    }
}
