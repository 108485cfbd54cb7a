//! Inside the queue, live: what is not stored yet, and for each member how much of each class
//! waits, how many bytes that is, since when, and how often it was refused.

use browser::{LaneView, PeerQueue, QueueView};
use leptos::prelude::*;

use super::graph::Graph;
use crate::chat::{Past, Quantity};
use crate::components::messages::Names;
use crate::page::{language, word};
use crate::session;
use crate::text::Language;

/// Classes that are shown: the last, that of files, has nothing in it, as no files can be sent.
const SHOWN: usize = 5;

/// See the module.
#[component]
pub fn Inside(
    /// The queue, while it is looked at.
    view: Memo<Option<QueueView>>,
    /// What was measured of it in the last minutes.
    past: Memo<Past>,
    /// The names of members.
    names: Memo<Names>,
) -> impl IntoView {
    let language = language();
    let nobody = move || view.with(|view| view.as_ref().is_some_and(|view| view.peers.is_empty()));
    let peers = move || view.with(|view| view.as_ref().map(|view| view.peers.clone()));
    let stock = move || {
        let language = language.get();
        view.with(|view| {
            let view = view.as_ref()?;
            let drafts = language.number(view.drafts.iter().sum());
            let (bytes, incoming) =
                (language.size(view.draft_bytes), language.number(view.incoming));
            Some((language.words().not_stored)(&drafts, &bytes, &incoming))
        })
    };
    view! {
        <p class="hint" data-testid="queue-stock">{stock}</p>
        <Graph past quantity=Quantity::Waiting />
        <Graph past quantity=Quantity::RoundTrip />
        <Show when=nobody>
            <p class="hint">{word(|words| words.nobody_known)}</p>
        </Show>
        {move || {
            peers().unwrap_or_default().into_iter()
                .map(|peer| view! { <Lanes peer names /> })
                .collect_view()
        }}
    }
}

/// The lanes of a member, with their sum.
#[component]
fn Lanes(peer: PeerQueue, names: Memo<Names>) -> impl IntoView {
    let language = language();
    let PeerQueue { member, link, ended: _, oldest, round_trip, lanes } = peer;
    let name = move || names.with(|names| names.get(&member).cloned()).unwrap_or_default();
    let state = move || {
        let words = language.get().words();
        match (link, round_trip) {
            (None, _) => words.away.to_owned(),
            (Some(_), Some(millis)) => format!("{millis} ms"),
            (Some(_), None) => words.online.to_owned(),
        }
    };
    let sum = LaneView {
        messages: lanes.iter().map(|lane| lane.messages).sum(),
        in_flight: lanes.iter().map(|lane| lane.in_flight).sum(),
        bytes: lanes.iter().map(|lane| lane.bytes).sum(),
        unmeasured: lanes.iter().map(|lane| lane.unmeasured).sum(),
        credit: 0,
        oldest,
        attempts: lanes.iter().map(|lane| lane.attempts).sum(),
    };
    let rows = lanes.into_iter().take(SHOWN).enumerate();
    let rows = rows.map(move |(place, lane)| view! { <Lane place=Some(place) lane /> });
    view! {
        // It may scroll: then the keyboard has to get there.
        <div class="lanes" role="group" tabindex="0" aria-label=name>
            <table
                data-testid="queue-peer"
                data-member=member.to_string()
                data-depth=sum.messages.to_string()
            >
                <caption>
                    <bdi>{name}</bdi>
                    " · "
                    {state}
                </caption>
                <thead>
                    <tr>
                        <th scope="col">{word(|words| words.lane)}</th>
                        <th scope="col">{word(|words| words.lane_messages)}</th>
                        <th
                            scope="col"
                            title=word(|words| words.everyday.lane_in_flight[1])
                        >
                            {word(|words| words.everyday.lane_in_flight[0])}
                        </th>
                        <th scope="col">{word(|words| words.lane_bytes)}</th>
                        <th scope="col">{word(|words| words.lane_oldest)}</th>
                        <th scope="col">{word(|words| words.lane_attempts)}</th>
                        <th scope="col">{word(|words| words.lane_credit)}</th>
                    </tr>
                </thead>
                <tbody>
                    {rows.collect_view()}
                    <Lane place=None lane=sum />
                </tbody>
            </table>
        </div>
    }
}

/// One lane; without a place, the sum of all.
#[component]
fn Lane(place: Option<usize>, lane: LaneView) -> impl IntoView {
    let language = language();
    let LaneView { messages, in_flight, bytes, unmeasured, credit, oldest, attempts } = lane;
    let credited = place.is_some_and(|place| place > 0) && credit > 0;
    let age = oldest.map(|oldest| session::now().saturating_sub(oldest));
    view! {
        <tr
            data-testid="queue-lane"
            data-lane=place.map_or("all".to_owned(), |place| place.to_string())
            data-messages=messages.to_string()
            data-in-flight=in_flight.to_string()
            data-size=bytes.to_string()
            data-oldest=oldest.map(|oldest| oldest.to_string())
            data-attempts=attempts.to_string()
            data-credit=credited.then(|| credit.to_string())
        >
            <th scope="row">{move || lane_name(language.get(), place)}</th>
            <td>{move || language.get().number(messages)}</td>
            <td>{move || language.get().number(in_flight)}</td>
            <td>{move || language.get().least_size(bytes, unmeasured == 0)}</td>
            <td>{move || age.map_or("–".to_owned(), |age| language.get().span(age))}</td>
            <td>{move || language.get().number(attempts)}</td>
            <td>{move || if credited { language.get().size(credit) } else { "–".to_owned() }}</td>
        </tr>
    }
}

fn lane_name(language: Language, place: Option<usize>) -> &'static str {
    let words = language.words();
    let lanes: [&str; SHOWN] =
        [words.control, words.urgent, words.normal, words.low, words.backfill];
    place.map_or(words.all_lanes, |place| lanes.get(place).copied().unwrap_or_default())
}
