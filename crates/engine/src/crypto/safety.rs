//! Safety numbers: what two members compare, over a way that they trust, to know that nobody stands
//! between them.
//!
//! ```text
//!  each member ─► hash(room, key), 5,200 times over ─► 30 digits
//!  both        ─► 60 digits, the lower half first: the same for both
//! ```
//! Keys are public, so there is nothing to hide. What a liar can do is to try keys until one has
//! the digits of another: 30 digits are more than 99 bits, and each try costs all the rounds.

use crate::crypto::hash::hash;
use crate::ids::{MemberId, RoomId};

/// Digits of a safety number.
pub const DIGITS: usize = 60;

/// Digits that stand for one key.
const HALF: usize = DIGITS / 2;
/// Digits made of five bytes: a remainder by so little of so much is even enough.
const GROUP: usize = 5;
/// How often is hashed, so that a try costs more.
const ROUNDS: usize = 5_200;
const CONTEXT: &str = "confab/1/safety-number";

/// The safety number of two members of a room: [`DIGITS`] digits, whoever of them asks.
#[must_use]
pub fn safety_number(room: &RoomId, one: &MemberId, other: &MemberId) -> String {
    let mut halves = [half(room, one), half(room, other)];
    halves.sort_unstable();
    halves.concat()
}

fn half(room: &RoomId, member: &MemberId) -> String {
    let parts: [&[u8]; 2] = [&room.0, &member.0];
    let mut digest = hash(CONTEXT, &parts);
    for _ in 1..ROUNDS {
        // The key goes in each time: two keys that met once would else stay together.
        digest = hash(CONTEXT, &[&digest, parts[0], parts[1]]);
    }
    let groups = digest.chunks_exact(GROUP).take(HALF / GROUP);
    let number = |bytes: &[u8]| bytes.iter().fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
    groups.map(|bytes| format!("{:05}", number(bytes) % 100_000)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::sign::Keypair;

    const ROOM: RoomId = RoomId([3; 32]);

    fn member(seed: u8) -> MemberId {
        Keypair::from_seed(&[seed; 32]).member()
    }

    #[test]
    fn both_sides_have_the_same_number_and_no_other_pair_has() {
        let number = safety_number(&ROOM, &member(1), &member(2));
        assert_eq!(number.len(), DIGITS);
        assert!(number.bytes().all(|byte| byte.is_ascii_digit()));
        assert_eq!(safety_number(&ROOM, &member(2), &member(1)), number);
        for other in [
            safety_number(&ROOM, &member(1), &member(3)),
            safety_number(&ROOM, &member(3), &member(2)),
            safety_number(&RoomId([4; 32]), &member(1), &member(2)),
        ] {
            assert_ne!(other, number);
        }
    }

    #[test]
    fn each_half_is_of_one_key_alone() {
        let (number, with_another) = (
            safety_number(&ROOM, &member(1), &member(2)),
            safety_number(&ROOM, &member(1), &member(3)),
        );
        let halves = |number: &str| [number[..HALF].to_owned(), number[HALF..].to_owned()];
        let shared = halves(&number).into_iter().filter(|half| with_another.contains(half));
        assert_eq!(shared.count(), 1);
    }

    /// Computed by a program of its own from the description above.
    #[test]
    fn golden_safety_number() {
        let number = safety_number(&ROOM, &MemberId([1; 32]), &MemberId([2; 32]));
        assert_eq!(number, "025610490989106935346582346511929658945546360236277422627123");
    }
}
