//! The two clocks, and whether the device slept.
//!
//! Deadlines are on the monotonic clock (`performance.timeOrigin + performance.now()`), which may
//! stand still while the device sleeps; the wall clock does not. That the two drift apart, or that
//! a timer comes far too late, is how a sleep is noticed where no event tells of it.

use engine::{Millis, Now};
use wasm_bindgen::JsCast;

use std::pin::pin;

use futures::channel::oneshot;
use futures::future::{Either, select};
use gloo::timers::callback::Timeout;

use crate::bindings::property;

/// How often [`SleepWatch::look`] should be called.
pub(crate) const LOOK_EVERY: Millis = 10_000;
/// Clocks that have drifted apart by more than this since the last look: the device slept, or its
/// clock was set.
const DRIFT: Millis = 2_000;
/// A look that comes so late: background tabs get one timer a minute, so less means nothing.
const LATE: Millis = 90_000;

/// What time it is.
pub(crate) fn now() -> Now {
    let performance = property(&js_sys::global(), "performance");
    let mono = performance
        .dyn_into::<web_sys::Performance>()
        .map_or(0.0, |performance| performance.time_origin() + performance.now());
    Now { mono: whole(mono), wall: whole(js_sys::Date::now()) }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "milliseconds since 1970 are positive and below 2^53; `as` saturates"
)]
fn whole(millis: f64) -> Millis {
    millis as Millis
}

/// Is over after so many milliseconds.
pub(crate) async fn pause(millis: u32) {
    let (sender, over) = oneshot::channel();
    let timer = Timeout::new(millis, move || _ = sender.send(()));
    // A timer that is gone is over, too.
    let _ = over.await;
    drop(timer);
}

/// What comes of something, if it comes before this time.
pub(crate) async fn within<T>(until: Millis, what: impl Future<Output = T>) -> Option<T> {
    let left = u32::try_from(until.saturating_sub(now().mono)).unwrap_or(u32::MAX);
    match select(pin!(what), pin!(pause(left))).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(((), _)) => None,
    }
}

/// Notices that the device slept.
pub(crate) struct SleepWatch {
    last: Now,
}

impl SleepWatch {
    /// Begins to watch.
    pub(crate) fn new(now: Now) -> Self {
        Self { last: now }
    }

    /// True if the device seems to have slept since the last look.
    pub(crate) fn look(&mut self, now: Now) -> bool {
        let mono = now.mono.saturating_sub(self.last.mono);
        let wall = i128::from(now.wall) - i128::from(self.last.wall);
        self.last = now;
        mono >= LATE || (wall - i128::from(mono)).unsigned_abs() > u128::from(DRIFT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(mono: Millis, wall: Millis) -> Now {
        Now { mono, wall }
    }

    #[test]
    fn clocks_that_go_together_are_no_sleep() {
        let mut watch = SleepWatch::new(at(1_000, 500_000));
        assert!(!watch.look(at(11_000, 510_000)));
        assert!(!watch.look(at(21_010, 521_500)));
        assert!(!watch.look(at(81_010, 581_500)), "a throttled timer");
    }

    #[test]
    fn a_clock_that_stood_still_is_a_sleep() {
        let mut watch = SleepWatch::new(at(1_000, 500_000));
        assert!(watch.look(at(1_500, 800_000)));
        assert!(!watch.look(at(11_500, 810_000)), "told once");
    }

    #[test]
    fn a_clock_that_was_set_or_a_timer_that_was_lost_may_have_been_a_sleep() {
        let mut watch = SleepWatch::new(at(1_000, 500_000));
        assert!(watch.look(at(11_000, 100)));
        assert!(watch.look(at(200_000, 189_100)));
    }
}
