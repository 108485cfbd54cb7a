//! Keeps the page at hand, so that it opens without its server, and notices a newer build.
//!
//! ```text
//!  register ── look for a newer one at start, on wake ──► downloaded whole ──► told
//!                └◄── in an hour; seconds after a look or a download that failed ──┘
//!      take_over ──► the service worker takes all pages ──► each loads itself once
//! ```
//! Only a page that bears the mark of its build registers anything: `xtask` puts it there with the
//! service worker. Where the browser refuses, as in private windows, the page goes on without, and
//! nobody is told: all that is missing is a start without a server.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use gloo::events::EventListener;
use gloo::timers::callback::Timeout;
use js_sys::Date;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    MessageEvent, RegistrationOptions, ServiceWorker, ServiceWorkerRegistration,
    ServiceWorkerState, ServiceWorkerUpdateViaCache, Window,
};

use crate::bindings::{TrustedContainer, property};

/// The mark of a build in the page.
const MARK: &str = "meta[name=\"confab-build\"]";
/// What the service worker goes by to take over.
const TAKE_OVER: &str = "take over";
/// Set in the session: the build for which this tab was loaded again.
const UPDATED: &str = "confab.updated";
/// A newer build is looked for at most so often, in milliseconds: people come and go.
const LOOK_EVERY: f64 = 60_000.0;
/// A page that stays open looks so often, in milliseconds.
const LOOK_HOURLY: u32 = 3_600_000;
/// The first pause after a look or a download that failed, in milliseconds. Each is twice as long
/// as the one before.
const LOOK_AGAIN: u32 = 5_000;

/// See the module.
pub(super) struct Offline {
    window: Window,
    build: String,
    registration: OnceCell<ServiceWorkerRegistration>,
    looked: Cell<f64>,
    /// Looks and downloads that failed since one went well.
    failed: Cell<u32>,
    next_look: RefCell<Option<Timeout>>,
    on_newer: Box<dyn Fn()>,
    on_updated: Box<dyn Fn()>,
    /// Of the container and the registration.
    listeners: RefCell<Vec<EventListener>>,
    /// Of the newer build that is being downloaded.
    coming: RefCell<Option<EventListener>>,
}

impl Offline {
    /// Registers the service worker at this address; nothing if this page or browser has none.
    pub(super) fn start(
        window: &Window,
        address: JsValue,
        on_newer: impl Fn() + 'static,
        on_updated: impl Fn() + 'static,
    ) -> Option<Rc<Self>> {
        let mark = window.document()?.query_selector(MARK).ok().flatten()?;
        let build = mark.get_attribute("content")?;
        let container = property(&window.navigator(), "serviceWorker");
        let container: TrustedContainer =
            container.is_object().then(|| container.unchecked_into())?;
        let offline = Rc::new(Self {
            window: window.clone(),
            build,
            registration: OnceCell::new(),
            looked: Cell::new(Date::now()),
            failed: Cell::default(),
            next_look: RefCell::default(),
            on_newer: Box::new(on_newer),
            on_updated: Box::new(on_updated),
            listeners: RefCell::default(),
            coming: RefCell::default(),
        });
        let weak = Rc::downgrade(&offline);
        let hear = EventListener::new(&container, "message", move |event| {
            if let Some(offline) = weak.upgrade() {
                let data = event.unchecked_ref::<MessageEvent>().data();
                offline.follow(property(&data, "build").as_string());
            }
        });
        offline.listeners.borrow_mut().push(hear);
        let kept = offline.clone();
        spawn_local(async move {
            let options = RegistrationOptions::new();
            options.set_update_via_cache(ServiceWorkerUpdateViaCache::None);
            let Ok(registering) = container.register_trusted(&address, &options) else { return };
            if let Ok(registration) = JsFuture::from(registering).await {
                kept.watch(registration.unchecked_into());
            }
        });
        Some(offline)
    }

    fn watch(self: &Rc<Self>, registration: ServiceWorkerRegistration) {
        let weak = Rc::downgrade(self);
        let found = EventListener::new(&registration, "updatefound", move |_| {
            if let Some(offline) = weak.upgrade() {
                offline.await_newer();
            }
        });
        self.listeners.borrow_mut().push(found);
        let is_first = registration.active().is_none();
        if self.registration.set(registration).is_ok() {
            self.await_newer();
            self.tell_if_newer();
            match is_first {
                // It is being downloaded: nothing is newer.
                true => self.note_look(true),
                false => self.look(),
            }
        }
    }

    /// Tells of a newer build once it is downloaded.
    fn await_newer(self: &Rc<Self>) {
        let Some(coming) = self.registration.get().and_then(|known| known.installing()) else {
            return;
        };
        let weak = Rc::downgrade(self);
        let changed = EventListener::new(&coming, "statechange", move |event| {
            let worker = event.target().map(JsCast::unchecked_into::<ServiceWorker>);
            match (worker.map(|it| it.state()), weak.upgrade()) {
                (Some(ServiceWorkerState::Installed), Some(offline)) => {
                    offline.note_look(true);
                    offline.tell_if_newer();
                }
                // A file of it could not be had.
                (Some(ServiceWorkerState::Redundant), Some(offline)) => offline.note_look(false),
                (Some(_) | None, _) => {}
            }
        });
        self.coming.replace(Some(changed));
    }

    /// The first build of a device waits for nobody: then there is none that works already.
    fn tell_if_newer(&self) {
        let Some(known) = self.registration.get() else { return };
        if known.active().is_some() && known.waiting().is_some() {
            (self.on_newer)();
        }
    }

    /// Looks for a newer build, unless that was done a moment ago.
    pub(super) fn look_again(self: &Rc<Self>) {
        let since = Date::now() - self.looked.get();
        // A clock that was set back is no reason to be blind.
        if !(0.0..LOOK_EVERY).contains(&since) {
            self.look();
        }
    }

    fn look(self: &Rc<Self>) {
        self.looked.set(Date::now());
        let look = self.registration.get().and_then(|known| known.update().ok());
        let Some(look) = look else { return };
        let offline = self.clone();
        spawn_local(async move {
            match JsFuture::from(look).await {
                // The download says itself how it went.
                Ok(_) if offline.installs() => {}
                done => offline.note_look(done.is_ok()),
            }
        });
    }

    fn installs(&self) -> bool {
        self.registration.get().is_some_and(|known| known.installing().is_some())
    }

    /// How a look or a download went, which says when the next one is due.
    fn note_look(self: &Rc<Self>, went_well: bool) {
        let failed = if went_well { 0 } else { self.failed.get().saturating_add(1) };
        self.failed.set(failed);
        let pause = failed.checked_sub(1).map_or(LOOK_HOURLY, |doubled| {
            LOOK_AGAIN.saturating_mul(2_u32.saturating_pow(doubled)).min(LOOK_HOURLY)
        });
        let weak = Rc::downgrade(self);
        let next = Timeout::new(pause, move || {
            if let Some(offline) = weak.upgrade() {
                offline.look();
            }
        });
        self.next_look.replace(Some(next));
    }

    /// Lets the newer build take over; what follows from it tells this page to load itself again.
    pub(super) fn take_over(&self) {
        let Some(known) = self.registration.get() else { return };
        let asked = known.waiting().map(|it| it.post_message(&JsValue::from_str(TAKE_OVER)));
        if asked.is_none_or(|asked| asked.is_err()) {
            // Another tab was quicker.
            (self.on_updated)();
        }
    }

    /// A build has taken over: a page of another one is told to load itself again, once for each
    /// build.
    fn follow(&self, build: Option<String>) {
        let Some(build) = build.filter(|build| *build != self.build) else { return };
        let Ok(Some(session)) = self.window.session_storage() else { return };
        let first = session.get_item(UPDATED).ok().flatten().as_ref() != Some(&build);
        if first && session.set_item(UPDATED, &build).is_ok() {
            (self.on_updated)();
        }
    }
}
