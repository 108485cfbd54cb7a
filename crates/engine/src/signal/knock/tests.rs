//! A knock is its member's, for one door and one address; an answer comes from inside.

use proptest::prelude::*;

use super::*;

const ROOM: RoomId = RoomId([1; 32]);
const EPOCH: EpochId = EpochId::FIRST;
const SESSION: Session = [5; 16];
const AT: Threshold<'static> =
    Threshold { room: &ROOM, epoch: &EPOCH, applicant: PeerId(7), keeper: PeerId(8) };

fn keys(secret: u8) -> EpochKeys {
    EpochKeys::derive(&ROOM, &EPOCH, &[secret; 32])
}

fn door() -> Door {
    Door::of(EPOCH, &keys(3))
}

fn ana() -> Keypair {
    Keypair::from_seed(&[1; 32])
}

fn knocking(name: &str) -> Asking {
    Asking::Knock { name: name.to_owned() }
}

fn knock(at: &Threshold<'_>, asking: &Asking) -> String {
    at.knock(&door(), (&ana(), &SESSION), asking, &mut Random::new([9; 32])).unwrap()
}

fn answer(answer: &Answer) -> String {
    let to = (&ana().exchange().public(), &SESSION);
    AT.answer(&keys(3), to, answer, &mut Random::new([9; 32])).unwrap()
}

#[test]
fn a_knock_is_opened_by_whoever_knows_the_epochs_secret() {
    let opened = AT.open_knock(&keys(3), &knock(&AT, &knocking("Ana"))).unwrap();
    assert_eq!(opened.member, ana().member());
    assert_eq!(opened.exchange.claimed(), ana().exchange().public());
    assert_eq!((opened.session, opened.asking), (SESSION, knocking("Ana")));
    assert!(knock(&AT, &knocking(&"x".repeat(limits::NAME_BYTES))).len() <= KNOCK_CHARS);
}

#[test]
fn a_knock_is_void_elsewhere_and_too_long_a_name_is_refused() {
    let text = knock(&AT, &knocking("Ana"));
    assert_eq!(AT.open_knock(&keys(4), &text), Err(KnockError::Sealed));
    for elsewhere in [
        Threshold { room: &RoomId([2; 32]), ..AT },
        Threshold { epoch: &EpochId([2; 16]), ..AT },
        Threshold { applicant: PeerId(9), ..AT },
        Threshold { keeper: PeerId(9), ..AT },
    ] {
        assert_eq!(elsewhere.open_knock(&keys(3), &text), Err(KnockError::Sealed));
    }
    let long = knock(&AT, &knocking(&"x".repeat(limits::NAME_BYTES + 1)));
    assert_eq!(AT.open_knock(&keys(3), &long), Err(KnockError::Encoding));
    let huge = "A".repeat(KNOCK_CHARS + 1);
    assert_eq!(AT.open_knock(&keys(3), &huge), Err(KnockError::TooLong));
    assert_eq!(AT.open_knock(&keys(3), "no base64url!"), Err(KnockError::Encoding));
}

#[test]
fn nobody_knocks_with_anothers_key() {
    let (mut random, ben) = (Random::new([9; 32]), Keypair::from_seed(&[2; 32]));
    let (door, data) = (door(), AT.data(Side::Applicant, Some(&SESSION)));
    let claims = |exchange: SignedExchangeKey, with: &Keypair, random: &mut Random| {
        let (mine, keeper) = (with.exchange(), door.keeper());
        let key = AT.key(mine, &keeper, (&exchange.claimed(), &keeper)).unwrap();
        let content = ByteBuf::from(close(&key, &data, &knocking("Ana"), random));
        let wire = Wire { member: ana().member(), exchange, session: SESSION, content };
        let outer = AT.data(Side::Applicant, None);
        BASE64URL_NOPAD.encode(&close(door.keys().sealing(), &outer, &wire, random))
    };
    // Her name with his exchange key, and her own exchange key, overheard, without its other half.
    for exchange in [ben.exchange_key(&ROOM), ana().exchange_key(&ROOM)] {
        let forged = claims(exchange, &ben, &mut random);
        assert_eq!(AT.open_knock(&keys(3), &forged), Err(KnockError::Sealed));
    }
    let own = claims(ana().exchange_key(&ROOM), &ana(), &mut random);
    assert!(AT.open_knock(&keys(3), &own).is_ok());
}

#[test]
fn an_answer_is_for_one_applicant_and_one_session_and_comes_from_inside() {
    let sealed = ByteBuf::from(vec![4; limits::SHARE_BYTES]);
    for said in [
        Answer::Heard,
        Answer::Later,
        Answer::TurnedAway,
        Answer::Changed,
        Answer::Approved { key: ExchangeKey([6; 32]), sealed },
    ] {
        let text = answer(&said);
        assert!(text.len() <= KNOCK_CHARS);
        assert_eq!(AT.open_answer(&door(), (&ana(), &SESSION), &text), Ok(said));
        let ben = Keypair::from_seed(&[2; 32]);
        let refused = Err(KnockError::Sealed);
        assert_eq!(AT.open_answer(&door(), (&ben, &SESSION), &text), refused);
        assert_eq!(AT.open_answer(&door(), (&ana(), &[6; 16]), &text), refused);
        let moved = Threshold { keeper: PeerId(9), ..AT };
        assert_eq!(moved.open_answer(&door(), (&ana(), &SESSION), &text), refused);
    }
    // Another applicant has the same link, and not the keeper's half.
    let to = (&ana().exchange().public(), &SESSION);
    let forged = AT.answer(&keys(4), to, &Answer::TurnedAway, &mut Random::new([9; 32])).unwrap();
    let refused = Err(KnockError::Sealed);
    assert_eq!(AT.open_answer(&door(), (&ana(), &SESSION), &forged), refused);
    let long = Answer::Approved { key: ExchangeKey([6; 32]), sealed: ByteBuf::from(vec![4; 73]) };
    let refused = Err(KnockError::Encoding);
    assert_eq!(AT.open_answer(&door(), (&ana(), &SESSION), &answer(&long)), refused);
}

#[test]
fn a_knock_does_not_pass_as_an_answer_nor_the_other_way_round() {
    let text = knock(&AT, &Asking::Leave);
    assert!(AT.open_answer(&door(), (&ana(), &SESSION), &text).is_err());
    assert!(AT.open_knock(&keys(3), &answer(&Answer::Heard)).is_err());
}

#[test]
fn a_keepers_key_of_no_use_is_told_from_one() {
    let weak = Door::new(EPOCH, [3; 32], [0; 32]);
    let said = AT.knock(&weak, (&ana(), &SESSION), &Asking::Leave, &mut Random::new([9; 32]));
    assert_eq!(said, None);
}

proptest! {
    #[test]
    fn any_changed_bit_is_refused(bit in any::<prop::sample::Index>()) {
        let knocked = knock(&AT, &knocking("Ana"));
        for (text, knocks) in [(knocked, true), (answer(&Answer::Heard), false)] {
            let mut bytes = BASE64URL_NOPAD.decode(text.as_bytes()).unwrap();
            let bit = bit.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            let text = BASE64URL_NOPAD.encode(&bytes);
            let refused = match knocks {
                true => AT.open_knock(&keys(3), &text).err(),
                false => AT.open_answer(&door(), (&ana(), &SESSION), &text).err(),
            };
            prop_assert_eq!(refused, Some(KnockError::Sealed));
        }
    }

    #[test]
    fn any_bytes_may_be_opened(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let keys = keys(3);
        let (outer, inner) =
            (AT.data(Side::Applicant, None), AT.data(Side::Keeper, Some(&SESSION)));
        let shared = AT.key(ana().exchange(), &door().keeper(),
            (&ana().exchange().public(), &door().keeper())).unwrap();
        for (key, data) in [(*door().keys().sealing(), outer), (*shared, inner)] {
            let text = BASE64URL_NOPAD.encode(&seal::seal(&key, &[0; 24], &data, &bytes));
            prop_assert!(AT.open_knock(&keys, &text).is_err());
            let _ = AT.open_answer(&door(), (&ana(), &SESSION), &text);
        }
    }
}
