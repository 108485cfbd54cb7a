//! A Web Lock: one holder among all tabs, freed by the browser when its worker ends, however.

use futures::channel::oneshot;
use futures::future::{Either, select};
use js_sys::{Function, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::JsFuture;

use crate::bindings::{lock_manager, words};

/// The browser gives no lock.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the browser gives no lock: {0}")]
pub struct LockError(pub String);

/// The lock, held until this is dropped or the worker ends.
pub struct Lock {
    release: Option<Function>,
    _granted: Closure<dyn FnMut(JsValue) -> Promise>,
}

impl Lock {
    /// Waits until nobody else holds the lock of this name, and holds it.
    ///
    /// # Errors
    /// [`LockError`] if the browser refuses.
    pub async fn acquire(name: &str) -> Result<Lock, LockError> {
        let manager = lock_manager().ok_or_else(|| LockError("it has none".to_owned()))?;
        let mut release = None;
        // The browser holds the lock for as long as this promise is not settled.
        let held = Promise::new(&mut |resolve, _| release = Some(resolve));
        let (sender, granted) = oneshot::channel();
        let mut sender = Some(sender);
        let on_granted = Closure::new(move |_lock: JsValue| {
            if let Some(sender) = sender.take() {
                // Nobody waits any more: the promise goes with the closure, and the lock with it.
                let _ = sender.send(());
            }
            held.clone()
        });
        let callback: &Closure<dyn FnMut(JsValue) -> Promise> = &on_granted;
        let request = manager.request(name, wasm_bindgen::JsCast::unchecked_ref(callback.as_ref()));
        let request = request.map_err(|error| LockError(words(&error)))?;
        match select(granted, JsFuture::from(request)).await {
            Either::Left((Ok(()), _)) => Ok(Lock { release, _granted: on_granted }),
            Either::Left((Err(_), _)) | Either::Right((Ok(_), _)) => {
                Err(LockError("it was given up before it was held".to_owned()))
            }
            Either::Right((Err(error), _)) => Err(LockError(words(&error))),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some(release) = self.release.take() {
            // Settles the promise; a resolve function does not throw.
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}
