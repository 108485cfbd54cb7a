//! One step of a conversion: the first records of a stretch, read and put back in their other form
//! within one transaction, so that nothing that is stored meanwhile is lost.
//!
//! ```text
//!  get(fence) ── not mine? abort
//!  getAllKeys, getAll(from.., limit) ── success: put, put, … ──► complete: up to the last of them
//! ```

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use engine::crypto::random::Random;
use engine::room::vault::Vault;
use engine::{Durability, StoreFault, StoreOp, Table};
use gloo::events::EventListener;
use wasm_bindgen::JsValue;
use web_sys::{IdbKeyRange, IdbObjectStore, IdbRequest};

use super::batch::{begin, bytes, check_fence, ended};
use super::guard::{read, write};
use super::scan::{list, plain};
use super::{META, Store, Wiped, fault, object_store, scope};
use crate::random;

impl Store {
    /// Converts the first records from a key on, at most `limit` of them; says the last key, and
    /// nothing if there are none any more.
    pub fn convert(
        &self,
        table: Table,
        from: &[u8],
        limit: u32,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreFault>> + use<> {
        let issued = self.issue_step(table, from, limit).map_err(|error| fault(&error));
        async move { issued?.await }
    }

    fn issue_step(
        &self,
        table: Table,
        from: &[u8],
        limit: u32,
    ) -> Result<impl Future<Output = Result<Option<Vec<u8>>, StoreFault>> + use<>, JsValue> {
        let vault = self.guard.vault().ok_or_else(|| JsValue::from_str("there is no key"))?;
        let name = object_store(table);
        let scope = scope([name, META].into_iter());
        let transaction = begin(&self.database, &scope, Durability::Strict)?;
        let fenced = Rc::new(Cell::new(false));
        let check = check_fence(&transaction, self.fence, fenced.clone())?;
        let store = transaction.object_store(name)?;
        let range = IdbKeyRange::lower_bound(&bytes(from))?;
        let keys = store.get_all_keys_with_key_and_limit(&range, limit)?;
        let values = store.get_all_with_key_and_limit(&range, limit)?;
        let found: Found = Rc::new(RefCell::new(None));
        let converting = listen((keys, &values), (store, table, vault), found.clone());
        let ended = ended(&transaction);
        Ok(async move {
            let outcome = ended.await;
            drop((check, converting));
            match outcome {
                Err(_) if fenced.get() => Err(StoreFault::Fenced),
                Err(fault) => Err(fault),
                Ok(()) => match found.take() {
                    Some(Ok(last)) => Ok(last),
                    Some(Err(error)) => Err(fault(&error)),
                    None => Err(StoreFault::Failed("the records were not read".to_owned())),
                },
            }
        })
    }
}

/// Where filling lies, behind the records of all rooms.
const FILLING: Table = Table::State;
/// Bytes of one record of it: few enough that no browser puts them into a file of their own.
const FILLING_BYTES: usize = 48 * 1024;
/// Records of it in one transaction.
const FILLINGS: u8 = 16;

/// The first key of filling, and the first beyond.
fn filling_keys() -> (Vec<u8>, Vec<u8>) {
    (vec![u8::MAX; 48], vec![u8::MAX; 64])
}

impl Store {
    /// Writes records that mean nothing. Browsers keep what was overwritten until so much was
    /// written that they put their files in order.
    pub fn fill(&self, step: u8) -> impl Future<Output = Result<(), StoreFault>> + use<> {
        let noise = Random::new(random::bytes().unwrap_or([step; 32]));
        self.commit(&filling(step, noise), Durability::Strict)
    }

    /// Takes some of them away again.
    pub fn unfill(&self) -> impl Future<Output = Result<Wiped, StoreFault>> + use<> {
        self.wipe(FILLING, &filling_keys(), u32::from(FILLINGS) * 4)
    }
}

fn filling(step: u8, mut noise: Random) -> Vec<StoreOp> {
    let record = |number: u8| {
        let key = [filling_keys().0.as_slice(), &[step, number]].concat();
        // Not to be packed by the browser into nothing.
        let value: Vec<u8> =
            (0..FILLING_BYTES / 1_024).flat_map(|_| noise.bytes::<1_024>()).collect();
        StoreOp::Put(FILLING, key, value)
    };
    (0..FILLINGS).map(record).collect()
}

type Found = Rc<RefCell<Option<Result<Option<Vec<u8>>, JsValue>>>>;

/// Puts back what was found, in the same transaction; notes the last key.
fn listen(
    (keys, values): (IdbRequest, &IdbRequest),
    (store, table, vault): (IdbObjectStore, Table, Rc<Vault>),
    found: Found,
) -> EventListener {
    let read_values = values.clone();
    // Requests of a transaction are answered in order: the keys are there.
    EventListener::once(values, "success", move |_| {
        let (keys, values) = (list(&keys), list(&read_values));
        let convert = |(key, value): (JsValue, JsValue)| -> Result<(), JsValue> {
            let fresh = random::bytes().map_err(|error| JsValue::from_str(&error.0))?;
            if let Some(other) = vault.convert((table, &plain(&key)), read(&value), fresh) {
                store.put_with_key(&write(&other), &key)?;
            }
            Ok(())
        };
        let last = keys.length().checked_sub(1).map(|last| plain(&keys.get(last)));
        let outcome = keys.iter().zip(values.iter()).try_for_each(convert);
        if outcome.is_err() {
            // Half a step is no harm, but its end is not reached: it is taken again.
            let _ = store.transaction().abort();
        }
        found.replace(Some(outcome.map(|()| last)));
    })
}
