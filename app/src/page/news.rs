//! What is new, for whoever looks elsewhere: the tab's title, the badge of the installed app, and,
//! while the page is hidden, a sound unless it is turned off, and a notification if one is wanted.
//!
//! A notification says how many messages are new and nothing else: whoever sees the screen of a
//! locked device reads neither names nor words. Browsers keep titles in their history, in clear, so
//! of a device with a passphrase no room is named there.

use std::cell::RefCell;
use std::time::Duration;

use browser::RoomSummary;
use gloo::events::EventListener;
use js_sys::{Function, Reflect};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Notification, NotificationOptions, NotificationPermission, ServiceWorkerRegistration,
};

use super::sound::chime;
use super::{Page, ScreenStoreFields};
use crate::chat::{Alerts, Place, RoomState, shelf_of, unread_in};
use crate::components::page_is_visible;
use crate::session;

/// Another tab may be showing it to the person: then it is read by now.
const PAUSE: Duration = Duration::from_secs(1);
/// A newer notification takes the place of an older one, also of another tab.
const TAG: &str = "confab";

thread_local! {
    /// The notification that is shown, and what a click on it does.
    static SHOWN: RefCell<Option<(Notification, EventListener)>> = const { RefCell::new(None) };
}

/// Keeps the title, the badge and notifications up to date: how much is new in all rooms that are
/// not muted.
pub fn news_follow(page: Page) {
    let here = page.unread();
    let open = Memo::new(move |_| match page.screen().place().get() {
        Place::Room(room) => Some(room),
        Place::Starting { .. } | Place::Start | Place::Join(_) | Place::Opening(_) => None,
    });
    let unread = Memo::new(move |_| {
        let silent =
            |summary: &RoomSummary| Some(summary.room) == open.get() && shelf_of(summary).muted;
        let (elsewhere, silent) = page
            .screen()
            .rooms()
            .with(|rooms| (unread_in(rooms, open.get()), rooms.iter().any(silent)));
        elsewhere + if open.get().is_none() || silent { 0 } else { here.get() }
    });
    let sealed =
        Memo::new(move |_| page.screen().guard().with(|it| it.locked || it.shield.is_some()));
    let name = Memo::new(move |_| {
        let named = |room: &RoomState| room.view.as_ref().map(|view| view.name.clone());
        let name = page.screen().room().with(named).unwrap_or_default();
        open.get().filter(|_| !sealed.get()).map(|_| match name {
            name if name.is_empty() => page.language().get().words().unnamed_room.to_owned(),
            name => name,
        })
    });
    Effect::new(move |_| {
        let count = match unread.get() {
            0 => String::new(),
            count => format!("({count}) "),
        };
        let name = name.get().map(|name| format!("{name} · ")).unwrap_or_default();
        document().set_title(&format!("{count}{name}Confab"));
    });
    Effect::new(move |before: Option<usize>| {
        let count = unread.get();
        put_badge(count);
        if let Some(before) = before.filter(|before| count > *before && !page_is_visible()) {
            let tell = move || {
                let count = unread.get_untracked();
                if count <= before || page_is_visible() {
                    return;
                }
                chime();
                if alerts() == Alerts::On {
                    tell(&(page.language().get_untracked().words().unread)(count));
                }
            };
            set_timeout(tell, PAUSE);
        }
        count
    });
}

/// Whether the person is told of what is new while the page is hidden.
pub fn alerts() -> Alerts {
    let has = |name: &str| Reflect::has(&window(), &JsValue::from_str(name)).unwrap_or(false);
    if !has("Notification") {
        return Alerts::Missing;
    }
    let permission = Notification::permission();
    if permission == NotificationPermission::Denied {
        Alerts::Forbidden
    } else if permission == NotificationPermission::Granted && session::wants_alerts() {
        Alerts::On
    } else {
        Alerts::Off
    }
}

/// Turns that on or off, and puts down how it stands then. The browser may ask the person first.
pub fn turn_alerts(shown: RwSignal<Alerts>) {
    match alerts() {
        Alerts::On => session::keep_alerts(false),
        Alerts::Off => {
            let Ok(asked) = Notification::request_permission() else { return };
            spawn_local(async move {
                if JsFuture::from(asked).await.is_ok() {
                    session::keep_alerts(true);
                }
                shown.set(alerts());
            });
            return;
        }
        Alerts::Forbidden | Alerts::Missing => {}
    }
    shown.set(alerts());
}

fn tell(text: &str) {
    let options = NotificationOptions::new();
    options.set_tag(TAG);
    options.set_body(text);
    match Notification::new_with_options("Confab", &options) {
        Ok(notification) => {
            let again = EventListener::once(&notification, "click", |event| {
                let _ = window().focus();
                if let Some(it) = event.target().and_then(|it| it.dyn_into::<Notification>().ok()) {
                    it.close();
                }
            });
            SHOWN.replace(Some((notification, again)));
        }
        // Browsers of phones show what the service worker shows, which answers the click, too.
        Err(_) => tell_by_worker(text.to_owned()),
    }
}

fn tell_by_worker(text: String) {
    let Ok(ready) = window().navigator().service_worker().ready() else { return };
    spawn_local(async move {
        let Ok(worker) = JsFuture::from(ready).await else { return };
        let options = NotificationOptions::new();
        options.set_tag(TAG);
        options.set_body(&text);
        let worker: ServiceWorkerRegistration = worker.unchecked_into();
        if let Ok(shown) = worker.show_notification_with_options("Confab", &options) {
            let _ = JsFuture::from(shown).await;
        }
    });
}

/// The icon of the installed app shows how much is new, where the browser can do that.
fn put_badge(count: usize) {
    let navigator = window().navigator();
    let method = Reflect::get(&navigator, &JsValue::from_str("setAppBadge"));
    let Some(method) = method.ok().and_then(|it| it.dyn_into::<Function>().ok()) else { return };
    let count = JsValue::from_f64(f64::from(u32::try_from(count).unwrap_or(u32::MAX)));
    if let Ok(answer) = method.call1(&navigator, &count) {
        // It may be refused, where nothing is installed: nothing is lost by that.
        spawn_local(async move { drop(JsFuture::from(js_sys::Promise::resolve(&answer)).await) });
    }
}
