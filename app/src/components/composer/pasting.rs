//! What is put into the composer from elsewhere, by pasting or dropping: files, which cannot be
//! sent, and texts over which a browser would stand still. Neither gets in, and it is said why;
//! where they come from they still are. A file that is dropped anywhere else does not take the page
//! away from the person either.

use gloo::events::{EventListener, EventListenerOptions};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{DataTransfer, DragEvent, Event};

use crate::chat::Unfit;

/// UTF-16 units of a text that every browser still lays out in a moment; many times what a message
/// may have.
const MOST: u32 = 256 * 1024;

/// What of this does not get in; a text that a program puts beside its picture does.
pub fn unfit(data: &DataTransfer) -> Option<Unfit> {
    let text = data.get_data("text/plain").unwrap_or_default();
    let units = text.encode_utf16().count();
    if u32::try_from(units).unwrap_or(u32::MAX) > MOST {
        return Some(Unfit::Book(u64::try_from(text.len()).unwrap_or(u64::MAX)));
    }
    let files = data.files().map_or(0, |files| files.length());
    (text.is_empty() && files > 0).then_some(Unfit::File)
}

/// Keeps out what is dropped on the page and does not fit, as long as the composer is there.
pub fn keep_out(told: impl Fn(Unfit) + Copy + Send + Sync + 'static) {
    let dragged = |event: &Event| event.dyn_ref::<DragEvent>().and_then(DragEvent::data_transfer);
    // A browser that is not told so before opens what is dropped in place of the page.
    let options = EventListenerOptions::enable_prevent_default();
    let over = EventListener::new_with_options(&window(), "dragover", options, move |event| {
        let has_files = |data: DataTransfer| data.types().includes(&"Files".into(), 0);
        if dragged(event).is_some_and(has_files) {
            event.prevent_default();
        }
    });
    let dropped = EventListener::new_with_options(&window(), "drop", options, move |event| {
        if let Some(why) = dragged(event).and_then(|data| unfit(&data)) {
            event.prevent_default();
            told(why);
        }
    });
    let listeners = StoredValue::new_local(Some((over, dropped)));
    on_cleanup(move || drop(listeners.try_update_value(Option::take)));
}
