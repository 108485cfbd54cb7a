//! The versions of the database: one step from each to the next, one file a step.
//!
//! ```text
//!  nothing ── v1 ──► 1 ── v2 ──► 2 ── ...      all that are missing, in one transaction
//! ```
//! The browser gives the upgrade a transaction of its own, and a step that fails aborts it: then
//! the database is as it was, of its old version. A step is never changed once it was shipped, and
//! `crates/engine/tests/databases` has a database of each version.

mod v1;
mod v2;

use gloo::events::EventListener;
use wasm_bindgen::JsValue;
use web_sys::{IdbDatabase, IdbTransaction};

/// Leads a database to the next version. What it asks of the browser within the transaction is
/// waited for; the listeners of its requests live until then.
pub type Step = fn(&IdbDatabase, &IdbTransaction) -> Result<Vec<EventListener>, JsValue>;

/// All steps. There are as many versions.
pub const STEPS: &[Step] = &[v1::make, v2::allow_sealing];

/// The version to which these steps lead.
pub(super) fn version(steps: &[Step]) -> u32 {
    u32::try_from(steps.len()).unwrap_or(u32::MAX)
}

/// Takes the steps that a database of version `old` has not taken; 0 if there was none.
pub(super) fn lead(
    steps: &[Step],
    old: f64,
    (database, upgrade): (&IdbDatabase, &IdbTransaction),
) -> Result<Vec<EventListener>, JsValue> {
    let mut listeners = Vec::new();
    for (number, step) in (1u32..).zip(steps) {
        if f64::from(number) > old {
            listeners.extend(step(database, upgrade)?);
        }
    }
    Ok(listeners)
}
