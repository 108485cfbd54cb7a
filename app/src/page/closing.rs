//! Asks before the page is closed, while closing it would lose something.
//!
//! Only what this tab has handed over and nobody has stored yet would be lost: a matter of
//! milliseconds, unless the disk is full or in somebody else's hands. What is stored and waits for
//! others is still there when one comes back, so nobody is asked about it. A reload would lose
//! nothing either, but no page can tell one from the other; one of its own is not asked about.

use gloo::events::{EventListener, EventListenerOptions};
use leptos::prelude::*;

use super::{Behind, Page};
use crate::session;

impl Page {
    /// Listens as long as the component that calls it is there.
    pub(super) fn ask_before_closing(self) {
        let options = EventListenerOptions::enable_prevent_default();
        let on_leave = move |event: &web_sys::Event| {
            if self.is_storing() && !session::is_reloading() {
                event.prevent_default();
            }
        };
        let listener =
            EventListener::new_with_options(&window(), "beforeunload", options, on_leave);
        let kept = StoredValue::new_local(Some(listener));
        on_cleanup(move || drop(kept.try_update_value(Option::take)));
    }

    fn is_storing(self) -> bool {
        match self.client.try_get_value() {
            Some(Behind::Here(client)) => client.is_storing(),
            Some(Behind::Waits | Behind::Gone) | None => false,
        }
    }
}
