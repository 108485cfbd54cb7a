//! Search: a line above the messages, what was found under it, and the way there; in the room, or
//! in all rooms at a switch.
//!
//! What is further up than the page shows is read as long as too little is found; of a room with
//! more messages than a page keeps the newest are searched, and that is said.

mod everywhere;

use browser::find::Excerpt;
use browser::{EntryId, MemberId, Millis, limits};
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use self::everywhere::{InAllRooms, Switch};
use crate::chat::{Found, HITS, Hit, Older, PageEvent, RoomState, Seek, search};
use crate::components::icon::Icon;
use crate::components::messages::Way;
use crate::page::{Page, ScreenStoreFields, language, word};
use crate::prose::tame;

/// The id of the button that opens it, for the keyboard's way back.
const BUTTON: &str = "search-button";

/// The button in the room's header.
#[component]
pub fn SearchButton(
    /// True while it is open.
    open: RwSignal<bool>,
) -> impl IntoView {
    view! {
        <button
            type="button"
            id=BUTTON
            class="icon-button"
            data-testid="search-open"
            aria-expanded=move || open.get().to_string()
            aria-label=word(|words| words.search)
            title=word(|words| words.search)
            on:click=move |_| open.update(|open| *open = !*open)
        >
            <Icon name="search" />
        </button>
    }
}

/// See the module.
#[component]
pub fn Search(
    /// True while it is open.
    open: RwSignal<bool>,
    /// Where the reader is to be led.
    way: RwSignal<Option<Way>>,
) -> impl IntoView {
    view! {
        <Show when=move || open.get()>
            <Opened open way />
        </Show>
    }
}

#[component]
fn Opened(open: RwSignal<bool>, way: RwSignal<Option<Way>>) -> impl IntoView {
    let page = Page::here();
    let language = language();
    let everywhere = Memo::new(move |_| page.screen().everywhere().with(|search| search.on));
    // Whoever is led here from another room goes on with the same words, and sees the message.
    let (begun, led) = untrack(|| {
        page.screen().everywhere().with(|search| (search.text.clone(), search.is_led()))
    });
    let (text, node) = (RwSignal::new(begun.clone()), NodeRef::<html::Input>::new());
    // What is looked at, and whether all that was found is listed.
    let (at, lists) = (RwSignal::new(None::<EntryId>), RwSignal::new(!led));
    node.on_load(move |field| {
        field.set_value(&begun);
        if !led {
            let _ = field.focus();
        }
    });
    let hidden = page.of_room(|room| {
        let blocked = room.members.iter().chain(&room.removed);
        let blocked = blocked.filter(|view| view.treatment.blocked);
        blocked.map(|view| view.member).collect::<Vec<MemberId>>()
    });
    let found = Memo::new(move |_| {
        if everywhere.get() {
            return Found::default();
        }
        let hides = |member: &MemberId| hidden.with(|hidden| hidden.contains(member));
        text.with(|text| page.of_rows(|rows| search(rows, text, hides)))
    });
    let reads = read_on(page, (text, everywhere), found);
    let close = move || {
        open.set(false);
        page.happen(PageEvent::Seeks(Seek::Everywhere(false)));
        if let Some(button) = document().get_element_by_id(BUTTON) {
            let _ = button.dyn_ref::<HtmlElement>().map(HtmlElement::focus);
        }
    };
    // To the next one further up, or further down.
    let step = move |up: bool| {
        let next = found.with_untracked(|found| next(found, at.get_untracked(), up));
        if let Some(entry) = next {
            at.set(Some(entry));
            lists.set(false);
            way.set(Some(Way { entry, focus: false }));
        }
    };
    let on_key = move |event: web_sys::KeyboardEvent| match event.key().as_str() {
        "Enter" if !event.is_composing() => {
            event.prevent_default();
            if everywhere.get_untracked() {
                everywhere::to_first()
            } else {
                step(!event.shift_key())
            }
        }
        "Escape" => {
            event.prevent_default();
            close();
        }
        _ => {}
    };
    let on_input = move |event| {
        text.set(event_target_value(&event));
        at.set(None);
        lists.set(true);
    };
    let said = move || {
        if everywhere.get() {
            let search = page.screen().everywhere();
            return search.with(|search| language.get().sought(search));
        }
        let (words, count) = (language.get().words(), found.with(|found| found.count));
        let place = at
            .get()
            .and_then(|at| found.with(|found| found.hits.iter().position(|hit| hit.entry == at)));
        match (text.with(|text| text.trim().is_empty()), place) {
            (true, _) => String::new(),
            (false, Some(place)) => (words.found_at)(place + 1, count),
            (false, None) if reads.get() => (words.found_so_far)(count),
            (false, None) => (words.found)(count),
        }
    };
    let part = move || {
        let full = page.of_rows(|rows| rows.len()) >= limits::WINDOW_ROWS;
        let more = page.of_room(|room| room.older == Older::More).get();
        let some = text.with(|text| !text.trim().is_empty());
        (some && full && more && !everywhere.get())
            .then(|| (language.get().words().found_among)(limits::WINDOW_ROWS))
    };
    let go = move |entry| {
        at.set(Some(entry));
        lists.set(false);
        way.set(Some(Way { entry, focus: true }));
    };
    let hits = move || {
        let hits = found.with(|found| found.hits.clone());
        hits.into_iter().map(|hit| hit_in_room(page, hit, go)).collect_view()
    };
    let named = move || match everywhere.get() {
        true => language.get().searching().everywhere_command,
        false => language.get().words().search,
    };
    let in_all_rooms =
        move || everywhere.get().then(|| view! { <InAllRooms text lists way /> }.into_any());
    view! {
        <section class="search" role="search" aria-label=named>
            <div class="search-line">
                <Icon name="search" />
                <input
                    type="search"
                    node_ref=node
                    dir="auto"
                    autocomplete="off"
                    maxlength="200"
                    data-testid="search"
                    aria-label=named
                    placeholder=word(|words| words.search_hint)
                    on:input=on_input
                    on:keydown=on_key
                    on:focus=move |_| lists.set(true)
                />
                <p class="search-count" role="status" data-testid="search-count">
                    {said}
                </p>
                <button
                    type="button"
                    class="icon-button"
                    data-testid="search-up"
                    aria-label=word(|words| words.search_up)
                    title=word(|words| words.search_up)
                    disabled=move || found.with(|found| found.hits.is_empty())
                    on:click=move |_| step(true)
                >
                    <Icon name="up" />
                </button>
                <button
                    type="button"
                    class="icon-button"
                    data-testid="search-down"
                    aria-label=word(|words| words.search_down)
                    title=word(|words| words.search_down)
                    disabled=move || found.with(|found| found.hits.is_empty())
                    on:click=move |_| step(false)
                >
                    <Icon name="down" />
                </button>
                <button
                    type="button"
                    class="icon-button"
                    data-testid="search-close"
                    aria-label=word(|words| words.close)
                    title=word(|words| words.close)
                    on:click=move |_| close()
                >
                    <Icon name="close" />
                </button>
            </div>
            <Switch everywhere />
            <p class="hint">{part}</p>
            <ol
                class="hits"
                hidden=move || !lists.get() || found.with(|found| found.hits.is_empty())
            >
                {hits}
            </ol>
            {in_all_rooms}
        </section>
    }
}

/// The hit beside the one that is looked at: further up is older, and further on in the list.
fn next(found: &Found, at: Option<EntryId>, up: bool) -> Option<EntryId> {
    let place = at.and_then(|at| found.hits.iter().position(|hit| hit.entry == at));
    let next = match (place, up) {
        (None, _) => 0,
        (Some(place), true) => (place + 1).min(found.hits.len().saturating_sub(1)),
        (Some(place), false) => place.saturating_sub(1),
    };
    found.hits.get(next).map(|hit| hit.entry)
}

/// Reads what is further up while less is found than is listed. True as long as it goes on.
fn read_on(
    page: Page,
    (text, everywhere): (RwSignal<String>, Memo<bool>),
    found: Memo<Found>,
) -> Memo<bool> {
    let older = page.of_room(|room| room.older);
    let wants = Memo::new(move |_| {
        let some = text.with(|text| !text.trim().is_empty()) && !everywhere.get();
        some && found.with(|found| found.hits.len() < HITS)
    });
    // Nothing may come of it: then it is not asked for again.
    Effect::new(move |before: Option<Option<usize>>| {
        let (wants, older) = (wants.get(), older.get());
        let count = untrack(|| page.of_rows(|rows| rows.len()));
        let before = before.flatten();
        if !wants || older != Older::More || count >= limits::WINDOW_ROWS || before == Some(count) {
            return if wants { before } else { None };
        }
        page.load_older();
        Some(count)
    });
    Memo::new(move |_| wants.get() && older.get() == Older::Loading)
}

fn hit_in_room(page: Page, hit: Hit, go: impl Fn(EntryId) + Send + Sync + 'static) -> AnyView {
    let Hit { entry, author, wall, excerpt } = hit;
    let name = Signal::derive(move || {
        let known = |room: &RoomState| room.name_of(&author).map(str::to_owned);
        page.screen().room().with(known).unwrap_or_default()
    });
    hit_line(page, name, (wall, excerpt), Callback::new(move |()| go(entry)))
}

/// One of what was found, in this room or another. Of one type: the page is smaller so.
fn hit_line(
    page: Page,
    name: Signal<String>,
    (wall, excerpt): (Millis, Excerpt),
    go: Callback<()>,
) -> AnyView {
    let language = page.language();
    let Excerpt { before, found, behind } = excerpt;
    view! {
        <li>
            <button type="button" class="hit" data-testid="search-hit" on:click=move |_| go.run(())>
                <span class="hit-head">
                    <bdi>{move || name.with(|name| language.get().called(name))}</bdi>
                    <time>{move || language.get().near_moment(wall)}</time>
                </span>
                <span class="hit-words" dir="auto">
                    {tame(&before)} <mark>{tame(&found)}</mark> {tame(&behind)}
                </span>
            </button>
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::tests::rows_saying;

    #[test]
    fn one_goes_from_hit_to_hit_and_stops_at_the_ends() {
        let found = search(&rows_saying(&["a", "ab", "abc"]), "a", |_| false);
        let entries: Vec<EntryId> = found.hits.iter().map(|hit| hit.entry).collect();
        assert_eq!(next(&found, None, true), Some(entries[0]));
        assert_eq!(next(&found, Some(entries[0]), true), Some(entries[1]));
        assert_eq!(next(&found, Some(entries[2]), true), Some(entries[2]));
        assert_eq!(next(&found, Some(entries[1]), false), Some(entries[0]));
        assert_eq!(next(&found, Some(entries[0]), false), Some(entries[0]));
        assert_eq!(next(&Found::default(), None, true), None);
    }
}
