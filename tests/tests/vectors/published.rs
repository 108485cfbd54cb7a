//! Published vectors: Wycheproof for Ed25519, X25519, both AEADs and HKDF, and BLAKE3's own table.
//!
//! Valid ones have to pass and invalid ones to fail. What is *acceptable* is decided here:
//! - X25519 with a key of small order, so that all would come to zero: refused.
//! - X25519 with a key on the twist, or one that is not reduced: computed as RFC 7748 says. The
//!   function is made for that, and every derivation takes the key's own bytes in as well.
//! - Ed25519 has no acceptable ones: signatures that could be written in two ways are invalid.
//!
//! ChaCha20-Poly1305 and HKDF-SHA256 are called through the crates that `hpke` calls, which keeps
//! them to itself; that the whole is RFC 9180's HPKE is checked beside it, in `crypto/hpke.rs`.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use engine::crypto::seal;
use engine::crypto::vectors::{blake3_modes, ed25519_verifies, x25519};
use wycheproof::TestResult;
use wycheproof::xdh::TestFlag;

use crate::{everywhere, say};

/// How many vectors of a set were what.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counted {
    valid: usize,
    invalid: usize,
    acceptable_taken: usize,
    acceptable_refused: usize,
}

impl Counted {
    /// Counts one vector, and stops if it ended in another way than it has to.
    fn check(&mut self, id: usize, expected: TestResult, passed: bool) {
        match (expected, passed) {
            (TestResult::Valid, true) => self.valid += 1,
            (TestResult::Invalid, false) => self.invalid += 1,
            (TestResult::Acceptable, true) => self.acceptable_taken += 1,
            (TestResult::Acceptable, false) => self.acceptable_refused += 1,
            (TestResult::Valid, false) => panic!("vector {id} is valid and was refused"),
            (TestResult::Invalid, true) => panic!("vector {id} is invalid and passed"),
        }
    }

    /// Says and checks how many there were: a set that shrinks, or is not run, fails.
    fn is(&self, set: &str, [valid, invalid, acceptable_taken, acceptable_refused]: [usize; 4]) {
        say(&format!("{set}: {self:?}"));
        let expected = Counted { valid, invalid, acceptable_taken, acceptable_refused };
        assert_eq!(*self, expected, "{set}");
    }
}

everywhere! {
    fn every_wycheproof_signature_is_judged_as_it_has_to_be() {
        use wycheproof::eddsa::{TestName, TestSet};
        let mut counted = Counted::default();
        for group in TestSet::load(TestName::Ed25519).unwrap().test_groups {
            let key: [u8; 32] = group.key.pk.to_vec().try_into().unwrap();
            for test in group.tests {
                // Another length is no signature: the type has no place for one.
                let signature = <[u8; 64]>::try_from(test.sig.to_vec());
                let passed = signature.is_ok_and(|sig| ed25519_verifies(&key, &test.msg, &sig));
                counted.check(test.tc_id, test.result, passed);
            }
        }
        counted.is("Ed25519", [88, 63, 0, 0]);
    }
}

everywhere! {
    fn every_wycheproof_exchange_comes_to_its_secret_or_is_refused() {
        use wycheproof::xdh::{TestName, TestSet};
        let mut counted = Counted::default();
        for group in TestSet::load(TestName::X25519).unwrap().test_groups {
            for test in group.tests {
                let [secret, public] = [&test.private_key, &test.public_key]
                    .map(|bytes| <[u8; 32]>::try_from(bytes.to_vec()).unwrap());
                let shared = x25519(&secret, &public);
                let id = test.tc_id;
                if let Some(shared) = &shared {
                    assert_eq!(shared[..], test.shared_secret[..], "vector {id}");
                }
                let zero = test.flags.contains(&TestFlag::ZeroSharedSecret);
                assert_eq!(shared.is_none(), zero, "vector {id}");
                counted.check(id, test.result, shared.is_some());
            }
        }
        counted.is("X25519", [264, 0, 223, 31]);
    }
}

everywhere! {
    fn every_wycheproof_sealed_text_opens_or_does_not() {
        use wycheproof::aead::{TestName, TestSet};
        let mut counted = Counted::default();
        for group in TestSet::load(TestName::XChaCha20Poly1305).unwrap().test_groups {
            for test in group.tests {
                let key: [u8; 32] = test.key.to_vec().try_into().unwrap();
                let sealed = [&test.nonce[..], &test.ct[..], &test.tag[..]].concat();
                let opened = seal::open(&key, &test.aad, &sealed);
                if let (Ok(plain), Ok(nonce)) = (&opened, test.nonce.to_vec().try_into()) {
                    assert_eq!(plain[..], test.pt[..], "vector {}", test.tc_id);
                    let again = seal::seal(&key, &nonce, &test.aad, &test.pt);
                    assert_eq!(again, sealed, "vector {}", test.tc_id);
                }
                counted.check(test.tc_id, test.result, opened.is_ok());
            }
        }
        counted.is("XChaCha20-Poly1305", [246, 69, 0, 0]);
    }
}

everywhere! {
    fn every_wycheproof_text_of_the_cipher_in_hpke_opens_or_does_not() {
        use wycheproof::aead::{TestName, TestSet};
        let mut counted = Counted::default();
        for group in TestSet::load(TestName::ChaCha20Poly1305).unwrap().test_groups {
            for test in group.tests {
                let cipher = ChaCha20Poly1305::new_from_slice(&test.key).unwrap();
                let sealed = [&test.ct[..], &test.tag[..]].concat();
                let payload = Payload { msg: &sealed, aad: &test.aad };
                // A nonce of another length is none: the type has no place for it.
                let nonce = <[u8; 12]>::try_from(test.nonce.to_vec()).map(Nonce::from);
                let plain = nonce.ok().and_then(|nonce| cipher.decrypt(&nonce, payload).ok());
                if let Some(plain) = &plain {
                    assert_eq!(plain[..], test.pt[..], "vector {}", test.tc_id);
                }
                counted.check(test.tc_id, test.result, plain.is_some());
            }
        }
        counted.is("ChaCha20-Poly1305", [256, 69, 0, 0]);
    }
}

everywhere! {
    fn every_wycheproof_derivation_in_hpke_gives_its_key() {
        use wycheproof::hkdf::{TestName, TestSet};
        let mut counted = Counted::default();
        for group in TestSet::load(TestName::HkdfSha256).unwrap().test_groups {
            for test in group.tests {
                let mut key = vec![0; test.size];
                let kdf = hkdf::Hkdf::<sha2::Sha256>::new(Some(&test.salt), &test.ikm);
                let passed = kdf.expand(&test.info, &mut key).is_ok();
                if passed {
                    assert_eq!(key[..], test.okm[..], "vector {}", test.tc_id);
                }
                counted.check(test.tc_id, test.result, passed);
            }
        }
        counted.is("HKDF-SHA256", [83, 3, 0, 0]);
    }
}

/// From the table of BLAKE3's authors (in the public domain): a length, and the first 32 bytes in
/// each mode. Lengths on both sides of where a chunk of the tree ends.
const BLAKE3: [(usize, [&str; 3]); 10] = [
    (
        0,
        [
            "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
            "92b2b75604ed3c761f9d6f62392c8a9227ad0ea3f09573e783f1498a4ed60d26",
            "2cc39783c223154fea8dfb7c1b1660f2ac2dcbd1c1de8277b0b0dd39b7e50d7d",
        ],
    ),
    (
        1,
        [
            "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213",
            "6d7878dfff2f485635d39013278ae14f1454b8c0a3a2d34bc1ab38228a80c95b",
            "b3e2e340a117a499c6cf2398a19ee0d29cca2bb7404c73063382693bf66cb06c",
        ],
    ),
    (
        1023,
        [
            "10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11",
            "c951ecdf03288d0fcc96ee3413563d8a6d3589547f2c2fb36d9786470f1b9d6e",
            "74a16c1c3d44368a86e1ca6df64be6a2f64cce8f09220787450722d85725dea5",
        ],
    ),
    (
        1024,
        [
            "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7",
            "75c46f6f3d9eb4f55ecaaee480db732e6c2105546f1e675003687c31719c7ba4",
            "7356cd7720d5b66b6d0697eb3177d9f8d73a4a5c5e968896eb6a689684302706",
        ],
    ),
    (
        1025,
        [
            "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444",
            "357dc55de0c7e382c900fd6e320acc04146be01db6a8ce7210b7189bd664ea69",
            "effaa245f065fbf82ac186839a249707c3bddf6d3fdda22d1b95a3c970379bcb",
        ],
    ),
    (
        2048,
        [
            "e776b6028c7cd22a4d0ba182a8bf62205d2ef576467e838ed6f2529b85fba24a",
            "879cf1fa2ea0e79126cb1063617a05b6ad9d0b696d0d757cf053439f60a99dd1",
            "7b2945cb4fef70885cc5d78a87bf6f6207dd901ff239201351ffac04e1088a23",
        ],
    ),
    (
        2049,
        [
            "5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030",
            "9f29700902f7c86e514ddc4df1e3049f258b2472b6dd5267f61bf13983b78dd5",
            "2ea477c5515cc3dd606512ee72bb3e0e758cfae7232826f35fb98ca1bcbdf273",
        ],
    ),
    (
        3072,
        [
            "b98cb0ff3623be03326b373de6b9095218513e64f1ee2edd2525c7ad1e5cffd2",
            "044a0e7b172a312dc02a4c9a818c036ffa2776368d7f528268d2e6b5df191770",
            "050df97f8c2ead654d9bb3ab8c9178edcd902a32f8495949feadcc1e0480c46b",
        ],
    ),
    (
        4097,
        [
            "9b4052b38f1c5fc8b1f9ff7ac7b27cd242487b3d890d15c96a1c25b8aa0fb995",
            "00df940cd36bb9fa7cbbc3556744e0dbc8191401afe70520ba292ee3ca80abbc",
            "aca51029626b55fda7117b42a7c211f8c6e9ba4fe5b7a8ca922f34299500ead8",
        ],
    ),
    (
        6145,
        [
            "f1323a8631446cc50536a9f705ee5cb619424d46887f3c376c695b70e0f0507f",
            "9ac301e9e39e45e3250a7e3b3df701aa0fb6889fbd80eeecf28dbc6300fbc539",
            "379bcc61d0051dd489f686c13de00d5b14c505245103dc040d9e4dd1facab8e5",
        ],
    ),
];

everywhere! {
    fn every_hash_of_blake3s_table_is_found_again() {
        let key = b"whats the Elvish word for friend";
        let context = "BLAKE3 2019-12-27 16:29:52 test vectors context";
        for (length, expected) in BLAKE3 {
            let input: Vec<u8> = (0..=250).cycle().take(length).collect();
            let hex = blake3_modes(key, context, &input)
                .map(|hash| data_encoding::HEXLOWER.encode(&hash));
            assert_eq!(hex, expected, "{length} bytes");
        }
        say(&format!("BLAKE3: {} lengths in three modes", BLAKE3.len()));
    }
}
