//! The worker that leads: all rooms of this device, and the pages that look at them.
//!
//! Hands what happens to the room that it concerns, opens rooms that are new (`founding`), takes
//! away what is stored of those that are left (`leaving`), and keeps one timer for the earliest of
//! all deadlines.

mod backups;
mod founding;
mod lab;
mod leaving;
pub(super) mod protecting;
mod server;
mod survey;

use std::collections::BTreeMap;

use engine::letters::without_odd;
use engine::{
    BatchId, Command, Engine, Input, Millis, Misconduct, Record, RecordError, RoomId, RoomRecord,
    RtcState, StoreFault,
};
use gloo::timers::callback::{Interval, Timeout};
use web_sys::RtcDataChannel;

use super::happening::{Feed, Happening, Report};
use super::reach::{Asker, Reach};
use super::room::{Room, Summary};
use crate::channel::DataChannel;
use crate::client::event::{ClientRefusal, Fault, RoomSummary, StorageState};
use crate::clock::{LOOK_EVERY, SleepWatch, now};
use crate::lab::Lab;
use crate::lock::Lock;
use crate::message::{News, Protected, Request, RtcNews, TabId};
use crate::random;
use crate::store::Store;
use backups::Backups;
use founding::Founding;
use lab::ends;
use leaving::Leaving;
use protecting::Protecting;
use server::Refusal;

/// The longest that a timer is set for; it is set again then.
const LONGEST_TIMER: Millis = 60 * 60 * 1_000;

/// See the module.
pub(super) struct Leader {
    rooms: BTreeMap<RoomId, Room>,
    founding: BTreeMap<RoomId, Founding>,
    leaving: BTreeMap<RoomId, Leaving>,
    backups: Backups,
    protecting: Protecting,
    reach: Reach,
    /// What connections are made to be.
    lab: Lab,
    space: Space,
    refusal: Refusal,
    /// When pages were told last of what the server was caught at.
    caught: BTreeMap<Misconduct, Millis>,
    sleep: SleepWatch,
    timer: Option<(Millis, Timeout)>,
    _look: Interval,
    lock: Lock,
}

/// Whether the store takes more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Space {
    Left,
    Full,
}

/// What ends a leader.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LeaderError {
    /// Another worker raised the fencing number: whatever this one shows is old.
    #[error("another tab has taken over the storage: reload this page")]
    Fenced,
    /// No seeds, no keys.
    #[error("the browser gives no random numbers: {0}")]
    NoRandomness(String),
}

impl Leader {
    /// Leads from now on: opens the rooms of these records.
    pub(super) fn begin(
        lock: Lock,
        reach: Reach,
        records: Vec<Record>,
    ) -> Result<Leader, LeaderError> {
        let feed = reach.feed.clone();
        let look = u32::try_from(LOOK_EVERY).unwrap_or(u32::MAX);
        let mut leader = Leader {
            rooms: BTreeMap::new(),
            founding: BTreeMap::new(),
            leaving: BTreeMap::new(),
            backups: Backups::default(),
            protecting: Protecting::default(),
            reach,
            lab: Lab::default(),
            space: Space::Left,
            refusal: Refusal::Untold,
            caught: BTreeMap::new(),
            sleep: SleepWatch::new(now()),
            timer: None,
            _look: Interval::new(look, move || feed.put(Happening::Report(Report::Look))),
            lock,
        };
        for (key, value) in records {
            match RoomRecord::decode(&value) {
                Ok(record) => {
                    leader.open(record)?;
                }
                Err(RecordError::Damaged) => leader.tell_fault(Fault::RoomDamaged),
                Err(RecordError::Newer) => leader.tell_fault(Fault::RoomNewer),
                Err(RecordError::Left) => leader.go_on_leaving(&key),
            }
        }
        leader.touch();
        leader.begin_converting();
        Ok(leader)
    }

    /// Leads no more: says farewell to everybody, and gives back the lock and the store.
    pub(super) fn close(mut self) -> (Lock, Store) {
        for (_, room) in std::mem::take(&mut self.rooms) {
            room.part(&mut self.reach);
        }
        (self.lock, self.reach.store)
    }

    /// Leads no more; the lock goes to whoever opens the database again.
    pub(super) fn end(self) -> Lock {
        self.lock
    }

    /// The rooms of this device.
    pub(super) fn rooms(&self) -> Vec<RoomSummary> {
        self.rooms.values().map(Room::summary).collect()
    }

    /// Under which key all is stored, if there is a passphrase.
    pub(super) fn protected(&self) -> Option<Protected> {
        self.reach.protected()
    }

    /// Tells a tab, or all, who leads, and how the storage is.
    pub(super) fn announce(&self, to: Option<TabId>) {
        self.reach.announce(to, self.rooms());
        for news in [News::Storage(self.storage()), self.conditions()] {
            match to {
                Some(tab) => self.reach.tell(Asker::Tab(tab), news),
                None => self.reach.tell_all(news),
            }
        }
    }

    fn storage(&self) -> StorageState {
        match self.space {
            // Whether it is persistent, only a page can ask the browser.
            Space::Left => StorageState::Open { persistent: false },
            Space::Full => StorageState::Full,
        }
    }

    pub(super) fn open(&mut self, record: RoomRecord) -> Result<(), LeaderError> {
        let (room, name) = (record.room(), without_odd(record.name()));
        let seed = random::bytes().map_err(|error| LeaderError::NoRandomness(error.0))?;
        self.rooms.insert(room, Room::new(Engine::open(record, seed, now()), name));
        let socket_open = match &mut self.reach.socket {
            Some(socket) => {
                let news = socket.connect(now().mono);
                let open = socket.is_open();
                self.on_socket_news(news);
                open
            }
            None => false,
        };
        if socket_open {
            self.hand(room, Input::SignalOpened);
        } else {
            self.settle(room);
        }
        Ok(())
    }

    /// Takes in what the leader's own undertakings report.
    pub(super) fn handle(&mut self, report: Report) -> Result<(), LeaderError> {
        match report {
            Report::Founded(room, outcome) => self.on_founded(room, outcome)?,
            Report::Left(room, outcome) => self.on_left(room, outcome)?,
            Report::Wiped(room, outcome) => self.on_wiped(room, outcome)?,
            Report::Packed(ask, piece) => self.on_packed(ask, piece),
            Report::PackedAll(ask, outcome) => self.on_packed_all(ask, outcome),
            Report::Unpacked(ask, outcome) => self.on_unpacked(ask, outcome)?,
            Report::UnpackedAll(ask, outcome) => self.on_unpacked_all(ask, outcome)?,
            Report::Protecting(opening, step) => self.go_on_protecting(opening, step)?,
            Report::Committed(room, batch, outcome) => self.on_committed(room, batch, outcome)?,
            Report::Scanned(room, scan, outcome) => {
                self.hand(room, Input::Scanned(scan, outcome));
            }
            Report::Socket(attempt, rumour) => self.on_socket(attempt, rumour),
            Report::Channel(room, link, channel, news) => {
                self.on_channel(room, link, channel, news);
            }
            Report::Timer => self.tick(),
            Report::Look => self.look(),
        }
        Ok(())
    }

    /// A page asks for something.
    pub(super) fn request(&mut self, asker: Asker, request: Request) {
        match request {
            Request::Create { ask, entropy, room_name, my_name, entrance } => {
                let record = RoomRecord::found(&entropy.bytes(), entrance);
                self.found(record, Founding::create(asker, ask, room_name, my_name));
            }
            Request::Join { ask, entropy, invite, my_name } => {
                match engine::Invite::parse(&invite) {
                    Ok(parsed) => {
                        // Whoever stands at a door that was closed needs this newer link.
                        self.command(parsed.room(), Command::Follow(invite));
                        let record = RoomRecord::join(&parsed, &entropy.bytes());
                        self.found(record, Founding::join(asker, ask, my_name));
                    }
                    Err(error) => {
                        let refusal = error.into();
                        self.reach.tell(asker, News::Refused { ask: Some(ask), refusal });
                    }
                }
            }
            Request::Open { room } => self.show(asker, None, room),
            Request::Leave { ask, room } => self.leave(asker, ask, room),
            Request::Export { ask, passphrase } => self.export(asker, ask, &passphrase),
            Request::Import { ask, step } => self.import(asker, ask, step),
            Request::Protect { ask, step } => self.protect(asker, ask, &step),
            // It is not locked: whoever asks did not know that yet.
            Request::Unlock { .. } => {}
            // The driver takes them out of our hands.
            Request::Lock { .. } | Request::Wipe { .. } => {}
            Request::Survey { room } => self.survey(room),
            Request::Worsen(conditions) => self.worsen(conditions),
            Request::Command { room, command } => match self.rooms.get_mut(&room) {
                Some(open) => {
                    if let Command::Find(find, _) = &command {
                        self.reach.look_for(*find, room, asker);
                    }
                    self.reach.asker = Some(asker);
                    let summary = open.command(command, &mut self.reach);
                    self.reach.asker = None;
                    self.after(room, summary);
                }
                None => self.refuse_room(asker, room),
            },
        }
    }

    fn refuse_room(&self, asker: Asker, room: RoomId) {
        let refusal = ClientRefusal::UnknownRoom { room };
        self.reach.tell(asker, News::Refused { ask: None, refusal });
    }

    fn command(&mut self, room: RoomId, command: Command) {
        if let Some(open) = self.rooms.get_mut(&room) {
            let summary = open.command(command, &mut self.reach);
            self.after(room, summary);
        }
    }

    /// Hands something to the engine of a room.
    fn hand(&mut self, room: RoomId, input: Input) {
        if let Some(open) = self.rooms.get_mut(&room) {
            let summary = open.handle(input, &mut self.reach);
            self.after(room, summary);
        }
    }

    fn hand_all(&mut self, input: &Input) {
        let rooms: Vec<RoomId> = self.rooms.keys().copied().collect();
        for room in rooms {
            self.hand(room, input.clone());
        }
    }

    fn settle(&mut self, room: RoomId) {
        if let Some(open) = self.rooms.get_mut(&room) {
            let summary = open.settle(&mut self.reach);
            self.after(room, summary);
        }
    }

    fn after(&mut self, room: RoomId, summary: Summary) {
        let open = self.rooms.get(&room).filter(|_| summary == Summary::Changed);
        if let Some(summary) = open.map(Room::summary) {
            self.reach.tell_all(News::Summary(summary));
        }
    }

    /// A batch of a room is stored, or not.
    fn on_committed(
        &mut self,
        room: RoomId,
        batch: BatchId,
        outcome: Result<(), StoreFault>,
    ) -> Result<(), LeaderError> {
        self.note_outcome(&outcome)?;
        self.hand(
            room,
            match outcome {
                Ok(()) => Input::Committed(batch),
                Err(fault) => Input::CommitFailed(batch, fault),
            },
        );
        Ok(())
    }

    /// What the outcome of any batch says of the store.
    fn note_outcome(&mut self, outcome: &Result<(), StoreFault>) -> Result<(), LeaderError> {
        let space = match outcome {
            Ok(()) => Space::Left,
            Err(StoreFault::Full) => Space::Full,
            Err(StoreFault::Fenced) => return Err(LeaderError::Fenced),
            Err(StoreFault::Failed(_)) => self.space,
        };
        if std::mem::replace(&mut self.space, space) != space {
            self.reach.tell_all(News::Storage(self.storage()));
        }
        Ok(())
    }

    /// The page has news of a connection.
    pub(super) fn on_rtc(&mut self, room: RoomId, link: engine::LinkId, news: RtcNews) {
        if self.lab.get().cut && !ends(&news) {
            return;
        }
        let input = match news {
            RtcNews::Description { kind, sdp } => Input::RtcDescription { link, kind, sdp },
            RtcNews::Candidate(candidate) => Input::RtcCandidate { link, candidate },
            RtcNews::State(state) => Input::RtcState { link, state },
            RtcNews::Measured(path) => return self.on_measured(room, link, path),
        };
        self.hand(room, input);
    }

    /// The page has moved a channel here.
    pub(super) fn on_moved(
        &mut self,
        room: RoomId,
        link: engine::LinkId,
        channel: engine::Channel,
        moved: Option<RtcDataChannel>,
    ) {
        match (self.rooms.get_mut(&room), moved) {
            (Some(_), Some(moved)) if self.lab.get().cut => moved.close(),
            (Some(open), Some(moved)) => {
                let feed = self.reach.feed.clone();
                let tell = move |news| {
                    feed.put(Happening::Report(Report::Channel(room, link, channel, news)))
                };
                open.adopt(
                    link,
                    channel,
                    DataChannel::adopt(channel, moved, self.lab.clone(), tell),
                );
            }
            (None, Some(moved)) => moved.close(),
            // A browser that loses a channel on its way cannot link; the engine builds anew.
            (_, None) => self.hand(room, Input::RtcState { link, state: RtcState::Failed }),
        }
    }

    /// A channel has news.
    fn on_channel(
        &mut self,
        room: RoomId,
        link: engine::LinkId,
        channel: engine::Channel,
        news: crate::channel::ChannelNews,
    ) {
        if let Some(open) = self.rooms.get_mut(&room) {
            let summary = open.on_channel(link, channel, news, &mut self.reach);
            self.after(room, summary);
        }
    }

    fn tell_fault(&self, fault: Fault) {
        self.reach.tell_all(News::Fault(fault));
    }

    /// The device may have slept.
    pub(super) fn wake(&mut self) {
        let socket = self.reach.socket.as_mut();
        let news = socket.and_then(|socket| socket.wake(now().mono));
        self.on_socket_news(news);
        self.hand_all(&Input::Wake);
    }

    /// Looks at the clocks for a sleep that no event told of.
    fn look(&mut self) {
        self.look_at_backups();
        if self.sleep.look(now()) {
            self.wake();
        }
    }

    /// Deadlines may have come.
    fn tick(&mut self) {
        self.timer = None;
        let time = now().mono;
        let socket = self.reach.socket.as_mut();
        let news = socket.and_then(|socket| socket.tick(time));
        self.on_socket_news(news);
        let due =
            self.rooms.iter().filter(|(_, open)| open.deadline().is_some_and(|at| at <= time));
        let due: Vec<RoomId> = due.map(|(room, _)| *room).collect();
        for room in due {
            self.hand(room, Input::Tick);
        }
    }

    /// Sets the timer for the earliest of all deadlines. To be called after everything.
    pub(super) fn arm(&mut self) {
        let socket = self.reach.socket.as_ref().and_then(crate::socket::Socket::deadline);
        let rooms = self.rooms.values().filter_map(Room::deadline);
        let earliest = rooms.chain(socket).min();
        if earliest == self.timer.as_ref().map(|(at, _)| *at) {
            return;
        }
        self.timer = earliest.map(|at| (at, set_timer(at, self.reach.feed.clone())));
    }
}

fn set_timer(at: Millis, feed: Feed) -> Timeout {
    // One more, since timers come up to a millisecond early.
    let wait = at.saturating_sub(now().mono).saturating_add(1).min(LONGEST_TIMER);
    let wait = u32::try_from(wait).unwrap_or(u32::MAX);
    Timeout::new(wait, move || feed.put(Happening::Report(Report::Timer)))
}
