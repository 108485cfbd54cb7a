//! Says what is said of days anew once another day has begun: “Today” is not for ever.
//!
//! Nothing watches the day by itself: all that is said is drawn anew, as when the page takes to
//! another language. That is once a day, and costs no line of the list anything until then.

use std::time::Duration;

use leptos::prelude::*;

use super::Page;
use crate::components::on_visibility;
use crate::session;
use crate::text::{Day, left_of_day};

/// The longest time, in milliseconds, until the day is looked at: a device that has slept, or was
/// carried to another zone, has other ideas of when it ends.
const LOOK_EVERY: u64 = 60_000;

impl Page {
    /// Looks as long as the component that calls it is there.
    pub(super) fn follow_days(self) {
        let shown = StoredValue::new(Day::of(session::now()));
        let look = move || {
            let today = Day::of(session::now());
            if shown.try_get_value().is_some_and(|shown| shown != today) {
                shown.set_value(today);
                self.language.notify();
            }
        };
        on_visibility(look);
        look_again(shown, look);
    }
}

fn look_again(shown: StoredValue<Day>, look: impl Fn() + Copy + 'static) {
    let pause = left_of_day(session::now()).min(LOOK_EVERY);
    let again = move || {
        look();
        if shown.try_get_value().is_some() {
            look_again(shown, look);
        }
    };
    set_timeout(again, Duration::from_millis(pause));
}
