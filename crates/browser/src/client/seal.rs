//! Seals what a page keeps beside the store, as text: what stands in a composer, names, what was
//! handed over and is not known to be stored.
//!
//! The key follows from the device's, so it is here only while that is: a page that is locked reads
//! nothing of it. Where a text is kept is bound in, so that none can be put elsewhere.

use engine::crypto::seal;
use engine::room::vault::{DeviceKey, seal_at};
use zeroize::Zeroizing;

use super::kept::{digits, undigit};
use crate::random;

/// See the module.
#[derive(Clone, PartialEq, Eq)]
pub struct Seal {
    key: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal")
    }
}

impl Seal {
    /// The seal of a device's pages.
    pub(crate) fn of(key: &DeviceKey) -> Seal {
        Seal { key: key.page_key() }
    }

    /// A text, sealed for a place; nothing if the browser gives no random numbers.
    #[must_use]
    pub fn close(&self, place: &str, text: &str) -> Option<String> {
        let fresh = random::bytes().ok()?;
        Some(digits(&seal_at(&self.key, place.as_bytes(), text.as_bytes(), fresh)))
    }

    /// The text again; nothing if it was sealed for another place, by another device, or changed.
    #[must_use]
    pub fn open(&self, place: &str, sealed: &str) -> Option<String> {
        let opened = seal::open(&self.key, place.as_bytes(), &undigit(sealed)?).ok()?;
        String::from_utf8(opened).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::crypto::random::Random;

    #[test]
    fn a_text_opens_at_its_place_with_its_key_and_shows_nothing() {
        let seal = |n| Seal::of(&DeviceKey::draw(&mut Random::new([n; 32])));
        let sealed = seal(1).close("a place", "half a thought 三").unwrap();
        assert!(sealed.is_ascii() && !sealed.contains("thought"));
        assert_eq!(seal(1).open("a place", &sealed).as_deref(), Some("half a thought 三"));
        assert_eq!(seal(1).open("elsewhere", &sealed), None);
        assert_eq!(seal(2).open("a place", &sealed), None);
        for damaged in ["", "zz", &sealed[1..], &sealed[2..], "三"] {
            assert_eq!(seal(1).open("a place", damaged), None, "{damaged}");
        }
    }
}
