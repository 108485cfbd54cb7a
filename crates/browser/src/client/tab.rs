//! This tab, as its page sees it: the worker, the connections, and how far they have come.
//!
//! ```text
//!  Loading ── the worker says its build ──► Greeted ── a leader answers ──► Led
//!     └────────── worker error, panic ──────────┴──────────────────────────┴──► Over
//! ```
//! The worker begins once its build is known to be the page's and the server's configuration is
//! there. `Over` is the end: the page has to be loaded again.

mod answers;
mod checkup;

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::{Rc, Weak};

use engine::{Command, DraftId, Refusal, RoomId};
use gloo::events::{EventListener, EventListenerOptions};
use gloo::timers::callback::Timeout;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{MessageEvent, Window};

use super::event::{BackupNews, ClientEvent, ClientRefusal, Fault, GuardRefusal, Part, StartError};
use super::offline::Offline;
use super::persistence::Persistence;
use super::unsent::Unsent;
use super::{ClientOptions, start, wake};
use crate::bindings::{TrustedWorker, error_words};
use crate::config;
use crate::lab::Conditions;
use crate::message::{AskId, Entropy, ImportStep, Request, Term, ToWorker};
use crate::port::Parcel;
use crate::random;
use crate::rtc::{Rtc, Tell, Told};

/// A part that has not answered for so many seconds is reported.
const SILENCE_SECONDS: u32 = 5;

/// See the module.
pub(super) struct Tab {
    window: Window,
    worker: TrustedWorker,
    options: ClientOptions,
    on_event: Box<dyn Fn(ClientEvent)>,
    stage: RefCell<Stage>,
    start: OnceCell<ToWorker>,
    rtc: OnceCell<Rtc>,
    unsent: RefCell<Unsent>,
    term: Cell<Term>,
    backup: Cell<Option<AskId>>,
    guard: Cell<Option<AskId>>,
    persistence: Persistence,
    offline: OnceCell<Rc<Offline>>,
    unconfigured: Cell<bool>,
    listeners: RefCell<Vec<EventListener>>,
}

/// How far this tab has come.
enum Stage {
    Loading { _silence: Timeout },
    Greeted { _silence: Option<Timeout> },
    Led,
    Over,
}

impl Tab {
    /// Starts the worker of this tab.
    pub(super) fn start(
        options: ClientOptions,
        on_event: Box<dyn Fn(ClientEvent)>,
    ) -> Result<Rc<Tab>, StartError> {
        let window = start::window()?;
        let (worker, service) = start::worker(&window)?;
        let tab = Rc::new_cyclic(|weak: &Weak<Tab>| Tab {
            stage: RefCell::new(Stage::Loading {
                _silence: Tab::watch_silence(weak.clone(), Part::Worker),
            }),
            worker,
            options,
            on_event,
            start: OnceCell::new(),
            rtc: OnceCell::new(),
            unsent: RefCell::default(),
            term: Cell::default(),
            backup: Cell::default(),
            guard: Cell::default(),
            persistence: Persistence::new(&window),
            offline: OnceCell::new(),
            unconfigured: Cell::default(),
            listeners: RefCell::default(),
            window,
        });
        tab.listen();
        let tells = |event: fn() -> ClientEvent| {
            let told = Rc::downgrade(&tab);
            move || {
                if let Some(tab) = told.upgrade() {
                    tab.tell(event());
                }
            }
        };
        let (newer, updated) = (tells(|| ClientEvent::Newer), tells(|| ClientEvent::Updated));
        let offline = Offline::start(&tab.window, service, newer, updated);
        if let Some(offline) = offline {
            let _ = tab.offline.set(offline);
        }
        tab.configure();
        Ok(tab)
    }

    fn listen(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        let on = |name: &'static str, then: fn(&Rc<Tab>, &web_sys::Event)| {
            let weak: Weak<Tab> = weak.clone();
            // What goes wrong in the worker is told here, so it is not the page's error as well.
            let options = EventListenerOptions::enable_prevent_default();
            EventListener::new_with_options(&self.worker, name, options, move |event| {
                if let Some(tab) = weak.upgrade() {
                    then(&tab, event);
                }
            })
        };
        let mut listeners = vec![
            on("message", |tab, event| {
                tab.on_message(&event.unchecked_ref::<MessageEvent>().data());
            }),
            on("messageerror", |tab, _| {
                tab.end("a message of this tab's worker cannot be read".to_owned());
            }),
            on("error", |tab, event| {
                event.prevent_default();
                tab.end(error_words(event));
            }),
        ];
        listeners.extend(wake::listen(&self.window, {
            let weak = weak.clone();
            move || {
                if let Some(tab) = weak.upgrade() {
                    tab.wake();
                }
            }
        }));
        listeners.push(wake::listen_for_the_end(&self.window, {
            let weak = weak.clone();
            // Closed links tell the others at once; a page that just goes is missed seconds later.
            move || {
                if let Some(rtc) = weak.upgrade().as_ref().and_then(|tab| tab.rtc.get()) {
                    rtc.close_all();
                }
            }
        }));
        self.listeners.replace(listeners);
    }

    /// Reads the server's configuration, then lets the worker begin.
    fn configure(self: &Rc<Self>) {
        let tab = self.clone();
        spawn_local(async move {
            let config = config::fetch(&tab.window).await.unwrap_or_else(|fault| {
                tab.unconfigured.set(true);
                // What was said last will do, and that the server is away is told by the rooms.
                config::kept(&tab.window).unwrap_or_else(|| {
                    tab.tell(ClientEvent::Fault(fault));
                    engine::protocol::PageConfig::default()
                })
            });
            if tab.options.relay_only && !config::has_relay(&config) {
                tab.tell(ClientEvent::Fault(Fault::NoRelay));
            }
            let wanted = tab.options.signal.as_deref();
            let signal = config::signal_address(&tab.window, wanted, &config);
            let signal = signal.map_err(|fault| tab.tell(ClientEvent::Fault(fault))).ok();
            let rtc = Rtc::new(&config, tab.options.relay_only, tab.hear_rtc());
            if tab.rtc.set(rtc).is_ok() && tab.start.set(ToWorker::Start { signal }).is_ok() {
                tab.begin();
            }
        });
    }

    /// The server may be back: what it could not say at the start is asked for again.
    fn configure_late(self: &Rc<Self>) {
        if !self.unconfigured.replace(false) {
            return;
        }
        let tab = self.clone();
        spawn_local(async move {
            match (config::fetch(&tab.window).await, tab.rtc.get()) {
                (Ok(config), Some(rtc)) => rtc.reconfigure(&config),
                (Ok(_) | Err(_), _) => tab.unconfigured.set(true),
            }
        });
    }

    /// Goes on with the newer build.
    pub(super) fn update(&self) {
        if let Some(offline) = self.offline.get() {
            offline.take_over();
        }
    }

    /// Tells the worker to begin, once it is known to be of this build and the configuration is
    /// there: whichever comes last calls this to an effect.
    fn begin(&self) {
        let greeted = matches!(*self.stage.borrow(), Stage::Greeted { .. });
        if let Some(start) = self.start.get().filter(|_| greeted) {
            self.post(start);
        }
    }

    /// Where connections tell what happens: to the worker, and in the same call.
    fn hear_rtc(self: &Rc<Self>) -> Tell {
        let weak = Rc::downgrade(self);
        Rc::new(move |told| {
            let Some(tab) = weak.upgrade() else { return Ok(()) };
            match told {
                Told::News(room, link, news) => {
                    tab.post(&ToWorker::Rtc { room, link, news });
                    Ok(())
                }
                Told::Channel(room, link, channel, moved) => {
                    let message = ToWorker::Channel { room, link, channel };
                    Parcel::pack(&message, Some(moved)).post_to(&tab.worker)
                }
                Told::Fault(fault) => {
                    tab.tell_later(ClientEvent::Fault(fault));
                    Ok(())
                }
            }
        })
    }

    /// Keeps a room open, now and at every leader to come.
    pub(super) fn open(&self, room: RoomId) {
        let request = self.unsent.borrow_mut().open(room);
        self.request(request);
    }

    /// Asks something of a room; refuses drafts if too many are unanswered.
    pub(super) fn command(
        &self,
        room: RoomId,
        command: Command,
    ) -> Result<(), (Vec<DraftId>, Refusal)> {
        let request = self.unsent.borrow_mut().command(room, command)?;
        self.request(request);
        Ok(())
    }

    /// Asks for a room to be created or joined.
    pub(super) fn ask(self: &Rc<Self>, request: impl FnOnce(AskId, Entropy) -> Request) {
        let drawn = random::bytes().and_then(|ask| Ok((AskId(ask), random::entropy()?)));
        match drawn {
            Ok((ask, entropy)) => {
                let request = self.unsent.borrow_mut().ask(ask, request(ask, entropy));
                self.request(request);
            }
            Err(error) => {
                let refusal = ClientRefusal::NoRandomness { text: error.0 };
                self.tell_later(ClientEvent::Refused(refusal));
            }
        }
    }

    /// Begins with a backup; what comes of another one is not told any more.
    pub(super) fn begin_backup(self: &Rc<Self>, request: impl FnOnce(AskId) -> Request) {
        match random::bytes() {
            Ok(ask) => {
                self.backup.set(Some(AskId(ask)));
                self.request(Some(request(AskId(ask))));
            }
            Err(error) => {
                let refusal = ClientRefusal::NoRandomness { text: error.0 };
                self.tell_later(ClientEvent::Backup(BackupNews::Refused(refusal)));
            }
        }
    }

    /// The next step of the backup that is being taken in.
    pub(super) fn go_on_importing(&self, step: ImportStep) {
        if let Some(ask) = self.backup.get() {
            self.request(Some(Request::Import { ask, step }));
        }
    }

    /// What comes of a backup from now on is not told.
    pub(super) fn give_up_backup(&self) {
        self.go_on_importing(ImportStep::Cancel);
        self.backup.set(None);
    }

    /// Asks something about the passphrase; only the last of these is answered.
    pub(super) fn ask_guard(self: &Rc<Self>, request: impl FnOnce(AskId) -> Request) {
        match random::bytes() {
            Ok(ask) => {
                self.guard.set(Some(AskId(ask)));
                self.request(Some(request(AskId(ask))));
            }
            Err(error) => {
                let refusal = GuardRefusal::NoRandomness { text: error.0 };
                self.tell_later(ClientEvent::Guarded(Err(refusal)));
            }
        }
    }

    /// True while a draft is not known to be stored.
    pub(super) fn is_storing(&self) -> bool {
        self.unsent.borrow().has_drafts()
    }

    /// Asks for all to be locked, unless something that was written here is not stored.
    pub(super) fn lock(self: &Rc<Self>) {
        if self.is_storing() {
            return self.tell_later(ClientEvent::Guarded(Err(GuardRefusal::Unsaved)));
        }
        self.ask_guard(|ask| Request::Lock { ask });
    }

    /// A person is here.
    pub(super) fn touch(&self) {
        if matches!(*self.stage.borrow(), Stage::Led) {
            self.post(&ToWorker::Touched);
        }
    }

    /// Asks for all that is stored to be deleted: also where nobody leads, as with a damaged store.
    pub(super) fn wipe(self: &Rc<Self>) {
        match random::bytes() {
            Ok(ask) => {
                let request = Request::Wipe { ask: AskId(ask) };
                // Kept for every leader to come, and said to this one now.
                let _ = self.unsent.borrow_mut().ask(AskId(ask), request.clone());
                self.request(Some(request));
            }
            Err(error) => {
                let refusal = ClientRefusal::NoRandomness { text: error.0 };
                self.tell_later(ClientEvent::Refused(refusal));
            }
        }
    }

    /// Measures the connections of a room, wherever they are.
    pub(super) fn survey(&self, room: RoomId) {
        self.request(Some(Request::Survey { room }));
    }

    /// Makes connections worse, wherever they are.
    pub(super) fn worsen(&self, conditions: Conditions) {
        self.request(Some(Request::Worsen(conditions)));
    }

    fn request(&self, request: Option<Request>) {
        if let Some(request) = request {
            self.post(&ToWorker::Request { term: self.term.get(), request });
        }
    }

    fn wake(self: &Rc<Self>) {
        self.configure_late();
        if let Some(offline) = self.offline.get() {
            offline.look_again();
        }
        if matches!(*self.stage.borrow(), Stage::Led) {
            self.post(&ToWorker::Wake);
        }
    }

    fn post(&self, message: &ToWorker) {
        if matches!(*self.stage.borrow(), Stage::Over) {
            return;
        }
        if let Err(text) = Parcel::pack(message, None).post_to(&self.worker) {
            self.end(format!("this tab's worker cannot be reached: {text}"));
        }
    }

    fn watch_silence(weak: Weak<Tab>, part: Part) -> Timeout {
        Timeout::new(SILENCE_SECONDS * 1_000, move || {
            if let Some(tab) = weak.upgrade() {
                let fault = Fault::Silent { part, seconds: SILENCE_SECONDS };
                tab.tell(ClientEvent::Fault(fault));
            }
        })
    }

    /// The worker is of no more use: everything ends, and is said once.
    fn end(&self, text: String) {
        if matches!(*self.stage.borrow(), Stage::Over) {
            return;
        }
        self.end_quietly();
        self.tell(ClientEvent::Fatal { text });
    }

    fn end_quietly(&self) {
        self.stage.replace(Stage::Over);
        self.worker.terminate();
        if let Some(rtc) = self.rtc.get() {
            rtc.close_all();
        }
    }

    /// Tells the page once its own call has returned: it may hold what its handler needs.
    pub(super) fn tell_later(self: &Rc<Self>, event: ClientEvent) {
        let weak = Rc::downgrade(self);
        spawn_local(async move {
            if let Some(tab) = weak.upgrade() {
                tab.tell(event);
            }
        });
    }

    fn tell(&self, event: ClientEvent) {
        (self.on_event)(event);
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}
