//! Who has had somebody to be connected with lately: accounts at relays are for those alone, so
//! that the server is no relay for whoever is in a room with nobody else.

use core::time::Duration;

use tokio::time::Instant;

/// What one connection has had of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Company {
    /// When somebody else was last known to be in one of its rooms.
    met: Option<Instant>,
    /// When it was given its last account.
    given: Option<Instant>,
}

impl Company {
    /// Somebody else is in one of its rooms.
    pub(crate) fn meet(&mut self, now: Instant) {
        self.met = Some(now);
    }

    /// True if an account that lasts so long is to be given at once: there is nothing left of one,
    /// or less than half.
    pub(crate) fn lacks_account(&self, life: Duration, now: Instant) -> bool {
        let spent = |given: Instant| now.saturating_duration_since(given) >= life / 2;
        self.is_kept(life, now) && self.given.is_none_or(spent)
    }

    /// True if an account is to be renewed: somebody was there within the time that one lasts.
    pub(crate) fn is_kept(&self, life: Duration, now: Instant) -> bool {
        self.met.is_some_and(|met| now.saturating_duration_since(met) <= life)
    }

    /// It is given an account.
    pub(crate) fn give(&mut self, now: Instant) {
        self.given = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: Duration = Duration::from_secs(600);

    #[test]
    fn an_account_is_for_whoever_has_company_or_had_it_within_the_time_of_one() {
        let (mut company, now) = (Company::default(), Instant::now());
        assert!(!company.lacks_account(LIFE, now) && !company.is_kept(LIFE, now));
        company.meet(now);
        assert!(company.lacks_account(LIFE, now));
        company.give(now);
        assert!(!company.lacks_account(LIFE, now), "it has one");
        assert!(company.lacks_account(LIFE, now + LIFE / 2));
        assert!(company.is_kept(LIFE, now + LIFE));
        let later = now + LIFE + Duration::from_secs(1);
        assert!(!company.is_kept(LIFE, later) && !company.lacks_account(LIFE, later));
    }
}
