//! Words and keys that are nowhere else, and the search for them in bytes.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use std::collections::BTreeSet;

/// What must not be found, in each way in which it is written.
pub struct Canaries {
    names: Vec<&'static str>,
    /// Of which canary, and the bytes.
    ways: Vec<(usize, Vec<u8>)>,
    /// Which ways begin with a byte.
    beginning: [Vec<usize>; 256],
}

impl Canaries {
    /// These, with their names, as bytes, as wide text, in hexadecimal, in an address, and in
    /// base64, wherever they begin in it.
    pub fn new<'a>(all: impl IntoIterator<Item = (&'static str, &'a [u8])>) -> Canaries {
        let (mut names, mut ways) = (Vec::new(), Vec::new());
        for (name, canary) in all {
            let number = names.len();
            names.push(name);
            ways.extend(spelled(canary).into_iter().map(|way| (number, way)));
        }
        let mut beginning = [const { Vec::new() }; 256];
        for (place, (_, way)) in ways.iter().enumerate() {
            if let Some(first) = way.first() {
                beginning[usize::from(*first)].push(place);
            }
        }
        Canaries { names, ways, beginning }
    }

    /// The names of those that are in these bytes.
    pub fn within(&self, bytes: &[u8]) -> BTreeSet<&'static str> {
        let mut found = BTreeSet::new();
        for (at, byte) in bytes.iter().enumerate() {
            for place in &self.beginning[usize::from(*byte)] {
                let (number, way) = &self.ways[*place];
                if bytes[at..].starts_with(way) {
                    found.insert(self.names[*number]);
                }
            }
        }
        found
    }
}

fn spelled(canary: &[u8]) -> BTreeSet<Vec<u8>> {
    let wide = canary.iter().flat_map(|byte| [*byte, 0]).collect();
    let hex = HEXLOWER.encode(canary).into_bytes();
    let escaped = String::from_utf8_lossy(canary).replace(' ', "%20").into_bytes();
    // What stands before it shifts it, and what is next to it shares a character with it.
    let within = (0..3).map(|before| {
        let text = BASE64URL_NOPAD.encode(&[&vec![0; before], canary].concat());
        let whole = (8 * before).div_ceil(6)..(8 * (before + canary.len())) / 6;
        text.as_bytes()[whole].to_vec()
    });
    let ways = [canary.to_vec(), wide, hex, escaped];
    ways.into_iter().chain(within).collect()
}

#[test]
fn a_canary_is_found_however_it_is_written_and_wherever_it_stands() {
    let canaries = Canaries::new([("walrus", &b"a walrus"[..]), ("other", &b"elsewhere"[..])]);
    let base64 = |before: &str| BASE64URL_NOPAD.encode(format!("{before}a walrus!").as_bytes());
    for text in ["..a walrus..", "a%20walrus", "612077616c727573", "a\0 \0w\0a\0l\0r\0u\0s\0"]
        .map(str::to_owned)
        .into_iter()
        .chain(["", "x", "xx", "xxx"].map(base64))
    {
        assert_eq!(canaries.within(text.as_bytes()), BTreeSet::from(["walrus"]), "{text}");
    }
    assert!(canaries.within(b"a walru").is_empty());
}
