//! Who is in the room, and what each member is proven to hold of one's own logs.
//!
//! The recipients of an own entry are the members known when it was appended; if there were none,
//! the first to join; of what was said to one member alone, that member. So each member has, for
//! each own log, the seq from which it is a recipient, and the state of a row is computed from
//! ranges: nothing is kept for each message.

pub mod acquaintances;
pub mod applicants;
pub mod likeness;
pub mod membership;
pub mod quotas;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::ids::{LogId, MemberId, Seq};
use crate::io::Millis;
use crate::limits;
use crate::log::ranges::RangeSet;
use crate::members::acquaintances::Acquaintances;
use crate::simulation::{Planted, planted};
use crate::view::{Has, Recipient, RowState};

/// What one member has to do with one of the own logs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Standing {
    /// It is a recipient from here on; of nothing if `None`.
    since: Option<Seq>,
    held: RangeSet,
    read: RangeSet,
}

impl Standing {
    /// Takes out what it says of some seqs.
    fn split(&mut self, seqs: &RangeSet) -> Standing {
        let (held, read) = (self.held.take(seqs), self.read.take(seqs));
        Standing { since: self.since, held, read }
    }
}

/// Another member.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    own: BTreeMap<LogId, Standing>,
    forgotten: bool,
    /// What of the own logs expired before it held it: it may hold the entries, never their
    /// bodies. Stored behind the rest, if there is any.
    #[serde(skip)]
    missed: BTreeMap<LogId, RangeSet>,
    /// Entries that only it and oneself can read, of either's logs. Stored behind what it missed.
    #[serde(skip)]
    private: BTreeMap<LogId, RangeSet>,
}

impl Member {
    /// The record as it is stored.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = postcard::to_allocvec(self).unwrap_or_default();
        if !self.missed.is_empty() || !self.private.is_empty() {
            bytes.extend(postcard::to_allocvec(&self.missed).unwrap_or_default());
        }
        if !self.private.is_empty() {
            bytes.extend(postcard::to_allocvec(&self.private).unwrap_or_default());
        }
        bytes
    }

    /// Reads a stored record, also one from before anything could expire or be private.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Member> {
        let (mut member, rest) = postcard::take_from_bytes::<Member>(bytes).ok()?;
        if !rest.is_empty() {
            let (missed, rest) = postcard::take_from_bytes(rest).ok()?;
            member.missed = missed;
            if !rest.is_empty() {
                let (private, rest) = postcard::take_from_bytes(rest).ok()?;
                member.private = rest.is_empty().then_some(private)?;
            }
        }
        Some(member)
    }

    /// A part of an own log has become a branch. False if nothing is known of that log.
    pub fn branch_off(&mut self, own: LogId, (first, last): (Seq, Seq), branch: LogId) -> bool {
        let end = RangeSet::of(first, last);
        let private = self.private.get_mut(&own).map(|private| private.take(&end));
        if let Some(private) = private.filter(|private| !private.is_empty()) {
            self.private.entry(branch).or_default().union(&private);
        }
        let Some(standing) = self.own.get_mut(&own) else { return false };
        let moved = standing.split(&end);
        let known = self.own.entry(branch).or_default();
        // Of what is older in that log it was no recipient, and does not become one.
        if let Some(since) = moved.since.map(|since| since.max(first)) {
            known.since = Some(known.since.map_or(since, |known| known.min(since)));
        }
        known.held.union(&moved.held);
        // What was read by that name without being held was another version.
        known.read.union(&moved.read.and(&moved.held));
        if let Some(missed) = self.missed.get_mut(&own).map(|missed| missed.take(&end)) {
            self.missed.entry(branch).or_default().union(&missed);
        }
        true
    }

    fn shares(&self, log: &LogId, seq: Seq) -> bool {
        self.private.get(log).is_some_and(|private| private.contains(seq))
    }

    fn misses(&self, own: &LogId, seq: Seq) -> bool {
        self.missed.get(own).is_some_and(|missed| missed.contains(seq))
    }
}

/// What is proven of an own entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// How far it has come.
    pub state: RowState,
    /// How many others hold it.
    pub held_by: u32,
    /// For whom it is, if that is one member who is still there.
    pub recipient: Option<MemberId>,
}

impl Delivery {
    /// The same of one that expires at a time, or never: then nobody can have missed its time, and
    /// it is only counted with others that some have missed.
    #[must_use]
    pub fn with_expiry(self, expiry: Option<Millis>) -> Delivery {
        match (self.state, expiry) {
            (RowState::Expired, None) => Delivery { state: RowState::Held, ..self },
            _ => self,
        }
    }
}

/// Everybody else in the room.
#[derive(Clone, Debug, Default)]
pub struct Members {
    members: BTreeMap<MemberId, Member>,
    /// As whom they are known here.
    pub acquaintances: Acquaintances,
    dirty: BTreeSet<MemberId>,
}

impl Members {
    /// All others that are not forgotten.
    pub fn iter(&self) -> impl Iterator<Item = &MemberId> {
        self.members.iter().filter(|(_, member)| !member.forgotten).map(|(id, _)| id)
    }

    /// True if anything is known of a member.
    #[must_use]
    pub fn knows(&self, id: &MemberId) -> bool {
        self.members.contains_key(id)
    }

    /// Puts a member as it was stored, unless more is known of it already.
    pub fn put(&mut self, id: MemberId, member: Member) {
        if self.members.len() < limits::MEMBERS {
            self.members.entry(id).or_insert(member);
        }
    }

    /// Takes note of a member. `next` is the place of the next own entry. True if it is news.
    pub fn know(&mut self, id: MemberId, own: LogId, own_held: &RangeSet) -> bool {
        if self.members.get(&id).is_some_and(|member| !member.forgotten) {
            return false;
        }
        if self.members.len() >= limits::MEMBERS && !self.members.contains_key(&id) {
            return false;
        }
        let next = own_held.last().map_or(0, |last| last + 1);
        // Whoever joins first is the recipient of what was said to nobody.
        let alone = self.iter().next().is_none();
        let unclaimed = own_held.minus(&self.held_by_others(&own)).first().unwrap_or(next);
        let member = self.members.entry(id).or_default();
        member.forgotten = false;
        let standing = member.own.entry(own).or_default();
        standing.since = Some(if alone { unclaimed } else { next });
        self.dirty.insert(id);
        true
    }

    /// Whoever joins first is the recipient of what was said to nobody in an earlier own log, too.
    pub fn hear(&mut self, id: MemberId, earlier: LogId, held: &RangeSet) {
        let unclaimed = held.minus(&self.held_by_others(&earlier)).first();
        let Some(member) = self.members.get_mut(&id).filter(|_| unclaimed.is_some()) else {
            return;
        };
        member.own.entry(earlier).or_default().since = unclaimed;
        self.dirty.insert(id);
    }

    /// True if nobody is a recipient of anything in an own log, though others are known.
    #[must_use]
    pub fn hear_nothing_of(&self, own: &LogId) -> bool {
        let hears = |member: &Member| member.own.get(own).is_some_and(|one| one.since.is_some());
        let mut known = self.members.values().filter(|member| !member.forgotten).peekable();
        known.peek().is_some() && !known.any(hears)
    }

    /// Another own log begins: everybody is a recipient of all of it.
    pub fn follow(&mut self, own: LogId) {
        for (id, member) in self.members.iter_mut().filter(|(_, member)| !member.forgotten) {
            member.own.entry(own).or_default().since = Some(0);
            self.dirty.insert(*id);
        }
    }

    /// A part of an own log has become a branch: what is known of its entries goes along.
    pub fn branch_off(&mut self, own: LogId, part: (Seq, Seq), branch: LogId) {
        for (id, member) in &mut self.members {
            if member.branch_off(own, part, branch) {
                self.dirty.insert(*id);
            }
        }
    }

    /// What is known of an own log's entries is stored with the next batch.
    pub fn touch(&mut self, own: &LogId) {
        let concerned = self.members.iter().filter(|(_, member)| member.own.contains_key(own));
        self.dirty.extend(concerned.map(|(id, _)| *id));
    }

    /// Takes a member out of the recipients. False if there is none.
    pub fn forget(&mut self, id: &MemberId) -> bool {
        let Some(member) = self.members.get_mut(id).filter(|member| !member.forgotten) else {
            return false;
        };
        member.forgotten = true;
        self.dirty.insert(*id);
        true
    }

    /// A member proves that it holds entries of an own log. Gives what is news.
    pub fn holds(&mut self, id: &MemberId, own: LogId, held: &RangeSet) -> RangeSet {
        self.learn(id, own, held, |standing| &mut standing.held)
    }

    /// A member says that it has read entries of an own log. Gives what is news.
    pub fn reads(&mut self, id: &MemberId, own: LogId, read: &RangeSet) -> RangeSet {
        self.learn(id, own, read, |standing| &mut standing.read)
    }

    /// An own entry expired before a member held it.
    pub fn misses(&mut self, id: &MemberId, own: LogId, seq: Seq) {
        let Some(member) = self.members.get_mut(id) else { return };
        let missed = member.missed.entry(own).or_default();
        missed.insert(seq, seq);
        if missed.ranges().len() > limits::MISSED_RANGES
            && let [(first, _), (_, last), ..] = *missed.ranges()
        {
            // The oldest become one: better to claim less than what is not so.
            missed.insert(first, last);
        }
        self.dirty.insert(*id);
    }

    /// Only this member and oneself can read an entry.
    pub fn share(&mut self, id: &MemberId, log: LogId, seq: Seq) {
        let Some(member) = self.members.get_mut(id).filter(|one| !one.shares(&log, seq)) else {
            return;
        };
        let private = member.private.entry(log).or_default();
        private.insert(seq, seq);
        if private.ranges().len() > limits::PRIVATE_RANGES {
            // The oldest is told by its body, as long as that is here.
            *private = RangeSet::from_ranges(private.ranges().iter().skip(1).copied());
        }
        self.dirty.insert(*id);
    }

    /// True if it is remembered that only this member and oneself can read an entry.
    #[must_use]
    pub fn shares(&self, id: &MemberId, log: &LogId, seq: Seq) -> bool {
        self.members.get(id).is_some_and(|member| member.shares(log, seq))
    }

    /// Who alone is to read an own entry, if that is remembered.
    #[must_use]
    pub fn addressee(&self, own: &LogId, seq: Seq) -> Option<MemberId> {
        let mut members = self.members.iter();
        members.find(|(_, member)| member.shares(own, seq)).map(|(id, _)| *id)
    }

    fn learn(
        &mut self,
        id: &MemberId,
        own: LogId,
        seqs: &RangeSet,
        cell: impl Fn(&mut Standing) -> &mut RangeSet,
    ) -> RangeSet {
        let Some(member) = self.members.get_mut(id) else { return RangeSet::default() };
        if member.own.len() >= limits::LOGS && !member.own.contains_key(&own) {
            return RangeSet::default();
        }
        let set = cell(member.own.entry(own).or_default());
        let news = seqs.minus(set);
        let mut all = set.clone();
        all.union(&news);
        if news.is_empty() || all.ranges().len() > 2 * limits::RANGES {
            return RangeSet::default();
        }
        *set = all;
        self.dirty.insert(*id);
        news
    }

    /// How far an own entry has come.
    #[must_use]
    pub fn delivery(&self, own: &LogId, seq: Seq) -> Delivery {
        self.delivery_to(own, seq, self.addressee(own, seq))
    }

    /// The same of one that is for this member alone, if for one.
    #[must_use]
    pub fn delivery_to(&self, own: &LogId, seq: Seq, only: Option<MemberId>) -> Delivery {
        let (mut held_by, mut recipients, mut holding, mut reading) = (0, 0, 0, 0);
        let (mut missed, mut gone) = (false, (false, false));
        let mut one = None;
        for (id, member) in &self.members {
            let Some(standing) = member.own.get(own) else { continue };
            let misses = member.misses(own, seq);
            let holds = standing.held.contains(seq) && !misses;
            held_by += u32::from(holds);
            let later = planted(Planted::StateGoesBack);
            let meant = match only {
                // Others carry it, and it is not for them.
                Some(only) => only == *id || planted(Planted::PrivateCountsCarriers),
                None => standing.since.is_some_and(|since| since <= seq || later),
            };
            missed |= misses && !member.forgotten && (only.is_none() || meant);
            if member.forgotten && meant {
                gone.0 |= holds;
                gone.1 |= holds && standing.read.contains(seq);
            }
            if !member.forgotten && meant {
                recipients += 1;
                one = Some(*id);
                holding += u32::from(holds);
                reading += u32::from(holds && standing.read.contains(seq));
            }
        }
        let state = match held_by {
            _ if missed => RowState::Expired,
            0 => RowState::Saved,
            _ if recipients > 0 && reading == recipients => RowState::Read,
            _ if recipients > 0 && holding == recipients => RowState::Delivered,
            // Nobody is left for whom it was: what it had come to stands.
            _ if recipients == 0 && gone.1 => RowState::Read,
            _ if recipients == 0 && gone.0 => RowState::Delivered,
            _ => RowState::Held,
        };
        Delivery { state, held_by, recipient: one.filter(|_| recipients == 1) }
    }

    /// The recipients of an own entry that do not hold it.
    #[must_use]
    pub fn lacking(&self, own: &LogId, seq: Seq) -> Vec<MemberId> {
        let only = self.addressee(own, seq);
        let lacks = |(id, member): (&MemberId, &Member)| {
            let standing = member.own.get(own).filter(|_| !member.forgotten)?;
            let recipient = match only {
                Some(only) => only == *id,
                None => standing.since.is_some_and(|since| since <= seq),
            };
            (recipient && !standing.held.contains(seq)).then_some(*id)
        };
        self.members.iter().filter_map(lacks).collect()
    }

    /// For whom an own entry is, if it is for this member alone or for all, and what is proven of
    /// each. Whoever was forgotten is not waited for, and not named.
    #[must_use]
    pub fn recipients(&self, own: &LogId, seq: Seq, only: Option<MemberId>) -> Vec<Recipient> {
        let one = |(id, member): (&MemberId, &Member)| {
            let standing = member.own.get(own).filter(|_| !member.forgotten)?;
            let meant = match only {
                Some(only) => only == *id,
                None => standing.since.is_some_and(|since| since <= seq),
            };
            let has = match (standing.held.contains(seq), standing.read.contains(seq)) {
                _ if member.misses(own, seq) => Has::Missed,
                (true, true) => Has::Read,
                (true, false) => Has::Held,
                (false, _) => Has::Lacking,
            };
            meant.then_some(Recipient { member: *id, has })
        };
        self.members.iter().filter_map(one).collect()
    }

    /// What of some own entries a member is not proven to hold, those aside of which it is no
    /// recipient.
    #[must_use]
    pub fn unheld(&self, id: &MemberId, own: &LogId, seqs: &RangeSet) -> RangeSet {
        let standing = self.members.get(id).and_then(|member| member.own.get(own));
        let Some((standing, since)) = standing.and_then(|one| Some((one, one.since?))) else {
            return RangeSet::default();
        };
        let lacks = seqs.minus(&standing.held);
        lacks.and(&RangeSet::of(since, Seq::MAX))
    }

    /// What of an own log somebody else holds.
    #[must_use]
    pub fn held_by_others(&self, own: &LogId) -> RangeSet {
        let mut held = RangeSet::default();
        for standing in self.members.values().filter_map(|member| member.own.get(own)) {
            held.union(&standing.held);
        }
        held
    }

    /// Takes the members whose record has to be stored again, with their records.
    pub fn take_dirty(&mut self) -> Vec<(MemberId, Member)> {
        let dirty = std::mem::take(&mut self.dirty);
        dirty.into_iter().filter_map(|id| Some((id, self.members.get(&id)?.clone()))).collect()
    }

    /// Takes note that these, and what was taken of acquaintances, were not stored after all.
    pub fn mark_dirty(&mut self, ids: impl IntoIterator<Item = MemberId>) {
        self.dirty.extend(ids);
        self.acquaintances.not_stored();
    }

    /// True if something has to be stored.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        !self.dirty.is_empty() || self.acquaintances.is_dirty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Incarnation;

    const OWN: LogId = LogId { member: MemberId([0; 32]), incarnation: Incarnation([0; 16]) };
    const ANA: MemberId = MemberId([1; 32]);
    const BEN: MemberId = MemberId([2; 32]);

    fn state(members: &Members, seq: Seq) -> (RowState, u32) {
        let delivery = members.delivery(&OWN, seq);
        (delivery.state, delivery.held_by)
    }

    #[test]
    fn what_is_said_to_nobody_is_for_the_first_to_join() {
        let mut members = Members::default();
        assert_eq!(state(&members, 0), (RowState::Saved, 0));
        members.know(ANA, OWN, &RangeSet::of(0, 4));
        members.know(BEN, OWN, &RangeSet::of(0, 4));
        members.holds(&ANA, OWN, &RangeSet::of(0, 4));
        assert_eq!(state(&members, 0), (RowState::Delivered, 1));
        assert_eq!(state(&members, 5), (RowState::Saved, 0));
        // Ben came later: that it was delivered says nothing of him, also once Ana is gone.
        let recipient = |members: &Members, seq| members.delivery(&OWN, seq).recipient;
        assert_eq!((recipient(&members, 0), recipient(&members, 5)), (Some(ANA), None));
        members.forget(&ANA);
        assert_eq!(state(&members, 0), (RowState::Delivered, 1));
        assert_eq!((recipient(&members, 0), recipient(&members, 5)), (None, Some(BEN)));
    }

    #[test]
    fn what_was_said_to_nobody_in_an_earlier_log_is_for_the_first_to_join_too() {
        let later = LogId { incarnation: Incarnation([1; 16]), ..OWN };
        let mut members = Members::default();
        members.know(ANA, later, &RangeSet::default());
        members.hear(ANA, OWN, &RangeSet::of(0, 4));
        members.holds(&ANA, OWN, &RangeSet::of(0, 4));
        assert_eq!(state(&members, 4), (RowState::Delivered, 1));
    }

    #[test]
    fn delivered_means_all_recipients_hold_it() {
        let mut members = Members::default();
        members.know(ANA, OWN, &RangeSet::default());
        members.know(BEN, OWN, &RangeSet::default());
        members.holds(&BEN, OWN, &RangeSet::of(0, 0));
        assert_eq!(state(&members, 0), (RowState::Held, 1));
        members.holds(&ANA, OWN, &RangeSet::of(0, 0));
        assert_eq!(state(&members, 0), (RowState::Delivered, 2));
        members.reads(&ANA, OWN, &RangeSet::of(0, 0));
        members.reads(&BEN, OWN, &RangeSet::of(0, 0));
        assert_eq!(state(&members, 0), (RowState::Read, 2));
    }

    #[test]
    fn i6_more_than_can_be_remembered_is_never_taken_for_delivered() {
        let mut members = Members::default();
        members.know(ANA, OWN, &RangeSet::default());
        let many = 2 * limits::MISSED_RANGES as u64;
        (0..many).for_each(|number| members.misses(&ANA, OWN, 2 * number));
        members.holds(&ANA, OWN, &RangeSet::of(0, 2 * many));
        for seq in (0..many).map(|number| 2 * number) {
            assert_eq!(members.delivery(&OWN, seq).state, RowState::Expired);
        }
        assert_eq!(members.members[&ANA].missed[&OWN].ranges().len(), limits::MISSED_RANGES);
        let between = members.delivery(&OWN, 1);
        assert_eq!(between.with_expiry(Some(7)).state, RowState::Expired);
        assert_eq!(between.with_expiry(None).state, RowState::Held, "it has no time");
        assert_eq!(members.delivery(&OWN, 2 * many - 1).state, RowState::Delivered);
    }

    #[test]
    fn what_was_read_in_many_pieces_is_learned_when_it_has_become_one() {
        let mut members = Members::default();
        members.know(ANA, OWN, &RangeSet::default());
        let many = 2 * limits::RANGES as u64;
        let pieces = |most: u64| RangeSet::from_ranges((0..most).map(|seq| (2 * seq, 2 * seq)));
        members.holds(&ANA, OWN, &RangeSet::of(0, 2 * many));
        assert!(!members.reads(&ANA, OWN, &pieces(many)).is_empty());
        assert!(members.reads(&ANA, OWN, &pieces(many + 1)).is_empty(), "one too many");
        assert_eq!(state(&members, 1), (RowState::Delivered, 1));
        assert_eq!(members.reads(&ANA, OWN, &RangeSet::of(0, 2 * many)).len(), many + 1);
        assert_eq!(state(&members, 1), (RowState::Read, 1));
    }

    #[test]
    fn i6_a_member_names_no_more_own_logs_than_a_room_has() {
        let mut members = Members::default();
        members.know(ANA, OWN, &RangeSet::default());
        let most = u64::try_from(limits::LOGS).unwrap();
        for number in 0..2 * most {
            let mut incarnation = [1; 16];
            incarnation[..8].copy_from_slice(&number.to_be_bytes());
            let log = LogId { incarnation: Incarnation(incarnation), ..OWN };
            members.reads(&ANA, log, &RangeSet::of(0, 0));
        }
        assert_eq!(members.members[&ANA].own.len(), limits::LOGS);
        members.holds(&ANA, OWN, &RangeSet::of(0, 0));
        assert_eq!(state(&members, 0), (RowState::Delivered, 1));
    }

    #[test]
    fn what_expired_first_is_never_delivered() {
        let mut members = Members::default();
        members.know(ANA, OWN, &RangeSet::default());
        members.know(BEN, OWN, &RangeSet::default());
        members.holds(&BEN, OWN, &RangeSet::of(0, 0));
        members.misses(&ANA, OWN, 0);
        members.holds(&ANA, OWN, &RangeSet::of(0, 1));
        assert_eq!(state(&members, 0), (RowState::Expired, 1));
        assert_eq!(state(&members, 1), (RowState::Held, 1));
        for (id, member) in members.take_dirty() {
            assert_eq!(Member::decode(&member.encode()), Some(member.clone()));
            assert_eq!(member.misses(&OWN, 0), id == ANA);
            assert_eq!(Member::decode(&[0xff]), None);
        }
    }

    #[test]
    fn what_comes_back_from_a_branch_makes_nobody_a_recipient_of_older_entries() {
        let branch = LogId { member: MemberId([0; 32]), incarnation: Incarnation([7; 16]) };
        let mut members = Members::default();
        members.know(BEN, OWN, &RangeSet::default());
        members.holds(&BEN, OWN, &RangeSet::of(0, 0));
        members.know(ANA, branch, &RangeSet::default());
        members.follow(branch);
        members.branch_off(branch, (7, 9), OWN);
        members.branch_off(branch, (5, 6), OWN);
        assert_eq!(state(&members, 0), (RowState::Delivered, 1));
        assert_eq!(members.lacking(&OWN, 4), [BEN]);
        assert_eq!(members.lacking(&OWN, 5), [ANA, BEN]);
    }

    #[test]
    fn a_forgotten_member_is_no_recipient() {
        let mut members = Members::default();
        members.know(ANA, OWN, &RangeSet::default());
        members.know(BEN, OWN, &RangeSet::default());
        members.holds(&BEN, OWN, &RangeSet::of(0, 0));
        assert!(members.forget(&ANA));
        assert!(!members.forget(&ANA));
        assert_eq!(state(&members, 0), (RowState::Delivered, 1));
    }

    #[test]
    fn a_state_does_not_go_back_when_nobody_is_left_for_whom_it_was() {
        let mut members = Members::default();
        members.know(ANA, OWN, &RangeSet::default());
        members.know(BEN, OWN, &RangeSet::default());
        members.holds(&ANA, OWN, &RangeSet::of(0, 1));
        members.holds(&BEN, OWN, &RangeSet::of(0, 0));
        members.reads(&BEN, OWN, &RangeSet::of(0, 0));
        assert!(members.forget(&ANA));
        assert_eq!(state(&members, 0), (RowState::Read, 2));
        assert!(members.forget(&BEN));
        assert_eq!(state(&members, 0), (RowState::Read, 2));
        assert_eq!(state(&members, 1), (RowState::Delivered, 1));
        assert_eq!(state(&members, 2), (RowState::Saved, 0));
    }
}
