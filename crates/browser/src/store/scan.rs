//! A scan: records of one table in key order, up or down, in one transaction.
//!
//! Upwards two bulk requests read keys and values; downwards, where IndexedDB has no bulk request,
//! a cursor walks as far as the limit.

use std::cell::RefCell;
use std::rc::Rc;

use engine::{Record, Scan, StoreFault};
use futures::channel::oneshot;
use gloo::events::EventListener;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    IdbCursorDirection, IdbCursorWithValue, IdbKeyRange, IdbObjectStore, IdbRequest,
    IdbTransactionMode,
};

use super::batch::{bytes, ended};
use super::guard::from_disk;
use super::{Store, fault, object_store, scope};

type Records = Rc<RefCell<Vec<Record>>>;

impl Store {
    /// Reads. The requests are issued before this returns: a scan sees the batches that were
    /// committed before it, and none after.
    pub fn scan(
        &self,
        scan: &Scan,
    ) -> impl Future<Output = Result<Vec<Record>, StoreFault>> + use<> {
        // The browser throws at an empty range, and takes a limit of 0 for none.
        let empty = scan.from >= scan.to || scan.limit == 0;
        let issued = (!empty).then(|| self.read(scan).map_err(|error| fault(&error)));
        async move {
            match issued {
                Some(issued) => issued?.await,
                None => Ok(Vec::new()),
            }
        }
    }

    fn read(
        &self,
        scan: &Scan,
    ) -> Result<impl Future<Output = Result<Vec<Record>, StoreFault>> + use<>, JsValue> {
        let name = object_store(scan.table);
        let scope = scope([name].into_iter());
        let mode = IdbTransactionMode::Readonly;
        let transaction = self.database.transaction_with_str_sequence_and_mode(&scope, mode)?;
        let store = transaction.object_store(name)?;
        let (from, to) = (bytes(&scan.from), bytes(&scan.to));
        let range = IdbKeyRange::bound_with_lower_open_and_upper_open(&from, &to, false, true)?;
        let records = Records::default();
        let (table, vault) = (scan.table, self.guard.vault());
        let record = move |key: &JsValue, value: &JsValue| {
            let key = plain(key);
            let value = from_disk(vault.as_deref(), (table, &key), value);
            (key, value)
        };
        let reading = if scan.descending {
            walk_down(&store, &range, scan.limit, (records.clone(), record))?
        } else {
            read_up(&store, &range, scan.limit, (records.clone(), record))?
        };
        let ended = ended(&transaction);
        Ok(async move {
            let outcome = ended.await;
            drop(reading);
            outcome.map(|()| records.take())
        })
    }
}

fn read_up(
    store: &IdbObjectStore,
    range: &IdbKeyRange,
    limit: u32,
    (records, record): (Records, impl Fn(&JsValue, &JsValue) -> Record + 'static),
) -> Result<EventListener, JsValue> {
    let keys = store.get_all_keys_with_key_and_limit(range, limit)?;
    let values = store.get_all_with_key_and_limit(range, limit)?;
    let listened = values.clone();
    // Requests of a transaction are answered in order: the keys are there.
    Ok(EventListener::once(&listened, "success", move |_| {
        let (keys, values) = (list(&keys), list(&values));
        let pairs = keys.iter().zip(values.iter());
        records.replace(pairs.map(|(key, value)| record(&key, &value)).collect());
    }))
}

fn walk_down(
    store: &IdbObjectStore,
    range: &IdbKeyRange,
    limit: u32,
    (records, record): (Records, impl Fn(&JsValue, &JsValue) -> Record + 'static),
) -> Result<EventListener, JsValue> {
    let direction = IdbCursorDirection::Prev;
    let request = store.open_cursor_with_range_and_direction(range, direction)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let listened = request.clone();
    Ok(EventListener::new(&listened, "success", move |_| {
        let cursor = request.result().ok().and_then(|it| it.dyn_into::<IdbCursorWithValue>().ok());
        let Some(cursor) = cursor else { return };
        let key = cursor.key().unwrap_or_default();
        let mut records = records.borrow_mut();
        records.push(record(&key, &cursor.value().unwrap_or_default()));
        if records.len() < limit {
            // Fails only once the transaction has ended, and that is told by itself.
            let _ = cursor.continue_();
        }
    }))
}

pub(super) fn list(request: &IdbRequest) -> Array {
    request.result().ok().and_then(|list| list.dyn_into().ok()).unwrap_or_default()
}

/// Bytes as they were stored; whatever else lies there has none.
pub(super) fn plain(value: &JsValue) -> Vec<u8> {
    if value.is_object() { Uint8Array::new(value).to_vec() } else { Vec::new() }
}

/// The success or failure of one request, for what is not a batch.
pub(super) fn answered(
    request: &IdbRequest,
) -> impl Future<Output = Result<JsValue, JsValue>> + use<> {
    let (sender, receiver) = oneshot::channel();
    let sender = Rc::new(RefCell::new(Some(sender)));
    let listeners = ["success", "error"].map(|name| {
        let (sender, request) = (sender.clone(), request.clone());
        let listened = request.clone();
        EventListener::once(&listened, name, move |_| {
            let answer = match request.error() {
                Ok(Some(error)) => Err(error.into()),
                Ok(None) => request.result(),
                Err(error) => Err(error),
            };
            if let Some(sender) = sender.borrow_mut().take() {
                // Nobody waits any more: then nobody has to know.
                let _ = sender.send(answer);
            }
        })
    });
    async move {
        let answer = receiver.await.unwrap_or(Err(JsValue::NULL));
        drop(listeners);
        answer
    }
}
