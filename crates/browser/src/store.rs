//! The store of all rooms: the IndexedDB database `confab`, one transaction a batch.
//!
//! Whoever opens it raises the fencing number in `meta`; each batch reads it first and aborts on a
//! mismatch, while its writes are issued without waiting (see `batch`): a worker that was frozen
//! while another took over cannot write.
//!
//! On web-sys directly, and not through `indexed_db_futures`: its `commit()` forbids the abort from
//! the fencing read's own callback, and its abort loses `transaction.error`, which alone tells a
//! full disk from any other failure.

mod batch;
mod condemn;
mod convert;
pub mod guard;
mod open;
mod scan;
pub mod schema;
mod walk;
mod wipe;

use engine::{StoreFault, Table};
use js_sys::Array;
use wasm_bindgen::JsValue;
use web_sys::{DomException, IdbDatabase};

use crate::bindings::words;

pub use guard::Guard;
pub use open::{Lost, OpenFault, Origin};
pub use walk::{Stretch, Walk};
pub use wipe::Wiped;

/// The database's name in the browser.
pub const NAME: &str = "confab";
/// The object store of what is about the database itself.
const META: &str = "meta";
/// The key there of the fencing number.
const FENCE: &str = "fence";
/// The key there of the mark that the database is to be deleted.
const CONDEMNED: &str = "condemned";
/// The key there of what belongs to the passphrase.
const VAULT: &str = "vault";

/// The tables, and the object store of each.
const TABLES: [Table; 5] =
    [Table::Rooms, Table::Runs, Table::Timeline, Table::Projections, Table::State];

fn object_store(table: Table) -> &'static str {
    match table {
        Table::Rooms => "rooms",
        Table::Runs => "runs",
        Table::Timeline => "timeline",
        Table::Projections => "projections",
        Table::State => "state",
    }
}

/// The open database, and the right to write to it until another opens it.
pub struct Store {
    database: IdbDatabase,
    origin: Origin,
    fence: f64,
    condemned: bool,
    guard: Guard,
    _listeners: Vec<gloo::events::EventListener>,
}

impl Drop for Store {
    fn drop(&mut self) {
        self.database.close();
    }
}

/// Object stores as a transaction's scope.
fn scope(tables: impl Iterator<Item = &'static str>) -> JsValue {
    tables.map(JsValue::from_str).collect::<Array>().into()
}

/// What the browser threw, as a fault of the store.
fn fault(thrown: &JsValue) -> StoreFault {
    let name = crate::bindings::property(thrown, "name").as_string().unwrap_or_default();
    let text = words(thrown);
    if is_full(&name, &text) { StoreFault::Full } else { StoreFault::Failed(text) }
}

/// True if a browser says that there is no space. Where the disk itself is full, Chromium says so
/// only in the words of its database.
fn is_full(name: &str, text: &str) -> bool {
    name == "QuotaExceededError" || text.contains("FILE_ERROR_NO_SPACE")
}

/// Why a transaction was aborted.
fn abort_fault(error: Option<DomException>) -> StoreFault {
    match error {
        Some(error) => fault(&error),
        None => StoreFault::Failed("the transaction was aborted".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::is_full;

    #[test]
    fn a_full_disk_is_told_from_other_failures() {
        let said = "UnknownError: IO error: 000003.log: FILE_ERROR_NO_SPACE (WritableFileAppend)";
        assert!(is_full("UnknownError", said) && is_full("QuotaExceededError", ""));
        assert!(!is_full("UnknownError", "UnknownError: Internal error."));
        assert!(!is_full("InvalidStateError", "InvalidStateError: the database is closing"));
    }
}
