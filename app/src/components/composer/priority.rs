//! How urgent something is: of the next message, and of what waits already.

use browser::Priority;
use leptos::prelude::*;

use crate::page::{language, word};
use crate::text::{Words, names};

/// Every choice.
pub const ALL: [Priority; 3] = [Priority::Urgent, Priority::Normal, Priority::Low];

/// It in words: what it means for the message.
pub fn said(priority: Priority, words: &Words) -> &'static str {
    match priority {
        Priority::Urgent => words.urgent,
        Priority::Normal => words.normal,
        Priority::Low => words.everyday.when_idle,
    }
}

/// The choice.
#[component]
pub fn PriorityChoice(
    /// What is chosen.
    #[prop(into)]
    priority: Signal<Priority>,
    /// Its name for tests.
    testid: &'static str,
    /// Another one was chosen.
    on_choose: impl Fn(Priority) + 'static,
) -> impl IntoView {
    let language = language();
    let on_change = move |event| {
        let name = event_target_value(&event);
        if let Some(chosen) = ALL.into_iter().find(|known| names::priority(*known) == name) {
            on_choose(chosen);
        }
    };
    let option = move |choice: Priority| {
        view! {
            <option value=names::priority(choice) selected=move || priority.get() == choice>
                {move || said(choice, language.get().words())}
            </option>
        }
    };
    view! {
        <label class="priority-choice" data-priority=move || names::priority(priority.get())>
            <span class="unseen">{word(|words| words.priority)}</span>
            <select
                data-testid=testid
                prop:value=move || names::priority(priority.get())
                on:change=on_change
            >
                {ALL.map(option).collect_view()}
            </select>
        </label>
    }
}
