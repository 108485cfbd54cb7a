//! How fast one connection may send: token buckets for messages and for bytes.
//!
//! A bucket holds a burst and refills at a steady rate, up to the burst. A connection whose bucket
//! runs dry is closed in words: a page that obeys `/config.json` never meets it.

use tokio::time::Instant;

use super::config::Limits;

/// What one connection may still send.
#[derive(Debug)]
pub(crate) struct Rate {
    messages: Bucket,
    bytes: Bucket,
}

#[derive(Debug)]
struct Bucket {
    burst: f64,
    per_second: f64,
    tokens: f64,
    filled_at: Instant,
}

impl Rate {
    /// Full buckets.
    pub(crate) fn new(limits: &Limits, now: Instant) -> Self {
        Self {
            messages: Bucket::new(limits.message_burst, limits.messages_per_second, now),
            bytes: Bucket::new(limits.byte_burst, limits.bytes_per_second, now),
        }
    }

    /// Whether a message of this size may come now. If so, it is counted.
    pub(crate) fn admits(&mut self, bytes: usize, now: Instant) -> bool {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.messages.take(1, now) && self.bytes.take(bytes, now)
    }
}

impl Bucket {
    fn new(burst: u32, per_second: u32, now: Instant) -> Self {
        let burst = f64::from(burst);
        Self { burst, per_second: f64::from(per_second), tokens: burst, filled_at: now }
    }

    fn take(&mut self, count: u32, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.filled_at).as_secs_f64();
        self.tokens = (self.tokens + passed * self.per_second).min(self.burst);
        self.filled_at = now;
        let left = self.tokens - f64::from(count);
        if left >= 0.0 {
            self.tokens = left;
        }
        left >= 0.0
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
        assert!(!rate.admits(1, start + Duration::from_millis(400)));
        assert!(rate.admits(1, start + Duration::from_millis(600)));
        let later = start + Duration::from_secs(3600);
        let admitted = (0..10).filter(|_| rate.admits(1, later)).count();
        assert_eq!(admitted, 3, "an idle hour fills no more than the burst");
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
}
