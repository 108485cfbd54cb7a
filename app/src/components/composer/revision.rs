//! The line above the composer while it holds other words for something: what, and the way out.

use leptos::prelude::*;

use crate::chat::Task;
use crate::page::{language, word};

/// See the module.
#[component]
pub fn Revision(
    /// What the composer is for.
    task: Memo<Task>,
    /// The person gives it up.
    on_end: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let language = language();
    let said = move || {
        let words = language.get().words();
        task.with(|task| match task {
            Task::New => "",
            Task::Edit(_) => words.editing_message,
            Task::Replace(_) => words.editing_waiting,
            Task::Resend(..) => words.editing_undelivered,
            Task::Anew(_) => words.editing_gone,
        })
    };
    view! {
        <Show when=move || task.with(|task| *task != Task::New)>
            <p class="revision" role="status" data-testid="revision">
                <span>{said}</span>
                <button
                    type="button"
                    class="quiet"
                    data-testid="revision-end"
                    on:click=move |_| on_end()
                >
                    {word(|words| words.cancel)}
                </button>
            </p>
        </Show>
    }
}
