//! What members have put on a message, and what a person can do with it.

use browser::{Body, EntryId, Reaction};
use leptos::prelude::*;

use super::reacting::Reacting;
use crate::chat::{Compose, Lay, PageEvent, Shown, Subject};
use crate::components::icon::{ChangingIcon, Icon};
use crate::page::{Copied, Page, ScreenStoreFields, copy, language, select, word};
use crate::prose::tame;

/// Reactions on a message; pressing one adds or takes away one's own.
#[component]
pub fn Reactions(
    /// The message.
    message: Memo<Shown>,
) -> impl IntoView {
    let page = Page::here();
    let language = language();
    let me = page.of_room(|room| room.view.as_ref().map(|view| view.me));
    let chip = move |entry: EntryId, reaction: Reaction| {
        let (count, emoji) = (reaction.members.len(), reaction.emoji.clone());
        let mine = move || me.get().is_some_and(|me| reaction.members.contains(&me));
        let pressed = mine.clone();
        let label = {
            let emoji = tame(&emoji);
            move || (language.get().words().reacted)(&emoji, count)
        };
        // Whatever a member puts there, the count stands behind it.
        let shown = tame(&emoji);
        let said = format!(" {count}");
        view! {
            <button
                type="button"
                class="reaction"
                data-testid="reaction"
                aria-pressed=move || pressed().to_string()
                aria-label=label
                on:click=move |_| page.react(entry, &emoji, !mine())
            >
                <bdi class="emoji">{shown}</bdi>
                {said}
            </button>
        }
    };
    move || {
        let (entry, reactions) =
            message.with(|message| (message.entry(), message.reactions.clone()));
        let entry = entry?;
        (!reactions.is_empty()).then(|| {
            let chips: Vec<_> = reactions.into_iter().map(|one| chip(entry, one)).collect();
            view! { <p class="reactions">{chips}</p> }
        })
    }
}

/// The choices for a message: an answer, a reaction and a copy for any, deletion for one's own.
#[component]
pub fn Actions(
    /// The message.
    message: Memo<Shown>,
    /// True if it is one's own.
    own: bool,
) -> impl IntoView {
    let page = Page::here();
    let there = Memo::new(move |_| {
        message.with(|message| message.entry().filter(|_| matches!(message.body, Body::Text(_))))
    });
    let lasts = Memo::new(move |_| message.with(|message| message.vanishes.is_none()));
    let goes_on = move || {
        let open = message.with(|message| message.private.is_none());
        open && lasts.get() && page.screen().rooms().with(|rooms| rooms.len() > 1)
    };
    let reacting = expect_context::<Reacting>();
    let react = move |_| {
        if let Some(entry) = there.get_untracked() {
            reacting.begin(entry);
        }
    };
    view! {
        <Show when=move || there.get().is_some()>
            // Where nothing can be pointed at, a touch gives it the keyboard, and so shows it.
            <span
                class="actions"
                role="group"
                tabindex="-1"
                aria-label=word(|words| words.actions)
            >
                <Answer message />
                <button
                    type="button"
                    class="quiet"
                    data-testid="react"
                    aria-haspopup="dialog"
                    title=word(|words| words.react)
                    aria-label=word(|words| words.react)
                    on:click=react
                >
                    <Icon name="react" />
                </button>
                <Copy message />
                <Show when=goes_on>
                    <Forward there />
                </Show>
                {own.then(|| {
                    view! {
                        <Show when=move || lasts.get()>
                            <Edit there />
                        </Show>
                        <Delete there />
                    }
                })}
            </span>
        </Show>
    }
}

/// Copies the words as they were written. Where the browser does not let the page, they are
/// selected.
#[component]
fn Copy(message: Memo<Shown>) -> impl IntoView {
    let language = language();
    let copied = RwSignal::new(Copied::No);
    let on_click = move |_| {
        if let Body::Text(text) = message.with_untracked(|message| message.body.clone()) {
            copy(text, copied);
        }
    };
    Effect::new(move |_| {
        if copied.get() == Copied::ByHand {
            select_words(message.with_untracked(|message| message.key));
        }
    });
    let said = move || {
        let words = language.get().words();
        copied.get().says(["", words.copied, words.copy_by_hand])
    };
    let icon = Signal::derive(move || copied.get().says(["copy", "check", "copy"]));
    view! {
        <button
            type="button"
            class="quiet"
            data-testid="copy-message"
            title=word(|words| words.everyday.copy_words)
            on:click=on_click
            on:blur=move |_| copied.set(Copied::No)
        >
            <ChangingIcon name=icon />
            <span class="unseen">{word(|words| words.everyday.copy_words)}</span>
            <span aria-live="polite">{said}</span>
        </button>
    }
}

fn select_words(key: u64) {
    let words = document().query_selector(&format!("[data-words=\"{key}\"]"));
    if let Ok(Some(words)) = words {
        select(&words);
    }
}

/// Asks in which room the words are to be said, too.
#[component]
fn Forward(there: Memo<Option<EntryId>>) -> impl IntoView {
    let page = Page::here();
    let on_click = move |_| {
        if let Some(entry) = there.get_untracked() {
            page.happen(PageEvent::Lays(Lay::Forward(entry)));
        }
    };
    view! {
        <button
            type="button"
            class="quiet"
            data-testid="forward"
            aria-haspopup="dialog"
            title=word(|words| words.everyday.forward)
            aria-label=word(|words| words.everyday.forward)
            on:click=on_click
        >
            <Icon name="elsewhere" />
        </button>
    }
}

/// Says to the composer that what is written next answers this.
#[component]
fn Answer(message: Memo<Shown>) -> impl IntoView {
    let page = Page::here();
    let on_click = move |_| {
        if let Some(target) = message.with_untracked(|message| message.target()) {
            page.compose(Compose::Reply(Some(target)));
        }
    };
    view! {
        <button
            type="button"
            class="quiet"
            data-testid="reply"
            title=word(|words| words.reply)
            aria-label=word(|words| words.reply)
            on:click=on_click
        >
            <Icon name="reply" />
        </button>
    }
}

/// Puts the words into the composer.
#[component]
fn Edit(there: Memo<Option<EntryId>>) -> impl IntoView {
    let page = Page::here();
    let on_click = move |_| {
        if let Some(entry) = there.get_untracked() {
            page.compose(Compose::Revise(Subject::Row(entry)));
        }
    };
    view! {
        <button
            type="button"
            class="quiet"
            data-testid="edit-message"
            title=word(|words| words.edit_again)
            aria-label=word(|words| words.edit_again)
            on:click=on_click
        >
            <Icon name="edit" />
        </button>
    }
}

/// Asks twice: what is deleted is gone everywhere.
#[component]
fn Delete(there: Memo<Option<EntryId>>) -> impl IntoView {
    let page = Page::here();
    let language = language();
    let sure = RwSignal::new(false);
    let on_click = move |_| {
        if let Some(entry) = there.get_untracked().filter(|_| sure.get_untracked()) {
            page.delete(entry);
        }
        sure.update(|sure| *sure = !*sure);
    };
    let label = move || {
        let words = language.get().words();
        if sure.get() { words.delete_sure } else { words.delete_message }
    };
    let said = move || if sure.get() { label() } else { "" };
    view! {
        <button
            type="button"
            class="quiet"
            data-testid="delete-message"
            title=label
            aria-label=label
            on:click=on_click
            on:blur=move |_| sure.set(false)
        >
            <Icon name="delete" />
            {said}
        </button>
    }
}
