//! What a name looks like: names that a person would take for the same are the same here.
//!
//! ```text
//!  "Ana", " ANA ", "Аnа" in Cyrillic letters, "Ａｎａ", "Ána", "A.na", "An\u{200b}a"  ─►  "ana"
//! ```
//! A warning follows from it and nothing else, so it may say too much. It says too little of
//! letters that only look alike in some fonts (`l` and `I`, `O` and `0`), and of scripts that are
//! not listed.

/// Letters that look like the one before them, or are that one with an accent.
const ALIKE: [(char, &str); 26] = [
    ('a', "àáâãäåāăąǎȧạảấầẩẫậắằẳẵặаαɑ"),
    ('b', "вβƀ"),
    ('c', "çćĉċčсϲ"),
    ('d', "ďđḍԁ"),
    ('e', "èéêëēĕėęěẹẻẽếềểễệеёε"),
    ('f', "ƒ"),
    ('g', "ĝğġģǧɡ"),
    ('h', "ĥħḥнһη"),
    ('i', "ìíîïĩīĭįıǐịỉіїι"),
    ('j', "ĵјϳ"),
    ('k', "ķкκ"),
    ('l', "ĺļľŀłӏ"),
    ('m', "мμ"),
    ('n', "ñńņňŉṇν"),
    ('o', "òóôõöøōŏőǒọỏốồổỗộơớờởỡợоοσ"),
    ('p', "рρ"),
    ('q', "ԛ"),
    ('r', "ŕŗř"),
    ('s', "śŝşšșṣѕ"),
    ('t', "ţťŧțтτ"),
    ('u', "ùúûüũūŭůűųǔụủưứừửữự"),
    ('v', "ѵ"),
    ('w', "ŵԝω"),
    ('x', "хχ"),
    ('y', "ýÿŷỳỵỷỹуүυ"),
    ('z', "źżžẓζ"),
];

/// What a name looks like; empty if it shows nothing.
#[must_use]
pub fn likeness(name: &str) -> String {
    let shown = name.chars().filter(|letter| !is_passed_over(*letter)).map(narrow);
    shown
        .flat_map(char::to_lowercase)
        .filter(|letter| !is_passed_over(*letter))
        .map(plain)
        .collect()
}

/// The letter that a person would read.
fn plain(letter: char) -> char {
    if letter.is_ascii() {
        return letter;
    }
    let alike = ALIKE.iter().find(|(_, others)| others.contains(letter));
    alike.map_or(letter, |(read, _)| *read)
}

/// Wide forms of ASCII are read as ASCII.
fn narrow(letter: char) -> char {
    match letter {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter),
        _ => letter,
    }
}

/// What is easily overlooked: spaces, marks of punctuation between or behind words, accents that
/// stand for themselves, and what shows nothing (Unicode's `Default_Ignorable_Code_Point`).
fn is_passed_over(letter: char) -> bool {
    letter.is_whitespace()
        || matches!(letter, '.' | ',' | '\'' | '`' | '-' | '_' | '’' | '‘' | '´' | '·' | '‐'..='―')
        || matches!(letter,
            '\u{ad}' | '\u{300}'..='\u{36f}' | '\u{61c}' | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_person_takes_for_the_same_are_the_same() {
        let of_ana = [
            "ana",
            " ANA",
            "A n a",
            "Аnа",
            "ΑΝΑ",
            "Ａｎａ",
            "Ána",
            "A\u{301}na",
            "Ana.",
            "An\u{200b}a",
        ];
        for name in of_ana {
            assert_eq!(likeness(name), "ana", "{name:?}");
        }
        assert_eq!(likeness("Иван"), likeness("ИВАН"));
        assert_eq!(likeness("花园"), likeness("花　园"));
        assert_eq!(likeness("İpek"), likeness("Ipek"));
    }

    #[test]
    fn other_names_differ_and_what_shows_nothing_is_no_name() {
        for (one, other) in [("Ana", "Anna"), ("Lisa", "Ilsa"), ("花园", "花"), ("Ben", "Ben 2")]
        {
            assert_ne!(likeness(one), likeness(other));
        }
        assert_eq!(likeness("\u{200b} \u{2060}"), "");
        assert_eq!(likeness("👩\u{200d}💻"), "👩💻");
    }

    #[test]
    fn a_letter_looks_like_one_other() {
        let mut listed: Vec<char> = ALIKE.iter().flat_map(|(_, others)| others.chars()).collect();
        let count = listed.len();
        listed.sort_unstable();
        listed.dedup();
        assert_eq!(listed.len(), count, "a letter stands in two places");
        assert!(listed.iter().all(|letter| letter.to_lowercase().eq([*letter])), "{listed:?}");
    }
}
