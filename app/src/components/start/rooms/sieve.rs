//! A field over a list of many rooms: those with such a name stand alone in the list, also if they
//! are put away. The likeliest is gone to with Enter; Escape takes the field's words out again.

use browser::{RoomId, RoomSummary};
use leptos::prelude::*;

use crate::chat::rooms_meant;
use crate::page::{Page, language};

/// As many rooms are looked through more quickly than a name is typed.
const FEW: usize = 7;

/// The rooms that are meant, if there are many and something was typed.
pub fn sifted(rooms: Memo<Vec<RoomSummary>>, typed: RwSignal<String>) -> Memo<Option<Vec<RoomId>>> {
    let language = language();
    Memo::new(move |_| {
        let typed = typed.get();
        let unnamed = language.get().words().unnamed_room;
        rooms.with(|rooms| {
            let sifts = rooms.len() > FEW && !typed.trim().is_empty();
            sifts.then(|| rooms_meant(rooms, &typed, unnamed))
        })
    })
}

/// See the module.
#[component]
pub fn Sieve(
    /// The rooms of this device.
    rooms: Memo<Vec<RoomSummary>>,
    /// What stands in the field.
    typed: RwSignal<String>,
    /// The rooms that are meant by it.
    meant: Memo<Option<Vec<RoomId>>>,
) -> impl IntoView {
    let page = Page::here();
    let language = language();
    let many = Memo::new(move |_| rooms.with(Vec::len) > FEW);
    let label = move || language.get().find_room();
    let none = move || meant.with(|meant| meant.as_ref().is_some_and(Vec::is_empty));
    let on_key = move |event: web_sys::KeyboardEvent| match event.key().as_str() {
        "Enter" if !event.is_composing() => {
            let first = meant.with_untracked(|meant| meant.as_ref()?.first().copied());
            first.into_iter().for_each(|room| page.go_to(room));
        }
        "Escape" if typed.with_untracked(|typed| !typed.is_empty()) => {
            event.prevent_default();
            typed.set(String::new());
        }
        _ => {}
    };
    view! {
        <Show when=move || many.get()>
            <div class="sieve" role="search" aria-label=label>
                <input
                    type="search"
                    dir="auto"
                    autocomplete="off"
                    maxlength="200"
                    data-testid="rooms-search"
                    aria-label=label
                    placeholder=label
                    prop:value=typed
                    on:input=move |event| typed.set(event_target_value(&event))
                    on:keydown=on_key
                />
                <p class="hint" role="status" data-testid="rooms-none">
                    {move || none().then(|| language.get().no_such_room())}
                </p>
            </div>
        </Show>
    }
}
