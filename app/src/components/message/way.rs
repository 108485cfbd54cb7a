//! The way of an own message as a list of stations with their times, in a dialog.

use std::sync::Arc;

use browser::{Has, MemberId, Millis};
use leptos::html;
use leptos::prelude::*;

use crate::chat::{Reader, Shown, Step, Stop, readers, way};
use crate::components::facts::{Entry, said};
use crate::components::focus::{is_beside, open_while};
use crate::components::member::lines;
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
    let readers = Signal::derive(move || {
        let entry = looked.get();
        trace.with(|trace| entry.map(|entry| readers(entry, trace.as_ref())).unwrap_or_default())
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
                <Readers readers names />
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
            </div>
            <div class="dialog-foot">
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

/// Members that are listed; the others are counted.
const LISTED: usize = 50;

/// Who has it, and who has read it.
#[component]
fn Readers(readers: Signal<Vec<Reader>>, names: Memo<Names>) -> impl IntoView {
    let language = language();
    let sum = said(move || {
        let count = |has: Has| readers.with(|all| all.iter().filter(|one| one.has == has).count());
        let (read, held) = (count(Has::Read), count(Has::Held));
        language.get().read_by(read, read + held, readers.with(Vec::len))
    });
    let more = said(move || {
        let more = readers.with(Vec::len).saturating_sub(LISTED);
        if more > 0 { (language.get().words().more_waiting)(more) } else { String::new() }
    });
    let listed = Signal::derive(move || {
        readers.with(|all| all.iter().take(LISTED).map(|one| one.member).collect::<Vec<_>>())
    });
    let one = move |member: MemberId| {
        let reader =
            move || readers.with(|all| all.iter().find(|one| one.member == member).copied());
        let name = said(move || {
            let name = names.with(|names| names.get(&member).cloned()).unwrap_or_default();
            language.get().called(&name)
        });
        let state = said(move || {
            let (language, reader) = (language.get(), reader());
            let at = reader.and_then(|one| one.at).map(|at| language.near_moment(at));
            let has = reader.map(|one| language.has(one.has)).unwrap_or_default();
            at.map(|at| format!("{has} · {at}")).unwrap_or(has)
        });
        let is = Signal::derive(move || reader().map_or("", |one| has_name(one.has)));
        let (of, help) = (member.to_string(), said(String::new));
        view! { <Entry testid="reader" of is name said=state help /> }.into_any()
    };
    let nobody = Signal::derive(move || readers.with(Vec::is_empty));
    view! {
        <section hidden=nobody aria-labelledby="readers-sum">
            <p id="readers-sum" data-testid="readers">{sum}</p>
            <ul class="readers">{lines(listed, Arc::new(one))}</ul>
            <p class="hint">{more}</p>
        </section>
    }
}

/// Its name in `data-is`.
fn has_name(has: Has) -> &'static str {
    match has {
        Has::Read => "read",
        Has::Held => "held",
        Has::Lacking => "lacking",
        Has::Missed => "missed",
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
        Step::HeldThrough(..) => "held-through",
        Step::Delivered => "delivered",
        Step::ReadBy(_) => "read-by",
        Step::Read => "read",
        Step::RefusedBy(_) => "refused",
        Step::Expired => "expired",
        Step::Gone => "gone",
    }
}
