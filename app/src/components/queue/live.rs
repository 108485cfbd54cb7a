//! What is said live and who is typing: between the messages and the composer, and nowhere else.
//! Whoever listens is told of it by the announcer, with all that comes in.

use browser::{LiveMessage, MemberId};
use leptos::prelude::*;

use crate::components::messages::Names;
use crate::page::{language, word};
use crate::prose::tame;

/// Live messages that are in view at once.
const IN_VIEW: usize = 3;

/// See the module.
#[component]
pub fn Live(
    /// What was said live, oldest first.
    live: Memo<Vec<LiveMessage>>,
    /// Who is typing.
    typing: Memo<Vec<MemberId>>,
    /// The names of members.
    names: Memo<Names>,
) -> impl IntoView {
    let language = language();
    let name = move |member: &MemberId| {
        let name = names.with(|names| names.get(member).cloned()).unwrap_or_default();
        if name.is_empty() { language.get().words().nameless.to_owned() } else { name }
    };
    let line = move |message: LiveMessage| {
        view! {
            <li data-testid="live-message" data-author=message.author.to_string()>
                <bdi class="name">{name(&message.author)}</bdi>
                " "
                <span dir="auto">{tame(&message.text)}</span>
            </li>
        }
    };
    let lines = move || {
        let live = live.get();
        let skip = live.len().saturating_sub(IN_VIEW);
        live.into_iter().skip(skip).map(line).collect_view()
    };
    let who = move || {
        let (language, typing) = (language.get(), typing.get());
        let names: Vec<String> = typing.iter().map(name).collect();
        match names.is_empty() {
            true => String::new(),
            false => (language.words().typing)(&language.several(&names), names.len()),
        }
    };
    view! {
        <div class="live" hidden=move || live.with(Vec::is_empty)>
            <p class="hint">{word(|words| words.live_now)}</p>
            <ul>{lines}</ul>
        </div>
        <p class="typing" data-testid="typing" dir="auto">
            {who}
        </p>
    }
}
