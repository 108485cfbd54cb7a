//! Something that is so or not: its name, its state in words, and what helps.
//!
//! All of it comes as signals of a few types: what is drawn for each kind of closure anew would
//! make the page's program larger than what it says.

use leptos::prelude::*;

/// Words that change.
pub fn said(words: impl Fn() -> String + Send + Sync + 'static) -> Signal<String> {
    Signal::derive(words)
}

/// See the module. It is absent while it has no state.
#[component]
pub fn Entry(
    /// Names it for tests.
    testid: &'static str,
    /// Which one it is, for tests.
    of: String,
    /// Its state, for tests and for its colour.
    is: Signal<&'static str>,
    /// Its name.
    name: Signal<String>,
    /// Its state in words.
    said: Signal<String>,
    /// What helps; nothing if it is empty.
    help: Signal<String>,
) -> impl IntoView {
    let absent = Signal::derive(move || is.get().is_empty());
    view! {
        <li class={"entry"} data-testid=testid data-of=of data-is=is hidden=absent>
            <strong>
                <bdi>{name}</bdi>
            </strong>
            <span class="measured">{said}</span>
            <p class="hint">{help}</p>
        </li>
    }
}
