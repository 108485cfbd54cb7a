//! The only loop: what happens, and who this worker is.
//!
//! ```text
//!  Idle ── start ──► Following ── the lock is ours ──► Opening ── rooms read ──► Leading
//!       (no space, not to be opened: after a while) ◄─┤  ▲     └── the browser closed it ──┐
//!                                                     │  └──────────────────────────────────┘
//!                                                └─ no database ──► Stranded
//!        a passphrase, and no key: Locked until somebody unlocks it (see `locking`)
//!  any of the last four ── wipe ──► Wiping ── the database is gone ──► all tabs begin anew
//! ```
//! A follower carries its page's requests to whoever leads. A stranded worker keeps the lock, since
//! the next tab would fare no better, and says why to all who ask.

mod locking;
mod wiping;

use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;

use engine::room::vault::DeviceKey;
use engine::{Event, Record, RoomId, Scan, ScanId, StoreFault, Table};

use self::locking::Locking;
use super::checkup::check;
use super::happening::{Feed, Happening, Report};
use super::leader::{Leader, LeaderError};
use super::page::Page;
use super::reach::{Asker, Reach};
use super::tabs::Tabs;
use crate::client::event::{RoomSummary, StorageState};
use crate::clock::pause;
use crate::lock::Lock;
use crate::message::{
    News, Protected, Request, TabId, TabMessage, TabWords, Term, ToPage, ToWorker,
};
use crate::random;
use crate::socket::Socket;
use crate::store::{Lost, NAME, OpenFault, Origin, Store};

/// The Web Lock of whoever leads.
const LOCK: &str = "confab";
/// Records of rooms that are read; far more than a device can be in.
const MOST_ROOMS: u32 = 4_096;

/// How long to wait, as for space, before the database is opened again.
const RETRY_MILLIS: u32 = 5_000;
/// Requests that are held while nobody leads.
const HELD: usize = 256;

/// See the module.
pub(super) struct Driver {
    page: Page,
    feed: Feed,
    tabs: Rc<Tabs>,
    /// The address of the signaling socket, once it is known.
    signal: Option<String>,
    /// How many leaders the page was told of.
    term: Term,
    /// Requests of the own page that it will not ask again, while nobody leads.
    held: VecDeque<Request>,
    /// Rooms that the own page has opened.
    shown: BTreeSet<RoomId>,
    /// The key of what is stored, as whoever leads has told it.
    key: Option<DeviceKey>,
    /// The tab that holds the lock and has no key.
    locked_by: Option<TabId>,
    locking: Option<Locking>,
    role: Role,
}

enum Role {
    Idle,
    Following { leader: Option<TabId> },
    Opening { lock: Lock, store: Option<Store>, trouble: Option<StorageState>, expected: Origin },
    Locked { lock: Lock, store: Store },
    Leading(Box<Leader>),
    Stranded { state: StorageState, lock: Lock },
    Wiping { trouble: Option<StorageState>, _lock: Lock },
}

impl Driver {
    pub(super) fn new(page: Page, feed: Feed) -> Result<Driver, String> {
        let me = TabId(random::bytes().map_err(|error| error.to_string())?);
        let tabs = Rc::new(Tabs::join(me, feed.clone())?);
        let (shown, role) = (BTreeSet::new(), Role::Idle);
        Ok(Driver {
            page,
            feed,
            tabs,
            signal: None,
            term: Term::default(),
            held: VecDeque::new(),
            shown,
            key: None,
            locked_by: None,
            locking: None,
            role,
        })
    }

    /// Takes in what happened.
    pub(super) fn handle(&mut self, happening: Happening) {
        if let Err(error) = self.route(happening) {
            return self.page.end(&error.to_string());
        }
        self.go_on_locking();
        if let Role::Leading(leader) = &mut self.role {
            leader.arm();
        }
    }

    fn route(&mut self, happening: Happening) -> Result<(), LeaderError> {
        match happening {
            Happening::Page(message, channel) => self.on_page(message, channel),
            Happening::Tab(message) => self.on_tab(message),
            Happening::OtherBuild { build, leads } => self.on_other_build(build, leads),
            Happening::Locked(Ok(lock)) => self.begin_opening(lock, Origin::Made),
            Happening::Locked(Err(error)) => self.page.end(&error.to_string()),
            Happening::Blocked => self.tell_trouble(StorageState::Blocked),
            Happening::Opened(outcome) => self.on_opened(outcome),
            Happening::Records(outcome) => return self.on_records(outcome),
            Happening::Lost(lost) => self.on_lost(lost),
            Happening::Condemned(outcome) => return self.on_condemned(outcome),
            Happening::Deleted(outcome) => self.on_deleted(outcome),
            // A lock waits, or does no more: that is seen after everything.
            Happening::Saving => {}
            Happening::Report(report) => {
                let looks = matches!(report, Report::Look);
                if let Role::Leading(leader) = &mut self.role {
                    leader.handle(report)?;
                    if looks && leader.is_untouched() {
                        self.begin_locking(None);
                    }
                }
            }
        }
        Ok(())
    }

    fn on_page(&mut self, message: ToWorker, channel: Option<web_sys::RtcDataChannel>) {
        match message {
            ToWorker::Start { signal } => self.start(signal),
            ToWorker::Request { term, request } => {
                if term == self.term || !request.is_repeated() {
                    self.on_own_request(request);
                }
            }
            ToWorker::Wake => self.on_own_sign(TabWords::Wake, Leader::wake),
            ToWorker::Check => check(&self.page, self.signal.clone()),
            ToWorker::Touched => self.on_own_sign(TabWords::Touched, Leader::touch),
            ToWorker::Rtc { room, link, news } => {
                if let Role::Leading(leader) = &mut self.role {
                    leader.on_rtc(room, link, news);
                }
            }
            ToWorker::Channel { room, link, channel: name } => {
                if let Role::Leading(leader) = &mut self.role {
                    leader.on_moved(room, link, name, channel);
                }
            }
        }
    }

    /// The own page gives a sign, for whoever leads.
    fn on_own_sign(&mut self, words: TabWords, own: fn(&mut Leader)) {
        match &mut self.role {
            Role::Leading(_) => self.heed(own),
            Role::Following { leader: Some(leader) } => self.tabs.say(Some(*leader), false, words),
            Role::Idle
            | Role::Following { leader: None }
            | Role::Opening { .. }
            | Role::Locked { .. }
            | Role::Wiping { .. }
            | Role::Stranded { .. } => {}
        }
    }

    fn start(&mut self, signal: Option<String>) {
        let Role::Idle = self.role else { return };
        self.signal = signal;
        self.role = Role::Following { leader: None };
        self.tabs.say(None, false, TabWords::WhoLeads);
        self.feed.put_later(async { Happening::Locked(Lock::acquire(LOCK).await) });
    }

    /// What cannot be answered now, the page asks again as soon as somebody leads.
    fn on_own_request(&mut self, request: Request) {
        let wipe = matches!(request, Request::Wipe { .. });
        match (&self.role, &request) {
            (
                Role::Leading(_)
                | Role::Opening { .. }
                | Role::Locked { .. }
                | Role::Stranded { .. },
                _,
            ) if wipe => return self.wipe(),
            (Role::Leading(_), Request::Lock { ask }) => {
                return self.begin_locking(Some((Asker::Own, *ask)));
            }
            (Role::Locked { .. }, Request::Unlock { ask, passphrase }) => {
                return self.unlock(Asker::Own, *ask, passphrase);
            }
            (Role::Following { leader: None }, request) if self.ask_locked(request) => return,
            _ => {}
        }
        match &mut self.role {
            Role::Leading(leader) => leader.request(Asker::Own, request),
            Role::Following { leader: Some(leader) } => {
                if let Request::Open { room } = &request {
                    self.shown.insert(*room);
                }
                self.tabs.say(Some(*leader), false, TabWords::Request(request));
            }
            Role::Idle
            | Role::Following { leader: None }
            | Role::Opening { .. }
            | Role::Locked { .. }
            | Role::Wiping { .. }
            | Role::Stranded { .. } => {
                if !request.is_repeated() && self.held.len() < HELD {
                    self.held.push_back(request);
                }
            }
        }
    }

    fn on_tab(&mut self, message: TabMessage) {
        let TabMessage { from, words, .. } = message;
        match (words, &mut self.role) {
            (TabWords::WhoLeads, Role::Leading(leader)) => leader.announce(Some(from)),
            (
                TabWords::WhoLeads,
                Role::Stranded { state, .. }
                | Role::Opening { trouble: Some(state), .. }
                | Role::Wiping { trouble: Some(state), .. },
            ) => {
                let words = TabWords::News(News::Storage(state.clone()));
                self.tabs.say(Some(from), true, words);
            }
            (TabWords::Request(Request::Wipe { .. }), Role::Leading(_) | Role::Locked { .. }) => {
                self.wipe()
            }
            (TabWords::WhoLeads, Role::Locked { .. }) => {
                self.tabs.say(Some(from), true, TabWords::News(News::Locked));
            }
            (TabWords::Request(Request::Unlock { ask, passphrase }), Role::Locked { .. }) => {
                self.unlock(Asker::Tab(from), ask, &passphrase);
            }
            (TabWords::Request(Request::Lock { ask }), Role::Leading(_)) => {
                self.begin_locking(Some((Asker::Tab(from), ask)));
            }
            (TabWords::Request(request), Role::Leading(leader)) => {
                leader.request(Asker::Tab(from), request);
            }
            (TabWords::Wake, Role::Leading(_)) => self.heed(Leader::wake),
            (TabWords::Touched, Role::Leading(_)) => self.heed(Leader::touch),
            (TabWords::Lead { rooms, protected }, Role::Following { leader }) => {
                self.key = protected.as_ref().map(|protected| protected.key.clone());
                self.locked_by = None;
                if leader.replace(from) != Some(from) {
                    self.tell_lead(false, rooms, protected);
                    self.ask_held();
                }
            }
            // Whoever this worker is by now: its page shows what was stored before.
            (TabWords::News(News::Storage(state)), _) if state.is_gone() => {
                self.page.tell_news(News::Storage(state));
            }
            (TabWords::News(News::Locked), Role::Following { .. }) => self.hear_locked(from),
            (TabWords::News(News::Wiped), _) => self.page.tell_news(News::Wiped),
            (TabWords::Pause, Role::Following { leader }) if *leader == Some(from) => {
                *leader = None;
            }
            (TabWords::News(news), Role::Following { leader }) => {
                // Of a worker that does not lead (yet), how the storage is, and what it was asked.
                let answer = matches!(news, News::Guard { .. }) && self.locked_by == Some(from);
                if *leader == Some(from) || matches!(news, News::Storage(_)) || answer {
                    self.hear(news);
                }
            }
            (
                TabWords::WhoLeads
                | TabWords::Request(_)
                | TabWords::Wake
                | TabWords::Touched
                | TabWords::Lead { .. }
                | TabWords::Pause
                | TabWords::News(_),
                _,
            ) => {}
        }
    }

    /// News from another tab that leads, for this tab's page.
    fn hear(&mut self, news: News) {
        match &news {
            News::Opened { room, .. } => {
                self.shown.insert(*room);
            }
            // What was found is for this tab alone, in rooms that it does not show, too.
            News::Room { event: Event::Found(_), .. } => {}
            News::Room { room, .. } if !self.shown.contains(room) => return,
            News::Left { room } => {
                self.shown.remove(room);
            }
            News::Protection(protected) => {
                self.key = protected.as_ref().map(|protected| protected.key.clone());
            }
            News::Room { .. }
            | News::Link(_)
            | News::Rooms(_)
            | News::Summary(_)
            | News::Refused { .. }
            | News::Storage(_)
            | News::Wiped
            | News::Locked
            | News::Guard { .. }
            | News::Backup { .. }
            | News::Fault(_) => {}
        }
        self.page.tell_news(news);
    }

    fn on_other_build(&mut self, build: String, leads: bool) {
        match &self.role {
            // Whoever is of another build cannot be answered, but can be told that somebody leads.
            Role::Leading(leader) if !leads => leader.announce(None),
            Role::Following { .. } if leads => {
                self.page.tell(&ToPage::OtherBuild { theirs: build });
            }
            Role::Idle
            | Role::Following { .. }
            | Role::Opening { .. }
            | Role::Locked { .. }
            | Role::Leading(_)
            | Role::Wiping { .. }
            | Role::Stranded { .. } => {}
        }
    }

    /// `expected` is `Found` if it is known to have been there: one that is made is another then.
    fn begin_opening(&mut self, lock: Lock, expected: Origin) {
        self.role = Role::Opening { lock, store: None, trouble: None, expected };
        self.open_store(None);
    }

    fn open_store(&self, after: Option<u32>) {
        let (blocked, lost) = (self.feed.clone(), self.feed.clone());
        self.feed.put_later(async move {
            if let Some(after) = after {
                pause(after).await;
            }
            let on_blocked = move || blocked.put(Happening::Blocked);
            let on_lost = move |how| lost.put(Happening::Lost(how));
            Happening::Opened(Store::open(NAME, on_blocked, on_lost).await)
        });
    }

    fn on_opened(&mut self, outcome: Result<Store, OpenFault>) {
        let Role::Opening { expected, .. } = &self.role else { return };
        match outcome {
            Ok(store) if store.is_condemned() => self.go_on_wiping(),
            Ok(store) if *expected == Origin::Found && store.origin() == Origin::Made => {
                self.lose();
            }
            Ok(store) => {
                if let Some(store) = self.adopt(store) {
                    self.read_rooms(store);
                }
            }
            Err(OpenFault::Newer) => self.strand(StorageState::Newer),
            Err(OpenFault::Full) => self.hold_up(StorageState::Full),
            Err(OpenFault::Unreadable(text)) => self.hold_up(StorageState::Unreadable { text }),
            Err(OpenFault::Refused(text)) => self.strand(StorageState::Refused { text }),
            Err(OpenFault::Damaged(text)) => self.strand(StorageState::Damaged { text }),
        }
    }

    fn read_rooms(&mut self, store: Store) {
        let Role::Opening { store: place, .. } = &mut self.role else { return };
        let scan = Scan {
            scan: ScanId(0),
            table: Table::Rooms,
            from: Vec::new(),
            to: vec![u8::MAX; 33],
            descending: false,
            limit: MOST_ROOMS,
        };
        let read = store.scan(&scan);
        *place = Some(store);
        self.feed.put_later(async move { Happening::Records(read.await) });
    }

    fn on_records(&mut self, outcome: Result<Vec<Record>, StoreFault>) -> Result<(), LeaderError> {
        let records = match outcome {
            Ok(records) => records,
            Err(fault) => {
                self.hold_up(StorageState::Unreadable { text: fault.to_string() });
                return Ok(());
            }
        };
        let Role::Opening { lock, store: Some(store), .. } =
            std::mem::replace(&mut self.role, Role::Idle)
        else {
            return Ok(());
        };
        let socket = self.signal.clone().map(|address| {
            let feed = self.feed.clone();
            Socket::new(address, move |attempt, rumour| {
                feed.put(Happening::Report(Report::Socket(attempt, rumour)));
            })
        });
        let (feed, page, tabs) = (self.feed.clone(), self.page.clone(), self.tabs.clone());
        let reach = Reach::new(store, socket, feed, page, tabs);
        let leader = Leader::begin(lock, reach, records)?;
        self.tell_lead(true, leader.rooms(), leader.protected());
        leader.announce(None);
        self.role = Role::Leading(Box::new(leader));
        self.ask_held();
        Ok(())
    }

    /// What is stored is safe, and cannot be opened for this reason: it is tried again.
    fn hold_up(&mut self, state: StorageState) {
        if let Role::Opening { store, .. } = &mut self.role {
            *store = None;
            self.tell_trouble(state);
            self.open_store(Some(RETRY_MILLIS));
        }
    }

    /// The opening takes longer, for this reason: told to all, and to every tab that comes.
    fn tell_trouble(&mut self, state: StorageState) {
        self.tell_all(&News::Storage(state.clone()));
        if let Role::Opening { trouble, .. } | Role::Wiping { trouble, .. } = &mut self.role {
            *trouble = Some(state);
        }
    }

    fn strand(&mut self, state: StorageState) {
        self.tell_all(&News::Storage(state.clone()));
        if let Role::Opening { lock, .. } = std::mem::replace(&mut self.role, Role::Idle) {
            self.role = Role::Stranded { state, lock };
        }
    }

    fn on_lost(&mut self, lost: Lost) {
        match lost {
            Lost::Newer => {
                self.tell_all(&News::Storage(StorageState::Newer));
                self.page.end("a newer version of Confab has taken over: reload this page");
            }
            // Asked for: whoever has asked is answered when it is done.
            Lost::Deleted | Lost::Closed if matches!(self.role, Role::Wiping { .. }) => {}
            Lost::Deleted => self.lose(),
            Lost::Closed => self.reopen(),
        }
    }

    /// What was stored is away: nothing here is true any more, and all tabs end.
    fn lose(&mut self) {
        self.tell_all(&News::Storage(StorageState::Deleted));
        self.role = Role::Idle;
    }

    /// The browser has closed the database, as when its disk is full or a person deletes the data
    /// of the site: whether it is still there is seen by opening it.
    fn reopen(&mut self) {
        let lock = match std::mem::replace(&mut self.role, Role::Idle) {
            Role::Leading(leader) => {
                self.key = leader.protected().map(|protected| protected.key);
                leader.end()
            }
            Role::Opening { lock, .. } | Role::Locked { lock, .. } => lock,
            role @ (Role::Idle
            | Role::Following { .. }
            | Role::Wiping { .. }
            | Role::Stranded { .. }) => {
                self.role = role;
                return;
            }
        };
        self.tabs.say(None, true, TabWords::Pause);
        self.begin_opening(lock, Origin::Found);
    }

    fn ask_held(&mut self) {
        std::mem::take(&mut self.held).into_iter().for_each(|it| self.on_own_request(it));
    }

    fn tell_lead(&mut self, own: bool, rooms: Vec<RoomSummary>, protected: Option<Protected>) {
        self.term.0 += 1;
        self.page.tell(&ToPage::Lead { term: self.term, own, rooms, protected });
    }

    fn tell_all(&self, news: &News) {
        self.tabs.say(None, true, TabWords::News(news.clone()));
        self.page.tell_news(news.clone());
    }
}
