//! Times, numbers and lists as the reader's language writes them, by the browser's `Intl`.
//!
//! `Intl` objects are dear to make and cheap to use: one set a language is kept, for this thread.
//! Numbers and lists stand in what tests look at that run without a browser: there plain rules
//! write them (`formats/plain.rs` in the place of `formats/numbers.rs`).

#[cfg(target_arch = "wasm32")]
mod numbers;
#[cfg(not(target_arch = "wasm32"))]
mod plain;

use std::cell::OnceCell;

use browser::Millis;
use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use wasm_bindgen::JsValue;

use super::Language;
use crate::session;

/// Milliseconds of a minute and of a day.
const MINUTE: i64 = 60_000;
const DAY: i64 = 86_400_000;

/// A day where the reader is, as the number of days since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(i64);

impl Day {
    /// The day of a time.
    pub fn of(wall: Millis) -> Day {
        Day::at(wall, offset(wall))
    }

    /// The day of a time, where clocks are so many minutes behind UTC then.
    fn at(wall: Millis, offset: i64) -> Day {
        Day(local(wall, offset).div_euclid(DAY))
    }

    /// True if it is the day before that one, however many hours that has.
    fn is_before(self, that: Day) -> bool {
        self.0 + 1 == that.0
    }
}

/// Milliseconds until another day begins where the reader is, unless clocks are changed before.
pub fn left_of_day(wall: Millis) -> Millis {
    left_at(wall, offset(wall))
}

fn left_at(wall: Millis, offset: i64) -> Millis {
    (DAY - local(wall, offset).rem_euclid(DAY)).unsigned_abs()
}

/// What a clock shows that is so many minutes behind UTC.
fn local(wall: Millis, offset: i64) -> i64 {
    i64::try_from(wall).unwrap_or(i64::MAX).saturating_sub(offset * MINUTE)
}

#[expect(clippy::cast_possible_truncation, reason = "at most some hours, in whole minutes")]
fn offset(wall: Millis) -> i64 {
    date(wall).get_timezone_offset() as i64
}

/// Which form of a word goes with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// That of one.
    One,
    /// That of all others.
    Other,
}

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Second,
    Minute,
    Hour,
    Day,
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
        match Day::of(wall).is_before(Day::of(session::now())) {
            true => self.words().yesterday.to_owned(),
            false => self.write_day(wall, |formats| &formats.short_day),
        }
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
        let (day, today) = (Day::of(wall), Day::of(session::now()));
        if day == today {
            self.words().today.to_owned()
        } else if day.is_before(today) {
            self.words().yesterday.to_owned()
        } else {
            self.write_day(wall, |formats| &formats.day)
        }
    }

    /// A day in one of two ways: within this year, and with its year.
    fn write_day(self, wall: Millis, of: fn(&Formats) -> &[Function; 2]) -> String {
        let (day, now) = (date(wall), date(session::now()));
        let other = day.get_full_year() != now.get_full_year();
        self.with_formats(|formats| write(&of(formats)[usize::from(other)], &day))
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
    /// Words for so many of something: those for one, or else the others. The number stands where
    /// they have a `#`.
    pub(super) fn counted(self, count: impl TryInto<u64>, one: &str, other: &str) -> String {
        self.count(count.try_into().unwrap_or(u64::MAX), one, other)
    }

    /// The same, of words in both languages.
    pub(super) fn counted_in(
        self,
        count: impl TryInto<u64>,
        [one, other]: [&str; 2],
        chinese: &str,
    ) -> String {
        match self {
            Language::English => self.counted(count, one, other),
            Language::Chinese => self.counted(count, chinese, chinese),
        }
    }

    /// A number of any kind.
    pub(super) fn numbered(self, number: impl TryInto<u64>) -> String {
        self.number(number.try_into().unwrap_or(u64::MAX))
    }

    fn count(self, count: u64, one: &str, other: &str) -> String {
        let words = match self.form(count) {
            Form::One => one,
            Form::Other => other,
        };
        words.replacen('#', &self.number(count), 1)
    }

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
        let (count, unit) = match seconds {
            0..60 => (seconds, Unit::Second),
            60..3_600 => (seconds / 60, Unit::Minute),
            3_600..86_400 => (seconds / 3_600, Unit::Hour),
            _ => (seconds / 86_400, Unit::Day),
        };
        self.measure(count, unit)
    }
}

/// The time as machines read it, for `datetime`.
pub fn machine_time(wall: Millis) -> String {
    date(wall).to_iso_string().into()
}

struct Formats {
    time: Function,
    /// Within this year, and with its year.
    day: [Function; 2],
    short_day: [Function; 2],
    moment: Function,
    exact_time: Function,
    short_moment: Function,
}

impl Formats {
    fn of(language: Language) -> Formats {
        let locales = locales(language);
        let dates = |options: &[(&str, &str)]| {
            Intl::DateTimeFormat::new(&locales, &options_of(options)).format()
        };
        let year = ("year", "numeric");
        let day = [("weekday", "long"), ("month", "long"), ("day", "numeric"), year];
        let short_day = [("month", "short"), ("day", "numeric"), year];
        Formats {
            time: dates(&[("hour", "numeric"), ("minute", "2-digit")]),
            day: [dates(&day[..3]), dates(&day)],
            exact_time: dates(&[("hour", "numeric"), ("minute", "2-digit"), ("second", "2-digit")]),
            short_moment: dates(&[("dateStyle", "short"), ("timeStyle", "medium")]),
            short_day: [dates(&short_day[..2]), dates(&short_day)],
            moment: dates(&[("dateStyle", "full"), ("timeStyle", "medium")]),
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
        let spans = [0, 59_999, 60_000, 7_200_000, 200_000_000];
        assert_eq!(
            spans.map(|span| english.span(span)),
            ["0 sec", "59 sec", "1 min", "2 hr", "2 days"]
        );
        let chinese = spans.map(|span| Language::Chinese.span(span));
        assert_eq!(chinese, ["0秒", "59秒", "1分钟", "2小时", "2天"]);
    }

    #[test]
    fn what_is_counted_has_its_form_and_a_number_that_can_be_read() {
        let said = |count: usize| Language::English.counted(count, "# row", "# rows");
        let all = [0, 1, 2, 999, 1_000, 10_000, 1_234_567].map(said);
        let expected = ["0 rows", "1 row", "2 rows", "999 rows", "1,000 rows", "10,000 rows"];
        assert_eq!(all[..6], expected);
        assert_eq!(all[6], "1,234,567 rows");
        assert_eq!(Language::Chinese.counted(1_u64, "", "# 条"), "1 条", "it has one form");
        assert_eq!(Language::English.counted(1_u64, "Somebody", "# people"), "Somebody");
    }

    #[test]
    fn names_in_a_row_are_joined_as_the_language_does_it() {
        let names = ["Ana", "Ben", "Cem"].map(str::to_owned);
        let said = |language: Language, count: usize| language.list(&names[..count]);
        let english = [0, 1, 2, 3].map(|count| said(Language::English, count));
        assert_eq!(english, ["", "Ana", "Ana and Ben", "Ana, Ben, and Cem"]);
        let chinese = [1, 2, 3].map(|count| said(Language::Chinese, count));
        assert_eq!(chinese, ["Ana", "Ana和Ben", "Ana、Ben和Cem"]);
    }

    /// In Berlin clocks went forward in the night to 29 March 2026: that day had 23 hours.
    #[test]
    fn yesterday_is_the_calendar_day_before_also_where_that_has_other_hours() {
        const BEFORE: Millis = 1_774_738_800_000;
        const HOUR: Millis = 3_600_000;
        let winter = |hours: Millis| Day::at(BEFORE + hours * HOUR, -60);
        let summer = |hours: Millis| Day::at(BEFORE + hours * HOUR, -120);
        let (saturday, sunday) = (winter(0).0 - 1, winter(0).0);
        assert_eq!(
            (Day::at(BEFORE - 1, -60).0, winter(1).0, summer(22).0),
            (saturday, sunday, sunday)
        );
        // Half an hour into Monday: 24 hours before, it was still Saturday.
        let monday = Day::at(BEFORE + 23 * HOUR + HOUR / 2, -120);
        let day_before = Day::at(BEFORE + 23 * HOUR + HOUR / 2 - 24 * HOUR, -60);
        assert!(winter(0).is_before(monday) && summer(22).is_before(monday));
        assert_eq!(day_before, Day(saturday));
        assert!(!day_before.is_before(monday) && !monday.is_before(monday));
    }

    #[test]
    fn a_day_ends_at_midnight_of_the_clock_that_the_reader_has() {
        const HOUR: Millis = 3_600_000;
        assert_eq!(left_at(0, 0), 24 * HOUR);
        assert_eq!(left_at(24 * HOUR - 1, 0), 1);
        assert_eq!(left_at(0, -60), 23 * HOUR, "an hour ahead of UTC");
        assert_eq!(left_at(0, 480), 8 * HOUR, "eight hours behind it");
        let (now, offset) = (1_774_738_800_000, 345);
        let left = left_at(now, offset);
        assert_eq!(Day::at(now + left - 1, offset), Day::at(now, offset));
        assert!(Day::at(now, offset).is_before(Day::at(now + left, offset)));
    }
}
