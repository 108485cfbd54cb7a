//! Opening the database: its schema, its fencing number, and what can stand in the way.
//!
//! ```text
//!  open ── upgradeneeded: the steps of the schema ──► success ──► raise the fence ──► Store
//!    ├─ blocked: a tab with an older version keeps it; goes on when that tab is closed
//!    └─ error: newer version, no space, refused, not to be opened now
//! ```

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use engine::room::vault::VaultError;
use engine::{Durability, StoreFault};
use gloo::events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{IdbDatabase, IdbFactory, IdbOpenDbRequest, IdbRequest};

use super::batch::{begin, ended};
use super::guard::{Guard, read_head};
use super::scan::answered;
use super::schema::{self, STEPS, Step};
use super::{CONDEMNED, FENCE, META, Store, TABLES, VAULT, is_full, object_store, scope};
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
    /// It cannot be opened now. On a full disk browsers say no more than that, so it is nothing
    /// final: to be tried again.
    #[error("the storage of this page cannot be opened: {0}")]
    Unreadable(String),
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

/// Whether a database was there when it was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was.
    Found,
    /// It was not, and was made.
    Made,
}

impl Store {
    /// Opens the database, leads it to the present version, and takes over the right to write.
    /// `on_blocked` is called if another tab stands in the way, and the opening goes on.
    ///
    /// # Errors
    /// [`OpenFault`] if it cannot be opened.
    pub async fn open(
        name: &str,
        on_blocked: impl FnOnce() + 'static,
        on_lost: impl Fn(Lost) + 'static,
    ) -> Result<Store, OpenFault> {
        Store::open_as(name, STEPS, on_blocked, on_lost).await
    }

    /// The same with other steps than those of the present version: to try an upgrade.
    ///
    /// # Errors
    /// [`OpenFault`] if it cannot be opened.
    pub async fn open_as(
        name: &str,
        steps: &'static [Step],
        on_blocked: impl FnOnce() + 'static,
        on_lost: impl Fn(Lost) + 'static,
    ) -> Result<Store, OpenFault> {
        let opened = open_database(name, steps, on_blocked).await;
        let opened = opened.map_err(|error| open_fault(&error));
        let (database, origin) = opened?;
        let present = database.object_store_names();
        let mut needed = TABLES.map(object_store).into_iter().chain([META]);
        if let Some(missing) = needed.find(|name| !present.contains(name)) {
            database.close();
            return Err(OpenFault::Damaged(format!("the part {missing} is missing")));
        }
        let listeners = watch(&database, on_lost);
        let raised = raise_fence(&database).await.inspect_err(|_| database.close());
        let Raised { fence, condemned, vault } = raised?;
        let head = read_head(&vault).map_err(head_fault).inspect_err(|_| database.close());
        // What is to go needs no key.
        let head = if condemned { None } else { head? };
        let guard = head.map_or(Guard::Clear, Guard::Locked);
        Ok(Store { database, origin, fence, condemned, guard, _listeners: listeners })
    }

    /// Whether the database was there before.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// The fencing number: grows with each opening.
    #[must_use]
    pub fn fence(&self) -> f64 {
        self.fence
    }
}

async fn open_database(
    name: &str,
    steps: &'static [Step],
    on_blocked: impl FnOnce() + 'static,
) -> Result<(IdbDatabase, Origin), JsValue> {
    let factory = property(&js_sys::global(), "indexedDB");
    let factory: IdbFactory = factory.dyn_into()?;
    let request: IdbOpenDbRequest = factory.open_with_u32(name, schema::version(steps))?;
    let upgrading = request.clone();
    let origin = Rc::new(Cell::new(Origin::Found));
    let making = origin.clone();
    let taken = Rc::new(RefCell::new(Vec::new()));
    let taking = taken.clone();
    let listeners = [
        EventListener::once(&request, "blocked", move |_| on_blocked()),
        EventListener::once(&request, "upgradeneeded", move |event| {
            let old = property(event, "oldVersion").as_f64().unwrap_or(0.0);
            if old == 0.0 {
                making.set(Origin::Made);
            }
            match upgrade(&upgrading, steps, old) {
                Ok(listeners) => *taking.borrow_mut() = listeners,
                Err(_) => {
                    // Nothing is better than a half: the opening fails, all stays as it was.
                    let aborted = upgrading.transaction().map(|upgrade| upgrade.abort());
                    debug_assert!(aborted.is_some(), "an upgrade has a transaction");
                }
            }
        }),
    ];
    let opened = answered(request.unchecked_ref::<IdbRequest>()).await;
    drop((listeners, taken));
    Ok((opened?.dyn_into()?, origin.get()))
}

fn upgrade(
    request: &IdbOpenDbRequest,
    steps: &[Step],
    old: f64,
) -> Result<Vec<EventListener>, JsValue> {
    let database: IdbDatabase = request.result()?.dyn_into()?;
    let transaction = request.transaction().ok_or(JsValue::NULL)?;
    schema::lead(steps, old, (&database, &transaction))
}

pub(super) fn open_fault(error: &JsValue) -> OpenFault {
    let name = property(error, "name").as_string().unwrap_or_default();
    named_fault(&name, words(error))
}

/// What the names mean by which browsers say that a database is not opened.
fn named_fault(name: &str, text: String) -> OpenFault {
    match name {
        "VersionError" => OpenFault::Newer,
        _ if is_full(name, &text) => OpenFault::Full,
        // Files that cannot be read or written: on a full disk Chromium says the first. The last is
        // what an opening says whose own transaction had no space.
        "UnknownError" | "DataError" | "TimeoutError" | "AbortError" => OpenFault::Unreadable(text),
        _ => OpenFault::Refused(text),
    }
}

/// What `meta` says at an opening.
struct Raised {
    fence: f64,
    condemned: bool,
    vault: JsValue,
}

/// Why the head of a vault cannot be read.
fn head_fault(error: VaultError) -> OpenFault {
    match error {
        VaultError::Newer { .. } => OpenFault::Newer,
        VaultError::Damaged | VaultError::Passphrase => OpenFault::Damaged(error.to_string()),
    }
}

/// Raises the fencing number in a transaction of its own, and says it; and whether the database is
/// condemned. That is said where there is no space for the number, too.
async fn raise_fence(database: &IdbDatabase) -> Result<Raised, OpenFault> {
    let (raised, condemned) = (Rc::new(Cell::new(0.0)), Rc::new(Cell::new(false)));
    let vault = Rc::new(RefCell::new(JsValue::UNDEFINED));
    let (ended, readings) = {
        let issue = || -> Result<_, JsValue> {
            let scope = scope([META].into_iter());
            let transaction = begin(database, &scope, Durability::Strict)?;
            let meta = transaction.object_store(META)?;
            let mark = meta.get(&CONDEMNED.into())?;
            let (read, condemned) = (mark.clone(), condemned.clone());
            let looking = EventListener::once(&mark, "success", move |_| {
                condemned.set(read.result().is_ok_and(|mark| mark.is_truthy()));
            });
            let head = meta.get(&VAULT.into())?;
            let (read, vault) = (head.clone(), vault.clone());
            let copying = EventListener::once(&head, "success", move |_| {
                *vault.borrow_mut() = read.result().unwrap_or_default();
            });
            let request = meta.get(&FENCE.into())?;
            let (found, raised) = (request.clone(), raised.clone());
            let reading = EventListener::once(&request, "success", move |_| {
                let last = found.result().ok().and_then(|last| last.as_f64()).unwrap_or(0.0);
                raised.set(last + 1.0);
                // A put that fails aborts the transaction, and that is what is awaited.
                let _ = meta.put_with_key(&JsValue::from_f64(last + 1.0), &FENCE.into());
            });
            Ok((ended(&transaction), [looking, copying, reading]))
        };
        issue().map_err(|error| open_fault(&error))?
    };
    let outcome = ended.await;
    drop(readings);
    match outcome {
        Err(fault) if !condemned.get() => Err(fence_fault(fault)),
        Ok(()) | Err(_) => {
            let (fence, condemned, vault) = (raised.get(), condemned.get(), vault.take());
            Ok(Raised { fence, condemned, vault })
        }
    }
}

/// A database whose fence cannot be raised is there, and may take it later.
fn fence_fault(fault: StoreFault) -> OpenFault {
    match fault {
        StoreFault::Full => OpenFault::Full,
        StoreFault::Fenced | StoreFault::Failed(_) => OpenFault::Unreadable(fault.to_string()),
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
        assert!(matches!(fence_fault(failed), OpenFault::Unreadable(_)));
    }

    #[test]
    fn what_a_full_disk_makes_browsers_say_is_no_damage_and_nothing_final() {
        let fault = |name: &str| named_fault(name, "words".to_owned());
        assert_eq!(fault("QuotaExceededError"), OpenFault::Full);
        for name in ["UnknownError", "AbortError"] {
            assert_eq!(fault(name), OpenFault::Unreadable("words".to_owned()), "{name}");
        }
        assert_eq!(fault("VersionError"), OpenFault::Newer);
        for name in ["SecurityError", "InvalidStateError", ""] {
            assert_eq!(fault(name), OpenFault::Refused("words".to_owned()), "{name}");
        }
    }
}
