//! Sealing: XChaCha20-Poly1305, the nonce in front of the ciphertext.
//!
//! ```text
//!  sealed = nonce (24) | ciphertext | tag (16)
//! ```
//! The nonce is a keyed hash over fresh randomness *and* what is sealed: a copied profile whose
//! randomness repeats still never seals two texts under one nonce. Associated data is not sent:
//! who opens has to know where the text belongs.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{AeadInOut, KeyInit, XChaCha20Poly1305};

use crate::crypto::hash::mac;

/// Bytes of a nonce.
pub const NONCE_BYTES: usize = 24;
/// Bytes that a sealed text has more than its plain text: the nonce and the tag.
pub const OVERHEAD_BYTES: usize = NONCE_BYTES + 16;

/// The text was not sealed with this key for this place, or was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed text does not open with this key at this place")]
pub struct SealBroken;

/// A nonce from fresh randomness and everything that tells one sealed text from another: header
/// or associated data, and the plain text.
#[must_use]
pub fn nonce(key: &[u8; 32], fresh: [u8; NONCE_BYTES], parts: &[&[u8]]) -> [u8; NONCE_BYTES] {
    let mut all: Vec<&[u8]> = Vec::with_capacity(parts.len() + 1);
    all.push(&fresh);
    all.extend_from_slice(parts);
    let hash = mac(key, "confab/1/nonce", &all);
    let mut nonce = [0; NONCE_BYTES];
    nonce.copy_from_slice(&hash[..NONCE_BYTES]);
    nonce
}

/// Seals a text. `nonce` has to come from [`nonce()`], and is used for this text only.
#[must_use]
pub fn seal(key: &[u8; 32], nonce: &[u8; NONCE_BYTES], data: &[u8], plain: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(plain.len() + OVERHEAD_BYTES);
    sealed.extend_from_slice(nonce);
    sealed.extend_from_slice(plain);
    let cipher = XChaCha20Poly1305::new(key.into());
    let text = (&mut sealed[NONCE_BYTES..]).into();
    match cipher.encrypt_inout_detached(nonce.into(), data, text) {
        Ok(tag) => sealed.extend_from_slice(&tag),
        Err(_) => {
            // Only for texts of 256 GiB and more, which the limits do not let come near.
            debug_assert!(false, "a text too long to be sealed");
            sealed.clear();
        }
    }
    sealed
}

/// Opens what [`seal`] made with the same key and the same associated data.
///
/// # Errors
/// [`SealBroken`] in all other cases, whatever the bytes are.
pub fn open(key: &[u8; 32], data: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealBroken> {
    let (nonce, text) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(SealBroken)?;
    XChaCha20Poly1305::new(key.into())
        .decrypt(nonce.into(), Payload { msg: text, aad: data })
        .map_err(|_| SealBroken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER_PERMISSIVE;
    use proptest::prelude::*;

    fn hex(text: &str) -> Vec<u8> {
        HEXLOWER_PERMISSIVE.decode(text.as_bytes()).unwrap()
    }

    /// draft-irtf-cfrg-xchacha-03, A.3.1.
    #[test]
    fn the_cipher_is_the_one_of_the_draft() {
        let plain: &[u8] = b"Ladies and Gentlemen of the class of '99: If I could offer you only \
            one tip for the future, sunscreen would be it.";
        let key: Vec<u8> = (0x80..0xa0).collect();
        let nonce: Vec<u8> = (0x40..0x58).collect();
        let (key, nonce) = (key.try_into().unwrap(), nonce.try_into().unwrap());
        let data = hex("50515253c0c1c2c3c4c5c6c7");
        let sealed = seal(&key, &nonce, &data, plain);
        assert_eq!(sealed[24..40], hex("bd6d179d3e83d43b9576579493c0e939")[..]);
        assert_eq!(sealed[sealed.len() - 16..], hex("c0875924c1c7987947deafd8780acf49")[..]);
        assert_eq!(open(&key, &data, &sealed).unwrap(), plain);
    }

    #[test]
    fn a_nonce_differs_with_any_of_key_randomness_and_text() {
        let one = nonce(&[1; 32], [1; 24], &[b"header", b"text"]);
        assert_ne!(one, nonce(&[2; 32], [1; 24], &[b"header", b"text"]));
        assert_ne!(one, nonce(&[1; 32], [2; 24], &[b"header", b"text"]));
        assert_ne!(one, nonce(&[1; 32], [1; 24], &[b"header", b"Text"]));
        assert_ne!(one, nonce(&[1; 32], [1; 24], &[b"Header", b"text"]));
    }

    proptest! {
        #[test]
        fn any_change_of_a_sealed_text_is_refused(
            plain in prop::collection::vec(any::<u8>(), 0..200),
            bit in any::<prop::sample::Index>(),
        ) {
            let mut sealed = seal(&[1; 32], &[2; 24], b"here", &plain);
            prop_assert_eq!(sealed.len(), plain.len() + OVERHEAD_BYTES);
            prop_assert_eq!(open(&[1; 32], b"here", &sealed), Ok(plain));
            prop_assert_eq!(open(&[1; 32], b"there", &sealed), Err(SealBroken));
            prop_assert_eq!(open(&[3; 32], b"here", &sealed), Err(SealBroken));
            let bit = bit.index(sealed.len() * 8);
            sealed[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(open(&[1; 32], b"here", &sealed), Err(SealBroken));
        }

        #[test]
        fn any_bytes_may_be_opened(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            prop_assert_eq!(open(&[1; 32], b"", &bytes), Err(SealBroken));
        }
    }
}
