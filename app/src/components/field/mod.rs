//! A labelled line of text with a hint below, or with what is wrong with it.

use browser::{Refusal, limits};
use leptos::html;
use leptos::prelude::*;

use crate::page::language;
use crate::text::is_blank;

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
    /// What is wrong with it.
    #[prop(into)]
    wrong: Signal<Option<String>>,
    /// Its name for tests.
    testid: &'static str,
    /// What browsers may fill in.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// Where it is drawn.
    #[prop(optional)]
    node: NodeRef<html::Input>,
) -> impl IntoView {
    let hint_id = format!("{id}-hint");
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
                maxlength=limits::NAME_BYTES.to_string()
                aria-describedby=hint_id.clone()
                aria-invalid=move || wrong.get().is_some().then_some("true")
                prop:value=value
                on:input=move |event| value.set(event_target_value(&event))
            />
            <p id=hint_id class=move || if wrong.get().is_some() { "hint wrong" } else { "hint" }>
                {move || wrong.get().unwrap_or_else(|| hint.get().to_owned())}
            </p>
        </div>
    }
}

/// What is wrong with a name, in words; the engine has the last say.
pub fn fault_of_name(name: &str, may_be_empty: bool) -> Option<String> {
    if is_name(name) || may_be_empty && name.is_empty() {
        return None;
    }
    let limit = u64::try_from(limits::NAME_BYTES).unwrap_or(u64::MAX);
    Some(language().get_untracked().refusal(&Refusal::Name { limit }).title)
}

fn is_name(name: &str) -> bool {
    name.len() <= limits::NAME_BYTES && !is_blank(name) && !name.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_something_that_can_be_seen() {
        let long = "x".repeat(limits::NAME_BYTES + 1);
        for name in ["", "\u{200b}\u{feff}", "a\nb", &long] {
            assert!(!is_name(name), "{name:?}");
        }
        assert!(is_name("Ana") && is_name("三") && is_name(&long[1..]));
    }
}
