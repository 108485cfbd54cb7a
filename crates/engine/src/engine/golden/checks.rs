//! What is believed at every start, as it lies on a disk: with a check behind it, over its key and
//! itself. A check of another kind or at another place would make all of it damaged at once.

use super::*;
use crate::log::checked;

/// A record, its key, and both as they are stored.
fn records() -> [(&'static str, Vec<u8>, Vec<u8>); 3] {
    [
        ("checked-log", keys::log(&ROOM, &log()), log_state().encode()),
        ("checked-member", keys::member(&ROOM, &log().member), member().encode()),
        ("checked-decision", keys::decision(&ROOM, &EntryHash([4; 32])), decisions::record()),
    ]
}

pub(super) fn all() -> [(&'static str, &'static str, Vec<u8>); 3] {
    records().map(|(name, key, record)| ("store", name, checked::seal(&key, record)))
}

#[test]
fn golden_records_with_a_check_are_read_and_believed_at_their_own_place_only() {
    for (name, key, record) in records() {
        let stored = read(&format!("store/{name}"));
        assert_eq!(checked::open(&key, &stored), (&record[..], true), "{name}");
        assert!(!checked::open(&[&key[..], &[0]].concat(), &stored).1, "{name} elsewhere");
    }
}
