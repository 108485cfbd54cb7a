//! What a message answers, above its words: who said it, what it says now, and the way there, also
//! to where older messages have to be read first.

use browser::{Body, MemberId};
use leptos::prelude::*;

use crate::chat::{ChatState, Heard, Lead, PageEvent, RoomState, Shown, Trail};
use crate::components::messages::Scroll;
use crate::page::{Page, ScreenStoreFields, word};
use crate::prose::tame;
use crate::text::called;

/// See the module.
#[component]
pub fn Quote(
    /// The message.
    message: Memo<Shown>,
    /// Goes to messages of the list.
    scroll: Scroll,
) -> impl IntoView {
    let page = Page::here();
    let heard =
        Memo::new(move |_| message.with(|message| page.of_rows(|rows| rows.heard(message))));
    // Nothing, if there is no way to it; else whether it stands in the list.
    let listed = Memo::new(move |_| {
        heard.with(|heard| match heard {
            Some(Heard::Here(_, listed)) => Some(*listed),
            Some(Heard::Asked | Heard::Absent) | None => None,
        })
    });
    let wants =
        Memo::new(move |_| message.with(|message| page.of_rows(|rows| rows.wants(message))));
    Effect::new(move |_| {
        if let Some(target) = wants.get() {
            // Not while the page is being drawn.
            queue_microtask(move || page.quote(target));
        }
    });
    let answered = move || message.with(|message| message.reply_to.map(|target| target.entry));
    let on_click = move |_| {
        if let Some((entry, listed)) = untrack(answered).zip(listed.get_untracked()) {
            match listed {
                true => scroll.to_entry(entry, true),
                false => page.happen(PageEvent::Follows(Trail::To(entry))),
            }
        }
    };
    let trail = page.of_room(|room| room.trail);
    let on_the_way = move || {
        let language = page.language().get();
        match (answered(), trail.get()) {
            (Some(entry), Trail::To(to)) if to == entry => language.words().loading_older,
            (Some(entry), Trail::Lost(lost)) if lost == entry => language.words().original_lost,
            _ => "",
        }
    };
    let said = Memo::new(move |_| heard.with(|heard| said_of(page, heard.as_ref()?)));
    view! {
        <Show when=move || said.with(Option::is_some)>
            <button
                type="button"
                class="quote"
                data-testid="quote"
                title=word(|words| words.to_original)
                aria-disabled=move || listed.with(Option::is_none).to_string()
                on:click=on_click
            >
                <span class="unseen">{word(|words| words.in_reply_to)} " "</span>
                {move || said.get().and_then(|(name, _)| name).map(|name| {
                    let end = view! { <span class={"unseen"}>": "</span> };
                    view! { <bdi class="quoted-name">{name} {end}</bdi> }
                })}
                <span class="quoted-words" dir="auto">
                    {move || said.get().map(|(_, words)| words)}
                </span>
            </button>
            <p class="hint" role="status" data-testid="quote-way">
                {on_the_way}
            </p>
        </Show>
    }
}

/// Leads the reader to what a message answers, once the list shows it.
pub fn lead_back(page: Page, scroll: Scroll) {
    let lead = Memo::new(move |_| {
        page.screen().drawings().track();
        page.of_state(ChatState::lead_back)
    });
    let trail = page.of_room(|room| room.trail);
    let ends = move |trail| page.happen(PageEvent::Follows(trail));
    Effect::new(move |_| match lead.get() {
        Lead::Waits => {}
        Lead::Older(_) => page.load_older(),
        Lead::Here(entry) => {
            ends(Trail::None);
            scroll.to_entry(entry, true);
        }
        Lead::Absent => {
            if let Trail::To(entry) = trail.get_untracked() {
                ends(Trail::Lost(entry));
            }
        }
    });
}

/// Who wrote what a message answers, if that is known, and what it says.
fn said_of(page: Page, heard: &Heard) -> Option<(Option<String>, String)> {
    let language = page.language().get();
    let words = language.words();
    let original = match heard {
        Heard::Asked => return Some((None, "…".to_owned())),
        Heard::Absent => return Some((None, words.original_absent.to_owned())),
        Heard::Here(original, _) => original,
    };
    let author = original.author;
    let room = page.screen().room();
    let name = room.with(|room| {
        let all: Vec<_> = room.members.iter().chain(&room.removed).cloned().collect();
        called(author, words, &all)
    });
    let blocked = room.with(|room| room.treatment(author).blocked);
    let known = |id: &MemberId| {
        let name = |room: &RoomState| room.name_of(id).map(str::to_owned);
        room.with(name).unwrap_or_default()
    };
    let said = match (&original.body, original.vanishes) {
        _ if blocked => words.by_blocked.to_owned(),
        (Body::Text(_), Some(after)) => (words.goes_after_reading)(&language.span(after)),
        (Body::Text(text), None) => tame(text),
        (Body::Gone, _) => words.body_gone.to_owned(),
        (Body::Decided(decided), _) => language.decided(decided, known),
        (Body::Newer, _) => words.body_newer.to_owned(),
        (Body::Unreadable, _) => words.body_unreadable.to_owned(),
    };
    Some((Some(name), said))
}
