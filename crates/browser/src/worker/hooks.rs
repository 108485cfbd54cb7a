//! What goes wrong and is caught nowhere ends the worker, in words.
//!
//! A wasm module that has panicked may hold half a change, so it does not go on; what is stored is
//! whole, and another tab takes over or the page is loaded again. Rejections of promises do not
//! reach the page by themselves, and panics only as "unreachable": hence three hooks.

use gloo::events::{EventListener, EventListenerOptions};

use super::page::Page;
use crate::bindings::{error_words, rejection_words};

/// Installs the hooks; the listeners are to live as long as the worker.
pub(super) fn install(page: &Page) -> [EventListener; 2] {
    // A hook has to be free to move between threads, and a page is not: it is found again.
    std::panic::set_hook(Box::new(|panic| {
        if let Some(page) = Page::of_this_worker() {
            page.end(&panic.to_string());
        }
    }));
    let on = |name: &'static str, describe: fn(&web_sys::Event) -> String| {
        let page = page.clone();
        // What is told here should not be told to the page once more by the browser.
        let options = EventListenerOptions::enable_prevent_default();
        EventListener::new_with_options(&page.scope().clone(), name, options, move |event| {
            event.prevent_default();
            page.end(&describe(event));
        })
    };
    [on("error", error_words), on("unhandledrejection", rejection_words)]
}
