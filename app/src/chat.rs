//! What the page knows, and the only place where that changes: [`ChatState::apply`].
//!
//! ```text
//!  ClientEvent ─┐
//!  address bar ─┼─► PageEvent ──► ChatState::apply ──► new state, and errands for the container
//!  the person  ─┘
//! ```
//! Plain Rust without a browser. What the state causes outside (open a room, remember one, report
//! an error) is returned as [`Errand`]s; drawing is in `components`, words are in `text`.

mod connection;
mod device;
mod guard;
mod list;
mod message;
mod notice;
mod overlay;
mod people;
mod place;
mod queue;
mod replies;
mod room;
mod rows;
mod search;
mod span;
#[cfg(test)]
pub(crate) mod tests;
mod trust;
mod way;
mod writing;

use std::collections::BTreeMap;

use browser::{
    ClientEvent, ClientRefusal, Command, Conditions, Draft, DraftId, EntryId, Fault, MemberId,
    Millis, RoomId, RoomSummary, Seal, StartError, StorageState, Target,
};

use crate::text::Language;
pub use connection::{ConnectionDeed, Line, Reach, Report, ServerLine, Watcher};
pub use device::{BackupFailure, Closing, Device, DeviceDeed, DeviceQuestion, Keeping, Loss};
pub use device::{Stock, at_stake, closing_of, loss_of};
pub use guard::{Asked, Guard, GuardDeed, IDLE_MINUTES, Shield};
pub use list::{Alerts, Keep, RoomQuestion, beside, is_paused, rooms_meant, shelf_of, unread_in};
pub use message::{Message, Shown, Standing};
pub use notice::{Notice, Weight};
#[cfg(test)]
pub use overlay::Palette;
pub use overlay::{Lay, Move, Offer, Overlay, Pressed, Wish, meant, shortcut};
pub use people::{Choice, Deed, Question};
pub use place::{Arrival, Invitation, Place};
pub use queue::{Curve, KEPT, Past, Quantity, SELDOM};
pub use replies::{Heard, Trail};
pub use room::{Company, Divider, Life, News, Older, Problem, Renewal, RoomState, Visit};
pub use rows::{Rows, on_screen, unread, unread_below};
pub use search::{Everywhere, Found, Goal, HITS, Hit, Lead, Progress, Seek, Sought, search};
pub use span::{Span, Turn};
pub use trust::{Double, Trust, Trusts};
pub use way::{Reader, Step, Stop, readers, way};
pub use writing::{Completing, Emoji, Emojis, QUICK, Sign, complete, named, names};
pub use writing::{Compose, Manner, Subject, Task, Unfit, Writing};

/// Something that changes what the page knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageEvent {
    /// The client said something.
    Client(ClientEvent),
    /// The client cannot start here.
    Unstartable(StartError),
    /// The page was opened, or its address has changed.
    Arrived(Arrival),
    /// A room was asked for: to be created or joined.
    Asked,
    /// An own message, or something done to one that is there, was handed to the client.
    Wrote {
        /// What was handed over.
        draft: Draft,
        /// When, by this device's clock.
        wall: Millis,
    },
    /// A message that was refused is taken out of the list.
    Withdrawn(DraftId),
    /// Older messages were asked for.
    AskedOlder,
    /// These messages of others were on a visible screen.
    Seen(Vec<EntryId>),
    /// The reader goes to another part of the list.
    Turned(Turn),
    /// Whether the page is in front of somebody.
    Watched(bool),
    /// Some time has passed: see [`SELDOM`].
    Passed,
    /// Whether the browser refuses to keep what is being written.
    Unkept(bool),
    /// The composer is for something else now, or its bundle has changed.
    Composes(Compose),
    /// A message is drawn that answers this one, which does not stand in the list.
    Quotes(Target),
    /// The reader goes to what a message answers, or that has come to its end.
    Follows(Trail),
    /// The way of a message is looked at, or not any more.
    Looked(Option<EntryId>),
    /// The person does something about who is in the room.
    Does(Deed),
    /// The person has read a notice and wants it gone.
    Dismissed(Notice),
    /// The person went to the list of rooms.
    Left,
    /// The person went to this room of the list.
    Went(RoomId),
    /// The person does something about a room of the list.
    Keeps(Keep),
    /// The person does something about all that is stored on this device.
    Manages(DeviceDeed),
    /// The person does something about the passphrase of this device.
    Guards(GuardDeed),
    /// The person does something about what lies over the page.
    Lays(Lay),
    /// The person does something about connections.
    Connects(ConnectionDeed),
    /// The person does something about the search in all rooms.
    Seeks(Seek),
}

/// Something that the state asks of its container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Errand {
    /// Ask the client to open this room.
    Open(RoomId),
    /// Ask this of a room.
    Command(RoomId, Command),
    /// This room is what the tab shows now.
    Show(RoomId),
    /// The tab shows no room now.
    ShowNone,
    /// Ask the client to leave this room.
    Leave(RoomId),
    /// This device is not in this room any more: nothing of it is to be remembered.
    Forget(RoomId),
    /// Keep these bytes of the backup that is being made.
    KeepPart(Vec<u8>),
    /// Give the person the backup as a file.
    SaveBackup,
    /// Hand these bytes of the backup to the client, from one place to another.
    SendPart(u64, u64),
    /// Tell the client that all of the backup has come.
    EndParts,
    /// Nothing comes of the backup.
    DropBackup,
    /// What the page itself keeps is sealed so, or not any more.
    Seal(Option<Seal>),
    /// Ask the client to lock all.
    Lock,
    /// Keep these words, perhaps for one member alone, with what stands in the composer of a room.
    KeepWords(RoomId, String, Option<MemberId>),
    /// Load the page again.
    Reload,
    /// Ask the client to delete all that is stored, and go on with that after a reload.
    Wipe,
    /// All that was stored is deleted: forget what the page remembers itself, and begin anew.
    BeginAnew,
    /// This draft needs no repeating any more.
    Settled(DraftId),
    /// Ask the client how much is stored.
    MeasureSpace,
    /// Ask the browser to keep what is stored.
    Persist,
    /// Ask the client how the connections of this room do.
    Survey(RoomId),
    /// Ask the client to try what connections need.
    Check,
    /// Ask the client to make connections so.
    Worsen(Conditions),
    /// Keep this for whoever looks for errors.
    Report(String),
    /// Let this happen, once what lay over the page is gone and the keyboard is back where it was.
    Soon(Vec<PageEvent>),
    /// The person goes there, as soon.
    Press(Spot),
    /// The page speaks this language from now on.
    Speak(Language),
}

/// A place on the page to which commands lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// The composer.
    Composer,
    /// The search.
    Search,
    /// The dialog about the invite.
    Invite,
    /// The list of members.
    Members,
    /// The panel in which it stands: it is only to be seen.
    Panel,
    /// The queue in that panel.
    Queue,
    /// Whether the browser says that something is new, in the dialog about this device.
    Notifications,
    /// The form for a new room.
    NewRoom,
}

/// How the client does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Worker {
    /// No answer yet.
    #[default]
    Starting,
    /// This tab does the work for all tabs.
    Leads,
    /// Another tab does the work.
    Follows,
    /// It cannot work in this browser.
    Impossible(StartError),
    /// It has died; only a reload helps.
    Dead(String),
    /// It has ended with what was stored, as the notice on the storage says.
    Ended,
}

impl Worker {
    /// True once rooms can be made, joined and opened.
    pub fn answers(&self) -> bool {
        matches!(self, Worker::Leads | Worker::Follows)
    }

    /// True if it will never answer: only another address, browser or a reload helps.
    pub fn is_over(&self) -> bool {
        match self {
            Worker::Impossible(_) | Worker::Dead(_) | Worker::Ended => true,
            Worker::Starting | Worker::Leads | Worker::Follows => false,
        }
    }
}

/// Whether an answer is owed to the form that is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Request {
    /// Nothing was asked.
    #[default]
    None,
    /// A room was asked for.
    Waiting,
    /// It was refused.
    Refused(ClientRefusal),
}

/// Everything that the page knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChatState {
    /// What the tab shows.
    pub place: Place,
    /// How the client does.
    pub worker: Worker,
    /// The rooms on this device, in the order shown.
    pub rooms: Vec<RoomSummary>,
    /// What is asked about one of them.
    pub asks: Option<RoomQuestion>,
    /// What is asked about this device.
    pub device: Device,
    /// What lies over the page.
    pub overlay: Overlay,
    /// Whether there is a passphrase, and whether all is locked by it.
    pub guard: Guard,
    /// True if the person has walked to what the tab shows, by something pressed on the page: the
    /// browser's way back leads to where that was. Else it came there by the address or by itself.
    pub walked: bool,
    /// What was asked for, if anything.
    pub request: Request,
    /// How the browser keeps what is stored, once that is known.
    pub storage: Option<StorageState>,
    /// How much is stored, as it was measured when the person looked.
    pub stock: Stock,
    /// What is wrong, newest last.
    pub faults: Vec<Fault>,
    /// How often it was told that the signaling server breaks its rules.
    pub misconduct: u64,
    /// What the network lab makes of connections.
    pub lab: Conditions,
    /// True if a newer build of this page waits for a word.
    pub newer: bool,
    /// Notices that the person wants gone.
    pub dismissed: Vec<Notice>,
    /// The search in all rooms.
    pub everywhere: Everywhere,
    /// The room that is shown.
    pub room: RoomState,
    /// What the composers of other rooms are for.
    pub aside: BTreeMap<RoomId, Writing>,
    /// Its messages, in the order shown.
    pub rows: Rows,
    /// Which part of them is drawn.
    pub span: Span,
    /// Nobody has the page in front of them.
    pub unwatched: bool,
    /// This device's clock, as it was when the last thing happened.
    pub clock: Millis,
    /// The browser keeps no more of what is being written.
    pub unkept: bool,
}

/// Faults that are shown at once.
const FAULTS: usize = 8;

impl ChatState {
    /// Takes in what has happened, at this time; gives what is to be done about it.
    pub fn apply_at(&mut self, event: PageEvent, now: Millis) -> Vec<Errand> {
        self.clock = now;
        self.apply(event)
    }

    /// Takes in what has happened; gives what is to be done about it.
    pub fn apply(&mut self, event: PageEvent) -> Vec<Errand> {
        match event {
            PageEvent::Client(event) => self.apply_client(event),
            PageEvent::Unstartable(error) => {
                self.worker = Worker::Impossible(error);
                self.end_wait();
                if let Place::Starting { .. } = self.place {
                    self.place = Place::Start;
                }
                Vec::new()
            }
            PageEvent::Arrived(arrival) => {
                self.walked = false;
                self.arrive(arrival)
            }
            PageEvent::Asked => self.ask(),
            PageEvent::Wrote { draft, wall } => {
                self.write(draft, wall);
                Vec::new()
            }
            PageEvent::Withdrawn(draft) => {
                self.rows.withdraw(&[draft]);
                vec![Errand::Settled(draft)]
            }
            PageEvent::AskedOlder => {
                self.room.older = Older::Loading;
                Vec::new()
            }
            PageEvent::Seen(entries) => {
                self.see(&entries);
                Vec::new()
            }
            PageEvent::Turned(turn) => {
                self.turn(turn);
                Vec::new()
            }
            PageEvent::Watched(watched) => self.watched(watched),
            PageEvent::Passed => self.pass(),
            PageEvent::Unkept(unkept) => self.note_unkept(unkept),
            PageEvent::Composes(compose) => {
                self.compose(compose);
                Vec::new()
            }
            PageEvent::Looked(entry) => {
                self.room.looked = entry;
                Vec::new()
            }
            PageEvent::Quotes(target) => self.ask_for(target),
            PageEvent::Follows(trail) => self.follow_trail(trail),
            PageEvent::Does(deed) => self.govern(deed),
            PageEvent::Dismissed(notice) => {
                self.dismiss(notice);
                Vec::new()
            }
            PageEvent::Left => self.leave(),
            PageEvent::Went(room) => self.go(room),
            PageEvent::Keeps(keep) => self.keep(keep),
            PageEvent::Manages(deed) => self.manage(deed),
            PageEvent::Guards(deed) => self.guard(deed),
            PageEvent::Lays(lay) => self.lay(lay),
            PageEvent::Connects(deed) => self.connect(deed),
            PageEvent::Seeks(seek) => self.seek(seek),
        }
    }

    fn apply_client(&mut self, event: ClientEvent) -> Vec<Errand> {
        match event {
            ClientEvent::Ready { leader, rooms } => {
                self.worker = if leader { Worker::Leads } else { Worker::Follows };
                self.list(rooms);
                self.unlock();
                // Worker and page understand each other: what says the opposite is over.
                let over = |fault: &Fault| {
                    matches!(fault, Fault::Silent { .. } | Fault::OtherBuild { .. })
                };
                self.faults.retain(|fault| !over(fault));
                self.settle_place()
            }
            ClientEvent::Leader(leader) => {
                self.worker = if leader { Worker::Leads } else { Worker::Follows };
                self.interrupt_guard();
                let again = self.seek_again();
                self.fail_backup(BackupFailure::Interrupted).into_iter().chain(again).collect()
            }
            ClientEvent::Rooms(rooms) => {
                self.list(rooms);
                self.settle_place()
            }
            ClientEvent::Summary(summary) => {
                self.summarise(summary);
                Vec::new()
            }
            ClientEvent::Left { room } => self.lose_room(room),
            ClientEvent::Backup(news) => self.hear_of_backup(news),
            ClientEvent::Protection(protection) => self.hear_of_protection(protection),
            ClientEvent::Guarded(outcome) => self.hear_of_guard(outcome),
            ClientEvent::Locked => self.stay_locked(),
            ClientEvent::Shut => self.shut(),
            ClientEvent::Wiped => {
                self.worker = Worker::Ended;
                self.end_wait();
                self.end_room();
                vec![Errand::BeginAnew]
            }
            ClientEvent::Opened { room } => self.open(room),
            ClientEvent::Room { room, event } => self.apply_room(room, event),
            ClientEvent::Link(news) => self.note_link(news),
            ClientEvent::Checked(check, finding) => self.note_finding(check, finding),
            ClientEvent::Refused(refusal) => self.refuse(refusal),
            ClientEvent::Newer => self.offer_newer(),
            ClientEvent::Updated => vec![Errand::Reload],
            ClientEvent::Space(space) => self.note_space(space),
            ClientEvent::Storage(state) => self.note_storage(state),
            ClientEvent::Fault(Fault::Server(what)) => {
                self.note_misconduct(what);
                Vec::new()
            }
            ClientEvent::Fault(fault) => {
                self.faults.retain(|known| *known != fault);
                self.dismissed.retain(|notice| *notice != Notice::Fault(fault.clone()));
                self.faults.push(fault);
                let spare = self.faults.len().saturating_sub(FAULTS);
                self.faults.drain(..spare);
                Vec::new()
            }
            ClientEvent::Fatal { text } => {
                self.worker = Worker::Dead(text.clone());
                self.end_wait();
                self.end_room();
                let mut errands = self.fail_backup(BackupFailure::Interrupted);
                errands.push(Errand::Report(text));
                errands
            }
        }
    }

    /// Each build is offered once: whoever has put one away is asked about the next.
    fn offer_newer(&mut self) -> Vec<Errand> {
        self.newer = true;
        self.dismissed.retain(|notice| *notice != Notice::Newer);
        Vec::new()
    }

    /// What is told again and again was read once it was put away.
    fn note_storage(&mut self, state: StorageState) -> Vec<Errand> {
        if self.storage.as_ref() != Some(&state) {
            self.dismissed.retain(|notice| notice.weight() == Weight::Calm);
        }
        if matches!(state, StorageState::Open { .. } | StorageState::Full) {
            self.end_lack_of_space();
        }
        if state.is_gone() {
            self.worker = Worker::Ended;
            self.end_wait();
            self.rows.lose();
            self.room.pending = 0;
        }
        if state.ends_all() {
            self.end_room();
        }
        self.storage = Some(state);
        Vec::new()
    }

    /// No answer will come; the notice on the worker or the storage says why.
    fn end_wait(&mut self) {
        if self.request == Request::Waiting {
            self.request = Request::None;
        }
    }

    /// Own messages that are refused are said where they stand; everything else where it was
    /// asked for.
    fn refuse(&mut self, refusal: ClientRefusal) -> Vec<Errand> {
        self.request = Request::Refused(refusal);
        if let Place::Opening(_) = self.place {
            self.place = Place::Start;
            return vec![Errand::ShowNone];
        }
        Vec::new()
    }
}
