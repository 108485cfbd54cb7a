//! Version 2: values may lie sealed under a passphrase, with its head in `meta` (`store/guard.rs`).
//!
//! What is stored stays as it is. A version that does not know of it must not open such a database:
//! it would take every value for damage, and let go of it.

use gloo::events::EventListener;
use wasm_bindgen::JsValue;
use web_sys::{IdbDatabase, IdbTransaction};

/// Changes nothing but the version.
pub(super) fn allow_sealing(
    _: &IdbDatabase,
    _: &IdbTransaction,
) -> Result<Vec<EventListener>, JsValue> {
    Ok(vec![])
}
