//! What is drawn: one folder a component, with its style beside it.
//!
//! Containers (`start`, `join`, `room`, and the root here) hold the [`Page`](crate::page::Page);
//! everything else takes data and callbacks. Every element that has no changing part of its own
//! gets one braced value: the macro would otherwise make it from markup, which Trusted Types
//! refuse. Text only ever becomes text nodes.

mod banners;
mod brand;
mod composer;
mod facts;
mod field;
mod focus;
mod icon;
mod invite;
mod join;
mod member;
mod members;
mod message;
mod messages;
mod overlay;
mod queue;
mod room;
mod start;
mod status;

#[cfg(debug_assertions)]
pub use icon::Icon;
#[cfg(debug_assertions)]
pub use member::Tile;
pub use members::open_drawer;
pub use messages::{on_visibility, page_is_visible};

use leptos::prelude::*;

use crate::chat::{Place, Worker};
use crate::page::{Page, ScreenStoreFields};
use join::JoinPage;
use overlay::{PaletteDialog, ShortcutsDialog};
use room::RoomPage;
use start::{DeviceDialog, LockPage, RoomDialog, Rooms, StartPage};

/// The whole page: whatever the tab shows.
#[component]
pub fn Root() -> impl IntoView {
    let page = Page::start();
    crate::page::follow_the_address(page);
    crate::page::listen_to_keys(page);
    // The start page stays as it is when the worker answers: somebody may be typing already.
    let place = Memo::new(move |_| match page.screen().place().get() {
        Place::Starting { wanted: None } | Place::Start => Place::Start,
        place @ (Place::Starting { wanted: Some(_) }
        | Place::Opening(_)
        | Place::Join(_)
        | Place::Room(_)) => place,
    });
    // Of a device with a passphrase nothing is shown before it is unlocked.
    let gate = Memo::new(move |_| {
        let guard = page.screen().guard().get();
        let waits = guard.expected && page.screen().worker().get() == Worker::Starting;
        (guard.locked, waits)
    });
    let shown = move || match place.get() {
        _ if gate.get().0 => view! { <LockPage /> }.into_any(),
        _ if gate.get().1 => view! { <Opening /> }.into_any(),
        Place::Start | Place::Starting { wanted: None } => view! { <StartPage /> }.into_any(),
        Place::Starting { wanted: Some(_) } | Place::Opening(_) => view! { <Opening /> }.into_any(),
        Place::Join(invitation) => view! { <JoinPage invitation /> }.into_any(),
        Place::Room(room) => view! { <RoomPage room /> }.into_any(),
    };
    crate::page::news_follow(page);
    // Whoever is in a room has a list of rooms: it has its place before it is read.
    let rooms = Memo::new(move |_| {
        let inside = match place.get() {
            Place::Starting { wanted } => wanted.is_some(),
            Place::Opening(_) | Place::Room(_) => true,
            Place::Start | Place::Join(_) => false,
        };
        let is_open = gate.get() == (false, false);
        !page.screen().rooms().with(Vec::is_empty) || (inside && is_open)
    });
    let at = move || match place.get() {
        Place::Start | Place::Starting { wanted: None } => "list",
        Place::Starting { .. } | Place::Opening(_) | Place::Join(_) | Place::Room(_) => "inside",
    };
    view! {
        <div class="app" data-place=at>
            <Show when=move || rooms.get()>
                <Rooms />
            </Show>
            <div class="pane">{shown}</div>
            <RoomDialog />
            <DeviceDialog />
            <PaletteDialog />
            <ShortcutsDialog />
        </div>
    }
}

/// A room is being opened.
#[component]
fn Opening() -> impl IntoView {
    view! {
        <main class="front">
            <brand::Brand />
            <banners::Banners />
            <p class="opening" role="status">
                {crate::page::word(|words| words.opening)}
            </p>
        </main>
    }
}
