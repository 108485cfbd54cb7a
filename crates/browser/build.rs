//! Draws the build's mark from the sources, so that a page and a worker can tell whether they were
//! built from the same ones. Equal sources give equal marks, wherever and whenever they are built.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

/// The sources that page and worker have in common: what they say to each other follows from these.
const FOLDERS: [&str; 3] = ["src", "../engine/src", "../protocol/src"];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let mut mark = DefaultHasher::new();
    for folder in FOLDERS {
        println!("cargo::rerun-if-changed={folder}");
        let mut files = Vec::new();
        collect(Path::new(folder), &mut files)?;
        files.sort();
        for file in files {
            file.hash(&mut mark);
            std::fs::read(&file)?.hash(&mut mark);
        }
    }
    println!("cargo::rustc-env=CONFAB_BUILD_MARK={:016x}", mark.finish());
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
