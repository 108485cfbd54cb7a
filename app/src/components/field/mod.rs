//! A labelled line for a name with a hint below, or with what is wrong with it.

mod rename;
mod secret;

use browser::limits;
use leptos::html;
use leptos::prelude::*;

use crate::page::{Page, ScreenStoreFields, language};
use crate::text::NameFault;

pub use rename::Rename;
pub use secret::Secret;

/// Characters that the line takes: far more than any name has, so that of what is too long nothing
/// is cut off without a word.
const TAKEN: usize = 4 * limits::NAME_BYTES;

/// One line of text.
#[component]
pub fn Field(
    /// Names it in the document.
    id: &'static str,
    /// What it is.
    label: Signal<&'static str>,
    /// What it is for.
    hint: Signal<&'static str>,
    /// Said beside the label, if it may stay empty.
    #[prop(optional, into)]
    note: MaybeProp<&'static str>,
    /// The text.
    value: RwSignal<String>,
    /// What was wrong with it when it was sent; told until it is changed.
    wrong: RwSignal<Option<NameFault>>,
    /// Its name for tests.
    testid: &'static str,
    /// What browsers may fill in.
    #[prop(default = Signal::stored("off"))]
    autocomplete: Signal<&'static str>,
    /// Where it is drawn.
    #[prop(optional)]
    node: NodeRef<html::Input>,
) -> impl IntoView {
    let hint_id = format!("{id}-hint");
    let language = language();
    // That it is too long is told at once.
    let long = move || {
        let fault = value.with(|value| NameFault::of(value.trim()));
        fault.filter(|fault| *fault == NameFault::Long)
    };
    let wrong_now = Memo::new(move |_| wrong.get().or_else(long));
    let on_input = move |event| {
        wrong.set(None);
        value.set(event_target_value(&event));
    };
    view! {
        <div class="field">
            <label for=id>
                {label}
                {move || note.get().map(|note| view! { <small>{" "}{note}</small> })}
            </label>
            <input
                id=id
                node_ref=node
                type="text"
                dir="auto"
                data-testid=testid
                autocomplete=autocomplete
                maxlength=TAKEN.to_string()
                aria-describedby=hint_id.clone()
                aria-invalid=move || wrong_now.get().is_some().then_some("true")
                prop:value=value
                on:input=on_input
            />
            <p
                id=hint_id
                class=move || if wrong_now.get().is_some() { "hint wrong" } else { "hint" }
            >
                {move || match wrong_now.get() {
                    Some(fault) => language.get().name_fault(fault),
                    None => hint.get().to_owned(),
                }}
            </p>
        </div>
    }
}

/// What browsers may fill in where somebody says how it is called: they remember it, in clear, and
/// so do not on a device with a passphrase.
pub fn nickname(page: Page) -> Signal<&'static str> {
    let sealed = Memo::new(move |_| page.screen().guard().with(|guard| guard.shield.is_some()));
    Signal::derive(move || if sealed.get() { "off" } else { "nickname" })
}

/// What is wrong with a name.
pub fn fault_of_name(name: &str, may_be_empty: bool) -> Option<NameFault> {
    NameFault::of(name).filter(|_| !(may_be_empty && name.is_empty()))
}
