//! HPKE (RFC 9180, base mode): what one member alone can open, and nobody can tell for whom it is.
//!
//! ```text
//!  sealed = encapsulated key (32) | ciphertext | tag (16)
//!  suite  = DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305
//! ```
//! The standard one, by the crate for it, and not the sealing of `share.rs`: that the bytes do not
//! show whose key they are for is a proven property of this scheme, and its published vectors hold
//! the bytes still. Nothing is drawn here: the one-time key pair comes from what the caller gives.

use std::convert::Infallible;

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use zeroize::Zeroizing;

use crate::crypto::exchange::{Exchange, ExchangeKey};

/// Bytes of the encapsulated key, in front of the ciphertext.
const KEY_BYTES: usize = 32;
/// Bytes that a sealed text has more than its plain text: the encapsulated key and the tag.
pub const OVERHEAD_BYTES: usize = KEY_BYTES + 16;

type PublicKey = <X25519HkdfSha256 as Kem>::PublicKey;
type PrivateKey = <X25519HkdfSha256 as Kem>::PrivateKey;
type Encapped = <X25519HkdfSha256 as Kem>::EncappedKey;

/// Seals a text to the owner of a key; nothing if that key is no use. `once` is the keying material
/// of the one-time key pair: secret, and used for this text and this key only.
#[must_use]
pub fn seal(
    once: Zeroizing<[u8; 32]>,
    to: &ExchangeKey,
    (info, data): (&[u8], &[u8]),
    plain: &[u8],
) -> Option<Vec<u8>> {
    let to = PublicKey::from_bytes(&to.0).ok()?;
    let (key, text) = hpke::single_shot_seal_with_rng::<
        ChaCha20Poly1305,
        HkdfSha256,
        X25519HkdfSha256,
    >(&OpModeS::Base, &to, info, plain, data, &mut Once(once))
    .ok()?;
    let mut sealed = key.to_bytes().to_vec();
    sealed.extend(text);
    Some(sealed)
}

/// Opens what was sealed to oneself with the same info and associated data, whatever the bytes are.
#[must_use]
pub fn open(
    mine: &Exchange,
    (info, data): (&[u8], &[u8]),
    sealed: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let (key, text) = sealed.split_first_chunk::<KEY_BYTES>()?;
    let key = Encapped::from_bytes(key).ok()?;
    let mine = PrivateKey::from_bytes(&*mine.secret()).ok()?;
    hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &mine,
        &key,
        info,
        text,
        data,
    )
    .ok()
    .map(Zeroizing::new)
}

/// Gives the keying material of one key pair to whoever asks for random bytes.
struct Once(Zeroizing<[u8; 32]>);

impl TryRng for Once {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes).map(|()| u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes).map(|()| u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for (byte, material) in bytes.iter_mut().zip(self.0.iter().cycle()) {
            *byte = *material;
        }
        Ok(())
    }
}

impl TryCryptoRng for Once {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::sign::Keypair;
    use data_encoding::HEXLOWER;
    use proptest::prelude::*;

    fn hex<const N: usize>(text: &str) -> [u8; N] {
        HEXLOWER.decode(text.as_bytes()).unwrap().try_into().unwrap()
    }

    /// RFC 9180, appendix A.2.1, sequence number 0.
    #[test]
    fn the_scheme_is_the_one_of_the_rfc() {
        let (info, data) = (b"Ode on a Grecian Urn", b"Count-0");
        let plain = b"Beauty is truth, truth beauty";
        let material = hex("909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b");
        let to =
            ExchangeKey(hex("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a"));
        let mine = Exchange::from_secret(hex(
            "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb",
        ));
        assert_eq!(mine.public(), to);
        let sealed = seal(Zeroizing::new(material), &to, (info, data), plain).unwrap();
        let (key, text) = sealed.split_at(KEY_BYTES);
        assert_eq!(
            HEXLOWER.encode(key),
            "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a"
        );
        let expected = "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db\
            21993c62ce81883d2dd1b51a28";
        assert_eq!(HEXLOWER.encode(text), expected);
        assert_eq!(open(&mine, (info, data), &sealed).unwrap().as_slice(), plain);
    }

    #[test]
    fn a_key_that_gives_all_zeros_is_refused() {
        let to = ExchangeKey([0; 32]);
        assert_eq!(seal(Zeroizing::new([1; 32]), &to, (b"", b""), b"plain"), None);
        let ana = Keypair::from_seed(&[1; 32]);
        assert_eq!(open(ana.exchange(), (b"", b""), &[0; 60]), None);
    }

    proptest! {
        #[test]
        fn it_opens_for_its_owner_at_its_place_and_unchanged_only(
            plain in prop::collection::vec(any::<u8>(), 0..100),
            once in any::<[u8; 32]>(),
            bit in any::<prop::sample::Index>(),
        ) {
            let (ana, ben) = (Keypair::from_seed(&[1; 32]), Keypair::from_seed(&[2; 32]));
            let to = ana.exchange().public();
            let mut sealed = seal(Zeroizing::new(once), &to, (b"here", b"first"), &plain).unwrap();
            prop_assert_eq!(sealed.len(), plain.len() + OVERHEAD_BYTES);
            let read = |who: &Keypair, place: (&[u8], &[u8]), sealed: &[u8]| {
                open(who.exchange(), place, sealed).map(|plain| plain.to_vec())
            };
            prop_assert_eq!(read(&ana, (b"here", b"first"), &sealed), Some(plain));
            prop_assert_eq!(read(&ben, (b"here", b"first"), &sealed), None);
            prop_assert_eq!(read(&ana, (b"there", b"first"), &sealed), None);
            prop_assert_eq!(read(&ana, (b"here", b"second"), &sealed), None);
            // The highest bit of a key's last byte is no part of it (RFC 7748, section 5), but of
            // what the key schedule hashes.
            let bit = bit.index(sealed.len() * 8);
            sealed[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(read(&ana, (b"here", b"first"), &sealed), None);
        }

        #[test]
        fn any_bytes_may_be_opened(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let ana = Keypair::from_seed(&[1; 32]);
            prop_assert_eq!(open(ana.exchange(), (b"", b""), &bytes), None);
        }
    }
}
