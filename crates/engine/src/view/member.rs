//! What a page is told of the members of a room.

use serde::{Deserialize, Serialize};

use crate::ids::MemberId;

/// A member, as others see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberView {
    /// Its key.
    pub member: MemberId,
    /// What it calls itself; empty if it has not said.
    pub name: String,
    /// True for oneself.
    pub me: bool,
    /// True for oneself, and for whoever is linked and proven now.
    pub online: bool,
    /// What it may do.
    pub role: Role,
    /// What it was called when a person here compared its key, and found it to be right.
    pub verified: Option<String>,
    /// Whose name it bears, if that is a reason to be careful.
    pub namesake: Option<Namesake>,
    /// How it is treated on this device.
    pub treatment: Treatment,
}

/// How a member is treated on this device. Nobody else learns of it but a member that is blocked,
/// of what it says from then on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Treatment {
    /// Nothing new of it is stored, shown or handed on.
    pub blocked: bool,
    /// What it says is shown, and counts as no news.
    pub muted: bool,
}

/// What a member may do, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Role {
    /// Removed, for good.
    Removed,
    /// Nobody has approved it yet, in a room where that is needed.
    Applicant,
    /// May speak, approve and merge epochs.
    Member,
    /// May also remove, promote and change the link.
    Admin,
    /// May everything, and cannot be removed.
    Founder,
}

/// Another member that bears, or bore, a name: with another key, so it is somebody else, or the
/// same person with another device, or on the same one after its keys were lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Namesake {
    /// Its key; oneself, perhaps.
    pub member: MemberId,
    /// The name as it wrote it.
    pub name: String,
    /// True if a person here has compared its key.
    pub verified: bool,
}

/// What two members compare, over a way that they trust.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// With whom.
    pub member: MemberId,
    /// 60 digits, the same for both.
    pub digits: String,
}

/// What came of comparing with something that was typed, pasted or scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// There is nothing to compare yet.
    Nothing,
    /// So far it is the same: so many digits of all.
    SoFar(usize),
    /// It is the same.
    Same,
    /// It is something else.
    Different,
}

impl Comparison {
    /// What stands before the digits in a code, so that a scanner's text is known.
    const PREFIX: &str = "CONFAB-1:";

    /// What a code of this comparison says: the same for both.
    #[must_use]
    pub fn code(&self) -> String {
        format!("{}{}", Comparison::PREFIX, self.digits)
    }

    /// The digits as people read them aloud: twelve groups of five.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        (0..self.digits.len()).step_by(5).filter_map(|at| self.digits.get(at..at + 5))
    }

    /// Compares with digits, however they are grouped, or with the text of a code.
    #[must_use]
    pub fn compare(&self, text: &str) -> Compared {
        let shown: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
        let begins = shown.get(..Comparison::PREFIX.len());
        let coded = begins.is_some_and(|begins| begins.eq_ignore_ascii_case(Comparison::PREFIX));
        let digits = if coded { &shown[Comparison::PREFIX.len()..] } else { &shown };
        match digits.len() {
            0 => Compared::Nothing,
            _ if digits == self.digits => Compared::Same,
            count if self.digits.starts_with(digits) => Compared::SoFar(count),
            _ => Compared::Different,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_pasted_or_scanned_is_compared_without_regard_to_its_form() {
        let digits = "0123456789".repeat(6);
        let comparison = Comparison { member: MemberId([1; 32]), digits: digits.clone() };
        assert_eq!(comparison.groups().collect::<Vec<_>>().join(""), digits);
        assert_eq!(comparison.groups().count(), 12);
        let grouped = comparison.groups().collect::<Vec<_>>().join(" ");
        for same in [digits.clone(), grouped, comparison.code(), format!("confab-1: {digits}\n")] {
            assert_eq!(comparison.compare(&same), Compared::Same, "{same}");
        }
        for (text, compared) in [
            ("", Compared::Nothing),
            (" \n", Compared::Nothing),
            ("01234 5", Compared::SoFar(6)),
            ("01235", Compared::Different),
            ("Ana", Compared::Different),
            ("CONFAB-2:0123", Compared::Different),
        ] {
            assert_eq!(comparison.compare(text), compared, "{text}");
        }
        assert_eq!(comparison.compare(&format!("{digits}0")), Compared::Different);
    }
}
