//! The time at which the next message is to be sent, where the person chooses one: by the clock of
//! this device, and not one that is over.

use leptos::prelude::*;

use super::delivery::{Delivery, Untimely};
use crate::page::word;
use crate::session;
use crate::text::{Language, Wording};

/// What is wrong with the time that is chosen for what is to be sent.
#[derive(Clone, Copy)]
pub struct Lateness(RwSignal<Option<Untimely>>);

impl Lateness {
    /// Nothing is said before something was chosen or sent.
    pub fn new(delivery: RwSignal<Delivery>) -> Lateness {
        let lateness = Lateness(RwSignal::new(None));
        Effect::new(move |_| {
            if !matches!(delivery.get(), Delivery::At(_)) {
                lateness.0.set(None);
            }
        });
        lateness
    }

    /// True if this cannot be sent now; it is said why.
    pub fn keeps(self, delivery: Delivery) -> bool {
        let untimely = delivery.untimely(session::now());
        self.0.set(untimely);
        untimely.is_some()
    }

    /// What is to be said.
    pub fn said(self, language: Language) -> Option<Wording> {
        let words = &language.words().everyday;
        let [title, help] = match self.0.get()? {
            Untimely::Unset => words.at_unset,
            Untimely::Past => words.at_past,
            Untimely::Far => words.at_far,
        };
        Some(Wording { title: title.to_owned(), help: help.to_owned() })
    }
}

/// The field, while a time is asked for.
#[component]
pub fn Later(delivery: RwSignal<Delivery>, lateness: Lateness) -> impl IntoView {
    let asked = Memo::new(move |_| matches!(delivery.get(), Delivery::At(_)));
    let on_input = move |event| {
        let chosen = Delivery::At(session::local_time(&event_target_value(&event)));
        delivery.set(chosen);
        lateness.keeps(chosen);
    };
    view! {
        <Show when=move || asked.get()>
            <p class="only later">
                <label for="send-at">{word(|words| words.everyday.at_label)}</label>
                <input
                    id="send-at"
                    type="datetime-local"
                    data-testid="send-at"
                    on:input=on_input
                />
            </p>
        </Show>
    }
}
