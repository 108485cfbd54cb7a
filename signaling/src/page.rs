//! The page's files, as they are served: found, typed, compressed, and named by their content.
//!
//! A file whose name holds a hash of its content never changes and may be kept for ever; every
//! other is asked for again each time and answered with "unchanged" by its ETag. A file is
//! compressed once, or taken compressed from beside it. Nothing outside the folder can be named.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::body::Bytes;
use thiserror::Error;

use encoding::Encoding;
use files::{File, Files, Stamp};

pub(crate) mod encoding;
mod files;
pub(crate) mod policy;

/// Files smaller than this, in bytes, are not worth compressing.
const COMPRESS_FROM: usize = 1024;

/// The page's files.
#[derive(Debug)]
pub(crate) struct Page {
    files: Files,
    known: Mutex<BTreeMap<String, Arc<Asset>>>,
}

/// One file, ready to be served.
#[derive(Debug)]
pub(crate) struct Asset {
    stamp: Stamp,
    /// Its media type, with the character set for text.
    pub(crate) media_type: String,
    /// Whether its name holds a hash of its content.
    pub(crate) immutable: bool,
    hash: String,
    plain: Bytes,
    packed: [OnceLock<Option<Bytes>>; Encoding::COUNT],
}

/// A file in the form that a request accepts.
#[derive(Debug)]
pub(crate) struct Representation {
    /// The file.
    pub(crate) asset: Arc<Asset>,
    /// How the body is compressed, if it is.
    pub(crate) encoding: Option<Encoding>,
    /// Names this form of this content.
    pub(crate) etag: String,
    /// What to send.
    pub(crate) body: Bytes,
}

/// Why there is nothing to serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum NotServed {
    /// There is no such file.
    #[error("There is nothing at this address. The chat is at /")]
    NotFound,
    /// There is no page at all.
    #[error("The page is not built yet. Run this in the project's folder: cargo xtask serve")]
    NotBuilt,
}

impl Page {
    /// The page in `folder`; without one, that which is built in, or the workspace's in a debug
    /// build.
    pub(crate) fn new(folder: Option<PathBuf>) -> Self {
        Self { files: Files::new(folder), known: Mutex::default() }
    }

    /// Where the files come from, in words.
    pub(crate) fn source(&self) -> &Files {
        &self.files
    }

    /// The file at a request's path, in the best form among `accepted`. It may read and compress,
    /// so call it where blocking is allowed.
    ///
    /// # Errors
    /// [`NotServed`], in words for the visitor.
    pub(crate) fn find(
        &self,
        path: &str,
        accepted: &[Encoding],
    ) -> Result<Representation, NotServed> {
        let asset = self.asset(path)?;
        for &encoding in accepted {
            if let Some(body) = asset.packed(encoding, &self.files, path) {
                let etag = format!("\"{}-{}\"", asset.hash, encoding.token());
                return Ok(Representation { encoding: Some(encoding), etag, body, asset });
            }
        }
        let (etag, body) = (format!("\"{}\"", asset.hash), asset.plain.clone());
        Ok(Representation { encoding: None, etag, body, asset })
    }

    /// The Content-Security-Policy sources of the scripts that stand inside `index.html`.
    pub(crate) fn inline_hashes(&self) -> policy::InlineHashes {
        self.asset(files::INDEX)
            .map(|index| policy::inline_hashes(&index.plain))
            .unwrap_or_default()
    }

    fn asset(&self, path: &str) -> Result<Arc<Asset>, NotServed> {
        let stamp = self.files.stamp(path).ok_or_else(|| self.absence())?;
        let known = |path| {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.get(path).filter(|asset| asset.stamp == stamp).cloned()
        };
        if let Some(asset) = known(path) {
            return Ok(asset);
        }
        let file = self.files.read(path).ok_or_else(|| self.absence())?;
        let asset = Arc::new(Asset::new(path, file));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|path, _| self.files.stamp(path).is_some());
        known.insert(path.to_owned(), Arc::clone(&asset));
        Ok(asset)
    }

    fn absence(&self) -> NotServed {
        match self.files.stamp(files::INDEX) {
            Some(_) => NotServed::NotFound,
            None => NotServed::NotBuilt,
        }
    }
}

impl Asset {
    fn new(path: &str, file: File) -> Self {
        let hash = blake3::hash(&file.bytes).to_hex();
        Self {
            stamp: file.stamp,
            media_type: media_type(path),
            immutable: is_hashed(path),
            hash: hash.as_str().chars().take(32).collect(),
            plain: file.bytes,
            packed: Default::default(),
        }
    }

    fn packed(&self, encoding: Encoding, files: &Files, path: &str) -> Option<Bytes> {
        if self.plain.len() < COMPRESS_FROM || !is_compressible(&self.media_type) {
            return None;
        }
        let pack = || {
            let beside = files.read_beside(path, encoding.suffix(), &self.stamp);
            let packed = beside.or_else(|| encoding.pack(&self.plain));
            packed.filter(|packed| packed.len() < self.plain.len())
        };
        self.packed[encoding as usize].get_or_init(pack).clone()
    }
}

/// Whether a name is one that the bundler made from the content: `app-0123456789abcdef.js`,
/// `app-0123456789abcdef_bg.wasm`.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.match_indices('-').any(|(at, _)| {
        let rest = &name.as_bytes()[at + 1..];
        let digits = rest.iter().take_while(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        digits.count() == 16 && matches!(rest.get(16), Some(b'.' | b'_'))
    })
}

fn media_type(path: &str) -> String {
    let guess = mime_guess::from_path(path).first_or_octet_stream();
    match guess.essence_str() {
        text if text.starts_with("text/") => format!("{text}; charset=utf-8"),
        other => other.to_owned(),
    }
}

fn is_compressible(media_type: &str) -> bool {
    let kinds = ["text/", "application/json", "application/manifest+json", "application/wasm"];
    kinds.iter().any(|kind| media_type.starts_with(kind)) || media_type == "image/svg+xml"
}

#[cfg(test)]
mod tests;
