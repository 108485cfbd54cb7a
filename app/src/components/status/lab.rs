//! The network lab: makes the connections of this device worse than they are, to see how messages
//! wait for better ones. It is for developers, who say on their device that they are.

use browser::Conditions;
use leptos::prelude::*;

use crate::chat::ConnectionDeed;
use crate::page::{Page, ScreenStoreFields, language};
use crate::session;
use crate::text::Language;
use crate::text::lab::LabWords;

/// Milliseconds that a message may be made to wait: so that a question and its answer, which both
/// sides may delay, come within the time that a link waits for a sign of life.
const DELAYS: [u16; 4] = [0, 300, 1_000, 2_000];
/// Bytes a second that a connection may be held to.
const PACES: [u32; 3] = [0, 64_000, 4_000];
/// Of a hundred messages that may be lost, how many are.
const LOSSES: [u8; 3] = [0, 30, 100];

fn word(pick: fn(&LabWords) -> &'static str) -> Signal<&'static str> {
    let language = language();
    Signal::derive(move || pick(language.get().lab()))
}

/// What connections are made to be.
fn conditions(page: Page) -> Memo<Conditions> {
    Memo::new(move |_| page.screen().lab().get())
}

/// See the module. Whoever turns the switch off has connections as they are.
#[component]
pub fn ForDevelopers() -> impl IntoView {
    let page = Page::here();
    let on = RwSignal::new(session::is_developer());
    let turn = move |event| {
        let wants = event_target_checked(&event);
        session::keep_developer(wants);
        on.set(wants);
        if !wants {
            page.connects(ConnectionDeed::Worsen(Conditions::default()));
        }
    };
    view! {
        <div class="lab">
            <label class="switch">
                <input
                    type="checkbox"
                    role="switch"
                    data-testid="developers"
                    prop:checked=move || on.get()
                    on:change=turn
                />
                <span>{word(|words| words.developers)}</span>
            </label>
            <Show when=move || on.get()>
                <Lab />
            </Show>
        </div>
    }
}

#[component]
fn Lab() -> impl IntoView {
    let page = Page::here();
    let now = conditions(page);
    let worsen = move |change: &dyn Fn(&mut Conditions)| {
        let mut next = now.get_untracked();
        change(&mut next);
        page.connects(ConnectionDeed::Worsen(next));
    };
    let on_cut = move |event| {
        let cut = event_target_checked(&event);
        worsen(&|next| next.cut = cut);
    };
    view! {
        <details class="lab" data-testid="lab">
            <summary class="fold">{word(|words| words.name)}</summary>
            <p class="hint">{word(|words| words.lead)}</p>
            <Choice
                testid="lab-delay"
                label=word(|words| words.delay)
                choices=DELAYS.map(u32::from).to_vec()
                chosen=Signal::derive(move || now.get().delay.into())
                says=Language::lab_delay
                on_choice=move |delay| {
                    worsen(&|next| next.delay = u16::try_from(delay).unwrap_or(u16::MAX));
                }
            />
            <Choice
                testid="lab-pace"
                label=word(|words| words.pace)
                choices=PACES.to_vec()
                chosen=Signal::derive(move || now.get().pace)
                says=Language::lab_pace
                on_choice=move |pace| worsen(&|next| next.pace = pace)
            />
            <Choice
                testid="lab-loss"
                label=word(|words| words.loss)
                choices=LOSSES.map(u32::from).to_vec()
                chosen=Signal::derive(move || now.get().loss.into())
                says=Language::lab_loss
                on_choice=move |loss| {
                    worsen(&|next| next.loss = u8::try_from(loss).unwrap_or(u8::MAX));
                }
            />
            <label class="switch">
                <input
                    type="checkbox"
                    role="switch"
                    data-testid="lab-cut"
                    prop:checked=move || now.get().cut
                    on:change=on_cut
                />
                <span>{word(|words| words.cut)}</span>
            </label>
            <EndLab on_end=|| () />
        </details>
    }
}

/// One condition, of a few.
#[component]
fn Choice(
    testid: &'static str,
    label: Signal<&'static str>,
    choices: Vec<u32>,
    chosen: Signal<u32>,
    says: fn(Language, u32) -> String,
    on_choice: impl Fn(u32) + 'static,
) -> impl IntoView {
    let language = language();
    let option = move |choice: u32| {
        view! {
            <option value=choice.to_string() selected=move || chosen.get() == choice>
                {move || says(language.get(), choice)}
            </option>
        }
    };
    let on_change = move |event| {
        if let Ok(choice) = event_target_value(&event).parse() {
            on_choice(choice);
        }
    };
    view! {
        <div class="field">
            <label for=testid>{label}</label>
            <select
                id=testid
                data-testid=testid
                prop:value=move || chosen.get().to_string()
                on:change=on_change
            >
                {choices.into_iter().map(option).collect_view()}
            </select>
        </div>
    }
}

/// Lets connections be as they are. It stays where it is, and the keyboard with it.
#[component]
pub fn EndLab(on_end: impl Fn() + 'static) -> impl IntoView {
    let page = Page::here();
    let now = conditions(page);
    let on_click = move |_| {
        on_end();
        page.connects(ConnectionDeed::Worsen(Conditions::default()));
    };
    view! {
        <button
            type="button"
            class="quiet"
            data-testid="lab-end"
            aria-disabled=move || (!now.get().are_worse()).to_string()
            on:click=on_click
        >
            {word(|words| words.end)}
        </button>
    }
}
