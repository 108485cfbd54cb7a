//! The picker of emoji: its groups, and a field to look for one by its name.

use leptos::html;
use leptos::prelude::*;

use super::{Chooser, Line};
use crate::chat::{Emoji, Emojis, Move};
use crate::components::focus::{is_beside, open_while};
use crate::page::{Table, emoji, language, want_emoji, word};

/// Emoji in a row.
const ROW: usize = 8;
/// So many are shown of what was found.
const FOUND: usize = 96;

/// The picker. Whoever opens it sets `open`; it closes itself.
#[component]
pub fn EmojiDialog(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// Emoji and their names that stand before all others while nothing is looked for.
    first: &'static [(&'static str, &'static str)],
    /// This one was chosen.
    on_pick: Callback<String>,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    open_while(node, open.into());
    let table = emoji();
    Effect::new(move |_| {
        if open.get() {
            want_emoji(table);
        }
    });
    let pick = Callback::new(move |glyph: String| {
        open.set(false);
        // First the keyboard goes back to where it was.
        request_animation_frame(move || on_pick.run(glyph));
    });
    view! {
        <dialog
            class="emoji"
            node_ref=node
            aria-label=word(|words| words.everyday.emoji)
            data-testid="emoji"
            on:click=move |event| {
                if is_beside(&event) {
                    open.set(false);
                }
            }
            on:close=move |_| open.set(false)
        >
            <Show when=move || open.get()>
                <Opened table first pick />
                <button
                    type="button"
                    class="quiet"
                    data-testid="emoji-close"
                    on:click=move |_| open.set(false)
                >
                    {word(|words| words.close)}
                </button>
            </Show>
        </dialog>
    }
}

#[component]
fn Opened(
    table: RwSignal<Table>,
    first: &'static [(&'static str, &'static str)],
    pick: Callback<String>,
) -> impl IntoView {
    let language = language();
    let (text, group, at) = (RwSignal::new(String::new()), RwSignal::new(0), RwSignal::new(0));
    let is_begin = move || group.get() == 0 && text.with(|text| text.trim().is_empty());
    let lines = Memo::new(move |_| {
        let line = |emoji: &Emoji| Line { shown: emoji.glyph.clone(), beside: emoji.name.clone() };
        let found = |emojis: &Emojis| {
            text.with(|text| match text.trim().is_empty() {
                true => emojis.group(group.get()).iter().map(line).collect::<Vec<Line>>(),
                false => emojis.find(text, FOUND).into_iter().map(line).collect(),
            })
        };
        let all = table.with(|table| match table {
            Table::There(emojis) => found(emojis),
            Table::Unasked | Table::Coming | Table::Failed => Vec::new(),
        });
        let before = if is_begin() { first } else { &[] };
        let before = before
            .iter()
            .map(|(glyph, name)| Line { shown: (*glyph).to_owned(), beside: (*name).to_owned() });
        before.chain(all).collect::<Vec<Line>>()
    });
    let mark = move |(step, times, count): (Move, usize, usize)| {
        at.update(|at| *at = (0..times).fold(*at, |at, _| step.from(at, count)));
    };
    let take = move |place: usize| {
        let glyph = lines.with_untracked(|all| all.get(place).map(|line| line.shown.clone()));
        glyph.into_iter().for_each(|glyph| pick.run(glyph));
    };
    let turn = move |place: usize| {
        text.set(String::new());
        group.set(place);
        at.set(0);
    };
    let tab = move |(place, name): (usize, &'static str)| {
        let is_shown = move || group.get() == place && text.with(String::is_empty);
        view! {
            <button
                type="button"
                class="quiet"
                aria-pressed=move || is_shown().to_string()
                on:click=move |_| turn(place)
            >
                {name}
            </button>
        }
    };
    let tabs = move || {
        let names = language.get().words().everyday.emoji_groups.into_iter();
        names.enumerate().map(tab).collect_view()
    };
    let said = move || {
        let words = language.get().words();
        match table.get() {
            Table::Unasked | Table::Coming => words.everyday.emoji_coming.to_owned(),
            Table::Failed => words.everyday.no_emoji.to_owned(),
            Table::There(_) if text.with(String::is_empty) => String::new(),
            Table::There(_) => (words.found)(lines.with(Vec::len)),
        }
    };
    view! {
        <div class="content">
            <div class="emoji-groups" role="group" aria-label=word(|words| words.everyday.groups)>
                {tabs}
            </div>
            <Chooser
                prefix="emoji"
                label=word(|words| words.everyday.emoji_hint)
                hint=word(|words| words.everyday.emoji_hint)
                text
                at
                lines
                across=ROW
                on_text=Callback::new(move |typed| {
                    text.set(typed);
                    at.set(0);
                })
                on_mark=Callback::new(mark)
                on_take=Callback::new(take)
            />
            <p class="hint" role="status" data-testid="emoji-said">{said}</p>
        </div>
    }
}
