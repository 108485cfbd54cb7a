//! Version 1: one object store a table, and one for what is about the database itself.
//!
//! Keys are given with each value; both are bytes (`engine/keys.rs`).

use gloo::events::EventListener;
use wasm_bindgen::JsValue;
use web_sys::{IdbDatabase, IdbTransaction};

/// Makes the object stores.
pub(super) fn make(
    database: &IdbDatabase,
    _: &IdbTransaction,
) -> Result<Vec<EventListener>, JsValue> {
    for name in ["rooms", "runs", "timeline", "projections", "state", "meta"] {
        database.create_object_store(name)?;
    }
    Ok(vec![])
}
