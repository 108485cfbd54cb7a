//! The panel beside the messages: who is in the room, one's own name, and how this tab does.
//!
//! On a narrow screen the same panel is a drawer (`popover`), so that there is only one of it.

use browser::{MemberId, MemberView};
use leptos::prelude::*;

use super::icon::Icon;
use super::member::{Mark, Name, Tile};
use crate::page::{language, word};

/// The id of the panel, for the button that opens it on a narrow screen.
pub const PANEL: &str = "members-panel";

/// The list of members.
#[component]
pub fn Members(
    /// All of them.
    #[prop(into)]
    members: Signal<Vec<MemberView>>,
    /// Who founded the room.
    #[prop(into)]
    founder: Signal<Option<MemberId>>,
    /// A member is not to be waited for any longer.
    on_forget: impl Fn(MemberId) + Copy + Send + 'static,
) -> impl IntoView {
    let language = language();
    let sorted = move || {
        let mut members = members.get();
        members.sort_by_key(|member| (!member.me, !member.online));
        members
    };
    let count = move || (language.get().words().member_count)(members.with(Vec::len));
    view! {
        <section aria-labelledby="members-heading">
            <h2 id="members-heading" data-testid="member-count">
                {count}
            </h2>
            <ul class="members">
                <For
                    each=sorted
                    key=|view| (view.member.0, view.name.clone(), view.online)
                    let:view
                >
                    <Member founder=move || founder.get() == Some(view.member) view on_forget />
                </For>
            </ul>
        </section>
    }
}

#[component]
fn Member(
    view: MemberView,
    #[prop(into)] founder: Signal<bool>,
    on_forget: impl Fn(MemberId) + Copy + Send + 'static,
) -> impl IntoView {
    let MemberView { member, name, me, online, role: _ } = view;
    let name = Signal::stored(name);
    let presence = if online { word(|words| words.online) } else { word(|words| words.away) };
    view! {
        <li
            class="member"
            data-testid="member"
            data-member=member.to_string()
            data-online=online.to_string()
        >
            <span class="presence">
                <Tile member name />
                <span class={"dot"} aria-hidden="true"></span>
            </span>
            <span class="who">
                <span class="line">
                    <Name member name />
                    {me.then(|| view! { <span class="chip">{word(|words| words.you)}</span> })}
                    <Show when=move || founder.get()>
                        <span class="chip">{word(|words| words.founder)}</span>
                    </Show>
                </span>
                <span class="line">
                    <Mark member />
                    <span class="presence-words">{presence}</span>
                </span>
            </span>
            {(!me && !online).then(|| view! { <Forget member on_forget /> })}
        </li>
    }
}

/// Asks twice: a forgotten member's messages no longer count as undelivered.
#[component]
fn Forget(member: MemberId, on_forget: impl Fn(MemberId) + 'static) -> impl IntoView {
    let language = language();
    let sure = RwSignal::new(false);
    let on_click = move |_| {
        if sure.get_untracked() {
            on_forget(member);
        }
        sure.update(|sure| *sure = !*sure);
    };
    let said = move || {
        let words = language.get().words();
        if sure.get() { words.forget_sure } else { words.forget }
    };
    view! {
        <button
            type="button"
            class="quiet forget"
            title=word(|words| words.forget_title)
            on:click=on_click
            on:blur=move |_| sure.set(false)
        >
            {said}
        </button>
    }
}

/// Puts the panel away where it is a drawer, so that it does not cover what comes next.
pub fn close_drawer() {
    use wasm_bindgen::JsCast;
    let panel = document().get_element_by_id(PANEL);
    if let Some(panel) = panel.and_then(|panel| panel.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = panel.hide_popover();
    }
}

/// The button that opens the panel where it is a drawer.
#[component]
pub fn PanelButton(#[prop(into)] count: Signal<usize>) -> impl IntoView {
    let language = language();
    let label = move || (language.get().words().member_count_label)(count.get());
    view! {
        <button type="button" class="panel-button" popovertarget=PANEL aria-label=label>
            <Icon name="members" />
            <span>{move || count.get()}</span>
        </button>
    }
}
