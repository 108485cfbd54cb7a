//! The invite: the link, a button that copies it, and what to know before sending it.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::icon::Icon;
use crate::page::{language, word};
use crate::session;

/// How far the copying has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Copied {
    No,
    Yes,
    /// The browser does not let the page: the text is selected for the person.
    ByHand,
}

/// The link and its button.
#[component]
pub fn InviteLink(
    /// Names the field in the document.
    id: &'static str,
    /// The invite; empty until it is known.
    #[prop(into)]
    invite: Signal<String>,
    /// True where the button is what a person wants first.
    #[prop(optional)]
    first: bool,
) -> impl IntoView {
    let copied = RwSignal::new(Copied::No);
    let field = NodeRef::<html::Input>::new();
    let link = move || {
        invite.with(|invite| match invite.as_str() {
            "" => String::new(),
            invite => session::invite_link(invite),
        })
    };
    let on_copy = move |_| {
        let Some(input) = field.get_untracked() else { return };
        input.select();
        leptos::task::spawn_local(async move {
            let done = copy(&input.value()).await;
            copied.try_set(if done { Copied::Yes } else { Copied::ByHand });
        });
    };
    let language = language();
    let said = move || {
        let words = language.get().words();
        match copied.get() {
            Copied::No => words.copy,
            Copied::Yes => words.copied,
            Copied::ByHand => words.copy_by_hand,
        }
    };
    let icon = Signal::derive(move || if copied.get() == Copied::Yes { "check" } else { "copy" });
    view! {
        <div class="invite-link">
            <label class="unseen" for=id>
                {word(|words| words.invite_link)}
            </label>
            <input
                id=id
                node_ref=field
                type="text"
                readonly
                dir="ltr"
                spellcheck="false"
                data-testid="invite-link"
                prop:value=link
                on:focus=move |_| {
                    if let Some(input) = field.get_untracked() {
                        input.select();
                    }
                }
            />
            <button
                type="button"
                class="main"
                autofocus=first
                data-testid="copy-invite"
                on:click=on_copy
            >
                <Icon name=icon />
                <span aria-live="polite">{said}</span>
            </button>
            {session::is_local().then(|| {
                view! { <p class="hint">{word(|words| words.local_invite)}</p> }
            })}
        </div>
    }
}

/// Only a secure page has a clipboard, and a browser may still refuse it.
async fn copy(text: &str) -> bool {
    let navigator = window().navigator();
    let has = js_sys::Reflect::has(&navigator, &"clipboard".into()).unwrap_or(false);
    has && window().is_secure_context()
        && JsFuture::from(navigator.clipboard().write_text(text)).await.is_ok()
}

/// The dialog with the invite, to be opened with `show_modal`.
#[component]
pub fn InviteDialog(
    /// The invite.
    #[prop(into)]
    invite: Signal<String>,
    /// Where it is drawn.
    node: NodeRef<html::Dialog>,
) -> impl IntoView {
    let on_click = move |event: web_sys::MouseEvent| {
        // A click beside the dialog's content is one on the dialog itself.
        let beside = event.target() == event.current_target();
        if let Some(dialog) = node.get_untracked().filter(|_| beside) {
            dialog.close();
        }
    };
    let on_close = move |_| {
        if let Some(dialog) = node.get_untracked() {
            dialog.close();
        }
    };
    view! {
        <dialog class="invite" node_ref=node aria-labelledby="invite-heading" on:click=on_click>
            <div class="content">
                <h2 id="invite-heading">{word(|words| words.invite_heading)}</h2>
                <p>{word(|words| words.invite_lead)}</p>
                <InviteLink id="invite-in-dialog" invite first=true />
                <button type="button" class="quiet" on:click=on_close>
                    {word(|words| words.close)}
                </button>
            </div>
        </dialog>
    }
}
