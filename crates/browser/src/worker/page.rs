//! The worker's own page: greeting it, hearing it, telling it.

use gloo::events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use super::happening::{Feed, Happening};
use crate::message::{BUILD, News, ToPage};
use crate::port::{Parcel, unpack};

/// See the module.
#[derive(Clone)]
pub(super) struct Page {
    scope: DedicatedWorkerGlobalScope,
}

impl Page {
    /// The page that started this worker; none if this is no dedicated worker.
    pub(super) fn of_this_worker() -> Option<Page> {
        js_sys::global().dyn_into().ok().map(|scope| Page { scope })
    }

    /// The worker's own scope.
    pub(super) fn scope(&self) -> &DedicatedWorkerGlobalScope {
        &self.scope
    }

    /// Says the build, as plain text: it is compared before anything else is read.
    pub(super) fn greet(&self) {
        // Plain text can always be posted.
        let _ = self.scope.post_message(&JsValue::from_str(BUILD));
    }

    /// Hears the page from now on.
    pub(super) fn listen(&self, feed: &Feed) -> EventListener {
        let (feed, page) = (feed.clone(), self.clone());
        EventListener::new(&self.scope, "message", move |event| {
            let event: &MessageEvent = event.unchecked_ref();
            match unpack(&event.data()) {
                Ok((message, channel)) => feed.put(Happening::Page(message, channel)),
                Err(error) => page.end(&error.to_string()),
            }
        })
    }

    /// Tells the page something.
    pub(super) fn tell(&self, message: &ToPage) {
        let parcel = Parcel::pack(message, None);
        // Bytes can always be posted.
        let _ = self.scope.post_message_with_transfer(&parcel.content, &parcel.transfer);
    }

    /// Tells the page what a leader says.
    pub(super) fn tell_news(&self, news: News) {
        self.tell(&ToPage::News(news));
    }

    /// Ends the worker with these words. The browser then frees its lock for another tab.
    pub(super) fn end(&self, text: &str) {
        self.tell(&ToPage::Fatal { text: text.to_owned() });
        self.scope.close();
    }
}
