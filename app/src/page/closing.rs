//! Asks before the page is closed, while closing it would lose something, or leave somebody without
//! it.
//!
//! Lost is what this tab has handed over and nobody has stored yet, a matter of milliseconds,
//! unless the disk is full or in somebody else's hands; and what stands in a composer and is not
//! kept. What nobody but this device holds is still there when one comes back, but until then
//! nobody can get it: the person decides. A reload would do no harm, but no page can tell one from
//! a farewell; one of its own is not asked about.

use gloo::events::{EventListener, EventListenerOptions};
use leptos::prelude::*;

use super::{Behind, Page};
use crate::chat::{PageEvent, at_stake};
use crate::session;

impl Page {
    /// Listens as long as the component that calls it is there.
    pub(super) fn ask_before_closing(self) {
        session::on_unkept(move |unkept| self.happen(PageEvent::Unkept(unkept)));
        let options = EventListenerOptions::enable_prevent_default();
        let on_leave = move |event: &web_sys::Event| {
            // What a reload of the page's own does not bring back is asked about, too.
            let holds = || self.is_storing() || self.is_alone_with_words();
            if session::is_unkept() || !session::is_reloading() && holds() {
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

    fn is_alone_with_words(self) -> bool {
        self.known.try_with_value(|known| at_stake(&known.rooms) > 0).unwrap_or_default()
    }
}
