//! The start page: a form for a new room, and what to know; the rooms that are there, beside
//! whatever is shown; and the dialog about all that is stored.

mod device;
mod lock;
mod rooms;

use browser::Entrance;
use leptos::html;
use leptos::prelude::*;

pub use self::device::{DeviceButton, DeviceDialog};
pub use self::lock::LockPage;
pub use self::rooms::{RoomDialog, Rooms};
use super::banners::Banners;
use super::brand::{Brand, LanguageChoice};
use super::facts::Facts;
use super::field::{Field, fault_of_name, nickname};
use crate::chat::Request;
use crate::page::{Page, ScreenStoreFields, word};
use crate::session;
use crate::text::Words;

/// See the module.
#[component]
pub fn StartPage() -> impl IntoView {
    view! {
        <main class="front">
            <Brand />
            <Banners />
            <div class="columns">
                <FoundForm />
                <div class="column">
                    <Facts />
                </div>
            </div>
            <footer>
                <LanguageChoice />
                <DeviceButton />
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
    let entrance = RwSignal::new(Entrance::Link);
    let (name_fault, room_fault) = (RwSignal::new(None), RwSignal::new(None));
    let busy = Memo::new(move |_| *page.screen().request().read() == Request::Waiting);
    let over = Memo::new(move |_| page.screen().worker().read().is_over());
    let shut = move || busy.get() || over.get();
    let input = NodeRef::<html::Input>::new();
    // Whoever has rooms has come for one of them.
    let first = page.screen().rooms().with_untracked(Vec::is_empty);
    input.on_load(move |input| {
        if first {
            let _ = input.focus();
        }
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
            page.create(&room, &my_name, entrance.get_untracked());
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
                autocomplete=nickname(page)
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
            <fieldset class="entrance">
                <legend>{word(|words| words.who_comes_in)}</legend>
                {way_in(
                    entrance,
                    Entrance::Link,
                    [|words| words.by_link, |words| words.by_link_more],
                )}
                {way_in(
                    entrance,
                    Entrance::Approval,
                    [|words| words.by_approval, |words| words.by_approval_more],
                )}
            </fieldset>
            <button type="submit" class="main" data-testid="create-room" disabled=shut>
                {move || {
                    let words = page.language().get().words();
                    if busy.get() { words.creating } else { words.create }
                }}
            </button>
        </form>
    }
}

/// One of the ways into a room, and what it means.
fn way_in(
    chosen: RwSignal<Entrance>,
    way: Entrance,
    [head, more]: [fn(&Words) -> &'static str; 2],
) -> impl IntoView {
    let testid = match way {
        Entrance::Link => "by-link",
        Entrance::Approval => "by-approval",
    };
    view! {
        <label>
            <input
                type="radio"
                name="entrance"
                data-testid=testid
                checked=move || chosen.get() == way
                on:change=move |_| chosen.set(way)
            />
            <span>
                <strong>{word(head)}</strong>
                " "
                <small>{word(more)}</small>
            </span>
        </label>
    }
}

fn trimmed(text: RwSignal<String>) -> String {
    text.with_untracked(|text| text.trim().to_owned())
}
