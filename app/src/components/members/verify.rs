//! What a person compares with a member, and what comes of it. It stands in the dialog about the
//! member.

use browser::{Compared, Comparison, MemberId};
use leptos::prelude::*;

use super::code::Code;
use crate::chat::{Deed, Trust};
use crate::components::icon::Icon;
use crate::page::{Page, language, word};

/// See the module.
#[component]
pub fn Verify(member: MemberId) -> impl IntoView {
    let page = Page::here();
    let language = language();
    let view = page.of_room(move |room| room.member(member).cloned());
    let name = Memo::new(move |_| {
        let name = view.with(|view| view.as_ref().map(|view| view.name.clone()));
        language.get().called(&name.unwrap_or_default())
    });
    let comparison = page.of_room(|room| room.comparison().cloned());
    let code = Memo::new(move |_| {
        comparison.with(|comparison| comparison.as_ref().map(Comparison::code)).unwrap_or_default()
    });
    let waits = Memo::new(move |_| comparison.with(Option::is_none));
    let trust = Memo::new(move |_| view.with(|view| view.as_ref().map_or(Trust::Plain, Trust::of)));
    let verified_as = Memo::new(move |_| view.with(|view| view.as_ref()?.verified.clone()));
    let lead = move || (language.get().words().verify_lead)(&name.get());
    let so_far = move || {
        let as_whom = verified_as.get()?;
        let words = language.get().words();
        let said = match trust.get() {
            Trust::Renamed | Trust::Double => (words.verified_as)(&language.get().called(&as_whom)),
            Trust::Verified | Trust::Plain => words.verified_title.to_owned(),
        };
        Some(view! {
            <p class="verified" data-testid="verified-so-far">
                <Icon name="verified" />
                <bdi>{said}</bdi>
            </p>
        })
    };
    let undo = move || {
        verified_as.get().map(|_| {
            view! {
                <button
                    type="button"
                    class="quiet"
                    data-testid="verify-undo"
                    on:click=move |_| page.does(Deed::Verify(false))
                >
                    {word(|words| words.verify_undo)}
                </button>
            }
        })
    };
    view! {
        <p>{lead}</p>
        {so_far}
        <div class="safety" aria-busy=move || waits.get().to_string()>
            <Digits comparison />
            <Code text=code label=word(|words| words.code_label) testid="safety-code" />
        </div>
        <p class="hint">{word(|words| words.verify_differs)}</p>
        <Typed />
        <div class="buttons">
            <button
                type="button"
                class="main"
                data-testid="verify-match"
                disabled=move || waits.get()
                hidden=move || trust.get() == Trust::Verified
                on:click=move |_| page.does(Deed::Verify(true))
            >
                <Icon name="verified" />
                {word(|words| words.verify_match)}
            </button>
            {undo}
        </div>
    }
}

/// The digits, in groups that a person reads aloud.
#[component]
fn Digits(comparison: Memo<Option<Comparison>>) -> impl IntoView {
    let group = |group: &str| view! { <span>{format!("{group} ")}</span> };
    let groups = move || {
        comparison.with(|comparison| {
            let comparison = comparison.as_ref()?;
            Some(comparison.groups().map(group).collect_view())
        })
    };
    view! {
        <p class="digits" dir="ltr" data-testid="safety-number">
            {groups}
        </p>
    }
}

/// Digits that came from the other, to be compared by the page.
#[component]
fn Typed() -> impl IntoView {
    let page = Page::here();
    let language = language();
    let compared = page.of_room(|room| room.compared());
    let said = move || {
        let words = language.get().words();
        match compared.get() {
            Compared::Nothing => String::new(),
            Compared::SoFar(count) => (words.compared_so_far)(count),
            Compared::Same => words.compared_same.to_owned(),
            Compared::Different => words.compared_different.to_owned(),
        }
    };
    let look = move || match compared.get() {
        Compared::Nothing | Compared::SoFar(_) => "hint",
        Compared::Same => "hint same",
        Compared::Different => "hint different",
    };
    view! {
        <details class="typed">
            <summary class="fold">{word(|words| words.compare_text)}</summary>
            <label class="unseen" for="compare-text">
                {word(|words| words.compare_text_label)}
            </label>
            <input
                id="compare-text"
                type="text"
                dir="ltr"
                autocomplete="off"
                spellcheck="false"
                maxlength="200"
                placeholder=word(|words| words.compare_text_label)
                data-testid="compare-text"
                on:input=move |event| page.does(Deed::Type(event_target_value(&event)))
            />
            <p class=look role="status" data-testid="compared">
                {said}
            </p>
        </details>
    }
}
