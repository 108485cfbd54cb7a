//! The bundle above the composer: messages that everybody sees together or not at all.

use leptos::prelude::*;

use crate::components::icon::Icon;
use crate::page::{language, word};

/// See the module.
#[component]
pub fn Bundle(
    /// What is in it.
    bundle: Memo<Vec<String>>,
    /// One is not to be sent, by its place.
    on_remove: impl Fn(usize) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let language = language();
    let item = move |(place, text): (usize, String)| {
        let label = move || (language.get().words().take_out)(place + 1);
        view! {
            <li data-testid="bundle-item">
                <span class="words" dir="auto">{text}</span>
                <button
                    type="button"
                    class="quiet"
                    data-testid="bundle-remove"
                    title=label
                    aria-label=label
                    on:click=move |_| on_remove(place)
                >
                    <Icon name="delete" />
                </button>
            </li>
        }
    };
    let items = move || bundle.get().into_iter().enumerate().map(item).collect_view();
    let heading = move || (language.get().words().bundle_heading)(bundle.with(Vec::len));
    view! {
        <Show when=move || !bundle.with(Vec::is_empty)>
            <section class="bundle" data-testid="bundle" aria-labelledby="bundle-heading">
                <p id="bundle-heading" aria-live="polite">{heading}</p>
                <p class="hint">{word(|words| words.bundle_lead)}</p>
                <ol>{items}</ol>
            </section>
        </Show>
    }
}
