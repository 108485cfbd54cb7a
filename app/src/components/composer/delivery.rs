//! How the next message is delivered, in plain words: each choice stands for terms.

use browser::{Millis, Qos, Terms, When};
use leptos::prelude::*;

use crate::page::{language, word};
use crate::text::Words;

/// What a person can choose. The choice holds for one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Stored, and delivered to everybody, exactly once.
    Usual,
    /// Whoever is there now may get it; it is not stored.
    Live,
    /// Ten minutes from now.
    InTenMinutes,
    /// An hour from now.
    InAnHour,
    /// Its words go after an hour.
    GoneInAnHour,
    /// Its words go after a day.
    GoneInADay,
}

const MINUTE: Millis = 60_000;
const HOUR: Millis = 60 * MINUTE;
const ALL: [Delivery; 6] = [
    Delivery::Usual,
    Delivery::Live,
    Delivery::InTenMinutes,
    Delivery::InAnHour,
    Delivery::GoneInAnHour,
    Delivery::GoneInADay,
];

impl Delivery {
    fn name(self) -> &'static str {
        match self {
            Delivery::Usual => "usual",
            Delivery::Live => "live",
            Delivery::InTenMinutes => "in-10-minutes",
            Delivery::InAnHour => "in-an-hour",
            Delivery::GoneInAnHour => "gone-in-an-hour",
            Delivery::GoneInADay => "gone-in-a-day",
        }
    }

    fn said(self, words: &Words) -> &'static str {
        match self {
            Delivery::Usual => words.as_usual,
            Delivery::Live => words.live_only,
            Delivery::InTenMinutes => words.in_10_minutes,
            Delivery::InAnHour => words.in_an_hour,
            Delivery::GoneInAnHour => words.gone_in_an_hour,
            Delivery::GoneInADay => words.gone_in_a_day,
        }
    }
}

/// The terms that a choice stands for, `now` in milliseconds since 1970.
pub fn terms_of(delivery: Delivery, now: Millis) -> Terms {
    let usual = Terms::default();
    match delivery {
        Delivery::Usual => usual,
        Delivery::Live => Terms { qos: Qos::AtMostOnce, ..usual },
        Delivery::InTenMinutes => Terms { when: When::At(now + 10 * MINUTE), ..usual },
        Delivery::InAnHour => Terms { when: When::At(now + HOUR), ..usual },
        Delivery::GoneInAnHour => Terms { expires_after: Some(HOUR), ..usual },
        Delivery::GoneInADay => Terms { expires_after: Some(24 * HOUR), ..usual },
    }
}

/// The choice.
#[component]
pub fn DeliveryChoice(
    /// What is chosen.
    delivery: RwSignal<Delivery>,
) -> impl IntoView {
    let language = language();
    let on_change = move |event| {
        let name = event_target_value(&event);
        if let Some(chosen) = ALL.into_iter().find(|known| known.name() == name) {
            delivery.set(chosen);
        }
    };
    let option = move |choice: Delivery| {
        view! {
            <option value=choice.name() selected=move || delivery.get() == choice>
                {move || choice.said(language.get().words())}
            </option>
        }
    };
    view! {
        <label class="delivery-choice" data-delivery=move || delivery.get().name()>
            <span class="unseen">{word(|words| words.delivery)}</span>
            <select
                data-testid="delivery"
                prop:value=move || delivery.get().name()
                on:change=on_change
            >
                {ALL.map(option).collect_view()}
            </select>
        </label>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_stands_for_terms_of_its_own() {
        let terms = ALL.map(|delivery| terms_of(delivery, 1_000));
        assert_eq!(terms[0], Terms::default());
        for (place, one) in terms.iter().enumerate() {
            assert!(terms[place + 1..].iter().all(|other| other != one));
        }
        assert_eq!(terms[2].when, When::At(1_000 + 600_000));
    }
}
