//! Who is in the room, and as what: the sum of the governance entries, the same in any order.
//!
//! ```text
//!  entry ─► deps known? ─no─► waits        past(e) = all that e depends on
//!              └─yes─► may its author, by past(e)? ─no─► dropped, with all that depends on it
//!                        └─yes─► part of the whole: what counts there is folded from all of it
//! ```
//! Authority comes from the founder's key through what an entry depends on, never from Lamport
//! times or clocks. A removal is for good, and voids what the removed decided beyond its cut
//! without the remover's knowledge. Only removals stand against that: of two admins who remove each
//! other both are removed, so an admin who is being removed can still remove others (not the
//! founder), until the news has reached whoever it would deceive.

mod fold;
mod places;
mod set;

use std::collections::{BTreeMap, BTreeSet};

use crate::crypto::exchange::{ExchangeKey, SignedExchangeKey};
use crate::ids::{EntryHash, EpochId, LogId, MemberId, Seq};
use crate::limits;
use crate::log::decision::{Cut, Decision, Opening, Ruling, Share};
use crate::members::membership::set::Set;
use crate::room::Entrance;
use crate::simulation::{Planted, planted};
pub use crate::view::Role;

/// How much of a log counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All of it.
    All,
    /// What its author wrote before it was removed: up to this entry.
    UpTo(Cut),
    /// Nothing: it was not known when its author was removed.
    Nothing,
}

impl Reach {
    /// True if the entry at this place counts.
    #[must_use]
    pub fn covers(&self, seq: Seq) -> bool {
        match self {
            Reach::All => true,
            Reach::UpTo(cut) => seq <= cut.seq,
            Reach::Nothing => false,
        }
    }
}

/// A governance entry, verified: who says it, where, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruled {
    /// Its hash.
    pub hash: EntryHash,
    /// The log in which it stands; its author is that log's member.
    pub log: LogId,
    /// Its place there.
    pub seq: Seq,
    /// What it says.
    pub decision: Decision,
}

impl Ruled {
    /// Who decided.
    #[must_use]
    pub fn author(&self) -> MemberId {
        self.log.member
    }
}

/// An entry that its author was allowed to make by what it depends on.
#[derive(Clone, Debug)]
struct Node {
    ruled: Ruled,
    past: Set,
}

/// What all governance entries come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Those who were promoted, and not removed.
    pub admins: BTreeSet<MemberId>,
    /// Those who were approved, and not removed.
    pub approved: BTreeSet<MemberId>,
    /// Those who were removed, with what counts of their logs, in order.
    pub removed: BTreeMap<MemberId, Vec<Cut>>,
    /// True if newcomers have to be approved.
    pub gated: bool,
    /// The epochs in force, in order: if there are several, none of them seals.
    pub epochs: Vec<EpochId>,
    /// The entries that count.
    pub effective: BTreeSet<EntryHash>,
    /// Those who were promoted, whatever came later.
    pub promoted: BTreeSet<MemberId>,
}

/// Everything that was decided in a room.
#[derive(Clone, Debug)]
pub struct Membership {
    founder: MemberId,
    /// True if newcomers have to be approved unless something else was decided.
    approving: bool,
    /// In an order in which everything comes after what it depends on.
    nodes: Vec<Node>,
    places: BTreeMap<EntryHash, usize>,
    /// Entries about a member, by their places.
    about: BTreeMap<MemberId, Vec<usize>>,
    gates: Vec<usize>,
    openings: Vec<usize>,
    waiting: BTreeMap<EntryHash, Ruled>,
    /// Entries whose authors were not allowed to make them.
    dropped: BTreeSet<EntryHash>,
    /// How many entries of each member are kept, whatever became of them.
    kept: BTreeMap<MemberId, usize>,
    standing: Standing,
}

impl Membership {
    /// A room in which nothing was decided yet.
    #[must_use]
    pub fn new(founder: MemberId, entrance: Entrance) -> Membership {
        let approving = entrance == Entrance::Approval;
        Membership {
            founder,
            approving,
            nodes: Vec::new(),
            places: BTreeMap::new(),
            about: BTreeMap::new(),
            gates: Vec::new(),
            openings: Vec::new(),
            waiting: BTreeMap::new(),
            dropped: BTreeSet::new(),
            kept: BTreeMap::new(),
            standing: Standing {
                epochs: vec![EpochId::FIRST],
                gated: approving,
                ..Standing::default()
            },
        }
    }

    /// Takes an entry in. True if that changed anything: it may have to wait for others first.
    /// Bounded by [`limits::DECISIONS_IN_ALL`], and by the places of those that wait.
    pub fn take(&mut self, ruled: Ruled) -> bool {
        self.take_all([ruled])
    }

    /// Takes entries in, whatever their order: only what depends on others than these has to wait.
    pub fn take_all(&mut self, all: impl IntoIterator<Item = Ruled>) -> bool {
        let before = self.nodes.len();
        let new = all.into_iter().filter(|ruled| !self.knows(&ruled.hash));
        let mut new: BTreeMap<EntryHash, Ruled> = new.map(|ruled| (ruled.hash, ruled)).collect();
        let mut behind: BTreeMap<EntryHash, Vec<EntryHash>> = BTreeMap::new();
        let mut open: BTreeMap<EntryHash, usize> = BTreeMap::new();
        for ruled in new.values() {
            let deps = ruled.decision.deps.iter().filter(|dep| new.contains_key(*dep));
            let count = deps.map(|dep| behind.entry(*dep).or_default().push(ruled.hash)).count();
            open.insert(ruled.hash, count);
        }
        let first = open.iter().filter(|(_, count)| **count == 0);
        let mut next: Vec<EntryHash> = first.map(|(hash, _)| *hash).collect();
        while let Some(hash) = next.pop() {
            if let Some(ruled) = new.remove(&hash) {
                self.put(ruled);
            }
            for hash in behind.remove(&hash).unwrap_or_default() {
                let count = open.entry(hash).or_default();
                *count = count.saturating_sub(1);
                next.extend((*count == 0).then_some(hash));
            }
        }
        while let Some(ready) = self.next_ready() {
            self.decide(ready);
        }
        let changed = self.nodes.len() != before;
        if changed {
            self.standing = self.sum();
        }
        changed
    }

    fn knows(&self, hash: &EntryHash) -> bool {
        let decided = self.places.contains_key(hash) || self.dropped.contains(hash);
        decided || self.waiting.contains_key(hash)
    }

    fn put(&mut self, ruled: Ruled) {
        let ready = self.is_ready(&ruled);
        if !ready && !self.may_wait(&ruled) {
            return;
        }
        *self.kept.entry(ruled.author()).or_default() += 1;
        if ready {
            self.decide(ruled);
        } else {
            self.waiting.insert(ruled.hash, ruled);
        }
    }

    /// True if all it depends on is here, or something of that was dropped.
    fn is_ready(&self, ruled: &Ruled) -> bool {
        let deps = &ruled.decision.deps;
        deps.iter().all(|dep| self.places.contains_key(dep))
            || deps.iter().any(|dep| self.dropped.contains(dep))
    }

    /// One that waits no more.
    fn next_ready(&mut self) -> Option<Ruled> {
        let hash = self.waiting.values().find(|ruled| self.is_ready(ruled))?.hash;
        self.waiting.remove(&hash)
    }

    fn decide(&mut self, ruled: Ruled) {
        let deps: Option<Vec<usize>> =
            ruled.decision.deps.iter().map(|dep| self.places.get(dep).copied()).collect();
        let full = self.nodes.len() >= limits::DECISIONS_IN_ALL;
        let past = deps.map(|deps| self.past_of(&deps));
        match past.filter(|past| !full && self.is_valid(&ruled, past)) {
            Some(past) => self.join(Node { ruled, past }),
            None if self.dropped.len() < limits::DECISIONS_IN_ALL => {
                self.dropped.insert(ruled.hash);
            }
            None => {}
        }
    }

    fn past_of(&self, deps: &[usize]) -> Set {
        let mut past = Set::default();
        for place in deps {
            past.insert(*place);
            past.union(&self.nodes[*place].past);
        }
        past
    }

    fn join(&mut self, node: Node) {
        let place = self.nodes.len();
        let ruling = &node.ruled.decision.ruling;
        for member in fold::subjects(ruling) {
            self.about.entry(member).or_default().push(place);
        }
        if fold::is_gate(ruling) {
            self.gates.push(place);
        }
        if ruling.opening().is_some() {
            self.openings.push(place);
        }
        self.places.insert(node.ruled.hash, place);
        self.nodes.push(node);
    }

    /// What all of it comes to.
    #[must_use]
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// The entries that count, each after what it depends on.
    pub fn effective(&self) -> impl Iterator<Item = &Ruled> {
        let nodes = self.nodes.iter().map(|node| &node.ruled);
        nodes.filter(|ruled| self.standing.effective.contains(&ruled.hash))
    }

    /// All that were taken in and not dropped, each after what it depends on.
    pub fn all(&self) -> impl Iterator<Item = &Ruled> {
        self.nodes.iter().map(|node| &node.ruled)
    }

    /// How an epoch opened, if it is not the first.
    #[must_use]
    pub fn opening(&self, epoch: &EpochId) -> Option<&Opening> {
        let openings = self.openings.iter().rev();
        let mut openings =
            openings.filter_map(|at| self.nodes[*at].ruled.decision.ruling.opening());
        openings.find(|opening| opening.epoch() == *epoch)
    }

    /// All epochs, the newest known first, and the first at the end.
    pub fn epochs_newest_first(&self) -> impl Iterator<Item = EpochId> {
        let openings = self.openings.iter().rev();
        let openings = openings.filter_map(|at| self.nodes[*at].ruled.decision.ruling.opening());
        openings.map(Opening::epoch).chain([EpochId::FIRST])
    }

    /// True if the secret of an epoch was sealed to a member.
    #[must_use]
    pub fn has_share(&self, member: &MemberId, epoch: &EpochId) -> bool {
        self.share(member, epoch).is_some()
    }

    /// The secret of an epoch as it was sealed to a member, with the key of that sealing.
    #[must_use]
    pub fn share(&self, member: &MemberId, epoch: &EpochId) -> Option<(ExchangeKey, &Share)> {
        let shares = self.effective().filter_map(|ruled| ruled.decision.ruling.shares());
        let mut shares = shares.filter(|shares| shares.epoch == *epoch);
        shares.find_map(|shares| Some((shares.key, shares.of(member)?)))
    }

    /// Those who were let in at a door and are still in, each with its exchange key as it is
    /// claimed to be signed, and the epoch whose secret it got; the newest last.
    pub fn admitted(&self) -> impl Iterator<Item = (MemberId, SignedExchangeKey, EpochId)> {
        let admitted = self.effective().filter_map(|ruled| {
            let ruling = &ruled.decision.ruling;
            let (member, exchange) = ruling.admitted()?;
            Some((member, exchange, ruling.shares()?.epoch))
        });
        admitted.filter(|(member, ..)| !self.standing.removed.contains_key(member))
    }

    /// What an entry decided, if it counts.
    #[must_use]
    pub fn ruling(&self, hash: &EntryHash) -> Option<&Ruling> {
        let counts = self.standing.effective.contains(hash);
        let place = self.places.get(hash).filter(|_| counts)?;
        Some(&self.nodes[*place].ruled.decision.ruling)
    }

    /// What a new entry of a member has to name: what gives it its authority, and the epochs that
    /// are in force. What members without authority have decided is named by nobody else, so nobody
    /// needs it to know what the others have decided. At most [`limits::DECISION_DEPS`].
    #[must_use]
    pub fn deps(&self, author: &MemberId) -> Vec<EntryHash> {
        let named = self.nodes.iter().filter(|node| self.is_named(&node.ruled, author));
        let named: Vec<&Node> = named.collect();
        let mut behind = Set::default();
        named.iter().for_each(|node| behind.union(&node.past));
        let last = |node: &&&Node| {
            let place = self.places.get(&node.ruled.hash);
            place.is_some_and(|place| !behind.contains(*place))
        };
        let deps = named.iter().filter(last).map(|node| node.ruled.hash);
        let deps: BTreeSet<EntryHash> = deps.collect();
        deps.into_iter().take(limits::DECISION_DEPS).collect()
    }

    fn is_named(&self, ruled: &Ruled, author: &MemberId) -> bool {
        let counts = self.standing.effective.contains(&ruled.hash);
        counts
            && match &ruled.decision.ruling {
                Ruling::Remove { .. }
                | Ruling::Promote(_)
                | Ruling::Demote(_)
                | Ruling::Renew(_)
                | Ruling::Gate { .. } => true,
                Ruling::Merge(opening) => self.standing.epochs.contains(&opening.epoch()),
                Ruling::Approve(shares) | Ruling::Admit { shares, .. } => {
                    shares.of(author).is_some()
                }
                Ruling::Newer(_) => self.has_authority(&ruled.author()),
            }
    }

    /// True if a member may decide this now, knowing all that is known here.
    #[must_use]
    pub fn may(&self, ruled: &Ruled) -> bool {
        let deps = ruled.decision.deps.iter().filter_map(|dep| self.places.get(dep).copied());
        self.is_valid(ruled, &self.past_of(&deps.collect::<Vec<usize>>()))
    }

    /// What a member may do.
    #[must_use]
    pub fn role(&self, member: &MemberId) -> Role {
        let standing = &self.standing;
        if *member == self.founder {
            Role::Founder
        } else if standing.removed.contains_key(member) {
            Role::Removed
        } else if standing.admins.contains(member) {
            Role::Admin
        } else if standing.gated && !standing.approved.contains(member) {
            Role::Applicant
        } else {
            Role::Member
        }
    }

    /// How much of a log counts.
    #[must_use]
    pub fn reach(&self, log: &LogId) -> Reach {
        let Some(cuts) = self.standing.removed.get(&log.member) else { return Reach::All };
        if planted(Planted::CutIgnored) {
            return Reach::All;
        }
        cuts.iter().find(|cut| cut.log == *log).map_or(Reach::Nothing, |cut| Reach::UpTo(*cut))
    }

    /// How many entries wait for others.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }
}

#[cfg(test)]
mod tests;
