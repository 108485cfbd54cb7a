//! The start page: a form for a new room, the rooms that are there, and what to know.

use leptos::html;
use leptos::prelude::*;

use super::banners::{Banners, Note};
use super::brand::{Brand, LanguageChoice};
use super::facts::Facts;
use super::field::{Field, fault_of_name};
use super::rooms::Rooms;
use crate::chat::Request;
use crate::page::{Page, ScreenStoreFields, word};
use crate::session;

/// See the module.
#[component]
pub fn StartPage() -> impl IntoView {
    let page = Page::here();
    let rooms = Memo::new(move |_| page.screen().rooms().get());
    view! {
        <main class="front">
            <Brand />
            <Banners />
            <div class="columns">
                <FoundForm />
                <div class="column">
                    <Show when=move || !rooms.with(Vec::is_empty)>
                        <Rooms rooms=rooms on_open=move |room| page.go_to(room) />
                    </Show>
                    <Facts />
                    <Note />
                </div>
            </div>
            <footer>
                <LanguageChoice />
            </footer>
        </main>
    }
}

/// Founding a room.
#[component]
fn FoundForm() -> impl IntoView {
    let page = Page::here();
    let name = RwSignal::new(session::name());
    let room_name = RwSignal::new(String::new());
    let (name_fault, room_fault) = (RwSignal::new(None), RwSignal::new(None));
    let busy = Memo::new(move |_| *page.screen().request().read() == Request::Waiting);
    let over = Memo::new(move |_| page.screen().worker().read().is_over());
    let shut = move || busy.get() || over.get();
    let input = NodeRef::<html::Input>::new();
    input.on_load(|input| {
        let _ = input.focus();
    });
    let on_submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let (my_name, room) = (trimmed(name), trimmed(room_name));
        name_fault.set(fault_of_name(&my_name, false));
        room_fault.set(fault_of_name(&room, true));
        if name_fault.read_untracked().is_some() {
            if let Some(input) = input.get_untracked() {
                let _ = input.focus();
            }
        } else if room_fault.read_untracked().is_none() && !untrack(shut) {
            page.create(&room, &my_name);
        }
    };
    view! {
        <form class="card" novalidate on:submit=on_submit aria-labelledby="start-heading">
            <h2 id="start-heading">{word(|words| words.start_heading)}</h2>
            <p class="lead">{word(|words| words.start_lead)}</p>
            <Field
                id="my-name"
                label=word(|words| words.your_name)
                hint=word(|words| words.your_name_hint)
                value=name
                wrong=name_fault
                testid="name-input"
                autocomplete="nickname"
                node=input
            />
            <Field
                id="room-name"
                label=word(|words| words.room_name)
                hint=word(|words| words.room_name_hint)
                note=word(|words| words.optional)
                value=room_name
                wrong=room_fault
                testid="room-name-input"
            />
            <button type="submit" class="main" data-testid="create-room" disabled=shut>
                {move || {
                    let words = page.language().get().words();
                    if busy.get() { words.creating } else { words.create }
                }}
            </button>
        </form>
    }
}

fn trimmed(text: RwSignal<String>) -> String {
    text.with_untracked(|text| text.trim().to_owned())
}
