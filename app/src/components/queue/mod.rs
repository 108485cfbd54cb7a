//! The queue in the panel: what waits, what could not be delivered and why, and, while it is
//! looked at, the lanes of each member.

mod graph;
mod inside;
mod live;
mod rest;
mod tray;
mod waiting;

use browser::{Body, Draft, DraftId, EntryId, Priority, QueueView, Undelivered, Waiting};
use leptos::prelude::*;

use self::inside::Inside;
pub use self::live::Live;
pub use self::rest::{Rest, rest_of};
use self::tray::FailedItem;
use self::waiting::{LISTED, LackedList, WaitingItem};
pub use self::waiting::{Lacked, Most, lacked};
use super::messages::Names;
use crate::chat::{Past, Rows, Shown, Subject};
use crate::page::{language, word};

/// What a person does with what waits or has failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Steer {
    /// Does not say it.
    Cancel(DraftId),
    /// Puts another draft in its place: of another class, or to be said now.
    Replace(Draft),
    /// Changes the class of what waits for members.
    Reclass(EntryId, Priority),
    /// Finds other words.
    Revise(Subject),
    /// Offers it again.
    Retry(EntryId),
    /// Takes it back.
    Delete(EntryId),
    /// Takes it out of the tray.
    PutAway(EntryId),
    /// Lets nothing out of this room, or again.
    Pause(bool),
    /// Looks at the queue, or looks away.
    Watch(bool),
}

/// See the module.
#[component]
pub fn Queue(
    /// What waits for its time.
    waiting: Memo<Vec<Waiting>>,
    /// What could not be delivered.
    undelivered: Memo<Vec<Undelivered>>,
    /// The queue, while it is looked at.
    view: Memo<Option<QueueView>>,
    /// True while nothing goes out.
    paused: Memo<bool>,
    /// What was measured of it in the last minutes.
    past: Memo<Past>,
    /// The own messages that some member has not got, so many of each class.
    lacked: impl Fn(Most) -> [Lacked; 3] + Copy + Send + Sync + 'static,
    /// How own messages do that are not listed.
    rest: Memo<Rest>,
    /// What a message says, if it is shown.
    said: impl Fn(EntryId) -> Option<String> + Copy + Send + Sync + 'static,
    /// The names of members.
    names: Memo<Names>,
    /// The person steers it.
    on_steer: impl Fn(Steer) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let language = language();
    let most = RwSignal::new([LISTED; 3]);
    let lacked = Memo::new(move |_| lacked(most.get()));
    let none_lacked = move || lacked.with(|all| all.iter().all(|of_class| of_class.count == 0));
    let empty =
        move || waiting.with(Vec::is_empty) && undelivered.with(Vec::is_empty) && none_lacked();
    let of_class = move |class: Priority| {
        let place = usize::from(class.number());
        let lacked =
            Memo::new(move |_| lacked.with(|all| all.get(place).cloned().unwrap_or_default()));
        let on_more = move || {
            most.update(|most| {
                most.iter_mut().skip(place).take(1).for_each(|most| *most += LISTED)
            });
        };
        view! { <LackedList class lacked on_more on_steer /> }
    };
    // What nobody sees is not drawn anew every second.
    let is_open = RwSignal::new(false);
    let on_toggle = move |event: web_sys::Event| {
        let details: web_sys::HtmlDetailsElement = event_target(&event);
        is_open.set(details.open());
        on_steer(Steer::Watch(details.open()));
    };
    on_cleanup(move || on_steer(Steer::Watch(false)));
    view! {
        <section class="queue" aria-labelledby="queue-heading" data-testid="queue">
            <div class="head">
                <h2 id="queue-heading" tabindex="-1">{word(|words| words.queue)}</h2>
                <button
                    type="button"
                    class="quiet"
                    data-testid="pause"
                    aria-pressed=move || paused.get().to_string()
                    on:click=move |_| on_steer(Steer::Pause(!paused.get_untracked()))
                >
                    {word(|words| words.everyday.pause)}
                </button>
            </div>
            <p class="hint" data-testid="queue-rest">
                {move || empty().then(|| rest.get().words(language.get().words())).flatten()}
            </p>
            <ul>
                <For
                    each=move || undelivered.get()
                    key=failed_key
                    let:failed
                >
                    <FailedItem failed said names on_steer />
                </For>
                <For each=move || waiting.get() key=waiting_key let:waiting>
                    <WaitingItem waiting names on_steer />
                </For>
            </ul>
            {Priority::ALL.map(of_class).collect_view()}
            <details on:toggle=on_toggle data-testid="queue-inside">
                <summary class="fold">{word(|words| words.look_inside)}</summary>
                <Show when=move || is_open.get()>
                    <Inside view past names />
                </Show>
            </details>
        </section>
    }
}

/// A draft that was changed is drawn anew.
fn waiting_key(waiting: &Waiting) -> String {
    format!("{:?}", waiting.draft)
}

/// So is a message that was tried again.
fn failed_key(failed: &Undelivered) -> String {
    format!("{} {:?}", failed.entry, failed.history.last())
}

/// What a message says, or said until it expired.
pub fn words_of(rows: &Rows, entry: &EntryId) -> Option<String> {
    let words = rows.of(entry).and_then(|row| text_of(row));
    words.or_else(|| rows.last_words(entry)).map(str::to_owned)
}

fn text_of(row: &Shown) -> Option<&str> {
    match &row.body {
        Body::Text(text) => Some(text),
        Body::Gone | Body::Decided(_) | Body::Newer | Body::Unreadable => None,
    }
}
