//! What goes after it was read: the key and the records, of what is said to all and to one alone.

use super::*;
use crate::engine::vanish::Fleeting;
use crate::ids::MemberId;

fn fleeting(private: Option<MemberId>) -> Fleeting {
    Fleeting { after: 60_000, private, hash: target().hash }
}

fn to_one() -> Fleeting {
    fleeting(Some(keypair(2).member()))
}

pub(super) fn all() -> [(&'static str, &'static str, Vec<u8>); 3] {
    [
        ("store", "key-vanishing", keys::vanishing(&ROOM, &target().entry)),
        ("store", "vanishing", fleeting(None).encode()),
        ("store", "vanishing-private", to_one().encode()),
    ]
}

#[test]
fn golden_records_of_what_vanishes_are_read() {
    assert_eq!(keys::read_vanishing(&read("store/key-vanishing")), Some(target().entry));
    assert_eq!(Fleeting::decode(&read("store/vanishing")), Some(fleeting(None)));
    assert_eq!(Fleeting::decode(&read("store/vanishing-private")), Some(to_one()));
    let longer = [read("store/vanishing-private"), vec![1, 2, 3]].concat();
    assert_eq!(Fleeting::decode(&longer), Some(to_one()), "as a newer version might");
    assert_eq!(Fleeting::decode(&[]), None);
}
