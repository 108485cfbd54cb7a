//! A small picture from the sprite in `index.html`; words stand beside it, so it is hidden from
//! whoever listens.

use leptos::prelude::*;

/// A picture by its name in the sprite.
#[component]
pub fn Icon(#[prop(into)] name: Signal<&'static str>) -> impl IntoView {
    view! {
        <svg class={"icon"} aria-hidden="true" focusable="false">
            <use href=move || format!("#icon-{}", name.get()) />
        </svg>
    }
}
