//! A line for a passphrase.

use browser::limits;
use leptos::html;
use leptos::prelude::*;

use crate::page::word;
use crate::text::Words;

/// Characters that the line takes: more than any passphrase has, so that of one that is too long
/// nothing is cut off without a word.
const TAKEN: usize = 4 * limits::PASSPHRASE_BYTES;

/// See the module.
#[component]
pub fn Secret(
    /// Names it in the document, and for tests.
    id: &'static str,
    /// What it is.
    label: fn(&Words) -> &'static str,
    /// What was typed.
    value: RwSignal<String>,
    /// What browsers may fill in.
    autocomplete: &'static str,
    /// What is said of it, by its name in the document.
    #[prop(optional)]
    described: Option<&'static str>,
    /// Where it is drawn.
    #[prop(optional)]
    node: NodeRef<html::Input>,
) -> impl IntoView {
    view! {
        <div class="field">
            <label for=id>{word(label)}</label>
            <input
                id=id
                node_ref=node
                type="password"
                data-testid=id
                autocomplete=autocomplete
                maxlength=TAKEN.to_string()
                aria-describedby=described
                prop:value=value
                on:input=move |event| value.set(event_target_value(&event))
            />
        </div>
    }
}
