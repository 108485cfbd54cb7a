//! Text that shows nothing: whoever got it would see an empty line.

/// True if there is nothing but spaces and characters without a width or a look of their own.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|letter| letter.is_whitespace() || is_ignorable(letter))
}

/// Unicode's `Default_Ignorable_Code_Point` (DerivedCoreProperties).
fn is_ignorable(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_nothing_is_blank_and_what_is_joined_by_it_is_not() {
        for text in ["", " \n\u{3000}", "\u{200b}", "\u{feff}", "\u{2060}\u{200d} \u{200b}"] {
            assert!(is_blank(text), "{text:?}");
        }
        for text in ["a", "\u{200b}三", "👩\u{200d}💻", "❤\u{fe0f}", "."] {
            assert!(!is_blank(text), "{text:?}");
        }
    }
}
