//! What is said live: never stored, shown to whoever is there.
//!
//! ```text
//!  at most once   ─► once on the unreliable channel of each link
//!  at least once  ─► on the reliable channel, repeated with backoff until acknowledged or expired
//! ```
//! Also who is typing. All of it is memory: with the page it is gone.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::ids::{DraftId, MemberId};
use crate::io::Millis;
use crate::limits;
use crate::simulation::{Planted, planted};
use crate::view::{LiveMessage, Qos, Refusal};

/// An own message that somebody has yet to acknowledge.
#[derive(Debug)]
struct Owed {
    message: LiveMessage,
    to: BTreeSet<MemberId>,
    next: Millis,
    wait: Millis,
    until: Millis,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Live {
    owed: BTreeMap<DraftId, Owed>,
    seen: VecDeque<(MemberId, DraftId)>,
    /// Who is typing, and until when that is believed.
    typing: BTreeMap<MemberId, Millis>,
    /// When the own typing has to be said again.
    mine: Option<Millis>,
    /// How often it was said in the second that began then.
    changes: (Millis, u32),
    /// How much each member has said live in the second that began then.
    paces: BTreeMap<MemberId, (Millis, u32)>,
}

impl Live {
    /// Keeps an own message until its recipients have acknowledged it.
    ///
    /// # Errors
    /// If too many are kept.
    pub fn owe(
        &mut self,
        message: LiveMessage,
        to: BTreeSet<MemberId>,
        (now, until): (Millis, Millis),
    ) -> Result<(), Refusal> {
        if self.owed.len() >= limits::LIVE {
            let waiting = u64::try_from(self.owed.len()).unwrap_or(u64::MAX);
            return Err(Refusal::Busy { waiting });
        }
        let wait = limits::LIVE_BACKOFF;
        let owed = Owed { message, to, next: now + wait, wait, until };
        self.owed.insert(owed.message.draft, owed);
        Ok(())
    }

    /// A member has acknowledged an own message. Gives the message as it stands, if that is news.
    pub fn acknowledged(&mut self, id: &DraftId, member: &MemberId) -> Option<LiveMessage> {
        let owed = self.owed.get_mut(id)?;
        if !owed.to.remove(member) {
            return None;
        }
        owed.message.held_by.push(*member);
        let message = owed.message.clone();
        if owed.to.is_empty() {
            self.owed.remove(id);
        }
        Some(message)
    }

    /// The messages to repeat now, and to whom. What nobody has acknowledged in time is given up.
    /// The wait for members that are not there does not grow.
    pub fn repeat(
        &mut self,
        now: Millis,
        there: impl Fn(&MemberId) -> bool,
        jitter: impl FnMut(Millis) -> Millis,
    ) -> Vec<(LiveMessage, Vec<MemberId>)> {
        let mut jitter = jitter;
        self.owed.retain(|_, owed| now < owed.until);
        let mut due = Vec::new();
        for owed in self.owed.values_mut().filter(|owed| owed.next <= now) {
            let to: Vec<MemberId> = owed.to.iter().filter(|to| there(to)).copied().collect();
            if !to.is_empty() {
                owed.wait = (owed.wait * 2).min(limits::LIVE_FOR / 4);
                due.push((owed.message.clone(), to));
            }
            owed.next = now + owed.wait + jitter(owed.wait / 4);
        }
        due
    }

    /// True if this message is remembered.
    #[must_use]
    pub fn is_known(&self, member: &MemberId, id: &DraftId) -> bool {
        self.seen.contains(&(*member, *id))
    }

    /// Counts what a member says live. False if it is more in a second than anybody could read: a
    /// page would do nothing else than show it.
    pub fn listens(&mut self, member: MemberId, now: Millis) -> bool {
        self.paces.retain(|_, (since, _)| now < *since + 1_000);
        let (_, count) = self.paces.entry(member).or_insert((now, 0));
        *count += 1;
        *count <= limits::LIVELY_A_SECOND
    }

    /// Somebody's message came. False if it came before and is remembered.
    pub fn came(&mut self, member: MemberId, id: DraftId) -> bool {
        if self.seen.contains(&(member, id)) {
            return false;
        }
        if self.seen.len() >= limits::LIVE {
            self.seen.pop_front();
        }
        self.seen.push_back((member, id));
        true
    }

    /// A member is typing, or has stopped. True if that is news.
    pub fn types(&mut self, member: MemberId, typing: bool, now: Millis) -> bool {
        if !typing {
            return self.typing.remove(&member).is_some();
        }
        let ever = planted(Planted::TypingForever);
        let until = if ever { Millis::MAX } else { now + 2 * limits::TYPING_EVERY };
        self.typing.insert(member, until).is_none()
    }

    /// Who has said nothing of typing for too long.
    pub fn stopped(&mut self, now: Millis) -> Vec<MemberId> {
        let over = |(member, until): (&MemberId, &Millis)| (*until <= now).then_some(*member);
        let stopped: Vec<MemberId> = self.typing.iter().filter_map(over).collect();
        for member in &stopped {
            self.typing.remove(member);
        }
        stopped
    }

    /// One is typing, or has stopped. True if others have to be told now. Of what changes quicker
    /// than anybody types, not all is told: a stop that is not is found out by its silence.
    pub fn type_myself(&mut self, typing: bool, now: Millis) -> bool {
        let due = match self.mine {
            Some(at) => !typing || at <= now,
            None => typing,
        };
        if due {
            self.mine = typing.then_some(now + limits::TYPING_EVERY);
            if now >= self.changes.0 + 1_000 {
                self.changes = (now, 0);
            }
            self.changes.1 = self.changes.1.saturating_add(1);
        }
        due && self.changes.1 <= limits::TYPING_CHANGES
    }

    /// When something has to be repeated or somebody has stopped typing.
    #[must_use]
    pub fn deadline(&self) -> Option<Millis> {
        let owed = self.owed.values().map(|owed| owed.next.min(owed.until)).min();
        let typing = self.typing.values().min().copied();
        owed.into_iter().chain(typing).min()
    }
}

/// The message of a draft that is said live.
#[must_use]
pub fn message(
    draft: DraftId,
    author: MemberId,
    text: String,
    wall: Millis,
    qos: Qos,
) -> LiveMessage {
    LiveMessage { draft, author, text, wall, held_by: Vec::new(), qos }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANA: MemberId = MemberId([1; 32]);
    const BEN: MemberId = MemberId([2; 32]);

    fn said(id: u8) -> LiveMessage {
        message(DraftId([id; 16]), MemberId([0; 32]), "hello".to_owned(), 0, Qos::AtLeastOnce)
    }

    #[test]
    fn what_is_owed_is_repeated_ever_more_slowly_until_all_have_acknowledged_it() {
        let mut live = Live::default();
        live.owe(said(1), BTreeSet::from([ANA, BEN]), (0, limits::LIVE_FOR)).unwrap();
        assert_eq!(live.repeat(limits::LIVE_BACKOFF - 1, |_| true, |_| 0), []);
        let (mut now, mut waits) = (0, Vec::new());
        for _ in 0..3 {
            let next = live.deadline().unwrap();
            waits.push(next - now);
            now = next;
            assert_eq!(live.repeat(now, |_| true, |_| 0)[0].1, [ANA, BEN]);
        }
        assert!(waits.is_sorted() && waits[0] < waits[2], "{waits:?}");
        assert_eq!(live.acknowledged(&DraftId([1; 16]), &ANA).unwrap().held_by, [ANA]);
        assert_eq!(live.acknowledged(&DraftId([1; 16]), &ANA), None);
        assert_eq!(live.acknowledged(&DraftId([1; 16]), &BEN).unwrap().held_by, [ANA, BEN]);
        assert_eq!(live.deadline(), None);
    }

    #[test]
    fn backoff_does_not_grow_while_nobody_is_there_and_everything_ends() {
        let mut live = Live::default();
        live.owe(said(1), BTreeSet::from([ANA]), (0, limits::LIVE_FOR)).unwrap();
        for now in (0..10_000).step_by(100) {
            assert_eq!(live.repeat(now, |_| false, |_| 0), []);
        }
        assert_eq!(live.owed[&DraftId([1; 16])].wait, limits::LIVE_BACKOFF);
        assert_eq!(live.repeat(limits::LIVE_FOR, |_| true, |_| 0), []);
        assert!(live.owed.is_empty());
    }

    #[test]
    fn i6_too_many_that_nobody_acknowledges_are_refused() {
        let mut live = Live::default();
        for n in 0..=limits::LIVE {
            let mut message = said(0);
            message.draft.0[..8].copy_from_slice(&u64::try_from(n).unwrap().to_be_bytes());
            let kept = live.owe(message, BTreeSet::from([ANA]), (0, 1));
            assert_eq!(kept.is_ok(), n < limits::LIVE);
        }
        assert!(live.came(ANA, DraftId([1; 16])));
        assert!(!live.came(ANA, DraftId([1; 16])));
        for n in 0..limits::LIVE {
            live.came(BEN, DraftId(u128::try_from(n).unwrap().to_be_bytes()));
        }
        assert_eq!(live.seen.len(), limits::LIVE);
    }

    #[test]
    fn i6_more_than_anybody_reads_in_a_second_is_not_listened_to() {
        let mut live = Live::default();
        let heard = (0..2_000).filter(|_| live.listens(ANA, 500)).count();
        assert_eq!(u32::try_from(heard), Ok(limits::LIVELY_A_SECOND));
        assert!(live.listens(BEN, 500) && !live.listens(ANA, 1_499));
        assert!(live.listens(ANA, 1_500));
        assert_eq!(live.paces.len(), 1);
    }

    #[test]
    fn typing_is_said_again_now_and_then_and_ends_by_itself() {
        let mut live = Live::default();
        assert!(live.type_myself(true, 0));
        assert!(!live.type_myself(true, 100));
        assert!(live.type_myself(true, limits::TYPING_EVERY));
        assert!(live.type_myself(false, limits::TYPING_EVERY + 1));
        assert!(!live.type_myself(false, limits::TYPING_EVERY + 2));
        assert!(live.types(ANA, true, 0));
        assert!(!live.types(ANA, true, 100));
        assert_eq!(live.stopped(2 * limits::TYPING_EVERY), []);
        assert_eq!(live.stopped(2 * limits::TYPING_EVERY + 100), [ANA]);
        assert!(!live.types(ANA, false, 9_000));
    }
}
