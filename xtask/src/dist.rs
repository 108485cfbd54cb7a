//! `dist`: the release bundle in dist/, with its sizes, and what of it is downloaded when.

use crate::bundle::budget::{self, ALLOWED, Load, WANTED};
use crate::bundle::{self, Packed};
use anyhow::Result;

/// Builds the bundle and prints what a browser downloads.
///
/// # Errors
/// When a tool cannot be installed, the build fails, or a budget is exceeded.
pub fn run() -> Result<()> {
    let files = bundle::build_page()?;
    print_sizes(&files);
    print_loads(&files);
    println!("\nthe bundle is in {}", bundle::dist()?.display());
    budget::check(&files)
}

/// Prints what is downloaded when, why, and of which files.
fn print_loads(files: &[Packed]) {
    for load in Load::ALL {
        let (bytes, budget) = (grouped(load.bytes(files)), grouped(load.budget()));
        println!("\n{}: {bytes} of {budget} bytes, {}", load.name(), load.reason());
        let names = files.iter().map(|file| file.name.as_str());
        let names: Vec<&str> = names.filter(|name| Load::of(name) == load).collect();
        println!("  {}", names.join(", "));
    }
    let (allowed, wanted) = (grouped(ALLOWED), grouped(WANTED));
    println!("\nthe first load is to come to {allowed} bytes, better {wanted}");
}

/// Prints a line a file and the total; what does not shrink counts as it is.
fn print_sizes(files: &[Packed]) {
    let width = files.iter().map(|file| file.name.chars().count()).max().unwrap_or(0).max(5);
    println!("{:<width$}{:>12}{:>12}{:>12}", "file", "raw", "gzip", "brotli");
    for file in files {
        println!(
            "{:<width$}{:>12}{:>12}{:>12}",
            file.name,
            grouped(file.raw),
            file.gzip.map_or("as it is".to_owned(), grouped),
            file.brotli.map_or("as it is".to_owned(), grouped),
        );
    }
    let total = |size: fn(&Packed) -> usize| grouped(files.iter().map(size).sum());
    println!(
        "{:<width$}{:>12}{:>12}{:>12}",
        "total",
        total(|file| file.raw),
        total(|file| file.gzip.unwrap_or(file.raw)),
        total(Packed::on_the_wire),
    );
}

/// `1234567` as `1 234 567`.
fn grouped(bytes: usize) -> String {
    let digits = bytes.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_grouped_by_thousands() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1 000");
        assert_eq!(grouped(1_234_567), "1 234 567");
    }
}
