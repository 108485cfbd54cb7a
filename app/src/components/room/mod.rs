//! The room page: header, notices, messages, composer, and the panel of members.

mod door;
mod search;

use browser::{Body, Entrance, Gap, Original, Role, RoomId};
use leptos::html;
use leptos::prelude::*;

use self::door::{Applicants, Outside};
use self::search::{Search, SearchButton};
use super::banners::Banners;
use super::brand::LanguageChoice;
use super::composer::{Composer, ReplySubject};
use super::field::Rename;
use super::focus::Pressed;
use super::icon::Icon;
use super::invite::{InviteDialog, InviteLink};
use super::member::hues_of;
use super::members::{MemberDialog, Members, PANEL, PanelButton, close_drawer};
use super::message::{Addressees, MyName, Reacting, ReactionPicker, Rescue, Way};
use super::messages::{Announcer, Messages, Names, Way as Led, names_of};
use super::queue::{Live, Queue, Steer, lacked, rest_of, words_of};
use super::start::DeviceButton;
use super::status::{ClosingSign, Connections, Lead, Status, Waiting};
use crate::chat::{
    Company, Compose, ConnectionDeed, Deed, PageEvent, RoomState, Rows, Watcher, is_paused,
};
use crate::page::{Page, ScreenStoreFields, language, word};
use crate::prose::tame;
use crate::text::{called, names};

/// See the module.
#[component]
pub fn RoomPage(room: RoomId) -> impl IntoView {
    let page = Page::here();
    let names = page.of_room(|room| names_of(room.members.iter().chain(&room.removed)));
    provide_context(page.of_room(|room| hues_of(room.members.iter().map(|view| view.member))));
    provide_context(page.of_room(RoomState::trusts));
    provide_context(MyName(
        page.of_room(|room| room.myself().map(|me| me.name.clone()).unwrap_or_default()),
    ));
    provide_context(Addressees::of_room(page, names));
    provide_context(Reacting::default());
    let invite = invite_of(page);
    let dialog = NodeRef::<html::Dialog>::new();
    let sent = RwSignal::new(0_u32);
    let on_send = move |text, manner| {
        // Whoever has changed what stands further up stays there.
        if page.say(text, manner) {
            sent.update(|sent| *sent = sent.wrapping_add(1));
        }
    };
    let on_rescue = move |rescue: Rescue| match rescue {
        Rescue::Edit(draft, text, only) => {
            let of_draft = |rows: &Rows| rows.of_draft(&draft).and_then(|row| row.reply_to);
            let answers = untrack(|| page.of_rows(of_draft));
            page.happen(PageEvent::Withdrawn(draft));
            page.compose(Compose::Rescue(text, only));
            if answers.is_some() {
                page.compose(Compose::Reply(answers));
            }
        }
        Rescue::Discard(draft) => page.happen(PageEvent::Withdrawn(draft)),
    };
    let on_invite = move || {
        page.does(Deed::Invite);
        if let Some(dialog) = dialog.get_untracked().filter(|dialog| !dialog.open()) {
            let _ = dialog.show_modal();
        }
    };
    let life = page.of_room(|room| room.life);
    // Who is chosen in the dialog about a member may be gone from the list then.
    let length = page.of_room(|room| room.members.len());
    let pressed = Pressed::watch(length.into(), &["members-heading", "composer"]);
    // Whoever comes by what was found in all rooms goes on searching.
    let led = untrack(|| page.screen().everywhere().with(|search| search.leads_to(room)));
    let (searches, way) = (RwSignal::new(led), RwSignal::new(None::<Led>));
    view! {
        <div class="room" data-life=move || names::life(life.get())>
            <RoomHeader on_invite searches />
            <Banners />
            <main class="talk">
                <div class="above">
                    <Search open=searches way />
                    <Applicants />
                </div>
                <Messages names on_rescue sent way>
                    <Empty />
                </Messages>
                <div class="foot">
                    <Gaps names />
                    <Waiting pending=page.of_room(|room| room.pending) />
                    <Live
                        live=page.of_room(|room| room.queue.live.clone())
                        typing=page.of_room(|room| room.queue.typing.clone())
                        names
                    />
                    <Composer
                        room
                        life
                        writing=page.of_room(|room| room.writing.clone())
                        answered=answered(page)
                        members=page.of_room(|room| room.members.clone())
                        on_send
                        on_typing=move |typing| page.typing(typing)
                        on_compose=move |compose| page.compose(compose)
                    />
                </div>
            </main>
            <Panel names />
            // Beside the panel: that is a drawer on a phone, and what is in it goes with it.
            <MemberDialog on_chosen=move || pressed.note() />
            <InviteDialog invite node=dialog />
            <Way names />
            <ReactionPicker />
            <Connections names />
            <Announcer news=page.of_room(|room| room.news.clone()) names />
        </div>
    }
}

/// The message that what stands in the composer answers.
fn answered(page: Page) -> Memo<Option<ReplySubject>> {
    let target = page.of_room(|room| room.writing.answers());
    Memo::new(move |_| {
        let target = target.get()?;
        let row = page.of_rows(|rows| rows.of(&target.entry).cloned());
        let row = row.filter(|row| row.hash == Some(target.hash));
        let private = row.as_ref().and_then(|row| row.private);
        let language = page.language().get();
        let shown = row.map(|row| {
            let named = |room: &RoomState| called(row.author, language.words(), &room.members);
            let original = Original::saying(&row.body, row.author, (row.private, row.vanishes));
            let said = match original.body {
                Body::Text(text) => tame(&text),
                Body::Gone => language.words().body_gone.to_owned(),
                Body::Decided(_) | Body::Newer | Body::Unreadable => String::new(),
            };
            (page.screen().room().with(named), said)
        });
        Some(ReplySubject { shown, private })
    })
}

/// How many are in the room: whoever stands at its door is not.
fn count_of(page: Page) -> Memo<usize> {
    page.of_room(|room| room.members.iter().filter(|view| view.role >= Role::Member).count())
}

fn invite_of(page: Page) -> Memo<String> {
    page.of_room(|room| room.view.as_ref().map(|view| view.invite.clone()).unwrap_or_default())
}

/// The room's name, or words for its absence.
fn name_of(page: Page) -> Memo<String> {
    let language = language();
    let name =
        page.of_room(|room| room.view.as_ref().map(|view| view.name.clone()).unwrap_or_default());
    Memo::new(move |_| match name.get() {
        name if name.is_empty() => language.get().words().unnamed_room.to_owned(),
        name => name,
    })
}

#[component]
fn RoomHeader(on_invite: impl Fn() + 'static, searches: RwSignal<bool>) -> impl IntoView {
    let page = Page::here();
    let name = name_of(page);
    let online = page
        .of_room(|room| room.members.iter().filter(|member| member.online && !member.me).count());
    view! {
        <header class="room-header">
            <button
                type="button"
                class="icon-button"
                aria-label=word(|words| words.all_rooms)
                title=word(|words| words.all_rooms)
                data-testid="all-rooms"
                on:click=move |_| page.happen(PageEvent::Left)
            >
                <Icon name="back" />
            </button>
            <div class="heading">
                <h1 title=name>
                    <bdi>{name}</bdi>
                </h1>
                <Status
                    life=page.of_room(|room| room.life)
                    link=page.of_room(|room| room.link)
                    online
                    signal=page.of_room(|room| room.signal)
                    misconduct=Memo::new(move |_| page.screen().misconduct().get())
                />
            </div>
            <SearchButton open=searches />
            <button
                type="button"
                id="invite-button"
                class="invite-button"
                on:click=move |_| on_invite()
            >
                <Icon name="invite" />
                <span>{word(|words| words.invite)}</span>
            </button>
            <PanelButton count=count_of(page) />
        </header>
    }
}

/// What stands in place of messages: whoever founded the room needs the invite; whoever came by one
/// needs to know what becomes of words meanwhile.
#[component]
fn Empty() -> impl IntoView {
    let page = Page::here();
    let invite = invite_of(page);
    let company = page.of_room(RoomState::company);
    let knocks = page
        .of_room(|room| room.view.as_ref().is_some_and(|view| view.entrance == Entrance::Approval));
    let is = move |which: Company| move || company.get() == Some(which);
    view! {
        <div class="empty">
            <Show when=is(Company::Founder)>
                <h2>{word(|words| words.nobody_heading)}</h2>
                <p>{word(|words| words.nobody_lead)}</p>
                <p hidden=move || !knocks.get()>{word(|words| words.invite_door_lead)}</p>
                <InviteLink id="invite-in-room" invite />
            </Show>
            <Show when=is(Company::Guest)>
                <h2>{word(|words| words.absent_heading)}</h2>
                <p>{word(|words| words.absent_lead)}</p>
            </Show>
            <Show when=is(Company::Others)>
                <h2>{word(|words| words.quiet_heading)}</h2>
                <p>{word(|words| words.quiet_lead)}</p>
            </Show>
            <Show when=is(Company::Outside)>
                <Outside />
            </Show>
        </div>
    }
}

/// Messages that are known to exist and are not here yet.
#[component]
fn Gaps(names: Memo<Names>) -> impl IntoView {
    let language = language();
    let gaps = Page::here().of_room(|room| room.gaps.clone());
    let name = move |member| {
        let name = names.with(|names| names.get(&member).cloned()).unwrap_or_default();
        if name.is_empty() { language.get().words().nameless.to_owned() } else { name }
    };
    let said = move |gap: Gap| {
        let words = language.get().words();
        let author = name(gap.author);
        match gap.asking {
            Some(holder) if holder != gap.author => {
                (words.missing_asking)(gap.missing, &author, &name(holder))
            }
            Some(_) | None => (words.missing_one)(gap.missing, &author),
        }
    };
    let lines = move || {
        gaps.get()
            .into_iter()
            .map(|gap| view! { <li data-testid="gap">{said(gap)}</li> })
            .collect_view()
    };
    view! {
        <ul class="gaps" hidden=move || gaps.with(Vec::is_empty)>
            {lines}
        </ul>
    }
}

/// Members, names, and how this tab does.
#[component]
fn Panel(names: Memo<Names>) -> impl IntoView {
    let page = Page::here();
    let is_founder =
        page.of_room(|room| room.view.as_ref().is_some_and(|view| view.founder == view.me));
    let pending = page.of_room(|room| room.pending);
    let my_name = page.of_room(|room| {
        let me = room.members.iter().find(|member| member.me);
        me.map(|member| member.name.clone()).unwrap_or_default()
    });
    let room_name =
        page.of_room(|room| room.view.as_ref().map(|view| view.name.clone()).unwrap_or_default());
    view! {
        <aside id=PANEL class="panel" popover="auto" aria-label=word(|words| words.members)>
            <Members
                members=page.of_room(|room| room.members.clone())
                count=count_of(page)
            />
            <Queue
                waiting=page.of_room(|room| room.queue.waiting.clone())
                undelivered=page.of_room(|room| room.queue.undelivered.clone())
                view=page.of_room(|room| room.queue.view.clone())
                paused=Memo::new(move |_| {
                    let room = page.screen().room().with(|room| room.room);
                    let rooms = page.screen().rooms();
                    room.is_some_and(|room| rooms.with(|rooms| is_paused(rooms, room)))
                })
                past=page.of_room(|room| room.queue.past.clone())
                lacked=move |most| page.of_rows(|rows| lacked(rows, most))
                rest=Memo::new(move |_| page.of_rows(|rows| rest_of(rows, pending.get())))
                said=move |entry| page.of_rows(|rows| words_of(rows, &entry))
                names
                on_steer=move |steer| match steer {
                    Steer::Cancel(draft) => page.cancel(draft),
                    Steer::Replace(draft) => page.replace(draft),
                    Steer::Reclass(entry, priority) => page.reclass(entry, priority),
                    Steer::Revise(subject) => {
                        close_drawer();
                        page.compose(Compose::Revise(subject));
                    }
                    Steer::Retry(entry) => page.retry(entry),
                    Steer::Delete(entry) => page.delete(entry),
                    Steer::PutAway(entry) => page.put_away(entry),
                    Steer::Pause(on) => page.pause(on),
                    Steer::Watch(on) => {
                        page.connects(ConnectionDeed::Watch(Watcher::Inspector, on));
                    }
                }
            />
            <ClosingSign />
            <Rename
                id="my-name"
                title=word(|words| words.change_name)
                label=word(|words| words.your_name)
                hint=word(|words| words.your_name_hint)
                name=my_name
                testids=("name-input", "name-save")
                on_rename=move |name| page.rename_self(name)
            />
            <Show when=move || is_founder.get()>
                <Rename
                    id="room-name"
                    title=word(|words| words.change_room_name)
                    label=word(|words| words.room_name)
                    hint=word(|words| words.room_name_hint)
                    name=room_name
                    testids=("room-name-input", "room-name-save")
                    on_rename=move |name| page.rename_room(name)
                />
            </Show>
            <div class="panel-foot">
                <Lead worker=Memo::new(move |_| page.screen().worker().get()) />
                <LanguageChoice />
                <DeviceButton />
            </div>
        </aside>
    }
}
