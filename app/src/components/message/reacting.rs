//! Puts an emoji on a message: the picker, of which a room has one, and the message it is for.

use browser::EntryId;
use leptos::prelude::*;

use crate::chat::QUICK;
use crate::components::overlay::EmojiDialog;
use crate::page::Page;

/// The message that gets an emoji once one is picked, given by whoever shows the messages.
#[derive(Clone, Copy, Default)]
pub struct Reacting {
    entry: StoredValue<Option<EntryId>>,
    open: RwSignal<bool>,
}

impl Reacting {
    /// Lets the person pick one for this message.
    pub fn begin(self, entry: EntryId) {
        self.entry.set_value(Some(entry));
        self.open.set(true);
    }
}

/// See the module.
#[component]
pub fn ReactionPicker() -> impl IntoView {
    let page = Page::here();
    let reacting = expect_context::<Reacting>();
    let on_pick = move |glyph: String| {
        if let Some(entry) = reacting.entry.get_value() {
            page.react(entry, &glyph, true);
        }
    };
    view! { <EmojiDialog open=reacting.open first=&QUICK on_pick=Callback::new(on_pick) /> }
}
