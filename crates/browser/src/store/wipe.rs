//! Deleting a range of records, so many at a time: each a transaction of its own.
//!
//! ```text
//!  get(fence) ── not mine? abort
//!  getAllKeys(range, limit) ── success: delete(first..=last) ──► complete: some, or all of them
//! ```
//! Only keys are read, however large the records are.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use engine::{Durability, StoreFault, Table};
use gloo::events::EventListener;
use wasm_bindgen::JsValue;
use web_sys::{IdbKeyRange, IdbObjectStore, IdbRequest};

use super::batch::{begin, bytes, check_fence, ended};
use super::scan::list;
use super::{META, Store, fault, object_store, scope};

/// How far a deletion has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wiped {
    /// As many as were to go at once are gone; there may be more.
    Some,
    /// There are none any more.
    All,
}

impl Store {
    /// Deletes the first records with `from <= key < to`, at most `limit` of them.
    pub fn wipe(
        &self,
        table: Table,
        (from, to): &(Vec<u8>, Vec<u8>),
        limit: u32,
    ) -> impl Future<Output = Result<Wiped, StoreFault>> + use<> {
        let issued = self.issue_wipe(table, (from, to), limit).map_err(|error| fault(&error));
        async move { issued?.await }
    }

    fn issue_wipe(
        &self,
        table: Table,
        (from, to): (&[u8], &[u8]),
        limit: u32,
    ) -> Result<impl Future<Output = Result<Wiped, StoreFault>> + use<>, JsValue> {
        let name = object_store(table);
        let scope = scope([name, META].into_iter());
        let transaction = begin(&self.database, &scope, Durability::Strict)?;
        let fenced = Rc::new(Cell::new(false));
        let check = check_fence(&transaction, self.fence, fenced.clone())?;
        let store = transaction.object_store(name)?;
        let (from, to) = (bytes(from), bytes(to));
        let range = IdbKeyRange::bound_with_lower_open_and_upper_open(&from, &to, false, true)?;
        let keys = store.get_all_keys_with_key_and_limit(&range, limit)?;
        let found = Rc::new(RefCell::new(None));
        let deleting = listen(&keys, store, found.clone());
        let ended = ended(&transaction);
        Ok(async move {
            let outcome = ended.await;
            drop((check, deleting));
            match outcome {
                Err(_) if fenced.get() => Err(StoreFault::Fenced),
                Err(fault) => Err(fault),
                Ok(()) => match found.take() {
                    Some(Ok(count)) if count < limit => Ok(Wiped::All),
                    Some(Ok(_)) => Ok(Wiped::Some),
                    Some(Err(error)) => Err(fault(&error)),
                    None => Err(StoreFault::Failed("the keys were not read".to_owned())),
                },
            }
        })
    }
}

type Found = Rc<RefCell<Option<Result<u32, JsValue>>>>;

/// Deletes what was found, in the same transaction; notes how much it was.
fn listen(keys: &IdbRequest, store: IdbObjectStore, found: Found) -> EventListener {
    let request = keys.clone();
    EventListener::once(keys, "success", move |_| {
        let keys = list(&request);
        let count = keys.length();
        let deleted = match count {
            0 => Ok(()),
            _ => IdbKeyRange::bound(&keys.get(0), &keys.get(count - 1))
                .and_then(|range| store.delete(&range).map(|_| ())),
        };
        found.replace(Some(deleted.map(|()| count)));
    })
}
