//! Installing what is missing: quiet when nothing is, otherwise one line a tool with its time.
//!
//! An interrupted run loses no work and is never taken for done: cargo builds in a folder that is
//! kept between tries, and a tool appears in the cache by one rename, after it has told its
//! version. Two runs at once wait for each other on a lock file.

use crate::tools::{self, Found, Tool};
use crate::{paths, process, versions};
use anyhow::{Context, Result, bail};
use std::fs::{self, File};
use std::path::Path;
use std::time::Instant;

/// Installs every tool that is missing.
///
/// # Errors
/// When a tool cannot be installed; the words say what to do by hand.
pub fn setup_everything() -> Result<()> {
    ensure(&Tool::ALL)?;
    println!("everything is set up: cargo xtask serve, cargo xtask test");
    Ok(())
}

/// Installs those of these tools that are missing, and says nothing when none is.
///
/// # Errors
/// When a tool cannot be installed; the words say what to do by hand.
pub fn ensure(wanted: &[Tool]) -> Result<()> {
    if missing(wanted)?.is_empty() {
        return Ok(());
    }
    let folder = paths::tools()?;
    fs::create_dir_all(&folder)
        .with_context(|| format!("{} cannot be created", folder.display()))?;
    let lock = File::create(folder.join("lock")).context("the lock file cannot be created")?;
    if lock.try_lock().is_err() {
        println!("waiting for another setup to finish");
        lock.lock().context("the lock file cannot be locked")?;
    }
    // The other setup may have brought it.
    install(&missing(wanted)?)?;
    let still = missing(wanted)?;
    if let Some(tool) = still.first() {
        bail!("{} is still missing after its installation: {}", tool.name(), tool.fix());
    }
    // Built and verified: the intermediate files, some gigabytes, are of no more use.
    drop(fs::remove_dir_all(folder.join("build")));
    Ok(())
}

/// Those that are missing or wrong, in the order in which to install them.
fn missing(wanted: &[Tool]) -> Result<Vec<Tool>> {
    let mut missing = Vec::new();
    for tool in Tool::ALL.into_iter().filter(|tool| wanted.contains(tool)) {
        if !tool.waits_for_npm() && !matches!(tool.look()?, Found::Right(..)) {
            missing.push(tool);
        }
    }
    Ok(missing)
}

fn install(missing: &[Tool]) -> Result<()> {
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = missing.iter().map(|tool| tool.name()).collect();
    println!("setting up, once: {}", names.join(", "));
    let (packaged, others): (Vec<_>, Vec<_>) =
        missing.iter().partition(|tool| packages_of(**tool).is_some());
    // First what may need a password or somebody's help: everything after it runs unattended.
    if !packaged.is_empty() {
        let packages = packaged.iter().filter_map(|tool| packages_of(*tool));
        apt_install(&packages.flat_map(str::split_ascii_whitespace).collect::<Vec<_>>())?;
    }
    for (done, tool) in others.iter().enumerate() {
        println!("[{} of {}] {}{}", done + 1, others.len(), tool.name(), patience(*tool));
        let start = Instant::now();
        install_one(*tool)?;
        println!("      done in {}", process::spell(start.elapsed()));
    }
    Ok(())
}

fn install_one(tool: Tool) -> Result<()> {
    match tool {
        Tool::Rustfmt => rustup(&["component", "add", "rustfmt"]),
        Tool::Clippy => rustup(&["component", "add", "clippy"]),
        Tool::WasmTarget => rustup(&["target", "add", "wasm32-unknown-unknown"]),
        // Its own lock file names a crate that was withdrawn, so it is not used.
        Tool::WasmBindgen => {
            cargo_install("wasm-bindgen-cli", &versions::wasm_bindgen()?, "wasm-bindgen", &[])
        }
        Tool::Trunk => cargo_install("trunk", versions::TRUNK, "trunk", &["--locked"]),
        Tool::Geckodriver => {
            cargo_install("geckodriver", versions::GECKODRIVER, "geckodriver", &["--locked"])
        }
        Tool::Binaryen => {
            let program = Path::new(".bin").join(paths::program("wasm-opt"));
            let said = |modules: &Path| process::ask(modules.join(program), &["--version"]);
            npm_install("binaryen", versions::BINARYEN, said, &versions::wasm_opt())
        }
        Tool::Axe => {
            let said = |modules: &Path| tools::axe_in(&modules.join("axe-core"));
            npm_install("axe-core", versions::AXE, said, versions::AXE_SHA256)
        }
        Tool::Rust | Tool::Chromium | Tool::Chromedriver | Tool::Firefox | Tool::ChineseFont => {
            bail!("{} {} is needed: {}", tool.name(), tool.wanted()?, tool.fix())
        }
    }
}

/// The system packages that bring the tool.
const fn packages_of(tool: Tool) -> Option<&'static str> {
    match tool {
        Tool::Chromium => Some("chromium"),
        Tool::Chromedriver => Some("chromium-driver"),
        Tool::Firefox => Some("firefox-esr"),
        // fontconfig lists the fonts, so that this one is found afterwards.
        Tool::ChineseFont => Some("fontconfig fonts-noto-cjk"),
        Tool::Rust
        | Tool::Rustfmt
        | Tool::Clippy
        | Tool::WasmTarget
        | Tool::WasmBindgen
        | Tool::Trunk
        | Tool::Binaryen
        | Tool::Axe
        | Tool::Geckodriver => None,
    }
}

/// What a person should expect on two cores.
const fn patience(tool: Tool) -> &'static str {
    match tool {
        Tool::WasmBindgen => " (builds from source, which takes minutes)",
        Tool::Trunk => " (builds from source, which takes minutes)",
        Tool::Geckodriver => " (builds from source: about a minute)",
        Tool::Rust
        | Tool::Rustfmt
        | Tool::Clippy
        | Tool::WasmTarget
        | Tool::Binaryen
        | Tool::Axe
        | Tool::Chromium
        | Tool::Chromedriver
        | Tool::Firefox
        | Tool::ChineseFont => "",
    }
}

fn rustup(arguments: &[&str]) -> Result<()> {
    process::run(process::command("rustup")?.args(arguments))
        .context("without rustup, install this with what brought Rust to this machine")
}

/// Builds a tool into a folder beside its final place, asks it for its version, then renames.
///
/// # Errors
/// When it does not build or says another version.
pub fn cargo_install(package: &str, version: &str, program: &str, options: &[&str]) -> Result<()> {
    let folder = paths::tools()?;
    fs::create_dir_all(&folder)
        .with_context(|| format!("{} cannot be created", folder.display()))?;
    let incoming = folder.join(format!("incoming-{package}-{version}"));
    let mut cargo = process::command("cargo")?;
    cargo
        .args(["install", package, "--version", &format!("={version}"), "--debug", "--force"])
        .args(options)
        .arg("--root")
        .arg(&incoming)
        // Away from the workspace's configuration; what is built stays for the next try.
        .current_dir(&folder)
        .env("CARGO_TARGET_DIR", folder.join("build"))
        .env("CARGO_PROFILE_DEV_DEBUG", "false")
        .env_remove("CARGO_BUILD_TARGET")
        .env_remove("RUSTFLAGS");
    process::run(&mut cargo)?;
    let program = incoming.join("bin").join(paths::program(program));
    let said = process::ask(program, &["--version"]);
    put_in_place(&incoming, &folder.join(format!("{package}-{version}")), said, version)
}

/// Installs an npm package beside its final place, and renames it if what it says of itself in its
/// folder of modules is what is wanted.
fn npm_install(
    package: &str,
    version: &str,
    says: impl FnOnce(&Path) -> Option<String>,
    wanted: &str,
) -> Result<()> {
    let folder = paths::tools()?;
    let incoming = folder.join(format!("incoming-{package}-{version}"));
    empty(&incoming)?;
    let mut npm = process::command(if cfg!(windows) { "npm.cmd" } else { "npm" })?;
    npm.args(["install", "--no-audit", "--no-fund", "--no-save", "--loglevel=error", "--prefix"])
        .arg(&incoming)
        .arg(format!("{package}@{version}"))
        .current_dir(&incoming);
    process::run(&mut npm)?;
    let said = says(&incoming.join("node_modules"));
    put_in_place(&incoming, &folder.join(format!("{package}-{version}")), said, wanted)
}

fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))
}

/// Renames a finished tool into the cache, if its program says the version it should have.
fn put_in_place(incoming: &Path, place: &Path, said: Option<String>, version: &str) -> Result<()> {
    let said = said.unwrap_or_default();
    if !said.contains(version) {
        bail!("the tool in {} says {said:?} and not {version}", incoming.display());
    }
    if place.exists() {
        fs::remove_dir_all(place)
            .with_context(|| format!("{} cannot be replaced", place.display()))?;
    }
    fs::rename(incoming, place).with_context(|| format!("{} cannot be made", place.display()))
}

/// Installs system packages, or says the line that does and stops.
fn apt_install(packages: &[&str]) -> Result<()> {
    let line = format!("apt-get update && apt-get install -y {}", packages.join(" "));
    if paths::on_path("apt-get").is_none() {
        bail!("install these with your system's own packages: {}", packages.join(", "));
    }
    let as_root = is_root();
    if !as_root && paths::on_path("sudo").is_none() {
        bail!(
            "neither root nor sudo: let somebody who may do so run this, then try again\n  {line}"
        );
    }
    println!("{}{line}", if as_root { "" } else { "with sudo: " });
    let apt = |arguments: &[&str]| -> Result<()> {
        let mut command = if as_root {
            process::command("apt-get")?
        } else {
            let mut sudo = process::command("sudo")?;
            sudo.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
            sudo
        };
        command.env("DEBIAN_FRONTEND", "noninteractive").args(["-q"]).args(arguments);
        process::run_at_terminal(&mut command)
    };
    apt(&["update"]).with_context(|| format!("by hand: {line}"))?;
    apt(&[&["install", "-y", "--no-install-recommends"], packages].concat())
        .with_context(|| format!("by hand: {line}"))
}

#[cfg(unix)]
fn is_root() -> bool {
    nix::unistd::Uid::effective().is_root()
}

#[cfg(not(unix))]
const fn is_root() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn incoming(name: &str) -> (PathBuf, PathBuf) {
        let folder = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
        let incoming = folder.join("incoming");
        empty(&incoming).unwrap();
        fs::write(incoming.join("tool"), "").unwrap();
        (folder, incoming)
    }

    #[test]
    fn a_tool_appears_in_the_cache_only_with_the_version_it_should_have() {
        let (folder, incoming) = incoming("wrong");
        let place = folder.join("tool-2.0.0");
        let wrong = Some("tool 1.0.0".to_owned());
        assert!(put_in_place(&incoming, &place, wrong, "2.0.0").is_err());
        assert!(put_in_place(&incoming, &place, None, "2.0.0").is_err());
        assert!(!place.exists());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_finished_tool_replaces_a_broken_one() {
        let (folder, incoming) = incoming("right");
        let place = folder.join("tool-2.0.0");
        empty(&place.join("rubbish")).unwrap();
        put_in_place(&incoming, &place, Some("tool 2.0.0".to_owned()), "2.0.0").unwrap();
        assert!(place.join("tool").is_file() && !place.join("rubbish").exists());
        assert!(!incoming.exists());
        fs::remove_dir_all(folder).unwrap();
    }
}
