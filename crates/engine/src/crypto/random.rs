//! The engine's only randomness: a stream from a seed that the driver draws at each start.
//!
//! The same seed gives the same stream (I8). Each draw replaces the key by a part of its output,
//! so that what a stolen memory image holds does not give back what was drawn before.

use zeroize::Zeroizing;

use crate::crypto::hash::derive_key;

/// A stream of random bytes.
pub struct Random {
    key: Zeroizing<[u8; 32]>,
}

impl Random {
    /// The stream of this seed. The seed has to be fresh from the system's generator and is never
    /// stored.
    #[must_use]
    pub fn new(seed: [u8; 32]) -> Random {
        let seed = Zeroizing::new(seed);
        Random { key: derive_key("confab/1/random", &[&*seed]) }
    }

    /// The next `N` bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut stream = blake3::Hasher::new_keyed(&self.key).finalize_xof();
        stream.fill(&mut *self.key);
        let mut bytes = [0; N];
        stream.fill(&mut bytes);
        bytes
    }

    /// The next number, of all 64 bits.
    pub fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.bytes())
    }

    /// The next number from 0 to `n - 1`, each as likely as another; 0 if `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        if n < 2 {
            return 0;
        }
        let end = u64::MAX - u64::MAX % n;
        loop {
            let number = self.u64();
            if number < end {
                return number % n;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i8_the_same_seed_gives_the_same_stream() {
        let (mut one, mut two) = (Random::new([1; 32]), Random::new([1; 32]));
        let drawn: [[u8; 16]; 3] = [one.bytes(), one.bytes(), one.bytes()];
        assert_eq!(drawn, [two.bytes(), two.bytes(), two.bytes()]);
        assert_ne!(drawn[0], drawn[1]);
        assert_ne!(Random::new([2; 32]).bytes::<16>(), drawn[0]);
    }

    #[test]
    fn a_long_draw_does_not_repeat_itself() {
        let bytes: [u8; 256] = Random::new([3; 32]).bytes();
        let mut blocks: Vec<&[u8]> = bytes.chunks(16).collect();
        blocks.sort_unstable();
        blocks.dedup();
        assert_eq!(blocks.len(), 16);
    }

    #[test]
    fn below_reaches_every_number_and_no_other() {
        let mut random = Random::new([4; 32]);
        let mut seen = [0_u32; 7];
        for _ in 0..700 {
            seen[usize::try_from(random.below(7)).unwrap()] += 1;
        }
        assert!(seen.iter().all(|count| (50..200).contains(count)), "{seen:?}");
        assert_eq!((random.below(0), random.below(1)), (0, 0));
        assert!(random.below(u64::MAX) < u64::MAX);
    }
}
