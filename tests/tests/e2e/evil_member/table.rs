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
    /// The link ends before anything is proven, and each page says so, and names nobody: somebody
    /// may be in between.
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
pub const CHOSEN: [&str; 16] = [
    "a run, between greeting and proof",
    "a frame cut short",
    "one byte more than a message may have",
    "a text instead of bytes",
    "typing and not typing, over the unreliable channel",
    "live words, twenty thousand",
    "a question for a million ranges",
    "holds another version of what others said",
    "a bomb that unpacks to 30 MiB",
    "a letter to one, copied into another log",
    "what others said is taken back",
    "script as words",
    "a name for somebody else",
    "a name that is a script",
    "makes itself an admin before all that was",
    "the next run of another's log",
];

/// The attacks of every run of the tests.
pub fn chosen() -> Vec<Attack> {
    all().into_iter().filter(|attack| CHOSEN.contains(&attack.name)).collect()
}
