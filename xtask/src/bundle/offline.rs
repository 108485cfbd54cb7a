//! What lets the built page open without its server: the service worker, filled in with the files
//! of this build, and the mark in the page by which it knows its build.
//!
//! ```text
//!  trunk ──► dist/ ── mark index.html, list all files ──► dist/service_worker.js ──► pack
//! ```
//! It runs after trunk in `serve`, `dist` and the end-to-end tests. `dev` and `trunk serve` go
//! without on purpose: there is no mark then, so the page registers nothing, and a change of the
//! sources shows at once.

use anyhow::{Context, Result, ensure};
use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;

/// The service worker's name, beside the page.
pub const SERVICE_WORKER: &str = "service_worker.js";
/// Where its template is, below the workspace's root.
const TEMPLATE: &str = "app/service_worker.js";
/// The page itself.
const INDEX: &str = "index.html";
/// The mark stands before this.
const MARK_BEFORE: &str = "</head>";

/// Marks the page in this folder, and writes the service worker of all its files.
///
/// # Errors
/// When the page or the template is not as it must be, or a file cannot be read or written.
pub fn write(root: &Path, page: &Path, names: &[String]) -> Result<()> {
    let template = root.join(TEMPLATE);
    let template = fs::read_to_string(&template)
        .with_context(|| format!("{} is unreadable", template.display()))?;
    let mut contents = Vec::new();
    for name in names.iter().filter(|name| *name != SERVICE_WORKER) {
        let bytes = fs::read(page.join(name)).with_context(|| format!("{name} is unreadable"))?;
        contents.push((name.replace('\\', "/"), bytes));
    }
    contents.sort();
    let build = name_of(&template, &contents);
    for (_, bytes) in contents.iter_mut().filter(|(name, _)| name == INDEX) {
        *bytes = marked(bytes, &build)?;
        fs::write(page.join(INDEX), &*bytes).context("the page cannot be marked")?;
    }
    let worker = filled(&template, &build, &contents)?;
    fs::write(page.join(SERVICE_WORKER), worker).context("the service worker cannot be written")
}

/// Names a build: another name as soon as any file differs, or the service worker itself.
fn name_of(template: &str, contents: &[(String, Vec<u8>)]) -> String {
    let mut digest = Sha256::new();
    digest.update(Sha256::digest(template));
    for (name, bytes) in contents {
        digest.update(Sha256::digest(name));
        digest.update(Sha256::digest(bytes));
    }
    HEXLOWER.encode(&digest.finalize()[..8])
}

fn marked(page: &[u8], build: &str) -> Result<Vec<u8>> {
    let page = std::str::from_utf8(page).context("the page is not UTF-8")?;
    ensure!(page.matches(MARK_BEFORE).count() == 1, "the page needs one {MARK_BEFORE}");
    let mark = format!("<meta name=\"confab-build\" content=\"{build}\" />{MARK_BEFORE}");
    Ok(page.replace(MARK_BEFORE, &mark).into_bytes())
}

/// The template with a build's name and files: JSON is JavaScript, too.
fn filled(template: &str, build: &str, contents: &[(String, Vec<u8>)]) -> Result<String> {
    let mut files = Map::new();
    for (name, bytes) in contents {
        let integrity = format!("sha256-{}", BASE64.encode(&Sha256::digest(bytes)));
        files.insert(name.clone(), Value::String(integrity));
    }
    for place in ["__BUILD__", "__FILES__"] {
        ensure!(template.matches(place).count() == 1, "the service worker needs one {place}");
    }
    let files = serde_json::to_string_pretty(&files)?;
    let build = serde_json::to_string(build)?;
    Ok(template.replace("__BUILD__", &build).replace("__FILES__", &files))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    const PAGE: &str = "<html><head><title>x</title></head></html>";

    /// A built page; gives the service worker's text and the marked page's.
    fn build(scratch: &Scratch, wasm: &[u8], template: &str) -> (String, String) {
        let (root, page) = (scratch.path(), scratch.path().join("dist"));
        fs::create_dir_all(root.join("app")).unwrap();
        fs::create_dir_all(page.join("icons")).unwrap();
        fs::write(root.join(TEMPLATE), template).unwrap();
        fs::write(page.join(INDEX), PAGE).unwrap();
        fs::write(page.join("worker_bg.wasm"), wasm).unwrap();
        fs::write(page.join("icons/icon.svg"), "<svg/>").unwrap();
        let names = [INDEX, "worker_bg.wasm", "icons/icon.svg", SERVICE_WORKER];
        write(root, &page, &names.map(str::to_owned)).unwrap();
        let read = |name: &str| fs::read_to_string(page.join(name)).unwrap();
        (read(SERVICE_WORKER), read(INDEX))
    }

    fn field<'a>(text: &'a str, before: &str) -> &'a str {
        text.split_once(before).unwrap().1.split(['"', ';']).next().unwrap()
    }

    #[test]
    fn the_service_worker_names_each_file_of_the_build_by_its_content_and_not_itself() {
        let scratch = Scratch::new().unwrap();
        let template = include_str!("../../../app/service_worker.js");
        let (worker, page) = build(&scratch, b"one", template);
        assert!(!worker.contains("__"), "all places are filled");
        let files = worker.split_once("const FILES = ").unwrap().1.split_once(';').unwrap().0;
        let files: Map<String, Value> = serde_json::from_str(files).unwrap();
        let names: Vec<&str> = files.keys().map(String::as_str).collect();
        assert_eq!(names, ["icons/icon.svg", INDEX, "worker_bg.wasm"]);
        let served = format!("sha256-{}", BASE64.encode(&Sha256::digest(&page)));
        assert_eq!(files[INDEX], Value::String(served), "the page as it is served, mark and all");
        let mark = field(&page, "<meta name=\"confab-build\" content=\"");
        assert_eq!(field(&worker, "const BUILD = \""), mark, "page and service worker agree");
    }

    #[test]
    fn a_build_has_another_name_if_anything_differs_and_the_same_if_nothing_does() {
        let scratch = Scratch::new().unwrap();
        let template = "b = __BUILD__; f = __FILES__;";
        let name = |wasm: &[u8], template| {
            let (worker, _) = build(&scratch, wasm, template);
            field(&worker, "b = \"").to_owned()
        };
        let first = name(b"one", template);
        assert_eq!(name(b"one", template), first);
        assert_ne!(name(b"two", template), first);
        assert_ne!(name(b"one", "b = __BUILD__; f = __FILES__; // more"), first);
    }

    #[test]
    fn a_page_or_a_template_without_a_place_is_an_error() {
        assert!(marked(b"<p>no head</p>", "b").is_err());
        assert!(filled("const BUILD = __BUILD__;", "b", &[]).is_err());
    }
}
