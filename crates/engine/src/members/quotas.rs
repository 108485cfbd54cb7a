//! How much of one member's is stored here: so much at once, and then at a pace.
//!
//! ```text
//!  stored ──► ▓▓▓▓▓▓▓▓ level ──► drains at the pace
//!             quota: shut from here until a minute's worth has drained
//! ```
//! What comes while it is shut is refused in words and asked for again later, so nothing is lost,
//! and nobody else is affected. Levels are in memory: whoever starts the page anew takes more.

use std::collections::BTreeMap;

use crate::ids::MemberId;
use crate::io::Millis;
use crate::simulation::quota;

/// In a minute, in which paces are counted.
const MINUTE: u64 = 60_000;

/// Something counted, in so many parts that a pace of one a minute drains in whole ones.
#[derive(Clone, Copy, Debug, Default)]
struct Level(u64);

impl Level {
    fn add(&mut self, count: u64) {
        self.0 = self.0.saturating_add(count.saturating_mul(MINUTE));
    }

    fn drain(&mut self, pace: u64, time: Millis) {
        self.0 = self.0.saturating_sub(pace.saturating_mul(time));
    }

    /// How long it takes until a minute's worth is free, if it is above its quota.
    fn shut_for(self, quota: u64, pace: u64) -> Option<Millis> {
        let free = quota.saturating_sub(pace).saturating_mul(MINUTE);
        let over = self.0.saturating_sub(free);
        (self.0 > quota.saturating_mul(MINUTE)).then(|| over.div_ceil(pace.max(1)))
    }
}

/// How much of one thing is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// At once.
    pub most: u64,
    /// In each minute beyond.
    pub a_minute: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Account {
    entries: Level,
    bytes: Level,
    at: Millis,
    shut_until: Millis,
}

impl Account {
    fn drain(&mut self, now: Millis) {
        let (entries, bytes) = quota();
        let time = now.saturating_sub(self.at);
        self.entries.drain(entries.a_minute, time);
        self.bytes.drain(bytes.a_minute, time);
        self.at = self.at.max(now);
    }
}

/// What was stored of each member lately: of no more members than logs are kept.
#[derive(Debug, Default)]
pub struct Quotas {
    accounts: BTreeMap<MemberId, Account>,
}

impl Quotas {
    /// Entries of a member are stored.
    pub fn charge(&mut self, member: MemberId, entries: u64, bytes: usize, now: Millis) {
        let account = self.accounts.entry(member).or_default();
        account.drain(now);
        account.entries.add(entries);
        account.bytes.add(u64::try_from(bytes).unwrap_or(u64::MAX));
        let (of_entries, of_bytes) = quota();
        let entries = account.entries.shut_for(of_entries.most, of_entries.a_minute);
        let bytes = account.bytes.shut_for(of_bytes.most, of_bytes.a_minute);
        if let Some(time) = entries.max(bytes) {
            account.shut_until = now.saturating_add(time);
        }
    }

    /// Until when nothing of a member is taken, if nothing is.
    #[must_use]
    pub fn shut(&self, member: &MemberId, now: Millis) -> Option<Millis> {
        let until = self.accounts.get(member)?.shut_until;
        (until > now).then_some(until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits;

    const ANA: MemberId = MemberId([1; 32]);
    const BEN: MemberId = MemberId([2; 32]);

    #[test]
    fn i6_beyond_its_quota_a_member_keeps_to_a_pace_and_nobody_else_does() {
        let mut quotas = Quotas::default();
        quotas.charge(ANA, limits::QUOTA_ENTRIES, 1, 0);
        assert_eq!(quotas.shut(&ANA, 0), None, "all of it is taken at once");
        quotas.charge(ANA, 1, 1, 0);
        let until = quotas.shut(&ANA, 0).unwrap();
        assert!((60_000..60_100).contains(&until), "a minute's worth is free then: {until}");
        assert_eq!(quotas.shut(&BEN, 0), None);
        assert_eq!(quotas.shut(&ANA, until), None);
        quotas.charge(ANA, limits::QUOTA_ENTRIES_A_MINUTE, 1, until);
        assert_eq!(quotas.shut(&ANA, until), None, "it may use it at once");
        quotas.charge(ANA, 1, 1, until);
        assert!(quotas.shut(&ANA, until).is_some());
    }

    #[test]
    fn i6_bytes_count_like_entries() {
        let mut quotas = Quotas::default();
        let most = usize::try_from(limits::QUOTA_BYTES).unwrap();
        quotas.charge(ANA, 1, most, 0);
        assert_eq!(quotas.shut(&ANA, 0), None);
        quotas.charge(ANA, 1, 1, 0);
        assert_eq!(quotas.shut(&ANA, 0), Some(60_001));
    }

    #[test]
    fn whoever_keeps_to_the_pace_is_never_refused() {
        let mut quotas = Quotas::default();
        quotas.charge(ANA, limits::QUOTA_ENTRIES, 1, 0);
        for minute in 1..1_000 {
            quotas.charge(ANA, limits::QUOTA_ENTRIES_A_MINUTE, 1, minute * 60_000);
            assert_eq!(quotas.shut(&ANA, minute * 60_000), None);
        }
    }
}
