//! What is wrong with a name: that there is none, that it is too long, or that it is not one line.
//!
//! Limits are bytes; people are told how many letters those are.

use browser::letters::has_odd;
use browser::limits;

use super::Wording;
use crate::text::{Language, is_blank};

/// How many bytes a Chinese character takes.
const CHINESE_BYTES: u64 = 3;

/// What is wrong with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameFault {
    /// There is none, or nothing of it can be seen.
    Missing,
    /// It takes more than [`limits::NAME_BYTES`].
    Long,
    /// It has characters that are no letters, such as the end of a line, or that would turn, hide
    /// or pile up others.
    Strange,
}

impl NameFault {
    /// What is wrong with this name, if anything; the engine has the last say.
    pub fn of(name: &str) -> Option<NameFault> {
        match name {
            _ if name.len() > limits::NAME_BYTES => Some(NameFault::Long),
            _ if name.chars().any(char::is_control) => Some(NameFault::Strange),
            _ if is_blank(name) => Some(NameFault::Missing),
            _ if has_odd(name) => Some(NameFault::Strange),
            _ => None,
        }
    }
}

impl Language {
    /// What is wrong with a name, in a sentence.
    pub fn name_fault(self, fault: NameFault) -> String {
        let letters = u64::try_from(limits::NAME_BYTES).unwrap_or(u64::MAX);
        let characters = letters / CHINESE_BYTES;
        match fault {
            NameFault::Missing => self.pick("A name is missing.", "还没有填名字。"),
            NameFault::Long => self.pick(
                format!(
                    "This name is too long: at most {letters} letters of English, or {characters} \
                     Chinese characters."
                ),
                format!("名字太长：最多 {characters} 个汉字，或 {letters} 个英文字母。"),
            ),
            NameFault::Strange => self.pick(
                "A name is one line of letters; here is something else in it. Type it anew.",
                "名字只能是一行文字，其中有别的字符。请重新输入。",
            ),
        }
    }

    /// The engine has refused a name.
    pub(super) fn refused_name(self, letters: u64) -> Wording {
        let characters = letters / CHINESE_BYTES;
        self.say(
            "The name was not taken: it is missing, too long, or not one line of letters.",
            format!(
                "Choose another of at most {letters} letters of English, or {characters} Chinese \
                 characters."
            ),
            "名字没有被接受：没有填、太长，或者不是一行文字。",
            format!("请换一个名字：最多 {characters} 个汉字，或 {letters} 个英文字母。"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_something_that_can_be_seen() {
        let long = "x".repeat(limits::NAME_BYTES + 1);
        let faults = [
            ("", NameFault::Missing),
            ("\u{200b}\u{feff}", NameFault::Missing),
            ("a\nb", NameFault::Strange),
            ("An\u{200b}a", NameFault::Strange),
            ("\u{202e}anA", NameFault::Strange),
            ("A\u{301}\u{301}\u{301}\u{301}\u{301}na", NameFault::Strange),
            (&long, NameFault::Long),
        ];
        for (name, fault) in faults {
            assert_eq!(NameFault::of(name), Some(fault), "{name:?}");
        }
        for name in ["Ana", "三", "Việt", "👩\u{200d}💻", &long[1..]] {
            assert_eq!(NameFault::of(name), None, "{name:?}");
        }
    }

    #[test]
    fn as_many_letters_as_people_are_told_are_a_name_and_one_more_is_not() {
        for letter in ["x", "三"] {
            let most = limits::NAME_BYTES / letter.len();
            for language in Language::ALL {
                assert!(language.name_fault(NameFault::Long).contains(&most.to_string()));
            }
            assert_eq!(NameFault::of(&letter.repeat(most)), None);
            assert_eq!(NameFault::of(&letter.repeat(most + 1)), Some(NameFault::Long));
        }
    }
}
