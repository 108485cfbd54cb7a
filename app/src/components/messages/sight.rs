//! Which messages are on a visible screen: what was seen is read, what was not is new.
//!
//! One `IntersectionObserver` a list, over the words of its messages. A message counts as seen
//! while any of these are on the screen of a page that is visible, and no dialog covers them; each
//! is told once.
//!
//! What a browser has queued for an observer may come after `disconnect`, so the observers'
//! callbacks belong to the browser, and do nothing any more by then.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use gloo::events::{EventListener, EventListenerOptions};
use leptos::prelude::*;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement, IntersectionObserver, IntersectionObserverEntry};

/// Watches the messages of one list.
#[derive(Clone, Copy)]
pub struct Sight(StoredValue<Option<Watch>, LocalStorage>);

struct Watch {
    observer: IntersectionObserver,
    visible: Rc<RefCell<BTreeSet<u64>>>,
    is_over: Rc<Cell<bool>>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.is_over.set(true);
        self.observer.disconnect();
    }
}

impl Sight {
    /// Begins to watch; `on_change` is called with the keys of all messages on the screen whenever
    /// these change.
    pub fn new(on_change: impl Fn(&BTreeSet<u64>) + 'static) -> Sight {
        let (visible, is_over) =
            (Rc::<RefCell<BTreeSet<u64>>>::default(), Rc::<Cell<_>>::default());
        let (seen, ended) = (Rc::clone(&visible), Rc::clone(&is_over));
        let changed = Closure::<dyn FnMut(_)>::new(move |entries: js_sys::Array| {
            if ended.get() {
                return;
            }
            for entry in entries.iter().filter_map(|entry| entry.dyn_into().ok()) {
                note(&entry, &mut seen.borrow_mut());
            }
            let visible = seen.borrow().clone();
            on_change(&visible);
        });
        let observer = IntersectionObserver::new(changed.into_js_value().unchecked_ref()).ok();
        let watch = observer.map(|observer| Watch { observer, visible, is_over });
        Sight(StoredValue::new_local(watch))
    }

    /// Watches the words of a message, with its key in `data-words`, until they leave the page.
    pub fn watch(self, element: &Element) {
        self.0.try_with_value(|watch| {
            if let Some(watch) = watch {
                watch.observer.observe(element);
            }
        });
    }

    /// The keys of the messages that are on the screen.
    pub fn visible(self) -> BTreeSet<u64> {
        let visible = self
            .0
            .try_with_value(|watch| watch.as_ref().map(|watch| watch.visible.borrow().clone()));
        visible.flatten().unwrap_or_default()
    }
}

fn note(entry: &IntersectionObserverEntry, visible: &mut BTreeSet<u64>) {
    let element: Result<HtmlElement, _> = entry.target().dyn_into();
    let Some(key) = element.ok().and_then(|element| element.dataset().get("words")?.parse().ok())
    else {
        return;
    };
    if entry.is_intersecting() {
        visible.insert(key);
    } else {
        visible.remove(&key);
    }
}

/// True while the page is in front of somebody.
pub fn page_is_visible() -> bool {
    document().visibility_state() == web_sys::VisibilityState::Visible
}

/// True while a dialog lies over the page.
pub fn is_covered() -> bool {
    document().query_selector("dialog[open]").ok().flatten().is_some()
}

/// Calls back whenever a dialog is closed, as long as its component lives.
pub fn on_uncovering(change: impl Fn() + 'static) {
    // The event goes to the dialog alone, and comes by here on its way.
    let options = EventListenerOptions::run_in_capture_phase();
    let listener = EventListener::new_with_options(&document(), "close", options, move |_| {
        change();
    });
    let kept = StoredValue::new_local(Some(listener));
    on_cleanup(move || {
        kept.try_set_value(None);
    });
}

/// Calls back whenever the page is shown or hidden, as long as its component lives.
pub fn on_visibility(change: impl Fn() + 'static) {
    let listener = EventListener::new(&document(), "visibilitychange", move |_| {
        change();
    });
    let kept = StoredValue::new_local(Some(listener));
    on_cleanup(move || {
        kept.try_set_value(None);
    });
}

/// Calls back whenever one of these elements changes its size, as long as its component lives.
pub fn on_resize(elements: &[&Element], change: impl Fn() + 'static) {
    let is_over = Rc::<Cell<bool>>::default();
    let ended = Rc::clone(&is_over);
    let changed = Closure::<dyn FnMut(JsValue)>::new(move |_| {
        if !ended.get() {
            change();
        }
    });
    let Ok(observer) = web_sys::ResizeObserver::new(changed.into_js_value().unchecked_ref()) else {
        return;
    };
    for element in elements {
        observer.observe(element);
    }
    let kept = StoredValue::new_local(Some((observer, is_over)));
    on_cleanup(move || {
        kept.try_update_value(|kept| {
            if let Some((observer, is_over)) = kept.take() {
                is_over.set(true);
                observer.disconnect();
            }
        });
    });
}
