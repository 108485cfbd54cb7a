//! Building what people run: the page with trunk, the server with cargo, compressed copies beside
//! each file of the page.
//!
//! One profile each, so that serve, dist and the end-to-end tests share what was built.

pub mod budget;
mod emoji;
mod offline;

use crate::tools::{self, FOR_THE_PAGE, Tool};
use crate::{install, paths, process, stamp, versions};
use anyhow::{Context, Result};
use flate2::{Compression, write::GzEncoder};
use std::env;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The variable that lets cargo leave out what it compiles.
const CARGO_QUIET: &str = "CARGO_TERM_QUIET";
/// The cargo profile of what a browser downloads.
const PAGE_PROFILE: &str = "wasm-release";

/// One file of the page: its size as it is, and packed where that is smaller.
pub struct Packed {
    /// The path below the page's folder.
    pub name: String,
    /// Bytes as built.
    pub raw: usize,
    /// Bytes of the `.gz` beside it.
    pub gzip: Option<usize>,
    /// Bytes of the `.br` beside it.
    pub brotli: Option<usize>,
}

impl Packed {
    /// The bytes that a browser downloads.
    #[must_use]
    pub fn on_the_wire(&self) -> usize {
        self.brotli.unwrap_or(self.raw)
    }
}

/// Which server to build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// For people: optimised, with the page inside.
    Release,
    /// For end-to-end tests: built like the native tests, with the page inside.
    Test,
    /// For development: reads dist/ when it runs.
    Development,
}

/// The folder of the built page.
///
/// # Errors
/// When the command runs outside the workspace.
pub fn dist() -> Result<PathBuf> {
    Ok(paths::root()?.join("dist"))
}

/// Builds the page for release, after installing what that needs, and packs each file; leaves it
/// as it is if its sources have not changed since.
///
/// # Errors
/// When a tool cannot be installed or the build fails.
pub fn build_page() -> Result<Vec<Packed>> {
    let dist = dist()?;
    if stamp::holds(&dist)? {
        println!("the page is built already");
        return packed(&dist);
    }
    install::ensure(&FOR_THE_PAGE)?;
    emoji::write(&paths::root()?)?;
    let sources = stamp::sources()?;
    println!("Building the page (the first time takes several minutes)…");
    process::run(trunk("build")?.args(["--release", "--cargo-profile", PAGE_PROFILE]))?;
    let files = files_below(&dist)?;
    let names: Vec<String> = files.iter().map(|file| name_below(&dist, file)).collect();
    offline::write(&paths::root()?, &dist, &names)?;
    let packed = pack(&dist)?;
    stamp::put(&dist, sources)?;
    Ok(packed)
}

/// Trunk with its tools and its environment.
///
/// # Errors
/// When trunk is not there.
pub fn trunk(verb: &str) -> Result<Command> {
    let mut command = tools::command_with(&FOR_THE_PAGE, Tool::Trunk.program()?)?;
    // Trunk wants `true` or `false` in NO_COLOR, where everybody else looks only whether it is set.
    if env::var_os("NO_COLOR").is_some() {
        command.env_remove("NO_COLOR").env("TRUNK_COLOR", "never");
    }
    be_brief(&mut command);
    command
        .arg(verb)
        .env("TRUNK_SKIP_VERSION_CHECK", "true")
        .env("TRUNK_TOOLS_WASM_BINDGEN", versions::wasm_bindgen()?)
        .env("TRUNK_TOOLS_WASM_OPT", versions::wasm_opt());
    Ok(command)
}

/// Where nobody watches, cargo says only what is wrong.
fn be_brief(command: &mut Command) {
    if !io::stdout().is_terminal() && env::var_os(CARGO_QUIET).is_none() {
        command.env(CARGO_QUIET, "true");
    }
}

/// Builds the server and says where it is.
///
/// # Errors
/// When the build fails.
pub fn build_server(server: Server) -> Result<PathBuf> {
    println!("Building the server…");
    let mut cargo = process::command("cargo")?;
    cargo.args(["build", "--package", "signaling"]);
    be_brief(&mut cargo);
    let folder = match server {
        Server::Release => {
            cargo.args(["--release", "--features", "embed"]);
            "release"
        }
        Server::Test => {
            cargo.args(["--features", "embed"]);
            "debug"
        }
        Server::Development => "debug",
    };
    process::run(&mut cargo)?;
    Ok(paths::target()?.join(folder).join(paths::program("signaling")))
}

/// The files of a page that is built and packed.
fn packed(folder: &Path) -> Result<Vec<Packed>> {
    let length = |file: &Path| fs::metadata(file).ok().and_then(|data| data.len().try_into().ok());
    let files = files_below(folder)?.into_iter().map(|file| Packed {
        name: name_below(folder, &file),
        raw: length(&file).unwrap_or_default(),
        gzip: length(&beside(&file, "gz")),
        brotli: length(&beside(&file, "br")),
    });
    let mut packed: Vec<Packed> = files.collect();
    sort(&mut packed);
    Ok(packed)
}

fn sort(packed: &mut [Packed]) {
    packed.sort_by(|one, other| other.raw.cmp(&one.raw).then(one.name.cmp(&other.name)));
}

fn name_below(folder: &Path, file: &Path) -> String {
    file.strip_prefix(folder).unwrap_or(file).to_string_lossy().into_owned()
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut beside = file.as_os_str().to_owned();
    beside.push(format!(".{ending}"));
    PathBuf::from(beside)
}

/// Writes a `.br` and a `.gz` beside each file that gets smaller by it.
fn pack(folder: &Path) -> Result<Vec<Packed>> {
    let mut packed = Vec::new();
    for file in files_below(folder)? {
        let raw = fs::read(&file).with_context(|| format!("{} is unreadable", file.display()))?;
        let name = name_below(folder, &file);
        packed.push(Packed {
            name,
            raw: raw.len(),
            gzip: keep_if_smaller(&file, "gz", &raw, &gzip(&raw)?)?,
            brotli: keep_if_smaller(&file, "br", &raw, &brotli(&raw)?)?,
        });
    }
    sort(&mut packed);
    Ok(packed)
}

fn keep_if_smaller(file: &Path, ending: &str, raw: &[u8], small: &[u8]) -> Result<Option<usize>> {
    let beside = beside(file, ending);
    if small.len() < raw.len() {
        fs::write(&beside, small)
            .with_context(|| format!("{} cannot be written", beside.display()))?;
        return Ok(Some(small.len()));
    }
    if beside.exists() {
        fs::remove_file(&beside)?;
    }
    Ok(None)
}

fn gzip(raw: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(raw)?;
    Ok(encoder.finish()?)
}

fn brotli(raw: &[u8]) -> Result<Vec<u8>> {
    let mut packed = Vec::new();
    {
        let mut writer = brotli::CompressorWriter::new(&mut packed, 1 << 16, 11, 22);
        writer.write_all(raw)?;
    }
    Ok(packed)
}

/// Every file below the folder that is not itself a packed copy.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let entries =
        fs::read_dir(folder).with_context(|| format!("{} is unreadable", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else if !path.extension().is_some_and(|ending| ending == "br" || ending == "gz") {
            files.push(path);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn packed_copies_hold_the_file_and_only_where_they_are_smaller() {
        let folder = env::temp_dir().join(format!("xtask-pack-{}", std::process::id()));
        fs::create_dir_all(folder.join("inner")).unwrap();
        let text = "the same words again and again ".repeat(200);
        fs::write(folder.join("inner/text.js"), &text).unwrap();
        fs::write(folder.join("tiny"), "x").unwrap();
        fs::write(folder.join("tiny.gz"), "left over from an earlier build").unwrap();

        let packed = pack(&folder).unwrap();
        let again = super::packed(&folder).unwrap();
        let facts = |one: &Packed| (one.name.clone(), one.raw, one.gzip, one.brotli);
        assert!(again.iter().map(facts).eq(packed.iter().map(facts)), "found as it was left");

        assert_eq!(packed.len(), 2);
        assert!(packed[0].brotli.unwrap() < packed[0].raw);
        assert_eq!((packed[1].gzip, packed[1].brotli), (None, None));
        assert!(!folder.join("tiny.gz").exists());
        let mut unpacked = String::new();
        let small = fs::read(folder.join("inner/text.js.br")).unwrap();
        brotli::Decompressor::new(&small[..], 4096).read_to_string(&mut unpacked).unwrap();
        assert_eq!(unpacked, text);
        let small = fs::read(folder.join("inner/text.js.gz")).unwrap();
        unpacked.clear();
        flate2::read::GzDecoder::new(&small[..]).read_to_string(&mut unpacked).unwrap();
        assert_eq!(unpacked, text);
        fs::remove_dir_all(folder).unwrap();
    }
}
