//! Where the keyboard is: in a dialog while it is open, and afterwards not at the beginning of the
//! page. The browser gives the focus back when a dialog closes, unless what had it is gone.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// Opens and closes a dialog as `open` says. Where it was opened from a drawer, that is closed by
/// then: the keyboard goes to what opens the drawer.
pub fn open_while(node: NodeRef<html::Dialog>, open: Signal<bool>) {
    Effect::new(move |was: Option<bool>| {
        let open = open.get();
        let Some(dialog) = node.get() else { return false };
        if open && !dialog.open() {
            let _ = dialog.show_modal();
        } else if !open && dialog.open() {
            dialog.close();
        }
        if was == Some(true) && !open {
            request_animation_frame(|| give(&[DRAWER]));
        }
        open
    });
}

/// The id of the button that opens the drawer.
pub const DRAWER: &str = "members-button";

/// Scrolls to what is marked in a list that may be longer than its place.
pub fn reveal(id: &str) {
    if let Some(marked) = document().get_element_by_id(id) {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        marked.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// True if a click was beside a dialog's content: that is one on the dialog itself.
pub fn is_beside(event: &web_sys::MouseEvent) -> bool {
    event.target() == event.current_target()
}

/// Whether somebody has pressed something in a list whose lines may go.
#[derive(Clone, Copy)]
pub struct Pressed(StoredValue<bool>);

impl Pressed {
    /// Watches a list by its length: once lines go after a press, and the focus with them, the
    /// first of these elements that is shown gets it.
    pub fn watch(length: Signal<usize>, ids: &'static [&'static str]) -> Pressed {
        let pressed = Pressed(StoredValue::new(false));
        Effect::new(move |before: Option<usize>| {
            let now = length.get();
            if before.is_some_and(|before| now < before) && pressed.0.get_value() {
                pressed.0.set_value(false);
                request_animation_frame(move || give(ids));
            }
            now
        });
        pressed
    }

    /// Somebody has pressed something there.
    pub fn note(self) {
        self.0.set_value(true);
    }
}

/// Gives the focus to the first of these elements that is shown, if nothing has it.
pub fn give(ids: &[&str]) {
    let document = document();
    let there = document.active_element();
    if there.is_some_and(|there| there.tag_name() != "BODY") {
        return;
    }
    for id in ids {
        let element = document.get_element_by_id(id);
        let element = element.and_then(|element| element.dyn_into::<HtmlElement>().ok());
        let shown = |element: &HtmlElement| element.offset_width() > 0;
        if let Some(element) = element.filter(shown) {
            let _ = element.focus();
            return;
        }
    }
}
