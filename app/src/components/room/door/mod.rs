//! The door of a room that approves its members: who waits there, for those inside, and how it
//! stands, for whoever is outside.

use std::sync::Arc;

use browser::{Admission, MemberId};
use leptos::prelude::*;

use crate::chat::Deed;
use crate::components::focus::Pressed;
use crate::components::icon::Icon;
use crate::components::member::{Mark, Name, Tile, lines};
use crate::page::{Page, language, word};
use crate::text::names;

/// Those who ask to be let in, each with the two answers.
#[component]
pub fn Applicants() -> impl IntoView {
    let page = Page::here();
    let language = language();
    let applicants = page.of_room(|room| room.applicants.clone());
    let count = Signal::derive(move || applicants.with(Vec::len));
    let pressed = Pressed::watch(count, &["door-heading", "composer"]);
    let who = Signal::derive(move || {
        applicants.with(|all| all.iter().map(|applicant| applicant.member).collect())
    });
    let said = move || match count.get() {
        0 => String::new(),
        count => (language.get().words().who_knocks)(count),
    };
    let line = move |member: MemberId| {
        let view = Memo::new(move |_| {
            applicants.with(|all| all.iter().find(|one| one.member == member).cloned())
        });
        let name = Signal::derive(move || view.get().map(|view| view.name).unwrap_or_default());
        let since = move || {
            let (view, language) = (view.get()?, language.get());
            Some(match view.here {
                true => (language.words().waits_since)(&language.short_moment(view.since)),
                false => language.words().has_left.to_owned(),
            })
        };
        let called = move || name.with(|name| language.get().called(name));
        let answer = move |deed: Deed| {
            pressed.note();
            page.does(deed);
        };
        view! {
            <li data-testid="applicant" data-member=member.to_string()>
                <Tile member name />
                <span class="who">
                    <span class="line">
                        <Name member name />
                        <Mark member />
                    </span>
                    <span class="presence-words">{since}</span>
                </span>
                <span class="answers">
                    <button
                        type="button"
                        class="main"
                        data-testid="let-in"
                        aria-label=move || (language.get().words().let_in_whom)(&called())
                        on:click=move |_| answer(Deed::LetIn(member))
                    >
                        {word(|words| words.let_in)}
                    </button>
                    <button
                        type="button"
                        class="quiet"
                        data-testid="turn-away"
                        aria-label=move || (language.get().words().turn_away_whom)(&called())
                        on:click=move |_| answer(Deed::TurnAway(member))
                    >
                        {word(|words| words.turn_away)}
                    </button>
                </span>
            </li>
        }
        .into_any()
    };
    view! {
        <section class="door" aria-labelledby="door-heading" data-testid="applicants">
            <p class="unseen" role="status">
                {said}
            </p>
            <div class="knocks" hidden=move || count.get() == 0>
                <h2 id="door-heading" tabindex="-1">
                    <Icon name="door" />
                    {said}
                </h2>
                <p class="hint">{word(|words| words.who_knocks_more)}</p>
                <ul>{lines(who, Arc::new(line))}</ul>
            </div>
        </section>
    }
}

/// How it stands with whoever waits outside, in place of messages.
#[component]
pub fn Outside() -> impl IntoView {
    let page = Page::here();
    let language = language();
    let admission = page.of_room(|room| room.admission.unwrap_or(Admission::Inside));
    let said = move || language.get().outside(admission.get());
    view! {
        <div
            class="outside"
            role="status"
            data-testid="admission"
            data-state=move || names::admission(admission.get())
        >
            <h2>{move || said().title}</h2>
            <p>{move || said().help}</p>
        </div>
        <button
            type="button"
            class="main"
            data-testid="knock-again"
            hidden=move || admission.get() != Admission::TurnedAway
            on:click=move |_| page.does(Deed::Knock)
        >
            {word(|words| words.knock_again)}
        </button>
    }
}
