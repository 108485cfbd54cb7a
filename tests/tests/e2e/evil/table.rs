//! The table of attacks, and what each of them has to come to.

use crate::evil::server::Evil;
use crate::evil::{crowds, doors, frames, payloads, relays};

/// What is attacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Two pages that are linked: they go on talking, whatever comes.
    Linked,
    /// Two pages that have just linked at the addresses that they have: they keep that very link.
    Live,
    /// Two pages that look for each other while the server does harm: they link, or they do not.
    Calling,
    /// The same, and as long as the server does this they cannot link.
    Parted,
    /// Pages that come back to the server.
    Returning,
}

/// An attack.
#[derive(Clone, Copy)]
pub struct Attack {
    /// Its name in the table.
    pub name: &'static str,
    /// What is attacked.
    pub when: When,
    /// True if the server can be caught at it, so that both pages have to say so.
    pub caught: bool,
    /// Begins it.
    pub bring: fn(&Evil),
}

/// Shorthand for the tables.
pub const fn attack(name: &'static str, when: When, caught: bool, bring: fn(&Evil)) -> Attack {
    Attack { name, when, caught, bring }
}

/// All attacks.
pub fn all() -> Vec<Attack> {
    [frames::ATTACKS, crowds::ATTACKS, relays::ATTACKS, payloads::ATTACKS, doors::ATTACKS].concat()
}

/// Some of each kind, for every run of the tests.
pub fn chosen() -> Vec<Attack> {
    const NAMES: [&str; 13] = [
        "binary garbage",
        "words that are no JSON",
        "a text of 8 MiB",
        "brackets nested 60,000 deep",
        "5,000 invented peers, one by one",
        "3,000 invented peers at once",
        "says that the other left",
        "relays without a usable address",
        "a byte of each payload flipped",
        "each payload sent back to its author",
        "each payload twenty times",
        "glare for ever",
        "offer and answer of a live session again",
    ];
    all().into_iter().filter(|attack| NAMES.contains(&attack.name)).collect()
}
