//! Search in all rooms: the switch, what was found in each room under its name, and the way there.

use std::time::Duration;

use browser::{EntryId, Fault, FoundEnd, Match, RoomId, random_find_id};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::hit_line;
use crate::chat::{Lead, PageEvent, Progress, Seek, Sought, shelf_of};
use crate::components::messages::Way;
use crate::page::{Page, ScreenStoreFields, language};

/// So long after the last letter it is looked for, in milliseconds.
const PAUSE: u64 = 200;

/// Whether all rooms are searched.
#[component]
pub fn Switch(everywhere: Memo<bool>) -> impl IntoView {
    let page = Page::here();
    let language = language();
    let turn = move |event| {
        page.happen(PageEvent::Seeks(Seek::Everywhere(event_target_checked(&event))));
    };
    view! {
        <label class="search-scope">
            <input
                type="checkbox"
                role="switch"
                data-testid="search-everywhere"
                prop:checked=move || everywhere.get()
                on:change=turn
            />
            <span>{move || language.get().searching().everywhere}</span>
        </label>
    }
}

/// To the first of what was found.
pub fn to_first() {
    focus(".hits .hit");
}

fn focus(what: &str) {
    let there = document().query_selector(what).ok().flatten();
    if let Some(there) = there.and_then(|there| there.dyn_into::<HtmlElement>().ok()) {
        let _ = there.focus();
    }
}

/// See the module.
#[component]
pub fn InAllRooms(
    /// What is looked for.
    text: RwSignal<String>,
    /// Whether what was found is listed.
    lists: RwSignal<bool>,
    /// Where the reader is to be led.
    way: RwSignal<Option<Way>>,
) -> impl IntoView {
    let page = Page::here();
    let language = language();
    let search = page.screen().everywhere();
    Effect::new(move |_| {
        let wanted = text.get();
        let look = move || {
            if text.try_get_untracked().as_ref() == Some(&wanted) {
                page.happen(PageEvent::Seeks(Seek::Words(wanted, random_find_id())));
            }
        };
        set_timeout(look, Duration::from_millis(PAUSE));
    });
    lead_on(page, way);
    let go = move |room: RoomId, entry: EntryId| {
        lists.set(false);
        page.happen(PageEvent::Seeks(Seek::Go(room, entry)));
    };
    let listed = Memo::new(move |_| {
        let rooms = search.with(|search| search.rooms.clone());
        let told = rooms.iter().filter(|sought| is_told(sought)).map(|sought| sought.room);
        told.collect::<Vec<RoomId>>()
    });
    let shut = move || {
        let is_shut = |fault: &Fault| matches!(fault, Fault::RoomDamaged | Fault::RoomNewer);
        let any = page.screen().faults().with(|faults| faults.iter().any(is_shut));
        any.then(|| language.get().searching().locked_out)
    };
    let on_key = move |event: web_sys::KeyboardEvent| {
        if event.key() == "Escape" {
            event.prevent_default();
            focus(".search input");
        }
    };
    view! {
        <p class="hint">{shut}</p>
        <div
            class="hits"
            hidden=move || !lists.get() || listed.with(Vec::is_empty)
            on:keydown=on_key
        >
            <For each=move || listed.get() key=|room| room.0 let:room>
                <InRoom room go />
            </For>
        </div>
    }
}

/// True if there is something to say of a room.
fn is_told(sought: &Sought) -> bool {
    !sought.matches.is_empty()
        || match sought.progress {
            Progress::Waits | Progress::Reads | Progress::Over(FoundEnd::Whole) => false,
            Progress::Over(
                FoundEnd::Many
                | FoundEnd::Far
                | FoundEnd::Unread
                | FoundEnd::Outside
                | FoundEnd::Ended,
            ) => true,
        }
}

/// What was found in one room.
#[component]
fn InRoom(
    room: RoomId,
    go: impl Fn(RoomId, EntryId) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let page = Page::here();
    let language = language();
    let search = page.screen().everywhere();
    let matches = Memo::new(move |_| {
        search.with(|search| search.of(room).map(|it| it.matches.clone())).unwrap_or_default()
    });
    let name = move || page.screen().rooms().with(|rooms| language.get().room_name(rooms, room));
    let archived = move || {
        let archived = page.screen().rooms().with(|rooms| {
            rooms.iter().any(|summary| summary.room == room && shelf_of(summary).archived)
        });
        archived.then(|| language.get().searching().archived)
    };
    let end = move || match search.with(|search| search.of(room).map(|it| it.progress))? {
        Progress::Waits | Progress::Reads => None,
        Progress::Over(end) => language.get().found_end(end),
    };
    let heading = format!("hits-{room}");
    let hits = move || {
        let line = |found: Match| {
            let (name, entry) = (Signal::stored(found.name), found.entry);
            let go = Callback::new(move |()| go(room, entry));
            hit_line(page, name, (found.wall, found.excerpt), go)
        };
        matches.get().into_iter().map(line).collect_view()
    };
    view! {
        <section data-testid="search-room" aria-labelledby=heading>
            <h2 class="hits-room" id=heading.clone()>
                <bdi>{name}</bdi>
                <span class="hits-archived">{archived}</span>
            </h2>
            <p class="hint">{end}</p>
            <ol>{hits}</ol>
        </section>
    }
}

/// Leads the reader to what was chosen, once its room shows it.
fn lead_on(page: Page, way: RwSignal<Option<Way>>) {
    let lead = Memo::new(move |_| {
        page.screen().drawings().track();
        page.of_state(crate::chat::ChatState::lead)
    });
    Effect::new(move |_| match lead.get() {
        Lead::Waits => {}
        Lead::Older(_) => page.load_older(),
        Lead::Here(entry) => {
            page.happen(PageEvent::Seeks(Seek::Arrived));
            way.set(Some(Way { entry, focus: true }));
        }
        Lead::Absent => page.happen(PageEvent::Seeks(Seek::Missed)),
    });
}
