//! Where messages are written: Enter sends, Shift+Enter breaks the line, an input method is left
//! alone, and what is not sent yet survives a closed browser. Arrow up in an empty composer
//! takes the last own message back for other words, Escape gives that up.

mod bundle;
mod completing;
mod delivery;
mod field;
mod later;
mod menu;
mod pasting;
mod priority;
mod reply;
mod revision;

use browser::{MemberView, Priority, RoomId};
use leptos::prelude::*;

use self::bundle::Bundle;
use self::completing::{CompletionList, Completions, LIST};
use self::delivery::{Delivery, terms_of};
use self::field::Words;
use self::later::{Lateness, Later};
use self::menu::{Chosen, MannerMenu};
use self::pasting::{keep_out, unfit as misfit};
pub use self::priority::PriorityChoice;
pub use self::reply::Subject as ReplySubject;
use self::reply::{ReplyLine, keep_reply};
use self::revision::Revision;
use super::icon::Icon;
use super::overlay::EmojiDialog;
use crate::chat::{Compose, Life, Manner, Subject, Task, Unfit, Writing};
use crate::page::{language, word};
use crate::session;
use crate::text::{called, is_blank};

/// What a browser reports for a key that an input method has taken.
const KEY_OF_INPUT_METHOD: u32 = 229;

/// What a key in the composer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Send,
    Last,
    GiveUp,
}

/// The form for a message.
#[component]
pub fn Composer(
    /// The room: each has its own unsent text.
    room: RoomId,
    /// Whether something can be sent from here: if not, words that are there can be copied.
    #[prop(into)]
    life: Signal<Life>,
    /// What it is for.
    writing: Memo<Writing>,
    /// The message that is answered, if it is here.
    answered: Memo<Option<ReplySubject>>,
    /// All members, for what waits until one is back.
    members: Memo<Vec<MemberView>>,
    /// A message is to be sent.
    on_send: impl Fn(String, Manner) + Copy + Send + Sync + 'static,
    /// The person is typing, or has stopped.
    on_typing: impl Fn(bool) + Copy + Send + Sync + 'static,
    /// What it is for, or the bundle, is to change.
    on_compose: impl Fn(Compose) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let language = language();
    let ended = Signal::derive(move || !life.get().takes_words());
    let on_change = Callback::new(move |text| on_compose(Compose::Words(text)));
    let words = Words::new(room, writing, on_change);
    let text = words.text;
    let priority = RwSignal::new(Priority::Normal);
    let delivery = keep_recipient(room);
    let lateness = Lateness::new(delivery);
    let task = Memo::new(move |_| writing.with(|writing| writing.task.clone()));
    let bundle = keep_bundle(room, writing, on_compose);
    let unfit = keep_reply(room, writing, answered, (delivery, text), on_compose);
    let replies = Memo::new(move |_| writing.with(|writing| writing.reply));
    Effect::new(move |before: Option<_>| {
        let now = replies.get();
        if now.is_some() && before.is_some_and(|before| before != now) {
            words.focus();
        }
        now
    });
    let rescued = Memo::new(move |_| {
        writing.with(|writing| (writing.revised.rescued.clone(), writing.revised.only))
    });
    Effect::new(move |_| {
        let (back, only) = rescued.get();
        if !back.is_empty() {
            // Before they stand there: what was for one member alone is not sent to all.
            only.into_iter().for_each(|member| delivery.set(Delivery::OnlyTo(member)));
            on_compose(Compose::Rescued);
            words.rescue(&back.join("\n\n"));
        }
    });
    let completions = Completions::of(words, members);
    let kept_out = RwSignal::new(None::<Unfit>);
    keep_out(move |why| kept_out.set(Some(why)));
    let fault = Memo::new(move |_| {
        let kept_out = kept_out.get().map(|why| language.get().kept_out(why));
        let kept_out = kept_out.or_else(|| lateness.said(language.get()));
        kept_out.or_else(|| text.with(|text| language.get().too_long(text)))
    });
    let fits = move |written: &str| language.get_untracked().too_long(written).is_none();
    let send = move || {
        let written = words.written();
        let bundled = words.are_new() && !bundle.with_untracked(Vec::is_empty);
        if ended.get_untracked() || !fits(&written) || is_blank(&written) && !bundled {
            return;
        }
        if words.are_new() && lateness.keeps(delivery.get_untracked()) {
            return;
        }
        words.clear();
        completions.end();
        let (act, terms) = terms_of(delivery.get_untracked(), session::now());
        let manner = Manner { priority: priority.get_untracked(), act, terms };
        on_send(written.trim_end().to_owned(), manner);
        let chosen = delivery.get_untracked();
        if chosen != chosen.next() {
            delivery.set(chosen.next());
        }
        // Urgent is the one message, not the mood: nobody shouts on by mistake.
        if priority.get_untracked() == Priority::Urgent {
            priority.set(Priority::Normal);
        }
        on_typing(false);
    };
    // What a bundle cannot have is never dropped: it has to be chosen otherwise first.
    let suits = Memo::new(move |_| delivery.get().suits_bundle());
    let add_title = Signal::derive(move || {
        let words = language.get().words();
        if suits.get() { words.add_to_bundle } else { words.no_bundle_so }
    });
    let add = move || {
        if !suits.get_untracked() {
            return;
        }
        let written = words.written();
        let before = bundle.with_untracked(Vec::len);
        if fits(&written) && !is_blank(&written) {
            on_compose(Compose::Bundle(written.trim_end().to_owned()));
        }
        if bundle.with_untracked(Vec::len) > before {
            words.clear();
            on_typing(false);
        }
        words.focus();
    };
    let on_paste = move |event: web_sys::ClipboardEvent| {
        let why = event.clipboard_data().and_then(|data| misfit(&data));
        if why.is_some() {
            event.prevent_default();
        }
        kept_out.set(why);
    };
    let on_input = move |event| {
        kept_out.set(None);
        let written = event_target_value(&event);
        on_typing(!is_blank(&written));
        words.change(written);
        completions.hear(&event);
    };
    let on_key = move |event: web_sys::KeyboardEvent| {
        if completions.take_key(&event) {
            event.prevent_default();
            return;
        }
        let (empty, new) = (text.with_untracked(String::is_empty), words.are_new());
        let new = new && replies.with_untracked(Option::is_none);
        let Some(key) = key_of(&event, empty, new) else { return };
        event.prevent_default();
        match key {
            Key::Send if words.are_wanted() => send(),
            Key::Send => {}
            Key::Last => on_compose(Compose::Revise(Subject::LastRow)),
            Key::GiveUp if words.are_new() => on_compose(Compose::Reply(None)),
            Key::GiveUp => on_compose(Compose::Revised),
        }
    };
    let on_submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        send();
        words.focus();
    };
    let label = Signal::derive(move || {
        let words = language.get().words();
        let bundled = !bundle.with(Vec::is_empty);
        task.with(|task| match task {
            Task::New if bundled => words.send_all,
            Task::New | Task::Resend(..) | Task::Anew(_) => words.send,
            Task::Edit(_) | Task::Replace(_) => words.save,
        })
    });
    let is_new = move || task.with(|task| *task == Task::New);
    let only = Memo::new(move |_| {
        let (words, member) = (language.get().words(), delivery.get().only()?);
        Some(members.with(|members| (words.only_to_lead)(&called(member, words, members))))
    });
    let placeholder = move || language.get().composer(life.get());
    // Where nothing can be written, the sentence that says so is all there is.
    let drawn = move || text.with(|text| beginning(text, ended.get().then(placeholder)).to_owned());
    let hint = move || match ended.get() {
        true => placeholder(),
        false => language.get().words().composer_keys,
    };
    view! {
        // Browsers write what stands in a form to the disk, unless it is not to be completed.
        <form class="composer" autocomplete="off" novalidate on:submit=on_submit>
            <div class="about">
                <Revision task on_end=move || on_compose(Compose::Revised) />
                {move || only.get().filter(|_| is_new()).map(|said| {
                    view! { <p class="only" role="status" data-testid="only-to">{said}</p> }
                })}
                <ReplyLine
                    subject=answered
                    task
                    unfit
                    on_end=move || {
                        on_compose(Compose::Reply(None));
                        words.focus();
                    }
                />
                <Bundle bundle on_remove=move |place| {
                    on_compose(Compose::Unbundle(place));
                    words.focus();
                } />
                <div hidden=move || !is_new()>
                    <Later delivery lateness />
                </div>
                {move || fault.get().map(|fault| {
                    view! {
                        <p class="fault" role="alert" data-testid="error">
                            {fault.title} {" "} {fault.help}
                        </p>
                    }
                })}
                <CompletionList completions />
            </div>
            <span class="emojis" hidden=move || !is_new() || ended.get()>
                <EmojiButton words />
            </span>
            <div class="grow" data-text=drawn>
                <textarea
                    id="composer"
                    node_ref=words.node
                    rows="1"
                    dir="auto"
                    data-testid="composer"
                    enterkeyhint="send"
                    aria-label=word(|words| words.composer)
                    aria-describedby="composer-keys"
                    aria-autocomplete="list"
                    aria-controls=move || completions.is_open().then_some(LIST)
                    aria-activedescendant=move || completions.marked()
                    placeholder=placeholder
                    prop:readOnly=ended
                    prop:value=text
                    on:input=on_input
                    on:paste=on_paste
                    on:keydown=on_key
                    on:click=move |_| completions.look()
                    on:blur=move |_| completions.end()
                ></textarea>
            </div>
            <span class="choices" hidden=move || !is_new() || ended.get()>
                <MannerMenu
                    chosen=Chosen { priority, delivery }
                    members
                    bundled=move || !bundle.with(Vec::is_empty)
                    words
                />
                <button
                    type="button"
                    class="quiet add"
                    data-testid="add-to-bundle"
                    title=add_title
                    aria-label=add_title
                    disabled=move || !suits.get()
                    on:click=move |_| add()
                >
                    <Icon name="bundle" />
                </button>
            </span>
            <button type="submit" class="main send" data-testid="send" title=label disabled=ended>
                <Icon name="send" />
                <span>{label}</span>
            </button>
            <p class="hint" id="composer-keys">
                {hint}
            </p>
        </form>
    }
}

/// Opens the picker of emoji; the one that is chosen stands where the cursor is.
#[component]
fn EmojiButton(words: Words) -> impl IntoView {
    let open = RwSignal::new(false);
    view! {
        <button
            type="button"
            class="quiet add"
            data-testid="emoji-open"
            aria-haspopup="dialog"
            title=word(|words| words.everyday.emoji)
            aria-label=word(|words| words.everyday.emoji)
            on:click=move |_| open.set(true)
        >
            <Icon name="react" />
        </button>
        <EmojiDialog
            open
            first=&[]
            on_pick=Callback::new(move |glyph: String| words.insert(&glyph))
        />
    }
}

/// So much of the words as makes the field as high as it may be: a browser that lays out a book
/// each time a letter is typed answers nobody.
fn beginning<'a>(text: &'a str, instead: Option<&'a str>) -> &'a str {
    const LETTERS: usize = 4_000;
    let text = instead.filter(|_| text.is_empty()).unwrap_or(text);
    text.char_indices().nth(LETTERS).map_or(text, |(end, _)| &text[..end])
}

/// What a key means here, if anything but itself.
fn key_of(event: &web_sys::KeyboardEvent, empty: bool, new: bool) -> Option<Key> {
    if event.is_composing() || event.key_code() == KEY_OF_INPUT_METHOD {
        return None;
    }
    let bare = !(event.shift_key() || event.ctrl_key() || event.alt_key() || event.meta_key());
    match event.key().as_str() {
        "Enter" if !event.shift_key() => Some(Key::Send),
        "ArrowUp" if bare && empty && new => Some(Key::Last),
        "Escape" if bare && !new => Some(Key::GiveUp),
        _ => None,
    }
}

/// For whom alone the words in the composer are survives a reload of the tab as they do.
fn keep_recipient(room: RoomId) -> RwSignal<Delivery> {
    let kept = session::recipient(&room).map_or(Delivery::Usual, Delivery::OnlyTo);
    let delivery = RwSignal::new(kept);
    Effect::new(move |_| session::keep_recipient(&room, delivery.get().only()));
    delivery
}

/// The bundle of a room survives a reload of the tab, like the words in the composer.
fn keep_bundle(
    room: RoomId,
    writing: Memo<Writing>,
    on_compose: impl Fn(Compose),
) -> Memo<Vec<String>> {
    let bundle = Memo::new(move |_| writing.with(|writing| writing.bundle.clone()));
    if bundle.with_untracked(Vec::is_empty) {
        for text in session::bundle(&room) {
            on_compose(Compose::Bundle(text));
        }
    }
    Effect::new(move |_| bundle.with(|bundle| session::keep_bundle(&room, bundle)));
    bundle
}
