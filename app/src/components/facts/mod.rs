//! What a person should know before the first message, in a few sentences.

mod entry;

use browser::Entrance;
use leptos::prelude::*;

pub use self::entry::{Entry, said};
use super::icon::Icon;
use crate::page::word;
use crate::text::Words;

/// How a room works.
#[component]
pub fn Facts() -> impl IntoView {
    view! {
        <section class="facts" aria-labelledby="facts-heading">
            <h2 id="facts-heading">{word(|words| words.good_to_know)}</h2>
            <ul>
                {fact("history", |words| words.fact_history, |words| words.fact_history_more)}
                {fact("tabs", |words| words.fact_tabs, |words| words.fact_tabs_more)}
                {fact("sleep", |words| words.fact_open, |words| words.fact_open_more)}
            </ul>
        </section>
    }
}

/// Who may see what.
#[component]
pub fn WhoSeesWhat(
    /// What a link of the room gives.
    entrance: Entrance,
) -> impl IntoView {
    let holders: Pick = match entrance {
        Entrance::Link => |words| words.link_holders_see,
        Entrance::Approval => |words| words.link_holders_knock,
    };
    view! {
        <section class="facts" aria-labelledby="sees-heading">
            <h2 id="sees-heading">{word(|words| words.who_sees_what)}</h2>
            <ul>
                {fact("members", |words| words.members_see, |words| words.members_see_what)}
                {fact("server", |words| words.server_sees, |words| words.server_sees_what)}
                {fact("link", |words| words.link_holders, holders)}
            </ul>
        </section>
    }
}

type Pick = fn(&Words) -> &'static str;

fn fact(icon: &'static str, head: Pick, more: Pick) -> impl IntoView {
    view! {
        <li>
            <Icon name=icon />
            <p>
                <strong>{word(head)}</strong>
                {" "}
                {word(more)}
            </p>
        </li>
    }
}
