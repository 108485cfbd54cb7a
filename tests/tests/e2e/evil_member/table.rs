//! The table of attacks, and what each of them has to come to.

use crate::evil_member::peer::Peer;
use crate::evil_member::{
    bodies, floods, frames, greetings, notes, questions, registers, rulings, runs,
};

/// What an attack comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The link ends, and each page says in these words what it was, and whose.
    Named(&'static str),
    /// The link ends before anything is proven, and each page says so, and whose it was.
    Unproven(&'static str),
    /// Each page says in these words what it was, and whose; the link lives.
    Told(&'static str),
    /// The link ends.
    Ended,
    /// The link lives: what came is turned away, or counts for nothing.
    Nothing,
    /// The links live or end: they are only borne.
    Borne,
    /// It is said in its own name, and shown as the text that it is.
    Said(&'static str),
}

/// An attack.
#[derive(Clone, Copy)]
pub struct Attack {
    /// Its name in the table.
    pub name: &'static str,
    /// What it has to come to.
    pub verdict: Verdict,
    /// Does it: before the member comes, if it is [`Verdict::Unproven`], else over proven links.
    pub bring: fn(&mut Peer),
}

/// Shorthand for the tables.
pub const fn attack(name: &'static str, verdict: Verdict, bring: fn(&mut Peer)) -> Attack {
    Attack { name, verdict, bring }
}

/// All attacks.
pub fn all() -> Vec<Attack> {
    [
        greetings::ATTACKS,
        frames::ATTACKS,
        floods::ATTACKS,
        questions::ATTACKS,
        bodies::ATTACKS,
        notes::ATTACKS,
        registers::ATTACKS,
        rulings::ATTACKS,
        // The last of these changes the room's clock for good.
        runs::ATTACKS,
    ]
    .concat()
}

/// Some of each kind, for every run of the tests.
pub const CHOSEN: [&str; 11] = [
    "a frame cut short",
    "a frame of no length",
    "a length that never ends",
    "a length beyond the message",
    "half a frame behind a whole one",
    "one byte more than a message may have",
    "a message of 70 KiB",
    "a text instead of bytes",
    "a Have of noise",
    "a greeting in the middle",
    "a run in parts that never ends",
];

/// The attacks of every run of the tests.
pub fn chosen() -> Vec<Attack> {
    all().into_iter().filter(|attack| CHOSEN.contains(&attack.name)).collect()
}
