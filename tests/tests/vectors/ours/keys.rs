//! Derivations: hashes and MACs over parts, a member's keys and signatures, what an epoch's secret
//! and a door's secret open, nonces, and the stream of random bytes.

use engine::crypto::hash::{derive_key, hash, mac};
use engine::crypto::random::Random;
use engine::crypto::seal;
use engine::crypto::sign::{Domain, verify};
use engine::crypto::vectors::ed25519_verifies;
use engine::room::door::DoorKeys;
use serde_json::{Value, json};

use super::{ROOM, SECRET, case, epoch_keys, hex, keypair, log, member, place, placed};

/// Each part behind its length: what every hash, MAC and signature is over.
pub(super) fn framed(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend((part.len() as u64).to_be_bytes());
        bytes.extend(*part);
    }
    bytes
}

pub(super) fn derivations() -> (&'static str, Vec<Value>) {
    let mut cases = vec![hashed(), authenticated(), nonce(), stream(), keys(), body_key(), door()];
    cases.extend([of_member(), exchange_key()]);
    cases.extend(
        [
            (Domain::Run, "confab/1/sign/run"),
            (Domain::Register, "confab/1/sign/register"),
            (Domain::Binding, "confab/1/sign/binding"),
            (Domain::Signal, "confab/1/sign/signal"),
        ]
        .map(|(domain, context)| signed(domain, context)),
    );
    ("Hashes, MACs, keys and signatures: what all else is made of.", cases)
}

const PARTS: [&[u8]; 3] = [b"ab", b"", b"c"];

fn parts() -> Vec<String> {
    PARTS.iter().map(hex).collect()
}

fn hashed() -> Value {
    let context = "confab/1/example";
    let input = framed(&PARTS);
    let output = hash(context, &PARTS);
    assert_eq!(*derive_key(context, &PARTS), output);
    let inputs = json!({ "context": context, "parts": parts() });
    let outputs = json!({ "blake3_derive_key_input": hex(input), "hash_or_key": hex(output) });
    case("hash and derived key", inputs, outputs)
}

fn authenticated() -> Value {
    let (key, context) = ([7; 32], "confab/1/example");
    let input = [framed(&[context.as_bytes()]), framed(&PARTS)].concat();
    let tag = mac(&key, context, &PARTS);
    let inputs = json!({ "key": hex(key), "context": context, "parts": parts() });
    case("MAC", inputs, json!({ "blake3_keyed_input": hex(input), "mac": hex(tag) }))
}

fn nonce() -> Value {
    let (key, fresh) = ([7; 32], [8; 24]);
    let nonce = seal::nonce(&key, fresh, &PARTS);
    let all: Vec<&[u8]> = std::iter::once(&fresh[..]).chain(PARTS).collect();
    assert_eq!(nonce, mac(&key, "confab/1/nonce", &all)[..24]);
    let sealed = seal::seal(&key, &nonce, b"here", b"plain");
    assert_eq!(seal::open(&key, b"here", &sealed).unwrap(), b"plain");
    let inputs = json!({ "key": hex(key), "fresh": hex(fresh), "parts": parts(),
        "associated_data": hex(b"here"), "plain": hex(b"plain") });
    case("nonce and seal", inputs, json!({ "nonce": hex(nonce), "sealed": hex(sealed) }))
}

fn stream() -> Value {
    let mut random = Random::new([9; 32]);
    let (first, second): ([u8; 32], [u8; 24]) = (random.bytes(), random.bytes());
    let inputs = json!({ "seed": hex([9; 32]), "draws": [32, 24] });
    case("stream of random bytes", inputs, json!({ "drawn": [hex(first), hex(second)] }))
}

fn keys() -> Value {
    let keys = epoch_keys();
    let outputs = json!({
        "rendezvous": keys.rendezvous().as_str(),
        "signaling_key": hex(keys.signaling()),
        "content_key": hex(keys.content()),
        "binding_key": hex(keys.binding()),
        "registers_key": hex(keys.registers()),
        "door_secret": hex(**keys.door()),
        "keeper_public": hex(keys.keeper().public().0),
    });
    let parts: [&[u8]; 3] = [&ROOM.0, &super::EPOCH.0, &SECRET];
    assert_eq!(*keys.content(), *derive_key("confab/1/epoch/content", &parts));
    let meeting = derive_key("confab/1/epoch/signaling-secret", &parts);
    assert_eq!(*keys.signaling(), *derive_key("confab/1/signaling", &[&*meeting]));
    case("keys of an epoch", place(), outputs)
}

fn body_key() -> Value {
    let key = epoch_keys().body_key(&log());
    assert_eq!(key, derive_key("confab/1/body-key", &[epoch_keys().content(), &log().bytes()]));
    let inputs = placed(json!({
        "log_member": hex(log().member.0), "log_incarnation": hex(log().incarnation.0) }));
    case("key of a log's bodies", inputs, json!({ "body_key": hex(*key) }))
}

fn door() -> Value {
    let secret = epoch_keys().door().clone();
    let keys = DoorKeys::derive(&secret);
    let outputs =
        json!({ "rendezvous": keys.rendezvous().as_str(), "sealing_key": hex(keys.sealing()) });
    case("keys of a door", json!({ "door_secret": hex(*secret) }), outputs)
}

fn of_member() -> Value {
    let keypair = keypair(1);
    let outputs = json!({ "member": hex(keypair.member().0), "mark": keypair.member().mark(),
        "exchange_public": hex(keypair.exchange().public().0) });
    case("keys of a member", json!({ "seed": hex([1; 32]) }), outputs)
}

fn exchange_key() -> Value {
    let signed = keypair(1).exchange_key(&ROOM);
    let bytes = postcard::to_allocvec(&signed).unwrap();
    let (key, signature) = bytes.split_at(32);
    let message = framed(&[b"confab/1/sign/exchange-key", &ROOM.0, key]);
    let signature: [u8; 64] = signature.try_into().unwrap();
    assert!(ed25519_verifies(&keypair(1).member().0, &message, &signature));
    let inputs = json!({ "room": hex(ROOM.0), "signer": member(1) });
    let outputs = json!({ "exchange_public": hex(key), "signed_message": hex(message),
        "signature": hex(signature) });
    case("signed exchange key", inputs, outputs)
}

fn signed(domain: Domain, context: &str) -> Value {
    let signature = keypair(1).sign(domain, &PARTS);
    let all: Vec<&[u8]> = std::iter::once(context.as_bytes()).chain(PARTS).collect();
    let message = framed(&all);
    assert!(ed25519_verifies(&keypair(1).member().0, &message, &signature.bytes()));
    assert!(verify(&keypair(1).member(), domain, &PARTS, &signature).is_ok());
    let inputs = json!({ "signer": member(1), "context": context, "parts": parts() });
    let outputs = json!({ "signed_message": hex(message), "signature": hex(signature.bytes()) });
    case(&format!("signature for {context}"), inputs, outputs)
}
