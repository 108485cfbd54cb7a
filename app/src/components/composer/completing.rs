//! What is completed while somebody writes, as a list above the field: emoji behind a colon,
//! members behind an `@`. The keyboard stays in the field; arrows mark, Enter or Tab takes, Escape
//! refuses. Whoever closes a shortcode by a colon has chosen: its emoji takes its place.

use std::ops::Range;

use browser::MemberView;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::field::Words;
use crate::chat::{Completing, Emoji, Move, Sign, complete, named};
use crate::components::overlay::{Line, line_id, list_lines};
use crate::page::{Table, emoji, want_emoji, word};

/// The list's id, for the field.
pub const LIST: &str = "completions";
/// What the names of its lines begin with.
const PREFIX: &str = "completion";
/// So many are offered.
const OFFERED: usize = 8;

/// See the module.
#[derive(Clone, Copy)]
pub struct Completions {
    words: Words,
    state: RwSignal<Completing>,
    choices: Memo<Vec<Line>>,
    table: RwSignal<Table>,
    /// A colon was typed last, and the table may still come.
    closes: StoredValue<bool>,
}

impl Completions {
    /// The completions of a composer.
    pub fn of(words: Words, members: Memo<Vec<MemberView>>) -> Completions {
        let (state, table) = (RwSignal::new(Completing::default()), emoji());
        let choices = Memo::new(move |_| match state.with(|state| state.asked.clone()) {
            Some(asked) if asked.sign == Sign::Member => members.with(|members| {
                let named = named(members, &asked.typed).into_iter().take(OFFERED);
                named.map(of_member).collect()
            }),
            Some(asked) => table.with(|table| match table {
                Table::There(emojis) => {
                    let found = emojis.find(&asked.typed, OFFERED).into_iter();
                    let choice = |emoji: &Emoji| Line {
                        shown: emoji.glyph.clone(),
                        beside: format!(":{}:", emoji.code()),
                    };
                    found.map(choice).collect()
                }
                Table::Unasked | Table::Coming | Table::Failed => Vec::new(),
            }),
            None => Vec::new(),
        });
        let completions =
            Completions { words, state, choices, table, closes: StoredValue::new(false) };
        Effect::new(move |_| {
            if table.with(|table| matches!(table, Table::There(_))) {
                completions.close();
            }
        });
        completions
    }

    /// Something was typed: if it is the colon behind a shortcode, its emoji takes the place of
    /// both. An input method is left alone, and so is whoever pastes or undoes.
    pub fn hear(self, event: &web_sys::Event) {
        let typed = event.dyn_ref::<web_sys::InputEvent>().filter(|event| {
            let colon = matches!(event.data().as_deref(), Some(":" | "："));
            colon && event.input_type() == "insertText" && !event.is_composing()
        });
        self.closes.set_value(typed.is_some() && self.closed().is_some());
        self.follow();
        if self.closes.get_value() {
            want_emoji(self.table);
            // The browser is in the middle of this letter, and tells of the next change.
            queue_microtask(move || self.close());
        }
    }

    fn closed(self) -> Option<(String, Range<usize>)> {
        let (text, cursor) = self.words.around_cursor();
        self.state.with_untracked(|state| state.closed(&text, cursor))
    }

    /// Puts the emoji there, if the colon was typed last and the table is here.
    fn close(self) {
        if self.closes.try_get_value() != Some(true) {
            return;
        }
        let Some((code, place)) = self.closed() else { return };
        let glyph = self.table.with_untracked(|table| match table {
            Table::There(emojis) => Some(emojis.of_code(&code)?.glyph.clone()),
            Table::Unasked | Table::Coming | Table::Failed => None,
        });
        if let Some(glyph) = glyph {
            self.closes.set_value(false);
            self.words.replace(place, &glyph);
        }
    }

    /// The cursor may be elsewhere.
    pub fn look(self) {
        self.closes.set_value(false);
        self.follow();
    }

    fn follow(self) {
        let (text, cursor) = self.words.around_cursor();
        let asks = |state: &Completing| {
            state.asked.as_ref().is_some_and(|asked| asked.sign == Sign::Emoji)
        };
        let before = self.state.with_untracked(asks);
        let mut next = self.state.get_untracked();
        next.follow(&text, cursor);
        if asks(&next) && !before {
            want_emoji(self.table);
        }
        if self.state.with_untracked(|state| *state != next) {
            self.state.set(next);
        }
    }

    /// Nothing is asked for any more. The field may go, with the keyboard in it.
    pub fn end(self) {
        self.closes.try_set_value(false);
        if self.state.try_with_untracked(|state| state.asked.is_some()) == Some(true) {
            self.state.try_set(Completing::default());
        }
    }

    /// A key was pressed in the field. True if it was meant for the list.
    pub fn take_key(self, event: &web_sys::KeyboardEvent) -> bool {
        let count = self.choices.with_untracked(Vec::len);
        if count == 0 || event.is_composing() || event.shift_key() {
            return false;
        }
        match event.key().as_str() {
            "ArrowDown" => self.state.update(|state| state.mark(Move::Down, count)),
            "ArrowUp" => self.state.update(|state| state.mark(Move::Up, count)),
            "Enter" | "Tab" => self.take(self.at()),
            "Escape" => self.state.update(Completing::refuse),
            _ => return false,
        }
        true
    }

    /// The id of what is marked, while something is offered.
    pub fn marked(self) -> Option<String> {
        self.is_open().then(|| line_id(PREFIX, self.state.with(|state| state.at)))
    }

    /// True while something is offered.
    pub fn is_open(self) -> bool {
        !self.choices.with(Vec::is_empty)
    }

    fn at(self) -> usize {
        self.state.with_untracked(|state| state.at)
    }

    fn take(self, place: usize) {
        let choice = self.choices.with_untracked(|choices| choices.get(place).cloned());
        let asked = self.state.with_untracked(|state| state.asked.clone());
        if let Some((choice, asked)) = choice.zip(asked) {
            let (text, cursor) = complete(&self.words.written(), &asked, &choice.shown);
            self.words.put(text, cursor);
        }
        self.end();
    }
}

fn of_member(view: &MemberView) -> Line {
    Line { shown: format!("@{}", view.name), beside: view.member.mark() }
}

/// The list.
#[component]
pub fn CompletionList(completions: Completions) -> impl IntoView {
    let Completions { state, choices, table, .. } = completions;
    let at = Signal::derive(move || state.with(|state| state.at));
    let lines = move || {
        let take = Callback::new(move |place| completions.take(place));
        list_lines(PREFIX, choices, at, take)
    };
    let failed = move || {
        let asks = state.with(|state| state.asked.as_ref().map(|asked| asked.sign));
        asks == Some(Sign::Emoji) && table.with(|table| *table == Table::Failed)
    };
    view! {
        <Show when=move || completions.is_open()>
            <ul
                id=LIST
                class="completions"
                role="listbox"
                aria-label=word(|words| words.everyday.completions)
            >
                {lines()}
            </ul>
        </Show>
        <p class="fault" role="status" data-testid="emoji-failed" hidden=move || !failed()>
            {word(|words| words.everyday.no_emoji)}
        </p>
    }
}
