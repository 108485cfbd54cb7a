//! Private bodies: who opens them, where, what they show of what is in them, and bad ones.

use proptest::prelude::*;

use super::*;
use crate::ids::{EntryHash, EntryId, EpochId, Incarnation, LogId, RoomId};
use crate::view::Priority;

const ROOM: RoomId = RoomId([3; 32]);
const EPOCH: EpochId = EpochId::FIRST;

fn keypair(seed: u8) -> Keypair {
    Keypair::from_seed(&[seed; 32])
}

fn log(seed: u8) -> LogId {
    LogId { member: keypair(seed).member(), incarnation: Incarnation([2; 16]) }
}

fn place(log: &LogId, seq: u64) -> Place<'_> {
    Place { room: &ROOM, log, seq, epoch: &EPOCH, class: Priority::Normal }
}

fn letter(to: u8, text: &str) -> Letter {
    let content = Some(Content::Text(text.to_owned()));
    Letter { to: keypair(to).member(), about: None, content }
}

/// What Ana (1) seals to somebody, at place 7 of her log.
fn sealed_to(to: u8, letter: &Letter) -> Vec<u8> {
    let (ana, key) = (keypair(1), keypair(to).exchange().public());
    let mut random = Random::new([5; 32]);
    place(&log(1), 7).seal_letter(Kind::PRIVATE, letter, (&key, &ana), &mut random).unwrap()
}

fn opened(who: u8, body: &[u8]) -> Opened {
    place(&log(1), 7).open_letter(Kind::PRIVATE, body, &keypair(who))
}

/// A body whose letter is made by hand, as a faulty or wicked author would.
fn forged(padded: &[u8]) -> Vec<u8> {
    let (author, key) = (log(1), [9; 32]);
    let place = place(&author, 7);
    let (info, data) = (place.info(Kind::PRIVATE), place.associated_data(Kind::PRIVATE));
    let mut body = vec![VERSION];
    for (slot, whom) in [(0, keypair(2)), (1, keypair(1))] {
        let bound: (&[u8], &[u8]) = (&info, &[slot]);
        let to = whom.exchange().public();
        body.extend(hpke::seal(Zeroizing::new([slot; 32]), &to, bound, &key).unwrap());
    }
    body.extend(seal::seal(&key, &[1; 24], &data, padded));
    body
}

fn padded(parts: &[u8], size: usize, padding: u8) -> Vec<u8> {
    let packed = pack::pack(parts);
    let mut padded = u32::try_from(packed.len()).unwrap().to_be_bytes().to_vec();
    padded.extend(packed);
    padded.resize(size, padding);
    padded
}

fn parts(to: u8) -> Vec<u8> {
    let content = postcard::to_allocvec(&Content::Text("hello".to_owned())).unwrap();
    let to = keypair(to).member();
    postcard::to_allocvec(&(to, None::<Target>, ByteBuf::from(content))).unwrap()
}

#[test]
fn the_two_read_it_and_nobody_else() {
    let said = letter(2, "only to you");
    let body = sealed_to(2, &said);
    assert_eq!(opened(1, &body), Opened::Mine(said.clone()));
    assert_eq!(opened(2, &body), Opened::Mine(said.clone()));
    assert_eq!(opened(3, &body), Opened::Others);
    let (ana, ben) = (keypair(1).member(), keypair(2).member());
    assert_eq!((said.other(&ana, &ana), said.other(&ana, &ben)), (ben, ana));
}

#[test]
fn what_it_is_about_travels_inside() {
    let target = Target { entry: EntryId { log: log(2), seq: 4 }, hash: EntryHash([8; 32]) };
    let content = Some(Content::Reaction { emoji: "👍".to_owned(), on: true });
    let said = Letter { to: keypair(2).member(), about: Some(target), content };
    assert_eq!(opened(2, &sealed_to(2, &said)), Opened::Mine(said));
}

#[test]
fn a_body_that_is_copied_to_another_place_opens_for_nobody() {
    let body = sealed_to(2, &letter(2, "only to you"));
    let (here, theirs, later) = (log(1), log(3), EpochId([9; 16]));
    let elsewhere = RoomId([4; 32]);
    let places = [
        place(&theirs, 7),
        place(&here, 8),
        Place { room: &elsewhere, ..place(&here, 7) },
        Place { epoch: &later, ..place(&here, 7) },
    ];
    for moved in places {
        for who in 1..=3 {
            let opened = moved.open_letter(Kind::PRIVATE, &body, &keypair(who));
            assert_eq!(opened, Opened::Others);
        }
    }
    assert_eq!(place(&here, 7).open_letter(Kind::EDIT, &body, &keypair(2)), Opened::Others);
}

#[test]
fn how_much_is_said_shows_as_one_of_a_few_sizes() {
    let size = |words: usize| sealed_to(2, &letter(2, &noise(words))).len();
    assert_eq!(size(1), size(200));
    let mut sizes: Vec<usize> = (0..=limits::TEXT_BYTES).step_by(229).map(size).collect();
    assert!(sizes.is_sorted());
    sizes.dedup();
    let allowed = limits::PRIVATE_SIZES.map(|size| size + OVERHEAD_BYTES);
    assert_eq!(sizes, allowed[..8], "the largest is for what packs even less");
    let most = sealed_to(2, &letter(2, &noise(limits::TEXT_BYTES)));
    assert!(most.len() <= limits::BODY_BYTES);
    assert!(matches!(opened(2, &most), Opened::Mine(_)));
}

/// Words that do not pack.
fn noise(bytes: usize) -> String {
    let mut random = Random::new([6; 32]);
    (0..bytes).map(|_| char::from(33 + u8::try_from(random.below(94)).unwrap())).collect()
}

#[test]
fn what_is_no_letter_is_said_to_be_none() {
    let body = sealed_to(2, &letter(2, "only to you"));
    assert_eq!(opened(2, &[]), Opened::Damaged);
    assert_eq!(opened(2, &body[..body.len() - 1]), Opened::Damaged);
    assert_eq!(opened(2, &[&body[..], &[0]].concat()), Opened::Damaged);
    let mut newer = body.clone();
    newer[0] = VERSION + 1;
    for who in 1..=3 {
        assert_eq!(opened(who, &newer), Opened::Newer, "for whom cannot be told");
    }
    assert!(matches!(opened(2, &forged(&padded(&parts(2), 256, 0))), Opened::Mine(_)));
    let trailing = [&parts(2)[..], &[1]].concat();
    for wrong in [
        padded(&parts(2), 256, 1),
        padded(&parts(2), 512, 0),
        padded(&parts(3), 256, 0),
        padded(&parts(1), 256, 0),
        padded(&trailing, 256, 0),
        padded(&[], 256, 0),
        vec![0xff; 256],
    ] {
        assert_eq!(opened(2, &forged(&wrong)), Opened::Unreadable);
    }
}

#[test]
fn what_a_newer_version_says_is_a_letter_without_content() {
    let to = keypair(2).member();
    let parts = postcard::to_allocvec(&(to, None::<Target>, ByteBuf::from(vec![200, 1])));
    let body = forged(&padded(&parts.unwrap(), 256, 0));
    let newer = Letter { to, about: None, content: None };
    assert_eq!(opened(2, &body), Opened::Mine(newer));
}

#[test]
fn a_key_that_is_no_use_seals_nothing() {
    let (ana, mut random) = (keypair(1), Random::new([5; 32]));
    let whom = (&ExchangeKey([0; 32]), &ana);
    let body = place(&log(1), 7).seal_letter(Kind::PRIVATE, &letter(2, "x"), whom, &mut random);
    assert_eq!(body, None);
}

proptest! {
    #[test]
    fn a_body_takes_no_more_than_is_reckoned_with(text in "\\PC{0,600}") {
        let body = sealed_to(2, &letter(2, &text));
        prop_assert!(body.len() <= body_bytes(text.len()));
        prop_assert_eq!(opened(2, &body), Opened::Mine(letter(2, &text)));
        prop_assert_eq!(opened(3, &body), Opened::Others);
    }

    #[test]
    fn any_change_is_noticed(bit in any::<prop::sample::Index>()) {
        let mut body = sealed_to(2, &letter(2, "only to you"));
        let bit = bit.index(body.len() * 8);
        body[bit / 8] ^= 1 << (bit % 8);
        let both = [opened(1, &body), opened(2, &body)];
        let reads = both.iter().filter(|opened| matches!(opened, Opened::Mine(_))).count();
        // Who opens does not look at the key that is sealed to the other.
        prop_assert!(reads < 2);
    }

    #[test]
    fn any_bytes_may_be_opened(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let opened = opened(2, &bytes);
        prop_assert!(!matches!(opened, Opened::Mine(_)));
    }
}
