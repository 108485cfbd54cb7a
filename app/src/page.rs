//! The handle that containers hold: what the page knows, the client behind it, and the language.
//!
//! ```text
//!  container ── send, join, … ──► Client            (the only place that knows it)
//!      ▲                            │ ClientEvent
//!  Store<Screen> ◄── publish ── ChatState::apply ──► errands: open, remember, report
//! ```
//! What differs afterwards is put into the store at once, so that only those parts of the page are
//! drawn anew; the messages among it at a `pace`, and of them only a part.

mod backup;
mod behind;
mod clipboard;
mod closing;
mod emoji;
mod guard;
mod keys;
mod news;
mod pace;
mod screen;
mod sound;
mod today;
mod typing;

use std::time::Duration;

use browser::{
    Act, Client, Command, Draft, DraftId, Entrance, EntryId, Millis, Priority, Qos, RoomId, Target,
};
use leptos::prelude::*;
use reactive_stores::Store;

use self::backup::Backup;
use self::behind::Behind;
pub use self::clipboard::{Copied, can_share, copy, select, share};
pub use self::emoji::{Table, emoji, want_emoji};
pub use self::keys::listen_to_keys;
pub use self::news::{alerts, news_follow, turn_alerts};
use self::pace::Pace;
pub use self::screen::{Screen, ScreenStoreFields};
pub use self::sound::{turn_sound, wants_sound};
use crate::chat::{
    ChatState, Compose, ConnectionDeed, Deed, Errand, GuardDeed, Manner, Notice, PageEvent,
    RoomState, Rows, SELDOM, Shown, Span, Task, Turn, unread,
};
use crate::components::{on_visibility, page_is_visible};
use crate::session;
use crate::text::{Language, Words};

/// See the module.
#[derive(Clone, Copy)]
pub struct Page {
    known: StoredValue<ChatState>,
    screen: Store<Screen>,
    pace: StoredValue<Pace>,
    typed: StoredValue<(bool, Millis)>,
    client: StoredValue<Behind, LocalStorage>,
    language: RwSignal<Language>,
    backup: StoredValue<Backup, LocalStorage>,
}

impl Page {
    /// Reads the address, lets the client begin, and gives the page to all components.
    pub fn start() -> Page {
        session::settle_life();
        let language = RwSignal::new(session::language());
        let page = Page {
            known: StoredValue::new(ChatState::default()),
            screen: Store::new(Screen::default()),
            pace: StoredValue::new(Pace::default()),
            typed: StoredValue::new((false, 0)),
            client: StoredValue::new_local(Behind::default()),
            language,
            backup: StoredValue::new_local(Backup::default()),
        };
        page.screen.rows().update_keys();
        provide_context(page);
        provide_context(Speech(language));
        emoji::keep_emoji();
        Effect::new(move |_| session::speak(language.get()));
        if session::storage_note_read() {
            let note = browser::StorageState::Open { persistent: false };
            page.happen(PageEvent::Dismissed(Notice::Storage(note)));
        }
        on_visibility(move || page.watch());
        page.watch();
        set_interval(move || page.happen(PageEvent::Passed), Duration::from_millis(SELDOM));
        page.watch_touches();
        page.follow_days();
        page.ask_before_closing();
        if session::is_protected() {
            page.happen(PageEvent::Guards(GuardDeed::Expect));
        }
        page.happen(PageEvent::Arrived(session::arrival()));
        page.begin();
        page
    }

    /// The page that this component belongs to.
    pub fn here() -> Page {
        expect_context()
    }

    /// Lets something happen to the state, and carries out what it causes.
    pub fn happen(self, event: PageEvent) {
        let errands = self.known.try_update_value(|known| known.apply_at(event, session::now()));
        let Some(errands) = errands else { return };
        let other_room = self.known.with_value(|known| screen::publish(self.screen, known));
        if self.pace.try_update_value(Pace::is_due) == Some(true) || other_room {
            self.draw();
        }
        for errand in errands {
            self.run(errand);
        }
    }

    fn draw(self) {
        let more = self.known.try_with_value(|known| screen::draw(self.screen, known));
        let Some(more) = more else { return };
        let serial = self.pace.try_update_value(|pace| pace.begin(more, session::now()));
        let Some(serial) = serial else { return };
        let waits = move || self.pace.try_with_value(|pace| pace.waits_after(serial)) == Some(true);
        let again = move || {
            if waits() {
                self.draw();
            }
        };
        let end = move || {
            let pause = self.pace.try_update_value(|pace| pace.end(serial, session::now()));
            if let Some(pause) = pause.flatten() {
                set_timeout(again, Duration::from_millis(pause));
            }
        };
        // Nothing is painted of a page that nobody sees; its title counts all the same.
        match page_is_visible() {
            true => request_animation_frame(move || set_timeout(end, Duration::ZERO)),
            false => set_timeout(end, Duration::ZERO),
        }
    }

    fn watch(self) {
        self.happen(PageEvent::Watched(page_is_visible()));
        self.draw();
    }

    /// The reader goes to another part of the list: it is drawn at once.
    pub fn turn(self, turn: Turn) {
        let before = self.known.try_with_value(|known| known.span);
        if before == Some(Span::End) && turn == Turn::End {
            return;
        }
        let _ = self.known.try_update_value(|known| known.apply(PageEvent::Turned(turn)));
        self.draw();
    }

    fn run(self, errand: Errand) {
        match errand {
            Errand::Open(room) => self.with_client(|client| client.open_room(room)),
            Errand::Command(room, command) => {
                self.with_client(|client| client.command(room, command));
            }
            Errand::Show(room) => {
                session::show(Some(room), self.walked());
                for (wall, drafts) in session::sending(&room) {
                    self.hand_over(room, drafts, wall);
                }
            }
            Errand::ShowNone => session::show(None, self.walked()),
            Errand::Leave(room) => self.with_client(|client| client.leave_room(room)),
            Errand::Forget(room) => session::forget(&room),
            Errand::KeepPart(bytes) => self.keep_part(&bytes),
            Errand::SaveBackup => self.save_backup(),
            Errand::SendPart(from, to) => self.send_part(from, to),
            Errand::EndParts => self.with_client(Client::end_import),
            Errand::DropBackup => self.drop_backup(),
            Errand::Seal(seal) => session::seal_with(seal),
            Errand::Lock => self.with_client(Client::lock),
            Errand::KeepWords(room, words, only) => session::keep_with_draft(&room, &words, only),
            Errand::Reload => session::reload(),
            Errand::Wipe => {
                session::note_wipe();
                self.with_client(Client::wipe);
            }
            Errand::BeginAnew => session::begin_anew(),
            Errand::Settled(draft) => {
                if let Some(room) = self.room() {
                    session::forget_sending(&room, &draft);
                }
            }
            Errand::Survey(room) => self.with_client(|client| client.survey(room)),
            Errand::Check => self.with_client(Client::check),
            Errand::Worsen(conditions) => self.with_client(|client| client.worsen(conditions)),
            Errand::MeasureSpace => self.with_client(Client::measure_space),
            Errand::Persist => self.with_client(Client::persist),
            Errand::Report(text) => session::report(&text),
            Errand::Soon(events) => {
                request_animation_frame(move || {
                    events.into_iter().for_each(|event| self.happen(event));
                });
            }
            Errand::Press(spot) => request_animation_frame(move || keys::press(spot)),
            Errand::Speak(language) => self.language.set(language),
        }
    }

    fn walked(self) -> bool {
        self.known.try_with_value(|known| known.walked).unwrap_or_default()
    }

    /// What is drawn of what the page knows.
    pub fn screen(self) -> Store<Screen> {
        self.screen
    }

    /// Something that follows from all that the page knows but the messages.
    pub fn of_state<T>(self, part: impl Fn(&ChatState) -> T) -> T {
        self.screen.track();
        self.known.with_value(part)
    }

    /// Something that follows from all messages, told as often as they are drawn.
    pub fn of_rows<T>(self, part: impl Fn(&Rows) -> T) -> T {
        self.screen.drawings().track();
        self.known.with_value(|known| part(&known.rows))
    }

    /// The language that the page speaks.
    pub fn language(self) -> RwSignal<Language> {
        self.language
    }

    /// Something that follows from the state of the room, and is told only when it differs.
    pub fn of_room<T: Clone + PartialEq + Send + Sync + 'static>(
        self,
        part: impl Fn(&RoomState) -> T + Send + Sync + 'static,
    ) -> Memo<T> {
        Memo::new(move |_| self.screen.room().with(&part))
    }

    /// How many messages are new: came in while the room was open, and were not seen.
    pub fn unread(self) -> Memo<usize> {
        Memo::new(move |_| self.of_rows(|rows| unread(rows)))
    }

    /// Founds a room.
    pub fn create(self, room_name: &str, my_name: &str, entrance: Entrance) {
        self.happen(PageEvent::Asked);
        session::keep_name(my_name);
        self.with_client(|client| {
            client.create_room(room_name.to_owned(), my_name.to_owned(), entrance)
        });
    }

    /// Joins the room of an invite.
    pub fn join(self, invite: &str, my_name: &str) {
        self.happen(PageEvent::Asked);
        session::keep_name(my_name);
        self.with_client(|client| client.join_room(invite.to_owned(), my_name.to_owned()));
    }

    /// Goes to a room of this device.
    pub fn go_to(self, room: RoomId) {
        self.happen(PageEvent::Went(room));
    }

    /// Says in the room that is shown what was written: something new, the whole bundle, or other
    /// words for what was said or waits. True if it is something new.
    pub fn say(self, text: String, manner: Manner) -> bool {
        let writing = self.known.with_value(|known| known.room.writing.clone());
        let new = !matches!(writing.task, Task::Edit(_) | Task::Replace(_));
        match writing.task {
            Task::New => {
                let last = (!text.is_empty()).then_some(text);
                let texts = writing.bundle.into_iter().chain(last).collect();
                self.say_all(texts, manner, writing.reply);
                self.compose(Compose::SentBundle);
                self.compose(Compose::Reply(None));
                return true;
            }
            Task::Edit(_) if text == writing.text => {}
            Task::Edit(entry) => self.act(&text, Act::Edit(entry)),
            Task::Replace(draft) => {
                let draft = Draft { text, ..draft };
                self.compose(Compose::Replaced(draft.clone()));
                self.replace(draft);
            }
            Task::Resend(entry, manner) => {
                self.say_all(vec![text], manner, None);
                self.delete(entry);
            }
            Task::Anew(manner) => self.say_all(vec![text], manner, None),
        }
        self.compose(Compose::Revised);
        new
    }

    /// Several messages go together: all are seen or none. The first of them may answer one.
    fn say_all(self, texts: Vec<String>, manner: Manner, reply: Option<Target>) {
        let Manner { priority, act, terms } = manner;
        let Some(room) = self.room() else { return };
        let draft =
            |text| Draft::new(browser::random_draft_id(), text, priority).doing(act).on(terms);
        let mut drafts: Vec<Draft> = texts.into_iter().map(draft).collect();
        if let Some((first, target)) = drafts.first_mut().zip(reply) {
            first.act = first.act.in_reply_to(target);
        }
        let wall = session::now();
        if drafts.iter().all(|draft| draft.terms.qos == Qos::ExactlyOnce) {
            session::keep_sending(&room, &drafts, wall);
        }
        self.hand_over(room, drafts, wall);
    }

    fn hand_over(self, room: RoomId, mut drafts: Vec<Draft>, wall: Millis) {
        for draft in drafts.clone() {
            self.happen(PageEvent::Wrote { draft, wall });
        }
        let command = match drafts.pop() {
            Some(draft) if drafts.is_empty() => Command::Send(draft),
            last => Command::SendTogether(drafts.into_iter().chain(last).collect()),
        };
        self.with_client(|client| client.command(room, command));
    }

    /// The composer is for something else now, or its bundle has changed.
    pub fn compose(self, compose: Compose) {
        self.happen(PageEvent::Composes(compose));
    }

    /// A message is drawn that answers this one, which does not stand in the list.
    pub fn quote(self, target: Target) {
        self.happen(PageEvent::Quotes(target));
    }

    /// The way of a message is looked at, or not any more.
    pub fn look(self, entry: Option<EntryId>) {
        self.happen(PageEvent::Looked(entry));
    }

    /// Asks for the stations of an own message.
    pub fn trace(self, entry: EntryId) {
        self.command(Command::Trace(entry));
    }

    /// Puts another draft in the place of one that waits.
    pub fn replace(self, draft: Draft) {
        self.command(Command::Replace(draft));
    }

    /// Changes the class of an own message that waits for members.
    pub fn reclass(self, entry: EntryId, priority: Priority) {
        self.command(Command::Reclass { entry, priority });
    }

    /// Takes a message out of the tray of the undelivered.
    pub fn put_away(self, entry: EntryId) {
        self.command(Command::Dismiss(entry));
    }

    /// Puts an emoji on a message, or takes it away.
    pub fn react(self, target: EntryId, emoji: &str, on: bool) {
        self.act(emoji, Act::React { target, on });
    }

    /// Takes back an own message.
    pub fn delete(self, target: EntryId) {
        self.act("", Act::Delete(target));
    }

    fn act(self, text: &str, act: Act) {
        let manner = Manner { act, ..Manner::default() };
        self.say_all(vec![text.to_owned()], manner, None);
    }

    /// Does not say what waits for its time.
    pub fn cancel(self, draft: DraftId) {
        self.command(Command::Cancel(draft));
    }

    /// Offers an undelivered message again.
    pub fn retry(self, entry: EntryId) {
        self.command(Command::Retry(entry));
    }

    /// The person does something about connections, or looks at the queue.
    pub fn connects(self, deed: ConnectionDeed) {
        self.happen(PageEvent::Connects(deed));
    }

    /// Asks for older messages.
    pub fn load_older(self) {
        self.happen(PageEvent::AskedOlder);
        self.command(Command::LoadOlder);
    }

    /// The words of these messages of others were on a visible screen.
    pub fn mark_read(self, entries: Vec<EntryId>) {
        self.command(Command::MarkRead(entries));
    }

    /// These messages of others were on a visible screen, with words or without.
    pub fn see(self, entries: Vec<EntryId>) {
        let new = self.known.with_value(|known| {
            let new = |entry: &EntryId| known.rows.of(entry).is_some_and(|row| row.unread);
            entries.iter().any(new)
        });
        if new {
            self.happen(PageEvent::Seen(entries));
        }
    }

    /// Hands no messages on from this room, or does again.
    pub fn pause(self, on: bool) {
        self.command(Command::Pause(on));
    }

    /// Changes the own name in this room.
    pub fn rename_self(self, name: String) {
        session::keep_name(&name);
        self.command(Command::SetName(name));
    }

    /// Changes the room's name.
    pub fn rename_room(self, name: String) {
        self.command(Command::SetRoomName(name));
    }

    /// The person does something about who is in the room.
    pub fn does(self, deed: Deed) {
        self.happen(PageEvent::Does(deed));
    }

    /// Goes on with the newer build that was told of: all tabs are loaded again.
    pub fn update(self) {
        self.with_client(Client::update);
    }

    /// The person has read a notice and wants it gone.
    pub fn dismiss(self, notice: Notice) {
        if let Notice::Storage(browser::StorageState::Open { .. }) = notice {
            session::keep_storage_note_read();
        }
        self.happen(PageEvent::Dismissed(notice));
    }

    /// Something that follows from the messages that are drawn.
    pub fn of_drawn<T>(self, part: impl FnOnce(&[Shown]) -> T) -> Option<T> {
        self.screen.rows().try_with_untracked(|rows| part(rows))
    }

    fn room(self) -> Option<RoomId> {
        self.screen.room().with_untracked(|room| room.room)
    }

    fn command(self, command: Command) {
        let Some(room) = self.room() else { return };
        self.with_client(|client| client.command(room, command));
    }
}

#[derive(Clone, Copy)]
struct Speech(RwSignal<Language>);

/// The language of the moment, for components.
pub fn language() -> Signal<Language> {
    let Speech(language) = expect_context();
    language.into()
}

/// One of the fixed words, in the language of the moment.
pub fn word(pick: fn(&Words) -> &'static str) -> Signal<&'static str> {
    let language = language();
    Signal::derive(move || pick(language.get().words()))
}

/// Goes where the address bar goes: to an invite put into it, or back through the history.
pub fn follow_the_address(page: Page) {
    // Both fire for an invite that is put into the address bar; whoever is first takes it out.
    let follow = move |event: &'static str| {
        gloo::events::EventListener::new(&window(), event, move |_| {
            if event == "popstate" || session::has_fragment() {
                page.happen(PageEvent::Arrived(session::arrival()));
            }
        })
    };
    let kept = StoredValue::new_local(Some([follow("hashchange"), follow("popstate")]));
    on_cleanup(move || {
        kept.try_set_value(None);
    });
}
