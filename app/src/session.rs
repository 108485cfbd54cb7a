//! What the tab and the device remember, and the address bar: everything of the page that outlives
//! its memory and is not the client's.
//!
//! A browser may refuse any of it (a private window, a full disk); then nothing is remembered, and
//! the page works all the same. The invite leaves the address bar as soon as it is read.

mod draft;
mod files;
mod link;
mod sending;
mod unkept;
mod words;
mod written;

use std::cell::Cell;
use std::str::FromStr;

use browser::{ClientOptions, MemberId, Millis, RoomId, Target, inspect_invite};
use js_sys::{Array, Date, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Storage, UrlSearchParams, Window};

pub use self::draft::{draft, keep_draft, write_draft};
pub use self::files::{backup_name, read_part, save, size};
pub use self::link::invite_link;
pub use self::sending::{forget_sending, keep_sending, sending};
pub use self::unkept::{is_unkept, on_unkept};
pub use self::words::{is_protected, seal_with};
use self::words::{keep_words, read_words};
use crate::chat::{Arrival, Invitation};
use crate::text::Language;

const LAST_ROOM: &str = "confab.room";
const NAME: &str = "confab.name";
const LANGUAGE: &str = "confab.language";
const STORAGE_NOTE: &str = "confab.storage-note";
const ALERTS: &str = "confab.alerts";
const SILENT: &str = "confab.silent";
const DEVELOPER: &str = "confab.developer";
const DRAFT: &str = "confab.draft";
const BUNDLE: &str = "confab.bundle";
const ONLY: &str = "confab.only";
const REPLY: &str = "confab.reply";
/// On the device, from the moment at which all is to be deleted until it is.
const WIPE: &str = "confab.wipe";
/// Drawn anew after everything was deleted, on the device and in each tab.
const LIFE: &str = "confab.life";
/// What all keys of this page begin with.
const OURS: &str = "confab";

/// The key of the room in `history.state`.
const STATE_ROOM: &str = "room";

thread_local! {
    static RELOADS: Cell<bool> = const { Cell::new(false) };
}

/// True if this page is about to be loaded again by itself.
pub fn is_reloading() -> bool {
    RELOADS.get()
}

fn window() -> Option<Window> {
    web_sys::window()
}

fn device() -> Option<Storage> {
    window()?.local_storage().ok().flatten()
}

fn tab() -> Option<Storage> {
    window()?.session_storage().ok().flatten()
}

fn read(storage: Option<Storage>, key: &str) -> Option<String> {
    storage?.get_item(key).ok().flatten()
}

/// An empty text removes the entry. To look costs little, to write much: other processes hear it.
/// False if there is a storage, and it takes no more.
fn keep(storage: Option<Storage>, key: &str, value: &str) -> bool {
    let Some(storage) = storage else { return true };
    let before = storage.get_item(key).ok().flatten();
    match value {
        "" if before.is_none() => true,
        "" => storage.remove_item(key).is_ok(),
        _ if before.as_deref() == Some(value) => true,
        _ => storage.set_item(key, value).is_ok(),
    }
}

/// Milliseconds since 1970, as the device believes.
pub fn now() -> Millis {
    let now = Date::now();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a time after 1970, in whole milliseconds"
    )]
    if now > 0.0 { now as Millis } else { 0 }
}

/// The time, in milliseconds since 1970, that a field for a date and a time stands for where this
/// device is; nothing if none is written there.
pub fn local_time(written: &str) -> Option<Millis> {
    let time = Date::new(&JsValue::from_str(written)).get_time();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a time after 1970, in whole milliseconds; what is none is not positive"
    )]
    (time > 0.0).then_some(time as Millis)
}

/// The language that the browser asks for, as a tag; empty if it does not say.
pub fn browser_language() -> String {
    window().and_then(|window| window.navigator().language()).unwrap_or_default()
}

/// The language that was chosen on this device, or else the browser's.
pub fn language() -> Language {
    Language::of(&read(device(), LANGUAGE).unwrap_or_else(browser_language))
}

/// Remembers the language, and tells it to the document.
pub fn speak(language: Language) {
    let root = window().and_then(|window| window.document()?.document_element());
    if let Some(root) = root {
        let _ = root.set_attribute("lang", language.tag());
    }
    if language != self::language() {
        keep(device(), LANGUAGE, language.tag());
    }
}

/// The name that this person gave itself last.
pub fn name() -> String {
    read_words(device(), NAME).unwrap_or_default()
}

/// Remembers that name for the next room.
pub fn keep_name(name: &str) {
    keep_words(device(), NAME, name);
}

/// True if the person has put the note away that the browser may delete what is stored.
pub fn storage_note_read() -> bool {
    read(device(), STORAGE_NOTE).is_some()
}

/// Remembers that.
pub fn keep_storage_note_read() {
    keep(device(), STORAGE_NOTE, "read");
}

/// True if the person wants to be told of what is new while the page is hidden.
pub fn wants_alerts() -> bool {
    read(device(), ALERTS).is_some()
}

/// Remembers that.
pub fn keep_alerts(wanted: bool) {
    keep(device(), ALERTS, if wanted { "on" } else { "" });
}

/// True if the person wants to hear nothing of what is new.
pub fn is_silent() -> bool {
    read(device(), SILENT).is_some()
}

/// Remembers that.
pub fn keep_silent(silent: bool) {
    keep(device(), SILENT, if silent { "on" } else { "" });
}

/// True if the person wants to see what is for developers.
pub fn is_developer() -> bool {
    read(device(), DEVELOPER).is_some()
}

/// Remembers that.
pub fn keep_developer(developer: bool) {
    keep(device(), DEVELOPER, if developer { "on" } else { "" });
}

/// What the address asks of the client.
pub fn options() -> ClientOptions {
    let search = window().and_then(|window| window.location().search().ok()).unwrap_or_default();
    let parameter = |name: &str| UrlSearchParams::new_with_str(&search).ok()?.get(name);
    ClientOptions {
        signal: parameter("signal"),
        relay_only: parameter("relay").is_some_and(|relay| relay == "only"),
    }
}

/// How the person came here; an invite is taken out of the address bar at once.
pub fn arrival() -> Arrival {
    let Some(window) = window() else { return Arrival::Plain(None) };
    let fragment = window.location().hash().unwrap_or_default();
    let fragment = fragment.strip_prefix('#').unwrap_or(&fragment);
    if fragment.is_empty() {
        return remembered();
    }
    put_into_history(&window, &state(), false);
    let (invite, from) = link::parts(fragment);
    match inspect_invite(invite) {
        Ok(invite) => {
            let (room, entrance) = (invite.room(), invite.entrance());
            Arrival::Invited(Invitation { room, entrance, invite: invite.to_string(), from })
        }
        Err(error) => Arrival::Misled(error),
    }
}

/// True if something stands behind the `#`.
pub fn has_fragment() -> bool {
    window().and_then(|window| window.location().hash().ok()).is_some_and(|hash| hash.len() > 1)
}

/// What this tab showed; else, if it is a new one, the room that was shown last on this device.
fn remembered() -> Arrival {
    let room = match shown() {
        Some(list) if list.is_empty() => return Arrival::AtList,
        Some(room) => Some(room),
        None => read(device(), LAST_ROOM),
    };
    Arrival::Plain(room.and_then(|room| RoomId::from_str(&room).ok()))
}

/// Remembers which room this tab shows; `None` is the list of rooms. Whoever has `walked` there
/// gets a step of the history of its own, which holds the room's id and none of its secrets. The
/// list is below whatever a tab shows first, so that there is a way back to it.
pub fn show(room: Option<RoomId>, walked: bool) {
    let Some(window) = window() else { return };
    let text = room.map(|room| room.to_string()).unwrap_or_default();
    if room.is_some() {
        keep(device(), LAST_ROOM, &text);
    }
    let before = shown();
    if before.is_none() && room.is_some() {
        put_into_history(&window, &state_of(""), false);
    }
    let other = before.as_deref() != Some(text.as_str());
    let step = other && if before.is_none() { room.is_some() } else { walked };
    put_into_history(&window, &state_of(&text), step);
}

/// Forgets what is remembered of a room in this tab, and that it was last on this device.
pub fn forget(room: &RoomId) {
    draft::drop_draft(Some(room));
    written::forget(room);
    sending::forget_all(room);
    if read(device(), LAST_ROOM).is_some_and(|last| last == room.to_string()) {
        keep(device(), LAST_ROOM, "");
    }
}

/// Loads the page again: with it goes all that it has read.
pub fn reload() {
    write_draft();
    RELOADS.set(true);
    if let Some(window) = window() {
        let _ = window.location().reload();
    }
}

/// Keeps words with what stands in the composer of a room, before it. What was for one member alone
/// stays so, and so does all that stands there with it.
pub fn keep_with_draft(room: &RoomId, words: &str, only: Option<MemberId>) {
    if only.is_some() {
        keep_recipient(room, only);
    }
    let there = draft(room);
    let both =
        if there.trim().is_empty() { words.to_owned() } else { format!("{words}\n\n{there}") };
    keep_draft(room, &both);
}

/// Notes that all that is stored is to be deleted: a page that dies in between goes on.
pub fn note_wipe() {
    keep(device(), WIPE, "begun");
}

/// True if an earlier page has begun to delete all that is stored.
pub fn wipe_was_begun() -> bool {
    read(device(), WIPE).is_some()
}

/// Forgets all that this page remembers itself, and loads it again. The note that all is to be
/// deleted goes last.
pub fn begin_anew() {
    draft::drop_draft(None);
    clear(tab(), None);
    clear(device(), Some(WIPE));
    keep(device(), WIPE, "");
    if let Some(window) = window() {
        put_into_history(&window, &Object::new(), false);
    }
    reload();
}

/// A tab that comes back from a time before everything was deleted forgets what it had.
pub fn settle_life() {
    let life = read(device(), LIFE).unwrap_or_else(|| browser::random_draft_id().to_string());
    if read(tab(), LIFE).is_some_and(|of| of != life) {
        clear(tab(), None);
    }
    keep(device(), LIFE, &life);
    keep(tab(), LIFE, &life);
}

/// Removes all of our entries but one.
fn clear(storage: Option<Storage>, but: Option<&str>) {
    let Some(storage) = storage else { return };
    let keys = (0..storage.length().unwrap_or(0)).filter_map(|at| storage.key(at).ok().flatten());
    let keys: Vec<String> =
        keys.filter(|key| key.starts_with(OURS) && Some(key.as_str()) != but).collect();
    for key in keys {
        keep(Some(storage.clone()), &key, "");
    }
}

/// What this step of the history shows, if it was said; empty is the list.
fn shown() -> Option<String> {
    Reflect::get(&state(), &JsValue::from_str(STATE_ROOM)).ok()?.as_string()
}

fn state_of(room: &str) -> JsValue {
    let state = Object::new();
    let _ = Reflect::set(&state, &JsValue::from_str(STATE_ROOM), &JsValue::from_str(room));
    state.into()
}

fn state() -> JsValue {
    let state = window().and_then(|window| window.history().ok()?.state().ok());
    state.filter(JsValue::is_object).unwrap_or_else(|| Object::new().into())
}

/// Replaces the entry of the history by one without a fragment, or puts such a one behind it.
fn put_into_history(window: &Window, state: &JsValue, step: bool) {
    let location = window.location();
    let path = location.pathname().unwrap_or_default() + &location.search().unwrap_or_default();
    if let Ok(history) = window.history() {
        let _ = match step {
            true => history.push_state_with_url(state, "", Some(&path)),
            false => history.replace_state_with_url(state, "", Some(&path)),
        };
    }
}

/// True if links of this page lead to this machine only.
pub fn is_local() -> bool {
    let host = window().and_then(|window| window.location().hostname().ok()).unwrap_or_default();
    host == "localhost"
        || host.ends_with(".localhost")
        || host == "[::1]"
        || host.starts_with("127.")
}

/// Who alone is to read what stands in the composer of a room, if one member.
pub fn recipient(room: &RoomId) -> Option<MemberId> {
    written::read(ONLY, room).and_then(|text| MemberId::from_str(&text).ok())
}

/// Remembers who alone is to read what stands in the composer of a room.
pub fn keep_recipient(room: &RoomId, only: Option<MemberId>) {
    let text = only.map(|member| member.to_string()).unwrap_or_default();
    draft::keep_beside(ONLY, room, &text);
}

/// The message that what stands in the composer of a room answers, if it answers one.
pub fn reply(room: &RoomId) -> Option<Target> {
    let text = written::read(REPLY, room)?;
    let (entry, hash) = text.split_once(' ')?;
    Some(Target { entry: entry.parse().ok()?, hash: hash.parse().ok()? })
}

/// Remembers that message.
pub fn keep_reply(room: &RoomId, target: Option<Target>) {
    let text = target.map(|target| format!("{} {}", target.entry, target.hash));
    draft::keep_beside(REPLY, room, &text.unwrap_or_default());
}

/// What stands in the bundle of a room.
pub fn bundle(room: &RoomId) -> Vec<String> {
    parts(&written::read(BUNDLE, room).unwrap_or_default())
}

/// Remembers what stands in the bundle of a room.
pub fn keep_bundle(room: &RoomId, texts: &[String]) {
    draft::keep_beside(BUNDLE, room, &joined(texts));
}

/// Texts as one: each behind its length in bytes.
fn joined(texts: &[String]) -> String {
    texts.iter().map(|text| format!("{}:{text}", text.len())).collect()
}

/// The texts again, up to the first damage.
fn parts(mut joined: &str) -> Vec<String> {
    let mut parts = Vec::new();
    while let Some((length, rest)) = joined.split_once(':') {
        let text = length.parse().ok().and_then(|length: usize| rest.get(..length));
        let Some(text) = text else { break };
        parts.push(text.to_owned());
        joined = &rest[text.len()..];
    }
    parts
}

/// Keeps an error where tests and curious people find it.
pub fn report(text: &str) {
    let Some(window) = window() else { return };
    let errors = Reflect::get(&window, &JsValue::from_str("__errors")).ok();
    if let Some(errors) = errors.and_then(|errors| errors.dyn_into::<Array>().ok()) {
        errors.push(&JsValue::from_str(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_is_read_back_as_it_was_whatever_is_in_it() {
        let texts = ["3:a", "", "三\n:", "12"].map(str::to_owned);
        assert_eq!(parts(&joined(&texts)), texts);
        assert_eq!(parts("1:a9:b"), ["a"]);
        assert!(parts("nonsense").is_empty() && parts("1:三").is_empty());
    }
}
