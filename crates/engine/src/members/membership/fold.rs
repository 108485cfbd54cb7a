//! What counts: within all that is known, or within the past of one entry, by the same rules.
//!
//! *Valid* is an entry whose author may make it by its past; that never changes. *Effective* is a
//! valid one that no removal voids, and whose author has its role from effective ones. A removal
//! is effective if it is valid, so that neither of two that were made at once undoes the other.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{EntryHash, EpochId, MemberId};
use crate::limits;
use crate::log::decision::{Cut, Opening, Ruling};
use crate::members::membership::set::Set;
use crate::members::membership::{Membership, Node, Role, Ruled, Standing};
use crate::simulation::{Planted, planted};

/// The members whose standing a ruling changes.
pub(super) fn subjects(ruling: &Ruling) -> Vec<MemberId> {
    match ruling {
        Ruling::Approve(shares) | Ruling::Admit { shares, .. } => {
            shares.of.iter().map(|share| share.member).collect()
        }
        Ruling::Remove { member, .. } | Ruling::Promote(member) | Ruling::Demote(member) => {
            vec![*member]
        }
        Ruling::Renew(_) | Ruling::Merge(_) | Ruling::Gate { .. } | Ruling::Newer(_) => vec![],
    }
}

/// True if it says whether newcomers have to be approved.
pub(super) fn is_gate(ruling: &Ruling) -> bool {
    matches!(ruling, Ruling::Gate { .. })
}

impl Node {
    fn ruling(&self) -> &Ruling {
        &self.ruled.decision.ruling
    }

    /// The cuts of a removal.
    fn cuts(&self) -> Option<&[Cut]> {
        match self.ruling() {
            Ruling::Remove { cuts, .. } => Some(cuts),
            Ruling::Approve(_)
            | Ruling::Promote(_)
            | Ruling::Demote(_)
            | Ruling::Renew(_)
            | Ruling::Merge(_)
            | Ruling::Gate { .. }
            | Ruling::Admit { .. }
            | Ruling::Newer(_) => None,
        }
    }
}

/// True if an entry of the removed is one that its remover had not accepted.
fn is_beyond(ruled: &Ruled, cuts: &[Cut]) -> bool {
    cuts.iter()
        .find(|cut| cut.log == ruled.log)
        .is_none_or(|cut| ruled.seq > cut.seq || (ruled.seq == cut.seq && ruled.hash != cut.hash))
}

impl Membership {
    /// True if the author of an entry may make it, by what it depends on.
    pub(super) fn is_valid(&self, ruled: &Ruled, past: &Set) -> bool {
        let seen = self.fold(past);
        self.is_allowed(ruled, &seen) && self.fits(ruled, &seen)
    }

    /// The entries of a frame that count within it.
    fn fold(&self, frame: &Set) -> Set {
        let mut effective = Set::default();
        for place in frame.iter() {
            let Some(node) = self.nodes.get(place) else { continue };
            if node.cuts().is_some() {
                effective.insert(place);
                continue;
            }
            let allowed = || self.is_allowed(&node.ruled, &effective.and(&node.past));
            if !self.is_void(place, node, frame) && allowed() {
                effective.insert(place);
            }
        }
        effective
    }

    /// True if a removal in the frame voids an entry: made without knowledge of it, beyond its cut.
    fn is_void(&self, place: usize, node: &Node, frame: &Set) -> bool {
        let removals =
            self.of(&node.ruled.author(), frame, |ruling| matches!(ruling, Ruling::Remove { .. }));
        removals.into_iter().any(|removal| {
            let removal = &self.nodes[removal];
            let unknown = !removal.past.contains(place);
            unknown && removal.cuts().is_some_and(|cuts| is_beyond(&node.ruled, cuts))
        })
    }

    /// The entries about a member in a set, of one kind.
    fn of(&self, member: &MemberId, set: &Set, kind: impl Fn(&Ruling) -> bool) -> Vec<usize> {
        let about = self.about.get(member).map_or(&[][..], Vec::as_slice).iter().copied();
        about.filter(|place| set.contains(*place) && kind(self.nodes[*place].ruling())).collect()
    }

    fn is_removed(&self, member: &MemberId, seen: &Set) -> bool {
        !self.of(member, seen, |ruling| matches!(ruling, Ruling::Remove { .. })).is_empty()
    }

    /// Of a promotion and a demotion that were made at once, the demotion counts.
    fn is_admin(&self, member: &MemberId, seen: &Set) -> bool {
        let demotions = self.of(member, seen, |ruling| matches!(ruling, Ruling::Demote(_)));
        let promotions = self.of(member, seen, |ruling| matches!(ruling, Ruling::Promote(_)));
        let later = |promotion: usize| {
            let past = &self.nodes[promotion].past;
            demotions.iter().all(|demotion| past.contains(*demotion))
        };
        promotions.into_iter().any(later)
    }

    fn is_approved(&self, member: &MemberId, seen: &Set) -> bool {
        let approves =
            |ruling: &Ruling| matches!(ruling, Ruling::Approve(_) | Ruling::Admit { .. });
        !self.of(member, seen, approves).is_empty()
    }

    /// Of what was said at once about newcomers, the stricter counts; before anything was said,
    /// how the room was founded.
    fn is_gated(&self, seen: &Set) -> bool {
        let gates: Vec<usize> =
            self.gates.iter().copied().filter(|gate| seen.contains(*gate)).collect();
        let newest = |gate: &usize| !gates.iter().any(|by| self.nodes[*by].past.contains(*gate));
        let approves =
            |gate: usize| matches!(self.nodes[gate].ruling(), Ruling::Gate { approve: true });
        (gates.is_empty() && self.approving) || gates.iter().copied().filter(newest).any(approves)
    }

    fn role_in(&self, member: &MemberId, seen: &Set) -> Role {
        if *member == self.founder {
            Role::Founder
        } else if self.is_removed(member, seen) {
            Role::Removed
        } else if self.is_admin(member, seen) {
            Role::Admin
        } else if self.is_gated(seen) && !self.is_approved(member, seen) {
            Role::Applicant
        } else {
            Role::Member
        }
    }

    /// True if the role that its author has by `seen` is enough for a ruling.
    fn is_allowed(&self, ruled: &Ruled, seen: &Set) -> bool {
        let needed = match &ruled.decision.ruling {
            Ruling::Approve(_) | Ruling::Admit { .. } | Ruling::Merge(_) | Ruling::Newer(_) => {
                Role::Member
            }
            Ruling::Remove { .. } | Ruling::Promote(_) | Ruling::Renew(_) => Role::Admin,
            Ruling::Demote(_) | Ruling::Gate { .. } => Role::Founder,
        };
        self.role_in(&ruled.author(), seen) >= needed
    }

    /// True if a ruling is about what it can be about, by what its author had seen.
    fn fits(&self, ruled: &Ruled, seen: &Set) -> bool {
        let ruling = &ruled.decision.ruling;
        let gone = |member: &MemberId| self.is_removed(member, seen);
        let blind = planted(Planted::RemovedGetsSecret);
        let subjects = match ruling {
            Ruling::Remove { member, opening, .. } => {
                *member != self.founder
                    && *member != ruled.author()
                    && (opening.shares.of(member).is_none() || blind)
                    && !gone(member)
            }
            Ruling::Promote(member) => *member != self.founder && !gone(member),
            Ruling::Demote(member) => self.is_admin(member, seen),
            Ruling::Merge(opening) => opening.parents.len() > 1,
            Ruling::Approve(_)
            | Ruling::Admit { .. }
            | Ruling::Renew(_)
            | Ruling::Gate { .. }
            | Ruling::Newer(_) => true,
        };
        let sealed = ruling.shares().is_none_or(|shares| {
            let mut to = shares.of.iter();
            !to.any(|share| gone(&share.member))
        });
        let follows = ruling.opening().is_none_or(|opening| self.follows(opening, seen));
        subjects && sealed && follows
    }

    /// True if an epoch follows all that were in force, and has a name of its own.
    fn follows(&self, opening: &Opening, seen: &Set) -> bool {
        let mut heads = self.epochs(seen);
        heads.truncate(limits::EPOCH_PARENTS);
        let used = |place: &usize| {
            seen.contains(*place)
                && self.opened(*place).map(Opening::epoch) == Some(opening.epoch())
        };
        heads == opening.parents
            && opening.epoch() != EpochId::FIRST
            && !self.openings.iter().any(used)
    }

    fn opened(&self, place: usize) -> Option<&Opening> {
        self.nodes[place].ruling().opening()
    }

    /// The epochs that no other follows, in order. Of several merges of the same epochs the one
    /// whose author has the highest role is in force, and of several such the lowest hash.
    fn epochs(&self, seen: &Set) -> Vec<EpochId> {
        let mut known = seen.clone();
        seen.iter().for_each(|place| known.union(&self.nodes[place].past));
        let mut parents: BTreeMap<EpochId, BTreeSet<EpochId>> = BTreeMap::new();
        for place in self.openings.iter().filter(|place| known.contains(**place)) {
            let Some(opening) = self.opened(*place) else { continue };
            parents.entry(opening.epoch()).or_default().extend(&opening.parents);
        }
        let mut merges: BTreeMap<&[EpochId], (Reverse<Role>, EntryHash, EpochId)> = BTreeMap::new();
        let mut heads = BTreeSet::new();
        for place in self.openings.iter().filter(|place| seen.contains(**place)) {
            let node = &self.nodes[*place];
            let Some(opening) = node.ruling().opening() else { continue };
            if matches!(node.ruling(), Ruling::Merge(_)) {
                let role = self.role_in(&node.ruled.author(), &seen.and(&node.past));
                let this = (Reverse(role), node.ruled.hash, opening.epoch());
                let best = merges.entry(&opening.parents).or_insert(this);
                *best = this.min(*best);
            } else {
                heads.insert(opening.epoch());
            }
        }
        heads.extend(merges.values().map(|(.., epoch)| *epoch));
        let mut behind = BTreeSet::new();
        let mut next: Vec<EpochId> = heads.iter().copied().collect();
        while let Some(epoch) = next.pop() {
            let above = parents.get(&epoch).into_iter().flatten().copied();
            next.extend(above.filter(|parent| behind.insert(*parent)));
        }
        let heads: Vec<EpochId> = heads.difference(&behind).copied().collect();
        if heads.is_empty() { vec![EpochId::FIRST] } else { heads }
    }

    /// What all entries come to.
    pub(super) fn sum(&self) -> Standing {
        let effective = self.fold(&Set::below(self.nodes.len()));
        let mut removed: BTreeMap<MemberId, Vec<Cut>> = BTreeMap::new();
        for place in effective.iter() {
            let node = &self.nodes[place];
            let (Ruling::Remove { member, .. }, Some(cuts)) = (node.ruling(), node.cuts()) else {
                continue;
            };
            removed
                .entry(*member)
                .and_modify(|known| *known = lowest(known, cuts))
                .or_insert_with(|| cuts.to_vec());
        }
        let here = |member: &&MemberId| !removed.contains_key(*member);
        let members = || self.about.keys().filter(here);
        let admin = |member: &&MemberId| self.is_admin(member, &effective);
        let approved = |member: &&MemberId| self.is_approved(member, &effective);
        let promotes = |ruling: &Ruling| matches!(ruling, Ruling::Promote(_));
        let promoted = |member: &&MemberId| !self.of(member, &effective, promotes).is_empty();
        Standing {
            admins: members().filter(admin).copied().collect(),
            approved: members().filter(approved).copied().collect(),
            gated: self.is_gated(&effective),
            epochs: self.epochs(&effective),
            effective: effective.iter().map(|place| self.nodes[place].ruled.hash).collect(),
            promoted: self.about.keys().filter(promoted).copied().collect(),
            removed,
        }
    }
}

/// Of each log that both name, the lower cut: nothing counts of a log that one of them does not
/// name.
fn lowest(one: &[Cut], other: &[Cut]) -> Vec<Cut> {
    let both = one.iter().filter_map(|cut| {
        let theirs = other.iter().find(|theirs| theirs.log == cut.log)?;
        Some(*if (cut.seq, cut.hash) <= (theirs.seq, theirs.hash) { cut } else { theirs })
    });
    both.collect()
}
