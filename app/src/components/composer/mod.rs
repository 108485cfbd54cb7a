//! Where messages are written: Enter sends, Shift+Enter breaks the line, an input method is left
//! alone, and what is not sent yet survives a reload of the tab.

mod delivery;

use browser::{Priority, RoomId, Terms};
use leptos::html;
use leptos::prelude::*;

use self::delivery::{Delivery, DeliveryChoice, terms_of};
use super::icon::Icon;
use crate::page::{language, word};
use crate::session;
use crate::text::names;

/// What a browser reports for a key that an input method has taken.
const KEY_OF_INPUT_METHOD: u32 = 229;

/// The form for a message.
#[component]
pub fn Composer(
    /// The room: each has its own unsent text.
    room: RoomId,
    /// A text to put back, from a message that was refused.
    rescued: RwSignal<Option<String>>,
    /// A message is to be sent.
    on_send: impl Fn(String, Priority, Terms) + Copy + 'static,
    /// The person is typing, or has stopped.
    on_typing: impl Fn(bool) + Copy + 'static,
) -> impl IntoView {
    let language = language();
    let text = RwSignal::new(session::draft(&room));
    let priority = RwSignal::new(Priority::Normal);
    let delivery = RwSignal::new(Delivery::Usual);
    let field = NodeRef::<html::Textarea>::new();
    field.on_load(|field| {
        if has_fine_pointer() {
            let _ = field.focus();
        }
    });
    let change = move |new: String| {
        session::keep_draft(&room, &new);
        text.set(new);
    };
    Effect::new(move |_| {
        let Some(back) = rescued.get() else { return };
        rescued.set(None);
        let now = text.get_untracked();
        change(if now.trim().is_empty() { back } else { format!("{back}\n\n{now}") });
    });
    let fault = Memo::new(move |_| text.with(|text| language.get().too_long(text)));
    let send = move || {
        let Some(field) = field.get_untracked() else { return };
        let written = field.value();
        if written.trim().is_empty() || language.get_untracked().too_long(&written).is_some() {
            return;
        }
        // At once, so that no key that follows is added to what was sent.
        field.set_value("");
        change(String::new());
        let terms = terms_of(delivery.get_untracked(), session::now());
        on_send(written.trim_end().to_owned(), priority.get_untracked(), terms);
        delivery.set(Delivery::Usual);
        on_typing(false);
    };
    let on_input = move |event| {
        let written = event_target_value(&event);
        on_typing(!written.trim().is_empty());
        change(written);
    };
    let on_key = move |event: web_sys::KeyboardEvent| {
        let composing = event.is_composing() || event.key_code() == KEY_OF_INPUT_METHOD;
        if event.key() == "Enter" && !event.shift_key() && !composing {
            event.prevent_default();
            send();
        }
    };
    let on_submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        send();
        if let Some(field) = field.get_untracked() {
            let _ = field.focus();
        }
    };
    view! {
        <form class="composer" on:submit=on_submit>
            {move || fault.get().map(|fault| {
                view! {
                    <p class="fault" role="alert" data-testid="error">
                        {fault.title} {" "} {fault.help}
                    </p>
                }
            })}
            <div class="grow" data-text=text>
                <textarea
                    id="composer"
                    node_ref=field
                    rows="1"
                    dir="auto"
                    data-testid="composer"
                    enterkeyhint="send"
                    aria-label=word(|words| words.composer)
                    aria-describedby="composer-keys"
                    placeholder=word(|words| words.composer_placeholder)
                    prop:value=text
                    on:input=on_input
                    on:keydown=on_key
                ></textarea>
            </div>
            <span class="choices">
                <DeliveryChoice delivery />
                <PriorityChoice priority />
            </span>
            <button type="submit" class="main send" data-testid="send">
                <Icon name="send" />
                <span>{word(|words| words.send)}</span>
            </button>
            <p class="hint" id="composer-keys">
                {word(|words| words.composer_keys)}
            </p>
        </form>
    }
}

/// How urgent the next message is.
#[component]
fn PriorityChoice(priority: RwSignal<Priority>) -> impl IntoView {
    const ALL: [Priority; 3] = [Priority::Urgent, Priority::Normal, Priority::Low];
    let language = language();
    let on_change = move |event| {
        let name = event_target_value(&event);
        if let Some(chosen) = ALL.into_iter().find(|known| names::priority(*known) == name) {
            priority.set(chosen);
        }
    };
    let option = move |choice: Priority| {
        let said = move || {
            let words = language.get().words();
            match choice {
                Priority::Urgent => words.urgent,
                Priority::Normal => words.normal,
                Priority::Low => words.low,
            }
        };
        view! {
            <option
                value=names::priority(choice)
                selected=move || priority.get() == choice
            >
                {said}
            </option>
        }
    };
    view! {
        <label class="priority-choice" data-priority=move || names::priority(priority.get())>
            <span class="unseen">{word(|words| words.priority)}</span>
            <select data-testid="priority" on:change=on_change>
                {ALL.map(option).collect_view()}
            </select>
        </label>
    }
}

/// A keyboard on the screen would cover the room at once.
fn has_fine_pointer() -> bool {
    let query = window().match_media("(pointer: fine)").ok().flatten();
    query.is_some_and(|query| query.matches())
}
