//! What stands in the composer of a room, kept for its tab and on the device (`written.rs`).
//!
//! ```text
//!  written ──► 300 ms since the last write? ── yes ───────────────────────────► in the storage
//!                └─ no: in memory ── then, the page is hidden or left, another room ──┘
//!            again in 3 s (`written.rs`) ◄── refused: it is told (`unkept.rs`) ◄─┘
//! ```
//! Each write there is told to other processes of the browser, so not every key is one: a crash may
//! cost what was typed within that time, and nothing else does. What was sent is taken out at once:
//! it is kept as being sent, and would stand in the composer again after a crash.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use browser::{Millis, RoomId};
use gloo::events::EventListener;
use leptos::prelude::{document, set_timeout};

use super::words::are_open;
use super::{DRAFT, now, window, written};

/// The least time between two writes, in milliseconds.
const PAUSE: Millis = 300;
/// So long after it was refused it is tried again.
const AGAIN: Millis = 3_000;

/// The draft of a room as it was written last, and what the storage has of it.
struct Latest {
    /// Words that are not in the storage yet.
    unwritten: Option<String>,
    /// False if the storage surely has no words of this room.
    is_kept: bool,
}

thread_local! {
    /// Of the room in which somebody writes, and of those whose words were refused.
    static LATEST: RefCell<BTreeMap<RoomId, Latest>> = const { RefCell::new(BTreeMap::new()) };
    /// When the next write is due.
    static DUE: Cell<Option<Millis>> = const { Cell::new(None) };
    static WRITTEN: Cell<Millis> = const { Cell::new(0) };
    static LEAVING: RefCell<Vec<EventListener>> = const { RefCell::new(Vec::new()) };
}

/// What stands in the composer of a room.
pub fn draft(room: &RoomId) -> String {
    let unwritten =
        LATEST.with_borrow(|latest| latest.get(room).and_then(|latest| latest.unwritten.clone()));
    unwritten.or_else(|| written::read(DRAFT, room)).unwrap_or_default()
}

/// Remembers what stands in the composer of a room.
pub fn keep_draft(room: &RoomId, text: &str) {
    if LATEST.with_borrow(|latest| latest.keys().any(|other| other != room)) {
        write_draft();
        LATEST.with_borrow_mut(|all| {
            all.retain(|other, latest| other == room || latest.unwritten.is_some());
        });
    }
    let removes = LATEST.with_borrow_mut(|latest| {
        let fresh = || Latest { unwritten: None, is_kept: true };
        latest.entry(*room).or_insert_with(fresh).take(text)
    });
    if removes {
        written::keep(DRAFT, room, "");
    } else if !text.is_empty() {
        // A clock that was set back makes no difference but one more write.
        match now().abs_diff(WRITTEN.get()) < PAUSE {
            true => write_after(PAUSE),
            false => write_draft(),
        }
    }
}

impl Latest {
    /// Other words stand there; true if those in the storage have to go at once.
    fn take(&mut self, text: &str) -> bool {
        if text.is_empty() {
            self.unwritten = None;
            return std::mem::take(&mut self.is_kept);
        }
        self.unwritten = Some(text.to_owned());
        false
    }

    /// What has to be written.
    fn due(&mut self) -> Option<String> {
        let words = self.unwritten.take()?;
        self.is_kept = true;
        Some(words)
    }
}

/// Writes what is in memory only. What is refused stays there, and is tried again.
pub fn write_draft() {
    if !are_open() {
        return;
    }
    let due: Vec<(RoomId, String)> = LATEST.with_borrow_mut(|latest| {
        latest.iter_mut().filter_map(|(room, latest)| Some((*room, latest.due()?))).collect()
    });
    for (room, words) in due {
        WRITTEN.set(now());
        written::keep(DRAFT, &room, &words);
    }
    if !written::try_again() {
        write_after(AGAIN);
    }
}

/// Keeps another kind of what stands in a composer: for whom it is, what it answers, its bundle.
pub(super) fn keep_beside(kind: &str, room: &RoomId, text: &str) {
    if !written::keep(kind, room, text) {
        write_after(AGAIN);
    }
}

/// Somebody else writes to the storage: it is not known any more what that has.
pub(super) fn trust_nothing() {
    LATEST.with_borrow_mut(|all| all.retain(|_, latest| latest.unwritten.is_some()));
}

/// Forgets what is written in a room, or in all, and what is known of the storage.
pub(super) fn drop_draft(room: Option<&RoomId>) {
    LATEST.with_borrow_mut(|all| all.retain(|of, _| room.is_some_and(|room| room != of)));
    if room.is_none() {
        written::forget_refused();
    }
}

fn write_after(pause: Millis) {
    let at = now().saturating_add(pause);
    // A clock that was set back makes no difference but one more write.
    if DUE.get().is_some_and(|due| due <= at && due.abs_diff(at) <= AGAIN) {
        return;
    }
    DUE.set(Some(at));
    listen();
    let write = move || {
        // An earlier one may have taken its place.
        if DUE.get() == Some(at) {
            DUE.set(None);
            write_draft();
        }
    };
    set_timeout(write, Duration::from_millis(pause));
}

/// A page that is hidden may not come to its timers any more.
fn listen() {
    let Some(window) = window().filter(|_| LEAVING.with_borrow(Vec::is_empty)) else { return };
    let leaving = [
        EventListener::new(&window, "pagehide", |_| write_draft()),
        EventListener::new(&document(), "visibilitychange", |_| write_draft()),
    ];
    LEAVING.set(leaving.into());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_before_it_was_written_leaves_the_storage_alone() {
        let mut latest = Latest { unwritten: None, is_kept: true };
        // Nobody knows what a page before this one has left there.
        assert!(!latest.take("first") && latest.take(""));
        assert!(!latest.take("second") && !latest.take(""), "it was never written");
        assert_eq!(latest.due(), None);
        assert!(!latest.take("thi") && !latest.take("third"));
        assert_eq!(latest.due(), Some("third".to_owned()));
        assert_eq!(latest.due(), None, "once");
        assert!(latest.take(""), "it is taken out at once");
        assert!(!latest.take(""));
    }
}
