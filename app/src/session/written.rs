//! What a person has begun to say in a room, kept on the device beside the tab: a browser that is
//! closed loses nothing of it.
//!
//! ```text
//!  tab: words, bundle, for whom, answer to what ── each change ──► device: all of it as one
//!  a tab that has nothing of the room ◄──────── once a page ────────────────┘
//! ```
//! It is one text, so that words for one member alone never come back without that: where the
//! browser refuses to keep for whom they are, it keeps none of them. What it refuses stays in
//! memory and is handed to it again with the next change, or in 3 s (`draft.rs`). Of two tabs
//! that write in one room, the device keeps what was written last; neither changes what stands in
//! the other, and whoever sends or empties its own leaves there what the other has written since.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

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
    /// What the browser has refused to keep of a room: all that the room has.
    static REFUSED: RefCell<BTreeMap<RoomId, Whole>> = const { RefCell::new(BTreeMap::new()) };
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
    let refused = REFUSED.with_borrow(|all| {
        let whole = all.get(room)?;
        KINDS.iter().zip(whole).find(|(known, _)| **known == kind).map(|(_, text)| text.clone())
    });
    refused.or_else(|| read_words(tab(), &key(kind, room)))
}

/// Keeps one of the kinds in the tab, and with it what follows on the device. An empty text removes
/// it. False if it is not kept in both.
pub(super) fn keep(kind: &str, room: &RoomId, words: &str) -> bool {
    restore(room);
    let before = of_room(room);
    let mut after = before.clone();
    for (_, text) in KINDS.iter().zip(&mut after).filter(|(known, _)| **known == kind) {
        words.clone_into(text);
    }
    let there = read_words(device(), &key(WRITTEN, room));
    write(room, &before, &after, there.as_deref())
}

/// Hands to the browser once more what it has refused; false if it refuses some of it again.
pub(super) fn try_again() -> bool {
    let refused = REFUSED.with_borrow(|all| all.keys().copied().collect::<Vec<_>>());
    let again = |room: &RoomId| {
        let whole = of_room(room);
        // Nothing was changed, so what another tab has written meanwhile stays.
        write(room, &whole, &whole, None)
    };
    refused.iter().filter(|room| !again(room)).count() == 0
}

/// Writes all of a room. Words never stand there without whom they are for.
fn write(room: &RoomId, before: &Whole, after: &Whole, there: Option<&str>) -> bool {
    let refused = REFUSED.with_borrow_mut(|all| all.remove(room)).is_some();
    let name = |kind: &str| key(kind, room);
    let keep_kind = |kind: &str, text: &str| keep_words(tab(), &name(kind), text);
    let [draft, bundle, only, reply] = after;
    let changed = |at: usize| refused || before[at] != after[at];
    let mut kept = !changed(2) || keep_kind(ONLY, only);
    if kept {
        kept &= !changed(0) || keep_kind(DRAFT, draft);
        kept &= !changed(1) || keep_kind(BUNDLE, bundle);
    } else {
        keep_kind(DRAFT, "");
        keep_kind(BUNDLE, "");
    }
    kept &= !changed(3) || keep_kind(REPLY, reply);
    let written = name(WRITTEN);
    let change = match refused && !after[..2].iter().all(String::is_empty) {
        true => Change::Keep(joined(after)),
        false => change_of(before, after, there),
    };
    kept &= match change {
        Change::Keep(whole) => {
            let kept = keep_words(device(), &written, &whole);
            if !kept && !only.is_empty() {
                keep_words(device(), &written, "");
            }
            kept
        }
        Change::Remove => keep_words(device(), &written, ""),
        Change::Leave => true,
    };
    if !kept {
        REFUSED.with_borrow_mut(|all| all.insert(*room, after.clone()));
    }
    note(room.to_string(), kept);
    kept
}

/// Forgets all of a room, in this tab and on the device.
pub(super) fn forget(room: &RoomId) {
    for kind in KINDS {
        keep_words(tab(), &key(kind, room), "");
    }
    REFUSED.with_borrow_mut(|all| all.remove(room));
    note(room.to_string(), true);
    keep_words(device(), &key(WRITTEN, room), "");
}

/// Forgets what the browser has refused: nothing that was written is to be there any more.
pub(super) fn forget_refused() {
    for room in REFUSED.take().keys() {
        note(room.to_string(), true);
    }
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

/// All of a room, also what the browser has refused to keep.
fn of_room(room: &RoomId) -> Whole {
    REFUSED.with_borrow(|all| all.get(room).cloned()).unwrap_or_else(|| of_tab(room))
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
