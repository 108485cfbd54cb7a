//! Whether the browser keeps what is stored when space runs short, and asking it to.
//!
//! It is asked once, after the first message of one's own is stored: then there is something worth
//! keeping, and browsers look at whether a page is used. Firefox puts the question to the person,
//! who did not ask for it: there it is only reported, until the person asks by a press.

use std::cell::Cell;

use engine::{Event, RowState};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{StorageManager, Window};

use crate::bindings::property;

/// See the module.
pub(super) struct Persistence {
    storage: Option<StorageManager>,
    asks_people: bool,
    asked: Cell<bool>,
}

impl Persistence {
    pub(super) fn new(window: &Window) -> Self {
        let navigator = window.navigator();
        let has_storage = property(&navigator, "storage").is_object();
        let asks_people = navigator.user_agent().is_ok_and(|agent| agent.contains("Firefox/"));
        let storage = has_storage.then(|| navigator.storage());
        Self { storage, asks_people, asked: Cell::new(false) }
    }

    /// Whether the storage is persistent now.
    pub(super) async fn is_persistent(&self) -> bool {
        let Some(Ok(answer)) = self.storage.as_ref().map(StorageManager::persisted) else {
            return false;
        };
        is_true(JsFuture::from(answer).await)
    }

    /// Asks the browser to make it so, because a person wants it.
    pub(super) async fn ask(&self) -> bool {
        self.asked.set(true);
        let Some(Ok(answer)) = self.storage.as_ref().map(StorageManager::persist) else {
            return false;
        };
        is_true(JsFuture::from(answer).await)
    }

    /// Bytes that this page's origin uses, and those that it may use, if the browser says.
    pub(super) async fn estimate(&self) -> Option<(u64, u64)> {
        let answer = self.storage.as_ref()?.estimate().ok()?;
        let estimate: JsValue = JsFuture::from(answer).await.ok()?;
        let bytes = |name: &str| property(&estimate, name).as_f64().map(whole);
        Some((bytes("usage")?, bytes("quota")?))
    }

    /// Asks the browser to make it so, the first time this is called; the answer comes later.
    pub(super) fn request(&self) -> Option<impl Future<Output = bool> + use<>> {
        if self.asks_people || self.asked.replace(true) {
            return None;
        }
        let answer = self.storage.as_ref()?.persist().ok()?;
        Some(async move { is_true(JsFuture::from(answer).await) })
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole bytes, below 2^53; `as` saturates"
)]
fn whole(bytes: f64) -> u64 {
    bytes as u64
}

fn is_true<T: Into<JsValue>>(answer: Result<T, JsValue>) -> bool {
    answer.is_ok_and(|answer| Into::<JsValue>::into(answer).is_truthy())
}

/// True if this says that a message of one's own is stored.
pub(super) fn is_worth_keeping(event: &Event) -> bool {
    let Event::Rows(rows) = event else { return false };
    rows.iter().any(|row| row.own && row.state != RowState::Failed)
}
