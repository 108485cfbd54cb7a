//! Hashes, derived keys and MACs: BLAKE3 in its three modes, over parts that cannot be confused.
//!
//! Every part goes in behind its length (8 bytes, big-endian), so that no two lists of parts are
//! the same input; the context keeps two purposes apart. A context is a constant of the code.

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// The hash of these parts for this purpose.
#[must_use]
pub fn hash(context: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key(context);
    absorb(&mut hasher, parts);
    hasher.finalize().into()
}

/// A key for this purpose, from parts of which one is secret. Gone from memory when dropped.
#[must_use]
pub fn derive_key(context: &str, parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut hasher = blake3::Hasher::new_derive_key(context);
    absorb(&mut hasher, parts);
    let mut key = Zeroizing::new([0; 32]);
    hasher.finalize_xof().fill(&mut *key);
    hasher.zeroize();
    key
}

/// The MAC of these parts for this purpose under a key.
#[must_use]
pub fn mac(key: &[u8; 32], context: &str, parts: &[&[u8]]) -> [u8; 32] {
    keyed(key, context, parts).into()
}

/// True if `tag` is the MAC of these parts; takes as long whatever the tag is.
#[must_use]
pub fn mac_matches(key: &[u8; 32], context: &str, parts: &[&[u8]], tag: &[u8; 32]) -> bool {
    keyed(key, context, parts).as_bytes().ct_eq(tag).into()
}

fn keyed(key: &[u8; 32], context: &str, parts: &[&[u8]]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new_keyed(key);
    absorb(&mut hasher, &[context.as_bytes()]);
    absorb(&mut hasher, parts);
    let hash = hasher.finalize();
    hasher.zeroize();
    hash
}

fn absorb(hasher: &mut blake3::Hasher, parts: &[&[u8]]) {
    for part in parts {
        hasher.update(&length(part));
        hasher.update(part);
    }
}

/// What stands before a part: its length, the same on 32 and 64 bit machines.
pub(super) fn length(part: &[u8]) -> [u8; 8] {
    u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cannot_be_moved_across_their_borders() {
        let whole = hash("test", &[b"ab", b"c"]);
        assert_ne!(whole, hash("test", &[b"a", b"bc"]));
        assert_ne!(whole, hash("test", &[b"abc"]));
        assert_ne!(whole, hash("test", &[b"ab", b"c", b""]));
        assert_ne!(whole, hash("other", &[b"ab", b"c"]));
    }

    #[test]
    fn a_mac_is_bound_to_its_key_purpose_and_parts() {
        let tag = mac(&[1; 32], "test", &[b"ab"]);
        assert!(mac_matches(&[1; 32], "test", &[b"ab"], &tag));
        assert!(!mac_matches(&[2; 32], "test", &[b"ab"], &tag));
        assert!(!mac_matches(&[1; 32], "other", &[b"ab"], &tag));
        assert!(!mac_matches(&[1; 32], "test", &[b"ac"], &tag));
        let mut wrong = tag;
        wrong[31] ^= 1;
        assert!(!mac_matches(&[1; 32], "test", &[b"ab"], &wrong));
    }

    #[test]
    fn a_hash_is_blake3_with_the_parts_behind_their_lengths() {
        let mut input = Vec::new();
        for part in [&b"ab"[..], b"c"] {
            input.extend_from_slice(&(part.len() as u64).to_be_bytes());
            input.extend_from_slice(part);
        }
        assert_eq!(hash("test", &[b"ab", b"c"]), blake3::derive_key("test", &input));
        assert_eq!(*derive_key("test", &[b"ab", b"c"]), hash("test", &[b"ab", b"c"]));
    }
}
