//! What the person is told above a room or a form, the weightiest first.

use std::time::Duration;

use browser::MemberId;
use leptos::prelude::*;

use super::focus::Pressed;
use super::icon::Icon;
use super::members::open_drawer;
use super::status::EndLab;
use crate::chat::{Deed, DeviceDeed, DeviceQuestion, Notice, PageEvent, Problem, Question, Weight};
use crate::page::{Page, language, word};
use crate::session;

/// The signaling server may be away for so long before it is said.
const PATIENCE: Duration = Duration::from_secs(4);

/// All notices of the moment.
#[component]
pub fn Banners() -> impl IntoView {
    let page = Page::here();
    let lost = Memo::new(move |_| page.of_state(|state| state.signal_lost()));
    let lasts = RwSignal::new(false);
    Effect::new(move |last: Option<Option<TimeoutHandle>>| {
        if let Some(timer) = last.flatten() {
            timer.clear();
        }
        lasts.set(false);
        let tell = move || {
            lasts.try_set(true);
        };
        lost.get().then(|| set_timeout_with_handle(tell, PATIENCE).ok()).flatten()
    });
    let notices = Memo::new(move |_| {
        let mut notices = page.of_state(|state| state.notices());
        if lost.get() && lasts.get() {
            notices.push(Notice::SignalLost);
        }
        notices
    });
    // Who was led from a notice to its end has no button any more to come back to.
    let pressed = Pressed::watch(Signal::derive(move || notices.with(Vec::len)), &["composer"]);
    let on_compare = move |member| {
        pressed.note();
        // The dialog stands in the panel.
        open_drawer();
        page.does(Deed::Ask(Some(Question::Verify(member))));
    };
    view! {
        <div class="banners" role="region" aria-label=word(|words| words.notices)>
            <For each=move || notices.get() key=|notice| format!("{notice:?}") let:notice>
                <Banner
                    notice
                    on_compare
                    on_dismiss=move |notice| page.dismiss(notice)
                    on_end=move || pressed.note()
                />
            </For>
        </div>
    }
}

/// One notice.
#[component]
fn Banner(
    notice: Notice,
    /// A member is to be compared with.
    on_compare: impl Fn(MemberId) + 'static,
    on_dismiss: impl Fn(Notice) + 'static,
    /// What it is about is to end.
    on_end: impl Fn() + Clone + 'static,
) -> impl IntoView {
    let language = language();
    let (look, icon, role) = match notice.weight() {
        Weight::Calm => ("banner calm", "info", "status"),
        Weight::Warning => ("banner warning", "alert", "status"),
        Weight::Alarm | Weight::Stop => ("banner stop", "alert", "alert"),
    };
    let stays = !notice.can_be_put_away();
    let paused = notice == Notice::Paused;
    let reload = notice.is_helped_by_reload();
    let newer = notice == Notice::Newer;
    let lab = matches!(notice, Notice::Lab(_));
    let keeps = notice.is_of_keeping();
    let about = notice.about();
    let for_title = notice.clone();
    let for_help = notice.clone();
    let testid = name_of(&notice);
    let close = (!stays).then(|| {
        view! {
            <button type="button" class="quiet" on:click=move |_| on_dismiss(notice.clone())>
                {word(|words| words.dismiss)}
            </button>
        }
    });
    let compare = about.map(|member| {
        view! {
            <button
                type="button"
                class="quiet"
                data-testid="double-compare"
                on:click=move |_| on_compare(member)
            >
                {word(|words| words.compare)}
            </button>
        }
    });
    view! {
        <div class=look role=role data-testid=testid>
            <Icon name=icon />
            <p>
                <strong>{move || language.get().notice(&for_title).title}</strong>
                {" "}
                {move || language.get().notice(&for_help).help}
            </p>
            {compare}
            {close}
            {reload.then(|| view! { <Reload /> })}
            {keeps.then(|| view! { <Keep on_end=on_end.clone() /> })}
            {newer.then(|| view! { <Update /> })}
            {lab.then(|| view! { <EndLab on_end /> })}
            {paused.then(|| view! { <GoOn /> })}
        </div>
    }
}

#[component]
fn Reload() -> impl IntoView {
    view! {
        <button type="button" class="quiet" on:click=|_| session::reload()>
            {word(|words| words.reload)}
        </button>
    }
}

/// What waits goes out again.
#[component]
fn GoOn() -> impl IntoView {
    let page = Page::here();
    view! {
        <button
            type="button"
            class="quiet"
            data-testid="go-on"
            on:click=move |_| page.pause(false)
        >
            {word(|words| words.everyday.go_on)}
        </button>
    }
}

/// Asks the browser to keep what is stored. What it says to that stands in the dialog about this
/// device, with what helps if it does not.
#[component]
fn Keep(on_end: impl Fn() + 'static) -> impl IntoView {
    let page = Page::here();
    let language = language();
    let on_click = move |_| {
        on_end();
        for deed in [DeviceDeed::Keep, DeviceDeed::Ask(Some(DeviceQuestion::Choices))] {
            page.happen(PageEvent::Manages(deed));
        }
    };
    view! {
        <button type="button" class="quiet" data-testid="banner-keep" on:click=on_click>
            {move || language.get().space().keep}
        </button>
    }
}

/// What was written stays where it is: in the composer, and on its way.
#[component]
fn Update() -> impl IntoView {
    let page = Page::here();
    view! {
        <button
            type="button"
            class="quiet"
            data-testid="update"
            on:click=move |_| page.update()
        >
            {word(|words| words.update)}
        </button>
    }
}

/// Answers to what a person did are errors; conditions are banners.
fn name_of(notice: &Notice) -> &'static str {
    match notice {
        Notice::Request(_) | Notice::Problem(Problem::Refused(_)) => "error",
        Notice::Double(_) => "double",
        Notice::Newer => "newer",
        Notice::Lab(_) => "lab-notice",
        Notice::Paused => "paused",
        Notice::Problem(Problem::Trouble(_))
        | Notice::Worker(_)
        | Notice::Storage(_)
        | Notice::Unkept
        | Notice::Fault(_)
        | Notice::Removed
        | Notice::SignalLost => "banner",
    }
}
