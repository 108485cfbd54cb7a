//! Text that shows nothing: whoever got it would see an empty line.

use browser::letters::is_ignorable;

/// True if there is nothing but spaces and characters without a width or a look of their own.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|letter| letter.is_whitespace() || is_ignorable(letter))
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
