//! Numbers, forms, units and lists, by `Intl`.

use std::cell::OnceCell;

use js_sys::{Array, Function, Intl};
use wasm_bindgen::JsValue;

use super::{Form, Unit, float, locales, options_of, write};
use crate::text::Language;

/// Units by their names in `Intl`, in their order.
const UNITS: [&str; 4] = ["second", "minute", "hour", "day"];

struct Numbers {
    number: Function,
    units: [Function; UNITS.len()],
    forms: Intl::PluralRules,
    list: Intl::ListFormat,
}

impl Numbers {
    fn of(language: Language) -> Numbers {
        let locales = locales(language);
        let number = |options: &[(&str, &str)]| {
            Intl::NumberFormat::new(&locales, &options_of(options)).format()
        };
        let unit = |unit| number(&[("style", "unit"), ("unit", unit), ("unitDisplay", "short")]);
        Numbers {
            number: number(&[]),
            units: UNITS.map(unit),
            forms: Intl::PluralRules::new(&locales, &options_of(&[])),
            list: Intl::ListFormat::new(&locales, &options_of(&[])),
        }
    }
}

impl Language {
    /// A number.
    pub fn number(self, number: u64) -> String {
        self.with_numbers(|numbers| write(&numbers.number, &JsValue::from_f64(float(number))))
    }

    /// Several names or things in a row.
    pub fn list(self, parts: &[String]) -> String {
        let parts: Array = parts.iter().map(|part| JsValue::from_str(part)).collect();
        self.with_numbers(|numbers| numbers.list.format(&parts).into())
    }

    pub(super) fn form(self, count: u64) -> Form {
        let form = self.with_numbers(|numbers| numbers.forms.select(float(count)));
        if form == "one" { Form::One } else { Form::Other }
    }

    pub(super) fn measure(self, count: u64, unit: Unit) -> String {
        let count = JsValue::from_f64(float(count));
        self.with_numbers(|numbers| write(&numbers.units[unit as usize], &count))
    }

    fn with_numbers<T>(self, write: impl FnOnce(&Numbers) -> T) -> T {
        thread_local! {
            static ENGLISH: OnceCell<Numbers> = const { OnceCell::new() };
            static CHINESE: OnceCell<Numbers> = const { OnceCell::new() };
        }
        let numbers = match self {
            Language::English => &ENGLISH,
            Language::Chinese => &CHINESE,
        };
        numbers.with(|numbers| write(numbers.get_or_init(|| Numbers::of(self))))
    }
}
