//! The forms for a backup: with which passphrase it is made, and which file is taken in.

use browser::{PASSPHRASE_CHARS, passphrase_is_long_enough};
use leptos::html;
use leptos::prelude::*;

use crate::components::field::Secret;
use crate::page::{Page, language, word};
use crate::text::Words;

type Pick = fn(&Words) -> &'static str;

/// What is wrong with the form, under it.
#[component]
fn Wrong(fault: Signal<Option<String>>) -> impl IntoView {
    view! {
        <p class="hint wrong" role="alert" data-testid="backup-wrong" hidden=move || {
            fault.with(Option::is_none)
        }>{move || fault.get()}</p>
    }
}

/// Makes a backup.
#[component]
pub fn ExportForm() -> impl IntoView {
    let page = Page::here();
    let language = language();
    let (first, second) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let sent = RwSignal::new(false);
    let fault = Signal::derive(move || {
        let words = language.get().words();
        let (first, second) = (first.get(), second.get());
        sent.get().then_some(())?;
        if !passphrase_is_long_enough(&first) {
            Some((words.passphrase_short)(PASSPHRASE_CHARS))
        } else if first != second {
            Some(words.passphrases_differ.to_owned())
        } else {
            None
        }
    });
    let on_submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        sent.set(true);
        if fault.with_untracked(Option::is_none) {
            page.export(first.get_untracked());
            first.set(String::new());
            second.set(String::new());
        }
    };
    let line = |line: Pick| view! { <li>{word(line)}</li> };
    view! {
        <ul class="consequences">
            {line(|words| words.export_holds)}
            {line(|words| words.export_secret)}
            {line(|words| words.export_moves)}
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
            <Wrong fault />
            <button type="submit" class="main" data-testid="export-begin">
                {word(|words| words.export)}
            </button>
        </form>
    }
}

/// Takes a backup in.
#[component]
pub fn ImportForm() -> impl IntoView {
    let page = Page::here();
    let language = language();
    let passphrase = RwSignal::new(String::new());
    let none = RwSignal::new(false);
    let input = NodeRef::<html::Input>::new();
    let fault = Signal::derive(move || {
        none.get().then(|| language.get().words().import_no_file.to_owned())
    });
    let on_submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let files = input.get_untracked().and_then(|input| input.files());
        match files.and_then(|files| files.get(0)) {
            Some(file) => {
                page.import(file, passphrase.get_untracked());
                passphrase.set(String::new());
            }
            None => none.set(true),
        }
    };
    let line = |line: Pick| view! { <li>{word(line)}</li> };
    view! {
        <ul class="consequences">
            {line(|words| words.import_adds)}
            {line(|words| words.import_moves)}
            {line(|words| words.import_trust)}
        </ul>
        <form novalidate class="backup" on:submit=on_submit>
            <div class="field">
                <label for="backup-file">{word(|words| words.backup_file)}</label>
                <input
                    id="backup-file"
                    type="file"
                    node_ref=input
                    data-testid="backup-file"
                    accept=".confab,application/octet-stream"
                    on:change=move |_| none.set(false)
                />
            </div>
            <Secret
                id="passphrase"
                label=|words| words.passphrase
                value=passphrase
                autocomplete="off"
            />
            <Wrong fault />
            <button type="submit" class="main" data-testid="import-begin">
                {word(|words| words.import)}
            </button>
        </form>
    }
}
