//! A key from a passphrase: Argon2id (RFC 9106), version 1.3, one lane.
//!
//! The cost stands beside the salt wherever such a key is used, so that it can be raised later. It
//! is bounded on both sides: a file must not ask for less than protects, nor for more than a page
//! can give.

use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::Zeroizing;

use crate::io::Millis;
use crate::limits;

/// Bytes of a salt.
pub const SALT_BYTES: usize = 16;
/// Kibibytes of memory, at least.
pub const LEAST_KIB: u32 = 16 * 1024;
/// Kibibytes of memory, at most.
pub const MOST_KIB: u32 = 256 * 1024;
/// Passes over it, at most.
pub const MOST_PASSES: u8 = 16;

/// What it costs to try one passphrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Kibibytes of memory.
    pub kib: u32,
    /// Passes over it.
    pub passes: u8,
}

impl Cost {
    /// The cost of what is made now.
    pub const PRESENT: Cost = Cost { kib: 64 * 1024, passes: 3 };

    /// The most that is tried within `limit` milliseconds here: `try_out` tries one passphrase at a
    /// cost and says how long it took. Where even the least takes longer, the least.
    pub fn fitting(limit: Millis, mut try_out: impl FnMut(Cost) -> Millis) -> Cost {
        let mut kib = Cost::PRESENT.kib;
        loop {
            let one = try_out(Cost { kib, passes: 1 }).max(1);
            if one <= limit || kib / 2 < LEAST_KIB {
                let passes = (limit / one).clamp(1, u64::from(MOST_PASSES));
                return Cost { kib, passes: u8::try_from(passes).unwrap_or(1) };
            }
            kib /= 2;
        }
    }

    /// True if it is within the bounds.
    #[must_use]
    pub fn is_bearable(self) -> bool {
        (LEAST_KIB..=MOST_KIB).contains(&self.kib) && (1..=MOST_PASSES).contains(&self.passes)
    }
}

/// No key can be made with this passphrase or at this cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PassphraseError {
    /// It is too short to protect anything.
    #[error("a passphrase needs at least {} characters", limits::PASSPHRASE_CHARS)]
    TooShort,
    /// It is longer than anybody types.
    #[error("a passphrase has at most {} bytes", limits::PASSPHRASE_BYTES)]
    TooLong,
    /// The cost is out of bounds.
    #[error("the cost of the passphrase is out of bounds")]
    Cost,
}

/// True if a passphrase that somebody chooses is not too short.
#[must_use]
pub fn is_long_enough(passphrase: &str) -> bool {
    passphrase.chars().nth(limits::PASSPHRASE_CHARS - 1).is_some()
}

/// Checks a passphrase that somebody chooses.
///
/// # Errors
/// [`PassphraseError`] if it is too short or too long.
pub fn check(passphrase: &str) -> Result<(), PassphraseError> {
    if passphrase.len() > limits::PASSPHRASE_BYTES {
        return Err(PassphraseError::TooLong);
    }
    if is_long_enough(passphrase) { Ok(()) } else { Err(PassphraseError::TooShort) }
}

/// The key of a passphrase. Takes up to a second, and the memory that `cost` says.
///
/// # Errors
/// [`PassphraseError`] if it is too long, or the cost is out of bounds.
pub fn stretch(
    passphrase: &str,
    salt: &[u8; SALT_BYTES],
    cost: Cost,
) -> Result<Zeroizing<[u8; 32]>, PassphraseError> {
    if passphrase.len() > limits::PASSPHRASE_BYTES {
        return Err(PassphraseError::TooLong);
    }
    if !cost.is_bearable() {
        return Err(PassphraseError::Cost);
    }
    let params = Params::new(cost.kib, u32::from(cost.passes), 1, Some(32));
    let params = params.map_err(|_| PassphraseError::Cost)?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, &mut *key)
        .map_err(|_| PassphraseError::Cost)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::{AssociatedData, ParamsBuilder};
    use data_encoding::HEXLOWER;

    const SALT: [u8; SALT_BYTES] = *b"0123456789abcdef";

    /// RFC 9106, 5.3.
    #[test]
    fn the_function_is_the_one_of_the_rfc() {
        let mut params = ParamsBuilder::new();
        params.m_cost(32).t_cost(3).p_cost(4).data(AssociatedData::new(&[4; 12]).unwrap());
        let (id, version) = (Algorithm::Argon2id, Version::V0x13);
        let params = params.build().unwrap();
        let function = Argon2::new_with_secret(&[3; 8], id, version, params).unwrap();
        let mut tag = [0; 32];
        function.hash_password_into(&[1; 32], &[2; 16], &mut tag).unwrap();
        let expected = "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659";
        assert_eq!(HEXLOWER.encode(&tag), expected);
    }

    #[test]
    fn a_key_depends_on_passphrase_salt_and_cost() {
        let cost = Cost { kib: LEAST_KIB, passes: 1 };
        let key = stretch("correct horse", &SALT, cost).unwrap();
        assert_ne!(key, stretch("correct horsf", &SALT, cost).unwrap());
        assert_ne!(key, stretch("correct horse", &[1; SALT_BYTES], cost).unwrap());
        assert_ne!(key, stretch("correct horse", &SALT, Cost { passes: 2, ..cost }).unwrap());
    }

    #[test]
    fn a_cost_fits_the_device_and_is_never_out_of_bounds() {
        let fitting = |a_mib: Millis| {
            let mut tries = 0;
            let cost = Cost::fitting(800, |cost| {
                tries += 1;
                Millis::from(cost.kib) * a_mib / 1024
            });
            assert!(cost.is_bearable() && tries <= 3, "{cost:?} after {tries}");
            (cost.kib / 1024, cost.passes)
        };
        assert_eq!(fitting(0), (64, MOST_PASSES), "a clock that shows nothing");
        assert_eq!(fitting(4), (64, 3));
        assert_eq!(fitting(12), (64, 1));
        assert_eq!(fitting(20), (32, 1));
        assert_eq!(fitting(1_000), (16, 1), "slower than is borne: the least");
    }

    #[test]
    fn what_protects_nothing_or_takes_too_much_is_refused() {
        assert_eq!(check("elevenchars"), Err(PassphraseError::TooShort));
        assert_eq!(check("十二个字的口令也算够长啊啊"), Ok(()));
        assert_eq!(check(&"x".repeat(limits::PASSPHRASE_BYTES + 1)), Err(PassphraseError::TooLong));
        for (kib, passes) in
            [(LEAST_KIB - 1, 1), (MOST_KIB + 1, 1), (LEAST_KIB, 0), (LEAST_KIB, 17)]
        {
            let refused = stretch("correct horse", &SALT, Cost { kib, passes });
            assert_eq!(refused.err(), Some(PassphraseError::Cost), "{kib} {passes}");
        }
        assert!(Cost::PRESENT.is_bearable());
    }
}
