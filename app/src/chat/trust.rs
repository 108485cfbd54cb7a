//! Who is who: what was compared with a member, and known names that come with other keys.
//!
//! ```text
//!  Compare ──► Question::Verify, and the digits are asked for ──► Deed::Verify(they match, or not)
//! ```
//! The engine says whose name a member bears; how loudly that is told is decided here.

use std::collections::BTreeMap;

use browser::{Command, Compared, Comparison, MemberId, MemberView, Namesake};

use super::people::Question;
use super::room::{Life, RoomState};

/// What a person who reads a member's words has to know of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Nothing is known.
    Plain,
    /// Its key was compared, under the name that it has.
    Verified,
    /// Its key was compared when it had another name.
    Renamed,
    /// It bears the name of another key.
    Double,
}

/// What is known of each member of whom there is something to say.
pub type Trusts = BTreeMap<MemberId, Trust>;

/// A member that bears the name of another key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Double {
    /// Its key.
    pub member: MemberId,
    /// What it calls itself.
    pub name: String,
    /// Whose name that is.
    pub of: Namesake,
    /// True if it is one's own.
    pub mine: bool,
}

/// What is compared just now, and with what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checking {
    /// What to compare, as it was asked for last.
    pub comparison: Option<Comparison>,
    /// What was typed, pasted or scanned.
    pub typed: String,
}

/// Doubles that are told of at once: beyond, the mark at their names has to do.
const DOUBLES: usize = 3;

impl Trust {
    /// Of a member.
    pub fn of(view: &MemberView) -> Trust {
        match &view.verified {
            _ if view.namesake.is_some() => Trust::Double,
            Some(name) if *name == view.name => Trust::Verified,
            Some(_) => Trust::Renamed,
            None => Trust::Plain,
        }
    }
}

impl RoomState {
    /// What is known of the members, those included who were removed.
    pub fn trusts(&self) -> Trusts {
        let all = self.members.iter().chain(&self.removed);
        let known = all.map(|view| (view.member, Trust::of(view)));
        known.filter(|(_, trust)| *trust != Trust::Plain).collect()
    }

    /// Those who bear the name of another key, the most alarming first.
    pub fn doubles(&self) -> Vec<Double> {
        if !matches!(self.life, Life::On | Life::Ended) {
            return Vec::new();
        }
        let me = self.myself().map(|view| view.member);
        let double = |view: &MemberView| {
            let of = view.namesake.clone()?;
            let mine = Some(of.member) == me;
            Some(Double { member: view.member, name: view.name.clone(), of, mine })
        };
        let mut doubles: Vec<Double> = self.members.iter().filter_map(double).collect();
        doubles.sort_by_key(|double| !double.of.verified);
        doubles.truncate(DOUBLES);
        doubles
    }

    /// What to compare with the member that is asked about, once it is known.
    pub fn comparison(&self) -> Option<&Comparison> {
        let Some(Question::Verify(member)) = self.asks else { return None };
        self.checking.comparison.as_ref().filter(|comparison| comparison.member == member)
    }

    /// What came of comparing with what was typed.
    pub fn compared(&self) -> Compared {
        let compare = |comparison: &Comparison| comparison.compare(&self.checking.typed);
        self.comparison().map_or(Compared::Nothing, compare)
    }

    /// Asks about a member, or nothing any more; what has to be known for it.
    pub(super) fn ask(&mut self, question: Option<Question>) -> Option<Command> {
        self.asks = question;
        self.checking = Checking::default();
        match question {
            Some(Question::Verify(member)) => Some(Command::Compare(member)),
            Some(Question::Member(_) | Question::Remove(_)) | None => None,
        }
    }

    /// The person has compared, and it is the same, or takes that back.
    pub(super) fn verify(&mut self, same: bool) -> Option<Command> {
        // Nobody says so of what was never shown.
        let member = self.comparison()?.member;
        self.asks = None;
        self.checking = Checking::default();
        Some(if same { Command::Verify(member) } else { Command::Unverify(member) })
    }
}
