//! Names of hosts: which are plain, and what they are in ASCII (RFC 3492, RFC 5891).
//!
//! Letters beyond ASCII are taken from scripts of which browsers change none. A label of one script
//! is shown as it stands, unless all its letters look like Latin ones.

/// The longest label and the longest name, in bytes of ASCII (RFC 1035, section 2.3.4).
const LABEL: usize = 63;
const NAME: usize = 253;

/// Letters of other scripts that are taken for Latin ones.
const ALIKE: &str = "асԁеһіјӏорԛѕԝхуьѵгпαγηικνορτυχω";

/// A script; those that are written together are one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Greek,
    Cyrillic,
    Hebrew,
    Arabic,
    Devanagari,
    Thai,
    EastAsian,
}

/// A name in ASCII, and whether it may be shown as it was written; none if it is not plain.
pub fn read(name: &str) -> Option<(String, bool)> {
    let mut plain = true;
    let mut labels = Vec::new();
    for label in name.split('.') {
        let (ascii, fits) = self::label(label)?;
        plain &= fits;
        labels.push(ascii);
    }
    let ascii = labels.join(".");
    let fits = ascii.len() <= NAME && is_no_odd_number(&labels);
    fits.then_some((ascii, plain))
}

/// Browsers read numbers in many notations as an address of four numbers: one is plain.
fn is_no_odd_number(labels: &[String]) -> bool {
    let Some(last) = labels.last() else { return false };
    let number = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
    let usual = |label: &String| label.parse::<u8>().is_ok_and(|it| it.to_string() == *label);
    !number || labels.len() == 4 && labels.iter().all(usual)
}

fn label(label: &str) -> Option<(String, bool)> {
    let label = label.chars().map(|letter| letter.to_ascii_lowercase()).collect::<String>();
    let edge = label.starts_with('-') || label.ends_with('-');
    if label.is_empty() || edge {
        return None;
    }
    let mut scripts = Vec::new();
    for letter in label.chars() {
        if let Some(script) = script(letter)? {
            scripts.push(script);
        }
    }
    if label.is_ascii() {
        return (label.len() <= LABEL).then_some((label, true));
    }
    let one = scripts.windows(2).all(|pair| matches!(pair, [first, second] if first == second));
    // A mark that stands first would be drawn on the dot before it.
    let begins = label.chars().next().is_some_and(char::is_alphanumeric);
    let alike = label.chars().all(|letter| letter.is_ascii() || ALIKE.contains(letter));
    let ascii = format!("xn--{}", encode(&label)?);
    (begins && ascii.len() <= LABEL).then_some((ascii, one && !alike))
}

/// The script of a letter; of digits and signs, which go with all, there is none. Not at all of
/// what has no place in a name.
fn script(letter: char) -> Option<Option<Script>> {
    let script = match letter {
        '0'..='9' | '-' | '_' => return Some(None),
        'a'..='z' => Script::Latin,
        // Without the sharp s and the letters that browsers take apart.
        '\u{e0}'..='\u{f6}' | '\u{f8}'..='\u{17e}' if is_small(letter) => Script::Latin,
        '\u{3ac}'..='\u{3c1}' | '\u{3c3}'..='\u{3ce}' => Script::Greek,
        '\u{430}'..='\u{45f}' | '\u{461}'..='\u{52f}' if is_small(letter) => Script::Cyrillic,
        '\u{5d0}'..='\u{5ea}' => Script::Hebrew,
        '\u{620}'..='\u{63f}' | '\u{641}'..='\u{64a}' => Script::Arabic,
        '\u{904}'..='\u{939}' | '\u{93e}'..='\u{94d}' => Script::Devanagari,
        '\u{e01}'..='\u{e32}' | '\u{e34}'..='\u{e3a}' | '\u{e40}'..='\u{e4e}' => Script::Thai,
        '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{30fc}' => Script::EastAsian,
        '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' => Script::EastAsian,
        '\u{ac00}'..='\u{d7a3}' => Script::EastAsian,
        _ => return None,
    };
    Some(Some(script))
}

fn is_small(letter: char) -> bool {
    letter.is_lowercase() && !matches!(letter, '\u{df}' | '\u{133}' | '\u{140}' | '\u{149}')
}

/// Punycode (RFC 3492, section 6.3); none if it would overflow.
fn encode(label: &str) -> Option<String> {
    const BASE: u32 = 36;
    let letters: Vec<u32> = label.chars().map(u32::from).collect();
    let mut ascii: String = label.chars().filter(char::is_ascii).collect();
    let basic = u32::try_from(ascii.len()).ok()?;
    if basic > 0 {
        ascii.push('-');
    }
    let (mut next, mut delta, mut bias, mut done) = (128_u32, 0_u32, 72_u32, basic);
    while usize::try_from(done).ok()? < letters.len() {
        let least = letters.iter().copied().filter(|letter| *letter >= next).min()?;
        delta = delta.checked_add((least - next).checked_mul(done + 1)?)?;
        next = least;
        for letter in letters.iter().copied() {
            if letter < next {
                delta = delta.checked_add(1)?;
            }
            if letter != next {
                continue;
            }
            let mut rest = delta;
            let mut step = BASE;
            loop {
                let threshold = step.saturating_sub(bias).clamp(1, 26);
                if rest < threshold {
                    break;
                }
                ascii.push(digit(threshold + (rest - threshold) % (BASE - threshold))?);
                rest = (rest - threshold) / (BASE - threshold);
                step += BASE;
            }
            ascii.push(digit(rest)?);
            bias = adapt(delta, done + 1, done == basic);
            delta = 0;
            done += 1;
        }
        delta = delta.checked_add(1)?;
        next += 1;
    }
    Some(ascii)
}

fn digit(value: u32) -> Option<char> {
    match value.checked_sub(26) {
        None => char::from_u32(u32::from('a') + value),
        Some(number) => char::from_digit(number, 10),
    }
}

fn adapt(delta: u32, count: u32, first: bool) -> u32 {
    let mut delta = if first { delta / 700 } else { delta / 2 };
    delta += delta / count;
    let mut steps = 0;
    while delta > 455 {
        delta /= 35;
        steps += 36;
    }
    steps + 36 * delta / (delta + 38)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples of RFC 3492, section 7.1, in small letters, and names that are in use.
    #[test]
    fn punycode_is_that_of_the_standard() {
        for (label, ascii) in [
            ("ليهمابتكلموشعربي؟", "egbpdaj6bu4bxfgehfvwxn"),
            ("他们为什么不说中文", "ihqwcrb4cv8a8dqg056pqjye"),
            ("他們爲什麽不說中文", "ihqwctvzc91f659drss3x8bo0yb"),
            ("почемужеонинеговорятпорусски", "b1abfaaepdrnnbgefbadotcwatmq2g4l"),
            ("そのスピードで", "d9juau41awczczp"),
            ("パフィーdeルンバ", "de-jg4avhby1noc0d"),
            ("bücher", "bcher-kva"),
            ("münchen", "mnchen-3ya"),
        ] {
            assert_eq!(encode(label).as_deref(), Some(ascii), "{label}");
        }
    }

    #[test]
    fn labels_of_mixed_scripts_or_that_look_latin_are_not_shown_as_they_stand() {
        for (name, plain) in [
            ("münchen.de", true),
            ("пример.рф", true),
            ("日本語テスト.jp", true),
            ("한국.kr", true),
            ("שלום.co.il", true),
            ("pаypal.com", false),
            ("ѕсоре.com", false),
            ("gооgle.com", false),
            ("abc中文.com", false),
        ] {
            assert_eq!(read(name).map(|(_, plain)| plain), Some(plain), "{name}");
        }
        for name in
            ["straße.de", "İ.com", "a\u{301}.com", "ς.gr", "ƽ.com", "", "a.", &"x".repeat(64)]
        {
            assert_eq!(read(name), None, "{name}");
        }
    }
}
