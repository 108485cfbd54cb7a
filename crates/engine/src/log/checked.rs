//! Records with a check over them: what a disk bends is found out, also where it still decodes.
//!
//! Runs and registers are signed, and drafts and notes are found to be wrong by what they name.
//! What is held, what others hold and what was decided is believed at every start: a bit that is
//! another one there would be a claim that nobody made.

use crate::crypto::hash::hash;

/// Bytes of a check.
const BYTES: usize = 8;

/// The record as it is stored under a key: with its check behind it.
#[must_use]
pub fn seal(key: &[u8], mut record: Vec<u8>) -> Vec<u8> {
    record.extend(check(key, &record));
    record
}

/// The record in a stored value, and true if its check was right. Older builds stored none: then
/// the whole value is the record, or else neither of both was stored.
#[must_use]
pub fn open<'a>(key: &[u8], value: &'a [u8]) -> (&'a [u8], bool) {
    match value.split_last_chunk() {
        Some((record, sum)) if *sum == check(key, record) => (record, true),
        Some(_) | None => (value, false),
    }
}

fn check(key: &[u8], record: &[u8]) -> [u8; BYTES] {
    let sum = hash("confab/1/record-check", &[key, record]);
    std::array::from_fn(|place| sum[place])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whichever_byte_is_another_the_check_is_wrong() {
        let mut value = seal(b"key", vec![1, 2, 3]);
        assert_eq!(open(b"key", &value), (&[1, 2, 3][..], true));
        assert!(!open(b"yek", &value).1);
        for place in 0..value.len() {
            value[place] ^= 1;
            assert!(!open(b"key", &value).1, "byte {place}");
            value[place] ^= 1;
        }
        for old in [&[][..], &[1, 2, 3], &[0; 20]] {
            assert_eq!(open(b"key", old), (old, false));
        }
    }
}
