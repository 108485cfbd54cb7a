//! The list of what keys do.

use leptos::html;
use leptos::prelude::*;

use crate::chat::{Lay, Overlay, PageEvent};
use crate::components::focus::{is_beside, open_while};
use crate::page::{Page, ScreenStoreFields, language, word};
use crate::text::Keys;

/// See the module.
#[component]
pub fn ShortcutsDialog() -> impl IntoView {
    let page = Page::here();
    let language = language();
    let node = NodeRef::<html::Dialog>::new();
    let open =
        Memo::new(move |_| page.screen().overlay().with(|overlay| *overlay == Overlay::Shortcuts));
    open_while(node, open.into());
    let away = move || {
        if open.get_untracked() {
            page.happen(PageEvent::Lays(Lay::Away));
        }
    };
    let line = |(keys, does): &Keys| {
        let keys = keys.iter().map(|key| view! { <kbd>{*key}</kbd> }).collect_view();
        view! {
            <div>
                <dt>{keys}</dt>
                <dd>{*does}</dd>
            </div>
        }
    };
    let groups = move || {
        let groups = language.get().words().everyday.keys.iter();
        let group = |(heading, lines): &(&'static str, &'static [Keys])| {
            view! {
                <h3>{*heading}</h3>
                <dl>{lines.iter().map(line).collect_view()}</dl>
            }
        };
        open.get().then(|| groups.map(group).collect_view())
    };
    view! {
        <dialog
            class="shortcuts"
            node_ref=node
            aria-labelledby="shortcuts-heading"
            data-testid="shortcuts"
            on:click=move |event| {
                if is_beside(&event) {
                    away();
                }
            }
            on:close=move |_| away()
        >
            <div class="content" tabindex="0">
                <h2 id="shortcuts-heading">{word(|words| words.everyday.shortcuts)}</h2>
                {groups}
            </div>
            <div class="dialog-foot">
                <button
                    type="button"
                    class="quiet"
                    data-testid="shortcuts-close"
                    on:click=move |_| away()
                >
                    {word(|words| words.close)}
                </button>
            </div>
        </dialog>
    }
}
