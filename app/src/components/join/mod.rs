//! The join page: who may see what, a name, and in.

use browser::Entrance;
use leptos::html;
use leptos::prelude::*;

use super::banners::Banners;
use super::brand::{Brand, LanguageChoice};
use super::facts::{Facts, WhoSeesWhat};
use super::field::{Field, fault_of_name, nickname};
use crate::chat::{Invitation, PageEvent, Request};
use crate::page::{Page, ScreenStoreFields, word};
use crate::session;

/// See the module.
#[component]
pub fn JoinPage(invitation: Invitation) -> impl IntoView {
    let entrance = invitation.entrance;
    view! {
        <main class="front">
            <Brand />
            <Banners />
            <div class="columns">
                <JoinForm invitation />
                <div class="column">
                    <WhoSeesWhat entrance />
                    <Facts />
                </div>
            </div>
            <footer>
                <LanguageChoice />
            </footer>
        </main>
    }
}

#[component]
fn JoinForm(invitation: Invitation) -> impl IntoView {
    let page = Page::here();
    let knocks = invitation.entrance == Entrance::Approval;
    let name = RwSignal::new(session::name());
    let fault = RwSignal::new(None);
    let busy = Memo::new(move |_| *page.screen().request().read() == Request::Waiting);
    let over = Memo::new(move |_| page.screen().worker().read().is_over());
    let shut = move || busy.get() || over.get();
    let input = NodeRef::<html::Input>::new();
    input.on_load(|input| {
        let _ = input.focus();
    });
    let on_submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let my_name = name.with_untracked(|name| name.trim().to_owned());
        fault.set(fault_of_name(&my_name, false));
        if fault.read_untracked().is_some() {
            if let Some(input) = input.get_untracked() {
                let _ = input.focus();
            }
        } else if !untrack(shut) {
            page.join(&invitation.invite, &my_name);
        }
    };
    view! {
        <form class="card" novalidate on:submit=on_submit aria-labelledby="join-heading">
            <h2 id="join-heading">{word(|words| words.join_heading)}</h2>
            <p class="lead">
                {word(if knocks { |words| words.knock_lead } else { |words| words.join_lead })}
            </p>
            {invitation.from.map(|name| view! {
                <p class="hint from" data-testid="invited-by">
                    {word(|words| words.invited_by)}
                    <strong><bdi>{name}</bdi></strong>
                    {word(|words| words.invited_by_more)}
                </p>
            })}
            <Field
                id="my-name"
                label=word(|words| words.your_name)
                hint=word(|words| words.your_name_hint)
                value=name
                wrong=fault
                testid="name-input"
                autocomplete=nickname(page)
                node=input
            />
            <div class="buttons">
                <button type="submit" class="main" data-testid="name-save" disabled=shut>
                    {move || {
                        let words = page.language().get().words();
                        match busy.get() {
                            true => words.joining,
                            false if knocks => words.knock,
                            false => words.join,
                        }
                    }}
                </button>
                <button type="button" class="quiet" on:click=move |_| page.happen(PageEvent::Left)>
                    {word(|words| words.not_now)}
                </button>
            </div>
        </form>
    }
}
