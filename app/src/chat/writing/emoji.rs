//! The table of emoji: a file that the page fetches when somebody wants one, read as it is. What is
//! no line of such a table is left out; without any line it is no table.

/// Letters of a table that is taken.
const MOST: usize = 512 * 1024;
/// Lines of a table that are taken.
const LINES: usize = 5_000;

/// Those that are put on messages most, with their names: a row of the picker, also without a
/// table.
pub const QUICK: [(&str, &str); 8] = [
    ("👍", "thumbs up"),
    ("❤️", "red heart"),
    ("😂", "face with tears of joy"),
    ("🎉", "party popper"),
    ("😮", "face with open mouth"),
    ("😢", "crying face"),
    ("🙏", "folded hands"),
    ("👀", "eyes"),
];

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emoji {
    /// Itself.
    pub glyph: String,
    /// Its name, in English.
    pub name: String,
    /// Its shortcodes, if it has any.
    pub codes: Vec<String>,
}

impl Emoji {
    /// What is typed for it between colons; its name, if nothing is.
    pub fn code(&self) -> &str {
        self.codes.first().unwrap_or(&self.name)
    }
}

/// All of them, by groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Emojis {
    groups: Vec<Vec<Emoji>>,
}

impl Emojis {
    /// Reads the file.
    pub fn parse(text: &str) -> Option<Emojis> {
        let text = Some(text).filter(|text| text.len() <= MOST)?;
        let mut groups: Vec<Vec<Emoji>> = Vec::new();
        for line in text.lines().take(LINES) {
            if line == "=" {
                groups.push(Vec::new());
            } else if let (Some(group), Some(emoji)) = (groups.last_mut(), emoji(line)) {
                group.push(emoji);
            }
        }
        groups.retain(|group| !group.is_empty());
        (!groups.is_empty()).then_some(Emojis { groups })
    }

    /// Those of one group.
    pub fn group(&self, place: usize) -> &[Emoji] {
        self.groups.get(place).map(Vec::as_slice).unwrap_or_default()
    }

    /// The one of just this shortcode.
    pub fn of_code(&self, code: &str) -> Option<&Emoji> {
        let code = code.to_lowercase();
        self.groups.iter().flatten().find(|emoji| emoji.codes.contains(&code))
    }

    /// The likeliest that are meant by a part of a shortcode or of a name, at most so many.
    pub fn find(&self, typed: &str, most: usize) -> Vec<&Emoji> {
        let typed = typed.trim().to_lowercase();
        let words = typed.replace('_', " ");
        let rank = |emoji: &Emoji| {
            let codes = || emoji.codes.iter();
            [
                codes().any(|code| *code == typed),
                codes().any(|code| code.starts_with(&typed)),
                emoji.name.starts_with(&words),
                codes().any(|code| code.contains(&typed)) || emoji.name.contains(&words),
            ]
            .into_iter()
            .position(|fits| fits)
        };
        // A pass a rank: that is little for what is typed, and little to download.
        let of_rank = |wanted: usize| {
            let all = self.groups.iter().flatten();
            all.filter(move |emoji| rank(emoji) == Some(wanted))
        };
        (0..4).flat_map(of_rank).take(most).collect()
    }
}

fn emoji(line: &str) -> Option<Emoji> {
    let mut parts = line.split('\t');
    let (glyph, name, codes) = (parts.next()?, parts.next()?, parts.next()?);
    let fits = parts.next().is_none() && !glyph.is_empty() && !name.is_empty();
    fits.then(|| Emoji {
        glyph: glyph.to_owned(),
        name: name.to_owned(),
        codes: codes.split_whitespace().map(str::to_owned).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The file as it is shipped.
    const TABLE: &str = include_str!("../../../emoji.txt");

    #[test]
    fn every_line_of_the_table_that_is_shipped_is_read() {
        let emojis = Emojis::parse(TABLE).expect("a table");
        assert_eq!(emojis.groups.len(), 9);
        let all: usize = (0..9).map(|group| emojis.group(group).len()).sum();
        assert_eq!(all, TABLE.lines().filter(|line| *line != "=").count());
        assert!(emojis.group(9).is_empty());
    }

    #[test]
    fn each_can_be_put_on_a_message_and_the_quick_ones_have_the_names_of_the_table() {
        let emojis = Emojis::parse(TABLE).expect("a table");
        let mut all = emojis.groups.iter().flatten();
        assert!(all.all(|emoji| emoji.glyph.len() <= browser::limits::REACTION_BYTES));
        for (glyph, name) in QUICK {
            let mut all = emojis.groups.iter().flatten();
            assert!(all.any(|emoji| emoji.glyph == glyph && emoji.name == name), "{name}");
        }
    }

    #[test]
    fn the_one_that_is_meant_comes_first() {
        let emojis = Emojis::parse(TABLE).expect("a table");
        let first = |typed| emojis.find(typed, 8).first().map(|emoji| emoji.glyph.as_str());
        assert_eq!(first("tada"), Some("🎉"));
        assert_eq!((first("+1"), first("thumbsup")), (Some("👍"), Some("👍")));
        assert_eq!(first("HEART_EYES"), Some("😍"));
        assert_eq!(first("red heart"), Some("❤️"));
        assert_eq!(first("no such thing"), None);
        assert_eq!(emojis.find("a", 8).len(), 8);
    }

    #[test]
    fn a_whole_shortcode_is_of_one_and_a_part_of_none() {
        let emojis = Emojis::parse(TABLE).expect("a table");
        let of = |code| emojis.of_code(code).map(|emoji| emoji.glyph.as_str());
        assert_eq!((of("tada"), of("TADA"), of("+1")), (Some("🎉"), Some("🎉"), Some("👍")));
        assert_eq!((of("tad"), of("party popper"), of("")), (None, None, None));
    }

    #[test]
    fn what_is_no_table_is_taken_for_none_and_a_line_that_is_none_for_nothing() {
        for text in ["", "<!doctype html>\n<html></html>", "😀\tname\tcode\n", "=\n=\n"] {
            assert_eq!(Emojis::parse(text), None, "{text:?}");
        }
        let some = Emojis::parse("=\nnonsense\n😀\tgrinning face\t\n\tx\ty\n").expect("one line");
        assert_eq!(some.group(0).len(), 1);
        assert_eq!(some.group(0)[0].code(), "grinning face");
        assert_eq!(Emojis::parse(&"x".repeat(MOST + 1)), None);
    }
}
