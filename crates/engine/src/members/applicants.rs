//! Who waits at the door, as a member has heard it.
//!
//! Nothing of it is stored: whoever still wants to come in knocks again. An address at the door has
//! one place, so that filling all of them takes as many connections; whoever is not there any more
//! gives way to whoever is. What is answered is decided elsewhere.

use std::collections::{BTreeMap, VecDeque};

use protocol::PeerId;

use crate::crypto::exchange::SignedExchangeKey;
use crate::ids::{EpochId, MemberId};
use crate::io::{Millis, Now};
use crate::limits;
use crate::signal::knock::Session;
use crate::view::ApplicantView;

/// An address at the door of an epoch.
pub type DoorAddress = (EpochId, PeerId);

/// Somebody who waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applicant {
    /// What it calls itself; empty if that cannot be shown.
    pub name: String,
    /// Its exchange key, signed.
    pub exchange: SignedExchangeKey,
    /// To be named in answers.
    pub session: Session,
    /// At which door.
    pub door: EpochId,
    /// Its address there, while it is there.
    pub at: Option<PeerId>,
    /// When it first knocked, by the device's clock.
    pub since: Millis,
}

/// What becomes of a knock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It waits.
    Waits,
    /// So many wait that it does not.
    Full,
    /// It was turned away a moment ago.
    TurnedAway,
}

/// Everybody who waits at the door.
#[derive(Clone, Debug, Default)]
pub struct Applicants {
    waiting: BTreeMap<MemberId, Applicant>,
    turned_away: VecDeque<(MemberId, Millis)>,
    paces: BTreeMap<PeerId, Millis>,
    /// They have changed since they were told.
    pub stale: bool,
}

impl Applicants {
    /// True if an address may be listened to now: each once in [`limits::KNOCK_PACE`], and so many
    /// in that time as are kept track of.
    pub fn may_speak(&mut self, peer: PeerId, now: Millis) -> bool {
        self.paces.retain(|_, last| now < *last + limits::KNOCK_PACE);
        if self.paces.len() >= limits::PEERS || self.paces.contains_key(&peer) {
            return false;
        }
        self.paces.insert(peer, now);
        true
    }

    /// Somebody knocks. Bounded by [`limits::APPLICANTS`].
    pub fn knock(&mut self, member: MemberId, knock: Applicant, now: Now) -> Heard {
        self.turned_away.retain(|(_, until)| now.mono < *until);
        if self.turned_away.iter().any(|(turned_away, _)| *turned_away == member) {
            return Heard::TurnedAway;
        }
        let before = self.waiting.len();
        let there = |waits: &Applicant| (waits.door, waits.at) == (knock.door, knock.at);
        self.waiting.retain(|other, waits| *other == member || !there(waits));
        self.stale |= self.waiting.len() != before;
        if self.waiting.len() >= limits::APPLICANTS && !self.waiting.contains_key(&member) {
            let away = self.waiting.iter().filter(|(_, waits)| waits.at.is_none());
            let oldest = away.min_by_key(|(_, waits)| waits.since).map(|(member, _)| *member);
            let Some(oldest) = oldest else { return Heard::Full };
            self.waiting.remove(&oldest);
        }
        let since = self.waiting.get(&member).map_or(knock.since, |waits| waits.since);
        let knock = Applicant { since, ..knock };
        let known = self.waiting.insert(member, knock.clone());
        self.stale |= known != Some(knock);
        Heard::Waits
    }

    /// Somebody who waits.
    #[must_use]
    pub fn of(&self, member: &MemberId) -> Option<&Applicant> {
        self.waiting.get(member)
    }

    /// Somebody waits no more. Gives who that was.
    pub fn take(&mut self, member: &MemberId) -> Option<Applicant> {
        let taken = self.waiting.remove(member);
        self.stale |= taken.is_some();
        taken
    }

    /// Somebody is turned away: for a while it is not heard.
    pub fn turn_away(&mut self, member: MemberId, now: Millis) -> Option<Applicant> {
        let taken = self.take(&member)?;
        if self.turned_away.len() >= limits::APPLICANTS {
            self.turned_away.pop_front();
        }
        self.turned_away.push_back((member, now + limits::TURNED_AWAY_FOR));
        Some(taken)
    }

    /// An address is void.
    pub fn left(&mut self, (door, peer): DoorAddress) {
        self.forget(|waits| (waits.door, waits.at) == (door, Some(peer)));
    }

    /// All addresses are void.
    pub fn lost(&mut self) {
        self.paces.clear();
        self.forget(|waits| waits.at.is_some());
    }

    fn forget(&mut self, which: impl Fn(&Applicant) -> bool) {
        for waits in self.waiting.values_mut().filter(|waits| which(waits)) {
            waits.at = None;
            self.stale = true;
        }
    }

    /// A door is closed for good: those who wait there wait no more.
    pub fn close(&mut self, door: &EpochId) -> Vec<Applicant> {
        let gone = self.waiting.iter().filter(|(_, waits)| waits.door == *door);
        let gone: Vec<MemberId> = gone.map(|(member, _)| *member).collect();
        gone.iter().filter_map(|member| self.take(member)).collect()
    }

    /// What a page is told.
    #[must_use]
    pub fn views(&self) -> Vec<ApplicantView> {
        let view = |(member, waits): (&MemberId, &Applicant)| ApplicantView {
            member: *member,
            name: waits.name.clone(),
            here: waits.at.is_some(),
            since: waits.since,
        };
        self.waiting.iter().map(view).collect()
    }

    /// How much is kept.
    #[must_use]
    pub fn count(&self) -> usize {
        self.waiting.len() + self.turned_away.len() + self.paces.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::sign::Keypair;
    use crate::ids::RoomId;

    fn id(number: usize) -> MemberId {
        MemberId([u8::try_from(number).unwrap(); 32])
    }

    fn now(mono: Millis) -> Now {
        Now { mono, wall: 1_000_000 + mono }
    }

    fn knock(name: &str, address: u64, since: Millis) -> Applicant {
        let exchange = Keypair::from_seed(&[1; 32]).exchange_key(&RoomId([1; 32]));
        let (door, at) = (EpochId::FIRST, Some(PeerId(address)));
        Applicant { name: name.to_owned(), exchange, session: [1; 16], door, at, since }
    }

    fn names(applicants: &Applicants) -> Vec<(String, bool)> {
        applicants.views().into_iter().map(|view| (view.name, view.here)).collect()
    }

    #[test]
    fn whoever_knocks_again_waits_since_the_first_time() {
        let mut applicants = Applicants::default();
        assert_eq!(applicants.knock(id(1), knock("Ana", 1, 10), now(0)), Heard::Waits);
        assert!(std::mem::take(&mut applicants.stale));
        applicants.knock(id(1), knock("Ana", 1, 20), now(10));
        assert!(!applicants.stale, "nothing is new");
        applicants.left((EpochId::FIRST, PeerId(1)));
        assert_eq!(names(&applicants), [("Ana".to_owned(), false)]);
        applicants.knock(id(1), knock("Anna", 2, 30), now(20));
        assert_eq!(names(&applicants), [("Anna".to_owned(), true)]);
        assert_eq!(applicants.views()[0].since, 10);
    }

    #[test]
    fn an_address_has_one_place() {
        let mut applicants = Applicants::default();
        applicants.knock(id(1), knock("one", 1, 0), now(0));
        applicants.knock(id(2), knock("two", 1, 0), now(0));
        assert_eq!(names(&applicants), [("two".to_owned(), true)]);
    }

    #[test]
    fn i6_who_is_there_keeps_its_place_and_who_is_away_gives_way() {
        let mut applicants = Applicants::default();
        for number in 0..limits::APPLICANTS {
            let address = u64::try_from(number).unwrap();
            let heard = applicants.knock(id(number), knock("x", address, address), now(0));
            assert_eq!(heard, Heard::Waits);
        }
        let more = knock("more", 1_000, 5);
        assert_eq!(applicants.knock(id(200), more.clone(), now(0)), Heard::Full);
        applicants.left((EpochId::FIRST, PeerId(7)));
        applicants.left((EpochId::FIRST, PeerId(5)));
        assert_eq!(applicants.knock(id(200), more, now(0)), Heard::Waits);
        assert!(applicants.of(&id(5)).is_none() && applicants.of(&id(7)).is_some());
        assert_eq!(applicants.views().len(), limits::APPLICANTS);
    }

    #[test]
    fn i6_an_address_is_not_listened_to_more_often_than_it_may_speak() {
        let mut applicants = Applicants::default();
        assert!(applicants.may_speak(PeerId(1), 0));
        assert!(!applicants.may_speak(PeerId(1), limits::KNOCK_PACE - 1));
        assert!(applicants.may_speak(PeerId(1), limits::KNOCK_PACE));
        let heard = (2..1_000).filter(|peer| applicants.may_speak(PeerId(*peer), 1_500)).count();
        assert_eq!(heard, limits::PEERS - 1);
        assert!(applicants.count() <= limits::PEERS);
    }

    #[test]
    fn whoever_was_turned_away_is_not_heard_for_a_while() {
        let mut applicants = Applicants::default();
        applicants.knock(id(1), knock("Ana", 1, 0), now(0));
        assert!(applicants.turn_away(id(1), 0).is_some());
        assert!(applicants.turn_away(id(1), 0).is_none());
        assert_eq!(applicants.knock(id(1), knock("Ana", 1, 0), now(1)), Heard::TurnedAway);
        let later = now(limits::TURNED_AWAY_FOR);
        assert_eq!(applicants.knock(id(1), knock("Ana", 1, 0), later), Heard::Waits);
    }

    #[test]
    fn a_door_that_closes_sends_away_who_waits_there() {
        let mut applicants = Applicants::default();
        applicants.knock(id(1), knock("one", 1, 0), now(0));
        applicants.knock(id(2), knock("two", 2, 0), now(0));
        assert!(applicants.close(&EpochId([9; 16])).is_empty());
        assert_eq!(applicants.close(&EpochId::FIRST).len(), 2);
        assert!(applicants.views().is_empty());
    }
}
