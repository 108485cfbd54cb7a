//! Where the page's files are: in a folder, in the binary, or nowhere.
//!
//! Names come from strangers. A name is taken apart and checked before anything touches the disk,
//! and what it leads to must lie inside the folder even when a link on the way points elsewhere.

use core::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use axum::body::Bytes;

/// The page itself.
pub(super) const INDEX: &str = "index.html";

/// Where the page's files are.
#[derive(Debug)]
pub(crate) enum Files {
    /// In a folder, read when asked for, so that a new build shows at the next reload.
    Folder(PathBuf),
    /// In this binary.
    #[cfg(feature = "embed")]
    Embedded,
    /// Nowhere.
    #[cfg_attr(
        any(feature = "embed", debug_assertions),
        expect(dead_code, reason = "only a release build without the page has none")
    )]
    Nowhere,
}

/// A file's content, and what tells that it has changed.
#[derive(Debug)]
pub(super) struct File {
    pub(super) stamp: Stamp,
    pub(super) bytes: Bytes,
}

/// Differs when a file has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    bytes: u64,
    changed: Option<SystemTime>,
}

#[cfg(feature = "embed")]
#[derive(rust_embed::RustEmbed)]
#[folder = "../dist"]
struct Built;

impl Files {
    /// The files in `folder`; without one, those that are built in, or those of the workspace in a
    /// debug build.
    pub(super) fn new(folder: Option<PathBuf>) -> Self {
        match folder {
            Some(folder) => Self::Folder(folder),
            None => Self::built_in(),
        }
    }

    #[cfg(feature = "embed")]
    fn built_in() -> Self {
        Self::Embedded
    }

    #[cfg(all(not(feature = "embed"), debug_assertions))]
    fn built_in() -> Self {
        Self::Folder(Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist"))
    }

    #[cfg(all(not(feature = "embed"), not(debug_assertions)))]
    fn built_in() -> Self {
        Self::Nowhere
    }

    /// The stamp of the file of this name, if there is one.
    pub(super) fn stamp(&self, name: &str) -> Option<Stamp> {
        match self {
            Self::Folder(folder) => {
                let changed = fs::metadata(inside(folder, name)?).ok()?;
                let is_file = changed.is_file();
                let stamp = Stamp { bytes: changed.len(), changed: changed.modified().ok() };
                is_file.then_some(stamp)
            }
            #[cfg(feature = "embed")]
            Self::Embedded => {
                let file = Built::get(name)?;
                Some(Stamp { bytes: file.data.len() as u64, changed: None })
            }
            Self::Nowhere => None,
        }
    }

    /// The file of this name, if there is one.
    pub(super) fn read(&self, name: &str) -> Option<File> {
        let stamp = self.stamp(name)?;
        let bytes = match self {
            Self::Folder(folder) => Bytes::from(fs::read(inside(folder, name)?).ok()?),
            #[cfg(feature = "embed")]
            Self::Embedded => match Built::get(name)?.data {
                std::borrow::Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                std::borrow::Cow::Owned(bytes) => Bytes::from(bytes),
            },
            Self::Nowhere => return None,
        };
        Some(File { stamp, bytes })
    }

    /// The packed form that lies beside a file, unless it is older than the file.
    pub(super) fn read_beside(&self, name: &str, suffix: &str, of: &Stamp) -> Option<Bytes> {
        let file = self.read(&format!("{name}{suffix}"))?;
        (file.stamp.changed >= of.changed).then_some(file.bytes)
    }
}

impl fmt::Display for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "the folder {}", folder.display()),
            #[cfg(feature = "embed")]
            Self::Embedded => write!(f, "this binary"),
            Self::Nowhere => write!(f, "nowhere: it is not built in, and --dist names no folder"),
        }
    }
}

/// The path of a name inside a folder, if the name is plain and does not lead out of it.
fn inside(folder: &Path, name: &str) -> Option<PathBuf> {
    if !is_plain(name) {
        return None;
    }
    let folder = folder.canonicalize().ok()?;
    let path = folder.join(name).canonicalize().ok()?;
    path.starts_with(&folder).then_some(path)
}

/// Whether a name is a relative path of visible files: no empty, `.` or hidden part, no device.
fn is_plain(name: &str) -> bool {
    let odd = |c: char| c.is_control() || matches!(c, '\\' | ':');
    !name.contains(odd) && name.split('/').all(|part| !part.is_empty() && !part.starts_with('.'))
}
