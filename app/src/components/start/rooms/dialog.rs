//! The dialog about a room: to be silent about it, to put it away, to leave it; and, before it is
//! left, what that does.

use browser::{Gist, RoomSummary};
use leptos::html;
use leptos::prelude::*;

use crate::chat::{Keep, PageEvent, RoomQuestion, shelf_of};
use crate::components::focus::{is_beside, open_while};
use crate::page::{Page, ScreenStoreFields, language, word};
use crate::text::{Language, Words};

/// See the module. It is open while the page asks something about a room.
#[component]
pub fn RoomDialog() -> impl IntoView {
    let page = Page::here();
    let language = language();
    let node = NodeRef::<html::Dialog>::new();
    let last = NodeRef::<html::Button>::new();
    let asked = Memo::new(move |_| {
        let question = page.screen().asks().get()?;
        let of = |rooms: &Vec<RoomSummary>| {
            rooms.iter().find(|summary| summary.room == question.room()).cloned()
        };
        Some((question, page.screen().rooms().with(of)?))
    });
    open_while(node, Signal::derive(move || asked.with(Option::is_some)));
    let sure =
        Memo::new(move |_| asked.with(|asked| matches!(asked, Some((RoomQuestion::Leave(_), _)))));
    // What comes next is asked in the same dialog: the keyboard begins at the harmless answer.
    Effect::new(move |_| {
        if sure.get()
            && let Some(button) = last.get_untracked()
        {
            let _ = button.focus();
        }
    });
    let keep = move |keep: Keep| page.happen(PageEvent::Keeps(keep));
    let heading = move || {
        let ((_, summary), language) = (asked.get()?, language.get());
        let words = language.words();
        let name = if summary.name.is_empty() { words.unnamed_room } else { &summary.name };
        Some(if sure.get() { (words.leave_heading)(name) } else { name.to_owned() })
    };
    let body = move || {
        let ((question, summary), language) = (asked.get()?, language.get());
        Some(match question {
            RoomQuestion::Choices(_) => offers(language.words(), &summary, keep),
            RoomQuestion::Leave(_) => consequences(language, summary.gist.as_ref()),
        })
    };
    let way_out = move || {
        let words = language.get().words();
        if sure.get() { words.cancel } else { words.close }
    };
    view! {
        <dialog
            class="asked"
            node_ref=node
            aria-labelledby="room-asked-heading"
            data-testid="room-asked"
            on:click=move |event| {
                if is_beside(&event) {
                    keep(Keep::Ask(None));
                }
            }
            on:close=move |_| keep(Keep::Ask(None))
        >
            <div class="content">
                <h2 id="room-asked-heading" dir="auto">{heading}</h2>
                {body}
            </div>
            <div class="dialog-foot">
                <Show when=move || sure.get()>
                    <button
                        type="button"
                        class="danger"
                        data-testid="leave-surely"
                        on:click=move |_| keep(Keep::Leave)
                    >
                        {word(|words| words.leave)}
                    </button>
                </Show>
                <button
                    type="button"
                    class="quiet"
                    node_ref=last
                    data-testid="room-asked-close"
                    on:click=move |_| keep(Keep::Ask(None))
                >
                    {way_out}
                </button>
            </div>
        </dialog>
    }
}

fn offers(
    words: &'static Words,
    summary: &RoomSummary,
    keep: impl Fn(Keep) + Copy + Send + Sync + 'static,
) -> AnyView {
    let shelf = shelf_of(summary);
    let mute = match shelf.muted {
        true => (words.unmute, words.unmute_more),
        false => (words.mute, words.mute_more),
    };
    let archive = match shelf.archived {
        true => (words.unarchive, words.unarchive_more),
        false => (words.archive, words.archive_more),
    };
    let relay = match shelf.relay_only {
        true => (words.allow_direct, words.allow_direct_more),
        false => (words.relay_only, words.relay_only_more),
    };
    let reads = match shelf.reads_untold {
        true => (words.tell_read, words.tell_read_more),
        false => (words.untell_read, words.untell_read_more),
    };
    let typing = match shelf.typing_untold {
        true => (words.tell_typing, words.tell_typing_more),
        false => (words.untell_typing, words.untell_typing_more),
    };
    let offer = |(testid, (does, more), choice): (&'static str, _, Keep)| {
        let class = if choice == Keep::Leave { "danger" } else { "" };
        view! {
            <li>
                <button
                    type="button"
                    class=class
                    data-testid=testid
                    aria-describedby=format!("{testid}-more")
                    on:click=move |_| keep(choice)
                >
                    {does}
                </button>
                <p class="hint" id=format!("{testid}-more")>{more}</p>
            </li>
        }
    };
    let all = [
        ("mute", mute, Keep::Mute(!shelf.muted)),
        ("archive", archive, Keep::Archive(!shelf.archived)),
        ("relay-only", relay, Keep::Relay(!shelf.relay_only)),
        ("tell-read", reads, Keep::TellRead(shelf.reads_untold)),
        ("tell-typing", typing, Keep::TellTyping(shelf.typing_untold)),
        ("leave", (words.leave, words.leave_more), Keep::Leave),
    ];
    view! { <ul class="offers">{all.map(offer).collect_view()}</ul> }.into_any()
}

/// What leaving does: what nobody else holds is lost, and how much that is.
fn consequences(language: Language, gist: Option<&Gist>) -> AnyView {
    let words = language.words();
    let lost = gist.map_or(0, |gist| gist.held_alone);
    let later = gist.map_or(0, |gist| gist.waiting);
    let lines = [
        Some(words.leave_gone.to_owned()),
        Some(words.leave_others.to_owned()),
        (lost > 0).then(|| (words.leave_lost)(lost)),
        (later > 0).then(|| (words.leave_later)(later)),
        Some(words.leave_back.to_owned()),
    ];
    let line = |line: String| view! { <li>{line}</li> };
    view! {
        <ul class="consequences" data-testid="leave-consequences">
            {lines.into_iter().flatten().map(line).collect_view()}
        </ul>
    }
    .into_any()
}
