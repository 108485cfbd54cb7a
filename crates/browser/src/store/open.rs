//! Opening the database: its schema, its fencing number, and what can stand in the way.
//!
//! ```text
//!  open ── upgradeneeded: create the stores ──► success ──► raise the fence ──► Store
//!    ├─ blocked: a tab with an older version keeps it; goes on when that tab is closed
//!    └─ error: newer version, no space for the fence, refused, damaged
//! ```

use std::cell::Cell;
use std::rc::Rc;

use engine::{Durability, StoreFault};
use gloo::events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{IdbDatabase, IdbFactory, IdbOpenDbRequest, IdbRequest};

use super::batch::{begin, ended};
use super::scan::answered;
use super::{FENCE, META, Store, TABLES, VERSION, object_store, scope};
use crate::bindings::{property, words};

/// Why the database cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenFault {
    /// A newer version of Confab has changed it.
    #[error("a newer version has changed the storage: reload the page")]
    Newer,
    /// The browser gives this page no storage.
    #[error("the browser gives this page no storage: {0}")]
    Refused(String),
    /// The browser gives no more space, not even to take over the right to write.
    #[error("the browser gives this page no more storage space")]
    Full,
    /// It is there, and not as it must be.
    #[error("the storage of this page is damaged: {0}")]
    Damaged(String),
}

/// Why an open database is one no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// A newer version wants to change it; it was closed to let that happen.
    Newer,
    /// Somebody deletes it; it was closed to let that happen.
    Deleted,
    /// The browser has closed it, as when a person deletes what the page has stored.
    Closed,
}

impl Store {
    /// Opens the database, creates what is not there, and takes over the right to write.
    /// `on_blocked` is called if another tab stands in the way, and the opening goes on.
    ///
    /// # Errors
    /// [`OpenFault`] if it cannot be opened.
    pub async fn open(
        name: &str,
        on_blocked: impl FnOnce() + 'static,
        on_lost: impl Fn(Lost) + 'static,
    ) -> Result<Store, OpenFault> {
        let database = open_database(name, on_blocked).await.map_err(|error| open_fault(&error))?;
        let present = database.object_store_names();
        let mut needed = TABLES.map(object_store).into_iter().chain([META]);
        if let Some(missing) = needed.find(|name| !present.contains(name)) {
            database.close();
            return Err(OpenFault::Damaged(format!("the part {missing} is missing")));
        }
        let listeners = watch(&database, on_lost);
        let fence = raise_fence(&database).await.inspect_err(|_| database.close())?;
        Ok(Store { database, fence, _listeners: listeners })
    }

    /// The fencing number: grows with each opening.
    #[must_use]
    pub fn fence(&self) -> f64 {
        self.fence
    }
}

async fn open_database(
    name: &str,
    on_blocked: impl FnOnce() + 'static,
) -> Result<IdbDatabase, JsValue> {
    let factory = property(&js_sys::global(), "indexedDB");
    let factory: IdbFactory = factory.dyn_into()?;
    let request: IdbOpenDbRequest = factory.open_with_u32(name, VERSION)?;
    let upgrading = request.clone();
    let listeners = [
        EventListener::once(&request, "blocked", move |_| on_blocked()),
        EventListener::once(&request, "upgradeneeded", move |_| {
            if create_stores(&upgrading).is_err() {
                // Without its stores it is no database: the opening fails, nothing is left.
                let aborted = upgrading.transaction().map(|upgrade| upgrade.abort());
                debug_assert!(aborted.is_some(), "an upgrade has a transaction");
            }
        }),
    ];
    let opened = answered(request.unchecked_ref::<IdbRequest>()).await;
    drop(listeners);
    opened?.dyn_into()
}

/// The schema of version 1. Keys are given with each value; both are bytes.
fn create_stores(request: &IdbOpenDbRequest) -> Result<(), JsValue> {
    let database: IdbDatabase = request.result()?.dyn_into()?;
    for name in TABLES.map(object_store).into_iter().chain([META]) {
        database.create_object_store(name)?;
    }
    Ok(())
}

fn open_fault(error: &JsValue) -> OpenFault {
    let text = words(error);
    match property(error, "name").as_string().as_deref() {
        Some("VersionError") => OpenFault::Newer,
        Some("QuotaExceededError") => OpenFault::Full,
        // What browsers say when the files of a database cannot be read.
        Some("UnknownError" | "DataError") => OpenFault::Damaged(text),
        _ => OpenFault::Refused(text),
    }
}

/// Raises the fencing number in a transaction of its own, and says it.
async fn raise_fence(database: &IdbDatabase) -> Result<f64, OpenFault> {
    let raised = Rc::new(Cell::new(0.0));
    let (ended, reading) = {
        let issue = || -> Result<_, JsValue> {
            let scope = scope([META].into_iter());
            let transaction = begin(database, &scope, Durability::Strict)?;
            let meta = transaction.object_store(META)?;
            let request = meta.get(&FENCE.into())?;
            let (found, raised) = (request.clone(), raised.clone());
            let reading = EventListener::once(&request, "success", move |_| {
                let last = found.result().ok().and_then(|last| last.as_f64()).unwrap_or(0.0);
                raised.set(last + 1.0);
                // A put that fails aborts the transaction, and that is what is awaited.
                let _ = meta.put_with_key(&JsValue::from_f64(last + 1.0), &FENCE.into());
            });
            Ok((ended(&transaction), reading))
        };
        issue().map_err(|error| open_fault(&error))?
    };
    ended.await.map_err(fence_fault)?;
    drop(reading);
    Ok(raised.get())
}

/// A store whose fence cannot be raised is there: only what was read wrongly is damaged.
fn fence_fault(fault: StoreFault) -> OpenFault {
    match fault {
        StoreFault::Full => OpenFault::Full,
        StoreFault::Fenced | StoreFault::Failed(_) => OpenFault::Refused(fault.to_string()),
    }
}

fn watch(database: &IdbDatabase, on_lost: impl Fn(Lost) + 'static) -> Vec<EventListener> {
    let on_lost = Rc::new(on_lost);
    let closed = on_lost.clone();
    let yielding = database.clone();
    vec![
        EventListener::once(database, "versionchange", move |event| {
            yielding.close();
            let deleted = property(event, "newVersion").is_null();
            on_lost(if deleted { Lost::Deleted } else { Lost::Newer });
        }),
        EventListener::once(database, "close", move |_| closed(Lost::Closed)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_space_for_the_fence_is_no_damage() {
        assert_eq!(fence_fault(StoreFault::Full), OpenFault::Full);
        let failed = StoreFault::Failed("the transaction was aborted".to_owned());
        assert!(matches!(fence_fault(failed), OpenFault::Refused(_)));
    }
}
