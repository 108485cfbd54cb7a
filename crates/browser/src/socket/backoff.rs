//! How long to wait before the next attempt to connect: doubles up to a cap, with jitter, so that
//! the pages of a server that comes back do not all knock at once.

use engine::Millis;

/// The first wait, at most.
const FIRST: Millis = 500;
/// The longest wait.
const CAP: Millis = 30_000;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// An attempt has failed: how long to wait. `fraction` is random, from 0 to below 1.
    pub(crate) fn failed(&mut self, fraction: f64) -> Millis {
        let longest = FIRST.saturating_mul(1 << self.failures.min(16)).min(CAP);
        self.failures = self.failures.saturating_add(1);
        let half = longest / 2;
        half + jitter(half, fraction)
    }

    /// The server has answered: the next failure is the first again.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a fraction of less than a minute in milliseconds; `as` saturates"
)]
fn jitter(of: Millis, fraction: f64) -> Millis {
    (of as f64 * fraction.clamp(0.0, 1.0)) as Millis
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_half_a_minute() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..9).map(|_| backoff.failed(1.0)).collect();
        assert_eq!(waits, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
        for _ in 0..100 {
            assert!(backoff.failed(0.5) <= CAP);
        }
    }

    #[test]
    fn jitter_moves_a_wait_by_up_to_a_half() {
        assert_eq!(Backoff::default().failed(0.0), 250);
        assert_eq!(Backoff::default().failed(0.5), 375);
        assert_eq!(Backoff::default().failed(7.0), 500, "never more than the whole");
    }

    #[test]
    fn an_answer_starts_over() {
        let mut backoff = Backoff::default();
        for _ in 0..5 {
            backoff.failed(0.0);
        }
        backoff.reset();
        assert_eq!(backoff.failed(0.0), 250);
    }
}
