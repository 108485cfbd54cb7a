//! `window.__errors`: every error of this page that nobody caught, and the end of its worker.
//!
//! End-to-end tests assert that it is empty. The page itself shows [`ClientEvent::Fatal`].
//!
//! [`ClientEvent::Fatal`]: super::event::ClientEvent::Fatal

use gloo::events::EventListener;
use js_sys::{Array, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ErrorEvent, Event, PromiseRejectionEvent, Window};

use crate::bindings::{property, words};

const ERRORS: &str = "__errors";

/// Collects what nobody catches, for as long as the listeners live.
pub(super) fn collect(window: &Window) -> Vec<EventListener> {
    add_list(window);
    let on = |name: &'static str, describe: fn(&Event) -> String| {
        let home = window.clone();
        EventListener::new(window, name, move |event| add(&home, &describe(event)))
    };
    vec![on("error", describe), on("unhandledrejection", describe_rejection)]
}

/// Adds an error to the list.
pub(super) fn add(window: &Window, text: &str) {
    add_list(window).push(&JsValue::from_str(text));
}

fn add_list(window: &Window) -> Array {
    property(window, ERRORS).dyn_into().unwrap_or_else(|_| {
        let list = Array::new();
        // Fails only for a frozen window; then the list is not kept.
        let _ = Reflect::set(window, &JsValue::from_str(ERRORS), &list);
        list
    })
}

/// An error event in words. One without a message comes when code cannot be loaded.
pub(crate) fn describe(event: &Event) -> String {
    let Some(error) = event.dyn_ref::<ErrorEvent>().filter(|error| !error.message().is_empty())
    else {
        return "code of this page could not be loaded".to_owned();
    };
    format!("{} ({}:{})", error.message(), error.filename(), error.lineno())
}

/// A rejection in words.
pub(crate) fn describe_rejection(event: &Event) -> String {
    let reason = event.dyn_ref::<PromiseRejectionEvent>().map(PromiseRejectionEvent::reason);
    words(&reason.unwrap_or_default())
}
