//! The rooms of this device beside whatever is shown: the last line of each, what is new in it, and
//! what of one's own waits there. On a narrow screen the list is a screen of its own. Of many rooms
//! some are found by their names.

mod dialog;
mod sieve;

use browser::{Body, Gist, LinkState, Role, RoomId, RoomSummary};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

pub use self::dialog::RoomDialog;
use self::sieve::{Sieve, sifted};
use crate::chat::{Keep, PageEvent, Place, RoomQuestion, beside, shelf_of};
use crate::components::focus::Pressed;
use crate::components::icon::Icon;
use crate::page::{Page, ScreenStoreFields, language, word};
use crate::prose::tame;
use crate::text::{Day, Language, names};

/// More than so many new messages are not counted out.
const MANY: usize = 99;
/// Colours that rooms have; each is a class `hue-N`.
const HUES: u8 = 12;

/// The list of them.
#[component]
pub fn Rooms() -> impl IntoView {
    let page = Page::here();
    let rooms = Memo::new(move |_| page.screen().rooms().get());
    let of_shelf = move |archived: bool| {
        Memo::new(move |_| {
            rooms.with(|rooms| {
                let on_it = rooms.iter().filter(|it| shelf_of(it).archived == archived);
                on_it.map(|it| it.room).collect::<Vec<RoomId>>()
            })
        })
    };
    let (here, archived) = (of_shelf(false), of_shelf(true));
    let typed = RwSignal::new(String::new());
    let meant = sifted(rooms, typed);
    let some = Memo::new(move |_| meant.with(Option::is_some));
    let found = Memo::new(move |_| meant.get().unwrap_or_default());
    let length = Signal::derive(move || rooms.with(Vec::len));
    let pressed = Pressed::watch(length, &["new-room"]);
    provide_context(pressed);
    let language = language();
    view! {
        <nav class="rooms" aria-labelledby="rooms-heading">
            <header>
                <h2 id="rooms-heading">{word(|words| words.your_rooms)}</h2>
                <button
                    type="button"
                    id="new-room"
                    class="icon-button"
                    data-testid="new-room"
                    aria-label=word(|words| words.start_heading)
                    title=word(|words| words.start_heading)
                    on:click=move |_| begin_anew(page)
                >
                    <Icon name="edit" />
                </button>
            </header>
            <Sieve rooms typed meant />
            <Show when=move || some.get()>{lines(found, rooms)}</Show>
            <Show when=move || !some.get()>{lines(here, rooms)}</Show>
            <Show when=move || !some.get() && !archived.with(Vec::is_empty)>
                <details class="archived" data-testid="archived">
                    <summary class="fold">
                        {move || {
                            (language.get().words().archived)(archived.with(Vec::len))
                        }}
                    </summary>
                    {lines(archived, rooms)}
                </details>
            </Show>
        </nav>
    }
}

/// Goes to the form for a new room, with the keyboard in it.
fn begin_anew(page: Page) {
    page.happen(PageEvent::Left);
    request_animation_frame(|| {
        let field = document().get_element_by_id("my-name");
        if let Some(field) = field.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
            let _ = field.focus();
        }
    });
}

fn lines(of: Memo<Vec<RoomId>>, rooms: Memo<Vec<RoomSummary>>) -> AnyView {
    let each = move || of.get();
    view! {
        <ul>
            <For each key=|room| room.0 let:room>
                <Line room rooms />
            </For>
        </ul>
    }
    .into_any()
}

/// One room.
#[component]
fn Line(room: RoomId, rooms: Memo<Vec<RoomSummary>>) -> impl IntoView {
    let page = Page::here();
    let language = language();
    let summary = Memo::new(move |_| {
        rooms.with(|rooms| rooms.iter().find(|summary| summary.room == room).cloned())
    });
    let name = Memo::new(move |_| {
        let name = summary.with(|it| it.as_ref().map(|it| it.name.clone())).unwrap_or_default();
        if name.is_empty() { language.get().words().unnamed_room.to_owned() } else { name }
    });
    let is_open = Memo::new(move |_| {
        let place = page.screen().place().get();
        matches!(place, Place::Room(at) | Place::Opening(at) if at == room)
    });
    let gist = Memo::new(move |_| {
        let gist = summary.with(|summary| summary.as_ref()?.gist.clone())?;
        if !is_open.get() {
            return Some(gist);
        }
        let now = crate::session::now();
        let state = page.screen().room();
        Some(state.with(|state| page.of_rows(|rows| beside(&gist, room, state, rows, now))))
    });
    let unread = Memo::new(move |_| {
        let unread = gist.with(|gist| gist.as_ref().map_or(0, |gist| gist.unread));
        usize::try_from(unread).unwrap_or(usize::MAX)
    });
    let muted =
        move || summary.with(|summary| summary.as_ref().is_some_and(|it| shelf_of(it).muted));
    let pending = Memo::new(move |_| gist.with(|gist| gist.as_ref().map_or(0, |it| it.pending)));
    let link = move || gist.with(|gist| gist.as_ref().map_or(LinkState::Offline, |it| it.link));
    let pressed = use_context::<Pressed>();
    let ask = move || {
        if let Some(pressed) = pressed {
            pressed.note();
        }
        page.happen(PageEvent::Keeps(Keep::Ask(Some(RoomQuestion::Choices(room)))));
    };
    let choices = Signal::derive(move || (language.get().words().choices_of)(&name.get()));
    view! {
        <li data-room=room.to_string() class:muted=muted>
            <button
                type="button"
                class="line"
                data-testid="room"
                data-room=room.to_string()
                data-state=move || names::link(link())
                aria-current=move || is_open.get().then_some("page")
                on:click=move |_| page.go_to(room)
            >
                <span class=format!("tile hue-{}", room.0[0] % HUES) aria-hidden="true">
                    {move || name.with(|name| initial(name))}
                    <span class={"dot"}></span>
                </span>
                <span class={"upper"}>
                    <bdi class="title">{name}</bdi>
                    <time class="at">
                        {move || gist.with(|gist| at(language.get(), gist.as_ref()))}
                    </time>
                </span>
                <span class={"lower"}>
                <span class="last" data-testid="room-last" dir="auto">
                    {move || gist.with(|gist| said(language.get(), gist.as_ref()))}
                </span>
                <span class="marks">
                    <span class="unseen">{move || language.get().linked(link())}</span>
                    <span class="quiet-mark" hidden=move || !muted()>
                        <Icon name="sleep" />
                        <span class="unseen">{word(|words| words.muted)}</span>
                    </span>
                    <span
                        class="pending"
                        data-testid="room-pending"
                        hidden=move || pending.get() == 0
                        title=word(|words| words.waiting_title)
                    >
                        <Icon name="saved" />
                        {move || language.get().number(pending.get())}
                        <span class="unseen">{word(|words| words.waiting)}</span>
                    </span>
                    <span
                        class="count"
                        data-testid="room-unread"
                        hidden=move || unread.get() == 0
                    >
                        {move || counted(unread.get())}
                        <span class="unseen">{word(|words| words.new_ones)}</span>
                    </span>
                </span>
                </span>
            </button>
            <button
                type="button"
                class="icon-button more"
                data-testid="room-choices"
                data-room=room.to_string()
                aria-haspopup="dialog"
                aria-label=choices
                title=choices
                on:click=move |_| ask()
            >
                <Icon name="more" />
            </button>
        </li>
    }
}

fn initial(name: &str) -> String {
    name.chars().next().map(|first| first.to_uppercase().to_string()).unwrap_or_default()
}

fn counted(count: usize) -> String {
    if count > MANY { format!("{MANY}+") } else { count.to_string() }
}

/// When somebody said something last: the time today, else the day.
fn at(language: Language, gist: Option<&Gist>) -> String {
    match gist.map_or(0, |gist| gist.at) {
        0 => String::new(),
        wall if Day::of(wall) == Day::of(crate::session::now()) => language.time(wall),
        wall => language.near_day(wall),
    }
}

/// The last line, or what matters more.
fn said(language: Language, gist: Option<&Gist>) -> String {
    let words = language.words();
    let Some(gist) = gist else { return words.opening.to_owned() };
    match gist.role {
        Role::Applicant => return words.outside.to_owned(),
        Role::Removed => return words.removed.to_owned(),
        Role::Member | Role::Admin | Role::Founder => {}
    }
    if gist.knocking > 0 {
        return (words.who_knocks)(usize::try_from(gist.knocking).unwrap_or(usize::MAX));
    }
    let Some(last) = &gist.last else { return words.nothing_said.to_owned() };
    let text = match &last.body {
        Body::Text(text) => text,
        Body::Gone => words.body_gone,
        Body::Newer => words.body_newer,
        Body::Unreadable | Body::Decided(_) => words.body_unreadable,
    };
    let called = language.called(&last.name);
    (words.line_of)(if last.own { words.you_said } else { &called }, &tame(text))
}
