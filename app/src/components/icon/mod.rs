//! A small picture from the sprite in `index.html`; words stand beside it, so it is hidden from
//! whoever listens.

use leptos::prelude::*;

/// A picture by its name in the sprite.
#[component]
pub fn Icon(name: &'static str) -> impl IntoView {
    view! {
        <svg class={"icon"} aria-hidden="true" focusable="false">
            <use href=format!("#icon-{name}") />
        </svg>
    }
}

/// One that becomes another one.
#[component]
pub fn ChangingIcon(name: Signal<&'static str>) -> impl IntoView {
    view! {
        <svg class={"icon"} aria-hidden="true" focusable="false">
            <use href=move || format!("#icon-{}", name.get()) />
        </svg>
    }
}
