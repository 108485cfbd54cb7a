//! The lock screen: nothing else is shown of a device with a passphrase before somebody unlocks it.

use leptos::html;
use leptos::prelude::*;

use crate::chat::{Asked, DeviceDeed, DeviceQuestion, PageEvent};
use crate::components::banners::Banners;
use crate::components::brand::{Brand, LanguageChoice};
use crate::components::field::Secret;
use crate::page::{Page, ScreenStoreFields, language, word};
use crate::text::Wording;

/// See the module.
#[component]
pub fn LockPage() -> impl IntoView {
    let page = Page::here();
    let wipe = PageEvent::Manages(DeviceDeed::Ask(Some(DeviceQuestion::Wipe)));
    view! {
        <main class="front" data-testid="lock">
            <Brand />
            <Banners />
            <div class="columns">
                <UnlockForm />
                <section class="column lost" aria-labelledby="lost-heading">
                    <h2 id="lost-heading">{word(|words| words.locked_lost)}</h2>
                    <p>{word(|words| words.locked_lost_more)}</p>
                    <button
                        type="button"
                        class="danger"
                        data-testid="lock-wipe"
                        aria-haspopup="dialog"
                        on:click=move |_| page.happen(wipe.clone())
                    >
                        {word(|words| words.wipe)}
                    </button>
                </section>
            </div>
            <footer>
                <LanguageChoice />
            </footer>
        </main>
    }
}

#[component]
fn UnlockForm() -> impl IntoView {
    let page = Page::here();
    let language = language();
    let passphrase = RwSignal::new(String::new());
    let asked = Memo::new(move |_| page.screen().guard().read().asked.clone());
    let over = Memo::new(move |_| page.screen().worker().read().is_over());
    let busy = move || asked.get() == Asked::Waiting;
    let input = NodeRef::<html::Input>::new();
    input.on_load(|input| {
        let _ = input.focus();
    });
    // Whoever was refused types again.
    Effect::new(move |_| {
        if let (Asked::Refused(_), Some(input)) = (asked.get(), input.get_untracked()) {
            let _ = input.focus();
        }
    });
    let on_submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if !untrack(busy) && !over.get_untracked() {
            page.unlock(passphrase.get_untracked());
            passphrase.set(String::new());
        }
    };
    let wrong = move || match asked.get() {
        Asked::Refused(refusal) => {
            let Wording { title, help } = language.get().guard_refusal(&refusal);
            Some(format!("{title} {help}"))
        }
        Asked::Nothing | Asked::Waiting | Asked::Done => None,
    };
    view! {
        <form class="card backup" novalidate on:submit=on_submit aria-labelledby="lock-heading">
            <h2 id="lock-heading">{word(|words| words.locked_heading)}</h2>
            <p class="lead">{word(|words| words.locked_lead)}</p>
            <Secret
                id="unlock-passphrase"
                label=|words| words.passphrase
                value=passphrase
                autocomplete="current-password"
                described="unlock-wrong"
                node=input
            />
            <p
                class="hint wrong"
                id="unlock-wrong"
                role="alert"
                data-testid="unlock-wrong"
                hidden=move || wrong().is_none()
            >
                {wrong}
            </p>
            <button
                type="submit"
                class="main"
                data-testid="unlock"
                disabled=move || busy() || over.get()
            >
                {move || {
                    let words = language.get().words();
                    if busy() { words.unlocking } else { words.unlock }
                }}
            </button>
        </form>
    }
}
