//! How far an own message has come, and of whom that tells.

use std::collections::BTreeMap;

use browser::{EntryId, Failure, RowState, Undelivered};
use leptos::prelude::*;

use crate::chat::{Message, Shown, Standing};
use crate::components::icon::ChangingIcon;
use crate::components::messages::Names;
use crate::page::{Page, language, word};

/// Whom own messages are for, given by whoever shows them. A row looks at it only where its state
/// says something of them.
#[derive(Clone, Copy)]
pub struct Addressees {
    /// The names of all members.
    names: Memo<Names>,
    /// The names of those whom messages have not reached in time.
    missed: Memo<BTreeMap<EntryId, Vec<String>>>,
}

impl Addressees {
    /// Those of the room that is shown, of which these are the names.
    pub fn of_room(page: Page, names: Memo<Names>) -> Addressees {
        let undelivered = page.of_room(|room| room.queue.undelivered.clone());
        let missed = Memo::new(move |_| undelivered.with(|all| names.with(|it| missed(all, it))));
        Addressees { names, missed }
    }

    /// Of whom the state of a message tells.
    fn of(self, message: &Message) -> Vec<String> {
        let Standing::Stored { state, entry, recipient, .. } = &message.standing else {
            return Vec::new();
        };
        let name = |member| self.names.with(|names| names.get(&member).cloned());
        let alone = || recipient.and_then(name).into_iter().collect();
        match state {
            RowState::Delivered => alone(),
            RowState::Expired => {
                let missed = self.missed.with(|missed| missed.get(entry).cloned());
                missed.unwrap_or_else(alone)
            }
            RowState::Saved
            | RowState::Held
            | RowState::Read
            | RowState::Failed
            | RowState::Received => Vec::new(),
        }
    }
}

/// Who has not got which message, by name.
fn missed(undelivered: &[Undelivered], names: &Names) -> BTreeMap<EntryId, Vec<String>> {
    let name = |failure: &Failure| names.get(&failure.member).cloned().unwrap_or_default();
    let of = |one: &Undelivered| (one.entry, one.failures.iter().map(name).collect());
    undelivered.iter().map(of).collect()
}

/// How far an own message has come: a picture, and the same in words. Shows its way when pressed.
#[component]
pub fn StateMark(
    /// The message.
    message: Memo<Shown>,
) -> impl IntoView {
    let page = Page::here();
    let language = language();
    let addressees = use_context::<Addressees>();
    let entry = Memo::new(move |_| message.with(|message| message.entry()));
    let said = Memo::new(move |_| {
        message.with(|message| {
            let whom = addressees.map(|all| all.of(message)).unwrap_or_default();
            language.get().standing(message, &whom)
        })
    });
    let icon = Signal::derive(move || message.with(|message| icon_of(&message.standing)));
    let label = move || (language.get().words().way_of)(&said.get());
    let on_click = move |_| page.look(entry.get_untracked());
    view! {
        <button
            type="button"
            class="standing"
            aria-haspopup="dialog"
            aria-label=label
            title=word(|words| words.way_heading)
            data-testid="show-way"
            disabled=move || entry.get().is_none()
            on:click=on_click
        >
            <ChangingIcon name=icon />
            <span aria-hidden="true">{said}</span>
        </button>
    }
}

fn icon_of(standing: &Standing) -> &'static str {
    match standing {
        Standing::Writing => "writing",
        Standing::Refused(_) | Standing::Lost { .. } => "alert",
        Standing::Stored { state, .. } => match state {
            RowState::Saved => "saved",
            RowState::Held => "held",
            RowState::Delivered | RowState::Received => "delivered",
            RowState::Read => "read",
            RowState::Expired => "expired",
            RowState::Failed => "alert",
        },
    }
}
