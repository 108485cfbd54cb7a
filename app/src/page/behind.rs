//! The client behind the page, and when it begins.
//!
//! ```text
//!  Waits ── first paint of the start page, or somebody asks ──► Here, or Gone
//! ```
//! The worker's program is half of all that is downloaded, and the start page needs none of it: it
//! is fetched once that page is drawn. Whoever wants a room needs it for anything to be shown.

use std::time::Duration;

use browser::{Client, ClientEvent};
use leptos::prelude::*;

use super::{Page, ScreenStoreFields};
use crate::chat::{DeviceDeed, PageEvent, Place};
use crate::components::page_is_visible;
use crate::session;

/// A page that is covered is never painted: after so long the client begins all the same.
const UNPAINTED: Duration = Duration::from_millis(250);

/// See the module.
#[derive(Clone, Default)]
pub enum Behind {
    /// Not begun.
    #[default]
    Waits,
    /// Asked and heard.
    Here(Client),
    /// It could not begin, as the page has been told.
    Gone,
}

impl Page {
    /// Lets the client begin in its time.
    pub(super) fn begin(self) {
        let wants = matches!(
            self.screen.place().get_untracked(),
            Place::Starting { wanted: Some(_) } | Place::Opening(_) | Place::Room(_)
        );
        let wiping = session::wipe_was_begun();
        if wants || wiping || session::is_protected() || !page_is_visible() {
            self.begin_now();
        } else {
            request_animation_frame(move || set_timeout(move || self.begin_now(), Duration::ZERO));
            set_timeout(move || self.begin_now(), UNPAINTED);
        }
        if wiping {
            self.happen(PageEvent::Manages(DeviceDeed::Wipe));
        }
    }

    fn begin_now(self) {
        if !matches!(self.client.try_get_value(), Some(Behind::Waits)) {
            return;
        }
        let told = move |event: ClientEvent| self.happen(PageEvent::Client(event));
        match Client::start(session::options(), told) {
            Ok(client) => self.client.set_value(Behind::Here(client)),
            Err(error) => {
                self.client.set_value(Behind::Gone);
                self.happen(PageEvent::Unstartable(error));
            }
        }
    }

    /// The client is cloned out: it may answer at once, from within the call.
    pub(super) fn with_client(self, ask: impl FnOnce(&Client)) {
        self.begin_now();
        if let Some(Behind::Here(client)) = self.client.try_get_value() {
            ask(&client);
        }
    }
}
