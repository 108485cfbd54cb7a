//! As whom others are known: the key and the records, of somebody who was compared, of somebody who
//! was not, and of somebody who is blocked.

use super::*;
use crate::members::acquaintances::{Acquaintance, Acquaintances};
use crate::view::Treatment;

fn acquaintance(verified: bool) -> Acquaintance {
    let (mut known, member) = (Acquaintances::default(), keypair(2).member());
    ["Ana", "花园 Ana"].iter().for_each(|name| known.meet(member, name));
    if verified {
        known.verify(member, "Ana", 1_700_000_000_000);
    }
    known.take_dirty().remove(0).1
}

fn blocked() -> Acquaintance {
    let (mut known, member) = (Acquaintances::default(), keypair(2).member());
    known.load(member, acquaintance(true));
    known.treat(member, Treatment { blocked: true, muted: false });
    known.take_dirty().remove(0).1
}

pub(super) fn all() -> [(&'static str, &'static str, Vec<u8>); 4] {
    [
        ("store", "key-acquaintance", keys::acquaintance(&ROOM, &keypair(2).member())),
        ("store", "acquaintance", acquaintance(false).encode()),
        ("store", "acquaintance-verified", acquaintance(true).encode()),
        ("store", "acquaintance-blocked", blocked().encode()),
    ]
}

#[test]
fn golden_acquaintances_are_read() {
    let key = read("store/key-acquaintance");
    assert_eq!(keys::read_acquaintance(&key), Some(keypair(2).member()));
    let decoded = |name: &str| Acquaintance::decode(&read(&format!("store/{name}")));
    assert_eq!(decoded("acquaintance"), Some(acquaintance(false)));
    assert_eq!(decoded("acquaintance-verified"), Some(acquaintance(true)));
    assert_eq!(decoded("acquaintance-blocked"), Some(blocked()));
    let longer = [read("store/acquaintance-blocked"), vec![1, 2, 3]].concat();
    assert_eq!(Acquaintance::decode(&longer), Some(blocked()), "as a newer version might");
}
