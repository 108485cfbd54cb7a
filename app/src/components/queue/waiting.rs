//! What waits: drafts for their time, and by class own messages that nobody else holds yet, or not
//! everybody. What nobody else holds can still be changed, hurried or taken back; what somebody
//! holds, hurried only.

use browser::{Body, Draft, Priority, RowState, Terms, Waiting, When};
use leptos::prelude::*;

use super::Steer;
use crate::chat::{Shown, Standing, Subject};
use crate::components::composer::PriorityChoice;
use crate::components::focus::give;
use crate::components::messages::Names;
use crate::page::{language, word};
use crate::text::names;

/// Messages of a class that are listed at first, and so many more each time that more are wanted.
pub const LISTED: usize = 20;

/// Own messages of a class that some member has not got.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lacked {
    /// The first of them.
    pub listed: Vec<Shown>,
    /// How many there are.
    pub count: usize,
}

/// How many are listed of each class, in the order of [`Priority::ALL`].
pub type Most = [usize; Priority::ALL.len()];

/// The own messages that nobody else holds, or not everybody, by class in the order of
/// [`Priority::ALL`].
pub fn lacked(rows: &[Shown], most: Most) -> [Lacked; Priority::ALL.len()] {
    let mut all: [Lacked; Priority::ALL.len()] = Default::default();
    for row in rows.iter().filter(|row| row.own && matches!(row.body, Body::Text(_))) {
        let Standing::Stored { state: RowState::Saved | RowState::Held, .. } = row.standing else {
            continue;
        };
        let place = usize::from(row.priority.number());
        let (Some(lacked), Some(most)) = (all.get_mut(place), most.get(place)) else { continue };
        lacked.count += 1;
        if lacked.listed.len() < *most {
            lacked.listed.push(row.clone());
        }
    }
    all
}

/// True if somebody else holds it: it cannot be taken back.
fn is_held(row: &Shown) -> bool {
    matches!(row.standing, Standing::Stored { state: RowState::Held, .. })
}

/// A draft that waits for its time.
#[component]
pub fn WaitingItem(
    /// The draft.
    waiting: Waiting,
    /// The names of members.
    names: Memo<Names>,
    /// The person steers it.
    on_steer: impl Fn(Steer) + Copy + 'static,
) -> impl IntoView {
    let language = language();
    let draft = waiting.draft;
    let (id, text, priority) = (draft.id, draft.text.clone(), draft.priority);
    let (when, only) = (draft.terms.when, draft.act.to());
    let name_of = move |member| {
        let name = names.with(|names| names.get(&member).cloned()).unwrap_or_default();
        if name.is_empty() { language.get().words().nameless.to_owned() } else { name }
    };
    let said = move || {
        let words = language.get().words();
        match when {
            When::Now => words.send_now.to_owned(),
            When::At(at) => (words.sent_at)(&language.get().short_moment(at)),
            When::Online(member) => (words.when_back)(&name_of(member)),
        }
    };
    let again = draft.clone();
    let choose = move |priority| {
        on_steer(Steer::Replace(Draft { priority, ..again.clone() }));
    };
    let now = move |_| {
        let terms = Terms { when: When::Now, ..draft.terms };
        on_steer(Steer::Replace(draft.clone().on(terms)));
    };
    view! {
        <li data-testid="waiting-item">
            <p class="words" dir="auto">{text}</p>
            <p class="hint">{said}</p>
            {only.map(|member| view! {
                <p class="hint" data-testid="waiting-only">
                    {move || (language.get().words().only_to)(&name_of(member))}
                </p>
            })}
            <div class="steer">
                <PriorityChoice
                    priority=Signal::stored(priority)
                    testid="waiting-class"
                    on_choose=choose
                />
                <button type="button" class="quiet" data-testid="send-now" on:click=now>
                    {word(|words| words.send_now)}
                </button>
                <button
                    type="button"
                    class="quiet"
                    data-testid="edit-waiting"
                    on:click=move |_| on_steer(Steer::Revise(Subject::Waiting(id)))
                >
                    {word(|words| words.edit_again)}
                </button>
                <button
                    type="button"
                    class="quiet"
                    data-testid="cancel"
                    on:click=move |_| on_steer(Steer::Cancel(id))
                >
                    {word(|words| words.cancel)}
                </button>
            </div>
        </li>
    }
}

/// What takes an own message back: what is stored is deleted as such, as the id of its draft may be
/// forgotten by then.
fn take_back_of(row: &Shown) -> Option<Steer> {
    let draft = || row.draft.map(Steer::Cancel);
    row.entry().map(Steer::Delete).or_else(draft)
}

/// Whatever is shown of it.
fn lacked_key(row: &Shown) -> (u64, &'static str, Option<String>, bool, u32) {
    let text = super::text_of(row).map(str::to_owned);
    (row.key, names::priority(row.priority), text, row.vanishes.is_none(), row.held_by())
}

/// The own messages of a class that some member has not got.
#[component]
pub fn LackedList(
    /// The class.
    class: Priority,
    /// They.
    lacked: Memo<Lacked>,
    /// More of them are wanted.
    on_more: impl Fn() + Copy + Send + Sync + 'static,
    /// The person steers it.
    on_steer: impl Fn(Steer) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let language = language();
    let heading = match class {
        Priority::Urgent => "lacked-urgent",
        Priority::Normal => "lacked-normal",
        Priority::Low => "lacked-low",
    };
    let count = Memo::new(move |_| lacked.with(|lacked| lacked.count));
    let rest = Memo::new(move |_| lacked.with(|lacked| lacked.count - lacked.listed.len()));
    let title = move || language.get().lacked(class, count.get());
    let more = move || language.get().show_more(rest.get().min(LISTED));
    let on_click = move |_| {
        on_more();
        // The button goes with the last of them.
        request_animation_frame(move || give(&[heading]));
    };
    view! {
        <Show when=move || count.get() != 0>
            <h3 class="hint" id=heading tabindex="-1">
                {title}
            </h3>
            <ul aria-labelledby=heading>
                <For
                    each=move || lacked.with(|lacked| lacked.listed.clone())
                    key=lacked_key
                    let:row
                >
                    <LackedItem row on_steer />
                </For>
            </ul>
            <Show when=move || rest.get() != 0>
                <div class="steer">
                    <button
                        type="button"
                        class="quiet"
                        data-testid=format!("more-{heading}")
                        on:click=on_click
                    >
                        {more}
                    </button>
                </div>
            </Show>
        </Show>
    }
}

/// An own message that some member has not got.
#[component]
fn LackedItem(
    /// The message.
    row: Shown,
    /// The person steers it.
    on_steer: impl Fn(Steer) + Copy + 'static,
) -> impl IntoView {
    let language = language();
    let (entry, priority, held) = (row.entry(), row.priority, is_held(&row));
    let text = super::text_of(&row).unwrap_or_default().to_owned();
    let edits = entry.filter(|_| !held && row.vanishes.is_none());
    let takes_back = take_back_of(&row).filter(|_| !held);
    let state = move || {
        let language = language.get();
        let words = language.words();
        match held {
            true => format!("{} · {}", language.standing(&row, &[]), language.waits_for_rest()),
            false => words.waits_for_members.to_owned(),
        }
    };
    let reclass = move |priority: Priority| {
        if let Some(entry) = entry {
            on_steer(Steer::Reclass(entry, priority));
        }
    };
    view! {
        <li data-testid=if held { "held-item" } else { "unheld-item" }>
            <p class="words" dir="auto">{text}</p>
            <p class="hint">{state}</p>
            <div class="steer">
                <PriorityChoice
                    priority=Signal::stored(priority)
                    testid="unheld-class"
                    on_choose=reclass
                />
                {edits.map(|entry| view! {
                    <button
                        type="button"
                        class="quiet"
                        on:click=move |_| on_steer(Steer::Revise(Subject::Row(entry)))
                    >
                        {word(|words| words.edit_again)}
                    </button>
                })}
                {takes_back.map(|steer| view! {
                    <button
                        type="button"
                        class="quiet"
                        data-testid="take-back"
                        on:click=move |_| on_steer(steer.clone())
                    >
                        {word(|words| words.cancel)}
                    </button>
                })}
            </div>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::tests::own_message;

    #[test]
    fn what_is_stored_is_taken_back_as_a_message_and_what_waits_as_a_draft() {
        let stored = own_message("words");
        let entry = stored.entry().unwrap();
        assert!(stored.draft.is_some());
        assert_eq!(take_back_of(&stored), Some(Steer::Delete(entry)));
        let mut waits = stored.clone();
        waits.change(|message| message.standing = Standing::Writing);
        assert_eq!(take_back_of(&waits), stored.draft.map(Steer::Cancel));
    }

    fn of(class: Priority, state: RowState) -> Shown {
        let mut row = own_message("words");
        row.change(|message| {
            message.priority = class;
            if let Standing::Stored { state: known, .. } = &mut message.standing {
                *known = state;
            }
        });
        row
    }

    #[test]
    fn what_some_member_lacks_is_listed_by_class_as_far_as_it_is_wanted() {
        let urgent = (0..LISTED + 5).map(|_| of(Priority::Urgent, RowState::Held));
        let saved = of(Priority::Low, RowState::Saved);
        let done = [RowState::Delivered, RowState::Read, RowState::Failed, RowState::Expired];
        let done = done.map(|state| of(Priority::Normal, state));
        let mut gone = of(Priority::Normal, RowState::Held);
        gone.change(|message| message.body = Body::Gone);
        let rows: Vec<Shown> = urgent.chain([saved, gone]).chain(done).collect();
        let counts = |most| lacked(&rows, most).map(|lacked| (lacked.listed.len(), lacked.count));
        assert_eq!(counts([LISTED; 3]), [(LISTED, LISTED + 5), (0, 0), (1, 1)]);
        assert_eq!(counts([2 * LISTED, LISTED, LISTED])[0], (LISTED + 5, LISTED + 5));
        assert!(is_held(&rows[0]), "the engine takes nothing back that somebody holds");
        assert!(!is_held(&rows[LISTED + 5]));
    }

    #[test]
    fn a_message_that_gets_other_words_again_is_drawn_with_them() {
        let mut row = own_message("first");
        let mut keys = vec![lacked_key(&row)];
        for text in ["second", "third"] {
            row.change(|message| {
                (message.body, message.edited) = (Body::Text(text.to_owned()), true);
            });
            assert!(!keys.contains(&lacked_key(&row)));
            keys.push(lacked_key(&row));
        }
    }
}
