//! Who is out of the room, and what that has to mean.
//!
//! Whoever was removed is shown nothing that was said by somebody who knew it, and does not know
//! the secret of the epoch in force in the end. Those who are left agree on who that is, on all
//! roles and on the epoch: what that comes to the oracle folds itself, from what is on their disks.

use std::collections::BTreeSet;

use engine::members::membership::{Membership, Reach};
use engine::{Body, Entrance, EntryHash, MemberId, Role, Row};

use crate::oracle::verdict::Present;
use crate::oracle::{Oracle, Screen, cut};
use crate::store::Store;

impl Oracle {
    /// A page says something, and knows who is out of the room.
    pub(super) fn said_without(&mut self, text: &str, screen: &Screen) {
        let out = screen.roles.iter().filter(|(_, role)| **role == Role::Removed);
        let out: BTreeSet<MemberId> = out.map(|(member, _)| *member).collect();
        if !out.is_empty() {
            self.unheard.insert(text.to_owned(), out);
        }
    }

    /// A page shows what somebody said.
    pub(super) fn overhears(&mut self, peer: usize, text: &str) {
        let Some(member) = self.member_of(peer) else { return };
        if self.unheard.get(text).is_some_and(|out| out.contains(&member)) {
            let text = cut(text);
            self.fail("§10", format!("{peer} was removed and is shown {text:?}"));
        }
    }

    /// All that was decided, as far as it is on the disks of those who are left.
    pub(super) fn truth(&self, present: &[Present<'_>]) -> Option<Membership> {
        let all = self.decided_by(present.iter().map(|one| one.store))?;
        // What somebody who is out has decided and nobody else has heard of counts for nobody.
        let left = present.iter().filter(|one| {
            let member = self.member_of(one.peer);
            member.is_some_and(|member| all.role(&member) != Role::Removed)
        });
        let left: Vec<&Store> = left.map(|one| one.store).collect();
        if left.is_empty() { Some(all) } else { self.decided_by(left) }
    }

    /// All that was decided, as far as it is on these disks.
    pub(super) fn decided_by<'a>(
        &self,
        disks: impl IntoIterator<Item = &'a Store>,
    ) -> Option<Membership> {
        let (room, _) = self.room.as_ref()?;
        let mut membership = Membership::new(*self.members.first()?, Entrance::Link);
        membership.take_all(disks.into_iter().flat_map(|store| store.decisions(room)));
        Some(membership)
    }

    /// Those who are left by all that was decided.
    ///
    /// Whoever was told that it is out is so, though nobody who is left has heard of it: it hangs
    /// up at once, and they hear of it from whoever decided that.
    pub(super) fn left<'a>(&self, present: &[Present<'a>], truth: &Membership) -> Vec<Present<'a>> {
        let present = present.iter().copied().filter(|one| {
            let member = self.member_of(one.peer);
            member.is_none_or(|member| truth.role(&member) != Role::Removed)
                && !self.was_told_that_it_is_out(one)
        });
        present.collect()
    }

    /// True if what is on its own disk says that it was removed.
    fn was_told_that_it_is_out(&self, one: &Present<'_>) -> bool {
        let told = self.decided_by([one.store]);
        let role = told.zip(self.member_of(one.peer)).map(|(told, member)| told.role(&member));
        role == Some(Role::Removed)
    }

    /// Whoever was told that it is out shows that.
    pub(super) fn those_out_know(&mut self, present: &[Present<'_>]) {
        for one in present.iter().filter(|one| self.was_told_that_it_is_out(one)) {
            let member = self.member_of(one.peer);
            let shown = member.and_then(|member| one.screen.roles.get(&member)).copied();
            if shown != Some(Role::Removed) {
                let peer = one.peer;
                return self.fail("I9", format!("{peer} was removed, and is {shown:?} at itself"));
            }
        }
    }

    /// Whoever is out, as somebody who is not sees it, does not know the secret that this one uses.
    pub(super) fn secrets_kept(&mut self, present: &[Present<'_>]) {
        for one in present {
            let is_out = |peer: usize| {
                let member = self.member_of(peer);
                member.and_then(|member| one.screen.roles.get(&member)) == Some(&Role::Removed)
            };
            let mut out = present.iter().filter(|other| !is_out(one.peer) && is_out(other.peer));
            if let Some(other) = out.find(|other| other.knows.contains(&one.epoch)) {
                let what = format!("{} was removed and knows {:?}", other.peer, one.epoch);
                self.fail("§10", what);
            }
        }
    }

    /// Those who are left know who that is, and what was decided.
    pub(super) fn those_left_know(&mut self, left: &[Present<'_>], truth: &Membership) {
        let epochs = &truth.standing().epochs;
        for one in left {
            let wrong = one.screen.roles.iter().find(|(who, role)| truth.role(who) != **role);
            if let Some((who, role)) = wrong {
                let (peer, right) = (one.peer, truth.role(who));
                self.fail("I9", format!("{who:?} is {role:?} at {peer}, and is {right:?}"));
            }
            if *epochs != [one.epoch] {
                let (peer, at) = (one.peer, one.epoch);
                self.fail("I9", format!("peer {peer} is in epoch {at:?}, in force is {epochs:?}"));
            }
            self.cuts_hold(one, truth);
        }
    }

    /// What was said beyond a cut is shown nowhere.
    fn cuts_hold(&mut self, one: &Present<'_>, truth: &Membership) {
        let said = |row: &&Row| !matches!(row.body, Body::Decided(_));
        let beyond = |row: &&Row| !truth.reach(&row.entry.log).covers(row.entry.seq);
        let mut rows = one.screen.rows.values().filter(said);
        if let Some(row) = rows.find(beyond).filter(|row| !self.is_mallory(&row.author)) {
            let (entry, peer) = (row.entry, one.peer);
            self.fail("§10", format!("{entry} is beyond a cut and is shown at {peer}"));
        }
    }

    /// True if something was said beyond a cut.
    pub(super) fn is_cut_off(&self, hash: &EntryHash, truth: &Membership) -> bool {
        self.orders.get(hash).is_some_and(|order| match truth.reach(&order.log) {
            Reach::All => false,
            reach @ (Reach::UpTo(_) | Reach::Nothing) => !reach.covers(order.seq),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::World;

    #[test]
    fn who_alone_was_told_of_its_removal_shows_that_and_is_not_compared_with_who_is_left() {
        let mut world = World::new(1, 3);
        (0..3).for_each(|peer| world.open(peer));
        world.pass(5_000).expect("all have met");
        world.part(0, 1);
        world.pass(60_000).expect("one is cut off from the founder");
        let gone = world.oracle.member_of(2).expect("it has a key");
        world.command(0, engine::Command::Remove(gone));
        world.pass(5_000).expect("it hears of that");
        world.calm_without(Some(0)).expect("who is left has not heard of it");
        assert_eq!(world.peers[1].screen.roles.get(&gone), Some(&Role::Member));
        assert_eq!(world.peers[2].screen.roles.get(&gone), Some(&Role::Removed));
        world.peers[2].screen.roles.insert(gone, Role::Member);
        let broken = world.calm_without(Some(0)).expect_err("it does not show what it knows");
        assert_eq!(broken.invariant, "I9");
    }
}
