//! The workers of the other tabs, over a `BroadcastChannel`: `[build, leads, bytes]`.
//!
//! The build stands in front of the bytes, so that no build reads what another has written; whether
//! the writer leads stands there too, so that a tab can say that it waits for another build.

use gloo::events::EventListener;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BroadcastChannel, MessageEvent};

use super::happening::{Feed, Happening};
use crate::bindings::words;
use crate::message::{BUILD, TabId, TabMessage, TabWords, decode, encode};

/// The name of the broadcast channel.
const NAME: &str = "confab";

/// See the module.
pub(super) struct Tabs {
    me: TabId,
    channel: BroadcastChannel,
    _listener: EventListener,
}

impl Tabs {
    /// Joins the tabs of this origin.
    pub(super) fn join(me: TabId, feed: Feed) -> Result<Tabs, String> {
        let channel = BroadcastChannel::new(NAME).map_err(|error| words(&error))?;
        let listener = EventListener::new(&channel, "message", move |event| {
            let event: &MessageEvent = event.unchecked_ref();
            if let Some(happening) = read(&event.data(), me) {
                feed.put(happening);
            }
        });
        Ok(Tabs { me, channel, _listener: listener })
    }

    /// Says something to one tab, or to all.
    pub(super) fn say(&self, to: Option<TabId>, leads: bool, words: TabWords) {
        let bytes = encode(&TabMessage { from: self.me, to, words });
        let bytes = Uint8Array::from(bytes.as_slice());
        let content = Array::of3(&JsValue::from_str(BUILD), &JsValue::from_bool(leads), &bytes);
        // Throws only for a closed channel; this one is open as long as the worker lives.
        let _ = self.channel.post_message(&content);
    }
}

/// What was said, if it is for this tab.
fn read(content: &JsValue, me: TabId) -> Option<Happening> {
    let parts: &Array = content.dyn_ref()?;
    let build = parts.get(0).as_string()?;
    if build != BUILD {
        return Some(Happening::OtherBuild { build, leads: parts.get(1).is_truthy() });
    }
    let bytes: Uint8Array = parts.get(2).dyn_into().ok()?;
    // Whoever can speak here is of this origin: what cannot be read is damage, and no attack.
    let message: TabMessage = decode(&bytes.to_vec()).ok()?;
    message.to.is_none_or(|to| to == me).then_some(Happening::Tab(message))
}
