//! What waits: drafts for their time, and own messages that nobody else holds yet. All of them can
//! still be changed, hurried or taken back.

use browser::{Body, Draft, EntryId, Priority, RowState, Terms, Waiting, When};
use leptos::prelude::*;

use super::Steer;
use crate::chat::{Shown, Standing, Subject};
use crate::components::composer::PriorityChoice;
use crate::components::messages::Names;
use crate::page::{language, word};
use crate::text::names;

/// Messages for members that are listed at once.
const LISTED: usize = 20;

/// The own messages that nobody else holds: the first of them, and how many there are.
pub fn unheld(rows: &[Shown]) -> (Vec<Shown>, usize) {
    let saved = |row: &&Shown| {
        let saved = matches!(row.standing, Standing::Stored { state: RowState::Saved, .. });
        saved && row.own && matches!(row.body, Body::Text(_))
    };
    let mut unheld = rows.iter().filter(saved);
    let listed: Vec<Shown> = unheld.by_ref().take(LISTED).cloned().collect();
    let count = listed.len() + unheld.count();
    (listed, count)
}

/// A draft that waits for its time.
#[component]
pub fn WaitingItem(
    /// The draft.
    waiting: Waiting,
    /// The names of members.
    names: Memo<Names>,
    /// The person steers it.
    on_steer: impl Fn(Steer) + Copy + 'static,
) -> impl IntoView {
    let language = language();
    let draft = waiting.draft;
    let (id, text, priority) = (draft.id, draft.text.clone(), draft.priority);
    let (when, only) = (draft.terms.when, draft.act.to());
    let name_of = move |member| {
        let name = names.with(|names| names.get(&member).cloned()).unwrap_or_default();
        if name.is_empty() { language.get().words().nameless.to_owned() } else { name }
    };
    let said = move || {
        let words = language.get().words();
        match when {
            When::Now => words.send_now.to_owned(),
            When::At(at) => (words.sent_at)(&language.get().short_moment(at)),
            When::Online(member) => (words.when_back)(&name_of(member)),
        }
    };
    let again = draft.clone();
    let choose = move |priority| {
        on_steer(Steer::Replace(Draft { priority, ..again.clone() }));
    };
    let now = move |_| {
        let terms = Terms { when: When::Now, ..draft.terms };
        on_steer(Steer::Replace(draft.clone().on(terms)));
    };
    view! {
        <li data-testid="waiting-item">
            <p class="words" dir="auto">{text}</p>
            <p class="hint">{said}</p>
            {only.map(|member| view! {
                <p class="hint" data-testid="waiting-only">
                    {move || (language.get().words().only_to)(&name_of(member))}
                </p>
            })}
            <div class="steer">
                <PriorityChoice
                    priority=Signal::stored(priority)
                    testid="waiting-class"
                    on_choose=choose
                />
                <button type="button" class="quiet" data-testid="send-now" on:click=now>
                    {word(|words| words.send_now)}
                </button>
                <button
                    type="button"
                    class="quiet"
                    data-testid="edit-waiting"
                    on:click=move |_| on_steer(Steer::Revise(Subject::Waiting(id)))
                >
                    {word(|words| words.edit_again)}
                </button>
                <button
                    type="button"
                    class="quiet"
                    data-testid="cancel"
                    on:click=move |_| on_steer(Steer::Cancel(id))
                >
                    {word(|words| words.cancel)}
                </button>
            </div>
        </li>
    }
}

/// What takes an own message back: what is stored is deleted as such, as the id of its draft may be
/// forgotten by then.
fn take_back_of(row: &Shown) -> Option<Steer> {
    let draft = || row.draft.map(Steer::Cancel);
    row.entry().map(Steer::Delete).or_else(draft)
}

/// Whatever is shown of it.
pub fn unheld_key(row: &Shown) -> (u64, &'static str, Option<String>, bool) {
    let text = super::text_of(row).map(str::to_owned);
    (row.key, names::priority(row.priority), text, row.vanishes.is_none())
}

/// An own message that nobody else holds yet.
#[component]
pub fn UnheldItem(
    /// The message.
    row: Shown,
    /// The person steers it.
    on_steer: impl Fn(Steer) + Copy + 'static,
) -> impl IntoView {
    let (entry, priority) = (row.entry(), row.priority);
    let lasts = row.vanishes.is_none();
    let text = super::text_of(&row).unwrap_or_default().to_owned();
    let steer = move |with: fn(EntryId) -> Steer| {
        if let Some(entry) = entry {
            on_steer(with(entry));
        }
    };
    let reclass = move |priority: Priority| {
        if let Some(entry) = entry {
            on_steer(Steer::Reclass(entry, priority));
        }
    };
    let take_back = move |_| {
        if let Some(steer) = take_back_of(&row) {
            on_steer(steer);
        }
    };
    view! {
        <li data-testid="unheld-item">
            <p class="words" dir="auto">{text}</p>
            <p class="hint">{word(|words| words.waits_for_members)}</p>
            <div class="steer">
                <PriorityChoice
                    priority=Signal::stored(priority)
                    testid="unheld-class"
                    on_choose=reclass
                />
                {lasts.then(|| view! {
                    <button
                        type="button"
                        class="quiet"
                        on:click=move |_| steer(|entry| Steer::Revise(Subject::Row(entry)))
                    >
                        {word(|words| words.edit_again)}
                    </button>
                })}
                <button type="button" class="quiet" data-testid="take-back" on:click=take_back>
                    {word(|words| words.cancel)}
                </button>
            </div>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::tests::own_message;

    #[test]
    fn what_is_stored_is_taken_back_as_a_message_and_what_waits_as_a_draft() {
        let stored = own_message("words");
        let entry = stored.entry().unwrap();
        assert!(stored.draft.is_some());
        assert_eq!(take_back_of(&stored), Some(Steer::Delete(entry)));
        let mut waits = stored.clone();
        waits.change(|message| message.standing = Standing::Writing);
        assert_eq!(take_back_of(&waits), stored.draft.map(Steer::Cancel));
    }

    #[test]
    fn a_message_that_gets_other_words_again_is_drawn_with_them() {
        let mut row = own_message("first");
        let mut keys = vec![unheld_key(&row)];
        for text in ["second", "third"] {
            row.change(|message| {
                (message.body, message.edited) = (Body::Text(text.to_owned()), true);
            });
            assert!(!keys.contains(&unheld_key(&row)));
            keys.push(unheld_key(&row));
        }
    }
}
