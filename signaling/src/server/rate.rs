//! How fast something may come: a steady pace, and a burst that a rest gives back.
//!
//! One number holds all that was spent: when it will have come back in full (the generic cell rate
//! algorithm, ITU-T I.371). A connection whose pace is exceeded is closed in words: a page that
//! obeys `/config.json` never meets it. What an address and its network may send, over all of
//! their connections, is in `sources`.

use core::fmt;
use core::str::FromStr;

use tokio::time::Instant;

use super::config::Limits;

/// So many a second over a long time, and so many at once after a rest: `20/400`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How many a second come back.
    pub per_second: u32,
    /// How many may come at once.
    pub burst: u32,
}

/// What was spent of a pace: the time at which all of it has come back, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub(crate) struct Spent(f64);

impl Pace {
    /// Spends so many, if they may come now; otherwise nothing is spent.
    pub(crate) fn take(self, spent: &mut Spent, count: u32, now: f64) -> bool {
        let per_second = f64::from(self.per_second);
        let after = spent.0.max(now) + f64::from(count) / per_second;
        // Half a piece is for what rounding loses over a long burst.
        let fits = after - now <= (f64::from(self.burst) + 0.5) / per_second;
        if fits {
            spent.0 = after;
        }
        fits
    }

    /// Which part of the burst is spent, from 0 to 1.
    pub(crate) fn share(self, spent: Spent, now: f64) -> f64 {
        (spent.0 - now).max(0.0) * f64::from(self.per_second) / f64::from(self.burst)
    }
}

impl FromStr for Pace {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "must be two numbers from 1: how many a second, and at once, such as 20/400";
        let number = |text: &str| text.parse().ok().filter(|number: &u32| *number > 0).ok_or(wrong);
        let (per_second, burst) = text.split_once('/').ok_or(wrong)?;
        Ok(Self { per_second: number(per_second)?, burst: number(burst)? })
    }
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.per_second, self.burst)
    }
}

/// What one connection may still send.
#[derive(Debug)]
pub(crate) struct Rate {
    start: Instant,
    messages: (Pace, Spent),
    bytes: (Pace, Spent),
}

impl Rate {
    /// Nothing is spent yet.
    pub(crate) fn new(limits: &Limits, now: Instant) -> Self {
        let messages = Pace { per_second: limits.messages_per_second, burst: limits.message_burst };
        let bytes = Pace { per_second: limits.bytes_per_second, burst: limits.byte_burst };
        let nothing = Spent::default();
        Self { start: now, messages: (messages, nothing), bytes: (bytes, nothing) }
    }

    /// Whether a message of this size may come now. If so, it is counted.
    pub(crate) fn admits(&mut self, bytes: usize, now: Instant) -> bool {
        let now = now.saturating_duration_since(self.start).as_secs_f64();
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let (messages, spent) = &mut self.messages;
        messages.take(spent, 1, now) && self.bytes.0.take(&mut self.bytes.1, bytes, now)
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    fn limits() -> Limits {
        Limits {
            message_burst: 3,
            messages_per_second: 2,
            byte_burst: 1000,
            bytes_per_second: 100,
            ..Limits::default()
        }
    }

    #[test]
    fn messages_come_in_a_burst_and_then_at_the_rate() {
        let start = Instant::now();
        let mut rate = Rate::new(&limits(), start);
        for _ in 0..3 {
            assert!(rate.admits(1, start));
        }
        assert!(!rate.admits(1, start));
        assert!(!rate.admits(1, start + Duration::from_millis(200)));
        assert!(rate.admits(1, start + Duration::from_millis(600)));
        let later = start + Duration::from_secs(3600);
        let admitted = (0..10).filter(|_| rate.admits(1, later)).count();
        assert_eq!(admitted, 3, "an idle hour gives back no more than the burst");
    }

    #[test]
    fn bytes_have_their_own_rate() {
        let start = Instant::now();
        let mut rate = Rate::new(&limits(), start);
        assert!(rate.admits(1000, start));
        assert!(!rate.admits(1, start));
        assert!(rate.admits(100, start + Duration::from_secs(1)));
        assert!(!rate.admits(usize::MAX, start + Duration::from_secs(9)));
    }

    #[test]
    fn a_long_burst_is_counted_to_the_piece_even_after_a_year() {
        for pace in [Pace { per_second: 50, burst: 2_000 }, Pace { per_second: 7, burst: 99 }] {
            let (mut spent, year) = (Spent::default(), 31_536_000.0);
            let admitted = (0..3_000).filter(|_| pace.take(&mut spent, 1, year)).count();
            assert_eq!(admitted, pace.burst as usize);
            assert!((pace.share(spent, year) - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn a_pace_is_two_numbers() {
        let pace = Pace { per_second: 20, burst: 400 };
        assert_eq!("20/400".parse(), Ok(pace));
        assert_eq!(pace.to_string(), "20/400");
        for bad in ["", "20", "20/", "0/5", "5/0", "a/b", "1/2/3", "-1/2"] {
            assert!(bad.parse::<Pace>().is_err(), "{bad}");
        }
    }
}
