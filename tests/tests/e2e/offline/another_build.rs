//! The built page once more, with other hashed names, as the next build of it would be served.

use anyhow::{Context, Result, ensure};
use data_encoding::BASE64;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// The hash in the names of the other build.
const OTHER: &str = "fedcba9876543210";

/// The page as it was built.
pub fn dist() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist")
}

/// The names of its files, sorted, without the packed copies.
pub fn files() -> Result<Vec<String>> {
    let mut names = Vec::new();
    collect(&dist(), "", &mut names)?;
    names.retain(|name| !name.ends_with(".br") && !name.ends_with(".gz"));
    names.sort();
    Ok(names)
}

fn collect(folder: &Path, above: &str, names: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(folder).context("the page is not built")? {
        let entry = entry?;
        let name = format!("{above}{}", entry.file_name().to_string_lossy());
        match entry.path().is_dir() {
            true => collect(&entry.path(), &format!("{name}/"), names)?,
            false => names.push(name),
        }
    }
    Ok(())
}

/// The build that a page in a folder is of.
pub fn mark_of(folder: &Path) -> Result<String> {
    let page = fs::read_to_string(folder.join("index.html"))?;
    let (_, rest) = page.split_once(r#"name="confab-build" content=""#).context("no mark")?;
    Ok(rest.chars().take_while(char::is_ascii_hexdigit).collect())
}

/// Writes the other build into a folder: other names, another mark, a service worker that fits.
pub fn another_build(folder: &Path) -> Result<()> {
    let page = fs::read_to_string(dist().join("index.html"))?;
    let worker = fs::read_to_string(dist().join("service_worker.js"))?;
    let names = files()?;
    let own = names.iter().find(|name| name.starts_with("app-") && name.ends_with(".js"));
    let hash = own.context("no hashed name")?["app-".len()..].trim_end_matches(".js");
    let mark = mark_of(&dist())?;
    let new_mark: String = mark.chars().rev().collect();
    ensure!(mark != new_mark && hash != OTHER, "the other build is not another one");
    let rename = |text: &str| text.replace(hash, OTHER).replace(&mark, &new_mark);
    let integrity = |text: &str| BASE64.encode(&Sha256::digest(text));
    let new_page = rename(&page);
    let new_worker = rename(&worker).replace(&integrity(&page), &integrity(&new_page));
    ensure!(new_worker.contains(&integrity(&new_page)), "the service worker names no page");
    for name in &names {
        let to = folder.join(rename(name));
        fs::create_dir_all(to.parent().context("a file has a folder")?)?;
        match name.as_str() {
            "index.html" => fs::write(to, &new_page)?,
            "service_worker.js" => fs::write(to, &new_worker)?,
            _ => copy(name, &to)?,
        }
    }
    Ok(())
}

/// With what lies packed beside it: packing the wasm anew would take the server long.
fn copy(name: &str, to: &Path) -> Result<()> {
    fs::copy(dist().join(name), to)?;
    for ending in ["br", "gz"] {
        let packed = dist().join(format!("{name}.{ending}"));
        if packed.is_file() {
            fs::copy(packed, format!("{}.{ending}", to.display()))?;
        }
    }
    Ok(())
}
