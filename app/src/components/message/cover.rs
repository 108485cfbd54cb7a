//! Stands in for the words of somebody who is blocked, until the person wants to see them.

use leptos::prelude::*;

use crate::page::{language, word};

/// See the module.
#[component]
pub fn Cover(
    /// Whether the words are covered; nothing if their author is not blocked.
    covered: Memo<Option<bool>>,
    /// The person wants to see them.
    uncovered: RwSignal<bool>,
) -> impl IntoView {
    let language = language();
    let blocked = Memo::new(move |_| covered.get().is_some());
    let does = move || {
        let words = language.get().words();
        if covered.get() == Some(true) { words.uncover } else { words.cover }
    };
    view! {
        <Show when=move || blocked.get()>
            <p class="body absent" data-testid="covered">
                {word(|words| words.by_blocked)}
                " "
                <button
                    type="button"
                    class="quiet"
                    data-testid="uncover"
                    aria-expanded=move || (covered.get() != Some(true)).to_string()
                    on:click=move |_| uncovered.update(|uncovered| *uncovered = !*uncovered)
                >
                    {does}
                </button>
            </p>
        </Show>
    }
}
