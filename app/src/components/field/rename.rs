//! A small form for another name, folded away until it is wanted.

use leptos::html;
use leptos::prelude::*;

use super::{Field, fault_of_name};
use crate::page::word;

/// See the module.
#[component]
pub fn Rename(
    /// Names the field in the document.
    id: &'static str,
    /// What it does.
    title: Signal<&'static str>,
    /// What the name is.
    label: Signal<&'static str>,
    /// What it is for.
    hint: Signal<&'static str>,
    /// The name as it is.
    #[prop(into)]
    name: Signal<String>,
    /// Names of field and button for tests.
    testids: (&'static str, &'static str),
    /// A new name was given.
    on_rename: impl Fn(String) + 'static,
) -> impl IntoView {
    let value = RwSignal::new(String::new());
    let fault = RwSignal::new(None);
    let details = NodeRef::<html::Details>::new();
    Effect::new(move |_| value.set(name.get()));
    let on_submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let new = value.with_untracked(|value| value.trim().to_owned());
        fault.set(fault_of_name(&new, false));
        if fault.read_untracked().is_some() {
            return;
        }
        if new != name.get_untracked() {
            on_rename(new);
        }
        if let Some(details) = details.get_untracked() {
            details.set_open(false);
        }
    };
    view! {
        <details class="rename" node_ref=details>
            <summary class="fold">{title}</summary>
            <form novalidate on:submit=on_submit>
                <Field
                    id
                    label
                    hint
                    value
                    wrong=fault
                    testid=testids.0
                />
                <button type="submit" class="main" data-testid=testids.1>
                    {word(|words| words.save)}
                </button>
            </form>
        </details>
    }
}
