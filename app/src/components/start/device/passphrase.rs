//! The passphrase of this device: what it does and does not, before it is set; and to change it, to
//! remove it, and after how long all is locked, while there is one.

use browser::{PASSPHRASE_CHARS, Phase, limits, passphrase_is_long_enough};
use leptos::prelude::*;

use crate::chat::{Asked, IDLE_MINUTES, Shield};
use crate::components::field::Secret;
use crate::page::{Page, ScreenStoreFields, language, word};
use crate::text::{Language, Wording, Words};

type Pick = fn(&Words) -> &'static str;

/// See the module.
#[component]
pub fn PassphraseForm() -> impl IntoView {
    let page = Page::here();
    let is_set = Memo::new(move |_| page.screen().guard().read().shield.is_some());
    move || match is_set.get() {
        true => view! { <Kept /> }.into_any(),
        false => view! { <Choose /> }.into_any(),
    }
}

/// What is wrong with a passphrase that somebody chooses.
fn fault_of(language: Language, first: &str, second: &str) -> Option<String> {
    let words = language.words();
    if !passphrase_is_long_enough(first) {
        Some((words.passphrase_short)(PASSPHRASE_CHARS))
    } else if first.len() > limits::PASSPHRASE_BYTES {
        Some((words.passphrase_long)(limits::PASSPHRASE_BYTES))
    } else if first != second {
        Some(words.passphrases_differ.to_owned())
    } else {
        None
    }
}

/// How what was asked comes on, and what is wrong with it.
#[component]
fn Said(
    /// What is wrong with the form.
    fault: Signal<Option<String>>,
) -> impl IntoView {
    let page = Page::here();
    let language = language();
    let asked = Memo::new(move |_| page.screen().guard().read().asked.clone());
    let wrong = Memo::new(move |_| {
        let refused = match asked.get() {
            Asked::Refused(refusal) => {
                let Wording { title, help } = language.get().guard_refusal(&refusal);
                Some(format!("{title} {help}"))
            }
            Asked::Nothing | Asked::Waiting | Asked::Done => None,
        };
        fault.get().or(refused)
    });
    let told = move || match asked.get() {
        Asked::Waiting => Some(language.get().words().guard_working),
        Asked::Done if wrong.with(Option::is_none) => Some(language.get().words().guard_done),
        Asked::Done | Asked::Nothing | Asked::Refused(_) => None,
    };
    view! {
        <p
            class="hint wrong"
            role="alert"
            data-testid="guard-wrong"
            hidden=move || wrong.with(Option::is_none)
        >
            {move || wrong.get()}
        </p>
        <p class="hint" role="status" data-testid="guard-told" hidden=move || told().is_none()>
            {told}
        </p>
    }
}

/// There is none yet.
#[component]
fn Choose() -> impl IntoView {
    let page = Page::here();
    let language = language();
    let (first, second) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let sent = RwSignal::new(false);
    let fault = Signal::derive(move || {
        let fault = fault_of(language.get(), &first.read(), &second.read());
        sent.get().then_some(fault).flatten()
    });
    let busy = move || page.screen().guard().read().asked == Asked::Waiting;
    let on_submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        sent.set(true);
        if fault.with_untracked(Option::is_none) && !untrack(busy) {
            page.set_passphrase(first.get_untracked());
        }
    };
    let line = |line: Pick| view! { <li>{word(line)}</li> };
    view! {
        <ul class="consequences">
            {line(|words| words.guard_seals)}
            {line(|words| words.guard_shows)}
            {line(|words| words.guard_lost)}
            {line(|words| words.guard_before)}
        </ul>
        <form novalidate class="backup" on:submit=on_submit>
            <Secret
                id="passphrase"
                label=|words| words.passphrase
                value=first
                autocomplete="new-password"
            />
            <Secret
                id="passphrase-again"
                label=|words| words.passphrase_again
                value=second
                autocomplete="new-password"
            />
            <Said fault />
            <button type="submit" class="main" data-testid="guard-set" disabled=busy>
                {word(|words| words.guard_set)}
            </button>
        </form>
    }
}

/// There is one.
#[component]
fn Kept() -> impl IntoView {
    let page = Page::here();
    let language = language();
    let shield = Memo::new(move |_| page.screen().guard().read().shield);
    let old = RwSignal::new(String::new());
    let (first, second) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let sent = RwSignal::new(false);
    let fault = Signal::derive(move || {
        let fault = fault_of(language.get(), &first.read(), &second.read());
        sent.get().then_some(fault).flatten()
    });
    let busy = move || {
        let under_way = shield.get().is_some_and(|shield| shield.phase != Phase::Sealed);
        under_way || page.screen().guard().read().asked == Asked::Waiting
    };
    let on_submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        sent.set(true);
        if fault.with_untracked(Option::is_none) && !untrack(busy) {
            sent.set(false);
            page.change_passphrase(old.get_untracked(), first.get_untracked());
            [old, first, second].iter().for_each(|typed| typed.set(String::new()));
        }
    };
    let on_remove = move |_| {
        sent.set(false);
        page.remove_passphrase(old.get_untracked());
        old.set(String::new());
    };
    let state = move || language.get().shield(shield.get());
    view! {
        <p role="status" data-testid="guard-state" data-phase=move || phase_of(shield.get())>
            {state}
        </p>
        <IdleChoice />
        <form novalidate class="backup" on:submit=on_submit>
            <Secret
                id="passphrase-old"
                label=|words| words.guard_old
                value=old
                autocomplete="current-password"
            />
            <Secret
                id="passphrase"
                label=|words| words.guard_new
                value=first
                autocomplete="new-password"
            />
            <Secret
                id="passphrase-again"
                label=|words| words.passphrase_again
                value=second
                autocomplete="new-password"
            />
            <Said fault />
            <div class="buttons">
                <button type="submit" class="main" data-testid="guard-change" disabled=busy>
                    {word(|words| words.guard_change)}
                </button>
                <button
                    type="button"
                    class="danger"
                    data-testid="guard-remove"
                    disabled=busy
                    on:click=on_remove
                >
                    {word(|words| words.guard_remove)}
                </button>
            </div>
        </form>
        <p class="hint">{word(|words| words.guard_remove_more)}</p>
    }
}

fn phase_of(shield: Option<Shield>) -> &'static str {
    match shield.map(|shield| shield.phase) {
        Some(Phase::Sealing) => "sealing",
        Some(Phase::Sealed) => "sealed",
        Some(Phase::Unsealing) => "unsealing",
        None => "none",
    }
}

/// After how long without a touch all is locked.
#[component]
fn IdleChoice() -> impl IntoView {
    let page = Page::here();
    let language = language();
    let minutes = Memo::new(move |_| {
        page.screen().guard().read().shield.map_or(0, |shield| shield.idle_minutes)
    });
    let option = move |choice: u16| {
        view! {
            <option value=choice.to_string() selected=move || minutes.get() == choice>
                {move || language.get().idle(choice)}
            </option>
        }
    };
    let on_change = move |event| {
        if let Ok(minutes) = event_target_value(&event).parse() {
            page.lock_after(minutes);
        }
    };
    view! {
        <div class="field">
            <label for="guard-idle">{word(|words| words.guard_idle)}</label>
            <select id="guard-idle" data-testid="guard-idle" on:change=on_change>
                {IDLE_MINUTES.map(option).collect_view()}
            </select>
        </div>
    }
}
