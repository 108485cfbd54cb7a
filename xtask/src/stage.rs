//! The stages of `test`: their names, what each needs, and the count of what passed and failed.
//!
//! Tests are counted from what the test runners say; a check (format, lints, tidy) counts as one.

use crate::tools::{FOR_BROWSERS, FOR_THE_PAGE, Tool};
use clap::ValueEnum;
use std::ops::AddAssign;
use std::process::ExitStatus;

/// One stage, in the order in which they run: what is quick to tell comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Stage {
    /// Formatting
    Fmt,
    /// The conventions: sizes, imports, words, documents
    Tidy,
    /// Lints, native and for wasm
    Clippy,
    /// Unit tests, simulation and everything else that needs no browser
    Native,
    /// wasm-bindgen tests in headless Chromium and Firefox
    Wasm,
    /// Whole journeys in Chromium and Firefox
    #[value(name = "e2e")]
    EndToEnd,
}

impl Stage {
    /// Every stage in order.
    pub const ALL: [Self; 6] =
        [Self::Fmt, Self::Tidy, Self::Clippy, Self::Native, Self::Wasm, Self::EndToEnd];

    /// The name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fmt => "fmt",
            Self::Tidy => "tidy",
            Self::Clippy => "clippy",
            Self::Native => "native",
            Self::Wasm => "wasm",
            Self::EndToEnd => "e2e",
        }
    }

    /// The tools without which the stage cannot run.
    #[must_use]
    pub fn tools(self) -> Vec<Tool> {
        match self {
            Self::Fmt => vec![Tool::Rustfmt],
            Self::Tidy | Self::Native => vec![Tool::Rust],
            Self::Clippy => vec![Tool::Rust, Tool::Clippy, Tool::WasmTarget],
            Self::Wasm => {
                [&[Tool::Rust, Tool::WasmTarget, Tool::WasmBindgen][..], &FOR_BROWSERS].concat()
            }
            Self::EndToEnd => [&FOR_THE_PAGE[..], &FOR_BROWSERS, &[Tool::Axe]].concat(),
        }
    }
}

/// How many passed, failed and were left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Checks and tests that passed.
    pub passed: usize,
    /// Checks and tests that failed.
    pub failed: usize,
    /// Tests that are marked as ignored.
    pub ignored: usize,
}

impl Tally {
    /// One check.
    #[must_use]
    pub const fn check(passed: bool) -> Self {
        Self { passed: passed as usize, failed: !passed as usize, ignored: 0 }
    }

    /// Counts the closing line of a test binary; other lines change nothing.
    pub fn count(&mut self, line: &str) {
        let Some(counts) = line.trim_start().strip_prefix("test result: ") else { return };
        for count in counts.split(['.', ';']) {
            let mut words = count.split_ascii_whitespace();
            let (Some(number), Some(what)) = (words.next(), words.next()) else { continue };
            let Ok(number) = number.parse::<usize>() else { continue };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }

    /// A runner that failed without naming a failed test has failed all the same.
    #[must_use]
    pub fn closed_by(mut self, status: ExitStatus) -> Self {
        if !status.success() && self.failed == 0 {
            self.failed = 1;
        }
        self
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_counted_from_the_runners_own_words() {
        let mut tally = Tally::default();
        for line in [
            "running 3 tests",
            "test passed ... ok",
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; \
             finished in 0.01s",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out",
        ] {
            tally.count(line);
        }
        assert_eq!(tally, Tally { passed: 15, failed: 2, ignored: 1 });
    }

    #[test]
    fn every_stage_is_known_by_its_name() {
        for stage in Stage::ALL {
            assert_eq!(Stage::from_str(stage.name(), false), Ok(stage));
        }
    }
}
