//! A walk: all records of some ranges, page by page, as they are at one moment.
//!
//! All of it is one transaction that only reads. What is to be stored meanwhile waits for its end,
//! so nothing is read half before a change and half after it.

use engine::room::vault::Vault;
use engine::{Record, StoreFault, Table};
use js_sys::Array;
use wasm_bindgen::JsValue;
use web_sys::{IdbKeyRange, IdbRequest, IdbTransaction, IdbTransactionMode};

use super::batch::{bytes, ended};
use super::guard::from_disk;
use super::scan::{answered, list, plain};
use super::{Store, TABLES, fault, object_store, scope};

/// A range of a table: `from <= key < to`.
pub type Stretch = (Table, (Vec<u8>, Vec<u8>));

/// What becomes of a walk after a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walk {
    /// It goes on.
    On,
    /// It ends here: that is no failure.
    Over,
}

impl Store {
    /// Reads all records of these ranges, in their order and in that of the keys, at most `limit`
    /// at a time. `on_page` is called inside the transaction and must not wait for anything.
    pub fn walk<F: FnMut(Table, Vec<Record>) -> Walk>(
        &self,
        stretches: Vec<Stretch>,
        limit: u32,
        on_page: F,
    ) -> impl Future<Output = Result<(), StoreFault>> + use<F> {
        let (database, vault) = (self.database.clone(), self.guard.vault());
        async move {
            let scope = scope(TABLES.map(object_store).into_iter());
            let mode = IdbTransactionMode::Readonly;
            let begun = database.transaction_with_str_sequence_and_mode(&scope, mode);
            let transaction = begun.map_err(|error| fault(&error))?;
            let ended = ended(&transaction);
            let source = (&transaction, vault.as_deref());
            let read = read_all(source, stretches, limit, on_page).await;
            // A request that failed aborts the transaction, and that says why.
            ended.await?;
            read.map_err(|error| fault(&error))
        }
    }
}

async fn read_all(
    (transaction, vault): (&IdbTransaction, Option<&Vault>),
    stretches: Vec<Stretch>,
    limit: u32,
    mut on_page: impl FnMut(Table, Vec<Record>) -> Walk,
) -> Result<(), JsValue> {
    for (table, (from, to)) in stretches {
        let store = transaction.object_store(object_store(table))?;
        let (mut from, to, mut beyond) = (bytes(&from), bytes(&to), false);
        loop {
            let range = IdbKeyRange::bound_with_lower_open_and_upper_open(&from, &to, beyond, true);
            let range = range?;
            let keys: IdbRequest = store.get_all_keys_with_key_and_limit(&range, limit)?;
            let values: IdbRequest = store.get_all_with_key_and_limit(&range, limit)?;
            // The next requests are issued in the microtask after this answer, while the
            // transaction is still active.
            let values: Array = answered(&values).await?.into();
            let keys = list(&keys);
            let pairs = keys.iter().zip(values.iter());
            let record = |(key, value): (JsValue, JsValue)| {
                let key = plain(&key);
                let value = from_disk(vault, (table, &key), &value);
                (key, value)
            };
            let records = pairs.map(record).collect();
            if keys.length() > 0 && on_page(table, records) == Walk::Over {
                return Ok(());
            }
            if keys.length() < limit {
                break;
            }
            (from, beyond) = (keys.get(keys.length() - 1), true);
        }
    }
    Ok(())
}
