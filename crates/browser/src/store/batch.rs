//! A batch: all of its changes, or none.
//!
//! ```text
//!  get(fence) ── success: not mine? abort ─┐
//!  put, delete, put, …  (issued at once)   ├─► complete: stored
//!                                          └─► abort: nothing stored, and why
//! ```
//! No await lies between the requests: a transaction ends by itself when control returns with none
//! pending. The outcome is the transaction's, never a request's.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use engine::{Durability, StoreFault, StoreOp};
use futures::channel::oneshot;
use gloo::events::EventListener;
use js_sys::{Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{IdbDatabase, IdbObjectStore, IdbTransaction};

use super::guard::{Guard, to_disk};
use super::{FENCE, META, Store, TABLES, abort_fault, fault, object_store, scope};
use crate::bindings::DurableDatabase;

impl Store {
    /// Stores all of this or nothing. The requests are issued before this returns, so batches and
    /// scans take effect in the order of their calls; the answer comes with the future, and the
    /// batch goes on without it.
    pub fn commit(
        &self,
        ops: &[StoreOp],
        durability: Durability,
    ) -> impl Future<Output = Result<(), StoreFault>> + use<> {
        let outcome = self.issue(ops, durability).map_err(|error| fault(&error));
        async move { outcome?.await }
    }

    fn issue(
        &self,
        ops: &[StoreOp],
        durability: Durability,
    ) -> Result<impl Future<Output = Result<(), StoreFault>> + use<>, JsValue> {
        let touched = |name: &&str| ops.iter().any(|op| object_store(table(op)) == *name);
        let tables = TABLES.into_iter().map(object_store).filter(touched);
        let scope = scope(tables.chain([META]));
        let transaction = begin(&self.database, &scope, durability)?;
        let fenced = Rc::new(Cell::new(false));
        let check = check_fence(&transaction, self.fence, fenced.clone())?;
        if let Err(error) = write(&transaction, &self.guard, ops) {
            // What was issued so far must not stay; nobody waits for the answer.
            let _ = transaction.abort();
            return Err(error);
        }
        let ended = ended(&transaction);
        let (sender, receiver) = oneshot::channel();
        spawn_local(async move {
            let outcome = match ended.await {
                Err(_) if fenced.get() => Err(StoreFault::Fenced),
                outcome => outcome,
            };
            drop(check);
            let _ = sender.send(outcome);
        });
        Ok(async move { receiver.await.unwrap_or_else(|_| Err(abort_fault(None))) })
    }
}

fn table(op: &StoreOp) -> engine::Table {
    match op {
        StoreOp::Put(table, ..) | StoreOp::Delete(table, _) => *table,
    }
}

/// Begins a transaction that writes.
pub(super) fn begin(
    database: &IdbDatabase,
    scope: &JsValue,
    durability: Durability,
) -> Result<IdbTransaction, JsValue> {
    let options = Object::new();
    let durability = match durability {
        Durability::Strict => "strict",
        Durability::Relaxed => "relaxed",
    };
    Reflect::set(&options, &"durability".into(), &durability.into())?;
    let database: &DurableDatabase = database.unchecked_ref();
    database.transaction(scope, "readwrite", &options)
}

/// Reads the fencing number as the first request, and aborts in its callback if it is not ours.
pub(super) fn check_fence(
    transaction: &IdbTransaction,
    mine: f64,
    fenced: Rc<Cell<bool>>,
) -> Result<EventListener, JsValue> {
    let request = transaction.object_store(META)?.get(&FENCE.into())?;
    let (found, aborted) = (request.clone(), transaction.clone());
    Ok(EventListener::once(&request, "success", move |_| {
        if found.result().ok().and_then(|fence| fence.as_f64()) != Some(mine) {
            fenced.set(true);
            // Fails only if the transaction has ended, which its own first request prevents.
            let _ = aborted.abort();
        }
    }))
}

fn write(transaction: &IdbTransaction, guard: &Guard, ops: &[StoreOp]) -> Result<(), JsValue> {
    let mut open: Vec<(&str, IdbObjectStore)> = Vec::new();
    for op in ops {
        let name = object_store(table(op));
        let known = open.iter().find(|(known, _)| *known == name).map(|(_, store)| store.clone());
        let store = match known {
            Some(store) => store,
            None => {
                let store = transaction.object_store(name)?;
                open.push((name, store.clone()));
                store
            }
        };
        match op {
            StoreOp::Put(table, key, value) => {
                store.put_with_key(&to_disk(guard, (*table, key), value)?, &bytes(key))?;
            }
            StoreOp::Delete(_, key) => {
                store.delete(&bytes(key))?;
            }
        }
    }
    Ok(())
}

/// Bytes as the browser stores them: a copy outside of our memory.
pub(super) fn bytes(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}

/// How a transaction ends.
pub(super) fn ended(
    transaction: &IdbTransaction,
) -> impl Future<Output = Result<(), StoreFault>> + use<> {
    let (sender, receiver) = oneshot::channel();
    let sender = Rc::new(RefCell::new(Some(sender)));
    let answer = move |outcome| {
        if let Some(sender) = sender.borrow_mut().take() {
            // Nobody waits any more: then nobody has to know.
            let _ = sender.send(outcome);
        }
    };
    let aborted = transaction.clone();
    let listeners = [
        EventListener::once(transaction, "complete", {
            let answer = answer.clone();
            move |_| answer(Ok(()))
        }),
        EventListener::once(transaction, "abort", move |_| {
            answer(Err(abort_fault(aborted.error())));
        }),
    ];
    async move {
        let outcome = receiver.await.unwrap_or_else(|_| Err(abort_fault(None)));
        drop(listeners);
        outcome
    }
}
