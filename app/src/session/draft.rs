//! What stands in the composer of a room, kept for its tab and on the device (`written.rs`).
//!
//! ```text
//!  written ──► 300 ms since the last write? ── yes ───────────────────────────► in the storage
//!                └─ no: in memory ── then, the page is hidden or left, another room ──┘
//! ```
//! Each write there is told to other processes of the browser, so not every key is one: a crash may
//! cost what was typed within that time, and nothing else does. What was sent is taken out at once:
//! it is kept as being sent, and would stand in the composer again after a crash.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use browser::{Millis, RoomId};
use gloo::events::EventListener;
use leptos::prelude::{document, set_timeout};

use super::{DRAFT, now, window, written};

/// The least time between two writes, in milliseconds.
const PAUSE: Millis = 300;

/// The draft that was written last, and what the storage has of it.
struct Latest {
    room: RoomId,
    /// Words that are not in the storage yet.
    unwritten: Option<String>,
    /// False if the storage surely has no words of this room.
    is_kept: bool,
}

thread_local! {
    static LATEST: RefCell<Option<Latest>> = const { RefCell::new(None) };
    static IS_DUE: Cell<bool> = const { Cell::new(false) };
    static WRITTEN: Cell<Millis> = const { Cell::new(0) };
    static LEAVING: RefCell<Vec<EventListener>> = const { RefCell::new(Vec::new()) };
}

/// What stands in the composer of a room.
pub fn draft(room: &RoomId) -> String {
    let of_room = |latest: &Latest| latest.unwritten.clone().filter(|_| latest.room == *room);
    let unwritten = LATEST.with_borrow(|latest| latest.as_ref().and_then(of_room));
    unwritten.or_else(|| written::read(DRAFT, room)).unwrap_or_default()
}

/// Remembers what stands in the composer of a room.
pub fn keep_draft(room: &RoomId, text: &str) {
    if LATEST.with_borrow(|latest| latest.as_ref().is_some_and(|it| it.room != *room)) {
        write_draft();
        LATEST.take();
    }
    let removes = LATEST.with_borrow_mut(|latest| {
        let fresh = || Latest { room: *room, unwritten: None, is_kept: true };
        latest.get_or_insert_with(fresh).take(text)
    });
    if removes {
        written::keep(DRAFT, room, "");
    } else if !text.is_empty() {
        // A clock that was set back makes no difference but one more write.
        match now().abs_diff(WRITTEN.get()) < PAUSE {
            true => write_soon(),
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
    fn due(&mut self) -> Option<(RoomId, String)> {
        let words = self.unwritten.take()?;
        self.is_kept = true;
        Some((self.room, words))
    }
}

/// Writes what is in memory only.
pub fn write_draft() {
    let due = LATEST.with_borrow_mut(|latest| latest.as_mut().and_then(Latest::due));
    if let Some((room, words)) = due {
        WRITTEN.set(now());
        written::keep(DRAFT, &room, &words);
    }
}

/// Forgets what is known of the storage, where somebody else writes to it.
pub(super) fn forget_draft() {
    LATEST.take();
}

fn write_soon() {
    if !IS_DUE.replace(true) {
        listen();
        let write = || {
            IS_DUE.set(false);
            write_draft();
        };
        set_timeout(write, Duration::from_millis(PAUSE));
    }
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

    const ROOM: RoomId = RoomId([7; 32]);

    #[test]
    fn what_is_sent_before_it_was_written_leaves_the_storage_alone() {
        let mut latest = Latest { room: ROOM, unwritten: None, is_kept: true };
        // Nobody knows what a page before this one has left there.
        assert!(!latest.take("first") && latest.take(""));
        assert!(!latest.take("second") && !latest.take(""), "it was never written");
        assert_eq!(latest.due(), None);
        assert!(!latest.take("thi") && !latest.take("third"));
        assert_eq!(latest.due(), Some((ROOM, "third".to_owned())));
        assert_eq!(latest.due(), None, "once");
        assert!(latest.take(""), "it is taken out at once");
        assert!(!latest.take(""));
    }
}
