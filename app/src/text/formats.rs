//! Times and numbers as the reader's language writes them, by the browser's `Intl`.
//!
//! `Intl` objects are dear to make and cheap to use: one set a language is kept, for this thread.

use std::cell::OnceCell;

use browser::Millis;
use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use wasm_bindgen::JsValue;

use super::Language;
use crate::session;

/// Milliseconds of a day.
const DAY: Millis = 86_400_000;

/// A day, as far as two times can share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    year: u32,
    month: u32,
    date: u32,
}

impl Day {
    /// The day of a time, where the reader is.
    pub fn of(wall: Millis) -> Day {
        Day::of_date(&date(wall))
    }

    fn of_date(date: &Date) -> Day {
        Day { year: date.get_full_year(), month: date.get_month(), date: date.get_date() }
    }
}

impl Language {
    /// Hours and minutes.
    pub fn time(self, wall: Millis) -> String {
        self.with_formats(|formats| write(&formats.time, &date(wall)))
    }

    /// Hours, minutes and seconds.
    pub fn exact_time(self, wall: Millis) -> String {
        self.with_formats(|formats| write(&formats.exact_time, &date(wall)))
    }

    /// Day and time, as short as they can be told.
    pub fn short_moment(self, wall: Millis) -> String {
        self.with_formats(|formats| write(&formats.short_moment, &date(wall)))
    }

    /// A day as short as it can be told, near ones by name.
    pub fn near_day(self, wall: Millis) -> String {
        let near = Day::of(wall) == Day::of(session::now().saturating_sub(DAY));
        if near {
            return self.words().yesterday.to_owned();
        }
        self.with_formats(|formats| write(&formats.short_day, &date(wall)))
    }

    /// The time, and the day unless it is today.
    pub fn near_moment(self, wall: Millis) -> String {
        let today = Day::of(wall) == Day::of(session::now());
        if today { self.exact_time(wall) } else { self.short_moment(wall) }
    }

    /// Date and time in full.
    pub fn moment(self, wall: Millis) -> String {
        self.with_formats(|formats| write(&formats.moment, &date(wall)))
    }

    /// The day, near ones by name.
    pub fn day(self, wall: Millis) -> String {
        let now = Date::now();
        let day = Day::of(wall);
        let is = |other: f64| day == Day::of_date(&Date::new(&JsValue::from_f64(other)));
        if is(now) {
            self.words().today.to_owned()
        } else if is(now - float(DAY)) {
            self.words().yesterday.to_owned()
        } else {
            self.with_formats(|formats| write(&formats.day, &date(wall)))
        }
    }

    /// A number.
    pub fn number(self, number: u64) -> String {
        self.with_formats(|formats| write(&formats.number, &JsValue::from_f64(float(number))))
    }

    fn with_formats<T>(self, write: impl FnOnce(&Formats) -> T) -> T {
        thread_local! {
            static ENGLISH: OnceCell<Formats> = const { OnceCell::new() };
            static CHINESE: OnceCell<Formats> = const { OnceCell::new() };
        }
        let formats = match self {
            Language::English => &ENGLISH,
            Language::Chinese => &CHINESE,
        };
        formats.with(|formats| write(formats.get_or_init(|| Formats::of(self))))
    }
}

impl Language {
    /// How much, in the unit that suits it.
    pub fn size(self, bytes: u64) -> String {
        match bytes {
            0..1_000 => format!("{bytes} B"),
            1_000..1_000_000 => format!("{} kB", bytes / 1_000),
            1_000_000..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
            _ => format!("{} GB", bytes / 1_000_000_000),
        }
    }

    /// Bytes of which some may not be counted: then it is at least as much.
    #[must_use]
    pub fn least_size(self, bytes: u64, whole: bool) -> String {
        match (whole, bytes) {
            (true, _) => self.size(bytes),
            (false, 0) => "–".to_owned(),
            (false, _) => format!("≥ {}", self.size(bytes)),
        }
    }

    /// How long, in the unit that suits it.
    pub fn span(self, millis: Millis) -> String {
        let seconds = millis / 1_000;
        let (count, english, chinese) = match seconds {
            0..60 => (seconds, "s", "秒"),
            60..3_600 => (seconds / 60, "min", "分"),
            3_600..86_400 => (seconds / 3_600, "h", "时"),
            _ => (seconds / 86_400, "d", "天"),
        };
        self.pick(format!("{count} {english}"), format!("{count} {chinese}"))
    }
}

/// The time as machines read it, for `datetime`.
pub fn machine_time(wall: Millis) -> String {
    date(wall).to_iso_string().into()
}

struct Formats {
    time: Function,
    day: Function,
    moment: Function,
    exact_time: Function,
    short_moment: Function,
    short_day: Function,
    number: Function,
}

impl Formats {
    fn of(language: Language) -> Formats {
        let locales = locales(language);
        let dates = |options: &[(&str, &str)]| {
            Intl::DateTimeFormat::new(&locales, &options_of(options)).format()
        };
        Formats {
            time: dates(&[("hour", "numeric"), ("minute", "2-digit")]),
            day: dates(&[("weekday", "long"), ("month", "long"), ("day", "numeric")]),
            exact_time: dates(&[("hour", "numeric"), ("minute", "2-digit"), ("second", "2-digit")]),
            short_moment: dates(&[("dateStyle", "short"), ("timeStyle", "medium")]),
            short_day: dates(&[("month", "short"), ("day", "numeric")]),
            moment: dates(&[("dateStyle", "full"), ("timeStyle", "medium")]),
            number: Intl::NumberFormat::new(&locales, &Object::new()).format(),
        }
    }
}

fn write(format: &Function, value: &JsValue) -> String {
    let written = format.call1(&JsValue::UNDEFINED, value).ok();
    written.and_then(|text| text.as_string()).unwrap_or_default()
}

/// The reader's own region where it has the page's language: `en-GB` writes times unlike `en`.
fn locales(language: Language) -> Array {
    let regional = session::browser_language();
    let fits = Language::of(&regional) == language && !regional.is_empty();
    Array::of1(&JsValue::from_str(if fits { &regional } else { language.tag() }))
}

fn options_of(options: &[(&str, &str)]) -> Object {
    let object = Object::new();
    for (name, value) in options {
        let _ = Reflect::set(&object, &JsValue::from_str(name), &JsValue::from_str(value));
    }
    object
}

fn date(wall: Millis) -> Date {
    // Beyond what a date can be, `Intl` throws.
    const LAST: Millis = 8_640_000_000_000_000;
    Date::new(&JsValue::from_f64(float(wall.min(LAST))))
}

#[expect(clippy::cast_precision_loss, reason = "times and counts lie far below 2^53")]
fn float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_spans_are_told_in_the_unit_that_suits_them() {
        let english = Language::English;
        let sizes = [0, 999, 262_144, 16_000_000, 10_741_000_000];
        let sizes = sizes.map(|bytes| english.size(bytes));
        assert_eq!(sizes, ["0 B", "999 B", "262 kB", "16 MB", "10 GB"]);
        let least = [(0, true), (0, false), (999, true), (999, false)];
        let least = least.map(|(bytes, whole)| english.least_size(bytes, whole));
        assert_eq!(least, ["0 B", "–", "999 B", "≥ 999 B"]);
        let spans = [0, 59_999, 60_000, 7_200_000, 200_000_000].map(|span| english.span(span));
        assert_eq!(spans, ["0 s", "59 s", "1 min", "2 h", "2 d"]);
        assert_eq!(Language::Chinese.span(60_000), "1 分");
    }
}
