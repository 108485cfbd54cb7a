//! Drafts as text, for what a page keeps beside its memory: handed over, and not known to be
//! stored.
//!
//! Only the build that wrote it reads it again: anything else is nothing.

use engine::Draft;

/// Drafts as text.
#[must_use]
pub fn pack_drafts(drafts: &[Draft]) -> String {
    digits(&postcard::to_allocvec(drafts).unwrap_or_default())
}

/// Bytes as text: two digits each.
pub(crate) fn digits(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Bytes from text; nothing if it is damaged.
pub(crate) fn undigit(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    let pair = |pair: &[u8]| (pair.len() == 2).then(|| String::from_utf8(pair.to_vec()).ok());
    digits.map(|digits| u8::from_str_radix(&pair(digits)??, 16).ok()).collect()
}

/// Drafts from text; nothing if it is damaged.
#[must_use]
pub fn unpack_drafts(text: &str) -> Option<Vec<Draft>> {
    postcard::from_bytes(&undigit(text)?).ok().filter(|drafts: &Vec<Draft>| !drafts.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::{DraftId, Priority, Terms, When};

    #[test]
    fn drafts_come_back_with_all_their_terms_and_damage_is_nothing() {
        let terms = Terms { expires_after: Some(60_000), when: When::At(7), ..Terms::default() };
        let draft = |n: u8| Draft::new(DraftId([n; 16]), "two words\n三", Priority::Low).on(terms);
        let drafts = [draft(1), draft(2)];
        let text = pack_drafts(&drafts);
        assert_eq!(unpack_drafts(&text), Some(drafts.to_vec()));
        for damaged in ["", "zz", "0", &text[1..], &text[..text.len() - 2], "三"] {
            assert_eq!(unpack_drafts(damaged), None, "{damaged}");
        }
    }
}
