//! How often the list is drawn: at once when something happens after a pause; while much happens,
//! so often that drawing takes a quarter of the time.
//!
//! ```text
//!  Idle ── something happens ──► Drawing ── on the screen ──► Idle      nothing happened meanwhile
//!                                   ▲               └───────► Waiting   something did
//!                                   └────── time is over ────────┘
//! ```
//! Otherwise each message would cost a drawing, and many at once would leave no time for people.

use browser::Millis;

/// The shortest and the longest pause after a drawing.
const PAUSE: (Millis, Millis) = (50, 1_000);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Idle,
    Drawing {
        since: Millis,
        again: bool,
    },
    Waiting,
}

/// See the module. A drawing is named by a number: what is told of an earlier one counts no more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    serial: u64,
    state: State,
}

impl Pace {
    /// Something has happened. True if it is to be drawn now.
    pub fn is_due(&mut self) -> bool {
        match &mut self.state {
            State::Idle => true,
            State::Drawing { again, .. } => {
                *again = true;
                false
            }
            State::Waiting => false,
        }
    }

    /// It is drawn now; `more` if not all of it. Names the drawing.
    pub fn begin(&mut self, more: bool, now: Millis) -> u64 {
        self.serial = self.serial.wrapping_add(1);
        self.state = State::Drawing { since: now, again: more };
        self.serial
    }

    /// A drawing is on the screen. After how long the next is due, if there is anything to draw.
    pub fn end(&mut self, serial: u64, now: Millis) -> Option<Millis> {
        let State::Drawing { since, again } = self.state else { return None };
        if serial != self.serial {
            return None;
        }
        self.state = if again { State::Waiting } else { State::Idle };
        again.then_some((3 * now.saturating_sub(since)).clamp(PAUSE.0, PAUSE.1))
    }

    /// True if the pause after this drawing is what is waited for.
    pub fn waits_after(self, serial: u64) -> bool {
        self.state == State::Waiting && self.serial == serial
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_message_is_drawn_at_once_and_many_now_and_then() {
        let mut pace = Pace::default();
        assert!(pace.is_due());
        let first = pace.begin(false, 0);
        assert_eq!(pace.end(first, 10), None, "nothing more to draw");
        assert!(pace.is_due());
        let second = pace.begin(false, 100);
        assert!(!pace.is_due() && !pace.is_due());
        assert_eq!(pace.end(second, 300), Some(600), "as long again, three times");
        assert!(pace.waits_after(second) && !pace.is_due());
        let third = pace.begin(true, 900);
        assert!(!pace.waits_after(second));
        assert_eq!(pace.end(second, 901), None);
        assert_eq!(pace.end(third, 901), Some(PAUSE.0));
        let fourth = pace.begin(true, 1_000);
        assert_eq!(pace.end(fourth, 60_000), Some(PAUSE.1), "a device that slept goes on");
        let last = pace.begin(false, 70_000);
        assert_eq!((pace.end(last, 0), pace.is_due()), (None, true), "so does a clock set back");
    }
}
