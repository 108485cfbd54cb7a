//! The state of the connection in plain words: who is linked, whether newcomers can come, how many
//! messages wait, and whether the page can be closed.

mod connections;
mod lab;

use browser::{LinkState, SignalState};
use leptos::prelude::*;

pub use self::connections::{Connections, ConnectionsButton};
pub use self::lab::EndLab;
use super::icon::{ChangingIcon, Icon};
use crate::chat::{Closing, Life, Worker, closing_of};
use crate::page::{Page, ScreenStoreFields, language, word};
use crate::text::names;

/// Links and signaling.
#[component]
pub fn Status(
    /// Whether that is known.
    #[prop(into)]
    life: Signal<Life>,
    /// Whether anybody can be reached.
    #[prop(into)]
    link: Signal<LinkState>,
    /// How many others are online.
    #[prop(into)]
    online: Signal<usize>,
    /// Whether newcomers can find the room.
    #[prop(into)]
    signal: Signal<Option<SignalState>>,
    /// How often its server was caught at something.
    #[prop(into)]
    misconduct: Signal<u64>,
) -> impl IntoView {
    let language = language();
    let linked = move || match life.get() {
        Life::Opening => language.get().words().room_opens.to_owned(),
        Life::On => language.get().link_state(link.get(), online.get()),
        Life::Outside => language.get().words().outside.to_owned(),
        Life::Removed => language.get().words().removed.to_owned(),
        Life::Ended => language.get().words().tab_ended.to_owned(),
    };
    // Whoever is outside invites nobody; that the server is away matters to it, too.
    let unsaid = move || match life.get() {
        Life::Opening | Life::On => false,
        Life::Outside => signal.get() == Some(SignalState::Online),
        Life::Removed | Life::Ended => true,
    };
    view! {
        <div class="status" role="group" aria-label=word(|words| words.connection)>
            <span class="state" data-testid="link-state" data-state=move || names::link(link.get())>
                {linked}
            </span>
            <span
                class="state"
                data-testid="signal-state"
                hidden=unsaid
                data-misconduct=move || misconduct.get().to_string()
                data-state=move || names::signal(signal.get())
            >
                {move || language.get().signal_state(signal.get())}
            </span>
            <ConnectionsButton testid="connections-open" />
            <ClosingSign />
        </div>
    }
}

/// How many own messages nobody else holds.
#[component]
pub fn Waiting(#[prop(into)] pending: Signal<u64>) -> impl IntoView {
    let language = language();
    view! {
        <p
            class="waiting"
            title=word(|words| words.waiting_title)
            hidden=move || pending.get() == 0
        >
            <Icon name="saved" />
            <strong data-testid="pending-count">
                {move || language.get().number(pending.get())}
            </strong>
            {" "}
            {word(|words| words.waiting)}
        </p>
    }
}

/// Whether anything of one's own waits, in any room, and what to do about it. In the header of a
/// phone it is a picture, and the words are for whoever listens.
#[component]
pub fn ClosingSign() -> impl IntoView {
    let page = Page::here();
    let language = language();
    let unsaved =
        Memo::new(move |_| page.screen().unkept().get() || page.of_rows(|rows| rows.are_unsaved()));
    let closing = Memo::new(move |_| {
        let (rooms, room) = (page.screen().rooms(), page.screen().room());
        rooms.with(|rooms| room.with(|room| closing_of(rooms, room, unsaved.get())))
    });
    let said = move || {
        let words = &language.get().words().everyday;
        match closing.get() {
            // Unseen, so that nothing moves once it is known.
            Closing::Unknown => words.nothing_waits.to_owned(),
            Closing::Unsaved => words.being_saved.to_owned(),
            Closing::Waits(count) => (words.still_wait)(count),
            Closing::Calm => words.nothing_waits.to_owned(),
        }
    };
    let icon = Signal::derive(move || match closing.get() {
        Closing::Unknown | Closing::Calm => "check",
        Closing::Unsaved => "alert",
        Closing::Waits(_) => "saved",
    });
    view! {
        <span
            class="closing"
            data-testid="closing"
            data-state=move || names::closing(closing.get())
            title=said
        >
            <ChangingIcon name=icon />
            <span>{said}</span>
        </span>
    }
}

/// Which tab does the work.
#[component]
pub fn Lead(#[prop(into)] worker: Signal<Worker>) -> impl IntoView {
    let language = language();
    let leads = move || worker.with(|worker| *worker == Worker::Leads);
    let said = move || {
        let words = language.get().words();
        worker.with(|worker| match worker {
            Worker::Leads => words.leads,
            Worker::Follows => words.follows,
            Worker::Starting => words.lead_unknown,
            Worker::Impossible(_) | Worker::Dead(_) | Worker::Ended => words.nobody_leads,
        })
    };
    view! {
        <p class="lead-tab" data-testid="leader" data-leader=move || leads().to_string()>
            <Icon name="tabs" />
            <span>{said}</span>
        </p>
    }
}
