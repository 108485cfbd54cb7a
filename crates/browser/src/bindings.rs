//! Parts of the browser that web-sys does not bind, or only as unstable: each as small as its use.
//!
//! `web_sys_unstable_apis` is a flag of the whole build, so it is not used: what stands here keeps
//! to specifications that Chromium, Firefox and Safari implement.

use js_sys::{Function, Object, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{ErrorEvent, Event, PromiseRejectionEvent};

#[wasm_bindgen]
extern "C" {
    /// `LockManager` (Web Locks §3.3).
    #[wasm_bindgen(extends = Object)]
    pub(crate) type LockManager;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn request(
        this: &LockManager,
        name: &str,
        granted: &Function,
    ) -> Result<Promise, JsValue>;

    /// Page and worker have the same `navigator.locks`.
    #[wasm_bindgen(extends = Object)]
    pub(crate) type NavigatorWithLocks;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn locks(this: &NavigatorWithLocks) -> Option<LockManager>;

    /// `IDBDatabase.transaction` with a durability (IndexedDB 3.0 §4.4).
    #[wasm_bindgen(extends = Object)]
    pub(crate) type DurableDatabase;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn transaction(
        this: &DurableDatabase,
        stores: &JsValue,
        mode: &str,
        options: &Object,
    ) -> Result<web_sys::IdbTransaction, JsValue>;

    /// `RTCPeerConnection`, as perfect negotiation needs it (WebRTC §10.7).
    #[wasm_bindgen(extends = Object)]
    pub(crate) type NegotiatedConnection;

    /// Makes and sets the description that fits the state.
    #[wasm_bindgen(method, catch, js_name = setLocalDescription)]
    pub(crate) fn set_fitting_description(this: &NegotiatedConnection) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = getStats)]
    pub(crate) fn statistics(this: &NegotiatedConnection) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = restartIce)]
    pub(crate) fn restart_ice(this: &NegotiatedConnection) -> Result<(), JsValue>;

    /// `Worker`, whose address may be a `TrustedScriptURL`.
    #[wasm_bindgen(extends = web_sys::Worker, js_name = Worker)]
    pub(crate) type TrustedWorker;

    #[wasm_bindgen(constructor, catch, js_class = "Worker")]
    pub(crate) fn new(
        address: &JsValue,
        options: &web_sys::WorkerOptions,
    ) -> Result<TrustedWorker, JsValue>;

    /// `ServiceWorkerContainer`, whose script may be a `TrustedScriptURL`.
    #[wasm_bindgen(extends = web_sys::ServiceWorkerContainer, js_name = ServiceWorkerContainer)]
    pub(crate) type TrustedContainer;

    #[wasm_bindgen(method, catch, js_name = register)]
    pub(crate) fn register_trusted(
        this: &TrustedContainer,
        address: &JsValue,
        options: &web_sys::RegistrationOptions,
    ) -> Result<Promise, JsValue>;

    /// `TrustedTypePolicyFactory` (Trusted Types §2.3).
    #[wasm_bindgen(extends = Object)]
    pub(crate) type TrustedTypes;

    #[wasm_bindgen(method, catch, js_name = createPolicy)]
    pub(crate) fn create_policy(
        this: &TrustedTypes,
        name: &str,
        rules: &Object,
    ) -> Result<TrustedPolicy, JsValue>;

    #[wasm_bindgen(extends = Object)]
    pub(crate) type TrustedPolicy;

    #[wasm_bindgen(method, catch, js_name = createScriptURL)]
    pub(crate) fn create_script_url(
        this: &TrustedPolicy,
        address: &str,
    ) -> Result<JsValue, JsValue>;
}

/// What a value thrown by the browser says, in its own words.
pub(crate) fn words(thrown: &JsValue) -> String {
    let name = property(thrown, "name").as_string().unwrap_or_default();
    let message = property(thrown, "message").as_string().unwrap_or_default();
    match (name.as_str(), message.as_str()) {
        ("", "") => thrown.as_string().unwrap_or_else(|| format!("{thrown:?}")),
        (one, "") | ("", one) => one.to_owned(),
        (name, message) => format!("{name}: {message}"),
    }
}

/// A property of a value; undefined if it has none.
pub(crate) fn property(of: &JsValue, name: &str) -> JsValue {
    js_sys::Reflect::get(of, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// Whether the scope that this code runs in has something of this name.
pub(crate) fn has_global(name: &str) -> bool {
    let value = property(&js_sys::global(), name);
    !value.is_undefined() && !value.is_null()
}

/// `navigator.locks`, in a page or a worker.
pub(crate) fn lock_manager() -> Option<LockManager> {
    let navigator = property(&js_sys::global(), "navigator");
    navigator.is_object().then(|| navigator.unchecked_into::<NavigatorWithLocks>().locks())?
}

/// An error event in words. One without a message comes when code cannot be loaded.
pub(crate) fn error_words(event: &Event) -> String {
    let Some(error) = event.dyn_ref::<ErrorEvent>().filter(|error| !error.message().is_empty())
    else {
        return "code of this page could not be loaded".to_owned();
    };
    format!("{} ({}:{})", error.message(), error.filename(), error.lineno())
}

/// A rejection in words.
pub(crate) fn rejection_words(event: &Event) -> String {
    let reason = event.dyn_ref::<PromiseRejectionEvent>().map(PromiseRejectionEvent::reason);
    words(&reason.unwrap_or_default())
}
