//! What a run has to be, and how runs fit into a log.

use proptest::prelude::*;

use super::entry::{Content, EntryError, Header, Kind, Place, body_hash};
use super::run::{Run, RunError, Start, Unsigned};
use super::*;
use crate::crypto::keys::EpochKeys;
use crate::crypto::random::Random;
use crate::crypto::sign::Keypair;
use crate::ids::{EpochId, Incarnation, RoomId};
use crate::view::Body;

const ROOM: RoomId = RoomId([3; 32]);

struct Author {
    keypair: Keypair,
    keys: EpochKeys,
    random: Random,
    log: LogId,
    head: (Seq, EntryHash, u64),
}

impl Author {
    fn new(seed: u8) -> Author {
        let keypair = Keypair::from_seed(&[seed; 32]);
        let log = LogId { member: keypair.member(), incarnation: Incarnation([seed; 16]) };
        Author {
            keypair,
            keys: EpochKeys::derive(&ROOM, &EpochId::FIRST, &[5; 32]),
            random: Random::new([seed; 32]),
            log,
            head: (0, EntryHash::NONE, 0),
        }
    }

    fn start(&self, class: Priority) -> Start {
        let (first, previous, _) = self.head;
        Start { room: ROOM, log: self.log, first, previous, epoch: EpochId::FIRST, class }
    }

    fn unsigned(&mut self, class: Priority, seq: Seq, lamport: u64, text: &str) -> Unsigned {
        let place = Place { room: &ROOM, log: &self.log, seq, epoch: &EpochId::FIRST, class };
        let content = Content::Text(text.to_owned());
        let body = place.seal_body(Kind::MESSAGE, lamport, &content, &self.keys, &mut self.random);
        let header = Header {
            kind: Kind::MESSAGE,
            lamport,
            wall: 1_700_000_000_000,
            expiry: None,
            target: None,
            group: None,
            body_len: u32::try_from(body.len()).unwrap(),
            body_hash: body_hash(&body),
        };
        Unsigned { header, body }
    }

    fn say(&mut self, class: Priority, texts: &[&str]) -> Run {
        let start = self.start(class);
        let mut unsigned = Vec::new();
        for (seq, text) in (start.first..).zip(texts) {
            self.head.2 += 1;
            unsigned.push(self.unsigned(class, seq, self.head.2, text));
        }
        let run = Run::sign(&start, unsigned, &self.keypair);
        self.head = (run.last() + 1, run.head(), self.head.2);
        run
    }
}

fn texts(run: &Run, keys: &EpochKeys) -> Vec<Body> {
    run.iter()
        .map(|(seq, entry)| {
            let place =
                Place { room: &ROOM, log: &run.log, seq, epoch: &run.epoch, class: run.class };
            place.open_body(entry.header.kind, entry.body.as_ref().unwrap(), keys)
        })
        .collect()
}

#[test]
fn a_run_verifies_and_opens_where_it_was_written() {
    let mut ana = Author::new(1);
    let run = ana.say(Priority::Normal, &["hello", "Ana here"]);
    let verified = Run::verify(&ROOM, run.bytes()).unwrap();
    assert_eq!(
        texts(&verified, &ana.keys),
        [Body::Text("hello".into()), Body::Text("Ana here".into())]
    );
    assert_eq!(verified.bytes(), run.bytes());
    assert_eq!(Run::verify(&RoomId([4; 32]), run.bytes()).err(), Some(RunError::Signature));
    let other = EpochKeys::derive(&ROOM, &EpochId::FIRST, &[6; 32]);
    assert_eq!(texts(&verified, &other), [Body::Unreadable, Body::Unreadable]);
}

#[test]
fn a_signed_suffix_is_a_run() {
    let mut ana = Author::new(1);
    let run = ana.say(Priority::Normal, &["a", "b", "c"]);
    let suffix = run.clone().suffix(2);
    assert_eq!((suffix.first, suffix.last(), suffix.head()), (2, 2, run.head()));
    let verified = Run::verify(&ROOM, suffix.bytes()).unwrap();
    assert_eq!(texts(&verified, &ana.keys), [Body::Text("c".into())]);
}

#[test]
fn i10_a_run_signed_by_somebody_else_is_refused() {
    let (mut ana, eve) = (Author::new(1), Author::new(2));
    let start = ana.start(Priority::Normal);
    let unsigned = vec![ana.unsigned(Priority::Normal, 0, 1, "I am Ana")];
    let forged = Run::sign(&start, unsigned, &eve.keypair);
    assert_eq!(Run::verify(&ROOM, forged.bytes()).err(), Some(RunError::Signature));
}

#[test]
fn a_lamport_time_that_does_not_grow_invalidates_a_run() {
    for (first, second) in [(2, 2), (2, 1), (1, 2 + limits::LAMPORT_STEP), (0, 1)] {
        let mut ana = Author::new(1);
        let start = ana.start(Priority::Normal);
        let unsigned = vec![
            ana.unsigned(Priority::Normal, 0, first, "one"),
            ana.unsigned(Priority::Normal, 1, second, "two"),
        ];
        let run = Run::sign(&start, unsigned, &ana.keypair);
        let error = Run::verify(&ROOM, run.bytes()).err();
        assert_eq!(error, Some(RunError::Entry(EntryError::Lamport)), "{first}, {second}");
    }
}

#[test]
fn runs_join_in_any_order_and_overlap_is_no_harm() {
    let mut ana = Author::new(1);
    let a = ana.say(Priority::Normal, &["0", "1"]);
    let b = ana.say(Priority::Urgent, &["2"]);
    let c = ana.say(Priority::Low, &["3", "4"]);
    let mut state = LogState::default();
    for run in [&b, &c, &a] {
        assert!(!state.fit(run).unwrap().is_empty());
        state.insert(run);
    }
    assert_eq!(state.held(), RangeSet::of(0, 4));
    assert_eq!(state.head(), Some((4, c.head(), 5)));
    assert_eq!(state.of_class(Priority::Urgent), &RangeSet::of(2, 2));
    assert!(state.fit(&c).unwrap().is_empty());
    let have = state.have(ana.log);
    assert_eq!(have.ranges, [HaveRange { first: 0, last: 4, head: c.head() }]);
}

#[test]
fn what_is_held_vouches_for_a_run_up_to_what_stands_before_it_and_no_further() {
    let mut ana = Author::new(1);
    let [a, b, c] = [(); 3].map(|()| ana.say(Priority::Normal, &["a"]));
    let d = ana.say(Priority::Normal, &["d", "d"]);
    let mut state = LogState::default();
    state.insert(&a);
    state.insert(&c);
    state.insert(&d);
    let merged = b.join(&c).unwrap().into_chained();
    assert_eq!(state.vouched_to(&merged), Some(1), "the second of them is held");
    assert_eq!(state.vouched_to(&b), Some(1));
    assert_eq!(state.vouched_to(&d), None);
    let other = Author::new(1).say(Priority::Normal, &["a", "other"]);
    assert_eq!(state.vouched_to(&other), None, "it is not what stands before the third");
}

#[test]
fn two_versions_of_a_log_are_seen_from_both_sides() {
    let mut ana = Author::new(1);
    let a = ana.say(Priority::Normal, &["0"]);
    let mut copy = Author::new(1);
    copy.head = ana.head;
    copy.random = Random::new([9; 32]);
    let b = ana.say(Priority::Normal, &["1"]);
    let c = ana.say(Priority::Normal, &["2"]);
    let other = copy.say(Priority::Normal, &["another 1", "another 2"]);
    let mut state = LogState::default();
    state.insert(&a);
    state.insert(&b);
    assert_eq!(state.fit(&other), Err(LogError::Fork));
    let mut above = LogState::default();
    above.insert(&c);
    let one = copy.say(Priority::Normal, &["another 3"]);
    assert_eq!(above.fit(&one), Err(LogError::Fork));
    let clash = Clash::Head(1, other.entries[0].hash);
    assert_eq!(state.clash(&other), Some(clash));
    assert_eq!(above.clash(&one), Some(Clash::Head(2, one.previous)));
    // What stands alone is told by what it hangs on, also where the run has its end, too.
    let four = copy.say(Priority::Normal, &["another 4"]);
    let mut alone = LogState::default();
    alone.insert(&a);
    alone.insert(&four);
    ana.head = (a.last() + 1, a.head(), ana.head.2);
    let whole = ana.say(Priority::Normal, &["1", "2", "3", "4", "5"]);
    assert_eq!(alone.clash(&whole), Some(Clash::Loose(four.first)));
}

#[test]
fn i6_a_log_with_too_many_gaps_takes_no_more() {
    let mut ana = Author::new(1);
    let mut state = LogState::default();
    let mut refused = None;
    for _ in 0..=limits::RANGES {
        let run = ana.say(Priority::Normal, &["kept"]);
        let _lost = ana.say(Priority::Normal, &["lost"]);
        match state.fit(&run) {
            Ok(_) => state.insert(&run),
            Err(error) => refused = Some(error),
        }
    }
    assert_eq!(refused, Some(LogError::Gaps));
}

#[test]
fn i6_what_the_blocked_say_is_settled_in_one_range_until_it_is_taken_back() {
    let mut ana = Author::new(1);
    let mut state = LogState::default();
    state.insert(&ana.say(Priority::Normal, &["held", "held"]));
    state.refuse(9, 9, refusal::LAMPORT);
    (0..2_000).for_each(|seq| state.turn_away(seq, seq));
    let blocked = [(2, 8, refusal::BLOCKED), (10, 1_999, refusal::BLOCKED)];
    let told: Vec<_> = state.have(ana.log).refused;
    assert_eq!(told, [&[(9, 9, refusal::LAMPORT)], &blocked[..]].concat());
    let next = ana.say(Priority::Normal, &["more"]);
    assert!(state.fit(&next).unwrap().is_empty(), "settled");
    let mut stored = LogState::decode(&state.encode()).unwrap();
    assert!(stored.turned_away());
    stored.take_back();
    assert_eq!(stored.have(ana.log).refused, [(9, 9, refusal::LAMPORT)]);
    assert_eq!(stored.fit(&next).unwrap(), RangeSet::of(2, 2));
}

/// Wire and disk: a change of these bytes is a change of version.
#[test]
fn the_bytes_of_a_run_are_golden() {
    let mut ana = Author::new(1);
    let run = ana.say(Priority::Urgent, &["hello"]);
    let hash = crate::crypto::hash::hash("confab/1/golden", &[run.bytes()]);
    let text = data_encoding::HEXLOWER.encode(&hash[..8]);
    assert_eq!((run.bytes().len(), text.as_str()), (258, "b2413d41521e294f"));
}

proptest! {
    #[test]
    fn i10_any_flipped_bit_is_refused(bit in 0usize..8 * 300) {
        let mut ana = Author::new(1);
        let run = ana.say(Priority::Normal, &["hello", "world"]);
        let mut bytes = run.bytes().to_vec();
        let place = (bit / 8) % bytes.len();
        bytes[place] ^= 1 << (bit % 8);
        prop_assert!(Run::verify(&ROOM, &bytes).is_err());
    }

    #[test]
    fn no_bytes_make_verification_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(Run::verify(&ROOM, &bytes).is_err());
    }
}
