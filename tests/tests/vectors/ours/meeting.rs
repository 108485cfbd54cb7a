//! How members come together: invites, signaling payloads, and the proofs that bind a link.

use data_encoding::BASE64URL_NOPAD;
use engine::crypto::hash::{derive_key, hash, mac};
use engine::crypto::random::Random;
use engine::crypto::seal;
use engine::crypto::sign::{Domain, Signature, verify};
use engine::hello::{Again, End, Greeting, Hello, Local, Proof, Role, VERSION};
use engine::protocol::PeerId;
use engine::signal::sdp::Fingerprint;
use engine::signal::{Call, SignalKind, SignalPayload};
use engine::{Entrance, Invite, RoomRecord};
use serde_json::{Value, json};

use super::keys::framed;
use super::{EPOCH, RANDOM, ROOM, case, epoch_keys, hex, keypair, member, placed};

pub(super) fn invites() -> (&'static str, Vec<Value>) {
    let cases = vec![
        invite(Entrance::Link, 1, "confab/1/room"),
        invite(Entrance::Approval, 2, "confab/1/room/approving"),
        refused("one character changed", |text| text.replace('A', "B")),
        refused("of a newer version", |text| format!("3{}", &text[1..])),
    ];
    ("Links: what stands behind the `#`, and the room that it leads to.", cases)
}

const ENTROPY: [u8; 128] = [7; 128];

fn invite(entrance: Entrance, version: u32, context: &str) -> Value {
    let invite = RoomRecord::found(&ENTROPY, entrance).invite();
    let text = invite.to_string();
    let bytes = text.strip_prefix(&format!("{version}.")).unwrap();
    let bytes = BASE64URL_NOPAD.decode(bytes.as_bytes()).unwrap();
    let (body, check) = bytes.split_at(bytes.len() - 4);
    assert_eq!(check, &hash("confab/1/invite-check", &[&version.to_be_bytes(), body])[..4]);
    let (founder, rest) = body.split_at(32);
    let (nonce, rest) = rest.split_at(16);
    let (epoch, way) = rest.split_at(16);
    assert_eq!(nonce, &derive_key("confab/1/new/founding-nonce", &[&ENTROPY])[..16]);
    assert_eq!(invite.room().0, hash(context, &[founder, nonce]));
    assert_eq!(Invite::parse(&text), Ok(invite.clone()));
    let way = match entrance {
        Entrance::Link => json!({ "epoch_secret": hex(way) }),
        Entrance::Approval => {
            json!({ "door_secret": hex(&way[..32]), "keeper_public": hex(&way[32..]) })
        }
    };
    let inputs = json!({ "version": version, "founder": hex(founder), "epoch": hex(epoch),
        "founding_nonce": hex(nonce), "way": way });
    let outputs = json!({ "room": hex(invite.room().0), "check": hex(check), "text": text });
    case(if version == 1 { "into a room" } else { "to a door" }, inputs, outputs)
}

fn refused(what: &str, spoil: impl Fn(&str) -> String) -> Value {
    let text = spoil(&RoomRecord::found(&ENTROPY, Entrance::Link).invite().to_string());
    let error = Invite::parse(&text).unwrap_err();
    case(what, json!({ "text": text }), json!({ "refused": error.to_string() }))
}

fn description() -> String {
    let fingerprint = Fingerprint([5; 32]);
    format!(
        "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
         m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n\
         a=ice-ufrag:Pqrs\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n\
         a=fingerprint:sha-256 {fingerprint}\r\na=setup:actpass\r\na=mid:0\r\na=sctp-port:5000\r\n"
    )
}

pub(super) fn signaling() -> (&'static str, Vec<Value>) {
    let json = r#"{"candidate":"candidate:1 1 udp 1 192.0.2.1 9 typ host","sdpMid":"0"}"#;
    let (sdp, boot) = (description(), [8; 16]);
    let kinds = [
        ("offer", SignalKind::Offer { sdp: sdp.clone(), boot }, json!({ "boot": hex(boot) })),
        ("answer", SignalKind::Answer { sdp }, json!({})),
        ("candidate", SignalKind::Candidate { json: json.to_owned() }, json!({ "json": json })),
        ("linked", SignalKind::Linked, json!({})),
    ];
    let cases = kinds.into_iter().map(|(name, kind, more)| payload(name, &kind, &more)).collect();
    ("Signaling payloads: signed by the member, sealed for the room and epoch.", cases)
}

fn payload(name: &str, kind: &SignalKind, more: &Value) -> Value {
    let (sender, recipient, session) = (PeerId(7), PeerId(8), [6; 16]);
    let (keys, mut random) = (epoch_keys(), Random::new(RANDOM));
    let call = Call { room: &ROOM, epoch: &EPOCH, keys: &keys };
    let from = keypair(1).member();
    let payload = SignalPayload { from, sender, recipient, session, kind: kind.clone() };
    let text = call.seal(&payload, &keypair(1), &mut random);
    assert_eq!(call.open(&text, sender, recipient), Ok(payload));

    let data = [&ROOM.0[..], &EPOCH.0].concat();
    let sealed = BASE64URL_NOPAD.decode(text.as_bytes()).unwrap();
    let plain = seal::open(keys.signaling(), &data, &sealed).unwrap();
    let (signed, signature) = plain.split_at(plain.len() - 64);
    let (length, body): (u64, _) = postcard::take_from_bytes(signed).unwrap();
    assert_eq!(usize::try_from(length).unwrap(), body.len());
    let signature: [u8; 64] = signature.try_into().unwrap();
    let parts: [&[u8]; 3] = [&ROOM.0, &EPOCH.0, body];
    assert!(verify(&from, Domain::Signal, &parts, &Signature::from_bytes(signature)).is_ok());
    let fresh: [u8; 24] = Random::new(RANDOM).bytes();
    let nonce = seal::nonce(keys.signaling(), fresh, &[&data, &plain]);
    assert_eq!(nonce, sealed[..24]);

    let sdp = match kind {
        SignalKind::Offer { sdp, .. } | SignalKind::Answer { sdp } => Some(sdp),
        SignalKind::Candidate { .. } | SignalKind::Linked => None,
    };
    let inputs = placed(json!({ "from": member(1), "sender": sender.0, "recipient": recipient.0,
        "session": hex(session), "kind": name, "sdp": sdp, "more": more, "fresh": hex(fresh) }));
    let outputs = json!({ "body": hex(body), "signature": hex(signature), "plain": hex(&plain),
        "associated_data": hex(data), "nonce": hex(nonce), "payload": text });
    case(name, inputs, outputs)
}

fn local(seed: u8, other: u8) -> Local {
    Local {
        room: ROOM,
        epoch: EPOCH,
        binding: *epoch_keys().binding(),
        keypair: keypair(seed),
        nonce: [seed + 10; 32],
        boot: [seed + 20; 16],
        local_fingerprint: Fingerprint([seed + 30; 32]),
        remote_fingerprint: Fingerprint([other + 30; 32]),
    }
}

/// What both proofs are over, put together as the document says.
fn transcript(sides: [&Hello; 2], seeds: [u8; 2]) -> Vec<u8> {
    let mut bytes = VERSION.to_be_bytes().to_vec();
    bytes.extend(ROOM.0);
    bytes.extend(EPOCH.0);
    for (hello, seed) in sides.into_iter().zip(seeds) {
        bytes.extend(hello.member.0);
        bytes.extend(hello.exchange.claimed().0);
        bytes.extend(hello.nonce);
        bytes.extend(hello.boot);
        bytes.extend([seed + 30; 32]);
    }
    bytes
}

pub(super) fn bindings() -> (&'static str, Vec<Value>) {
    let about = "The handshake inside a link: greetings, what the proofs are over, the proofs.";
    (about, vec![handshake(), again()])
}

fn handshake() -> Value {
    let (answerer, hello) = Greeting::start(Role::Answerer, local(2, 1));
    let (offerer, _) = Greeting::start(Role::Offerer, local(1, 2));
    let hello = hello.unwrap();
    let (offerer, ours, proof) = offerer.on_hello(hello.clone()).unwrap();
    let (ours, proof) = (ours.unwrap(), proof.unwrap());
    let (answerer, _, _) = answerer.on_hello(ours.clone()).unwrap();
    let (proven, answer) = answerer.on_proof(&proof).unwrap();
    let answer = answer.unwrap();
    assert_eq!(proven.member, keypair(1).member());
    assert_eq!(offerer.on_proof(&answer).unwrap().0.member, keypair(2).member());

    let transcript = transcript([&ours, &hello], [1, 2]);
    for (seed, role, proof) in [(1, &b"offerer"[..], &proof), (2, b"answerer", &answer)] {
        let parts: [&[u8]; 2] = [role, &transcript];
        let who = keypair(seed).member();
        assert!(verify(&who, Domain::Binding, &parts, &proof.signature).is_ok());
        assert_eq!(proof.mac, mac(epoch_keys().binding(), "confab/1/binding", &parts));
    }
    let side = |seed: u8| {
        json!({ "keys": member(seed), "nonce": hex([seed + 10; 32]), "boot": hex([seed + 20; 16]),
            "fingerprint": hex([seed + 30; 32]) })
    };
    let said = |hello: &Hello, proof: &Proof, role: &[u8]| {
        json!({ "hello": hex(postcard::to_allocvec(hello).unwrap()),
            "signed_message": hex(framed(&[b"confab/1/sign/binding", role, &transcript])),
            "signature": hex(proof.signature.bytes()), "mac": hex(proof.mac),
            "proof": hex(postcard::to_allocvec(proof).unwrap()) })
    };
    let inputs = placed(json!({ "version": VERSION, "offerer": side(1), "answerer": side(2) }));
    let outputs = json!({ "transcript": hex(&transcript),
        "offerer": said(&ours, &proof, b"offerer"),
        "answerer": said(&hello, &answer, b"answerer") });
    case("hello and proof", inputs, outputs)
}

fn again() -> Value {
    let (keys, session) = (epoch_keys(), [6; 16]);
    let end = |seed: u8| End { member: keypair(seed).member(), boot: [seed + 20; 16] };
    let again = Again::prove((&ROOM, EPOCH), &keys, &session, (end(1), end(2)));
    let (one, two) = (end(1), end(2));
    let parts: [&[u8]; 7] =
        [&ROOM.0, &EPOCH.0, &session, &one.member.0, &one.boot, &two.member.0, &two.boot];
    assert_eq!(again.mac, mac(keys.binding(), "confab/1/again", &parts));
    let side = |end: &End| json!({ "member": hex(end.member.0), "boot": hex(end.boot) });
    let inputs =
        placed(json!({ "session": hex(session), "prover": side(&one), "other": side(&two) }));
    case("a later epoch on a link that exists", inputs, json!({ "mac": hex(again.mac) }))
}
