//! The tray: own messages that could not be delivered, why, when it was tried, and what to do.

use browser::{Attempt, EntryId, Failure, FailureReason, MemberId, Undelivered};
use leptos::prelude::*;

use super::Steer;
use crate::chat::Subject;
use crate::components::messages::Names;
use crate::page::{language, word};
use crate::text::{Language, machine_time};

fn reason(language: Language, reason: FailureReason) -> &'static str {
    let words = language.words();
    match reason {
        FailureReason::Expired => words.reason_expired,
        FailureReason::NoSpace => words.reason_no_space,
        FailureReason::TooMuch => words.reason_too_much,
        FailureReason::NotAllowed => words.reason_not_allowed,
        FailureReason::Blocked => words.reason_blocked,
        FailureReason::NotUnderstood => words.reason_not_understood,
        FailureReason::Quota => words.reason_quota,
        FailureReason::Other(_) => words.reason_other,
    }
}

/// One message.
#[component]
pub fn FailedItem(
    /// What became of it.
    failed: Undelivered,
    /// What a message says, if it is shown: to name it.
    said: impl Fn(EntryId) -> Option<String> + Send + Sync + 'static,
    /// The names of members.
    names: Memo<Names>,
    /// The person steers it.
    on_steer: impl Fn(Steer) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let language = language();
    let Undelivered { entry, failures, history } = failed;
    let expired = failures.iter().any(|failure| failure.reason == FailureReason::Expired);
    let text = Memo::new(move |_| said(entry));
    let words =
        move || text.get().unwrap_or_else(|| language.get().words().older_message.to_owned());
    let name =
        move |member: &MemberId| names.with(|names| names.get(member).cloned()).unwrap_or_default();
    let why = move || {
        let language = language.get();
        let line = |failure: &Failure| {
            let why = reason(language, failure.reason);
            (language.words().failed_for)(&name(&failure.member), why)
        };
        failures.iter().map(line).collect::<Vec<_>>().join("; ")
    };
    let attempt = move |attempt: Attempt| {
        let said = move || {
            let (language, member) = (language.get(), attempt.member);
            (language.words().failed_for)(&name(&member), reason(language, attempt.reason))
        };
        view! {
            <li data-testid="attempt">
                <time datetime=machine_time(attempt.at)>
                    {move || language.get().short_moment(attempt.at)}
                </time>
                " "
                {said}
            </li>
        }
    };
    let count = history.len();
    view! {
        <li data-testid="undelivered-item" class="failed">
            <p class="words" dir="auto">{words}</p>
            <p class="hint">{word(|words| words.undelivered)} ": " {why}</p>
            <details data-testid="attempts">
                <summary>{move || (language.get().words().attempts_so_far)(count)}</summary>
                <ol>{history.into_iter().map(attempt).collect_view()}</ol>
            </details>
            <Choices entry expired has_words=move || text.with(Option::is_some) on_steer />
        </li>
    }
}

/// What can be done with it: what expired has no words left to send.
#[component]
fn Choices(
    entry: EntryId,
    expired: bool,
    #[prop(into)] has_words: Signal<bool>,
    on_steer: impl Fn(Steer) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let button = move |testid: &'static str, said: Signal<&'static str>, steer: Steer| {
        view! {
            <button
                type="button"
                class="quiet"
                data-testid=testid
                on:click=move |_| on_steer(steer.clone())
            >
                {said}
            </button>
        }
    };
    let resend = move || {
        let subject = Steer::Revise(Subject::Undelivered(entry));
        button("resend", word(|words| words.edit_and_resend), subject)
    };
    view! {
        <div class="steer">
            {(!expired).then(|| button("retry", word(|words| words.retry), Steer::Retry(entry)))}
            <Show when=move || !expired && has_words.get()>{resend()}</Show>
            {(!expired).then(|| {
                button("drop", word(|words| words.delete_message), Steer::Delete(entry))
            })}
            {expired.then(|| {
                button("put-away", word(|words| words.put_away), Steer::PutAway(entry))
            })}
        </div>
    }
}
