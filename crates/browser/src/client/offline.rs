//! Keeps the page at hand, so that it opens without its server, and notices a newer build.
//!
//! ```text
//!  register ── look for a newer one at start, on wake ──► downloaded whole ──► told
//!      take_over ──► the service worker takes all pages ──► each loads itself once
//! ```
//! Only a page that bears the mark of its build registers anything: `xtask` puts it there with the
//! service worker. Where the browser refuses, as in private windows, the page goes on without, and
//! nobody is told: all that is missing is a start without a server.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use gloo::events::EventListener;
use js_sys::{Date, Promise};
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

/// See the module.
pub(super) struct Offline {
    window: Window,
    build: String,
    registration: OnceCell<ServiceWorkerRegistration>,
    looked: Cell<f64>,
    on_newer: Box<dyn Fn()>,
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
            on_newer: Box::new(on_newer),
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
        if self.registration.set(registration).is_ok() {
            self.await_newer();
            self.tell_if_newer();
            self.look();
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
            let is_whole = worker.is_some_and(|it| it.state() == ServiceWorkerState::Installed);
            if let Some(offline) = weak.upgrade().filter(|_| is_whole) {
                offline.tell_if_newer();
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
    pub(super) fn look_again(&self) {
        let since = Date::now() - self.looked.get();
        // A clock that was set back is no reason to be blind.
        if !(0.0..LOOK_EVERY).contains(&since) {
            self.look();
        }
    }

    fn look(&self) {
        self.looked.set(Date::now());
        let look = self.registration.get().and_then(|known| known.update().ok());
        settle(look);
    }

    /// Lets the newer build take over; this page is loaded again by what follows from it.
    pub(super) fn take_over(&self) {
        let Some(known) = self.registration.get() else { return };
        let asked = known.waiting().map(|it| it.post_message(&JsValue::from_str(TAKE_OVER)));
        if asked.is_none_or(|asked| asked.is_err()) {
            // Another tab was quicker.
            let _ = self.window.location().reload();
        }
    }

    /// A build has taken over: a page of another one is loaded again, once for each build.
    fn follow(&self, build: Option<String>) {
        let Some(build) = build.filter(|build| *build != self.build) else { return };
        let Ok(Some(session)) = self.window.session_storage() else { return };
        let first = session.get_item(UPDATED).ok().flatten().as_ref() != Some(&build);
        if first && session.set_item(UPDATED, &build).is_ok() {
            let _ = self.window.location().reload();
        }
    }
}

/// Takes in that a server cannot be asked: it is asked again on the next wake.
fn settle(promise: Option<Promise>) {
    if let Some(promise) = promise {
        spawn_local(async move {
            let _ = JsFuture::from(promise).await;
        });
    }
}
