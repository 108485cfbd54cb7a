//! The queue in the panel: what waits for its time, what could not be delivered and why, and, while
//! it is looked at, the lanes of each linked member.

mod live;

use browser::{
    Body, DraftId, EntryId, Failure, FailureReason, LaneView, PeerQueue, QueueView, Undelivered,
    Waiting, When,
};
use leptos::prelude::*;

use super::messages::Names;
use crate::chat::Shown;
use crate::page::{language, word};
use crate::text::Language;

pub use live::Live;

/// What a person does with what waits or has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steer {
    /// Does not say it.
    Cancel(DraftId),
    /// Offers it again.
    Retry(EntryId),
    /// Takes it back.
    Delete(EntryId),
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
    /// The messages that are shown, to name what could not be delivered.
    rows: Signal<Vec<Shown>>,
    /// The names of members.
    names: Memo<Names>,
    /// The person steers it.
    on_steer: impl Fn(Steer) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let empty = move || waiting.with(Vec::is_empty) && undelivered.with(Vec::is_empty);
    let on_toggle = move |event: web_sys::Event| {
        let details: web_sys::HtmlDetailsElement = event_target(&event);
        on_steer(Steer::Watch(details.open()));
    };
    on_cleanup(move || on_steer(Steer::Watch(false)));
    view! {
        <section class="queue" aria-labelledby="queue-heading" data-testid="queue">
            <h2 id="queue-heading">{word(|words| words.queue)}</h2>
            <Show when=empty>
                <p class="hint">{word(|words| words.queue_empty)}</p>
            </Show>
            <ul>
                {move || {
                    waiting.get().into_iter()
                        .map(|waiting| view! { <WaitingItem waiting names on_steer /> })
                        .collect_view()
                }}
                {move || {
                    undelivered.get().into_iter()
                        .map(|failed| view! { <FailedItem failed rows names on_steer /> })
                        .collect_view()
                }}
            </ul>
            <details on:toggle=on_toggle data-testid="queue-inside">
                <summary>{word(|words| words.look_inside)}</summary>
                <Inside view names />
            </details>
        </section>
    }
}

#[component]
fn WaitingItem(
    waiting: Waiting,
    names: Memo<Names>,
    on_steer: impl Fn(Steer) + Copy + 'static,
) -> impl IntoView {
    let language = language();
    let (id, text, when) = (waiting.draft.id, waiting.draft.text, waiting.draft.terms.when);
    let said = move || match when {
        When::Now => String::new(),
        When::At(at) => language.get().moment(at),
        When::Online(member) => {
            let name = names.with(|names| names.get(&member).cloned()).unwrap_or_default();
            format!("{name} · {}", language.get().words().when_back)
        }
    };
    view! {
        <li data-testid="waiting-item">
            <p class="words" dir="auto">{text}</p>
            <p class="hint">
                {word(|words| words.waits_for)} ": " {said}
            </p>
            <button
                type="button"
                class="quiet"
                data-testid="cancel"
                on:click=move |_| on_steer(Steer::Cancel(id))
            >
                {word(|words| words.cancel)}
            </button>
        </li>
    }
}

#[component]
fn FailedItem(
    failed: Undelivered,
    rows: Signal<Vec<Shown>>,
    names: Memo<Names>,
    on_steer: impl Fn(Steer) + Copy + 'static,
) -> impl IntoView {
    let language = language();
    let entry = failed.entry;
    let expired = failed.failures.iter().any(|failure| failure.reason == FailureReason::Expired);
    let words = move || {
        let text = rows.with(|rows| rows.iter().find_map(|row| text_of(row, &entry)));
        text.unwrap_or_else(|| language.get().words().older_message.to_owned())
    };
    let failures = failed.failures;
    let why = move || {
        let language = language.get();
        let line = |failure: &Failure| {
            let name = names.with(|names| names.get(&failure.member).cloned());
            (language.words().failed_for)(&name.unwrap_or_default(), reason(language, failure))
        };
        failures.iter().map(line).collect::<Vec<_>>().join("; ")
    };
    view! {
        <li data-testid="undelivered-item" class="failed">
            <p class="words" dir="auto">{words}</p>
            <p class="hint">
                {word(|words| words.undelivered)} ": " {why}
            </p>
            {(!expired).then(|| view! {
                <button
                    type="button"
                    class="quiet"
                    data-testid="retry"
                    on:click=move |_| on_steer(Steer::Retry(entry))
                >
                    {word(|words| words.retry)}
                </button>
                <button
                    type="button"
                    class="quiet"
                    on:click=move |_| on_steer(Steer::Delete(entry))
                >
                    {word(|words| words.delete_message)}
                </button>
            })}
        </li>
    }
}

fn text_of(row: &Shown, entry: &EntryId) -> Option<String> {
    match &row.body {
        Body::Text(text) if row.entry() == Some(*entry) => Some(text.clone()),
        Body::Text(_) | Body::Gone | Body::Newer | Body::Unreadable => None,
    }
}

fn reason(language: Language, failure: &Failure) -> &'static str {
    let words = language.words();
    match failure.reason {
        FailureReason::Expired => words.reason_expired,
        FailureReason::NoSpace => words.reason_no_space,
        FailureReason::TooMuch => words.reason_too_much,
        FailureReason::NotAllowed => words.reason_not_allowed,
        FailureReason::Other(_) => words.reason_other,
    }
}

/// The lanes of each linked member, a table each.
#[component]
fn Inside(view: Memo<Option<QueueView>>, names: Memo<Names>) -> impl IntoView {
    let nobody = move || view.with(|view| view.as_ref().is_some_and(|view| view.peers.is_empty()));
    let peers = move || view.with(|view| view.as_ref().map(|view| view.peers.clone()));
    view! {
        <Show when=nobody>
            <p class="hint">{word(|words| words.nobody_linked)}</p>
        </Show>
        {move || {
            peers().unwrap_or_default().into_iter()
                .map(|peer| view! { <Lanes peer names /> })
                .collect_view()
        }}
    }
}

#[component]
fn Lanes(peer: PeerQueue, names: Memo<Names>) -> impl IntoView {
    let language = language();
    let member = peer.member;
    let name = move || names.with(|names| names.get(&member).cloned()).unwrap_or_default();
    let trip = peer.round_trip.map(|millis| format!(" · {millis} ms")).unwrap_or_default();
    let row = move |(place, lane): (usize, LaneView)| {
        view! {
            <tr>
                <th scope="row">{move || lane_name(language.get(), place)}</th>
                <td>{lane.messages.to_string()}</td>
                <td>{lane.bytes.to_string()}</td>
                <td>{if place == 0 { String::new() } else { lane.credit.to_string() }}</td>
            </tr>
        }
    };
    view! {
        <table data-testid="queue-peer">
            <caption>
                <bdi>{name}</bdi>
                {trip}
            </caption>
            <thead>
                <tr>
                    <th scope="col">{word(|words| words.lane)}</th>
                    <th scope="col">{word(|words| words.lane_messages)}</th>
                    <th scope="col">{word(|words| words.lane_bytes)}</th>
                    <th scope="col">{word(|words| words.lane_credit)}</th>
                </tr>
            </thead>
            <tbody>{peer.lanes.into_iter().enumerate().map(row).collect_view()}</tbody>
        </table>
    }
}

fn lane_name(language: Language, place: usize) -> &'static str {
    let words = language.words();
    let lanes = [words.control, words.urgent, words.normal, words.low, words.backfill, words.bulk];
    lanes.get(place).copied().unwrap_or_default()
}
