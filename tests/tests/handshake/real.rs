//! The model's terms as the engine's own bytes: what an honest party does in the model, the real
//! code does, with the same messages, and what the model refuses it refuses.
//!
//! What proofs are over is put together here, field by field, as the model has it. If the engine's
//! transcript gains, loses or moves a field, its proofs are others than these. Of what the engine
//! adds around (whose session it is, who called, that a session is used once) the model has its
//! own; that is `engine/calls.rs`, and the simulator's.

use std::collections::BTreeSet;

use engine::crypto::hash::mac;
use engine::crypto::keys::EpochKeys;
use engine::crypto::random::Random;
use engine::crypto::sign::{Domain, Keypair};
use engine::hello::{self, Greeting, HelloError, Local, Proven, VERSION};
use engine::protocol::PeerId;
use engine::signal::sdp::Fingerprint;
use engine::signal::{Call, SignalError, SignalKind, SignalPayload};
use engine::{EpochId, RoomId};

use crate::model::{Taken, script};
use crate::terms::Without;
use crate::terms::{ALL, EVES, Fresh, Hello, Party, Payload, Place, Proof, Role, Script, Who};

fn byte(who: Who) -> u8 {
    match who {
        Who::Ana => 1,
        Who::Ben => 2,
        Who::Eve => 3,
    }
}

fn keypair(who: Who) -> Keypair {
    Keypair::from_seed(&[byte(who); 32])
}

fn print(who: Who) -> Fingerprint {
    Fingerprint([byte(who) + 20; 32])
}

fn boot(who: Who) -> [u8; 16] {
    [byte(who) + 40; 16]
}

fn nonce(fresh: Fresh) -> [u8; 32] {
    [fresh + 60; 32]
}

fn address(who: Who) -> PeerId {
    PeerId(u64::from(byte(who)))
}

fn room(number: u8) -> RoomId {
    RoomId([number + 80; 32])
}

fn epoch(place: Place) -> EpochId {
    match place {
        Place::Now => EpochId([2; 16]),
        Place::Before => EpochId::FIRST,
        Place::Elsewhere => EpochId([3; 16]),
    }
}

fn keys(place: Place) -> EpochKeys {
    EpochKeys::derive(&room(place.room()), &epoch(place), &[place.room() + 90; 32])
}

fn greeting(hello: &Hello) -> hello::Hello {
    let keypair = keypair(hello.member);
    hello::Hello {
        version: VERSION,
        member: keypair.member(),
        exchange: keypair.exchange_key(&room(hello.room)),
        nonce: nonce(hello.nonce),
        boot: boot(hello.boot),
    }
}

/// What a whole proof is over, by the document.
fn transcript(script: &Script) -> Option<Vec<u8>> {
    let place = script.place?;
    let mut bytes = VERSION.to_be_bytes().to_vec();
    bytes.extend(room(place.room()).0);
    bytes.extend(epoch(place).0);
    for side in [script.offerer, script.answerer] {
        bytes.extend(keypair(side.member?).member().0);
        bytes.extend(keypair(side.member?).exchange().public().0);
        bytes.extend(nonce(side.nonce?));
        bytes.extend(boot(side.boot?));
        bytes.extend(print(side.print?).0);
    }
    Some(bytes)
}

/// A whole proof; nothing if a field is missing.
pub fn proof(proof: &Proof) -> Option<hello::Proof> {
    let role: &[u8] = match proof.role? {
        Role::Offerer => b"offerer",
        Role::Answerer => b"answerer",
    };
    let transcript = transcript(&proof.script)?;
    let signature = keypair(proof.signer).sign(Domain::Binding, &[role, &transcript]);
    let mac = mac(keys(proof.key).binding(), "confab/1/binding", &[role, &transcript]);
    Some(hello::Proof { signature, mac })
}

/// A party in the channel, with what it sees and hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seat {
    pub party: Party,
    pub number: Fresh,
    pub print: Who,
    pub hello: Hello,
}

impl Seat {
    /// The proof that the party with this role makes in the link as this one sees it.
    pub fn proof(&self, by: Role) -> Proof {
        let Party { who, role, place } = self.party;
        let signer = if by == role { who } else { self.hello.member };
        let script = script((who, role, place), self.number, self.print, &self.hello);
        Proof { signer, key: place, role: Some(by), script }
    }

    fn start(&self) -> (Greeting, Option<hello::Hello>) {
        let Party { who, role, place } = self.party;
        let local = Local {
            room: room(place.room()),
            epoch: epoch(place),
            binding: *keys(place).binding(),
            keypair: keypair(who),
            nonce: nonce(self.number),
            boot: boot(who),
            local_fingerprint: print(who),
            remote_fingerprint: print(self.print),
        };
        let role = match role {
            Role::Offerer => hello::Role::Offerer,
            Role::Answerer => hello::Role::Answerer,
        };
        Greeting::start(role, local)
    }

    /// Hears the greeting, and checks what it says for itself against the model.
    fn hear(&self) -> Result<Greeting, HelloError> {
        let Party { who, role, place } = self.party;
        let (state, first) = self.start();
        let own = Hello { member: who, room: place.room(), nonce: self.number, boot: who };
        let (state, second, ours) = state.on_hello(greeting(&self.hello))?;
        let first_is_due = role == Role::Answerer;
        assert_eq!(first, first_is_due.then(|| greeting(&own)), "{self:?}");
        assert_eq!(second, (!first_is_due).then(|| greeting(&own)), "{self:?}");
        let made = proof(&self.proof(role)).filter(|_| role == Role::Offerer);
        assert_eq!(ours, made, "the offerer's proof is another than the model's: {self:?}");
        Ok(state)
    }

    /// What becomes of this proof.
    pub fn end(&self, theirs: &hello::Proof) -> Result<Proven, HelloError> {
        let (proven, ours) = self.hear()?.on_proof(theirs)?;
        let role = self.party.role;
        let made = proof(&self.proof(role)).filter(|_| role == Role::Answerer);
        assert_eq!(ours, made, "the answerer's proof is another than the model's: {self:?}");
        Ok(proven)
    }
}

/// Takes steps of the model by the real code. Says how many, and how many proofs were refused.
pub fn take(all: &BTreeSet<Taken>) -> [usize; 4] {
    let (mut seats, mut wanted, mut payloads) = (BTreeSet::new(), BTreeSet::new(), 0);
    let (mut heard, mut done) = (0, 0);
    for taken in all {
        match *taken {
            Taken::Ring(party, payload) => {
                payloads += 1;
                ring(party, &payload);
            }
            Taken::Heard(party, number, print, hello) => {
                heard += 1;
                let seat = Seat { party, number, print, hello };
                assert!(seat.hear().is_ok(), "{seat:?}");
                seats.insert(seat);
            }
            Taken::Done(party, number, print, hello) => {
                done += 1;
                let seat = Seat { party, number, print, hello };
                let needed = seat.proof(party.role.other());
                let proven = proof(&needed).map(|proof| seat.end(&proof));
                let member = proven.and_then(Result::ok).map(|proven| proven.member);
                assert_eq!(member, Some(keypair(hello.member).member()), "{seat:?}");
                seats.insert(seat);
                wanted.insert(needed);
            }
        }
    }
    [payloads, heard, done, refuse(&seats, &wanted)]
}

/// Offers proofs of other links to parties in theirs: a spread of all pairs.
fn refuse(seats: &BTreeSet<Seat>, proofs: &BTreeSet<Proof>) -> usize {
    const PAIRS: usize = 4_000;
    let every = (seats.len() * proofs.len() / PAIRS).max(1);
    let made: Vec<_> = proofs.iter().filter_map(|term| Some((term, proof(term)?))).collect();
    let pairs = seats.iter().flat_map(|seat| made.iter().map(move |proof| (seat, proof)));
    let mut refused = 0;
    for (seat, (term, proof)) in pairs.step_by(every) {
        let wanted = seat.proof(seat.party.role.other());
        if wanted != **term {
            assert!(seat.end(proof).is_err(), "{seat:?} takes {term:?}");
            refused += 1;
        }
    }
    refused
}

/// What is done to a proof.
type Change = fn(&mut Proof);

/// Changes each field that the model leaves out in one of its weakened handshakes, in the signature
/// and in the MAC. The real code refuses both, and the weakened model sees no difference.
pub fn alter() {
    let hello = Hello { member: Who::Ben, room: 1, nonce: 1, boot: Who::Ben };
    let party = Party { who: Who::Ana, role: Role::Offerer, place: Place::Now };
    let seat = Seat { party, number: 0, print: Who::Ben, hello };
    let wanted = seat.proof(Role::Answerer);
    let whole = proof(&wanted).unwrap();
    assert!(seat.end(&whole).is_ok(), "an honest proof is refused");
    let changes: [(Without, Change); 10] = [
        (Without::Role, |proof| proof.role = Some(Role::Offerer)),
        (Without::Place, |proof| proof.script.place = Some(Place::Before)),
        (Without::Certificates, |proof| proof.script.offerer.print = Some(Who::Eve)),
        (Without::Certificates, |proof| proof.script.answerer.print = Some(Who::Eve)),
        (Without::Members, |proof| proof.script.offerer.member = Some(Who::Eve)),
        (Without::Members, |proof| proof.script.answerer.member = Some(Who::Eve)),
        (Without::Nonces, |proof| proof.script.offerer.nonce = Some(EVES)),
        (Without::Nonces, |proof| proof.script.answerer.nonce = Some(EVES)),
        (Without::Boots, |proof| proof.script.offerer.boot = Some(Who::Eve)),
        (Without::Boots, |proof| proof.script.answerer.boot = Some(Who::Eve)),
    ];
    for (without, change) in changes {
        let mut other = wanted;
        change(&mut other);
        let unseen =
            without == Without::Role || other.script.seen(without) == wanted.script.seen(without);
        assert!(unseen && other != wanted, "{without:?} leaves out another field");
        let hello::Proof { signature, mac } = proof(&other).unwrap();
        let (signed, keyed) =
            (hello::Proof { signature, ..whole.clone() }, hello::Proof { mac, ..whole.clone() });
        assert_eq!(seat.end(&signed).err(), Some(HelloError::BadSignature), "{without:?}");
        assert_eq!(seat.end(&keyed).err(), Some(HelloError::BadMac), "{without:?}");
    }
    let elsewhere = proof(&Proof { key: Place::Before, ..wanted }).unwrap();
    assert_eq!(seat.end(&elsewhere).err(), Some(HelloError::BadMac));
    let by_eve = proof(&Proof { signer: Who::Eve, ..wanted }).unwrap();
    assert_eq!(seat.end(&by_eve).err(), Some(HelloError::BadSignature));
}

/// A payload that a party of the model took opens, and nowhere else, and not if Eve signs it.
fn ring(party: Party, payload: &Payload) {
    let sealed = seal(payload, payload.from);
    let sender = address(payload.sender);
    let open = |place, recipient| opened(&sealed, place, sender, address(recipient));
    let from = open(party.place, party.who).map(|opened| (opened.from, opened.session));
    let session = [payload.session; 16];
    assert_eq!(from, Ok((keypair(payload.from).member(), session)), "{payload:?}");
    for place in [Place::Now, Place::Before, Place::Elsewhere] {
        let wrong = place != party.place;
        assert!(!wrong || open(place, party.who) == Err(SignalError::Sealed), "{payload:?}");
    }
    for other in ALL.into_iter().filter(|other| *other != payload.recipient) {
        assert_eq!(open(party.place, other), Err(SignalError::Misdirected), "{payload:?}");
    }
    if payload.from != Who::Eve {
        let forged = seal(payload, Who::Eve);
        let opened = opened(&forged, party.place, sender, address(party.who));
        assert_eq!(opened, Err(SignalError::Signature), "{payload:?}");
    }
}

fn opened(
    text: &str,
    place: Place,
    sender: PeerId,
    recipient: PeerId,
) -> Result<SignalPayload, SignalError> {
    let keys = keys(place);
    let call = Call { room: &room(place.room()), epoch: &epoch(place), keys: &keys };
    call.open(text, sender, recipient)
}

fn seal(payload: &Payload, signer: Who) -> String {
    let fingerprint = print(payload.print);
    let sdp = format!(
        "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
         m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n\
         a=ice-ufrag:Pqrs\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n\
         a=fingerprint:sha-256 {fingerprint}\r\na=setup:actpass\r\na=mid:0\r\na=sctp-port:5000\r\n"
    );
    let kind = match payload.role {
        Role::Offerer => SignalKind::Offer { sdp, boot: boot(payload.from) },
        Role::Answerer => SignalKind::Answer { sdp },
    };
    let place = payload.place;
    let keys = keys(place);
    let call = Call { room: &room(place.room()), epoch: &epoch(place), keys: &keys };
    let payload = SignalPayload {
        from: keypair(payload.from).member(),
        sender: address(payload.sender),
        recipient: address(payload.recipient),
        session: [payload.session; 16],
        kind,
    };
    call.seal(&payload, &keypair(signer), &mut Random::new([7; 32]))
}
