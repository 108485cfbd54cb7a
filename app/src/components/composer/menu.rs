//! How the next message goes: one quiet button, and the menu that it opens, of how urgent the
//! message is and how it is delivered. What is not as usual stands on the button in words, so
//! nothing stays chosen in silence.
//!
//! The pattern of a menu button: arrows go through it, Enter takes, Escape closes. Then the
//! keyboard is in the composer.

use browser::{MemberView, Priority};
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::delivery::{Delivery, Kind, choices};
use super::field::Words;
use super::priority::{ALL, said as said_of_menu};
use crate::components::icon::Icon;
use crate::page::{language, word};
use crate::text::names;

/// What is chosen for the next message.
#[derive(Clone, Copy)]
pub struct Chosen {
    /// How urgent it is.
    pub priority: RwSignal<Priority>,
    /// How it is delivered.
    pub delivery: RwSignal<Delivery>,
}

/// The button, and the menu while it is open.
#[component]
pub fn MannerMenu(
    /// What is chosen.
    chosen: Chosen,
    /// All members.
    members: Memo<Vec<MemberView>>,
    /// True if it is for several messages that go together.
    #[prop(into)]
    bundled: Signal<bool>,
    /// Where the keyboard goes then.
    words: Words,
) -> impl IntoView {
    let language = language();
    let Chosen { priority, delivery } = chosen;
    let offered =
        Memo::new(move |_| members.with(|members| choices(delivery.get(), members, bundled.get())));
    Effect::new(move |_| {
        if !offered.with(|offered| offered.contains(&delivery.get_untracked())) {
            delivery.set(Delivery::Usual);
        }
    });
    let unusual = Memo::new(move |_| {
        let words = language.get().words();
        let (priority, delivery) = (priority.get(), delivery.get());
        let urgency = Some(said_of_menu(priority, words).to_owned());
        let way = members.with(|members| delivery.said(words, members));
        let all = [
            urgency.filter(|_| priority != Priority::Normal),
            Some(way).filter(|_| delivery != Delivery::Usual),
        ];
        all.into_iter().flatten().collect::<Vec<String>>().join(" · ")
    });
    let open = RwSignal::new(false);
    let on_key = move |event: web_sys::KeyboardEvent| match event.key().as_str() {
        "ArrowUp" | "ArrowDown" if !open.get_untracked() => {
            event.prevent_default();
            open.set(true);
        }
        "Escape" if open.get_untracked() => {
            event.stop_propagation();
            open.set(false);
            words.focus();
        }
        _ => {}
    };
    let on_leave = move |event: web_sys::FocusEvent| {
        let inside = event.current_target().and_then(|it| it.dyn_into::<Element>().ok());
        let next = event.related_target().and_then(|it| it.dyn_into::<Element>().ok());
        if !inside.is_some_and(|inside| inside.contains(next.as_deref())) || next.is_none() {
            open.try_set(false);
        }
    };
    view! {
        <span class="manner" on:keydown=on_key on:focusout=on_leave>
            <button
                type="button"
                class="quiet add"
                class:chosen=move || !unusual.with(String::is_empty)
                data-testid="manner"
                data-priority=move || names::priority(priority.get())
                aria-haspopup="menu"
                aria-expanded=move || open.get().to_string()
                title=word(|words| words.everyday.manner)
                // Whoever presses it while it has the keyboard does not close it first.
                on:mousedown=|event| event.prevent_default()
                on:click=move |_| {
                    if open.get_untracked() {
                        words.focus();
                    }
                    open.update(|open| *open = !*open);
                }
            >
                <Icon name="manner" />
                <span class="unseen">{word(|words| words.everyday.manner)}</span>
                <bdi>{unusual}</bdi>
            </button>
            <Show when=move || open.get()>
                <Menu
                    chosen
                    offered
                    members
                    on_chosen=Callback::new(move |()| {
                        words.focus();
                        open.set(false);
                    })
                />
            </Show>
        </span>
    }
}

#[component]
fn Menu(
    chosen: Chosen,
    offered: Memo<Vec<Delivery>>,
    members: Memo<Vec<MemberView>>,
    on_chosen: Callback<()>,
) -> impl IntoView {
    let language = language();
    let Chosen { priority, delivery } = chosen;
    let node = NodeRef::<html::Div>::new();
    // What is chosen is where one begins.
    node.on_load(|menu| focus_on(menu.query_selector("[aria-checked=true]").ok().flatten()));
    let on_key = move |event: web_sys::KeyboardEvent| {
        if let (Some(step), Some(menu)) = (Step::of(&event.key()), node.get_untracked()) {
            event.prevent_default();
            step.take(&menu);
        }
    };
    let urgency = move |one: Priority| {
        let said = Signal::derive(move || said_of_menu(one, language.get().words()).to_owned());
        let take = Callback::new(move |()| {
            priority.set(one);
            on_chosen.run(());
        });
        let is_chosen = priority.get_untracked() == one;
        item(("priority", names::priority(one).to_owned()), said, is_chosen, take)
    };
    let way = move |one: Delivery| {
        let said = Signal::derive(move || {
            members.with(|members| one.said(language.get().words(), members))
        });
        let take = Callback::new(move |()| {
            delivery.set(one);
            on_chosen.run(());
        });
        item(("delivery", one.name()), said, delivery.get_untracked() == one, take)
    };
    // While it is open, what it offers stays under the hand.
    let offered = offered.get_untracked();
    let part = move |kind: Kind| {
        let of_kind = offered.iter().copied().filter(|one| one.kind() == kind);
        let ways: Vec<AnyView> = of_kind.map(way).collect();
        view! { <div class="part" role="presentation">{ways}</div> }.into_any()
    };
    view! {
        <div
            class="menu"
            role="menu"
            node_ref=node
            aria-label=word(|words| words.everyday.manner)
            // The keyboard stays in it until something is chosen.
            on:mousedown=|event| event.prevent_default()
            on:keydown=on_key
        >
            <div role="group" aria-label=word(|words| words.priority)>
                <p aria-hidden="true">{word(|words| words.priority)}</p>
                {ALL.map(urgency).into_iter().collect::<Vec<AnyView>>()}
            </div>
            <div role="group" aria-label=word(|words| words.delivery)>
                <p aria-hidden="true">{word(|words| words.delivery)}</p>
                {Kind::ALL.map(part).into_iter().collect::<Vec<AnyView>>()}
            </div>
        </div>
    }
}

/// One of what can be chosen, by the name of its group and its own.
fn item(
    (group, name): (&'static str, String),
    said: Signal<String>,
    is_chosen: bool,
    on_take: Callback<()>,
) -> AnyView {
    view! {
        <button
            type="button"
            role="menuitemradio"
            tabindex="-1"
            data-testid=group
            data-value=name
            aria-checked=is_chosen.to_string()
            on:click=move |_| on_take.run(())
        >
            <Icon name="check" />
            <bdi>{said}</bdi>
        </button>
    }
    .into_any()
}

/// Where a key leads in the menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Down,
    Up,
    First,
    Last,
}

impl Step {
    fn of(key: &str) -> Option<Step> {
        match key {
            "ArrowDown" => Some(Step::Down),
            "ArrowUp" => Some(Step::Up),
            "Home" => Some(Step::First),
            "End" => Some(Step::Last),
            _ => None,
        }
    }

    /// The place that comes next of so many, from one of them.
    fn from(self, at: usize, count: usize) -> usize {
        match self {
            Step::Down => (at + 1) % count,
            Step::Up => (at + count - 1) % count,
            Step::First => 0,
            Step::Last => count - 1,
        }
    }

    fn take(self, menu: &Element) {
        let mut all = Vec::new();
        gather(menu, &mut all);
        let there = document().active_element();
        let at = all.iter().position(|one| Some(one) == there.as_ref()).unwrap_or_default();
        if !all.is_empty() {
            focus_on(all.get(self.from(at, all.len())).cloned());
        }
    }
}

/// The buttons in it, from top to bottom.
fn gather(within: &Element, all: &mut Vec<Element>) {
    let mut next = within.first_element_child();
    while let Some(one) = next {
        next = one.next_element_sibling();
        match one.tag_name().as_str() {
            "BUTTON" => all.push(one),
            _ => gather(&one, all),
        }
    }
}

fn focus_on(element: Option<Element>) {
    if let Some(element) = element.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_go_round_and_home_and_end_to_the_edges() {
        assert_eq!((Step::Down.from(0, 3), Step::Down.from(2, 3)), (1, 0));
        assert_eq!((Step::Up.from(2, 3), Step::Up.from(0, 3)), (1, 2));
        assert_eq!((Step::First.from(1, 3), Step::Last.from(1, 3)), (0, 2));
        assert_eq!((Step::of("Home"), Step::of("a")), (Some(Step::First), None));
    }
}
