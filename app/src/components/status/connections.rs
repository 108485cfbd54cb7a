//! The dialog about connections: the way to the server and to each member, a self-test, and a
//! report that can be handed to whoever helps.

use std::sync::Arc;

use browser::{Check, MemberId};
use leptos::html;
use leptos::prelude::*;

use super::lab::ForDevelopers;
use crate::chat::{ConnectionDeed, Watcher};
use crate::components::facts::{Entry, said};
use crate::components::focus::{is_beside, open_while};
use crate::components::member::lines;
use crate::components::messages::Names;
use crate::page::{Copied, Page, copy, language};
use crate::session;
use crate::text::connections::{ConnectionWords, check_name, finding_name, reach_name};
use crate::text::{Wording, names};

/// One of the fixed words of the dialog.
fn word(pick: fn(&ConnectionWords) -> &'static str) -> Signal<&'static str> {
    let language = language();
    Signal::derive(move || pick(language.get().connections()))
}

/// Opens the dialog.
#[component]
pub fn ConnectionsButton(
    /// Tells the ways to it apart.
    testid: &'static str,
) -> impl IntoView {
    let page = Page::here();
    let open = ConnectionDeed::Watch(Watcher::Connections, true);
    view! {
        <button
            type="button"
            class="quiet connections-button"
            aria-haspopup="dialog"
            data-testid=testid
            on:click=move |_| page.connects(open)
        >
            {word(|words| words.open)}
        </button>
    }
}

/// See the module. It is open while the page looks at connections.
#[component]
pub fn Connections(
    /// The names of all members.
    names: Memo<Names>,
) -> impl IntoView {
    let page = Page::here();
    let node = NodeRef::<html::Dialog>::new();
    let open = page.of_room(|room| room.connection.is_open());
    open_while(node, open.into());
    let close = move || page.connects(ConnectionDeed::Watch(Watcher::Connections, false));
    on_cleanup(close);
    view! {
        <dialog
            class="connections"
            node_ref=node
            aria-labelledby="connections-heading"
            data-testid="connections"
            on:click=move |event| {
                if is_beside(&event) {
                    close();
                }
            }
            on:close=move |_| close()
        >
            <div class="content">
                <h2 id="connections-heading">{word(|words| words.heading)}</h2>
                <p class="hint">{word(|words| words.lead)}</p>
                <Show when=move || open.get()>
                    <Ways names />
                    <SelfTest />
                    <Handout />
                    <ForDevelopers />
                </Show>
            </div>
            <div class="dialog-foot">
                <button
                    type="button"
                    class="quiet"
                    data-testid="connections-close"
                    on:click=move |_| close()
                >
                    {crate::page::word(|words| words.close)}
                </button>
            </div>
        </dialog>
    }
}

fn both(Wording { title, help }: Wording) -> String {
    format!("{title} {help}")
}

/// The way to the server, and to each member.
#[component]
fn Ways(names: Memo<Names>) -> impl IntoView {
    let page = Page::here();
    let language = language();
    let line =
        said(move || page.of_state(|known| language.get().server_line(&known.server_line())));
    let fault = said(move || {
        let language = language.get();
        page.of_state(|known| {
            let told = known.server_fault().map(|fault| both(language.fault(fault)));
            told.unwrap_or_default()
        })
    });
    let server_name = said(move || language.get().connections().server.to_owned());
    let reached =
        Signal::derive(move || page.of_state(|known| names::signal(known.server_line().signal)));
    let others = Signal::derive(move || page.of_state(|known| known.room.others()));
    let one = move |member: MemberId| {
        let name = said(move || {
            let name = names.with(|names| names.get(&member).cloned()).unwrap_or_default();
            language.get().called(&name)
        });
        let line =
            said(move || page.of_state(|known| language.get().line(&known.room.line_to(member))));
        let ended = said(move || {
            let language = language.get();
            let ended = page.of_state(|known| known.room.line_to(member).ended);
            let told = ended.map(|ended| {
                let at = language.near_moment(ended.at);
                format!("{at}: {}", both(language.ending(ended.why)))
            });
            told.unwrap_or_default()
        });
        let is = Signal::derive(move || {
            page.of_state(|known| reach_name(known.room.line_to(member).reach))
        });
        let of = member.to_string();
        view! { <Entry testid="connection" of is name said=line help=ended /> }.into_any()
    };
    let nobody = said(move || {
        let nobody = others.with(Vec::is_empty);
        if nobody { language.get().connections().nobody.to_owned() } else { String::new() }
    });
    view! {
        <ul class="ways">
            <Entry
                testid="connection-server"
                of=String::new()
                is=reached
                name=server_name
                said=line
                help=fault
            />
            {lines(others, Arc::new(one))}
        </ul>
        <p class="hint">{nobody}</p>
    }
}

/// What connections need, tried one by one.
#[component]
fn SelfTest() -> impl IntoView {
    let page = Page::here();
    let language = language();
    let one = move |check: Check| {
        let is = Signal::derive(move || {
            page.of_state(|known| {
                let found = known.room.connection.found(check);
                found.map_or("", |found| finding_name(found.as_ref()))
            })
        });
        let name = said(move || language.get().check(check).to_owned());
        let wording = move || {
            let language = language.get();
            page.of_state(|known| match known.room.connection.found(check) {
                None => Wording { title: String::new(), help: String::new() },
                Some(None) => Wording {
                    title: language.connections().testing.to_owned(),
                    help: String::new(),
                },
                Some(Some(finding)) => language.finding(check, finding),
            })
        };
        let (line, help) = (said(move || wording().title), said(move || wording().help));
        let of = check_name(check).to_owned();
        view! { <Entry testid="self-test-check" of is name said=line help /> }
    };
    let testing =
        said(move || page.of_state(|known| known.room.connection.is_testing().to_string()));
    view! {
        <section class="self-test" aria-labelledby="self-test-heading">
            <h3 id="self-test-heading">{word(|words| words.test)}</h3>
            <p class="hint">{word(|words| words.test_lead)}</p>
            <div role="status">
                <ul data-testid="self-test">{Check::ALL.map(one).into_iter().collect_view()}</ul>
            </div>
            <button
                type="button"
                data-testid="self-test-begin"
                aria-disabled=testing
                on:click=move |_| page.connects(ConnectionDeed::Test)
            >
                {word(|words| words.begin)}
            </button>
        </section>
    }
}

/// The report, and a button that copies it. What is copied can be read first.
#[component]
fn Handout() -> impl IntoView {
    let page = Page::here();
    let language = language();
    let copied = RwSignal::new(Copied::No);
    let text = said(move || {
        let language = language.get();
        page.of_state(|known| language.report(&known.report(), session::now()))
    });
    let label = said(move || {
        let words = language.get().connections();
        copied.get().says([words.copy, words.copied, words.copy_by_hand]).to_owned()
    });
    view! {
        <details class="handout">
            <summary class="fold">{word(|words| words.report)}</summary>
            <p class="hint">{word(|words| words.report_lead)}</p>
            <pre tabindex="0" data-testid="report">{text}</pre>
        </details>
        <button
            type="button"
            data-testid="copy-report"
            on:click=move |_| copy(text.get_untracked(), copied)
        >
            <span aria-live="polite">{label}</span>
        </button>
    }
}
