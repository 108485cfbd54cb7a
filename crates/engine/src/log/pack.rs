//! Packing of bodies before they are sealed: one byte of codec, then the content.
//!
//! By size and not by kind: whatever an entry does, its content is a person's text or shorter than
//! [`limits::COMPRESS_FROM_BYTES`], where nothing is won. From there on deflate, and the shorter of
//! both forms is kept: what is packed already is found by trying, and stays as it is. Up to 4 KiB
//! at level 6: 1 KiB of prose 44 %, Chinese 58 %, JSON 22 %, Base64 76 %, where a lower level saves
//! no time. Above at level 3: a paste of 30 KiB 35 % in 1.1 ms (level 6: 33 % in 4.1). lz4 is
//! faster and packs chat hardly at all (75 %, 91 %, 36 %, 100 %, 62 %). Measured by
//! `cargo xtask bench --native pack` (`tests/benches/pack.rs`). A bomb costs its declared length,
//! which is checked before anything is unpacked or allocated: against [`limits::UNPACKED_BYTES`],
//! and against what the packed bytes can hold at all.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use crate::limits;

const PLAIN: u8 = 0;
const DEFLATE: u8 = 1;
/// Codec and declared length.
const DEFLATE_HEAD: usize = 1 + 4;

/// Bytes that one byte of deflate unpacks to, at most: a match of 258 bytes takes one bit for its
/// length and one for its distance (RFC 1951, section 3.2.5), so 258 bytes a quarter of a byte.
/// Nothing that was ever packed is beyond; who declares more has sent no content.
const RATIO: usize = 258 * 8 / 2;

/// The level of deflate for content of up to [`THOROUGH_UP_TO`] bytes.
const THOROUGH: u32 = 6;
const THOROUGH_UP_TO: usize = 4096;
/// The level for longer content.
const QUICK: u32 = 3;

/// The packed bytes are no content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message's content does not unpack")]
pub struct PackError;

/// Packs content of at most [`limits::UNPACKED_BYTES`].
#[must_use]
pub fn pack(content: &[u8]) -> Vec<u8> {
    if content.len() >= limits::COMPRESS_FROM_BYTES
        && let Some(packed) = deflate(content)
        && packed.len() < content.len()
    {
        return packed;
    }
    let mut plain = Vec::with_capacity(1 + content.len());
    plain.push(PLAIN);
    plain.extend_from_slice(content);
    plain
}

fn deflate(content: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(content.len()).ok()?;
    let mut head = Vec::with_capacity(DEFLATE_HEAD + content.len() / 2);
    head.push(DEFLATE);
    head.extend_from_slice(&length.to_be_bytes());
    let level = if content.len() <= THOROUGH_UP_TO { THOROUGH } else { QUICK };
    let mut encoder = DeflateEncoder::new(head, Compression::new(level));
    encoder.write_all(content).ok()?;
    encoder.finish().ok()
}

/// Unpacks content.
///
/// # Errors
/// If the codec is unknown, the declared length is over [`limits::UNPACKED_BYTES`], more than the
/// packed bytes can hold or not the true one, or the packed bytes are damaged.
pub fn unpack(packed: &[u8]) -> Result<Vec<u8>, PackError> {
    match packed.split_first() {
        Some((&PLAIN, content)) if content.len() <= limits::UNPACKED_BYTES => Ok(content.to_vec()),
        Some((&DEFLATE, rest)) => inflate(rest),
        Some(_) | None => Err(PackError),
    }
}

fn inflate(rest: &[u8]) -> Result<Vec<u8>, PackError> {
    let (length, deflated) = rest.split_first_chunk::<4>().ok_or(PackError)?;
    let length = declared(u32::from_be_bytes(*length), deflated.len())?;
    let mut content = Vec::with_capacity(length);
    let most = u64::try_from(length).map_err(|_| PackError)?.saturating_add(1);
    let read = DeflateDecoder::new(deflated).take(most).read_to_end(&mut content);
    if read.is_ok_and(|read| read == length) { Ok(content) } else { Err(PackError) }
}

/// The declared length of what so many packed bytes hold, if that can be.
fn declared(length: u32, packed: usize) -> Result<usize, PackError> {
    let length = usize::try_from(length).map_err(|_| PackError)?;
    let most = packed.saturating_mul(RATIO).min(limits::UNPACKED_BYTES);
    if length <= most { Ok(length) } else { Err(PackError) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::crypto::random::Random;

    proptest! {
        #[test]
        fn what_is_packed_unpacks(content in prop::collection::vec(any::<u8>(), 0..3000)) {
            prop_assert_eq!(unpack(&pack(&content)), Ok(content));
        }

        #[test]
        fn unpacking_any_bytes_ends(packed in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = unpack(&packed);
        }
    }

    #[test]
    fn words_shrink_and_short_words_stay() {
        let words = "the same words again and again, ".repeat(40);
        assert!(pack(words.as_bytes()).len() < words.len() / 4);
        assert_eq!(pack(b"hello"), b"\0hello");
    }

    #[test]
    fn what_does_not_get_shorter_stays_plain_however_long_it_is() {
        let mut random = Random::new([1; 32]);
        for length in [128, 1_000, THOROUGH_UP_TO + 1, limits::BODY_BYTES] {
            let noise: Vec<u8> = (0..length).map(|_| random.bytes::<1>()[0]).collect();
            assert_eq!(pack(&noise), [&[PLAIN], &noise[..]].concat(), "{length} bytes");
            let again = pack(&deflate(&noise).unwrap());
            assert_eq!(again[0], PLAIN, "what is packed is not packed again");
        }
    }

    #[test]
    fn one_byte_less_than_the_border_stays_plain_and_the_border_is_packed() {
        assert_eq!(limits::COMPRESS_FROM_BYTES, 128);
        assert_eq!(pack(&[b'a'; 127]), [&[PLAIN][..], &[b'a'; 127]].concat());
        let packed = pack(&[b'a'; 128]);
        assert_eq!((packed[0], unpack(&packed)), (DEFLATE, Ok(vec![b'a'; 128])));
    }

    #[test]
    fn up_to_four_kibibytes_are_packed_at_length_and_more_quickly() {
        let mut random = Random::new([1; 32]);
        let words = ["the", "a", "of", "people", "make", "their", "way", "water", "first", "now"];
        let mut text = String::new();
        while text.len() <= THOROUGH_UP_TO {
            text.push_str(words[usize::from(random.bytes::<1>()[0]) % words.len()]);
            text.push(' ');
        }
        for (length, level, other) in [(4096, 6, 3), (4097, 3, 6)] {
            let content = &text.as_bytes()[..length];
            let at = |level| {
                let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(level));
                encoder.write_all(content).unwrap();
                encoder.finish().unwrap()
            };
            assert_ne!(at(level), at(other), "the levels make no difference here");
            assert_eq!(pack(content)[DEFLATE_HEAD..], at(level), "{length} bytes");
        }
    }

    #[test]
    fn a_bomb_is_refused_at_its_declared_length() {
        let bomb = deflate(&vec![0; limits::UNPACKED_BYTES]).unwrap();
        assert!(unpack(&bomb).is_ok());
        let mut liar = bomb.clone();
        liar[1..5].copy_from_slice(&10u32.to_be_bytes());
        assert_eq!(unpack(&liar), Err(PackError));
        liar[1..5].copy_from_slice(&u32::MAX.to_be_bytes());
        assert_eq!(unpack(&liar), Err(PackError));
    }

    #[test]
    fn more_than_deflate_can_hold_is_refused_before_anything_is_unpacked() {
        assert_eq!(declared(1032 * 10, 10), Ok(1032 * 10));
        assert_eq!(declared(1032 * 10 + 1, 10), Err(PackError));
        assert_eq!((declared(0, 0), declared(1, 0)), (Ok(0), Err(PackError)));
        let absolute = u32::try_from(limits::UNPACKED_BYTES).unwrap();
        assert_eq!(declared(absolute, usize::MAX), Ok(limits::UNPACKED_BYTES));
        assert_eq!(declared(absolute + 1, usize::MAX), Err(PackError));
        // The head alone, without a byte that could unpack to anything.
        assert_eq!(unpack(&[DEFLATE, 0, 0, 255, 0]), Err(PackError));
    }

    /// What honest people can say that packs best: one letter, as often as there is room for it.
    #[test]
    fn the_content_that_packs_best_is_within_the_ratio() {
        for length in (limits::COMPRESS_FROM_BYTES..=limits::UNPACKED_BYTES).step_by(101) {
            for letter in [0, b'a'] {
                let content = vec![letter; length];
                let packed = pack(&content);
                assert!(packed.len() < content.len());
                assert_eq!(unpack(&packed), Ok(content), "{length} bytes");
            }
        }
        let paste = vec![b'a'; limits::BODY_BYTES];
        let packed = pack(&paste).len() - DEFLATE_HEAD;
        assert!((limits::BODY_BYTES / RATIO..200).contains(&packed), "{packed} bytes");
    }
}
