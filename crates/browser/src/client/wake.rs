//! When the device may have slept, or changed networks, and when the page goes for good.
//!
//! Timers of a page in the background come late or not at all, and a phone returns from the
//! back/forward cache with `pageshow` only: these events are what there is to go by.

use std::rc::Rc;

use gloo::events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{PageTransitionEvent, VisibilityState, Window};

/// Calls `on_wake` for as long as the listeners live.
pub(super) fn listen(window: &Window, on_wake: impl Fn() + 'static) -> Vec<EventListener> {
    let on_wake = Rc::new(on_wake);
    let mut listeners: Vec<EventListener> = ["online", "pageshow"]
        .into_iter()
        .map(|name| {
            let on_wake = on_wake.clone();
            EventListener::new(window, name, move |_| on_wake())
        })
        .collect();
    if let Some(document) = window.document() {
        let shown = document.clone();
        listeners.push(EventListener::new(&document, "visibilitychange", move |_| {
            if shown.visibility_state() == VisibilityState::Visible {
                on_wake();
            }
        }));
    }
    listeners
}

/// Calls `on_leave` when the page goes and will not come back out of the back/forward cache.
pub(super) fn listen_for_the_end(window: &Window, on_leave: impl Fn() + 'static) -> EventListener {
    EventListener::new(window, "pagehide", move |event| {
        if !event.unchecked_ref::<PageTransitionEvent>().persisted() {
            on_leave();
        }
    })
}
