//! Keys that mean something wherever they are pressed, and the places on the page to which commands
//! lead: what a person could press there is pressed.

use gloo::events::{EventListener, EventListenerOptions};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};

use super::Page;
use crate::chat::{Overlay, PageEvent, Pressed, Spot, shortcut};
use crate::components::open_drawer;

/// Listens as long as the component that calls it is there. A dialog that is open has its own keys.
pub fn listen_to_keys(page: Page) {
    let options = EventListenerOptions::enable_prevent_default();
    let on_key = EventListener::new_with_options(&window(), "keydown", options, move |event| {
        let Some(event) = event.dyn_ref::<KeyboardEvent>().filter(|it| !it.is_composing()) else {
            return;
        };
        let ours = page.known.with_value(|known| known.overlay != Overlay::None);
        let taken = || document().query_selector("dialog[open]").ok().flatten().is_some();
        let key = event.key();
        let (control, alt) = (event.ctrl_key() || event.meta_key(), event.alt_key());
        let pressed = Pressed {
            key: &key,
            with_control: control && !alt && !event.shift_key(),
            bare: !control && !alt,
            typing: is_typing(),
        };
        if let Some(lay) = shortcut(pressed).filter(|_| ours || !taken()) {
            event.prevent_default();
            page.happen(PageEvent::Lays(lay));
        }
    });
    let kept = StoredValue::new_local(Some(on_key));
    on_cleanup(move || drop(kept.try_update_value(Option::take)));
}

fn is_typing() -> bool {
    let there = document().active_element();
    there.is_some_and(|it| it.matches("input, textarea, select").unwrap_or_default())
}

/// Goes to a place on the page.
pub fn press(spot: Spot) {
    match spot {
        Spot::Composer => focus("composer"),
        Spot::Search => match document().query_selector(".search input") {
            Ok(Some(open)) => drop(open.dyn_ref().map(HtmlElement::focus)),
            Ok(None) | Err(_) => click("search-button"),
        },
        Spot::Invite => click("invite-button"),
        Spot::Members => {
            open_drawer();
            focus("members-heading");
        }
        Spot::Queue => {
            open_drawer();
            focus("queue-heading");
        }
        Spot::Notifications => focus("alerts"),
        Spot::Panel => open_drawer(),
        // Without a list of rooms the form is there already.
        Spot::NewRoom => match element("new-room") {
            Some(button) => button.click(),
            None => focus("my-name"),
        },
    }
}

fn element(id: &str) -> Option<HtmlElement> {
    document().get_element_by_id(id).and_then(|element| element.dyn_into().ok())
}

fn click(id: &str) {
    if let Some(element) = element(id) {
        element.click();
    }
}

fn focus(id: &str) {
    if let Some(element) = element(id) {
        let _ = element.focus();
    }
}
