//! Who has a place for its decisions: a room keeps a bounded number of them, and whoever has no
//! authority in it cannot take the places of those who have.
//!
//! ```text
//!  the founder        1,024
//!  who was promoted   1,024 together, 256 each
//!  all others           512 together, 64 each, and what one of the above names
//! ```
//! Keys cost nothing, so the places of the others may all be taken at any time. What found none may
//! turn out to be of somebody who was promoted, or to be named by one who has authority: then it is
//! looked for again, and has one.

use crate::ids::{EntryHash, MemberId};
use crate::limits;
use crate::members::membership::{Membership, Ruled};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rank {
    Founder,
    Promoted,
    Other,
}

impl Membership {
    fn rank(&self, member: &MemberId) -> Rank {
        if *member == self.founder {
            Rank::Founder
        } else if self.standing.promoted.contains(member) {
            Rank::Promoted
        } else {
            Rank::Other
        }
    }

    /// True of the founder, and of whoever was promoted, whatever came later.
    pub(super) fn has_authority(&self, member: &MemberId) -> bool {
        self.rank(member) != Rank::Other
    }

    /// How many entries of all members of a rank are kept.
    fn kept_of(&self, rank: Rank) -> usize {
        let kept = self.kept.iter().filter(|(member, _)| self.rank(member) == rank);
        kept.map(|(_, count)| count).sum()
    }

    /// How many entries one more member of a rank may have, and all of that rank together.
    fn most(rank: Rank) -> (usize, usize) {
        match rank {
            Rank::Founder => (limits::DECISIONS, limits::DECISIONS),
            Rank::Promoted => (limits::DECISIONS_OF_ADMIN, limits::DECISIONS),
            Rank::Other => (limits::DECISIONS_OF_ONE, limits::DECISIONS_OF_OTHERS),
        }
    }

    /// True if one more decision of a member has a place.
    #[must_use]
    pub fn has_place_of(&self, member: &MemberId) -> bool {
        self.full_for(member).is_none()
    }

    /// How many places there are that are all taken, if one more decision of a member has none: its
    /// own, or those of all of its rank.
    #[must_use]
    pub fn full_for(&self, member: &MemberId) -> Option<usize> {
        let rank = self.rank(member);
        let (one, together) = Membership::most(rank);
        let kept = self.kept.get(member).copied().unwrap_or_default();
        if kept >= one { Some(one) } else { (self.kept_of(rank) >= together).then_some(together) }
    }

    /// The same, beside others that are about to be taken in: of this member, and of all of its
    /// rank.
    fn has_room(&self, member: &MemberId, (own, all): (usize, usize)) -> bool {
        let rank = self.rank(member);
        let (one, together) = Membership::most(rank);
        let kept = self.kept.get(member).copied().unwrap_or_default();
        kept + own < one && self.kept_of(rank) + all < together
    }

    /// True if an entry has a place, beside others that are about to be taken in.
    #[must_use]
    pub fn has_place(&self, ruled: &Ruled, beside: &[Ruled]) -> bool {
        let author = ruled.author();
        let own = beside.iter().filter(|one| one.author() == author).count();
        let rank = self.rank(&author);
        let all = beside.iter().filter(|one| self.rank(&one.author()) == rank).count();
        self.knows(&ruled.hash)
            || self.has_room(&author, (own, all))
            || self.is_needed(&ruled.hash, beside)
    }

    /// True if an entry that waits, and whose author has authority, names this one.
    fn is_needed(&self, hash: &EntryHash, beside: &[Ruled]) -> bool {
        let all = self.waiting.values().chain(beside);
        let mut all = all.filter(|ruled| self.has_authority(&ruled.author()));
        all.any(|ruled| ruled.decision.deps.contains(hash))
    }

    /// True if something whose author has authority waits for others.
    #[must_use]
    pub fn lacks_some(&self) -> bool {
        self.waiting.values().any(|ruled| self.has_authority(&ruled.author()))
    }

    /// True if an entry that depends on others, which are not here, has a place to wait.
    pub(super) fn may_wait(&self, ruled: &Ruled) -> bool {
        let authority = self.has_authority(&ruled.author());
        let like =
            self.waiting.values().filter(|one| self.has_authority(&one.author()) == authority);
        let most = match authority {
            true => limits::DECISIONS_WAITING,
            false => limits::DECISIONS_WAITING_OF_OTHERS,
        };
        like.count() < most
    }

    /// True if something may have found no place: whoever was promoted may have had just so many
    /// entries before.
    #[must_use]
    pub fn is_crowded(&self) -> bool {
        let full = |(member, kept): (&MemberId, &usize)| {
            let before = self.rank(member) == Rank::Promoted && *kept == limits::DECISIONS_OF_ONE;
            before || !self.has_place_of(member)
        };
        let waits = |authority: bool| {
            let all = self.waiting.values();
            all.filter(|one| self.has_authority(&one.author()) == authority).count()
        };
        self.kept.iter().any(full)
            || waits(true) >= limits::DECISIONS_WAITING
            || waits(false) >= limits::DECISIONS_WAITING_OF_OTHERS
    }
}
