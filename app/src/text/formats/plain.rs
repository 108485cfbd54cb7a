//! Numbers, forms, units and lists where there is no browser: what `Intl` says in the same cases,
//! by the plain rules of both languages. No page is built with it.

use super::{Form, Unit};
use crate::text::Language;

impl Language {
    /// A number.
    pub fn number(self, number: u64) -> String {
        match number {
            0..1_000 => number.to_string(),
            _ => format!("{},{:03}", self.number(number / 1_000), number % 1_000),
        }
    }

    /// Several names or things in a row.
    pub fn list(self, parts: &[String]) -> String {
        let (comma, and) = match (self, parts.len()) {
            (Language::English, 2) => ("", " and "),
            (Language::English, _) => (", ", ", and "),
            (Language::Chinese, _) => ("、", "和"),
        };
        match parts {
            [] => String::new(),
            [one] => one.clone(),
            [first @ .., last] => format!("{}{and}{last}", first.join(comma)),
        }
    }

    pub(super) fn form(self, count: u64) -> Form {
        match (self, count) {
            (Language::English, 1) => Form::One,
            (Language::English | Language::Chinese, _) => Form::Other,
        }
    }

    pub(super) fn measure(self, count: u64, unit: Unit) -> String {
        let (one, other, chinese) = match unit {
            Unit::Second => ("# sec", "# sec", "#秒"),
            Unit::Minute => ("# min", "# min", "#分钟"),
            Unit::Hour => ("# hr", "# hr", "#小时"),
            Unit::Day => ("# day", "# days", "#天"),
        };
        match self {
            Language::English => self.counted(count, one, other),
            Language::Chinese => self.counted(count, "", chinese),
        }
    }
}
