//! The list of messages: stays at its end while the reader is there, stays where the reader is
//! otherwise, and says which messages were on a visible screen.

mod announcer;
mod scroll;
mod sight;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use browser::{EntryId, MemberId, MemberView};
use leptos::html;
use leptos::prelude::*;

use super::icon::Icon;
use super::message::{MessageRow, Rescue, lead_back};
use crate::chat::{Older, RoomState, Rows, Shown, Turn, on_screen, unread_below};
use crate::page::{Page, ScreenStoreFields, language, word};
pub use announcer::Announcer;
pub use scroll::Scroll;
pub use sight::{Sight, on_visibility, page_is_visible};
use sight::{is_covered, on_uncovering};

/// Where the reader is to be led.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// To this message.
    pub entry: EntryId,
    /// True if the keyboard goes there, too.
    pub focus: bool,
}

/// Names by member, for rows.
pub type Names = BTreeMap<MemberId, String>;

/// The names of all members.
pub fn names_of<'a>(members: impl Iterator<Item = &'a MemberView>) -> Names {
    members.map(|view| (view.member, view.name.clone())).collect()
}

/// The list, and what goes with it.
#[component]
pub fn Messages(
    /// The names of all members.
    names: Memo<Names>,
    /// A message was refused, and the person has decided.
    on_rescue: impl Fn(Rescue) + Copy + Send + Sync + 'static,
    /// Changes with every message that the person sends: its reader wants to see it.
    #[prop(into)]
    sent: Signal<u32>,
    /// Where the reader is to be led.
    way: RwSignal<Option<Way>>,
    /// Drawn where there are no messages.
    children: ChildrenFn,
) -> impl IntoView {
    let page = Page::here();
    let rows = page.screen().rows();
    let empty = Memo::new(move |_| rows.with(Vec::is_empty));
    let (view_node, list_node) = (NodeRef::<html::Div>::new(), NodeRef::<html::Ol>::new());
    let scroll = Scroll::new(page, view_node, list_node);
    lead_back(page, scroll);
    let lowest = RwSignal::new(None::<u64>);
    let sight = watch(page, scroll, lowest);
    Effect::new(move |last: Option<()>| {
        sent.track();
        if last.is_some() {
            scroll.to_end();
        }
    });
    Effect::new(move |_| {
        if let Some(Way { entry, focus }) = way.get() {
            way.set(None);
            scroll.to_entry(entry, focus);
        }
    });
    view! {
        <div class="messages-frame">
            <div
                class="messages"
                data-testid="message-list"
                tabindex="0"
                role="region"
                aria-label=word(|words| words.messages)
                node_ref=view_node
                on:scroll=move |_| scroll.on_scroll()
            >
                <div class="messages-content">
                    <Top empty scroll on_older=move || page.load_older() />
                    <Show when=move || empty.get()>{children()}</Show>
                    <ol node_ref=list_node>
                        <For each=move || rows key=|row| row.key() let:row>
                            {
                                let first = row.get_untracked();
                                let author = first.author;
                                let message = Memo::new(move |last: Option<&Shown>| {
                                    row.try_get().or_else(|| last.cloned())
                                        .unwrap_or_else(|| first.clone())
                                });
                                let name = Memo::new(move |_| {
                                    let name = |names: &Names| names.get(&author).cloned();
                                    names.with(name).unwrap_or_default()
                                });
                                let other = Memo::new(move |_| {
                                    let private = message.with(|message| message.private);
                                    let name = |names: &Names| names.get(&private?).cloned();
                                    names.with(name).unwrap_or_default()
                                });
                                view! { <MessageRow message name other sight scroll on_rescue /> }
                            }
                        </For>
                    </ol>
                </div>
            </div>
            <Jump scroll lowest />
        </div>
    }
}

/// So long, in milliseconds, what is seen waits for the first message that is new.
const PATIENCE: u64 = 10_000;

/// Tells the client of which messages the words were on a visible screen, each message once; and
/// the page, which of them is the lowest.
fn watch(page: Page, scroll: Scroll, lowest: RwSignal<Option<u64>>) -> Sight {
    let told: StoredValue<BTreeSet<EntryId>> = StoredValue::new(BTreeSet::new());
    let (finds, late) = (page.of_room(RoomState::finds), RwSignal::new(false));
    let tell = move |visible: &BTreeSet<u64>| {
        if visible.is_empty() || !page_is_visible() || is_covered() {
            return;
        }
        let last = |rows: &[Shown]| rows.iter().rfind(|row| visible.contains(&row.key))?.key.into();
        lowest.try_set(page.of_drawn(last).flatten());
        let waits = finds.get_untracked() && !late.get_untracked();
        if waits || !untrack(move || scroll.is_settled()) {
            return;
        }
        let Some((seen, read)) = page.of_drawn(|rows| on_screen(rows, visible)) else { return };
        let fresh = told.try_update_value(|told| {
            read.into_iter().filter(|entry| told.insert(*entry)).collect::<Vec<_>>()
        });
        if let Some(fresh) = fresh.filter(|fresh| !fresh.is_empty()) {
            page.mark_read(fresh);
        }
        page.see(seen);
    };
    let sight = Sight::new(tell);
    let again = move || tell(&sight.visible());
    on_visibility(again);
    on_uncovering(again);
    // Words may have come into a line that was on the screen without any.
    Effect::new(move |_| {
        page.screen().drawings().track();
        scroll.is_settled();
        late.track();
        request_animation_frame(again);
    });
    // What nobody can send would be waited for without end.
    Effect::new(move |_| {
        late.set(false);
        if finds.get() {
            let end = move || {
                late.try_set(true);
            };
            set_timeout(end, Duration::from_millis(PATIENCE));
        }
    });
    sight
}

/// What stands above the first message.
#[component]
fn Top(
    empty: Memo<bool>,
    scroll: Scroll,
    on_older: impl Fn() + Copy + Send + 'static,
) -> impl IntoView {
    let page = Page::here();
    let older = page.of_room(|room| room.older);
    let above = page.screen().above();
    let on_press = move || {
        scroll.leave_end();
        match above.get_untracked() {
            true => page.turn(Turn::Up),
            false => on_older(),
        }
    };
    let button = move |loading: bool| {
        let words = page.language().get().words();
        let said = if loading { words.loading_older } else { words.load_older };
        view! {
            <button
                type="button"
                class="older quiet"
                data-testid="load-older"
                disabled=loading
                on:click=move |_| on_press()
            >
                <Icon name="up" />
                {said}
            </button>
        }
    };
    move || match older.get() {
        _ if above.get() => Some(button(false).into_any()),
        Older::More => Some(button(false).into_any()),
        Older::Loading => Some(button(true).into_any()),
        Older::None if !empty.get() => {
            Some(view! { <p class="beginning">{word(|words| words.beginning)}</p> }.into_any())
        }
        Older::None | Older::Unknown => None,
    }
}

/// The way to the newest message, while the reader is elsewhere.
#[component]
fn Jump(scroll: Scroll, lowest: RwSignal<Option<u64>>) -> impl IntoView {
    let page = Page::here();
    let language = language();
    let below = Memo::new(move |_| page.of_rows(|rows| unread_below(rows, lowest.get())));
    let late = |rows: &Rows| rows.iter().filter(|row| row.unread && row.late).count();
    let late = Memo::new(move |_| page.of_rows(late));
    let said = move || {
        let words = language.get().words();
        match below.get() {
            0 => words.to_newest.to_owned(),
            count => (words.unread)(count),
        }
    };
    view! {
        <div class="jumps">
            <Show when=move || { late.get() > 0 }>
                <button type="button" class="jump late" on:click=move |_| scroll.to_late()>
                    <Icon name="history" />
                    {move || (language.get().words().late_above)(late.get())}
                </button>
            </Show>
            <Show when=move || !scroll.at_end()>
                <button
                    type="button"
                    class="jump"
                    data-testid="jump"
                    on:click=move |_| scroll.to_end()
                >
                    <Icon name="down" />
                    {said}
                </button>
            </Show>
        </div>
    }
}
