//! What was handed to the client and is not known to be stored: a reload in between loses nothing,
//! and the ids make sure that it is said once.
//!
//! Each message is kept by itself, under its id, so that one of several that go together can be
//! forgotten while the others stay. Its serial says when it was written, compared with the others
//! of this tab: a clock does not, as it knows no order within a millisecond, and may be set back.

use std::cell::Cell;
use std::collections::BTreeMap;

use browser::{Draft, DraftId, Millis, RoomId, limits, pack_drafts, unpack_drafts};
use web_sys::Storage;

use super::tab;
use super::words::{keep_words, keys_of_words, read_words};

const SENDING: &str = "confab.sending";

thread_local! {
    /// The serial of the next; none until it is known what was kept before the page was loaded.
    static NEXT: Cell<Option<u64>> = const { Cell::new(None) };
}

/// A message as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Kept {
    /// The same for those that go together, higher for whatever was written later.
    serial: u64,
    /// Its place among those.
    place: usize,
    /// When it was handed over, by this device's clock.
    wall: Millis,
    draft: Draft,
}

impl Kept {
    fn to_text(&self) -> String {
        let packed = pack_drafts(std::slice::from_ref(&self.draft));
        format!("{} {} {} {packed}", self.serial, self.place, self.wall)
    }

    fn of_text(text: &str) -> Option<Kept> {
        let mut parts = text.splitn(4, ' ');
        let serial = parts.next()?.parse().ok()?;
        let place = parts.next()?.parse().ok()?;
        let wall = parts.next()?.parse().ok()?;
        let draft = unpack_drafts(parts.next()?)?.into_iter().next()?;
        Some(Kept { serial, place, wall, draft })
    }
}

/// What goes together, in the order in which it was written.
fn in_order(kept: Vec<Kept>) -> Vec<(Millis, Vec<Draft>)> {
    let mut groups: BTreeMap<u64, BTreeMap<usize, Kept>> = BTreeMap::new();
    for one in kept {
        groups.entry(one.serial).or_default().insert(one.place, one);
    }
    let group = |group: BTreeMap<usize, Kept>| {
        let wall = group.values().map(|one| one.wall).min().unwrap_or_default();
        (wall, group.into_values().map(|one| one.draft).collect())
    };
    groups.into_values().map(group).collect()
}

/// Remembers what was handed over, one message or several that go together. What is more than a
/// client keeps is not remembered: the client refuses it, and says so.
pub fn keep_sending(room: &RoomId, drafts: &[Draft], wall: Millis) {
    let Some(storage) = tab() else { return };
    let there = usize::try_from(storage.length().unwrap_or(0)).unwrap_or(usize::MAX);
    if there.saturating_add(drafts.len()) > limits::DRAFTS {
        return;
    }
    let serial = NEXT.get().unwrap_or_else(|| first_serial(&storage));
    NEXT.set(Some(serial.saturating_add(1)));
    for (place, draft) in drafts.iter().enumerate() {
        let kept = Kept { serial, place, wall, draft: draft.clone() };
        keep_words(Some(storage.clone()), &key(room, &draft.id), &kept.to_text());
    }
}

/// Forgets one message.
pub fn forget_sending(room: &RoomId, draft: &DraftId) {
    keep_words(tab(), &key(room, draft), "");
}

/// Forgets all of a room.
pub(super) fn forget_all(room: &RoomId) {
    let Some(storage) = tab() else { return };
    let prefix = format!("{SENDING}.{room}.");
    let keys = keys_of_words(&storage, &prefix);
    for key in keys {
        keep_words(Some(storage.clone()), &key, "");
    }
}

/// What of a room was handed over and is not known to be stored, and when, in the order in which it
/// was written.
pub fn sending(room: &RoomId) -> Vec<(Millis, Vec<Draft>)> {
    tab().map(|storage| in_order(all(&storage, &format!("{SENDING}.{room}.")))).unwrap_or_default()
}

fn key(room: &RoomId, draft: &DraftId) -> String {
    format!("{SENDING}.{room}.{draft}")
}

fn all(storage: &Storage, prefix: &str) -> Vec<Kept> {
    let keys = keys_of_words(storage, prefix).into_iter();
    keys.filter_map(|key| Kept::of_text(&read_words(Some(storage.clone()), &key)?)).collect()
}

/// Behind everything that was kept before this page was loaded.
fn first_serial(storage: &Storage) -> u64 {
    all(storage, SENDING).iter().map(|kept| kept.serial.saturating_add(1)).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use browser::Priority;

    fn draft(id: u8) -> Draft {
        Draft::new(DraftId([id; 16]), "two words\nand more", Priority::Low)
    }

    #[test]
    fn a_message_that_is_being_sent_is_read_back_as_it_was() {
        let kept = Kept { serial: 5, place: 2, wall: 17, draft: draft(3) };
        let text = kept.to_text();
        assert_eq!(Kept::of_text(&text), Some(kept));
        let packed = pack_drafts(&[draft(3)]);
        for damaged in ["", "17", "1 2 3", "1 2 3 low", &format!("17 {packed}"), &text[1..]] {
            assert_eq!(Kept::of_text(damaged), None, "{damaged}");
        }
    }

    #[test]
    fn a_burst_of_one_millisecond_is_sent_again_in_the_order_it_was_written() {
        // Ids are random: those of later messages may sort before those of earlier ones.
        let kept = |serial, id| Kept { serial, place: 0, wall: 17, draft: draft(id) };
        let order = in_order(vec![kept(10, 1), kept(9, 200), kept(2, 7), kept(11, 0)]);
        let ids: Vec<DraftId> = order.iter().map(|(_, drafts)| drafts[0].id).collect();
        assert_eq!(ids, [7, 200, 1, 0].map(|id| DraftId([id; 16])));
        let back = |serial, wall| Kept { wall, ..kept(serial, 1) };
        assert_eq!(in_order(vec![back(1, 900), back(2, 100)])[0].0, 900, "a clock set back");
    }

    #[test]
    fn of_several_that_go_together_the_rest_stays_when_one_is_taken_out() {
        let kept = |place, id| Kept { serial: 4, place, wall: 17, draft: draft(id) };
        let rest = vec![kept(2, 1), kept(1, 9)];
        assert_eq!(in_order(rest), [(17, vec![draft(9), draft(1)])]);
    }
}
