//! The rooms that this device is in.

use browser::{RoomId, RoomSummary};
use leptos::prelude::*;

use crate::components::icon::Icon;
use crate::page::{language, word};

/// The list of them.
#[component]
pub fn Rooms(
    /// The rooms.
    #[prop(into)]
    rooms: Signal<Vec<RoomSummary>>,
    /// One was chosen.
    on_open: impl Fn(RoomId) + Copy + Send + 'static,
) -> impl IntoView {
    view! {
        <section class="rooms card" aria-labelledby="rooms-heading">
            <h2 id="rooms-heading">{word(|words| words.your_rooms)}</h2>
            <ul>
                <For
                    each=move || rooms.get()
                    key=|summary| (summary.room.0, summary.name.clone())
                    let:summary
                >
                    {room(summary, on_open)}
                </For>
            </ul>
        </section>
    }
}

fn room(summary: RoomSummary, on_open: impl Fn(RoomId) + 'static) -> impl IntoView {
    let language = language();
    let RoomSummary { room, name, .. } = summary;
    let label = move || match name.as_str() {
        "" => language.get().words().unnamed_room.to_owned(),
        name => name.to_owned(),
    };
    view! {
        <li>
            <button type="button" data-testid="room" on:click=move |_| on_open(room)>
                <bdi>{label}</bdi>
                <Icon name="forward" />
            </button>
        </li>
    }
}
