//! As whom this device knows the others: under which names each key was met, which of them a
//! person here has compared, and which are blocked or muted.
//!
//! ```text
//!  a name under a key ──► noted, in the order of meeting ──┐
//!  a person compared  ──► verified, under that name ───────┴─► Namesake: another key, a known name
//! ```
//! What is known goes by key, so another life or a copy of a key is the same member. It is kept
//! also of those who were removed or forgotten: whoever comes with their name is told from them.
//! Nobody else learns of it, but a member that is blocked.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::ids::MemberId;
use crate::io::Millis;
use crate::limits;
use crate::members::likeness::likeness;
use crate::view::{Namesake, Treatment};

/// As whom one member is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acquaintance {
    /// In the order of meeting, over all members.
    names: Vec<(u64, String)>,
    verified: Option<Verified>,
    /// Stored behind the rest, if it is not like anybody else's.
    #[serde(skip)]
    treatment: Treatment,
}

/// That a person has compared a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Verified {
    /// What its owner was called then.
    name: String,
    /// When, by this device's clock.
    at: Millis,
}

impl Acquaintance {
    /// The record as it is stored.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = postcard::to_allocvec(self).unwrap_or_default();
        if self.treatment != Treatment::default() {
            bytes.extend(postcard::to_allocvec(&self.treatment).unwrap_or_default());
        }
        bytes
    }

    /// Reads a stored record, also one from before anybody could be blocked. What a newer version
    /// has put behind it is left out.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Acquaintance> {
        let (mut read, rest) = postcard::take_from_bytes::<Acquaintance>(bytes).ok()?;
        if !rest.is_empty() {
            read.treatment = postcard::from_bytes(rest).ok()?;
        }
        let mut names = read.names.iter().map(|(_, name)| name).chain(read.verified_as());
        let fits = read.names.len() <= limits::NAMES_OF_A_MEMBER
            && names.all(|name| name.len() <= limits::NAME_BYTES);
        fits.then_some(read)
    }

    fn verified_as(&self) -> Option<&String> {
        self.verified.as_ref().map(|verified| &verified.name)
    }

    fn is_verified_as(&self, like: &str) -> bool {
        self.verified_as().is_some_and(|name| likeness(name) == like)
    }

    /// When it was met under a name that looks so.
    fn met_as(&self, like: &str) -> Option<u64> {
        self.names.iter().find(|(_, name)| likeness(name) == like).map(|(met, _)| *met)
    }

    /// What it was called that looks so, last.
    fn called(&self, like: &str) -> Option<&String> {
        let names = self.names.iter().rev().map(|(_, name)| name).chain(self.verified_as());
        names.into_iter().find(|name| likeness(name) == like)
    }

    fn likenesses(&self) -> BTreeSet<String> {
        let names = self.names.iter().map(|(_, name)| name).chain(self.verified_as());
        names.map(|name| likeness(name)).collect()
    }
}

/// All that are known, here or gone.
#[derive(Clone, Debug, Default)]
pub struct Acquaintances {
    known: BTreeMap<MemberId, Acquaintance>,
    /// Who was met under a name that looks so.
    by_likeness: BTreeMap<String, BTreeSet<MemberId>>,
    next: u64,
    dirty: BTreeSet<MemberId>,
    /// Those that are with the store.
    staged: BTreeSet<MemberId>,
}

impl Acquaintances {
    /// Puts what was stored of a member, unless more is known already.
    pub fn load(&mut self, member: MemberId, stored: Acquaintance) {
        if self.known.contains_key(&member) || self.known.len() >= limits::MEMBERS {
            return;
        }
        let last = stored.names.iter().map(|(met, _)| met.saturating_add(1)).max();
        self.next = self.next.max(last.unwrap_or_default());
        self.put(member, stored);
    }

    fn put(&mut self, member: MemberId, now: Acquaintance) {
        let before = self.known.get(&member).map(Acquaintance::likenesses).unwrap_or_default();
        let after = now.likenesses();
        for like in before.difference(&after) {
            let members = self.by_likeness.entry(like.clone()).or_default();
            members.remove(&member);
            if members.is_empty() {
                self.by_likeness.remove(like);
            }
        }
        for like in after {
            self.by_likeness.entry(like).or_default().insert(member);
        }
        self.known.insert(member, now);
    }

    fn change(&mut self, member: MemberId, change: impl FnOnce(&mut Acquaintance, u64)) {
        let mut known = self.known.get(&member).cloned().unwrap_or_default();
        change(&mut known, self.next);
        self.next = self.next.saturating_add(1);
        self.put(member, known);
        self.dirty.insert(member);
    }

    /// A member is met under a name. Beyond [`limits::NAMES_OF_A_MEMBER`] names the last one makes
    /// room, so that nobody gets rid of how it was met first.
    pub fn meet(&mut self, member: MemberId, name: &str) {
        let like = likeness(name);
        let known = self.known.get(&member);
        let full = known.is_none() && self.known.len() >= limits::MEMBERS;
        if like.is_empty() || full || known.is_some_and(|known| known.met_as(&like).is_some()) {
            return;
        }
        self.change(member, |known, next| {
            known.names.truncate(limits::NAMES_OF_A_MEMBER - 1);
            known.names.push((next, name.to_owned()));
        });
    }

    /// A person has compared a member's key, and it is the right one.
    pub fn verify(&mut self, member: MemberId, name: &str, at: Millis) {
        let verified = Verified { name: name.to_owned(), at };
        self.change(member, |known, _| known.verified = Some(verified));
    }

    /// It is not sure any more. False if it was not before.
    pub fn unverify(&mut self, member: &MemberId) -> bool {
        let verified = self.verified(member).is_some();
        if verified {
            self.change(*member, |known, _| known.verified = None);
        }
        verified
    }

    /// A person wants a member to be treated so, on this device. False if it is already.
    pub fn treat(&mut self, member: MemberId, how: Treatment) -> bool {
        let news = self.treatment(&member) != how;
        if news {
            self.change(member, |known, _| known.treatment = how);
        }
        news
    }

    /// How a member is treated on this device.
    #[must_use]
    pub fn treatment(&self, member: &MemberId) -> Treatment {
        self.known.get(member).map(|known| known.treatment).unwrap_or_default()
    }

    /// True if anybody is blocked.
    #[must_use]
    pub fn blocks(&self) -> bool {
        self.known.values().any(|known| known.treatment.blocked)
    }

    /// What a member was called when its key was compared, if it was.
    #[must_use]
    pub fn verified(&self, member: &MemberId) -> Option<&str> {
        self.known.get(member)?.verified_as().map(String::as_str)
    }

    /// Whose name a member bears that is not verified under it: of somebody who is, of oneself, or
    /// of whoever was met under it first.
    #[must_use]
    pub fn namesake(
        &self,
        member: &MemberId,
        name: &str,
        (me, my_name): (&MemberId, &str),
    ) -> Option<Namesake> {
        let like = likeness(name);
        let known = self.known.get(member);
        if like.is_empty() || known.is_some_and(|known| known.is_verified_as(&like)) {
            return None;
        }
        let others = || {
            let others = self.by_likeness.get(&like).into_iter().flatten();
            let others = others.filter(|other| *other != member);
            others.filter_map(|other| Some((other, self.known.get(other)?)))
        };
        let of = |(other, known): (&MemberId, &Acquaintance), verified| Namesake {
            member: *other,
            name: known.called(&like).cloned().unwrap_or_default(),
            verified,
        };
        if let Some(verified) = others().find(|(_, known)| known.is_verified_as(&like)) {
            return Some(of(verified, true));
        }
        if likeness(my_name) == like {
            return Some(Namesake { member: *me, name: my_name.to_owned(), verified: false });
        }
        let met = known.and_then(|known| known.met_as(&like)).unwrap_or(u64::MAX);
        let earlier = others().filter_map(|(other, known)| Some((known.met_as(&like)?, other)));
        let (_, first) = earlier.filter(|(at, _)| *at < met).min()?;
        Some(of((first, self.known.get(first)?), false))
    }

    /// True if something has to be stored.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        !self.dirty.is_empty()
    }

    /// Takes those whose record has to be stored again, with their records.
    pub fn take_dirty(&mut self) -> Vec<(MemberId, Acquaintance)> {
        self.staged = std::mem::take(&mut self.dirty);
        let records = self.staged.iter();
        records.filter_map(|id| Some((*id, self.known.get(id)?.clone()))).collect()
    }

    /// What was taken last was not stored after all.
    pub fn not_stored(&mut self) {
        self.dirty.append(&mut self.staged);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: MemberId = MemberId([0; 32]);
    const ANA: MemberId = MemberId([2; 32]);
    const NEW: MemberId = MemberId([1; 32]);

    fn namesake(known: &Acquaintances, member: MemberId, name: &str) -> Option<(MemberId, bool)> {
        let namesake = known.namesake(&member, name, (&ME, "Me"));
        namesake.map(|namesake| (namesake.member, namesake.verified))
    }

    #[test]
    fn whoever_comes_with_a_known_name_is_told_from_whoever_had_it() {
        let mut known = Acquaintances::default();
        known.meet(ANA, "Ana");
        known.meet(NEW, "aNA ");
        assert_eq!(namesake(&known, NEW, "aNA "), Some((ANA, false)));
        assert_eq!(namesake(&known, ANA, "Ana"), None, "she was here before");
        known.verify(ANA, "Ana", 1);
        assert_eq!(namesake(&known, NEW, "aNA "), Some((ANA, true)));
        known.verify(NEW, "aNA ", 2);
        assert_eq!(namesake(&known, NEW, "aNA "), None, "both were compared");
        assert!(known.unverify(&ANA) && !known.unverify(&ANA));
        assert_eq!(namesake(&known, ANA, "Ana"), Some((NEW, true)));
    }

    #[test]
    fn a_name_that_was_given_up_is_still_its_first_owners() {
        let mut known = Acquaintances::default();
        known.meet(ANA, "Ana");
        known.meet(ANA, "Anna");
        known.meet(NEW, "Ana");
        assert_eq!(namesake(&known, NEW, "Ana"), Some((ANA, false)));
        let of = known.namesake(&NEW, "Ana", (&ME, "Me")).map(|namesake| namesake.name);
        assert_eq!(of.as_deref(), Some("Ana"));
    }

    #[test]
    fn who_was_verified_under_one_name_does_not_get_anothers() {
        let mut known = Acquaintances::default();
        known.meet(NEW, "Ben");
        known.verify(NEW, "Ben", 1);
        known.meet(ANA, "Ana");
        known.meet(NEW, "Ana");
        assert_eq!(namesake(&known, NEW, "Ana"), Some((ANA, false)));
        assert_eq!(known.verified(&NEW), Some("Ben"));
    }

    #[test]
    fn nobody_bears_ones_own_name_unnoticed_and_no_name_is_nobodys() {
        let mut known = Acquaintances::default();
        known.meet(NEW, "me");
        assert_eq!(namesake(&known, NEW, "me"), Some((ME, false)));
        known.meet(ANA, "");
        assert_eq!(namesake(&known, ANA, ""), None);
    }

    #[test]
    fn i6_a_member_is_known_under_so_many_names_and_never_rid_of_the_first() {
        let mut known = Acquaintances::default();
        for number in 0..3 * limits::NAMES_OF_A_MEMBER {
            known.meet(ANA, &format!("Ana {number}"));
        }
        assert_eq!(known.known[&ANA].names.len(), limits::NAMES_OF_A_MEMBER);
        assert_eq!(known.by_likeness.len(), limits::NAMES_OF_A_MEMBER);
        known.meet(NEW, "Ana 0");
        assert_eq!(namesake(&known, NEW, "Ana 0"), Some((ANA, false)));
        let last = format!("Ana {}", 3 * limits::NAMES_OF_A_MEMBER - 1);
        assert_eq!(known.known[&ANA].met_as(&likeness(&last)), Some(47));
    }

    #[test]
    fn what_was_not_stored_is_taken_again_and_what_is_read_is_as_it_was() {
        let mut known = Acquaintances::default();
        known.meet(ANA, "Ana");
        known.verify(ANA, "Ana", 7);
        assert_eq!(known.take_dirty().len(), 1);
        assert!(!known.is_dirty());
        known.not_stored();
        let taken = known.take_dirty();
        assert_eq!(taken.len(), 1);
        let mut read = Acquaintances::default();
        for (member, record) in taken {
            read.load(member, Acquaintance::decode(&record.encode()).unwrap());
        }
        read.meet(NEW, "Ana");
        assert_eq!(namesake(&read, NEW, "Ana"), Some((ANA, true)));
        assert_eq!(Acquaintance::decode(&[0xff; 3]), None);
        let long = Acquaintance { names: vec![(0, "n".repeat(65))], ..Acquaintance::default() };
        assert_eq!(Acquaintance::decode(&long.encode()), None);
    }

    #[test]
    fn how_a_member_is_treated_is_stored_beside_its_names_and_can_be_taken_back() {
        let (blocked, mut known) =
            (Treatment { blocked: true, muted: false }, Acquaintances::default());
        known.meet(ANA, "Ana");
        assert!(known.treat(ANA, blocked) && known.blocks());
        assert!(!known.treat(ANA, blocked), "it is already");
        let (_, stored) = known.take_dirty().remove(0);
        let mut again = Acquaintances::default();
        again.load(ANA, Acquaintance::decode(&stored.encode()).unwrap());
        assert_eq!((again.treatment(&ANA), again.treatment(&NEW)), (blocked, Treatment::default()));
        assert!(again.treat(ANA, Treatment::default()) && !again.blocks());
        assert_eq!(namesake(&again, NEW, "Ana"), Some((ANA, false)), "its name is remembered");
    }
}
