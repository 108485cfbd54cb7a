//! Every word that a person reads, in every language that the page speaks.
//!
//! Fixed words are fields of [`Words`], one static a language, so that none can be forgotten;
//! the wording of every error is in `text/causes.rs`. Numbers and times are written by `Intl`.

mod blank;
mod causes;
mod chinese;
pub mod connections;
mod decided;
mod english;
mod everyday;
mod formats;
pub mod lab;
mod searching;
mod space;
mod states;
mod words;

pub use blank::is_blank;
pub use causes::{NameFault, Wording};
pub use everyday::{Keys, choice};
pub use formats::{Day, left_of_day, machine_time};
pub use states::{called, names};
pub use words::Words;

/// A language that the page speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English, and whatever is not among the others.
    #[default]
    English,
    /// Chinese, in simplified characters.
    Chinese,
}

impl Language {
    /// All of them.
    pub const ALL: [Language; 2] = [Language::English, Language::Chinese];

    /// The language that fits a language tag (BCP 47) best.
    pub fn of(tag: &str) -> Language {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        match primary.eq_ignore_ascii_case("zh") {
            true => Language::Chinese,
            false => Language::English,
        }
    }

    /// Its own tag, for `lang` and for `Intl`.
    pub fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Chinese => "zh-Hans",
        }
    }

    /// Its own name for itself.
    pub fn name(self) -> &'static str {
        match self {
            Language::English => "English",
            Language::Chinese => "中文",
        }
    }

    /// Its fixed words.
    pub fn words(self) -> &'static Words {
        match self {
            Language::English => &english::ENGLISH,
            Language::Chinese => &chinese::CHINESE,
        }
    }

    /// One of two wordings.
    fn pick(self, english: impl Into<String>, chinese: impl Into<String>) -> String {
        match self {
            Language::English => english.into(),
            Language::Chinese => chinese.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_gets_its_language_or_english() {
        for tag in ["zh", "zh-CN", "zh-Hant-TW", "ZH-cn", "zh_SG"] {
            assert_eq!(Language::of(tag), Language::Chinese, "{tag}");
        }
        for tag in ["en-US", "de", "", "zhx"] {
            assert_eq!(Language::of(tag), Language::English, "{tag}");
        }
    }

    #[test]
    fn a_person_is_addressed_in_one_way_in_chinese() {
        let mut folders =
            vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/text"))];
        let mut files = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                files += 1;
                let words = std::fs::read_to_string(&path).unwrap();
                assert!(!words.contains('\u{60a8}'), "the polite form in {}", path.display());
            }
        }
        assert!(files > 20, "{files}");
    }

    #[test]
    fn a_language_finds_itself_by_its_tag() {
        for language in Language::ALL {
            assert_eq!(Language::of(language.tag()), language);
        }
    }
}
