//! The way of an own message as a list of stations with their times, in a dialog.

use browser::Millis;
use leptos::html;
use leptos::prelude::*;

use crate::chat::{Shown, Step, Stop, way};
use crate::components::focus::{is_beside, open_while};
use crate::components::messages::Names;
use crate::page::{Page, language, word};
use crate::prose::tame;
use crate::text::{Language, machine_time};

/// See the module. It is open while the page looks at a message.
#[component]
pub fn Way(
    /// The names of all members.
    names: Memo<Names>,
) -> impl IntoView {
    let page = Page::here();
    let node = NodeRef::<html::Dialog>::new();
    let looked = page.of_room(|room| room.looked);
    let row = Memo::new(move |_| {
        let entry = looked.get()?;
        page.of_rows(|rows| rows.of(&entry).cloned())
    });
    // Whatever happens to the message makes another station.
    Effect::new(move |_| {
        if let Some(entry) = row.get().and_then(|row| row.entry()) {
            page.trace(entry);
        }
    });
    open_while(node, Signal::derive(move || looked.get().is_some()));
    let trace = page.of_room(|room| room.queue.trace.clone());
    let undelivered = page.of_room(|room| room.queue.undelivered.clone());
    let stops = Memo::new(move |_| {
        let Some(row) = row.get() else { return Vec::new() };
        let entry = row.entry();
        undelivered.with(|all| {
            let failed = all.iter().find(|failed| Some(failed.entry) == entry);
            trace.with(|trace| way(&row, trace.as_ref(), failed))
        })
    });
    let on_click = move |event: web_sys::MouseEvent| {
        if is_beside(&event) {
            page.look(None);
        }
    };
    let forgotten = move || stops.with(|stops| stops.iter().any(|stop| stop.at.is_none()));
    view! {
        <dialog
            class="way"
            node_ref=node
            aria-labelledby="way-heading"
            data-testid="way"
            on:click=on_click
            on:close=move |_| page.look(None)
        >
            <div class="content">
                <h2 id="way-heading">{word(|words| words.way_heading)}</h2>
                <p class="words" dir="auto">{move || row.get().map(|row| words_of(&row))}</p>
                <ol>
                    {move || {
                        stops.get().into_iter()
                            .map(|stop| view! { <Station stop names /> })
                            .collect_view()
                    }}
                </ol>
                <Show when=forgotten>
                    <p class="hint">{word(|words| words.way_forgotten)}</p>
                </Show>
                <button
                    type="button"
                    class="quiet"
                    data-testid="way-close"
                    on:click=move |_| page.look(None)
                >
                    {word(|words| words.close)}
                </button>
            </div>
        </dialog>
    }
}

fn words_of(row: &Shown) -> String {
    const LETTERS: usize = 120;
    let text = match &row.body {
        browser::Body::Text(text) => text.as_str(),
        browser::Body::Gone
        | browser::Body::Decided(_)
        | browser::Body::Newer
        | browser::Body::Unreadable => "",
    };
    match text.char_indices().nth(LETTERS) {
        Some((end, _)) => format!("{}…", tame(&text[..end])),
        None => tame(text),
    }
}

#[component]
fn Station(stop: Stop, names: Memo<Names>) -> impl IntoView {
    let language = language();
    let name = move |member| {
        let name = names.with(|names| names.get(&member).cloned()).unwrap_or_default();
        if name.is_empty() { language.get().words().nameless.to_owned() } else { name }
    };
    let said = move || language.get().step(stop.what, name);
    view! {
        <li data-testid="station" data-step=step_name(stop.what)>
            <span>{said}</span>
            {stop.at.map(|at| view! { <When at language /> })}
        </li>
    }
}

#[component]
fn When(at: Millis, language: Signal<Language>) -> impl IntoView {
    view! {
        <time datetime=machine_time(at) title=move || language.get().moment(at)>
            {move || language.get().exact_time(at)}
        </time>
    }
}

/// Its name in `data-step`.
fn step_name(step: Step) -> &'static str {
    match step {
        Step::Written => "written",
        Step::Saved => "saved",
        Step::SentTo(_) => "sent",
        Step::HeldBy(_) | Step::HeldByOthers(_) => "held",
        Step::Delivered => "delivered",
        Step::ReadBy(_) => "read-by",
        Step::Read => "read",
        Step::RefusedBy(_) => "refused",
        Step::Expired => "expired",
        Step::Gone => "gone",
    }
}
