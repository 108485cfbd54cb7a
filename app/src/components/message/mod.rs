//! One message: who, when, what, and how far it has come.

mod actions;
mod cover;
mod quote;
mod reacting;
mod standing;
mod way;
mod words;

use browser::{Body, DraftId, MemberId, Priority};
use leptos::html;
use leptos::prelude::*;

use self::actions::{Actions, Reactions};
use self::cover::Cover;
use self::quote::Quote;
pub use self::quote::lead_back;
pub use self::reacting::{Reacting, ReactionPicker};
pub use self::standing::Addressees;
use self::standing::StateMark;
pub use self::way::Way;
use super::icon::Icon;
use super::member::{Mark, Name, Seal, Tile, hue};
use super::messages::{Scroll, Sight};
use crate::chat::{Divider, Message, RoomState, Shown, Standing, names as is_named};
use crate::page::{Page, ScreenStoreFields, language, word};
use crate::text::{Day, machine_time, names};

/// One's own name in the room, given by whoever shows the messages.
#[derive(Clone, Copy)]
pub struct MyName(pub Memo<String>);

/// What a person does with a message that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rescue {
    /// Put the text back into the composer, for one member alone if it was so.
    Edit(DraftId, String, Option<MemberId>),
    /// Drop it.
    Discard(DraftId),
}

/// A line of the list.
#[component]
pub fn MessageRow(
    /// The message.
    message: Memo<Shown>,
    /// The name of its author.
    #[prop(into)]
    name: Signal<String>,
    /// The name of who else can read it, if it is for one member alone.
    #[prop(into)]
    other: Signal<String>,
    /// Notices when it is on the screen.
    sight: Sight,
    /// Goes to other messages of the list.
    scroll: Scroll,
    /// It was refused, and the person has decided.
    on_rescue: impl Fn(Rescue) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let (author, own, key) =
        message.with_untracked(|message| (message.author, message.own, message.key));
    let priority = move || message.with(|message| names::priority(message.priority));
    // What was decided goes first, and shouts at nobody.
    let look =
        move || message.with(|message| if is_decided(message) { "decided" } else { priority() });
    let hue = hue(author);
    // What somebody who is blocked has said is there for whoever wants to see it.
    let uncovered = RwSignal::new(false);
    let blocked = Page::here().of_room(move |room| room.treatment(author).blocked);
    // Most messages have none of this, and look at nothing for it: each thing that is looked at
    // costs time whenever a message is drawn.
    let answers = Memo::new(move |_| message.with(|message| message.reply_to.is_some()));
    let opens = Memo::new(move |_| {
        message.with(|message| message.divider.is_some() || begins_day(message))
    });
    let covered = Memo::new(move |_| blocked.get().then(|| !uncovered.get()));
    let is_special = Memo::new(move |_| {
        let plain = message.with(|it| it.private.is_none() && it.priority == Priority::Normal);
        !plain || answers.get() || blocked.get()
    });
    let my_name = use_context::<MyName>();
    let named = Memo::new(move |_| {
        let names_me = |name: &String| message.with(|message| is_naming(message, name));
        my_name.is_some_and(|MyName(name)| name.with(names_me))
    });
    let has_badges = Memo::new(move |_| {
        let plain =
            |it: &Message| !it.late && !it.edited && it.vanishes.is_none() && it.expiry.is_none();
        named.get() || !message.with(|message| plain(message))
    });
    let class = move || {
        let side = if own { "own" } else { "other" };
        let continues = message.with(|message| message.continues() && !begins_day(message));
        // A time is shown once a minute.
        let continues = match continues {
            true if message.with(|message| message.is_of_same_minute()) => "continues same",
            true => "continues",
            false => "",
        };
        let named = if named.get() { "naming" } else { "" };
        format!("message {side} {} {continues} {named} {}", look(), hue.get())
    };
    view! {
        <li
            class=class
            data-testid="message"
            data-key=key.to_string()
            data-entry=move || message.with(|message| message.entry().map(|id| id.to_string()))
            data-author=author.to_string()
            data-state=move || message.with(|message| message.standing.name())
            data-held-by=move || message.with(|message| message.held_by().to_string())
            data-priority=priority
            data-private=move || message.with(|message| message.private.map(|it| it.to_string()))
            data-late-unread=move || {
                message.with(|message| (message.unread && message.late).then_some(""))
            }
        >
            <Show when=move || opens.get()>
                <DayLine message />
                <NewLine message />
            </Show>
            <article>
                <header class="byline">
                    <Tile member=author name />
                    <Name member=author name />
                    <Seal member=author />
                    <Mark member=author />
                </header>
                <div class="bubble">
                    <Show when=move || is_special.get()>
                        <PrivateBadge message other />
                        <PriorityBadge message />
                        <Show when=move || answers.get()>
                            <Quote message scroll />
                        </Show>
                        <Cover covered uncovered />
                    </Show>
                    <BodyText message sight covered />
                </div>
                <Reactions message />
                <footer class="meta">
                    <Time message />
                    <Show when=move || has_badges.get()>
                        <NamedBadge named />
                        <LateBadge message />
                        <EditedBadge message />
                        <VanishBadge message />
                        <ExpiryBadge message />
                    </Show>
                    {own.then(|| view! { <StateMark message /> })}
                </footer>
                <Actions message own />
                {own.then(|| view! { <Refused message on_rescue /> })}
            </article>
        </li>
    }
}

fn is_decided(message: &Message) -> bool {
    matches!(message.body, Body::Decided(_))
}

/// True if somebody else's words name whoever is called so.
fn is_naming(message: &Message, name: &str) -> bool {
    match &message.body {
        Body::Text(text) => !message.own && is_named(text, name),
        Body::Gone | Body::Decided(_) | Body::Newer | Body::Unreadable => false,
    }
}

fn begins_day(message: &Message) -> bool {
    message.above.is_none_or(|above| Day::of(above.wall) != Day::of(message.wall))
}

/// Stands above the first message of a day.
#[component]
fn DayLine(message: Memo<Shown>) -> impl IntoView {
    let language = language();
    let begins = Memo::new(move |_| message.with(|message| begins_day(message)));
    let day = move || message.with(|message| language.get().day(message.wall));
    view! {
        <Show when=move || begins.get()>
            <p class="day">{day}</p>
        </Show>
    }
}

/// Stands above the first message that is new to the person.
#[component]
fn NewLine(message: Memo<Shown>) -> impl IntoView {
    let language = language();
    let divider = Memo::new(move |_| message.with(|message| message.divider));
    move || {
        let words = &language.get().words().everyday;
        let said = match divider.get()? {
            Divider::Begins => words.new_below,
            Divider::MoreAbove => words.more_new_above,
        };
        Some(view! {
            <p class="day new" role="separator" aria-label=said data-testid="new-line">
                {said}
            </p>
        })
    }
}

#[component]
fn PriorityBadge(message: Memo<Shown>) -> impl IntoView {
    let language = language();
    let priority = Memo::new(move |_| {
        message.with(|message| match is_decided(message) {
            true => Priority::Normal,
            false => message.priority,
        })
    });
    move || {
        let words = language.get().words();
        let (icon, said) = match priority.get() {
            Priority::Urgent => ("urgent", words.urgent),
            Priority::Low => ("low", words.low),
            Priority::Normal => return None,
        };
        Some(view! {
            <span class="priority">
                <Icon name=icon />
                {said}
            </span>
        })
    }
}

/// Says who alone can read it.
#[component]
fn PrivateBadge(message: Memo<Shown>, other: Signal<String>) -> impl IntoView {
    let language = language();
    let private = Memo::new(move |_| message.with(|message| message.private.is_some()));
    let said = move || {
        let (words, name) = (language.get().words(), other.get());
        (words.only_you_and)(if name.is_empty() { words.nameless } else { &name })
    };
    view! {
        <Show when=move || private.get()>
            <span class="private" data-testid="private">
                <bdi>{said}</bdi>
            </span>
        </Show>
    }
}

/// What it says, or why it says nothing. While it is covered nobody has seen it.
#[component]
fn BodyText(message: Memo<Shown>, sight: Sight, covered: Memo<Option<bool>>) -> impl IntoView {
    let language = language();
    let page = Page::here();
    let name = move |member: &MemberId| {
        let known = |room: &RoomState| room.name_of(member).map(str::to_owned);
        page.screen().room().with(known).unwrap_or_default()
    };
    let key = message.with_untracked(|message| message.key);
    let node = NodeRef::<html::Div>::new();
    node.on_load(move |element| sight.watch(&element));
    // The words alone: what else changes of a message draws nothing of them anew.
    let said = Memo::new(move |_| {
        let words = language.get().words();
        message.with(|message| match &message.body {
            Body::Text(text) => (true, text.clone()),
            Body::Gone => (false, words.body_gone.to_owned()),
            Body::Decided(decided) => (false, language.get().decided(decided, name)),
            Body::Newer => (false, words.body_newer.to_owned()),
            Body::Unreadable => (false, words.body_unreadable.to_owned()),
        })
    });
    let is_text = Memo::new(move |_| said.with(|(is_text, _)| *is_text));
    let drawn = move || {
        said.with(|(is_text, text)| match is_text {
            true => words::words(text),
            false => text.clone().into_any(),
        })
    };
    view! {
        <div
            node_ref=node
            class=move || if is_text.get() { "body" } else { "body absent" }
            data-words=key.to_string()
            dir="auto"
            data-testid="message-body"
            hidden=move || covered.get() == Some(true)
        >
            {drawn}
        </div>
    }
}

#[component]
fn Time(message: Memo<Shown>) -> impl IntoView {
    let language = language();
    let wall = Memo::new(move |_| message.with(|message| message.wall));
    view! {
        <time
            datetime=move || machine_time(wall.get())
            title=move || language.get().moment(wall.get())
        >
            {move || language.get().time(wall.get())}
        </time>
    }
}

/// Says that the words name whoever reads them.
#[component]
fn NamedBadge(named: Memo<bool>) -> impl IntoView {
    view! {
        <Show when=move || named.get()>
            <span class="named" data-testid="names-me">
                {word(|words| words.everyday.names_you)}
            </span>
        </Show>
    }
}

#[component]
fn LateBadge(message: Memo<Shown>) -> impl IntoView {
    let late = Memo::new(move |_| message.with(|message| message.late));
    view! {
        <Show when=move || late.get()>
            <span class="late" title=word(|words| words.late_title)>
                <Icon name="history" />
                {word(|words| words.late)}
            </span>
        </Show>
    }
}

#[component]
fn EditedBadge(message: Memo<Shown>) -> impl IntoView {
    let edited = Memo::new(move |_| message.with(|message| message.edited));
    view! {
        <Show when=move || edited.get()>
            <span data-testid="edited">{word(|words| words.edited)}</span>
        </Show>
    }
}

/// Says that the words go after they were read.
#[component]
fn VanishBadge(message: Memo<Shown>) -> impl IntoView {
    let language = language();
    let after = Memo::new(move |_| {
        message.with(|message| message.vanishes.filter(|_| matches!(message.body, Body::Text(_))))
    });
    move || {
        let after = after.get()?;
        let said = move || {
            let language = language.get();
            (language.words().goes_after_reading)(&language.span(after))
        };
        Some(view! {
            <span class="fleeting" data-testid="vanishes">
                <Icon name="expired" />
                {said}
            </span>
        })
    }
}

/// Says when the words go, whoever has read them.
#[component]
fn ExpiryBadge(message: Memo<Shown>) -> impl IntoView {
    let language = language();
    let at = Memo::new(move |_| {
        message.with(|message| message.expiry.filter(|_| matches!(message.body, Body::Text(_))))
    });
    move || {
        let at = at.get()?;
        let said = move || {
            let language = language.get();
            (language.words().lasts_until)(&language.near_moment(at))
        };
        Some(view! {
            <span class="fleeting" data-testid="expires">
                <Icon name="expired" />
                {said}
            </span>
        })
    }
}

/// What can be done with a message that was refused.
#[component]
fn Refused(
    message: Memo<Shown>,
    on_rescue: impl Fn(Rescue) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let language = language();
    let refusal = Memo::new(move |_| {
        message.with(|message| match &message.standing {
            Standing::Refused(refusal) => Some(refusal.clone()),
            Standing::Writing | Standing::Stored { .. } | Standing::Lost { .. } => None,
        })
    });
    let rescue = move |edit: bool| {
        let (draft, text, only) = message.with_untracked(|message| {
            let text = match &message.body {
                Body::Text(text) => text.clone(),
                Body::Gone | Body::Decided(_) | Body::Newer | Body::Unreadable => String::new(),
            };
            (message.draft, text, message.private)
        });
        if let Some(draft) = draft {
            on_rescue(match edit {
                true => Rescue::Edit(draft, text, only),
                false => Rescue::Discard(draft),
            });
        }
    };
    move || {
        refusal.get().map(|refusal| {
            view! {
                <p class="refused">
                    {move || language.get().refusal(&refusal).help}
                    {" "}
                    <button type="button" class="quiet" on:click=move |_| rescue(true)>
                        {word(|words| words.edit_again)}
                    </button>
                    <button type="button" class="quiet" on:click=move |_| rescue(false)>
                        {word(|words| words.discard)}
                    </button>
                </p>
            }
        })
    }
}
