//! The panel beside the messages: who is in the room, one's own name, and how this tab does.
//!
//! On a narrow screen the same panel is a drawer (`popover`), so that there is only one of it.

mod asked;
mod code;
mod verify;

use std::sync::Arc;

use browser::{MemberId, MemberView, Treatment};
use leptos::prelude::*;

pub use self::asked::MemberDialog;
pub use self::code::Code;
use super::focus::DRAWER;
use super::icon::Icon;
use super::member::{Mark, Name, Seal, Tile, lines};
use super::status::ConnectionsButton;
use crate::chat::{Deed, Question};
use crate::page::{Page, language, word};

/// The id of the panel, for the button that opens it on a narrow screen.
pub const PANEL: &str = "members-panel";

/// The list of members.
#[component]
pub fn Members(
    /// All of them, and whoever one is oneself.
    #[prop(into)]
    members: Signal<Vec<MemberView>>,
    /// How many are in the room.
    #[prop(into)]
    count: Signal<usize>,
) -> impl IntoView {
    let language = language();
    let sorted = Signal::derive(move || {
        let mut members = members.get();
        members.sort_by_key(|member| (!member.me, !member.online));
        members.into_iter().map(|member| member.member).collect()
    });
    let heading = move || match (count.get(), language.get().words()) {
        (0, words) => words.outside.to_owned(),
        (count, words) => (words.member_count)(count),
    };
    let line = move |member| member_line(member, members);
    view! {
        <section aria-labelledby="members-heading">
            <h2 id="members-heading" tabindex="-1" data-testid="member-count">
                {heading}
            </h2>
            <ul class="members">{lines(sorted, Arc::new(line))}</ul>
            <ConnectionsButton testid="connections-open-members" />
        </section>
    }
}

fn member_line(member: MemberId, members: Signal<Vec<MemberView>>) -> AnyView {
    let page = Page::here();
    let language = language();
    let view = Memo::new(move |_| {
        members.with(|all| all.iter().find(|view| view.member == member).cloned())
    });
    let me = view.with_untracked(|view| view.as_ref().is_some_and(|view| view.me));
    let name = Signal::derive(move || view.get().map(|view| view.name).unwrap_or_default());
    let online = move || view.with(|view| view.as_ref().is_some_and(|view| view.online));
    let presence = move || {
        let words = language.get().words();
        if online() { words.online } else { words.away }
    };
    let role = move || language.get().role(view.with(|view| Some(view.as_ref()?.role))?);
    let choices = page.of_room(move |room| !room.choices(member).is_empty());
    let label = Signal::derive(move || {
        let language = language.get();
        (language.words().choices_of)(&language.called(&name.get()))
    });
    view! {
        <li
            class="member"
            data-testid="member"
            data-member=member.to_string()
            data-online=move || online().to_string()
        >
            <span class="presence">
                <Tile member name />
                <span class={"dot"} aria-hidden="true"></span>
            </span>
            <span class="who">
                <span class="line">
                    <Name member name />
                    <Seal member />
                    {me.then(|| view! { <span class="chip">{word(|words| words.you)}</span> })}
                    <span class="chip" data-testid="role" hidden=move || role().is_none()>
                        {role}
                    </span>
                    <Treated view />
                </span>
                <span class="line">
                    <Mark member />
                    <span class="presence-words">{presence}</span>
                </span>
            </span>
            <button
                type="button"
                class="icon-button"
                aria-haspopup="dialog"
                aria-label=label
                title=label
                data-testid="member-choices"
                hidden=move || !choices.get()
                on:click=move |_| page.does(Deed::Ask(Some(Question::Member(member))))
            >
                <Icon name="more" />
            </button>
        </li>
    }
    .into_any()
}

/// Puts the panel away where it is a drawer, so that it does not cover what comes next.
pub fn close_drawer() {
    use wasm_bindgen::JsCast;
    let panel = document().get_element_by_id(PANEL);
    if let Some(panel) = panel.and_then(|panel| panel.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = panel.hide_popover();
    }
}

/// Shows the panel where it is a drawer that is closed: what stands in it can be seen then.
pub fn open_drawer() {
    use wasm_bindgen::JsCast;
    let panel = document().get_element_by_id(PANEL);
    let panel = panel.and_then(|panel| panel.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(panel) = panel.filter(|panel| panel.offset_width() == 0) {
        let _ = panel.show_popover();
    }
}

/// The button that opens the panel where it is a drawer.
#[component]
pub fn PanelButton(#[prop(into)] count: Signal<usize>) -> impl IntoView {
    let language = language();
    let label = move || (language.get().words().member_count_label)(count.get());
    view! {
        <button
            type="button"
            id=DRAWER
            class="panel-button"
            popovertarget=PANEL
            aria-label=label
        >
            <Icon name="members" />
            <span>{move || count.get()}</span>
        </button>
    }
}

/// Says that a member is blocked or muted on this device.
#[component]
fn Treated(view: Memo<Option<MemberView>>) -> impl IntoView {
    let language = language();
    let said = move || {
        let (words, view) = (language.get().words(), view.get()?);
        match view.treatment {
            Treatment { blocked: true, .. } => Some(words.blocked),
            Treatment { muted: true, .. } => Some(words.muted),
            Treatment { .. } => None,
        }
    };
    view! {
        <span class="chip" data-testid="treatment" hidden=move || said().is_none()>
            {said}
        </span>
    }
}
