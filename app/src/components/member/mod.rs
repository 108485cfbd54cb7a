//! How a member looks wherever it stands: its colour, its initial and its mark, all but the
//! initial from its key.

use browser::MemberId;
use leptos::prelude::*;

use crate::page::{language, word};

/// Colours that a key can have; each is a class `hue-N`.
const HUES: u8 = 12;

/// The class of a member's colour.
pub fn hue(member: &MemberId) -> String {
    let letter = member.mark().bytes().next().unwrap_or_default();
    format!("hue-{}", letter % HUES)
}

/// A tile with the initial, in the member's colour.
#[component]
pub fn Tile(member: MemberId, #[prop(into)] name: Signal<String>) -> impl IntoView {
    let initial = move || {
        name.with(|name| name.chars().next().map(|first| first.to_uppercase().to_string()))
            .unwrap_or_else(|| "?".to_owned())
    };
    view! {
        <span class=format!("tile {}", hue(&member)) aria-hidden="true">
            {initial}
        </span>
    }
}

/// The name, or words for its absence.
#[component]
pub fn Name(member: MemberId, #[prop(into)] name: Signal<String>) -> impl IntoView {
    let language = language();
    let shown = move || {
        let name = name.get();
        if name.is_empty() { language.get().words().nameless.to_owned() } else { name }
    };
    view! { <bdi class=format!("name {}", hue(&member))>{shown}</bdi> }
}

/// The mark.
#[component]
pub fn Mark(member: MemberId) -> impl IntoView {
    view! {
        <code class="mark" title=word(|words| words.mark_title)>
            {member.mark()}
        </code>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_follows_from_the_key_alone() {
        let one = MemberId([1; 32]);
        assert_eq!(hue(&one), hue(&MemberId([1; 32])));
        let all: std::collections::BTreeSet<String> =
            (0..200).map(|byte| hue(&MemberId([byte; 32]))).collect();
        assert!(all.len() > 8, "{all:?}");
    }
}
