//! The invite: the link, buttons that copy and share it, a code to scan, and what to know before
//! sending it.

use browser::Entrance;
use leptos::html;
use leptos::prelude::*;

use super::focus::is_beside;
use super::icon::ChangingIcon;
use super::members::Code;
use crate::chat::{Deed, Renewal, RoomState};
use crate::page::{Copied, Page, can_share, copy, language, share, word};
use crate::session;

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
    // What was copied may be void now.
    Effect::new(move |_| {
        invite.track();
        copied.set(Copied::No);
    });
    let field = NodeRef::<html::Input>::new();
    let my_name =
        Page::here().of_room(|room| room.myself().map(|me| me.name.clone()).unwrap_or_default());
    let link = Signal::derive(move || {
        invite.with(|invite| match invite.as_str() {
            "" => String::new(),
            invite => session::invite_link(invite, &my_name.read()),
        })
    });
    Effect::new(move |_| {
        if copied.get() == Copied::ByHand
            && let Some(input) = field.get_untracked()
        {
            input.select();
        }
    });
    let language = language();
    let said = move || {
        let words = language.get().words();
        copied.get().says([words.copy, words.copied, words.copy_by_hand])
    };
    let icon = Signal::derive(move || copied.get().says(["copy", "check", "copy"]));
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
                autocomplete="off"
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
                on:click=move |_| copy(link.get_untracked(), copied)
            >
                <ChangingIcon name=icon />
                <span aria-live="polite">{said}</span>
            </button>
            {can_share().then(|| view! {
                <button
                    type="button"
                    data-testid="share-invite"
                    on:click=move |_| share(&link.get_untracked(), copied)
                >
                    {word(|words| words.everyday.share)}
                </button>
            })}
            <p class="hint">{word(|words| words.invite_names_you)}</p>
            <details class="scan">
                <summary class="fold" data-testid="scan-invite">
                    {word(|words| words.everyday.scan)}
                </summary>
                <p class="hint">{word(|words| words.everyday.scan_more)}</p>
                <Code
                    text=link
                    label=word(|words| words.everyday.scan)
                    testid="invite-code"
                />
            </details>
            {session::is_local().then(|| {
                view! { <p class="hint">{word(|words| words.local_invite)}</p> }
            })}
        </div>
    }
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
        if let Some(dialog) = node.get_untracked().filter(|_| is_beside(&event)) {
            dialog.close();
        }
    };
    let on_close = move |_| {
        if let Some(dialog) = node.get_untracked() {
            dialog.close();
        }
    };
    let page = Page::here();
    let language = language();
    let entrance = page.of_room(|room| room.view.as_ref().map(|view| view.entrance));
    let lead = move || {
        let words = language.get().words();
        match entrance.get() {
            Some(Entrance::Approval) => words.invite_door_lead,
            Some(Entrance::Link) | None => words.invite_lead,
        }
    };
    view! {
        <dialog class="invite" node_ref=node aria-labelledby="invite-heading" on:click=on_click>
            <div class="content">
                <h2 id="invite-heading">{word(|words| words.invite_heading)}</h2>
                <p>{lead}</p>
                <InviteLink id="invite-in-dialog" invite first=true />
                <Renew />
            </div>
            <div class="dialog-foot">
                <button type="button" class="quiet" on:click=on_close>
                    {word(|words| words.close)}
                </button>
            </div>
        </dialog>
    }
}

/// Another link, for whoever may change it, with what that means.
#[component]
fn Renew() -> impl IntoView {
    let page = Page::here();
    let language = language();
    let governs = page.of_room(RoomState::governs);
    let renewal = page.of_room(|room| room.renewal.clone());
    let said = move || {
        let language = language.get();
        match renewal.get() {
            Renewal::Waits { .. } => language.words().renewing.to_owned(),
            Renewal::Done => language.words().renewed.to_owned(),
            Renewal::None => String::new(),
            Renewal::Refused(reason) => {
                let said = language.refusal(&reason);
                format!("{} {}", said.title, said.help)
            }
        }
    };
    view! {
        <details class="renew" hidden=move || !governs.get()>
            <summary class="fold" data-testid="renew">{word(|words| words.renew)}</summary>
            <p class="hint">{word(|words| words.renew_more)}</p>
            <button
                type="button"
                class="danger"
                data-testid="renew-now"
                on:click=move |_| page.does(Deed::NewLink)
            >
                {word(|words| words.renew_now)}
            </button>
            <p class="hint" role="status" data-testid="renewal">
                {said}
            </p>
        </details>
    }
}
