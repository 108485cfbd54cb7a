//! The name of the thing, and the choice of its language.

use leptos::prelude::*;

use super::icon::Icon;
use crate::page::{Page, word};
use crate::text::Language;

/// Name and picture.
#[component]
pub fn Brand() -> impl IntoView {
    view! {
        <header class="brand">
            <Icon name="confab" />
            <div>
                <h1>{"Confab"}</h1>
                <p>{word(|words| words.tagline)}</p>
            </div>
        </header>
    }
}

/// The choice of the page's language.
#[component]
pub fn LanguageChoice() -> impl IntoView {
    let language = Page::here().language();
    let on_change = move |event| {
        language.set(Language::of(&event_target_value(&event)));
    };
    let option = move |choice: Language| {
        view! {
            <option value=choice.tag() lang=choice.tag() selected=move || language.get() == choice>
                {choice.name()}
            </option>
        }
    };
    view! {
        <label class="language">
            <Icon name="globe" />
            <span class="unseen">{word(|words| words.language)}</span>
            <select on:change=on_change>{Language::ALL.map(option).collect_view()}</select>
        </label>
    }
}
