//! What a person has begun to say in a room, kept on the device beside the tab: a browser that is
//! closed loses nothing of it.
//!
//! ```text
//!  tab: words, bundle, for whom, answer to what ── each change ──► device: all of it as one
//!  a tab that has nothing of the room ◄──────── once a page ────────────────┘
//! ```
//! It is one text, so that words for one member alone never come back without that. Of two tabs
//! that write in one room, the device keeps what was written last; neither changes what stands in
//! the other, and whoever sends or empties its own leaves there what the other has written since.

use std::cell::RefCell;
use std::collections::BTreeSet;

use browser::RoomId;

use super::unkept::note;
use super::words::{are_open, keep_words, read_words};
use super::{BUNDLE, DRAFT, ONLY, REPLY, device, joined, parts, tab};

const WRITTEN: &str = "confab.written";
/// What there is of a room; the first two are words.
const KINDS: [&str; 4] = [DRAFT, BUNDLE, ONLY, REPLY];

type Whole = [String; KINDS.len()];

thread_local! {
    /// The rooms that were looked for on the device: no more than there are.
    static SOUGHT: RefCell<BTreeSet<RoomId>> = const { RefCell::new(BTreeSet::new()) };
}

/// What becomes of what the device has.
#[derive(Debug, PartialEq, Eq)]
enum Change {
    Keep(String),
    Remove,
    Leave,
}

/// What follows on the device when a tab has changed what it has.
fn change_of(before: &Whole, after: &Whole, there: Option<&str>) -> Change {
    let [draft, bundle, ..] = after;
    if before == after {
        return Change::Leave;
    }
    match draft.is_empty() && bundle.is_empty() {
        false => Change::Keep(joined(after)),
        true if there == Some(&joined(before)) => Change::Remove,
        true => Change::Leave,
    }
}

/// One of the kinds, as this tab has it; of a room that it has nothing of, as the device has it.
pub(super) fn read(kind: &str, room: &RoomId) -> Option<String> {
    restore(room);
    read_words(tab(), &key(kind, room))
}

/// Keeps one of the kinds in the tab, and with it what follows on the device. An empty text removes
/// it. False if it is not kept in both.
pub(super) fn keep(kind: &str, room: &RoomId, words: &str) -> bool {
    restore(room);
    let before = of_tab(room);
    let mut after = before.clone();
    for (_, text) in KINDS.iter().zip(&mut after).filter(|(known, _)| **known == kind) {
        words.clone_into(text);
    }
    let in_tab = keep_words(tab(), &key(kind, room), words);
    let (written, there) = (key(WRITTEN, room), || read_words(device(), &key(WRITTEN, room)));
    let on_device = match change_of(&before, &after, there().as_deref()) {
        Change::Keep(whole) => keep_words(device(), &written, &whole),
        Change::Remove => keep_words(device(), &written, ""),
        Change::Leave => true,
    };
    note(key(kind, room), in_tab && on_device);
    in_tab && on_device
}

/// Forgets all of a room, in this tab and on the device.
pub(super) fn forget(room: &RoomId) {
    for kind in KINDS {
        keep_words(tab(), &key(kind, room), "");
        note(key(kind, room), true);
    }
    keep_words(device(), &key(WRITTEN, room), "");
}

fn restore(room: &RoomId) {
    if !are_open() || !SOUGHT.with_borrow_mut(|sought| sought.insert(*room)) {
        return;
    }
    if of_tab(room).iter().any(|text| !text.is_empty()) {
        return;
    }
    let whole = parts(&read_words(device(), &key(WRITTEN, room)).unwrap_or_default());
    if let Ok(whole) = Whole::try_from(whole) {
        for (kind, text) in KINDS.iter().zip(whole) {
            keep_words(tab(), &key(kind, room), &text);
        }
    }
}

fn of_tab(room: &RoomId) -> Whole {
    KINDS.map(|kind| read_words(tab(), &key(kind, room)).unwrap_or_default())
}

fn key(kind: &str, room: &RoomId) -> String {
    format!("{kind}.{room}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(draft: &str, only: &str) -> Whole {
        [draft, "", only, ""].map(str::to_owned)
    }

    #[test]
    fn words_are_kept_with_whom_they_are_for() {
        let (before, after) = (whole("", "ben"), whole("half a thought", "ben"));
        let Change::Keep(kept) = change_of(&before, &after, None) else { panic!("not kept") };
        assert_eq!(parts(&kept), after);
        let Change::Keep(kept) = change_of(&after, &whole("half a thought", ""), Some(&kept))
        else {
            panic!("it is for all now")
        };
        assert_eq!(parts(&kept), whole("half a thought", ""));
    }

    #[test]
    fn what_was_sent_goes_and_what_another_tab_has_written_since_stays() {
        let (before, after) = (whole("sent", ""), whole("", ""));
        assert_eq!(change_of(&before, &after, Some(&joined(&before))), Change::Remove);
        let other = joined(&whole("typed elsewhere", ""));
        assert_eq!(change_of(&before, &after, Some(&other)), Change::Leave);
    }

    #[test]
    fn a_tab_in_which_nothing_is_written_changes_nothing_and_the_last_that_writes_is_kept() {
        let other = joined(&whole("typed elsewhere", ""));
        let empty = whole("", "");
        assert_eq!(change_of(&empty, &whole("", "ben"), Some(&other)), Change::Leave);
        assert_eq!(change_of(&empty, &empty, Some(&other)), Change::Leave);
        let mine = whole("later", "");
        assert_eq!(change_of(&empty, &mine, Some(&other)), Change::Keep(joined(&mine)));
    }
}
