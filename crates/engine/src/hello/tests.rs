//! Two members prove themselves; every change, reflection and repetition of a message is refused;
//! golden digests of the messages.

use proptest::prelude::*;

use super::*;
use crate::crypto::keys::EpochKeys;

const ROOM: RoomId = RoomId([9; 32]);
const ANA: u8 = 1;
const BEN: u8 = 2;

fn keys() -> EpochKeys {
    EpochKeys::derive(&ROOM, &EpochId::FIRST, &[5; 32])
}

fn local(seed: u8, ours: u8, theirs: u8) -> Local {
    Local {
        room: ROOM,
        epoch: EpochId::FIRST,
        binding: *keys().binding(),
        keypair: Keypair::from_seed(&[seed; 32]),
        nonce: [seed + 10 * ours; 32],
        boot: [seed + 20 * ours; 16],
        local_fingerprint: Fingerprint([ours; 32]),
        remote_fingerprint: Fingerprint([theirs; 32]),
    }
}

fn member(seed: u8) -> MemberId {
    Keypair::from_seed(&[seed; 32]).member()
}

/// Ana offers, Ben answers.
fn pair() -> (Local, Local) {
    (local(ANA, 1, 2), local(BEN, 2, 1))
}

/// A message on its way, to be changed by whoever is in between.
enum Passing<'a> {
    Hello(&'a mut Hello),
    Proof(&'a mut Proof),
}

type Outcome = Result<Proven, HelloError>;

/// Runs the handshake; `pass` sees the four messages, numbered in their order. Gives how it ended
/// for the offerer and for the answerer; who heard no more has `OutOfOrder`.
fn run((offerer, answerer): (Local, Local), pass: impl Fn(u8, Passing<'_>)) -> (Outcome, Outcome) {
    let (answerer, first) = Greeting::start(Role::Answerer, answerer);
    let (offerer, silent) = Greeting::start(Role::Offerer, offerer);
    assert_eq!(silent, None);
    let mut first = first.unwrap();
    pass(0, Passing::Hello(&mut first));
    let (offerer, second, proof) = match offerer.on_hello(first) {
        Ok(answered) => answered,
        Err(error) => return (Err(error), Err(HelloError::OutOfOrder)),
    };
    let (mut second, mut proof) = (second.unwrap(), proof.unwrap());
    pass(1, Passing::Hello(&mut second));
    pass(2, Passing::Proof(&mut proof));
    let answered = answerer.on_hello(second).and_then(|(next, hello, early)| {
        assert_eq!((hello, early), (None, None));
        next.on_proof(&proof)
    });
    match answered {
        Ok((proven, answer)) => {
            let mut answer = answer.unwrap();
            pass(3, Passing::Proof(&mut answer));
            let offered = offerer.on_proof(&answer).map(|(proven, more)| {
                assert_eq!(more, None);
                proven
            });
            (offered, Ok(proven))
        }
        Err(error) => (Err(HelloError::OutOfOrder), Err(error)),
    }
}

fn honest(_: u8, _: Passing<'_>) {}

#[test]
fn two_members_prove_themselves_to_each_other() {
    let (ben, ana) = run(pair(), honest);
    let (ana, ben) = (ana.unwrap(), ben.unwrap());
    assert_eq!((ana.member, ben.member), (member(ANA), member(BEN)));
    assert_eq!((ana.boot, ben.boot), ([21; 16], [42; 16]));
    assert_eq!(ana.exchange, Keypair::from_seed(&[ANA; 32]).exchange().public());
}

#[test]
fn somebody_in_between_is_noticed_by_the_fingerprints() {
    for changed in 0..6 {
        let (mut ana, mut ben) = pair();
        let other = Fingerprint([7; 32]);
        match changed {
            0 => ana.local_fingerprint = other,
            1 => ana.remote_fingerprint = other,
            2 => ben.local_fingerprint = other,
            3 => ben.remote_fingerprint = other,
            4 => std::mem::swap(&mut ana.local_fingerprint, &mut ana.remote_fingerprint),
            _ => std::mem::swap(&mut ben.local_fingerprint, &mut ben.remote_fingerprint),
        }
        assert_eq!(run((ana, ben), honest).1, Err(HelloError::BadMac), "{changed}");
    }
}

/// Who knows the room's secret can make any MAC: what stops a member is the signature.
#[test]
fn a_member_cannot_stand_in_between_two_others() {
    // Eve ends both connections and passes the greetings on: each side sees her fingerprint.
    const EVE: u8 = 7;
    let (ben, hello) = Greeting::start(Role::Answerer, local(BEN, 2, EVE));
    let hello = hello.unwrap();
    let (ana, _) = Greeting::start(Role::Offerer, local(ANA, 1, EVE));
    let (_, ana_hello, proof) = ana.on_hello(hello.clone()).unwrap();
    let (ana_hello, mut proof) = (ana_hello.unwrap(), proof.unwrap());
    let what_ben_sees = Transcript::new(Role::Answerer, &local(BEN, 2, EVE), &hello, &ana_hello);
    proof.mac = what_ben_sees.prove(Role::Offerer, &local(3, EVE, 2)).mac;
    let (ben, _, _) = ben.on_hello(ana_hello).unwrap();
    assert_eq!(ben.on_proof(&proof).err(), Some(HelloError::BadSignature));
}

#[test]
fn a_stranger_without_the_secret_is_refused() {
    let (mut ana, ben) = pair();
    ana.binding = [0; 32];
    assert_eq!(run((ana, ben), honest).1, Err(HelloError::BadMac));
    let (mut ana, ben) = pair();
    ana.epoch = EpochId([1; 16]);
    assert_eq!(run((ana, ben), honest).1, Err(HelloError::BadMac));
    let (mut ana, ben) = pair();
    ana.room = RoomId([8; 32]);
    assert_eq!(run((ana, ben), honest).0, Err(HelloError::ExchangeKey));
}

#[test]
fn another_version_is_told_by_its_number() {
    let (offerer, _) = run(pair(), |_, message| {
        if let Passing::Hello(hello) = message {
            hello.version = 7;
        }
    });
    assert_eq!(offerer, Err(HelloError::Version { theirs: 7 }));
}

#[test]
fn ones_own_greeting_does_not_pass_for_anothers() {
    let (answerer, hello) = Greeting::start(Role::Answerer, local(ANA, 1, 1));
    assert_eq!(answerer.on_hello(hello.unwrap()).err(), Some(HelloError::Mirrored));
}

#[test]
fn a_proof_sent_back_proves_nothing() {
    // Ana calls herself, so that all but the roles and nonces would fit.
    let (offerer, _) = Greeting::start(Role::Offerer, local(ANA, 1, 1));
    let mut other = local(ANA, 1, 1);
    other.nonce = [99; 32];
    let (_, hello) = Greeting::start(Role::Answerer, other);
    let (offerer, _, proof) = offerer.on_hello(hello.unwrap()).unwrap();
    assert_eq!(offerer.on_proof(&proof.unwrap()).err(), Some(HelloError::BadMac));
}

#[test]
fn ones_own_key_elsewhere_is_known_only_when_proven() {
    let mut other = local(ANA, 2, 1);
    other.boot = [77; 16];
    let (_, answerer) = run((other, local(ANA, 1, 2)), honest);
    assert_eq!(answerer, Err(HelloError::Myself { boot: [77; 16] }));
    let mut claimed = local(BEN, 2, 1);
    claimed.boot = [77; 16];
    let (_, answerer) = run((claimed, local(ANA, 1, 2)), |step, message| {
        let keypair = Keypair::from_seed(&[ANA; 32]);
        if let (1, Passing::Hello(hello)) = (step, message) {
            (hello.member, hello.exchange) = (keypair.member(), keypair.exchange_key(&ROOM));
        }
    });
    assert_eq!(answerer, Err(HelloError::BadMac));
}

#[test]
fn a_message_out_of_its_order_ends_the_handshake() {
    let (answerer, hello) = Greeting::start(Role::Answerer, local(BEN, 2, 1));
    let (offerer, _) = Greeting::start(Role::Offerer, local(ANA, 1, 2));
    let (offerer, _, proof) = offerer.on_hello(hello.clone().unwrap()).unwrap();
    assert_eq!(answerer.on_proof(&proof.unwrap()).err(), Some(HelloError::OutOfOrder));
    assert_eq!(offerer.on_hello(hello.unwrap()).err(), Some(HelloError::OutOfOrder));
}

#[test]
fn a_proof_of_an_earlier_link_proves_nothing() {
    let (answerer, hello) = Greeting::start(Role::Answerer, local(BEN, 2, 1));
    let (offerer, _) = Greeting::start(Role::Offerer, local(ANA, 1, 2));
    let (_, ana_hello, old) = offerer.on_hello(hello.unwrap()).unwrap();
    drop(answerer);
    let mut later = local(BEN, 2, 1);
    later.nonce = [98; 32];
    let (answerer, _) = Greeting::start(Role::Answerer, later);
    let (answerer, _, _) = answerer.on_hello(ana_hello.unwrap()).unwrap();
    assert_eq!(answerer.on_proof(&old.unwrap()).err(), Some(HelloError::BadMac));
}

#[test]
fn golden_handshake() {
    let (answerer, hello) = Greeting::start(Role::Answerer, local(BEN, 2, 1));
    let hello = hello.unwrap();
    let (_, ana_hello, proof) =
        Greeting::start(Role::Offerer, local(ANA, 1, 2)).0.on_hello(hello.clone()).unwrap();
    let (next, _, _) = answerer.on_hello(ana_hello.unwrap()).unwrap();
    let (proof, bytes) = (proof.unwrap(), postcard::to_allocvec(&hello).unwrap());
    let answer = next.on_proof(&proof).unwrap().1.unwrap();
    assert_eq!((bytes.len(), postcard::to_allocvec(&proof).unwrap().len()), (177, 96));
    let digest = |value: &[u8]| data_encoding::HEXLOWER.encode(&blake3::hash(value).as_bytes()[..]);
    assert_eq!(digest(&bytes), GOLDEN[0]);
    assert_eq!(digest(&postcard::to_allocvec(&proof).unwrap()), GOLDEN[1]);
    assert_eq!(digest(&postcard::to_allocvec(&answer).unwrap()), GOLDEN[2]);
}

const GOLDEN: [&str; 3] = [
    "c48dc4d75281598d9a6d14462d8f3c0054bb8935e9a554c56ae3f10e9a78dfce",
    "fbdc57d438b524e2a158e091b01be1a4abc745098c220333fc4f291ef0186999",
    "82b4b3a61156c97a94a7b9f46e4a8a5984c523fda6514239452c54ba9ec4d3a9",
];

/// The value with one bit of its encoding changed; `None` if that is no encoding any more.
fn flipped<T: Serialize + for<'de> Deserialize<'de>>(
    value: &T,
    bit: prop::sample::Index,
) -> Option<T> {
    let mut bytes = postcard::to_allocvec(value).unwrap();
    let bit = bit.index(bytes.len() * 8);
    bytes[bit / 8] ^= 1 << (bit % 8);
    postcard::from_bytes(&bytes).ok()
}

proptest! {
    #[test]
    fn any_changed_bit_of_any_message_is_refused(
        changed in 0_u8..4,
        bit in any::<prop::sample::Index>(),
    ) {
        let spoilt = std::cell::Cell::new(false);
        let (offerer, answerer) = run(pair(), |step, message| {
            let whole = match message {
                _ if step != changed => return,
                Passing::Hello(hello) => flipped(hello, bit).map(|other| *hello = other),
                Passing::Proof(proof) => flipped(proof, bit).map(|other| *proof = other),
            };
            spoilt.set(whole.is_none());
        });
        // What does not even decode was refused before it came here.
        if !spoilt.get() {
            prop_assert!(offerer.is_err());
            prop_assert!(changed == 3 || answerer.is_err());
        }
    }
}
