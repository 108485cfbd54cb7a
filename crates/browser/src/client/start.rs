//! What has to be so before a tab can start, the start of its worker, and starting over.
//!
//! Where the server asks for Trusted Types, the address of code has to come from a policy. Ours is
//! made for two, the worker's own and the service worker's, and forgotten as soon as it has named
//! them: a page may make it once only.

use js_sys::Object;
use wasm_bindgen::prelude::*;
use web_sys::{Window, WorkerOptions, WorkerType};

use super::event::{Missing, StartError};
use crate::bindings::{TrustedTypes, TrustedWorker, has_global, lock_manager, property, words};
use crate::config::resolve;

/// The worker's first script, beside the page.
const WORKER: &str = "worker_loader.js";
/// What keeps the page at hand, beside it.
const SERVICE_WORKER: &str = "service_worker.js";
/// The name of the policy, as the server's `trusted-types` has it.
const POLICY: &str = "confab";
/// Set in the session while a page is being loaded again because of another build.
const RELOADED: &str = "confab-reloaded";

/// The window, if it is in a state to start in.
pub(super) fn window() -> Result<Window, StartError> {
    let window = web_sys::window().ok_or(StartError::Missing(Missing::Page))?;
    if !window.is_secure_context() {
        return Err(StartError::NotSecure);
    }
    for (name, missing) in [
        ("RTCPeerConnection", Missing::WebRtc),
        ("Worker", Missing::Workers),
        ("indexedDB", Missing::Storage),
        ("BroadcastChannel", Missing::Broadcast),
    ] {
        if !has_global(name) {
            return Err(StartError::Missing(missing));
        }
    }
    if lock_manager().is_none() {
        return Err(StartError::Missing(Missing::Locks));
    }
    Ok(window)
}

/// Starts the worker; gives the service worker's address, too, to be registered by `offline`.
pub(super) fn worker(window: &Window) -> Result<(TrustedWorker, JsValue), StartError> {
    let fail = |text| StartError::Worker { text };
    let own = resolve(window, WORKER).map_err(fail)?.href();
    let service = resolve(window, SERVICE_WORKER).map_err(fail)?.href();
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    let start = || {
        let [own, service] = trusted_addresses(window, [own, service])?;
        Ok((TrustedWorker::new(&own, &options)?, service))
    };
    start().map_err(|error: JsValue| fail(words(&error)))
}

/// The addresses, in the form that this browser wants for code.
fn trusted_addresses(window: &Window, own: [String; 2]) -> Result<[JsValue; 2], JsValue> {
    let types = property(window, "trustedTypes");
    if !types.is_object() {
        return Ok(own.map(|address| JsValue::from_str(&address)));
    }
    let known = own.clone();
    let accept = Closure::new(move |address: String| {
        if known.contains(&address) {
            Ok(address)
        } else {
            Err(JsValue::from_str("not the address of a worker of this page"))
        }
    });
    let accept: &Closure<dyn Fn(String) -> Result<String, JsValue>> = &accept;
    let rules = Object::new();
    js_sys::Reflect::set(&rules, &JsValue::from_str("createScriptURL"), accept.as_ref())?;
    let policy = types.unchecked_into::<TrustedTypes>().create_policy(POLICY, &rules)?;
    let [worker, service] = &own;
    Ok([policy.create_script_url(worker)?, policy.create_script_url(service)?])
}

/// Loads the page again; false if that was done already, or cannot be noted down.
pub(super) fn reload_once(window: &Window) -> bool {
    let Ok(Some(session)) = window.session_storage() else { return false };
    let first = matches!(session.get_item(RELOADED), Ok(None));
    first && session.set_item(RELOADED, "1").is_ok() && window.location().reload().is_ok()
}

/// The builds are the same: the next time they are not, the page may be loaded again.
pub(super) fn forget_reload(window: &Window) {
    if let Ok(Some(session)) = window.session_storage() {
        // A note that stays only means one reload less.
        let _ = session.remove_item(RELOADED);
    }
}
