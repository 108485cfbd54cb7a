//! The palette of commands.

use leptos::html;
use leptos::prelude::*;

use super::chooser::{Chooser, Line};
use crate::chat::{Lay, Offer, Overlay, PageEvent};
use crate::components::focus::{is_beside, open_while};
use crate::page::{Page, ScreenStoreFields, language, word};
use crate::text::Language;

/// See the module.
#[component]
pub fn PaletteDialog() -> impl IntoView {
    let page = Page::here();
    let node = NodeRef::<html::Dialog>::new();
    let open = Memo::new(move |_| {
        page.screen().overlay().with(|overlay| matches!(overlay, Overlay::Palette(_)))
    });
    open_while(node, open.into());
    let (language, forwards) = (language(), forwards());
    let away = move || {
        if open.get_untracked() {
            page.happen(PageEvent::Lays(Lay::Away));
        }
    };
    view! {
        <dialog
            class="palette"
            node_ref=node
            aria-label=move || name_of(forwards.get(), language.get())
            data-testid="palette"
            on:click=move |event| {
                if is_beside(&event) {
                    away();
                }
            }
            on:close=move |_| away()
        >
            <Show when=move || open.get()>
                <Opened />
            </Show>
        </dialog>
    }
}

/// True while it is a room for a message that is chosen.
fn forwards() -> Memo<bool> {
    let page = Page::here();
    Memo::new(move |_| {
        page.screen().overlay().with(|overlay| match overlay {
            Overlay::Palette(palette) => palette.forwards.is_some(),
            Overlay::None | Overlay::Shortcuts => false,
        })
    })
}

fn name_of(forwards: bool, language: Language) -> &'static str {
    let words = &language.words().everyday;
    if forwards { words.forward } else { words.palette }
}

fn hint_of(forwards: bool, language: Language) -> &'static str {
    let words = &language.words().everyday;
    if forwards { words.forward_hint } else { words.palette_hint }
}

#[component]
fn Opened() -> impl IntoView {
    let page = Page::here();
    let language = language();
    let lay = move |lay: Lay| page.happen(PageEvent::Lays(lay));
    let text = Memo::new(move |_| {
        page.screen().overlay().with(|overlay| match overlay {
            Overlay::Palette(palette) => palette.text.clone(),
            Overlay::None | Overlay::Shortcuts => String::new(),
        })
    });
    let marked = move || {
        page.screen().overlay().with(|overlay| match overlay {
            Overlay::Palette(palette) => palette.at,
            Overlay::None | Overlay::Shortcuts => 0,
        })
    };
    let found = move || {
        let language = language.get();
        text.with(|text| page.of_state(|state| language.palette(state, text)))
    };
    let lines = Memo::new(move |_| {
        let language = language.get();
        let line = |(offer, shown): (Offer, String)| {
            let beside = language.kind_of(offer).to_owned();
            Line { shown, beside }
        };
        found().into_iter().map(line).collect::<Vec<Line>>()
    });
    let take = move |place: usize| {
        let offer = untrack(found).get(place).map(|(offer, _)| *offer);
        offer.into_iter().for_each(|offer| lay(Lay::Do(offer)));
    };
    let forwards = forwards();
    let last = move || lines.with(Vec::len).saturating_sub(1);
    view! {
        <div class="content">
            <Chooser
                prefix="palette"
                label=Signal::derive(move || name_of(forwards.get(), language.get()))
                hint=Signal::derive(move || hint_of(forwards.get(), language.get()))
                text
                at=Signal::derive(move || marked().min(last()))
                lines
                across=1
                on_text=Callback::new(move |text| lay(Lay::Type(text)))
                on_mark=Callback::new(move |(step, _, count)| lay(Lay::Mark(step, count)))
                on_take=Callback::new(take)
            />
            <p class="hint" role="status" data-testid="palette-count">
                {move || (language.get().words().found)(lines.with(Vec::len))}
            </p>
            <p class="hint">{word(|words| words.everyday.palette_keys)}</p>
        </div>
    }
}
