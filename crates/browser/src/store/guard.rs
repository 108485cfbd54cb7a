//! Whether what is stored lies there as it is, or sealed: the one place where values of records
//! become values of the browser, and come back.
//!
//! ```text
//!  Clear ── a head is stored ──► Open ◄── passphrase, or another tab's key ── Locked
//! ```
//! The browser keeps the two kinds apart by their types: a `Uint8Array` is a value as it is, an
//! `ArrayBuffer` a sealed one. A store that is locked writes nothing.

use std::cell::Cell;
use std::rc::Rc;

use engine::room::vault::{DeviceKey, Head, Note, Stored, Vault, VaultError};
use engine::{Durability, StoreFault, Table};
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use super::batch::{begin, bytes, check_fence, ended};
use super::scan::plain;
use super::{META, Store, VAULT, fault, scope};
use crate::random;

/// See the module.
#[derive(Clone)]
pub enum Guard {
    /// There is no passphrase.
    Clear,
    /// There is one, and nothing can be read or written.
    Locked(Head),
    /// There is one, and the key is here.
    Open(Head, Rc<Vault>),
}

impl Guard {
    /// The vault through which values go, if they go through one.
    pub(super) fn vault(&self) -> Option<Rc<Vault>> {
        match self {
            Guard::Open(_, vault) => Some(vault.clone()),
            Guard::Clear | Guard::Locked(_) => None,
        }
    }

    fn head(&self) -> Option<&Head> {
        match self {
            Guard::Open(head, _) | Guard::Locked(head) => Some(head),
            Guard::Clear => None,
        }
    }
}

impl Store {
    /// How what is stored is guarded.
    #[must_use]
    pub fn guard(&self) -> &Guard {
        &self.guard
    }

    /// Is guarded so from now on: what is on the disk has to be so already.
    pub fn set_guard(&mut self, guard: Guard) {
        self.guard = guard;
    }

    /// Opens with a passphrase. Takes up to a second.
    ///
    /// # Errors
    /// [`VaultError`] if it is another one; all stays as it is.
    pub fn unlock(&mut self, passphrase: &str) -> Result<(), VaultError> {
        match self.guard.head() {
            Some(head) => {
                let key = head.open(passphrase)?;
                self.adopt(key)
            }
            None => Ok(()),
        }
    }

    /// Opens with the key that another tab had.
    ///
    /// # Errors
    /// [`VaultError`] if it is another one; all stays as it is.
    pub fn adopt(&mut self, key: DeviceKey) -> Result<(), VaultError> {
        if let Some(head) = self.guard.head().cloned() {
            let note = head.note(&key)?;
            self.guard = Guard::Open(head, Rc::new(Vault::new(key, note)));
        }
        Ok(())
    }

    /// The key, if it is here.
    #[must_use]
    pub fn key(&self) -> Option<DeviceKey> {
        self.guard.vault().map(|vault| vault.key().clone())
    }

    /// Forgets the key.
    pub fn lock(&mut self) {
        if let Some(head) = self.guard.head().cloned() {
            self.guard = Guard::Locked(head);
        }
    }

    /// Stores another head, or none. How this store is guarded does not change by that.
    pub fn put_head(
        &self,
        head: Option<&Head>,
    ) -> impl Future<Output = Result<(), StoreFault>> + use<> {
        let issued = self.issue_head(head).map_err(|error| fault(&error));
        async move { issued?.await }
    }

    fn issue_head(
        &self,
        head: Option<&Head>,
    ) -> Result<impl Future<Output = Result<(), StoreFault>> + use<>, JsValue> {
        let scope = scope([META].into_iter());
        let transaction = begin(&self.database, &scope, Durability::Strict)?;
        let fenced = Rc::new(Cell::new(false));
        let check = check_fence(&transaction, self.fence, fenced.clone())?;
        let meta = transaction.object_store(META)?;
        match head {
            Some(head) => meta.put_with_key(&bytes(&head.encode()), &VAULT.into())?,
            None => meta.delete(&VAULT.into())?,
        };
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
}

/// The head that lies in the database, if one does.
pub(super) fn read_head(value: &JsValue) -> Result<Option<Head>, VaultError> {
    if value.is_undefined() { Ok(None) } else { Head::decode(&plain(value)).map(Some) }
}

/// The note of a guard: nothing if there is no passphrase, or its key is not here.
#[must_use]
pub fn note_of(guard: &Guard) -> Option<Note> {
    match guard {
        Guard::Open(_, vault) => Some(vault.note()),
        Guard::Clear | Guard::Locked(_) => None,
    }
}

/// A value on its way to the disk.
pub(super) fn to_disk(
    guard: &Guard,
    (table, key): (Table, &[u8]),
    value: &[u8],
) -> Result<JsValue, JsValue> {
    match guard {
        Guard::Clear => Ok(bytes(value)),
        Guard::Open(_, vault) => {
            let fresh = random::bytes().map_err(|error| JsValue::from_str(&error.0))?;
            Ok(write(&vault.put((table, key), value, fresh)))
        }
        Guard::Locked(_) => Err(JsValue::from_str("what is stored is locked by its passphrase")),
    }
}

/// A value that comes from the disk. What cannot be believed is empty, and so damaged.
pub(super) fn from_disk(vault: Option<&Vault>, at: (Table, &[u8]), value: &JsValue) -> Vec<u8> {
    match (vault, read(value)) {
        (Some(vault), stored) => vault.get(at, stored).unwrap_or_default(),
        (None, Stored::Clear(value)) => value,
        (None, Stored::Sealed(_)) => Vec::new(),
    }
}

/// A value of the browser.
pub(super) fn write(stored: &Stored) -> JsValue {
    match stored {
        Stored::Clear(value) => bytes(value),
        Stored::Sealed(sealed) => Uint8Array::from(sealed.as_slice()).buffer().into(),
    }
}

/// What a value of the browser is.
pub(super) fn read(value: &JsValue) -> Stored {
    match value.dyn_ref::<ArrayBuffer>() {
        Some(_) => Stored::Sealed(plain(value)),
        None => Stored::Clear(plain(value)),
    }
}
