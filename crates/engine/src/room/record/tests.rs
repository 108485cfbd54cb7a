//! A record reads back, damage and newer versions are told apart, and its bytes stay as they are.
//! Newcomers get the same keys and another name.

use proptest::prelude::*;

use super::*;

const ENTROPY: [u8; 128] = [7; 128];

fn joined() -> RoomRecord {
    let mut record = RoomRecord::join(&RoomRecord::create(&ENTROPY).invite(), &[8; 128]);
    record.set_name("Garden".to_owned());
    record
}

fn meeting(record: &RoomRecord) -> protocol::Rendezvous {
    record.epoch_keys().unwrap().rendezvous()
}

/// The founder of a room that approves its members, and somebody with the link.
fn at_the_door() -> (RoomRecord, RoomRecord) {
    let founder = RoomRecord::found(&ENTROPY, Entrance::Approval);
    let invite = Invite::parse(&founder.invite().to_string()).unwrap();
    let mut applicant = RoomRecord::join(&invite, &[8; 128]);
    applicant.set_alias("Ben".to_owned());
    (founder, applicant)
}

fn with_check(content: &[u8]) -> Vec<u8> {
    let mut bytes = content.to_vec();
    bytes.extend_from_slice(&checksum(content));
    bytes
}

#[test]
fn a_newcomer_has_the_rooms_keys_and_its_own_name() {
    let founder = RoomRecord::create(&ENTROPY);
    let text = founder.invite().to_string();
    let joined = RoomRecord::join(&Invite::parse(&text).unwrap(), &[8; 128]);
    assert_eq!((joined.room(), joined.founder()), (founder.room(), founder.me()));
    assert_eq!(founder.founder(), founder.me());
    assert_ne!(joined.me(), founder.me());
    assert_ne!(joined.incarnation(), founder.incarnation());
    assert_eq!(meeting(&joined), meeting(&founder));
    assert_eq!(joined.invite().to_string(), text);
    assert_eq!(joined.keypair().member(), joined.me());
    assert_eq!(joined.key(), founder.room().0);
}

#[test]
fn two_rooms_of_one_device_have_nothing_in_common() {
    let (one, two) = (RoomRecord::create(&ENTROPY), RoomRecord::create(&[9; 128]));
    assert_ne!(one.room(), two.room());
    assert_ne!(one.me(), two.me());
    assert_ne!(meeting(&one), meeting(&two));
}

#[test]
fn a_record_reads_back_as_it_was() {
    let mut record = joined();
    record.set_incarnation(Incarnation([3; 16]));
    let read = RoomRecord::decode(&record.encode()).unwrap();
    assert_eq!(read.encode(), record.encode());
    assert_eq!((read.me(), read.room()), (record.me(), record.room()));
    assert_eq!((read.name(), read.incarnation()), ("Garden", Incarnation([3; 16])));
}

#[test]
fn a_long_name_is_cut_between_two_letters() {
    let mut record = joined();
    record.set_name("\u{82b1}".repeat(40));
    assert_eq!(record.name().len(), limits::NAME_BYTES / 3 * 3);
    assert!(RoomRecord::decode(&record.encode()).is_ok());
}

#[test]
fn a_newer_record_is_told_from_a_damaged_one() {
    let bytes = joined().encode();
    let (content, _) = bytes.split_last_chunk::<CHECK_BYTES>().unwrap();
    let mut newer = content.to_vec();
    newer[0] = 4;
    newer.extend_from_slice(&[0; 2000]);
    assert_eq!(RoomRecord::decode(&with_check(&newer)).err(), Some(RecordError::Newer));
    let mut longer = content.to_vec();
    longer.push(0);
    let mut nothing = content.to_vec();
    nothing[0] = 0;
    let huge = [&[RECORD_VERSION][..], &[0; 2000]].concat();
    for content in [&longer[..], &nothing, &huge, &content[..20], &[RECORD_VERSION], &[]] {
        assert_eq!(RoomRecord::decode(&with_check(content)).err(), Some(RecordError::Damaged));
    }
    assert_eq!(RoomRecord::decode(&[]).err(), Some(RecordError::Damaged));
}

#[test]
fn what_is_printed_for_debugging_has_no_secret() {
    let text = format!("{:?}", joined());
    assert!(!text.contains("secret") && !text.contains("seed"), "{text}");
}

#[test]
fn whoever_stands_at_the_door_has_no_secret_until_one_is_handed_out() {
    let (founder, mut applicant) = at_the_door();
    assert_eq!((applicant.room(), applicant.founder()), (founder.room(), founder.me()));
    assert_ne!(founder.room(), RoomRecord::create(&ENTROPY).room());
    assert!(applicant.epoch_keys().is_none() && applicant.plea() == Some(Plea::Asks));
    assert_eq!(applicant.invite(), founder.invite());
    let keys = applicant.door().map(|door| door.keys().rendezvous());
    assert_ne!(keys, Some(meeting(&founder)));
    for wrong in [[0; 32], [1; 32]] {
        assert!(!applicant.enter(&Zeroizing::new(wrong)) && applicant.door().is_some());
    }
    let secret = founder.keyring().secret(&EpochId::FIRST).unwrap().clone();
    assert!(applicant.enter(&secret) && applicant.door().is_none());
    assert_eq!(meeting(&applicant), meeting(&founder));
    assert!(!applicant.enter(&secret), "it is inside");
    assert_eq!(applicant.invite(), founder.invite());
}

#[test]
fn a_newer_link_leads_to_another_door_of_the_same_room_only() {
    let (founder, mut applicant) = at_the_door();
    applicant.set_plea(Plea::TurnedAway);
    let foreign = RoomRecord::found(&[9; 128], Entrance::Approval).invite();
    assert!(!applicant.follow(&foreign) && applicant.plea() == Some(Plea::TurnedAway));
    assert!(applicant.follow(&founder.invite()) && applicant.plea() == Some(Plea::Asks));
    let mut inside = founder.clone();
    assert!(!inside.follow(&founder.invite()));
    inside.set_plea(Plea::Asks);
    assert_eq!(inside.plea(), None);
}

#[test]
fn a_record_of_a_room_that_approves_reads_back_as_it_was() {
    let (founder, mut applicant) = at_the_door();
    applicant.set_plea(Plea::TurnedAway);
    for record in [&founder, &applicant] {
        let bytes = record.encode();
        assert_eq!(bytes[0], APPROVING_VERSION);
        let read = RoomRecord::decode(&bytes).unwrap();
        assert_eq!(read.encode(), bytes);
        assert_eq!(
            (read.me(), read.room(), read.door()),
            (record.me(), record.room(), record.door())
        );
        assert_eq!((read.alias(), read.plea()), (record.alias(), record.plea()));
    }
    let mut longer = applicant.encode();
    longer.truncate(longer.len() - CHECK_BYTES);
    longer.push(0);
    assert_eq!(RoomRecord::decode(&with_check(&longer)).err(), Some(RecordError::Damaged));
}

#[test]
fn golden_record_of_a_room_that_approves() {
    let (founder, applicant) = at_the_door();
    assert_eq!(data_encoding::HEXLOWER.encode(&applicant.encode()), GOLDEN_APPLICANT);
    assert_eq!(founder.room().to_string(), GOLDEN_APPROVING);
}

const GOLDEN_APPLICANT: &str = "\
        02959927844c68f29bbb9074a9303e034562fb0dc96c274b9a335c2e98193d9c208ed86959654c4c\
        4e6d107b896c07e7150100000000000000000000000000000000a492214598448afff19084313d21\
        fbee56dc02f476cc8e141e53e1d5fd5b5f4d843c8daa6698210c1a352e21c10d0b054018abe33b08\
        a241d05a98c5df5b422600468593b42196b130669085410eea53fb6a1b1b76c3165fca044d816b3b\
        377800d40f7ec0c1aef02eabb8e7217eddba86000342656e1c5d2b5bed2fe40b";
const GOLDEN_APPROVING: &str = "Up0tYLOylN7r8GWA9wY07fPMg9fjG_9XK8-OPHPhZZM";

#[test]
fn golden_record() {
    let mut founder = RoomRecord::create(&ENTROPY);
    founder.set_name("Garden".to_owned());
    assert_eq!(data_encoding::HEXLOWER.encode(&founder.encode()), GOLDEN);
    assert_eq!(founder.room().to_string(), GOLDEN_ROOM);
}

const GOLDEN: &str = "\
        01959927844c68f29bbb9074a9303e034562fb0dc96c274b9a335c2e98193d9c208ed86959654c4c\
        4e6d107b896c07e71500000000000000000000000000000000c719689a83bbf823986980c8eab3e7\
        a73c51638dda181c651193862f4c212f2e550858a9c47c5f7adb105a0f51525e99b2062effb68cce\
        ee1b0fb41b5aa9f092baf2f594da444e8e84604b471c6a70410647617264656e37cf99670a72b0d7";
const GOLDEN_ROOM: &str = "qn6iOm--Yc3hx3fGJ7Nhb0N4wH4xHs8sFhh3CknYw88";

proptest! {
    #[test]
    fn any_changed_bit_is_found(bit in any::<prop::sample::Index>()) {
        let mut bytes = joined().encode();
        let bit = bit.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(RoomRecord::decode(&bytes).err(), Some(RecordError::Damaged));
    }

    #[test]
    fn any_bytes_may_be_decoded(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(RoomRecord::decode(&bytes).is_err());
        prop_assert!(RoomRecord::decode(&with_check(&bytes)).is_err());
    }
}

#[test]
fn what_is_left_of_a_room_that_was_left_holds_no_key_and_is_told_from_damage() {
    let left = RoomRecord::left();
    assert_eq!(RoomRecord::decode(&left).unwrap_err(), RecordError::Left);
    assert_eq!(left.len(), 1 + CHECK_BYTES);
    for at in 0..left.len() {
        let mut damaged = left.clone();
        damaged[at] ^= 1;
        assert_eq!(RoomRecord::decode(&damaged).unwrap_err(), RecordError::Damaged);
    }
    let more = with_check(&[LEFT_VERSION, 0]);
    assert_eq!(RoomRecord::decode(&more).unwrap_err(), RecordError::Damaged);
}
