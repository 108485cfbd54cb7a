//! The passphrase of this device: passphrases on their way to the client, which are nobody's state,
//! and the signs that somebody is there.

use browser::Millis;
use gloo::events::EventListener;
use leptos::prelude::*;

use super::Page;
use crate::chat::{GuardDeed, PageEvent};
use crate::session;

/// That somebody is here is told at most so often.
const TOUCH_EVERY: Millis = 10_000;
/// What people do.
const TOUCHES: [&str; 4] = ["pointerdown", "keydown", "wheel", "touchstart"];

impl Page {
    /// Unlocks this device.
    pub fn unlock(self, passphrase: String) {
        self.happen(PageEvent::Guards(GuardDeed::Ask));
        self.with_client(|client| client.unlock(passphrase));
    }

    /// Seals all that is stored under a passphrase.
    pub fn set_passphrase(self, new: String) {
        self.happen(PageEvent::Guards(GuardDeed::Ask));
        self.with_client(|client| client.set_passphrase(new));
    }

    /// Puts another passphrase in the place of the old one.
    pub fn change_passphrase(self, old: String, new: String) {
        self.happen(PageEvent::Guards(GuardDeed::Ask));
        self.with_client(|client| client.change_passphrase(old, new));
    }

    /// Takes the passphrase away.
    pub fn remove_passphrase(self, old: String) {
        self.happen(PageEvent::Guards(GuardDeed::Ask));
        self.with_client(|client| client.remove_passphrase(old));
    }

    /// Locks after so many minutes without a touch.
    pub fn lock_after(self, minutes: u16) {
        self.happen(PageEvent::Guards(GuardDeed::Ask));
        self.with_client(|client| client.lock_after(minutes));
    }

    /// Locks all, in every tab.
    pub fn lock(self) {
        self.happen(PageEvent::Guards(GuardDeed::Lock));
    }

    /// Tells the client whenever somebody is at this page.
    pub(super) fn watch_touches(self) {
        let last = StoredValue::new(0);
        let on_touch = move || {
            let now = session::now();
            let before: Millis = last.try_get_value().unwrap_or_default();
            // A clock that was set back is no reason to be silent.
            if now < before || now - before >= TOUCH_EVERY {
                last.try_set_value(now);
                self.with_client(browser::Client::touch);
            }
        };
        let listen = |name| EventListener::new(&window(), name, move |_| on_touch());
        let kept = StoredValue::new_local(Some(TOUCHES.map(listen)));
        on_cleanup(move || {
            kept.try_set_value(None);
        });
    }
}
