//! Says new messages of others to whoever listens: the one polite live region for them.

use browser::Body;
use leptos::prelude::*;

use super::Names;
use crate::chat::News;
use crate::page::language;
use crate::prose::tame;

/// See the module.
#[component]
pub fn Announcer(
    /// What has come in last.
    #[prop(into)]
    news: Signal<Option<News>>,
    /// The names of all members.
    names: Memo<Names>,
) -> impl IntoView {
    let language = language();
    let said = Memo::new(move |_| {
        let words = language.get_untracked().words();
        let news = news.get()?;
        Some(match (&news.last.body, news.count) {
            (Body::Text(text), 1) => {
                let name = names.with_untracked(|names| names.get(&news.last.author).cloned());
                let name = name.filter(|name| !name.is_empty());
                (words.announce_one)(
                    &name.unwrap_or_else(|| words.nameless.to_owned()),
                    &tame(text),
                )
            }
            (
                Body::Text(_) | Body::Gone | Body::Decided(_) | Body::Newer | Body::Unreadable,
                count,
            ) => (words.announce_many)(count),
        })
    });
    view! {
        <p class="unseen" role="status" aria-live="polite" data-testid="announcer">
            {said}
        </p>
    }
}
