//! The end of the whole database: condemned first, deleted then.
//!
//! ```text
//!  get(fence) ── not mine? abort
//!  clear(rooms), put(condemned) ──► complete ──► deleteDatabase ──► gone
//!  at an opening: condemned? ───────────────────────┘
//! ```
//! The records of rooms are the only keys to what is stored, so nothing can be read any more from
//! the first transaction on; whoever finds the mark goes on with the deletion.

use std::cell::Cell;
use std::rc::Rc;

use engine::{Durability, StoreFault, Table};
use gloo::events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{IdbFactory, IdbOpenDbRequest, IdbRequest};

use super::batch::{begin, check_fence, ended};
use super::open::open_fault;
use super::scan::answered;
use super::{CONDEMNED, META, OpenFault, Store, fault, object_store, scope};
use crate::bindings::property;

impl Store {
    /// True if the deletion of all that is here has begun.
    #[must_use]
    pub fn is_condemned(&self) -> bool {
        self.condemned
    }

    /// Takes all keys away and marks the database as one that is to be deleted.
    pub fn condemn(&self) -> impl Future<Output = Result<(), StoreFault>> + use<> {
        let issued = self.issue_condemning().map_err(|error| fault(&error));
        async move { issued?.await }
    }

    fn issue_condemning(
        &self,
    ) -> Result<impl Future<Output = Result<(), StoreFault>> + use<>, JsValue> {
        let rooms = object_store(Table::Rooms);
        let scope = scope([rooms, META].into_iter());
        let transaction = begin(&self.database, &scope, Durability::Strict)?;
        let fenced = Rc::new(Cell::new(false));
        let check = check_fence(&transaction, self.fence, fenced.clone())?;
        transaction.object_store(rooms)?.clear()?;
        transaction.object_store(META)?.put_with_key(&JsValue::TRUE, &CONDEMNED.into())?;
        let ended = ended(&transaction);
        Ok(async move {
            let outcome = ended.await;
            drop(check);
            match outcome {
                Err(_) if fenced.get() => Err(StoreFault::Fenced),
                outcome => outcome,
            }
        })
    }

    /// Deletes the database of this name, whether there is one or not. `on_blocked` is called if
    /// another tab stands in the way, and the deletion goes on.
    ///
    /// # Errors
    /// [`OpenFault`] if the browser does not delete it.
    pub async fn delete(name: &str, on_blocked: impl FnOnce() + 'static) -> Result<(), OpenFault> {
        let ask = || -> Result<IdbOpenDbRequest, JsValue> {
            let factory: IdbFactory = property(&js_sys::global(), "indexedDB").dyn_into()?;
            factory.delete_database(name)
        };
        let request = ask().map_err(|error| open_fault(&error))?;
        let blocked = EventListener::once(&request, "blocked", move |_| on_blocked());
        let deleted = answered(request.unchecked_ref::<IdbRequest>()).await;
        drop(blocked);
        deleted.map(|_| ()).map_err(|error| open_fault(&error))
    }
}
