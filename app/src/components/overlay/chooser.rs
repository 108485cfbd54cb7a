//! A field, and under it a list of what is meant by what stands there: the pattern of a combobox
//! with a list box. The keyboard stays in the field; arrows mark, Enter takes what is marked.

use leptos::html;
use leptos::prelude::*;

use crate::chat::Move;
use crate::components::focus::reveal;
use crate::prose::tame;

/// One of what can be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Itself.
    pub shown: String,
    /// What stands beside it.
    pub beside: String,
}

/// See the module. The names of its parts begin with `prefix`.
#[component]
pub fn Chooser(
    prefix: &'static str,
    /// What the field is called.
    #[prop(into)]
    label: Signal<&'static str>,
    /// What stands in it while it is empty.
    #[prop(into)]
    hint: Signal<&'static str>,
    /// What was typed.
    #[prop(into)]
    text: Signal<String>,
    /// The place of what is marked.
    #[prop(into)]
    at: Signal<usize>,
    /// The list.
    lines: Memo<Vec<Line>>,
    /// So many stand side by side.
    across: usize,
    /// Something else is typed.
    on_text: Callback<String>,
    /// Another is marked: so many steps, of so many lines.
    on_mark: Callback<(Move, usize, usize)>,
    /// This one is taken.
    on_take: Callback<usize>,
) -> impl IntoView {
    let count = move || lines.with(Vec::len);
    let node = NodeRef::<html::Input>::new();
    node.on_load(|field| {
        let _ = field.focus();
    });
    // What is marked is seen: a list may be longer than its place.
    Effect::new(move |_| {
        let id = line_id(prefix, at.get());
        lines.track();
        request_animation_frame(move || reveal(&id));
    });
    let on_key = move |event: web_sys::KeyboardEvent| {
        if event.is_composing() {
            return;
        }
        let (step, times) = match event.key().as_str() {
            "ArrowDown" => (Move::Down, across),
            "ArrowUp" => (Move::Up, across),
            "ArrowRight" if across > 1 => (Move::Down, 1),
            "ArrowLeft" if across > 1 => (Move::Up, 1),
            "PageUp" => (Move::First, 1),
            "PageDown" => (Move::Last, 1),
            "Enter" => {
                event.prevent_default();
                return on_take.run(at.get_untracked());
            }
            _ => return,
        };
        event.prevent_default();
        on_mark.run((step, times, untrack(count)));
    };
    let list = format!("{prefix}-list");
    view! {
        <input
            type="text"
            node_ref=node
            role="combobox"
            dir="auto"
            autocomplete="off"
            spellcheck="false"
            maxlength="200"
            data-testid=format!("{prefix}-input")
            aria-label=label
            aria-autocomplete="list"
            aria-expanded="true"
            aria-controls=list.clone()
            aria-activedescendant=move || (count() > 0).then(|| line_id(prefix, at.get()))
            placeholder=hint
            prop:value=text
            on:input=move |event| on_text.run(event_target_value(&event))
            on:keydown=on_key
        />
        <ul id=list role="listbox" aria-label=label>
            {list_lines(prefix, lines, at, on_take)}
        </ul>
    }
}

/// The lines of a list box, of which one is marked.
pub fn list_lines(
    prefix: &'static str,
    lines: Memo<Vec<Line>>,
    at: Signal<usize>,
    on_take: Callback<usize>,
) -> AnyView {
    let line = move |(place, line): (usize, Line)| {
        view! {
            <li
                id=line_id(prefix, place)
                role="option"
                data-testid=format!("{prefix}-option")
                aria-selected=move || (at.get() == place).to_string()
                // The keyboard stays in the field.
                on:mousedown=|event: web_sys::MouseEvent| event.prevent_default()
                on:click=move |_| on_take.run(place)
            >
                <bdi>{tame(&line.shown)}</bdi>
                " "
                <span class="beside">{tame(&line.beside)}</span>
            </li>
        }
    };
    (move || lines.get().into_iter().enumerate().map(line).collect_view()).into_any()
}

/// The id of a line, for the field.
pub fn line_id(prefix: &str, place: usize) -> String {
    format!("{prefix}-{place}")
}
